//! PNG pictures: every colour type, depth, filter and interlace method against plain formulas; every
//! truncation and every flipped bit; and nothing taken on trust.

#[path = "gzip/writer.rs"]
#[allow(dead_code)]
mod writer;

use monolayer::data::Error;
use monolayer::internals::png::{Image, decode};
use monolayer::weights::Picture;
use writer::{Bits, Rng, crc32};

const GREY: u8 = 0;
const RGB: u8 = 2;
const PALETTE: u8 = 3;
const GREY_ALPHA: u8 = 4;
const RGB_ALPHA: u8 = 6;

/// What a file is made from: (height, width, samples), and how it is written.
#[derive(Clone)]
struct Source {
    width: usize,
    height: usize,
    depth: usize,
    colour: u8,
    samples: Vec<u16>,
    palette: Vec<u8>,
    transparent: Vec<u8>,
    interlaced: bool,
    /// The filter of each row in turn.
    filters: Vec<u8>,
}

fn samples_of(colour: u8) -> usize {
    [1, 0, 3, 1, 2, 0, 4][usize::from(colour)]
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [name, data].concat();
    [&(data.len() as u32).to_be_bytes()[..], &body, &crc32(&body).to_be_bytes()].concat()
}

fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u64, 0_u64);
    for &byte in data {
        a = (a + u64::from(byte)) % 65521;
        b = (b + a) % 65521;
    }
    (b << 16 | a) as u32
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    let parts: Vec<&[u8]> = data.chunks(60_000).collect();
    for (n, part) in parts.iter().enumerate() {
        writer::stored(&mut bits, part, n + 1 == parts.len());
    }
    [&[0x78, 0x01][..], &bits.finish(), &adler32(data).to_be_bytes()].concat()
}

impl Source {
    fn new(width: usize, height: usize, depth: usize, colour: u8) -> Self {
        Self {
            width,
            height,
            depth,
            colour,
            samples: vec![0; width * height * samples_of(colour)],
            palette: Vec::new(),
            transparent: Vec::new(),
            interlaced: false,
            filters: vec![0],
        }
    }

    fn random(rng: &mut Rng, depth: usize, colour: u8) -> Self {
        let mut source = Self::new(1 + rng.below(19), 1 + rng.below(19), depth, colour);
        let limit = 1 << depth;
        let colours = if colour == PALETTE { 1 + rng.below(limit) } else { limit };
        source.samples.fill_with(|| rng.below(colours) as u16);
        if colour == PALETTE {
            source.palette = (0..3 * colours).map(|_| rng.next() as u8).collect();
        }
        source.interlaced = rng.below(2) == 1;
        source.filters = (0..7).map(|_| rng.below(5) as u8).collect();
        source
    }

    fn header(&self) -> Vec<u8> {
        let sides = [(self.width as u32).to_be_bytes(), (self.height as u32).to_be_bytes()].concat();
        [&sides[..], &[self.depth as u8, self.colour, 0, 0, self.interlaced.into()]].concat()
    }

