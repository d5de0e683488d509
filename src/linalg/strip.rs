//! Batch assembly: 64 features of a batch's samples, gathered from wherever they lie in the data set.

use super::STRIP;
use crate::simd::bytes::BLOCK;
use crate::simd::{Kernel, Simd};

/// One strip of a batch where it lies in the data set: 64 features of N samples.
#[derive(Clone, Copy)]
pub struct Strip<'a> {
    /// (·, D): the data set's pixels.
    pub pixels: &'a [u8],
    /// D.
    pub features: usize,
    /// The strip's first feature.
    pub first: usize,
    /// (N): the batch's samples, rows of `pixels`.
    pub samples: &'a [u32],
}

impl Strip<'_> {
    /// S: its features.
    pub fn count(&self) -> usize {
        STRIP.min(self.features - self.first)
    }

    /// Its pixels of sample `n` of the batch.
    #[inline(always)]
    pub fn sample(&self, n: usize) -> &[u8] {
        &self.pixels[self.samples[n] as usize * self.features + self.first..][..self.count()]
    }
}

/// Gathers a strip, sample by sample and feature by feature. Bytes are turned in registers, 16 samples at a time.
pub struct Assemble<'a> {
    /// What to gather.
    pub strip: Strip<'a>,
    /// (≥ N, STRIP): the rows to fill, 0 beyond the last feature; whole blocks of 16.
    pub rows: &'a mut [u8],
    /// (STRIP, R): the columns to fill, 0 beyond the last feature and sample; R is [`rows`](super::rows) of the batch.
    pub columns: &'a mut [u8],
}

impl Kernel for Assemble<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { strip, rows, columns } = self;
        let stride = columns.len() / STRIP;
        let samples = strip.samples.len();
        for (block, rows) in rows.chunks_exact_mut(BLOCK * STRIP).enumerate().take(samples.div_ceil(BLOCK)) {
            let first = block * BLOCK;
            for (n, row) in (first..).zip(rows.chunks_exact_mut(STRIP)) {
                let pixels = if n < samples { strip.sample(n) } else { &[] };
                // The usual case apart: a copy of a constant length needs no call.
                match pixels.first_chunk::<STRIP>() {
                    Some(whole) => row.copy_from_slice(whole),
                    None => {
                        row[..pixels.len()].copy_from_slice(pixels);
                        row[pixels.len()..].fill(0);
                    }
                }
            }
            let mut turned = [[0; BLOCK]; STRIP];
            s.transpose(rows, &mut turned);
            for (out, column) in columns.chunks_exact_mut(stride).zip(&turned) {
                out[first..][..BLOCK].copy_from_slice(column);
            }
        }
        let filled = samples.next_multiple_of(BLOCK);
        columns.chunks_exact_mut(stride).for_each(|column| column[filled..].fill(0));
    }
}
