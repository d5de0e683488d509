//! The pictures on which exported code tests itself: made by a few lines that it carries, so that no picture has to
//! be.

use crate::infer::{Model, scratch_len};
use std::vec;
use std::vec::Vec;

/// How many there are.
pub(super) const PICTURES: u32 = 4;

/// One of them, of random pixels, of which a quarter is not 0, a half, three quarters, all. (A linear congruential
/// generator modulo 2^32 with the constants of Numerical Recipes: wrapping is the point.)
fn picture(number: u32, pixels: &mut [u8]) {
    let mut state = number;
    for pixel in pixels {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *pixel = if state >> 30 <= number { (state >> 16) as u8 } else { 0 };
    }
}

/// The logits of each, (4, K).
pub(super) fn logits(model: &Model) -> Vec<Vec<f32>> {
    let params = model.view().params();
    let mut pixels = vec![0; params.features];
    (0..PICTURES)
        .map(|number| {
            picture(number, &mut pixels);
            let mut scratch = vec![0.0; scratch_len(params.hidden, params.classes)];
            // Pixels and scratch fit: there is no error.
            model.logits(&pixels, &mut scratch).map(|logits| logits.to_vec()).unwrap_or_default()
        })
        .collect()
}
