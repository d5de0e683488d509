//! Batch assembly: 64 features of a batch's samples, gathered from their places in the data set.

use super::STRIP;
use crate::simd::{Kernel, Simd};

/// One strip of a batch, in the data set: 64 features of N samples.
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
    /// The number of its features.
    pub fn count(&self) -> usize {
        STRIP.min(self.features - self.first)
    }

    /// Its pixels of sample `n` of the batch.
    #[inline(always)]
    pub fn sample(&self, n: usize) -> &[u8] {
        &self.pixels[self.samples[n] as usize * self.features + self.first..][..self.count()]
    }
}

/// Gathers a strip: each sample's 64 bytes side by side, 0 beyond the last feature.
///
/// One layout serves both products, because they broadcast single pixels.
pub struct Gather<'a> {
    /// What to gather.
    pub strip: Strip<'a>,
    /// (≥ N, STRIP): the rows to fill; those beyond N stay what they are.
    pub rows: &'a mut [u8],
}

impl Kernel for Gather<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { strip, rows } = self;
        for (n, row) in rows.chunks_exact_mut(STRIP).enumerate().take(strip.samples.len()) {
            let pixels = strip.sample(n);
            // The usual case by itself: a copy of constant length needs no call.
            match pixels.first_chunk::<STRIP>() {
                Some(whole) => row.copy_from_slice(whole),
                None => {
                    row[..pixels.len()].copy_from_slice(pixels);
                    row[pixels.len()..].fill(0);
                }
            }
        }
    }
}
