//! The reference's text rows, `train0.txt`, ..., `test0.txt`, ...: one file a class, one image a line, pixels
//! from 0 to 255 in decimal between white space.

use crate::data::container::contents::UNSTATED;
use crate::data::container::members::Members;
use crate::data::dataset::{Dataset, Half, Halves, Kind, MAX_CLASSES, Options, Split, wrong_label};
use crate::data::error::{Error, reserve};
use crate::data::images::Images;
use crate::data::shape::{square, wrong_size};
use crate::data::sniff;
use crate::weights::Picture;

/// Text rows, if a file of this name is part of them.
pub(crate) fn is_part(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(".txt")?;
    let class = stem.strip_prefix("train").or_else(|| stem.strip_prefix("test"))?;
    let plain = class == "0" || !class.starts_with(['0', '+']); // one spelling for each number
    class.parse().ok().filter(|&class: &usize| plain && class < MAX_CLASSES).map(|_| "")
}

/// Loads the data set, class by class; the shape is that of a square where D is one.
pub(crate) fn load(members: &mut Members, _: &str, _: &Options) -> Result<Dataset, Error> {
    Halves::read(&members.place.clone(), |split, limit| half(members, split, limit))
        .map(|halves| halves.numbered(Kind::Text))
}

fn half(members: &mut Members, split: Split, limit: usize) -> Result<Option<Half>, Error> {
    let stem = if split == Split::Train { "train" } else { "test" };
    let mut rows = Rows::default();
    let mut last = None;
    for class in 0..MAX_CLASSES {
        let name = format!("{stem}{class}.txt");
        if !members.has(&name) {
            continue;
        }
        let contents = members.take(&name, UNSTATED)?;
        last = Some(contents.place.clone());
        contents.parse(|bytes| match class {
            _ if class >= limit => Err(wrong_label(0, class as i64, limit)),
            _ => rows.read(&bytes, class as u8),
        })?;
    }
    let Some(place) = last else { return Ok(None) };
    if rows.labels.is_empty() {
        return Err(Error::at(0, "0 images", "at least 1; fetch or make the file again").of(&place));
    }
    let row = |width| Picture { channels: 1, height: 1, width };
    let square = square(rows.features).filter(|square| square.width <= 256);
    let picture = square.or(u16::try_from(rows.features).ok().map(row));
    let picture = picture.ok_or_else(|| wrong_size(0, rows.features).of(&place))?;
    let images = Images::new(rows.features, rows.pixels, rows.labels);
    let at = (place, 0);
    Ok(Some(Half { picture, images, shape_at: at.clone(), labels_at: at }))
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
    fn read(&mut self, bytes: &[u8], class: u8) -> Result<(), Error> {
        if !bytes.is_empty() && sniff::is_known(bytes) {
            return Err(sniff::foreign(bytes, "rows of numbers"));
        }
        for (line, number) in bytes.split_inclusive(|&byte| byte == b'\n').zip(1..) {
            let before = self.pixels.len();
            // No line has more numbers, each with a space.
            reserve(&mut self.pixels, line.len().div_ceil(2))?;
            reserve(&mut self.labels, 1)?;
            self.read_line(line, number)?;
            let found = self.pixels.len() - before;
            if found > 0 {
                if self.labels.is_empty() {
                    self.features = found;
                }
                if found != self.features {
                    let expected = format!("{} as in the first row", self.features);
                    return Err(Error::line(number, format!("a row of {found} pixels"), expected));
                }
                self.labels.push(class);
            }
        }
        Ok(())
    }

    /// Appends the numbers in `line`, which is the file's line `at`.
    fn read_line(&mut self, line: &[u8], at: u64) -> Result<(), Error> {
        let mut number: Option<u32> = None;
        for &byte in line {
            match byte {
                b'0'..=b'9' => {
                    let value = number.unwrap_or(0) * 10 + u32::from(byte - b'0');
                    if value > 255 {
                        return Err(Error::line(at, "a number above 255", "0 to 255"));
                    }
                    number = Some(value);
                }
                b' ' | b'\t' | b'\r' | b'\n' => self.pixels.extend(number.take().map(|value| value as u8)),
                other => {
                    let found = format!("{:?}", char::from(other));
                    return Err(Error::line(at, found, "numbers separated by white space"));
                }
            }
        }
        self.pixels.extend(number.map(|value| value as u8));
        Ok(())
    }
}