    /// The pixels' bytes, filtered, pass by pass.
    fn rows(&self) -> Vec<u8> {
        // Where the n-th pass has its pixels, from the matrix in the specification.
        let adam7 =
            ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];
        let pass_of =
            |x: usize, y: usize| if self.interlaced { adam7[y % 8].as_bytes()[x % 8] - b'1' } else { 0 };
        let count = samples_of(self.colour);
        let mut out = Vec::new();
        for pass in 0..7 {
            let mut above: Option<Vec<u8>> = None;
            for y in 0..self.height {
                let across: Vec<usize> = (0..self.width).filter(|&x| pass_of(x, y) == pass).collect();
                if across.is_empty() {
                    continue;
                }
                let mut row = vec![0; (across.len() * count * self.depth).div_ceil(8)];
                let values =
                    across.iter().flat_map(|x| &self.samples[(y * self.width + x) * count..][..count]);
                for (n, value) in values.enumerate() {
                    for bit in 0..self.depth {
                        let at = n * self.depth + bit;
                        row[at / 8] |= ((value >> (self.depth - 1 - bit) & 1) as u8) << (7 - at % 8);
                    }
                }
                let filter = self.filters[y % self.filters.len()];
                out.push(filter);
                let before = above.unwrap_or(vec![0; row.len()]);
                let pixel = (count * self.depth).div_ceil(8);
                out.extend((0..row.len()).map(|i| {
                    let [a, c] =
                        [&row, &before].map(|row| if i < pixel { 0 } else { i32::from(row[i - pixel]) });
                    let b = i32::from(before[i]);
                    let foretold = match filter {
                        0 => 0,
                        1 => a,
                        2 => b,
                        3 => (a + b) / 2,
                        _ => *[a, b, c].iter().min_by_key(|&value| (a + b - c - value).abs()).unwrap(),
                    };
                    (i32::from(row[i]) - foretold) as u8
                }));
                above = Some(row);
            }
        }
        out
    }

    fn file_of(&self, packed: &[u8]) -> Vec<u8> {
        let mut file = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &self.header())].concat();
        file.extend(chunk(b"tEXt", b"Title\0a chunk that may be left out"));
        for (name, data) in [(b"PLTE", &self.palette), (b"tRNS", &self.transparent)] {
            if !data.is_empty() {
                file.extend(chunk(name, data));
            }
        }
        for part in packed.chunks(1 + packed.len() / 3) {
            file.extend(chunk(b"IDAT", part));
            file.extend(if part[0] == 0x78 { chunk(b"IDAT", b"") } else { vec![] });
        }
        file.extend(chunk(b"IEND", b""));
        file
    }

    fn file(&self) -> Vec<u8> {
        self.file_of(&zlib(&self.rows()))
    }

    /// The pixels as planes of 8 bits, without alpha.
    fn planes(&self) -> (u16, Vec<u8>) {
        let count = samples_of(self.colour);
        let area = self.width * self.height;
        let most = f64::from((1_u32 << self.depth) - 1);
        let channels = if matches!(self.colour, GREY | GREY_ALPHA) { 1 } else { 3 };
        let planes = (0..channels * area).map(|at| {
            let (channel, pixel) = (at / area, at % area);
            if self.colour == PALETTE {
                return self.palette[3 * usize::from(self.samples[pixel]) + channel];
            }
            (f64::from(self.samples[pixel * count + channel]) * 255.0 / most).round() as u8
        });
        (channels as u16, planes.collect())
    }
}

fn fault(file: &[u8]) -> Error {
    decode(file).expect_err("a bad file")
}

const KINDS: [(usize, u8); 15] = [
    (1, GREY),
    (2, GREY),
    (4, GREY),
    (8, GREY),
    (16, GREY),
    (8, RGB),
    (16, RGB),
    (1, PALETTE),
    (2, PALETTE),
    (4, PALETTE),
    (8, PALETTE),
    (8, GREY_ALPHA),
    (16, GREY_ALPHA),
    (8, RGB_ALPHA),
    (16, RGB_ALPHA),
];

#[test]
fn every_kind_of_picture_is_what_went_in() {
    let mut rng = Rng(1);
    for (depth, colour) in KINDS {
        for round in 0..60 {
            let mut source = Source::random(&mut rng, depth, colour);
            if samples_of(colour) % 2 == 0 {
                // Opaque, so that the background cannot show.
                let count = samples_of(colour);
                source
                    .samples
                    .chunks_exact_mut(count)
                    .for_each(|pixel| pixel[count - 1] = ((1_u32 << depth) - 1) as u16);
            }
            let (channels, planes) = source.planes();
            let found = decode(&source.file()).unwrap_or_else(|e| panic!("{depth} {colour} {round}: {e}"));
            let (height, width) = (source.height as u16, source.width as u16);
            assert_eq!(found.shape, Picture { channels, height, width });
            assert!(found.pixels == planes, "{depth} bits, colour type {colour}, round {round}");
        }
    }
}

