//! Softmax of logits: CONTRACT C5.

use super::exp::exp_nonpositive;
use super::{keep, kept};
use crate::simd::{Scalar, Simd};

/// Turns one sample's logits into probabilities, in place; returns (m, s), the greatest logit and the sum of
/// e^(v − m): ln s + m − v is the cross-entropy of class v.
///
/// This is the specification. No logits at all give (−∞, 0).
pub fn softmax_row(logits: &mut [f32]) -> (f32, f32) {
    let max = greatest(logits);
    let mut sum = 0.0;
    for v in logits.iter_mut() {
        *v = exp_nonpositive(Scalar, *v - max);
        sum += *v;
    }
    for v in logits.iter_mut() {
        *v /= sum;
    }
    (max, sum)
}

/// [`softmax_row`] for each row of a padded matrix, bit for bit.
///
/// `logits`: (rows, `stride`), the first `classes` of each row logits; they become probabilities, the padding
/// +0. `normalisers`: one (m, s) a row, as [`softmax_row`] returns them.
///
/// # Panics
/// If `classes` is 0 or more than `stride`, if `stride` is not a multiple of the lanes, or if `logits` is not
/// as long as `stride` times `normalisers`.
#[inline(always)]
pub fn softmax<S: Simd>(
    s: S,
    logits: &mut [f32],
    stride: usize,
    classes: usize,
    normalisers: &mut [(f32, f32)],
) {
    assert!(0 < classes && classes <= stride);
    assert_eq!(stride % S::LANES, 0);
    assert_eq!(logits.len(), stride * normalisers.len());
    // One phase after the other over all rows: the maximum and the sum are sequential chains, but those of
    // several rows run in parallel (twice as fast at 10 classes as row by row).
    for (row, (max, _)) in logits.chunks_exact(stride).zip(&mut *normalisers) {
        *max = greatest(&row[..classes]);
    }
    for (row, &mut (max, _)) in logits.chunks_exact_mut(stride).zip(&mut *normalisers) {
        // The padding's exponentials may be anything; they are neither added nor kept.
        for v in row.chunks_exact_mut(S::LANES) {
            s.store(exp_nonpositive(s, s.sub(s.load(v), s.splat(max))), v);
        }
    }
    for (row, (_, sum)) in logits.chunks_exact(stride).zip(&mut *normalisers) {
        *sum = row[..classes].iter().fold(0.0, |sum, &e| sum + e);
    }
    for first in (0..stride).step_by(S::LANES) {
        let keep = keep(s, classes.saturating_sub(first));
        for (row, &mut (_, sum)) in logits.chunks_exact_mut(stride).zip(&mut *normalisers) {
            let e = &mut row[first..];
            let quotient = s.div(s.load(e), s.splat(sum));
            s.store(kept(s, quotient, keep), e);
        }
    }
}

#[inline(always)]
fn greatest(logits: &[f32]) -> f32 {
    let mut max = logits.first().copied().unwrap_or(f32::NEG_INFINITY);
    for &v in logits {
        max = if v > max { v } else { max };
    }
    max
}
