//! The deployable core: a trained model over the bytes of its file, no allocation, no reachable panic. Here in f32; in
//! [`int8`] in integers.
//!
//! Letters: D features (pixels), M hidden units, K classes. Every operation is one that the numeric contract
//! names, in its order, so the logits are those of the machine that trained the model, bit for bit.
//!
//! The sums of all units lie in the caller's scratch. The picture is gone through once; pixels that are not 0 add
//! their rows of W1 to the sums, sixteen of them at a time, so that a sum is loaded and stored once for so many
//! products. Units that are finished add their rows of W2 to the logits in the same way. A pixel that is 0 adds
//! exactly nothing, so skipping it cannot show.

pub mod int8;

use crate::math;
use crate::simd::device::tile::Rows;
use crate::simd::{CheckArithmetic, Kernel, Scalar, keep_rolled};
use crate::weights::{self, Params, View};
use core::fmt;

/// A trained model, used where its file's bytes lie.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    view: View<'a>,
}

/// Why a model was not run: the caller's slices do not fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There are not D pixels.
    Pixels {
        /// The pixels that are there.
        found: usize,
        /// D.
        expected: usize,
    },
    /// The scratch is shorter than [`scratch_len`], or [`int8::scratch_len`], says.
    Scratch {
        /// Its length.
        found: usize,
        /// What that gives.
        expected: usize,
    },
    /// There are not K places for probabilities.
    Classes {
        /// The places that are there.
        found: usize,
        /// K.
        expected: usize,
    },
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels { found, expected } => write!(f, "{found} pixels, but the model takes {expected}"),
            Self::Scratch { found, expected } => {
                write!(f, "{found} words of scratch, but the model needs {expected}")
            }
            Self::Classes { found, expected } => {
                write!(f, "{found} places for probabilities, but the model has {expected} classes")
            }
        }
    }
}

/// The floats of scratch that a model of `hidden` units and `classes` classes needs.
pub const fn scratch_len(hidden: usize, classes: usize) -> usize {
    hidden + classes
}

/// Whether this machine's arithmetic is the contract's: subnormals survive, fma rounds once.
///
/// # Errors
/// [`weights::Error::Arithmetic`].
pub fn check_arithmetic() -> Result<(), weights::Error> {
    CheckArithmetic.run(Scalar).map_err(weights::Error::Arithmetic)
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

    /// The class of the picture `pixels` (D bytes, planes row by row): that of the first greatest logit.
    ///
    /// # Errors
    /// `pixels` or `scratch` (see [`scratch_len`]) do not fit the model.
    pub fn predict(&self, pixels: &[u8], scratch: &mut [f32]) -> Result<usize, Error> {
        let logits = self.logits(pixels, scratch)?;
        let (mut class, mut greatest) = (0, logits.first().copied().unwrap_or(0.0));
        for (k, &logit) in logits.iter().enumerate() {
            keep_rolled();
            if logit > greatest {
                (class, greatest) = (k, logit);
            }
        }
        Ok(class)
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
        let Params { activation, features, hidden, classes, scale, w1, w2 } = self.view.params();
        if pixels.len() != features {
            return Err(Error::Pixels { found: pixels.len(), expected: features });
        }
        let (found, expected) = (scratch.len(), scratch_len(hidden, classes));
        let Some(sums) = scratch.get_mut(..expected) else {
            return Err(Error::Scratch { found, expected });
        };
        let Some((units, logits)) = sums.split_at_mut_checked(hidden) else {
            return Err(Error::Scratch { found, expected });
        };
        add_picture(units, pixels, scale, w1);
        let mut matrix = w2.chunks_exact(classes.max(1));
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
