//! The model file: one layout table for the writer and the device, and a checked view that is used in place.
//!
//! Letters: D features (pixels), M hidden units, K classes. [`layout`] says where each byte lies, [`encode`]
//! writes a file, [`View::new`] checks one. A view copies nothing and allocates nothing, so a device uses the
//! weights where they lie, in flash:
//!
//! ```no_run
//! # fn main() -> Result<(), monolayer::weights::Error> {
//! # let file: &[u8] = &[];
//! // let file = monolayer::include_model!("../digits.mono");
//! let model = monolayer::weights::View::new(file)?;
//! assert_eq!(model.params().w1.len(), (model.params().features + 1) * model.params().hidden);
//! # Ok(()) }
//! ```

mod crc;
mod encode;
mod error;
pub mod layout;
mod view;

pub use encode::{encode, encode_quantised, encoded_len, quantised_len};
pub use error::Error;
pub use view::{View, kind};

use crate::math::Activation;
use crate::simd::words;

/// The format that [`encode`] writes, and the newest that [`View::new`] reads. It reads all before it.
pub const FORMAT_VERSION: u16 = 1;

/// A network's sizes and weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params<'a> {
    /// The hidden units' function h.
    pub activation: Activation,
    /// D, the pixels of a picture: 1 to 2^24.
    pub features: usize,
    /// M, the hidden units: 1 to 65536.
    pub hidden: usize,
    /// K, the classes: 2 to 128.
    pub classes: usize,
    /// What a pixel, 0 to 255, is divided by: greater than 0, at most 65535.
    pub scale: f32,
    /// W1 transposed, (D+1, M): row 0 the biases, row 1+d the weights of feature d to each hidden unit.
    pub w1: &'a [f32],
    /// W2 transposed, (M+1, K): row 0 the biases, row 1+m the weights of unit m to each class.
    pub w2: &'a [f32],
}

impl Params<'_> {
    /// FNV-1a-64 (Fowler, Noll, Vo) over W1, unit by unit, bias first, then W2, class by class, bias first, as
    /// little-endian f32 (CONTRACT C18): two networks with one fingerprint have the same weights, bit for
    /// bit.
    pub fn fingerprint(&self) -> u64 {
        let columns = |matrix, width: usize| (0..width).flat_map(move |at| column(matrix, width, at));
        let weights = columns(self.w1, self.hidden).chain(columns(self.w2, self.classes));
        fnv(weights.flat_map(f32::to_le_bytes))
    }
}

/// FNV-1a-64 of `bytes`.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        // Wraps: FNV is arithmetic modulo 2^64.
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// What kind of weights a model file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// [`Params`].
    F32 = 0,
    /// [`Quantised`].
    Int8 = 1,
}

impl Kind {
    /// `f32` or `int8`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Int8 => "int8",
        }
    }
}

/// A network's sizes and its weights in integers: [`infer::int8`](crate::infer::int8) says what is computed with them.
///
/// U = M, rounded up to a multiple of [`layout::UNITS`]; units from M on are nobody, whatever their weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantised<'a> {
    /// The hidden units' function, of which `table` has the values.
    pub activation: Activation,
    /// D, the pixels of a picture: 1 to 2^24.
    pub features: usize,
    /// M, the hidden units: 1 to 65536.
    pub hidden: usize,
    /// K, the classes: 2 to 128.
    pub classes: usize,
    /// What a pixel was divided by when the network was trained; the other numbers contain it.
    pub scale: f32,
    /// W1 transposed without its biases, (D, U): row d the weights of feature d to each hidden unit.
    pub w1: &'a [i8],
    /// W2 without its biases, (K, U): row k the weights of class k from each hidden unit.
    pub w2: &'a [i8],
    /// The hidden units' biases, (M).
    pub bias1: &'a [i32],
    /// What makes table positions of the hidden units' sums, (M).
    pub multiplier1: &'a [i32],
    /// The classes' biases, (K).
    pub bias2: &'a [i32],
    /// What makes logits of the classes' sums, (K).
    pub multiplier2: &'a [i32],
    /// The activation at 257 points of equal distance, and a 0.
    pub table: &'a [i16],
    /// Bits by which the hidden units' sums are shifted left before they are multiplied, at most 31.
    pub shift1: u32,
    /// The same for the classes' sums.
    pub shift2: u32,
    /// Bits of a logit behind the binary point, at most 24.
    pub places: u32,
}

impl<'a> Quantised<'a> {
    /// FNV-1a-64 over all numbers of the file, in its order, then both shifts and the places: CONTRACT C18.
    pub fn fingerprint(&self) -> u64 {
        let bits = [self.shift1, self.shift2, self.places].map(|bits| bits as u8);
        fnv(self.sections().into_iter().flat_map(|(_, section)| section.iter().copied()).chain(bits))
    }

    /// The sections of the file, with their names and in its order.
    fn sections(&self) -> [(&'static str, &'a [u8]); 7] {
        [
            ("w1", words::to_bytes(self.w1)),
            ("w2", words::to_bytes(self.w2)),
            ("bias1", words::to_bytes(self.bias1)),
            ("multiplier1", words::to_bytes(self.multiplier1)),
            ("bias2", words::to_bytes(self.bias2)),
            ("multiplier2", words::to_bytes(self.multiplier2)),
            ("table", words::to_bytes(self.table)),
        ]
    }
}

/// Column `at` of a row-major matrix of `width` columns, top to bottom.
fn column(matrix: &[f32], width: usize, at: usize) -> impl Iterator<Item = f32> {
    matrix.iter().copied().skip(at).step_by(width)
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

/// A value that begins at a multiple of 16 bytes: what [`include_model!`](crate::include_model) wraps a file in.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug)]
pub struct Aligned<T: ?Sized>(pub T);

/// `bytes` at a multiple of [`layout::ALIGN`], copied into `room`, of which that takes at most
/// `bytes.len() + layout::ALIGN - 1`; `None` where `room` is too small. For model files that come from a disk
/// or a radio into memory of any alignment.
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
