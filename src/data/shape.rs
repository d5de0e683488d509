//! Shapes of pictures: how messages write them, and which of them are known.

use super::error::{Error, ErrorKind};
use crate::weights::Picture;
use core::fmt;

/// A picture's shape for people.
pub(crate) struct Shape(pub(crate) Picture);

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Picture { channels, height, width } = self.0;
        write!(f, "{channels} x {height} x {width}")
    }
}

/// Pictures of a shape, with the names of its sizes, as what was found.
pub(crate) fn pictures_of(shape: Picture) -> String {
    format!("pictures of {} (channels x height x width)", Shape(shape))
}

/// A shape of one row of greys as a square, where it can be one.
pub(crate) fn squared(picture: Picture) -> Option<Picture> {
    if is_known(picture) { Some(picture) } else { square(picture.width.into()) }
}

/// The grey square of so many pixels, if there is one.
pub(crate) fn square(pixels: usize) -> Option<Picture> {
    let side = u16::try_from(pixels.isqrt()).ok().filter(|&side| usize::from(side).pow(2) == pixels)?;
    Some(Picture { channels: 1, height: side, width: side })
}

/// Whether a shape is more than a number of pixels.
pub(crate) fn is_known(picture: Picture) -> bool {
    picture.channels > 1 || picture.height > 1
}

/// The error for a size that no picture can have, at byte `at`.
pub(crate) fn wrong_size(at: usize, found: usize) -> Error {
    Error::at(at as u64, format!("a size of {found}"), "1 to 65535; convert the file")
}

/// The error for a picture that does not have the model's shape.
pub(crate) fn not_the_models(found: Picture, model: Picture) -> Error {
    let sized = (found.height, found.width) == (model.height, model.width);
    let (advice, kind) = match found.channels {
        3 if sized => ("convert the picture to PGM", ErrorKind::Other),
        1 if sized => ("convert the picture to PPM", ErrorKind::Other),
        n if [1, 3, model.channels].contains(&n) => ("resize the picture", ErrorKind::PictureSize),
        _ => ("give one channel, or red, green and blue", ErrorKind::Other),
    };
    let expected = format!("the model's {}; {advice}", Shape(model));
    Error::new(pictures_of(found), expected).with_kind(kind)
}

/// The error for pictures, or a model, of so many pixels and no known height and width.
pub(crate) fn no_shape(picture: Picture) -> Error {
    let found = format!("pictures of {} pixels of unknown height and width", picture.pixels());
    Error::new(found, "both to be known").with_kind(ErrorKind::UnknownShape)
}