#[test]
fn files_of_another_encoder() {
    let rgba = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x05\x08\x06\0\0\0x\x91\xadU\0\0\0+IDA\
        Tx\xdacd``\xf8/\xc7\xc0\xc0\x80\x0b\xb30\xd80000\xb0\xe3\xc4H\n\xf8\xb0b4\x05\xa2\x18\x18\
        \x8b\x02\x19\x14\x0c\0\xba\xa3\x04w\xa9\xb2\x8b\xe8\0\0\0\0IEND\xaeB`\x82";
    let found = decode(rgba).unwrap();
    let at = |f: fn(usize, usize) -> usize| (0..40).map(move |i| f(i % 8, i / 8) as u8);
    let expected: Vec<u8> = at(|x, _| x * 30).chain(at(|_, y| y * 60)).chain(at(|x, y| x * y * 7)).collect();
    assert_eq!((found.shape, found.pixels), (Picture { channels: 3, height: 5, width: 8 }, expected));
    let palette = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x06\0\0\0\x04\x02\x03\0\0\0\xd0j\xa6\xd0\0\0\
        \0\x0cPLTE\0\0\0\xff\0\0\0\xff\0\n\x14\x1eo\xf4\x93\xb1\0\0\0\x14IDATx\xdac\x96ff\t\xfc\xc2\
        \xe2\xfa\x9fE\xf4\x17\0\x11l\x03\xc6\xa5\xf5\xd5\xb9\0\0\0\0IEND\xaeB`\x82";
    let found = decode(palette).unwrap();
    let colours = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [10, 20, 30]];
    let plane = |c: usize| (0..24).map(move |i| colours[(i % 6 + i / 6) % 4][c]);
    let expected: Vec<u8> = plane(0).chain(plane(1)).chain(plane(2)).collect();
    assert_eq!(found, Image { shape: Picture { channels: 3, height: 4, width: 6 }, pixels: expected });
}

/// A drawing in `ink` of the middle third, or of all but a corner, with alpha of this depth.
fn with_alpha(ink: u16, depth: usize, paper: bool) -> Source {
    let mut source = Source::new(9, 9, depth, GREY_ALPHA);
    let most = ((1_u32 << depth) - 1) as u16;
    for (at, pixel) in source.samples.chunks_exact_mut(2).enumerate() {
        let (x, y) = (at % 9, at / 9);
        let visible = if paper { x > 1 || y > 1 } else { x / 3 == 1 && y / 3 == 1 };
        pixel.copy_from_slice(&[
            if paper && x == 5 && y > 3 { most - ink } else { ink },
            if visible { most } else { 0 },
        ]);
    }
    source
}

#[test]
fn what_is_transparent_gets_the_evident_background() {
    for depth in [8, 16] {
        let most = ((1_u32 << depth) - 1) as u16;
        // Little that is visible is ink; much is paper.
        for (ink, paper, behind) in [(0, false, 255), (most, false, 0), (0, true, 0), (most, true, 255)] {
            let source = with_alpha(ink, depth, paper);
            let found = decode(&source.file()).unwrap().pixels;
            let corner = found[0];
            assert_eq!(corner, behind, "{depth} bits, {ink}, paper: {paper}");
            assert_eq!(found[40], if ink == 0 { 0 } else { 255 });
        }
    }
    // Half transparent: a mean of colour and background, to the nearest.
    let mut source = Source::new(3, 3, 8, RGB_ALPHA);
    source.samples[16..20].copy_from_slice(&[200, 100, 7, 51]);
    let found = decode(&source.file()).unwrap().pixels;
    let over = |colour: f64| ((colour * 51.0 + 255.0 * 204.0) / 255.0).round() as u8;
    assert_eq!([found[4], found[13], found[22]], [200.0, 100.0, 7.0].map(over));
    // The one transparent colour, compared before it is brought to 8 bits; and palettes' alpha, which may be
    // short.
    let mut source = Source::new(5, 1, 16, GREY);
    source.samples = vec![0x0203, 0x0202, 0x0203, 0x0203, 0x0203];
    source.transparent = vec![2, 3];
    assert_eq!(decode(&source.file()).unwrap().pixels, [255, 2, 255, 255, 255]);
    let mut source = Source::new(4, 1, 2, PALETTE);
    source.samples = vec![0, 1, 0, 0];
    (source.palette, source.transparent) = (vec![9, 9, 9, 250, 250, 240], vec![0]);
    assert_eq!(decode(&source.file()).unwrap().pixels[..4], [0, 250, 0, 0]);
    // Nothing visible at all.
    assert_eq!(decode(&Source::new(4, 1, 8, GREY_ALPHA).file()).unwrap().pixels, [0; 4]);
}

