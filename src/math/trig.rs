//! Sine and cosine, correct for every finite argument: CONTRACT C4.
//!
//! |x| = n π/2 + high + low with n = round(|x| · 2/π); the quadrant n mod 4 decides which polynomial of the
//! reduced argument is the result, and its sign.

use super::coefficients::{COS, HALF_PI, HALF_PI_F64, SIN, TWO_OVER_PI, TWO_OVER_PI_BITS};
use super::polynomial;
use crate::simd::{MAX_LANES, ROUND, Simd, keep_rolled};
use core::hint::black_box;

/// Up to here the reduction's products are exact; beyond it lanes are reduced one by one, in integers.
const GREATEST: f32 = 1_048_576.0;

/// |x| less its multiple of π/2.
struct Reduced<S: Simd> {
    /// The multiple modulo 4, in the two lowest bits; the others are arbitrary.
    quadrant: S::I32,
    /// The rest, rounded: |high| ≤ 0.83.
    high: S::F32,
    /// The error of that rounding.
    low: S::F32,
}

/// sin(x); −0 for −0, NaN for ±∞ and NaN.
#[inline(always)]
pub fn sin<S: Simd>(s: S, x: S::F32) -> S::F32 {
    sin_cos(s, x).0
}

/// cos(x); NaN for ±∞ and NaN.
#[inline(always)]
pub fn cos<S: Simd>(s: S, x: S::F32) -> S::F32 {
    sin_cos(s, x).1
}

/// [`sin`] and [`cos`] from one reduction.
#[inline(always)]
pub fn sin_cos<S: Simd>(s: S, x: S::F32) -> (S::F32, S::F32) {
    let a = s.abs(x);
    let mut reduced = reduce(s, a);
    if s.any(s.lt(s.splat(GREATEST), a)) {
        reduced = reduce_large(s, a, reduced);
    }
    let Reduced { quadrant, high, low } = reduced;

    // (high + low)², with one rounding.
    let square = s.fma(high, high, s.mul(high, s.add(low, low)));
    // sin(high + low) = high + (low + high³ p); low's other terms are below half an ulp.
    let odd = s.add(high, s.fma(s.mul(high, square), polynomial(s, square, &SIN), low));
    // cos(high + low) = 1 + square (-1/2 + square p).
    let even = s.fma(polynomial(s, square, &COS), square, s.splat(-0.5));
    let even = s.fma(even, square, s.splat(1.0));

    // The quadrant in the two highest bits: of the floats 0, 2, -0 and -2.
    let quadrant = s.shl_i32(quadrant, 30);
    let straight = s.eq(s.f32_from_bits(quadrant), s.splat(0.0));
    let sin = s.select(straight, odd, even);
    let cos = s.select(straight, even, odd);
    // The sine is negative in quadrants 2 and 3 and changes with x's sign; the cosine in 1 and 2.
    let sin_sign = s.xor_i32(quadrant, s.bits(x));
    let cos_sign = s.add_i32(quadrant, s.splat_i32(1 << 30));
    (negate_where(s, sin, sin_sign), negate_where(s, cos, cos_sign))
}

/// v, negated where the highest bit of `sign` is set.
#[inline(always)]
fn negate_where<S: Simd>(s: S, v: S::F32, sign: S::I32) -> S::F32 {
    s.f32_from_bits(s.xor_i32(s.bits(v), s.and_i32(sign, s.splat_i32(i32::MIN))))
}

/// Cody and Waite's reduction with three parts of π/2, for a ≤ [`GREATEST`].
///
/// The first step is exact: |a − n HALF_PI[0]| < 1 is a multiple of 2^-24. The second rounds; `low` is its
/// error, and the third part.
#[inline(always)]
fn reduce<S: Simd>(s: S, a: S::F32) -> Reduced<S> {
    let shifted = s.fma(a, s.splat(TWO_OVER_PI), s.splat(ROUND));
    let n = s.sub(shifted, s.splat(ROUND));
    let rest = s.fma(n, s.splat(-HALF_PI[0]), a);
    let product = s.mul(n, s.splat(HALF_PI[1]));
    let lost = s.fma(n, s.splat(HALF_PI[1]), s.neg(product));
    let lost = s.fma(n, s.splat(HALF_PI[2]), lost);
    let high = s.sub(rest, product);
    let low = s.sub(s.sub(s.sub(rest, high), product), lost);
    Reduced { quadrant: s.bits(shifted), high, low }
}

