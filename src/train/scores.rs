//! What a forward pass over many pictures gives, and how it is shared out among workers.

use super::Error;
use super::buffer::filled;
use super::parallel::in_parallel;

/// Predicted classes and their probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// (N): each picture's class, the first with the greatest logit. Rounding may have given another class
    /// the same probability.
    pub classes: Vec<u8>,
    /// (N, K): the probability of each class.
    pub probabilities: Vec<f32>,
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
