//! What lies between the two big products: the hidden units' function, softmax, the error, the cross-entropy
//! (CONTRACT C11, CONTRACT C12).

use crate::linalg::PanelShape;
use crate::math::{self, Activation, keep, kept};
use crate::simd::{Kernel, Pair, Simd};

/// z = h(a), in place, and h'(a), with the + 0 that finishes a's sum; the panel's padding becomes 0.
pub(super) struct Activate<'a> {
    pub(super) activation: Activation,
    pub(super) panel: PanelShape,
    /// (N, W): pre-activations a, become z.
    pub(super) a_then_z: &'a mut [f32],
    /// (N, W): becomes h'(a); empty where no backward phase follows.
    pub(super) slope: &'a mut [f32],
}

/// Rows at a time: whole pairs of vectors, and near when their padding is cleared.
const TILE: usize = 8;

impl Kernel for Activate<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let PanelShape { units, width, .. } = self.panel;
        let last = width - S::LANES;
        let keep = keep(s, units - last);
        let mut slopes = self.slope.chunks_mut(TILE * width);
        for z in self.a_then_z.chunks_mut(TILE * width) {
            let slope = slopes.next().unwrap_or_default();
            // One loop for each function: the match is outside of it.
            match self.activation {
                Activation::Softplus => activate(s, Activation::Softplus, z, slope),
                Activation::Tanh => activate(s, Activation::Tanh, z, slope),
                Activation::Cos => activate(s, Activation::Cos, z, slope),
                Activation::Relu => activate(s, Activation::Relu, z, slope),
            }
            if units < width {
                for row in z.chunks_exact_mut(width).chain(slope.chunks_exact_mut(width)) {
                    let v = &mut row[last..];
                    s.store(kept(s, s.load(v), keep), v);
                }
            }
        }
    }
}

#[inline(always)]
fn activate<S: Simd>(s: S, activation: Activation, z: &mut [f32], slope: &mut [f32]) {
    let whole = z.len() / (2 * S::LANES) * 2 * S::LANES;
    let (z, z_rest) = z.split_at_mut(whole);
    let (slope, slope_rest) = slope.split_at_mut(usize::min(whole, slope.len()));
    activate_by(Pair(s), activation, z, slope);
    activate_by(s, activation, z_rest, slope_rest);
}

#[inline(always)]
fn activate_by<S: Simd>(s: S, activation: Activation, z: &mut [f32], slope: &mut [f32]) {
    let zero = s.splat(0.0);
    if slope.is_empty() {
        for z in z.chunks_exact_mut(S::LANES) {
            s.store(activation.value(s, s.add(s.load(z), zero)), z);
        }
        return;
    }
    for (z, slope) in z.chunks_exact_mut(S::LANES).zip(slope.chunks_exact_mut(S::LANES)) {
        let (value, derivative) = activation.value_and_slope(s, s.add(s.load(z), zero));
        s.store(value, z);
        s.store(derivative, slope);
    }
}

/// Softmax of rows of logits, in place, with the cross-entropy and the predicted class of each.
pub(super) struct Output<'a> {
    /// (n, P): logits v but for the + 0; become probabilities y, the padding beyond K 0.
    pub(super) v_then_y: &'a mut [f32],
    /// P.
    pub(super) padded: usize,
    /// K.
    pub(super) classes: usize,
    /// (n): the true classes; or none.
    pub(super) labels: &'a [u8],
    /// (≥ n): scratch, the greatest logit and the sum of a row.
    pub(super) normalisers: &'a mut [(f32, f32)],
    /// As many as labels: becomes each sample's cross-entropy.
    pub(super) cross_entropy: &'a mut [f64],
    /// (n), or none: becomes each sample's predicted class, the first with the greatest logit.
    pub(super) predictions: &'a mut [u8],
}

