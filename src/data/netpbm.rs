//! PGM and PPM: the picture formats that any program can write. Plain (P2, P3) and raw (P5, P6), 8 bits.

use super::error::{Error, Fault};
use super::source::Contents;
use crate::weights::Picture;
use std::vec::Vec;

/// Gives the pictures in `contents` to `take`, one after the other: each in the shape `model`, or with as many
/// pixels where the model's shape is not known (1 x 1 x D); without a `model`, of any shape.
///
/// PPM's interleaved pixels become planes, red, green, blue, as CIFAR has them. Values with a greatest value
/// of `max` other than 255 become `value * 255 / max`, rounded to the nearest.
pub(super) fn read<E: From<Error>>(
    contents: &Contents,
    model: Option<Picture>,
    mut take: impl FnMut(Picture, Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let mut cursor = Cursor { contents, at: 0 };
    loop {
        let (shape, pixels) = cursor.picture(model)?;
        take(shape, pixels)?;
        cursor.skip_space();
        if cursor.at == contents.bytes.len() {
            return Ok(());
        }
    }
}

struct Cursor<'a> {
    contents: &'a Contents,
    at: usize,
}

impl Cursor<'_> {
    fn picture(&mut self, model: Option<Picture>) -> Result<(Picture, Vec<u8>), Error> {
        let start = self.at;
        let rest = &self.contents.bytes[start..];
        let (plain, channels) = match rest {
            [b'P', b'2', ..] => (true, 1),
            [b'P', b'3', ..] => (true, 3),
            [b'P', b'5', ..] => (false, 1),
            [b'P', b'6', ..] => (false, 3),
            _ => {
                let fault =
                    Fault::Trailing { expected: start as u64, found: self.contents.bytes.len() as u64 };
                return Err(self.contents.error(start, fault));
            }
        };
        self.at += 2;
        self.skip_space();
        let shape_at = self.at;
        let width = self.number(u16::MAX.into())? as u16;
        let height = self.number(u16::MAX.into())? as u16;
        let found = Picture { channels, height, width };
        if let Some(expected) = model {
            let unknown = expected.channels == 1 && expected.height == 1;
            if found != expected && !(unknown && found.pixels() == expected.pixels()) {
                return Err(self.contents.error(shape_at, Fault::ModelShape { found, expected }));
            }
        }
        if found.pixels() == 0 {
            return Err(self.contents.error(shape_at, Fault::Extent { found: 0, limit: u16::MAX.into() }));
        }
        self.skip_space();
        let max_at = self.at;
        let max = self.number(u32::MAX)?;
        if !(1..=255).contains(&max) {
            return Err(self.contents.error(max_at, Fault::MaxValue(max)));
        }
        if !plain {
            // Exactly one white space, then the bytes; of a comment right after the number, that at its end.
            self.skip_comment();
            self.at += 1;
        }
        // A value takes a byte at least: the file cannot claim more than it is long.
        let end = self.at as u64 + found.pixels();
        if (self.contents.bytes.len() as u64) < end {
            return Err(self.truncated(end));
        }
        let (planes, area) = (usize::from(channels), usize::from(width) * usize::from(height));
        let mut picture = Vec::new();
        let no_memory = |_| Error::memory(&self.contents.file, planes * area);
        picture.try_reserve_exact(planes * area).map_err(no_memory)?;
        picture.resize(planes * area, 0);
        for n in 0..picture.len() {
            let value_at = self.at;
            let value = if plain { self.number(max)? } else { self.byte() };
            if value > max {
                return Err(self.contents.error(value_at, Fault::Number { limit: max }));
            }
            picture[n % planes * area + n / planes] = ((value * 255 + max / 2) / max) as u8;
        }
        Ok((found, picture))
    }

    fn byte(&mut self) -> u32 {
        self.at += 1;
        self.contents.bytes[self.at - 1].into()
    }

    fn truncated(&self, expected: u64) -> Error {
        let found = self.contents.bytes.len();
        self.contents.error(found, Fault::Truncated { expected, found: found as u64 })
    }

    /// Skips white space and comments.
    fn skip_space(&mut self) {
        self.skip_comment();
        while self.contents.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
            self.skip_comment();
        }
    }

    /// Skips a comment, from `#` to before the end of the line.
    fn skip_comment(&mut self) {
        let rest = self.contents.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(b"#") {
            let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            self.at += length.unwrap_or(rest.len());
        }
    }

    /// The next decimal number, at most `limit`.
    fn number(&mut self, limit: u32) -> Result<u32, Error> {
        self.skip_space();
        let start = self.at;
        let mut number = 0_u32;
        while let Some(digit) = self.contents.bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            let next = number.checked_mul(10).and_then(|n| n.checked_add(u32::from(digit - b'0')));
            number = next
                .filter(|&n| n <= limit)
                .ok_or_else(|| self.contents.error(start, Fault::Number { limit }))?;
            self.at += 1;
        }
        match self.contents.bytes.get(self.at) {
            None if self.at == start => Err(self.truncated(start as u64 + 1)),
            Some(&other) if self.at == start || !other.is_ascii_whitespace() && other != b'#' => {
                Err(self.contents.error(self.at, Fault::Digit(other)))
            }
            _ => Ok(number),
        }
    }
}
