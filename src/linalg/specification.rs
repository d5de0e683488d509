//! The products in plain loops: what every kernel of this layer must equal, bit for bit.
//!
//! The sums are those of CONTRACT C6. Matrices are row-major and unpadded, biases are row 0. Nothing here is
//! skipped, blocked or vectorised.

use super::Ascent;
use crate::simd::fma;

/// a = [1, x] W1. x: (N, D); w1: (D + 1, M); a: (N, M). The logits too: of z, W2 and K.
pub fn forward(x: &[f32], w1: &[f32], a: &mut [f32], hidden: usize) {
    let features = w1.len() / hidden - 1;
    for (x, a) in x.chunks_exact(features).zip(a.chunks_exact_mut(hidden)) {
        for (m, a) in a.iter_mut().enumerate() {
            let mut sum = fma(1.0, w1[m], 0.0);
            for (d, &x) in x.iter().enumerate() {
                sum = fma(x, w1[(d + 1) * hidden + m], sum);
            }
            *a = sum + 0.0;
        }
    }
}

/// The step of W1. x: (N, D); delta: (N, M), never raised, whatever `ascent.raised` says; w1: (D + 1, M).
/// That of W2 too: of z, the error and K.
pub fn update(x: &[f32], delta: &[f32], w1: &mut [f32], hidden: usize, ascent: Ascent) {
    let features = w1.len() / hidden - 1;
    for (row, w1) in w1.chunks_exact_mut(hidden).enumerate() {
        for (m, w1) in w1.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (x, delta) in x.chunks_exact(features).zip(delta.chunks_exact(hidden)) {
                let x = if row == 0 { 1.0 } else { x[row - 1] };
                sum = fma(x, delta[m], sum);
            }
            // CONTRACT C13.
            *w1 = fma(ascent.eta, fma(-ascent.lambda, *w1, sum + 0.0), *w1);
        }
    }
}

/// delta = (error W2) ∘ slope, biases left out (CONTRACT C12). error: (N, K); w2: (M + 1, K); slope: (N, M),
/// becomes delta.
pub fn deltas(error: &[f32], w2: &[f32], slope: &mut [f32], classes: usize) {
    let hidden = w2.len() / classes - 1;
    for (error, slope) in error.chunks_exact(classes).zip(slope.chunks_exact_mut(hidden)) {
        for (m, slope) in slope.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (k, &error) in error.iter().enumerate() {
                sum = fma(error, w2[(m + 1) * classes + k], sum);
            }
            *slope *= sum + 0.0;
        }
    }
}
