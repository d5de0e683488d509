//! CIFAR-10 and CIFAR-100 in their binary form: records of one or two label bytes and 3,072 pixels, 32 x 32
//! red, then green, then blue.

use super::content::Content;
use super::error::{Error, Fault};
use super::source::{Contents, Source};
use super::{CifarLabels, Dataset, Half, Halves, Images, Kind, Split};
use crate::weights::Picture;
use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

/// The shape of a CIFAR picture.
pub(super) const PICTURE: Picture = Picture { channels: 3, height: 32, width: 32 };
/// D of a CIFAR picture.
pub(super) const FEATURES: usize = 3072;

const BATCHES: [&str; 5] =
    ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];
const TEST_BATCH: &str = "test_batch.bin";
const META_10: &str = "batches.meta.txt";
const META_FINE: &str = "fine_label_names.txt";
const META_COARSE: &str = "coarse_label_names.txt";
/// The names in batches.meta.txt, for those who keep the batches alone.
const NAMES_10: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Whether a file of this name is part of CIFAR-10.
pub(super) fn is_10(name: &str) -> bool {
    BATCHES.contains(&name) || name == TEST_BATCH
}

/// Whether a file of this name is part of CIFAR-100.
pub(super) fn is_100(name: &str) -> bool {
    matches!(name, "train.bin" | "test.bin")
}

/// Whether a file of this name lists the names of classes.
pub(super) fn is_names(name: &str) -> bool {
    [META_10, META_FINE, META_COARSE].contains(&name)
}

/// Whether a file of this name is part of CIFAR for Python.
pub(super) fn is_pickle(name: &str) -> bool {
    matches!(name, "train" | "test") || is_10_pickle(name)
}

fn is_10_pickle(name: &str) -> bool {
    name == "test_batch" || BATCHES.iter().any(|batch| batch.strip_suffix(".bin") == Some(name))
}

/// The files to get in place of the pickles that `name` is one of.
pub(super) fn instead_of_pickle(name: &str) -> &'static str {
    if is_10_pickle(name) {
        "cifar-10-binary.tar.gz"
    } else if matches!(name, "train" | "test") {
        "cifar-100-binary.tar.gz"
    } else {
        "cifar-10-binary.tar.gz, cifar-100-binary.tar.gz or MNIST's IDX files"
    }
}

/// A record: `head` label bytes, of which number `at` counts and must be below `classes`, then the pixels.
#[derive(Clone, Copy)]
pub(super) struct Record {
    head: usize,
    at: usize,
    classes: usize,
}

impl Record {
    pub(super) const TEN: Self = Self { head: 1, at: 0, classes: 10 };
    const COARSE: Self = Self { head: 2, at: 0, classes: 20 };
    pub(super) const FINE: Self = Self { head: 2, at: 1, classes: 100 };

    /// Bytes in a record.
    pub(super) const fn size(self) -> usize {
        self.head + FEATURES
    }

    /// Whether `bytes` are such records, every label in range.
    pub(super) fn fits(self, bytes: &[u8]) -> bool {
        let mut records = bytes.chunks_exact(self.size());
        records.remainder().is_empty() && records.all(|record| usize::from(record[self.at]) < self.classes)
    }

    /// Appends the labels of all records, which must stay below `limit`, too, and returns the pixels, moved
    /// together where the records were: 30 MB are not held twice.
    pub(super) fn split(
        self,
        mut contents: Contents,
        limit: usize,
        labels: &mut Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        let bytes = &contents.bytes;
        if bytes.is_empty() {
            return Err(contents.foreign("CIFAR records"));
        }
        let left = bytes.len() % self.size();
        if left != 0 {
            // A web page or a pickle under this name is told as such: it is hardly ever whole records.
            if Content::of(bytes) != Content::Unknown && Content::of(bytes) != Content::Idx {
                return Err(contents.foreign("CIFAR records"));
            }
            return Err(contents.error(bytes.len() - left, Fault::Record { size: self.size(), left }));
        }
        let limit = limit.min(self.classes);
        let count = bytes.len() / self.size();
        labels.try_reserve(count).map_err(|_| Error::memory(&contents.file, count))?;
        for n in 0..count {
            let start = n * self.size();
            let label = contents.bytes[start + self.at];
            if usize::from(label) >= limit {
                let fault = Fault::Label { found: label.into(), limit };
                return Err(contents.error(start + self.at, fault));
            }
            labels.push(label);
            contents.bytes.copy_within(start + self.head..start + self.size(), n * FEATURES);
        }
        contents.bytes.truncate(count * FEATURES);
        Ok(contents.bytes)
    }
}

