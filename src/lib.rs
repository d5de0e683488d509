//! Trains a perceptron with one hidden layer, and runs it on devices, with the same bits on every machine.
//!
//! Training needs nothing but `std`, inference nothing but `core`: no allocator and no operating system.
//! There are no dependencies.
//!
//! ```
//! # #[cfg(not(all(feature = "std", feature = "digits")))]
//! # fn main() {}
//! # #[cfg(all(feature = "std", feature = "digits"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use monolayer::{data, infer, train, weights};
//!
//! // 5,000 digits of MNIST to train on and 1,000 to test on are part of the crate.
//! let digits = data::digits()?;
//! let config = train::Config { hidden: 30, epochs: 3, lr: 0.005, ..Default::default() };
//! let machine = train::Machine::best(); // decides the speed, never the result
//! let fit = train::fit(&digits.train, digits.classes.len(), &config, machine)?;
//! let result = train::evaluate(&fit.network.params(), &digits.test, machine)?;
//! println!("{} errors in {} images", result.faults, digits.test.len());
//! # assert!(result.faults < 150);
//!
//! // The bytes of a model file: for `std::fs::write`, or for a firmware.
//! let names: Vec<&str> = digits.classes.iter().map(String::as_str).collect();
//! let about = weights::About::new(digits.picture, &names);
//! let bytes = weights::to_vec(&fit.network.params(), about)?;
//!
//! // On a device: the file is used in place. `include_model!("digits.mono")` gives its bytes, aligned.
//! let file = weights::ModelFile::new(bytes)?;
//! let model = infer::Model::new(file.bytes())?;
//! let mut scratch = [0.0; infer::scratch_len(30, 10)];
//! let class = model.predict(digits.test.image(0), &mut scratch)?;
//! assert_eq!(class, usize::from(result.predictions[0]));
//! # Ok(()) }
//! ```
//!
//! The folder `examples` has whole programs; the command `monolayer` trains, tests, predicts and exports
//! without a line of Rust.
//!
//! # Promises
//!
//! * **The same bits.** Weights, logits and probabilities follow from the data, the configuration and the
//!   seed alone. Instruction set, number of workers and blocking change the speed only. CONTRACT.md specifies
//!   every operation, and the sources cite its sections. If one bit of a result changes, so does
//!   [`CONTRACT_VERSION`].
//! * **No surprise on a device.** Inference allocates nothing, and no panic can be reached from it.
//! * **Input is not trusted.** Files and arguments that are wrong give errors, never panics. Sizes are
//!   checked before memory is allocated.
//! * **Little to audit.** `unsafe` is confined to one private module, files are written by `store` alone, and
//!   nothing uses the network.
//!
//! # Where to begin
//!
//! To use it:
//!
//! * [`train`] trains in one call (`fit`) or epoch by epoch (`Session`), and tests (`evaluate`); its
//!   `Predictor` predicts faster than [`infer`], in vectors and on several threads.
//! * [`data`] loads IDX, CIFAR and text files, or takes arrays in memory.
//! * [`weights`] writes and checks model files, [`infer`] runs them in `core`.
//! * [`export`] writes C, Rust, ONNX, safetensors, npz and a page to draw on; [`import`] reads safetensors
//!   and npz.
//!
//! To read it, from the specification to the fast paths:
//!
//! 1. CONTRACT.md: the arithmetic, from one operation to a whole run.
//! 2. [`infer`]: the model forwards, without vectors.
//! 3. [`train`]: the formulas of the gradient; then `train::plain`, which is all of training in plain loops.
//! 4. `linalg::specification`: the products in plain loops, which the fast ones equal bit for bit.
//! 5. `math`, from `exp` on: functions written once for every instruction set.
//! 6. `train`'s `layers.rs` and `run.rs`, `linalg`, `simd`: the fast paths.
//!
//! # Features
//!
//! All are on by default.
//!
//! * `std`: training, data, export, import and the command. Without it the crate is `no_std`, without
//!   `alloc`.
//! * `avx512`: AVX-512 kernels. They need Rust 1.89, the rest 1.85.
//! * `digits`: `data::digits`, 1 MB of MNIST, which has a licence of its own (CC BY-SA 3.0).
//!
//! # Limits
//!
//! One hidden layer of 1 to 65,536 units (softplus, tanh, cos or relu), 2 to 128 classes, features of one
//! byte each, minibatch gradient ascent with L2. No momentum, no data augmentation, no GPU. Targets are
//! little-endian with correctly rounded binary32 arithmetic: others are refused, when the crate is compiled
//! or before a run.
//!
//! # Layers
//!
//! ```text
//! files ── store ──► data ──► train ──► weights ──► infer
//!                               ▲ │                   on a device: the file's bytes, some scratch, `core`
//!           linalg, math, rng ──┘ └──► export, the command
//!           over simd: one source
//!           for every instruction set
//! ```
//!
//! A layer may use what the last column names and nothing else. "All above" means the rows above it, and
//! [`CONTRACT_VERSION`], [`Activation`], [`Isa`] and [`numeric`]. `tests/layers.rs` reads this table and
//! checks every path in the sources. `lab` and `cli` belong to the command, a crate of its own. Lanes beyond
//! the last unit or class are padding: they enter no sum, no file and no fingerprint.
//!
//! | layer | module | contents | what it may use |
//! |---|---|---|---|
//! | L0 | `simd` | vector operations, dispatch, exact fma; the only `unsafe` | `core` |
//! | L1 | `math` | elementwise functions, written once over `simd::Simd` | `simd` |
//! | L1 | `linalg` | panels of weights, products of matrices; the caller passes scratch | `simd` |
//! | L1 | [`rng`] | xorshift64*, seeding, uniforms, normals, Fisher–Yates shuffling | `simd`, `math` |
//! | L1 | [`weights`] | the model file: writer and checked view | `simd::words`, `simd::keep_rolled`, `simd::ArithmeticFault`, `simd::ROUND`, `math::Activation`, `CONTRACT_VERSION` |
//! | L2 | [`infer`] | inference in f32 and int8 | `simd`, `math`, `linalg`, `weights` |
//! | — | the std line | above it `core` only | |
//! | L3 | [`store`] | files, written whole or not at all; the only module that opens them | `std` |
//! | L3 | [`json`] | JSON values, writer and reader; errors name the byte | `core` |
//! | L3 | [`data`] | bytes of files to a `Dataset` | `store`, `weights::Picture`, `weights::FeatureMap`, `weights::layout::MAGIC` |
//! | L4 | [`train`] | training, testing, quantising, checkpoints; never prints | all above |
//! | L5 | [`export`] | models for other programs | all above |
//! | L5 | [`import`] | models from other programs | all above |
//! | L6 | `lab` | the command's metrics, grids and reports | all above |
//! | L7 | `cli` | the command's arguments, subcommands and progress | all above |
#![cfg_attr(not(feature = "std"), no_std)]

