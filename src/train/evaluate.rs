//! Testing: the forward pass over a whole set, samples shared out among workers.

use super::buffer::{Buffer, filled};
use super::middle::{Activate, Output};
use super::parallel::in_parallel;
use super::pre_activations::{BLOCK, PreActivations};
use super::{Error, Machine, Predictor};
use crate::data::Images;
use crate::linalg::{BiasForward, head};
use crate::weights::Params;
use std::vec::Vec;

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
///
/// # Panics
/// As [`Predictor::new`].
pub fn evaluate(params: &Params<'_>, images: &Images, machine: Machine) -> Result<Evaluation, Error> {
    Predictor::new(params, machine)?.evaluate(images)
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

/// Predicted classes and their probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// (N): each picture's class, the first with the greatest logit. Rounding may have given another class
    /// the same probability.
    pub classes: Vec<u8>,
    /// (N, K): the probability of each class.
    pub probabilities: Vec<f32>,
}

impl Predictor {
    /// Predicts the class of every image and compares it with its label.
    ///
    /// # Errors
    /// No images, images of another size than the model's, a label that is not below K, too little memory, or
    /// threads that the system does not start.
    pub fn evaluate(&self, images: &Images) -> Result<Evaluation, Error> {
        super::check_tests(images, self.features, self.classes)?;
        Evaluation::of(self.classes, images, self.scores(images.pixels(), images.labels())?)
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
        let Self { features, classes, machine: Machine { threads, products, .. }, .. } = *self;
        let skip_zeros = products.skip_zeros(pixels);
        Scores::of((features, classes), (pixels, labels), threads, |part| self.score(part, skip_zeros))
    }

    /// Leads a worker's samples through the network, [`BLOCK`] at a time.
    fn score(&self, part: Part<'_>, skip_zeros: bool) -> Result<(), Error> {
        let Self { activation, classes, machine: Machine { isa, .. }, ref bias, ref panels, .. } = *self;
        let (count, padded) = (part.predictions.len(), bias.len());
        let mut sums = PreActivations::new(self, skip_zeros, count)?;
        // (n, P) of a block of n.
        let mut block = Buffer::zeros(usize::min(BLOCK, count), padded)?;
        let mut normalisers = [(0.0, 0.0); BLOCK];
        for first in (0..count).step_by(BLOCK) {
            let range = first..first + sums.go_to(part.pixels, first);
            let truth = if part.labels.is_empty() { 0..0 } else { range.clone() };
            let logits = &mut block[..range.len() * padded];
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
            for (place, row) in places.zip(block.chunks_exact(padded).take(range.len())) {
                place.copy_from_slice(&row[..classes]);
            }
        }
        Ok(())
    }
}

/// What a forward pass gives for N pictures.
pub(super) struct Scores {
    pub(super) predictions: Predictions,
    /// (N): of the labels; none without labels.
    pub(super) cross_entropy: Vec<f64>,
}

/// One worker's pictures and the places for what it finds out.
pub(super) struct Part<'a> {
    /// (n, D).
    pub(super) pixels: &'a [u8],
    /// (n, K).
    pub(super) probabilities: &'a mut [f32],
    /// (n).
    pub(super) predictions: &'a mut [u8],
    /// (n), or none.
    pub(super) labels: &'a [u8],
    /// As many as labels.
    pub(super) cross_entropy: &'a mut [f64],
}

impl Scores {
    /// Shares out `pixels`, (N, D), and their labels, (N) or none, among as many workers; `score` is one's
    /// work.
    pub(super) fn of(
        (features, classes): (usize, usize),
        (pixels, labels): (&[u8], &[u8]),
        threads: usize,
        score: impl Fn(Part<'_>) -> Result<(), Error> + Sync,
    ) -> Result<Self, Error> {
        let count = super::count(pixels, features)?;
        let mut probabilities = filled(0.0, count.saturating_mul(classes))?;
        let mut predicted = filled(0, count)?;
        let mut cross_entropy = filled(0.0, labels.len())?;
        let each = count.div_ceil(threads).max(1);
        let mut truth = labels.chunks(each).zip(cross_entropy.chunks_mut(each));
        let places = probabilities.chunks_mut(each.saturating_mul(classes)).zip(predicted.chunks_mut(each));
        let parts = pixels.chunks(each * features).zip(places);
        let parts = parts.map(|(pixels, (probabilities, predictions))| {
            let (labels, cross_entropy) = truth.next().unwrap_or_default();
            Part { pixels, probabilities, predictions, labels, cross_entropy }
        });
        in_parallel(threads, parts, score)?;
        Ok(Self { predictions: Predictions { classes: predicted, probabilities }, cross_entropy })
    }
}
