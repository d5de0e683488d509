//! Runs the rows of the file `rows` (D floats each) through a table's model that the program carries: prints
//! checksums of all their bytes and of all logits' bits.
#![cfg_attr(any(target_os = "none", target_family = "wasm"), no_std, no_main)]

use device::inference::{Model, Word, bits, scratch_len};
use device::model::{CLASSES, FEATURES, HIDDEN};
use device::{CHECKSUM_OF_NOTHING, Line, checksum, semihosting};

/// The model's file, in flash.
static MODEL: &[u8] = monolayer::include_model!(env!("MODEL_FILE"));

/// The checksums go on over a row; `None` where the model does not take it.
fn eat(model: &Model<'_>, row: &[u8], [sum, logits]: [u64; 2]) -> Option<[u64; 2]> {
    let (mut features, mut bytes) = ([0.0; FEATURES], [0; FEATURES]);
    for (feature, word) in features.iter_mut().zip(row.chunks_exact(4)) {
        *feature = f32::from_le_bytes(word.try_into().ok()?);
    }
    model.features(&features, &mut bytes).ok()?;
    let mut scratch = [Word::default(); scratch_len(HIDDEN, CLASSES)];
    let found = model.logits(&bytes, &mut scratch).ok()?;
    Some([checksum(sum, bytes.into_iter().map(u32::from)), checksum(logits, bits(found))])
}

fn run() -> bool {
    let (Ok(model), Some(mut rows)) = (Model::new(MODEL), semihosting::open(b"rows\0")) else {
        Line::new("no model, or no file `rows`").print();
        return false;
    };
    let (mut row, mut sums, mut count) = ([0; 4 * FEATURES], [CHECKSUM_OF_NOTHING; 2], 0);
    while rows.read(&mut row) == 4 * FEATURES && count < u32::MAX {
        let Some(next) = eat(&model, &row, sums) else {
            Line::new("the model has no map of features").print();
            return false;
        };
        (sums, count) = (next, count + 1);
    }
    Line::new("rows ").number(count).text(" bytes ").hex(sums[0]).text(" logits ").hex(sums[1]).print();
    count > 0
}

device::program!(run);
