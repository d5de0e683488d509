//! The dense products, for pixels that are mostly not 0 (CIFAR's).
//!
//! A register tile of R rows by V vectors of accumulators: rows are samples (forward) or features (update).
//! Each step of the sum loads V vectors, broadcasts R values and makes R · V multiply-adds. With L cycles of
//! latency and two multiply-adds a cycle, at least 2 L accumulators (8 to 10 on today's processors) must be
//! independent, and R + V loads must fit in the cycles of R · V multiply-adds.

use super::row::Row;
use super::{Ascent, PanelShape, Pixels, STRIP, with_row};
use crate::simd::{Kernel, Simd, prefetch};

/// One strip's pixels of N samples as numbers.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// (N + 7, STRIP): sample by sample; rows beyond N are scratch.
    pub values: &'a [f32],
    /// N.
    pub samples: usize,
}

/// Turns a strip's bytes into numbers. These are four times as large and kept no longer than a product needs
/// them: the bytes of two batches fit a second-level cache, their numbers do not.
pub struct Convert<'a> {
    /// (N, STRIP): see [`Gather`](super::Gather).
    pub rows: &'a [u8],
    /// A byte's value.
    pub value: &'a Pixels,
    /// (≥ N, STRIP): the numbers.
    pub values: &'a mut [f32],
}

impl Kernel for Convert<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let places = self.values.chunks_exact_mut(S::LANES).zip(self.rows.chunks_exact(S::LANES));
        for (values, bytes) in places {
            s.store(self.value.quotients(s, s.load_u8(bytes)), values);
        }
    }
}

/// z += x W, over one strip; over the first one, z = [1, x] W.
pub struct Forward<'a> {
    /// The strip.
    pub x: Values<'a>,
    /// (≤ STRIP, W): the panel's weights from the strip's features.
    pub w: &'a [f32],
    /// (W): the biases, as in [`sparse::Forward`](super::sparse::Forward).
    pub bias: Option<&'a [f32]>,
    /// (≥ N + 7, W): the sums; rows beyond N are scratch.
    pub z: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        for group in self.panel.groups::<S>(if S::REGISTERS >= 32 { 6 } else { 2 }) {
            with_row!(group, forward, s, (&mut self, group.first));
        }
    }
}

/// A group of vectors from `column` on, all samples; as many at a time as give enough accumulators.
#[inline(always)]
fn forward<S: Simd, const V: usize, const H: usize>(s: S, (task, column): (&mut Forward<'_>, usize)) {
    match (S::REGISTERS >= 32, V + H) {
        (true, 5 | 6) => forward_rows::<S, V, H, 4>(s, task, column),
        (true, 3 | 4) => forward_rows::<S, V, H, 5>(s, task, column),
        (false, 2) => forward_rows::<S, V, H, 6>(s, task, column),
        (_, 1 | 2) => forward_rows::<S, V, H, 8>(s, task, column),
        _ => unreachable!("no group is so wide"),
    }
}

/// All samples, R at a time, past the strip's weights.
#[inline(always)]
fn forward_rows<S: Simd, const V: usize, const H: usize, const R: usize>(
    s: S,
    task: &mut Forward<'_>,
    column: usize,
) {
    let width = task.panel.width;
    let rows = task.x.samples.div_ceil(R) * R;
    let tiles = task.z[..rows * width].chunks_exact_mut(R * width);
    for (z, x) in tiles.zip(task.x.values.chunks_exact(R * STRIP)) {
        let mut acc = [Row::<S, V, H>::zero(s); R];
        for r in 0..R {
            let from = task.bias.unwrap_or(&z[r * width..]);
            acc[r] = Row::load(s, &from[column..]);
        }
        for (d, w) in task.w.chunks_exact(width).enumerate().take(STRIP) {
            let w = Row::load(s, &w[column..]);
            for r in 0..R {
                acc[r].add(s, x[r * STRIP + d], &w);
            }
        }
        for r in 0..R {
            acc[r].store(s, &mut z[r * width + column..]);
        }
    }
}

/// Takes the step of the weights from one strip's features: g = xᵀ delta, then w.
pub struct Update<'a> {
    /// The strip.
    pub x: Values<'a>,
    /// (≥ N, W).
    pub delta: &'a [f32],
    /// (≤ STRIP, W): the panel's weights from the strip's features.
    pub w: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
    /// The step to take.
    pub ascent: Ascent,
}

impl Kernel for Update<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        // Narrower than forward: V columns of all deltas pass each R features and must stay in the
        // first-level cache.
        for group in self.panel.groups::<S>(if S::REGISTERS >= 32 { 4 } else { 2 }) {
            with_row!(group, update, s, (&mut self, group.first));
        }
    }
}

/// A group of vectors from `column` on, all features of the strip; as many at a time as give enough
/// accumulators.
#[inline(always)]
fn update<S: Simd, const V: usize, const H: usize>(s: S, (task, column): (&mut Update<'_>, usize)) {
    let first = match (S::REGISTERS >= 32, V + H) {
        (true, 4) => update_rows::<S, V, H, 5>(s, task, 0, column),
        (false, 2) => update_rows::<S, V, H, 6>(s, task, 0, column),
        (_, 1..=3) => update_rows::<S, V, H, 8>(s, task, 0, column),
        _ => unreachable!("no group is so wide"),
    };
    let first = update_rows::<S, V, H, 4>(s, task, first, column);
    update_rows::<S, V, H, 1>(s, task, first, column);
}

/// Features from `first` on, R at a time, past all deltas. Returns the first feature that is left over.
#[inline(always)]
fn update_rows<S: Simd, const V: usize, const H: usize, const R: usize>(
    s: S,
    task: &mut Update<'_>,
    mut first: usize,
    column: usize,
) -> usize {
    let width = task.panel.width;
    for w in task.w[first * width..].chunks_exact_mut(R * width) {
        for r in 0..R {
            // Needed when the sums are finished.
            prefetch(&w[r * width + column..][..(V + H) * S::LANES], true);
        }
        let mut acc = [Row::<S, V, H>::zero(s); R];
        let deltas = task.delta.chunks_exact(width).take(task.x.samples);
        for (x, delta) in task.x.values.chunks_exact(STRIP).zip(deltas) {
            let (x, delta) = (&x[first..][..R], Row::load(s, &delta[column..]));
            for r in 0..R {
                acc[r].add(s, x[r], &delta);
            }
        }
        for r in 0..R {
            acc[r].step(s, &mut w[r * width + column..], task.ascent);
        }
        first += R;
    }
    first
}
