//! The zero-skipping products, for pixels that are mostly 0 (81 % of MNIST's are).
//!
//! A term whose pixel is 0 adds exactly nothing, but for the sign of a zero, and the +0 added to every finished
//! accumulator takes that away; so skipping it gives the dense product's bits. A bit mask says where the others are:
//! of a sample among the strip's features (forward), of a feature among 64 samples (update).
//!
//! Per pixel that is not 0 there are V loads and V multiply-adds and, beside them, only what it takes to find the next
//! one: a strip is kept both sample by sample and feature by feature, and blocks of rows have constant sizes, so that
//! no index needs a check.

use super::{Ascent, PanelShape, STRIP, Strip, with_vectors};
use crate::simd::{Kernel, Simd};

/// Samples a mask of a feature.
const WORD: usize = 64;

/// z += x W, over one strip.
pub struct Forward<'a> {
    /// The strip.
    pub x: Strip<'a>,
    /// The value of each byte.
    pub pixels: &'a [f32; 256],
    /// (STRIP, W): the panel's weights from the strip's features; rows beyond the last feature are not read.
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
        with_vectors!(self.panel.vectors, forward, s, self);
    }
}

/// For each sample: load its accumulators, walk its nonzero pixels, store them.
#[inline(always)]
fn forward<S: Simd, const V: usize>(s: S, task: Forward<'_>) {
    let Forward { x, pixels, w, z, .. } = task;
    let width = V * S::LANES;
    let w = &w[..STRIP * width];
    for (z, row) in z.chunks_exact_mut(width).zip(x.rows.chunks_exact(STRIP)) {
        let Some(row) = row.first_chunk::<STRIP>() else { continue };
        let mut acc = [s.splat(0.0); V];
        for (v, acc) in acc.iter_mut().enumerate() {
            *acc = s.load(&z[v * S::LANES..]);
        }
        let mut mask = s.nonzero(row);
        while mask != 0 {
            let d = mask.trailing_zeros() as usize % STRIP;
            mask &= mask - 1;
            let value = s.splat(pixels[usize::from(row[d])]);
            let w = &w[d * width..][..width];
            for (v, acc) in acc.iter_mut().enumerate() {
                *acc = s.fma(value, s.load(&w[v * S::LANES..]), *acc);
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
    /// (≥ stride, W); rows beyond N are not read.
    pub delta: &'a [f32],
    /// (≤ STRIP, W): the panel's weights from the strip's features.
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
        with_vectors!(self.panel.vectors, update, s, self);
    }
}

/// For each feature: walk the samples in which it is not 0, then step its row of weights.
#[inline(always)]
fn update<S: Simd, const V: usize>(s: S, task: Update<'_>) {
    let Update { x, pixels, delta, w, ascent, .. } = task;
    let width = V * S::LANES;
    let stride = x.columns.len() / STRIP;
    for (w, column) in w.chunks_exact_mut(width).zip(x.columns.chunks_exact(stride)) {
        let mut acc = [s.splat(0.0); V];
        for (part, delta) in column.chunks_exact(WORD).zip(delta.chunks_exact(WORD * width)) {
            let Some(part) = part.first_chunk::<WORD>() else { continue };
            let delta = &delta[..WORD * width];
            let mut mask = s.nonzero(part);
            while mask != 0 {
                let n = mask.trailing_zeros() as usize % WORD;
                mask &= mask - 1;
                let value = s.splat(pixels[usize::from(part[n])]);
                let delta = &delta[n * width..][..width];
                for (v, acc) in acc.iter_mut().enumerate() {
                    *acc = s.fma(value, s.load(&delta[v * S::LANES..]), *acc);
                }
            }
        }
        for (v, acc) in acc.iter().enumerate() {
            let w = &mut w[v * S::LANES..][..S::LANES];
            s.store(ascent.apply(s, s.load(w), *acc), w);
        }
    }
}
