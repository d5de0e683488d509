//! Pictures to be labelled: any format that gives D bytes a picture.

use super::cifar::{self, Record};
use super::content::Content;
use super::error::{Error, Fault};
use super::fit::{is_known, squared};
use super::source::Contents;
use super::{fit, idx, netpbm, png};
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
/// 3. PNG, as [`png::decode`] reads it, of the model's height and width: colours become grey for a model of
///    greys (programs save grey pictures either way), greys three equal planes for one of colours.
/// 4. A web page, JPEG, GIF, WebP, BMP, TIFF, HEIC, PBM, PAM, PFM, zip, Parquet, NumPy, pickle, tar, a model or
///    an empty file: an error that says so.
/// 5. CIFAR records, where D is 3,072: a multiple of 3,073 bytes with every label below 10, else a multiple of
///    3,074 with every label below 100. (3,073 raw pictures are as long as 3,072 records: the labels decide.)
/// 6. Raw bytes: a multiple of D.
///
/// # Errors
/// [`Error`] where the file cannot be read, or is none of these, or breaks its format's rules.
///
/// # Panics
/// If `picture` has no pixels.
pub fn load_pictures(path: &Path, picture: Picture) -> Result<Pictures, Error> {
    let features = picture.pixels() as usize;
    assert!(features > 0, "a model's picture has pixels");
    let contents = Contents::read(path, |head| match idx::shape_of(head) {
        Some(found) => check_shape(found, picture, &head.file),
        None => Ok(()),
    })?;
    let (pixels, labels) = match Content::of(&contents.bytes) {
        Content::Idx => (of_idx(contents, picture)?, None),
        Content::Netpbm => {
            let mut pixels = Vec::new();
            netpbm::read(&contents, Some(picture), |_, more| append(&mut pixels, more, &contents.file))?;
            (pixels, None)
        }
        Content::Png => (as_is(decode(&contents)?, picture, &contents)?, None),
        Content::Unknown => of_bytes(contents, features)?,
        _ => return Err(contents.foreign(FORMATS)),
    };
    Ok(Pictures { pixels, labels, features })
}

/// As [`load_pictures`], but of PNG, PGM, PPM and IDX takes pictures of any size, and makes all to measure for the
/// model, as [`fit`](super::fit()) says: for pictures that people drew or took themselves. `take` gets the D pixels
/// of one after the other: small ones in a large number become much more than the file.
///
/// A model of greys whose shape is not known (1 x 1 x D) is taken for a square one.
///
/// # Errors
/// As [`load_pictures`]; where there is nothing on a picture; where the model cannot be square; the first of `take`.
///
/// # Panics
/// If `picture` has no pixels.
pub fn load_fitted<E: From<Error>>(
    path: &Path,
    picture: Picture,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let contents = Contents::read(path, |_| Ok(()))?;
    let (file, features) = (contents.file.clone(), picture.pixels() as usize);
    let picture = squared(picture).ok_or_else(|| Error::of(&file, Fault::NoShape { features }))?;
    let mut take_all = |found: Picture, all: &[u8]| {
        let is_grey_of_colours = (found.channels, picture.channels) == (3, 1);
        if found.channels != 1 && found.channels != picture.channels && !is_grey_of_colours {
            return Err(Error::of(&file, Fault::ModelShape { found, expected: picture }).into());
        }
        all.chunks_exact(found.pixels() as usize).try_for_each(|original| {
            let fitted = fit::fit(found, original, picture);
            take(&fitted.map_err(|fit::Blank| Error::of(&file, Fault::Blank))?)
        })
    };
    match Content::of(&contents.bytes) {
        Content::Idx => {
            let (found, all) = idx::pictures(contents)?;
            let features = found.pixels() as usize;
            let found = squared(found).ok_or_else(|| Error::at(&file, 8, Fault::NoShape { features }))?;
            take_all(found, &all)
        }
        Content::Netpbm => netpbm::read(&contents, None, |found, one| take_all(found, &one)),
        Content::Png => {
            let png::Image { shape, pixels } = decode(&contents)?;
            take_all(shape, &pixels)
        }
        Content::Unknown => take_all(picture, &of_bytes(contents, features)?.0),
        _ => Err(contents.foreign(FORMATS).into()),
    }
}