/// Small files of each sort, for damage.
fn small_files() -> Vec<Vec<u8>> {
    let mut rng = Rng(3);
    let sources = KINDS.into_iter().map(|(depth, colour)| {
        let mut source = Source::random(&mut rng, depth, colour);
        if colour == PALETTE {
            source.transparent = vec![7];
        }
        source.file()
    });
    sources.collect()
}

#[test]
fn every_truncation_and_every_flipped_bit_is_an_error() {
    for file in small_files() {
        decode(&file).unwrap();
        for end in 0..file.len() {
            let error = fault(&file[..end]);
            assert!(error.offset() <= Some(end as u64), "{end}: {error}");
        }
        for bit in 0..8 * file.len() {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let error = fault(&flipped);
            assert!(error.offset() <= Some(file.len() as u64), "{bit}: {error}");
        }
        // What comes behind the end is nobody's business.
        decode(&[&file[..], b"more"].concat()).unwrap();
    }
}

/// Behind correct checksums: every bit of the header, the palette and the compressed data.
#[test]
fn no_flipped_bit_behind_good_checksums_is_a_panic() {
    let mut rng = Rng(4);
    let (mut good, mut bad) = (0, 0);
    let mut count = |file: &[u8], area: u64| match decode(file) {
        Ok(image) => {
            assert_eq!(image.shape.pixels(), image.pixels.len() as u64);
            good += 1;
        }
        Err(error) => {
            assert!(error.offset() <= Some(file.len() as u64) && area > 0, "{error}");
            bad += 1;
        }
    };
    for (depth, colour) in KINDS {
        let mut source = Source::random(&mut rng, depth, colour);
        source.interlaced = true;
        let (file, rows) = (source.file(), source.rows());
        let area = (source.width * source.height) as u64;
        for bit in 0..8 * 13 {
            let mut flipped = file.clone();
            flipped[16 + bit / 8] ^= 1 << (bit % 8);
            let sum = crc32(&flipped[12..29]);
            flipped[29..33].copy_from_slice(&sum.to_be_bytes());
            count(&flipped, area);
        }
        let packed = zlib(&rows);
        for bit in 0..8 * packed.len() {
            let mut flipped = packed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            count(&source.file_of(&flipped), area);
        }
        // Other filters, other palette entries: all sums right.
        for bit in 0..8 * rows.len() {
            let mut flipped = rows.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            count(&source.file_of(&zlib(&flipped)), area);
        }
    }
    assert!(good > 10_000 && bad > 10_000, "{good} good, {bad} bad");
}

#[test]
fn sizes_are_checked_before_memory_is_taken() {
    let claim = |width: usize, height: usize, depth: usize, colour: u8| {
        let mut source = Source::new(0, 0, depth, colour);
        (source.width, source.height) = (width, height);
        fault(&source.file_of(&zlib(&[0; 100]))).to_string()
    };
    for (width, height) in
        [(0, 1), (1, 0), (65_536, 1), (1, 65_536), (8193, 8192), (0xffff_ffff, 0xffff_ffff)]
    {
        let text = claim(width, height, 8, RGB);
        assert!(
            text.contains(&format!("a PNG picture of {width} x {height} pixels, expected 1 to 65535")),
            "{text}"
        );
    }
    // 64 Mi pixels, which 111 bytes cannot hold.
    for (depth, colour) in [(1, GREY), (8, RGB), (16, RGB_ALPHA)] {
        let text = claim(8192, 8192, depth, colour);
        assert!(text.contains("compressed bytes, expected enough for the picture's"), "{text}");
    }
    // Within what could be, but not there.
    let few = claim(100, 100, 8, GREY);
    assert!(few.contains("fewer pixels than the header says, expected 10100 bytes of them"), "{few}");
}

