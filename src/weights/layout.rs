//! The one table of the model file's header, which the writer fills in and the view checks, and where the
//! sections lie (CONTRACT C16).
//!
//! Everything is little-endian. After the 64 bytes of the header come, without a gap but for the zero bytes
//! that bring `w2` to a multiple of [`ALIGN`]:
//!
//! | section | what | bytes |
//! |---|---|---|
//! | w1 | (D+1, M) f32, feature by feature, the biases first | 4 (D+1) M |
//! | w2 | (M+1, K) f32, unit by unit, the biases first | 4 (M+1) K |
//! | map | (D, 2) f32, low and f of each feature; in format 2 alone | 8 D |
//! | names | UTF-8, the name of each class and a line feed | as the header says |
//! | training | UTF-8 lines `key=value`, for people and the host; a device skips them | as the header says |
//!
//! An int8 file has the same header but for [`SHIFT_1`], [`SHIFT_2`] and [`PLACES`], which are 0 above, and
//! other sections, without a gap; U = M, rounded up to a multiple of [`UNITS`]:
//!
//! | section | what | bytes |
//! |---|---|---|
//! | w1 | (D, U) i8, feature by feature | D U |
//! | w2 | (K, U) i8, class by class | K U |
//! | bias1, multiplier1 | (M) i32 each | 8 M |
//! | bias2, multiplier2 | (K) i32 each | 8 K |
//! | table | (258) i16: the activation at 257 points, and a 0 | 516 |
//! | map, names, training | as above | |
//!
//! Format 2 is format 1 with a map in front of the texts, and is written for the tables that need one; all
//! else is written in format 1. The sections before it are whole words, so that it is aligned like them.
//!
//! What the numbers mean: [`infer::int8`](crate::infer::int8). The sections' places follow from the sizes, so
//! no offset is stored that could contradict them.
//!
//! The first 20 bytes (magic, format, contract, length, CRC) are the same in every format to come: that is
//! how a reader tells a newer file from a damaged one.

use super::{FORMAT_VERSION, Kind};
use crate::CONTRACT_VERSION;
use crate::math::Activation;

/// Bytes of the header.
pub const HEADER: usize = 64;

/// `w1` and `w2` begin at multiples of this many bytes from the start of the file.
pub const ALIGN: usize = 16;

/// The rows of an int8 file's w1 and w2 are a multiple of this long: whole words.
pub const UNITS: usize = 4;

/// Numbers of an int8 file's table.
pub const TABLE_LEN: usize = 258;

/// What every file begins with: not ASCII, so that no text file has it, then line ends that a copy in text
/// mode changes.
pub const MAGIC: [u8; 8] = *b"\x9Dmono\r\n\n";

/// What a header field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Checked before the table is.
    Frame,
    /// A whole number from the first to the second; a greater one means a newer writer.
    Version(u32, u32),
    /// A whole number from the first to the second.
    Between(u32, u32),
    /// The bits of an f32 greater than 0 and at most 65535.
    Scale,
    /// A whole number up to this one in an int8 file, 0 in others.
    Int8(u32),
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

/// The fields of the header, and all of them as [`TABLE`].
macro_rules! fields {
    ($($name:ident, $offset:literal, $size:literal, $text:literal, $rule:expr;)+) => {
        $(
            #[doc = concat!("The header's field \"", $text, "\".")]
            pub const $name: Field = Field { offset: $offset, size: $size, name: $text, rule: $rule };
        )+

        /// Every byte of the header, in order.
        pub static TABLE: [Field; [$($offset),+].len()] = [$($name),+];
    };
}

