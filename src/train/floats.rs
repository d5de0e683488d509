//! A model in f32 made ready for this machine: its weights cut into panels.

use super::buffer::{Buffer, filled};
use super::middle::{Activate, Output};
use super::panel::Panel;
use super::{Error, Machine};
use crate::linalg::head::{self, padded_classes};
use crate::linalg::{BiasForward, Pixels, STRIP, single, strips};
use crate::weights::{Params, Shape};

/// A model in f32, its weights cut into panels.
#[derive(Debug)]
pub(super) struct Floats {
    pub(super) machine: Machine,
    pub(super) shape: Shape,
    pub(super) value: Pixels,
    pub(super) panels: Vec<Panel>,
    /// (P): the output layer's biases.
    pub(super) bias: Buffer,
    /// (whole strips of D): the features of a picture's pixels that are not 0.
    places: Vec<u32>,
    /// (W) of the widest panel.
    z: Buffer,
    /// (P).
    logits: Buffer,
}

impl Floats {
    pub(super) fn new(params: &Params<'_>, machine: Machine) -> Result<Self, Error> {
        machine.check()?;
        let (shape, lanes) = (params.shape(), machine.isa.lanes());
        let (panels, bias) = Panel::cut_all(params, lanes, 1)?;
        let width = panels.iter().map(|panel| panel.shape.width).max().unwrap_or(0);
        Ok(Self {
            machine,
            shape,
            value: Pixels::new(shape.scale),
            panels,
            bias,
            places: filled(0, strips(shape.features) * STRIP)?,
            z: Buffer::zeros(1, width)?,
            logits: Buffer::zeros(1, padded_classes(shape.classes, lanes))?,
        })
    }

    pub(super) fn logits(&mut self, pixels: &[u8]) -> &mut [f32] {
        let Self { machine: Machine { isa, .. }, shape, ref value, ref panels, ref bias, .. } = *self;
        let Self { places, z, logits, .. } = self;
        let count = isa.run(single::List { sample: pixels, places });
        isa.run(BiasForward { bias, logits });
        for state in panels {
            let (panel, width) = (state.shape, state.shape.width);
            let z = &mut z[..width];
            let (sample, places, value, w) = (pixels, &places[..count], value.table(), &state.w1);
            isa.run(single::Forward { sample, places, value, w, z, panel });
            isa.run(Activate { activation: shape.activation, panel, a_then_z: z, slope: &mut [] });
            isa.run(head::Logits { z, panel, w2: state.head(), logits });
        }
        let logits = &mut logits[..shape.classes];
        logits.iter_mut().for_each(|logit| *logit += 0.0);
        logits
    }

    pub(super) fn probabilities(&mut self, pixels: &[u8]) -> &[f32] {
        self.logits(pixels);
        let (classes, padded) = (self.shape.classes, self.logits.len());
        self.machine.isa.run(Output {
            v_then_y: &mut self.logits,
            padded,
            classes,
            labels: &[],
            normalisers: &mut [(0.0, 0.0)],
            cross_entropy: &mut [],
            predictions: &mut [],
        });
        &self.logits[..classes]
    }
}
