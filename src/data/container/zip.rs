//! zip archives (PKWARE's APPNOTE.TXT, version 6.3): the files that the central directory lists, stored or
//! deflated.
//!
//! The archive is held whole, its files are unpacked one at a time. Small archives cannot take all memory:
//! the compressed data of two files may not overlap, so that all files together have at most 1,032 times the
//! archive's bytes (the most that DEFLATE makes of one), and at most 4 GiB.

use super::contents::{LIMIT, Limit, UNPACKED};
use super::gzip;
use super::inflate::Decoder;
use crate::data::checksum::Crc32;
use crate::data::error::{Error, FETCH_AGAIN, Place, reserve};
use crate::store::Printable;

/// Bytes of the fixed parts: local header, entry of the directory, end of the directory, and for zip64 its
/// locator and its record.
const LOCAL: usize = 30;
const ENTRY: usize = 46;
const END: usize = 22;
const LOCATOR: usize = 20;
const RECORD: usize = 56;

/// The most bytes that DEFLATE makes of one: a match of 258 from two bits.
const MOST_OF_ONE: u64 = 1032;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// The other methods, by the names that people know.
const METHODS: [(u16, &str); 8] = [
    (1, "shrunk"),
    (6, "imploded"),
    (9, "compressed by Deflate64"),
    (12, "compressed by bzip2"),
    (14, "compressed by LZMA"),
    (93, "compressed by Zstandard"),
    (95, "compressed by xz"),
    (98, "compressed by PPMd"),
];

/// Whether the bytes begin as zip archives do, empty ones among them.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the archive, with `/`; what is not UTF-8 is replaced.
    pub name: String,
    /// Its bytes, unpacked.
    pub size: u64,
    /// Its bytes in the archive.
    packed: u64,
    method: u16,
    crc: u32,
    is_encrypted: bool,
    /// Where its local header begins.
    start: u64,
    /// Bytes of its name.
    name_bytes: usize,
    /// Where its entry in the directory begins.
    entry: usize,
}

/// An archive in memory.
pub struct Archive {
    place: Place,
    bytes: Vec<u8>,
    files: Vec<File>,
    /// Unpacked bytes that may still be asked for.
    room: u64,
}

impl Archive {
    /// The archive in `bytes`, which errors call `place`, by its central directory.
    ///
    /// # Errors
    /// The directory is damaged or incomplete, files overlap, or the archive has several parts.
    pub fn new(bytes: Vec<u8>, place: Place) -> Result<Self, Error> {
        let files = files(&bytes).map_err(|error| error.of(&place))?;
        Ok(Self { place, bytes, files, room: LIMIT })
    }

    /// The files, in the directory's order; folders and links are left out.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// What errors call the archive.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The bytes of file `n`, unpacked and checked.
    ///
    /// # Errors
    /// The file is damaged, encrypted, compressed by another method than DEFLATE, or longer than what may
    /// still be unpacked.
    ///
    /// # Panics
    /// There is no file `n`.
    pub fn read(&mut self, n: usize) -> Result<Vec<u8>, Error> {
        self.read_within(n, &|_| Ok(LIMIT))
    }

    /// As [`Archive::read`], where the first bytes of a file that is no gzip file say how long it may be.
    pub(crate) fn read_within(&mut self, n: usize, limit: Limit) -> Result<Vec<u8>, Error> {
        let file = &self.files[n];
        let within = |head: &[u8]| match gzip::is_gzip(head) {
            true => Ok(()),
            false => limit(head).map_err(|error| error.of(&self.place.member(&file.name))).and_then(|most| {
                let found = format!("{} of {} bytes", Printable(&file.name), file.size);
                let expected = format!("at most the {most} expected here");
                if file.size <= most { Ok(()) } else { Err(damaged(file.entry, found, expected)) }
            }),
        };
        let unpack = || {
            let room = self.room.checked_sub(file.size).ok_or_else(|| {
                let found = format!("{} of {} bytes", Printable(&file.name), file.size);
                let expected = format!("at most {LIMIT} bytes in all; unpack the archive and give a folder");
                Error::at(file.entry as u64, found, expected)
            })?;
            let start = data_start(&self.bytes, file)?;
            let packed = &self.bytes[start..start + file.packed as usize];
            let bytes = match file.method {
                STORED => stored(packed, within)?,
                _ => inflated(packed, file, within).map_err(|error| error.moved(|at| start as u64 + at))?,
            };
            let mut crc = Crc32::new();
            crc.update(&bytes);
            if crc.value() != file.crc {
                let found = format!("{} with CRC-32 {:08x}", Printable(&file.name), crc.value());
                return Err(damaged(start, found, format!("{:08x}; it is damaged", file.crc)));
            }
            Ok((bytes, room))
        };
        let (bytes, room) = unpack().map_err(|error: Error| error.of(&self.place))?;
        self.room = room;
        Ok(bytes)
    }
}

fn stored(packed: &[u8], within: impl Fn(&[u8]) -> Result<(), Error>) -> Result<Vec<u8>, Error> {
    within(packed)?;
    let mut bytes = Vec::new();
    reserve(&mut bytes, packed.len())?;
    bytes.extend_from_slice(packed);
    Ok(bytes)
}

