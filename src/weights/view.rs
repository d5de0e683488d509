//! The checked view: a model file's bytes, used in place.

use super::layout::{self, Field, HEADER, MAGIC, Rule};
use super::{Error, Kind, Params, Picture, Quantised, crc};
use crate::math::Activation;
use crate::simd::keep_rolled;
use crate::simd::words::{self, Word};

/// A model file whose every byte was checked, used in place: nothing is copied, and no accessor can fail.
///
/// P is what the file holds: [`Params`], or the [`Quantised`] ones of an int8 file.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, P = Params<'a>> {
    params: P,
    header: &'a [u8; HEADER],
    names: &'a [u8],
    training: &'a [u8],
}

impl<'a> View<'a> {
    /// Checks `bytes`, a whole model file of f32 weights, beginning at a multiple of 4 (see [`include_model!`] and
    /// [`realign`](super::realign)).
    ///
    /// Damage is told from a newer format, because length and CRC are where they are in every format; so all
    /// that follows the CRC's check can only be the work of a wrong or newer writer. Weights are finite: the
    /// numeric contract needs it, and looking is cheap beside the CRC.
    ///
    /// [`include_model!`]: crate::include_model
    ///
    /// # Errors
    /// Whatever is found first to be wrong: of the first bytes, the length, the CRC, the header, the weights, the texts.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::unread(bytes)?.read()
    }

    /// [`View::new`] without a look at the texts: a device has no use for them, nor for the code that checks them. They
    /// are checked when they are asked for.
    pub(crate) fn unread(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = header(bytes, Kind::F32)?;
        let [w1, gap, w2, names, training] = cut(bytes, layout::sections_f32(header))?;
        for (at, &found) in gap.iter().enumerate() {
            keep_rolled();
            if found != 0 {
                return Err(Error::Padding { offset: offset(bytes, gap) + at as u64, found });
            }
        }
        let params = Params {
            activation: activation(header),
            features: layout::FEATURES.read(header) as usize,
            hidden: layout::HIDDEN.read(header) as usize,
            classes: layout::CLASSES.read(header) as usize,
            scale: f32::from_bits(layout::SCALE.read(header)),
            w1: weights(bytes, w1)?,
            w2: weights(bytes, w2)?,
        };
        Ok(Self { params, header, names, training })
    }
}

impl<'a> View<'a, Quantised<'a>> {
    /// Checks `bytes`, a whole model file of int8 weights, as [`View::new`] does one of f32 weights. All numbers in its
    /// sections are good: sums wrap.
    ///
    /// # Errors
    /// As [`View::new`].
    pub fn quantised(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::unread_quantised(bytes)?.read()
    }

    /// [`View::quantised`] without a look at the texts.
    pub(crate) fn unread_quantised(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = header(bytes, Kind::Int8)?;
        let [w1, w2, bias1, multiplier1, bias2, multiplier2, table, names, training] =
            cut(bytes, layout::sections_int8(header))?;
        let params = Quantised {
            activation: activation(header),
            features: layout::FEATURES.read(header) as usize,
            hidden: layout::HIDDEN.read(header) as usize,
            classes: layout::CLASSES.read(header) as usize,
            scale: f32::from_bits(layout::SCALE.read(header)),
            w1: numbers(w1)?,
            w2: numbers(w2)?,
            bias1: numbers(bias1)?,
            multiplier1: numbers(multiplier1)?,
            bias2: numbers(bias2)?,
            multiplier2: numbers(multiplier2)?,
            table: numbers(table)?,
            shift1: layout::SHIFT_1.read(header),
            shift2: layout::SHIFT_2.read(header),
            places: layout::PLACES.read(header),
        };
        Ok(Self { params, header, names, training })
    }
}