/// As libpng does: rows beyond the last, an IDAT chunk behind another chunk, and bytes behind IEND.
#[test]
fn surplus_data_are_ignored() {
    let mut rng = Rng(5);
    for (depth, colour) in KINDS {
        let source = Source::random(&mut rng, depth, colour);
        let expected = decode(&source.file()).unwrap();
        for surplus in [1, 7, 100_000] {
            let rows = [source.rows(), vec![9; surplus]].concat();
            let mut packed = zlib(&rows);
            assert_eq!(decode(&source.file_of(&packed)).unwrap(), expected, "{surplus} more");
            packed.truncate(packed.len() - 4);
            assert_eq!(decode(&source.file_of(&packed)).unwrap(), expected, "{surplus} more, no checksum");
        }
        let packed = [zlib(&source.rows()), vec![1, 2, 3]].concat();
        assert_eq!(decode(&source.file_of(&packed)).unwrap(), expected);
        let file = source.file();
        let (before, end) = file.split_at(file.len() - 12);
        let late = [before, &chunk(b"tIME", &[0; 7]), &chunk(b"IDAT", b"more"), end, b"more"].concat();
        assert_eq!(decode(&late).unwrap(), expected);
    }
}

/// An eXIf chunk of this byte order: a directory of another entry and the orientation.
fn exif(big: bool, offset: u32, value: u16) -> Vec<u8> {
    let half = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let word = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let entry = |tag, value| [&half(tag), &half(3), &word(1)[..], &half(value), &[0, 0]].concat();
    let head: &[u8] = if big { b"MM\0*" } else { b"II*\0" };
    let gap = vec![0xff; offset as usize - 8];
    [head, &word(offset), &gap, &half(2), &entry(0x0100, 7), &entry(0x0112, value), &[0; 4]].concat()
}

fn with_exif(file: &[u8], data: &[u8], is_late: bool) -> Vec<u8> {
    let (before, behind) = file.split_at(if is_late { file.len() - 12 } else { 33 });
    [before, &chunk(b"eXIf", data), behind].concat()
}

#[test]
fn pictures_are_set_upright() {
    // 3 x 2, and how it is seen in each of the 8 orientations.
    let upright: [(usize, &[u8; 6]); 8] = [
        (3, b"abcdef"),
        (3, b"cbafed"),
        (3, b"fedcba"),
        (3, b"defabc"),
        (2, b"adbecf"),
        (2, b"daebfc"),
        (2, b"fcebda"),
        (2, b"cfbead"),
    ];
    for interlaced in [false, true] {
        for colour in [GREY, RGB] {
            let mut source = Source::new(3, 2, 8, colour);
            source.interlaced = interlaced;
            let count = samples_of(colour);
            source.samples = b"abcdef".iter().flat_map(|&value| vec![value.into(); count]).collect();
            for (orientation, (width, pixels)) in (1..).zip(upright) {
                for (big, offset, is_late) in [(false, 8, false), (true, 8, true), (true, 13, false)] {
                    let file = with_exif(&source.file(), &exif(big, offset, orientation), is_late);
                    let found = decode(&file).unwrap();
                    assert_eq!(usize::from(found.shape.width), width, "orientation {orientation}");
                    assert_eq!(usize::from(found.shape.height), 6 / width);
                    assert_eq!(found.pixels, pixels.repeat(count), "orientation {orientation}");
                }
            }
        }
    }
    // What says nothing changes nothing.
    let file = Source::random(&mut Rng(6), 8, RGB).file();
    let expected = decode(&file).unwrap();
    let six = exif(true, 8, 6);
    let bad = [exif(true, 8, 0), exif(true, 8, 9), b"Exif".to_vec(), six[..29].to_vec(), six[..5].to_vec()];
    for data in bad {
        assert_eq!(decode(&with_exif(&file, &data, false)).unwrap(), expected, "{data:?}");
    }
    for bit in 0..8 * six.len() {
        let mut flipped = six.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        decode(&with_exif(&file, &flipped, false)).unwrap();
    }
}

