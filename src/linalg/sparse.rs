//! The zero-skipping products, for pixels that are mostly 0 (81 % of MNIST's are).
//!
//! A term whose pixel is 0 adds exactly nothing, but for the sign of a zero, and the +0 added to every finished
//! accumulator takes that away; so skipping it gives the dense product's bits. A bit mask says where the others are:
//! of a sample among the strip's features (forward), of a feature among 64 samples (update).
//!
//! Per pixel that is not 0 there are V loads and V multiply-adds and, beside them, only what it takes to find the next
//! one. The masks of a strip are found before the walk begins ([`Find`](super::Find)), so that the first pixel of a
//! sample does not wait for them, and blocks of rows have constant sizes, so that hardly an index needs a check.

use super::masks::WORD;
use super::{Ascent, PanelShape, STRIP, with_vectors};
use crate::simd::{Kernel, Simd};

/// z += x W, over one strip.
pub struct Forward<'a> {
    /// (N, STRIP): the strip, as [`Gather`](super::Gather) gathers it.
    pub rows: &'a [u8],
    /// (≥ N): each sample's mask of features.
    pub masks: &'a [u64],
    /// The value of each byte.
    pub value: &'a [f32; 256],
    /// (STRIP, W): the panel's weights from the strip's features; rows beyond the last feature are not read.
    pub w: &'a [f32],
    /// (≥ N, W): the accumulators.
    pub z: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        with_vectors!(self.panel.vectors, forward, s, &mut self);
    }
}

/// Sample by sample; several at a time only where the sums of one do not hide a multiply-add's latency, for any two
/// samples have few pixels in common, so that their sums take more multiply-adds together than apart.
#[inline(always)]
fn forward<S: Simd, const V: usize>(s: S, task: &mut Forward<'_>) {
    let first = match V {
        1 => forward_rows::<S, V, 4>(s, task, 0),
        2 => forward_rows::<S, V, 2>(s, task, 0),
        _ => 0,
    };
    forward_rows::<S, V, 1>(s, task, first);
}

/// R samples at a time, from `first` on: load their accumulators, walk the pixels that are not 0 in any of them, store
/// the accumulators. Gives the first sample that is left over.
#[inline(always)]
fn forward_rows<S: Simd, const V: usize, const R: usize>(
    s: S,
    task: &mut Forward<'_>,
    first: usize,
) -> usize {
    let Forward { rows, masks, value, w, ref mut z, .. } = *task;
    let width = V * S::LANES;
    let w = &w[..STRIP * width];
    let tiles = rows[first * STRIP..].chunks_exact(R * STRIP);
    let left = first + tiles.len() * R;
    let sums = z[first * width..].chunks_exact_mut(R * width);
    for ((pixels, masks), z) in tiles.zip(masks[first..].chunks_exact(R)).zip(sums) {
        let mut mask = masks.iter().fold(0, |all, mask| all | mask);
        if mask == 0 {
            continue; // as in the strips of a margin
        }
        let mut acc = [[s.splat(0.0); V]; R];
        for r in 0..R {
            for v in 0..V {
                acc[r][v] = s.load(&z[r * width + v * S::LANES..]);
            }
        }
        while mask != 0 {
            let d = mask.trailing_zeros() as usize % STRIP;
            mask &= mask - 1;
            let w = &w[d * width..][..width];
            let mut values = [s.splat(0.0); R];
            for r in 0..R {
                values[r] = s.splat(value[usize::from(pixels[r * STRIP + d])]);
            }
            for v in 0..V {
                let w = s.load(&w[v * S::LANES..]);
                for r in 0..R {
                    acc[r][v] = s.fma(values[r], w, acc[r][v]);
                }
            }
        }
        for r in 0..R {
            for v in 0..V {
                s.store(acc[r][v], &mut z[r * width + v * S::LANES..]);
            }
        }
    }
    left
}

