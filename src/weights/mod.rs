//! The model file: one layout table for the writer and the device, and a checked view that is used in place.
//!
//! Letters: D features (pixels), M hidden units, K classes. [`encode`] and [`to_vec`] write a file,
//! [`View::new`] checks one. A view copies nothing and allocates nothing, so a device uses the weights where
//! they lie, in flash:
//!
//! ```no_run
//! # fn main() -> Result<(), monolayer::weights::Error> {
//! # let file: &[u8] = &[];
//! // let file = monolayer::include_model!("../digits.mono");
//! let model = monolayer::weights::View::new(file)?;
//! let shape = model.params().shape();
//! assert_eq!(model.params().w1().len(), (shape.features + 1) * shape.hidden);
//! # Ok(()) }
//! ```

use core::fmt;

mod about;
mod crc;
mod encode;
mod error;
mod features;
mod file;
pub(crate) mod layout;
mod network;
mod view;

pub use about::About;
pub use encode::{encode, encoded_len};
pub use error::Error;
pub use features::FeatureMap;
#[cfg(feature = "std")]
pub use file::*;
pub use network::{Int8Layer, Params, Quantised, Shape, Weights};
pub use view::{View, is_model};

/// The newest format that [`View::new`] reads, and that [`encode`] writes where a model has a
/// [map of features](FeatureMap). It reads all before it, and writes format 1 where there is no map.
pub const FORMAT_VERSION: u16 = 2;

/// What kind of weights a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// [`Params`].
    F32 = 0,
    /// [`Quantised`].
    Int8 = 1,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::F32 => "f32",
            Self::Int8 => "int8",
        })
    }
}

/// The shape of the pictures that a model takes; D = channels · height · width. 1 x 1 x D when unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// 1 for grey, 3 for red, green and blue planes one after the other.
    pub channels: u16,
    /// Rows.
    pub height: u16,
    /// Pixels a row.
    pub width: u16,
}

impl Picture {
    /// channels · height · width.
    pub fn pixels(self) -> u64 {
        u64::from(self.channels) * u64::from(self.height) * u64::from(self.width)
    }
}

/// A value that begins at a multiple of 16 bytes: what [`include_model!`](crate::include_model) wraps a file
/// in.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug)]
pub struct Aligned<T: ?Sized>(pub T);

/// `bytes` at a multiple of 16 bytes, copied into `room`, which needs at most 15 bytes more than `bytes`;
/// `None` where `room` is too small. For model files that come from a radio into memory of any alignment.
pub fn realign<'a>(bytes: &[u8], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let start = room.as_ptr().align_offset(layout::ALIGN);
    let place = room.get_mut(start..)?.get_mut(..bytes.len())?;
    place.copy_from_slice(bytes);
    Some(place)
}

/// The bytes of a model file, part of the program, aligned as [`View::new`](crate::weights::View::new) needs
/// them. The path is that of `include_bytes!`: relative to the file that has this line.
///
/// ```ignore
/// static MODEL: &[u8] = monolayer::include_model!("../digits.mono");
/// ```
#[macro_export]
macro_rules! include_model {
    ($path:expr $(,)?) => {{
        const MODEL: &$crate::weights::Aligned<[u8]> =
            &$crate::weights::Aligned(*::core::include_bytes!($path));
        &MODEL.0
    }};
}
