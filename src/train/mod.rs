//! L4: training and testing.
//!
//! The model (x in R^D with a 1 in front, h in {softplus, tanh, cos, relu}, T one-hot):
//!
//! ```text
//! Z = [1, h(X W1)]    Y = softmax(Z W2)
//! E(W1, W2) = Σ_n Σ_k t_nk ln y_nk − lambda/2 (|W1|² + |W2|²)          maximised; biases are regularised too
//! dE/dW2 = Zᵀ (T − Y) − lambda W2
//! dE/dW1 = Xᵀ [((T − Y) W2[1:]ᵀ) ∘ h'(X W1)] − lambda W1
//! ```
//!
//! x is (byte - centre) / scale. A network is tested and saved with the centre folded into its biases, so
//! that x is byte / scale everywhere but in training.
//!
//! W1 is (D + 1, M) and W2 (M + 1, K), row 0 the biases, as everywhere in this crate.
//!
//! Minibatch gradient ascent, the data in a new order every epoch.
//!
//! To read it: first [`plain`], which is all of training in plain loops, the specification. Then `layers.rs`,
//! which computes the same, line by line, in kernels, and `run.rs`, which says what worker does which part
//! when; `linalg` shows the loops of the products themselves. [`gradcheck()`] holds the formulas above, and
//! the kernels, against the slopes of E.
//!
//! To use it: [`fit`] trains in one call, [`Session`] epoch by epoch; [`evaluate`] tests; [`Predictor`]
//! predicts one sample or many. This layer never prints and touches no file.

mod batch;
mod buffer;
mod centre;
pub mod checkpoint;
mod config;
mod error;
mod evaluate;
mod fields;
mod floats;
pub mod gradcheck;
mod int8;
mod layers;
mod machine;
mod middle;
mod network;
mod pace;
mod panel;
mod parallel;
pub mod plain;
mod pre_activations;
mod predictor;
mod quantise;
mod raise;
mod recipe;
mod run;
mod schedule;
mod scores;
mod session;
mod team;

pub use centre::standardisation;
pub use config::{Config, Step};
pub use error::Error;
pub use evaluate::{Evaluation, evaluate};
pub use fields::{Field, Range};
pub use gradcheck::gradcheck;
pub use machine::{Machine, Products};
pub use network::{Network, weights_norm};
pub use predictor::Predictor;
pub use quantise::quantise;
pub use recipe::Recipe;
pub use schedule::Schedule;
pub use scores::Predictions;
pub use session::{EpochReport, Fit, HeldOut, Session, State, fit, hold_out};

use crate::data::Images;

/// [`Error::Input`] with this text unless `holds`.
fn expect(holds: bool, text: impl FnOnce() -> String) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Input(text())) }
}

/// Whether there are images, with features, and every label is below `classes`, which is in its range.
fn check_images(images: &Images, classes: usize) -> Result<(), Error> {
    expect(!images.is_empty(), || "there are no images".into())?;
    check_sizes(images.features(), classes)?;
    images.labels().iter().enumerate().try_for_each(|(index, &label)| {
        expect(usize::from(label) < classes, || {
            format!(
                "image {index} has the label {label}, expected one below {classes}, the number of classes"
            )
        })
    })
}

/// Whether a network of these sizes can be tested on the images.
fn check_tests(images: &Images, features: usize, classes: usize) -> Result<(), Error> {
    check_images(images, classes)?;
    check_features(images.features(), features)
}

/// Whether images have as many features as the network takes.
fn check_features(found: usize, expected: usize) -> Result<(), Error> {
    expect(found == expected, || {
        format!("the images have {found} pixels each, but the model takes {expected}")
    })
}

/// Whether the numbers of features and of classes are in their ranges, those of the model file.
fn check_sizes(features: usize, classes: usize) -> Result<(), Error> {
    expect((1..=1 << 24).contains(&features), || {
        format!("the images have {features} pixels each, expected 1 to 16777216")
    })?;
    expect((2..=128).contains(&classes), || format!("there are {classes} classes, expected 2 to 128"))
}

/// The number of images of `features` pixels, at least one, in `pixels`.
fn count(pixels: &[u8], features: usize) -> Result<usize, Error> {
    expect(pixels.len() % features == 0, || {
        format!("{} pixels are not a whole number of images of {features}", pixels.len())
    })?;
    Ok(pixels.len() / features)
}

/// Whether a model file could hold the weights: one that could not be saved need not be trained. 2 MiB are
/// left for names and the training section.
fn check_size(hidden: usize, features: usize, classes: usize) -> Result<(), Error> {
    let w1 = (features as u64).saturating_add(1).saturating_mul(hidden as u64);
    let w2 = (hidden as u64).saturating_add(1).saturating_mul(classes as u64);
    let bytes = w1.saturating_add(w2).saturating_mul(4).saturating_add(1 << 21);
    expect(bytes <= u64::from(u32::MAX), || {
        format!(
            "{hidden} hidden units of {features} pixels are more weights than a model file of 4 GiB holds; try \
             fewer units"
        )
    })
}

/// [`Error::Setting`] unless the setting's value is in its range.
fn rule(
    holds: bool,
    name: &'static str,
    found: impl std::fmt::Debug,
    expected: &'static str,
) -> Result<(), Error> {
    match holds {
        true => Ok(()),
        false => Err(Error::Setting { name, found: format!("{found:?}"), expected: expected.into() }),
    }
}

/// Gives an enum all its values, [`Display`](std::fmt::Display) by name and [`FromStr`](core::str::FromStr).
macro_rules! named {
    ($type:ident, $setting:literal, [$($variant:ident = $name:literal),+]) => {
        impl $type {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $name),+ })
            }
        }

        impl core::str::FromStr for $type {
            type Err = crate::train::Error;
            /// The one of that name.
            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(crate::train::Error::Setting {
                        name: $setting,
                        found: name.into(),
                        expected: crate::train::Range::OneOf(&[$($name),+]).to_string(),
                    }),
                }
            }
        }
    };
}
use named;
