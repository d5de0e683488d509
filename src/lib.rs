//! One hidden layer, zero dependencies, the same bits everywhere.
//!
//! `monolayer` trains the bias-augmented one-hidden-layer perceptron (softplus, tanh or cos units, softmax,
//! L2) on MNIST- and CIFAR-shaped data with nothing but `std`, and runs the trained weights with nothing but
//! `core`: no allocator, no operating system.
//!
//! # The map
//!
//! Data flow one way: bytes on disk → `data` → `linalg` + `math` (batches, products) → `train` → `weights` →
//! `infer`. A layer may use those above it in this table, as the last column allows, and nothing else;
//! `tests/layers.rs` holds every path in the sources against it.
//!
//! | layer | module | what it is | what it may use |
//! |---|---|---|---|
//! | L0 | [`simd`] | lane vocabulary, dispatch, exact fma; the only `unsafe` | `core` |
//! | L1 | [`math`] | elementwise functions, written once over [`simd::Simd`] | simd |
//! | L1 | [`linalg`] | panels, products, batch assembly; scratch is an argument | simd |
//! | L1 | [`rng`] | xorshift, seeding, uniforms, normals, Fisher–Yates | simd, math |
//! | L1 | [`weights`] | the model file: writer and checked view | `simd::words`, `simd::ArithmeticFault`, `math::Activation` |
//! | L2 | [`infer`] | the deployable core | simd, math, linalg, weights |
//! | — | the std line | above it `core` only | |
//! | L3 | `store` | the only place that touches files | weights's errors |
//! | L3 | `data` | bytes → `Dataset` | store, `weights::Picture` |
//! | L4 | `train` | the epoch loop; never prints, tells an `Observer` | all above |
//! | L5 | `lab` | metrics, tables, reports | all but cli |
//! | L6 | `cli` | arguments, commands, progress | all |
#![no_std]
#[cfg(feature = "std")]
extern crate std;

pub mod simd;

pub mod infer;
pub mod linalg;
pub mod math;
pub mod rng;
pub mod weights;

#[cfg(feature = "std")]
pub mod cli;
#[cfg(feature = "std")]
pub mod data;
#[cfg(feature = "std")]
pub mod lab;
#[cfg(feature = "std")]
pub mod store;
#[cfg(feature = "std")]
pub mod train;

/// The README's example is tested with the documentation's.
#[cfg(all(doctest, feature = "std", feature = "digits"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The version of the numeric contract: it changes when, and only when, any promised bit does.
///
/// The model file and `--version` carry it; `tests/golden.rs` holds the fingerprints that it stands for.
pub const CONTRACT_VERSION: u16 = 1;
