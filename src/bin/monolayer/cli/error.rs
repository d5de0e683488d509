//! Why a command ended without its result, and with which exit status.

use core::fmt;
use std::io;

use super::console::{printable, quoted};
use monolayer::data::ErrorKind;
use monolayer::train::{self, Step};
use monolayer::{data, store};

/// Why a command ended: the message that it ends with.
#[derive(Debug)]
pub enum Error {
    /// The command line was not understood.
    Usage(String),
    /// The work failed.
    Failed(String),
    /// stdout did not take the results.
    Stdout(io::Error),
}

impl Error {
    /// What is wrong with a file.
    pub fn of_file(file: &str, error: impl fmt::Display) -> Self {
        Self::Failed(format!("{}: {error}", printable(file)))
    }

    /// 1: the work failed; 2: the command line was not understood; 0: the reader of stdout closed it after
    /// enough results, which is no failure.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Failed(_) | Self::Stdout(_) => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Failed(text) => f.write_str(text),
            Self::Stdout(error) => write!(f, "stdout: {error}; the results could not be written"),
        }
    }
}

impl From<data::Error> for Error {
    fn from(error: data::Error) -> Self {
        let hint = match (error.kind(), error.column()) {
            (ErrorKind::PictureSize, _) => ", or have `predict --fit` do it".into(),
            (ErrorKind::UnknownShape, _) => "; leave out --fit".into(),
            (ErrorKind::Model, _) => ": give it as --model".into(),
            (ErrorKind::NoLabel, _) => "\nadd --label first or --label last, or --label NAME".into(),
            (ErrorKind::Column, Some(name)) => format!(" (--ignore {})", printable(&quoted(name))),
            _ => String::new(),
        };
        Self::Failed(format!("{error}{hint}"))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A setting that training refuses is an option's value: the parser checks each value by itself only.
impl From<train::Error> for Error {
    fn from(error: train::Error) -> Self {
        let hint = hint(&error);
        match error {
            train::Error::Setting { .. } => Self::Usage(format!("--{error}{hint}")),
            _ => Self::Failed(format!("{error}{hint}")),
        }
    }
}

/// The options that may help where training failed.
pub fn hint(error: &train::Error) -> String {
    match error {
        train::Error::Diverged { config, .. } => {
            let (ascent, mut out) = (config.ascent(1), String::from("\ntry "));
            // The penalty alone multiplies the weights by 1 - eta lambda a step.
            if ascent.eta * ascent.lambda >= 2.0 {
                out += "a smaller --lambda, ";
            }
            out += "a smaller --lr (a tenth)";
            if config.step == Step::Sum && config.batch > 1 {
                out += ", --step mean";
            }
            if config.scale < 255.0 {
                out += ", pixels scaled to 0..1 with --scale 255";
            }
            out
        }
        train::Error::Setting { name: "lr", .. } => "; --step mean divides it by --batch".into(),
        train::Error::NotInt8 => "; train again with a smaller --lr or a greater --lambda".into(),
        train::Error::Threads { started, .. } => format!("; try --threads {started}"),
        train::Error::Memory { .. } => "; try fewer --hidden units or a smaller --batch".into(),
        train::Error::OtherRun(_) => "\ngive that run's options and data, or another --checkpoint".into(),
        _ => String::new(),
    }
}

/// Commands do no input or output of their own except for writing results.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Stdout(error)
    }
}
