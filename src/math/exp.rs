//! The exponential function: CONTRACT C4.
//!
//! e^x = 2^n e^r with n = round(x / ln 2) and |r| ≤ ln(2)/2; e^r = 1 + r h(r), h a polynomial.

use super::coefficients::{EXP, LN2_HIGH, LN2_LOW, LOG2_E};
use super::{at_least, at_most, polynomial};
use crate::simd::{ROUND, Simd};

/// Below it e^x rounds to 0: half the least subnormal is 2^-150 = e^-103.97.
const LEAST: f32 = -104.0;
/// Above it e^x is infinite: 2^128 = e^88.72.
const GREATEST: f32 = 89.0;

/// e^x = scale · (1 + r h) up to a power of two that the caller chose.
pub(super) struct Reduced<S: Simd> {
    /// The power of two.
    pub(super) scale: S::F32,
    /// The reduced argument.
    pub(super) r: S::F32,
    /// (e^r − 1) / r.
    pub(super) h: S::F32,
}

/// Reduces x; `round` = [`ROUND`] + 127 + k makes the scale 2^(n + k): the constant includes the exponent's
/// bias, so that the sum's low bits are the scale's exponent field. n + k must lie within −126..=127.
#[inline(always)]
pub(super) fn reduce<S: Simd>(s: S, x: S::F32, round: S::F32) -> Reduced<S> {
    let shifted = s.fma(x, s.splat(LOG2_E), round);
    let n = s.sub(shifted, round);
    // n · LN2_HIGH is exact, and so is the difference: r's only rounding is the second.
    let r = s.fma(n, s.splat(-LN2_HIGH), x);
    let r = s.fma(n, s.splat(-LN2_LOW), r);
    let h = s.fma(polynomial(s, r, &EXP), r, s.splat(1.0));
    Reduced { scale: s.f32_from_bits(s.shl_i32(s.bits(shifted), 23)), r, h }
}

/// e^x; gradual underflow, infinite above 88.72, NaN for NaN.
#[inline(always)]
pub fn exp<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let negative = s.lt(x, s.splat(0.0));
    let x = at_most(s, at_least(s, x, LEAST), GREATEST);
    // n lies within −150..=128: more than one scale can hold, so 64 of it go into a second factor. The first
    // product is exact, and the second rounds once, also to a subnormal.
    let round = s.select(negative, s.splat(ROUND + 127.0 + 64.0), s.splat(ROUND + 127.0 - 64.0));
    let rest = s.select(negative, s.splat(TWO_TO_MINUS_64), s.splat(TWO_TO_64));
    let e = reduce(s, x, round);
    s.mul(s.mul(s.fma(e.h, e.r, s.splat(1.0)), e.scale), rest)
}

/// [`exp`] for x ≤ 0 (or NaN), the same bits for less work, as softmax and softplus need it.
#[inline(always)]
pub(super) fn exp_nonpositive<S: Simd>(s: S, x: S::F32) -> S::F32 {
    exp_nonpositive_in_parts(s, x).0
}

/// [`exp_nonpositive`] and, nearly, the error of its last rounding.
#[inline(always)]
pub(super) fn exp_nonpositive_in_parts<S: Simd>(s: S, x: S::F32) -> (S::F32, S::F32) {
    let one = s.splat(1.0);
    let Reduced { scale, r, h } = reduce(s, at_least(s, x, LEAST), s.splat(ROUND + 127.0 + 64.0));
    let high = s.fma(h, r, one);
    let low = s.fma(h, r, s.sub(one, high));
    let rest = s.splat(TWO_TO_MINUS_64);
    (s.mul(s.mul(high, scale), rest), s.mul(s.mul(low, scale), rest))
}

const TWO_TO_64: f32 = 18_446_744_073_709_551_616.0;
const TWO_TO_MINUS_64: f32 = 1.0 / TWO_TO_64;
