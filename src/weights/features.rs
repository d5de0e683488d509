//! The map from the features of a table to the bytes that the network takes (CONTRACT C19).

use crate::simd::ROUND;

/// D pairs (low, f) of f32: feature x becomes the byte nearest to (x - low) f, from 0 to 255.
///
/// A feature that was constant in training has f = 0 and becomes 128, as a NaN does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureMap<'a> {
    pairs: &'a [f32],
}

impl<'a> FeatureMap<'a> {
    /// The map of these pairs, (D, 2) row-major.
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
            if let &[low, f] = pair {
                *byte = byte_of(x, low, f);
            }
        }
    }
}

/// The byte of feature x (CONTRACT C19): t = (x - low) f, clamped to 0 to 255, rounded half to even.
#[inline(always)]
pub(crate) fn byte_of(x: f32, low: f32, f: f32) -> u8 {
    let t = (x - low) * f;
    let is_known = f > 0.0 && t == t;
    let t = if t < 255.0 { t } else { 255.0 };
    let t = if t > 0.0 { t } else { 0.0 };
    if is_known { ((t + ROUND) - ROUND) as u8 } else { 128 }
}
