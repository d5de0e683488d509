//! Testing: the forward pass over a whole set, samples shared out among workers.

use super::buffer::{Buffer, filled};
use super::floats::Floats;
use super::middle::{Activate, Output};
use super::pre_activations::{BLOCK, PreActivations};
use super::predictor::Model;
use super::scores::{Part, Predictions, Scores};
use super::{Error, Machine, Predictor};
use crate::data::Images;
use crate::linalg::{BiasForward, head};
use crate::weights::{Shape, Weights};

/// A model's result on a set of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// K.
    pub classes: usize,
    /// (N): each image's own class.
    pub labels: Vec<u8>,
    /// (N): each image's predicted class, the first with the greatest logit.
    pub predictions: Vec<u8>,
    /// (N, K): the probability of each class.
    pub probabilities: Vec<f32>,
    /// Mean cross-entropy in nats: CONTRACT C14.
    pub cross_entropy: f64,
    /// (K, K): how many images of the row's class were taken for the column's.
    pub confusion: Vec<u32>,
    /// Images taken for another class than theirs.
    pub faults: usize,
}

/// Predicts the class of every image and compares it with its label.
///
/// # Errors
/// As [`Predictor::new`] and [`Predictor::evaluate`].
pub fn evaluate<'a>(
    weights: impl Into<Weights<'a>>,
    images: &Images,
    machine: Machine,
) -> Result<Evaluation, Error> {
    Predictor::new(weights, machine)?.evaluate(images)
}

impl Evaluation {
    /// Holds what was found for N images against their labels.
    pub(super) fn of(classes: usize, images: &Images, scores: Scores) -> Result<Self, Error> {
        let Scores { predictions: Predictions { classes: predictions, probabilities }, cross_entropy } =
            scores;
        let mut labels = filled(0, images.len())?;
        labels.copy_from_slice(images.labels());
        let mut confusion = filled(0, classes * classes)?;
        for (&label, &prediction) in images.labels().iter().zip(&predictions) {
            confusion[usize::from(label) * classes + usize::from(prediction)] += 1;
        }
        let right: u32 = confusion.iter().step_by(classes + 1).sum();
        let sum = cross_entropy.iter().fold(0.0, |total, sample| total + sample);
        let (faults, cross_entropy) = (images.len() - right as usize, sum / images.len() as f64);
        Ok(Self { classes, cross_entropy, faults, labels, predictions, probabilities, confusion })
    }
}

impl Predictor {
    /// Predicts the class of every image and compares it with its label.
    ///
    /// # Errors
    /// No images, images of another size than the model's, a label that is not below K, too little memory, or
    /// threads that the system does not start.
    pub fn evaluate(&self, images: &Images) -> Result<Evaluation, Error> {
        let Shape { features, classes, .. } = self.shape();
        super::check_tests(images, features, classes)?;
        Evaluation::of(classes, images, self.scores(images.pixels(), images.labels())?)
    }

    /// Predicts the class of every picture, for `pixels` of (N, D).
    ///
    /// # Errors
    /// Pixels that are not a whole number of pictures of D, too little memory, or threads that the system
    /// does not start.
    pub fn predict_all(&self, pixels: &[u8]) -> Result<Predictions, Error> {
        Ok(self.scores(pixels, &[])?.predictions)
    }

    fn scores(&self, pixels: &[u8], labels: &[u8]) -> Result<Scores, Error> {
        let Shape { features, classes, .. } = self.shape();
        let (sizes, images) = ((features, classes), (pixels, labels));
        match &self.0 {
            Model::F32(model) => {
                let Machine { threads, products, .. } = model.machine;
                let skip_zeros = products.skip_zeros(pixels);
                Scores::of(sizes, images, threads, |part| score(model, skip_zeros, part))
            }
            Model::Int8(model) => Scores::of(sizes, images, model.machine.threads, |part| model.score(part)),
        }
    }
}

/// Leads a worker's pictures through the network, [`BLOCK`] at a time.
fn score(model: &Floats, skip_zeros: bool, part: Part<'_>) -> Result<(), Error> {
    let &Floats { machine: Machine { isa, .. }, shape, ref bias, ref panels, .. } = model;
    let Shape { activation, classes, .. } = shape;
    let (count, padded) = (part.predictions.len(), bias.len());
    let mut sums = PreActivations::new(model, skip_zeros, count)?;
    // (n, padded K) of a block of n.
    let mut logits = Buffer::zeros(usize::min(BLOCK, count), padded)?;
    let mut normalisers = [(0.0, 0.0); BLOCK];
    for first in (0..count).step_by(BLOCK) {
        let range = first..first + sums.go_to(part.pixels, first);
        let truth = if part.labels.is_empty() { 0..0 } else { range.clone() };
        let logits = &mut logits[..range.len() * padded];
        isa.run(BiasForward { bias, logits });
        for state in panels {
            let (panel, w2, z) = (state.shape, state.head(), sums.of(state.shape));
            isa.run(Activate { activation, panel, a_then_z: z, slope: &mut [] });
            isa.run(head::Logits { z, panel, w2, logits });
        }
        isa.run(Output {
            v_then_y: logits,
            padded,
            classes,
            labels: &part.labels[truth.clone()],
            normalisers: &mut normalisers,
            cross_entropy: &mut part.cross_entropy[truth],
            predictions: &mut part.predictions[range.clone()],
        });
        let places = part.probabilities[first * classes..].chunks_exact_mut(classes);
        for (place, row) in places.zip(logits.chunks_exact(padded)) {
            place.copy_from_slice(&row[..classes]);
        }
    }
    Ok(())
}
