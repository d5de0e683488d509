//! PNG pictures (the PNG specification, third edition = ISO/IEC 15948): every colour type, depth, filter and
//! both interlace methods, to 8 bits a sample.
//!
//! ```text
//! signature, chunks: each has a length and a CRC-32; IHDR, [PLTE], [tRNS], IDAT..., IEND count,
//! the rest is skipped
//! the IDAT chunks' data together: zlib (RFC 1950) around DEFLATE, an Adler-32 behind it
//! in it: one pass, or Adam7's seven, of rows; each row a filter byte, then its bytes
//! less what the filter foretells
//! samples of 1 to 16 bits to 8, palette entries to colours, alpha over a background
//! ```

use crate::data::checksum::{Adler32, Crc32};
use crate::data::container::inflate::Decoder;
use crate::data::error::{Error, reserve, zeros};
use crate::data::luma::luma;
use crate::data::wanted::{Block, Wanted};
use crate::weights::Picture;

/// A decoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its shape: 1 channel for grey, 3 for colour types with red, green and blue, palettes among them.
    pub shape: Picture,
    /// (channels, height, width), as planes.
    pub pixels: Vec<u8>,
}

/// The longest side: what [`Picture`] can say.
const MOST_ACROSS: u32 = u16::MAX as u32;

/// The most pixels: 64 Mi are what a good camera takes, and 256 MB of colours and alpha.
const MOST_PIXELS: u32 = 1 << 26;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Where the data of the first chunk, IHDR, begin: behind the signature, its length and its name.
const HEADER_AT: usize = SIGNATURE.len() + 8;

/// The picture in a PNG file.
///
/// Samples of 1, 2 and 4 bits are spread over 0 to 255, those of 16 bits rounded to 8. Gamma and colour
/// profiles are not applied. Pixels that are not opaque are laid over a background: visible ones on less than
/// half of the area are a drawing, and get black or white behind them, whichever is farther from their mean;
/// visible ones on more are the paper, which goes on behind in black or white, whichever is nearer. (bKGD is
/// not asked: programs write it without their users' knowledge.) A picture whose
/// eXIf chunk says that it was taken lying or mirrored is set upright. What follows the IEND chunk is not
/// looked at; compressed data beyond the last row are ignored, as libpng does.
///
/// # Errors
/// Anything that is not a whole, undamaged PNG file; sizes of more than 65,535 pixels a side or 2^26
/// together, and sizes that the compressed data cannot hold, are refused before memory is taken for them.
pub fn decode(file: &[u8]) -> Result<Image, Error> {
    let parts = Parts::of(file)?;
    parts.check_claim()?;
    let mut canvas = Canvas::new(&parts)?;
    let unpacked = parts.unpack(&mut canvas);
    unpacked.map_err(|error| error.moved(|at| parts.place(at as usize) as u64).advise(SAVE_AGAIN))?;
    Ok(canvas.image())
}

/// The picture; where it is not to be fitted, with the model's channels.
pub(crate) fn next(bytes: &[u8], at: &mut usize, wanted: &Wanted) -> Result<Block, Error> {
    let Image { shape, pixels } = decode(bytes)?;
    *at = bytes.len();
    wanted.block(shape, pixels).map_err(|error| error.moved(|_| HEADER_AT as u64))
}

/// A broken rule at byte `at` of the file.
fn damaged(at: usize, found: impl ToString, expected: impl ToString) -> Error {
    Error::at(at as u64, found, expected).advise(SAVE_AGAIN)
}

const SAVE_AGAIN: &str = "; the file is damaged: save or fetch it again";

/// The name of a chunk in messages.
fn printable(name: &[u8; 4]) -> String {
    name.escape_ascii().to_string()
}

/// The samples of a pixel: grey; red, green and blue; an index; and, behind them, alpha.
type Samples = [u16; 4];

/// What IHDR says.
#[derive(Clone, Copy)]
struct Header {
    width: usize,
    height: usize,
    /// Bits a sample.
    depth: usize,
    /// One of the colour types below.
    colour: u8,
    interlaced: bool,
}

/// The colour types: 2 stands for colours, 4 for alpha.
const GREY: u8 = 0;
const RGB: u8 = 2;
const PALETTE: u8 = 3;
const GREY_ALPHA: u8 = 4;
const RGB_ALPHA: u8 = 6;