/// `reduced` with the lanes whose argument is beyond [`GREATEST`] done again, one by one.
#[inline(always)]
fn reduce_large<S: Simd>(s: S, a: S::F32, reduced: Reduced<S>) -> Reduced<S> {
    let mut lanes = [[0.0f32; MAX_LANES]; 4];
    let [arguments, quadrants, highs, lows] = &mut lanes;
    s.store(a, arguments);
    s.store(s.f32_from_bits(reduced.quadrant), quadrants);
    s.store(reduced.high, highs);
    s.store(reduced.low, lows);
    let parts = quadrants.iter_mut().zip(highs.iter_mut().zip(lows.iter_mut()));
    for (&a, (quadrant, (high, low))) in arguments.iter().zip(parts).take(S::LANES) {
        if GREATEST < a {
            let n;
            (n, *high, *low) = reduce_in_integers(a);
            // In the low bits of a float that is not NaN, as on the fast path.
            *quadrant = ROUND + n;
        }
    }
    Reduced { quadrant: s.bits(s.load(quadrants)), high: s.load(highs), low: s.load(lows) }
}

/// a modulo π/2 for any a > 2^20: (the quadrant 0.0..=3.0, the rest rounded, the error of that rounding); NaN
/// for ∞.
///
/// Payne and Hanek, "Radian reduction for trigonometric functions" (1983): a = m 2^e with a 24-bit m. Bits of
/// 2/π that weigh 2^(2-e) or more contribute multiples of 4 to a · 2/π; 128 bits from there on give the
/// product modulo 4 to 2^-102, where no float comes closer to a multiple of π/2 than about 2^-30.
#[cold]
#[inline(never)]
fn reduce_in_integers(a: f32) -> (f32, f32, f32) {
    let exponent = a.to_bits() >> 23;
    if exponent == 255 {
        return (0.0, f32::NAN, f32::NAN);
    }
    let mantissa = (a.to_bits() & 0x007F_FFFF) | 0x0080_0000;
    // e = exponent - 150, and the bit after the point of TWO_OVER_PI_BITS is number 64.
    let first = exponent + 64 - 2 - 150;
    let bits = |word: u32| WORDS.get(word as usize).copied().unwrap_or(0);
    // The product in units of 2^-126, modulo 4, from its last 32 bits to its first.
    let mut word = first / 32 + 4;
    let (mut product, mut carry, mut after) = ([0; 4], 0, bits(word));
    // The compiler must not know the length of the loop: it would unroll it.
    for place in black_box(&mut product[..]).iter_mut().rev() {
        keep_rolled();
        word -= 1;
        let window = (u64::from(bits(word)) << 32 | u64::from(after)) << (first % 32);
        let sum = (window >> 32) * u64::from(mantissa) + carry;
        (*place, carry, after) = (sum as u32, sum >> 32, bits(word));
    }
    let [high, middle, low, _] = product;
    let quadrant = (high.wrapping_add(1 << 29) >> 30) as u8;
    // The signed rest, in units of 2^-64, times π/2. In integers: without an f64 unit the product in f64
    // would take two kilobytes of code. The product's 64 leading bits are cut into a float and, nearly, its
    // rounding error: for every float, sine and cosine have the same bits as with the product in f64.
    let rest = ((u64::from(high) << 32 | u64::from(middle)) << 2 | u64::from(low >> 30)) as i64;
    let above = rest.unsigned_abs().leading_zeros() % 64;
    let half_pi = HALF_PI_F64.to_bits() << 11 | 1 << 63;
    let product = ((u128::from(rest.unsigned_abs() << above) * u128::from(half_pi)) >> 64) as u64;
    let below = 1 - (product >> 63) as u32;
    let product = if below == 1 { product << 1 } else { product };
    let high = ((product >> 33) as u32 | 1) as f32;
    let low = (product.wrapping_sub(u64::from(high as u32) << 33) as i64 >> 10) as i32 as f32;
    let unit = f32::from_bits(((127 - 53 - above - below) << 23) | u32::from(rest < 0) << 31);
    (f32::from(quadrant), high * (unit * TWO_TO_23), low * unit)
}

const TWO_TO_23: f32 = 8_388_608.0;

/// [`TWO_OVER_PI_BITS`], 32 at a time.
const WORDS: [u32; 10] = {
    let mut words = [0; 10];
    let mut word = 0;
    while word < 10 {
        words[word] = (TWO_OVER_PI_BITS[word / 2] >> (32 - word % 2 * 32)) as u32;
        word += 1;
    }
    words
};
