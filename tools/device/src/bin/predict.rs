//! The smallest firmware that uses a model: the class of the one picture in the file `picture`, D bytes.
#![cfg_attr(any(target_os = "none", target_family = "wasm"), no_std, no_main)]

use device::inference::{Model, Word, scratch_len};
use device::model::{CLASSES, FEATURES, HIDDEN};
use device::{Line, semihosting};

/// The model's file, in flash.
static MODEL: &[u8] = monolayer::include_model!(env!("MODEL_FILE"));

fn classify(pixels: &[u8]) -> Option<usize> {
    let model = Model::new(MODEL).ok()?;
    let mut scratch = [Word::default(); scratch_len(HIDDEN, CLASSES)];
    model.predict(pixels, &mut scratch).ok()
}

fn run() -> bool {
    let mut pixels = [0; FEATURES];
    let read = semihosting::open(b"picture\0").map(|mut file| file.read(&mut pixels));
    match classify(&pixels).filter(|_| read == Some(FEATURES)) {
        Some(class) => Line::new("class ").number(class as u32).print(),
        None => Line::new("no model, or no file `picture` of its size").print(),
    }
    true
}

device::program!(run);
