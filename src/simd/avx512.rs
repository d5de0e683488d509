//! Sixteen lanes: AVX-512 F, BW, DQ and VL (Skylake-SP and Zen 4 onwards).

use super::{Avx2, Kernel, Simd};
use core::arch::x86_64::*;

/// The token of AVX-512, and of AVX2 with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx512(Avx2);

impl Avx512 {
    /// The token, if this processor (without `std`: the build's target) has the instructions.
    pub(super) fn detect() -> Option<Self> {
        // The entry below enables the features of both.
        Avx2::detect().filter(|_| has!("avx512f", "avx512bw", "avx512dq", "avx512vl")).map(Self)
    }

    /// Runs `kernel` compiled for these instructions.
    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
        unsafe fn entry<K: Kernel>(token: Avx512, kernel: K) -> K::Output {
            kernel.run(token)
        }
        // SAFETY: the token proves that `detect` found all of these features.
        unsafe { entry(self, kernel) }
    }
}

impl Simd for Avx512 {
    const LANES: usize = 16;
    const REGISTERS: usize = 32;
    type F32 = __m512;
    type I32 = __m512i;
    type Mask = __mmask16;
    type Half = Avx2;

    #[inline(always)]
    fn half(self) -> Avx2 {
        self.0
    }
    #[inline(always)]
    fn splat_both(self, x: f32) -> (__m512, __m256) {
        // SAFETY: AVX-512F by the token.
        unsafe {
            let all = one_register(_mm512_set1_ps(x));
            (all, _mm512_castps512_ps256(all))
        }
    }
    #[inline(always)]
    fn load(self, src: &[f32]) -> __m512 {
        assert!(src.len() >= Self::LANES);
        // SAFETY: AVX-512F by the token; the slice holds at least 16 values; the load needs no alignment.
        unsafe { _mm512_loadu_ps(src.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, v: __m512, dst: &mut [f32]) {
        assert!(dst.len() >= Self::LANES);
        // SAFETY: AVX-512F by the token; the slice holds at least 16 places; the store needs no alignment.
        unsafe { _mm512_storeu_ps(dst.as_mut_ptr(), v) }
    }
    #[inline(always)]
    fn any(self, mask: __mmask16) -> bool {
        mask != 0
    }
    #[inline(always)]
    fn load_u8(self, src: &[u8]) -> __m512 {
        assert!(src.len() >= Self::LANES);
        // SAFETY: AVX-512F by the token; the slice holds at least 16 bytes; the load needs no alignment.
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(src.as_ptr().cast::<__m128i>()))) }
    }
    #[inline(always)]
    fn nonzero(self, bytes: &[u8; 64]) -> u64 {
        // SAFETY: AVX-512BW by the token; the load is of the array's 64 bytes and needs no alignment.
        unsafe {
            let bytes = _mm512_loadu_si512(bytes.as_ptr().cast::<__m512i>());
            _mm512_test_epi8_mask(bytes, bytes)
        }
    }
    #[inline(always)]
    fn places(self, mask: u64, first: u32, places: &mut [u32; 64]) -> usize {
        let mut count = 0;
        for quarter in 0..4 {
            let mask = (mask >> (16 * quarter)) as u16;
            let place = &mut places[count..][..Self::LANES];
            // SAFETY: AVX-512F by the token; the slice holds 16 places; the store needs no alignment.
            unsafe {
                let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
                let numbers =
                    _mm512_add_epi32(lanes, _mm512_set1_epi32(first.wrapping_add(16 * quarter) as i32));
                let kept = _mm512_maskz_compress_epi32(mask, numbers);
                _mm512_storeu_si512(place.as_mut_ptr().cast::<__m512i>(), kept);
            }
            count += mask.count_ones() as usize;
        }
        count
    }
    lane_ops! {
        splat(x: f32) -> __m512 = _mm512_set1_ps(x);
        add(a: __m512, b: __m512) -> __m512 = _mm512_add_ps(a, b);
        sub(a: __m512, b: __m512) -> __m512 = _mm512_sub_ps(a, b);
        mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps(a, b);
        div(a: __m512, b: __m512) -> __m512 = _mm512_div_ps(a, b);
        sqrt(a: __m512) -> __m512 = _mm512_sqrt_ps(a);
        fma(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fmadd_ps(a, b, c);
        lt(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b);
        eq(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b);
        select(mask: __mmask16, yes: __m512, no: __m512) -> __m512 = _mm512_mask_blend_ps(mask, no, yes);
        bits(a: __m512) -> __m512i = _mm512_castps_si512(a);
        f32_from_bits(a: __m512i) -> __m512 = _mm512_castsi512_ps(a);
        add_i32(a: __m512i, b: __m512i) -> __m512i = _mm512_add_epi32(a, b);
        sub_i32(a: __m512i, b: __m512i) -> __m512i = _mm512_sub_epi32(a, b);
        shl_i32(a: __m512i, n: i32) -> __m512i = _mm512_sll_epi32(a, _mm_cvtsi32_si128(n));
        sar_i32(a: __m512i, n: i32) -> __m512i = _mm512_sra_epi32(a, _mm_cvtsi32_si128(n));
        and_i32(a: __m512i, b: __m512i) -> __m512i = _mm512_and_si512(a, b);
        or_i32(a: __m512i, b: __m512i) -> __m512i = _mm512_or_si512(a, b);
        xor_i32(a: __m512i, b: __m512i) -> __m512i = _mm512_xor_si512(a, b);
    }
}

/// The same vector, opaque to the compiler, which would otherwise broadcast its first half a second time.
///
/// # Safety
/// The processor has AVX-512F.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn one_register(mut v: __m512) -> __m512 {
    // SAFETY: there is no instruction; a processor with AVX-512F has the register.
    unsafe {
        core::arch::asm!("/* {0} */", inout(zmm_reg) v, options(pure, nomem, nostack, preserves_flags))
    };
    v
}
