//! A trained model for another place: C, Rust, a page to draw on, ONNX, safetensors, NumPy. C and Rust take
//! either kind of weights.
//!
//! Each module writes one format and says what its files hold. The weights leave without the loss of a bit;
//! what is computed from them is the contract's where this crate writes the arithmetic (C, Rust, HTML), and
//! near it where another program brings its own (ONNX).
//!
//! Letters: D features (pixels), M hidden units, K classes.

pub mod c;
mod constants;
pub mod html;
mod layers;
mod model;
pub mod npz;
pub mod onnx;
pub mod rust;
pub mod safetensors;
mod selftest;

use crate::infer;
use core::fmt;
pub use model::Model;
use model::Sizes;
use std::vec::Vec;

/// Why a model cannot be written in a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The format cannot hold so much.
    TooLarge {
        /// The format's name.
        format: &'static str,
        /// The bytes that the file would have.
        found: u64,
        /// The most that it can have.
        most: u64,
    },
    /// The model's pictures have no height and width.
    NoShape {
        /// Their pixels.
        features: usize,
    },
    /// The model's pictures are neither grey nor of three colours.
    Channels {
        /// Their planes.
        found: u16,
    },
    /// There is no memory for the file.
    Memory {
        /// Its size.
        size: u64,
    },
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { format, found, most } => write!(
                f,
                "the model would take {found} bytes as {format}, which can hold {most}; export it as safetensors"
            ),
            Self::NoShape { features } => write!(
                f,
                "pictures of {features} pixels in one row, expected a height and a width to draw in; export another format"
            ),
            Self::Channels { found } => write!(
                f,
                "pictures of {found} channels, expected 1 or 3, which can be drawn or seen; export another format"
            ),
            Self::Memory { size } => {
                write!(f, "no memory for {size} bytes; end other programs or raise the limit (ulimit -v)")
            }
        }
    }
}

/// Whole numbers that say what a model costs where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Bytes of constant data, weights and tables: flash on a device.
    pub flash: u64,
    /// Bytes of memory that the caller hands over, or that a runtime needs for the values between the layers.
    pub scratch: u64,
    /// The most bytes of stack on a 32-bit processor, where this crate writes the code.
    pub stack: Option<u64>,
    /// Multiply-adds of one picture without a zero pixel: D M + M K.
    pub multiply_adds: u64,
}

/// D M + M K.
fn multiply_adds(sizes: Sizes) -> u64 {
    let (features, hidden, classes) = (sizes.features as u64, sizes.hidden as u64, sizes.classes as u64);
    features * hidden + hidden * classes
}

/// What a format costs that holds weights in f32 and leaves the arithmetic to others: D + M + K floats lie
/// between its layers.
pub fn cost_of_weights(model: &Model) -> Cost {
    let sizes @ Sizes { features, hidden, classes, .. } = model.sizes();
    Cost {
        flash: 4 * ((features + 1) * hidden + (hidden + 1) * classes) as u64,
        scratch: 4 * (features + hidden + classes) as u64,
        stack: None,
        multiply_adds: multiply_adds(sizes),
    }
}

/// Bytes of stack that `predict` takes besides its scratch on a 32-bit processor, at most: tools/device
/// measured 496 on a Cortex-M4F and 548 on an M0.
const STACK_OF_PREDICT: u64 = 640;

/// What a model costs whose file, of so many bytes, this crate runs where it lies.
pub fn cost_of_file(model: &Model, bytes: usize) -> Cost {
    let sizes @ Sizes { hidden, classes, .. } = model.sizes();
    let words = match model {
        Model::F32(_) => infer::scratch_len(hidden, classes),
        Model::Int8(_) => infer::int8::scratch_len(hidden, classes),
    };
    Cost {
        flash: bytes as u64,
        scratch: 4 * words as u64,
        stack: Some(STACK_OF_PREDICT),
        multiply_adds: multiply_adds(sizes),
    }
}

/// An empty file with room for `size` bytes.
fn room(size: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let count = usize::try_from(size).map_err(|_| Error::Memory { size })?;
    bytes.try_reserve_exact(count).map_err(|_| Error::Memory { size })?;
    Ok(bytes)
}
