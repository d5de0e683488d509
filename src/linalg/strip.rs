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
        &self.pixels[self.start(n)..][..self.count()]
    }

    /// Where it begins in sample `n` of the batch.
    #[inline(always)]
    pub(super) fn start(&self, n: usize) -> usize {
        self.samples[n] as usize * self.features + self.first
    }
}

/// Gathers a strip feature by feature. Bytes are turned in registers, 16 samples at a time.
pub struct Assemble<'a> {
    /// What to gather.
    pub strip: Strip<'a>,
    /// (STRIP, R): the places to fill, 0 beyond the last feature and sample; R is [`rows`](super::rows) of the batch.
    pub columns: &'a mut [u8],
}

impl Kernel for Assemble<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { strip, columns } = self;
        let stride = columns.len() / STRIP;
        let (count, samples) = (strip.count(), strip.samples.len());
        for first in (0..samples).step_by(BLOCK) {
            let mut rows = [[0; STRIP]; BLOCK];
            for (row, n) in rows.iter_mut().zip(first..samples) {
                let pixels = strip.sample(n);
                // The usual case apart: a copy of a constant length needs no call.
                match pixels.first_chunk::<STRIP>() {
                    Some(whole) => *row = *whole,
                    None => row[..count].copy_from_slice(pixels),
                }
            }
            let mut turned = [[0; BLOCK]; STRIP];
            s.transpose(rows.as_flattened(), &mut turned);
            for (out, column) in columns.chunks_exact_mut(stride).zip(&turned) {
                out[first..][..BLOCK].copy_from_slice(column);
            }
        }
        let filled = samples.next_multiple_of(BLOCK);
        columns.chunks_exact_mut(stride).for_each(|column| column[filled..].fill(0));
    }
}
