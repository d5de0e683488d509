//! What can go wrong in training and testing.

use super::Config;
use crate::simd::ArithmeticFault;
use std::fmt;
use std::string::String;

/// Why training or testing ended without a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// A weight became infinite or NaN.
    Diverged {
        /// The epoch, from 1, at whose end it was found.
        epoch: u32,
        /// The run's.
        config: Config,
    },
    /// A setting is out of its range.
    Setting {
        /// Its name.
        name: &'static str,
        /// What it was.
        found: String,
        /// What it may be.
        expected: String,
    },
    /// There is nothing to train or test on.
    NoImages,
    /// A label is not below the number of classes.
    Label {
        /// The image's index.
        index: usize,
        /// Its label.
        found: u8,
        /// K.
        classes: usize,
    },
    /// The images have another size than the model takes.
    Features {
        /// Pixels an image.
        found: usize,
        /// D of the model.
        expected: usize,
    },
    /// Pixels that are not a whole number of images.
    Pixels {
        /// How many there are.
        found: usize,
        /// D.
        features: usize,
    },
    /// The number of pixels an image is out of its range.
    Size {
        /// D.
        found: usize,
    },
    /// The number of classes is out of its range.
    Classes {
        /// K.
        found: usize,
    },
    /// The weights would not fit the largest model file, of 4 GiB.
    Weights {
        /// M.
        hidden: usize,
        /// D.
        features: usize,
    },
    /// The network to go on with is of other sizes, activation or scale than the run's.
    OtherNetwork,
    /// A network's weights are too great, or too many, for sums of 32 bits.
    NotInt8,
    /// The system did not start as many threads as were asked for.
    Threads {
        /// Workers asked for.
        asked: usize,
        /// Workers there were.
        started: usize,
    },
    /// This machine's arithmetic is not the contract's.
    Arithmetic(ArithmeticFault),
    /// An allocation failed.
    Memory {
        /// Bytes asked for.
        bytes: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Diverged { epoch, config: Config { activation, lr, lambda, step, scale, .. } } => write!(
                f,
                "training diverged: a weight is no longer finite at the end of epoch {epoch} ({} units, lr {lr:?}, \
                 lambda {lambda:?}, step {}, scale {scale:?})",
                activation.name(),
                step.name()
            ),
            Self::Setting { name, found, expected } => write!(f, "{name} is {found}, expected {expected}"),
            Self::NoImages => write!(f, "there are no images to work on"),
            Self::Label { index, found, classes } => {
                write!(
                    f,
                    "image {index} has the label {found}, expected one below {classes}, the number of classes"
                )
            }
            Self::Features { found, expected } => {
                write!(f, "the images have {found} pixels each, but the model takes {expected}")
            }
            Self::Pixels { found, features } => {
                write!(f, "{found} pixels are not a whole number of images of {features}")
            }
            Self::Size { found } => {
                write!(f, "the images have {found} pixels each, expected 1 to 16777216")
            }
            Self::Classes { found } => write!(f, "there are {found} classes, expected 2 to 128"),
            Self::Weights { hidden, features } => write!(
                f,
                "{hidden} hidden units of {features} pixels are more weights than a model file of 4 GiB holds"
            ),
            Self::OtherNetwork => {
                f.write_str("the network to go on with has not the sizes, activation and scale of the run")
            }
            Self::NotInt8 => f.write_str("the weights do not fit the sums of an int8 model"),
            Self::Threads { asked, started } => write!(f, "the system started {started} threads of {asked}"),
            Self::Arithmetic(fault) => write!(f, "{fault}"),
            Self::Memory { bytes } => write!(f, "not enough memory: {bytes} bytes could not be allocated"),
        }
    }
}

impl std::error::Error for Error {}
