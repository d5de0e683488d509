//! Bytes to datasets.
//!
//! [`load`] takes a folder, a file of a data set, or an archive, finds out what it is, and checks everything
//! before it takes memory: lengths against headers, counts against counts, labels against classes. [`digits()`]
//! are the images that come with the crate; [`load_pictures`] reads pictures to be labelled, [`load_fitted`]
//! such as people take themselves.
//!
//! What is recognised:
//!
//! | data | files |
//! |---|---|
//! | IDX | `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`; `t10k-`, `test-`; `.` or `_` for `-`; after a prefix |
//! | CIFAR-10 | `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`, optionally `batches.meta.txt` |
//! | CIFAR-100 | `train.bin`, `test.bin`, optionally `fine_label_names.txt`, `coarse_label_names.txt` |
//! | text rows | `train0.txt`, ..., `test0.txt`, ...: one file a class, one image a line, integers 0 to 255 |
//!
//! Any of them may be gzip files, whatever their names end with, and all may lie in a tar archive, raw or gzip.
//! Records go by file name, whatever the order in a folder or archive. A set may lack its training or its test
//! half. CIFAR-10 has all of its five training batches, and then as many records in every file; or, for small
//! sets of one's own, `data_batch_1.bin` alone. Data for which there is no memory are an error.

mod cifar;
mod content;
pub(crate) mod crc;
#[cfg(feature = "digits")]
mod digits;
mod error;
mod fingerprint;
mod fit;
pub mod gzip;
mod idx;
mod inflate;
mod netpbm;
mod pictures;
pub mod png;
mod source;
pub mod tar;
mod text;

pub use content::Content;
#[cfg(feature = "digits")]
pub use digits::{digits, load_digits};
pub use error::{Error, Fault};
pub(crate) use fit::squared;
pub use fit::{Blank, fit};
pub use pictures::{Pictures, load_fitted, load_pictures};

use crate::store;
use crate::weights::Picture;
use core::fmt;
use source::Source;
use std::borrow::ToOwned;
use std::collections::TryReserveError;
use std::format;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;

/// The most classes a model can have.
const MAX_CLASSES: usize = 128;

/// The most sets of one folder or archive that a message names.
const MOST_NAMED: usize = 8;

/// N labelled images of D bytes each.
#[derive(Clone, PartialEq, Eq)]
pub struct Images {
    features: usize,
    // Shared by the clones.
    pixels: Arc<Vec<u8>>, // (N, D)
    labels: Arc<Vec<u8>>, // (N)
}

impl Images {
    /// Images of `features` pixels: `pixels` (N, D) row-major, `labels` (N).
    ///
    /// # Panics
    /// If there are not `features` pixels for each label.
    pub fn new(features: usize, pixels: Vec<u8>, labels: Vec<u8>) -> Self {
        assert_eq!(
            Some(pixels.len()),
            features.checked_mul(labels.len()),
            "features times labels is not pixels"
        );
        Self { features, pixels: pixels.into(), labels: labels.into() }
    }

    /// N, the number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// D, the number of pixels of one image.
    pub fn features(&self) -> usize {
        self.features
    }

    /// All pixels, (N, D) row-major.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The label of each image.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Takes the images of these indices, which ascend, out of the set. The others keep their order.
    ///
    /// # Errors
    /// There is no memory for those taken out; the set is as before.
    ///
    /// # Panics
    /// If an index is not below N, or they do not ascend.
    pub fn take_out(&mut self, indices: &[u32]) -> Result<Self, TryReserveError> {
        assert!(indices.windows(2).all(|pair| pair[0] < pair[1]), "indices ascend");
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        labels.try_reserve_exact(indices.len())?;
        pixels.try_reserve_exact(indices.len() * self.features)?;
        let (mut kept, mut next) = (0, indices.iter().peekable());
        let all = self.len();
        let (all_pixels, all_labels) = (Arc::make_mut(&mut self.pixels), Arc::make_mut(&mut self.labels));
        for n in 0..all {
            let image = n * self.features..(n + 1) * self.features;
            if next.next_if(|&&taken| taken as usize == n).is_some() {
                pixels.extend_from_slice(&all_pixels[image]);
                labels.push(all_labels[n]);
            } else {
                all_pixels.copy_within(image, kept * self.features);
                all_labels[kept] = all_labels[n];
                kept += 1;
            }
        }
        assert!(next.next().is_none(), "an index is below the number of images");
        all_pixels.truncate(kept * self.features);
        all_labels.truncate(kept);
        Ok(Self::new(self.features, pixels, labels))
    }

    /// The pixels of image `n`.
    ///
    /// # Panics
    /// If there is no image `n`.
    pub fn image(&self, n: usize) -> &[u8] {
        &self.pixels[n * self.features..][..self.features]
    }
}

/// The shape only: nobody wants 47 million numbers in a message.
impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Images({} x {})", self.len(), self.features)
    }
}

