//! What a model file holds: a network's shape, and its weights in f32 or in integers.

use super::error::{self, Fault};
use super::layout::{self, Field};
use super::{Error, Kind};
use crate::math::Activation;
use crate::simd::words;

/// A network's sizes and functions: everything but its weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// The hidden units' function h.
    pub activation: Activation,
    /// D, the features (pixels of a picture): 1 to 2^24.
    pub features: usize,
    /// M, the hidden units: 1 to 65536.
    pub hidden: usize,
    /// K, the classes: 2 to 128.
    pub classes: usize,
    /// What a pixel, 0 to 255, is divided by: greater than 0, at most 65535. An int8 network's weights
    /// contain it.
    pub scale: f32,
}

impl Shape {
    /// Whether a model can have it: each number is within its bounds.
    ///
    /// # Errors
    /// The first number that is not.
    pub fn check(&self) -> Result<(), Error> {
        self.fields().into_iter().try_for_each(|(field, value)| error::check(field, value, 0))
    }

    /// The header's fields of it. A size that does not fit its field breaks the field's rule as the greatest
    /// number does.
    pub(super) fn fields(&self) -> [(&'static Field, u32); 5] {
        let word = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        [
            (&layout::ACTIVATION, self.activation as u32),
            (&layout::CLASSES, word(self.classes)),
            (&layout::FEATURES, word(self.features)),
            (&layout::HIDDEN, word(self.hidden)),
            (&layout::SCALE, self.scale.to_bits()),
        ]
    }

    /// D, M and K.
    pub(super) fn sizes(&self) -> [u64; 3] {
        [self.features, self.hidden, self.classes].map(|size| size as u64)
    }
}

/// A network's weights in f32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params<'a> {
    shape: Shape,
    w1: &'a [f32],
    w2: &'a [f32],
}

impl<'a> Params<'a> {
    /// The network of these weights, laid out as [`w1`](Self::w1) and [`w2`](Self::w2) say.
    ///
    /// # Errors
    /// A number of `shape` is out of its bounds, or a slice has another length than it calls for.
    pub fn new(shape: Shape, w1: &'a [f32], w2: &'a [f32]) -> Result<Self, Error> {
        shape.check()?;
        let [bytes1, _, bytes2, ..] = layout::sections_f32(shape.sizes(), 0);
        check_length("w1", w1, bytes1)?;
        check_length("w2", w2, bytes2)?;
        Ok(Self { shape, w1, w2 })
    }

    /// [`Params::new`] of slices that are known to fit.
    pub(crate) const fn unchecked(shape: Shape, w1: &'a [f32], w2: &'a [f32]) -> Self {
        Self { shape, w1, w2 }
    }

    /// Sizes, activation and pixel scale.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// W1, (D + 1, M): row 0 the biases, row 1+d the weights of feature d to each hidden unit.
    pub fn w1(&self) -> &'a [f32] {
        self.w1
    }

    /// W2, (M + 1, K): row 0 the biases, row 1+m the weights of unit m to each class.
    pub fn w2(&self) -> &'a [f32] {
        self.w2
    }

    /// FNV-1a-64 (Fowler, Noll, Vo) over W1, unit by unit, bias first, then W2, class by class, bias first,
    /// as little-endian f32: two networks with one fingerprint have the same weights, bit for bit
    /// (CONTRACT C18).
    pub fn fingerprint(&self) -> u64 {
        let columns = |matrix, width: usize| (0..width).flat_map(move |at| column(matrix, width, at));
        let weights = columns(self.w1, self.shape.hidden).chain(columns(self.w2, self.shape.classes));
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

/// Column `at` of a row-major matrix of `width` columns, top to bottom.
fn column(matrix: &[f32], width: usize, at: usize) -> impl Iterator<Item = f32> {
    matrix.iter().copied().skip(at).step_by(width)
}

/// Whether a slice has the length that its `bytes` in the file call for.
pub(super) fn check_length<T>(what: &'static str, slice: &[T], bytes: u64) -> Result<(), Error> {
    let (found, expected) = (slice.len(), bytes / size_of::<T>() as u64);
    if found as u64 == expected { Ok(()) } else { Err(Error(Fault::Length(what, found, expected))) }
}

/// One layer of a network in integers. U = M, rounded up to a multiple of 4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Int8Layer<'a> {
    /// Of the hidden layer W1 without its biases, (D, U): row d the weights of feature d to each
    /// hidden unit. Of the output layer W2 transposed, without its biases, (K, U): row k the weights
    /// of class k from each hidden unit.
    pub weights: &'a [i8],
    /// The biases, (M) or (K).
    pub bias: &'a [i32],
    /// What makes table positions of the hidden units' sums, (M), or logits of the classes' sums, (K).
    pub multiplier: &'a [i32],
    /// Bits by which the sums are shifted left before they are multiplied, at most 31.
    pub shift: u32,
}

