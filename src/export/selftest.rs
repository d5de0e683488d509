//! The pictures on which exported code tests itself: made by a few lines that it carries, so that no picture
//! has to be.

use crate::infer::{self, int8};
use crate::simd::{Kernel, Scalar};
use crate::weights::Weights;
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
