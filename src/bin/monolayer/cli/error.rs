//! Why a command ended without its result, and with which exit status.

use core::fmt;
use std::io;

use super::args;
use super::console::printable;
use super::options::{INT8_FORMATS, one_of};
use monolayer::data::ErrorKind;
use monolayer::train::checkpoint::CheckpointError;
use monolayer::{data, store, train, weights};
use monolayer::{export, import};

/// Why a command ended.
#[derive(Debug)]
pub enum Error {
    /// The command line was not understood.
    Usage(args::Error),
    /// The data set or the pictures.
    Data(data::Error),
    /// A file that is not data.
    Store(store::Error),
    /// The model file of this name, or the model to be written there.
    Model(String, weights::Error),
    /// The model of this name cannot be written in another format.
    Export(String, export::Error),
    /// This option is for --int8.
    NeedsInt8 { option: &'static str },
    /// The model of this file has int8 weights, and --int8 is given.
    Int8Already { file: String },
    /// --int8 is given, and this format has f32 weights alone.
    NotForInt8 { format: &'static str },
    /// This format has f32 weights alone, and the model int8 weights.
    NoInt8 { format: &'static str },
    /// In integers the model loses so many points of accuracy, more than --max-loss allows.
    Loss { found: f64, most: f64 },
    /// The weights of this file, trained elsewhere.
    Import(String, import::Error),
    /// So many pixels are no picture whose sides a model file can hold.
    NoPicture { file: String, pixels: usize },
    /// A C source is not to be called this.
    SourceName { found: String },
    /// Training or testing.
    Train(train::Error),
    /// This machine's arithmetic is not the contract's.
    Arithmetic(weights::Error),
    /// The instruction set of this name is not to be had here; these are.
    NoIsa { found: &'static str, available: String },
    /// No --data, and a build without the embedded digits.
    #[cfg_attr(feature = "digits", allow(dead_code))]
    NoDigits,
    /// The data have no images of this sort.
    NoImages { data: String, lacking: &'static str },
    /// The data are of this kind, which has no coarse labels.
    NoCoarseLabels { data: String, kind: &'static str },
    /// So many of the files to label were bad; each has been told of.
    SomeFiles { bad: usize, of: usize },
    /// Model and data differ in this size.
    Mismatch { what: &'static str, model: (String, u64), data: (String, u64) },
    /// The gradient check found these, perhaps because an error of this name was planted.
    Gradient { planted: Option<&'static str>, findings: String },
    /// The gradient check did not find the error of this name.
    PlantNotFound { planted: &'static str },
    /// The checkpoint of this name.
    Checkpoint(String, CheckpointError),
    /// The test images' accuracy is below what was asked for.
    Target { found: f64, target: f64 },
    /// A line of a grid's results file, which is to be added to or only read.
    Results { file: String, line: usize, why: String, adding: bool },
    /// So many FILEs that are to hold results of grids have none.
    NoResults { file: String, of: usize },
    /// The data that --mnist or --cifar names are others.
    NotTheReferences { option: &'static str, data: String, kind: &'static str },
    /// stdout did not take the results.
    Stdout(io::Error),
}

impl Error {
    /// 1: the work failed; 2: the command line was not understood; 0: whoever read stdout has seen enough
    /// results; a model that went there and was not taken whole is a failure.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::SourceName { .. }
            | Self::NeedsInt8 { .. }
            | Self::NotForInt8 { .. }
            | Self::Train(train::Error::Setting { .. }) => 2,
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            _ => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => error.fmt(f),
            Self::Data(error) => {
                error.fmt(f)?;
                f.write_str(match error.kind() {
                    ErrorKind::PictureSize => ", or have `predict --fit` do it",
                    ErrorKind::UnknownShape => "; leave out --fit",
                    ErrorKind::Model => ": give it as --model",
                    _ => "",
                })
            }
            Self::Store(error) => error.fmt(f),
            Self::Model(file, error) => write!(f, "{}: {error}", printable(file)),
            Self::Export(file, error) => write!(f, "{}: {error}", printable(file)),
            Self::NeedsInt8 { option } => {
                write!(f, "--{option} is for --int8, which quantises the model by these data; give both or none")
            }
            Self::Int8Already { file } => {
                write!(f, "{}: int8 already, expected f32 weights; leave --int8 out", printable(file))
            }
            Self::NotForInt8 { format } => {
                let takers = one_of(INT8_FORMATS);
                write!(f, "--int8: found --format {format}, expected {takers}; the others have f32 weights")
            }
            Self::NoInt8 { format } => {
                write!(f, "--format {format}: found int8 weights, expected f32; c, rust and mono take both")
            }
            Self::Loss { found, most } => write!(
                f,
                "int8 loses {found:.2} points of accuracy, expected at most {most} (--max-loss); nothing was written\n\
                 more hidden units or a greater --lambda may help"
            ),
            Self::Import(file, error) => write!(f, "{}: {error}", printable(file)),
            Self::NoPicture { file, pixels } => write!(
                f,
                "{}: {pixels} pixels, expected at most 65535, a square, or three planes of one",
                printable(file)
            ),
            Self::SourceName { found } => write!(
                f,
                "--out: found `{}`, expected NAME.c, NAME of letters, digits, spaces, `_`, `-`, `+` and `.`; the header \
                 goes beside it as NAME.h",
                printable(found)
            ),
            Self::Train(error @ train::Error::Setting { name, .. }) => {
                write!(f, "--{error}")?;
                // The parser has seen to the rate itself.
                f.write_str(if *name == "lr" { "; --step mean divides it by --batch" } else { "" })
            }
            Self::Train(error) => error.fmt(f),
            Self::Arithmetic(error) => error.fmt(f),
            Self::NoIsa { found, available } => {
                write!(f, "--isa {found}: this machine or this build does not have it; it has {available}")
            }
            Self::NoDigits => f.write_str(
                "no data: this build is without the embedded digits (feature `digits`); `train --data PATH` takes others",
            ),
            Self::NoImages { data, lacking } => {
                write!(f, "{}: no {lacking} images in it; this command needs them", printable(data))
            }
            Self::NoCoarseLabels { data, kind } => write!(
                f,
                "--labels coarse: found {} ({kind}), expected CIFAR-100; leave the option out for other data",
                printable(data)
            ),
            Self::SomeFiles { bad, of } => write!(f, "{bad} of {of} files could not be labelled"),
            Self::Mismatch { what, model, data } => {
                let (model_file, in_model) = model;
                let (data_file, in_data) = data;
                write!(
                    f,
                    "{}: {in_data} {what}, but the model {} was trained on {in_model}\n\
                     test it on data of the kind that it was trained on; `monolayer info FILE` describes both",
                    printable(data_file),
                    printable(model_file)
                )
            }
            Self::Gradient { planted, findings } => {
                write!(f, "gradient check: {findings}")?;
                match planted {
                    Some(planted) => write!(f, "\nthat was to be: --plant {planted} puts an error into the gradient"),
                    None => Ok(()),
                }
            }
            Self::PlantNotFound { planted } => write!(
                f,
                "gradient check: the error of --plant {planted} was not found: here it makes no difference of {:e}",
                train::gradcheck::TOLERANCE
            ),
            Self::Checkpoint(file, error) => write!(f, "{}: {error}", printable(file)),
            Self::Target { found, target } => {
                write!(f, "the accuracy on the test images is {found}, below --target-accuracy {target}")
            }
            Self::Results { file, line, why, adding } => {
                write!(f, "{}: line {line}: not a result that can be used: {why}", printable(file))?;
                match adding {
                    true => f.write_str("\nmove the file away, or the line, or give another --out"),
                    false => f.write_str("\nleave the file out, or take the line away"),
                }
            }
            Self::NoResults { file, of } => {
                let others = if *of > 1 { ", nor in the other files" } else { "" };
                write!(f, "{}: no results in it{others}; expected lines that `grid --out` wrote", printable(file))
            }
            Self::NotTheReferences { option, data, kind } => write!(
                f,
                "--{option} {}: found {kind} data, which the reference's rows are not about; --data takes them",
                printable(data)
            ),
            Self::Stdout(error) => write!(f, "stdout: {error}; the results could not be written"),
        }
    }
}

impl core::error::Error for Error {}

impl From<args::Error> for Error {
    fn from(error: args::Error) -> Self {
        Self::Usage(error)
    }
}

impl From<data::Error> for Error {
    fn from(error: data::Error) -> Self {
        Self::Data(error)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<train::Error> for Error {
    fn from(error: train::Error) -> Self {
        Self::Train(error)
    }
}

/// Everything that a command does with `io` itself is writing results.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Stdout(error)
    }
}