/// What `packed` decompresses to: as many bytes as the directory says. Memory is taken as they come.
fn inflated(
    packed: &[u8],
    file: &File,
    within: impl Fn(&[u8]) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    const HEAD: usize = 64;
    let mut decoder = Decoder::new(packed);
    decoder.begin();
    let (mut bytes, mut is_checked) = (Vec::new(), false);
    loop {
        let ended = decoder.decode().map_err(|error| error.advise(FETCH_AGAIN))?;
        let fresh = decoder.ready();
        let at = decoder.input.offset() as usize;
        let length = bytes.len() + fresh.len();
        if length as u64 > file.size || (ended && file.size != length as u64) {
            let found = format!("{length} bytes of {}", Printable(&file.name));
            return Err(damaged(at, found, format!("{} by the directory", file.size)));
        }
        if bytes.is_empty() {
            bytes.try_reserve_exact(file.size.min(UNPACKED) as usize).map_err(|_| Error::memory(length))?;
        }
        reserve(&mut bytes, fresh.len())?;
        bytes.extend_from_slice(fresh);
        let taken = fresh.len();
        decoder.take(taken);
        if !is_checked && (ended || length >= HEAD) {
            within(&bytes)?;
            is_checked = true;
        }
        if ended {
            let end = decoder.input.offset();
            return match end == packed.len() as u64 {
                true => Ok(bytes),
                false => Err(damaged(at, "the end of the compressed data", "more of them")),
            };
        }
    }
}

/// A broken rule at byte `at` of the archive.
fn damaged(at: usize, found: impl ToString, expected: impl ToString) -> Error {
    Error::at(at as u64, found, expected).advise(FETCH_AGAIN)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*bytes[at..].first_chunk().expect("checked by the caller"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*bytes[at..].first_chunk().expect("checked by the caller"))
}

/// The central directory: how many entries, and where.
struct Directory {
    count: u64,
    start: usize,
    end: usize,
}

/// The directory, by the record at the archive's end, behind which only a comment may follow.
fn directory(bytes: &[u8]) -> Result<Directory, Error> {
    let last = bytes.len().checked_sub(END);
    let is_end = |at: &usize| {
        bytes[*at..].starts_with(b"PK\x05\x06")
            && at + END + usize::from(u16_at(bytes, at + 20)) == bytes.len()
    };
    let end = last.and_then(|last| (last.saturating_sub(0xFFFF)..=last).rev().find(is_end));
    let end = end.ok_or_else(|| {
        let expected = "its directory; half a download? fetch it again";
        Error::at(bytes.len() as u64, "no end of the zip archive", expected)
    })?;
    let mut parts = [u16_at(bytes, end + 4), u16_at(bytes, end + 6)].map(u32::from);
    let mut counts = [u16_at(bytes, end + 8), u16_at(bytes, end + 10)].map(u64::from);
    let [mut size, mut start] = [u32_at(bytes, end + 12), u32_at(bytes, end + 16)].map(u64::from);
    let mut behind = end;
    let is_large = counts.contains(&0xFFFF) || [size, start].contains(&0xFFFF_FFFF);
    // zip64: the record with the real numbers stands before its locator, which stands before this one.
    let locator = end.checked_sub(LOCATOR).filter(|&at| is_large && bytes[at..].starts_with(b"PK\x06\x07"));
    if let Some(locator) = locator {
        behind = usize::try_from(u64_at(bytes, locator + 8)).unwrap_or(usize::MAX);
        let is_record = behind.checked_add(RECORD).is_some_and(|end| end <= locator);
        if !is_record || !bytes[behind..].starts_with(b"PK\x06\x06") {
            return Err(damaged(locator, "no zip64 record where this says", "one"));
        }
        parts = [u32_at(bytes, behind + 16), u32_at(bytes, behind + 20)];
        counts = [u64_at(bytes, behind + 24), u64_at(bytes, behind + 32)];
        [size, start] = [u64_at(bytes, behind + 40), u64_at(bytes, behind + 48)];
    }
    if parts != [0, 0] || counts[0] != counts[1] {
        let expected = "all of it in one file; join the parts (zip -s 0 PART --out WHOLE.zip)";
        return Err(Error::at(end as u64, "a part of a zip archive", expected));
    }
    if start.checked_add(size) != Some(behind as u64) {
        let found = format!("a directory of {size} bytes from byte {start}");
        return Err(damaged(end, found, format!("one that ends at byte {behind}")));
    }
    Ok(Directory { count: counts[1], start: start as usize, end: behind })
}

