//! Pixels are bytes: turning a block of them, and finding the ones that are not zero.
//!
//! Baseline instructions only (the target has SSE2, NEON of aarch64), so these need no token.

/// Bytes in a row, and rows in a block, of [`transpose`].
pub const BLOCK: usize = 16;

/// Bytes a cache line.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
const LINE: usize = 64;

/// Rows i and i + 8 interleaved into rows 2i and 2i + 1. Written out: an array that is indexed by a variable goes
/// through memory.
#[cfg(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", target_feature = "neon")
))]
macro_rules! interleaved {
    ($a:ident, $low:path, $high:path) => {
        [
            $low($a[0], $a[8]),
            $high($a[0], $a[8]),
            $low($a[1], $a[9]),
            $high($a[1], $a[9]),
            $low($a[2], $a[10]),
            $high($a[2], $a[10]),
            $low($a[3], $a[11]),
            $high($a[3], $a[11]),
            $low($a[4], $a[12]),
            $high($a[4], $a[12]),
            $low($a[5], $a[13]),
            $high($a[5], $a[13]),
            $low($a[6], $a[14]),
            $high($a[6], $a[14]),
            $low($a[7], $a[15]),
            $high($a[7], $a[15]),
        ]
    };
}

#[cfg(all(target_arch = "x86_64", feature = "avx512"))]
pub(super) use interleaved;

/// Row d of `out` is column d of `rows`, (16, 64).
///
/// In blocks of 16 × 16: four perfect shuffles of a block's 256 bytes, each an interleaving of rows i and i + 8, are
/// the transposition (Stone, "Parallel processing with the perfect shuffle", 1971).
///
/// # Panics
/// If `rows` is shorter than that.
#[inline(always)]
pub fn transpose(rows: &[u8], out: &mut [[u8; BLOCK]; 64]) {
    let rows = &rows[..BLOCK * 64];
    for (part, out) in out.chunks_exact_mut(BLOCK).enumerate() {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        {
            use core::arch::x86_64::*;
            // SAFETY: the target has SSE2; loads are of 16 bytes within a row of 64, stores to whole arrays of 16,
            // and neither need alignment.
            unsafe {
                let mut a = [_mm_setzero_si128(); BLOCK];
                for (a, row) in a.iter_mut().zip(rows.chunks_exact(64)) {
                    *a = _mm_loadu_si128(row[part * BLOCK..][..BLOCK].as_ptr().cast::<__m128i>());
                }
                let a = interleaved!(a, _mm_unpacklo_epi8, _mm_unpackhi_epi8);
                let a = interleaved!(a, _mm_unpacklo_epi8, _mm_unpackhi_epi8);
                let a = interleaved!(a, _mm_unpacklo_epi8, _mm_unpackhi_epi8);
                let a = interleaved!(a, _mm_unpacklo_epi8, _mm_unpackhi_epi8);
                for (to, from) in out.iter_mut().zip(a) {
                    _mm_storeu_si128(to.as_mut_ptr().cast::<__m128i>(), from);
                }
            }
        }
        #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
        {
            use core::arch::aarch64::*;
            // SAFETY: the target has NEON; loads are of 16 bytes within a row of 64, stores to whole arrays of 16.
            unsafe {
                let mut a = [vdupq_n_u8(0); BLOCK];
                for (a, row) in a.iter_mut().zip(rows.chunks_exact(64)) {
                    *a = vld1q_u8(row[part * BLOCK..][..BLOCK].as_ptr());
                }
                let a = interleaved!(a, vzip1q_u8, vzip2q_u8);
                let a = interleaved!(a, vzip1q_u8, vzip2q_u8);
                let a = interleaved!(a, vzip1q_u8, vzip2q_u8);
                let a = interleaved!(a, vzip1q_u8, vzip2q_u8);
                for (to, from) in out.iter_mut().zip(a) {
                    vst1q_u8(to.as_mut_ptr(), from);
                }
            }
        }
        #[cfg(not(any(
            all(target_arch = "x86_64", target_feature = "sse2"),
            all(target_arch = "aarch64", target_feature = "neon")
        )))]
        for (i, out) in out.iter_mut().enumerate() {
            for (out, row) in out.iter_mut().zip(rows.chunks_exact(64)) {
                *out = row[part * BLOCK + i];
            }
        }
    }
}

/// Asks for the cache lines of `bytes`, which will be read soon. A hint: it changes no result.
#[inline(always)]
pub fn prefetch(bytes: &[u8]) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    for line in bytes.chunks(LINE) {
        use core::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: the target has SSE, and a prefetch of any address is harmless.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast::<i8>()) }
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    let _ = bytes;
}

/// Asks for the cache lines of `values`, which will be read within a microsecond. A hint: it changes no result.
#[inline(always)]
pub fn prefetch_near(values: &[f32]) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    for line in values.chunks(LINE / size_of::<f32>()) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the target has SSE, and a prefetch of any address is harmless.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast::<i8>()) }
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    let _ = values;
}

/// Bit i is set where byte i is not 0.
#[inline(always)]
pub fn nonzero(bytes: &[u8; 64]) -> u64 {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        use core::arch::x86_64::{
            __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_setzero_si128,
        };
        let mut zeros = 0u64;
        for (i, part) in bytes.chunks_exact(BLOCK).enumerate() {
            // SAFETY: the target has SSE2; `part` holds 16 bytes; the load needs no alignment.
            let mask = unsafe {
                let part = _mm_loadu_si128(part.as_ptr().cast::<__m128i>());
                _mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_setzero_si128()))
            };
            zeros |= u64::from(mask as u16) << (BLOCK * i);
        }
        !zeros
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    {
        let mut mask = 0u64;
        for (i, part) in bytes.chunks_exact(8).enumerate() {
            let mut word = 0u64;
            for (j, &byte) in part.iter().enumerate() {
                word |= u64::from(byte != 0) << j;
            }
            mask |= word << (8 * i);
        }
        mask
    }
}

/// Writes the places of the bits of `mask`, ascending, each with `first` added (wrapping), to the front of `places`;
/// returns how many there are. What comes to lie behind them is scratch.
///
/// Eight at a time, as many as there are or more: the end of a loop that is found out too late costs more than
/// writing some places for nothing.
#[inline(always)]
pub fn places(mut mask: u64, first: u32, places: &mut [u32; 64]) -> usize {
    let count = mask.count_ones() as usize;
    for group in places.chunks_exact_mut(8).take(count.div_ceil(8)) {
        for place in group {
            *place = first.wrapping_add(mask.trailing_zeros());
            mask &= mask.wrapping_sub(1);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Isa, Kernel, Simd};

    #[test]
    fn transposing_turns_rows_into_columns() {
        let rows: [u8; 16 * 64] = core::array::from_fn(|i| (i * 7 + i / 64) as u8);
        struct Turn<'a>(&'a [u8], &'a mut [[u8; BLOCK]; 64]);
        impl Kernel for Turn<'_> {
            type Output = ();
            #[inline(always)]
            fn run<S: Simd>(self, s: S) {
                s.transpose(self.0, self.1);
            }
        }
        for isa in Isa::available() {
            let mut turned = [[0; BLOCK]; 64];
            isa.run(Turn(&rows, &mut turned));
            for (d, column) in turned.iter().enumerate() {
                for (n, &byte) in column.iter().enumerate() {
                    assert_eq!(byte, rows[n * 64 + d], "{isa:?}");
                }
            }
        }
    }

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
