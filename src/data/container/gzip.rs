//! gzip files (RFC 1952): every member, its checksum and its size.
//!
//! [`Reader`] decodes any [`Read`] in about 220 KB of memory; [`decompress`] is for files that are wanted
//! whole.

use std::io::Read;

use super::inflate::{Decoder, Input};
use crate::data::checksum::Crc32;
use crate::data::error::{Error, FETCH_AGAIN, Place, reserve};

/// Whether the bytes begin as every gzip file does.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// The decoded data of a whole gzip file, at most as many bytes as `limit` says.
///
/// `limit` is given the first bytes, 64 at least if there are so many, and may refuse them. Every member is
/// decoded; zero bytes may pad the end, as the `gzip` program accepts them. Memory grows with what was really
/// decoded: nothing that the file claims about its size is trusted.
///
/// # Errors
/// Anything that is not a whole, undamaged gzip file; data longer than the limit or than memory; that of
/// `limit`.
pub fn decompress(
    input: &[u8],
    place: &Place,
    limit: impl FnOnce(&[u8]) -> Result<u64, Error>,
) -> Result<Vec<u8>, Error> {
    let mut reader = Reader::new(input, place.clone());
    let mut out = Vec::new();
    while out.len() < HEAD && reader.append(&mut out)? {}
    let limit = usize::try_from(limit(&out)?).unwrap_or(usize::MAX);
    reserve(&mut out, limit.min(input.len())).map_err(|error| error.of(place))?;
    loop {
        if out.len() > limit {
            let found = format!("data longer than the {limit} bytes expected here");
            let error = Error::at(reader.decoder.input.offset(), found, "no more");
            return Err(error.advise(FETCH_AGAIN).of(place));
        }
        if !reader.append(&mut out)? {
            return Ok(out);
        }
    }
}

/// At least so many bytes are decoded before memory is taken for the rest, if there are so many.
const HEAD: usize = 64;

const MAGIC: [u8; 2] = [0x1F, 0x8B];

const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;
const RESERVED: u8 = 0xE0;

/// Where a reader is in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before the first member.
    Start,
    /// In a member's data.
    Data,
    /// Behind a member: another one, padding or the end.
    Between,
    /// At the end, or behind an error that was reported.
    End,
}

/// Decodes a gzip file in passing.
///
/// Bytes are handed out before the checksum behind them was reached: what was read counts only when the end,
/// an empty [`Reader::chunk`], has come without an error. As a [`Read`], it wraps its [`Error`] in an I/O
/// error.
pub struct Reader<R> {
    decoder: Decoder<R>,
    place: Place,
    stage: Stage,
    /// Of this member's data.
    crc: Crc32,
    size: u32,
}

impl<R: Read> Reader<R> {
    /// A reader at the start of a file, which errors call `place`.
    pub fn new(source: R, place: Place) -> Self {
        Self { decoder: Decoder::new(source), place, stage: Stage::Start, crc: Crc32::new(), size: 0 }
    }

    /// The next decoded bytes, as many as lie ready; none at the end of the file.
    ///
    /// # Errors
    /// The file is damaged, incomplete or cannot be read; after an error the file has ended.
    pub fn chunk(&mut self) -> Result<&[u8], Error> {
        while self.decoder.ready().is_empty() && self.stage != Stage::End {
            if let Err(error) = self.advance() {
                self.stage = Stage::End;
                self.decoder.take(self.decoder.ready().len());
                return Err(error.advise(FETCH_AGAIN).of(&self.place));
            }
        }
        Ok(self.decoder.ready())
    }

    /// Appends a chunk to `out`; says whether there was one.
    fn append(&mut self, out: &mut Vec<u8>) -> Result<bool, Error> {
        let count = self.chunk()?.len();
        reserve(out, count).map_err(|error| error.of(&self.place))?;
        out.extend_from_slice(self.decoder.ready());
        self.decoder.take(count);
        Ok(count > 0)
    }

