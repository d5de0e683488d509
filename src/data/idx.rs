//! IDX, the format of MNIST: a typed, big-endian array with its dimensions in front.
//!
//! Bytes 0 and 1 are 0, byte 2 is the type, byte 3 the number of dimensions, then one big-endian u32 a
//! dimension, then the elements, row-major.

use super::error::{Error, Fault};
use super::source::{Contents, Source};
use super::{Dataset, Half, Halves, Images, Split, fingerprint};
use crate::weights::Picture;
use std::borrow::ToOwned;
use std::string::{String, ToString};
use std::vec::Vec;

/// The part a file has in a data set, by its name: `[SET-]train-images-idx3-ubyte` and its like.
#[derive(Debug, PartialEq)]
struct Role<'a> {
    set: &'a str,
    split: Split,
    images: bool,
}

impl<'a> Role<'a> {
    /// `NAME` = SET (`train` | `t10k` | `test`) SEP (`images` | `labels`) [SEP `idx`...], SEP one of `-._`.
    fn of(name: &'a str) -> Option<Self> {
        [("train", Split::Train), ("t10k", Split::Test), ("test", Split::Test)].iter().find_map(
            |&(word, split)| {
                let at = name.rfind(word)?;
                let rest = name[at + word.len()..].strip_prefix(['-', '.', '_'])?;
                let (images, rest) = match rest.strip_prefix("images") {
                    Some(rest) => (true, rest),
                    None => (false, rest.strip_prefix("labels")?),
                };
                let usual = rest.is_empty() || rest.strip_prefix(['-', '.', '_'])?.starts_with("idx");
                usual.then_some(Self { set: &name[..at], split, images })
            },
        )
    }
}

/// The name of the set that a file belongs to: what stands before `train` or `test`; mostly nothing.
pub(super) fn set_of(name: &str) -> Option<String> {
    Role::of(name).map(|role| role.set.to_string())
}

/// The element types.
#[derive(Clone, Copy, PartialEq)]
enum Element {
    U8,
    I8,
    I16,
    I32,
    F32,
    F64,
}

