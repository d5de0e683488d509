//! Testing a network of integers: its forward pass over a whole set, samples shared out among workers.

use super::buffer::filled;
use super::evaluate::Evaluation;
use super::{Error, Machine, Predictions};
use crate::data::Images;
use crate::infer::int8::{Forward, scratch_len, value};
use crate::math;
use crate::weights::Quantised;
use std::vec::Vec;

/// Predicts the class of every image and compares it with its label.
///
/// # Errors
/// As [`evaluate`](super::evaluate()).
pub fn evaluate_int8(params: &Quantised<'_>, images: &Images, machine: Machine) -> Result<Evaluation, Error> {
    super::check_images(images, params.classes)?;
    if images.features() != params.features {
        return Err(Error::Features { found: images.features(), expected: params.features });
    }
    let scores = scores(params, images.pixels(), Some(images.labels()), machine)?;
    Evaluation::of(params.classes, images, scores.predictions, &scores.cross_entropy)
}

/// Predicts the class of every picture, for `pixels` of (N, D).
///
/// # Errors
/// As [`predict`](super::predict).
pub fn predict_int8(params: &Quantised<'_>, pixels: &[u8], machine: Machine) -> Result<Predictions, Error> {
    Ok(scores(params, pixels, None, machine)?.predictions)
}

/// What the forward pass gives for N pictures.
struct Scores {
    predictions: Predictions,
    /// (N): of the label, or of class 0 without labels.
    cross_entropy: Vec<f64>,
}

fn scores(
    params: &Quantised<'_>,
    pixels: &[u8],
    labels: Option<&[u8]>,
    machine: Machine,
) -> Result<Scores, Error> {
    machine.check()?;
    let (features, classes) = (params.features, params.classes);
    if features == 0 || pixels.len() % features != 0 {
        return Err(Error::Features { found: pixels.len(), expected: features });
    }
    let count = pixels.len() / features;
    let mut probabilities = filled(0.0, count * classes)?;
    let mut predicted = filled(0, count)?;
    let mut cross_entropy = filled(0.0, count)?;
    let each = count.div_ceil(machine.threads).max(1);
    let mut labels = labels.map(|labels| labels.chunks(each));
    std::thread::scope(|scope| {
        let parts = probabilities.chunks_mut(each * classes).zip(predicted.chunks_mut(each));
        let parts = parts.zip(cross_entropy.chunks_mut(each)).zip(pixels.chunks(each * features));
        let mut workers = Vec::new();
        for (((probabilities, predictions), cross_entropy), pixels) in parts {
            let labels = labels.as_mut().and_then(Iterator::next);
            let part = Part { probabilities, predictions, cross_entropy, pixels, labels };
            let worker =
                std::thread::Builder::new().spawn_scoped(scope, move || score(params, part, machine));
            workers
                .push(worker.map_err(|_| Error::Threads { asked: machine.threads, started: workers.len() })?);
        }
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    Ok(Scores { predictions: Predictions { classes: predicted, probabilities }, cross_entropy })
}

/// One worker's pictures and the places for what it finds out.
struct Part<'a> {
    probabilities: &'a mut [f32],
    predictions: &'a mut [u8],
    cross_entropy: &'a mut [f64],
    pixels: &'a [u8],
    labels: Option<&'a [u8]>,
}

/// Leads a worker's pictures through the network, one by one.
fn score(params: &Quantised<'_>, part: Part<'_>, machine: Machine) -> Result<(), Error> {
    let mut scratch = filled(0, scratch_len(params.hidden, params.classes))?;
    let rows =
        part.pixels.chunks_exact(params.features).zip(part.probabilities.chunks_exact_mut(params.classes));
    for (n, (pixels, row)) in rows.enumerate() {
        // Its only errors are slices of other lengths than these.
        let Ok(logits) = machine.isa.run(Forward { params, pixels, scratch: &mut scratch }) else { continue };
        let mut greatest = 0;
        for k in 0..logits.len() {
            if logits[k] > logits[greatest] {
                greatest = k;
            }
            row[k] = value(logits[k], params.places);
        }
        part.predictions[n] = greatest as u8;
        let target = row[part.labels.map_or(0, |labels| usize::from(labels[n]))];
        let (max, sum) = math::softmax_row(row);
        // -ln(e^(t - m) / s), each step in f64.
        part.cross_entropy[n] = math::double::ln(f64::from(sum)) + (f64::from(max) - f64::from(target));
    }
    Ok(())
}
