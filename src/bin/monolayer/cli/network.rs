//! A model file's network, of whichever kind its weights are.

use monolayer::Activation;
use monolayer::data::Images;
use monolayer::train::{self, Evaluation, Machine, Predictions, weights_norm};
use monolayer::weights::{self, Kind, Params, Picture, Quantised, View};

/// A checked model file.
#[derive(Clone, Copy, Debug)]
pub enum Model<'a> {
    F32(View<'a>),
    Int8(View<'a, Quantised<'a>>),
}

/// Calls the same method of either view.
macro_rules! either {
    ($model:expr, $view:ident => $body:expr) => {
        match $model {
            Model::F32($view) => $body,
            Model::Int8($view) => $body,
        }
    };
}

impl<'a> Model<'a> {
    /// Checks a file's bytes, aligned.
    ///
    /// # Errors
    /// It is not a model, or damaged, or newer than this program.
    pub fn new(bytes: &'a [u8]) -> Result<Self, weights::Error> {
        Ok(match weights::kind(bytes)? {
            Kind::F32 => Self::F32(View::new(bytes)?),
            Kind::Int8 => Self::Int8(View::quantised(bytes)?),
        })
    }

    pub fn network(&self) -> Network<'a> {
        match self {
            Self::F32(view) => Network::F32(view.params()),
            Self::Int8(view) => Network::Int8(view.params()),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::F32(_) => Kind::F32,
            Self::Int8(_) => Kind::Int8,
        }
    }

    pub fn picture(&self) -> Picture {
        either!(self, view => view.picture())
    }

    pub fn class_name(&self, class: usize) -> &'a str {
        either!(self, view => view.class_name(class))
    }

    pub fn training(&self) -> &'a str {
        either!(self, view => view.training())
    }

    pub fn format(&self) -> u16 {
        either!(self, view => view.format())
    }

    pub fn contract(&self) -> u16 {
        either!(self, view => view.contract())
    }
}

/// A network's sizes and weights.
#[derive(Clone, Copy, Debug)]
pub enum Network<'a> {
    F32(Params<'a>),
    Int8(Quantised<'a>),
}

/// A network's sizes.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub activation: Activation,
    pub features: usize,
    pub hidden: usize,
    pub classes: usize,
    pub scale: f32,
}

impl<'a> From<Params<'a>> for Network<'a> {
    fn from(params: Params<'a>) -> Self {
        Self::F32(params)
    }
}

impl Network<'_> {
    pub fn sizes(&self) -> Sizes {
        let (activation, features, hidden, classes, scale) = match *self {
            Self::F32(Params { activation, features, hidden, classes, scale, .. })
            | Self::Int8(Quantised { activation, features, hidden, classes, scale, .. }) => {
                (activation, features, hidden, classes, scale)
            }
        };
        Sizes { activation, features, hidden, classes, scale }
    }

    pub fn fingerprint(&self) -> u64 {
        match self {
            Self::F32(params) => params.fingerprint(),
            Self::Int8(params) => params.fingerprint(),
        }
    }

    /// |W1|² + |W2|²; integers no longer tell.
    pub fn norm(&self) -> Option<f64> {
        match self {
            Self::F32(params) => Some(weights_norm(params)),
            Self::Int8(_) => None,
        }
    }

    /// How it does on a set of images.
    ///
    /// # Errors
    /// As [`train::evaluate`](train::evaluate()).
    pub fn evaluate(&self, images: &Images, machine: Machine) -> Result<Evaluation, train::Error> {
        match self {
            Self::F32(params) => train::evaluate(params, images, machine),
            Self::Int8(params) => train::evaluate_int8(params, images, machine),
        }
    }

    /// It, ready for any number of pictures.
    ///
    /// # Errors
    /// As [`train::Predictor::new`].
    pub fn predictor(&self, machine: Machine) -> Result<Predictor<'_>, train::Error> {
        Ok(match self {
            Self::F32(params) => Predictor::F32(Box::new(train::Predictor::new(params, machine)?)),
            Self::Int8(params) => Predictor::Int8(params, machine),
        })
    }
}

/// A network that is asked more than once.
pub enum Predictor<'a> {
    F32(Box<train::Predictor>),
    Int8(&'a Quantised<'a>, Machine),
}

impl Predictor<'_> {
    /// What it takes pictures for.
    ///
    /// # Errors
    /// As [`train::Predictor::predict_all`].
    pub fn predict(&self, pixels: &[u8]) -> Result<Predictions, train::Error> {
        match self {
            Self::F32(predictor) => predictor.predict_all(pixels),
            Self::Int8(params, machine) => train::predict_int8(params, pixels, *machine),
        }
    }
}
