//! Logarithms of 1 + x: CONTRACT C4.

use super::coefficients::{LN2_HIGH, LN2_LOW, LOG1P, LOG1P_OF_FRACTION};
use super::polynomial;
use crate::simd::{ROUND, Simd};

/// ln(1 + x); −∞ at −1, NaN below it and for NaN, x for ±0.
///
/// 1 + x = 2^k (1 + f) with 1 + f in about [3/4, 3/2]; ln(1 + x) = k ln 2 + f + f² q(f). k comes from the
/// rounded 1 + x, f from x itself: f = 2^-k x + (2^-k − 1), which is exact wherever it matters (with √½ in
/// place of 3/4 it is not: the bits below 2^-25 of x within 0.41..0.5 would be lost).
#[inline(always)]
pub fn log1p<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let above = s.sub_i32(s.bits(s.add(s.splat(1.0), x)), s.splat_i32(THREE_QUARTERS_BITS));
    let k = s.sar_i32(above, 23);
    let k_in_exponent = s.shl_i32(k, 23);
    let k = s.sub(s.f32_from_bits(s.add_i32(k, s.splat_i32(ROUND_BITS))), s.splat(ROUND));

    // 2^(1-k), which is a float, or 0, also for k = 128.
    let scale = s.f32_from_bits(s.sub_i32(s.splat_i32(TWO_BITS), k_in_exponent));
    let scaled = s.f32_from_bits(s.sub_i32(s.bits(x), k_in_exponent));
    let f = s.add(scaled, s.fma(scale, s.splat(0.5), s.splat(-1.0)));

    // high + f in two parts (Fast2Sum: high is 0 or the greater), the polynomial added to the lesser.
    let high = s.mul(k, s.splat(LN2_HIGH));
    let sum = s.add(high, f);
    let rest = s.sub(f, s.sub(sum, high));
    let rest = s.fma(k, s.splat(LN2_LOW), rest);
    let y = s.add(sum, s.fma(s.mul(f, f), polynomial(s, f, &LOG1P), rest));

    // x where 1 + x or its exponent has no meaning: 0 and -0, infinity.
    let y = s.select(s.eq(x, s.add(x, x)), x, y);
    let y = s.select(s.eq(x, s.splat(-1.0)), s.splat(f32::NEG_INFINITY), y);
    let y = s.select(s.lt(x, s.splat(-1.0)), s.splat(f32::NAN), y);
    s.select(s.eq(x, x), y, x)
}

/// ln(1 + e) for e within 0..=1, where one polynomial will do: e + e² q(e).
#[inline(always)]
pub(super) fn log1p_of_fraction<S: Simd>(s: S, e: S::F32) -> S::F32 {
    s.fma(s.mul(e, e), polynomial(s, e, &LOG1P_OF_FRACTION), e)
}

const THREE_QUARTERS_BITS: i32 = 0.75f32.to_bits() as i32;
const ROUND_BITS: i32 = ROUND.to_bits() as i32;
const TWO_BITS: i32 = 2f32.to_bits() as i32;
