//! The zero-skipping forward product of samples that are used where they lie: nothing is gathered.
//!
//! That is for testing and predicting, where samples come in the order in which they are stored and no update
//! follows. Two ways: [`Forward`] leads many samples past each strip of weights, which stays in the first-level cache
//! meanwhile; [`ForwardOne`] leads one sample past all weights, its sums in registers from the first feature to the last,
//! so that it waits for nothing but the weights of its own pixels, from wherever they are.

use super::row::Row;
use super::{PanelShape, STRIP, strips, with_row};
use crate::simd::bytes::prefetch;
use crate::simd::{Kernel, Simd};
use core::slice::ChunksExact;

/// z = [1, x] W1 of one panel, for a block of samples.
pub struct Forward<'a> {
    /// (N, D): the samples' bytes.
    pub samples: &'a [u8],
    /// (·, D): those that come next: they are asked for.
    pub ahead: &'a [u8],
    /// D, at least 1.
    pub features: usize,
    /// The value of each byte.
    pub value: &'a [f32; 256],
    /// (1 + whole strips of D, W): the panel's weights, the biases first; rows beyond D are not read.
    pub w: &'a [f32],
    /// (≥ N, W): becomes the sums.
    pub z: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_row!(self.panel, forward, s, self);
    }
}

/// Samples whose masks are found before the first of them is walked: no caller has more at once.
const GROUP: usize = 128;

/// Strip by strip, and sample by sample. The first strip's accumulators are the biases.
#[inline(always)]
fn forward<S: Simd, const V: usize, const H: usize>(s: S, task: Forward<'_>) {
    let Forward { samples, ahead, features, value, w, z, .. } = task;
    let width = Row::<S, V, H>::WIDTH;
    let (bias, w) = w.split_at(width);
    for strip in 0..strips(features) {
        let (first, done) = place(strip, features);
        let bias = (strip == 0).then_some(bias);
        let part = Part { first, done, bias, w: &w[first * width..][..STRIP * width], value };
        let mut ahead = ahead.chunks_exact(features);
        for (samples, z) in samples.chunks(GROUP * features).zip(z.chunks_mut(GROUP * width)) {
            forward_group::<S, V, H>(s, part, samples.chunks_exact(features), &mut ahead, z);
        }
    }
}

/// One strip of a panel.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// The 64 pixels begin here, and so many of them are those of strips before: see [`place`].
    first: usize,
    done: usize,
    /// (W): what the sums start from, if this is the first strip.
    bias: Option<&'a [f32]>,
    /// (STRIP, W): the weights of these pixels.
    w: &'a [f32],
    /// The value of each byte.
    value: &'a [f32; 256],
}

/// One strip of at most [`GROUP`] samples: all masks of nonzero pixels; then, for each sample: load its accumulators, walk
/// its nonzero pixels, store them, and ask for a line of one of the samples that come next.
#[inline(always)]
fn forward_group<S: Simd, const V: usize, const H: usize>(
    s: S,
    part: Part<'_>,
    samples: ChunksExact<'_, u8>,
    ahead: &mut ChunksExact<'_, u8>,
    z: &mut [f32],
) {
    let Part { first, done, bias, w, value } = part;
    let width = Row::<S, V, H>::WIDTH;
    let (mut masks, mut copy) = ([0; GROUP], [0; STRIP]);
    for (mask, sample) in masks.iter_mut().zip(samples.clone()) {
        *mask = s.nonzero(pixels_from(sample, first, &mut copy)) >> done << done;
    }
    for (z, (sample, mut mask)) in z.chunks_exact_mut(width).zip(samples.zip(masks)) {
        if let Some(next) = ahead.next() {
            prefetch(&next[first..][..1]);
        }
        if mask == 0 && bias.is_none() {
            continue; // as in the strips of a margin
        }
        let mut acc = Row::<S, V, H>::load(s, bias.unwrap_or(z));
        let row = pixels_from(sample, first, &mut copy);
        while mask != 0 {
            let d = mask.trailing_zeros() as usize % STRIP;
            mask &= mask - 1;
            acc.add(s, value[usize::from(row[d])], &Row::load(s, &w[d * width..]));
        }
        acc.store(s, z);
    }
}

/// Where the 64 pixels begin among which all of a strip's are, and how many of them are the strip's before: the last
/// strip may have fewer than 64, and takes the sample's last 64 if there are that many.
#[inline(always)]
fn place(strip: usize, features: usize) -> (usize, usize) {
    let first = (strip * STRIP).min(features.saturating_sub(STRIP));
    (first, strip * STRIP - first)
}

/// A sample's 64 pixels from `first`; all of them, copied, where there are fewer: `copy` is 0 beyond them.
#[inline(always)]
fn pixels_from<'a>(sample: &'a [u8], first: usize, copy: &'a mut [u8; STRIP]) -> &'a [u8; STRIP] {
    match sample[first..].first_chunk() {
        Some(whole) => whole,
        None => {
            copy[..sample.len()].copy_from_slice(sample);
            copy
        }
    }
}

/// Lists the pixels of one sample that are not 0; returns how many there are.
pub struct List<'a> {
    /// (D): the sample's bytes.
    pub sample: &'a [u8],
    /// (whole strips of D): their features come to its front, ascending; the rest is scratch.
    pub places: &'a mut [u32],
}

impl Kernel for List<'_> {
    type Output = usize;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> usize {
        let Self { sample, places } = self;
        let (mut count, mut copy) = (0, [0; STRIP]);
        for strip in 0..strips(sample.len()) {
            // A strip has as many places as pixels, and those before it at most as many.
            let Some(places) = places[count..].first_chunk_mut() else { break };
            let (first, done) = place(strip, sample.len());
            let mask = s.nonzero(pixels_from(sample, first, &mut copy)) >> done << done;
            count += s.places(mask, first as u32, places);
        }
        count
    }
}

/// z = [1, x] W1 of one panel, for one sample whose nonzero pixels are listed.
pub struct ForwardOne<'a> {
    /// (D): the sample's bytes.
    pub sample: &'a [u8],
    /// The features of the pixels that are not 0, ascending, as [`List`] gives them.
    pub places: &'a [u32],
    /// The value of each byte.
    pub value: &'a [f32; 256],
    /// (≥ 1 + D, W): the panel's weights, the biases first.
    pub w: &'a [f32],
    /// (W): becomes the sums.
    pub z: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for ForwardOne<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_row!(self.panel, forward_one, s, self);
    }
}

#[inline(always)]
fn forward_one<S: Simd, const V: usize, const H: usize>(s: S, task: ForwardOne<'_>) {
    let ForwardOne { sample, places, value, w, z, .. } = task;
    let width = Row::<S, V, H>::WIDTH;
    let (bias, w) = w.split_at(width);
    let mut acc = Row::<S, V, H>::load(s, bias);
    for &d in places {
        let d = d as usize;
        acc.add(s, value[usize::from(sample[d])], &Row::load(s, &w[d * width..]));
    }
    acc.store(s, z);
}
