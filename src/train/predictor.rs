//! A model made ready for this machine: its weights cut into panels once, for any number of pictures.

use super::buffer::{Buffer, filled};
use super::middle::{Activate, Output, class_of};
use super::panel::Panel;
use super::{Error, Machine};
use crate::linalg::head::{self, padded_classes};
use crate::linalg::{BiasForward, Pixels, STRIP, single, strips};
use crate::math::Activation;
use crate::weights::Params;
use std::vec::Vec;

/// A trained model, ready to be used again and again on this machine.
///
/// It holds the weights a second time, as the vector kernels want them, which takes about as long as to
/// predict a hundred pictures. [`infer::Model`](crate::infer::Model) needs no such copy, no memory and no
/// vectors; both give the same bits.
///
/// ```
/// # use monolayer::{data, Isa, train::{self, Config, Machine, Predictor}};
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
pub struct Predictor {
    pub(super) machine: Machine,
    pub(super) activation: Activation,
    /// D.
    pub(super) features: usize,
    /// K.
    pub(super) classes: usize,
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

impl Predictor {
    /// Takes a copy of the weights, such as [`View::params`](crate::weights::View::params) or
    /// [`Network::params`](super::Network::params) give them, for `machine`.
    ///
    /// # Errors
    /// A number of classes out of its range, no features, too little memory, or a machine whose number of
    /// threads is out of its range or whose arithmetic is not the contract's.
    ///
    /// # Panics
    /// If there are no hidden units, or not as many weights as the sizes call for.
    pub fn new(params: &Params<'_>, machine: Machine) -> Result<Self, Error> {
        let Params { activation, features, hidden, classes, scale, w1, w2 } = *params;
        machine.check()?;
        super::check_sizes(features, classes)?;
        assert!(hidden > 0, "a model without hidden units");
        assert_eq!((w1.len() % hidden, w1.len() / hidden), (0, features + 1), "W1 of another size");
        assert_eq!((w2.len() % classes, w2.len() / classes), (0, hidden + 1), "W2 of another size");
        let lanes = machine.isa.lanes();
        let (panels, bias) = Panel::cut_all(params, lanes, 1)?;
        let width = panels.iter().map(|panel| panel.shape.width).max().unwrap_or(0);
        Ok(Self {
            machine,
            activation,
            features,
            classes,
            value: Pixels::new(scale),
            panels,
            bias,
            places: filled(0, strips(features) * STRIP)?,
            z: Buffer::zeros(1, width)?,
            logits: Buffer::zeros(1, padded_classes(classes, lanes))?,
        })
    }

    /// The class of the picture `pixels` (D bytes): that of the first greatest logit. One thread, no
    /// allocation.
    ///
    /// # Errors
    /// There are not D pixels.
    pub fn predict(&mut self, pixels: &[u8]) -> Result<usize, Error> {
        self.logits(pixels).map(class_of)
    }

    /// The logit of each class, (K), of the picture `pixels` (D bytes). One thread, no allocation.
    ///
    /// # Errors
    /// There are not D pixels.
    pub fn logits(&mut self, pixels: &[u8]) -> Result<&[f32], Error> {
        super::check_features(pixels.len(), self.features)?;
        let Self { machine: Machine { isa, .. }, activation, ref value, ref panels, ref bias, .. } = *self;
        let Self { places, z, logits, .. } = self;
        let count = isa.run(single::List { sample: pixels, places });
        isa.run(BiasForward { bias, logits });
        for panel in panels {
            let (shape, width) = (panel.shape, panel.shape.width);
            let z = &mut z[..width];
            let (sample, places, value, w) = (pixels, &places[..count], value.table(), &panel.w1);
            isa.run(single::Forward { sample, places, value, w, z, panel: shape });
            isa.run(Activate { activation, panel: shape, a_then_z: z, slope: &mut [] });
            isa.run(head::Logits { z, panel: panel.shape, w2: panel.head(), logits });
        }
        let logits = &mut logits[..self.classes];
        logits.iter_mut().for_each(|logit| *logit += 0.0);
        Ok(logits)
    }

    /// The probability of each class, (K), of the picture `pixels` (D bytes). One thread, no allocation.
    ///
    /// # Errors
    /// There are not D pixels.
    pub fn probabilities(&mut self, pixels: &[u8]) -> Result<&[f32], Error> {
        self.logits(pixels)?;
        let (classes, padded) = (self.classes, self.logits.len());
        self.machine.isa.run(Output {
            v_then_y: &mut self.logits,
            padded,
            classes,
            labels: &[],
            normalisers: &mut [(0.0, 0.0)],
            cross_entropy: &mut [],
            predictions: &mut [],
        });
        Ok(&self.logits[..classes])
    }
}
