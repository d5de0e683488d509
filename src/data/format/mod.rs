//! The formats of data, one file each, and the table of them.

mod cifar;
pub(crate) mod idx;
mod netpbm;
pub mod png;
mod raw;
mod text;

use super::container::contents::Contents;
use super::container::members::Members;
use super::dataset::{Dataset, Options};
use super::error::Error;
use super::sniff;
use super::wanted::{Block, Wanted};

pub(crate) use cifar::{is_names, pickle};

/// One format of data.
pub(crate) struct Format {
    /// Its name in messages.
    pub(crate) name: &'static str,
    /// How its data sets are recognised, by the names of their files, and read.
    pub(crate) sets: Option<SetReader>,
    /// How its pictures are recognised, by the first bytes of a file, and read.
    pub(crate) pictures: Option<PictureReader>,
}

/// The data sets of a format.
#[derive(Clone, Copy)]
pub(crate) struct SetReader {
    /// The set that a file of this name (without folders and `.gz`) is part of: what tells it from other sets
    /// of the format, often nothing.
    pub(crate) set_of: fn(&str) -> Option<&str>,
    /// Reads this set.
    pub(crate) load: fn(&mut Members, &str, &Options) -> Result<Dataset, Error>,
    /// Recognised only to say what to get instead, and only where there is no other set.
    pub(crate) is_refused: bool,
}

/// The pictures of a format.
#[derive(Clone, Copy)]
pub(crate) struct PictureReader {
    /// Whether a file is of this format.
    pub(crate) begins: fn(&[u8]) -> bool,
    /// Reads the picture, or all of them, at an offset, which is moved behind them; or takes all bytes away.
    pub(crate) next: fn(&mut Contents, &mut usize, &Wanted) -> Result<Block, Error>,
}

const fn sets(
    set_of: fn(&str) -> Option<&str>,
    load: fn(&mut Members, &str, &Options) -> Result<Dataset, Error>,
) -> Option<SetReader> {
    Some(SetReader { set_of, load, is_refused: false })
}

const fn pictures(
    begins: fn(&[u8]) -> bool,
    next: fn(&mut Contents, &mut usize, &Wanted) -> Result<Block, Error>,
) -> Option<PictureReader> {
    Some(PictureReader { begins, next })
}

const PICKLES: Option<SetReader> =
    Some(SetReader { set_of: cifar::is_pickle, load: cifar::load_pickle, is_refused: true });

/// All formats. The first that recognises a file reads it.
pub(crate) static FORMATS: [Format; 8] = [
    Format { name: "IDX", sets: sets(idx::set_of, idx::load), pictures: pictures(sniff::is_idx, idx::next) },
    Format { name: "CIFAR-10", sets: sets(cifar::is_10, cifar::load_10), pictures: None },
    Format { name: "CIFAR-100", sets: sets(cifar::is_100, cifar::load_100), pictures: None },
    Format { name: "text rows", sets: sets(text::is_part, text::load), pictures: None },
    Format { name: "CIFAR for Python", sets: PICKLES, pictures: None },
    Format { name: "PGM or PPM", sets: None, pictures: pictures(sniff::is_netpbm, netpbm::next) },
    Format { name: "PNG", sets: None, pictures: pictures(sniff::is_png, png::next) },
    Format { name: "raw", sets: None, pictures: pictures(|bytes| !sniff::is_known(bytes), raw::next) },
];
