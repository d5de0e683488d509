//! Runs the pictures of the file `pictures` (D bytes each) through the model that the program carries; prints
//! their classes, checksums of all logits' and all probabilities' bits, and the stack that `predict` and
//! `Model::new` took.
#![cfg_attr(any(target_os = "none", target_family = "wasm"), no_std, no_main)]

use core::hint::black_box;
use device::inference::{Model, Word, bits, scratch_len};
use device::model::{CLASSES, FEATURES, HIDDEN, LEN};
use device::{CHECKSUM_OF_NOTHING, Line, checksum, mark, semihosting, stack};
use monolayer::weights::Aligned;

const SCRATCH: usize = scratch_len(HIDDEN, CLASSES);

/// The model's file, under a name by which the plugin can be told where it lies.
#[unsafe(no_mangle)]
static MODEL: Aligned<[u8; LEN]> = Aligned(*include_bytes!(env!("MODEL_FILE")));

/// The class of a picture: what is counted and measured. The scratch is in its frame.
#[inline(never)]
fn classify(model: &Model<'_>, pixels: &[u8; FEATURES]) -> usize {
    let mut scratch = [Word::default(); SCRATCH];
    model.predict(pixels, &mut scratch).unwrap_or(usize::MAX)
}

/// The probability of each class; none of a picture that does not fit.
fn soft(model: &Model<'_>, pixels: &[u8], scratch: &mut [Word]) -> [f32; CLASSES] {
    let mut out = [0.0; CLASSES];
    #[cfg(int8)]
    let _ = model.probabilities(pixels, scratch, &mut out);
    #[cfg(not(int8))]
    if let Ok(probabilities) = model.probabilities(pixels, scratch) {
        out.copy_from_slice(probabilities);
    }
    out
}

#[inline(never)]
fn load() -> Option<Model<'static>> {
    Model::new(black_box(&MODEL.0)).ok()
}

fn run() -> bool {
    let mut model = None;
    let new_stack = stack::taken(|| model = load());
    let (Some(model), Some(mut pictures)) = (model, semihosting::open(b"pictures\0")) else {
        Line::new("no model, or no file `pictures`").print();
        return false;
    };
    let mut pixels = [0; FEATURES];
    let (mut images, mut deepest) = (0, Some(0));
    let (mut logits, mut probabilities) = (CHECKSUM_OF_NOTHING, CHECKSUM_OF_NOTHING);
    let mut classes = Line::new("classes ");
    while pictures.read(&mut pixels) == FEATURES {
        let mut class = 0;
        let depth = stack::taken(|| {
            mark::count_begin();
            class = classify(&model, black_box(&pixels));
            mark::count_end();
        });
        deepest = deepest.max(depth).filter(|_| depth.is_some());
        let mut scratch = [Word::default(); SCRATCH];
        logits = checksum(logits, bits(model.logits(&pixels, &mut scratch).unwrap_or(&mut [])));
        probabilities =
            checksum(probabilities, soft(&model, &pixels, &mut scratch).map(f32::to_bits).into_iter());
        classes = classes.number(class as u32);
        images += 1;
        if images % 100 == 0 {
            classes.print();
            classes = Line::new("classes ");
        }
    }
    if images % 100 != 0 {
        classes.print();
    }
    Line::new("images ")
        .number(images)
        .text(" logits ")
        .hex(logits)
        .text(" probabilities ")
        .hex(probabilities)
        .print();
    let (Some(deepest), Some(new_stack)) = (deepest, new_stack) else {
        Line::new("more stack than can be measured").print();
        return false;
    };
    Line::new("stack ").number(deepest as u32).text(" new ").number(new_stack as u32).print();
    true
}

device::program!(run);