/// Loads CIFAR-10: all training batches, or the first one alone; a test batch, or none.
///
/// The files of a whole set are of one length. A batch that is missing or cut at a record's end would pass for
/// CIFAR-10 otherwise, and nobody would know why the accuracy is another one.
pub(super) fn load_10(source: &mut Source) -> Result<Dataset, Error> {
    let whole = BATCHES[1..].iter().any(|batch| source.has(batch));
    if let Some(name) = BATCHES.iter().find(|batch| whole && !source.has(batch)) {
        return Err(Error::of(&source.display(), Fault::Batch { name }));
    }
    let mut records = None;
    let mut alike = |found: usize| match *records.get_or_insert(found) {
        expected if whole && found != expected => Err(Fault::Records { found, expected }),
        _ => Ok(()),
    };
    let halves = Halves::read(&source.display(), |split, limit| match split {
        Split::Train => half(source, &BATCHES, Record::TEN, limit, &mut alike),
        Split::Test => half(source, &[TEST_BATCH], Record::TEN, limit, &mut alike),
    })?;
    let names = match class_names(source, META_10, 10)? {
        Some(names) => names,
        None => NAMES_10.map(ToOwned::to_owned).into(),
    };
    Ok(finish(halves, Kind::Cifar10, names))
}

/// Loads CIFAR-100 with one of its two labels.
pub(super) fn load_100(source: &mut Source, labels: CifarLabels) -> Result<Dataset, Error> {
    let (record, names_file, built_in) = match labels {
        CifarLabels::Fine => (Record::FINE, META_FINE, FINE_NAMES),
        CifarLabels::Coarse => (Record::COARSE, META_COARSE, COARSE_NAMES),
    };
    let halves = Halves::read(&source.display(), |split, limit| match split {
        Split::Train => half(source, &["train.bin"], record, limit, |_| Ok(())),
        Split::Test => half(source, &["test.bin"], record, limit, |_| Ok(())),
    })?;
    let names = match class_names(source, names_file, record.classes)? {
        Some(names) => names,
        None => built_in.split_ascii_whitespace().map(ToOwned::to_owned).collect(),
    };
    Ok(finish(halves, Kind::Cifar100, names))
}

fn finish(halves: Halves, kind: Kind, mut names: Vec<String>) -> Dataset {
    names.truncate(halves.classes);
    halves.dataset(|_| kind, names)
}

/// The records of those of `files` that are there, one file after the other; `check` gets each file's number.
fn half(
    source: &mut Source,
    files: &[&str],
    record: Record,
    limit: usize,
    mut check: impl FnMut(usize) -> Result<(), Fault>,
) -> Result<Option<Half>, Error> {
    let present: Vec<&str> = files.iter().copied().filter(|file| source.has(file)).collect();
    let mut labels = Vec::new();
    let mut pixels = Vec::new();
    let mut first_label = None;
    for (i, file) in present.iter().enumerate() {
        let contents = source.take(file)?;
        let file = contents.file.clone();
        let batch = record.split(contents, limit, &mut labels)?;
        check(batch.len() / FEATURES).map_err(|fault| Error::at(&file, 0, fault))?;
        if i == 0 {
            pixels = batch;
            // All batches are of one size; room for them at once keeps the pixels from being moved about.
            let rest = pixels.len() * (present.len() - 1);
            pixels.try_reserve_exact(rest).map_err(|_| Error::memory(&file, pixels.len() + rest))?;
            first_label = Some((file, record.at as u64));
        } else {
            pixels.try_reserve(batch.len()).map_err(|_| Error::memory(&file, pixels.len()))?;
            pixels.extend_from_slice(&batch);
        }
    }
    Ok(first_label.map(|labels_at| Half {
        picture: PICTURE,
        images: Images::new(FEATURES, pixels, labels),
        shape_at: labels_at.clone(),
        labels_at,
    }))
}

/// The class names in a text file, one a line, where the file is there.
fn class_names(source: &mut Source, file: &str, expected: usize) -> Result<Option<Vec<String>>, Error> {
    if !source.has(file) {
        return Ok(None);
    }
    let contents = source.take(file)?;
    let mut names = Vec::new();
    let mut found = 0;
    let mut at = 0;
    for line in contents.bytes.split_inclusive(|&byte| byte == b'\n') {
        let name = line.trim_ascii();
        if !name.is_empty() {
            let text = core::str::from_utf8(name).ok().filter(|text| text.len() <= 64);
            let text = text.filter(|text| !text.chars().any(char::is_control));
            let text = text.ok_or_else(|| contents.error(at, Fault::Name))?;
            // Of a long file that is something else, the surplus is counted and not held.
            if found < expected {
                names.push(text.to_owned());
            }
            found += 1;
        }
        at += line.len();
    }
    if found != expected {
        return Err(contents.error(at, Fault::Names { found, expected }));
    }
    Ok(Some(names))
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
