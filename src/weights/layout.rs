//! The one table of the model file's header, which the writer fills and the view checks, and where the
//! sections lie.
//!
//! Everything is little-endian. After the 64 bytes of the header come, without a gap but for the zero bytes
//! that bring `w2` to a multiple of [`ALIGN`]:
//!
//! | section | what | bytes |
//! |---|---|---|
//! | w1 | (D+1, M) f32, feature by feature, the biases first | 4 (D+1) M |
//! | w2 | (M+1, K) f32, unit by unit, the biases first | 4 (M+1) K |
//! | names | UTF-8, the name of each class and a line feed | as the header says |
//! | training | UTF-8 lines `key=value`, for people and the host; a device skips them | as the header says |
//!
//! The sections' places follow from the sizes, so no offset is stored that could contradict them.
//!
//! The first 20 bytes (magic, format, contract, length, CRC) are the same in every format to come: that is how
//! a reader tells a newer file from a damaged one.

use super::{Error, FORMAT_VERSION};
use crate::CONTRACT_VERSION;

/// Bytes of the header.
pub const HEADER: usize = 64;

/// `w1` and `w2` begin at multiples of this many bytes from the start of the file.
pub const ALIGN: usize = 16;

/// What every file begins with: not ASCII, so that no text file has it, then line ends that a copy in text mode
/// changes.
pub const MAGIC: [u8; 8] = *b"\x9Dmono\r\n\n";

/// What a header field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Checked before the table is: see [`View::new`](super::View::new).
    Frame,
    /// A whole number from the first to the second; a greater one means a newer writer.
    Version(u32, u32),
    /// A whole number from the first to the second.
    Between(u32, u32),
    /// The bits of an f32 greater than 0 and at most 65535.
    Scale,
}

/// One field of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it begins, in bytes from the start of the file.
    pub offset: usize,
    /// Its bytes.
    pub size: usize,
    /// Its name, for people.
    pub name: &'static str,
    /// What it may hold.
    pub rule: Rule,
}

/// Every byte of the header, in order.
pub static TABLE: [Field; 19] = [
    MAGIC_FIELD,
    FORMAT,
    CONTRACT,
    LENGTH,
    CRC,
    KIND,
    ACTIVATION,
    CLASSES,
    FEATURES,
    HIDDEN,
    SCALE,
    CHANNELS,
    HEIGHT,
    WIDTH,
    RESERVED,
    NAMES_LEN,
    TRAINING_LEN,
    RESERVED_2,
    RESERVED_3,
];

const MAGIC_FIELD: Field = field(0, 8, "magic", Rule::Frame);
pub(super) const FORMAT: Field = field(8, 2, "format", Rule::Version(1, FORMAT_VERSION as u32));
pub(super) const CONTRACT: Field =
    field(10, 2, "numeric contract", Rule::Version(1, CONTRACT_VERSION as u32));
pub(super) const LENGTH: Field = field(12, 4, "file length", Rule::Frame);
pub(super) const CRC: Field = field(16, 4, "CRC-32", Rule::Frame);
/// 0: f32 weights. 1 is kept for int8.
pub(super) const KIND: Field = field(20, 1, "kind of weights", Rule::Version(0, 0));
pub(super) const ACTIVATION: Field = field(21, 1, "activation", Rule::Between(0, 2));
pub(super) const CLASSES: Field = field(22, 2, "number of classes", Rule::Between(2, 128));
pub(super) const FEATURES: Field = field(24, 4, "number of features", Rule::Between(1, 1 << 24));
pub(super) const HIDDEN: Field = field(28, 4, "number of hidden units", Rule::Between(1, 1 << 16));
pub(super) const SCALE: Field = field(32, 4, "pixel scale", Rule::Scale);
pub(super) const CHANNELS: Field = field(36, 2, "channels", Rule::Between(1, 0xFFFF));
pub(super) const HEIGHT: Field = field(38, 2, "height", Rule::Between(1, 0xFFFF));
pub(super) const WIDTH: Field = field(40, 2, "width", Rule::Between(1, 0xFFFF));
const RESERVED: Field = field(42, 2, "reserved", Rule::Between(0, 0));
pub(super) const NAMES_LEN: Field = field(44, 4, "bytes of class names", Rule::Between(0, 1 << 16));
pub(super) const TRAINING_LEN: Field = field(48, 4, "bytes of training text", Rule::Between(0, 1 << 20));
const RESERVED_2: Field = field(52, 4, "reserved", Rule::Between(0, 0));
const RESERVED_3: Field = field(56, 8, "reserved", Rule::Between(0, 0));

const fn field(offset: usize, size: usize, name: &'static str, rule: Rule) -> Field {
    Field { offset, size, name, rule }
}

impl Field {
    /// Its value; all ones where it has more than four bytes and they do not fit.
    pub(super) fn read(&self, header: &[u8; HEADER]) -> u32 {
        let bytes = header.iter().skip(self.offset).take(self.size).rev();
        let value = bytes.fold(0, |value, &byte| value << 8 | u64::from(byte));
        u32::try_from(value).unwrap_or(u32::MAX)
    }

    /// Stores the low bytes of `value`.
    pub(super) fn write(&self, header: &mut [u8; HEADER], value: u32) {
        let bytes = header.iter_mut().skip(self.offset).take(self.size);
        bytes.zip(value.to_le_bytes()).for_each(|(byte, value)| *byte = value);
    }

    /// Whether it may hold `found`.
    fn check(&'static self, found: u32) -> Result<(), Error> {
        let (least, greatest) = match self.rule {
            Rule::Frame => return Ok(()),
            Rule::Version(least, greatest) | Rule::Between(least, greatest) => (least, greatest),
            // Positive floats are ordered as their bits are; negative ones and NaN lie above 65535.
            Rule::Scale => (1, 65535_f32.to_bits()),
        };
        match self.rule {
            Rule::Version(..) if found > greatest => Err(Error::Newer { field: self, found }),
            _ if found < least || found > greatest => Err(Error::Field { field: self, found }),
            _ => Ok(()),
        }
    }
}

/// Holds every field of `header` against its rule, in the table's order.
pub(super) fn check(header: &[u8; HEADER]) -> Result<(), Error> {
    TABLE.iter().try_for_each(|field| field.check(field.read(header)))
}

/// Where each section ends: it begins where the one before it ends, `w2` at the next multiple of [`ALIGN`].
pub(super) struct Sections {
    pub(super) w1_end: u64,
    pub(super) w2: u64,
    pub(super) w2_end: u64,
    pub(super) names_end: u64,
    pub(super) end: u64,
}

impl Sections {
    /// The sections that a header which [`check`] accepts calls for. All sizes are below 2^43: nothing wraps,
    /// also where usize has 32 bits.
    pub(super) fn of(header: &[u8; HEADER]) -> Self {
        let value = |field: Field| u64::from(field.read(header));
        let (features, hidden, classes) = (value(FEATURES), value(HIDDEN), value(CLASSES));
        let w1_end = HEADER as u64 + 4 * (features + 1) * hidden;
        let w2 = w1_end.next_multiple_of(ALIGN as u64);
        let w2_end = w2 + 4 * (hidden + 1) * classes;
        let names_end = w2_end + value(NAMES_LEN);
        Self { w1_end, w2, w2_end, names_end, end: names_end + value(TRAINING_LEN) }
    }
}
