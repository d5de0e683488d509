//! A pixel's value, (byte - centre) / scale, in f32 (CONTRACT C10).

use crate::simd::{Scalar, Simd};

/// The 256 values that a pixel can have.
#[derive(Clone, Debug)]
pub struct Pixels {
    table: [f32; 256],
    centre: f32,
    scale: f32,
    /// fl(1 / scale), if the quotients corrected from it are the 256 true ones.
    reciprocal: Option<f32>,
}

impl Pixels {
    /// The values under `scale`, in (0, 65535].
    pub fn new(scale: f32) -> Self {
        Self::centred(0.0, scale)
    }

    /// The values under `centre`, which is finite, and `scale`.
    pub fn centred(centre: f32, scale: f32) -> Self {
        let mut table = [0.0; 256];
        for (byte, value) in table.iter_mut().enumerate() {
            *value = (byte as f32 - centre) / scale;
        }
        let mut pixels = Self { table, centre, scale, reciprocal: Some(1.0 / scale) };
        let exact = (0..=255u8).all(|byte| {
            pixels.quotients(Scalar, f32::from(byte)).to_bits() == table[usize::from(byte)].to_bits()
        });
        if !exact {
            pixels.reciprocal = None;
        }
        pixels
    }

    /// The value of each byte.
    pub fn table(&self) -> &[f32; 256] {
        &self.table
    }

    /// The values of a vector of bytes. Division is slow: where it gives the same bits, which `new` checks
    /// for all 256 bytes, the product with the reciprocal is taken and corrected by its remainder (Markstein,
    /// 1990).
    #[inline(always)]
    pub(super) fn quotients<S: Simd>(&self, s: S, bytes: S::F32) -> S::F32 {
        // The same for all vectors, so that the loop over them has no branch.
        let bytes = if self.centre == 0.0 { bytes } else { s.sub(bytes, s.splat(self.centre)) };
        match self.reciprocal {
            Some(1.0) => bytes,
            None => s.div(bytes, s.splat(self.scale)),
            Some(reciprocal) => {
                let reciprocal = s.splat(reciprocal);
                let quotient = s.mul(bytes, reciprocal);
                let rest = s.fma(s.neg(quotient), s.splat(self.scale), bytes);
                s.fma(rest, reciprocal, quotient)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_scales_need_no_division_and_odd_ones_are_right() {
        for scale in [1.0, 255.0, 256.0, 127.5, 16.0] {
            assert!(Pixels::new(scale).reciprocal.is_some(), "{scale}");
        }
        for (centre, scale) in [1e-40, f32::MIN_POSITIVE, 1e-30, 3.0, 0.1, 64.0, 255.0, 65535.0]
            .into_iter()
            .flat_map(|scale| [0.0, 128.0, 0.5, -7.0, 33.3, 65535.0].map(|centre| (centre, scale)))
        {
            let pixels = Pixels::centred(centre, scale);
            for byte in 0..=255u8 {
                let quotient = (f32::from(byte) - centre) / scale;
                assert_eq!(pixels.quotients(Scalar, f32::from(byte)).to_bits(), quotient.to_bits());
                assert_eq!(pixels.table()[usize::from(byte)].to_bits(), quotient.to_bits());
            }
        }
    }
}
