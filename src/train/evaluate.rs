//! Testing: the forward pass over a whole set, samples shared out among workers.

use super::batch::Source;
use super::buffer::{Buffer, filled};
use super::middle::{Activate, Output};
use super::network::Panel;
use super::{Error, Machine, Predictor};
use crate::data::Images;
use crate::linalg::{BiasForward, Gather, STRIP, dense, head, in_place, padded, strips};
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

/// Pictures that are led through the network together: so many that a strip of weights is worth its way into the
/// nearest cache, so few that their sums stay in the next one; whole register tiles of 4, 5, 6 and 8.
const BLOCK: usize = 120;

/// A worker's memory.
struct Worker<'a> {
    model: &'a Predictor,
    /// For dense products.
    dense: Option<Strips>,
    /// (P, W) of each panel in turn, or, zeros skipped, of one panel after the other.
    z: Buffer,
    /// P.
    rows: usize,
    /// (n, padded K) of a block of n.
    logits: Buffer,
}

/// Room for one strip of a block's pictures.
struct Strips {
    /// (N, STRIP): see [`Gather`].
    rows: Vec<u8>,
    /// (P, STRIP).
    numbers: Buffer,
}

impl<'a> Worker<'a> {
    /// For so many pictures.
    fn new(model: &'a Predictor, skip_zeros: bool, samples: usize) -> Result<Self, Error> {
        let size = BLOCK.min(samples);
        let rows = padded(size);
        let mut shapes = model.panels.iter().map(|panel| panel.shape);
        let (dense, width) = if skip_zeros {
            (None, shapes.map(|shape| shape.width).max())
        } else {
            let strips = Strips { rows: filled(0, size * STRIP)?, numbers: Buffer::zeros(rows, STRIP)? };
            (Some(strips), shapes.next_back().map(|shape| shape.first + shape.width))
        };
        let z = Buffer::zeros(rows, width.unwrap_or(0))?;
        Ok(Self { model, dense, z, rows, logits: Buffer::zeros(size, model.bias.len())? })
    }

    /// Leads a worker's pictures through the network, [`BLOCK`] at a time.
    fn score(&mut self, part: Part<'_>) -> Result<(), Error> {
        let Predictor { features, classes, machine: Machine { isa, .. }, ref bias, .. } = *self.model;
        let stride = bias.len();
        let unlabelled = [0; BLOCK];
        let mut normalisers = [(0.0, 0.0); BLOCK];
        for first in (0..part.predictions.len()).step_by(BLOCK) {
            let count = BLOCK.min(part.predictions.len() - first);
            isa.run(BiasForward { bias, z: &mut self.logits[..count * stride] });
            match self.dense {
                Some(_) => self.dense_logits(part.pixels, first, count),
                None => {
                    let (samples, rest) = part.pixels[first * features..].split_at(count * features);
                    self.zero_skipping_logits(samples, rest);
                }
            }
            let logits = &mut self.logits[..count * stride];
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

    /// Goes on with the logits of `samples`, at most [`BLOCK`] pictures, used where they lie, panel by panel.
    /// Meanwhile those of `ahead` are asked for.
    fn zero_skipping_logits(&mut self, samples: &[u8], mut ahead: &[u8]) {
        let Self { model, z, logits, .. } = self;
        let Predictor { features, machine: Machine { isa, .. }, .. } = **model;
        let count = samples.len() / features;
        for panel in &model.panels {
            let z = &mut z[..count * panel.shape.width];
            let (value, w) = (model.value.table(), &panel.w1);
            isa.run(in_place::Forward { samples, ahead, features, value, w, z, panel: panel.shape });
            ahead = &[];
            go_on(model, panel, z, logits);
        }
    }

    /// Goes on with the logits of `count` pictures of `pixels` from picture `first`, strip by strip: a strip is turned
    /// into numbers once, for all panels. Meanwhile the next pictures are asked for.
    fn dense_logits(&mut self, pixels: &[u8], first: usize, count: usize) {
        let Self { model, dense, z, rows, logits } = self;
        let Predictor { features, machine: Machine { isa, .. }, ref value, ref panels, .. } = **model;
        let Some(Strips { rows: bytes, numbers }) = dense else { return };
        let source = Source { pixels, features };
        let samples = pixels.len() / features;
        let order: [u32; 2 * BLOCK] = std::array::from_fn(|n| (first + n) as u32);
        let (order, next) = order[..(2 * BLOCK).min(samples - first)].split_at(count);
        // Panels begin at multiples of the lanes, so their sums lie side by side.
        let rows = *rows;
        for Panel { shape, w1, .. } in panels {
            let z = &mut z[rows * shape.first..][..rows * shape.width];
            isa.run(BiasForward { bias: &w1[..shape.width], z });
        }
        for index in 0..strips(features) {
            source.ask_ahead(index, strips(features), order, next);
            let strip = source.strip(index, order);
            isa.run(Gather { strip, rows: bytes });
            isa.run(dense::Convert { rows: &bytes[..count * STRIP], value, values: numbers });
            let x = dense::Values { values: numbers, samples: count };
            for panel in panels {
                let w = &panel.strip(index)[..strip.count() * panel.shape.width];
                let (z, panel) =
                    (&mut z[rows * panel.shape.first..][..rows * panel.shape.width], panel.shape);
                isa.run(dense::Forward { x, w, z, panel });
            }
        }
        for panel in panels {
            go_on(model, panel, &mut z[rows * panel.shape.first..][..count * panel.shape.width], logits);
        }
    }
}

/// From the pre-activations of one panel, (n, W), on: z = h(a), and the logits of these n pictures go on with z W2ᵀ.
fn go_on(model: &Predictor, panel: &Panel, z: &mut [f32], logits: &mut [f32]) {
    let (isa, padded, width) = (model.machine.isa, model.bias.len(), panel.shape.width);
    isa.run(Activate { activation: model.activation, panel: panel.shape, z, slope: &mut [] });
    let logits = &mut logits[..z.len() / width * padded];
    isa.run(head::Logits { z, panel: panel.shape, w2: panel.head(), logits, padded });
}
