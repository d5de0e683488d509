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
use super::{Ascent, PanelShape, STRIP};
use crate::simd::{Kernel, Simd};

/// Calls a function generic over the panel's vectors and over so many rows at a time that their accumulators, a row of
/// the other factor and a value fit the registers: at most two from three vectors on, for what any row needs is walked
/// for all of them.
macro_rules! with_rows {
    ($f:ident, $s:expr, $vectors:expr, $task:expr) => {
        match (S::REGISTERS >= 32, $vectors) {
            (true, 1) => $f::<S, 1, 8>($s, $task),
            (true, 2) => $f::<S, 2, 4>($s, $task),
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

/// z += x W, over one strip.
pub struct Forward<'a> {
    /// (≥ N, STRIP): the strip, as [`Gather`](super::Gather) gathers it.
    pub rows: &'a [u8],
    /// (≥ N): each sample's mask of features.
    pub masks: &'a [u64],
    /// (N): every sample of the batch once; neighbours are taken together, so the more alike the better.
    pub order: &'a [u32],
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
        with_rows!(forward, s, self.panel.vectors, &mut self);
    }
}

/// All samples, R at a time, then one at a time.
#[inline(always)]
fn forward<S: Simd, const V: usize, const R: usize>(s: S, task: &mut Forward<'_>) {
    let order = task.order;
    for samples in order.chunks(R) {
        match samples.first_chunk::<R>() {
            Some(samples) => forward_rows::<S, V, R>(s, task, samples),
            None => {
                for &sample in samples {
                    forward_rows::<S, V, 1>(s, task, &[sample]);
                }
            }
        }
    }
}

/// For R samples: load their accumulators, walk the pixels that are not 0 in any of them, store the accumulators.
#[inline(always)]
fn forward_rows<S: Simd, const V: usize, const R: usize>(s: S, task: &mut Forward<'_>, samples: &[u32; R]) {
    let Forward { rows, masks, value, w, ref mut z, .. } = *task;
    let width = V * S::LANES;
    let w = &w[..STRIP * width];
    let mut pixels = [&[0; STRIP]; R];
    let mut mask = 0;
    for (pixels, &n) in pixels.iter_mut().zip(samples) {
        if let Some(row) = rows[n as usize * STRIP..].first_chunk::<STRIP>() {
            *pixels = row;
        }
        mask |= masks[n as usize];
    }
    if mask == 0 {
        return;
    }
    let mut acc = [[s.splat(0.0); V]; R];
    for r in 0..R {
        let z = &z[samples[r] as usize * width..][..width];
        for v in 0..V {
            acc[r][v] = s.load(&z[v * S::LANES..]);
        }
    }
    while mask != 0 {
        let d = mask.trailing_zeros() as usize % STRIP;
        mask &= mask - 1;
        let w = &w[d * width..][..width];
        let mut values = [s.splat(0.0); R];
        for r in 0..R {
            values[r] = s.splat(value[usize::from(pixels[r][d])]);
        }
        for v in 0..V {
            let w = s.load(&w[v * S::LANES..]);
            for r in 0..R {
                acc[r][v] = s.fma(values[r], w, acc[r][v]);
            }
        }
    }
    for r in 0..R {
        let z = &mut z[samples[r] as usize * width..][..width];
        for v in 0..V {
            s.store(acc[r][v], &mut z[v * S::LANES..]);
        }
    }
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
