//! NumPy's archives, `.npz`, and folders of arrays: samples and labels for training and for testing, by the
//! names that Keras, scikit-learn and their users give them.

use super::folders;
use super::npy::{Array, Element};
use crate::data::classes::{check_name, in_order};
use crate::data::container::contents::UNSTATED;
use crate::data::container::{members::Members, zip};
use crate::data::dataset::{Dataset, MAX_CLASSES, Options, wrong_label};
use crate::data::error::{Error, reserve, zeros};
use crate::data::images::Images;
use crate::data::rows::Rows;
use crate::data::shape::{Shape, pictures_of};
use crate::data::table;
use crate::store::Printable;
use crate::weights::Picture;

/// Names of samples and labels, in small letters, for training (or for all) and for testing.
const TRAIN: [[&str; 2]; 7] = [
    ["x_train", "y_train"],
    ["train_images", "train_labels"],
    ["x", "y"],
    ["data", "target"],
    ["images", "labels"],
    ["data", "labels"],
    ["arr_0", "arr_1"],
];
const TEST: [[&str; 2]; 2] = [["x_test", "y_test"], ["test_images", "test_labels"]];

/// An archive of arrays is a set of its own.
pub(crate) fn is_archive(name: &str) -> Option<&str> {
    name.strip_suffix(".npz")
}

/// Arrays that lie in one folder or archive are one set.
pub(crate) fn is_array(name: &str) -> Option<&str> {
    name.ends_with(".npy").then_some("")
}

/// Loads an archive of arrays.
pub(crate) fn load_archive(members: &mut Members, stem: &str, options: &Options) -> Result<Dataset, Error> {
    let contents = members.take(&format!("{stem}.npz"), UNSTATED)?;
    let mut arrays = Members::of_zip(zip::Archive::new(contents.bytes, contents.place)?)?;
    load(&mut arrays, "", options)
}

/// Loads the arrays.
///
/// # Errors
/// No samples with labels are among them; they have shapes or types that no data set has.
pub(crate) fn load(members: &mut Members, _: &str, options: &Options) -> Result<Dataset, Error> {
    let train = pair(members, &TRAIN)?;
    let test = pair(members, &TEST)?;
    let Some(train) = train else {
        let names: Vec<&str> = members.names().take(8).collect();
        let found = format!("arrays {}", Printable(&names.join(", ")));
        let expected =
            "x_train, y_train, x_test, y_test, or X and y, or data and target; save them by these names";
        return Err(Error::new(found, expected).of(&members.place));
    };
    if let [_, _] = train.samples.shape[..] {
        let test = test.map(Pair::rows).transpose()?;
        return table::dataset(train.rows()?, test, options);
    }
    pictures(members, train, test, options)
}

/// Samples and their labels.
struct Pair {
    samples: Array,
    labels: Array,
}

/// The pair that is there, of those that may be.
fn pair(members: &mut Members, pairs: &[[&str; 2]]) -> Result<Option<Pair>, Error> {
    let find = |name: &str| {
        let is = |held: &&str| held.strip_suffix(".npy").is_some_and(|held| held.eq_ignore_ascii_case(name));
        members.names().find(is).map(ToOwned::to_owned)
    };
    let found = pairs.iter().map(|pair| pair.map(find)).find(|pair| pair.iter().all(Option::is_some));
    let lone = || pairs.iter().find_map(|pair| find(pair[0]).zip(Some(pair[1])));
    let [samples, labels] = match found {
        Some([Some(samples), Some(labels)]) => [samples, labels],
        _ => match lone() {
            Some((samples, labels)) => {
                let found = format!("{} without labels", Printable(&samples));
                let expected = format!("{labels}.npy beside it; save both: np.savez(\"data.npz\", X=X, y=y)");
                return Err(Error::new(found, expected).of(&members.place));
            }
            None => return Ok(None),
        },
    };
    let labels = Array::of(members.take(&labels, UNSTATED)?)?;
    let samples = Array::of(members.take(&samples, UNSTATED)?)?;
    let count = samples.shape.first().copied().unwrap_or(0);
    if count == 0 {
        return Err(Error::new(format!("an array of shape {}", samples.shown()), "at least one sample")
            .of(&samples.place));
    }
    if labels.shape.first() != Some(&count) {
        let found = format!("labels of shape {}", labels.shown());
        let expected = format!("one for each of the {count} samples; do the arrays belong together?");
        return Err(Error::new(found, expected).of(&labels.place));
    }
    Ok(Some(Pair { samples, labels }))
}

/// Labels as read: class numbers, or texts.
enum Labels {
    Numbers(Vec<u8>),
    /// An index for each sample, and the distinct texts in the order of their first samples.
    Texts(Vec<u32>, Vec<String>),
}

