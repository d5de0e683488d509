//! CIFAR-10 and CIFAR-100 in their binary form: records of one or two label bytes and 3,072 pixels, 32 x 32
//! red, then green, then blue.

use crate::data::container::contents::UNSTATED;
use crate::data::container::members::Members;
use crate::data::dataset::{
    CifarLabels, Dataset, Half, Halves, Kind, Options, Split, no_data_set, wrong_label,
};
use crate::data::error::{Error, reserve};
use crate::data::images::Images;
use crate::data::sniff::{self, foreign};
use crate::weights::Picture;

/// The shape of a CIFAR picture.
pub(crate) const PICTURE: Picture = Picture { channels: 3, height: 32, width: 32 };
/// D of a CIFAR picture.
pub(crate) const FEATURES: usize = 3072;

const BATCHES: [&str; 5] =
    ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];
const TEST_BATCH: &str = "test_batch.bin";
const META_10: &str = "batches.meta.txt";
const META_FINE: &str = "fine_label_names.txt";
const META_COARSE: &str = "coarse_label_names.txt";
/// The names in batches.meta.txt, for those who keep the batches alone.
const NAMES_10: &str = "airplane automobile bird cat deer dog frog horse ship truck";

/// CIFAR-10, if a file of this name is part of it.
pub(crate) fn is_10(name: &str) -> Option<&str> {
    (BATCHES.contains(&name) || name == TEST_BATCH).then_some("")
}

/// CIFAR-100, if a file of this name is part of it.
pub(crate) fn is_100(name: &str) -> Option<&str> {
    matches!(name, "train.bin" | "test.bin").then_some("")
}

/// Whether a file of this name lists the names of classes.
pub(crate) fn is_names(name: &str) -> bool {
    [META_10, META_FINE, META_COARSE].contains(&name)
}

/// CIFAR for Python, of which every file counts as a set, if a file of this name is part of it.
pub(crate) fn is_pickle(name: &str) -> Option<&str> {
    (matches!(name, "train" | "test") || is_10_pickle(name)).then_some(name)
}

fn is_10_pickle(name: &str) -> bool {
    name == "test_batch" || BATCHES.iter().any(|batch| batch.strip_suffix(".bin") == Some(name))
}

/// The error for a Python pickle of this name: with the file to get in its place.
pub(crate) fn pickle(name: &str) -> Error {
    let instead = if is_10_pickle(name) {
        "cifar-10-binary.tar.gz"
    } else if matches!(name, "train" | "test") {
        "cifar-100-binary.tar.gz"
    } else {
        "cifar-10-binary.tar.gz, cifar-100-binary.tar.gz or MNIST's IDX files"
    };
    Error::at(0, "a Python pickle", format!("binary records; get {instead} instead"))
}

/// Refuses CIFAR for Python.
pub(crate) fn load_pickle(members: &mut Members, name: &str, _: &Options) -> Result<Dataset, Error> {
    members.take(name, UNSTATED)?.parse(|bytes| match sniff::is_pickle(&bytes) {
        true => Err(pickle(name)),
        false => Err(no_data_set(&members.place)),
    })
}

/// A record: `head` label bytes, of which number `at` counts and must be below `classes`, then the pixels.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    head: usize,
    at: usize,
    classes: usize,
}

impl Record {
    pub(crate) const TEN: Self = Self { head: 1, at: 0, classes: 10 };
    const COARSE: Self = Self { head: 2, at: 0, classes: 20 };
    pub(crate) const FINE: Self = Self { head: 2, at: 1, classes: 100 };

    /// Bytes in a record.
    pub(crate) const fn size(self) -> usize {
        self.head + FEATURES
    }

    /// Whether `bytes` are such records, every label in range.
    pub(crate) fn fits(self, bytes: &[u8]) -> bool {
        let mut records = bytes.chunks_exact(self.size());
        records.remainder().is_empty() && records.all(|record| usize::from(record[self.at]) < self.classes)
    }

