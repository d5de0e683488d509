//! Tables whose features are the pixels of pictures.

use super::column;
use crate::data::error::Error;
use crate::data::rows::Rows;
use crate::data::shape::square;
use crate::weights::Picture;

/// The least number of columns without names that are taken for pixels: 16 x 16.
const LEAST: usize = 256;

/// Pixels are bright somewhere: the greatest one is above this.
const DARK: f32 = 127.0;

/// Whether the features are pixels: whole numbers from 0 to 255, the greatest above 127, in columns with the
/// names of pixels, or without names as many as a square picture of at least 256 pixels has, of one plane or
/// of three.
pub(super) fn are_pixels(rows: &Rows) -> bool {
    let features = rows.values.len() / rows.labels.len();
    let is_likely = match rows.names.is_empty() {
        true => features >= LEAST && picture(features as u16).height > 1,
        false => rows.names.iter().all(|name| is_pixel_name(name)),
    };
    is_likely && rows.values.iter().any(|&x| x > DARK) && rows.values.iter().all(|&x| is_byte(x))
}

/// `pixel0`, `pixel_1` and their like; or row and column, `1x1`.
fn is_pixel_name(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_place = |(row, column)| is_number(row) && is_number(column);
    let prefix = name.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("pixel"));
    prefix || name.split_once('x').is_some_and(is_place)
}

/// Whether a feature is a byte; -0 is 0.
fn is_byte(x: f32) -> bool {
    x == f32::from(x as u8)
}

/// Refuses rows with a value that is no byte.
pub(super) fn check(rows: &Rows) -> Result<(), Error> {
    let Some(at) = rows.values.iter().position(|&x| !is_byte(x)) else { return Ok(()) };
    let features = rows.values.len() / rows.labels.len();
    let (row, name) = (at / features + 1, column(rows, at % features));
    let expected = "a whole number from 0 to 255, as for pixels; map the features to bytes";
    Err(Error::new(format!("{} in row {row}, {name}", rows.values[at]), expected).of(&rows.place))
}

/// The bytes of features that are bytes.
pub(super) fn bytes(row: &[f32], bytes: &mut [u8]) {
    bytes.iter_mut().zip(row).for_each(|(byte, &x)| *byte = x as u8);
}

/// The shape of so many pixels: a square of one plane or of three, where they fill one, else one row.
pub(super) fn picture(width: u16) -> Picture {
    let pixels = usize::from(width);
    let colours =
        || square(pixels / 3).filter(|_| pixels % 3 == 0).map(|grey| Picture { channels: 3, ..grey });
    square(pixels).or_else(colours).unwrap_or(Picture { channels: 1, height: 1, width })
}
