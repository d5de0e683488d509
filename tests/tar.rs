//! tar archives: every kind of header, and damage of every kind to a small archive.

use std::io::Read;

use monolayer::data::{Error, Place};
use monolayer::internals::tar;

/// A header's checksum, written as the standard says.
fn seal(header: &mut [u8], signed: bool) {
    let header = &mut header[..512];
    header[148..156].fill(b' ');
    let sum: i64 =
        header.iter().map(|&byte| if signed { i64::from(byte as i8) } else { i64::from(byte) }).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn member(name: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    seal(&mut block, false);
    block.extend_from_slice(data);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn place() -> Place {
    Place::new("a.tar")
}

/// Names and contents, each where it is said to be.
fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut reader = tar::Reader::new(bytes, place());
    let mut files = Vec::new();
    while let Some(file) = reader.next_file()? {
        // What an archive claims is not to be allocated.
        let mut data = vec![0; file.size.min(1 << 20) as usize];
        reader.read_exact(&mut data)?;
        assert_eq!(data, &bytes[file.offset as usize..][..data.len()]);
        files.push((file.name, data));
    }
    Ok(files)
}

/// What was found in a broken archive, what was expected, and where.
fn fault(bytes: &[u8]) -> (String, String, u64) {
    let error = read(bytes).expect_err("a broken archive");
    let (found, expected) = error.rule().expect("a broken rule");
    (found.to_owned(), expected.to_owned(), error.offset().unwrap())
}

/// Asserts what was found, the beginning of it, and where.
#[track_caller]
fn assert_fault(bytes: &[u8], rule: &str, offset: u64) {
    let (found, _, at) = fault(bytes);
    assert!(found.contains(rule) && at == offset, "{found} at {at}");
}

const NO_END: &str = "no end of the archive";
const TRUNCATED: &str = "bytes left";

#[test]
fn regular_files_of_every_size_and_no_others() {
    let mut members = Vec::new();
    let mut expected = Vec::new();
    for size in [0, 1, 511, 512, 513, 1024, 5000] {
        let data: Vec<u8> = (0..size).map(|i| (i * 7 + size) as u8).collect();
        let name = format!("folder/{size}.bin");
        members.push(member(name.as_bytes(), if size % 2 == 0 { b'0' } else { 0 }, &data));
        expected.push((name, data));
        members.push(member(b"pipe", b'6', b""));
        members.push(member(b"vendor's own", b'Z', b"skipped"));
        members.push(member(b"old folder/", 0, b""));
    }
    // A folder's size is a quota, a link's that of its target: no data follow.
    for kind in b'1'..=b'5' {
        let mut header = member(b"sized", kind, b"");
        header[124..136].copy_from_slice(b"00000001000\0");
        seal(&mut header, false);
        members.push(header);
    }
    assert_eq!(read(&archive(&members)).unwrap(), expected);
    assert_eq!(read(&archive(&[])).unwrap(), []);
}

#[test]
fn names() {
    let long = "d/".repeat(120) + "file";
    let mut prefixed = member(b"file", b'0', b"1");
    prefixed[345..350].copy_from_slice(b"a/b/c");
    seal(&mut prefixed, false);
    let mut gnu = prefixed.clone();
    gnu[257..265].copy_from_slice(b"ustar  \0");
    seal(&mut gnu, false);
    let mut old = prefixed.clone();
    old[257..265].fill(0);
    seal(&mut old, false);
    let pax = |text: &str| member(b"pax", b'x', text.as_bytes());
    let files = archive(&[
        prefixed,
        gnu,
        old,
        member(b"././@LongLink", b'L', format!("{long}\0").as_bytes()),
        member(b"short", b'0', b"2"),
        member(b"after", b'0', b"3"),
        member(b"globals", b'g', b"13 path=no\x6Ee\n"),
        pax("12 mtime=12\n13 path=n\u{e9}w\n11 path=to\n"),
        member(b"old", b'0', b"4"),
        member(b"././@LongLink", b'K', b"a link's target\0"),
        member(b"link", b'2', b""),
        member(&[b'n'; 100], b'0', b"5"),
        pax("8 path=\n"),
        member(b"kept", b'0', b"6"),
        member(b"\xFF", b'0', b"7"),
    ]);
    let names: Vec<_> = read(&files).unwrap().into_iter().map(|(name, _)| name).collect();
    let hundred = "n".repeat(100);
    let expected = ["a/b/c/file", "file", "file", &long, "after", "to", &hundred, "kept", "\u{fffd}"];
    assert_eq!(names, expected);
}

#[test]
fn sizes() {
    let with = |field: &[u8; 12]| {
        let mut bytes = member(b"file", b'0', b"12345678");
        bytes[124..136].copy_from_slice(field);
        seal(&mut bytes[..512], false);
        archive(&[bytes])
    };
    for field in [
        b"00000000010\0",
        b"         10 ",
        b"10\0\0\0\0\0\0\0\0\0\0",
        b"000000000010",
        b"\x80\0\0\0\0\0\0\0\0\0\0\x08",
    ] {
        assert_eq!(read(&with(field)).unwrap()[0].1, b"12345678", "{field:?}");
    }
    for field in [
        b"00000000018\0",
        b"-0000000010\0",
        b"1 0         ",
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xF8",
    ] {
        assert_fault(&with(field), "a size that is no number", 0);
    }
    let huge = b"\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    assert!(fault(&with(huge)).0.contains(TRUNCATED));
    let beyond = b"\x80\0\0\0\x80\0\0\0\0\0\0\0";
    assert_eq!(fault(&with(beyond)).0, "a size that is no number");
    let pax = member(b"pax", b'x', b"10 size=8\n");
    let wrong = with(b"00000000001\0");
    assert_eq!(read(&[pax, wrong].concat()).unwrap()[0].1, b"12345678");
}

#[test]
fn checksums() {
    let mut bytes = member("f\u{fc}r".as_bytes(), b'0', b"");
    seal(&mut bytes, true);
    assert_eq!(read(&archive(&[bytes.clone()])).unwrap().len(), 1);
    bytes[0] ^= 1;
    assert_fault(&archive(&[bytes]), "a header with checksum", 0);
    assert_fault(&[b'<'; 2000], "a header with checksum", 0);
    assert!(fault(&[b'<'; 2000]).1.starts_with("0; damaged"));
}

#[test]
fn records() {
    let named = |text: &str| archive(&[member(b"pax", b'x', text.as_bytes()), member(b"f", b'0', b"")]);
    assert_eq!(read(&named("9 path=a\n")).unwrap()[0].0, "a");
    for text in [
        "8 path=a\n",
        "11 path=ab",
        "99 path=a\n",
        "x path=a\n",
        "+9 path=a\n",
        "1 path=a\n",
        "10 size=-\n",
        "path",
    ] {
        assert_fault(&named(text), "a malformed pax record", 0);
    }
    let large = member(b"long", b'L', &[b'a'; 70_000]);
    assert_fault(&archive(&[large]), "a name record of 70000 bytes", 0);
    assert_fault(&archive(&[member(b"holes", b'S', b"")]), "a sparse file", 0);
}

fn small_archive() -> Vec<u8> {
    archive(&[
        member(b"pax", b'x', b"17 path=new-name\n"),
        member(b"one", b'0', &[1; 700]),
        member(b"././@LongLink", b'L', b"a long name\0"),
        member(b"two", b'0', &[2; 100]),
    ])
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = small_archive();
    let whole = bytes.len();
    assert_eq!(read(&bytes).unwrap().len(), 2);
    assert_eq!(
        read(&[bytes.as_slice(), &[9; 777]].concat()).unwrap().len(),
        2,
        "what follows is not looked at"
    );
    for length in 0..whole {
        let (found, _, offset) = fault(&bytes[..length]);
        assert!(found.contains(TRUNCATED) || found == NO_END, "{length}: {found}");
        assert!(offset <= length as u64);
    }
    let mut one_zero_block = bytes[..whole - 512].to_vec();
    one_zero_block.extend(member(b"three", b'0', b""));
    assert_eq!(fault(&one_zero_block).0, NO_END);
}

#[test]
fn every_bit_flip_of_a_header_is_an_error() {
    let bytes = small_archive();
    let good = read(&bytes).unwrap();
    for at in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        // Headers are the blocks 0, 2, 5 and 7; 9 and 10 the end; data and their padding carry no checksum.
        let header = matches!(at / 8 / 512, 0 | 2 | 5 | 7 | 9 | 10);
        // The checksum's own field may be written in other ways.
        let free = (148..156).contains(&(at / 8 % 512));
        match read(&flipped) {
            Ok(files) if header => assert!(free && files == good, "bit {at}"),
            Ok(_) | Err(_) => {}
        }
    }
}

