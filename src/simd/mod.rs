//! L0: the lane vocabulary, run-time dispatch and the exact fma. The only folder where `unsafe` is allowed.
//!
//! Kernels are written once, over [`Simd`], and run on whichever instruction set the machine has: every
//! operation here is one correctly rounded IEEE-754 binary32 operation a lane (CONTRACT C2), so a kernel that
//! keeps its lanes apart gives the same bits on all of them.
//!
//! This layer never mixes lanes, approximates (no reciprocal estimates), flushes subnormals, or accesses
//! memory that was not checked against a slice.
//!
//! Safety rests on tokens. [`Avx2`] and its siblings have a private field and come only out of `detect`, so
//! holding one proves that this processor executes its instructions; that is what each `unsafe` block cites.
//!
//! # How to write a kernel
//!
//! A named struct that implements [`Kernel`], its `run` marked `#[inline(always)]`, as is every function that
//! it calls with a token: the code must be inlined into the one `#[target_feature]` entry of each instruction
//! set, or every intrinsic becomes a call (13 times slower; `.ci/run` looks for such calls in the binary).
#![allow(unsafe_code)]

#[cfg(not(target_endian = "little"))]
compile_error!("monolayer needs a little-endian target: the model file is used in place");
#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!("x87 arithmetic rounds twice: build for an SSE2 target");

/// Whether this processor (without `std`: the build's target) has all of these x86-64 features.
#[cfg(target_arch = "x86_64")]
macro_rules! has {
    ($($feature:tt),*) => {{
        #[cfg(feature = "std")]
        let found = $(std::is_x86_feature_detected!($feature))&&*;
        #[cfg(not(feature = "std"))]
        let found = cfg!(all($(target_feature = $feature),*));
        found
    }};
}

/// Implements methods of [`Simd`] as one intrinsic expression each.
#[allow(unused_macros)]
macro_rules! lane_ops {
    ($($name:ident ( $($arg:ident : $ty:ty),* ) -> $ret:ty = $body:expr;)*) => {
        $(#[inline(always)]
        fn $name(self, $($arg: $ty),*) -> $ret {
            // SAFETY: `self` is a token, made only by `detect` after it found every feature that the
            // intrinsic needs; the intrinsic touches no memory.
            unsafe { $body }
        })*
    };
}

mod arithmetic;
pub mod device;
mod fma;
mod isa;
mod pair;
mod prefetch;
mod scalar;
pub mod words;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(all(target_arch = "x86_64", feature = "avx512"))]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod neon;

pub use arithmetic::{ArithmeticFault, CheckArithmetic};
#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(all(target_arch = "x86_64", feature = "avx512"))]
pub use avx512::Avx512;
pub use fma::{fma, fma_emulated};
pub use isa::{Isa, UnknownName};
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub use neon::Neon;
pub use pair::Pair;
pub use prefetch::prefetch;
pub use scalar::Scalar;

/// The most lanes of any token of this target, a [`Pair`] included: the size of a stack array that holds any
/// vector.
pub const MAX_LANES: usize = if cfg!(target_arch = "x86_64") {
    32
} else if cfg!(target_arch = "aarch64") {
    8
} else {
    2
};

/// 1.5 · 2^23: adding it to |x| < 2^22 rounds x to an integer (nearest, ties to even), which the low mantissa
/// bits then hold.
pub const ROUND: f32 = 12_582_912.0;

