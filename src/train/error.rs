//! What can go wrong in training and testing.

use super::Config;
use crate::simd::ArithmeticFault;
use std::fmt;

/// Why training or testing ended without a result.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
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
    /// The images, or the network's sizes, are not what is needed: where, what was found and what was
    /// expected.
    Input(String),
    /// Bytes are not a checkpoint that can be used: what was found and what was expected.
    Checkpoint(String),
    /// A checkpoint is that of another run: what differs.
    OtherRun(String),
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
                 lambda {lambda:?}, step {step}, scale {scale:?})",
                activation.name(),
            ),
            Self::Setting { name, found, expected } => write!(f, "{name} is {found}, expected {expected}"),
            Self::Input(text) | Self::Checkpoint(text) => f.write_str(text),
            Self::OtherRun(differences) => write!(f, "a checkpoint of another run: {differences}"),
            Self::NotInt8 => f.write_str("the weights do not fit the sums of an int8 model"),
            Self::Threads { asked, started } => write!(f, "the system started {started} threads of {asked}"),
            Self::Arithmetic(fault) => write!(f, "{fault}"),
            Self::Memory { bytes } => write!(f, "not enough memory: {bytes} bytes could not be allocated"),
        }
    }
}

impl std::error::Error for Error {}
