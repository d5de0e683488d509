//! Functions of one binary64 number: the logarithm for losses, and the functions of the gradient check's
//! model in double precision: CONTRACT C4.
//!
//! The operations are + - * / alone, no fma, and only [`ln`] and [`sqrt`] branch on data, so that a loop over
//! an array is auto-vectorised. Polynomials are Taylor's: at this precision a minimax one saves a term or
//! two, and 1/n! needs no table. Error bounds are those that `tests/math_accuracy.rs` measures, in ULP.

use super::coefficients::{HALF_PI_PARTS_F64, LN2_HIGH_F64, LN2_LOW_F64};
use core::f64::consts::{FRAC_2_PI, LOG2_E};

/// ln(x) of a positive x, within 1 ulp; −∞ for 0, ∞ for ∞, NaN for the rest.
///
/// x = 2^k (1 + f) with 1 + f in [√½, √2) and f exact. With t = f / (2 + f), ln(1 + f) = 2 artanh(t) = 2t + t
/// R, R = 2 (t²/3 + t⁴/5 + ...). Since 2t = f − g + t g with g = f²/2, that is f − (g − t (g + R)): the
/// greatest term is exact, and the rounding errors of the others are small beside it.
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

/// e^x, within 0.9 ULP; gradual underflow, infinite above 709.78, NaN for NaN.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    // n lies within −1077..=1025: more than one scale can hold, so 512 of it go into a second factor.
    let negative = x < 0.0;
    let x = if x < -746.0 { -746.0 } else { x };
    let x = if x > 710.0 { 710.0 } else { x };
    let round = if negative { ROUND + (1023.0 + 512.0) } else { ROUND + (1023.0 - 512.0) };
    let rest = if negative { 1.0 / TWO_TO_512 } else { TWO_TO_512 };
    let Reduced { scale, less_one } = reduce(x, round);
    (1.0 + less_one) * scale * rest
}

/// e^x = scale · (1 + less_one), up to a power of two that the caller chose.
struct Reduced {
    scale: f64,
    /// e^r − 1 for the reduced argument r.
    less_one: f64,
}

/// x = n ln 2 + r with |r| ≤ 0.347; `round` = [`ROUND`] + 1023 + k makes the scale 2^(n + k), as in `exp` of
/// f32.
#[inline(always)]
fn reduce(x: f64, round: f64) -> Reduced {
    let shifted = x * LOG2_E + round;
    let n = shifted - round;
    // n · LN2_HIGH_F64 is exact.
    let r = (x - n * LN2_HIGH_F64) - n * LN2_LOW_F64;
    Reduced { scale: f64::from_bits(shifted.to_bits() << 52), less_one: r + r * r * polynomial(r, &EXP) }
}

/// √x of a normal x > 0, within 1 ULP; 0 for 0, ∞ for ∞, NaN below 0 and for NaN.
///
/// Half the exponent is a guess within 6 %; each of Heron's steps y ← (y + x/y) / 2 squares its relative
/// error.
pub fn sqrt(x: f64) -> f64 {
    if x == 0.0 || x == f64::INFINITY || x.is_nan() || x < 0.0 {
        return if x < 0.0 { f64::NAN } else { x };
    }
    let mut y = f64::from_bits((x.to_bits() >> 1) + (1023 << 51));
    for _ in 0..5 {
        y = 0.5 * (y + x / y);
    }
    y
}

/// ln(1 + x) for x from 0 to 1, within 1.1 ULP: the logarithm of the rounded sum, corrected by its rounding
/// error.
#[inline(always)]
pub fn log1p_of_fraction(x: f64) -> f64 {
    let sum = 1.0 + x;
    ln(sum) + (x - (sum - 1.0)) / sum
}

/// ln(1 + e^a), within 1.7 ULP.
#[inline(always)]
pub fn softplus(a: f64) -> f64 {
    let positive = if a < 0.0 { 0.0 } else { a };
    positive + log1p_of_fraction(exp(-a.abs()))
}

/// 1 / (1 + e^-a), within 1.8 ULP.
#[inline(always)]
pub fn logistic(a: f64) -> f64 {
    let e = exp(-a.abs());
    (if a < 0.0 { e } else { 1.0 }) / (1.0 + e)
}

