//! The bias row of a panel: the feature that is 1 in every sample. Its products are sums.

use crate::simd::{Kernel, Simd};

/// Starts the forward product: z = fma(1, b, +0) for every sample.
pub struct BiasForward<'a> {
    /// (W): the panel's row of biases.
    pub bias: &'a [f32],
    /// (rows, W): becomes the accumulators of the forward product.
    pub z: &'a mut [f32],
}

impl Kernel for BiasForward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for row in self.z.chunks_exact_mut(self.bias.len()) {
            for (z, b) in row.chunks_exact_mut(S::LANES).zip(self.bias.chunks_exact(S::LANES)) {
                s.store(s.add(s.load(b), s.splat(0.0)), z);
            }
        }
    }
}

/// Goes on with the sum of the bias row's gradient: one term for each sample.
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
