//! One hidden layer, zero dependencies, the same bits everywhere.
//!
//! `monolayer` trains the bias-augmented one-hidden-layer perceptron (softplus, tanh or cos units, softmax,
//! L2) on MNIST- and CIFAR-shaped data with nothing but `std`, and runs the trained weights with nothing but
//! `core`: no allocator, no operating system.
//!
//! # The map
//!
//! Data flow one way:
//!
//! ```text
//! files ── store ──► data ──► train ──► weights ──► infer
//!                               ▲ │                   on a device: the file's bytes, some scratch, `core`
//!           linalg, math, rng ──┘ └──► lab, cli
//!           over simd: one source      costs, tables, reports
//!           for every instruction set
//! ```
//!
//! A layer may use those above it in this table, as the last column says, and nothing else (all above: the
//! root's [`CONTRACT_VERSION`] as well). `tests/layers.rs` reads the table and holds every path in the
//! sources against it.
//!
//! | layer | module | what it is | what it may use |
//! |---|---|---|---|
//! | L0 | `simd` | lane vocabulary, dispatch, exact fma; the only `unsafe` | `core` |
//! | L1 | `math` | elementwise functions, written once over `simd::Simd` | `simd` |
//! | L1 | `linalg` | panels, products, batch assembly; scratch is an argument | `simd` |
//! | L1 | [`rng`] | xorshift, seeding, uniforms, normals, Fisher–Yates | `simd`, `math` |
//! | L1 | [`weights`] | the model file: writer and checked view | `simd::words`, `simd::keep_rolled`, `simd::ArithmeticFault`, `math::Activation`, `CONTRACT_VERSION` |
//! | L2 | [`infer`] | the deployable core | `simd`, `math`, `linalg`, `weights` |
//! | — | the std line | above it `core` only | |
//! | L3 | `store` | the only place that touches files | `std` |
//! | L3 | [`json`] | values, their text, and a reader with the place of every error | `core` |
//! | L3 | `data` | bytes → `Dataset` | `store`, `weights::Picture`, `weights::layout::MAGIC` |
//! | L4 | `train` | the epoch loop; never prints | all above |
//! | L5 | `export` | models for other programs and places | all above |
//! | L5 | `import` | models from other programs | all above |
//! | L6 | `lab` | the command's metrics, tables, grids, reports | all above |
//! | L7 | `cli` | the command's arguments, commands, progress | all above |
//!
//! # What always holds
//!
//! * **The same bits.** Weights, logits and probabilities follow from the images, the configuration and the
//!   seed alone: not from the instruction set, the width of a vector, the number of workers or how a product
//!   is blocked. CONTRACT.md says exactly how each is computed; the sources cite its sections. A change of
//!   one bit is a new [`CONTRACT_VERSION`].
//! * **Padding is nobody.** Lanes beyond the last unit or class enter no sum, no file and no fingerprint.
//! * **Above the std line** nothing allocates, and no panic of [`infer`] can be reached. Below it the loop of
//!   training allocates nothing after its first batch; tests on images held out do, between epochs.
//! * **Nothing from outside is trusted.** A file, an archive, an argument can give an error, never a panic,
//!   and never more memory than it is worth: sizes are checked first.
//! * **One place each.** `unsafe` stands in `simd`, files are touched in `store`, text is printed in `cli`.
//!   No network, no dependency.
//!
//! # Where to begin
//!
//! 1. [`infer`]: the whole model, forward, in two hundred lines without a vector.
//! 2. `linalg::specification`: the products of training in plain loops; every fast one equals it, bit for
//!    bit.
//! 3. `math`, from `exp` on: how a function is written once for every instruction set.
//! 4. `train`: the gradient in its documentation, then an epoch, forward and backward side by side.
//! 5. `simd`, and `linalg`'s dense and zero-skipping products: what makes it fast and can change nothing.
//! 6. `data`, `store`, `cli`, each by itself.
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
    pub use crate::data::container::{gzip, tar};
    #[cfg(feature = "std")]
    pub use crate::data::fit::{Blank, fit};
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
