//! Biases: weights whose feature is 1 in every sample. Their products are sums.

use crate::simd::{Kernel, Simd};

/// Starts the logits: v = fma(1, b, +0) for every sample.
pub struct BiasForward<'a> {
    /// (P): the output layer's biases.
    pub bias: &'a [f32],
    /// (N, P): become the starts of the sums.
    pub logits: &'a mut [f32],
}

impl Kernel for BiasForward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for row in self.logits.chunks_exact_mut(self.bias.len()) {
            for (v, b) in row.chunks_exact_mut(S::LANES).zip(self.bias.chunks_exact(S::LANES)) {
                s.store(s.add(s.load(b), s.splat(0.0)), v);
            }
        }
    }
}

/// Adds to the sum of the biases' gradient, one term for each sample.
pub struct BiasGradient<'a> {
    /// (N, W).
    pub delta: &'a [f32],
    /// (W): the sum so far.
    pub gradient: &'a mut [f32],
}

impl Kernel for BiasGradient<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let width = self.gradient.len();
        for (v, gradient) in self.gradient.chunks_exact_mut(S::LANES).enumerate() {
            let mut sum = s.load(gradient);
            for row in self.delta.chunks_exact(width) {
                sum = s.add(sum, s.load(&row[v * S::LANES..]));
            }
            s.store(sum, gradient);
        }
    }
}
