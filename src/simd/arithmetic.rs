//! Checks that a machine's arithmetic is what CONTRACT C1 assumes. A library that was built for speed, or a
//! compiler's option, may have switched the processor to flush subnormals.

use super::{Kernel, MAX_LANES, Simd};
use core::hint::black_box;

/// How a machine's arithmetic differs from IEEE 754.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticFault {
    /// Subnormal operands or results become 0.
    SubnormalsFlushed,
    /// The fused multiply-add rounds more than once.
    FmaRoundsTwice,
}

impl core::error::Error for ArithmeticFault {}

impl core::fmt::Display for ArithmeticFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::SubnormalsFlushed => {
                "this machine's arithmetic turns subnormal numbers into 0, so its results would differ; \
                 clear the flush-to-zero mode"
            }
            Self::FmaRoundsTwice => {
                "this machine's fused multiply-add rounds more than once, so its results would differ; \
                 build for IEEE 754 arithmetic, without fast-math options"
            }
        })
    }
}

/// Checks the lanes of an instruction set: subnormals survive as results and as operands, and fma rounds
/// once.
pub struct CheckArithmetic;

impl Kernel for CheckArithmetic {
    type Output = Result<(), ArithmeticFault>;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Result<(), ArithmeticFault> {
        // (1 + 2^-23) · (1 − 2^-23) 2^-24 + (1 + 2^-23) lies 2^-70 below the middle of two floats: a product
        // rounded to f32, or a sum rounded to f64 first, ends in the middle and is then rounded up.
        let above = 1.0 + f32::EPSILON;
        let below = (1.0 - f32::EPSILON) * (f32::EPSILON / 2.0);
        // Opaque to the compiler, which would compute constants by itself.
        let nothing = black_box(0);
        let unknown = |x: f32| s.splat(f32::from_bits(x.to_bits() ^ nothing));
        let (least, subnormal) = (unknown(f32::MIN_POSITIVE), unknown(f32::from_bits(1 << 22)));
        let (above, below) = (unknown(above), unknown(below));
        let (half, two) = (s.splat(0.5), s.splat(2.0));
        // Compared as bits: a comparison of floats may flush its operands too.
        if !all(s, s.mul(least, half), 1 << 22) || !all(s, s.mul(subnormal, two), 1 << 23) {
            return Err(ArithmeticFault::SubnormalsFlushed);
        }
        if !all(s, s.fma(above, below, above), 1.0_f32.to_bits() + 1) {
            return Err(ArithmeticFault::FmaRoundsTwice);
        }
        Ok(())
    }
}

/// Whether every lane of `v` has these bits.
#[inline(always)]
fn all<S: Simd>(s: S, v: S::F32, bits: u32) -> bool {
    let mut lanes = [f32::from_bits(bits); MAX_LANES];
    s.store(v, &mut lanes);
    lanes.iter().all(|lane| lane.to_bits() == bits)
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::simd::Isa;

    /// The result with bits of MXCSR set: 15 flushes results, 6 operands.
    #[allow(deprecated)] // the intrinsics for MXCSR: what they do to this thread is the point
    fn with_mode(isa: Isa, mode: u32) -> Result<(), ArithmeticFault> {
        use core::arch::x86_64::{_mm_getcsr, _mm_setcsr};
        // SAFETY: SSE is part of this target; the mode is set back before anything else is computed.
        unsafe {
            let before = _mm_getcsr();
            _mm_setcsr(before | mode);
            let result = isa.run(CheckArithmetic);
            _mm_setcsr(before);
            result
        }
    }

    #[test]
    fn flushed_subnormals_are_found() {
        for isa in Isa::available() {
            assert_eq!(with_mode(isa, 0), Ok(()), "{isa:?}");
            for mode in [1 << 15, 1 << 6, 1 << 15 | 1 << 6] {
                assert_eq!(
                    with_mode(isa, mode),
                    Err(ArithmeticFault::SubnormalsFlushed),
                    "{isa:?} {mode:#x}"
                );
            }
        }
    }
}
