//! Pixels are bytes: turning a block of them, and finding the ones that are not zero.
//!
//! Baseline instructions only (SSE2 is part of x86-64, NEON of aarch64), so these need no token.

/// Bytes in a row, and rows in a block, of [`transpose`].
pub const BLOCK: usize = 16;

/// The 16 × 16 block whose row i is column i of `rows`.
///
/// Four rounds of perfect interleaving: after each, rows i and i + 8 of the block before lie interleaved in
/// rows 2i and 2i + 1; four such shuffles of 256 bytes are the transposition (Stone, 1971).
#[inline(always)]
pub fn transpose(rows: [&[u8; BLOCK]; BLOCK]) -> [[u8; BLOCK]; BLOCK] {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{
            __m128i, _mm_loadu_si128, _mm_storeu_si128, _mm_unpackhi_epi8, _mm_unpacklo_epi8,
        };
        // SAFETY: SSE2 is part of x86-64; every pointer is to a whole array of 16 bytes and needs no alignment.
        unsafe {
            let mut block = rows.map(|row| _mm_loadu_si128(row.as_ptr().cast::<__m128i>()));
            for _ in 0..4 {
                block = core::array::from_fn(|i| {
                    let (a, b) = (block[i / 2], block[i / 2 + 8]);
                    if i % 2 == 0 { _mm_unpacklo_epi8(a, b) } else { _mm_unpackhi_epi8(a, b) }
                });
            }
            let mut out = [[0u8; BLOCK]; BLOCK];
            for (to, from) in out.iter_mut().zip(block) {
                _mm_storeu_si128(to.as_mut_ptr().cast::<__m128i>(), from);
            }
            out
        }
    }
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    {
        use core::arch::aarch64::{vld1q_u8, vst1q_u8, vzip1q_u8, vzip2q_u8};
        // SAFETY: the target has NEON; every pointer is to a whole array of 16 bytes.
        unsafe {
            let mut block = rows.map(|row| vld1q_u8(row.as_ptr()));
            for _ in 0..4 {
                block = core::array::from_fn(|i| {
                    let (a, b) = (block[i / 2], block[i / 2 + 8]);
                    if i % 2 == 0 { vzip1q_u8(a, b) } else { vzip2q_u8(a, b) }
                });
            }
            let mut out = [[0u8; BLOCK]; BLOCK];
            for (to, from) in out.iter_mut().zip(block) {
                vst1q_u8(to.as_mut_ptr(), from);
            }
            out
        }
    }
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
    core::array::from_fn(|i| core::array::from_fn(|j| rows[j][i]))
}

/// Bit i is set where byte i is not 0.
#[inline(always)]
pub fn nonzero(bytes: &[u8; 64]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{
            __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_setzero_si128,
        };
        let mut zeros = 0u64;
        for (i, part) in bytes.chunks_exact(BLOCK).enumerate() {
            // SAFETY: SSE2 is part of x86-64; `part` holds 16 bytes; the load needs no alignment.
            let mask = unsafe {
                let part = _mm_loadu_si128(part.as_ptr().cast::<__m128i>());
                _mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_setzero_si128()))
            };
            zeros |= u64::from(mask as u16) << (BLOCK * i);
        }
        !zeros
    }
    #[cfg(not(target_arch = "x86_64"))]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transpose_turns_rows_into_columns() {
        let block: [[u8; 16]; 16] = core::array::from_fn(|i| core::array::from_fn(|j| (16 * i + j) as u8));
        let turned = transpose(core::array::from_fn(|i| &block[i]));
        for i in 0..16 {
            for j in 0..16 {
                assert_eq!(turned[i][j], block[j][i]);
            }
        }
    }

    #[test]
    fn nonzero_marks_every_place() {
        for i in 0..64 {
            for value in [1u8, 127, 128, 255] {
                let mut bytes = [0u8; 64];
                bytes[i] = value;
                assert_eq!(nonzero(&bytes), 1 << i);
            }
        }
        assert_eq!(nonzero(&[0; 64]), 0);
        assert_eq!(nonzero(&[9; 64]), u64::MAX);
    }
}