/// One instruction set's lanes of f32 and i32: a token whose existence proves that the machine has it.
///
/// Methods on vectors act on each lane by itself. Arithmetic is correctly rounded (nearest, ties to even) and
/// keeps subnormals; integer addition and subtraction wrap.
pub trait Simd: Copy + Send + Sync + core::fmt::Debug + 'static {
    /// Lanes a vector.
    const LANES: usize;
    /// Vector registers that a kernel may use; they decide the size of its tile.
    const REGISTERS: usize;
    /// A vector of f32.
    type F32: Copy;
    /// A vector of i32.
    type I32: Copy;
    /// One truth value a lane.
    type Mask: Copy;
    /// The instruction set with half as many lanes; where there is none, the same one.
    type Half: Simd;

    /// The token of [`Half`](Self::Half).
    fn half(self) -> Self::Half;
    /// All lanes `x`, of a vector and of a [`Half`](Self::Half), from one broadcast where that is faster.
    #[inline(always)]
    fn splat_both(self, x: f32) -> (Self::F32, <Self::Half as Simd>::F32) {
        (self.splat(x), self.half().splat(x))
    }

    /// All lanes `x`.
    fn splat(self, x: f32) -> Self::F32;
    /// The first `LANES` values of `src`.
    ///
    /// # Panics
    /// If `src` is shorter than that.
    fn load(self, src: &[f32]) -> Self::F32;
    /// Writes to the first `LANES` places of `dst`.
    ///
    /// # Panics
    /// If `dst` is shorter than that.
    fn store(self, v: Self::F32, dst: &mut [f32]);

    /// The first `LANES` bytes of `src` as numbers 0 to 255, which is exact.
    ///
    /// # Panics
    /// If `src` is shorter than that.
    fn load_u8(self, src: &[u8]) -> Self::F32;

    /// a + b.
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a − b.
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a · b.
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a / b.
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// The square root.
    fn sqrt(self, a: Self::F32) -> Self::F32;
    /// a · b + c with one rounding.
    fn fma(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;

    /// a < b; false where either is NaN.
    fn lt(self, a: Self::F32, b: Self::F32) -> Self::Mask;
    /// a = b; false where either is NaN.
    fn eq(self, a: Self::F32, b: Self::F32) -> Self::Mask;
    /// `yes` where `mask` holds, else `no`.
    fn select(self, mask: Self::Mask, yes: Self::F32, no: Self::F32) -> Self::F32;
    /// Whether `mask` holds in any lane.
    fn any(self, mask: Self::Mask) -> bool;

    /// The lanes' bits.
    fn bits(self, a: Self::F32) -> Self::I32;
    /// The floats that have these bits.
    fn f32_from_bits(self, a: Self::I32) -> Self::F32;
    /// All lanes `x`.
    #[inline(always)]
    fn splat_i32(self, x: i32) -> Self::I32 {
        self.bits(self.splat(f32::from_bits(x as u32)))
    }
    /// a + b, wrapping.
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// a − b, wrapping.
    fn sub_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// a shifted left by `n` in 0..=31.
    fn shl_i32(self, a: Self::I32, n: i32) -> Self::I32;
    /// a shifted right by `n` in 0..=31, keeping the sign.
    fn sar_i32(self, a: Self::I32, n: i32) -> Self::I32;
    /// Bitwise and.
    fn and_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// Bitwise or.
    fn or_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// Bitwise exclusive or.
    fn xor_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;

    /// A mask whose bit i is set where byte i is not 0.
    #[inline(always)]
    fn nonzero(self, bytes: &[u8; 64]) -> u64 {
        let mut mask = 0;
        for (i, part) in bytes.chunks_exact(8).enumerate() {
            let mut word = 0;
            for (j, &byte) in part.iter().enumerate() {
                word |= u64::from(byte != 0) << j;
            }
            mask |= word << (8 * i);
        }
        mask
    }
    /// Writes the places of the bits of `mask`, ascending, each with `first` added (wrapping), to the front
    /// of `places`; returns how many there are. Places beyond them are scratch.
    ///
    /// Written in whole groups of eight: a mispredicted loop exit costs more than a few places too many.
    #[inline(always)]
    fn places(self, mut mask: u64, first: u32, places: &mut [u32; 64]) -> usize {
        let count = mask.count_ones() as usize;
        for group in places.chunks_exact_mut(8).take(count.div_ceil(8)) {
            for place in group {
                *place = first.wrapping_add(mask.trailing_zeros());
                mask &= mask.wrapping_sub(1);
            }
        }
        count
    }

    /// |a|: the sign bit cleared.
    #[inline(always)]
    fn abs(self, a: Self::F32) -> Self::F32 {
        self.f32_from_bits(self.and_i32(self.bits(a), self.splat_i32(i32::MAX)))
    }
    /// −a: the sign bit flipped.
    #[inline(always)]
    fn neg(self, a: Self::F32) -> Self::F32 {
        self.f32_from_bits(self.xor_i32(self.bits(a), self.splat_i32(i32::MIN)))
    }
    /// |a| with the sign of `sign`.
    #[inline(always)]
    fn copysign(self, a: Self::F32, sign: Self::F32) -> Self::F32 {
        let sign = self.and_i32(self.bits(sign), self.splat_i32(i32::MIN));
        self.f32_from_bits(self.or_i32(self.bits(self.abs(a)), sign))
    }
}

/// Keeps the loop around it from being unrolled, for small code. For Arm the compiler unrolls short loops
/// four times, and `opt-level = "s"`, which would prevent that, doubles or trebles the instructions executed.
#[inline(always)]
pub fn keep_rolled() {
    #[cfg(target_arch = "arm")]
    // SAFETY: there is no instruction.
    unsafe {
        core::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

/// Work to run under an instruction set that is known only at run time.
///
/// A named struct, not a closure: the compiler outlined some closures, with every lane operation a call.
pub trait Kernel {
    /// The result; never a vector.
    type Output;
    /// Does the work. Implementations are `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

#[cfg(test)]
mod tests {
    use super::{Isa, Kernel, Simd};

    #[test]
    fn nonzero_marks_every_place() {
        struct Mask<'a>(&'a [u8; 64]);
        impl Kernel for Mask<'_> {
            type Output = u64;
            #[inline(always)]
            fn run<S: Simd>(self, s: S) -> u64 {
                s.nonzero(self.0)
            }
        }
        for isa in Isa::available() {
            for i in 0..64 {
                for value in [1u8, 127, 128, 255] {
                    let mut bytes = [0u8; 64];
                    bytes[i] = value;
                    assert_eq!(isa.run(Mask(&bytes)), 1 << i, "{isa:?}");
                }
            }
            assert_eq!(isa.run(Mask(&[0; 64])), 0);
            assert_eq!(isa.run(Mask(&[9; 64])), u64::MAX);
        }
    }

    #[test]
    fn places_are_those_of_the_set_bits() {
        struct Places<'a>(u64, u32, &'a mut [u32; 64]);
        impl Kernel for Places<'_> {
            type Output = usize;
            #[inline(always)]
            fn run<S: Simd>(self, s: S) -> usize {
                s.places(self.0, self.1, self.2)
            }
        }
        let single = (0..64).map(|i| 1 << i);
        let below = (0..64).map(|i| (1 << i) - 1);
        let mixed = (1..2000u64)
            .map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) & i.wrapping_mul(0xD1B5_4A32_D192_ED03));
        for (round, mask) in single.chain(below).chain(mixed).chain([u64::MAX]).enumerate() {
            let first = [0, 1 << 20, u32::MAX - 9][round % 3];
            let expected: std::vec::Vec<u32> =
                (0..64).filter(|i| mask >> i & 1 == 1).map(|i| first.wrapping_add(i)).collect();
            for isa in Isa::available() {
                let mut places = [77; 64];
                let count = isa.run(Places(mask, first, &mut places));
                assert_eq!(places[..count], expected, "{isa:?} {mask:#x}");
            }
        }
    }
}
