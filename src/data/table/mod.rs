//! From rows to a data set: classes, halves, and a byte for each feature (CONTRACT C19).

mod labels;
mod map;
mod pixels;
#[cfg(test)]
mod tests;

use super::dataset::{Dataset, Kind, Mapping, Options, TEST_SHARE, Table};
use super::error::{Error, reserve};
use super::images::Images;
use super::rows::Rows;
use super::split::{self, is_test};
use crate::store::Printable;
use crate::weights::{FeatureMap, Picture};
use labels::Classes;

/// The most columns that a note names.
const MOST_NAMED: usize = 8;

/// The data set of `train`, and of `test` where the test half is given; else a part of `train` is tested on.
///
/// # Errors
/// [`Error`] where a label or a value breaks a rule, a half has no row, a class has none to train on, or an
/// allocation fails.
pub(crate) fn dataset(mut train: Rows, test: Option<Rows>, options: &Options) -> Result<Dataset, Error> {
    let mut notes = std::mem::take(&mut train.notes);
    let of_test = test.iter().flat_map(|test| &test.notes);
    of_test.for_each(|note| {
        if !notes.contains(note) {
            notes.push(note.clone())
        }
    });

    let width = width(&train, test.as_ref())?;
    let classes = Classes::of(&train)?;
    let halves = match &test {
        Some(test) => [Half::all(&train, &classes)?, Half::all(test, &classes)?],
        None => split(Half::all(&train, &classes)?, &classes, options, &mut notes)?,
    };
    let is_split = test.is_none() && !halves[1].indices.is_empty();
    let is_mapped = match options.map {
        Mapping::Auto => !pixels::are_pixels(&train),
        Mapping::Always => true,
        Mapping::Never => false,
    };
    let mut data = if is_mapped {
        let pairs = map::pairs(&halves[0])?;
        let map = FeatureMap::new(&pairs);
        let [train_images, test_images] = images(&halves, |row, bytes| map.apply(row, bytes))?;
        notes.extend(constant(&train, map));
        let picture = Picture { channels: 1, height: 1, width };
        Dataset::new(Kind::Table, picture, classes.names, train_images, test_images).mapped(train, pairs)
    } else {
        [Some(&train), test.as_ref()].into_iter().flatten().try_for_each(pixels::check)?;
        let [train_images, test_images] = images(&halves, pixels::bytes)?;
        let picture = pixels::picture(width);
        notes.push(format!("pixels: {width} whole numbers from 0 to 255 a row, taken as they are"));
        Dataset::new(Kind::Pictures, picture, classes.names, train_images, test_images)
    };
    (data.is_split, data.notes) = (is_split, notes);
    Ok(data)
}

impl Dataset {
    /// With what the features of `rows` mean, which these pairs map.
    fn mapped(self, rows: Rows, map: Vec<f32>) -> Self {
        let Rows { label, label_at, names, .. } = rows;
        Self { table: Some(Table { label, label_at, names, map }), ..self }
    }
}

/// D, the same in both halves.
fn width(train: &Rows, test: Option<&Rows>) -> Result<u16, Error> {
    if let Some(empty) = [Some(train), test].into_iter().flatten().find(|rows| rows.labels.is_empty()) {
        return Err(Error::new("no rows", "at least one").of(&empty.place));
    }
    let [features, of_test] =
        [train, test.unwrap_or(train)].map(|rows| rows.values.len() / rows.labels.len());
    if let Some(test) = test.filter(|_| of_test != features) {
        let expected = format!("{features} as for training; do the files belong together?");
        return Err(Error::new(format!("rows of {of_test} features"), expected).of(&test.place));
    }
    let width = u16::try_from(features).ok().filter(|&width| width > 0);
    width.ok_or_else(|| Error::new(format!("rows of {features} features"), "1 to 65535").of(&train.place))
}

/// Some of the rows of a table: N of them, in the order of the table.
struct Half<'a> {
    rows: &'a Rows,
    /// The class of each of the distinct labels of all rows.
    class_of: Vec<u8>,
    /// (N): which rows, ascending.
    indices: Vec<u32>,
}

impl<'a> Half<'a> {
    /// All of the rows.
    fn all(rows: &'a Rows, classes: &Classes) -> Result<Self, Error> {
        let count = u32::try_from(rows.labels.len());
        let too_many =
            |_| Error::new(format!("{} rows", rows.labels.len()), "fewer than 2^32").of(&rows.place);
        let count = count.map_err(too_many)?;
        let class_of = classes.of_texts(rows)?;
        let mut indices = Vec::new();
        reserve(&mut indices, count as usize)?;
        indices.extend(0..count);
        Ok(Self { rows, class_of, indices })
    }

