//! The model in integers: for devices without a float unit, and for files a quarter as long (CONTRACT C17).
//!
//! Letters: D features (pixels), M hidden units, K classes. Everything is integers of 32 bits, and one
//! product of 64 a unit and class, so every machine gives the same answer. Weights are int8, each unit and
//! class with a step of its own, and pixels what they are, 0 to 255. Sums wrap (in a file that
//! `train::quantise` made none does), and their order is free. [`Quantised`] names the numbers:
//!
//! ```text
//! requantise(sum, shift, multiplier) = sum 2^shift · multiplier / 2^32, to nearest, ties to even
//!
//! a[m] = bias1[m] + Σ_d x[d] w1[d][m]
//! t    = requantise(a[m], shift1, multiplier1[m])      a place in the table, in units of 1/256
//! u    = t clamped to −2^15..2^15 − 1, + 2^15          softplus, tanh, relu
//!        t modulo 2^16                                 cos: the table is one turn
//! h[m] = table[u / 256], and u mod 256 of 256 parts of the way to the next entry, to nearest, ties to even
//! l[k] = requantise(bias2[k] + Σ_m h[m] w2[k][m], shift2, multiplier2[k])
//! ```
//!
//! The logit of class k is `l[k]` 2^-places.

use super::{Error, cut, map_features};
use crate::math::{self, Activation};
use crate::simd::device::dual::{QUAD, Rows};
use crate::simd::{Kernel, Scalar, Simd, keep_rolled};
use crate::weights::layout::UNITS;
use crate::weights::{self, Quantised, Shape, View};

/// Half the rows that one pass over the sums adds.
const GROUP: usize = 16;

// A row's columns beyond its last whole QUAD would be left out.
const _: () = assert!(UNITS % QUAD == 0);

/// A trained model in integers, used where its file's bytes lie.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    view: View<'a, Quantised<'a>>,
}

/// The words of scratch that a model of `hidden` units and `classes` classes needs.
pub const fn scratch_len(hidden: usize, classes: usize) -> usize {
    hidden.next_multiple_of(UNITS) + classes
}

impl<'a> Model<'a> {
    /// The model whose file is `bytes`, beginning at a multiple of 4 (see
    /// [`include_model!`](crate::include_model)).
    ///
    /// # Errors
    /// The file is not one that this version can use, or not of int8 weights.
    pub fn new(bytes: &'a [u8]) -> Result<Self, weights::Error> {
        Ok(Self { view: View::unread_quantised(bytes)? })
    }

    /// The file's contents: sizes, class names, weights.
    pub fn view(&self) -> &View<'a, Quantised<'a>> {
        &self.view
    }

    /// Writes the byte of each of a table's D `features` to `bytes`, (D), as
    /// [`infer::Model::features`](super::Model::features) does: floats take part here alone.
    ///
    /// # Errors
    /// The model has no map of features, or `features` or `bytes` do not fit it.
    pub fn features(&self, features: &[f32], bytes: &mut [u8]) -> Result<(), Error> {
        map_features(self.view.map(), features, bytes)
    }

    /// The class of the picture `pixels` (D bytes, planes row by row): that of the first greatest logit.
    ///
    /// # Errors
    /// `pixels` or `scratch` (see [`scratch_len`]) do not fit the model.
    pub fn predict(&self, pixels: &[u8], scratch: &mut [i32]) -> Result<usize, Error> {
        Ok(math::argmax(self.logits(pixels, scratch)?))
    }

    /// The logit of each class times 2^places, K words in `scratch`.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn logits<'s>(&self, pixels: &[u8], scratch: &'s mut [i32]) -> Result<&'s mut [i32], Error> {
        logits(Scalar, &self.view.params(), pixels, scratch)
    }

    /// Writes the probability of each class to `out`, (K): the [softmax](math::softmax_row) of the logits as
    /// f32. The one step that takes floats: the contract's, where
    /// [`check_arithmetic`](super::check_arithmetic) finds no fault.
    ///
    /// # Errors
    /// As [`Model::predict`], and where `out` has not K places.
    pub fn probabilities(&self, pixels: &[u8], scratch: &mut [i32], out: &mut [f32]) -> Result<(), Error> {
        let params = self.view.params();
        Error::unless_equal(super::Slice::Probabilities, out.len(), params.shape().classes)?;
        let logits = self.logits(pixels, scratch)?;
        out.iter_mut().zip(logits).for_each(|(out, &mut logit)| *out = value(logit, params.places()));
        math::softmax_row(out);
        Ok(())
    }
}

