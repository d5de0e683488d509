//! The reference's text rows, `train0.txt`, ..., `test0.txt`, ...: one file a class, one image a line, pixels
//! from 0 to 255 in decimal between white space or commas.

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
            _ => rows.read(&bytes, class as u8, "in the first row"),
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

/// All rows of a file without labels, of `features` numbers each.
pub(crate) fn pixels(bytes: &[u8], features: usize) -> Result<Vec<u8>, Error> {
    let mut rows = Rows { features, ..Rows::default() };
    rows.read(bytes, 0, "the model takes")?;
    Ok(rows.pixels)
}

/// How many numbers the first line has that is not empty, where it is a row of numbers.
pub(crate) fn first_row(bytes: &[u8]) -> Option<usize> {
    let mut lines = sniff::without_mark(bytes).split(|&byte| byte == b'\n');
    let line = lines.find(|line| !line.trim_ascii().is_empty())?;
    let is_row = line.iter().all(|&byte| byte.is_ascii_digit() || is_space(byte) || byte == b',');
    let numbers = line.split(|byte| !byte.is_ascii_digit()).filter(|number| !number.is_empty());
    is_row.then(|| numbers.count())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[derive(Default)]
struct Rows {
    /// D; of data sets known from the first row on, before that 0.
    features: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Rows {
    /// Appends the rows of one file; empty lines are skipped. `as_in` says where D is from.
    fn read(&mut self, bytes: &[u8], class: u8, as_in: &str) -> Result<(), Error> {
        if !bytes.is_empty() && sniff::is_known(bytes) {
            return Err(sniff::foreign(bytes, "rows of numbers"));
        }
        for (n, line) in (1..).zip(sniff::without_mark(bytes).split(|&byte| byte == b'\n')) {
            let before = self.pixels.len();
            // No line has more numbers, each with a separator.
            reserve(&mut self.pixels, line.len().div_ceil(2))?;
            reserve(&mut self.labels, 1)?;
            self.read_line(line, n)?;
            let found = self.pixels.len() - before;
            if found > 0 {
                if self.features == 0 {
                    self.features = found;
                }
                if found != self.features {
                    let expected = format!("{} as {as_in}", self.features);
                    return Err(Error::line(n, format!("a row of {found} pixels"), expected));
                }
                self.labels.push(class);
            }
        }
        Ok(())
    }

    /// Appends the numbers in line `n`. Each comma ends one; the last may be missing.
    fn read_line(&mut self, line: &[u8], n: u64) -> Result<(), Error> {
        let mut number: Option<u32> = None;
        let mut ended = false; // a number, and no comma behind it yet
        for &byte in line {
            match byte {
                b'0'..=b'9' => {
                    let value = number.unwrap_or(0) * 10 + u32::from(byte - b'0');
                    if value > 255 {
                        return Err(Error::line(n, "a number above 255", "0 to 255"));
                    }
                    (number, ended) = (Some(value), true);
                }
                b',' if !core::mem::take(&mut ended) => {
                    return Err(Error::line(n, "a comma without a number before it", "0 to 255 before each"));
                }
                byte if is_space(byte) || byte == b',' => {
                    self.pixels.extend(number.take().map(|value| value as u8));
                }
                other => {
                    let found = format!("{:?}", char::from(other));
                    return Err(Error::line(n, found, "numbers separated by white space or commas"));
                }
            }
        }
        self.pixels.extend(number.map(|value| value as u8));
        Ok(())
    }
}
