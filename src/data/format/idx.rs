//! IDX, the format of MNIST: a typed, big-endian array with its dimensions in front.
//!
//! Bytes 0 and 1 are 0, byte 2 is the type, byte 3 the number of dimensions, then one big-endian u32 a
//! dimension, then the elements, row-major.
//!
//! Of images with four dimensions the second is the channels if it is 1 or 3; else the last if that is 1 or 3
//! (channels last, as Keras and TensorFlow have them); else the second.
//!
//! EMNIST's files (Cohen, Afshar, Tapson and van Schaik, "EMNIST: an extension of MNIST to handwritten
//! letters", 2017), known by the prefix `emnist-`, are transposed against MNIST's.

use crate::data::container::contents::{Contents, UNPACKED, UNSTATED, trailing, truncated};
use crate::data::container::members::Members;
use crate::data::dataset::{Dataset, Half, Halves, Kind, MAX_CLASSES, Options, Split, wrong_label};
use crate::data::error::{Error, FETCH_AGAIN, reserve, zeros};
use crate::data::images::Images;
use crate::data::shape::{is_known, no_shape, not_the_models, squared, wrong_size};
use crate::data::sniff::{self, foreign};
use crate::data::wanted::{Block, Wanted};
use crate::store::Printable;
use crate::weights::Picture;

/// The part a file has in a data set, by its name: `[SET-]train-images-idx3-ubyte` and its like.
#[derive(Debug, PartialEq)]
struct Role<'a> {
    set: &'a str,
    /// `train`, `t10k` or `test`.
    word: &'static str,
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
                usual.then_some(Self { set: &name[..at], word, split, images })
            },
        )
    }
}

/// The set that a file of this name belongs to: what stands before `train` or `test`; mostly nothing.
pub(crate) fn set_of(name: &str) -> Option<&str> {
    Role::of(name).map(|role| role.set)
}

const EMNIST: &str = "emnist-";

/// Whether a file of this name is one of EMNIST's images files.
pub(crate) fn is_emnist(name: &str) -> bool {
    Role::of(name).is_some_and(|role| role.images && role.set.starts_with(EMNIST))
}

/// Whether a file of this name lists the names of EMNIST's classes.
pub(crate) fn is_mapping(name: &str) -> bool {
    name.starts_with(EMNIST) && name.ends_with(MAPPING)
}