impl<'a, P: Copy> View<'a, P> {
    /// Checks the texts: the class names, each closed by a line feed, and the lines about the training.
    fn read(self) -> Result<Self, Error> {
        let expected = layout::CLASSES.read(self.header) as usize;
        let found = text("class names", self.names)?;
        if found != expected || self.names.last() != Some(&b'\n') {
            return Err(Error::Names { found, expected });
        }
        text("training text", self.training)?;
        Ok(self)
    }

    /// Sizes, activation, pixel scale and weights.
    pub fn params(&self) -> P {
        self.params
    }

    /// The shape of the pictures that it was trained on.
    pub fn picture(&self) -> Picture {
        picture(self.header)
    }

    /// The name of class `class` in 0..K; empty for any other.
    pub fn class_name(&self, class: usize) -> &'a str {
        readable(self.names).split('\n').nth(class).unwrap_or("")
    }

    /// How it was trained: lines of `key=value`. Nothing in here changes what the model computes.
    pub fn training(&self) -> &'a str {
        readable(self.training)
    }

    /// The file's format.
    pub fn format(&self) -> u16 {
        layout::FORMAT.read(self.header) as u16
    }

    /// The version of the numeric contract that it was trained under.
    pub fn contract(&self) -> u16 {
        layout::CONTRACT.read(self.header) as u16
    }
}

/// What kind of weights the model file `bytes` holds.
///
/// # Errors
/// The header is not one that a view would take; the rest is not looked at, but for its length and CRC.
pub fn kind(bytes: &[u8]) -> Result<Kind, Error> {
    let header = frame(bytes)?;
    check(header)?;
    Ok(layout::kind(header))
}

/// The header of `bytes`, checked, of a file of that kind.
fn header(bytes: &[u8], expected: Kind) -> Result<&[u8; HEADER], Error> {
    let header = frame(bytes)?;
    check(header)?;
    let found = layout::kind(header);
    if found != expected {
        return Err(Error::Kind { found, expected });
    }
    let (picture, features) = (picture(header), layout::FEATURES.read(header));
    if picture.pixels() != u64::from(features) {
        return Err(Error::Picture { found: picture, expected: features });
    }
    Ok(header)
}

/// Holds every field of `header` against its rule, in the table's order.
pub(super) fn check(header: &[u8; HEADER]) -> Result<(), Error> {
    let kind = layout::KIND.read(header); // which is looked at before the fields that depend on it
    layout::TABLE.iter().try_for_each(|field| {
        keep_rolled();
        check_field(field, field.read(header), kind)
    })
}

/// Whether `field` may hold `found`.
fn check_field(field: &'static Field, found: u32, kind: u32) -> Result<(), Error> {
    let (least, greatest) = match field.rule {
        Rule::Frame => return Ok(()),
        Rule::Version(least, greatest) | Rule::Between(least, greatest) => (least, greatest),
        // Positive floats are ordered as their bits are; negative ones and NaN lie above 65535.
        Rule::Scale => (1, 65535_f32.to_bits()),
        Rule::Int8(greatest) => (0, greatest * kind),
    };
    match field.rule {
        Rule::Version(..) if found > greatest => Err(Error::Newer { field, found }),
        _ if found < least || found > greatest => Err(Error::Field { field, found }),
        _ => Ok(()),
    }
}

/// The header of `bytes`, if its magic, length and CRC are right: what is the same in every format.
fn frame(bytes: &[u8]) -> Result<&[u8; HEADER], Error> {
    let differ = |(magic, byte)| {
        keep_rolled();
        magic != byte
    };
    if MAGIC.iter().zip(bytes).any(differ) {
        return Err(match bytes {
            [0x1f, 0x8b, ..] => Error::Gzip,
            _ if text_mode(bytes) => Error::TextMode,
            _ => Error::NotAModel,
        });
    }
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Err(Error::TooShort { found: bytes.len() });
    };
    let (found, expected) = (bytes.len(), layout::LENGTH.read(header));
    if (found as u64) < u64::from(expected) {
        return Err(Error::Truncated { found, expected });
    }
    if found as u64 > u64::from(expected) {
        return Err(Error::Trailing { found, expected });
    }
    let (found, expected) = (checksum(bytes), layout::CRC.read(header));
    if found != expected {
        return Err(Error::Crc { found, expected });
    }
    Ok(header)
}

