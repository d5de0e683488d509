//! The reference's text rows, `train0.txt`, ..., `test0.txt`, ...: one file a class, one image a line, pixels
//! from 0 to 255 in decimal between white space.

use super::content::Content;
use super::error::{Error, Fault};
use super::source::{Contents, Source};
use super::{Dataset, Half, Halves, Images, Kind, MAX_CLASSES, Split};
use crate::weights::Picture;
use std::format;
use std::vec::Vec;

/// The half and the class of a file of this name.
pub(super) fn class_of(name: &str) -> Option<(Split, usize)> {
    let stem = name.strip_suffix(".txt")?;
    let (split, class) = match stem.strip_prefix("train") {
        Some(class) => (Split::Train, class),
        None => (Split::Test, stem.strip_prefix("test")?),
    };
    let plain = class == "0" || !class.starts_with(['0', '+']); // one spelling for each number
    class.parse().ok().filter(|&class| plain && class < MAX_CLASSES).map(|class| (split, class))
}

/// Loads the data set, class by class; the shape is that of a square where D is one.
pub(super) fn load(source: &mut Source) -> Result<Dataset, Error> {
    Halves::read(&source.display(), |split, limit| half(source, split, limit))
        .map(|halves| halves.numbered(|_| Kind::Text))
}

fn half(source: &mut Source, split: Split, limit: usize) -> Result<Option<Half>, Error> {
    let mut rows = Rows::default();
    let mut place = None;
    for class in 0..MAX_CLASSES {
        let name = match split {
            Split::Train => format!("train{class}.txt"),
            Split::Test => format!("test{class}.txt"),
        };
        if !source.has(&name) {
            continue;
        }
        let contents = source.take(&name)?;
        if class >= limit {
            return Err(contents.error(0, Fault::Label { found: class as i64, limit }));
        }
        rows.read(&contents, class as u8)?;
        place = Some((contents.file, 0));
    }
    let Some(labels_at) = place else {
        return Ok(None);
    };
    if rows.labels.is_empty() {
        return Err(Error::at(&labels_at.0, 0, Fault::NoImages));
    }
    let side = (1..=256).find(|side| side * side == rows.features);
    let picture = match (side, u16::try_from(rows.features)) {
        (Some(side), _) => Picture { channels: 1, height: side as u16, width: side as u16 },
        (None, Ok(width)) => Picture { channels: 1, height: 1, width },
        (None, Err(_)) => {
            let fault = Fault::Extent { found: rows.features as u64, limit: u16::MAX.into() };
            return Err(Error::at(&labels_at.0, 0, fault));
        }
    };
    let images = Images::new(rows.features, rows.pixels, rows.labels);
    Ok(Some(Half { picture, images, shape_at: labels_at.clone(), labels_at }))
}

#[derive(Default)]
struct Rows {
    /// D, known from the first row on.
    features: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Rows {
    /// Appends the rows of one file; empty lines are skipped.
    fn read(&mut self, contents: &Contents, class: u8) -> Result<(), Error> {
        if !matches!(Content::of(&contents.bytes), Content::Unknown | Content::Empty) {
            return Err(contents.foreign("rows of numbers"));
        }
        let mut at = 0;
        for line in contents.bytes.split_inclusive(|&byte| byte == b'\n') {
            let before = self.pixels.len();
            // No line has more numbers, each with a space.
            let most = line.len().div_ceil(2);
            self.pixels.try_reserve(most).map_err(|_| Error::memory(&contents.file, before + most))?;
            self.labels.try_reserve(1).map_err(|_| Error::memory(&contents.file, self.labels.len()))?;
            self.read_line(line).map_err(|(column, fault)| contents.error(at + column, fault))?;
            let found = self.pixels.len() - before;
            if found > 0 {
                if self.labels.is_empty() {
                    self.features = found;
                }
                if found != self.features {
                    return Err(contents.error(at, Fault::Row { found, expected: self.features }));
                }
                self.labels.push(class);
            }
            at += line.len();
        }
        Ok(())
    }

    /// Appends the numbers in `line`; errors have the column.
    fn read_line(&mut self, line: &[u8]) -> Result<(), (usize, Fault)> {
        let mut number: Option<u32> = None;
        for (column, &byte) in line.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    let value = number.unwrap_or(0) * 10 + u32::from(byte - b'0');
                    if value > 255 {
                        return Err((column, Fault::Number { limit: 255 }));
                    }
                    number = Some(value);
                }
                b' ' | b'\t' | b'\r' | b'\n' => self.pixels.extend(number.take().map(|value| value as u8)),
                other => return Err((column, Fault::Digit(other))),
            }
        }
        self.pixels.extend(number.map(|value| value as u8));
        Ok(())
    }
}
