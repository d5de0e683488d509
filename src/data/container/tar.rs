//! tar archives: the regular files of ustar, pax, GNU and old archives, one after the other, read in passing.

use crate::data::error::{Error, FETCH_AGAIN, Place};
use std::io::{self, Read};

/// Archives are made of blocks of this many bytes.
const BLOCK: usize = 512;
/// The longest name record that is read: names are shorter, and memory is taken for it.
const LONGEST_RECORD: u64 = 1 << 16;

/// A regular file of an archive that is read in passing: its bytes come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the archive; what is not UTF-8 is replaced.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// Where they begin in the archive.
    pub offset: u64,
}

/// Reads an archive in passing, from a [`gzip::Reader`](super::gzip::Reader) for one.
pub struct Reader<R> {
    source: R,
    place: Place,
    offset: u64,
    /// Of the current file, bytes that were not read yet.
    left: u64,
    /// From the end of the current file to the next block.
    padding: u64,
}

impl<R: Read> Reader<R> {
    /// A reader at the start of an archive, which errors call `place`.
    pub fn new(source: R, place: Place) -> Self {
        Self { source, place, offset: 0, left: 0, padding: 0 }
    }

    /// The next regular file; none at the end. What is left of the one before is passed over.
    ///
    /// # Errors
    /// The archive is damaged, incomplete or cannot be read.
    pub fn next_file(&mut self) -> Result<Option<File>, Error> {
        self.next_regular().map_err(|error| error.of(&self.place))
    }

    fn next_regular(&mut self) -> Result<Option<File>, Error> {
        // What records before the header say in its stead.
        let (mut long_name, mut long_size) = (None, None);
        loop {
            self.pass_over()?;
            let start = self.offset;
            let mut block = [0; BLOCK];
            let found = self.fill(&mut block)?;
            if found % BLOCK != 0 {
                return Err(truncated(start, found as u64, BLOCK as u64));
            }
            if block == [0; BLOCK] {
                // One block of zeros was read, or nothing; what follows the second is of no interest.
                let is_end = found > 0 && self.fill(&mut block)? == BLOCK && block == [0; BLOCK];
                return if is_end { Ok(None) } else { Err(no_end(start)) };
            }
            let header = Header::new(&block).map_err(|error| error.moved(|_| start).advise(FETCH_AGAIN))?;
            let is_regular = matches!(header.kind, b'0' | 0 | b'7');
            let size = if is_regular { long_size.unwrap_or(header.size) } else { header.size };
            self.left = size;
            self.padding = size.wrapping_neg() % BLOCK as u64;
            match header.kind {
                b'L' => long_name = Some(text(until_zero(&self.record(start)?))),
                b'x' => {
                    let record = self.record(start)?;
                    let malformed = || Error::at(start, "a malformed pax record", "\"LENGTH KEY=VALUE\"");
                    let found = pax(&record).ok_or_else(|| malformed().advise(FETCH_AGAIN))?;
                    long_name = found.0.or(long_name);
                    long_size = found.1.or(long_size);
                }
                b'S' => {
                    let expected = "plain ones; pack the archive without --sparse";
                    return Err(Error::at(start, "a sparse file", expected));
                }
                b'K' | b'g' => {} // a link's target; settings for all files, of which none is a name
                _ => {
                    let name = long_name.take().unwrap_or(header.name);
                    long_size = None;
                    // A folder in archives older than the type field ends in a slash.
                    if is_regular && !name.ends_with('/') {
                        return Ok(Some(File { name, size, offset: self.offset }));
                    }
                }
            }
        }
    }

    /// Reads the file's next bytes, as many as fill `out`.
    ///
    /// # Errors
    /// The archive ends too early or cannot be read.
    ///
    /// # Panics
    /// The file has fewer bytes left.
    pub fn read_exact(&mut self, out: &mut [u8]) -> Result<(), Error> {
        assert!(out.len() as u64 <= self.left, "more than the file has left");
        let start = self.offset;
        let found = self.fill(out).map_err(|error| error.of(&self.place))?;
        self.left -= found as u64;
        if found < out.len() {
            return Err(truncated(start, found as u64, out.len() as u64).of(&self.place));
        }
        Ok(())
    }

    /// Goes to the next header.
    fn pass_over(&mut self) -> Result<(), Error> {
        let (start, expected) = (self.offset, self.left.saturating_add(self.padding));
        let found = io::copy(&mut (&mut self.source).take(expected), &mut io::sink());
        let found = found.map_err(|error| Error::read(start, error))?;
        self.offset += found;
        if found < expected {
            return Err(truncated(start, found, expected));
        }
        (self.left, self.padding) = (0, 0);
        Ok(())
    }

