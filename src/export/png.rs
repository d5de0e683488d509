//! Pictures as `data:` addresses: PNG (RFC 2083) with stored blocks, in base64 (RFC 4648, section 4).
//!
//! Stored, because a digit has 784 bytes: what compressing them would save is not worth a compressor.

use crate::data::checksum::{Adler32, Crc32};

/// What the samples of a picture are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples<'a> {
    /// One byte a pixel.
    Grey,
    /// Red, green, blue.
    Colour,
    /// One byte a pixel, an index of these reds, greens, blues and opacities: at most 256.
    Palette(&'a [[u8; 4]]),
}

/// The most bytes of a stored block (RFC 1951, section 3.2.4).
const MOST_STORED: usize = 65_535;

/// A PNG file of `samples`, rows of `width` pixels one after the other.
///
/// # Panics
/// If a row is empty or the last one is not whole.
pub fn encode(width: usize, kind: Samples, samples: &[u8]) -> Vec<u8> {
    let (colour_type, bytes) = match kind {
        Samples::Grey => (0, 1),
        Samples::Colour => (2, 3),
        Samples::Palette(_) => (3, 1),
    };
    let row = width * bytes;
    assert!(row > 0 && samples.len() % row == 0, "rows are whole");
    let height = samples.len() / row;
    let mut out = Vec::from(*b"\x89PNG\r\n\x1A\n");
    let [width, height] = [width, height].map(|side| (side as u32).to_be_bytes());
    // 8 bits; deflate, filters, not interlaced.
    chunk(&mut out, b"IHDR", &[&width[..], &height, &[8, colour_type, 0, 0, 0]].concat());
    if let Samples::Palette(colours) = kind {
        let rgb: Vec<u8> = colours.iter().flat_map(|colour| colour[..3].iter().copied()).collect();
        let opacity: Vec<u8> = colours.iter().map(|colour| colour[3]).collect();
        chunk(&mut out, b"PLTE", &rgb);
        chunk(&mut out, b"tRNS", &opacity);
    }
    // Filter 0, none, before each row.
    let rows: Vec<u8> = samples.chunks_exact(row).flat_map(|row| [0].iter().chain(row)).copied().collect();
    chunk(&mut out, b"IDAT", &stored(&rows));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], body: &[u8]) {
    let mut crc = Crc32::new();
    crc.update(name);
    crc.update(body);
    let length = (body.len() as u32).to_be_bytes();
    [&length, &name[..], body, &crc.value().to_be_bytes()]
        .iter()
        .for_each(|part| out.extend_from_slice(part));
}

/// `bytes` as a zlib stream (RFC 1950) of stored blocks.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(MOST_STORED).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let mut adler = Adler32::new();
    adler.update(bytes);
    out.extend_from_slice(&adler.value().to_be_bytes());
    out
}

/// `data:image/png;base64,...`
pub fn address(png: &[u8]) -> String {
    let mut out = String::from("data:image/png;base64,");
    base64(png.iter().copied(), &mut out);
    out
}

/// Bytes in base64 (RFC 4648, section 4).
pub(super) fn base64(mut bytes: impl Iterator<Item = u8>, out: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while let Some(first) = bytes.next() {
        let (second, third) = (bytes.next(), bytes.next());
        let [a, b, c] = [Some(first), second, third].map(|byte| u32::from(byte.unwrap_or(0)));
        let word = a << 16 | b << 8 | c;
        let digit = |place: u32| char::from(DIGITS[(word >> (6 * place) & 63) as usize]);
        out.push(digit(3));
        out.push(digit(2));
        out.push(if second.is_some() { digit(1) } else { '=' });
        out.push(if third.is_some() { digit(0) } else { '=' });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(address(plain.as_bytes()), format!("data:image/png;base64,{coded}"));
        }
        let all: Vec<u8> = (0..=255).collect();
        assert!(address(&all).contains("+fr7/P3+/w=="));
    }

    #[test]
    fn chunks_are_where_they_should_be() {
        let palette = [[1, 2, 3, 4], [5, 6, 7, 8]];
        let png = encode(2, Samples::Palette(&palette), &[0, 1, 1, 0]);
        let mut at = 8;
        let mut names = String::new();
        while at < png.len() {
            let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
            let mut crc = Crc32::new();
            crc.update(&png[at + 4..at + 8 + length]);
            assert_eq!(png[at + 8 + length..at + 12 + length], crc.value().to_be_bytes());
            names.push_str(core::str::from_utf8(&png[at + 4..at + 8]).unwrap());
            at += 12 + length;
        }
        assert_eq!(names, "IHDRPLTEtRNSIDATIEND");
        assert_eq!(png[16..26], [0, 0, 0, 2, 0, 0, 0, 2, 8, 3]);
    }

    /// Through the crate's own inflate, as a gzip file of the same stream.
    #[test]
    fn a_large_picture_has_several_blocks_and_all_its_bytes() {
        let samples: Vec<u8> = (0..100_000u32 * 3).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
        let png = encode(1000, Samples::Colour, &samples);
        let at = png.windows(4).position(|name| name == b"IDAT").unwrap();
        let length = u32::from_be_bytes(png[at - 4..at].try_into().unwrap()) as usize;
        let deflated = &png[at + 6..at + length]; // without zlib's two bytes and its four
        let rows: Vec<u8> = samples.chunks(3000).flat_map(|row| [0].iter().chain(row)).copied().collect();
        assert_eq!(png[at + length..at + 4 + length], {
            let mut adler = Adler32::new();
            adler.update(&rows);
            adler.value().to_be_bytes()
        });
        let mut crc = Crc32::new();
        crc.update(&rows);
        let mut gzip = Vec::from([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]);
        gzip.extend_from_slice(deflated);
        gzip.extend_from_slice(&crc.value().to_le_bytes());
        gzip.extend_from_slice(&(rows.len() as u32).to_le_bytes());
        let place = crate::data::Place::new("rows.gz");
        let found = crate::data::container::gzip::decompress(&gzip, &place, |_| Ok(rows.len() as u64));
        assert!(found.unwrap() == rows);
    }
}