impl Header {
    /// From the data of IHDR.
    fn of(bytes: [u8; 13]) -> Result<Self, Error> {
        let [w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, compression, filter, interlace] = bytes;
        let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        let sides = 1..=MOST_ACROSS;
        if !(sides.contains(&width) && sides.contains(&height))
            || u64::from(width) * u64::from(height) > MOST_PIXELS.into()
        {
            let found = format!("a PNG picture of {width} x {height} pixels");
            let sizes = format!("1 to {MOST_ACROSS} each way and at most {MOST_PIXELS}");
            return Err(Error::at(HEADER_AT as u64, found, sizes + "; save the picture smaller"));
        }
        let goes_together = match colour {
            GREY => matches!(depth, 1 | 2 | 4 | 8 | 16),
            PALETTE => matches!(depth, 1 | 2 | 4 | 8),
            RGB | GREY_ALPHA | RGB_ALPHA => matches!(depth, 8 | 16),
            _ => false,
        };
        if !goes_together {
            let found = format!("PNG colour type {colour} with {depth} bits a sample");
            return Err(damaged(HEADER_AT + 8, found, "a pair of the standard's"));
        }
        let methods = [("compression", compression, 0), ("filter", filter, 0), ("interlace", interlace, 1)];
        for (offset, (what, found, greatest)) in (10..).zip(methods) {
            if found > greatest {
                let found = format!("PNG {what} method {found}");
                return Err(damaged(HEADER_AT + offset, found, "a method of the standard's"));
            }
        }
        let (width, height, depth) = (width as usize, height as usize, depth.into());
        Ok(Self { width, height, depth, colour, interlaced: interlace == 1 })
    }

    /// Planes of the picture: 1, or red, green and blue.
    fn channels(&self) -> usize {
        if self.colour & 2 == 0 { 1 } else { 3 }
    }

    fn has_alpha(&self) -> bool {
        self.colour & 4 != 0
    }

    /// Samples a pixel.
    fn samples(&self) -> usize {
        if self.colour == PALETTE { 1 } else { self.channels() + usize::from(self.has_alpha()) }
    }

    /// Bytes of a row of so many pixels; of one pixel, how far the byte is that filters call the one on the
    /// left.
    fn row_bytes(&self, width: usize) -> usize {
        (width * self.samples() * self.depth).div_ceil(8)
    }

    fn passes(&self) -> &'static [Pass] {
        if self.interlaced { &ADAM7 } else { &[[0, 0, 1, 1]] }
    }

    /// Pixels a row and rows of a pass; one without pixels has no rows.
    fn grid(&self, [x, y, dx, dy]: Pass) -> (usize, usize) {
        let across = self.width.saturating_sub(x).div_ceil(dx);
        let down = self.height.saturating_sub(y).div_ceil(dy);
        if across == 0 { (0, 0) } else { (across, down) }
    }

    /// Bytes of all rows with their filters.
    fn total(&self) -> u64 {
        let grids = self.passes().iter().map(|&pass| self.grid(pass));
        grids.map(|(across, down)| (1 + self.row_bytes(across) as u64) * down as u64).sum()
    }

    /// Pixel `x` of a row.
    fn pixel(&self, row: &[u8], x: usize) -> Samples {
        let count = self.samples();
        let mut samples = [0; 4];
        for (i, sample) in samples[..count].iter_mut().enumerate() {
            let at = x * count + i;
            *sample = match self.depth {
                16 => u16::from_be_bytes([row[2 * at], row[2 * at + 1]]),
                8 => row[at].into(),
                depth => {
                    let (in_byte, mask) = (8 / depth, (1 << depth) - 1);
                    let shift = 8 - depth * (at % in_byte + 1); // the first pixel is in the highest bits
                    (row[at / in_byte] >> shift & mask).into()
                }
            };
        }
        samples
    }
}

/// The pixels of one pass, x, y, dx and dy: every `dx`-th from `x`, of every `dy`-th row from `y`.
type Pass = [usize; 4];

