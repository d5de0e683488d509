//! The zero-skipping products, for pixels that are mostly 0 (81 % of MNIST's are).
//!
//! A term whose pixel is 0 adds exactly nothing, but for the sign of a zero, and the +0 added to every finished
//! accumulator takes that away; so skipping it gives the dense product's bits. Bit masks say where the others
//! are: of a sample among the strip's features (forward), of a feature among 64 samples (update).

use super::{Ascent, MAX_VECTORS, PanelShape, STRIP, with_vectors};
use crate::simd::bytes::BLOCK;
use crate::simd::{Kernel, Simd};

/// Samples a mask of a feature.
const WORD: usize = 64;

/// Samples that a strip's buffers have room for, for a batch of `batch`.
pub const fn stride(batch: usize) -> usize {
    batch.next_multiple_of(WORD)
}

/// One strip of a batch: S features of N samples.
#[derive(Clone, Copy)]
pub struct Strip<'a> {
    /// (S, stride): the pixels, feature by feature; 0 beyond the batch.
    pub bytes: &'a [u8],
    /// (N): bit d is set where the sample's feature d is not 0.
    pub by_sample: &'a [u64],
}

/// Gathers one strip of a batch.
///
/// Bytes are turned in registers, 16 samples at a time; a mask comes from a whole vector.
pub struct Assemble<'a> {
    /// (·, D): the data set's pixels.
    pub pixels: &'a [u8],
    /// D.
    pub features: usize,
    /// The strip's first feature.
    pub first: usize,
    /// The batch's samples: rows of `pixels`.
    pub order: &'a [u32],
    /// (STRIP, stride): the strip to fill.
    pub bytes: &'a mut [u8],
    /// (≥ N): the masks of samples to fill.
    pub by_sample: &'a mut [u64],
}

impl Kernel for Assemble<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let stride = self.bytes.len() / STRIP;
        let count = STRIP.min(self.features - self.first);
        let mut short = [[0u8; STRIP]; BLOCK];
        for (block, samples) in self.order.chunks(BLOCK).enumerate() {
            let mut rows: [&[u8; STRIP]; BLOCK] = [&[0; STRIP]; BLOCK];
            for ((row, short), &n) in rows.iter_mut().zip(&mut short).zip(samples) {
                let pixels = &self.pixels[n as usize * self.features + self.first..][..count];
                // The last strip may be narrower: its rows are filled up with zeros.
                *row = match pixels.first_chunk() {
                    Some(whole) => whole,
                    None => {
                        short[..count].copy_from_slice(pixels);
                        short
                    }
                };
            }
            for (mask, row) in self.by_sample[block * BLOCK..].iter_mut().zip(&rows[..samples.len()]) {
                *mask = s.nonzero(row);
            }
            let mut turned = [[0; BLOCK]; STRIP];
            s.transpose(&rows, &mut turned);
            for (bytes, column) in self.bytes.chunks_exact_mut(stride).zip(&turned) {
                bytes[block * BLOCK..][..BLOCK].copy_from_slice(column);
            }
        }
        // Beyond the batch every byte is 0.
        let filled = self.order.len().next_multiple_of(BLOCK);
        self.bytes.chunks_exact_mut(stride).for_each(|bytes| bytes[filled..].fill(0));
    }
}

/// z += x W, over one strip.
pub struct Forward<'a> {
    /// The strip.
    pub x: Strip<'a>,
    /// The value of each byte.
    pub pixels: &'a [f32; 256],
    /// (S, W): the panel's weights from the strip's features.
    pub w: &'a [f32],
    /// (≥ N, W): the accumulators.
    pub z: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        assert!(self.panel.vectors <= MAX_VECTORS);
        with_vectors!(self.panel.vectors, forward, s, self);
    }
}

/// For each sample: load its accumulators, walk its nonzero pixels, store them.
#[inline(always)]
fn forward<S: Simd, const V: usize>(s: S, task: Forward<'_>) {
    let Forward { x, pixels, w, z, .. } = task;
    let width = V * S::LANES;
    let stride = x.bytes.len() / STRIP;
    for (n, (z, &mask)) in z.chunks_exact_mut(width).zip(x.by_sample).enumerate() {
        let mut acc = [s.splat(0.0); V];
        for (v, acc) in acc.iter_mut().enumerate() {
            *acc = s.load(&z[v * S::LANES..]);
        }
        let mut mask = mask;
        while mask != 0 {
            let d = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let value = s.splat(pixels[usize::from(x.bytes[d * stride + n])]);
            let row = &w[d * width..][..width];
            for (v, acc) in acc.iter_mut().enumerate() {
                *acc = s.fma(value, s.load(&row[v * S::LANES..]), *acc);
            }
        }
        for (v, acc) in acc.iter().enumerate() {
            s.store(*acc, &mut z[v * S::LANES..]);
        }
    }
}

/// Takes the step of the weights from one strip's features: g = xᵀ delta, then w.
pub struct Update<'a> {
    /// The strip.
    pub x: Strip<'a>,
    /// The value of each byte.
    pub pixels: &'a [f32; 256],
    /// (≥ N, W).
    pub delta: &'a [f32],
    /// (S, W): the panel's weights from the strip's features.
    pub w: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
    /// The step to take.
    pub ascent: Ascent,
}

impl Kernel for Update<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        assert!(self.panel.vectors <= MAX_VECTORS);
        with_vectors!(self.panel.vectors, update, s, self);
    }
}

/// For each feature: walk the samples in which it is not 0, then step its row of weights.
#[inline(always)]
fn update<S: Simd, const V: usize>(s: S, task: Update<'_>) {
    let Update { x, pixels, delta, w, ascent, .. } = task;
    let width = V * S::LANES;
    let stride = x.bytes.len() / STRIP;
    for (w, bytes) in w.chunks_exact_mut(width).zip(x.bytes.chunks_exact(stride)) {
        let mut acc = [s.splat(0.0); V];
        for (word, part) in bytes.chunks_exact(WORD).enumerate() {
            // Made here, not where the bytes were stored: a wide load right behind narrow stores waits for them.
            let mut mask = part.first_chunk().map_or(0, |part| s.nonzero(part));
            while mask != 0 {
                let n = word * WORD + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let value = s.splat(pixels[usize::from(bytes[n])]);
                let row = &delta[n * width..][..width];
                for (v, acc) in acc.iter_mut().enumerate() {
                    *acc = s.fma(value, s.load(&row[v * S::LANES..]), *acc);
                }
            }
        }
        for (v, acc) in acc.iter().enumerate() {
            let w = &mut w[v * S::LANES..][..S::LANES];
            s.store(ascent.apply(s, s.load(w), *acc), w);
        }
    }
}
