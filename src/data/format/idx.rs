//! IDX, the format of MNIST: a typed, big-endian array with its dimensions in front.
//!
//! Bytes 0 and 1 are 0, byte 2 is the type, byte 3 the number of dimensions, then one big-endian u32 a
//! dimension, then the elements, row-major.

use crate::data::container::contents::{Contents, UNPACKED, trailing, truncated};
use crate::data::container::members::Members;
use crate::data::dataset::{Dataset, Half, Halves, Kind, Options, Split, wrong_label};
use crate::data::error::{Error, FETCH_AGAIN, reserve};
use crate::data::images::Images;
use crate::data::shape::{is_known, no_shape, not_the_models, squared, wrong_size};
use crate::data::sniff::foreign;
use crate::data::wanted::{Block, Wanted};
use crate::weights::Picture;

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

/// The set that a file of this name belongs to: what stands before `train` or `test`; mostly nothing.
pub(crate) fn set_of(name: &str) -> Option<&str> {
    Role::of(name).map(|role| role.set)
}

/// The element types: their byte in the file, size and name.
const ELEMENTS: [(u8, u64, &str); 6] = [
    (0x08, 1, "u8"),
    (0x09, 1, "i8"),
    (0x0b, 2, "i16"),
    (0x0c, 4, "i32"),
    (0x0d, 4, "f32"),
    (0x0e, 8, "f64"),
];