/// The passes of the interlace method by Adam M. Costello (the specification's section 8.2).
const ADAM7: [Pass; 7] =
    [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

/// A chunk whose checksum is right.
struct Chunk<'a> {
    /// Where its length stands.
    at: usize,
    name: [u8; 4],
    data: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn read(file: &'a [u8], at: usize) -> Result<Self, Error> {
        let truncated = || damaged(file.len(), "the end of the PNG file", "more of it");
        let rest = file.get(at..).unwrap_or_default();
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
        let (name, rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
        if !name.iter().all(u8::is_ascii_alphabetic) {
            let found = format!("a PNG chunk named `{}`", printable(name));
            return Err(damaged(at + 4, found, "four letters"));
        }
        let length = u32::from_be_bytes(*length) as usize;
        let (data, rest) = rest.split_at_checked(length).ok_or_else(truncated)?;
        let expected = u32::from_be_bytes(*rest.first_chunk::<4>().ok_or_else(truncated)?);
        let mut crc = Crc32::new();
        crc.update(name);
        crc.update(data);
        let found = crc.value();
        if found != expected {
            let found = format!("PNG chunk {} with CRC-32 {found:08x}", printable(name));
            return Err(damaged(at, found, format!("{expected:08x}")));
        }
        Ok(Self { at, name: *name, data })
    }

    fn misplaced(&self) -> Error {
        let found = format!("PNG chunk {} where it may not be, or a second time", printable(&self.name));
        damaged(self.at, found, "chunks in the standard's order")
    }

    fn length(&self) -> Error {
        let found = format!("PNG chunk {} of {} bytes", printable(&self.name), self.data.len());
        damaged(self.at, found, "a length that it can have")
    }

    /// The error for a chunk that had to come before this one.
    fn missing(&self, chunk: &str) -> Error {
        damaged(self.at, format!("no PNG chunk {chunk} before this place"), "one")
    }
}

/// The orientation in the data of an eXIf chunk: a TIFF file whose first directory has it as entry 0x0112,
/// one u16 (Exif 2.32, section 4.6.4). Data that are not that say nothing.
fn orientation(exif: &[u8]) -> Option<u16> {
    let order: fn([u8; 2]) -> u16 = match exif.first_chunk()? {
        b"II*\0" => u16::from_le_bytes,
        b"MM\0*" => u16::from_be_bytes,
        _ => return None,
    };
    let half = |at: usize| exif.get(at..)?.first_chunk::<2>().copied().map(order);
    let offset = match exif[0] {
        b'I' => u32::from_le_bytes(*exif.get(4..)?.first_chunk()?),
        _ => u32::from_be_bytes(*exif.get(4..)?.first_chunk()?),
    };
    let directory = usize::try_from(offset).ok()?;
    let mut entries = exif.get(directory..)?.get(2..)?.chunks_exact(12).take(half(directory)?.into());
    let field = |entry: &[u8], at: usize| order([entry[at], entry[at + 1]]);
    let entry = entries.find(|entry| field(entry, 0) == 0x0112 && field(entry, 2) == 3)?;
    Some(field(entry, 8)).filter(|found| (1..=8).contains(found))
}

/// The chunks that count.
struct Parts<'a> {
    header: Header,
    /// Red, green and blue of each colour, one after the other.
    palette: &'a [u8],
    /// Of a palette, the alpha of its first colours; else the one transparent colour.
    transparent: Option<&'a [u8]>,
    /// How the picture was taken, 1 to 8 (Exif's tag 0x0112); 1 is upright.
    orientation: Option<u16>,
    /// The data of the IDAT chunks, one after the other.
    packed: Vec<u8>,
    /// Of each of these chunks, where its data begin in the file, and in `packed`.
    places: Vec<(usize, usize)>,
}

