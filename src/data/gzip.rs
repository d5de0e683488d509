//! gzip files (RFC 1952): every member, its checksum and its size.
//!
//! [`Reader`] decodes any [`Read`] in about 220 KB of memory; [`decompress`] is for files that are wanted whole.

use core::fmt;
use std::io::Read;
use std::vec::Vec;

use super::crc::Crc32;
use super::inflate::{self, Inflater, Input, Window};
pub use super::inflate::{Alphabet, Fault as DeflateFault};

/// Why a gzip file cannot be decoded.
#[derive(Debug)]
pub enum Fault {
    /// It does not begin with 1F 8B.
    NotGzip {
        /// The first two bytes.
        found: [u8; 2],
    },
    /// Another compression method than 8, DEFLATE.
    Method {
        /// The method.
        found: u8,
    },
    /// Header flags that RFC 1952 reserves.
    ReservedFlags {
        /// All flags; 5 to 7 must be 0.
        found: u8,
    },
    /// The header does not have the checksum that it carries.
    HeaderChecksum {
        /// Low half of the header's CRC-32.
        found: u16,
        /// What the header says.
        expected: u16,
    },
    /// The data do not have the checksum that the file carries.
    Checksum {
        /// CRC-32 of the data.
        found: u32,
        /// What the file says.
        expected: u32,
    },
    /// The data do not have the size that the file carries.
    Size {
        /// Decoded bytes, modulo 2^32.
        found: u32,
        /// What the file says.
        expected: u32,
    },
    /// Something follows that is neither another member nor zero padding.
    TrailingGarbage {
        /// Its first byte.
        found: u8,
    },
    /// The data are longer than the caller wants to hold.
    TooLong {
        /// Bytes that were allowed.
        limit: usize,
    },
    /// There is no memory for the data.
    Memory {
        /// Bytes that were decoded until then.
        size: usize,
    },
    /// The compressed data are damaged, end too early or cannot be read.
    Deflate(DeflateFault),
}