impl Kernel for Output<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { v_then_y, padded, classes, labels, normalisers, cross_entropy, predictions } = self;
        let logits = &mut *v_then_y;
        for row in logits.chunks_exact_mut(padded) {
            row[..classes].iter_mut().for_each(|v| *v += 0.0);
        }
        for ((row, &label), target) in logits.chunks_exact(padded).zip(labels).zip(cross_entropy.iter_mut()) {
            *target = f64::from(row[usize::from(label)]);
        }
        for (row, prediction) in logits.chunks_exact(padded).zip(predictions) {
            *prediction = math::argmax(&row[..classes]) as u8;
        }
        let normalisers = &mut normalisers[..logits.len() / padded];
        math::softmax(s, v_then_y, padded, classes, normalisers);
        for (target, &mut normaliser) in cross_entropy.iter_mut().zip(normalisers) {
            *target = self::cross_entropy(*target, normaliser);
        }
    }
}

/// -ln(e^(t - m) / s), each step in f64, for the true class's logit t and what softmax gave: CONTRACT C14.
#[inline(always)]
pub(super) fn cross_entropy(target: f64, (max, sum): (f32, f32)) -> f64 {
    math::double::ln(f64::from(sum)) + (f64::from(max) - target)
}

/// dE/dv = t − y, in place; the padding, which softmax made 0, stays so.
pub(super) struct Errors<'a> {
    /// (n, P): probabilities y, become t − y.
    pub(super) y_then_error: &'a mut [f32],
    /// P.
    pub(super) padded: usize,
    /// (n): the true classes.
    pub(super) labels: &'a [u8],
}

impl Kernel for Errors<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (row, &label) in self.y_then_error.chunks_exact_mut(self.padded).zip(self.labels) {
            let own = 1.0 - row[usize::from(label)];
            for y in row.chunks_exact_mut(S::LANES) {
                s.store(s.sub(s.splat(0.0), s.load(y)), y);
            }
            row[usize::from(label)] = own;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Isa;

    // No weight, cost or probability can tell −0 from +0 here: sums of finite terms are finished by + 0. Only
    // what these kernels hand on can.
    #[test]
    fn finished_pre_activations_are_never_minus_zero() {
        for isa in Isa::available() {
            let width = 2 * isa.lanes();
            let panel = PanelShape { first: 0, units: width - 1, width };
            for activation in Activation::ALL {
                let (value, derivative) = activation.value_and_slope(crate::simd::Scalar, 0.0);
                for slopes in [true, false] {
                    let mut z = vec![-0.0; 3 * width];
                    let mut slope = if slopes { z.clone() } else { vec![] };
                    isa.run(Activate { activation, panel, a_then_z: &mut z, slope: &mut slope });
                    for (matrix, expected) in [(&z, value), (&slope, derivative)] {
                        for row in matrix.chunks_exact(width) {
                            let (units, padding) = row.split_at(panel.units);
                            assert!(
                                units.iter().all(|x| x.to_bits() == expected.to_bits()),
                                "{activation:?}"
                            );
                            assert!(padding.iter().all(|x| x.to_bits() == 0));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn finished_logits_are_never_minus_zero() {
        let classes: usize = 3;
        for isa in Isa::available() {
            let padded = classes.next_multiple_of(isa.lanes());
            let mut logits = vec![-0.0; 2 * padded];
            let (mut normalisers, mut cross_entropy, mut predictions) = ([(1.0, 1.0); 2], [1.0; 2], [1; 2]);
            isa.run(Output {
                v_then_y: &mut logits,
                padded,
                classes,
                labels: &[0, 2],
                normalisers: &mut normalisers,
                cross_entropy: &mut cross_entropy,
                predictions: &mut predictions,
            });
            assert_eq!(normalisers.map(|(max, sum)| (max.to_bits(), sum)), [(0, 3.0); 2], "{}", isa.name());
            assert_eq!((cross_entropy, predictions), ([math::double::ln(3.0); 2], [0; 2]));
        }
    }
}