impl<'a> Parts<'a> {
    /// Goes through all chunks up to IEND.
    fn of(file: &'a [u8]) -> Result<Self, Error> {
        if SIGNATURE.iter().zip(file).any(|(expected, found)| expected != found) {
            let found = "a PNG file whose first 8 bytes were changed, as by a transfer as text";
            return Err(damaged(0, found, "PNG's own"));
        }
        let first = Chunk::read(file, SIGNATURE.len())?;
        if first.name != *b"IHDR" {
            return Err(first.missing("IHDR"));
        }
        let header = Header::of(first.data.try_into().map_err(|_| first.length())?)?;
        let mut parts = Self {
            header,
            palette: &[],
            transparent: None,
            orientation: None,
            packed: Vec::new(),
            places: Vec::new(),
        };
        let mut chunk = first;
        loop {
            let before = chunk.name;
            chunk = Chunk::read(file, chunk.at + chunk.data.len() + 12)?; // length, name and checksum
            match &chunk.name {
                b"IEND" if parts.places.is_empty() => return Err(chunk.missing("IDAT")),
                b"IEND" => return Ok(parts),
                // Behind another chunk there is no more than surplus.
                b"IDAT" if !parts.places.is_empty() && before != *b"IDAT" => {}
                b"IDAT" => parts.data(&chunk)?,
                b"eXIf" => parts.orientation = parts.orientation.or(orientation(chunk.data)),
                b"PLTE" if parts.places.is_empty() => parts.colours(&chunk)?,
                b"tRNS" if parts.places.is_empty() => parts.transparency(&chunk)?,
                b"PLTE" | b"tRNS" | b"IHDR" => return Err(chunk.misplaced()),
                // Bit 5 of the first letter: small for what a decoder may leave out.
                [first, ..] if first & 0x20 == 0 => {
                    let found = format!("PNG chunk {}, which no standard has", printable(&chunk.name));
                    return Err(damaged(chunk.at, found, "chunks of the standard's"));
                }
                _ => {}
            }
        }
    }

    fn data(&mut self, chunk: &Chunk<'a>) -> Result<(), Error> {
        if self.header.colour == PALETTE && self.palette.is_empty() {
            return Err(chunk.missing("PLTE"));
        }
        reserve(&mut self.packed, chunk.data.len())?;
        reserve(&mut self.places, 1)?;
        self.places.push((chunk.at + 8, self.packed.len()));
        self.packed.extend_from_slice(chunk.data);
        Ok(())
    }

    fn colours(&mut self, chunk: &Chunk<'a>) -> Result<(), Error> {
        if self.header.channels() == 1 || !self.palette.is_empty() || self.transparent.is_some() {
            return Err(chunk.misplaced());
        }
        let most = if self.header.colour == PALETTE { 1 << self.header.depth } else { 256 };
        let length = chunk.data.len();
        if length % 3 != 0 || !(1..=most).contains(&(length / 3)) {
            return Err(chunk.length());
        }
        self.palette = chunk.data;
        Ok(())
    }

    fn transparency(&mut self, chunk: &Chunk<'a>) -> Result<(), Error> {
        if self.header.has_alpha() || self.transparent.is_some() {
            return Err(chunk.misplaced());
        }
        let lengths = match self.header.colour {
            PALETTE if self.palette.is_empty() => return Err(chunk.missing("PLTE")),
            PALETTE => 1..=self.palette.len() / 3,
            GREY => 2..=2,
            _ => 6..=6,
        };
        if !lengths.contains(&chunk.data.len()) {
            return Err(chunk.length());
        }
        self.transparent = Some(chunk.data);
        Ok(())
    }

    /// Whether the compressed data can hold the picture: DEFLATE makes at most 258 bytes of 2 bits.
    fn check_claim(&self) -> Result<(), Error> {
        let found = self.packed.len();
        let expected = self.header.total();
        if expected > 1032 * found as u64 {
            let found = format!("{found} compressed bytes");
            return Err(damaged(self.place(0), found, format!("enough for the picture's {expected}")));
        }
        Ok(())
    }

    /// The place in the file of a byte of the compressed data, or of their end.
    fn place(&self, offset: usize) -> usize {
        let chunk = self.places.iter().rev().find(|(_, start)| *start <= offset);
        let (at, start) = chunk.expect("the first chunk's data begin at 0");
        at + offset - start
    }

    /// Whether the upright picture is as wide as this one is high.
    fn is_lying(&self) -> bool {
        self.orientation.is_some_and(|orientation| orientation >= 5)
    }

    /// Where the first pixel is in the upright picture, and how far from one to the next of a row and of a
    /// column.
    fn steps(&self) -> [isize; 3] {
        let (width, height) = (self.header.width as isize, self.header.height as isize);
        let area = width * height;
        match self.orientation {
            Some(2) => [width - 1, -1, width],
            Some(3) => [area - 1, -1, -width],
            Some(4) => [area - width, 1, -width],
            Some(5) => [0, height, 1],
            Some(6) => [height - 1, height, -1],
            Some(7) => [area - 1, -height, -1],
            Some(8) => [area - height, -height, 1],
            _ => [0, 1, width],
        }
    }

