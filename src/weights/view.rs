//! The checked view: a model file's bytes, used in place.

use super::layout::{self, HEADER, MAGIC, Sections};
use super::{Error, Params, Picture, crc};
use crate::math::Activation;
use crate::simd::words;

/// A model file whose every byte was checked, used in place: nothing is copied, and no accessor can fail.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    params: Params<'a>,
    picture: Picture,
    format: u16,
    contract: u16,
    names: &'a str,
    training: &'a str,
}

impl<'a> View<'a> {
    /// Checks `bytes`, a whole model file, beginning at a multiple of 4 (see [`include_model!`] and
    /// [`realign`](super::realign)).
    ///
    /// Damage is told from a newer format, because length and CRC are where they are in every format; so all
    /// that follows the CRC's check can only be the work of a wrong or newer writer. Weights are finite: the
    /// numeric contract needs it, and looking is cheap beside the CRC.
    ///
    /// [`include_model!`]: crate::include_model
    ///
    /// # Errors
    /// Whatever is wrong first, in the order of the variants of [`Error`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = frame(bytes)?;
        layout::check(header)?;
        let picture = Picture {
            channels: layout::CHANNELS.read(header) as u16,
            height: layout::HEIGHT.read(header) as u16,
            width: layout::WIDTH.read(header) as u16,
        };
        let features = layout::FEATURES.read(header);
        if picture.pixels() != u64::from(features) {
            return Err(Error::Picture { found: picture, expected: features });
        }

        let sections = Sections::of(header);
        if sections.end != bytes.len() as u64 {
            return Err(Error::Sections { found: bytes.len(), expected: sections.end });
        }
        if let Some(at) = cut(bytes, sections.w1_end, sections.w2).iter().position(|&byte| byte != 0) {
            let offset = sections.w1_end + at as u64;
            return Err(Error::Padding { offset, found: cut(bytes, offset, offset + 1).iter().sum() });
        }
        let params = Params {
            activation: Activation::from_code(layout::ACTIVATION.read(header) as u8)
                .unwrap_or(Activation::Tanh),
            features: features as usize,
            hidden: layout::HIDDEN.read(header) as usize,
            classes: layout::CLASSES.read(header) as usize,
            scale: f32::from_bits(layout::SCALE.read(header)),
            w1: weights(bytes, HEADER as u64, sections.w1_end)?,
            w2: weights(bytes, sections.w2, sections.w2_end)?,
        };
        Ok(Self {
            params,
            picture,
            format: layout::FORMAT.read(header) as u16,
            contract: layout::CONTRACT.read(header) as u16,
            names: names(cut(bytes, sections.w2_end, sections.names_end), params.classes)?,
            training: text("training text", cut(bytes, sections.names_end, sections.end))?,
        })
    }

    /// Sizes, activation, pixel scale and weights.
    pub fn params(&self) -> Params<'a> {
        self.params
    }

    /// The shape of the pictures that it was trained on.
    pub fn picture(&self) -> Picture {
        self.picture
    }

    /// The name of class `class` in 0..K; empty for any other.
    pub fn class_name(&self, class: usize) -> &'a str {
        self.names.split('\n').nth(class).unwrap_or("")
    }

    /// How it was trained: lines of `key=value`. Nothing in here changes what the model computes.
    pub fn training(&self) -> &'a str {
        self.training
    }

    /// The file's format.
    pub fn format(&self) -> u16 {
        self.format
    }

    /// The version of the numeric contract that it was trained under.
    pub fn contract(&self) -> u16 {
        self.contract
    }
}

/// The header of `bytes`, if its magic, length and CRC are right: what is the same in every format.
fn frame(bytes: &[u8]) -> Result<&[u8; HEADER], Error> {
    let start = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if !MAGIC.starts_with(start) {
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
    let word = MAGIC.get(1..5).unwrap_or(&MAGIC);
    (1..=3).any(|at| bytes.get(at..).is_some_and(|rest| rest.starts_with(word)))
}

/// The CRC-32 of a file: of all its bytes but those of the CRC field.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let crc = layout::CRC;
    let after = bytes.get(crc.offset + crc.size..).unwrap_or(&[]);
    crc::crc32(bytes.get(..crc.offset).unwrap_or(&[]), after)
}

/// The bytes from `from` to `to`, which [`View::new`] found to lie within the file (and so within usize).
fn cut(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    bytes.get(from as usize..to as usize).unwrap_or(&[])
}

/// The weights from byte `from` to byte `to`.
fn weights(bytes: &[u8], from: u64, to: u64) -> Result<&[f32], Error> {
    let section = cut(bytes, from, to);
    let words = words::as_f32(section).ok_or(Error::Misaligned { found: section.as_ptr() as usize % 4 })?;
    finite(words, from)?;
    Ok(words)
}

/// Whether every weight of a section that begins at byte `start` is finite.
pub(super) fn finite(words: &[f32], start: u64) -> Result<(), Error> {
    match words.iter().enumerate().find(|(_, weight)| !weight.is_finite()) {
        Some((at, weight)) => {
            Err(Error::NotFinite { offset: start + 4 * at as u64, found: weight.to_bits() })
        }
        None => Ok(()),
    }
}

/// The class names: `classes` lines, each closed by a line feed.
fn names(bytes: &[u8], classes: usize) -> Result<&str, Error> {
    let names = text("class names", bytes)?;
    let found = names.bytes().filter(|&byte| byte == b'\n').count();
    if found != classes || !names.ends_with('\n') {
        return Err(Error::Names { found, expected: classes });
    }
    Ok(names)
}

/// `bytes` as text: UTF-8 without control characters other than the line feed, so that printing it cannot move
/// a terminal's cursor.
pub(super) fn text<'a>(section: &'static str, bytes: &'a [u8]) -> Result<&'a str, Error> {
    let text = core::str::from_utf8(bytes).map_err(|e| Error::Text { section, offset: e.valid_up_to() })?;
    match text.char_indices().find(|&(_, c)| c.is_control() && c != '\n') {
        Some((offset, _)) => Err(Error::Text { section, offset }),
        None => Ok(text),
    }
}
