//! A program with no operating system, no allocator and no libc, whose panic handler calls a function that
//! does not exist: it links only if the linker finds no way to a panic. `tests/freestanding.rs` builds it.
#![no_std]
#![no_main]

use core::hint::black_box;
use monolayer::infer::{Model, int8, scratch_len};

unsafe extern "C" {
    /// Defined nowhere.
    fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: a program that could come here is never linked.
    unsafe { a_panic_is_reachable() }
}

// SAFETY: the only function of that name in this program.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    let (file, pixels): (&[u8], &[u8]) = (black_box(&[]), black_box(&[]));
    let (features, mut bytes): (&[f32], [u8; 9]) = (black_box(&[]), black_box([0; 9]));
    if let Ok(model) = Model::new(file) {
        let mut scratch = [0.0; scratch_len(300, 128)];
        let _ = black_box(model.features(features, &mut bytes));
        let _ = black_box(model.predict(pixels, &mut scratch));
        let _ = black_box(model.logits(pixels, &mut scratch));
        let _ = black_box(model.probabilities(pixels, &mut scratch));
    }
    if let Ok(model) = int8::Model::new(file) {
        let mut scratch = [0; int8::scratch_len(300, 128)];
        let mut probabilities = [0.0; 128];
        let _ = black_box(model.features(features, &mut bytes));
        let _ = black_box(model.predict(pixels, &mut scratch));
        let _ = black_box(model.logits(pixels, &mut scratch));
        let _ = black_box(model.probabilities(pixels, &mut scratch, &mut probabilities));
    }
    #[cfg(control)]
    black_box(pixels[black_box(1)]);
    loop {}
}
