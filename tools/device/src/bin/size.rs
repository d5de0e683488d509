//! Nothing but `Model::new` and `predict`, never run: its sections are what these two need, the CRC included.
#![cfg_attr(any(target_os = "none", target_family = "wasm"), no_std, no_main)]

use core::hint::black_box;
#[cfg(not(int8))]
use monolayer::infer::Model;
#[cfg(int8)]
use monolayer::infer::int8::Model;

#[cfg(any(target_os = "none", target_family = "wasm"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

// SAFETY: the only function of that name.
#[cfg_attr(any(target_os = "none", target_family = "wasm"), unsafe(no_mangle))]
extern "C" fn _start() {
    let (file, pixels): (&[u8], &[u8]) = (black_box(&[]), black_box(&[]));
    if let Ok(model) = Model::new(file) {
        let _ = black_box(model.predict(pixels, black_box(&mut [])));
    }
}

#[cfg(not(any(target_os = "none", target_family = "wasm")))]
fn main() {
    _start();
}