impl Pair {
    /// The labels: (N), (N, 1), or (N, K) with a single 1 a row.
    fn labels(&self) -> Result<(Labels, Option<String>), Error> {
        let array = &self.labels;
        let wrong = |found: String, expected: &str| Err(Error::new(found, expected).of(&array.place));
        let columns = match array.shape[..] {
            [_] | [_, 1] => 1,
            [_, columns @ 2..=MAX_CLASSES] if !array.is_text() => columns,
            _ => {
                let expected = "(N,), (N, 1), or (N, K) with a 1 for the class, K at most 128";
                return wrong(format!("labels of shape {}", array.shown()), expected);
            }
        };
        let count = array.shape[0];
        if columns > 1 {
            let mut classes = zeros(count)?;
            for (n, class) in classes.iter_mut().enumerate() {
                let row = || (0..columns).map(|column| array.number(n * columns + column).unwrap_or(0.0));
                let is_one_hot =
                    row().all(|x| x == 0.0 || x == 1.0) && row().filter(|&x| x == 1.0).count() == 1;
                if !is_one_hot {
                    return wrong(
                        format!("row {n} of the labels without a single 1"),
                        "a 1 for the class, else 0",
                    );
                }
                *class = row().position(|x| x == 1.0).unwrap_or(0) as u8;
            }
            let note = format!("labels: the place of the 1 among {columns}");
            return Ok((Labels::Numbers(classes), Some(note)));
        }
        let class =
            |n| array.number(n).filter(|&x| x >= 0.0 && x < MAX_CLASSES as f64 && x == f64::from(x as u8));
        if (0..count).all(|n| class(n).is_some()) {
            let mut classes = zeros(count)?;
            classes.iter_mut().enumerate().for_each(|(n, label)| *label = class(n).unwrap_or(0.0) as u8);
            return Ok((Labels::Numbers(classes), None));
        }
        let mut texts: Vec<String> = Vec::new();
        let mut places = std::collections::BTreeMap::new();
        let mut labels = Vec::new();
        reserve(&mut labels, count)?;
        for n in 0..count {
            let text = array.text(n);
            let next = texts.len() as u32;
            let place = *places.entry(text.clone()).or_insert(next);
            if place == next {
                texts.push(text);
            }
            if texts.len() > MAX_CLASSES {
                let found = format!("more than {MAX_CLASSES} different labels");
                return wrong(found, "classes; is this regression?");
            }
            labels.push(place);
        }
        Ok((Labels::Texts(labels, texts), None))
    }

    /// The rows of a table.
    fn rows(self) -> Result<Rows, Error> {
        let (labels, note) = self.labels()?;
        let Self { samples, .. } = self;
        let (count, columns) = (samples.shape[0], samples.shape[1]);
        let wrong = |error: Error| error.of(&samples.place);
        if columns == 0 {
            return Err(wrong(Error::new("rows without features", "at least one")));
        }
        let mut values: Vec<f32> = Vec::new();
        reserve(&mut values, count.saturating_mul(columns)).map_err(wrong)?;
        for at in 0..count * columns {
            let value = samples.number(at).map(|value| value as f32).filter(|value| value.is_finite());
            let value = value.ok_or_else(|| {
                let found = format!("{} in row {}, column {}", samples.text(at), at / columns, at % columns);
                wrong(Error::new(found, "a finite number; remove the row, or fill the gap"))
            })?;
            values.push(value);
        }
        let is_numbered = matches!(labels, Labels::Numbers(_));
        let (labels, texts) = match labels {
            Labels::Texts(labels, texts) => (labels, texts),
            Labels::Numbers(numbers) => by_first_row(&numbers)?,
        };
        Ok(Rows {
            place: samples.place,
            names: Vec::new(),
            values,
            labels,
            texts,
            label: None,
            label_at: columns,
            is_numbered,
            notes: note.into_iter().collect(),
        })
    }

    /// The shape of the samples, if they are pictures, and whether their channels come last.
    fn picture(&self) -> Result<(Picture, bool), Error> {
        let side = |dim: usize| u16::try_from(dim).unwrap_or(0);
        let (picture, is_last) = match self.samples.shape[..] {
            [_, height, width] => ([1, side(height), side(width)], false),
            [_, height, width, channels @ (1 | 3)] => ([channels as u16, side(height), side(width)], true),
            [_, channels @ (1 | 3), height, width] => ([channels as u16, side(height), side(width)], false),
            _ => ([0; 3], false),
        };
        let [channels, height, width] = picture;
        if picture.contains(&0) {
            let found = format!("samples of shape {}", self.samples.shown());
            let expected = "(N, D), (N, H, W), (N, H, W, 1) or (N, H, W, 3); reshape them";
            return Err(Error::new(found, expected).of(&self.samples.place));
        }
        Ok((Picture { channels, height, width }, is_last))
    }

