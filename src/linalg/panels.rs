//! How M hidden units are cut into panels.

use super::MAX_VECTORS;
use crate::simd::Simd;

/// The cut of M hidden units into panels, for an instruction set's lanes and a number of workers.
///
/// It decides which worker computes a unit and how fast, never the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panels {
    hidden: usize,
    lanes: usize,
    count: usize,
}

/// One panel: hidden units `first .. first + units`, in `width` ≥ `units` lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelShape {
    /// Its first hidden unit.
    pub first: usize,
    /// The number of its hidden units, without padding.
    pub units: usize,
    /// W: its units with the padding, whole vectors.
    pub width: usize,
}

impl Panels {
    /// Cuts `hidden` units, at least 1, for vectors of `lanes` lanes: into as few panels as [`MAX_VECTORS`]
    /// allows, but a multiple of `workers` where there are vectors enough, all of them equally wide or one
    /// vector apart.
    pub fn new(hidden: usize, lanes: usize, workers: usize) -> Self {
        let vectors = hidden.div_ceil(lanes);
        let count = vectors.div_ceil(MAX_VECTORS).next_multiple_of(workers.max(1)).min(vectors);
        Self { hidden, lanes, count }
    }

    /// The number of panels.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The panel of that index, below `count`.
    pub fn shape(&self, index: usize) -> PanelShape {
        let vectors = self.hidden.div_ceil(self.lanes);
        let first = vectors * index / self.count * self.lanes;
        let width = vectors * (index + 1) / self.count * self.lanes - first;
        PanelShape { first, units: width.min(self.hidden - first), width }
    }

    /// All panels, in the order of their units.
    pub fn shapes(self) -> impl Iterator<Item = PanelShape> {
        (0..self.count).map(move |index| self.shape(index))
    }
}

impl PanelShape {
    /// Its vectors.
    #[inline(always)]
    pub(super) fn vectors<S: Simd>(&self) -> usize {
        self.width / S::LANES
    }

    /// The cut of its vectors into groups of at most `most`, as units are cut into panels; `first` of a group
    /// counts from the panel's first lane.
    #[inline(always)]
    pub(super) fn groups<S: Simd>(&self, most: usize) -> impl Iterator<Item = PanelShape> + use<S> {
        let count = self.vectors::<S>().div_ceil(most);
        Panels { hidden: self.units, lanes: S::LANES, count }.shapes()
    }

    /// Whether the second half of the last vector is all padding, and there are instructions for the first
    /// half alone.
    #[inline(always)]
    pub(super) fn ends_in_a_half<S: Simd>(&self) -> bool {
        (const { S::Half::LANES < S::LANES }) && self.units + S::Half::LANES <= self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_cover_every_unit_once_and_none_is_too_wide() {
        for hidden in 1..600 {
            for lanes in [1, 4, 8, 16] {
                for workers in 1..6 {
                    let mut next = 0;
                    for shape in Panels::new(hidden, lanes, workers).shapes() {
                        assert_eq!(shape.first, next);
                        assert!(shape.units >= 1 && shape.units <= shape.width);
                        assert_eq!(shape.width % lanes, 0);
                        let vectors = shape.width / lanes;
                        assert!((1..=MAX_VECTORS).contains(&vectors), "{hidden} {lanes} {workers}");
                        next += shape.units;
                    }
                    assert_eq!(next, hidden);
                }
            }
        }
    }
}
