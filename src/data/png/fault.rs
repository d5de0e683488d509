//! What can be wrong with a PNG file: one variant a way, and the words for people.

use core::fmt;
use std::string::String;
use std::vec::Vec;

use super::{MOST_ACROSS, MOST_PIXELS};
use crate::data::inflate::Fault as DeflateFault;

/// Why a PNG file cannot be decoded.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The first eight bytes are not PNG's; most often a program took the file for text.
    Signature,
    /// The file ends before the picture does.
    Truncated,
    /// A chunk's name is not four letters.
    ChunkName {
        /// What stands there.
        found: [u8; 4],
    },
    /// A chunk does not have the checksum that it carries.
    Checksum {
        /// The chunk's name.
        chunk: [u8; 4],
        /// CRC-32 of its name and data.
        found: u32,
        /// What the file says.
        expected: u32,
    },
    /// A chunk where it may not stand, or a second time.
    Misplaced {
        /// Its name.
        chunk: [u8; 4],
    },
    /// A chunk that a decoder must understand, and none does.
    Unknown {
        /// Its name.
        chunk: [u8; 4],
    },
    /// A chunk that has to be there, before what was found.
    Missing {
        /// Its name.
        chunk: &'static str,
    },
    /// A chunk of a length that its sort cannot have.
    Length {
        /// Its name.
        chunk: [u8; 4],
        /// Bytes in it.
        found: usize,
    },
    /// More pixels than are taken, or none.
    Size {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A depth and a colour type that do not go together.
    Depth {
        /// Bits a sample.
        depth: u8,
        /// Colour type.
        colour: u8,
    },
    /// A compression, filter or interlace method that nobody defined.
    Method {
        /// Which of them.
        what: &'static str,
        /// The method.
        found: u8,
    },
    /// Fewer compressed bytes than could hold so many pixels.
    Claim {
        /// Compressed bytes.
        found: usize,
        /// Bytes they would have to become.
        expected: u64,
    },
    /// The compressed data do not begin as zlib data without a dictionary.
    Zlib {
        /// The two bytes.
        found: [u8; 2],
    },
    /// The decompressed data do not have the checksum behind them.
    Adler {
        /// Their Adler-32.
        found: u32,
        /// What the file says.
        expected: u32,
    },
    /// A row's filter that nobody defined.
    Filter {
        /// Its number.
        found: u8,
    },
    /// A pixel that the palette has no colour for.
    Colour {
        /// The pixel.
        found: u16,
        /// Colours in the palette.
        expected: usize,
    },
    /// The compressed data hold less, or more, than the picture.
    Rows {
        /// Bytes of the picture.
        expected: u64,
        /// Whether it is more.
        more: bool,
    },
    /// There is no memory for the pixels.
    Memory {
        /// Bytes they take.
        size: u64,
    },
    /// The compressed data are damaged or end too early.
    Deflate(DeflateFault),
}

/// A fault and where it is.
#[derive(Debug)]
pub struct Error {
    /// Byte of the file, from 0.
    pub offset: u64,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PNG, byte {}: {}", self.offset, self.fault)
    }
}

impl core::error::Error for Error {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |chunk: &[u8; 4]| chunk.escape_ascii().collect::<Vec<_>>();
        let name = |chunk| String::from_utf8_lossy(&name(chunk)).into_owned();
        match self {
            Self::Signature => {
                write!(f, "a PNG file whose first 8 bytes were changed, as by a transfer as text")
            }
            Self::Truncated => write!(f, "found the end of the PNG file, expected more of it"),
            Self::ChunkName { found } => {
                write!(f, "a PNG chunk named `{}`, expected four letters", name(found))
            }
            Self::Checksum { chunk, found, expected } => {
                write!(f, "the CRC-32 of PNG chunk {} is {found:08x}, expected {expected:08x}", name(chunk))
            }
            Self::Misplaced { chunk } => {
                write!(f, "PNG chunk {} where it may not be, or a second time", name(chunk))
            }
            Self::Unknown { chunk } => write!(f, "PNG chunk {}, which no standard has", name(chunk)),
            Self::Missing { chunk } => write!(f, "no PNG chunk {chunk} before this place"),
            Self::Length { chunk, found } => write!(f, "PNG chunk {} of {found} bytes", name(chunk)),
            Self::Size { width, height } => {
                write!(
                    f,
                    "a PNG picture of {width} x {height} pixels, expected 1 to {MOST_ACROSS} each way \
                     and at most {MOST_PIXELS}"
                )
            }
            Self::Depth { depth, colour } => {
                write!(f, "PNG colour type {colour} with {depth} bits a sample, which do not go together")
            }
            Self::Method { what, found } => write!(f, "PNG {what} method {found}, which no standard has"),
            Self::Claim { found, expected } => {
                write!(f, "{found} compressed bytes, too few for the picture's {expected}")
            }
            Self::Zlib { found: [a, b] } => write!(f, "{a:02x} {b:02x} where zlib data should begin"),
            Self::Adler { found, expected } => {
                write!(f, "the pixels' Adler-32 is {found:08x}, expected {expected:08x}")
            }
            Self::Filter { found } => write!(f, "PNG filter {found}, expected 0 to 4"),
            Self::Colour { found, expected } => {
                write!(f, "colour {found} of a palette that has {expected}")
            }
            Self::Rows { expected, more } => {
                let than = if *more { "more" } else { "fewer" };
                write!(f, "{than} pixels than the header says, expected {expected} bytes of them")
            }
            Self::Memory { size } => write!(f, "no memory for {size} bytes of pixels"),
            Self::Deflate(fault) => write!(f, "{fault}"),
        }
    }
}
