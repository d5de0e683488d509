//! The map from the features of a table to the bytes that the network takes (CONTRACT C19).

use crate::simd::{ROUND, keep_rolled};

/// D pairs (low, f) of f32: feature x becomes the byte nearest to (x - low) f, from 0 to 255.
///
/// A feature that was constant in training has f = 0 and becomes 128, as a NaN does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureMap<'a> {
    pairs: &'a [f32],
}

impl<'a> FeatureMap<'a> {
    /// The map of these pairs, (D, 2) row-major. A model file takes finite ones, without an f below 0.
    pub fn new(pairs: &'a [f32]) -> Self {
        Self { pairs }
    }

    /// (D, 2) row-major.
    pub fn pairs(self) -> &'a [f32] {
        self.pairs
    }

    /// D.
    pub fn features(self) -> usize {
        self.pairs.len() / 2
    }

    /// The bytes of a sample: `features` and `bytes` have D entries; what is beyond is left alone.
    pub fn apply(self, features: &[f32], bytes: &mut [u8]) {
        for ((byte, &x), pair) in bytes.iter_mut().zip(features).zip(self.pairs.chunks_exact(2)) {
            keep_rolled();
            if let &[low, f] = pair {
                *byte = byte_of(x, low, f);
            }
        }
    }
}

/// The byte of feature x (CONTRACT C19): t = (x - low) f, clamped to 0 to 255, rounded half to even; 128
/// where f is not above 0 or t is a NaN. The sum t + ROUND lies where floats are whole numbers, so that its
/// lowest bits are the rounded t, and ROUND need not be subtracted again.
#[inline(always)]
pub(crate) fn byte_of(x: f32, low: f32, f: f32) -> u8 {
    let t = (x - low) * f;
    let is_known = f > 0.0 && !t.is_nan();
    let t = if t < 255.0 { t } else { 255.0 };
    let t = if t > 0.0 { t } else { 0.0 };
    if is_known { (t + ROUND).to_bits() as u8 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_clamped_and_rounded_half_to_even() {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        for (x, low, f, byte) in [
            (0.5, 0.0, 1.0, 0),
            (1.5, 0.0, 1.0, 2),
            (2.5, 0.0, 1.0, 2),
            (254.5, 0.0, 1.0, 254),
            (254.50002, 0.0, 1.0, 255),
            (255.5, 0.0, 1.0, 255),
            (-0.0, 0.0, 1.0, 0),
            (-3.0, -2.0, 1.0, 0),
            (inf, 1.0, 1e-30, 255),
            (-inf, 1.0, 1e-30, 0),
            (f32::MAX, -f32::MAX, 1e-37, 255), // the difference overflows
            (-f32::MAX, f32::MAX, 1e-37, 0),
            (nan, 0.0, 1.0, 128),
            (nan, 0.0, 0.0, 128),
            (inf, 0.0, 0.0, 128),
            (7.0, 7.0, 0.0, 128),
            (9.0, 7.0, -0.0, 128),
            // No file has such a map, but each has its bytes.
            (1.0, nan, 1.0, 128),
            (1.0, 0.0, nan, 128),
            (1.0, 0.0, -1.0, 128),
            (1.0, inf, 1.0, 0),
            (inf, inf, 1.0, 128),
        ] {
            assert_eq!(byte_of(x, low, f), byte, "({x} - {low}) {f}");
        }
    }

    #[test]
    fn the_sum_has_the_rounded_number() {
        // Floats from 0 to 255, against the formula as the contract has it.
        for bits in (0..=255_f32.to_bits()).step_by(1021) {
            let t = f32::from_bits(bits);
            assert_eq!(byte_of(t, 0.0, 1.0), ((t + ROUND) - ROUND) as u8);
        }
    }
}
