//! A bare machine, as far as running a model on it goes: start-up, semihosting, stack and instruction marks.
//!
//! The programs in `bin/` are the same on every target: a Cortex-M board, `qemu-riscv32` and `qemu-aarch64`
//! in user mode, WebAssembly, and the host, where the standard library stands in for semihosting.
#![cfg_attr(any(target_os = "none", target_family = "wasm"), no_std)]

#[cfg_attr(not(any(target_os = "none", target_family = "wasm")), path = "host.rs")]
pub mod semihosting;
pub mod stack;

#[cfg(target_arch = "arm")]
#[path = "start/cortex_m.rs"]
mod start;
#[cfg(all(target_os = "none", not(target_arch = "arm")))]
#[path = "start/user.rs"]
mod start;

mod print;
pub use print::Line;

/// The sizes of the model that the programs carry; all 0 if they were built without one.
pub mod model {
    include!(concat!(env!("OUT_DIR"), "/model.rs"));
}

/// The inference core for the kind of weights that the programs' model has.
pub mod inference {
    #[cfg(int8)]
    pub use monolayer::infer::int8::{Model, scratch_len};
    #[cfg(not(int8))]
    pub use monolayer::infer::{Model, scratch_len};

    /// What scratch and logits are made of.
    #[cfg(int8)]
    pub type Word = i32;
    /// What scratch and logits are made of.
    #[cfg(not(int8))]
    pub type Word = f32;

    /// The bits of logits.
    #[cfg(int8)]
    pub fn bits(logits: &[Word]) -> impl Iterator<Item = u32> {
        logits.iter().map(|logit| *logit as u32)
    }
    /// The bits of logits.
    #[cfg(not(int8))]
    pub fn bits(logits: &[Word]) -> impl Iterator<Item = u32> {
        logits.iter().map(|logit| logit.to_bits())
    }
}

/// The functions between which the plugin counts. Their bodies differ, so that no linker makes them one.
pub mod mark {
    use core::hint::black_box;

    /// What comes after this call counts.
    #[inline(never)]
    #[unsafe(no_mangle)]
    pub extern "C" fn count_begin() {
        black_box(1);
    }

    /// What comes before this call counted.
    #[inline(never)]
    #[unsafe(no_mangle)]
    pub extern "C" fn count_end() {
        black_box(2);
    }
}

/// What [`checksum`] begins with.
pub const CHECKSUM_OF_NOTHING: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a-64, gone on with from `sum`, over `words`, the least byte of each first.
pub fn checksum(sum: u64, words: impl Iterator<Item = u32>) -> u64 {
    words
        .flat_map(u32::to_le_bytes)
        .fold(sum, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

/// Makes `$main`, a `fn() -> bool`, the program: it ends with 0 if that gives true, else with 1.
#[macro_export]
macro_rules! program {
    ($main:path) => {
        #[cfg(any(target_os = "none", target_family = "wasm"))]
        // SAFETY: the only function of that name; the start-up code, or the wasm host, calls it once.
        #[unsafe(no_mangle)]
        extern "C" fn program() -> ! {
            $crate::semihosting::exit($main())
        }
        #[cfg(not(any(target_os = "none", target_family = "wasm")))]
        fn main() {
            $crate::semihosting::exit($main())
        }
    };
}

#[cfg(any(target_os = "none", target_family = "wasm"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    semihosting::print(b"panicked\n\0");
    semihosting::exit(false)
}
