//! A model as a device runs it, of either kind of weights.

use crate::infer::{self, int8};
use crate::math::Activation;
use crate::weights::{self, Kind, Params, Picture, Quantised};
use std::vec;
use std::vec::Vec;

/// A model over its file's bytes.
#[derive(Clone, Copy, Debug)]
pub enum Model<'a> {
    /// Weights in f32.
    F32(infer::Model<'a>),
    /// Weights in integers.
    Int8(int8::Model<'a>),
}

/// Calls the same method of either view.
macro_rules! either {
    ($model:expr, $view:ident => $body:expr) => {
        match $model {
            Model::F32(model) => {
                let $view = model.view();
                $body
            }
            Model::Int8(model) => {
                let $view = model.view();
                $body
            }
        }
    };
}

/// What both kinds of networks have.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub activation: Activation,
    pub features: usize,
    pub hidden: usize,
    pub classes: usize,
    pub scale: f32,
}

impl<'a> Model<'a> {
    /// The model whose file is `bytes`, beginning at a multiple of 4.
    ///
    /// # Errors
    /// The file is not one that this version can use, or this machine's arithmetic is not the contract's.
    pub fn new(bytes: &'a [u8]) -> Result<Self, weights::Error> {
        Ok(match weights::kind(bytes)? {
            Kind::F32 => Self::F32(infer::Model::new(bytes)?),
            Kind::Int8 => Self::Int8(int8::Model::new(bytes)?),
        })
    }

    pub(super) fn sizes(&self) -> Sizes {
        let (activation, features, hidden, classes, scale) = match self {
            Self::F32(model) => {
                let Params { activation, features, hidden, classes, scale, .. } = model.view().params();
                (activation, features, hidden, classes, scale)
            }
            Self::Int8(model) => {
                let Quantised { activation, features, hidden, classes, scale, .. } = model.view().params();
                (activation, features, hidden, classes, scale)
            }
        };
        Sizes { activation, features, hidden, classes, scale }
    }

    /// FNV-1a-64 over its weights.
    pub fn fingerprint(&self) -> u64 {
        either!(self, view => view.params().fingerprint())
    }

    pub(super) fn picture(&self) -> Picture {
        either!(self, view => view.picture())
    }

    pub(super) fn class_name(&self, class: usize) -> &'a str {
        either!(self, view => view.class_name(class))
    }

    pub(super) fn contract(&self) -> u16 {
        either!(self, view => view.contract())
    }

    /// The bits of the logits of a picture that has D pixels, (K).
    pub(super) fn logits(&self, pixels: &[u8]) -> Vec<u32> {
        let Sizes { hidden, classes, .. } = self.sizes();
        // Pixels and scratch fit: there is no error.
        match self {
            Self::F32(model) => {
                let mut scratch = vec![0.0; infer::scratch_len(hidden, classes)];
                let logits = model.logits(pixels, &mut scratch).unwrap_or_default();
                logits.iter().map(|logit| logit.to_bits()).collect()
            }
            Self::Int8(model) => {
                let mut scratch = vec![0; int8::scratch_len(hidden, classes)];
                let logits = model.logits(pixels, &mut scratch).unwrap_or_default();
                logits.iter().map(|&logit| logit as u32).collect()
            }
        }
    }
}
