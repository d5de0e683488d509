//! The small products around the K classes: logits, the deltas of the hidden units, the gradient of W2.
//!
//! A panel keeps its part of W2 twice: class by class, (K, W), for the products whose lanes run across hidden
//! units, and unit by unit, (W, P), for the logits, whose lanes run across classes. The second is a copy of
//! the first, made anew after each step.

use super::row::Row;
use super::{PanelShape, with_row};
use crate::simd::{Kernel, Simd};

/// P: the length of a row of logits, whole vectors.
pub const fn padded_classes(classes: usize, lanes: usize) -> usize {
    classes.next_multiple_of(lanes)
}

/// logits += Z W2, over one panel, units ascending.
pub struct Logits<'a> {
    /// (≥ N, W): the panel's activations.
    pub z: &'a [f32],
    /// The panel.
    pub panel: PanelShape,
    /// (units, P): W2 unit by unit, the padding of the panel left out.
    pub w2: &'a [f32],
    /// (N, P): the accumulators, which start with the biases.
    pub logits: &'a mut [f32],
}

/// Samples at a time in [`Logits`]: so many independent sums hide the latency of a multiply-add.
const TILE: usize = 8;

impl Kernel for Logits<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_row!(self.panel, logits, s, self);
    }
}

/// By tiles of samples. The width is a constant here: the samples' values of a unit lie at constant
/// distances, and their addresses take no arithmetic.
#[inline(always)]
fn logits<S: Simd, const V: usize, const H: usize>(s: S, task: Logits<'_>) {
    let Logits { z, panel, w2, logits } = task;
    let padded = w2.len() / panel.units;
    let width = Row::<S, V, H>::WIDTH;
    let rows = logits.len() / padded;
    let whole = rows / TILE * TILE;
    let (tiles, rest) = logits.split_at_mut(whole * padded);
    for (logits, z) in tiles.chunks_exact_mut(TILE * padded).zip(z.chunks_exact(TILE * width)) {
        logits_tile::<S, V, H, TILE>(s, z, w2, logits);
    }
    for (logits, z) in rest.chunks_exact_mut(padded).zip(z[whole * width..].chunks_exact(width)) {
        logits_tile::<S, V, H, 1>(s, z, w2, logits);
    }
}

/// R samples against every unit of the panel, one vector of classes at a time.
#[inline(always)]
fn logits_tile<S: Simd, const V: usize, const H: usize, const R: usize>(
    s: S,
    z: &[f32],
    w2: &[f32],
    logits: &mut [f32],
) {
    let width = Row::<S, V, H>::WIDTH;
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

/// delta = (error W2ᵀ) ∘ slope, for one panel, classes ascending; adds to the sums of the gradient of
/// W1's biases, whose x is 1: g += 1ᵀ delta.
pub struct Deltas<'a> {
    /// (N, P): T − Y.
    pub error: &'a [f32],
    /// (K, W).
    pub w2: &'a [f32],
    /// (≥ N, W): h' of the pre-activations; becomes the deltas.
    pub slope: &'a mut [f32],
    /// (W): the biases' sums so far.
    pub bias_gradient: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Deltas<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_row!(self.panel, deltas, s, self);
    }
}

/// For each sample, its row of accumulators: as many independent sums as there are vectors.
#[inline(always)]
fn deltas<S: Simd, const V: usize, const H: usize>(s: S, task: Deltas<'_>) {
    let Deltas { error, w2, slope, bias_gradient, .. } = task;
    let width = Row::<S, V, H>::WIDTH;
    let padded = padded_classes(w2.len() / width, S::LANES);
    let mut sums = Row::<S, V, H>::load(s, bias_gradient);
    for (error, slope) in error.chunks_exact(padded).zip(slope.chunks_exact_mut(width)) {
        let mut acc = Row::<S, V, H>::zero(s);
        for (w2, &error) in w2.chunks_exact(width).zip(error) {
            acc.add(s, error, &Row::load(s, w2));
        }
        let delta = acc.finished_times(s, &Row::load(s, slope));
        delta.store(s, slope);
        sums.add(s, 1.0, &delta);
    }
    sums.store(s, bias_gradient);
}

/// Adds to the sums of the gradient of one panel's part of W2: g += Zᵀ error.
pub struct Gradient<'a> {
    /// (N, P): T − Y.
    pub error: &'a [f32],
    /// (N, W): the activations.
    pub z: &'a [f32],
    /// (K, W): the sums so far.
    pub gradient: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Gradient<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_row!(self.panel, gradient, s, self);
    }
}

/// As many classes at a time as leave registers for a factor each: a load then serves several multiply-adds.
/// At most five, which divide the usual ten; then one at a time.
#[inline(always)]
fn gradient<S: Simd, const V: usize, const H: usize>(s: S, mut task: Gradient<'_>) {
    let first = match (S::REGISTERS - 1) / (V + H + 1) {
        2 => gradient_rows::<S, V, H, 2>(s, &mut task, 0),
        3 => gradient_rows::<S, V, H, 3>(s, &mut task, 0),
        4 => gradient_rows::<S, V, H, 4>(s, &mut task, 0),
        5.. => gradient_rows::<S, V, H, 5>(s, &mut task, 0),
        _ => 0,
    };
    gradient_rows::<S, V, H, 1>(s, &mut task, first);
}

/// R classes at a time, from `first` on: their rows of accumulators, past every sample. Returns the first
/// class that is left over.
#[inline(always)]
fn gradient_rows<S: Simd, const V: usize, const H: usize, const R: usize>(
    s: S,
    task: &mut Gradient<'_>,
    mut first: usize,
) -> usize {
    let width = Row::<S, V, H>::WIDTH;
    let padded = padded_classes(task.gradient.len() / width, S::LANES);
    for gradient in task.gradient[first * width..].chunks_exact_mut(R * width) {
        let mut acc = [Row::<S, V, H>::zero(s); R];
        for r in 0..R {
            acc[r] = Row::load(s, &gradient[r * width..]);
        }
        for (z, error) in task.z.chunks_exact(width).zip(task.error.chunks_exact(padded)) {
            let (z, error) = (Row::load(s, z), &error[first..][..R]);
            for r in 0..R {
                acc[r].add(s, error[r], &z);
            }
        }
        for r in 0..R {
            acc[r].store(s, &mut gradient[r * width..]);
        }
        first += R;
    }
    first
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
