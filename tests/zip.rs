//! zip archives: every kind of entry, and damage of every kind to a small archive.
#![cfg(feature = "std")]

use monolayer::data::{Error, Place};
use monolayer::internals::zip::Archive;

/// A file to be packed.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    method: u16,
    flags: u16,
    size: u32,
    crc: u32,
    packed: Vec<u8>,
    /// Of the directory's entry: the maker's system, attributes.
    host: u8,
    mode: u32,
}

fn crc(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn stored(name: &str, data: &[u8]) -> Entry {
    let name = name.as_bytes().to_vec();
    let (size, crc) = (data.len() as u32, crc(data));
    Entry { name, method: 0, flags: 0, size, crc, packed: data.to_vec(), host: 3, mode: 0o100_644 }
}

/// Deflated: as one stored block.
fn deflated(name: &str, data: &[u8]) -> Entry {
    let length = data.len() as u16;
    let packed = [&[1], &length.to_le_bytes()[..], &(!length).to_le_bytes(), data].concat();
    Entry { method: 8, packed, ..stored(name, data) }
}

/// Offsets of the local headers, and the archive; its end in zip64's form or the usual one.
fn archive(entries: &[Entry], zip64: bool) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let start = bytes.len() as u32;
        let mut common = Vec::new();
        common.extend([20, 0]);
        common.extend(entry.flags.to_le_bytes());
        common.extend(entry.method.to_le_bytes());
        common.extend([0, 0, 33, 0]);
        common.extend(entry.crc.to_le_bytes());
        common.extend((entry.packed.len() as u32).to_le_bytes());
        common.extend(entry.size.to_le_bytes());
        common.extend((entry.name.len() as u16).to_le_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(3_u16.to_le_bytes());
        bytes.extend(&entry.name);
        bytes.extend(b"ext");
        bytes.extend(&entry.packed);
        directory.extend(b"PK\x01\x02");
        directory.extend([20, entry.host]);
        directory.extend(&common);
        directory.extend([if zip64 { 12 } else { 0 }, 0, 0, 0, 0, 0, 0, 0]);
        directory.extend((entry.mode << 16).to_le_bytes());
        directory.extend(if zip64 { !0 } else { start }.to_le_bytes());
        directory.extend(&entry.name);
        if zip64 {
            directory.extend([1, 0, 8, 0]);
            directory.extend(u64::from(start).to_le_bytes());
        }
    }
    let (start, size, count) = (bytes.len() as u64, directory.len() as u64, entries.len() as u64);
    bytes.extend(directory);
    let record = bytes.len() as u64;
    if zip64 {
        bytes.extend(b"PK\x06\x06");
        bytes.extend(44_u64.to_le_bytes());
        bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        [count, count, size, start].iter().for_each(|field| bytes.extend(field.to_le_bytes()));
        bytes.extend(b"PK\x06\x07\0\0\0\0");
        bytes.extend(record.to_le_bytes());
        bytes.extend([1, 0, 0, 0]);
    }
    let short = |value: u64| if zip64 { !0_u32 } else { value as u32 };
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    (0..2).for_each(|_| bytes.extend((short(count) as u16).to_le_bytes()));
    bytes.extend(short(size).to_le_bytes());
    bytes.extend(short(start).to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// Names and contents.
fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut archive = Archive::new(bytes.to_vec(), Place::new("a.zip"))?;
    let names: Vec<String> = archive.files().iter().map(|file| file.name.clone()).collect();
    names.into_iter().enumerate().map(|(n, name)| Ok((name, archive.read(n)?))).collect()
}

#[track_caller]
fn refused(entries: &[Entry], words: &str) {
    let text = read(&archive(entries, false)).expect_err("a broken archive").to_string();
    assert!(text.starts_with("a.zip, byte ") && text.contains(words), "{text}");
}

fn two() -> Vec<Entry> {
    vec![stored("cat/one", b"12345678"), deflated("dog\\two", &[7; 300])]
}

#[test]
fn stored_and_deflated_with_zip64_and_a_comment() {
    let expected = vec![("cat/one".to_owned(), b"12345678".to_vec()), ("dog/two".to_owned(), vec![7; 300])];
    assert_eq!(read(&archive(&two(), false)).unwrap(), expected);
    assert_eq!(read(&archive(&two(), true)).unwrap(), expected);
    let mut commented = archive(&two(), false);
    let length = commented.len();
    commented[length - 2] = 4;
    commented.extend(b"PK\x05\x06");
    assert_eq!(read(&commented).unwrap(), expected);
    assert_eq!(read(&archive(&[], false)).unwrap(), []);
}

#[test]
fn folders_and_links_are_left_out() {
    let link = Entry { mode: 0o120_777, ..stored("link", b"target") };
    let entries = [stored("a/", b""), link, stored("a/b", b"")];
    assert_eq!(read(&archive(&entries, false)).unwrap(), [("a/b".to_owned(), vec![])]);
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    refused(&[Entry { flags: 1, ..stored("secret", b"x") }], "found secret, which is encrypted");
    for (method, words) in
        [(14, "a, which is compressed by LZMA"), (77, "a, which is compressed by method 77")]
    {
        refused(&[Entry { method, ..stored("a", b"x") }], words);
    }
}

#[test]
fn sizes_and_checksums_are_held_against_the_contents() {
    refused(&[Entry { crc: 1, ..stored("a", b"x") }], "found a with CRC-32 8cdc1683");
    refused(&[Entry { size: 2, ..stored("a", b"x") }], "found a of 2 bytes made of 1");
    refused(&[Entry { size: 299, ..deflated("a", &[7; 300]) }], "found 300 bytes of a, expected 299");
    refused(&[Entry { size: 301, ..deflated("a", &[7; 300]) }], "found 300 bytes of a, expected 301");
    refused(&[Entry { size: 400_000, ..deflated("a", &[7; 300]) }], "found a of 400000 bytes made of 305");
    let mut longer = deflated("a", &[7; 300]);
    longer.packed.push(0);
    refused(&[longer], "more of them");
}

/// Two entries of the directory for one file: a small archive would become anything.
#[test]
fn overlaps_are_refused() {
    let bytes = archive(&two(), false);
    let at = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    let mut twice = bytes.clone();
    twice[at + 42..at + 46].fill(0);
    let text = read(&twice).unwrap_err().to_string();
    assert!(text.contains("found a file that ends at byte"), "{text}");
}

#[test]
fn every_truncation_and_every_bit() {
    for zip64 in [false, true] {
        let bytes = archive(&two(), zip64);
        let good = read(&bytes).unwrap();
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "{length}");
        }
        let mut fine = 0;
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            match read(&flipped) {
                // A folder's or a link's entry is left out.
                Ok(files) => {
                    assert!(files.iter().all(|file| good.contains(file)), "bit {bit}");
                    fine += 1;
                }
                Err(error) => assert!(error.offset().is_some_and(|at| at <= bytes.len() as u64), "{error}"),
            }
        }
        assert!(fine > 100, "dates and the like do not matter: {fine}");
    }
}
