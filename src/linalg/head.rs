//! The small products around the K classes: logits, the deltas of the hidden units, the step of W2.
//!
//! A panel keeps its part of W2 twice: class by class, (K, W), for the products whose lanes run across hidden
//! units, and unit by unit, (W, P) with P = K rounded up to whole vectors, for the logits, whose lanes run across
//! classes. The second is a copy of the first, made anew after each step.

use super::{Ascent, PanelShape, with_vectors};
use crate::simd::{Kernel, Simd};

/// P: places a row of logits takes, whole vectors.
pub const fn padded_classes(classes: usize, lanes: usize) -> usize {
    classes.next_multiple_of(lanes)
}

/// logits += Z W2ᵀ, over one panel, units ascending.
pub struct Logits<'a> {
    /// (≥ N, W): the panel's activations.
    pub z: &'a [f32],
    /// The panel's width W.
    pub width: usize,
    /// (units, P): W2 unit by unit, the padding of the panel left out.
    pub w2: &'a [f32],
    /// (N, P): the accumulators, which start with the biases.
    pub logits: &'a mut [f32],
    /// P.
    pub padded: usize,
}

/// Samples at a time in [`Logits`]: that many independent sums hide a multiply-add's latency.
const TILE: usize = 8;

impl Kernel for Logits<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { z, width, w2, logits, padded } = self;
        let rows = logits.len() / padded;
        let whole = rows / TILE * TILE;
        let (tiles, rest) = logits.split_at_mut(whole * padded);
        for (logits, z) in tiles.chunks_exact_mut(TILE * padded).zip(z.chunks_exact(TILE * width)) {
            logits_tile::<S, TILE>(s, z, width, w2, logits);
        }
        for (logits, z) in rest.chunks_exact_mut(padded).zip(z[whole * width..].chunks_exact(width)) {
            logits_tile::<S, 1>(s, z, width, w2, logits);
        }
    }
}

/// R samples against every unit of the panel, one vector of classes at a time.
#[inline(always)]
fn logits_tile<S: Simd, const R: usize>(s: S, z: &[f32], width: usize, w2: &[f32], logits: &mut [f32]) {
    let padded = logits.len() / R;
    let mut rows: [&[f32]; R] = [&[]; R];
    for (r, row) in rows.iter_mut().enumerate() {
        *row = &z[r * width..][..w2.len() / padded];
    }
    for class in (0..padded).step_by(S::LANES) {
        let mut acc = [s.splat(0.0); R];
        for r in 0..R {
            acc[r] = s.load(&logits[r * padded + class..]);
        }
        for (unit, w2) in w2.chunks_exact(padded).enumerate() {
            let w2 = s.load(&w2[class..]);
            for r in 0..R {
                acc[r] = s.fma(s.splat(rows[r][unit]), w2, acc[r]);
            }
        }
        for r in 0..R {
            s.store(acc[r], &mut logits[r * padded + class..]);
        }
    }
}

/// delta = (error W2) ∘ slope, for one panel, classes ascending.
pub struct Deltas<'a> {
    /// (N, P): T − Y.
    pub error: &'a [f32],
    /// P.
    pub padded: usize,
    /// (K, W).
    pub w2: &'a [f32],
    /// (≥ N, W): h' of the pre-activations; becomes the deltas.
    pub slope: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Deltas<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_vectors!(self.panel.vectors, deltas, s, self);
    }
}

/// For each sample, its row of V accumulators, so that V sums are under way at once.
#[inline(always)]
fn deltas<S: Simd, const V: usize>(s: S, task: Deltas<'_>) {
    let Deltas { error, padded, w2, slope, .. } = task;
    let width = V * S::LANES;
    for (error, slope) in error.chunks_exact(padded).zip(slope.chunks_exact_mut(width)) {
        let mut acc = [s.splat(0.0); V];
        for (w2, &error) in w2.chunks_exact(width).zip(error) {
            let error = s.splat(error);
            for (v, acc) in acc.iter_mut().enumerate() {
                *acc = s.fma(error, s.load(&w2[v * S::LANES..]), *acc);
            }
        }
        for (slope, acc) in slope.chunks_exact_mut(S::LANES).zip(acc) {
            s.store(s.mul(s.add(acc, s.splat(0.0)), s.load(slope)), slope);
        }
    }
}

/// Takes the step of one panel's part of W2: g = errorᵀ Z, then w.
pub struct Update<'a> {
    /// (N, P): T − Y.
    pub error: &'a [f32],
    /// P.
    pub padded: usize,
    /// (≥ N, W): the activations.
    pub z: &'a [f32],
    /// (K, W).
    pub w2: &'a mut [f32],
    /// (W, P): the copy unit by unit.
    pub w2_by_unit: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
    /// The step to take.
    pub ascent: Ascent,
}

impl Kernel for Update<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_vectors!(self.panel.vectors, update, s, self);
    }
}

/// For each class, its row of V accumulators, past every sample.
#[inline(always)]
fn update<S: Simd, const V: usize>(s: S, task: Update<'_>) {
    let Update { error, padded, z, w2, w2_by_unit, ascent, .. } = task;
    let width = V * S::LANES;
    for (class, w2) in w2.chunks_exact_mut(width).enumerate() {
        let mut acc = [s.splat(0.0); V];
        for (z, error) in z.chunks_exact(width).zip(error.chunks_exact(padded)) {
            let error = s.splat(error[class]);
            for (v, acc) in acc.iter_mut().enumerate() {
                *acc = s.fma(error, s.load(&z[v * S::LANES..]), *acc);
            }
        }
        for (w2, acc) in w2.chunks_exact_mut(S::LANES).zip(acc) {
            s.store(ascent.apply(s, s.load(w2), acc), w2);
        }
        for (by_unit, &w2) in w2_by_unit.chunks_exact_mut(padded).zip(w2.iter()) {
            by_unit[class] = w2;
        }
    }
}
