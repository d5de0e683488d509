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
//! | IDX | `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`; `t10k-`, `test-`; `.` or `_` for `-`; after a prefix |
//! | CIFAR-10 | `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`, optionally `batches.meta.txt` |
//! | CIFAR-100 | `train.bin`, `test.bin`, optionally `fine_label_names.txt`, `coarse_label_names.txt` |
//! | text rows | `train0.txt`, ..., `test0.txt`, ...: one file a class, one image a line, integers 0 to 255 |
//!
//! Any of them may be gzip files, whatever their names end with, and all may lie in a tar archive, raw or
//! gzip. Records go by file name, whatever the order in a folder or archive. A set may lack its training or
//! its test half. CIFAR-10 has all of its five training batches, and then as many records in every file; or,
//! for small sets of one's own, `data_batch_1.bin` alone. Data for which there is no memory are an error.
//!
//! # The files here
//!
//! Each row uses the rows above it alone, and no file uses one that uses it.
//!
//! | files | what they know |
//! |---|---|
//! | `error`, `checksum`, `images`, `fingerprint`, `shape`, `dataset`, `wanted`, `fit`, `rows`, `table` | errors and their places; data in memory |
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
//! An archive of another kind is a file in `container/` that fills `Members`, and a case in `load.rs`.

pub(crate) mod checksum;
pub(crate) mod container;
mod dataset;
#[cfg(feature = "digits")]
mod digits;
pub(crate) mod error;
mod fingerprint;
pub(crate) mod fit;
pub(crate) mod format;
mod images;
mod load;
mod pictures;
pub(crate) mod rows;
mod shape;
mod sniff;
pub(crate) mod table;
mod wanted;

pub use dataset::{CifarLabels, Dataset, Kind, Label, Mapping, Options, TEST_SHARE, Table};
#[cfg(feature = "digits")]
pub use digits::digits;
pub use error::{Error, ErrorKind, Place};
pub use format::csv::{RowBlock, TableRows};
pub use images::Images;
pub use load::{load, load_stream};
pub use pictures::Pictures;
pub use rows::Columns;
pub(crate) use shape::squared;
