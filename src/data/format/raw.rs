//! Pictures in bytes that say nothing of themselves: CIFAR records, rows of text, or the pixels alone.

use super::cifar::{self, Record};
use super::text;
use crate::data::error::Error;
use crate::data::wanted::{Block, Wanted};

/// All pictures. They are CIFAR records where D is 3,072 and the bytes a multiple of 3,073 with every label
/// below 10, else of 3,074 with every label below 100. (3,073 raw pictures are as long as 3,072 records: the
/// labels decide.) They are rows of text where the first line has D numbers and nothing else, or where they
/// are not a multiple of D bytes and the first line has other numbers.
pub(crate) fn next(bytes: &mut Vec<u8>, _: &mut usize, wanted: &Wanted) -> Result<Block, Error> {
    let features = wanted.model.pixels() as usize;
    let mut pixels = core::mem::take(bytes);
    let is_whole = pixels.len() % features == 0;
    if text::first_row(&pixels).is_some_and(|found| found == features && features > 1 || !is_whole) {
        return Ok(Block { shape: wanted.model, pixels: text::pixels(&pixels, features)?, labels: None });
    }
    let record = [Record::TEN, Record::FINE].into_iter().find(|record| record.fits(&pixels));
    let mut labels = None;
    match record {
        Some(record) if features == cifar::FEATURES => {
            pixels = record.split(pixels, usize::MAX, labels.insert(Vec::new()))?;
        }
        _ if is_whole => {}
        Some(_) => {
            let expected =
                format!("pictures of the model's {features} pixels; use a model that was trained on CIFAR");
            return Err(Error::at(0, "CIFAR records, pictures of 3 x 32 x 32", expected));
        }
        None => {
            let found = format!("{} bytes of no known format", pixels.len());
            let expected =
                format!("IDX, CIFAR records, PNG, PGM, PPM, or {features} raw bytes or numbers a picture");
            return Err(Error::new(found, expected));
        }
    }
    Ok(Block { shape: wanted.model, pixels, labels })
}
