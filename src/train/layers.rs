//! Both layers of the network, forward and backward side by side, in kernels.
//!
//! Each line of [`plain`](super::plain)'s step is a row here. A batch's samples are cut into shares, one for
//! each worker, and the hidden units into panels; [`run`](super::run) says who calls what when.
//!
//! | `plain`, forward | here | kernel |
//! |---|---|---|
//! | x = (byte - centre) / scale | [`Gathered::fill`](super::batch::Gathered::fill), [`Gathered::features`](super::batch::Gathered::features) | [`Gather`](crate::linalg::Gather), then [`Find`](crate::linalg::Find) and [`Pixels::table`](crate::linalg::Pixels::table), or [`dense::Convert`] |
//! | a = x W1 | [`Hidden::forward`], strip by strip | [`sparse::Forward`] or [`dense::Forward`] |
//! | z = [1, h(a)], h'(a) | [`Hidden::activate`] | [`Activate`] |
//! | v = z W2 | [`Share::begin`], [`Share::add`] panel by panel | [`BiasForward`], [`head::Logits`] |
//! | y = softmax(v), -ln y | [`Share::finish`] | [`Output`] |
//!
//! | `plain`, backward | here | kernel |
//! |---|---|---|
//! | dE/dv = t - y | [`Share::finish`] | [`Errors`] |
//! | delta = h'(a) (dE/dv W2ᵀ) | [`Hidden::backward`] | [`head::Deltas`], [`Raise`] |
//! | dE/dW2 = zᵀ dE/dv, then W2 | [`Hidden::backward`], [`Hidden::step`]; biases: [`Head`] | [`head::Gradient`], [`BiasGradient`], [`Ascend`] |
//! | dE/dW1 = xᵀ delta, then W1 | [`Hidden::update`], strip by strip; biases: [`Hidden::step`] | [`sparse::Update`] or [`dense::Update`]; [`head::Deltas`], [`Ascend`] |
//!
//! `loss +=`, samples ascending, is in [`Head::backward`]. The + 0 that finishes each sum (CONTRACT C6) is
//! added to a in [`Activate`], to v in [`Output`], to dE/dv W2ᵀ in `Row::finished_times` of
//! [`linalg`](crate::linalg), and to each gradient in `Ascent::apply`.
//!
//! A buffer that is transformed in place is named after all that it holds in turn: `a_then_z`.
//!
//! [`sparse::Forward`]: crate::linalg::sparse::Forward
//! [`sparse::Update`]: crate::linalg::sparse::Update
//! [`dense::Forward`]: crate::linalg::dense::Forward
//! [`dense::Update`]: crate::linalg::dense::Update
//! [`dense::Convert`]: crate::linalg::dense::Convert

use super::Error;
use super::buffer::{Buffer, filled};
use super::middle::{Activate, Errors, Output};
use super::panel::{Features, Panel};
use super::raise::Raise;
use crate::linalg::{Ascend, Ascent, BiasForward, BiasGradient, Strip, head, padded, rows};
use crate::math::Activation;
use crate::simd::Isa;
use std::ops::Range;

/// What all kernels of a run are given.
#[derive(Clone, Copy)]
pub(super) struct Layers {
    pub(super) isa: Isa,
    /// h.
    pub(super) activation: Activation,
    /// K.
    pub(super) classes: usize,
    /// P.
    pub(super) padded: usize,
    /// See [`raise::limit`](super::raise::limit).
    pub(super) raised_limit: Option<f32>,
}

/// The hidden units of a panel, for a batch.
pub(super) struct Hidden {
    pub(super) panel: Panel,
    /// (N + 7, W).
    a_then_z: Buffer,
    /// (Q, W): h'(a), then delta.
    slope_then_delta: Buffer,
    /// Whether delta is [`RAISED`](crate::linalg::RAISED) times as large.
    raised: bool,
    /// (W): the sums of the biases' gradient; 0 between batches.
    bias_gradient: Buffer,
    /// (K, W): the sums of dE/dW2; 0 between batches.
    w2_gradient: Buffer,
}

impl Hidden {
    /// Room for batches of `samples`.
    pub(super) fn new(panel: Panel, samples: usize, classes: usize) -> Result<Self, Error> {
        let width = panel.shape.width;
        Ok(Self {
            panel,
            a_then_z: Buffer::zeros(padded(samples), width)?,
            slope_then_delta: Buffer::zeros(rows(samples), width)?,
            raised: false,
            bias_gradient: Buffer::zeros(1, width)?,
            w2_gradient: Buffer::zeros(classes, width)?,
        })
    }

    /// a = x W1, over one strip.
    pub(super) fn forward(&mut self, on: &Layers, strip: Strip<'_>, x: Features<'_>) {
        self.panel.forward(on.isa, strip, x, &mut self.a_then_z);
    }

    /// a = x W1 gives dE/dW1 = xᵀ delta, over one strip; then W1.
    pub(super) fn update(&mut self, on: &Layers, strip: Strip<'_>, x: Features<'_>, ascent: Ascent) {
        let ascent = Ascent { raised: self.raised, ..ascent };
        self.panel.update(on.isa, strip, x, &self.slope_then_delta, ascent);
    }

    /// z = h(a), and h'(a), for the batch's samples.
    pub(super) fn activate(&mut self, on: &Layers, samples: usize) {
        let (panel, used) = (self.panel.shape, samples * self.panel.shape.width);
        let (a_then_z, slope) = (&mut self.a_then_z[..used], &mut self.slope_then_delta[..used]);
        on.isa.run(Activate { activation: on.activation, panel, a_then_z, slope });
    }

