//! CIFAR-10 and CIFAR-100 in their binary form: records of one or two label bytes and 3,072 pixels, 32 x 32
//! red, then green, then blue.

use crate::data::container::contents::{Contents, UNPACKED};
use crate::data::container::members::Members;
use crate::data::dataset::{
    CifarLabels, Dataset, Half, Halves, Kind, Options, Split, no_data_set, wrong_label,
};
use crate::data::error::Error;
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
    let contents = members.take(name, |_| Ok(UNPACKED))?;
    let is_pickle = sniff::is_pickle(&contents.bytes);
    Err(if is_pickle { pickle(name).of(&contents.place) } else { no_data_set(&members.place) })
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

    /// Appends the labels of all records, which must stay below `limit`, too, and returns the pixels, moved
    /// together where the records were: 30 MB are not held twice.
    pub(crate) fn split(
        self,
        mut contents: Contents,
        limit: usize,
        labels: &mut Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        let bytes = &contents.bytes;
        let left = bytes.len() % self.size();
        // A web page or a pickle under this name is told as such: it is hardly ever whole records.
        let is_foreign = left != 0 && sniff::is_known(bytes) && !sniff::is_idx(bytes);
        if bytes.is_empty() || is_foreign {
            return Err(foreign(&contents, "CIFAR records"));
        }
        if left != 0 {
            let found = format!("{left} bytes after the last whole record");
            let expected = format!("records of {} bytes; half a download? fetch it again", self.size());
            return Err(contents.error(bytes.len() - left, found, expected));
        }
        let limit = limit.min(self.classes);
        let count = bytes.len() / self.size();
        labels.try_reserve(count).map_err(|_| contents.memory(count))?;
        for n in 0..count {
            let start = n * self.size();
            let label = contents.bytes[start + self.at];
            if usize::from(label) >= limit {
                return Err(wrong_label(start + self.at, label.into(), limit).of(&contents.place));
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
    let mut alike = |found: usize| match *records.get_or_insert(found) {
        first if whole && found != first => {
            let expected = format!(
                "{first} as in the first file; each of CIFAR-10 has 10000: fetch those that have not"
            );
            Err(Error::at(0, format!("{found} records"), expected))
        }
        _ => Ok(()),
    };
    let halves = Halves::read(&place, |split, limit| match split {
        Split::Train => half(members, &BATCHES, Record::TEN, limit, &mut alike),
        Split::Test => half(members, &[TEST_BATCH], Record::TEN, limit, &mut alike),
    })?;
    named(halves, members, Kind::Cifar10, META_10, NAMES_10)
}

/// Loads CIFAR-100 with one of its two labels.
pub(crate) fn load_100(members: &mut Members, _: &str, options: &Options) -> Result<Dataset, Error> {
    let (record, meta, built_in) = match options.labels {
        CifarLabels::Fine => (Record::FINE, META_FINE, FINE_NAMES),
        CifarLabels::Coarse => (Record::COARSE, META_COARSE, COARSE_NAMES),
    };
    let halves = Halves::read(&members.place.clone(), |split, limit| match split {
        Split::Train => half(members, &["train.bin"], record, limit, |_| Ok(())),
        Split::Test => half(members, &["test.bin"], record, limit, |_| Ok(())),
    })?;
    named(halves, members, Kind::Cifar100, meta, built_in)
}

/// The data set with the names in the file `meta`, or, where that is not there, the built-in ones.
fn named(
    halves: Halves,
    members: &mut Members,
    kind: Kind,
    meta: &str,
    built_in: &str,
) -> Result<Dataset, Error> {
    let mut names: Vec<String> = built_in.split_ascii_whitespace().map(ToOwned::to_owned).collect();
    if members.has(meta) {
        names = class_names(&members.take(meta, |_| Ok(UNPACKED))?, names.len())?;
    }
    names.truncate(halves.classes);
    Ok(halves.dataset(kind, names))
}

/// The records of those of `files` that are there, one file after the other; `check` gets each file's number.
fn half(
    members: &mut Members,
    files: &[&str],
    record: Record,
    limit: usize,
    mut check: impl FnMut(usize) -> Result<(), Error>,
) -> Result<Option<Half>, Error> {
    let present: Vec<&str> = files.iter().copied().filter(|file| members.has(file)).collect();
    let mut labels = Vec::new();
    let mut pixels = Vec::new();
    let mut first_label = None;
    for (i, file) in present.iter().enumerate() {
        let contents = members.take(file, |_| Ok(UNPACKED))?;
        let place = contents.place.clone();
        let batch = record.split(contents, limit, &mut labels)?;
        check(batch.len() / FEATURES).map_err(|error| error.of(&place))?;
        let no_memory = |size: usize| Error::memory(size).of(&place);
        if i == 0 {
            pixels = batch;
            // All batches are of one size; room for them at once keeps the pixels from being moved about.
            let rest = pixels.len() * (present.len() - 1);
            pixels.try_reserve_exact(rest).map_err(|_| no_memory(pixels.len() + rest))?;
            first_label = Some((place, record.at as u64));
        } else {
            pixels.try_reserve(batch.len()).map_err(|_| no_memory(pixels.len()))?;
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

/// The class names in a text file, one a line.
fn class_names(contents: &Contents, expected: usize) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut found = 0;
    let mut at = 0;
    for line in contents.bytes.split_inclusive(|&byte| byte == b'\n') {
        let name = line.trim_ascii();
        if !name.is_empty() {
            let text = core::str::from_utf8(name).ok().filter(|text| text.len() <= 64);
            let text = text.filter(|text| !text.chars().any(char::is_control));
            let rule = "printable UTF-8 of at most 64 bytes, one name a line";
            let text = text.ok_or_else(|| contents.error(at, "a class name that is not plain text", rule))?;
            // Of a long file that is something else, the surplus is counted and not held.
            if found < expected {
                names.push(text.to_owned());
            }
            found += 1;
        }
        at += line.len();
    }
    if found != expected {
        let expected = format!("{expected}, one a line; mend or remove the file");
        return Err(contents.error(at, format!("{found} class names"), expected));
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
