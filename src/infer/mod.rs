//! The deployable core: a trained model over the bytes of its file, no allocation, no reachable panic. Here
//! in f32 (CONTRACT C11); in [`int8`] in integers (CONTRACT C17).
//!
//! Letters: D features (pixels), M hidden units, K classes. The operations and their order are those of
//! CONTRACT C11, so the logits are those of the machine that trained the model, bit for bit.
//!
//! The sums of all units lie in the caller's scratch. The picture is gone through once; pixels that are not 0
//! add their rows of W1 to the sums, sixteen of them at a time, so that a sum is loaded and stored once for
//! so many products. Units that are finished add their rows of W2 to the logits in the same way. A pixel that
//! is 0 adds exactly nothing, so skipping it cannot show.

pub mod int8;

use crate::math;
use crate::simd::device::tile::Rows;
use crate::simd::{CheckArithmetic, Kernel, Scalar, keep_rolled};
use crate::weights::{self, FeatureMap, Params, Shape, View};
use core::fmt;

/// A trained model, used where its file's bytes lie.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    view: View<'a>,
}

/// Why a model was not run: a slice of the caller's does not fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    what: Slice,
    found: usize,
    expected: usize,
}

/// A slice of which the length can be wrong; its words stay out of a device's flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slice {
    Pixels,
    Scratch,
    Probabilities,
    Features,
    Bytes,
    /// There is no map of features; what was found and expected does not matter.
    Map,
}

impl Error {
    /// Whether a slice has as many elements as the model needs.
    fn unless_equal(what: Slice, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected { Ok(()) } else { Err(Self { what, found, expected }) }
    }
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Slice::Map => return f.write_str("the model has no map of features: it takes bytes as they are"),
            Slice::Features => "features",
            Slice::Bytes => "places for bytes",
            Slice::Pixels => "pixels",
            Slice::Scratch => "words of scratch",
            Slice::Probabilities => "places for probabilities",
        };
        write!(f, "{} {what}, but the model needs {}", self.found, self.expected)
    }
}

/// The floats of scratch that a model of `hidden` units and `classes` classes needs.
pub const fn scratch_len(hidden: usize, classes: usize) -> usize {
    hidden + classes
}

/// Whether this machine's arithmetic is the contract's: subnormals survive, fma rounds once.
///
/// # Errors
/// It is not; the text says what is wrong.
pub fn check_arithmetic() -> Result<(), weights::Error> {
    Ok(CheckArithmetic.run(Scalar)?)
}

impl<'a> Model<'a> {
    /// The model whose file is `bytes`, beginning at a multiple of 4 (see
    /// [`include_model!`](crate::include_model)).
    ///
    /// # Errors
    /// The file is not one that this version can use, or this machine's arithmetic is not the contract's.
    pub fn new(bytes: &'a [u8]) -> Result<Self, weights::Error> {
        check_arithmetic()?;
        Ok(Self { view: View::unread(bytes)? })
    }

    /// The file's contents: sizes, class names, weights.
    pub fn view(&self) -> &View<'a> {
        &self.view
    }

    /// Writes the byte of each of a table's D `features` to `bytes`, (D): what the network takes (CONTRACT
    /// C19). A NaN becomes 128.
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
    pub fn predict(&self, pixels: &[u8], scratch: &mut [f32]) -> Result<usize, Error> {
        Ok(math::argmax(self.logits(pixels, scratch)?))
    }

    /// The probability of each class, K floats in `scratch`.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn probabilities<'s>(&self, pixels: &[u8], scratch: &'s mut [f32]) -> Result<&'s mut [f32], Error> {
        let logits = self.logits(pixels, scratch)?;
        math::softmax_row(logits);
        Ok(logits)
    }

    /// The logit of each class, K floats in `scratch`.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn logits<'s>(&self, pixels: &[u8], scratch: &'s mut [f32]) -> Result<&'s mut [f32], Error> {
        logits(&self.view.params(), pixels, scratch)
    }
}

/// Writes the bytes of `features`, (D), to `bytes`, (D).
fn map_features(map: Option<FeatureMap<'_>>, features: &[f32], bytes: &mut [u8]) -> Result<(), Error> {
    let map = map.ok_or(Error { what: Slice::Map, found: 0, expected: 0 })?;
    Error::unless_equal(Slice::Features, features.len(), map.features())?;
    Error::unless_equal(Slice::Bytes, bytes.len(), map.features())?;
    map.apply(features, bytes);
    Ok(())
}

/// The logits of a picture, (K), in `scratch`.
#[inline(always)]
pub(crate) fn logits<'s>(
    params: &Params<'_>,
    pixels: &[u8],
    scratch: &'s mut [f32],
) -> Result<&'s mut [f32], Error> {
    let Shape { activation, features, hidden, classes, scale } = params.shape();
    Error::unless_equal(Slice::Pixels, pixels.len(), features)?;
    let (units, logits) = cut(scratch, hidden, classes)?;
    add_picture(units, pixels, scale, params.w1());
    let mut matrix = params.w2().chunks_exact(classes.max(1));
    start(logits, matrix.next());
    let mut rows = Rows::new(classes);
    for (&sum, row) in units.iter().zip(matrix) {
        // + 0.0 turns −0 into +0, which is what skipping zero pixels could otherwise change.
        rows.push(logits, activation.value(Scalar, sum + 0.0), row);
    }
    rows.add_to(logits);
    for logit in logits.iter_mut() {
        keep_rolled();
        *logit += 0.0;
    }
    Ok(logits)
}

/// The scratch of the sums of so many units, and that of the logits.
#[inline(always)]
fn cut<T>(scratch: &mut [T], units: usize, classes: usize) -> Result<(&mut [T], &mut [T]), Error> {
    let (found, expected) = (scratch.len(), units + classes);
    let parts = scratch.get_mut(..expected).and_then(|all| all.split_at_mut_checked(units));
    parts.ok_or(Error { what: Slice::Scratch, found, expected })
}

/// sums = [1, pixels / scale] · w1. sums: (M); w1: (D + 1, M).
fn add_picture(sums: &mut [f32], pixels: &[u8], scale: f32, w1: &[f32]) {
    let columns = sums.len();
    let mut matrix = w1.chunks_exact(columns.max(1));
    start(sums, matrix.next());
    let mut rows = Rows::new(columns);
    for (&pixel, row) in pixels.iter().zip(matrix) {
        if pixel != 0 {
            rows.push(sums, f32::from(pixel) / scale, row);
        }
    }
    rows.add_to(sums);
}

/// sums = 0 + 1 · biases: the biases, with +0 for −0.
fn start(sums: &mut [f32], biases: Option<&[f32]>) {
    for (sum, bias) in sums.iter_mut().zip(biases.unwrap_or(&[])) {
        keep_rolled();
        *sum = bias + 0.0;
    }
}
