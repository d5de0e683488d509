//! How good a model is, class by class.

/// Which class was taken for which.
#[derive(Clone, Copy, Debug)]
pub struct Confusion<'a> {
    counts: &'a [u32], // (K, K), row = true class
    classes: usize,
}

impl<'a> Confusion<'a> {
    /// The matrix `counts` (K, K), row by row: entry (t, p) says how many images of class t were predicted as p.
    ///
    /// # Panics
    /// If there are not K · K counts.
    pub fn new(counts: &'a [u32], classes: usize) -> Self {
        assert_eq!(counts.len(), classes * classes, "a confusion matrix is square");
        Self { counts, classes }
    }

    /// K.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The images of class `class`, by what they were predicted as.
    ///
    /// # Panics
    /// If there is no such class; so do the methods below.
    pub fn row(&self, class: usize) -> &'a [u32] {
        &self.counts[class * self.classes..][..self.classes]
    }

    /// The images of the class.
    pub fn images(&self, class: usize) -> u64 {
        self.row(class).iter().map(|&n| u64::from(n)).sum()
    }

    /// The images that were predicted as the class.
    pub fn predicted(&self, class: usize) -> u64 {
        (0..self.classes).map(|t| u64::from(self.row(t)[class])).sum()
    }

    /// The share of the images predicted as the class that are of it; `None` where none was.
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(self.row(class)[class], self.predicted(class))
    }

    /// The share of the images of the class that were predicted as it; `None` where there are none.
    pub fn recall(&self, class: usize) -> Option<f64> {
        share(self.row(class)[class], self.images(class))
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
        assert_eq!(confusion.row(1), [2, 8, 0]);
    }

    #[test]
    fn the_loss_has_the_l2_term_over_the_images() {
        assert_eq!(loss(0.25, 0.0, 1e9, 10), 0.25);
        assert_eq!(loss(0.25, 0.5, 8.0, 10), 0.25 + 2.0 / 10.0);
        assert_ne!(loss(0.0, 0.01, 2.0, 1), 0.01, "lambda is rounded to f32");
    }
}
