//! The zero-skipping products, for pixels that are mostly 0 (81 % of MNIST's are).
//!
//! A term whose pixel is 0 changes an accumulator in the sign of a zero at most, and the +0 added to every
//! finished one removes that difference; skipping the term gives the dense product's bits. A bit mask says
//! where the others are: of a sample among the strip's features (forward), of a feature among 64 samples
//! (update).
//!
//! Each pixel that is not 0 costs a load and a multiply-add for each vector of a row, and the search for the
//! next one. The masks of a strip are made beforehand ([`Find`](super::Find)), so that the first pixel of a
//! sample does not wait for them; blocks of rows have constant sizes, so that hardly an index needs a check.

use super::masks::WORD;
use super::row::Row;
use super::{Ascent, PanelShape, STRIP, with_row};
use crate::simd::{Kernel, Simd};

/// z += x W, over one strip; over the first one, z = [1, x] W.
pub struct Forward<'a> {
    /// (N, STRIP): the strip, as [`Gather`](super::Gather) gathers it.
    pub rows: &'a [u8],
    /// (≥ N): each sample's mask of features.
    pub masks: &'a [u64],
    /// The value of each byte.
    pub value: &'a [f32; 256],
    /// (STRIP, W): the panel's weights from the strip's features; rows beyond the last feature are not read.
    pub w: &'a [f32],
    /// (W): the biases, from which the sums start in the first strip; in the others they go on. Used
    /// unchanged: fma(1, b, +0) is b, but for −0, a difference that the + 0 that finishes a sum removes.
    pub bias: Option<&'a [f32]>,
    /// (≥ N, W): the sums.
    pub z: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_row!(self.panel, forward, s, self);
    }
}

/// Sample by sample; several at a time only where the sums of one do not hide the latency of a multiply-add:
/// any two samples have few pixels in common, so that their sums take more multiply-adds together than apart.
#[inline(always)]
fn forward<S: Simd, const V: usize, const H: usize>(s: S, mut task: Forward<'_>) {
    let first = match V + H {
        1 => forward_rows::<S, V, H, 4>(s, &mut task, 0),
        2 => forward_rows::<S, V, H, 2>(s, &mut task, 0),
        _ => 0,
    };
    forward_rows::<S, V, H, 1>(s, &mut task, first);
}

/// R samples at a time, from `first` on: load their accumulators, walk the pixels that are not 0 in any of
/// them, store the accumulators. Returns the first sample that is left over.
#[inline(always)]
fn forward_rows<S: Simd, const V: usize, const H: usize, const R: usize>(
    s: S,
    task: &mut Forward<'_>,
    first: usize,
) -> usize {
    let Forward { rows, masks, value, w, bias, ref mut z, .. } = *task;
    let width = Row::<S, V, H>::WIDTH;
    let w = &w[..STRIP * width];
    let tiles = rows[first * STRIP..].chunks_exact(R * STRIP);
    let left = first + tiles.len() * R;
    let sums = z[first * width..].chunks_exact_mut(R * width);
    for ((pixels, masks), z) in tiles.zip(masks[first..].chunks_exact(R)).zip(sums) {
        let mut mask = masks.iter().fold(0, |all, mask| all | mask);
        if mask == 0 && bias.is_none() {
            continue; // as in a picture's margin
        }
        let mut acc = [Row::<S, V, H>::zero(s); R];
        for r in 0..R {
            acc[r] = Row::load(s, bias.unwrap_or(&z[r * width..]));
        }
        while mask != 0 {
            let d = mask.trailing_zeros() as usize % STRIP;
            mask &= mask - 1;
            let w = Row::load(s, &w[d * width..]);
            for r in 0..R {
                acc[r].add(s, value[usize::from(pixels[r * STRIP + d])], &w);
            }
        }
        for r in 0..R {
            acc[r].store(s, &mut z[r * width..]);
        }
    }
    left
}

/// Takes the step of the weights from one strip's features: g = xᵀ delta, then w.
pub struct Update<'a> {
    /// (Q, STRIP): the strip, as [`Gather`](super::Gather) gathers it; only what is in the masks is read.
    pub rows: &'a [u8],
    /// (Q / 64, STRIP): each feature's masks of samples.
    pub masks: &'a [u64],
    /// The value of each byte.
    pub value: &'a [f32; 256],
    /// (≥ Q, W); rows beyond N are not read.
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
    fn run<S: Simd>(self, s: S) {
        with_row!(self.panel, update, s, self);
    }
}

/// As many features at a time as leave registers for a row of deltas and the values, but at most two from two
/// vectors on: a sample in which any of them is not 0 is visited for all. Neighbours are not 0 in nearly the
/// same samples. Then one at a time.
#[inline(always)]
fn update<S: Simd, const V: usize, const H: usize>(s: S, mut task: Update<'_>) {
    let first = match V + H {
        1 => update_rows::<S, V, H, 4>(s, &mut task, 0),
        vectors if 3 * vectors + 2 <= S::REGISTERS => update_rows::<S, V, H, 2>(s, &mut task, 0),
        _ => 0,
    };
    update_rows::<S, V, H, 1>(s, &mut task, first);
}

/// R features at a time, from `first` on: walk the samples in which any of them is not 0, then step their
/// rows of weights. Returns the first feature that is left over.
#[inline(always)]
fn update_rows<S: Simd, const V: usize, const H: usize, const R: usize>(
    s: S,
    task: &mut Update<'_>,
    mut first: usize,
) -> usize {
    let Update { rows, masks, value, delta, ref mut w, ascent, .. } = *task;
    let width = Row::<S, V, H>::WIDTH;
    for w in w[first * width..].chunks_exact_mut(R * width) {
        let mut acc = [Row::<S, V, H>::zero(s); R];
        let words = rows.chunks_exact(WORD * STRIP).zip(delta.chunks_exact(WORD * width));
        for (masks, (rows, delta)) in masks.chunks_exact(STRIP).zip(words) {
            let mut mask = masks[first..][..R].iter().fold(0, |all, mask| all | mask);
            while mask != 0 {
                let n = mask.trailing_zeros() as usize % WORD;
                mask &= mask - 1;
                let delta = Row::load(s, &delta[n * width..]);
                let pixels = &rows[n * STRIP..][..STRIP][first..][..R];
                for r in 0..R {
                    acc[r].add(s, value[usize::from(pixels[r])], &delta);
                }
            }
        }
        for r in 0..R {
            acc[r].step(s, &mut w[r * width..], ascent);
        }
        first += R;
    }
    first
}
