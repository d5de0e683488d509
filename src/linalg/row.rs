//! A panel's row in registers: accumulators, or a row that is added to them.

use super::Ascent;
use crate::simd::Simd;

/// The values of a row whose units fill V vectors and, where H is 1, half a vector more. Half a vector takes
/// half the time on processors that split their widest vectors: a row of 100 units takes 6.5 vectors of 16
/// lanes, not 7. The padding beyond is neither read nor written.
#[derive(Clone, Copy)]
pub(super) struct Row<S: Simd, const V: usize, const H: usize> {
    vectors: [S::F32; V],
    half: [<S::Half as Simd>::F32; H],
}

impl<S: Simd, const V: usize, const H: usize> Row<S, V, H> {
    /// W: a row's values in memory, padding included.
    pub(super) const WIDTH: usize = (V + H) * S::LANES;
    /// The place of the half.
    const HALF: usize = V * S::LANES;

    /// All +0.
    #[inline(always)]
    pub(super) fn zero(s: S) -> Self {
        Self { vectors: [s.splat(0.0); V], half: [s.half().splat(0.0); H] }
    }

    /// The front of `from`.
    #[inline(always)]
    pub(super) fn load(s: S, from: &[f32]) -> Self {
        let mut row = Self::zero(s);
        let from = &from[..Self::WIDTH];
        for v in 0..V {
            row.vectors[v] = s.load(&from[v * S::LANES..]);
        }
        for h in 0..H {
            row.half[h] = s.half().load(&from[Self::HALF..]);
        }
        row
    }

    /// Writes to the front of `to`.
    #[inline(always)]
    pub(super) fn store(self, s: S, to: &mut [f32]) {
        let to = &mut to[..Self::WIDTH];
        for v in 0..V {
            s.store(self.vectors[v], &mut to[v * S::LANES..]);
        }
        for h in 0..H {
            s.half().store(self.half[h], &mut to[Self::HALF..]);
        }
    }

    /// self += x · row, one multiply-add a unit.
    #[inline(always)]
    pub(super) fn add(&mut self, s: S, x: f32, row: &Self) {
        // One broadcast for both only where both are used: it ties up a register.
        let (x, low) = if V > 0 && H > 0 { s.splat_both(x) } else { (s.splat(x), s.half().splat(x)) };
        for v in 0..V {
            self.vectors[v] = s.fma(x, row.vectors[v], self.vectors[v]);
        }
        for h in 0..H {
            self.half[h] = s.half().fma(low, row.half[h], self.half[h]);
        }
    }

    /// (self + 0) ∘ row.
    #[inline(always)]
    pub(super) fn finished_times(self, s: S, row: &Self) -> Self {
        let mut product = self;
        for v in 0..V {
            product.vectors[v] = s.mul(s.add(self.vectors[v], s.splat(0.0)), row.vectors[v]);
        }
        for h in 0..H {
            let s = s.half();
            product.half[h] = s.mul(s.add(self.half[h], s.splat(0.0)), row.half[h]);
        }
        product
    }

    /// Takes the step of the weights at the front of `w`, for these sums of their gradient.
    #[inline(always)]
    pub(super) fn step(self, s: S, w: &mut [f32], ascent: Ascent) {
        let w = &mut w[..Self::WIDTH];
        for v in 0..V {
            let w = &mut w[v * S::LANES..];
            s.store(ascent.apply(s, s.load(w), self.vectors[v]), w);
        }
        for h in 0..H {
            let (s, w) = (s.half(), &mut w[Self::HALF..]);
            s.store(ascent.apply(s, s.load(w), self.half[h]), w);
        }
    }
}
