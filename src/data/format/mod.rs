//! The formats of data, one file each, and the table of them.

mod cifar;
pub(crate) mod csv;
pub(crate) mod folders;
pub(crate) mod idx;
mod netpbm;
pub(crate) mod npy;
mod npz;
pub mod png;
mod raw;
mod text;

use super::container::members::Members;
use super::dataset::{Dataset, Options};
use super::error::Error;
use super::sniff;
use super::wanted::{Block, Wanted};

pub(crate) use cifar::pickle;

/// Whether a file of this name lists the names of classes.
pub(crate) fn is_names(name: &str) -> bool {
    cifar::is_names(name) || idx::is_mapping(name)
}

/// A format of data sets, recognised by the names of their files.
pub(crate) struct SetReader {
    /// Its name in messages.
    pub(crate) name: &'static str,
    /// The set that a file of this name (without folders and `.gz`) is part of: what tells it from other sets
    /// of the format, often nothing.
    pub(crate) set_of: fn(&str) -> Option<&str>,
    /// Reads this set.
    pub(crate) load: fn(&mut Members, &str, &Options) -> Result<Dataset, Error>,
    /// Recognised only to say what to get instead, and only where there is no other set.
    pub(crate) is_refused: bool,
}

/// A format of pictures, recognised by the first bytes of a file.
pub(crate) struct PictureReader {
    /// Whether a file is of this format.
    pub(crate) begins: fn(&[u8]) -> bool,
    /// Reads the picture, or all of them, at an offset, which is moved behind them; or takes all bytes away.
    /// Its errors have no place.
    pub(crate) next: fn(&mut Vec<u8>, &mut usize, &Wanted) -> Result<Block, Error>,
}

/// All formats of data sets. The first that recognises a file reads it.
pub(crate) static SETS: [SetReader; 8] = [
    SetReader { name: "IDX", set_of: idx::set_of, load: idx::load, is_refused: false },
    SetReader { name: "CIFAR-10", set_of: cifar::is_10, load: cifar::load_10, is_refused: false },
    SetReader { name: "CIFAR-100", set_of: cifar::is_100, load: cifar::load_100, is_refused: false },
    SetReader { name: "text rows", set_of: text::is_part, load: text::load, is_refused: false },
    SetReader { name: "npz", set_of: npz::is_archive, load: npz::load_archive, is_refused: false },
    SetReader { name: "NumPy arrays", set_of: npz::is_array, load: npz::load, is_refused: false },
    SetReader { name: csv::NAME, set_of: csv::set_of, load: csv::load, is_refused: false },
    SetReader {
        name: "CIFAR for Python",
        set_of: cifar::is_pickle,
        load: cifar::load_pickle,
        is_refused: true,
    },
];

/// All formats of pictures, likewise.
pub(crate) static PICTURES: [PictureReader; 4] = [
    PictureReader { begins: sniff::is_idx, next: idx::next },
    PictureReader { begins: sniff::is_netpbm, next: |bytes, at, wanted| netpbm::next(bytes, at, wanted) },
    PictureReader { begins: sniff::is_png, next: |bytes, at, wanted| png::next(bytes, at, wanted) },
    PictureReader { begins: |bytes| !sniff::is_known(bytes), next: raw::next },
];
