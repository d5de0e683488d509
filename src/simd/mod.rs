//! L0: the lane vocabulary, run-time dispatch and the exact fma. The only folder where `unsafe` is allowed.
//!
//! Kernels are written once, over [`Simd`], and run on whichever instruction set the machine has: every
//! operation here is one correctly rounded IEEE-754 binary32 operation a lane (CONTRACT C2), so a kernel that
//! keeps its lanes apart gives the same bits on all of them.
//!
//! What this layer refuses to do: anything that mixes lanes, any approximation (no reciprocal estimates), any
//! flush of subnormals, any memory access that was not checked against a slice.
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
pub mod bytes;
pub mod device;
mod fma;
mod isa;
mod pair;
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
pub use scalar::Scalar;

/// At most so many lanes has a token of this target, a [`Pair`] included: the size of a stack array that
/// holds a vector of any.
pub const MAX_LANES: usize = if cfg!(target_arch = "x86_64") {
    32
} else if cfg!(target_arch = "aarch64") {
    8
} else {
    2
};

/// 1.5 · 2^23: adding it to |x| < 2^22 rounds x to an integer (nearest, ties to even) in the low mantissa
/// bits.
pub const ROUND: f32 = 12_582_912.0;

/// One instruction set's lanes of f32 and i32: a token whose existence proves that the machine has it.
///
/// Every method acts on each lane by itself. Arithmetic is correctly rounded (nearest, ties to even) and
/// keeps subnormals; integer addition and subtraction wrap.
pub trait Simd: Copy + Send + Sync + core::fmt::Debug + 'static {
    /// Lanes a vector.
    const LANES: usize;
    /// Vector registers that a kernel may count on: what chooses its tile.
    const REGISTERS: usize;
    /// A vector of f32.
    type F32: Copy;
    /// A vector of i32.
    type I32: Copy;
    /// One truth value a lane.
    type Mask: Copy;
    /// Instructions on half as many lanes, which this machine has too; where there are none, the same.
    type Half: Simd;

    /// The token of [`Half`](Self::Half).
    fn half(self) -> Self::Half;
    /// All lanes `x`: of a vector and of a [`Half`](Self::Half) in one.
    #[inline(always)]
    fn splat_both(self, x: f32) -> (Self::F32, <Self::Half as Simd>::F32) {
        (self.splat(x), self.half().splat(x))
    }

    /// All lanes `x`.
    fn splat(self, x: f32) -> Self::F32;
    /// All lanes `x`.
    fn splat_i32(self, x: i32) -> Self::I32;
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
    /// a = b.
    fn eq_i32(self, a: Self::I32, b: Self::I32) -> Self::Mask;
    /// `yes` where `mask` holds, else `no`.
    fn select(self, mask: Self::Mask, yes: Self::F32, no: Self::F32) -> Self::F32;
    /// Whether `mask` holds in any lane.
    fn any(self, mask: Self::Mask) -> bool;

    /// The lanes' bits.
    fn bits(self, a: Self::F32) -> Self::I32;
    /// The floats that have these bits.
    fn f32_from_bits(self, a: Self::I32) -> Self::F32;
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

    /// Bit i is set where byte i is not 0.
    #[inline(always)]
    fn nonzero(self, bytes: &[u8; 64]) -> u64 {
        bytes::nonzero(bytes)
    }
    /// Writes the places of the bits of `mask`, ascending, each with `first` added (wrapping), to the front
    /// of `places`; returns how many there are. What comes to lie behind them is scratch.
    #[inline(always)]
    fn places(self, mask: u64, first: u32, places: &mut [u32; 64]) -> usize {
        bytes::places(mask, first, places)
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
        let magnitude = self.and_i32(self.bits(a), self.splat_i32(i32::MAX));
        let sign = self.and_i32(self.bits(sign), self.splat_i32(i32::MIN));
        self.f32_from_bits(self.or_i32(magnitude, sign))
    }
}

/// An empty instruction in a loop: where code is small it must stay so. For Arm the compiler writes short
/// loops out four times over, and `opt-level = "s"`, which would keep it from that, doubles or trebles the
/// instructions that run.
#[inline(always)]
pub fn keep_rolled() {
    #[cfg(target_arch = "arm")]
    // SAFETY: does nothing.
    unsafe {
        core::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

/// Work to run under an instruction set that is known only at run time.
///
/// A named struct, not a closure: closures were seen outlined, with every lane operation a call.
pub trait Kernel {
    /// What the work gives back; never a vector.
    type Output;
    /// Does the work. Implementations are `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}