    /// Whether the bytes are records of this set and not of the other one.
    fn check_set(self, bytes: &[u8]) -> Result<(), Error> {
        const TEN: (&str, &str) = ("CIFAR-10", "data_batch_1.bin and its like, and test_batch.bin");
        const HUNDRED: (&str, &str) = ("CIFAR-100", "train.bin and test.bin");
        let (own, other, record) =
            if self.head == 1 { (TEN, HUNDRED, Self::FINE) } else { (HUNDRED, TEN, Self::TEN) };
        if bytes.is_empty() || self.fits(bytes) || !record.fits(bytes) {
            return Ok(());
        }
        let expected = format!("{}'s, as the file's name says; name {}'s files {}", own.0, other.0, other.1);
        Err(Error::at(0, format!("records of {}", other.0), expected))
    }

    /// Appends the labels of all records, which must stay below `limit`, too, and returns the pixels, moved
    /// together where the records were: 30 MB are not held twice.
    pub(crate) fn split(
        self,
        mut bytes: Vec<u8>,
        limit: usize,
        labels: &mut Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        self.check_set(&bytes)?;
        let left = bytes.len() % self.size();
        // A web page or a pickle under this name is told as such: it is hardly ever whole records.
        let is_foreign = left != 0 && sniff::is_known(&bytes) && !sniff::is_idx(&bytes);
        if bytes.is_empty() || is_foreign {
            return Err(foreign(&bytes, "CIFAR records"));
        }
        if left != 0 {
            let found = format!("{left} bytes after the last whole record");
            let expected = format!("records of {} bytes; half a download? fetch it again", self.size());
            return Err(Error::at((bytes.len() - left) as u64, found, expected));
        }
        let limit = limit.min(self.classes);
        let count = bytes.len() / self.size();
        reserve(labels, count)?;
        for n in 0..count {
            let start = n * self.size();
            let label = bytes[start + self.at];
            if usize::from(label) >= limit {
                return Err(wrong_label(start + self.at, label.into(), limit));
            }
            labels.push(label);
            bytes.copy_within(start + self.head..start + self.size(), n * FEATURES);
        }
        bytes.truncate(count * FEATURES);
        Ok(bytes)
    }
}

/// Loads CIFAR-10: all training batches, or the first one alone; a test batch, or none.
///
/// The files of a whole set are of one length. A batch that is missing or cut at a record's end would pass
/// for CIFAR-10 otherwise, and the accuracy would be another one for no visible reason.
pub(crate) fn load_10(members: &mut Members, _: &str, _: &Options) -> Result<Dataset, Error> {
    let place = members.place.clone();
    let whole = BATCHES[1..].iter().any(|batch| members.has(batch));
    if let Some(name) = BATCHES.iter().find(|batch| whole && !members.has(batch)) {
        let expected = "all five batches, or data_batch_1.bin alone; fetch or unpack it too";
        return Err(Error::new(format!("no {name}"), expected).of(&place));
    }
    let mut records = None;
    let alike = |found: usize| match *records.get_or_insert(found) {
        first if whole && found != first => {
            let expected = format!(
                "{first} as in the first file; each of CIFAR-10 has 10000: fetch those that have not"
            );
            Err(Error::at(0, format!("{found} records"), expected))
        }
        _ => Ok(()),
    };
    let files = [&BATCHES[..], &[TEST_BATCH]];
    load(members, Kind::Cifar10, files, Record::TEN, (META_10, NAMES_10), alike)
}

/// Loads CIFAR-100 with one of its two labels.
pub(crate) fn load_100(members: &mut Members, _: &str, options: &Options) -> Result<Dataset, Error> {
    let (record, names) = match options.labels {
        CifarLabels::Fine => (Record::FINE, (META_FINE, FINE_NAMES)),
        CifarLabels::Coarse => (Record::COARSE, (META_COARSE, COARSE_NAMES)),
    };
    load(members, Kind::Cifar100, [&["train.bin"], &["test.bin"]], record, names, |_| Ok(()))
}

