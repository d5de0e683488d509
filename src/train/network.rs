//! A network's weights: whole, as they are saved, and cut into panels, as they are trained.

use super::buffer::{Buffer, copied, filled};
use super::{Config, Error};
use crate::linalg::head::{by_unit, padded_classes};
use crate::linalg::{PanelShape, Panels, STRIP, strips};
use crate::rng::{Rng, stream};
use crate::simd::{Isa, Scalar, Simd};
use crate::weights::{Params, Shape};
use std::vec;
use std::vec::Vec;

/// A network that owns its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    shape: Shape,
    w1: Vec<f32>,
    w2: Vec<f32>,
}

impl Network {
    /// The weights before the first step: W1 normal with variance 1/(D+1), drawn unit by unit, features ascending,
    /// its biases 1; W2 zero, its biases 1.
    ///
    /// # Errors
    /// A setting or a size is out of its range, or the allocation fails.
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
                row[unit] = normal / divisor;
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
    /// [`Error::Memory`] if the machine has not that much.
    pub(super) fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self { w1: copied(&self.w1)?, w2: copied(&self.w2)?, ..*self })
    }

    /// Takes the weights of another network of the same sizes.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.w1.copy_from_slice(&other.w1);
        self.w2.copy_from_slice(&other.w2);
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

/// One panel's weights.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) shape: PanelShape,
    /// (1 + whole strips of D, W); row 0 the biases, rows beyond D zero.
    pub(super) w1: Buffer,
    /// (K, W).
    pub(super) w2: Buffer,
    /// (W, P): w2 unit by unit.
    pub(super) w2_by_unit: Buffer,
}

impl Panel {
    /// One panel of a network.
    pub(super) fn cut(params: &Params<'_>, shape: PanelShape, lanes: usize) -> Result<Self, Error> {
        let PanelShape { first, units, width, .. } = shape;
        let Shape { features, hidden, classes, .. } = params.shape();
        let padded = padded_classes(classes, lanes);
        let mut w1 = Buffer::zeros(1 + strips(features) * STRIP, width)?;
        let mut w2 = Buffer::zeros(classes, width)?;
        let mut w2_by_unit = Buffer::zeros(width, padded)?;
        for (cut, whole) in w1.chunks_exact_mut(width).zip(params.w1().chunks_exact(hidden)) {
            cut[..units].copy_from_slice(&whole[first..][..units]);
        }
        for (unit, whole) in params.w2().chunks_exact(classes).skip(1 + first).take(units).enumerate() {
            for (class, &weight) in whole.iter().enumerate() {
                w2[class * width + unit] = weight;
            }
        }
        by_unit(&w2, width, &mut w2_by_unit);
        Ok(Self { shape, w1, w2, w2_by_unit })
    }

    /// (STRIP, W): the weights of strip `index`; rows beyond the last feature are 0.
    pub(super) fn strip_mut(&mut self, index: usize) -> &mut [f32] {
        let width = self.shape.width;
        &mut self.w1[(1 + index * STRIP) * width..][..STRIP * width]
    }

    /// As [`strip_mut`](Self::strip_mut).
    pub(super) fn strip(&self, index: usize) -> &[f32] {
        let width = self.shape.width;
        &self.w1[(1 + index * STRIP) * width..][..STRIP * width]
    }

    /// The biases, if that strip is the first.
    pub(super) fn bias(&self, index: usize) -> Option<&[f32]> {
        (index == 0).then_some(&self.w1[..self.shape.width])
    }

    /// All panels of a network, and its output biases, (P).
    pub(super) fn cut_all(
        params: &Params<'_>,
        lanes: usize,
        workers: usize,
    ) -> Result<(Vec<Self>, Buffer), Error> {
        let Shape { hidden, classes, .. } = params.shape();
        let mut bias = Buffer::zeros(1, padded_classes(classes, lanes))?;
        bias[..classes].copy_from_slice(&params.w2()[..classes]);
        let shapes = Panels::new(hidden, lanes, workers).shapes();
        let panels = shapes.map(|shape| Self::cut(params, shape, lanes)).collect::<Result<_, _>>()?;
        Ok((panels, bias))
    }

    /// W2 unit by unit without the panel's padding, (units, P).
    pub(super) fn head(&self) -> &[f32] {
        &self.w2_by_unit[..self.w2_by_unit.len() / self.shape.width * self.shape.units]
    }
}

/// |W1|² + |W2|², biases included: an f64 accumulator for each hidden unit over its weights in W1, features
/// ascending, then their sum, units ascending; the same for each class over W2; then the sum of both.
pub fn weights_norm(params: &Params<'_>) -> f64 {
    let norm = |matrix: &[f32], width: usize| {
        let mut sums = vec![0.0; width];
        let mut norms = ColumnNorms::new(&mut sums);
        matrix.chunks_exact(width).for_each(|row| norms.add(row));
        norms.sum(width, 0.0)
    };
    norm(params.w1(), params.shape().hidden) + norm(params.w2(), params.shape().classes)
}

/// The sums of squares of a matrix's columns, led past its rows.
pub(super) struct ColumnNorms<'a>(&'a mut [f64]);

impl<'a> ColumnNorms<'a> {
    /// For as many columns as `sums` has places, all zero.
    pub(super) fn new(sums: &'a mut [f64]) -> Self {
        sums.fill(0.0);
        Self(sums)
    }
    /// Adds the squares of a row, which are exact in f64.
    pub(super) fn add(&mut self, row: &[f32]) {
        for (sum, &w) in self.0.iter_mut().zip(row) {
            *sum += f64::from(w) * f64::from(w);
        }
    }
    /// `total` and then the sums of the first `columns` columns, ascending.
    pub(super) fn sum(self, columns: usize, total: f64) -> f64 {
        self.0[..columns].iter().fold(total, |total, sum| total + sum)
    }
}
