//! Pictures for prediction on their way from a format to the model.

use crate::weights::Picture;

/// What a reader of pictures is to give.
pub(crate) struct Wanted {
    /// The model's shape.
    pub(crate) model: Picture,
    /// Whether pictures are fitted afterwards: then they may have any shape that is known.
    pub(crate) fit: bool,
}

/// Pictures of one shape.
pub(crate) struct Block {
    pub(crate) shape: Picture,
    /// (N, D), row-major.
    pub(crate) pixels: Vec<u8>,
    /// Where the format has them.
    pub(crate) labels: Option<Vec<u8>>,
}
