//! Pictures in bytes that say nothing of themselves: CIFAR records, or the pixels alone.

use super::cifar::{self, Record};
use crate::data::container::contents::Contents;
use crate::data::error::Error;
use crate::data::wanted::{Block, Wanted};

/// All pictures. They are CIFAR records where D is 3,072 and the bytes a multiple of 3,073 with every label
/// below 10, else of 3,074 with every label below 100. (3,073 raw pictures are as long as 3,072 records: the
/// labels decide.)
pub(crate) fn next(contents: &mut Contents, _: &mut usize, wanted: &Wanted) -> Result<Block, Error> {
    let features = wanted.model.pixels() as usize;
    let contents = contents.take();
    let record = [Record::TEN, Record::FINE].into_iter().find(|record| record.fits(&contents.bytes));
    if let Some(record) = record.filter(|_| features == cifar::FEATURES) {
        let mut labels = Vec::new();
        let pixels = record.split(contents, usize::MAX, &mut labels)?;
        return Ok(Block { shape: wanted.model, pixels, labels: Some(labels) });
    }
    let found = contents.bytes.len();
    if found % features == 0 {
        return Ok(Block { shape: wanted.model, pixels: contents.bytes, labels: None });
    }
    Err(if record.is_some() {
        let expected =
            format!("pictures of the model's {features} pixels; use a model that was trained on CIFAR");
        contents.error(0, "CIFAR records, pictures of 3 x 32 x 32", expected)
    } else {
        let expected = format!("IDX, CIFAR records, PNG, PGM, PPM, or {features} raw bytes a picture");
        Error::new(format!("{found} bytes of no known format"), expected).of(&contents.place)
    })
}
