//! One lane, in `core` alone: the fallback, for devices, and the specification of the other instruction sets.

use super::{Simd, fma};

/// The token of the scalar fallback; every machine has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scalar;

/// Implements methods of [`Simd`] as one expression each.
macro_rules! one_lane {
    ($($name:ident ( $($arg:ident : $ty:ty),* ) -> $ret:ty = $body:expr;)*) => {
        $(#[inline(always)]
        fn $name(self, $($arg: $ty),*) -> $ret {
            $body
        })*
    };
}

impl Simd for Scalar {
    const LANES: usize = 1;
    const REGISTERS: usize = 16;
    type F32 = f32;
    type I32 = i32;
    type Mask = bool;
    type Half = Self;

    #[inline(always)]
    fn half(self) -> Self {
        self
    }
    one_lane! {
        splat(x: f32) -> f32 = x;
        load(src: &[f32]) -> f32 = src[0];
        store(v: f32, dst: &mut [f32]) -> () = dst[0] = v;
        load_u8(src: &[u8]) -> f32 = f32::from(src[0]);
        add(a: f32, b: f32) -> f32 = a + b;
        sub(a: f32, b: f32) -> f32 = a - b;
        mul(a: f32, b: f32) -> f32 = a * b;
        div(a: f32, b: f32) -> f32 = a / b;
        sqrt(a: f32) -> f32 = sqrt(a);
        fma(a: f32, b: f32, c: f32) -> f32 = fma(a, b, c);
        lt(a: f32, b: f32) -> bool = a < b;
        eq(a: f32, b: f32) -> bool = a == b;
        select(mask: bool, yes: f32, no: f32) -> f32 = if mask { yes } else { no };
        any(mask: bool) -> bool = mask;
        bits(a: f32) -> i32 = a.to_bits() as i32;
        f32_from_bits(a: i32) -> f32 = f32::from_bits(a as u32);
        add_i32(a: i32, b: i32) -> i32 = a.wrapping_add(b);
        sub_i32(a: i32, b: i32) -> i32 = a.wrapping_sub(b);
        shl_i32(a: i32, n: i32) -> i32 = a << n;
        sar_i32(a: i32, n: i32) -> i32 = a >> n;
        and_i32(a: i32, b: i32) -> i32 = a & b;
        or_i32(a: i32, b: i32) -> i32 = a | b;
        xor_i32(a: i32, b: i32) -> i32 = a ^ b;
    }
}

/// The correctly rounded square root. `core` has none.
#[inline(always)]
fn sqrt(a: f32) -> f32 {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        use core::arch::x86_64::{_mm_cvtss_f32, _mm_set_ss, _mm_sqrt_ss};
        // SAFETY: the target has SSE.
        unsafe { _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a))) }
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    sqrt_integer(a)
}

/// The correctly rounded square root from integer arithmetic: digit by digit, 25 bits and a sticky remainder.
#[cfg_attr(all(target_arch = "x86_64", target_feature = "sse2"), allow(dead_code))]
pub(super) fn sqrt_integer(a: f32) -> f32 {
    let bits = a.to_bits();
    if a == 0.0 || a.is_nan() || bits == f32::INFINITY.to_bits() {
        return a;
    }
    if bits >> 31 == 1 {
        return f32::NAN;
    }
    // a = mantissa · 2^exponent with a 24-bit mantissa, also for subnormals; then an even exponent.
    let mut mantissa = u64::from(bits & 0x007F_FFFF);
    let mut exponent = (bits >> 23) as i32;
    if exponent == 0 {
        let shift = mantissa.leading_zeros() as i32 - 40;
        mantissa <<= shift;
        exponent = 1 - shift;
    } else {
        mantissa |= 1 << 23;
    }
    exponent -= 150;
    if exponent & 1 != 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    // root = floor(sqrt(mantissa · 2^26)): 24 or 25 bits wide + 1 below the last place; rest != 0 is sticky.
    let mut rest = mantissa << 26;
    let (mut root, mut bit) = (0u64, 1u64 << 50);
    while bit != 0 {
        if rest >= root + bit {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
        bit >>= 2;
    }
    // The root lies in [2^24.5, 2^25.5): keep 24 bits, round half to even with the remainder as sticky bit.
    let excess = if root >> 25 == 1 { 2 } else { 1 };
    let half = 1u64 << (excess - 1);
    let low = root & ((1 << excess) - 1);
    let mut kept = root >> excess;
    if low > half || (low == half && (rest != 0 || kept & 1 == 1)) {
        kept += 1;
    }
    // Always normal: the root of the least subnormal is 2^-74.5. A carry to 2^24 raises the exponent by
    // itself.
    let result_exponent = exponent / 2 - 13 + excess + 150;
    f32::from_bits(((result_exponent as u32) << 23).wrapping_add((kept as u32).wrapping_sub(1 << 23)))
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::{sqrt, sqrt_integer};

    /// Every `stride`-th float, negatives and NaN included, against the processor's instruction.
    fn check(stride: usize) {
        for bits in (0..=u32::MAX).step_by(stride) {
            let a = f32::from_bits(bits);
            let (found, wanted) = (sqrt_integer(a), sqrt(a));
            let same = found.to_bits() == wanted.to_bits() || (found.is_nan() && wanted.is_nan());
            assert!(same, "sqrt({a:?}) = {found:?}, not {wanted:?}");
        }
    }

    #[test]
    fn integer_square_root_is_the_hardware_one() {
        check(509);
    }

    #[test]
    #[ignore = "a minute or more: all 2^32 floats"]
    fn integer_square_root_is_the_hardware_one_everywhere() {
        check(1);
    }
}
