//! The pictures, and rows of features, on which exported code tests itself: made by a few lines that it
//! carries, so that no picture has to be.

use crate::infer::{self, int8};
use crate::simd::{Kernel, Scalar};
use crate::weights::{FeatureMap, Weights};
use core::fmt::{self, Write};

/// How many there are.
pub(super) const PICTURES: u32 = 4;

/// One of them, of random pixels, of which a quarter is not 0, a half, three quarters, all. (A linear
/// congruential generator modulo 2^32 with the constants of Numerical Recipes: wrapping is the point.)
fn picture(number: u32, pixels: &mut [u8]) {
    let mut state = number;
    for pixel in pixels {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *pixel = if state >> 30 <= number { (state >> 16) as u8 } else { 0 };
    }
}

/// A row of features, as the exported text makes it: half bytes from -128 to 383, each mapped back; in the
/// last row, any bits.
fn row(number: u32, map: FeatureMap<'_>) -> Vec<f32> {
    let mut state = number;
    let feature = |pair: &[f32]| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let half = ((state >> 22) as f32 - 256.0) * 0.5;
        match *pair {
            _ if number + 1 == PICTURES => f32::from_bits(state),
            [low, f] if f > 0.0 => low + half / f,
            _ => half,
        }
    };
    map.pairs().chunks_exact(2).map(feature).collect()
}

/// Writes FNV-1a-32, word by word, of the bytes of each row of features and of the map, between commas.
pub(super) fn write_rows(map: Option<FeatureMap<'_>>, out: &mut String) -> fmt::Result {
    let Some(map) = map else { return Ok(()) };
    let mut bytes = vec![0; map.features()];
    for number in 0..PICTURES {
        map.apply(&row(number, map), &mut bytes);
        let eat = |hash: u32, (&byte, pair): (&u8, &[f32])| {
            let word = pair.iter().fold(u32::from(byte), |word, number| word ^ number.to_bits());
            (hash ^ word).wrapping_mul(0x0100_0193)
        };
        let hash = bytes.iter().zip(map.pairs().chunks_exact(2)).fold(0x811c_9dc5, eat);
        write!(out, "{}0x{hash:08x}", if number > 0 { ", " } else { "" })?;
    }
    Ok(())
}

/// Writes the bits of their logits, (4, K), a row between `open` and `close`, in lines that begin with
/// `indent`.
pub(super) fn write(
    weights: Weights<'_>,
    indent: &str,
    [open, close]: [&str; 2],
    out: &mut String,
) -> fmt::Result {
    let mut pixels = vec![0; weights.shape().features];
    for number in 0..PICTURES {
        picture(number, &mut pixels);
        write!(out, "{indent}{open}")?;
        for (k, bits) in logits(weights, &pixels).iter().enumerate() {
            match k % 8 {
                0 => write!(out, "\n{indent}    0x{bits:08x},")?,
                _ => write!(out, " 0x{bits:08x},")?,
            }
        }
        write!(out, "\n{indent}{close},\n")?;
    }
    Ok(())
}

/// The bits of the logits of a picture that has D pixels, (K).
fn logits(weights: Weights<'_>, pixels: &[u8]) -> Vec<u32> {
    let shape = weights.shape();
    // Pixels and scratch fit: there is no error.
    match &weights {
        Weights::F32(params) => {
            let scratch = &mut vec![0.0; infer::scratch_len(shape.hidden, shape.classes)];
            let logits = infer::logits(params, pixels, scratch).unwrap_or_default();
            logits.iter().map(|logit| logit.to_bits()).collect()
        }
        Weights::Int8(params) => {
            let scratch = &mut vec![0; int8::scratch_len(shape.hidden, shape.classes)];
            let logits = int8::Forward { params, pixels, scratch }.run(Scalar).unwrap_or_default();
            logits.iter().map(|&logit| logit as u32).collect()
        }
    }
}