/// Whether `bytes` begin as a model does that was copied as text: the word stands where the magic has it, or
/// after the two or three bytes that the first one becomes in UTF-8.
fn text_mode(bytes: &[u8]) -> bool {
    let word = MAGIC.get(1..5);
    (1..=3).any(|at| bytes.get(at..at + 4) == word)
}

/// The CRC-32 of a file: of all its bytes but those of the CRC field.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let crc = layout::CRC;
    let after = bytes.get(crc.offset + crc.size..).unwrap_or(&[]);
    crc::crc32(bytes.get(..crc.offset).unwrap_or(&[]), after)
}

fn activation(header: &[u8; HEADER]) -> Activation {
    Activation::from_code(layout::ACTIVATION.read(header) as u8).unwrap_or(Activation::Tanh)
}

fn picture(header: &[u8; HEADER]) -> Picture {
    Picture {
        channels: layout::CHANNELS.read(header) as u16,
        height: layout::HEIGHT.read(header) as u16,
        width: layout::WIDTH.read(header) as u16,
    }
}

/// The sections after the header of `bytes`, of these lengths.
fn cut<const N: usize>(bytes: &[u8], lengths: [u64; N]) -> Result<[&[u8]; N], Error> {
    let wrong =
        || Error::Sections { found: bytes.len(), expected: HEADER as u64 + lengths.iter().sum::<u64>() };
    let mut sections = [&[][..]; N];
    let mut rest = bytes.get(HEADER..).unwrap_or(&[]);
    for (section, length) in sections.iter_mut().zip(lengths) {
        let length = usize::try_from(length).map_err(|_| wrong())?;
        (*section, rest) = rest.split_at_checked(length).ok_or_else(wrong)?;
    }
    if rest.is_empty() { Ok(sections) } else { Err(wrong()) }
}

/// How far into `bytes` its part `section` begins.
fn offset(bytes: &[u8], section: &[u8]) -> u64 {
    (section.as_ptr().addr() - bytes.as_ptr().addr()) as u64
}

/// A section's numbers.
fn numbers<T: Word>(section: &[u8]) -> Result<&[T], Error> {
    words::of_bytes(section).ok_or(Error::Misaligned { found: section.as_ptr().addr() % 4 })
}

/// The weights of a section of `bytes`.
#[inline(never)]
fn weights<'a>(bytes: &'a [u8], section: &'a [u8]) -> Result<&'a [f32], Error> {
    let words = numbers(section)?;
    finite(words, offset(bytes, section))?;
    Ok(words)
}

/// Whether every weight of a section that begins at byte `start` is finite.
pub(super) fn finite(words: &[f32], start: u64) -> Result<(), Error> {
    for (at, weight) in words.iter().enumerate() {
        keep_rolled();
        if !weight.is_finite() {
            return Err(Error::NotFinite { offset: start + 4 * at as u64, found: weight.to_bits() });
        }
    }
    Ok(())
}

/// The line feeds in `bytes`, if they are text: UTF-8 without control characters other than the line feed, so that
/// printing it cannot move a terminal's cursor.
pub(super) fn text(section: &'static str, bytes: &[u8]) -> Result<usize, Error> {
    let text = core::str::from_utf8(bytes).map_err(|e| Error::Text { section, offset: e.valid_up_to() })?;
    match text.char_indices().find(|&(_, c)| c.is_control() && c != '\n') {
        Some((offset, _)) => Err(Error::Text { section, offset }),
        None => Ok(text.bytes().filter(|&byte| byte == b'\n').count()),
    }
}

/// The bytes as text; none where [`text`] would refuse them.
fn readable(bytes: &[u8]) -> &str {
    text("", bytes).ok().and_then(|_| core::str::from_utf8(bytes).ok()).unwrap_or("")
}