    /// One step: a member's header, a window of its data and its trailer, or what follows it.
    fn advance(&mut self) -> Result<(), Error> {
        match self.stage {
            Stage::Start => self.header(),
            Stage::Data => {
                let ended = self.decoder.decode()?;
                let fresh = self.decoder.ready();
                self.crc.update(fresh);
                self.size = self.size.wrapping_add(fresh.len() as u32);
                if ended { self.trailer() } else { Ok(()) }
            }
            Stage::Between if self.decoder.input.bytes()?.first() == Some(&MAGIC[0]) => self.header(),
            Stage::Between => self.padding(),
            Stage::End => Ok(()),
        }
    }

    /// Reads a member's header up to its data.
    fn header(&mut self) -> Result<(), Error> {
        let input = &mut self.decoder.input;
        let mut crc = Crc32::new();
        let offset = input.offset();
        // Before the rest is missed: a short file of another kind is that, not an incomplete gzip file.
        let magic = header_bytes(input, &mut crc)?;
        if magic != MAGIC {
            let [first, second] = magic;
            let begins = format!("{first:02x} {second:02x}");
            return Err(match self.stage {
                Stage::Between => garbage(offset, first),
                _ => Error::at(offset, begins, "1f 8b, as gzip files begin"),
            });
        }
        let [method, flags, _, _, _, _, _, _] = header_bytes(input, &mut crc)?;
        if method != 8 {
            return Err(Error::at(offset + 2, format!("compression method {method}"), "8"));
        }
        if flags & RESERVED != 0 {
            return Err(Error::at(offset + 3, format!("header flags {flags:#04x}"), "at most 0x1f"));
        }
        if flags & FEXTRA != 0 {
            for _ in 0..u16::from_le_bytes(header_bytes(input, &mut crc)?) {
                header_bytes::<1>(input, &mut crc)?;
            }
        }
        for flag in [FNAME, FCOMMENT] {
            if flags & flag != 0 {
                while header_bytes(input, &mut crc)? != [0] {}
            }
        }
        if flags & FHCRC != 0 {
            let (offset, found) = (input.offset(), crc.value() as u16);
            let expected = u16::from_le_bytes(input.array()?);
            if found != expected {
                let found = format!("a header with checksum {found:04x}");
                return Err(Error::at(offset, found, format!("{expected:04x}; the file is damaged")));
            }
        }
        self.decoder.begin();
        self.crc = Crc32::new();
        self.size = 0;
        self.stage = Stage::Data;
        Ok(())
    }

    /// Checks the data against the checksum and the size behind them.
    fn trailer(&mut self) -> Result<(), Error> {
        let input = &mut self.decoder.input;
        let offset = input.offset();
        let [expected, expected_size] = [input.array()?, input.array()?].map(u32::from_le_bytes);
        let (found, size) = (self.crc.value(), self.size);
        if found != expected {
            let found = format!("data with CRC-32 {found:08x}");
            return Err(Error::at(offset, found, format!("{expected:08x}; the file is damaged")));
        }
        if size != expected_size {
            let expected = format!("{expected_size}; the file is damaged");
            return Err(Error::at(offset + 4, format!("{size} bytes of data"), expected));
        }
        self.stage = Stage::Between;
        Ok(())
    }

    /// Reads to the end of the file, through zeros only.
    fn padding(&mut self) -> Result<(), Error> {
        let input = &mut self.decoder.input;
        loop {
            let offset = input.offset();
            let bytes = input.bytes()?;
            if let Some(at) = bytes.iter().position(|&byte| byte != 0) {
                return Err(garbage(offset + at as u64, bytes[at]));
            }
            let count = bytes.len();
            if count == 0 {
                self.stage = Stage::End;
                return Ok(());
            }
            input.skip(count);
        }
    }
}

fn garbage(offset: u64, byte: u8) -> Error {
    Error::at(offset, format!("byte {byte:02x} after the end"), "another member (1f 8b), zeros or nothing")
}

/// The next bytes of a header, counted into its checksum.
fn header_bytes<const N: usize>(input: &mut Input<impl Read>, crc: &mut Crc32) -> Result<[u8; N], Error> {
    input.array().inspect(|bytes| crc.update(bytes))
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let fresh = self.chunk().map_err(std::io::Error::other)?;
        let count = fresh.len().min(out.len());
        out[..count].copy_from_slice(&fresh[..count]);
        self.decoder.take(count);
        Ok(count)
    }
}
