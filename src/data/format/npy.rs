//! NumPy's arrays, `.npy`: a header that describes type and shape as a Python dict, then the elements (the
//! format's description in NumPy's documentation, `numpy.lib.format`; versions 1 to 3).

use crate::data::container::contents::{Contents, trailing, truncated};
use crate::data::error::{Error, FETCH_AGAIN, Place, reserve};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The longest header that is read: that of an array without fields is shorter.
const LONGEST_HEADER: usize = 1 << 16;

/// The type of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Bool,
    Signed,
    Unsigned,
    Float,
    /// UTF-8 or ASCII bytes, filled up with zeros.
    Bytes,
    /// UTF-32, filled up with zeros.
    Text,
}

/// An array in the order of C, its last index running fastest.
pub(crate) struct Array {
    pub(crate) place: Place,
    pub(crate) element: Element,
    /// Bytes of an element.
    pub(crate) size: usize,
    is_big_endian: bool,
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<u8>,
}

impl Array {
    /// The array in a file.
    pub(crate) fn of(contents: Contents) -> Result<Self, Error> {
        let place = contents.place.clone();
        contents.parse(|bytes| parse(bytes, place))
    }

    /// The array in these bytes of a file.
    pub(crate) fn read(bytes: Vec<u8>, place: Place) -> Result<Self, Error> {
        parse(bytes, place.clone()).map_err(|error| error.of(&place))
    }

    /// Element `n` as a number; none for texts, which have none.
    pub(crate) fn number(&self, n: usize) -> Option<f64> {
        let bytes = &self.data[n * self.size..][..self.size];
        let mut low = [0_u8; 8]; // little-endian
        for (to, at) in low.iter_mut().zip(0..self.size) {
            *to = bytes[if self.is_big_endian { self.size - 1 - at } else { at }];
        }
        let word = u64::from_le_bytes(low);
        let unused = 64 - 8 * self.size.min(8) as u32;
        match (self.element, self.size) {
            (Element::Bool, _) => Some(f64::from(u8::from(word != 0))),
            (Element::Unsigned, _) => Some(word as f64),
            (Element::Signed, _) => Some(((word << unused) as i64 >> unused) as f64),
            (Element::Float, 2) => Some(half(word as u16)),
            (Element::Float, 4) => Some(f32::from_bits(word as u32).into()),
            (Element::Float, _) => Some(f64::from_bits(word)),
            (Element::Bytes | Element::Text, _) => None,
        }
    }

    /// Element `n` as a text; of numbers, the shortest that gives them.
    pub(crate) fn text(&self, n: usize) -> String {
        let bytes = &self.data[n * self.size..][..self.size];
        match self.element {
            Element::Bytes => String::from_utf8_lossy(bytes).trim_end_matches('\0').trim().to_owned(),
            Element::Text => {
                let scalar = |b: &[u8]| match self.is_big_endian {
                    true => u32::from_be_bytes([b[0], b[1], b[2], b[3]]),
                    false => u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
                };
                let chars = bytes.chunks_exact(4).map(|b| char::from_u32(scalar(b)).unwrap_or('\u{fffd}'));
                chars.collect::<String>().trim_end_matches('\0').trim().to_owned()
            }
            _ => self.number(n).map_or(String::new(), |number| number.to_string()),
        }
    }

    /// Whether the elements are texts.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.element, Element::Bytes | Element::Text)
    }

    /// The shape for people, as Python writes it.
    pub(crate) fn shown(&self) -> String {
        let dims: Vec<String> = self.shape.iter().map(ToString::to_string).collect();
        if dims.len() == 1 { format!("({},)", dims[0]) } else { format!("({})", dims.join(", ")) }
    }
}

