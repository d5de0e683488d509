//! The step of gradient ascent.

use crate::simd::{Kernel, Simd};

/// The constants of the step: w becomes fma(eta, fma(-lambda, w, g), w).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ascent {
    /// The learning rate, divided by the batch size where the step is by the mean.
    pub eta: f32,
    /// The L2 coefficient.
    pub lambda: f32,
}

impl Ascent {
    /// The weight after the step, given the finished sum `g` of its gradient's data part over the batch.
    #[inline(always)]
    pub(super) fn apply<S: Simd>(self, s: S, w: S::F32, g: S::F32) -> S::F32 {
        let g = s.add(g, s.splat(0.0));
        s.fma(s.splat(self.eta), s.fma(s.splat(-self.lambda), w, g), w)
    }
}

/// Takes the step of weights whose gradients lie beside them, and makes these 0 for the next batch.
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
