//! Testing: the forward pass over a whole set, samples shared out among workers.

use super::buffer::{Buffer, filled};
use super::middle::{Activate, Output};
use super::pre_activations::{BLOCK, PreActivations};
use super::{Error, Machine, Predictor};
use crate::data::Images;
use crate::linalg::{BiasForward, head};
use crate::weights::Params;
use std::vec::Vec;

/// How a model does on a set of images.
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
    /// Mean cross-entropy in nats.
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
    /// Holds predictions of N images against their labels. cross_entropy: (N).
    pub(super) fn of(
        classes: usize,
        images: &Images,
        predictions: Predictions,
        cross_entropy: &[f64],
    ) -> Result<Self, Error> {
        let Predictions { classes: predictions, probabilities } = predictions;
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

/// What a model takes pictures for.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// (N): each picture's class, the first with the greatest logit. Rounding may have given another class the
    /// same probability.
    pub classes: Vec<u8>,
    /// (N, K): the probability of each class.
    pub probabilities: Vec<f32>,
}

/// Predicts the class of every picture, for `pixels` of (N, D).
///
/// # Errors
/// As [`Predictor::new`] and [`Predictor::predict_all`].
///
/// # Panics
/// As [`Predictor::new`].
pub fn predict(params: &Params<'_>, pixels: &[u8], machine: Machine) -> Result<Predictions, Error> {
    Predictor::new(params, machine)?.predict_all(pixels)
}

impl Predictor {
    /// Predicts the class of every image and compares it with its label.
    ///
    /// # Errors
    /// No images, images of another size than the model's, a label that is not below K, too little memory, or threads
    /// that the system does not start.
    pub fn evaluate(&self, images: &Images) -> Result<Evaluation, Error> {
        let classes = self.classes;
        super::check_images(images, classes)?;
        if images.features() != self.features {
            return Err(Error::Features { found: images.features(), expected: self.features });
        }
        let scores = Scores::of(self, images.pixels(), Some(images.labels()))?;
        let predictions = Predictions { classes: scores.predictions, probabilities: scores.probabilities };
        Evaluation::of(classes, images, predictions, &scores.cross_entropy)
    }

    /// Predicts the class of every picture, for `pixels` of (N, D).
    ///
    /// # Errors
    /// Pixels that are not a whole number of pictures of D, too little memory, or threads that the system does not
    /// start.
    pub fn predict_all(&self, pixels: &[u8]) -> Result<Predictions, Error> {
        let Scores { probabilities, predictions, .. } = Scores::of(self, pixels, None)?;
        Ok(Predictions { classes: predictions, probabilities })
    }
}

/// What the forward pass gives for N pictures.
struct Scores {
    /// (N, K).
    probabilities: Vec<f32>,
    /// (N).
    predictions: Vec<u8>,
    /// (N): of the label, or of class 0 without labels.
    cross_entropy: Vec<f64>,
}

impl Scores {
    fn of(model: &Predictor, pixels: &[u8], labels: Option<&[u8]>) -> Result<Self, Error> {
        let Predictor { features, classes, machine: Machine { threads, products, .. }, .. } = *model;
        if pixels.len() % features != 0 {
            return Err(Error::Features { found: pixels.len(), expected: features });
        }
        let count = pixels.len() / features;
        let mut scores = Self {
            probabilities: filled(0.0, count * classes)?,
            predictions: filled(0, count)?,
            cross_entropy: filled(0.0, count)?,
        };
        let skip_zeros = products.skip_zeros(pixels);
        let each = count.div_ceil(threads).max(1);
        let mut labels = labels.map(|labels| labels.chunks(each));
        let places = scores.probabilities.chunks_mut(each * classes);
        let places = places.zip(scores.predictions.chunks_mut(each));
        let places = places.zip(scores.cross_entropy.chunks_mut(each));
        let mut parts = places.zip(pixels.chunks(each * features)).map(
            |(((probabilities, predictions), cross_entropy), pixels)| Part {
                probabilities,
                predictions,
                cross_entropy,
                pixels,
                labels: labels.as_mut().and_then(Iterator::next),
            },
        );
        let Some(own) = parts.next() else { return Ok(scores) };
        std::thread::scope(|scope| {
            let mut workers = Vec::new();
            for part in parts {
                let thread = std::thread::Builder::new();
                let worker =
                    thread.spawn_scoped(scope, move || Worker::new(model, skip_zeros, each)?.score(part));
                let started = 1 + workers.len(); // this thread is one
                workers.push(worker.map_err(|_| Error::Threads { asked: threads, started })?);
            }
            Worker::new(model, skip_zeros, each)?.score(own)?;
            workers.into_iter().try_for_each(|worker| match worker.join() {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })?;
        Ok(scores)
    }
}

/// One worker's pictures and the places for what it finds out.
struct Part<'a> {
    probabilities: &'a mut [f32],
    predictions: &'a mut [u8],
    cross_entropy: &'a mut [f64],
    pixels: &'a [u8],
    labels: Option<&'a [u8]>,
}

/// A worker's memory.
struct Worker<'a> {
    model: &'a Predictor,
    sums: PreActivations<'a>,
    /// (n, padded K) of a block of n.
    logits: Buffer,
}

impl<'a> Worker<'a> {
    /// For so many pictures.
    fn new(model: &'a Predictor, skip_zeros: bool, samples: usize) -> Result<Self, Error> {
        let logits = Buffer::zeros(usize::min(BLOCK, samples), model.bias.len())?;
        Ok(Self { model, sums: PreActivations::new(model, skip_zeros, samples)?, logits })
    }

    /// Leads a worker's pictures through the network, [`BLOCK`] at a time.
    fn score(&mut self, part: Part<'_>) -> Result<(), Error> {
        let Self { model, sums, logits } = self;
        let Predictor { activation, classes, machine: Machine { isa, .. }, ref bias, ref panels, .. } =
            **model;
        let padded = bias.len();
        let unlabelled = [0; BLOCK];
        let mut normalisers = [(0.0, 0.0); BLOCK];
        for first in (0..part.predictions.len()).step_by(BLOCK) {
            let range = first..first + sums.go_to(part.pixels, first);
            let logits = &mut logits[..range.len() * padded];
            isa.run(BiasForward { bias, logits });
            for state in panels {
                let (panel, w2, z) = (state.shape, state.head(), sums.of(state.shape));
                isa.run(Activate { activation, panel, z, slope: &mut [] });
                isa.run(head::Logits { z, panel, w2, logits, padded });
            }
            isa.run(Output {
                logits,
                padded,
                classes,
                labels: part.labels.map_or(&unlabelled[..range.len()], |labels| &labels[range.clone()]),
                normalisers: &mut normalisers,
                cross_entropy: &mut part.cross_entropy[range.clone()],
                predictions: &mut part.predictions[range.clone()],
            });
            let places = part.probabilities[first * classes..].chunks_exact_mut(classes);
            for (place, row) in places.zip(logits.chunks_exact(padded)) {
                place.copy_from_slice(&row[..classes]);
            }
        }
        Ok(())
    }
}
