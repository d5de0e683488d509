//! Four lanes: Advanced SIMD, part of every 64-bit Arm with floating point.
//!
//! 32-bit NEON is not used: it flushes subnormals.

use super::{Kernel, Simd};
use core::arch::aarch64::*;

/// The token of Advanced SIMD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neon(());

impl Neon {
    /// The token, if the build's target has the instructions.
    pub(super) fn detect() -> Option<Self> {
        Some(Self(())) // this file is compiled only where the target has it
    }

    /// Runs `kernel` compiled for these instructions.
    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "neon")]
        unsafe fn entry<K: Kernel>(token: Neon, kernel: K) -> K::Output {
            kernel.run(token)
        }
        // SAFETY: the token proves that `detect` found the feature.
        unsafe { entry(self, kernel) }
    }
}

impl Simd for Neon {
    const LANES: usize = 4;
    const REGISTERS: usize = 32;
    type F32 = float32x4_t;
    type I32 = int32x4_t;
    type Mask = uint32x4_t;
    type Half = Self;

    #[inline(always)]
    fn half(self) -> Self {
        self
    }
    #[inline(always)]
    fn load(self, src: &[f32]) -> float32x4_t {
        assert!(src.len() >= Self::LANES);
        // SAFETY: NEON by the token; the slice holds at least 4 values; f32 alignment suffices.
        unsafe { vld1q_f32(src.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, v: float32x4_t, dst: &mut [f32]) {
        assert!(dst.len() >= Self::LANES);
        // SAFETY: NEON by the token; the slice holds at least 4 places; f32 alignment suffices.
        unsafe { vst1q_f32(dst.as_mut_ptr(), v) }
    }
    #[inline(always)]
    fn load_u8(self, src: &[u8]) -> float32x4_t {
        let [a, b, c, d] = [src[0], src[1], src[2], src[3]].map(f32::from);
        self.load(&[a, b, c, d])
    }
    lane_ops! {
        splat(x: f32) -> float32x4_t = vdupq_n_f32(x);
        add(a: float32x4_t, b: float32x4_t) -> float32x4_t = vaddq_f32(a, b);
        sub(a: float32x4_t, b: float32x4_t) -> float32x4_t = vsubq_f32(a, b);
        mul(a: float32x4_t, b: float32x4_t) -> float32x4_t = vmulq_f32(a, b);
        div(a: float32x4_t, b: float32x4_t) -> float32x4_t = vdivq_f32(a, b);
        sqrt(a: float32x4_t) -> float32x4_t = vsqrtq_f32(a);
        fma(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t = vfmaq_f32(c, a, b);
        lt(a: float32x4_t, b: float32x4_t) -> uint32x4_t = vcltq_f32(a, b);
        eq(a: float32x4_t, b: float32x4_t) -> uint32x4_t = vceqq_f32(a, b);
        select(mask: uint32x4_t, yes: float32x4_t, no: float32x4_t) -> float32x4_t = vbslq_f32(mask, yes, no);
        any(mask: uint32x4_t) -> bool = vmaxvq_u32(mask) != 0;
        bits(a: float32x4_t) -> int32x4_t = vreinterpretq_s32_f32(a);
        f32_from_bits(a: int32x4_t) -> float32x4_t = vreinterpretq_f32_s32(a);
        add_i32(a: int32x4_t, b: int32x4_t) -> int32x4_t = vaddq_s32(a, b);
        sub_i32(a: int32x4_t, b: int32x4_t) -> int32x4_t = vsubq_s32(a, b);
        shl_i32(a: int32x4_t, n: i32) -> int32x4_t = vshlq_s32(a, vdupq_n_s32(n));
        sar_i32(a: int32x4_t, n: i32) -> int32x4_t = vshlq_s32(a, vdupq_n_s32(-n));
        and_i32(a: int32x4_t, b: int32x4_t) -> int32x4_t = vandq_s32(a, b);
        or_i32(a: int32x4_t, b: int32x4_t) -> int32x4_t = vorrq_s32(a, b);
        xor_i32(a: int32x4_t, b: int32x4_t) -> int32x4_t = veorq_s32(a, b);
    }
}
