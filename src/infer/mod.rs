//! The deployable core: a trained model over the bytes of its file, no allocation, no reachable panic.
//!
//! Letters: D features (pixels), M hidden units, K classes. Every operation is one that the numeric contract
//! names, in its order, so the logits are those of the machine that trained the model, bit for bit. Tiles of
//! hidden units stay in registers and go into the logits as soon as they are finished: memory is K floats,
//! whatever D and M are.

use crate::math;
use crate::simd::{CheckArithmetic, Kernel, Scalar, fma};
use crate::weights::{self, Params, View};
use core::fmt;

/// The hidden units of a tile: their accumulators fit the registers of every target.
const TILE: usize = 8;

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
    /// The scratch is shorter than [`scratch_len`].
    Scratch {
        /// Its length.
        found: usize,
        /// What [`scratch_len`] gives.
        expected: usize,
    },
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels { found, expected } => write!(f, "{found} pixels, but the model takes {expected}"),
            Self::Scratch { found, expected } => {
                write!(f, "{found} floats of scratch, but the model needs {expected}")
            }
        }
    }
}

/// The floats of scratch that a model of `hidden` units and `classes` classes needs.
pub const fn scratch_len(hidden: usize, classes: usize) -> usize {
    let _ = hidden; // Units are used up tile by tile; a faster version may keep them.
    classes
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
        Ok(Self { view: View::new(bytes)? })
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
        let mut ranked = logits.iter().enumerate();
        let Some(first) = ranked.next() else { return Ok(0) };
        let (class, _) = ranked.fold(first, |best, next| if next.1 > best.1 { next } else { best });
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
        let Params { features, hidden, classes, w2, .. } = self.view.params();
        if pixels.len() != features {
            return Err(Error::Pixels { found: pixels.len(), expected: features });
        }
        let (found, expected) = (scratch.len(), scratch_len(hidden, classes));
        let Some(logits) = scratch.get_mut(..classes) else {
            return Err(Error::Scratch { found, expected });
        };
        // The biases, then the units in ascending order: the rows of W2.
        logits.fill(0.0);
        let mut rows = w2.chunks_exact(classes.max(1));
        add_row(logits, 1.0, rows.next().unwrap_or(&[]));
        let mut unit = 0;
        while unit + TILE <= hidden {
            let z = self.tile::<TILE>(pixels, unit);
            z.into_iter().zip(&mut rows).for_each(|(z, row)| add_row(logits, z, row));
            unit += TILE;
        }
        while unit < hidden {
            let [z] = self.tile::<1>(pixels, unit);
            add_row(logits, z, rows.next().unwrap_or(&[]));
            unit += 1;
        }
        logits.iter_mut().for_each(|logit| *logit += 0.0);
        Ok(logits)
    }

    /// h of the hidden units from `first`: the bias, then the features that are not 0, ascending.
    fn tile<const UNITS: usize>(&self, pixels: &[u8], first: usize) -> [f32; UNITS] {
        let Params { activation, hidden, scale, w1, .. } = self.view.params();
        let mut rows = w1.chunks_exact(hidden.max(1)).map(|row| row.get(first..)?.first_chunk::<UNITS>());
        let mut sums = [0.0; UNITS];
        if let Some(Some(biases)) = rows.next() {
            add_row(&mut sums, 1.0, biases);
        }
        for (&pixel, row) in pixels.iter().zip(rows) {
            if let (1.., Some(row)) = (pixel, row) {
                add_row(&mut sums, f32::from(pixel) / scale, row);
            }
        }
        // + 0.0 turns −0 into +0, which is what skipping zero pixels could otherwise change.
        sums.map(|sum| activation.value(Scalar, sum + 0.0))
    }
}

/// sums += x · row, each one fma.
#[inline(always)]
fn add_row(sums: &mut [f32], x: f32, row: &[f32]) {
    sums.iter_mut().zip(row).for_each(|(sum, &weight)| *sum = fma(x, weight, *sum));
}
