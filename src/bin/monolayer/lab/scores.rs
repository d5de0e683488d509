//! Quality of a model's probabilities: rank of the true class (top k) and calibration.

/// Labels, predictions and probabilities of N images.
#[derive(Clone, Copy, Debug)]
pub struct Scores<'a> {
    labels: &'a [u8],
    predictions: &'a [u8],
    probabilities: &'a [f32], // (N, K)
    classes: usize,
}

/// Number of bins of confidence, as in Guo et al. (see [`Scores::calibration_error`]).
pub const BINS: usize = 15;

/// A bin of predictions of about the same confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// The number of predictions.
    pub images: u64,
    /// The number of right ones.
    pub right: u64,
    /// The sum of their confidences.
    pub confidence: f64,
}

impl<'a> Scores<'a> {
    /// `labels` (N), `predictions` (N), `probabilities` (N, K).
    ///
    /// # Panics
    /// If the lengths differ from these, or a label or prediction is not below `classes`.
    pub fn new(labels: &'a [u8], predictions: &'a [u8], probabilities: &'a [f32], classes: usize) -> Self {
        assert_eq!(labels.len(), predictions.len());
        assert_eq!(labels.len() * classes, probabilities.len(), "a probability for each class of each image");
        assert!(labels.iter().chain(predictions).all(|&class| usize::from(class) < classes));
        Self { labels, predictions, probabilities, classes }
    }

    fn rows(&self) -> impl Iterator<Item = (usize, usize, &'a [f32])> {
        let classes = self.labels.iter().zip(self.predictions);
        let rows = classes.zip(self.probabilities.chunks_exact(self.classes));
        rows.map(|((&label, &prediction), row)| (usize::from(label), usize::from(prediction), row))
    }

    /// Counts, as entry k − 1, the images whose label is among the k most probable classes, for k = 1 to
    /// `most` (at most K).
    ///
    /// The predicted class ranks first, so that entry 0 counts the right predictions: rounding may have given
    /// another class the same probability. The others rank by probability, of equal ones the lower class
    /// first.
    pub fn top(&self, most: usize) -> Vec<u64> {
        let mut counts = vec![0; most.min(self.classes)];
        for (label, prediction, row) in self.rows() {
            let is_before =
                |&k: &usize| k == prediction || row[k] > row[label] || (row[k] == row[label] && k < label);
            let rank = match label == prediction {
                true => 0,
                false => (0..self.classes).filter(is_before).count(),
            };
            counts.iter_mut().skip(rank).for_each(|count| *count += 1);
        }
        counts
    }

    /// The predictions by confidence (the probability of the predicted class): bin b of [`BINS`] has those
    /// above b / BINS, up to and including (b + 1) / BINS. Sums are in f64, images ascending.
    pub fn bins(&self) -> [Bin; BINS] {
        let mut bins = [Bin::default(); BINS];
        for (label, prediction, row) in self.rows() {
            let confidence = f64::from(row[prediction]);
            // Exact: 24 bits times 4.
            let scaled = confidence * BINS as f64;
            let whole = scaled as usize;
            let index = if whole as f64 == scaled { whole.saturating_sub(1) } else { whole };
            let bin = &mut bins[index.min(BINS - 1)];
            bin.images += 1;
            bin.right += u64::from(label == prediction);
            bin.confidence += confidence;
        }
        bins
    }

    /// The expected calibration error, Σ_b n_b / N · |accuracy of b − mean confidence of b| over
    /// [`Scores::bins`], ascending (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural
    /// networks", ICML 2017, equation 3). It is 0 if of the predictions with confidence p a share p is right.
    /// `None` without images.
    pub fn calibration_error(&self) -> Option<f64> {
        let gaps = self.bins().into_iter().map(|bin| (bin.right as f64 - bin.confidence).abs());
        let sum = gaps.fold(0.0, |total, gap| total + gap);
        (!self.labels.is_empty()).then(|| sum / self.labels.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_class_ranks_where_it_should() {
        let probabilities = [
            [0.5, 0.3, 0.2], // right
            [0.5, 0.3, 0.2], // second
            [0.5, 0.3, 0.2], // third
            [0.4, 0.4, 0.2], // as probable as the predicted one, which is not the first of the two: second
            [0.2, 0.2, 0.6], // as probable as class 0, which goes first: third
        ];
        let (labels, predictions) = ([0, 1, 2, 0, 1], [0, 0, 0, 1, 2]);
        let scores = Scores::new(&labels, &predictions, probabilities.as_flattened(), 3);
        assert_eq!(scores.top(3), [1, 3, 5]);
        assert_eq!(scores.top(2), [1, 3]);
        assert_eq!(scores.top(9), [1, 3, 5], "no more than there are classes");
    }

    #[test]
    fn a_bin_ends_at_its_upper_bound() {
        // Just above 1/5, 3/15 from below as f32 has it, 1/2 (in no bound's place), 1; and what overflowed.
        let confidences = [0.200_000_02f32, 0.199_999_99, 0.5, 1.0, 0.0, f32::NAN];
        let rows: Vec<f32> = confidences.iter().flat_map(|&p| [p, 0.0]).collect();
        let scores = Scores::new(&[0; 6], &[0; 6], &rows, 2);
        let filled: Vec<usize> = (0..BINS).filter(|&b| scores.bins()[b].images > 0).collect();
        assert_eq!(filled, [0, 2, 3, 7, 14]);
        // 15 times these is whole: each closes its bin.
        let half = Scores::new(&[0; 2], &[0; 2], &[1.0, 0.0, 1.0, 0.0], 2);
        assert_eq!(half.bins()[14], Bin { images: 2, right: 2, confidence: 2.0 });
    }

    #[test]
    fn the_calibration_error_is_the_mean_gap() {
        // Four predictions at 0.75, three right; two at 0.5, both right: (0 + |2 - 1|) / 6.
        let rows = [[0.75, 0.25]; 4].into_iter().chain([[0.5, 0.5]; 2]).collect::<Vec<_>>();
        let scores = Scores::new(&[0, 0, 0, 1, 0, 0], &[0; 6], rows.as_flattened(), 2);
        assert_eq!(scores.calibration_error(), Some(1.0 / 6.0));
        assert_eq!(Scores::new(&[], &[], &[], 2).calibration_error(), None);
    }
}