mod linalg;
mod math;
mod simd;

pub mod infer;
pub mod rng;
pub mod weights;

#[cfg(feature = "std")]
pub mod data;
#[cfg(feature = "std")]
pub mod export;
#[cfg(feature = "std")]
pub mod import;
#[cfg(feature = "std")]
pub mod json;
#[cfg(feature = "std")]
pub mod store;
#[cfg(feature = "std")]
pub mod train;

pub use math::Activation;
pub use simd::{Isa, UnknownName};

/// Functions of f64 with the same bits on every machine, for metrics.
pub mod numeric {
    pub use crate::math::double::{ln, sqrt};
}

/// Kernels, lanes and panels, for this repository's own tests and benchmarks. Nothing here is promised.
#[doc(hidden)]
pub mod internals {
    /// The layer below everything.
    pub mod simd {
        pub use crate::simd::*;
    }
    /// Elementwise functions.
    pub mod math {
        pub use crate::math::*;
    }
    /// Panels and products.
    pub mod linalg {
        pub use crate::linalg::*;
    }
    #[cfg(feature = "std")]
    pub use crate::data::container::{gzip, tar, zip};
    #[cfg(feature = "std")]
    pub use crate::data::fit::fit;
    #[cfg(feature = "std")]
    pub use crate::data::format::png;
    /// The model file's header.
    pub mod layout {
        pub use crate::weights::layout::*;
    }
}

/// The README's example is tested with the documentation's.
#[cfg(all(doctest, feature = "std", feature = "digits"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The version of the numeric contract (CONTRACT C1): it changes when, and only when, any promised bit does.
///
/// The model file and `--version` carry it; `tests/golden.rs` holds the fingerprints that it stands for.
pub const CONTRACT_VERSION: u16 = 1;
