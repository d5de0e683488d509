//! Pictures for prediction on their way from a format to the model.

use super::error::{Error, reserve};
use super::luma::luma;
use super::shape::{is_known, not_the_models};
use crate::weights::Picture;

/// What a reader of pictures is to give.
pub(crate) struct Wanted {
    /// The model's shape.
    pub(crate) model: Picture,
    /// Whether pictures are fitted afterwards: then they may have any shape that is known.
    pub(crate) fit: bool,
    /// Whether the file is one of EMNIST's images files, which are transposed.
    pub(crate) is_emnist: bool,
}

impl Wanted {
    /// The channels that a picture of this shape is to get: its own if it is to be fitted; else those that
    /// make it the model's: programs save grey pictures in either way.
    pub(crate) fn channels(&self, found: Picture) -> Result<u16, Error> {
        let model = self.model;
        let suits = |&channels: &u16| {
            let shape = Picture { channels, ..found };
            self.fit || shape == model || (!is_known(model) && shape.pixels() == model.pixels())
        };
        [found.channels, 1, 3].into_iter().find(suits).ok_or_else(|| not_the_models(found, model))
    }

    /// One picture, grey or in three planes, with these channels. Colours become grey by [`luma`], greys
    /// three equal planes.
    pub(crate) fn block(&self, found: Picture, mut pixels: Vec<u8>) -> Result<Block, Error> {
        let area = usize::from(found.height) * usize::from(found.width);
        let channels = self.channels(found)?;
        if channels < found.channels {
            (0..area).for_each(|at| pixels[at] = luma(&pixels, area, at));
            pixels.truncate(area);
        } else if channels > found.channels {
            reserve(&mut pixels, 2 * area)?;
            pixels.extend_from_within(..);
            pixels.extend_from_within(..area);
        }
        let shape = if self.fit { found } else { self.model };
        Ok(Block { shape, pixels, labels: None })
    }
}

/// Pictures of one shape.
pub(crate) struct Block {
    pub(crate) shape: Picture,
    /// (N, D), row-major.
    pub(crate) pixels: Vec<u8>,
    /// Where the format has them.
    pub(crate) labels: Option<Vec<u8>>,
}