/// What data set this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// MNIST itself, known by its fingerprint.
    Mnist,
    /// CIFAR-10: all five training batches, the first one alone, or the test batch alone.
    Cifar10,
    /// CIFAR-100, with its fine or its coarse labels.
    Cifar100,
    /// The embedded digits.
    Digits,
    /// Other IDX data, Fashion-MNIST for one.
    Idx,
    /// Text rows.
    Text,
}

impl Kind {
    /// The name in reports: `mnist`, `cifar10`, `cifar100`, `digits`, `idx`, `text`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::Cifar10 => "cifar10",
            Self::Cifar100 => "cifar100",
            Self::Digits => "digits",
            Self::Idx => "idx",
            Self::Text => "text",
        }
    }
}

/// Which of CIFAR-100's labels to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CifarLabels {
    /// The 100 classes.
    #[default]
    Fine,
    /// The 20 superclasses.
    Coarse,
}

/// A data set: training images, test images or both, and what is known about them.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// What data set this is.
    pub kind: Kind,
    /// The shape of one image; 1 x 1 x D where it is not known.
    pub picture: Picture,
    /// The names of the K classes; K = the greatest training label + 1, from 2 to 128. Where there is no
    /// training half, the greatest test label + 1.
    pub classes: Vec<String>,
    /// The training images, where there are any.
    pub train: Option<Images>,
    /// The test images, where there are any; every label is below K.
    pub test: Option<Images>,
    /// h = (h xor word) · (2^40 + 435), h = h xor h / 2^32 from FNV-1a-64's start over these 64-bit words, each byte
    /// string filled up with zeros to whole little-endian words:
    /// channels, height, width; then, for the training and then for the test images, their number (0 where
    /// there are none), the labels, the pixels. The same for raw files, gzip, folder and archive.
    pub fingerprint: u64,
}

/// Loads the data set that `path` is, holds, or belongs to: a folder, a file of the set, or a tar archive, raw
/// or gzip.
///
/// In a folder without data the subfolders that the usual archives unpack to are looked into. `labels` matters
/// for CIFAR-100 alone.
///
/// # Errors
/// [`Error`] where nothing or more than one set is found, a file cannot be read, or breaks a rule.
pub fn load(path: &Path, labels: CifarLabels) -> Result<Dataset, Error> {
    let (source, set) = find(path)?;
    load_set(source, set, labels)
}

/// Loads the data set in the tar archive, raw or gzip, that `stream` reads; errors call it `name`.
///
/// # Errors
/// [`Error`] where it is no archive, holds none or more than one data set, or breaks a rule.
pub fn load_archive(name: &str, stream: impl Read, labels: CifarLabels) -> Result<Dataset, Error> {
    let (source, set) = in_archive(name, stream)?;
    load_set(source, set, labels)
}

fn load_set(mut source: Source, set: Set, labels: CifarLabels) -> Result<Dataset, Error> {
    match set {
        Set::Idx(prefix) => idx::load(&mut source, &prefix),
        Set::Cifar10 => cifar::load_10(&mut source),
        Set::Cifar100 => cifar::load_100(&mut source, labels),
        Set::Text => text::load(&mut source),
        Set::Pickle(file) => {
            let contents = source.take(&file)?;
            Err(match Content::of(&contents.bytes) {
                Content::Pickle => {
                    contents.error(0, Fault::Pickle { instead: cifar::instead_of_pickle(&file) })
                }
                _ => Error::of(&source.display(), Fault::NoDataSet),
            })
        }
    }
}

/// The data sets that are told apart by the names of their files.
#[derive(Clone, Debug, PartialEq)]
enum Set {
    /// With what stands before `train` and `test` in the names.
    Idx(String),
    Cifar10,
    Cifar100,
    Text,
    /// CIFAR for Python, which is not read; with the file's name.
    Pickle(String),
}

impl Set {
    /// The set that a file of this name (without `.gz`) belongs to.
    fn of(name: &str) -> Option<Self> {
        if let Some(prefix) = idx::set_of(name) {
            return Some(Self::Idx(prefix));
        }
        if cifar::is_10(name) {
            Some(Self::Cifar10)
        } else if cifar::is_100(name) {
            Some(Self::Cifar100)
        } else if text::class_of(name).is_some() {
            Some(Self::Text)
        } else if cifar::is_pickle(name) {
            Some(Self::Pickle(name.to_owned()))
        } else {
            None
        }
    }

    fn display(&self) -> String {
        match self {
            Self::Idx(prefix) => format!("IDX {prefix}train, {prefix}test"),
            Self::Cifar10 => "CIFAR-10".to_owned(),
            Self::Cifar100 => "CIFAR-100".to_owned(),
            Self::Text => "text rows".to_owned(),
            Self::Pickle(file) => file.clone(),
        }
    }
}

/// Where the data set of `path` is, and which it is.
fn find(path: &Path) -> Result<(Source, Set), Error> {
    if store::is_folder(path) {
        let (source, set) = in_folder(path)?;
        return set
            .map(|set| (source, set))
            .ok_or_else(|| Error::of(&path.display().to_string(), Fault::NoDataSet));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = source::plain_name(&name);
    if let Some(set @ (Set::Idx(_) | Set::Cifar10 | Set::Cifar100 | Set::Text)) = Set::of(plain) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let source = Source::folder(folder)?;
        if !source.has(plain) {
            return Err(Error::of(&source.display(), Fault::Missing { name }));
        }
        return Ok((source, set));
    }
    let file = store::name_of(path);
    in_archive(&file, store::open(path).map_err(|error| Error::io(&file, error))?)
}

