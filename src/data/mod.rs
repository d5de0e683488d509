//! Bytes to data sets.
//!
//! [`load`] takes a folder, a file of a data set, or an archive, finds out what it is, and checks everything
//! before it takes memory: lengths against headers, counts against counts, labels against classes.
//! [`digits()`] are the images that come with the crate; [`Pictures`] reads pictures to be labelled, as they
//! are or fitted to a model.
//!
//! What is recognised:
//!
//! | data | files |
//! |---|---|
//! | IDX | `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`; `t10k-`, `test-`; `.` or `_` for `-`; after a prefix; N x D, N x H x W, N x C x H x W or, where C is 1 or 3 and H is neither, N x H x W x C |
//! | EMNIST | IDX after the prefix `emnist-...-`: transposed at reading; optionally `emnist-...-mapping.txt`, which names the classes |
//! | CIFAR-10 | `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`, optionally `batches.meta.txt` |
//! | CIFAR-100 | `train.bin`, `test.bin`, optionally `fine_label_names.txt`, `coarse_label_names.txt` |
//! | text rows | `train0.txt`, ..., `test0.txt`, ...: one file a class, one image a line, integers 0 to 255 between white space or commas |
//! | tables | any file that is one by its content; or `train.csv`, `test.csv`; `.tsv`, `.txt`, `.data`; after a prefix |
//! | NumPy | `.npz`, or `.npy` files: `x_train`, `y_train`, `x_test`, `y_test`; `X`, `y`; `data`, `target` |
//! | pictures | PNG, PGM and PPM files in one folder a class, also below `train` and `test` |
//!
//! Any of them may be gzip files, whatever their names end with, and all may lie in a zip archive or in a tar
//! archive, raw or gzip, and in subfolders: the set nearest to the top counts. Records go by file name,
//! whatever the order in a folder or archive. A set may lack its training or its test half. CIFAR-10 has all
//! of its five training batches, and then as many records in every file; or, for small sets of one's own,
//! `data_batch_1.bin` alone. Data for which there is no memory are an error.
//!
//! # Tables
//!
//! A table has a row for each sample, and columns separated by commas, semicolons, tabs or blanks: numbers,
//! and the label. The first line may name them. The label is the column that [`Options::label`] says; else
//! the one named label, class or target; else the only one of texts, if it is the first or the last; else y,
//! unless there is an x or z. [`TableRows`] reads rows to be labelled.
//!
//! The classes are the distinct labels of the training rows; numbers in numeric order, else in the order of
//! their bytes. Features that are pixels become pictures as they are: whole numbers from 0 to 255, the
//! greatest above 127, in columns named `pixel...` or `1x1`, or without names as many as a square of at least
//! 256 pixels has, of one plane or three. All others are mapped to bytes, feature by feature, by a
//! [`FeatureMap`](crate::weights::FeatureMap) from the training rows: one value in 200 at each end is taken
//! for an outlier, and a margin is left for values beyond those of training. Where no test half is given, a
//! share of the rows, chosen by their content, is tested on. CONTRACT C19 has the arithmetic. The order of
//! the rows changes neither the map nor the half that a row is in.
//!
//! # The files here
//!
//! Each row uses the rows above it alone, and no file uses one that uses it.
//!
//! | files | what they know |
//! |---|---|
//! | `error`, `checksum`, `images`, `fingerprint`, `shape`, `dataset`, `classes`, `split`, `luma`, `framing`, `ink`, `fit`, `wanted`, `rows`, `table` | errors and their places; data in memory |
//! | `container` | files, gzip, archives as one list of named members; no format |
//! | `sniff` | the kind of a file by its first bytes |
//! | `format` | one file a format, and the table of formats |
//! | `load`, `pictures`, `digits` | what a path means, by the table |
//!
//! # How a format is added
//!
//! 1. One file in `format/`. Data sets: a function from a file's name to the set that it is part of, and one
//!    that reads this set from `Members` with `Halves::read`, which checks both halves against each other.
//!    Pictures: a function that reads the next block from a file's bytes.
//! 2. Its line in a table, `SETS` or `PICTURES` in `format/mod.rs`; the first line that recognises a file
//!    reads it.
//! 3. If files show by their first bytes what they are: a line in `sniff.rs`, unless it is there already.
//!
//! An archive of another kind is a file in `container/`, a source of `Members`, and a case in `load.rs`.
//! Pictures by class (`format/folders.rs`) are known by their folders, not by names of files: `load.rs` tries
//! them where no line of `SETS` recognises a file.

pub(crate) mod checksum;
pub(crate) mod classes;
pub(crate) mod container;
mod dataset;
#[cfg(feature = "digits")]
mod digits;
pub(crate) mod error;
mod fingerprint;
pub(crate) mod fit;
pub(crate) mod format;
mod framing;
mod images;
mod ink;
mod load;
pub(crate) mod luma;
mod pictures;
pub(crate) mod rows;
mod shape;
mod sniff;
pub(crate) mod split;
pub(crate) mod table;
mod wanted;

pub use dataset::{CifarLabels, Dataset, Kind, Label, Mapping, Options, TEST_SHARE, Table};
#[cfg(feature = "digits")]
pub use digits::digits;
pub use error::{Error, ErrorKind, Place};
pub use format::csv::{RowBlock, TableRows};
pub use framing::{Centre, Extent, Framing, Ground, NoFraming};
pub use images::Images;
pub use load::{is_data_name, load, load_stream};
pub use pictures::Pictures;
pub use rows::Columns;
pub(crate) use shape::squared;
