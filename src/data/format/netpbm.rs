//! PGM and PPM: the picture formats that any program can write. Plain (P2, P3) and raw (P5, P6), 8 and 16
//! bits.

use crate::data::container::contents::{trailing, truncated};
use crate::data::error::{Error, zeros};
use crate::data::shape::wrong_size;
use crate::data::wanted::{Block, Wanted};
use crate::weights::Picture;

/// The picture at byte `at`, which then is the next one's.
///
/// PPM's interleaved pixels become planes, red, green, blue, as CIFAR has them. Values with a greatest value
/// of `max` other than 255, which take two bytes above that, become `value * 255 / max`, rounded to the
/// nearest.
pub(crate) fn next(bytes: &[u8], at: &mut usize, wanted: &Wanted) -> Result<Block, Error> {
    let mut cursor = Cursor { bytes, at: *at };
    let (shape, pixels) = cursor.picture(wanted)?;
    cursor.skip_space();
    *at = cursor.at;
    wanted.block(shape, pixels)
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn picture(&mut self, wanted: &Wanted) -> Result<(Picture, Vec<u8>), Error> {
        let start = self.at;
        let (plain, channels) = match self.bytes[start..] {
            [b'P', b'2', ..] => (true, 1),
            [b'P', b'3', ..] => (true, 3),
            [b'P', b'5', ..] => (false, 1),
            [b'P', b'6', ..] => (false, 3),
            _ => return Err(trailing(self.bytes, start)),
        };
        self.at += 2;
        self.skip_space();
        let shape_at = self.at;
        let width = self.number(u16::MAX.into())? as u16;
        let height = self.number(u16::MAX.into())? as u16;
        let found = Picture { channels, height, width };
        wanted.channels(found).map_err(|error| error.moved(|_| shape_at as u64))?;
        if found.pixels() == 0 {
            return Err(wrong_size(shape_at, 0));
        }
        self.skip_space();
        let max_at = self.at;
        let max = self.number(u32::MAX)?;
        if !(1..=u16::MAX.into()).contains(&max) {
            let found = format!("a greatest value of {max}");
            return Err(Error::at(max_at as u64, found, "1 to 65535; convert the picture to 8 bits"));
        }
        let width_of_value = if plain || max <= 255 { 1 } else { 2 };
        if !plain {
            // Exactly one white space, then the bytes; of a comment right after the number, that at its end.
            self.skip_comment();
            self.at += 1;
        }
        // A value takes a byte at least: the file cannot claim more than it is long.
        let end = self.at as u64 + found.pixels() * width_of_value as u64;
        if (self.bytes.len() as u64) < end {
            return Err(truncated(self.bytes, end));
        }
        let (planes, area) = (usize::from(channels), usize::from(width) * usize::from(height));
        let mut picture = zeros(planes * area)?;
        for n in 0..picture.len() {
            let value_at = self.at;
            let value = match self.bytes[value_at..] {
                _ if plain => self.number(max)?,
                [high, low, ..] if max > 255 => u16::from_be_bytes([high, low]).into(),
                [value, ..] => value.into(),
                [] => unreachable!("as many bytes as were asked for"),
            };
            self.at += if plain { 0 } else { width_of_value };
            if value > max {
                return Err(self.above(value_at, max));
            }
            picture[n % planes * area + n / planes] = ((value * 255 + max / 2) / max) as u8;
        }
        Ok((found, picture))
    }

    fn above(&self, at: usize, limit: u32) -> Error {
        Error::at(at as u64, format!("a number above {limit}"), format!("0 to {limit}"))
    }

    /// Skips white space and comments.
    fn skip_space(&mut self) {
        self.skip_comment();
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
            self.skip_comment();
        }
    }

    /// Skips a comment, from `#` to before the end of the line.
    fn skip_comment(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
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
        while let Some(digit) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            let next = number.checked_mul(10).and_then(|n| n.checked_add(u32::from(digit - b'0')));
            number = next.filter(|&n| n <= limit).ok_or_else(|| self.above(start, limit))?;
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            None if self.at == start => Err(truncated(self.bytes, start as u64 + 1)),
            Some(&other) if self.at == start || !other.is_ascii_whitespace() && other != b'#' => {
                let found = format!("{:?}", char::from(other));
                Err(Error::at(self.at as u64, found, "numbers separated by white space"))
            }
            _ => Ok(number),
        }
    }
}
