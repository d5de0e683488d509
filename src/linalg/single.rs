//! The zero-skipping forward product of one sample, where it lies.
//!
//! For predicting single samples. A batch passes strip by strip weights in the first-level cache
//! ([`sparse`](super::sparse)); one sample passes all of them, its sums in registers from the first feature
//! to the last, and waits only for the weights of its own pixels, wherever they are.

use super::row::Row;
use super::{PanelShape, STRIP, with_row};
use crate::simd::{Kernel, Simd};

/// Lists the pixels of one sample that are not 0; returns their number.
pub struct List<'a> {
    /// (D): the sample's bytes.
    pub sample: &'a [u8],
    /// (whole strips of D): its front becomes their features, ascending; the rest is scratch.
    pub places: &'a mut [u32],
}

impl Kernel for List<'_> {
    type Output = usize;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> usize {
        let Self { sample, places } = self;
        let mut count = 0;
        for (strip, pixels) in sample.chunks(STRIP).enumerate() {
            // A strip has as many places as pixels, and those before it at most as many.
            let Some(places) = places[count..].first_chunk_mut() else { break };
            let mask = match pixels.first_chunk() {
                Some(whole) => s.nonzero(whole),
                None => {
                    let mut rest = [0; STRIP];
                    rest[..pixels.len()].copy_from_slice(pixels);
                    s.nonzero(&rest)
                }
            };
            count += s.places(mask, (strip * STRIP) as u32, places);
        }
        count
    }
}

/// z = [1, x] W1 of one panel, for one sample whose nonzero pixels are listed.
pub struct Forward<'a> {
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

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_row!(self.panel, forward, s, self);
    }
}

#[inline(always)]
fn forward<S: Simd, const V: usize, const H: usize>(s: S, task: Forward<'_>) {
    let Forward { sample, places, value, w, z, .. } = task;
    let width = Row::<S, V, H>::WIDTH;
    let (bias, w) = w.split_at(width);
    let mut acc = Row::<S, V, H>::load(s, bias);
    for &d in places {
        let d = d as usize;
        acc.add(s, value[usize::from(sample[d])], &Row::load(s, &w[d * width..]));
    }
    acc.store(s, z);
}