    /// z = h(a), v = z W2 give delta = h'(a) (dE/dv W2ᵀ) and dE/dW2 = zᵀ dE/dv, for one share.
    pub(super) fn backward(&mut self, on: &Layers, samples: Range<usize>, share: &Share) {
        let (panel, width) = (self.panel.shape, self.panel.shape.width);
        let (error, units) = (share.error(on, &samples), samples.start * width..samples.end * width);
        let (z, slope) = (&self.a_then_z[units.clone()], &mut self.slope_then_delta[units]);
        let Self { panel: Panel { w2, .. }, bias_gradient, w2_gradient, .. } = self;
        on.isa.run(head::Deltas { error, w2, slope, bias_gradient, panel });
        on.isa.run(head::Gradient { error, z, gradient: w2_gradient, panel });
    }

    /// The steps of W2 and of W1's biases, after every share of the batch of `samples`.
    pub(super) fn step(&mut self, on: &Layers, samples: usize, ascent: Ascent) {
        let Self { panel, bias_gradient, w2_gradient, .. } = self;
        let width = panel.shape.width;
        on.isa.run(Ascend { w: &mut panel.w2, gradient: w2_gradient, ascent });
        panel.copy_w2();
        on.isa.run(Ascend { w: &mut panel.w1[..width], gradient: bias_gradient, ascent });
        let delta = &mut self.slope_then_delta[..samples * width];
        self.raised = on.raised_limit.is_some_and(|limit| on.isa.run(Raise { delta, limit }));
    }
}

/// One worker's samples of a batch, at the classes.
pub(super) struct Share {
    /// (n, P): logits v, then probabilities y, then dE/dv = t - y.
    v_then_y_then_error: Buffer,
    /// (n).
    labels: Vec<u8>,
    /// (n): the greatest logit and the sum of the exponentials.
    normalisers: Vec<(f32, f32)>,
    /// (n): -ln y of the label.
    cross_entropy: Vec<f64>,
}

impl Share {
    /// Room for `samples`.
    pub(super) fn new(samples: usize, padded: usize) -> Result<Self, Error> {
        Ok(Self {
            v_then_y_then_error: Buffer::zeros(samples, padded)?,
            labels: filled(0, samples)?,
            normalisers: filled((0.0, 0.0), samples)?,
            cross_entropy: filled(0.0, samples)?,
        })
    }

    /// v = z W2, its first term: the biases, for so many samples.
    pub(super) fn begin(&mut self, on: &Layers, samples: usize, head: &Head) {
        let logits = &mut self.v_then_y_then_error[..samples * on.padded];
        on.isa.run(BiasForward { bias: &head.bias, logits });
    }

    /// v = z W2, its next terms: a panel's units, for these samples of the batch.
    pub(super) fn add(&mut self, on: &Layers, samples: &Range<usize>, hidden: &Hidden) {
        let (panel, padded, width) = (hidden.panel.shape, on.padded, hidden.panel.shape.width);
        let logits = &mut self.v_then_y_then_error[..samples.len() * padded];
        let z = &hidden.a_then_z[samples.start * width..samples.end * width];
        on.isa.run(head::Logits { z, panel, w2: hidden.panel.head(), logits });
    }

    /// y = softmax(v) and -ln y of the labels; then, backward, dE/dv = t - y.
    pub(super) fn finish(&mut self, on: &Layers, labels: impl ExactSizeIterator<Item = u8>) {
        let (count, &Layers { padded, classes, .. }) = (labels.len(), on);
        self.labels.iter_mut().zip(labels).for_each(|(place, label)| *place = label);
        let Self { v_then_y_then_error: rows, labels, normalisers, cross_entropy } = self;
        let (rows, labels) = (&mut rows[..count * padded], &labels[..count]);
        on.isa.run(Output {
            v_then_y: rows,
            padded,
            classes,
            labels,
            normalisers,
            cross_entropy: &mut cross_entropy[..count],
            predictions: &mut [],
        });
        on.isa.run(Errors { y_then_error: rows, padded, labels });
    }

    /// (n, P): dE/dv of these samples.
    fn error(&self, on: &Layers, samples: &Range<usize>) -> &[f32] {
        &self.v_then_y_then_error[..samples.len() * on.padded]
    }
}

/// The output layer's biases.
pub(super) struct Head {
    /// (P).
    pub(super) bias: Buffer,
    /// (P): the sums of their gradient; 0 between batches.
    gradient: Buffer,
}

impl Head {
    pub(super) fn new(bias: Buffer) -> Result<Self, Error> {
        Ok(Self { gradient: Buffer::zeros(1, bias.len())?, bias })
    }

    /// v = 1 bias + ... gives dE/dbias = 1ᵀ dE/dv, for one share; adds its cross-entropies to `loss`, samples
    /// ascending.
    pub(super) fn backward(&mut self, on: &Layers, samples: &Range<usize>, share: &Share, loss: &mut f64) {
        on.isa.run(BiasGradient { delta: share.error(on, samples), gradient: &mut self.gradient });
        share.cross_entropy[..samples.len()].iter().for_each(|sample| *loss += sample);
    }

    /// The step of the biases, after every share of a batch.
    pub(super) fn step(&mut self, on: &Layers, ascent: Ascent) {
        on.isa.run(Ascend { w: &mut self.bias, gradient: &mut self.gradient, ascent });
    }
}
