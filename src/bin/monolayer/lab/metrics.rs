//! Precision, recall and F1 by class, and the loss.
//!
//! With T true positives of a class (its images that were predicted as it), precision = T / predicted as it,
//! recall = T / its images, and F1 = 2 T / (predicted + images), their harmonic mean (van Rijsbergen,
//! "Information Retrieval", 1979, chapter 7, whose E at alpha = 1/2 is 1 − F1).

/// A confusion matrix.
#[derive(Clone, Copy, Debug)]
pub struct Confusion<'a> {
    counts: &'a [u32], // (K, K), row = true class
    classes: usize,
}

impl<'a> Confusion<'a> {
    /// The matrix `counts` (K, K), row by row: entry (t, p) says how many images of class t were predicted as
    /// p.
    ///
    /// # Panics
    /// If there are not K · K counts.
    pub fn new(counts: &'a [u32], classes: usize) -> Self {
        assert_eq!(counts.len(), classes * classes, "a confusion matrix is square");
        Self { counts, classes }
    }

    /// K, the number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The images of class `class`, by predicted class.
    ///
    /// # Panics
    /// If there is no such class; the methods below panic likewise.
    pub fn row(&self, class: usize) -> &'a [u32] {
        &self.counts[class * self.classes..][..self.classes]
    }

    /// Every pair of different classes, by true and then by predicted class: count, true class, predicted
    /// class.
    pub fn mistakes(&self) -> impl Iterator<Item = (u32, usize, usize)> {
        let size = self.classes;
        let cells = self.counts.iter().enumerate().map(move |(at, &count)| (count, at / size, at % size));
        cells.filter(|(_, t, p)| t != p)
    }

    /// The number of images of the class.
    pub fn images(&self, class: usize) -> u64 {
        self.row(class).iter().map(|&n| u64::from(n)).sum()
    }

    /// The number of images predicted as the class.
    pub fn predicted(&self, class: usize) -> u64 {
        (0..self.classes).map(|t| u64::from(self.row(t)[class])).sum()
    }

    /// Precision, recall and F1 of the class.
    pub fn measures(&self, class: usize) -> [Option<f64>; 3] {
        [self.precision(class), self.recall(class), self.f1(class)]
    }

    /// The share of the images predicted as the class that are of it; `None` where none was.
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(self.row(class)[class], self.predicted(class))
    }

    /// The share of the images of the class that were predicted as it; `None` where there are none.
    pub fn recall(&self, class: usize) -> Option<f64> {
        share(self.row(class)[class], self.images(class))
    }

    /// The harmonic mean of precision and recall; `None` for a class that neither occurs nor was predicted.
    pub fn f1(&self, class: usize) -> Option<f64> {
        let whole = self.images(class) + self.predicted(class);
        (whole > 0).then(|| 2.0 * f64::from(self.row(class)[class]) / whole as f64)
    }

    /// Precision, recall and F1, each the plain mean over the classes that occur or were predicted ("macro"
    /// average: Sokolova and Lapalme, "A systematic analysis of performance measures for classification
    /// tasks", 2009), classes ascending. Undefined values count as 0. `None` without images.
    ///
    /// The mean of the recalls is the "balanced accuracy" where every class occurs.
    pub fn means(&self) -> Option<[f64; 3]> {
        let present = (0..self.classes).filter(|&k| self.images(k) + self.predicted(k) > 0);
        let count = present.clone().count() as f64;
        let mean = |measure: usize| {
            let terms = present.clone().map(|k| self.measures(k)[measure].unwrap_or(0.0));
            terms.fold(0.0, |total, term| total + term) / count
        };
        (count > 0.0).then(|| [0, 1, 2].map(mean))
    }
}

fn share(part: u32, whole: u64) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / whole as f64)
}

/// −E/N, the loss on N images: their mean cross-entropy plus λ/2 · |W|² / N, with λ in single precision, as
/// training uses it. `norm` is |W|² over both layers, biases included.
pub fn loss(cross_entropy: f64, lambda: f64, norm: f64, images: usize) -> f64 {
    cross_entropy + f64::from(lambda as f32) / 2.0 * norm / images as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_class() {
        let confusion = Confusion::new(&[5, 1, 0, 2, 8, 0, 0, 0, 0], 3);
        assert_eq!([0, 1, 2].map(|k| confusion.images(k)), [6, 10, 0]);
        assert_eq!([0, 1, 2].map(|k| confusion.predicted(k)), [7, 9, 0]);
        assert_eq!([0, 1, 2].map(|k| confusion.precision(k)), [Some(5.0 / 7.0), Some(8.0 / 9.0), None]);
        assert_eq!([0, 1, 2].map(|k| confusion.recall(k)), [Some(5.0 / 6.0), Some(0.8), None]);
        assert_eq!([0, 1, 2].map(|k| confusion.f1(k)), [Some(10.0 / 13.0), Some(16.0 / 19.0), None]);
        assert_eq!(confusion.row(1), [2, 8, 0]);
    }

    #[test]
    fn means_are_over_the_classes_that_occur_or_were_predicted() {
        // Class 0 was never predicted, class 1 never occurs, class 3 is neither.
        let confusion = Confusion::new(&[0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0], 4);
        let expected = [0.75 / 3.0; 3];
        assert_eq!(confusion.means(), Some(expected));
        assert_eq!(Confusion::new(&[0; 4], 2).means(), None);
    }

    #[test]
    fn the_loss_has_the_l2_term_over_the_images() {
        assert_eq!(loss(0.25, 0.0, 1e9, 10), 0.25);
        assert_eq!(loss(0.25, 0.5, 8.0, 10), 0.25 + 2.0 / 10.0);
        assert_ne!(loss(0.0, 0.01, 2.0, 1), 0.01, "lambda is rounded to f32");
    }
}