/// A fault and where it is.
#[derive(Debug)]
pub struct Error {
    /// Byte of the compressed input, from 0.
    pub offset: u64,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gzip, byte {}: {}", self.offset, self.fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGzip { found: [a, b] } => write!(f, "begins with {a:02x} {b:02x}, expected 1f 8b"),
            Self::Method { found } => write!(f, "compression method {found}, expected 8"),
            Self::ReservedFlags { found } => write!(f, "header flags {found:#04x}, expected at most 0x1f"),
            Self::HeaderChecksum { found, expected } => {
                write!(
                    f,
                    "the header's checksum is {found:04x}, expected {expected:04x}; the file is damaged"
                )
            }
            Self::Checksum { found, expected } => {
                write!(f, "the data's CRC-32 is {found:08x}, expected {expected:08x}; the file is damaged")
            }
            Self::Size { found, expected } => {
                write!(f, "{found} bytes of data, expected {expected}; the file is damaged")
            }
            Self::TrailingGarbage { found } => {
                write!(f, "byte {found:02x} after the end, expected another member (1f 8b), zeros or nothing")
            }
            Self::TooLong { limit } => write!(f, "the data are longer than the {limit} bytes expected here"),
            Self::Memory { size } => write!(f, "no memory for more than {size} bytes of data"),
            Self::Deflate(fault) => write!(f, "{fault}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.fault {
            Fault::Deflate(DeflateFault::Read(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<inflate::Error> for Error {
    fn from(error: inflate::Error) -> Self {
        Self { offset: error.offset, fault: Fault::Deflate(error.fault) }
    }
}

/// Whether the bytes begin as every gzip file does.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// The decoded data of a whole gzip file, at most `limit` bytes.
///
/// Every member is decoded; zero bytes may pad the end, as the `gzip` program accepts them. Memory grows with what
/// was really decoded: nothing that the file claims about its size is trusted.
///
/// # Errors
/// Anything that is not a whole, undamaged gzip file, and data longer than `limit` or than memory.
pub fn decompress(input: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let mut reader = Reader::new(input);
    let mut out = Vec::new();
    let mut room = limit.min(input.len());
    loop {
        let fresh = reader.chunk()?;
        let count = fresh.len();
        if count == 0 {
            return Ok(out);
        }
        if count > limit - out.len() {
            return Err(Error { offset: reader.input.offset(), fault: Fault::TooLong { limit } });
        }
        if out.try_reserve(count.max(room)).is_err() {
            return Err(Error { offset: reader.input.offset(), fault: Fault::Memory { size: out.len() } });
        }
        room = 0;
        out.extend_from_slice(fresh);
        reader.consume(count);
    }
}

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
/// Bytes are handed out before the checksum behind them was reached: what was read counts only when the end, an
/// empty [`Reader::chunk`], has come without an error. As a [`Read`], it wraps its [`Error`] in an I/O error.
pub struct Reader<R> {
    input: Input<R>,
    inflater: Inflater,
    window: Window,
    stage: Stage,
    /// Decoded and not handed out: from here to the window's end.
    fresh: usize,
    /// Of this member's data.
    crc: Crc32,
    size: u32,
}

impl<R: Read> Reader<R> {
    /// A reader at the start of a file.
    pub fn new(source: R) -> Self {
        Self {
            input: Input::new(source),
            inflater: Inflater::new(),
            window: Window::new(),
            stage: Stage::Start,
            fresh: 0,
            crc: Crc32::new(),
            size: 0,
        }
    }

    /// The next decoded bytes, as many as lie ready; none at the end of the file.
    ///
    /// # Errors
    /// The file is damaged, incomplete or cannot be read; after an error the file has ended.
    pub fn chunk(&mut self) -> Result<&[u8], Error> {
        while self.fresh == self.window.end() && self.stage != Stage::End {
            if let Err(error) = self.advance() {
                self.stage = Stage::End;
                self.fresh = self.window.end();
                return Err(error);
            }
        }
        Ok(self.window.since(self.fresh))
    }

    /// Takes the first `count` bytes of [`Reader::chunk`].
    ///
    /// # Panics
    /// There were fewer.
    pub fn consume(&mut self, count: usize) {
        assert!(count <= self.window.end() - self.fresh);
        self.fresh += count;
    }

    /// One step: a member's header, a window of its data and its trailer, or what follows it.
    fn advance(&mut self) -> Result<(), Error> {
        match self.stage {
            Stage::Start => self.header(),
            Stage::Data => {
                self.fresh = self.window.make_room();
                let done = self.inflater.run(&mut self.input, &mut self.window)?;
                let fresh = self.window.since(self.fresh);
                self.crc.update(fresh);
                self.size = self.size.wrapping_add(fresh.len() as u32);
                if done { self.trailer() } else { Ok(()) }
            }
            Stage::Between => match self.input.bytes()?.first() {
                None => {
                    self.stage = Stage::End;
                    Ok(())
                }
                Some(&byte) if byte == MAGIC[0] => self.header(),
                Some(_) => self.padding(),
            },
            Stage::End => Ok(()),
        }
    }

    /// Reads a member's header up to its data.
    fn header(&mut self) -> Result<(), Error> {
        let mut crc = Crc32::new();
        let offset = self.input.offset();
        let fixed: [u8; 10] = {
            let mut bytes = [0; 10];
            for i in 0..bytes.len() {
                bytes[i] = header_byte(&mut self.input, &mut crc)?;
                // Before the rest is missed: a short file of another kind is that, not an incomplete gzip file.
                if i == 1 && bytes[..2] != MAGIC {
                    let found = [bytes[0], bytes[1]];
                    let fault = match self.stage {
                        Stage::Between => Fault::TrailingGarbage { found: found[0] },
                        _ => Fault::NotGzip { found },
                    };
                    return Err(Error { offset, fault });
                }
            }
            bytes
        };
        let (method, flags) = (fixed[2], fixed[3]);
        if method != 8 {
            return Err(Error { offset: offset + 2, fault: Fault::Method { found: method } });
        }
        if flags & RESERVED != 0 {
            return Err(Error { offset: offset + 3, fault: Fault::ReservedFlags { found: flags } });
        }
        if flags & FEXTRA != 0 {
            let length = [header_byte(&mut self.input, &mut crc)?, header_byte(&mut self.input, &mut crc)?];
            for _ in 0..u16::from_le_bytes(length) {
                header_byte(&mut self.input, &mut crc)?;
            }
        }
        for flag in [FNAME, FCOMMENT] {
            if flags & flag != 0 {
                while header_byte(&mut self.input, &mut crc)? != 0 {}
            }
        }
        if flags & FHCRC != 0 {
            let (offset, found) = (self.input.offset(), crc.value() as u16);
            let expected = u16::from_le_bytes([self.input.byte()?, self.input.byte()?]);
            if found != expected {
                return Err(Error { offset, fault: Fault::HeaderChecksum { found, expected } });
            }
        }
        self.inflater.begin();
        self.window.begin();
        self.crc = Crc32::new();
        self.size = 0;
        self.stage = Stage::Data;
        Ok(())
    }

    /// Checks the data against the checksum and the size behind them.
    fn trailer(&mut self) -> Result<(), Error> {
        let offset = self.input.offset();
        let mut words = [[0u8; 4]; 2];
        for byte in words.as_flattened_mut() {
            *byte = self.input.byte()?;
        }
        let [expected, expected_size] = words.map(u32::from_le_bytes);
        let found = self.crc.value();
        if found != expected {
            return Err(Error { offset, fault: Fault::Checksum { found, expected } });
        }
        if self.size != expected_size {
            let fault = Fault::Size { found: self.size, expected: expected_size };
            return Err(Error { offset: offset + 4, fault });
        }
        self.stage = Stage::Between;
        Ok(())
    }

    /// Reads to the end of the file, through zeros only.
    fn padding(&mut self) -> Result<(), Error> {
        loop {
            let offset = self.input.offset();
            let bytes = self.input.bytes()?;
            if let Some(at) = bytes.iter().position(|&byte| byte != 0) {
                let fault = Fault::TrailingGarbage { found: bytes[at] };
                return Err(Error { offset: offset + at as u64, fault });
            }
            let count = bytes.len();
            if count == 0 {
                self.stage = Stage::End;
                return Ok(());
            }
            self.input.skip(count);
        }
    }
}

/// The next byte of a header, counted into its checksum.
fn header_byte<R: Read>(input: &mut Input<R>, crc: &mut Crc32) -> Result<u8, Error> {
    let byte = input.byte()?;
    crc.update(&[byte]);
    Ok(byte)
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let fresh = self.chunk().map_err(std::io::Error::other)?;
        let count = fresh.len().min(out.len());
        out[..count].copy_from_slice(&fresh[..count]);
        self.consume(count);
        Ok(count)
    }
}