/// Takes the step of the weights from one strip's features: g = xᵀ delta, then w.
pub struct Update<'a> {
    /// (R, STRIP), R whole masks: the strip, as [`Gather`](super::Gather) gathers it; only what is in the masks is read.
    pub rows: &'a [u8],
    /// (R / 64, STRIP): each feature's masks of samples.
    pub masks: &'a [u64],
    /// The value of each byte.
    pub value: &'a [f32; 256],
    /// (≥ R, W); rows beyond N are not read.
    pub delta: &'a [f32],
    /// (≤ STRIP, W): the panel's weights from the strip's features.
    pub w: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
    /// The step to take.
    pub ascent: Ascent,
}

/// Calls a function generic over the panel's vectors and over so many features at a time that their accumulators, a row
/// of deltas and their values fit the registers: at most two from three vectors on, for what any of them needs is walked
/// for all. Neighbours are nonzero in nearly the same samples.
macro_rules! with_rows {
    ($f:ident, $s:expr, $vectors:expr, $task:expr) => {
        match (S::REGISTERS >= 32, $vectors) {
            (true, 1) => $f::<S, 1, 4>($s, $task),
            (true, 2) => $f::<S, 2, 2>($s, $task),
            (true, 3) => $f::<S, 3, 2>($s, $task),
            (true, 4) => $f::<S, 4, 2>($s, $task),
            (true, 5) => $f::<S, 5, 2>($s, $task),
            (true, 6) => $f::<S, 6, 2>($s, $task),
            (true, 7) => $f::<S, 7, 2>($s, $task),
            (true, 8) => $f::<S, 8, 2>($s, $task),
            (false, 1) => $f::<S, 1, 4>($s, $task),
            (false, 2) => $f::<S, 2, 2>($s, $task),
            (false, 3) => $f::<S, 3, 2>($s, $task),
            (false, 4) => $f::<S, 4, 2>($s, $task),
            (false, 5) => $f::<S, 5, 1>($s, $task),
            (false, 6) => $f::<S, 6, 1>($s, $task),
            (false, 7) => $f::<S, 7, 1>($s, $task),
            (false, 8) => $f::<S, 8, 1>($s, $task),
            (_, other) => panic!("a panel of {other} vectors"),
        }
    };
}

impl Kernel for Update<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        with_rows!(update, s, self.panel.vectors, &mut self);
    }
}

/// All features of the strip, R at a time, then one at a time.
#[inline(always)]
fn update<S: Simd, const V: usize, const R: usize>(s: S, task: &mut Update<'_>) {
    let width = V * S::LANES;
    let whole = task.w.len() / (R * width) * R;
    for first in (0..whole).step_by(R) {
        update_rows::<S, V, R>(s, task, first);
    }
    for first in whole..task.w.len() / width {
        update_rows::<S, V, 1>(s, task, first);
    }
}

/// For R features: walk the samples in which any of them is not 0, then step their rows of weights.
#[inline(always)]
fn update_rows<S: Simd, const V: usize, const R: usize>(s: S, task: &mut Update<'_>, first: usize) {
    let Update { rows, masks, value, delta, ref mut w, ascent, .. } = *task;
    let width = V * S::LANES;
    let mut acc = [[s.splat(0.0); V]; R];
    let words = rows.chunks_exact(WORD * STRIP).zip(delta.chunks_exact(WORD * width));
    for (masks, (rows, delta)) in masks.chunks_exact(STRIP).zip(words) {
        let mut mask = masks[first..][..R].iter().fold(0, |all, mask| all | mask);
        while mask != 0 {
            let n = mask.trailing_zeros() as usize % WORD;
            mask &= mask - 1;
            let delta = &delta[n * width..][..width];
            let pixels = &rows[n * STRIP..][..STRIP][first..][..R];
            let mut values = [s.splat(0.0); R];
            for r in 0..R {
                values[r] = s.splat(value[usize::from(pixels[r])]);
            }
            for v in 0..V {
                let delta = s.load(&delta[v * S::LANES..]);
                for r in 0..R {
                    acc[r][v] = s.fma(values[r], delta, acc[r][v]);
                }
            }
        }
    }
    let w = &mut w[first * width..][..R * width];
    for (w, acc) in w.chunks_exact_mut(width).zip(acc) {
        for (w, g) in w.chunks_exact_mut(S::LANES).zip(acc) {
            s.store(ascent.apply(s, s.load(w), g), w);
        }
    }
}
