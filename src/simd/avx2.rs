//! Eight lanes: AVX2 with FMA, on every x86-64 processor since 2013 (Haswell) and 2015 (Excavator).

use super::{Kernel, Simd};
use core::arch::x86_64::*;

/// The token of AVX2 with FMA, BMI, LZCNT and POPCNT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx2(());

impl Avx2 {
    /// The token, if this processor (without `std`: the build's target) has the instructions.
    pub(super) fn detect() -> Option<Self> {
        has!("avx2", "fma", "bmi1", "bmi2", "lzcnt", "popcnt").then_some(Self(()))
    }

    /// Runs `kernel` compiled for these instructions.
    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
        unsafe fn entry<K: Kernel>(token: Avx2, kernel: K) -> K::Output {
            kernel.run(token)
        }
        // SAFETY: the token proves that `detect` found all of these features.
        unsafe { entry(self, kernel) }
    }
}

impl Simd for Avx2 {
    const LANES: usize = 8;
    const REGISTERS: usize = 16;
    type F32 = __m256;
    type I32 = __m256i;
    type Mask = __m256;
    type Half = Self;

    #[inline(always)]
    fn half(self) -> Self {
        self
    }
    #[inline(always)]
    fn load(self, src: &[f32]) -> __m256 {
        assert!(src.len() >= Self::LANES);
        // SAFETY: AVX by the token; the slice holds at least 8 values; the load needs no alignment.
        unsafe { _mm256_loadu_ps(src.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, v: __m256, dst: &mut [f32]) {
        assert!(dst.len() >= Self::LANES);
        // SAFETY: AVX by the token; the slice holds at least 8 places; the store needs no alignment.
        unsafe { _mm256_storeu_ps(dst.as_mut_ptr(), v) }
    }
    #[inline(always)]
    fn load_u8(self, src: &[u8]) -> __m256 {
        assert!(src.len() >= Self::LANES);
        // SAFETY: AVX2 by the token; the slice holds at least 8 bytes; the load needs no alignment.
        unsafe { _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(src.as_ptr().cast::<__m128i>()))) }
    }
    #[inline(always)]
    fn nonzero(self, bytes: &[u8; 64]) -> u64 {
        let at = bytes.as_ptr().cast::<__m256i>();
        // SAFETY: AVX2 by the token; two loads of 32 of the array's 64 bytes, which need no alignment.
        let (low, high) = unsafe {
            let zero = _mm256_setzero_si256();
            let low = _mm256_cmpeq_epi8(_mm256_loadu_si256(at), zero);
            let high = _mm256_cmpeq_epi8(_mm256_loadu_si256(at.add(1)), zero);
            (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high))
        };
        !(u64::from(low as u32) | u64::from(high as u32) << 32)
    }
    lane_ops! {
        splat(x: f32) -> __m256 = _mm256_set1_ps(x);
        add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps(a, b);
        sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps(a, b);
        mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps(a, b);
        div(a: __m256, b: __m256) -> __m256 = _mm256_div_ps(a, b);
        sqrt(a: __m256) -> __m256 = _mm256_sqrt_ps(a);
        fma(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fmadd_ps(a, b, c);
        lt(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_LT_OQ>(a, b);
        eq(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b);
        select(mask: __m256, yes: __m256, no: __m256) -> __m256 = _mm256_blendv_ps(no, yes, mask);
        any(mask: __m256) -> bool = _mm256_movemask_ps(mask) != 0;
        bits(a: __m256) -> __m256i = _mm256_castps_si256(a);
        f32_from_bits(a: __m256i) -> __m256 = _mm256_castsi256_ps(a);
        add_i32(a: __m256i, b: __m256i) -> __m256i = _mm256_add_epi32(a, b);
        sub_i32(a: __m256i, b: __m256i) -> __m256i = _mm256_sub_epi32(a, b);
        shl_i32(a: __m256i, n: i32) -> __m256i = _mm256_sll_epi32(a, _mm_cvtsi32_si128(n));
        sar_i32(a: __m256i, n: i32) -> __m256i = _mm256_sra_epi32(a, _mm_cvtsi32_si128(n));
        and_i32(a: __m256i, b: __m256i) -> __m256i = _mm256_and_si256(a, b);
        or_i32(a: __m256i, b: __m256i) -> __m256i = _mm256_or_si256(a, b);
        xor_i32(a: __m256i, b: __m256i) -> __m256i = _mm256_xor_si256(a, b);
    }
}
