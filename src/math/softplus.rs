//! Softplus and its slope, the logistic function; both from e^-|a|, which cannot overflow.

use super::exp::{exp_nonpositive, exp_nonpositive_in_parts};
use super::log::log1p_of_fraction;
use crate::simd::Simd;

/// ln(1 + e^a) = max(a, 0) + ln(1 + e^-|a|).
#[inline(always)]
pub fn softplus<S: Simd>(s: S, a: S::F32) -> S::F32 {
    from_exponential(s, a, exp_nonpositive(s, s.neg(s.abs(a))))
}

/// 1 / (1 + e^-a): with e = e^-|a|, 1 / (1 + e) for a ≥ 0 and e / (1 + e) below.
#[inline(always)]
pub fn logistic<S: Simd>(s: S, a: S::F32) -> S::F32 {
    slope(s, a, exp_nonpositive_in_parts(s, s.neg(s.abs(a))))
}

/// [`softplus`] and [`logistic`] from one exponential.
#[inline(always)]
pub(super) fn softplus_and_logistic<S: Simd>(s: S, a: S::F32) -> (S::F32, S::F32) {
    let e = exp_nonpositive_in_parts(s, s.neg(s.abs(a)));
    (from_exponential(s, a, e.0), slope(s, a, e))
}

#[inline(always)]
fn from_exponential<S: Simd>(s: S, a: S::F32, e: S::F32) -> S::F32 {
    let positive = s.select(s.lt(a, s.splat(0.0)), s.splat(0.0), a);
    s.add(positive, log1p_of_fraction(s, e))
}

/// (1 or e) / (1 + e) for e in two parts, corrected once by the remainder: the plain quotient is off by up to
/// 2.2 ULP, for e, 1 + e and the division each round.
#[inline(always)]
fn slope<S: Simd>(s: S, a: S::F32, (e, e_low): (S::F32, S::F32)) -> S::F32 {
    let (zero, one) = (s.splat(0.0), s.splat(1.0));
    let denominator = s.add(one, e);
    let denominator_low = s.add(s.sub(e, s.sub(denominator, one)), e_low);
    let negative = s.lt(a, zero);
    let numerator = s.select(negative, e, one);
    let numerator_low = s.select(negative, e_low, zero);

    let reciprocal = s.div(one, denominator);
    let quotient = s.mul(numerator, reciprocal);
    let minus = s.neg(quotient);
    let remainder = s.fma(minus, denominator, numerator);
    let remainder = s.add(s.fma(minus, denominator_low, remainder), numerator_low);
    s.fma(remainder, reciprocal, quotient)
}