#[test]
fn each_broken_rule_is_told() {
    let source = {
        let mut s = Source::new(3, 2, 8, RGB);
        s.palette = vec![1, 2, 3];
        s
    };
    let (header, data) = (chunk(b"IHDR", &source.header()), chunk(b"IDAT", &zlib(&source.rows())));
    let (palette, end) = (chunk(b"PLTE", &[1, 2, 3]), chunk(b"IEND", b""));
    let key = chunk(b"tRNS", &[0; 6]);
    let file = |chunks: &[&[u8]]| [b"\x89PNG\r\n\x1a\n", &chunks.concat()[..]].concat();
    let with = |at: usize, byte: u8| {
        let mut bytes = source.header();
        bytes[at] = byte;
        chunk(b"IHDR", &bytes)
    };
    let packed = |bytes: &[u8]| chunk(b"IDAT", bytes);
    let mut filtered = source.rows();
    filtered[10] = 5;
    let mut wrong_sum = zlib(&source.rows());
    *wrong_sum.last_mut().unwrap() ^= 1;
    let indexed = Source::new(2, 1, 8, PALETTE);
    let mut beyond = indexed.clone();
    beyond.samples = vec![0, 1];
    beyond.palette = vec![5, 5, 5];
    let cases: Vec<(Vec<u8>, u64, &str)> = vec![
        (b"\x89PNG\n\x1a\n".to_vec(), 0, "first 8 bytes were changed"),
        (file(&[&data, &end]), 8, "no PNG chunk IHDR"),
        (file(&[&header, &end]), 33, "no PNG chunk IDAT"),
        (file(&[&header, &header]), 33, "chunk IHDR where it may not be"),
        (file(&[&header, &data, &palette]), 33 + data.len() as u64, "chunk PLTE where it may not be"),
        (file(&[&header, &palette, &palette]), 48, "chunk PLTE where it may not be"),
        (file(&[&header, &key, &palette]), 51, "chunk PLTE where it may not be"),
        (file(&[&header, &key, &key]), 51, "chunk tRNS where it may not be"),
        (file(&[&header, &chunk(b"CgBI", &[0; 4])]), 33, "chunk CgBI, which no standard has"),
        (file(&[&header, &chunk(b"a\x1b1!", &[])]), 37, "named `a\\x1b1!`"),
        (file(&[&chunk(b"IHDR", &[0; 12])]), 8, "IHDR of 12 bytes"),
        (file(&[&header, &chunk(b"PLTE", &[1, 2])]), 33, "PLTE of 2 bytes"),
        (file(&[&header, &chunk(b"tRNS", &[1, 2])]), 33, "tRNS of 2 bytes"),
        (file(&[&with(8, 4), &data]), 24, "colour type 2 with 4 bits"),
        (file(&[&with(9, 5), &data]), 24, "colour type 5 with 8 bits"),
        (file(&[&with(10, 1), &data]), 26, "compression method 1"),
        (file(&[&with(11, 1), &data]), 27, "filter method 1"),
        (file(&[&with(12, 2), &data]), 28, "interlace method 2"),
        (file(&[&header, &packed(b"\x79\x01\x00"), &end]), 41, "79 01 where zlib data"),
        (file(&[&header, &packed(b"\x78\x20\x00"), &end]), 41, "78 20 where zlib data"),
        (file(&[&header, &packed(&[0x78, 1, 7, 0]), &end]), 43, "block type 3"),
        (file(&[&header, &packed(&zlib(&filtered)), &end]), 68, "PNG filter 5"),
        (file(&[&header, &packed(&wrong_sum), &end]), 68, "Adler-32"),
        (indexed.file(), 79, "no PNG chunk PLTE"),
        (beyond.file(), 148, "colour 1 of a palette that has 1"),
    ];
    for (bytes, offset, message) in cases {
        let error = fault(&bytes);
        assert!(error.to_string().contains(message), "{message}: {error}");
        assert_eq!(error.offset(), Some(offset), "{error}");
    }
}