    /// The samples as bytes in planes.
    fn pixels(self, picture: Picture, is_last: bool) -> Result<Vec<u8>, Error> {
        let Self { samples, .. } = self;
        let planes = usize::from(picture.channels);
        let is_last = is_last && planes > 1;
        if (samples.element, samples.size, is_last) == (Element::Unsigned, 1, false) {
            return Ok(samples.data);
        }
        let area = usize::from(picture.height) * usize::from(picture.width);
        let mut pixels = zeros(samples.shape.iter().product()).map_err(|error| error.of(&samples.place))?;
        for at in 0..pixels.len() {
            let byte = samples.number(at).filter(|&x| (0.0..=255.0).contains(&x) && x == f64::from(x as u8));
            let byte = byte.ok_or_else(|| {
                let found = format!("{} in sample {}", samples.text(at), at / (planes * area));
                let expected = "whole numbers from 0 to 255; save (X * 255).round().astype(\"uint8\")";
                Error::new(found, expected).of(&samples.place)
            })?;
            let (n, within) = (at / (planes * area), at % (planes * area));
            let to = if is_last { within % planes * area + within / planes } else { within };
            pixels[n * planes * area + to] = byte as u8;
        }
        Ok(pixels)
    }
}

/// Numbers as texts: an index for each, and the distinct texts in the order of their first rows.
fn by_first_row(numbers: &[u8]) -> Result<(Vec<u32>, Vec<String>), Error> {
    let (mut places, mut texts, mut labels) = ([None; 256], Vec::new(), Vec::new());
    reserve(&mut labels, numbers.len())?;
    for &number in numbers {
        let place = places[usize::from(number)].get_or_insert_with(|| {
            texts.push(number.to_string());
            texts.len() as u32 - 1
        });
        labels.push(*place);
    }
    Ok((labels, texts))
}

/// The data set of pictures.
fn pictures(members: &Members, train: Pair, test: Option<Pair>, options: &Options) -> Result<Dataset, Error> {
    let (picture, is_last) = train.picture()?;
    let (labels, note) = train.labels()?;
    let labels_place = train.labels.place.clone();
    let mut notes: Vec<String> = note.into_iter().collect();
    if is_last {
        notes.push(format!("{} has its channels last", train.samples.shown()));
    }
    let names = match &labels {
        Labels::Numbers(numbers) => {
            (0..=numbers.iter().max().copied().unwrap_or(0)).map(|class| class.to_string()).collect()
        }
        Labels::Texts(_, texts) => {
            let mut names = texts.clone();
            in_order(&mut names, String::as_str);
            names
        }
    };
    names.iter().try_for_each(|name: &String| check_name(name)).map_err(|error| error.of(&labels_place))?;
    if names.len() < 2 {
        return Err(Error::new("one class alone", "at least two classes").of(&labels_place));
    }
    let numbered = |labels: Labels, place| numbers(labels, &names).map_err(|error: Error| error.of(place));
    let labels = numbered(labels, &labels_place)?;
    let features = picture.pixels() as usize;
    let train = Images::new(features, train.pixels(picture, is_last)?, labels);
    let test = match test {
        None => Images::default(),
        Some(test) => {
            let (found, is_last) = test.picture()?;
            if found != picture {
                let expected = format!("{} as for training", Shape(picture));
                return Err(Error::new(pictures_of(found), expected).of(&test.samples.place));
            }
            let labels = numbered(test.labels()?.0, &test.labels.place)?;
            Images::new(features, test.pixels(found, is_last)?, labels)
        }
    };
    let mut data = folders::dataset(members, picture, names, train, test, options)?;
    notes.append(&mut data.notes);
    data.notes = notes;
    Ok(data)
}

/// The labels as places among the names of the classes.
fn numbers(labels: Labels, names: &[String]) -> Result<Vec<u8>, Error> {
    let place = |text: &String| names.iter().position(|name| name == text).map(|place| place as u8);
    match labels {
        Labels::Numbers(numbers) => match numbers.iter().find(|&&n| place(&n.to_string()) != Some(n)) {
            Some(&beyond) => Err(wrong_label(0, beyond.into(), names.len())),
            None => Ok(numbers),
        },
        Labels::Texts(labels, texts) => {
            let places: Option<Vec<u8>> = texts.iter().map(place).collect();
            let places = places
                .ok_or_else(|| Error::new("a label that no sample for training has", "one of these"))?;
            Ok(labels.iter().map(|&label| places[label as usize]).collect())
        }
    }
}
