//! Why a model file, or the parts of one to be written, is refused.

use super::layout::{Field, HEADER, Rule};
use super::{FORMAT_VERSION, Kind, Picture};
use crate::simd::ArithmeticFault;
use core::fmt;

/// Why bytes are not a model that can be used, or why parts cannot be written as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Fewer bytes than a header has.
    TooShort {
        /// The bytes that are there.
        found: usize,
    },
    /// The first bytes are not a model's.
    NotAModel,
    /// The bytes are a gzip file.
    Gzip,
    /// The first bytes are a model's after a program treated them as text.
    TextMode,
    /// The file is shorter than it says.
    Truncated {
        /// The bytes that are there.
        found: usize,
        /// The length that the header gives.
        expected: u32,
    },
    /// The file is longer than it says.
    Trailing {
        /// The bytes that are there.
        found: usize,
        /// The length that the header gives.
        expected: u32,
    },
    /// The bytes are not those that were written.
    Crc {
        /// The CRC-32 of the bytes.
        found: u32,
        /// The CRC-32 that the header gives.
        expected: u32,
    },
    /// A version that this one does not know.
    Newer {
        /// The field that says so.
        field: &'static Field,
        /// What it holds.
        found: u32,
    },
    /// A header field breaks its rule.
    Field {
        /// The field.
        field: &'static Field,
        /// What it holds (for an f32, its bits).
        found: u32,
    },
    /// The file holds weights of another kind than the reader takes.
    Kind {
        /// The kind that is there.
        found: Kind,
        /// The kind that was asked for.
        expected: Kind,
    },
    /// channels · height · width is not the number of features.
    Picture {
        /// The picture's shape.
        found: Picture,
        /// The number of features.
        expected: u32,
    },
    /// The sizes in the header call for another file length.
    Sections {
        /// The file's length.
        found: usize,
        /// The length that the sizes call for.
        expected: u64,
    },
    /// A byte between two sections is not 0.
    Padding {
        /// Where, in bytes from the start of the file.
        offset: u64,
        /// The byte.
        found: u8,
    },
    /// A weight is infinite or NaN.
    NotFinite {
        /// Where, in bytes from the start of the file.
        offset: u64,
        /// The weight's bits.
        found: u32,
    },
    /// A text is not UTF-8, or holds a control character other than the line feeds between lines.
    Text {
        /// `class names` or `training text`.
        section: &'static str,
        /// Where, in bytes from the start of the section.
        offset: usize,
    },
    /// The class names are not one line a class.
    Names {
        /// The lines, or names, that are there.
        found: usize,
        /// The number of classes.
        expected: usize,
    },
    /// The bytes do not lie at an address that numbers of up to four bytes can be read from.
    Misaligned {
        /// The address modulo 4.
        found: usize,
    },
    /// The file to be written would be longer than 4 GiB − 1, or than this machine can address.
    TooLarge {
        /// The bytes that it would have.
        found: u64,
    },
    /// A slice handed to `encode` has another length than the sizes call for.
    Length {
        /// Its name: `w1`, `w2`, `out`, or one of [`Quantised`](super::Quantised)'s.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that the sizes call for.
        expected: u64,
    },
    /// This machine's arithmetic is not the contract's.
    Arithmetic(ArithmeticFault),
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort { found } => write!(
                f,
                "cut off: {found} bytes, but a model file's header alone has {HEADER}; copy the file again"
            ),
            Self::NotAModel => f.write_str(
                "not a monolayer model: the first 8 bytes are not a model's; give a file that `train` wrote",
            ),
            Self::Gzip => f.write_str("a gzip file, expected a monolayer model; gunzip it"),
            Self::TextMode => f.write_str(
                "damaged on the way: its line ends or first byte were changed, as copying in text mode does; \
                 copy the file again, as binary",
            ),
            Self::Truncated { found, expected } => {
                write!(f, "cut off: {found} bytes of {expected}; copy the file again")
            }
            Self::Trailing { found, expected } => {
                write!(f, "{found} bytes, but the model ends after {expected}; copy the file again")
            }
            Self::Crc { found, expected } => write!(
                f,
                "damaged: the CRC-32 of its bytes is {found:08x}, the header says {expected:08x}; copy the file again"
            ),
            Self::Newer { field, found } => {
                write!(
                    f,
                    "from a newer monolayer: {} {found} (byte {}), but this one knows ",
                    field.name, field.offset
                )?;
                match field.rule {
                    Rule::Version(least, greatest) if least < greatest => write!(f, "{least} to {greatest}")?,
                    Rule::Version(_, greatest) => write!(f, "{greatest}")?,
                    _ => write!(f, "format {FORMAT_VERSION}")?,
                }
                f.write_str("; update monolayer")
            }
            Self::Field { field, found } => {
                write!(f, "byte {}: {} is ", field.offset, field.name)?;
                match field.rule {
                    Rule::Scale => {
                        write!(f, "{}, expected more than 0 and at most 65535", f32::from_bits(found))
                    }
                    Rule::Version(least, most) | Rule::Between(least, most) if least == most => {
                        write!(f, "{found}, expected {least}")
                    }
                    Rule::Version(least, most) | Rule::Between(least, most) => {
                        write!(f, "{found}, expected {least} to {most}")
                    }
                    Rule::Int8(most) => {
                        write!(f, "{found}, expected 0 to {most} with int8 weights, 0 with f32")
                    }
                    Rule::Frame => write!(f, "{found}"),
                }
            }
            Self::Kind { found, expected } => {
                write!(f, "a model of {} weights, expected one of {}", found.name(), expected.name())
            }
            Self::Picture { found: Picture { channels, height, width }, expected } => write!(
                f,
                "a picture of {channels} x {height} x {width} (channels, height, width) does not have the model's \
                 {expected} features"
            ),
            Self::Sections { found, expected } => {
                write!(f, "{found} bytes, but the sizes in the header call for {expected}")
            }
            Self::Padding { offset, found } => {
                write!(f, "byte {offset}: {found}, expected 0 between two sections")
            }
            Self::NotFinite { offset, found } => write!(
                f,
                "byte {offset}: a weight is {}, expected a finite number; train again with a smaller --lr",
                f32::from_bits(found)
            ),
            Self::Text { section, offset } => {
                write!(f, "{section}, byte {offset}: expected UTF-8 text without control characters")
            }
            Self::Names { found, expected } => {
                write!(f, "{found} class names, expected one for each of {expected} classes")
            }
            Self::Misaligned { found } => write!(
                f,
                "the model's bytes begin {found} past a multiple of 4, where f32 cannot be read; \
                 embed them with include_model!, or copy them with weights::realign"
            ),
            Self::TooLarge { found } => {
                write!(
                    f,
                    "the model would take {found} bytes, more than a model file can hold; use fewer hidden units"
                )
            }
            Self::Length { what, found, expected } => {
                write!(f, "{what} has length {found}, expected {expected}")
            }
            Self::Arithmetic(fault) => fault.fmt(f),
        }
    }
}