    /// The D features of row `index` of the table.
    fn row(&self, index: u32) -> &'a [f32] {
        let features = self.rows.values.len() / self.rows.labels.len();
        &self.rows.values[index as usize * features..][..features]
    }

    /// The class of row `index` of the table.
    fn class(&self, index: u32) -> u8 {
        self.class_of[self.rows.labels[index as usize] as usize]
    }
}

/// The half to train on, and that to test on: with a share of 0 it is empty.
///
/// A row goes by its features alone: the order of the rows makes no difference, and rows with the same
/// features are in the same half.
fn split<'a>(
    mut train: Half<'a>,
    classes: &Classes,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<[Half<'a>; 2], Error> {
    let (rows, all) = (train.rows, train.indices.len());
    let share = options.test_share.unwrap_or(TEST_SHARE);
    let wrong = |found: String, expected: &str| Err(Error::new(found, expected).of(&rows.place));
    if !(0.0..1.0).contains(&share) {
        return wrong(format!("a share of {share} of the rows to test on"), "0 to below 1");
    }
    let mut test = Half { rows, class_of: train.class_of.clone(), indices: Vec::new() };
    // + 0.0: rows that differ in the sign of a 0 are the same.
    let words = |row: &'a [f32]| row.iter().map(|x| u64::from((x + 0.0).to_bits()));
    reserve(&mut test.indices, all)?;
    train.indices.retain(|&n| {
        let is_taken = is_test(words(test.row(n)), share);
        test.indices.extend(is_taken.then_some(n));
        !is_taken
    });
    if share == 0.0 {
        return Ok([train, test]);
    }
    let found = |half| format!("{all} rows, of which a share of {share} to test on leaves none to {half} on");
    let advice = "more rows, another share, 0 to train on all, or a test half of its own";
    match (train.indices.is_empty(), test.indices.is_empty()) {
        (true, _) => return wrong(found("train"), advice),
        (_, true) => return wrong(found("test"), advice),
        _ => {}
    }
    let mut is_there = vec![false; classes.names.len()];
    train.indices.iter().for_each(|&n| is_there[usize::from(train.class(n))] = true);
    if let Some(&n) = test.indices.iter().find(|&&n| !is_there[usize::from(test.class(n))]) {
        let name = Printable(&classes.names[usize::from(test.class(n))]);
        return wrong(
            format!("no row of class {name} to train on, as all are in the share to test on"),
            advice,
        );
    }
    let (for_training, for_test) = (train.indices.len(), test.indices.len());
    notes.push(split::note("rows", for_training, for_test));
    Ok([train, test])
}

/// The images of both halves, whose bytes `apply` makes of a row's features.
fn images(halves: &[Half; 2], apply: impl Fn(&[f32], &mut [u8])) -> Result<[Images; 2], Error> {
    let of = |half: &Half| -> Result<Images, Error> {
        if half.indices.is_empty() {
            return Ok(Images::default());
        }
        let features = half.row(0).len();
        let (mut bytes, mut labels) = (Vec::new(), Vec::new());
        reserve(&mut bytes, half.indices.len().saturating_mul(features))?;
        reserve(&mut labels, half.indices.len())?;
        for &n in &half.indices {
            let end = bytes.len();
            bytes.resize(end + features, 0);
            apply(half.row(n), &mut bytes[end..]);
            labels.push(half.class(n));
        }
        Ok(Images::new(features, bytes, labels))
    };
    Ok([of(&halves[0])?, of(&halves[1])?])
}

/// The note on columns that tell nothing.
fn constant(rows: &Rows, map: FeatureMap) -> Option<String> {
    let columns = map.pairs().chunks_exact(2).enumerate().filter(|(_, pair)| pair[1] == 0.0);
    let names: Vec<String> = columns.map(|(d, _)| column(rows, d)).collect();
    let more = if names.len() > MOST_NAMED { ", ..." } else { "" };
    let listed = || names.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("constant, without effect: {}{more}", listed()))
}

/// What messages call the column of feature `d`.
fn column(rows: &Rows, d: usize) -> String {
    match rows.names.get(d) {
        Some(name) => format!("column {}", Printable(name)),
        None => format!("column {}", d + 1 + usize::from(d >= rows.label_at)),
    }
}
