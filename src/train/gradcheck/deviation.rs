//! How far two gradients are apart.

use crate::math::double::sqrt;
use crate::math::greater;

/// The distance of a gradient g from another, h, weight by weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Deviation {
    /// max |g − h|.
    pub greatest_difference: f64,
    /// max |g|.
    pub greatest: f64,
    /// |g − h|².
    differences: f64,
    /// |g|².
    squares: f64,
    /// |h|².
    other_squares: f64,
}

impl Deviation {
    /// One weight more.
    pub(super) fn add(&mut self, g: f64, h: f64) {
        let difference = g - h;
        self.join(&Self {
            greatest_difference: difference.abs(),
            greatest: g.abs(),
            differences: difference * difference,
            squares: g * g,
            other_squares: h * h,
        });
    }

    /// The weights of another part of the same gradients more.
    pub(super) fn join(&mut self, part: &Self) {
        self.greatest_difference = greater(self.greatest_difference, part.greatest_difference);
        self.greatest = greater(self.greatest, part.greatest);
        self.differences += part.differences;
        self.squares += part.squares;
        self.other_squares += part.other_squares;
    }

    /// |g − h| / (|g| + |h|), Euclidean norms; 0 where both are 0.
    pub fn relative_norm(&self) -> f64 {
        let size = sqrt(self.squares) + sqrt(self.other_squares);
        if size == 0.0 { 0.0 } else { sqrt(self.differences) / size }
    }

    /// Whether every entry is finite.
    pub fn is_finite(&self) -> bool {
        (self.differences + self.squares + self.other_squares).is_finite()
    }

    /// Whether |g − h| / (|g| + |h|) and max |g − h| / max |g| are at most `tolerance`.
    pub fn within(&self, tolerance: f64) -> bool {
        self.is_finite()
            && self.relative_norm() <= tolerance
            && self.greatest_difference <= tolerance * self.greatest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_and_greatest_values() {
        let mut whole = Deviation::default();
        assert!(whole.within(0.0) && whole.relative_norm() == 0.0);
        let mut part = whole;
        whole.add(3.0, 3.0);
        whole.add(-4.0, -4.0);
        assert!(whole.within(0.0));
        part.add(0.0, 12.0);
        whole.join(&part);
        assert_eq!((whole.greatest_difference, whole.greatest), (12.0, 4.0));
        assert_eq!(whole.relative_norm(), 12.0 / 18.0);
        assert!(whole.within(3.0) && !whole.within(2.9) && !part.within(1e9), "{whole:?}");
    }

    #[test]
    fn what_is_not_finite_is_not_within() {
        for (g, h) in [(f64::NAN, 1.0), (1.0, f64::NAN), (f64::INFINITY, f64::INFINITY), (1e200, 1e200)] {
            let mut deviation = Deviation::default();
            deviation.add(1.0, 1.0);
            deviation.add(g, h);
            assert!(!deviation.within(f64::INFINITY) && !deviation.is_finite());
        }
    }
}
