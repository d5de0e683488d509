//! A panel: the weights of some hidden units as the kernels take them, and both products with W1.

use super::Error;
use super::buffer::Buffer;
use crate::linalg::head::{by_unit, padded_classes};
use crate::linalg::{Ascent, PanelShape, Panels, STRIP, Strip, dense, sparse, strips};
use crate::simd::Isa;
use crate::weights::Params;

/// One panel's weights.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) shape: PanelShape,
    /// (1 + whole strips of D, W); row 0 the biases, rows beyond D zero.
    pub(super) w1: Buffer,
    /// (K, W).
    pub(super) w2: Buffer,
    /// (W, P): w2 unit by unit.
    w2_by_unit: Buffer,
}

/// The features x of a strip, in the form that a product takes.
#[derive(Clone, Copy)]
pub(super) enum Features<'a> {
    /// Bytes, (≥ N, STRIP), with the masks of those that are not 0: by sample for [`Panel::forward`], by
    /// feature for [`Panel::update`].
    ZeroSkipping { rows: &'a [u8], masks: &'a [u64], value: &'a [f32; 256] },
    /// Numbers.
    Dense(dense::Values<'a>),
}

impl Panel {
    /// All panels of a network, and its output biases, (P).
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub(super) fn cut_all(
        params: &Params<'_>,
        lanes: usize,
        workers: usize,
    ) -> Result<(Vec<Self>, Buffer), Error> {
        let mut bias = Buffer::zeros(1, padded_classes(params.shape().classes, lanes))?;
        bias[..params.shape().classes].copy_from_slice(&params.w2()[..params.shape().classes]);
        let shapes = Panels::new(params.shape().hidden, lanes, workers).shapes();
        let panels = shapes.map(|shape| Self::cut(params, shape, lanes)).collect::<Result<_, _>>()?;
        Ok((panels, bias))
    }

    fn cut(params: &Params<'_>, shape: PanelShape, lanes: usize) -> Result<Self, Error> {
        let PanelShape { first, units, width, .. } = shape;
        let (classes, padded) = (params.shape().classes, padded_classes(params.shape().classes, lanes));
        let mut w1 = Buffer::zeros(1 + strips(params.shape().features) * STRIP, width)?;
        let mut w2 = Buffer::zeros(classes, width)?;
        for (cut, whole) in w1.chunks_exact_mut(width).zip(params.w1().chunks_exact(params.shape().hidden)) {
            cut[..units].copy_from_slice(&whole[first..][..units]);
        }
        for (unit, whole) in params.w2().chunks_exact(classes).skip(1 + first).take(units).enumerate() {
            for (class, &weight) in whole.iter().enumerate() {
                w2[class * width + unit] = weight;
            }
        }
        let mut panel = Self { shape, w1, w2, w2_by_unit: Buffer::zeros(width, padded)? };
        panel.copy_w2();
        Ok(panel)
    }

    /// The product a += x W1 over a strip; over the first one a = [1, x] W1. `a` is (≥ N + 7, W).
    pub(super) fn forward(&self, isa: Isa, strip: Strip<'_>, x: Features<'_>, a: &mut [f32]) {
        let (panel, width, row) = (self.shape, self.shape.width, 1 + strip.first);
        let bias = (strip.first == 0).then_some(&self.w1[..width]);
        match x {
            Features::ZeroSkipping { rows, masks, value } => {
                let (rows, w) =
                    (&rows[..strip.samples.len() * STRIP], &self.w1[row * width..][..STRIP * width]);
                isa.run(sparse::Forward { rows, masks, value, w, bias, z: a, panel });
            }
            Features::Dense(x) => {
                let w = &self.w1[row * width..][..strip.count() * width];
                isa.run(dense::Forward { x, w, bias, z: a, panel });
            }
        }
    }

    /// The step of W1 over a strip: dE/dW1 = xᵀ delta, then w. `delta` is (≥ Q, W).
    pub(super) fn update(
        &mut self,
        isa: Isa,
        strip: Strip<'_>,
        x: Features<'_>,
        delta: &[f32],
        ascent: Ascent,
    ) {
        let (panel, width) = (self.shape, self.shape.width);
        let w = &mut self.w1[(1 + strip.first) * width..][..strip.count() * width];
        match x {
            Features::ZeroSkipping { rows, masks, value } => {
                isa.run(sparse::Update { rows, masks, value, delta, w, panel, ascent });
            }
            Features::Dense(x) => isa.run(dense::Update { x, delta, w, panel, ascent }),
        }
    }

    /// W2 unit by unit without the panel's padding, (units, P).
    pub(super) fn head(&self) -> &[f32] {
        &self.w2_by_unit[..self.w2_by_unit.len() / self.shape.width * self.shape.units]
    }

    /// Makes the unit by unit copy of W2 anew, after a change of it.
    pub(super) fn copy_w2(&mut self) {
        by_unit(&self.w2, self.shape.width, &mut self.w2_by_unit);
    }
}