/// A network's weights in integers: [`infer::int8`](crate::infer::int8) says what is computed with them. The
/// weights of units from M on are ignored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantised<'a> {
    shape: Shape,
    layers: [Int8Layer<'a>; 2],
    table: &'a [i16],
    places: u32,
}

impl<'a> Quantised<'a> {
    /// The network of these layers, hidden and output, with the numbers that [`table`](Self::table) and
    /// [`places`](Self::places) give.
    ///
    /// # Errors
    /// A number is out of its bounds, or a slice has another length than `shape` calls for.
    pub fn new(
        shape: Shape,
        layers: [Int8Layer<'a>; 2],
        table: &'a [i16],
        places: u32,
    ) -> Result<Self, Error> {
        shape.check()?;
        let (new, [hidden, output]) = (Self { shape, layers, table, places }, layers);
        new.fields()
            .into_iter()
            .try_for_each(|(field, bits)| error::check(field, bits, Kind::Int8 as u32))?;
        let [w1, w2, per_unit, _, per_class, _, entries, ..] = layout::sections_int8(shape.sizes(), 0);
        check_length("w1", hidden.weights, w1)?;
        check_length("w2", output.weights, w2)?;
        check_length("bias1", hidden.bias, per_unit)?;
        check_length("multiplier1", hidden.multiplier, per_unit)?;
        check_length("bias2", output.bias, per_class)?;
        check_length("multiplier2", output.multiplier, per_class)?;
        check_length("table", table, entries)?;
        Ok(new)
    }

    /// [`Quantised::new`] of numbers that are known to fit.
    pub(crate) const fn unchecked(
        shape: Shape,
        layers: [Int8Layer<'a>; 2],
        table: &'a [i16],
        places: u32,
    ) -> Self {
        Self { shape, layers, table, places }
    }

    /// Sizes, activation and pixel scale.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The hidden layer and the output layer.
    pub fn layers(&self) -> [Int8Layer<'a>; 2] {
        self.layers
    }

    /// The activation at 257 points of equal distance, and a 0.
    pub fn table(&self) -> &'a [i16] {
        self.table
    }

    /// Bits of a logit behind the binary point, at most 24.
    pub fn places(&self) -> u32 {
        self.places
    }

    /// FNV-1a-64 over all numbers of the file, in its order, then both shifts and the places, a byte each.
    pub fn fingerprint(&self) -> u64 {
        let bits = self.fields().map(|(_, bits)| bits as u8);
        fnv(self.sections().into_iter().flatten().copied().chain(bits))
    }

    /// The header's fields of both shifts and the places.
    pub(super) fn fields(&self) -> [(&'static Field, u32); 3] {
        let [hidden, output] = self.layers;
        [(&layout::SHIFT_1, hidden.shift), (&layout::SHIFT_2, output.shift), (&layout::PLACES, self.places)]
    }

    /// The sections of the file, in its order.
    pub(super) fn sections(&self) -> [&'a [u8]; 7] {
        let [hidden, output] = self.layers;
        [
            words::to_bytes(hidden.weights),
            words::to_bytes(output.weights),
            words::to_bytes(hidden.bias),
            words::to_bytes(hidden.multiplier),
            words::to_bytes(output.bias),
            words::to_bytes(output.multiplier),
            words::to_bytes(self.table),
        ]
    }
}

/// A network's weights, of either kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weights<'a> {
    /// In f32.
    F32(Params<'a>),
    /// In integers.
    Int8(Quantised<'a>),
}

impl Weights<'_> {
    /// Sizes, activation and pixel scale.
    pub fn shape(&self) -> Shape {
        match self {
            Self::F32(params) => params.shape,
            Self::Int8(params) => params.shape,
        }
    }

    /// FNV-1a-64 over all weights, as [`Params::fingerprint`] and [`Quantised::fingerprint`] say.
    pub fn fingerprint(&self) -> u64 {
        match self {
            Self::F32(params) => params.fingerprint(),
            Self::Int8(params) => params.fingerprint(),
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::F32(_) => Kind::F32,
            Self::Int8(_) => Kind::Int8,
        }
    }
}

impl<'a> From<&Params<'a>> for Weights<'a> {
    fn from(params: &Params<'a>) -> Self {
        Self::F32(*params)
    }
}

impl<'a> From<&Quantised<'a>> for Weights<'a> {
    fn from(params: &Quantised<'a>) -> Self {
        Self::Int8(*params)
    }
}