#[test]
fn nonsense_under_a_good_checksum() {
    let bytes = small_archive();
    let mut state = 1u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % n
    };
    let mut kinds = std::collections::BTreeMap::new();
    for _ in 0..10_000 {
        let mut changed = bytes.clone();
        let start = 512 * [0, 2, 5, 7][below(4)];
        for _ in 0..1 + below(4) {
            // Size, type, or a record's text.
            let at = [124 + below(12), 156, 512 + below(20)][below(3)];
            changed[start + at] = [b'0' + below(10) as u8, below(256) as u8, b' ', 0x80][below(4)];
        }
        seal(&mut changed[start..], below(2) == 0);
        let kind = match read(&changed) {
            Ok(_) => String::from("fine"),
            Err(error) => {
                // The rule: the words of what was found, without its numbers.
                let words = error.rule().unwrap().0.split(' ');
                words.filter(|word| word.chars().all(|c| c.is_ascii_alphabetic())).collect::<String>()
            }
        };
        *kinds.entry(kind).or_insert(0) += 1;
    }
    assert!(kinds.len() >= 6 && kinds["fine"] > 1000, "too tame: {kinds:?}");
}

#[test]
fn a_failing_source_is_told_from_a_short_one() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::TimedOut.into())
        }
    }
    let bytes = small_archive();
    for length in [0, 100, 512, 600, 1536, bytes.len() - 512] {
        let mut reader = tar::Reader::new(bytes[..length].chain(Fails), place());
        let error = loop {
            match reader.next_file() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{length}"),
                Err(error) => break error,
            }
        };
        let source =
            std::error::Error::source(&error).expect("an I/O error").downcast_ref::<std::io::Error>();
        assert_eq!(source.map(std::io::Error::kind), Some(std::io::ErrorKind::TimedOut), "{length}: {error}");
    }
}
