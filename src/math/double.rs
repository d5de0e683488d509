//! The one binary64 function that a promised number needs.

use super::coefficients::{LN2_HIGH_F64, LN2_LOW_F64};

/// ln(x) of a positive x, within 1 ulp; −∞ for 0, ∞ for ∞, NaN for the rest.
///
/// x = 2^k (1 + f) with 1 + f in [√½, √2) and f exact. With t = f / (2 + f), ln(1 + f) = 2 artanh(t) = 2t + t R,
/// R = 2 (t²/3 + t⁴/5 + ...). Since 2t = f − g + t g with g = f²/2, that is f − (g − t (g + R)): the greatest term
/// is exact and the others' roundings fade beside it.
pub fn ln(x: f64) -> f64 {
    if x <= 0.0 || x.is_nan() {
        return if x == 0.0 { f64::NEG_INFINITY } else { f64::NAN };
    }
    if x == f64::INFINITY {
        return x;
    }
    // Subnormals: 2^54 x is normal, and exact.
    let (x, shift) = if x < f64::MIN_POSITIVE { (x * 18_014_398_509_481_984.0, 54) } else { (x, 0) };
    let above_half = x.to_bits().wrapping_sub(SQRT_HALF_BITS) as i64;
    let k = above_half >> 52;
    let f = f64::from_bits(x.to_bits().wrapping_sub((k << 52) as u64)) - 1.0;

    let t = f / (2.0 + f);
    let square = t * t;
    let mut artanh = 0.0;
    for denominator in DENOMINATORS {
        artanh = artanh * square + 2.0 / denominator;
    }
    // k ln 2 + f in two parts (k LN2_HIGH_F64 is exact, and 0 or the greater), the small terms to the lesser.
    let k = (k - shift) as f64;
    let high = k * LN2_HIGH_F64;
    let sum = high + f;
    let rest = f - (sum - high);
    let g = 0.5 * f * f;
    sum + (rest - ((g - t * (g + artanh * square)) - k * LN2_LOW_F64))
}

/// √½.
const SQRT_HALF_BITS: u64 = 0x3FE6_A09E_667F_3BCD;

/// The series' denominators, last term first: t² ≤ 0.0295, so that the first term left out, 2 t²²/23 of t, is
/// below 2^-57.
const DENOMINATORS: [f64; 10] = [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0];