    /// Sets all pixels of the canvas. Offsets of errors are those in the compressed data.
    fn unpack(&self, canvas: &mut Canvas) -> Result<(), Error> {
        let header = self.header;
        let [origin, dx_out, dy_out] = self.steps();
        let mut rows = Rows::new(&self.packed, header.total())?;
        for &pass in header.passes() {
            let ([left, top, dx, dy], (across, down)) = (pass, header.grid(pass));
            let bytes = header.row_bytes(across);
            let (mut above, mut row) = (zeros(bytes)?, zeros(bytes)?);
            for y in 0..down {
                rows.next(&mut row, &above, header.row_bytes(1))?;
                for x in 0..across {
                    let (x_in, y_in) = ((left + x * dx) as isize, (top + y * dy) as isize);
                    let at = origin + x_in * dx_out + y_in * dy_out;
                    canvas
                        .put(at as usize, header.pixel(&row, x))
                        .map_err(|error| error.moved(|_| rows.decoder.input.offset()))?;
                }
                core::mem::swap(&mut above, &mut row);
            }
        }
        rows.finish()
    }
}

/// The decompressed rows.
struct Rows<'a> {
    decoder: Decoder<&'a [u8]>,
    /// Bytes of all rows with their filters.
    total: u64,
    adler: Adler32,
}

impl<'a> Rows<'a> {
    fn new(packed: &'a [u8], total: u64) -> Result<Self, Error> {
        let mut decoder = Decoder::new(packed);
        let [a, b] = decoder.input.array()?;
        // Method 8 with a window of at most 32 KiB, no dictionary, a multiple of 31 (RFC 1950, section 2.2).
        let good = a & 0x0f == 8 && a >> 4 <= 7 && b & 0x20 == 0;
        if !good || u16::from_be_bytes([a, b]) % 31 != 0 {
            let found = format!("{a:02x} {b:02x} where zlib data should begin");
            return Err(Error::at(0, found, "a zlib header without a dictionary"));
        }
        decoder.begin();
        Ok(Self { decoder, total, adler: Adler32::new() })
    }

    /// Decompresses on where nothing is left; nothing then is the end.
    fn refill(&mut self) -> Result<(), Error> {
        let mut ended = false;
        while self.decoder.ready().is_empty() && !ended {
            ended = self.decoder.decode()?;
            self.adler.update(self.decoder.ready());
        }
        Ok(())
    }

    fn fill(&mut self, mut out: &mut [u8]) -> Result<(), Error> {
        while !out.is_empty() {
            self.refill()?;
            let fresh = self.decoder.ready();
            if fresh.is_empty() {
                let found = "fewer pixels than the header says";
                let expected = format!("{} bytes of them", self.total);
                return Err(Error::at(self.decoder.input.offset(), found, expected));
            }
            let count = fresh.len().min(out.len());
            let (now, later) = out.split_at_mut(count);
            now.copy_from_slice(&fresh[..count]);
            self.decoder.take(count);
            out = later;
        }
        Ok(())
    }

    /// The next row into `row`, its filter undone (the specification's section 9.2).
    fn next(&mut self, row: &mut [u8], above: &[u8], pixel: usize) -> Result<(), Error> {
        let mut filter = [0];
        self.fill(&mut filter)?;
        self.fill(row)?;
        match filter[0] {
            0 => {}
            1 => undo(row, above, pixel, |left, _, _| left),
            2 => undo(row, above, pixel, |_, up, _| up),
            3 => undo(row, above, pixel, |left, up, _| ((u16::from(left) + u16::from(up)) / 2) as u8),
            4 => undo(row, above, pixel, paeth),
            found => {
                return Err(Error::at(self.decoder.input.offset(), format!("PNG filter {found}"), "0 to 4"));
            }
        }
        Ok(())
    }

    /// The checksum must be right, unless there are surplus bytes: libpng reads on there.
    fn finish(mut self) -> Result<(), Error> {
        self.refill()?;
        if !self.decoder.ready().is_empty() {
            return Ok(());
        }
        let offset = self.decoder.input.offset();
        let (found, expected) = (self.adler.value(), u32::from_be_bytes(self.decoder.input.array()?));
        if found != expected {
            let found = format!("pixels with Adler-32 {found:08x}");
            return Err(Error::at(offset, found, format!("{expected:08x}")));
        }
        Ok(())
    }
}

