//! The step of gradient ascent: CONTRACT C13.

use crate::simd::{Kernel, Simd};

/// The factor of sums that are [`raised`](Ascent::raised): 2^64.
pub const RAISED: f32 = power_of_two(64);

/// 2^n, for n in −126..=127.
const fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((127 + n) as u32) << 23)
}

/// The constants of the step: w becomes fma(eta, fma(-lambda, w, g), w).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ascent {
    /// The learning rate, divided by the batch size where the step is by the mean.
    pub eta: f32,
    /// The L2 coefficient.
    pub lambda: f32,
    /// Whether the sum is [`RAISED`] times g.
    pub raised: bool,
}

impl Ascent {
    /// The weight after the step, given the finished sum of its gradient's data part over the batch.
    #[inline(always)]
    pub(super) fn apply<S: Simd>(self, s: S, w: S::F32, sum: S::F32) -> S::F32 {
        let g = if self.raised { self.lower(s, w, sum) } else { sum };
        let g = s.add(g, s.splat(0.0));
        s.fma(s.splat(self.eta), s.fma(s.splat(-self.lambda), w, g), w)
    }

    /// g, or a number with which fma(-lambda, w, g) has the same bits: a subnormal g would make that slow.
    /// The exact product lambda w is a multiple of q = 2^-46 times the powers of two of lambda and of w, and
    /// so is every bound between two roundings around it: all g of one sign within 0 < |g| < q give the same
    /// result. Where |lambda w| is at least 2^-50, q is at least 2^-98; a subnormal g, below 2^-126, is then
    /// taken 2^24 times as large.
    #[inline(always)]
    fn lower<S: Simd>(self, s: S, w: S::F32, sum: S::F32) -> S::F32 {
        let (down, less) = (s.splat(power_of_two(-64)), s.splat(power_of_two(24 - 64)));
        let decay = s.abs(s.mul(s.splat(self.lambda), w));
        // Twice 2^-50, because this product is rounded.
        let factor = s.select(s.lt(decay, s.splat(power_of_two(-49))), down, less);
        let subnormal = s.lt(s.abs(sum), s.splat(power_of_two(64 - 126)));
        s.mul(sum, s.select(subnormal, factor, down))
    }
}

/// Takes the step of weights, given the sums of their gradient, which become 0 for the next batch.
pub struct Ascend<'a> {
    /// Whole vectors of weights.
    pub w: &'a mut [f32],
    /// As many sums.
    pub gradient: &'a mut [f32],
    /// The step to take.
    pub ascent: Ascent,
}

impl Kernel for Ascend<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (w, g) in self.w.chunks_exact_mut(S::LANES).zip(self.gradient.chunks_exact_mut(S::LANES)) {
            s.store(self.ascent.apply(s, s.load(w), s.load(g)), w);
            s.store(s.splat(0.0), g);
        }
    }
}
