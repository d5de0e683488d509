//! A network's weights as they are saved, and the squares of them all.

use super::buffer::{copied, filled};
use super::panel::Panel;
use super::{Config, Error};
use crate::linalg::PanelShape;
use crate::rng::{Rng, stream};
use crate::simd::{Isa, Scalar, Simd};
use crate::weights::{Params, Shape};

/// A network that owns its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    shape: Shape,
    w1: Vec<f32>,
    w2: Vec<f32>,
}

impl Network {
    /// The weights before the first step (CONTRACT C8): W1 normal with variance 1/(D+1), its biases 1; W2
    /// zero, its biases 1.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn start(config: &Config, features: usize, classes: usize, isa: Isa) -> Result<Self, Error> {
        config.check()?;
        super::check_sizes(features, classes)?;
        let hidden = config.hidden;
        let mut rng = Rng::new(config.seed, stream::WEIGHTS);
        // Exact but for 2^24 features, the most there may be, where 2^24 + 1 is rounded.
        let divisor = Scalar.sqrt((features + 1) as f32);
        let mut w1 = filled(1.0, (features + 1).saturating_mul(hidden))?;
        let mut normals = filled(0.0, features)?;
        for unit in 0..hidden {
            rng.normals(isa, &mut normals);
            for (row, normal) in w1.chunks_exact_mut(hidden).skip(1).zip(&normals) {
                row[unit] = normal / divisor * config.start_scale;
            }
        }
        let mut w2 = filled(0.0, (hidden + 1) * classes)?;
        w2[..classes].fill(1.0);
        Ok(Self::of(config, (features, classes), w1, w2))
    }

    /// A network of these weights, (D + 1, M) and (M + 1, K).
    pub(super) fn of(
        config: &Config,
        (features, classes): (usize, usize),
        w1: Vec<f32>,
        w2: Vec<f32>,
    ) -> Self {
        let Config { activation, hidden, scale, .. } = *config;
        Self { shape: Shape { activation, features, hidden, classes, scale }, w1, w2 }
    }

    /// A copy.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub(super) fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self { w1: copied(&self.w1)?, w2: copied(&self.w2)?, ..*self })
    }

    /// The weights, borrowed.
    pub fn params(&self) -> Params<'_> {
        Params::unchecked(self.shape, &self.w1, &self.w2)
    }

    /// W1 and W2, laid out as in [`Params`], to be changed.
    pub(super) fn weights_mut(&mut self) -> (&mut [f32], &mut [f32]) {
        (&mut self.w1, &mut self.w2)
    }

    /// Copies one panel's weights back into their places.
    pub(super) fn put(&mut self, panel: &Panel) {
        let PanelShape { first, units, width, .. } = panel.shape;
        let Shape { hidden, classes, .. } = self.shape;
        for (whole, cut) in self.w1.chunks_exact_mut(hidden).zip(panel.w1.chunks_exact(width)) {
            whole[first..][..units].copy_from_slice(&cut[..units]);
        }
        let rows = self.w2[(1 + first) * classes..].chunks_exact_mut(classes).take(units);
        for (unit, whole) in rows.enumerate() {
            for (class, whole) in whole.iter_mut().enumerate() {
                *whole = panel.w2[class * width + unit];
            }
        }
    }

    /// Copies the output layer's biases, (≥ K), back into their place.
    pub(super) fn put_bias(&mut self, bias: &[f32]) {
        let classes = self.shape.classes;
        self.w2[..classes].copy_from_slice(&bias[..classes]);
    }
}

/// |W1|² + |W2|², biases included, summed in f64 as CONTRACT C14 says; not finite if, and only if, a weight
/// is not.
pub fn weights_norm(params: &Params<'_>) -> f64 {
    // Columns whose sums are taken together, row by row.
    const COLUMNS: usize = 128;
    let norm = |matrix: &[f32], width: usize| {
        (0..width).step_by(COLUMNS).fold(0.0, |total, first| {
            let (mut sums, columns) = ([0.0; COLUMNS], COLUMNS.min(width - first));
            for row in matrix.chunks_exact(width) {
                for (sum, &w) in sums.iter_mut().zip(&row[first..][..columns]) {
                    *sum += f64::from(w) * f64::from(w);
                }
            }
            sums[..columns].iter().fold(total, |total, sum| total + sum)
        })
    };
    norm(params.w1(), params.shape().hidden) + norm(params.w2(), params.shape().classes)
}
