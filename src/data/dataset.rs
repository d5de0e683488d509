//! A data set in memory, and how it is put together from two halves.

use super::error::{Error, Place};
use super::fingerprint;
use super::images::Images;
use super::shape::{Shape, pictures_of};
use crate::weights::Picture;
use std::path::PathBuf;

/// The most classes a model can have.
pub(crate) const MAX_CLASSES: usize = 128;

/// What data set this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// A table whose features were mapped to bytes.
    Table,
    /// Pictures in a folder, an archive or arrays, or a table of pixels.
    Pictures,
}

impl Kind {
    /// The name in reports: `mnist`, `cifar10`, `cifar100`, `digits`, `idx`, `text`,
    /// `table`, `pictures`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::Cifar10 => "cifar10",
            Self::Cifar100 => "cifar100",
            Self::Digits => "digits",
            Self::Idx => "idx",
            Self::Text => "text",
            Self::Table => "table",
            Self::Pictures => "pictures",
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

/// How to load a data set. What does not apply to the data found is ignored, but for `labels`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// The labels to take where a set has several: CIFAR-100.
    pub labels: CifarLabels,
    /// The column of a table that is the label; `None`: found by the rules of [`data`](crate::data).
    pub label: Option<Label>,
    /// Columns of a table to leave out, by name.
    pub ignore: Vec<String>,
    /// A file or folder with the test half, read as the data are.
    pub test: Option<PathBuf>,
    /// The share of the samples to test on where the data have no test half, from 0 to below 1; `None`:
    /// [`TEST_SHARE`].
    pub test_share: Option<f64>,
    /// Whether the features of a table are mapped to bytes.
    pub map: Mapping,
    /// The height and width of pictures in folders.
    pub size: Option<(u16, u16)>,
    /// Whether pictures in folders are fitted to that size.
    pub fit: bool,
    /// Whether pictures of colours become grey.
    pub grey: bool,
    /// Whether EMNIST's files are read as they are, transposed.
    pub no_transpose: bool,
}

/// The share of the samples of a data set without a test half that is tested on, if nothing else is asked
/// for.
pub const TEST_SHARE: f64 = 0.2;

/// Which column of a table is the label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// The first one.
    First,
    /// The last one.
    Last,
    /// The one of this name.
    Named(String),
}

/// Whether the features of a table are mapped to bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mapping {
    /// Unless they are pixels.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: they are whole numbers from 0 to 255.
    Never,
}

/// What the features of a table mean.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// The name of the label's column, if the table has a header.
    pub label: Option<String>,
    /// The label's place among the D + 1 columns, from 0.
    pub label_at: usize,
    /// The names of the D features; empty where the table has no header.
    pub names: Vec<String>,
    /// (D, 2): the pairs of a [`FeatureMap`](crate::weights::FeatureMap).
    pub map: Vec<f32>,
}

/// A data set: training images, test images or both, and what is known about them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dataset {
    /// What data set this is.
    pub kind: Kind,
    /// The shape of one image; 1 x 1 x D where it is not known.
    pub picture: Picture,
    /// The names of the K classes; K = the greatest training label + 1, from 2 to 128. Where there is no
    /// training half, the greatest test label + 1.
    pub classes: Vec<String>,
    /// The training images; empty where the set has none.
    pub train: Images,
    /// The test images, every label below K; empty where the set has none.
    pub test: Images,
    /// h = (h xor word) · (2^40 + 435), h = h xor h / 2^32 from FNV-1a-64's start over these 64-bit words,
    /// each byte string filled up with zeros to whole little-endian words: channels, height, width; then, for
    /// the training and then for the test images, their number (0 where there are none), the labels, the
    /// pixels. The same for raw files, gzip, folder and archive.
    pub fingerprint: u64,
    /// What the features mean; `None` for pictures.
    pub table: Option<Table>,
    /// Whether the test half was taken out of the training half.
    pub is_split: bool,
    /// What was decided while the data were read, one line each, for people.
    pub notes: Vec<String>,
}

/// Fingerprints of IDX data that go by a name of their own: MNIST whole, its
/// training half, its test half; the embedded digits.
const NAMED: [(u64, Kind); 4] = [
    (0x2b66_e705_7a54_147a, Kind::Mnist),
    (0xae01_7406_8575_80d2, Kind::Mnist),
    (0xbc90_6f9e_0f9d_0bc4, Kind::Mnist),
    (0xd9b0_bc9c_d894_5ca0, Kind::Digits),
];