const FORMATS: &str = "PNG, PGM, PPM, IDX, CIFAR records or raw bytes";

/// Adds a picture's pixels to those before it.
fn append(pixels: &mut Vec<u8>, more: Vec<u8>, file: &str) -> Result<(), Error> {
    if pixels.is_empty() {
        *pixels = more;
        return Ok(());
    }
    pixels.try_reserve(more.len()).map_err(|_| Error::memory(file, pixels.len() + more.len()))?;
    pixels.extend(more);
    Ok(())
}

fn decode(contents: &Contents) -> Result<png::Image, Error> {
    png::decode(&contents.bytes).map_err(|error| Error::at(&contents.file, error.offset, Fault::Png(error)))
}

/// The pixels of a picture of the model's height and width, with the model's channels.
fn as_is(image: png::Image, model: Picture, contents: &Contents) -> Result<Vec<u8>, Error> {
    let png::Image { shape: found, mut pixels } = image;
    let area = usize::from(found.height) * usize::from(found.width);
    let fits = |channels| {
        let shape = Picture { channels, ..found };
        shape == model || (!is_known(model) && shape.pixels() == model.pixels())
    };
    let channels = [found.channels, 1, 3].into_iter().find(|&channels| fits(channels));
    match channels {
        Some(channels) if channels == found.channels => {}
        Some(1) => pixels = (0..area).map(|at| fit::luma(&pixels, area, at)).collect(),
        Some(_) => pixels = pixels.repeat(3),
        // The size stands in the first chunk, after its name.
        None => return Err(contents.error(16, Fault::ModelShape { found, expected: model })),
    }
    Ok(pixels)
}

/// The pixels of IDX images, if they are of the model's shape.
fn of_idx(contents: Contents, picture: Picture) -> Result<Vec<u8>, Error> {
    let file = contents.file.clone();
    let (found, pixels) = idx::pictures(contents)?;
    check_shape(found, picture, &file)?;
    Ok(pixels)
}

/// Whether IDX images are of the model's shape.
fn check_shape(found: Picture, model: Picture, file: &str) -> Result<(), Error> {
    if found.pixels() != model.pixels() {
        let (found, expected) = (found.pixels() as usize, model.pixels() as usize);
        Err(Error::at(file, 8, Fault::Features { found, expected }))
    } else if is_known(found) && is_known(model) && found != model {
        Err(Error::at(file, 8, Fault::ModelShape { found, expected: model }))
    } else {
        Ok(())
    }
}

/// The pixels, and the labels if they are CIFAR records, of bytes that say nothing of themselves.
fn of_bytes(contents: Contents, features: usize) -> Result<(Vec<u8>, Option<Vec<u8>>), Error> {
    if let Some(record) = cifar_record(&contents.bytes, features) {
        let mut labels = Vec::new();
        let pixels = record.split(contents, usize::MAX, &mut labels)?;
        return Ok((pixels, Some(labels)));
    }
    let found = contents.bytes.len();
    if found % features != 0 {
        return Err(match cifar_record(&contents.bytes, cifar::FEATURES) {
            Some(_) => contents.error(0, Fault::Cifar { expected: features }),
            None => Error::of(&contents.file, Fault::RawLength { found, features }),
        });
    }
    Ok((contents.bytes, None))
}

/// The kind of CIFAR record that `bytes` are made of.
fn cifar_record(bytes: &[u8], features: usize) -> Option<Record> {
    [Record::TEN, Record::FINE].into_iter().find(|record| features == cifar::FEATURES && record.fits(bytes))
}
