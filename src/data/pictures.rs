//! Pictures to be labelled: any format that gives D bytes a picture.

use super::cifar::{self, Record};
use super::content::Content;
use super::error::{Error, Fault};
use super::source::Contents;
use super::{idx, netpbm};
use crate::weights::Picture;
use std::path::Path;
use std::vec::Vec;

/// Pictures of D pixels each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pictures {
    /// The pixels, (N, D) row-major.
    pub pixels: Vec<u8>,
    /// The labels, where the format has them: CIFAR records (of CIFAR-100 the fine ones).
    pub labels: Option<Vec<u8>>,
    features: usize,
}

impl Pictures {
    /// N, the number of pictures.
    pub fn len(&self) -> usize {
        self.pixels.len() / self.features
    }

    /// Whether there are none; [`load_pictures`] never gives none.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }
}

/// Reads pictures for a model that takes `picture`, from a file or, for "-", standard input; raw or gzip.
///
/// The format is the first of these that the content shows:
/// 1. IDX, by its four magic bytes: u8 images with D pixels each, in the model's shape where both have one.
/// 2. PGM or PPM, by `P2`, `P3`, `P5` or `P6` and white space: one or more pictures of the model's shape.
///    PPM becomes planes (red, green, blue); a greatest value other than 255 is scaled to it.
/// 3. A web page, PNG, JPEG, PBM, PAM, PFM, zip, Parquet, NumPy, pickle, tar, a model or an empty file: an error
///    that says so.
/// 4. CIFAR records, where D is 3,072: a multiple of 3,073 bytes with every label below 10, else a multiple of
///    3,074 with every label below 100. (3,073 raw pictures are as long as 3,072 records: the labels decide.)
/// 5. Raw bytes: a multiple of D.
///
/// # Errors
/// [`Error`] where the file cannot be read, or is none of these, or breaks its format's rules.
///
/// # Panics
/// If `picture` has no pixels.
pub fn load_pictures(path: &Path, picture: Picture) -> Result<Pictures, Error> {
    let contents = Contents::read(path)?;
    let features = picture.pixels() as usize;
    assert!(features > 0, "a model's picture has pixels");
    let (pixels, labels) = match Content::of(&contents.bytes) {
        Content::Idx => {
            let file = contents.file.clone();
            let (found, pixels) = idx::pictures(contents)?;
            let fault = if found.pixels() != picture.pixels() {
                Some(Fault::Features { found: found.pixels() as usize, expected: features })
            } else {
                let differ = is_known(found) && is_known(picture) && found != picture;
                differ.then_some(Fault::ModelShape { found, expected: picture })
            };
            if let Some(fault) = fault {
                return Err(Error::at(&file, 8, fault));
            }
            (pixels, None)
        }
        Content::Netpbm => {
            let mut pixels = Vec::new();
            netpbm::read(&contents, picture, &mut pixels)?;
            (pixels, None)
        }
        Content::Unknown => match cifar_record(&contents.bytes, features) {
            Some(record) => {
                let mut labels = Vec::new();
                let pixels = record.split(contents, usize::MAX, &mut labels)?;
                (pixels, Some(labels))
            }
            None => {
                let found = contents.bytes.len();
                if found % features != 0 {
                    return Err(match cifar_record(&contents.bytes, cifar::FEATURES) {
                        Some(_) => contents.error(0, Fault::Cifar { expected: features }),
                        None => Error::of(&contents.file, Fault::RawLength { found, features }),
                    });
                }
                (contents.bytes, None)
            }
        },
        _ => return Err(contents.foreign("IDX, CIFAR records, PGM, PPM or raw bytes")),
    };
    Ok(Pictures { pixels, labels, features })
}

/// Whether a shape is more than a number of pixels.
fn is_known(picture: Picture) -> bool {
    picture.channels > 1 || picture.height > 1
}

/// The kind of CIFAR record that `bytes` are made of.
fn cifar_record(bytes: &[u8], features: usize) -> Option<Record> {
    [Record::TEN, Record::FINE].into_iter().find(|record| features == cifar::FEATURES && record.fits(bytes))
}