impl Dataset {
    /// A data set of images in memory. `classes` are the names of the K classes; a half that is not there is
    /// empty. IDX data and
    /// pictures whose fingerprint is known become [`Kind::Mnist`] or [`Kind::Digits`].
    ///
    /// # Panics
    /// If a half that is not empty has another number of pixels than `picture`, or a label that is not below
    /// K.
    pub fn new(kind: Kind, picture: Picture, classes: Vec<String>, train: Images, test: Images) -> Self {
        for half in [&train, &test].into_iter().filter(|half| !half.is_empty()) {
            assert_eq!(half.features() as u64, picture.pixels(), "images of the picture's pixels");
            let greatest = half.labels().iter().max();
            assert!(greatest.is_some_and(|&label| usize::from(label) < classes.len()), "labels below K");
        }
        let fingerprint = fingerprint::of(picture, &train, &test);
        let is_plain = matches!(kind, Kind::Idx | Kind::Pictures);
        let named = NAMED.iter().find(|named| is_plain && named.0 == fingerprint);
        let kind = named.map_or(kind, |named| named.1);
        Self {
            kind,
            picture,
            classes,
            train,
            test,
            fingerprint,
            table: None,
            is_split: false,
            notes: Vec::new(),
        }
    }
}

/// The two halves of a data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Split {
    Train,
    Test,
}

/// The training or the test images as read, with the places that errors about them name.
pub(crate) struct Half {
    pub(crate) picture: Picture,
    pub(crate) images: Images,
    /// Where the shape stands.
    pub(crate) shape_at: (Place, u64),
    /// Where the first label stands.
    pub(crate) labels_at: (Place, u64),
}

impl Half {
    /// K, the greatest label + 1, where at least two classes occur.
    fn classes(&self) -> Result<usize, Error> {
        let labels = self.images.labels();
        let greatest = labels.iter().max().copied().unwrap_or(0);
        if labels.iter().all(|&label| label == greatest) {
            let (place, offset) = &self.labels_at;
            let expected = "at least two classes; is it the right file?";
            return Err(Error::at(*offset, format!("no label but {greatest}"), expected).of(place));
        }
        Ok(usize::from(greatest) + 1)
    }
}

/// Both halves, checked against each other.
pub(crate) struct Halves {
    picture: Picture,
    pub(crate) classes: usize,
    train: Images,
    test: Images,
}

impl Halves {
    /// Reads the training, then the test images with `read`, which gets the number that labels must stay
    /// below.
    pub(crate) fn read(
        place: &Place,
        mut read: impl FnMut(Split, usize) -> Result<Option<Half>, Error>,
    ) -> Result<Self, Error> {
        let train = read(Split::Train, MAX_CLASSES)?;
        let classes = train.as_ref().map(Half::classes).transpose()?;
        let test = read(Split::Test, classes.unwrap_or(MAX_CLASSES))?;
        let first = train.as_ref().or(test.as_ref()).ok_or_else(|| no_data_set(place))?;
        let picture = first.picture;
        if let Some(half) = test.as_ref().filter(|half| half.picture != picture) {
            let expected = format!("{} as for training; do the files belong together?", Shape(picture));
            let (place, offset) = &half.shape_at;
            return Err(Error::at(*offset, pictures_of(half.picture), expected).of(place));
        }
        let classes = classes.map_or_else(|| first.classes(), Ok)?;
        let images = |half: Option<Half>| half.map(|half| half.images).unwrap_or_default();
        Ok(Self { picture, classes, train: images(train), test: images(test) })
    }

    /// The data set, with a name for each class.
    pub(crate) fn dataset(self, kind: Kind, names: Vec<String>) -> Dataset {
        Dataset::new(kind, self.picture, names, self.train, self.test)
    }

    /// The data set, with its classes named "0" to "K-1".
    pub(crate) fn numbered(self, kind: Kind) -> Dataset {
        let names = (0..self.classes).map(|class| class.to_string()).collect();
        self.dataset(kind, names)
    }
}

/// The error for a folder or archive without a data set.
pub(crate) fn no_data_set(place: &Place) -> Error {
    let expected = "IDX (train-images-idx3-ubyte and its like), CIFAR (data_batch_1.bin, train.bin), text rows\n\
                    (train0.txt) or one folder of pictures a class; give their folder, a .tar.gz or a .zip";
    Error::new("no data set", expected).of(place)
}

/// What is wrong with a label that is not below `limit`.
pub(crate) fn wrong_label(offset: usize, label: i64, limit: usize) -> Error {
    let expected = format!("0 to {}; is it the right file?", limit - 1);
    Error::at(offset as u64, format!("label {label}"), expected)
}