/// An IEEE binary16 as a double.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 31, f64::from(bits & 0x3FF));
    let power = |by: i32| f64::from_bits(((1023 + by) as u64) << 52);
    let value = match exponent {
        0 => fraction * power(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * power(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -value } else { value }
}

fn parse(mut bytes: Vec<u8>, place: Place) -> Result<Array, Error> {
    let &[_, _, _, _, _, _, major, _, a, b, ..] = &bytes[..] else { return Err(truncated(&bytes, 10)) };
    if !bytes.starts_with(MAGIC) {
        return Err(crate::data::sniff::foreign(&bytes, "a NumPy array (.npy)"));
    }
    let (start, length) = match (major, bytes.get(10..12)) {
        (1, _) => (10, usize::from(u16::from_le_bytes([a, b]))),
        (2 | 3, Some(&[c, d])) => (12, u32::from_le_bytes([a, b, c, d]) as usize),
        (2 | 3, _) => return Err(truncated(&bytes, 12)),
        _ => {
            return Err(
                Error::at(6, format!("version {major} of NumPy's format"), "1 to 3").advise(FETCH_AGAIN)
            );
        }
    };
    if length > LONGEST_HEADER {
        return Err(Error::at(8, format!("a header of {length} bytes"), "the shorter one of a plain array"));
    }
    let end = start + length;
    let header = bytes.get(start..end).ok_or_else(|| truncated(&bytes, end as u64))?;
    let header = core::str::from_utf8(header).ok().and_then(Header::of).ok_or_else(|| {
        let expected = "a dict of descr, fortran_order and shape, as of a plain array";
        Error::at(start as u64, "a NumPy header of another kind", expected)
            .advise("; save it with numpy.save")
    })?;
    let wrong = |found: String, expected: &str| Err(Error::at(start as u64, found, expected));
    if header.is_fortran && header.shape.len() > 2 {
        return wrong("an array in Fortran's order".into(), "C's; save np.ascontiguousarray(ARRAY)");
    }
    let Some((element, size, is_big_endian)) = element(&header.descr) else {
        let found = format!("elements of type {:?}", header.descr);
        return wrong(found, "integers, floats of 16 to 64 bits, bools or texts; save ARRAY.astype(\"f4\")");
    };
    let total = header.shape.iter().try_fold(size, |total, &dim| total.checked_mul(dim));
    let Some(total) = total.and_then(|total| total.checked_add(end)) else {
        return wrong("more than 2^64 bytes by the header".into(), "fewer");
    };
    if bytes.len() < total {
        return Err(truncated(&bytes, total as u64));
    }
    if bytes.len() > total {
        return Err(trailing(&bytes, total));
    }
    bytes.drain(..end);
    if let (true, &[rows, columns]) = (header.is_fortran, &header.shape[..]) {
        bytes = by_rows(&bytes, [rows, columns], size)?;
    }
    Ok(Array { place, element, size, is_big_endian, shape: header.shape, data: bytes })
}

/// A matrix of elements of `size` bytes, from columns one after the other to rows.
fn by_rows(bytes: &[u8], [rows, columns]: [usize; 2], size: usize) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    reserve(&mut out, bytes.len())?;
    for row in 0..rows {
        (0..columns).for_each(|column| out.extend_from_slice(&bytes[(column * rows + row) * size..][..size]));
    }
    Ok(out)
}

/// Kind, bytes and order of the elements that a type's text, such as `<f4`, means.
fn element(descr: &str) -> Option<(Element, usize, bool)> {
    let (order, rest) = match descr.chars().next()? {
        order @ ('<' | '>' | '|' | '=') => (order, &descr[1..]),
        _ => ('|', descr),
    };
    let kind = rest.chars().next()?;
    let size: usize = rest.get(1..)?.parse().ok()?;
    let (element, size) = match (kind, size) {
        ('b', 1) => (Element::Bool, 1),
        ('i', 1 | 2 | 4 | 8) => (Element::Signed, size),
        ('u', 1 | 2 | 4 | 8) => (Element::Unsigned, size),
        ('f', 2 | 4 | 8) => (Element::Float, size),
        ('S', 1..=4096) => (Element::Bytes, size),
        ('U', 1..=1024) => (Element::Text, 4 * size),
        _ => return None,
    };
    Some((element, size, order == '>'))
}

/// What a header says.
struct Header {
    descr: String,
    is_fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order.
    fn of(text: &str) -> Option<Self> {
        let (mut descr, mut is_fortran, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{')?.trim_start();
        while !rest.starts_with('}') {
            let (key, behind) = quoted(rest)?;
            rest = behind.trim_start().strip_prefix(':')?.trim_start();
            rest = match key {
                "descr" => {
                    let (value, behind) = quoted(rest)?;
                    descr = Some(value.to_owned());
                    behind
                }
                "fortran_order" => {
                    let value = rest.starts_with("True");
                    is_fortran = Some(value);
                    rest.strip_prefix(if value { "True" } else { "False" })?
                }
                "shape" => {
                    let (value, behind) = rest.strip_prefix('(')?.split_once(')')?;
                    let dims = value.split(',').map(str::trim).filter(|dim| !dim.is_empty());
                    let dims: Option<Vec<usize>> =
                        dims.map(|dim| dim.trim_end_matches('L').parse().ok()).collect();
                    shape = Some(dims.filter(|dims| dims.len() <= 32)?);
                    behind
                }
                _ => return None,
            };
            rest = rest.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        Some(Self { descr: descr?, is_fortran: is_fortran?, shape: shape? })
    }
}

/// The text in quotes that `rest` begins with, and what follows it.
fn quoted(rest: &str) -> Option<(&str, &str)> {
    let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    rest[1..].split_once(quote)
}
