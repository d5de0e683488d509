//! The small products around the K classes: logits, the deltas of the hidden units, the gradient of W2.
//!
//! A panel keeps its part of W2 twice: class by class, (K, W), for the products whose lanes run across hidden
//! units, and unit by unit, (W, P) with P = K rounded up to whole vectors, for the logits, whose lanes run across
//! classes. The second is a copy of the first, made anew after each step.

use super::{PanelShape, with_vectors};
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
        with_vectors!(self.width / S::LANES, logits, s, self);
    }
}

/// By tiles of samples. The width is a constant here: the samples' values of a unit lie at constant distances, and
/// their addresses take no arithmetic.
#[inline(always)]
fn logits<S: Simd, const V: usize>(s: S, task: Logits<'_>) {
    let Logits { z, w2, logits, padded, .. } = task;
    let width = V * S::LANES;
    let rows = logits.len() / padded;
    let whole = rows / TILE * TILE;
    let (tiles, rest) = logits.split_at_mut(whole * padded);
    for (logits, z) in tiles.chunks_exact_mut(TILE * padded).zip(z.chunks_exact(TILE * width)) {
        logits_tile::<S, V, TILE>(s, z, w2, logits);
    }
    for (logits, z) in rest.chunks_exact_mut(padded).zip(z[whole * width..].chunks_exact(width)) {
        logits_tile::<S, V, 1>(s, z, w2, logits);
    }
}

/// R samples against every unit of the panel, one vector of classes at a time.
#[inline(always)]
fn logits_tile<S: Simd, const V: usize, const R: usize>(s: S, z: &[f32], w2: &[f32], logits: &mut [f32]) {
    let width = V * S::LANES;
    let padded = logits.len() / R;
    let z = &z[..R * width];
    for class in (0..padded).step_by(S::LANES) {
        let mut acc = [s.splat(0.0); R];
        for r in 0..R {
            acc[r] = s.load(&logits[r * padded + class..]);
        }
        for (unit, w2) in w2.chunks_exact(padded).enumerate().take(width) {
            let w2 = s.load(&w2[class..]);
            for r in 0..R {
                acc[r] = s.fma(s.splat(z[r * width + unit]), w2, acc[r]);
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

/// Goes on with the sums of the gradient of one panel's part of W2: g += errorᵀ Z.
pub struct Gradient<'a> {
    /// (N, P): T − Y.
    pub error: &'a [f32],
    /// P.
    pub padded: usize,
    /// (N, W): the activations.
    pub z: &'a [f32],
    /// (K, W): the sums so far.
    pub gradient: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Gradient<'_> {
    type Output = ();
    /// So many classes at a time that their accumulators, an error of each and a vector of activations fit the registers: then
    /// a load serves several multiply-adds. At most five, which divide the usual ten.
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let task = &mut self;
        match (S::REGISTERS >= 32, task.panel.vectors) {
            (_, 1) => gradient::<S, 1, 5>(s, task),
            (_, 2) => gradient::<S, 2, 5>(s, task),
            (true, 3) => gradient::<S, 3, 5>(s, task),
            (true, 4) => gradient::<S, 4, 5>(s, task),
            (true, 5) => gradient::<S, 5, 4>(s, task),
            (true, 6) => gradient::<S, 6, 3>(s, task),
            (true, 7) => gradient::<S, 7, 3>(s, task),
            (true, 8) => gradient::<S, 8, 3>(s, task),
            (false, 3) => gradient::<S, 3, 3>(s, task),
            (false, 4) => gradient::<S, 4, 2>(s, task),
            (false, 5) => gradient::<S, 5, 2>(s, task),
            (false, 6) => gradient::<S, 6, 2>(s, task),
            (false, 7) => gradient::<S, 7, 1>(s, task),
            (false, 8) => gradient::<S, 8, 1>(s, task),
            (_, other) => panic!("a panel of {other} vectors"),
        }
    }
}

/// R classes at a time, then one at a time.
#[inline(always)]
fn gradient<S: Simd, const V: usize, const R: usize>(s: S, task: &mut Gradient<'_>) {
    let classes = task.gradient.len() / task.panel.width;
    let whole = classes / R * R;
    for first in (0..whole).step_by(R) {
        gradient_tile::<S, V, R>(s, task, first);
    }
    for first in whole..classes {
        gradient_tile::<S, V, 1>(s, task, first);
    }
}

/// For R classes, their rows of V accumulators, past every sample.
#[inline(always)]
fn gradient_tile<S: Simd, const V: usize, const R: usize>(s: S, task: &mut Gradient<'_>, first: usize) {
    let width = V * S::LANES;
    let gradient = &mut task.gradient[first * width..][..R * width];
    let mut acc = [[s.splat(0.0); V]; R];
    for r in 0..R {
        for v in 0..V {
            acc[r][v] = s.load(&gradient[r * width + v * S::LANES..]);
        }
    }
    for (z, error) in task.z.chunks_exact(width).zip(task.error.chunks_exact(task.padded)) {
        let error = &error[first..][..R];
        let mut errors = [s.splat(0.0); R];
        for r in 0..R {
            errors[r] = s.splat(error[r]);
        }
        for v in 0..V {
            let z = s.load(&z[v * S::LANES..]);
            for r in 0..R {
                acc[r][v] = s.fma(errors[r], z, acc[r][v]);
            }
        }
    }
    for r in 0..R {
        for v in 0..V {
            s.store(acc[r][v], &mut gradient[r * width + v * S::LANES..]);
        }
    }
}

/// Copies W2 of a panel from class by class, (K, `width`), to unit by unit, (W, P).
pub fn by_unit(w2: &[f32], width: usize, copy: &mut [f32]) {
    let padded = copy.len() / width;
    for (class, row) in w2.chunks_exact(width).enumerate() {
        for (unit, &w) in copy.chunks_exact_mut(padded).zip(row) {
            unit[class] = w;
        }
    }
}
