//! Masks of a strip's pixels that are not 0, by sample and by feature.

use super::STRIP;
use crate::simd::{Kernel, Simd};

/// Samples in a word of a feature's mask.
pub(super) const WORD: usize = 64;

/// Finds the pixels of a gathered strip that are not 0.
pub struct Find<'a> {
    /// (N, STRIP).
    pub rows: &'a [u8],
    /// (Q): bit d of place n is set where feature d of sample n is not 0; becomes 0 beyond N.
    pub by_sample: &'a mut [u64],
    /// (Q / 64, STRIP), or empty where no update follows: bit n of place d of word i is set where feature d
    /// of sample 64 i + n is not 0.
    pub by_feature: &'a mut [u64],
}

impl Kernel for Find<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { rows, by_sample, by_feature } = self;
        let samples = rows.len() / STRIP;
        for (mask, row) in by_sample.iter_mut().zip(rows.chunks_exact(STRIP)) {
            if let Some(row) = row.first_chunk() {
                *mask = s.nonzero(row);
            }
        }
        by_sample[samples..].fill(0);
        for (by_sample, by_feature) in by_sample.chunks_exact(WORD).zip(by_feature.chunks_exact_mut(STRIP)) {
            by_feature.copy_from_slice(by_sample);
            if let Some(square) = by_feature.first_chunk_mut() {
                turn(square);
            }
        }
    }
}

/// Transposes a matrix of bits: bit j of place i becomes bit i of place j.
///
/// The off-diagonal quarters are exchanged, then those of each quarter, and so on down to single bits
/// (Warren, Hacker's Delight, 2nd edition, 7-3).
#[inline(always)]
fn turn(square: &mut [u64; 64]) {
    exchange::<32>(square, 0x0000_0000_FFFF_FFFF);
    exchange::<16>(square, 0x0000_FFFF_0000_FFFF);
    exchange::<8>(square, 0x00FF_00FF_00FF_00FF);
    exchange::<4>(square, 0x0F0F_0F0F_0F0F_0F0F);
    exchange::<2>(square, 0x3333_3333_3333_3333);
    exchange::<1>(square, 0x5555_5555_5555_5555);
}

/// One step of [`turn`], of quarters with sides of `DISTANCE`; `low` has the bits j without `DISTANCE` in j.
#[inline(always)]
fn exchange<const DISTANCE: usize>(square: &mut [u64; 64], low: u64) {
    for block in square.chunks_exact_mut(2 * DISTANCE) {
        let (above, below) = block.split_at_mut(DISTANCE);
        for (a, b) in above.iter_mut().zip(below) {
            let change = (*a >> DISTANCE ^ *b) & low;
            *a ^= change << DISTANCE;
            *b ^= change;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Isa;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn masks_say_what_is_not_zero_by_sample_and_by_feature() {
        for (round, samples) in [1, 63, 64, 65, 100, 128, 130].into_iter().enumerate() {
            let mut bits = 0x9E37_79B9_7F4A_7C15u64 << round;
            let rows: Vec<u8> = (0..samples * STRIP)
                .map(|_| {
                    bits ^= bits << 13;
                    bits ^= bits >> 7;
                    bits ^= bits << 17;
                    if bits & 3 == 0 { (bits >> 8) as u8 } else { 0 }
                })
                .collect();
            let words = samples.div_ceil(WORD);
            for isa in Isa::available() {
                let mut by_sample = vec![u64::MAX; words * WORD];
                let mut by_feature = vec![u64::MAX; words * STRIP];
                isa.run(Find { rows: &rows, by_sample: &mut by_sample, by_feature: &mut by_feature });
                for n in 0..words * WORD {
                    for d in 0..STRIP {
                        let expected = n < samples && rows[n * STRIP + d] != 0;
                        assert_eq!(by_sample[n] >> d & 1 == 1, expected, "{isa:?} {samples} {n} {d}");
                        let found = by_feature[n / WORD * STRIP + d] >> (n % WORD) & 1 == 1;
                        assert_eq!(found, expected, "{isa:?} {samples} {n} {d}");
                    }
                }
            }
        }
    }
}
