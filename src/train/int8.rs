//! A network of integers on this machine.

use super::buffer::{copied, filled};
use super::middle::cross_entropy;
use super::scores::Part;
use super::{Error, Machine};
use crate::infer::int8::{Forward, scratch_len, value};
use crate::math;
use crate::weights::{Int8Layer, Quantised, Shape};

/// The numbers of a [`Quantised`] network.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) hidden: Layer,
    pub(super) output: Layer,
    pub(super) table: Vec<i16>,
    pub(super) places: u32,
}

/// One layer's numbers.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) weights: Vec<i8>,
    pub(super) bias: Vec<i32>,
    pub(super) multiplier: Vec<i32>,
    pub(super) shift: u32,
}

impl Layer {
    fn of(layer: Int8Layer<'_>) -> Result<Self, Error> {
        let Int8Layer { weights, bias, multiplier, shift } = layer;
        Ok(Self { weights: copied(weights)?, bias: copied(bias)?, multiplier: copied(multiplier)?, shift })
    }
}

impl Numbers {
    pub(super) fn layers(&self) -> [Int8Layer<'_>; 2] {
        [&self.hidden, &self.output].map(|Layer { weights, bias, multiplier, shift }| Int8Layer {
            weights,
            bias,
            multiplier,
            shift: *shift,
        })
    }
}

/// A network of integers, ready to be used again and again.
#[derive(Debug)]
pub(super) struct Integers {
    pub(super) machine: Machine,
    pub(super) shape: Shape,
    numbers: Numbers,
    scratch: Vec<i32>,
    /// (K).
    values: Vec<f32>,
}

impl Integers {
    pub(super) fn new(params: &Quantised<'_>, machine: Machine) -> Result<Self, Error> {
        machine.check()?;
        let (shape, places) = (params.shape(), params.places());
        let [hidden, output] = params.layers();
        let (hidden, output) = (Layer::of(hidden)?, Layer::of(output)?);
        let numbers = Numbers { hidden, output, table: copied(params.table())?, places };
        let scratch = filled(0, scratch_len(shape.hidden, shape.classes))?;
        Ok(Self { machine, shape, numbers, scratch, values: filled(0.0, shape.classes)? })
    }

    /// The logits, (K), of the D pixels of a picture, in units of 2^-places, in `scratch`.
    fn forward<'s>(&self, pixels: &[u8], scratch: &'s mut [i32]) -> &'s [i32] {
        let Numbers { table, places, .. } = &self.numbers;
        let params = &Quantised::unchecked(self.shape, self.numbers.layers(), table, *places);
        // Its only errors are slices of other lengths than these.
        self.machine.isa.run(Forward { params, pixels, scratch }).unwrap_or_default()
    }

    /// The class of the D pixels of a picture, and its logits, (K).
    pub(super) fn logits(&mut self, pixels: &[u8]) -> (usize, &mut [f32]) {
        let mut scratch = core::mem::take(&mut self.scratch);
        let logits = self.forward(pixels, &mut scratch);
        // Of the integers: two of them may be one f32.
        let class = math::argmax(logits);
        for (out, &logit) in self.values.iter_mut().zip(logits) {
            *out = value(logit, self.numbers.places);
        }
        self.scratch = scratch;
        (class, &mut self.values)
    }

    /// Leads a worker's pictures through the network, one by one.
    pub(super) fn score(&self, part: Part<'_>) -> Result<(), Error> {
        let Shape { features, hidden, classes, .. } = self.shape;
        let mut scratch = filled(0, scratch_len(hidden, classes))?;
        let rows = part.probabilities.chunks_exact_mut(classes);
        for (n, (pixels, row)) in part.pixels.chunks_exact(features).zip(rows).enumerate() {
            let logits = self.forward(pixels, &mut scratch);
            part.predictions[n] = math::argmax(logits) as u8;
            row.iter_mut().zip(logits).for_each(|(out, &logit)| *out = value(logit, self.numbers.places));
            let target = part.labels.get(n).map(|&label| f64::from(row[usize::from(label)]));
            let normaliser = math::softmax_row(row);
            if let (Some(target), Some(place)) = (target, part.cross_entropy.get_mut(n)) {
                *place = cross_entropy(target, normaliser);
            }
        }
        Ok(())
    }
}