/// Size and name of an element type.
type Element = (u64, &'static str);

/// The most bytes that a file may have which begins with `head`: those that an IDX header promises, or, where
/// there is none, [`UNPACKED`].
pub(crate) fn promised(head: &[u8]) -> Result<u64, Error> {
    Ok(header(head).ok().and_then(|(element, dims)| total(element, &dims)).unwrap_or(UNPACKED))
}

/// As [`promised`], of pictures, if the header does not speak of others than those wanted.
pub(crate) fn promised_pictures(head: &[u8], wanted: &Wanted) -> Result<u64, Error> {
    if let Ok(found) = header(head).and_then(|(element, dims)| shape(element, &dims)) {
        check_shape(found, wanted)?;
    }
    promised(head)
}

/// Whether images have the model's shape, or, to be fitted, one that is known.
fn check_shape(found: Picture, wanted: &Wanted) -> Result<Picture, Error> {
    let model = wanted.model;
    if wanted.fit {
        squared(found).ok_or_else(|| no_shape(found).moved(|_| dim_at(1) as u64))
    } else if found.pixels() != model.pixels() {
        let expected = format!("the model's {}; resize them or use another model", model.pixels());
        Err(Error::at(dim_at(1) as u64, format!("pictures of {} pixels", found.pixels()), expected))
    } else if is_known(found) && is_known(model) && found != model {
        Err(not_the_models(found, model).moved(|_| dim_at(1) as u64))
    } else {
        Ok(found)
    }
}

/// Element type and dimensions of a file that begins with `bytes`.
fn header(bytes: &[u8]) -> Result<(Element, Vec<u32>), Error> {
    if bytes.is_empty() || bytes.iter().take(2).any(|&byte| byte != 0) {
        return Err(foreign(bytes, "an IDX file"));
    }
    let &[_, _, kind, rank, ..] = bytes else { return Err(truncated(bytes, 4)) };
    let unknown = || Error::at(2, format!("IDX element type {kind:#04x}"), "08, 09, 0b, 0c, 0d or 0e");
    let element = ELEMENTS.iter().find(|element| element.0 == kind);
    let &(_, size, name) = element.ok_or_else(|| unknown().advise(FETCH_AGAIN))?;
    let rank = usize::from(rank);
    if !(1..=4).contains(&rank) {
        return Err(wrong_rank(rank, "1 to 4"));
    }
    let fields = bytes.get(4..dim_at(rank)).ok_or_else(|| truncated(bytes, dim_at(rank) as u64))?;
    let dims = fields.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    Ok(((size, name), dims.collect()))
}

/// The shape of one of the images that a header speaks of: u8; N x D, N x H x W or N x C x H x W.
fn shape((_, name): Element, dims: &[u32]) -> Result<Picture, Error> {
    match (name, dims) {
        ("i32", [_] | [_, _]) | ("u8", [_]) => return Err(swapped("labels", "images")),
        ("u8", [0, ..]) => return Err(Error::at(4, "0 images", "at least 1; fetch or make the file again")),
        ("u8", _) => {}
        (found, _) => return Err(wrong_type(found, "u8")),
    }
    let mut extents = [1_u16; 3];
    let unset = 4 - dims.len();
    for (i, &dim) in dims.iter().enumerate().skip(1) {
        extents[unset + i - 1] = match u16::try_from(dim) {
            Ok(extent @ 1..) => extent,
            _ => return Err(wrong_size(dim_at(i), dim as usize)),
        };
    }
    let [channels, height, width] = extents;
    Ok(Picture { channels, height, width })
}

fn swapped(found: &str, expected: &str) -> Error {
    Error::at(3, found, format!("{expected}; are images and labels swapped?"))
}

fn wrong_type(found: &str, expected: &str) -> Error {
    Error::at(2, format!("elements of type {found}"), format!("{expected}; convert the file"))
}

fn wrong_rank(found: usize, expected: &str) -> Error {
    Error::at(3, format!("{found} dimensions"), format!("{expected}; convert the file"))
}

/// Offset of dimension `i`, and, for `i` = their number, of the first element.
const fn dim_at(i: usize) -> usize {
    4 + 4 * i
}

/// Bytes in a file of these dimensions; none where they are beyond 2^64.
fn total((size, _): Element, dims: &[u32]) -> Option<u64> {
    let data = dims.iter().try_fold(size, |bytes, &dim| bytes.checked_mul(dim.into()))?;
    data.checked_add(4 + 4 * dims.len() as u64)
}

/// Element type and dimensions of a whole file: the elements are as many as the dimensions say.
fn whole(bytes: &[u8]) -> Result<(Element, Vec<u32>), Error> {
    let (element, dims) = header(bytes)?;
    let found = || format!("{} bytes", bytes.len());
    let overflow = || Error::at(4, found(), "more than 2^64 by the header").advise(FETCH_AGAIN);
    let end = total(element, &dims).ok_or_else(overflow)?;
    match usize::try_from(end) {
        Ok(end) if end == bytes.len() => Ok((element, dims)),
        Ok(end) if end < bytes.len() => Err(trailing(bytes, end)),
        _ => Err(truncated(bytes, end)),
    }
}

/// The shape of one of the images in a file, and the pixels of all.
fn images(mut bytes: Vec<u8>) -> Result<(Picture, Vec<u8>), Error> {
    let (element, dims) = whole(&bytes)?;
    let picture = shape(element, &dims)?;
    bytes.drain(..dim_at(dims.len()));
    Ok((picture, bytes))
}

/// The labels of `images` images in a file, each below `limit`, and where they begin: u8, or i32 with one
/// label a row in column 0 (QMNIST has the writer's number and more in the others).
fn labels(bytes: &[u8], images: usize, limit: usize) -> Result<(Vec<u8>, u64), Error> {
    let ((size, name), dims) = whole(bytes)?;
    let start = dim_at(dims.len());
    match (name, dims.len()) {
        ("u8", 1) | ("i32", 1 | 2) => {}
        ("u8", _) => return Err(swapped("images", "labels")),
        ("i32", found) => return Err(wrong_rank(found, "1 or 2 for labels")),
        (found, _) => return Err(wrong_type(found, "u8 or i32")),
    }
    if dims[0] as usize != images {
        let expected = format!("one for each of the {images} images; do the two files belong together?");
        return Err(Error::at(4, format!("{} labels", dims[0]), expected));
    }
    let columns = dims.get(1).map_or(1, |&columns| columns as usize);
    if columns == 0 {
        return Err(wrong_size(dim_at(1), 0));
    }
    let mut labels = Vec::new();
    reserve(&mut labels, images)?;
    let stride = columns * size as usize;
    for (n, row) in bytes[start..].chunks_exact(stride).enumerate() {
        let found = match *row {
            [label] => label.into(),
            [a, b, c, d, ..] => i32::from_be_bytes([a, b, c, d]),
            _ => unreachable!("one byte, or four a column"),
        };
        let label = u8::try_from(found).ok().filter(|&label| usize::from(label) < limit);
        labels.push(label.ok_or_else(|| wrong_label(start + n * stride, found.into(), limit))?);
    }
    Ok((labels, start as u64))
}

/// All pictures of an images file alone.
pub(crate) fn next(bytes: &mut Vec<u8>, _: &mut usize, wanted: &Wanted) -> Result<Block, Error> {
    let (found, pixels) = images(core::mem::take(bytes))?;
    Ok(Block { shape: check_shape(found, wanted)?, pixels, labels: None })
}

/// An images file and its labels file, labels below `limit`.
pub(crate) fn half(images_file: Contents, labels_file: Contents, limit: usize) -> Result<Half, Error> {
    let places = (images_file.place.clone(), labels_file.place.clone());
    let (picture, pixels) = images_file.parse(images)?;
    let count = pixels.len() / picture.pixels() as usize;
    let (labels, labels_at) = labels_file.parse(|bytes| labels(&bytes, count, limit))?;
    let images = Images::new(picture.pixels() as usize, pixels, labels);
    Ok(Half { picture, images, shape_at: (places.0, dim_at(1) as u64), labels_at: (places.1, labels_at) })
}

/// The data set whose files carry `set` before `train` and `test`.
pub(crate) fn load(members: &mut Members, set: &str, _: &Options) -> Result<Dataset, Error> {
    let halves = Halves::read(&members.place.clone(), |split, limit| {
        let find = |images: bool| {
            let role = Role { set, split, images };
            members.names().find(|name| Role::of(name).as_ref() == Some(&role)).map(ToOwned::to_owned)
        };
        let (images, labels) = match (find(true), find(false)) {
            (None, None) => return Ok(None),
            (Some(images), Some(labels)) => (images, labels),
            (Some(images), None) => (images.clone(), sibling(&images, "images", "idx3", "labels", "idx1")),
            (None, Some(labels)) => (sibling(&labels, "labels", "idx1", "images", "idx3"), labels),
        };
        // The labels first: they are small, and one that is missing is told before 47 MB are read.
        let labels = members.take(&labels, &promised)?;
        half(members.take(&images, &promised)?, labels, limit).map(Some)
    })?;
    Ok(halves.numbered(Kind::Idx))
}

/// The usual name of the file that belongs to `name`.
fn sibling(name: &str, role: &str, idx: &str, other_role: &str, other_idx: &str) -> String {
    name.replace(role, other_role).replace(idx, other_idx)
}
