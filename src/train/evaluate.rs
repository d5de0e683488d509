//! Testing: the forward pass over a whole set, samples shared out among workers.

use super::batch::{Batch, Source, Way};
use super::buffer::{Buffer, filled};
use super::middle::{Activate, Output};
use super::network::Panel;
use super::{Error, Machine};
use crate::data::Images;
use crate::linalg::head::{self, padded_classes};
use crate::linalg::{BiasForward, Pixels, STRIP, padded, rows, strips};
use crate::weights::Params;
use std::vec::Vec;

/// How a model does on a set of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// K.
    pub classes: usize,
    /// (N): each image's predicted class, the first with the greatest logit.
    pub predictions: Vec<u8>,
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
/// No images, images of another size than the model's, a label that is not below K, too little memory, threads that
/// the system does not start, or arithmetic that is not the contract's.
pub fn evaluate(params: &Params<'_>, images: &Images, machine: Machine) -> Result<Evaluation, Error> {
    super::check_images(images, params.classes)?;
    if images.features() != params.features {
        return Err(Error::Features { found: images.features(), expected: params.features });
    }
    let scores = Scores::of(params, images.pixels(), Some(images.labels()), machine)?;
    Evaluation::of(params.classes, images, scores.predictions, &scores.cross_entropy)
}

impl Evaluation {
    /// Holds predictions, (N), against the images' labels. cross_entropy: (N).
    pub(super) fn of(
        classes: usize,
        images: &Images,
        predictions: Vec<u8>,
        cross_entropy: &[f64],
    ) -> Result<Self, Error> {
        let mut confusion = filled(0, classes * classes)?;
        for (&label, &prediction) in images.labels().iter().zip(&predictions) {
            confusion[usize::from(label) * classes + usize::from(prediction)] += 1;
        }
        let right: u32 = confusion.iter().step_by(classes + 1).sum();
        let sum = cross_entropy.iter().fold(0.0, |total, sample| total + sample);
        let (faults, cross_entropy) = (images.len() - right as usize, sum / images.len() as f64);
        Ok(Self { classes, cross_entropy, faults, predictions, confusion })
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
/// Pixels that are not a whole number of pictures of D, too little memory, threads that the system does not start, or
/// arithmetic that is not the contract's.
pub fn predict(params: &Params<'_>, pixels: &[u8], machine: Machine) -> Result<Predictions, Error> {
    let Scores { probabilities, predictions, .. } = Scores::of(params, pixels, None, machine)?;
    Ok(Predictions { classes: predictions, probabilities })
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

/// Pictures a batch of the forward pass.
const BATCH: usize = 128;

impl Scores {
    fn of(
        params: &Params<'_>,
        pixels: &[u8],
        labels: Option<&[u8]>,
        machine: Machine,
    ) -> Result<Self, Error> {
        machine.check()?;
        let (features, classes) = (params.features, params.classes);
        if features == 0 || pixels.len() % features != 0 {
            return Err(Error::Features { found: pixels.len(), expected: features });
        }
        let count = pixels.len() / features;
        let mut scores = Self {
            probabilities: filled(0.0, count * classes)?,
            predictions: filled(0, count)?,
            cross_entropy: filled(0.0, count)?,
        };
        let (panels, bias) = Panel::cut_all(params, machine.isa.lanes(), 1)?;
        let value = &Pixels::new(params.scale);
        let way = Way { isa: machine.isa, skip_zeros: machine.products.skip_zeros(pixels), value };
        let model = Model { params, panels: &panels, bias: &bias, way };
        let each = count.div_ceil(machine.threads).max(1);
        let mut labels = labels.map(|labels| labels.chunks(each));
        std::thread::scope(|scope| {
            let parts = scores.probabilities.chunks_mut(each * classes);
            let parts =
                parts.zip(scores.predictions.chunks_mut(each)).zip(scores.cross_entropy.chunks_mut(each));
            let mut workers = Vec::new();
            for (((probabilities, predictions), cross_entropy), pixels) in
                parts.zip(pixels.chunks(each * features))
            {
                let labels = labels.as_mut().and_then(Iterator::next);
                let part = Part { probabilities, predictions, cross_entropy, pixels, labels };
                let thread = std::thread::Builder::new();
                let worker = thread.spawn_scoped(scope, move || model.score(part));
                workers.push(
                    worker.map_err(|_| Error::Threads { asked: machine.threads, started: workers.len() })?,
                );
            }
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

/// What the workers share, read only.
#[derive(Clone, Copy)]
struct Model<'a> {
    params: &'a Params<'a>,
    panels: &'a [Panel],
    bias: &'a Buffer,
    way: Way<'a>,
}

impl Model<'_> {
    /// Leads a worker's pictures through the network, [`BATCH`] at a time.
    fn score(self, part: Part<'_>) -> Result<(), Error> {
        let Self { params, panels, way, .. } = self;
        let (features, classes, isa) = (params.features, params.classes, way.isa);
        let source = Source { pixels: part.pixels, features };
        let size = BATCH.min(part.predictions.len());
        let batch = Batch::new(size, features)?;
        let width = panels.iter().map(|panel| panel.shape.width).max().unwrap_or(0);
        let mut z = Buffer::zeros(rows(size), width)?;
        let mut scratch = Buffer::zeros(STRIP, padded(size))?;
        let stride = padded_classes(classes, isa.lanes());
        let mut logits = Buffer::zeros(size, stride)?;
        let unlabelled = [0; BATCH];
        let mut normalisers = [(0.0, 0.0); BATCH];
        for first in (0..part.predictions.len()).step_by(size) {
            let count = size.min(part.predictions.len() - first);
            let mut order = [0; BATCH];
            (first as u32..).zip(&mut order[..count]).for_each(|(n, place)| *place = n);
            batch.assemble(isa, source, &order[..count], 0, 1);
            let logits = &mut logits[..count * stride];
            isa.run(BiasForward { bias: self.bias, z: logits });
            for panel in panels {
                self.hidden(&batch, panel, &mut z[..], &mut scratch);
                let width = panel.shape.width;
                isa.run(head::Logits { z: &z, width, w2: panel.head(), logits, padded: stride });
            }
            let range = first..first + count;
            isa.run(Output {
                logits,
                padded: stride,
                classes,
                labels: part.labels.map_or(&unlabelled[..count], |labels| &labels[range.clone()]),
                normalisers: &mut normalisers,
                cross_entropy: &mut part.cross_entropy[range.clone()],
                predictions: &mut part.predictions[range.clone()],
            });
            let places = part.probabilities[first * classes..].chunks_exact_mut(classes);
            for (place, row) in places.zip(logits.chunks_exact(stride)) {
                place.copy_from_slice(&row[..classes]);
            }
        }
        Ok(())
    }

    /// z = h(X W1ᵀ) of one panel. z: (rows, W) or more; scratch: (STRIP, P).
    fn hidden(self, batch: &Batch, panel: &Panel, z: &mut [f32], scratch: &mut [f32]) {
        let Self { params, way, .. } = self;
        let width = panel.shape.width;
        let z = &mut z[..rows(batch.samples()) * width];
        way.isa.run(BiasForward { bias: &panel.w1[..width], z });
        for strip in 0..strips(params.features) {
            batch.strip(strip).factor(way, scratch).forward(panel, z);
        }
        let z = &mut z[..batch.samples() * width];
        way.isa.run(Activate { activation: params.activation, panel: panel.shape, z, slope: &mut [] });
    }
}
