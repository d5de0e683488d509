//! A model made ready for this machine: its weights cut into panels once, for any number of pictures.

use super::buffer::{Buffer, filled};
use super::int8::Integers;
use super::middle::{Activate, Output};
use super::panel::Panel;
use super::{Error, Machine};
use crate::linalg::head::{self, padded_classes};
use crate::linalg::{BiasForward, Pixels, STRIP, single, strips};
use crate::math;
use crate::weights::{Params, Shape, Weights};
use std::boxed::Box;
use std::vec::Vec;

/// A trained model, ready to be used again and again on this machine.
///
/// It holds the weights a second time, as the vector kernels want them, which takes about as long as to
/// predict a hundred pictures. [`infer::Model`](crate::infer::Model) needs no such copy, no memory and no
/// vectors; both give the same bits.
///
/// ```
/// # use monolayer::{data, train::{self, Config, Machine, Predictor}};
/// # fn main() -> Result<(), train::Error> {
/// # #[cfg(feature = "digits")] {
/// # let digits = data::digits().unwrap();
/// # let config = Config { hidden: 20, epochs: 2, ..Config::default() };
/// # let machine = Machine::best();
/// # let network = train::fit(&digits.train, 10, &config, machine)?.network;
/// # let images = &digits.test;
/// // let params = View::new(file)?.params();
/// # let params = network.params();
/// let mut predictor = Predictor::new(&params, Machine::best())?;
/// let class = predictor.predict(images.image(0))?;
/// let all = predictor.predict_all(images.pixels())?;
/// assert_eq!(class, usize::from(all.classes[0]));
/// # }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Predictor(pub(super) Model);

/// A model of either kind.
#[derive(Debug)]
pub(super) enum Model {
    F32(Box<Floats>),
    Int8(Box<Integers>),
}

impl Predictor {
    /// Takes a copy of the weights, such as [`View::params`](crate::weights::View::params) or
    /// [`Network::params`](super::Network::params) give them, for `machine`.
    ///
    /// # Errors
    /// The allocation fails, or the machine's number of threads is out of its range or its arithmetic not the
    /// contract's.
    pub fn new<'a>(weights: impl Into<Weights<'a>>, machine: Machine) -> Result<Self, Error> {
        Ok(Self(match weights.into() {
            Weights::F32(params) => Model::F32(Box::new(Floats::new(&params, machine)?)),
            Weights::Int8(params) => Model::Int8(Box::new(Integers::new(&params, machine)?)),
        }))
    }

    /// The model's sizes, activation and pixel scale.
    pub fn shape(&self) -> Shape {
        match &self.0 {
            Model::F32(model) => model.shape,
            Model::Int8(model) => model.shape,
        }
    }

    /// The class of the picture `pixels` (D bytes): that of the first greatest logit. One thread, no
    /// allocation.
    ///
    /// # Errors
    /// There are not D pixels.
    pub fn predict(&mut self, pixels: &[u8]) -> Result<usize, Error> {
        self.check(pixels)?;
        Ok(match &mut self.0 {
            Model::F32(model) => math::argmax(model.logits(pixels)),
            Model::Int8(model) => model.predict(pixels),
        })
    }

    /// The logit of each class, (K), of the picture `pixels` (D bytes). One thread, no allocation.
    ///
    /// # Errors
    /// There are not D pixels.
    pub fn logits(&mut self, pixels: &[u8]) -> Result<&[f32], Error> {
        self.check(pixels)?;
        Ok(match &mut self.0 {
            Model::F32(model) => model.logits(pixels),
            Model::Int8(model) => model.logits(pixels),
        })
    }

    /// The probability of each class, (K), of the picture `pixels` (D bytes). One thread, no allocation.
    ///
    /// # Errors
    /// There are not D pixels.
    pub fn probabilities(&mut self, pixels: &[u8]) -> Result<&[f32], Error> {
        self.check(pixels)?;
        Ok(match &mut self.0 {
            Model::F32(model) => model.probabilities(pixels),
            Model::Int8(model) => {
                let values = model.logits(pixels);
                math::softmax_row(values);
                values
            }
        })
    }

    fn check(&self, pixels: &[u8]) -> Result<(), Error> {
        super::check_features(pixels.len(), self.shape().features)
    }
}

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

    fn logits(&mut self, pixels: &[u8]) -> &mut [f32] {
        let Self { machine: Machine { isa, .. }, shape, ref value, ref panels, ref bias, .. } = *self;
        let Self { places, z, logits, .. } = self;
        let count = isa.run(single::List { sample: pixels, places });
        isa.run(BiasForward { bias, logits });
        let padded = logits.len();
        for state in panels {
            let (panel, width) = (state.shape, state.shape.width);
            let z = &mut z[..width];
            let (sample, places, value, w) = (pixels, &places[..count], value.table(), &state.w1);
            isa.run(single::Forward { sample, places, value, w, z, panel });
            isa.run(Activate { activation: shape.activation, panel, a_then_z: z, slope: &mut [] });
            isa.run(head::Logits { z, panel, w2: state.head(), logits, padded });
        }
        let logits = &mut logits[..shape.classes];
        logits.iter_mut().for_each(|logit| *logit += 0.0);
        logits
    }

    fn probabilities(&mut self, pixels: &[u8]) -> &[f32] {
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