/// Loads the records of the training and the test files. Class names are those in the file `meta`, or, where
/// that is not there, the built-in ones; `check` gets the number of each file's records.
fn load(
    members: &mut Members,
    kind: Kind,
    [train, test]: [&[&str]; 2],
    record: Record,
    (meta, built_in): (&str, &str),
    mut check: impl FnMut(usize) -> Result<(), Error>,
) -> Result<Dataset, Error> {
    let halves = Halves::read(&members.place.clone(), |split, limit| match split {
        Split::Train => half(members, train, record, limit, &mut check),
        Split::Test => half(members, test, record, limit, &mut check),
    })?;
    let mut names: Vec<String> = built_in.split_ascii_whitespace().map(ToOwned::to_owned).collect();
    if members.has(meta) {
        names = members.take(meta, UNSTATED)?.parse(|bytes| class_names(&bytes, names.len()))?;
    }
    names.truncate(halves.classes);
    Ok(halves.dataset(kind, names))
}

/// The records of those of `files` that are there, one file after the other.
fn half(
    members: &mut Members,
    files: &[&str],
    record: Record,
    limit: usize,
    check: &mut impl FnMut(usize) -> Result<(), Error>,
) -> Result<Option<Half>, Error> {
    let present: Vec<&str> = files.iter().copied().filter(|file| members.has(file)).collect();
    let (mut pixels, mut labels, mut first_label) = (Vec::new(), Vec::new(), None);
    for file in &present {
        let contents = members.take(file, UNSTATED)?;
        first_label.get_or_insert_with(|| (contents.place.clone(), record.at as u64));
        contents.parse(|bytes| {
            let mut batch = record.split(bytes, limit, &mut labels)?;
            check(batch.len() / FEATURES)?;
            if pixels.is_empty() {
                // All batches are of one size; room for them at once keeps the pixels from being moved about.
                let rest = batch.len() * (present.len() - 1);
                reserve(&mut batch, rest)?;
                pixels = batch;
                return Ok(());
            }
            reserve(&mut pixels, batch.len())?;
            pixels.extend_from_slice(&batch);
            Ok(())
        })?;
    }
    Ok(first_label.map(|labels_at| Half {
        picture: PICTURE,
        images: Images::new(FEATURES, pixels, labels),
        shape_at: labels_at.clone(),
        labels_at,
    }))
}

/// The class names in a text file, one a line.
fn class_names(bytes: &[u8], expected: usize) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut found = 0;
    let text = sniff::without_mark(bytes);
    let mut at = (bytes.len() - text.len()) as u64;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let name = line.trim_ascii();
        if !name.is_empty() {
            let text = core::str::from_utf8(name).ok().filter(|text| text.len() <= 64);
            let text = text.filter(|text| !text.chars().any(char::is_control));
            let rule = "printable UTF-8 of at most 64 bytes, one name a line";
            let text = text.ok_or_else(|| Error::at(at, "a class name that is not plain text", rule))?;
            // Of a long file that is something else, the surplus is counted and not held.
            if found < expected {
                names.push(text.to_owned());
            }
            found += 1;
        }
        at += line.len() as u64;
    }
    if found != expected {
        let expected = format!("{expected}, one a line; mend or remove the file");
        return Err(Error::at(at, format!("{found} class names"), expected));
    }
    Ok(names)
}

/// The names of CIFAR-100's classes, in the order of their labels, which is that of the alphabet.
const FINE_NAMES: &str = "\
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel \
    can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur \
    dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion \
    lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree \
    pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea \
    seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table \
    tank telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman \
    worm";

/// The names of its superclasses, likewise.
const COARSE_NAMES: &str = "\
    aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices \
    household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes \
    large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals \
    trees vehicles_1 vehicles_2";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_names_are_as_many_as_classes() {
        for (names, count) in [(FINE_NAMES, 100), (COARSE_NAMES, 20)] {
            let names: Vec<&str> = names.split_ascii_whitespace().collect();
            assert_eq!(names.len(), count);
            assert!(names.is_sorted(), "labels follow the alphabet");
        }
    }
}
