//! Batch assembly: 64 features of a batch's samples, gathered from wherever they lie in the data set.

use super::STRIP;
use crate::simd::bytes::BLOCK;
use crate::simd::{Kernel, Simd};

/// One strip of a batch, 64 features of N samples, in both orders; 0 beyond the last feature and sample.
#[derive(Clone, Copy)]
pub struct Strip<'a> {
    /// (N, STRIP): the pixels sample by sample.
    pub rows: &'a [u8],
    /// (STRIP, R): the same feature by feature; R is [`rows`](super::rows) of the batch.
    pub columns: &'a [u8],
}

/// Gathers one strip of a batch. Bytes are turned in registers, 16 samples at a time.
pub struct Assemble<'a> {
    /// (·, D): the data set's pixels.
    pub pixels: &'a [u8],
    /// D.
    pub features: usize,
    /// The strip's first feature.
    pub first: usize,
    /// The batch's samples: rows of `pixels`.
    pub order: &'a [u32],
    /// (≥ N, STRIP): the rows to fill; a multiple of 16.
    pub rows: &'a mut [u8],
    /// (STRIP, R): the columns to fill.
    pub columns: &'a mut [u8],
}

impl Kernel for Assemble<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let stride = self.columns.len() / STRIP;
        let count = STRIP.min(self.features - self.first);
        let blocks = self.rows.chunks_exact_mut(BLOCK * STRIP).zip(self.order.chunks(BLOCK));
        for (block, (rows, samples)) in blocks.enumerate() {
            for (row, &n) in rows.chunks_exact_mut(STRIP).zip(samples) {
                let pixels = &self.pixels[n as usize * self.features + self.first..][..count];
                // The usual case apart: a copy of a constant length needs no call.
                match pixels.first_chunk::<STRIP>() {
                    Some(whole) => row.copy_from_slice(whole),
                    None => {
                        row[..count].copy_from_slice(pixels);
                        row[count..].fill(0);
                    }
                }
            }
            rows[samples.len() * STRIP..].fill(0);
            let mut columns = [[0; BLOCK]; STRIP];
            s.transpose(rows, &mut columns);
            for (out, column) in self.columns.chunks_exact_mut(stride).zip(&columns) {
                out[block * BLOCK..][..BLOCK].copy_from_slice(column);
            }
        }
        let filled = self.order.len().next_multiple_of(BLOCK);
        self.columns.chunks_exact_mut(stride).for_each(|column| column[filled..].fill(0));
    }
}
