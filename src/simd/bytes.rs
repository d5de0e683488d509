//! Pixels are bytes: finding the ones that are not zero, asking for them ahead.
//!
//! Baseline instructions only (the target has SSE2), so these need no token.

/// Bytes a cache line.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
const LINE: usize = 64;

/// Asks for a cache line of every 64 of `bytes`, which will be read soon: not for one more, into which they
/// may reach. A hint: it changes no result.
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

/// As [`prefetch`], for `values` that will be read within a microsecond.
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
        for (i, part) in bytes.chunks_exact(16).enumerate() {
            // SAFETY: the target has SSE2; `part` holds 16 bytes; the load needs no alignment.
            let mask = unsafe {
                let part = _mm_loadu_si128(part.as_ptr().cast::<__m128i>());
                _mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_setzero_si128()))
            };
            zeros |= u64::from(mask as u16) << (16 * i);
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

/// Writes the places of the bits of `mask`, ascending, each with `first` added (wrapping), to the front of
/// `places`; returns how many there are. What comes to lie behind them is scratch.
///
/// Eight at a time, as many as there are or more: the end of a loop that is found out too late costs more
/// than writing some places for nothing.
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
    use crate::simd::{Isa, Kernel, Simd};

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