    /// The current file's bytes: a name or pax record, whose header is at `start`.
    fn record(&mut self, start: u64) -> Result<Vec<u8>, Error> {
        if self.left > LONGEST_RECORD {
            let found = format!("a name record of {} bytes", self.left);
            return Err(Error::at(start, found, format!("at most {LONGEST_RECORD}")).advise(FETCH_AGAIN));
        }
        let mut bytes = vec![0; self.left as usize];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Fills `out` unless the archive ends before; returns how much.
    fn fill(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let mut done = 0;
        while done < out.len() {
            match self.source.read(&mut out[done..]) {
                Ok(0) => break,
                Ok(count) => {
                    done += count;
                    self.offset += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::read(self.offset, error)),
            }
        }
        Ok(done)
    }
}

/// Whether `bytes` begin with a header: by the mark of POSIX and GNU archives, or, as older ones have none,
/// by its checksum.
pub(crate) fn is_header(bytes: &[u8]) -> bool {
    let Some(block) = bytes.first_chunk() else { return false };
    &block[257..262] == b"ustar" || Header::new(block).is_ok()
}

fn truncated(offset: u64, found: u64, expected: u64) -> Error {
    let found = format!("{found} bytes left");
    Error::at(offset, found, format!("{expected}; the archive is incomplete")).advise(FETCH_AGAIN)
}

fn no_end(offset: u64) -> Error {
    let expected = "two blocks of zeros; the archive is incomplete";
    Error::at(offset, "no end of the archive", expected).advise(FETCH_AGAIN)
}

/// What is of use in a header.
struct Header {
    name: String,
    size: u64,
    kind: u8,
}

impl Header {
    fn new(block: &[u8; BLOCK]) -> Result<Self, Error> {
        // Summed with the checksum's own field as spaces. Some old programs summed signed bytes.
        let blank =
            || block.iter().enumerate().map(|(i, &byte)| if (148..156).contains(&i) { b' ' } else { byte });
        let found: u64 = blank().map(u64::from).sum();
        let signed: i64 = blank().map(|byte| i64::from(byte as i8)).sum();
        // A block that is no header may have anything there: that is a wrong checksum too.
        let expected = number(&block[148..156]).unwrap_or(0);
        if expected != found && i64::try_from(expected) != Ok(signed) {
            let found = format!("a header with checksum {found}");
            return Err(Error::new(found, format!("{expected}; damaged, or no tar archive")));
        }
        let kind = block[156];
        let mut name = text(until_zero(&block[..100]));
        // GNU archives, whose magic ends in a space, keep times where POSIX has the prefix.
        if &block[257..263] == b"ustar\0" && block[345] != 0 {
            name = text(until_zero(&block[345..500])) + "/" + &name;
        }
        // Links, devices and folders (1 to 6) have no data, whatever their size says.
        let size = match kind {
            b'1'..=b'6' => 0,
            _ => number(&block[124..136])
                .ok_or_else(|| Error::new("a size that is no number", "octal digits"))?,
        };
        Ok(Self { name, size, kind })
    }
}

fn until_zero(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_string()
}

/// A field's number: octal digits between spaces and zeros, or, with the highest bit set, base 256.
fn number(field: &[u8]) -> Option<u64> {
    if let [first @ 0x80..=0xBF, rest @ ..] = field {
        let start = u64::from(first & 0x3F);
        let value = rest.iter().try_fold(start, |sum, &byte| Some(sum.checked_mul(256)? | u64::from(byte)));
        return value.filter(|value| *value < 1 << 63);
    }
    let digits = field.trim_ascii_start();
    let end = digits.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(digits.len());
    if digits[end..].iter().any(|byte| !matches!(byte, 0 | b' ')) {
        return None;
    }
    // Twelve digits at most: 36 bits.
    digits[..end]
        .iter()
        .try_fold(0, |sum, byte| matches!(byte, b'0'..=b'7').then(|| sum * 8 + u64::from(byte & 7)))
}

/// Path and size of the next file, where a pax record gives them; none if it is malformed.
fn pax(mut record: &[u8]) -> Option<(Option<String>, Option<u64>)> {
    let (mut path, mut size) = (None, None);
    while !record.is_empty() {
        let space = record.iter().position(|&byte| byte == b' ')?;
        let length: usize = decimal(&record[..space])?.try_into().ok()?;
        let line = record.get(space + 1..length)?.strip_suffix(b"\n")?;
        let equals = line.iter().position(|&byte| byte == b'=')?;
        match (&line[..equals], &line[equals + 1..]) {
            (_, []) => {} // taken back: the header's own value counts
            (b"path", value) => path = Some(text(value)),
            (b"size", value) => size = Some(decimal(value).filter(|size| *size < 1 << 63)?),
            _ => {}
        }
        record = &record[length..];
    }
    Some((path, size))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let digits = core::str::from_utf8(digits).ok()?;
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}