/// Undoes a filter that foretells a byte from those at the left, above and above left, modulo 256. A loop for
/// each filter: with one for all a large picture takes a third longer.
fn undo(row: &mut [u8], above: &[u8], pixel: usize, foretell: impl Fn(u8, u8, u8) -> u8) {
    let first = pixel.min(row.len());
    for (byte, &up) in row[..first].iter_mut().zip(above) {
        *byte = byte.wrapping_add(foretell(0, up, 0));
    }
    for i in first..row.len() {
        row[i] = row[i].wrapping_add(foretell(row[i - pixel], above[i], above[i - pixel]));
    }
}

/// Of left, above and above left, the one nearest to left + above - above left; the first of equals.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, up, corner].map(i16::from);
    let [from_left, from_up, from_corner] = [b - c, a - c, a + b - c - c].map(i16::abs);
    let nearer = if from_up <= from_corner { up } else { corner };
    if from_left <= from_up && from_left <= from_corner { left } else { nearer }
}

/// The picture under way.
struct Canvas<'a> {
    parts: &'a Parts<'a>,
    area: usize,
    /// (channels, height, width).
    pixels: Vec<u8>,
    /// (height, width); empty for opaque pictures.
    alpha: Vec<u8>,
}

impl<'a> Canvas<'a> {
    fn new(parts: &'a Parts<'a>) -> Result<Self, Error> {
        let header = parts.header;
        let area = header.width * header.height;
        let opaque = parts.transparent.is_none() && !header.has_alpha();
        let pixels = zeros(header.channels() * area)?;
        Ok(Self { parts, area, pixels, alpha: zeros(if opaque { 0 } else { area })? })
    }

    /// Sets a pixel.
    fn put(&mut self, at: usize, samples: Samples) -> Result<(), Error> {
        let Parts { header, palette, transparent, .. } = *self.parts;
        let (greatest, count) = ((1_u32 << header.depth) - 1, header.channels());
        let eight = |sample: u16| match header.depth {
            8 => sample as u8, // at once: a division a sample is a third of the time of a large picture
            _ => ((u32::from(sample) * 255 + greatest / 2) / greatest) as u8,
        };
        let mut colour = samples.map(eight);
        let alpha = match header.colour {
            GREY_ALPHA | RGB_ALPHA => colour[count],
            PALETTE => {
                let index = usize::from(samples[0]);
                let Some(&[r, g, b]) = palette.get(3 * index..).and_then(<[u8]>::first_chunk) else {
                    let found = format!("colour {index} of a palette that has {}", palette.len() / 3);
                    return Err(Error::new(found, "one that it has"));
                };
                colour = [r, g, b, 255];
                transparent.and_then(|alpha| alpha.get(index)).copied().unwrap_or(255)
            }
            _ => match transparent {
                Some(key) if key.chunks_exact(2).zip(samples).all(|(key, s)| key == s.to_be_bytes()) => 0,
                _ => 255,
            },
        };
        for (channel, &value) in colour[..count].iter().enumerate() {
            self.pixels[channel * self.area + at] = value;
        }
        if let Some(place) = self.alpha.get_mut(at) {
            *place = alpha;
        }
        Ok(())
    }

    /// The finished picture, laid over its background.
    fn image(mut self) -> Image {
        if !self.alpha.is_empty() {
            let background = self.background();
            for plane in self.pixels.chunks_exact_mut(self.area) {
                for (value, &alpha) in plane.iter_mut().zip(&self.alpha) {
                    let (colour, alpha) = (u32::from(*value), u32::from(alpha));
                    *value = ((colour * alpha + background * (255 - alpha) + 127) / 255) as u8;
                }
            }
        }
        let header = self.parts.header;
        let [channels, height, width] = [header.channels(), header.height, header.width].map(|n| n as u16);
        let (height, width) = if self.parts.is_lying() { (width, height) } else { (height, width) };
        let shape = Picture { channels, height, width };
        Image { shape, pixels: self.pixels }
    }

    /// Black or white, as [`decode`] says.
    fn background(&self) -> u32 {
        let (mut visible, mut light) = (0_u64, 0_u64);
        for (at, &alpha) in self.alpha.iter().enumerate() {
            let alpha = u64::from(alpha);
            visible += alpha;
            light += alpha * u64::from(luma(&self.pixels, self.area, at));
        }
        let is_light = light >= 128 * visible;
        let is_paper = 2 * visible > 255 * self.area as u64;
        if is_light == is_paper { 255 } else { 0 }
    }
}
