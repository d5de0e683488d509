//! The bias row of a panel: the feature that is 1 in every sample. Its products are sums.

use super::Ascent;
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

/// Takes the step of the bias row.
pub struct BiasUpdate<'a> {
    /// (N, W).
    pub delta: &'a [f32],
    /// (W): the panel's row of biases.
    pub bias: &'a mut [f32],
    /// The step to take.
    pub ascent: Ascent,
}

impl Kernel for BiasUpdate<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let width = self.bias.len();
        for (v, bias) in self.bias.chunks_exact_mut(S::LANES).enumerate() {
            let mut sum = s.splat(0.0);
            for row in self.delta.chunks_exact(width) {
                sum = s.add(sum, s.load(&row[v * S::LANES..]));
            }
            s.store(self.ascent.apply(s, s.load(bias), sum), bias);
        }
    }
}