/// The number that a logit of so many binary places is: its conversion rounds, the product is exact.
pub fn value(logit: i32, places: u32) -> f32 {
    logit as f32 * f32::from_bits(127u32.saturating_sub(places) << 23)
}

/// The forward pass, for whichever instruction set it is compiled for.
pub struct Forward<'a, 's> {
    /// The network.
    pub params: &'a Quantised<'a>,
    /// (D).
    pub pixels: &'a [u8],
    /// As long as [`scratch_len`] says.
    pub scratch: &'s mut [i32],
}

impl<'s> Kernel for Forward<'_, 's> {
    type Output = Result<&'s mut [i32], Error>;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        logits(s, self.params, self.pixels, self.scratch)
    }
}

/// The logits, (K), in `scratch`. Auto-vectorised: S only selects target features.
#[inline(always)]
fn logits<'s, S: Simd>(
    _: S,
    params: &Quantised<'_>,
    pixels: &[u8],
    scratch: &'s mut [i32],
) -> Result<&'s mut [i32], Error> {
    let Shape { activation: function, features, hidden, classes, .. } = params.shape();
    let [first, second] = params.layers();
    Error::unless_equal(super::Slice::Pixels, pixels.len(), features)?;
    let (units, logits) = cut(scratch, scratch_len(hidden, classes) - classes, classes)?;
    for (at, sum) in units.iter_mut().enumerate() {
        keep_rolled();
        *sum = first.bias.get(at).copied().unwrap_or(0);
    }
    add_picture(units, pixels, first.weights);
    for (at, unit) in units.iter_mut().enumerate() {
        // Units from M on are padding.
        *unit = match first.multiplier.get(at) {
            Some(&multiplier) => {
                activation(function, params.table(), requantise(*unit, first.shift, multiplier))
            }
            None => 0,
        };
    }
    let classes =
        second.weights.chunks_exact(units.len().max(1)).zip(second.bias.iter().zip(second.multiplier));
    for (logit, (row, (&bias, &multiplier))) in logits.iter_mut().zip(classes) {
        let products = units.iter().zip(row).map(|(&h, &weight)| h.wrapping_mul(i32::from(weight)));
        let sum = products.fold(bias, i32::wrapping_add);
        *logit = requantise(sum, second.shift, multiplier);
    }
    Ok(logits)
}

/// sum 2^shift · multiplier / 2^32, to nearest, ties to even.
#[inline(always)]
fn requantise(sum: i32, shift: u32, multiplier: i32) -> i32 {
    let product = i64::from(sum.wrapping_shl(shift)) * i64::from(multiplier);
    let (high, low) = ((product >> 32) as i32, product as u32);
    high.wrapping_add(i32::from(low > 1 << 31 || (low == 1 << 31 && high & 1 == 1)))
}

/// The activation at place `t` of its table.
#[inline(always)]
fn activation(function: Activation, table: &[i16], t: i32) -> i32 {
    let place = match function {
        Activation::Cos => t & 0xFFFF,
        Activation::Softplus | Activation::Tanh | Activation::Relu => t.clamp(-0x8000, 0x7FFF) + 0x8000,
    };
    let entry = |at: usize| table.get(at).map_or(0, |&entry| i32::from(entry));
    let at = (place >> 8) as usize;
    let (from, to) = (entry(at), entry(at + 1));
    let rise = (to - from) * (place & 0xFF);
    from + ((rise + 127 + (rise >> 8 & 1)) >> 8)
}

/// sums += pixels · w1. sums: (U); w1: (D, U).
#[inline(always)]
fn add_picture(sums: &mut [i32], pixels: &[u8], w1: &[i8]) {
    let columns = sums.len();
    let mut rows = Rows::<GROUP>::new(columns);
    for (&pixel, row) in pixels.iter().zip(w1.chunks_exact(columns.max(1))) {
        if pixel != 0 && !rows.push(pixel, row) {
            rows.add_to(sums);
        }
    }
    rows.add_to(sums);
}
