//! Why a model file, or the parts of one to be written, is refused.

use super::layout::{Field, HEADER, Rule};
use super::{FORMAT_VERSION, Kind, Picture};
use crate::simd::ArithmeticFault;
use core::fmt;

/// Why bytes are not a model that can be used, or why parts cannot be written as one. Its text names the
/// place, what was found and what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub(super) Fault);

/// What was found stands before what was expected, the place before both. Offsets are bytes from the start of
/// the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    NotAModel,
    Gzip,
    /// The first bytes are a model's after a program treated them as text.
    TextMode,
    /// The file is shorter or longer than it says.
    File(usize, u32),
    Crc(u32, u32),
    /// A field breaks its rule; of an f32 the bits were found.
    Field(&'static Field, u32),
    Kind(Kind, Kind),
    Picture(Picture, u32),
    /// The sizes in the header call for a file of another length.
    Sections(usize, u64),
    Padding(u64, u8),
    /// The weight's bits were found.
    NotFinite(u64, u32),
    /// A number of the map of features, of which the bits were found.
    Pair(u64, u32),
    /// A map of so many features belongs to a table.
    NoTable(Picture, u64),
    /// The offset counts from the start of the section.
    Text(&'static str, usize),
    Names(usize, usize),
    /// The address modulo 4.
    Misaligned(usize),
    TooLarge(u64),
    /// A slice has another length than the sizes call for.
    Length(&'static str, usize, u64),
    #[cfg(feature = "std")]
    Memory(usize),
    Arithmetic(ArithmeticFault),
}

impl From<ArithmeticFault> for Error {
    fn from(fault: ArithmeticFault) -> Self {
        Self(Fault::Arithmetic(fault))
    }
}

/// Whether `field` may hold `found`, in a file whose kind has the code `kind`.
pub(super) fn check(field: &'static Field, found: u32, kind: u32) -> Result<(), Error> {
    if field.admits(found, kind) { Ok(()) } else { Err(Error(Fault::Field(field, found))) }
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Fault::NotAModel => f.write_str(
                "not a monolayer model: the first 8 bytes are not a model's; give a file that `train` wrote",
            ),
            Fault::Gzip => f.write_str("a gzip file, expected a monolayer model; gunzip it"),
            Fault::TextMode => f.write_str(
                "damaged on the way: its line ends or first byte were changed, as copying in text mode does; \
                 copy the file again, as binary",
            ),
            Fault::File(found, expected) if found as u64 > u64::from(expected) => {
                write!(f, "{found} bytes, but the model ends after {expected}; copy the file again")
            }
            Fault::File(found, expected) => {
                let more = if expected as usize == HEADER { " or more" } else { "" };
                write!(f, "cut off: {found} bytes of {expected}{more}; copy the file again")
            }
            Fault::Crc(found, expected) => write!(
                f,
                "damaged: the CRC-32 of its bytes is {found:08x}, the header says {expected:08x}; copy the file again"
            ),
            Fault::Field(field, found) => broken(field, found, f),
            Fault::Kind(found, expected) => {
                write!(f, "a model of {found} weights, expected one of {expected}")
            }
            Fault::Picture(Picture { channels, height, width }, expected) => write!(
                f,
                "a picture of {channels} x {height} x {width} (channels, height, width) does not have the model's \
                 {expected} features"
            ),
            Fault::Sections(found, expected) => {
                write!(f, "{found} bytes, but the sizes in the header call for {expected}")
            }
            Fault::Padding(offset, found) => {
                write!(f, "byte {offset}: {found}, expected 0 between two sections")
            }
            Fault::NotFinite(offset, found) => write!(
                f,
                "byte {offset}: a weight is {}, expected a finite number; train again with a smaller learning rate",
                f32::from_bits(found)
            ),
            Fault::Pair(offset, found) => write!(
                f,
                "byte {offset}: {} in the map of features, expected a finite low and a finite factor of 0 or more",
                f32::from_bits(found)
            ),
            Fault::NoTable(Picture { channels, height, width }, features) => write!(
                f,
                "a map of features and a picture of {channels} x {height} x {width} (channels, height, width), \
                 expected 1 x 1 x {features}"
            ),
            Fault::Text(section, offset) => {
                write!(f, "{section}, byte {offset}: expected UTF-8 text without control characters")
            }
            Fault::Names(found, expected) => {
                write!(f, "{found} class names, expected one for each of {expected} classes")
            }
            Fault::Misaligned(found) => write!(
                f,
                "the model's bytes begin {found} past a multiple of 4, where f32 cannot be read; \
                 embed them with include_model!, or copy them with weights::realign"
            ),
            Fault::TooLarge(found) => write!(
                f,
                "the model would take {found} bytes, more than a model file can hold; use fewer hidden units"
            ),
            Fault::Length(what, found, expected) => {
                write!(f, "{what} has length {found}, expected {expected}")
            }
            #[cfg(feature = "std")]
            Fault::Memory(size) => {
                write!(f, "no memory for {size} bytes; end other programs or raise the limit (ulimit -v)")
            }
            Fault::Arithmetic(fault) => fault.fmt(f),
        }
    }
}

/// Says that a field holds `found`, and what it may hold.
fn broken(field: &Field, found: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Field { offset, name, .. } = field;
    match field.rule {
        Rule::Version(least, most) if found > most => {
            write!(f, "from a newer monolayer: {name} {found} (byte {offset}), but this one knows ")?;
            range(least, most, f)?;
            f.write_str("; update monolayer")
        }
        Rule::Version(least, most) | Rule::Between(least, most) => {
            write!(f, "byte {offset}: {name} is {found}, expected ")?;
            range(least, most, f)
        }
        Rule::Scale => {
            let found = f32::from_bits(found);
            write!(f, "byte {offset}: {name} is {found}, expected more than 0 and at most 65535")
        }
        Rule::Int8(most) => {
            write!(f, "byte {offset}: {name} is {found}, expected 0 to {most} with int8 weights, 0 with f32")
        }
        Rule::Frame => write!(f, "byte {offset}: {name} is {found}, expected format {FORMAT_VERSION}"),
    }
}

/// The numbers from `least` to `most`.
fn range(least: u32, most: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if least == most { write!(f, "{most}") } else { write!(f, "{least} to {most}") }
}
