//! A model of either kind, made ready for this machine once, for any number of pictures.

use super::floats::Floats;
use super::int8::Integers;
use super::{Error, Machine};
use crate::math;
use crate::weights::{Shape, Weights};

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
            Model::Int8(model) => model.logits(pixels).0,
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
            Model::Int8(model) => model.logits(pixels).1,
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
                let (_, values) = model.logits(pixels);
                math::softmax_row(values);
                values
            }
        })
    }

    fn check(&self, pixels: &[u8]) -> Result<(), Error> {
        super::check_features(pixels.len(), self.shape().features)
    }
}