/// The regular files that the directory lists, none of which overlaps another one.
fn files(bytes: &[u8]) -> Result<Vec<File>, Error> {
    let directory = directory(bytes)?;
    let (mut files, mut extents) = (Vec::new(), Vec::new());
    let mut at = directory.start;
    for _ in 0..directory.count {
        let (file, is_regular, next) = entry(&bytes[..directory.end], at)?;
        reserve(&mut extents, 1)?;
        let end = file.start.saturating_add((LOCAL + file.name_bytes) as u64).saturating_add(file.packed);
        extents.push((file.start, end, at));
        if is_regular {
            reserve(&mut files, 1)?;
            files.push(file);
        }
        at = next;
    }
    if at != directory.end {
        return Err(damaged(at, "bytes behind the directory's last entry", "its end"));
    }
    extents.sort_unstable();
    let starts = extents.iter().skip(1).map(|extent| extent.0).chain([directory.start as u64]);
    match extents.iter().zip(starts).find(|&(&(_, end, _), next)| end > next) {
        Some((&(_, end, at), next)) => {
            let found = format!("a file that ends at byte {end}");
            Err(damaged(at, found, format!("it to end at byte {next}, where another part begins")))
        }
        None => Ok(files),
    }
}

/// The entry of the directory at byte `at`, whether it is a regular file's, and where the next one is.
fn entry(bytes: &[u8], at: usize) -> Result<(File, bool, usize), Error> {
    let fixed = bytes.get(at..at + ENTRY).filter(|fixed| fixed.starts_with(b"PK\x01\x02"));
    let fixed = fixed.ok_or_else(|| damaged(at, "no entry of the directory", "one"))?;
    let [name, extra, comment] = [28, 30, 32].map(|field| usize::from(u16_at(fixed, field)));
    let next = at + ENTRY + name + extra + comment;
    if next > bytes.len() {
        return Err(damaged(at, "an entry longer than the directory", "a shorter one"));
    }
    let raw = &bytes[at + ENTRY..][..name];
    let mut wide = [24, 20, 42].map(|field| u64::from(u32_at(fixed, field)));
    if wide.contains(&0xFFFF_FFFF) {
        widen(&bytes[at + ENTRY + name..][..extra], &mut wide)
            .ok_or_else(|| damaged(at, "an entry without its zip64 sizes", "them"))?;
    }
    let [size, packed, start] = wide;
    // Old programs for Windows write `\`.
    let name = String::from_utf8_lossy(raw).replace('\\', "/");
    let (host, mode) = (fixed[5], u32_at(fixed, 38) >> 16);
    let is_link = host == 3 && mode >> 12 == 0o12;
    let is_regular = !name.ends_with('/') && !name.is_empty() && !is_link;
    let file = File {
        name,
        size,
        packed,
        method: u16_at(fixed, 10),
        crc: u32_at(fixed, 16),
        is_encrypted: u16_at(fixed, 8) & 1 != 0,
        start,
        name_bytes: raw.len(),
        entry: at,
    };
    Ok((file, is_regular, next))
}

/// Replaces those numbers that 32 bits cannot hold by zip64's, which stand in the same order.
fn widen(mut extra: &[u8], numbers: &mut [u64; 3]) -> Option<()> {
    loop {
        let (&[a, b, c, d], rest) = extra.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([c, d])))?;
        extra = rest;
        if [a, b] == [1, 0] {
            let mut wide = data.chunks_exact(8);
            for number in numbers.iter_mut().filter(|number| **number == 0xFFFF_FFFF) {
                *number = u64_at(wide.next()?, 0);
            }
            return Some(());
        }
    }
}

/// Where the data of a file begin. The local header and the directory have to agree on what matters.
fn data_start(bytes: &[u8], file: &File) -> Result<usize, Error> {
    let name = || Printable(&file.name).to_string();
    if file.is_encrypted {
        let expected = "it without a password; unpack the archive and give the folder";
        return Err(Error::at(file.entry as u64, format!("{}, which is encrypted", name()), expected));
    }
    if ![STORED, DEFLATED].contains(&file.method) {
        let known = METHODS.iter().find(|method| method.0 == file.method);
        let how = known.map_or(format!("compressed by method {}", file.method), |known| known.1.to_owned());
        let expected = "files stored or deflated; unpack the archive and give the folder";
        return Err(Error::at(file.entry as u64, format!("{}, which is {how}", name()), expected));
    }
    let most = if file.method == STORED { file.packed } else { file.packed.saturating_mul(MOST_OF_ONE) };
    if file.size > most || (file.method == STORED && file.size != most) {
        let found = format!("{} of {} bytes made of {}", name(), file.size, file.packed);
        return Err(damaged(file.entry, found, format!("at most {most}")));
    }
    // `files` has checked that fixed part, name and data lie before the directory.
    let start = file.start as usize;
    let header = &bytes[start..start + LOCAL];
    let name_at = start + LOCAL;
    let listed = &bytes[file.entry + ENTRY..][..file.name_bytes];
    let is_alike = header.starts_with(b"PK\x03\x04")
        && usize::from(u16_at(header, 26)) == file.name_bytes
        && &bytes[name_at..][..file.name_bytes] == listed
        && u16_at(header, 8) == file.method;
    if !is_alike {
        return Err(damaged(start, format!("no local header of {}", name()), "one"));
    }
    let data = name_at + file.name_bytes + usize::from(u16_at(header, 28));
    let end = data as u64 + file.packed;
    if end > bytes.len() as u64 {
        return Err(damaged(start, format!("{} that ends at byte {end}", name()), "the archive to hold it"));
    }
    Ok(data)
}
