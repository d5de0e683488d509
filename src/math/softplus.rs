//! Softplus and its slope, the logistic function; both from e^-|a|, which cannot overflow:
//! CONTRACT C4.

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

/// max(a, 0) = a < 0 ? 0 : a, and NaN where a is.
#[inline(always)]
fn positive<S: Simd>(s: S, a: S::F32) -> S::F32 {
    s.select(s.lt(a, s.splat(0.0)), s.splat(0.0), a)
}

/// ln(1 + e): of two terms, of which one is 0. (A second selection by the same comparison would be more
/// code.)
#[inline(always)]
fn log<S: Simd>(s: S, e: S::F32) -> S::F32 {
    let kept = unless_negligible(s, e, e);
    s.add(log1p_of_fraction(s, kept), s.sub(e, kept))
}

#[inline(always)]
fn from_exponential<S: Simd>(s: S, a: S::F32, e: S::F32) -> S::F32 {
    s.add(positive(s, a), log(s, e))
}

/// max(a, 0) + 0, or [`softplus`] of a: the two end alike, which is less code on a device.
#[inline(always)]
pub(super) fn relu_or_softplus<S: Simd>(s: S, a: S::F32, is_soft: bool) -> S::F32 {
    let rest = if is_soft { log(s, exp_nonpositive(s, s.neg(s.abs(a)))) } else { s.splat(0.0) };
    s.add(positive(s, a), rest)
}

/// An e below it, 2^-60, is lost beside 1: ln(1 + e) rounds to e, e / (1 + e) to its two parts' sum, and
/// 1 / (1 + e) to 1. It is replaced by 0 so that no product of it becomes subnormal: many processors take a
/// hundred times as long for subnormals.
const NEGLIGIBLE: f32 = f32::from_bits((127 - 60) << 23);

/// `x`, or 0 where `e` is negligible.
#[inline(always)]
fn unless_negligible<S: Simd>(s: S, e: S::F32, x: S::F32) -> S::F32 {
    s.select(s.lt(e, s.splat(NEGLIGIBLE)), s.splat(0.0), x)
}

/// (1 or e) / (1 + e) for e in two parts, corrected once by the remainder: the plain quotient is off by up to
/// 2.2 ULP, because e, 1 + e and the division are each rounded.
#[inline(always)]
fn slope<S: Simd>(s: S, a: S::F32, (exponential, low): (S::F32, S::F32)) -> S::F32 {
    let (e, e_low) = (unless_negligible(s, exponential, exponential), unless_negligible(s, exponential, low));
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
    let y = s.fma(remainder, reciprocal, quotient);
    let short = s.select(negative, s.add(exponential, low), one);
    s.select(s.lt(exponential, s.splat(NEGLIGIBLE)), short, y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Scalar;

    /// [`slope`] without the short cut.
    fn plain_slope(a: f32, (e, e_low): (f32, f32)) -> f32 {
        let s = Scalar;
        let denominator = 1.0 + e;
        let denominator_low = (e - (denominator - 1.0)) + e_low;
        let (numerator, numerator_low) = if a < 0.0 { (e, e_low) } else { (1.0, 0.0) };
        let reciprocal = 1.0 / denominator;
        let quotient = numerator * reciprocal;
        let remainder = s.fma(-quotient, denominator, numerator);
        let remainder = s.fma(-quotient, denominator_low, remainder) + numerator_low;
        s.fma(remainder, reciprocal, quotient)
    }

    #[test]
    fn what_is_negligible_changes_no_bit() {
        let s = Scalar;
        // From where e is 2^-57 to beyond where it is 0.
        for bits in 39.0f32.to_bits()..=106.0f32.to_bits() {
            for a in [f32::from_bits(bits), -f32::from_bits(bits)] {
                let e = exp_nonpositive_in_parts(s, -a.abs());
                let positive = if a < 0.0 { 0.0 } else { a };
                let value = positive + log1p_of_fraction(s, e.0);
                let found = softplus_and_logistic(s, a);
                let expected = (value, plain_slope(a, e));
                assert_eq!(
                    (found.0.to_bits(), found.1.to_bits()),
                    (expected.0.to_bits(), expected.1.to_bits()),
                    "{a:e}"
                );
            }
        }
    }
}
