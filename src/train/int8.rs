//! Testing a network of integers: its forward pass over a whole set, samples shared out among workers.

use super::buffer::filled;
use super::evaluate::{Evaluation, Part, Scores};
use super::middle::cross_entropy;
use super::{Error, Machine, Predictions};
use crate::data::Images;
use crate::infer::int8::{Forward, scratch_len, value};
use crate::math;
use crate::weights::Quantised;

/// Predicts the class of every image and compares it with its label.
///
/// # Errors
/// As [`evaluate`](super::evaluate()).
pub fn evaluate_int8(params: &Quantised<'_>, images: &Images, machine: Machine) -> Result<Evaluation, Error> {
    super::check_tests(images, params.features, params.classes)?;
    Evaluation::of(params.classes, images, scores(params, images.pixels(), images.labels(), machine)?)
}

/// Predicts the class of every picture, for `pixels` of (N, D).
///
/// # Errors
/// As [`Predictor::predict_all`](super::Predictor::predict_all).
pub fn predict_int8(params: &Quantised<'_>, pixels: &[u8], machine: Machine) -> Result<Predictions, Error> {
    super::check_sizes(params.features, params.classes)?;
    Ok(scores(params, pixels, &[], machine)?.predictions)
}

fn scores(params: &Quantised<'_>, pixels: &[u8], labels: &[u8], machine: Machine) -> Result<Scores, Error> {
    machine.check()?;
    let sizes = (params.features, params.classes);
    Scores::of(sizes, (pixels, labels), machine.threads, |part| score(params, part, machine))
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
        let target = part.labels.get(n).map(|&label| f64::from(row[usize::from(label)]));
        let normaliser = math::softmax_row(row);
        if let (Some(target), Some(place)) = (target, part.cross_entropy.get_mut(n)) {
            *place = cross_entropy(target, normaliser);
        }
    }
    Ok(())
}