/// The end of that name, behind the set's prefix.
const MAPPING: &str = "mapping.txt";

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
    if let Ok(found) = header(head).and_then(|(element, dims)| layout(element, &dims, wanted.is_emnist)) {
        check_shape(found.picture(), wanted)?;
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
    let is_known = |kind: u8| ELEMENTS.iter().any(|element| element.0 == kind);
    if matches!(*bytes, [1..=4, kind, 0, 0, ..] if is_known(kind)) {
        return Err(Error::at(0, "a little-endian IDX header", BIG_ENDIAN));
    }
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

const BIG_ENDIAN: &str = "big-endian numbers, as IDX has them; write the file again";

/// How the images of a file lie in it.
#[derive(Clone, Copy)]
struct Layout {
    /// Their shape in the file.
    stored: Picture,
    is_channels_last: bool,
    /// Whether rows and columns change places, as for EMNIST.
    is_turned: bool,
}

impl Layout {
    /// The shape in memory.
    fn picture(self) -> Picture {
        let Picture { channels, height, width } = self.stored;
        let (height, width) = if self.is_turned { (width, height) } else { (height, width) };
        Picture { channels, height, width }
    }

    /// Brings all images into the order of memory: (channels, height, width).
    fn arrange(self, pixels: &mut [u8]) -> Result<(), Error> {
        let Picture { channels, height, width } = self.picture();
        let [channels, height, width] = [channels, height, width].map(usize::from);
        // How far apart neighbours are in the file.
        let (plane, row, column) = match (self.is_channels_last && channels > 1, self.is_turned) {
            (false, false) => return Ok(()),
            (false, true) => (height * width, 1, height),
            (true, false) => (1, width * channels, channels),
            (true, true) => (1, channels, height * channels),
        };
        let mut before = zeros(channels * height * width)?;
        for image in pixels.chunks_exact_mut(before.len()) {
            before.copy_from_slice(image);
            for (line, out) in image.chunks_exact_mut(width).enumerate() {
                let start = line / height * plane + line % height * row;
                for (pixel, &value) in out.iter_mut().zip(before[start..].iter().step_by(column)) {
                    *pixel = value;
                }
            }
        }
        Ok(())
    }
}

/// The layout of the images that a header speaks of: u8; N x D, N x H x W, N x C x H x W or N x H x W x C.
/// Images without a known height are not turned.
fn layout((_, name): Element, dims: &[u32], is_emnist: bool) -> Result<Layout, Error> {
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
    let is_channels_last = dims.len() == 4 && !matches!(extents[0], 1 | 3) && matches!(extents[2], 1 | 3);
    if is_channels_last {
        extents.rotate_right(1);
    }
    let [channels, height, width] = extents;
    let stored = Picture { channels, height, width };
    Ok(Layout { stored, is_channels_last, is_turned: is_emnist && is_known(stored) })
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
    let length = bytes.len() as u64;
    let end = total(element, &dims);
    let swapped: Vec<u32> = dims.iter().map(|dim| dim.swap_bytes()).collect();
    if end != Some(length) && total(element, &swapped) == Some(length) {
        return Err(Error::at(4, "little-endian sizes", BIG_ENDIAN));
    }
    match end.ok_or_else(overflow)? {
        end if end == length => Ok((element, dims)),
        end if end < length => Err(trailing(bytes, end as usize)),
        end => Err(truncated(bytes, end)),
    }
}

/// The layout of the images in a file, and the pixels of all, arranged.
fn images(mut bytes: Vec<u8>, is_emnist: bool) -> Result<(Layout, Vec<u8>), Error> {
    let (element, dims) = whole(&bytes)?;
    let layout = layout(element, &dims, is_emnist)?;
    bytes.drain(..dim_at(dims.len()));
    layout.arrange(&mut bytes)?;
    Ok((layout, bytes))
}

/// The labels of `images` images in a file, each below `limit`, and where they begin: u8, one a row, or i32
/// with one label a row in column 0 (QMNIST has the writer's number and more in the others).
fn labels(bytes: &[u8], images: usize, limit: usize) -> Result<(Vec<u8>, u64), Error> {
    let ((size, name), dims) = whole(bytes)?;
    let start = dim_at(dims.len());
    let columns = dims.get(1).map_or(1, |&columns| columns as usize);
    let width = size as usize;
    if matches!((name, dims.len()), ("u8" | "i32", 2))
        && columns > 1
        && bytes[start..].chunks_exact(columns * width).all(|row| is_one_hot(row, width))
    {
        let found = format!("one-hot labels in {columns} columns");
        let expected = "one class number a sample, the column of its 1; convert the file";
        return Err(Error::at(dim_at(1) as u64, found, expected));
    }
    match (name, dims.len(), columns) {
        ("u8", 1, _) | ("u8", 2, 0 | 1) | ("i32", 1 | 2, _) => {}
        ("u8", ..) => return Err(swapped("images", "labels")),
        ("i32", found, _) => return Err(wrong_rank(found, "1 or 2 for labels")),
        (found, ..) => return Err(wrong_type(found, "u8 or i32, one class number a sample")),
    }
    if dims[0] as usize != images {
        let expected = format!("one for each of the {images} images; do the two files belong together?");
        return Err(Error::at(4, format!("{} labels", dims[0]), expected));
    }
    if columns == 0 {
        return Err(wrong_size(dim_at(1), 0));
    }
    let mut labels = Vec::new();
    reserve(&mut labels, images)?;
    let stride = columns * width;
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

/// Whether exactly one of the big-endian numbers in a row, each of `width` bytes, is 1 and the others are 0.
fn is_one_hot(row: &[u8], width: usize) -> bool {
    let is_last = |at: usize| at % width == width - 1;
    row.iter().enumerate().all(|(at, &byte)| byte == 0 || byte == 1 && is_last(at))
        && row.iter().filter(|&&byte| byte == 1).count() == 1
}

/// All pictures of an images file alone.
pub(crate) fn next(bytes: &mut Vec<u8>, _: &mut usize, wanted: &Wanted) -> Result<Block, Error> {
    let (layout, pixels) = images(core::mem::take(bytes), wanted.is_emnist)?;
    Ok(Block { shape: check_shape(layout.picture(), wanted)?, pixels, labels: None })
}

/// An images file and its labels file, labels below `limit`. What was decided goes into `notes`.
pub(crate) fn half(
    images_file: Contents,
    labels_file: Contents,
    limit: usize,
    is_emnist: bool,
    notes: &mut Vec<String>,
) -> Result<Half, Error> {
    let places = (images_file.place.clone(), labels_file.place.clone());
    let (layout, pixels) = images_file.parse(|bytes| images(bytes, is_emnist))?;
    let picture = layout.picture();
    let count = pixels.len() / picture.pixels() as usize;
    let (labels, labels_at) = labels_file.parse(|bytes| labels(&bytes, count, limit))?;
    let Picture { channels, height, width } = layout.stored;
    let is_last = layout.is_channels_last;
    let channels_last = format!("images: {height} x {width} x {channels}, channels last, read as planes");
    for (is_so, note) in
        [(is_last, channels_last.as_str()), (layout.is_turned, "images: EMNIST's, transposed")]
    {
        if is_so && !notes.iter().any(|before| before == note) {
            notes.push(note.to_owned());
        }
    }
    let images = Images::new(picture.pixels() as usize, pixels, labels);
    Ok(Half { picture, images, shape_at: (places.0, dim_at(1) as u64), labels_at: (places.1, labels_at) })
}

/// The data set whose files carry `set` before `train` and `test`.
pub(crate) fn load(members: &mut Members, set: &str, options: &Options) -> Result<Dataset, Error> {
    let is_emnist = set.starts_with(EMNIST) && !options.no_transpose;
    let mut notes = Vec::new();
    let halves = Halves::read(&members.place.clone(), |split, limit| {
        let pair = [true, false].map(|is_images| file_of(members, set, split, is_images, &mut notes));
        let (images, labels) = match pair {
            [Err(error), _] | [_, Err(error)] => return Err(error),
            [Ok(None), Ok(None)] => return Ok(None),
            [Ok(Some(images)), Ok(Some(labels))] => (images, labels),
            [Ok(Some(images)), Ok(None)] => {
                (images.clone(), sibling(&images, "images", "idx3", "labels", "idx1"))
            }
            [Ok(None), Ok(Some(labels))] => (sibling(&labels, "labels", "idx1", "images", "idx3"), labels),
        };
        // The labels first: they are small, and one that is missing is told before 47 MB are read.
        let labels = members.take(&labels, &promised)?;
        half(members.take(&images, &promised)?, labels, limit, is_emnist, &mut notes).map(Some)
    })?;
    let mut dataset = halves.numbered(Kind::Idx);
    let mapping = format!("{set}{MAPPING}");
    if is_mapping(&mapping) && members.has(&mapping) {
        members.take(&mapping, UNSTATED)?.parse(|bytes| name_classes(&bytes, &mut dataset.classes))?;
        notes.push(format!("classes: named by {}", Printable(&mapping)));
    }
    dataset.notes = notes;
    Ok(dataset)
}

/// The file with the images or the labels of one half, if there is one. Of several spellings of one name the
/// first in the order of bytes counts, for images and labels alike; `t10k` and `test` are two test halves.
fn file_of(
    members: &Members,
    set: &str,
    split: Split,
    images: bool,
    notes: &mut Vec<String>,
) -> Result<Option<String>, Error> {
    let role_of = |name| Role::of(name).filter(|r| (r.set, r.split, r.images) == (set, split, images));
    let mut names: Vec<&str> = members.names().filter(|name| role_of(name).is_some()).collect();
    names.sort_unstable();
    let Some((&first, others)) = names.split_first() else { return Ok(None) };
    let word = |name| role_of(name).map(|role| role.word);
    if let Some(&other) = others.iter().find(|name| word(name) != word(first)) {
        let found = format!("both {} and {}", Printable(first), Printable(other));
        let expected = "one test half; move the other's files to another folder";
        return Err(Error::new(found, expected).of(&members.place));
    }
    for other in others {
        notes.push(format!("left out: {}, another spelling of {}", Printable(other), Printable(first)));
    }
    Ok(Some(first.to_owned()))
}

/// Names classes as a mapping of EMNIST's says: lines of a label and the ASCII codes of its characters, such
/// as `1 65 97`, which makes class 1 `Aa`. A class that it lacks (0 of the letters) keeps its number.
fn name_classes(bytes: &[u8], classes: &mut [String]) -> Result<(), Error> {
    if bytes.is_empty() || sniff::is_known(bytes) {
        return Err(foreign(bytes, "lines of a label and character codes"));
    }
    let mut is_named = [false; MAX_CLASSES];
    for (n, line) in sniff::without_mark(bytes).split(|&byte| byte == b'\n').enumerate() {
        let wrong = |found: &str, expected: &str| {
            Error::line(n as u64 + 1, found, format!("{expected}; mend or remove the file"))
        };
        let number = |word: &[u8]| core::str::from_utf8(word).ok()?.parse::<usize>().ok();
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let numbers: Option<Vec<usize>> = words.map(number).collect();
        let numbers =
            numbers.ok_or_else(|| wrong("a word that is no number", "a label and character codes"))?;
        let Some((&label, codes)) = numbers.split_first() else { continue };
        let seen = is_named.get_mut(label).ok_or_else(|| wrong("a label above 127", "0 to 127"))?;
        if core::mem::replace(seen, true) {
            return Err(wrong("a label for the second time", "each once"));
        }
        if !(1..=8).contains(&codes.len()) || !codes.iter().all(|code| (33..=126).contains(code)) {
            return Err(wrong("codes of no characters", "1 to 8 ASCII codes from 33 to 126"));
        }
        if let Some(name) = classes.get_mut(label) {
            *name = codes.iter().map(|&code| char::from(code as u8)).collect();
        }
    }
    Ok(())
}

/// The usual name of the file that belongs to `name`.
fn sibling(name: &str, role: &str, idx: &str, other_role: &str, other_idx: &str) -> String {
    name.replace(role, other_role).replace(idx, other_idx)
}