/// tanh(x), within 2.3 ULP; odd, −0 included; ±1 beyond ±19.1.
///
/// With t = e^(2 |x|) − 1 it is t / (t + 2); t keeps its accuracy down to 0, as 2^n (e^r − 1) + (2^n − 1).
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    let a = x.abs();
    let a = if a > 20.0 { 20.0 } else { a };
    let Reduced { scale, less_one } = reduce(a + a, ROUND + 1023.0);
    let t = scale * less_one + (scale - 1.0);
    (t / (t + 2.0)).copysign(x)
}

/// sin(x) and cos(x), within 0.8 ULP, for |x| ≤ 2^23; NaN beyond, where the rounding error of a computed
/// argument is too large for a sine to mean anything.
///
/// Cody and Waite's reduction, as in `sin_cos` of f32: x = n π/2 + high + low, the first two parts of π/2
/// exact times n.
#[inline(always)]
pub fn sin_cos(x: f64) -> (f64, f64) {
    let x = if x.abs() <= 8_388_608.0 { x } else { f64::NAN };
    let shifted = x * FRAC_2_PI + ROUND;
    let n = shifted - ROUND;
    let [first, second, third] = HALF_PI_PARTS_F64;
    let rest = x - n * first;
    let high = rest - n * second;
    let low = ((rest - high) - n * second) - n * third;
    // The third part may be as great as 2^-39; the formulas below need a `low` below high's last place.
    let (high, low) = (high + low, low - ((high + low) - high));

    let square = high * high;
    let odd = high + (low + high * square * polynomial(square, &SIN));
    // 1 − square/2 in two parts: its rounding error goes to the small terms.
    let half = 0.5 * square;
    let near_one = 1.0 - half;
    let even =
        near_one + (((1.0 - near_one) - half) + (square * square * polynomial(square, &COS) - high * low));

    let quadrant = shifted.to_bits();
    let straight = quadrant & 1 == 0;
    let (sin, cos) = if straight { (odd, even) } else { (even, odd) };
    let negative = |bit: u64| (bit & 2) << 62;
    // Wraps: the quadrant modulo 4 is wanted.
    let (sin_sign, cos_sign) = (negative(quadrant), negative(quadrant.wrapping_add(1)));
    (f64::from_bits(sin.to_bits() ^ sin_sign), f64::from_bits(cos.to_bits() ^ cos_sign))
}

/// c[0] + c[1] x + c[2] x² + ..., by Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(x: f64, c: &[f64; N]) -> f64 {
    let mut sum = c[N - 1];
    for &c in c[..N - 1].iter().rev() {
        sum = sum * x + c;
    }
    sum
}

/// Adding it rounds to a whole number, for magnitudes below 2^51, and leaves that in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

const TWO_TO_512: f64 = f64::from_bits((1023 + 512) << 52);

/// ±1/n! for n = `first`, `first` + `step`, ...; the signs alternate where `step` is 2, from `sign` on.
const fn inverse_factorials<const N: usize>(first: u32, step: u32, sign: f64) -> [f64; N] {
    let (mut out, mut term) = ([0.0; N], 0);
    let (mut n, mut factorial, mut sign) = (1, 1.0, sign);
    while term < N {
        // Exact up to 22!; the greatest in use is 17!.
        factorial *= n as f64;
        if n == first + step * term as u32 {
            out[term] = sign / factorial;
            sign = if step == 2 { -sign } else { sign };
            term += 1;
        }
        n += 1;
    }
    out
}

/// (e^r − 1 − r) / r², |r| ≤ 0.347; the first term left out is below 2^-57 of e^r.
const EXP: [f64; 12] = inverse_factorials(2, 1, 1.0);

/// (sin(r) − r) / r³ in r², |r| ≤ π/4; the first term left out is below 2^-62 of the sine.
const SIN: [f64; 8] = inverse_factorials(3, 2, -1.0);

/// (cos(r) − 1 + r²/2) / r⁴ in r², |r| ≤ π/4; the first term left out is below 2^-58.
const COS: [f64; 7] = inverse_factorials(4, 2, 1.0);