fields! {
    MAGIC_FIELD, 0, 8, "magic", Rule::Frame;
    FORMAT, 8, 2, "format", Rule::Version(1, FORMAT_VERSION as u32);
    CONTRACT, 10, 2, "numeric contract", Rule::Version(1, CONTRACT_VERSION as u32);
    LENGTH, 12, 4, "file length", Rule::Frame;
    CRC, 16, 4, "CRC-32", Rule::Frame;
    KIND, 20, 1, "kind of weights", Rule::Version(0, Kind::Int8 as u32);
    ACTIVATION, 21, 1, "activation", Rule::Between(0, Activation::ALL.len() as u32 - 1);
    CLASSES, 22, 2, "number of classes", Rule::Between(2, 128);
    FEATURES, 24, 4, "number of features", Rule::Between(1, 1 << 24);
    HIDDEN, 28, 4, "number of hidden units", Rule::Between(1, 1 << 16);
    SCALE, 32, 4, "pixel scale", Rule::Scale;
    CHANNELS, 36, 2, "channels", Rule::Between(1, 0xFFFF);
    HEIGHT, 38, 2, "height", Rule::Between(1, 0xFFFF);
    WIDTH, 40, 2, "width", Rule::Between(1, 0xFFFF);
    RESERVED, 42, 2, "reserved", Rule::Between(0, 0);
    NAMES_LEN, 44, 4, "bytes of class names", Rule::Between(0, 1 << 16);
    TRAINING_LEN, 48, 4, "bytes of training text", Rule::Between(0, 1 << 20);
    // Bits by which a sum is shifted left before it is multiplied.
    SHIFT_1, 52, 1, "shift of the hidden sums", Rule::Int8(31);
    SHIFT_2, 53, 1, "shift of the output sums", Rule::Int8(31);
    // Bits of a logit behind the binary point.
    PLACES, 54, 1, "binary places of the logits", Rule::Int8(24);
    RESERVED_2, 55, 1, "reserved", Rule::Between(0, 0);
    RESERVED_3, 56, 4, "reserved", Rule::Between(0, 0);
    RESERVED_4, 60, 4, "reserved", Rule::Between(0, 0);
}

/// The format of a file without a map of features.
pub(super) const UNMAPPED: u16 = 1;

impl Field {
    /// Its value: that of its first four bytes, or fewer.
    #[inline(always)]
    pub(super) fn read(&self, header: &[u8; HEADER]) -> u32 {
        let bytes = header.get(self.offset..).and_then(|rest| rest.first_chunk());
        let word = u32::from_le_bytes(bytes.copied().unwrap_or_default());
        // Every field begins four bytes or more before the header's end.
        if self.size < 4 { word & ((1 << (8 * self.size)) - 1) } else { word }
    }

    /// Stores the low bytes of `value`.
    pub(super) fn write(&self, header: &mut [u8; HEADER], value: u32) {
        let bytes = header.iter_mut().skip(self.offset).take(self.size);
        bytes.zip(value.to_le_bytes()).for_each(|(byte, value)| *byte = value);
    }

    /// Whether it may hold `found`, in a file whose kind has the code `kind`.
    pub(super) fn admits(&self, found: u32, kind: u32) -> bool {
        let (least, greatest) = match self.rule {
            Rule::Frame => return true,
            Rule::Version(least, greatest) | Rule::Between(least, greatest) => (least, greatest),
            // Positive floats are ordered as their bits are; negative ones and NaN lie above 65535.
            Rule::Scale => (1, 65535_f32.to_bits()),
            Rule::Int8(greatest) => (0, greatest * kind),
        };
        found >= least && found <= greatest
    }
}

/// The bytes of the map of features, of the class names and of the training text, which end every file. With
/// every field within its bounds they are below 2^28 together.
#[inline(always)]
pub(super) fn ends(header: &[u8; HEADER]) -> [u32; 3] {
    let maps = FORMAT.read(header).wrapping_sub(u32::from(UNMAPPED));
    let map = FEATURES.read(header).wrapping_mul(8).wrapping_mul(maps);
    [map, NAMES_LEN.read(header), TRAINING_LEN.read(header)]
}

/// Their sum.
#[inline(always)]
pub(super) fn ends_len(header: &[u8; HEADER]) -> u32 {
    ends(header).into_iter().fold(0, u32::wrapping_add)
}

/// The bytes of each section of an f32 file whose shape is within its bounds, up to those of [`ends`], which
/// have so many bytes together; the second is the gap before `w2`. All lengths are below 2^43: nothing wraps,
/// also where usize has 32 bits.
pub(super) fn sections_f32([features, hidden, classes]: [u64; 3], ends: u32) -> [u64; 4] {
    let w1 = 4 * (features + 1) * hidden;
    [w1, w1.wrapping_neg() % ALIGN as u64, 4 * (hidden + 1) * classes, ends.into()]
}

/// The bytes of each section of an int8 file, in the same way.
pub(super) fn sections_int8([features, hidden, classes]: [u64; 3], ends: u32) -> [u64; 8] {
    let row = hidden.next_multiple_of(UNITS as u64);
    let (per_unit, per_class, table) = (4 * hidden, 4 * classes, 2 * TABLE_LEN as u64);
    [features * row, classes * row, per_unit, per_unit, per_class, per_class, table, ends.into()]
}
