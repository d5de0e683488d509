//! L4: training and testing.
//!
//! The model (DESIGN: x in R^D with a 1 in front, h in {softplus, tanh, cos}, T one-hot):
//!
//! ```text
//! Z = [1, h(X W1ᵀ)]    Y = softmax(Z W2ᵀ)
//! E(W1, W2) = Σ_n Σ_k t_nk ln y_nk − lambda/2 (|W1|² + |W2|²)          maximised; biases are regularised too
//! dE/dW2 = (T − Y)ᵀ Z − lambda W2
//! dE/dW1 = [((T − Y) W2[:, 1:]) ∘ h'(X W1ᵀ)]ᵀ X − lambda W1
//! ```
//!
//! Minibatch gradient ascent, the data in a new order every epoch. [`fit`] trains, [`evaluate`] tests, [`predict`] labels,
//! [`Predictor`] does so again and again. [`gradcheck()`] holds the formulas above, and the kernels that compute them,
//! against the slopes of E. This layer never prints and touches no file: it tells an [`Observer`].

mod batch;
mod buffer;
pub mod checkpoint;
mod config;
mod error;
mod evaluate;
mod fit;
pub mod gradcheck;
mod int8;
mod middle;
mod network;
mod pace;
mod parallel;
mod pre_activations;
mod predictor;
mod quantise;
mod raise;
mod run;
mod schedule;
mod session;
mod team;

pub use config::{Config, Machine, Products, Step};
pub use error::Error;
pub use evaluate::{Evaluation, Predictions, evaluate, predict};
pub use fit::{EpochReport, Fit, HeldOut, Observer, Weights, fit};
pub use gradcheck::gradcheck;
pub use network::{Network, weights_norm};
pub use predictor::Predictor;
pub use quantise::quantise;
pub use schedule::Schedule;
pub use session::{Session, State, hold_out};

use crate::data::Images;

/// Whether there are images, with pixels, and every label is below `classes`, which is in its range.
fn check_images(images: &Images, classes: usize) -> Result<(), Error> {
    if images.is_empty() {
        return Err(Error::NoImages);
    }
    check_sizes(images.features(), classes)?;
    match images.labels().iter().position(|&label| usize::from(label) >= classes) {
        Some(index) => Err(Error::Label { index, found: images.labels()[index], classes }),
        None => Ok(()),
    }
}

/// Whether there are images as a model of these sizes takes them, to test it on.
fn check_tests(images: &Images, features: usize, classes: usize) -> Result<(), Error> {
    check_images(images, classes)?;
    match images.features() {
        found if found != features => Err(Error::Features { found, expected: features }),
        _ => Ok(()),
    }
}

/// Whether the numbers of pixels an image and of classes are in their ranges, those of the model file.
fn check_sizes(features: usize, classes: usize) -> Result<(), Error> {
    if !(1..=1 << 24).contains(&features) {
        return Err(Error::Size { found: features });
    }
    if !(2..=128).contains(&classes) {
        return Err(Error::Classes { found: classes });
    }
    Ok(())
}

/// How many images of `features` pixels, at least one, `pixels` are.
fn count(pixels: &[u8], features: usize) -> Result<usize, Error> {
    match pixels.len() % features {
        0 => Ok(pixels.len() / features),
        _ => Err(Error::Pixels { found: pixels.len(), features }),
    }
}

/// Whether a model file could hold the weights: one that could not be saved need not be trained. 2 MiB are left for
/// names and the training section.
fn check_size(hidden: usize, features: usize, classes: usize) -> Result<(), Error> {
    let w1 = (features as u64).saturating_add(1).saturating_mul(hidden as u64);
    let w2 = (hidden as u64).saturating_add(1).saturating_mul(classes as u64);
    let bytes = w1.saturating_add(w2).saturating_mul(4).saturating_add(1 << 21);
    if bytes > u64::from(u32::MAX) {
        return Err(Error::Weights { hidden, features });
    }
    Ok(())
}