impl Element {
    fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            0x08 => Self::U8,
            0x09 => Self::I8,
            0x0b => Self::I16,
            0x0c => Self::I32,
            0x0d => Self::F32,
            0x0e => Self::F64,
            _ => return None,
        })
    }

    fn size(self) -> u64 {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// Bytes of the longest header.
pub(super) const LONGEST_HEADER: usize = Array::dim_at(4);

/// The length that the header in `head` promises to the file; none if that is no IDX header.
pub(super) fn promised(head: &[u8]) -> Option<u64> {
    let (element, dims) = header(head)?;
    total(element, &dims)
}

/// The shape of the images whose file begins with `head`; none if that is no header of images.
pub(super) fn shape_of(head: &Contents) -> Option<Picture> {
    let (element, dims) = header(&head.bytes)?;
    shape(head, element, &dims).ok()
}

/// Element type and dimensions of a file that begins with `head`, if that is a header.
fn header(head: &[u8]) -> Option<(Element, Vec<u32>)> {
    let [0, 0, element, rank @ 1..=4, dims @ ..] = head else { return None };
    Some((Element::of(*element)?, extents(dims.get(..4 * usize::from(*rank))?)))
}

/// The shape of one of the images that a header speaks of: u8; N x D, N x H x W or N x C x H x W.
fn shape(contents: &Contents, element: Element, dims: &[u32]) -> Result<Picture, Error> {
    if element == Element::I32 && dims.len() <= 2 || element == Element::U8 && dims.len() == 1 {
        return Err(contents.error(3, Fault::Swapped { found: "labels", expected: "images" }));
    }
    if element != Element::U8 {
        return Err(contents.error(2, Fault::ElementType { found: element.name(), expected: "u8" }));
    }
    if dims[0] == 0 {
        return Err(contents.error(4, Fault::NoImages));
    }
    let mut extents = [1_u16; 3];
    let unset = 4 - dims.len();
    for (i, &dim) in dims.iter().enumerate().skip(1) {
        extents[unset + i - 1] = match u16::try_from(dim) {
            Ok(extent @ 1..) => extent,
            _ => {
                let fault = Fault::Extent { found: dim.into(), limit: u16::MAX.into() };
                return Err(contents.error(Array::dim_at(i), fault));
            }
        };
    }
    let [channels, height, width] = extents;
    Ok(Picture { channels, height, width })
}

/// The dimensions in the bytes after the magic.
fn extents(fields: &[u8]) -> Vec<u32> {
    fields.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Bytes in a file of these dimensions; none where they are beyond 2^64.
fn total(element: Element, dims: &[u32]) -> Option<u64> {
    let data = dims.iter().try_fold(element.size(), |bytes, &dim| bytes.checked_mul(dim.into()))?;
    data.checked_add(4 + 4 * dims.len() as u64)
}

/// A checked IDX file: the elements are as many as the dimensions say.
struct Array {
    contents: Contents,
    element: Element,
    dims: Vec<u32>,
}

impl Array {
    /// Offset of dimension `i`, and, for `i` = their number, of the first element.
    const fn dim_at(i: usize) -> usize {
        4 + 4 * i
    }

    /// Parses the header and holds the file's length against it; takes no memory but the dimensions'.
    fn parse(contents: Contents) -> Result<Self, Error> {
        let bytes = &contents.bytes;
        let len = bytes.len();
        let truncated = |expected: u64| contents.error(len, Fault::Truncated { expected, found: len as u64 });
        let (kind, rank) = match bytes[..] {
            [0, 0, kind, rank, ..] => (kind, rank),
            [0] | [0, 0] | [0, 0, _] => return Err(truncated(4)),
            _ => return Err(contents.foreign("an IDX file")),
        };
        let element = Element::of(kind).ok_or_else(|| contents.error(2, Fault::IdxType(kind)))?;
        if !(1..=4).contains(&rank) {
            return Err(contents.error(3, Fault::Dimensions { found: rank, expected: "1 to 4" }));
        }
        let rank = usize::from(rank);
        let header = Self::dim_at(rank);
        let Some(fields) = bytes.get(4..header) else {
            return Err(truncated(header as u64));
        };
        let dims = extents(fields);
        let end =
            total(element, &dims).ok_or_else(|| contents.error(4, Fault::Overflow { found: len as u64 }))?;
        if (len as u64) < end {
            return Err(truncated(end));
        }
        if len as u64 > end {
            let at = usize::try_from(end).expect("less than the file's length");
            return Err(contents.error(at, Fault::Trailing { expected: end, found: len as u64 }));
        }
        Ok(Self { contents, element, dims })
    }

    /// The array as images. Returns the shape of one and the pixels.
    fn into_images(self) -> Result<(Picture, Vec<u8>), Error> {
        let Self { mut contents, element, dims } = self;
        let picture = shape(&contents, element, &dims)?;
        contents.bytes.drain(..Self::dim_at(dims.len()));
        Ok((picture, contents.bytes))
    }

    /// The array as the labels of `images` images, each below `limit`: u8, or i32 with one label a row in
    /// column 0 (QMNIST has the writer's number and more in the others).
    fn into_labels(self, images: usize, limit: usize) -> Result<Vec<u8>, Error> {
        let Self { mut contents, element, dims } = self;
        let dims: Vec<usize> = dims.into_iter().map(|dim| dim as usize).collect();
        let start = Self::dim_at(dims.len());
        match (element, dims.len()) {
            (Element::U8, 1) | (Element::I32, 1 | 2) => {}
            (Element::U8, _) => {
                return Err(contents.error(3, Fault::Swapped { found: "images", expected: "labels" }));
            }
            (Element::I32, found) => {
                let fault = Fault::Dimensions { found: found as u8, expected: "1 or 2 for labels" };
                return Err(contents.error(3, fault));
            }
            _ => {
                let fault = Fault::ElementType { found: element.name(), expected: "u8 or i32" };
                return Err(contents.error(2, fault));
            }
        }
        if dims[0] != images {
            return Err(contents.error(4, Fault::Counts { images, labels: dims[0] }));
        }
        if element == Element::U8 {
            if let Some(n) = contents.bytes[start..].iter().position(|&label| usize::from(label) >= limit) {
                let found = contents.bytes[start + n].into();
                return Err(contents.error(start + n, Fault::Label { found, limit }));
            }
            contents.bytes.drain(..start);
            return Ok(contents.bytes);
        }
        let columns = dims.get(1).copied().unwrap_or(1);
        if columns == 0 {
            return Err(contents.error(8, Fault::Extent { found: 0, limit: u32::MAX.into() }));
        }
        let mut labels = Vec::new();
        labels.try_reserve_exact(images).map_err(|_| Error::memory(&contents.file, images))?;
        for (n, row) in contents.bytes[start..].chunks_exact(4 * columns).enumerate() {
            let found = i32::from_be_bytes([row[0], row[1], row[2], row[3]]);
            let label = u8::try_from(found).ok().filter(|&label| usize::from(label) < limit);
            labels.push(label.ok_or_else(|| {
                contents.error(start + n * 4 * columns, Fault::Label { found: found.into(), limit })
            })?);
        }
        Ok(labels)
    }
}

/// The shape and pixels of an images file alone.
pub(super) fn pictures(contents: Contents) -> Result<(Picture, Vec<u8>), Error> {
    Array::parse(contents)?.into_images()
}

/// An images file and its labels file, labels below `limit`.
pub(super) fn half(images: Contents, labels: Contents, limit: usize) -> Result<Half, Error> {
    let images = Array::parse(images)?;
    let count = images.dims[0] as usize;
    let shape_at = (images.contents.file.clone(), Array::dim_at(1) as u64);
    let (picture, pixels) = images.into_images()?;
    let labels = Array::parse(labels)?;
    let labels_at = (labels.contents.file.clone(), Array::dim_at(labels.dims.len()) as u64);
    let labels = labels.into_labels(count, limit)?;
    let images = Images::new(picture.pixels() as usize, pixels, labels);
    Ok(Half { picture, images, shape_at, labels_at })
}

/// The data set whose files carry `set` before `train` and `test`.
pub(super) fn load(source: &mut Source, set: &str) -> Result<Dataset, Error> {
    let halves = Halves::read(&source.display(), |split, limit| {
        let find = |images: bool| {
            let role = Role { set, split, images };
            source.names().find(|name| Role::of(name).as_ref() == Some(&role)).map(ToOwned::to_owned)
        };
        let (images, labels) = match (find(true), find(false)) {
            (None, None) => return Ok(None),
            (Some(images), Some(labels)) => (images, labels),
            (Some(images), None) => (images.clone(), sibling(&images, "images", "idx3", "labels", "idx1")),
            (None, Some(labels)) => (sibling(&labels, "labels", "idx1", "images", "idx3"), labels),
        };
        // The labels first: they are small, and one that is missing is told before 47 MB are read.
        let labels = source.take(&labels)?;
        half(source.take(&images)?, labels, limit).map(Some)
    })?;
    Ok(halves.numbered(fingerprint::kind))
}

/// The usual name of the file that belongs to `name`.
fn sibling(name: &str, role: &str, idx: &str, other_role: &str, other_idx: &str) -> String {
    name.replace(role, other_role).replace(idx, other_idx)
}