fn in_archive(file: &str, stream: impl Read) -> Result<(Source, Set), Error> {
    let source = Source::archive(file, stream)?;
    let set = only_set(&source)?.ok_or_else(|| Error::of(file, Fault::NoDataSet))?;
    Ok((source, set))
}

/// The data set in a folder, or in one of the subfolders that the usual archives unpack to.
fn in_folder(path: &Path) -> Result<(Source, Option<Set>), Error> {
    let source = Source::folder(path)?;
    if let Some(set) = only_set(&source)? {
        return Ok((source, Some(set)));
    }
    let subfolders = |names: &[&str]| -> Vec<PathBuf> {
        names.iter().map(|name| path.join(name)).filter(|path| store::is_folder(path)).collect()
    };
    let mut found = subfolders(&["MNIST", "raw", "cifar-10-batches-bin", "cifar-100-binary"]);
    if found.is_empty() {
        found = subfolders(&["cifar-10-batches-py", "cifar-100-python"]);
    }
    match &found[..] {
        [] => Ok((source, None)),
        [folder] => in_folder(folder),
        _ => {
            let names = found.iter().map(|path| path.display().to_string()).collect();
            Err(Error::of(&source.display(), Fault::Several(names)))
        }
    }
}

/// The one set whose files are there; pickles only where nothing else is.
fn only_set(source: &Source) -> Result<Option<Set>, Error> {
    let mut sets: Vec<Set> = Vec::new();
    for set in source.names().filter_map(Set::of) {
        if !sets.contains(&set) {
            sets.push(set);
        }
        if sets.len() > MOST_NAMED {
            break;
        }
    }
    sets.sort_by_key(|set| matches!(set, Set::Pickle(_)));
    match &sets[..] {
        [] => Ok(None),
        [set] | [set, Set::Pickle(_), ..] | [set @ Set::Pickle(_), ..] => Ok(Some(set.clone())),
        several => {
            let names =
                several.iter().filter(|set| !matches!(set, Set::Pickle(_))).map(Set::display).collect();
            Err(Error::of(&source.display(), Fault::Several(names)))
        }
    }
}

/// The two halves of a data set.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Split {
    Train,
    Test,
}

/// The training or the test images as read, with the places that errors about them name.
struct Half {
    picture: Picture,
    images: Images,
    /// File and offset of the shape.
    shape_at: (String, u64),
    /// File and offset of the first label.
    labels_at: (String, u64),
}

impl Half {
    /// K, the greatest label + 1.
    fn classes(&self) -> Result<usize, Error> {
        match self.images.labels().iter().max() {
            None | Some(0) => Err(Error::at(&self.labels_at.0, self.labels_at.1, Fault::OneClass)),
            Some(&greatest) => Ok(usize::from(greatest) + 1),
        }
    }
}

/// Both halves, checked against each other.
struct Halves {
    picture: Picture,
    classes: usize,
    train: Option<Images>,
    test: Option<Images>,
}

impl Halves {
    /// Reads the training, then the test images with `read`, which gets the number that labels must stay below.
    fn read(
        place: &str,
        mut read: impl FnMut(Split, usize) -> Result<Option<Half>, Error>,
    ) -> Result<Self, Error> {
        let train = read(Split::Train, MAX_CLASSES)?;
        let classes = train.as_ref().map(Half::classes).transpose()?;
        let test = read(Split::Test, classes.unwrap_or(MAX_CLASSES))?;
        let (Some(first), last) = (train.as_ref().or(test.as_ref()), &test) else {
            return Err(Error::of(place, Fault::NoDataSet));
        };
        let picture = first.picture;
        if let Some(half) = last.as_ref().filter(|half| half.picture != picture) {
            let fault = Fault::Shape { found: half.picture, expected: picture };
            return Err(Error::at(&half.shape_at.0, half.shape_at.1, fault));
        }
        let classes = classes.map_or_else(|| first.classes(), Ok)?;
        Ok(Self {
            picture,
            classes,
            train: train.map(|half| half.images),
            test: test.map(|half| half.images),
        })
    }

    /// The data set, with a name for each class.
    fn dataset(self, kind: impl FnOnce(u64) -> Kind, names: Vec<String>) -> Dataset {
        let Self { picture, train, test, .. } = self;
        let fingerprint = fingerprint::of(picture, train.as_ref(), test.as_ref());
        Dataset { kind: kind(fingerprint), picture, classes: names, train, test, fingerprint }
    }

    /// The data set, with its classes named "0" to "K-1".
    fn numbered(self, kind: impl FnOnce(u64) -> Kind) -> Dataset {
        let names = (0..self.classes).map(|class| class.to_string()).collect();
        self.dataset(kind, names)
    }
}
