//! The checked view: a model file's bytes, used in place.

use super::error::{self, Fault};
use super::layout::{self, HEADER, MAGIC};
use super::{Error, FeatureMap, Int8Layer, Kind, Params, Picture, Quantised, Shape, Weights, crc};
use crate::math::Activation;
use crate::simd::keep_rolled;
use crate::simd::words::{self, Word};

/// A model file whose every byte was checked, used in place: nothing is copied, and no accessor can fail.
///
/// P is what the file holds: [`Params`], the [`Quantised`] ones of an int8 file, or [`Weights`] of either
/// kind.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, P = Params<'a>> {
    params: P,
    header: &'a [u8; HEADER],
    /// The map of features, if there is one, the class names and the training text.
    ends: &'a [u8],
}

impl<'a> View<'a> {
    /// Checks `bytes`, a whole model file of f32 weights, beginning at a multiple of 4 (see
    /// [`include_model!`] and [`realign`](super::realign)).
    ///
    /// Damage is told from a newer format, because length and CRC are where they are in every format; so all
    /// that follows the CRC's check can only be the work of a wrong or newer writer. Weights are finite: the
    /// numeric contract needs it, and looking is cheap beside the CRC.
    ///
    /// [`include_model!`]: crate::include_model
    ///
    /// # Errors
    /// Whatever is found first to be wrong: of the first bytes, the length, the CRC, the header, the weights,
    /// the map of features, the texts.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::unread(bytes)?.read()
    }

    /// [`View::new`] without a look at the texts and the map: a device has no use for the texts, nor for the
    /// code that checks them; they are checked when they are asked for. The map's bytes are defined whatever
    /// its numbers are.
    pub(crate) fn unread(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::after(header(bytes, Some(Kind::F32))?, bytes)
    }

    fn after(header: &'a [u8; HEADER], bytes: &'a [u8]) -> Result<Self, Error> {
        let shape = shape(header);
        let [w1, gap, w2, ends] = cut(bytes, layout::sections_f32(shape.sizes(), layout::ends_len(header)))?;
        for (at, &found) in gap.iter().enumerate() {
            keep_rolled();
            if found != 0 {
                return Err(Error(Fault::Padding(offset(bytes, gap) + at as u64, found)));
            }
        }
        let params = Params::unchecked(shape, weights(bytes, w1)?, weights(bytes, w2)?);
        Ok(Self { params, header, ends })
    }
}

impl<'a> View<'a, Quantised<'a>> {
    /// Checks `bytes`, a whole model file of int8 weights, as [`View::new`] does one of f32 weights. All
    /// numbers in its sections are good: sums wrap.
    ///
    /// # Errors
    /// As [`View::new`].
    pub fn quantised(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::unread_quantised(bytes)?.read()
    }

    /// [`View::quantised`] without a look at the texts and the map.
    pub(crate) fn unread_quantised(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::after(header(bytes, Some(Kind::Int8))?, bytes)
    }

    fn after(header: &'a [u8; HEADER], bytes: &'a [u8]) -> Result<Self, Error> {
        let shape = shape(header);
        let [w1, w2, bias1, multiplier1, bias2, multiplier2, table, ends] =
            cut(bytes, layout::sections_int8(shape.sizes(), layout::ends_len(header)))?;
        let hidden = layer([w1, bias1, multiplier1], layout::SHIFT_1.read(header))?;
        let output = layer([w2, bias2, multiplier2], layout::SHIFT_2.read(header))?;
        let (table, places) = (numbers(table)?, layout::PLACES.read(header));
        let params = Quantised::unchecked(shape, [hidden, output], table, places);
        Ok(Self { params, header, ends })
    }
}

impl<'a> View<'a, Weights<'a>> {
    /// Checks `bytes`, a whole model file of either kind of weights, as [`View::new`] does one of f32
    /// weights.
    ///
    /// # Errors
    /// As [`View::new`].
    pub fn any(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = header(bytes, None)?;
        match layout::KIND.read(header) {
            0 => View::<Params<'a>>::after(header, bytes)?.with(Weights::F32).read(),
            _ => View::<Quantised<'a>>::after(header, bytes)?.with(Weights::Int8).read(),
        }
    }

    /// The view of its f32 weights; `None` where it has none.
    pub fn as_f32(&self) -> Option<View<'a>> {
        match self.params {
            Weights::F32(params) => Some(self.with(|_| params)),
            Weights::Int8(_) => None,
        }
    }
}

impl<'a, P: Copy> View<'a, P> {
    /// The same file with its weights as another type.
    fn with<Q>(&self, params: impl FnOnce(P) -> Q) -> View<'a, Q> {
        let Self { header, ends, .. } = *self;
        View { params: params(self.params), header, ends }
    }

    /// Checks the map and the texts: the class names, each closed by a line feed, and the lines about the
    /// training.
    fn read(self) -> Result<Self, Error> {
        let [_, names, training] = self.ends();
        if let Some(map) = self.map() {
            let start = layout::LENGTH.read(self.header) - layout::ends_len(self.header);
            mapped(map, self.picture(), start.into())?;
        }
        let expected = layout::CLASSES.read(self.header) as usize;
        let found = text("class names", names)?;
        if found != expected || names.last() != Some(&b'\n') {
            return Err(Error(Fault::Names(found, expected)));
        }
        text("training text", training)?;
        Ok(self)
    }

    /// The bytes of the map, of the class names and of the training text.
    fn ends(&self) -> [&'a [u8]; 3] {
        let [map, names, _] = layout::ends(self.header).map(|length| length as usize);
        // They have these lengths together.
        let (map, texts) = self.ends.split_at_checked(map).unwrap_or_default();
        let (names, training) = texts.split_at_checked(names).unwrap_or_default();
        [map, names, training]
    }

    /// The weights, and with them sizes, activation and pixel scale.
    pub fn params(&self) -> P {
        self.params
    }

    /// The shape of the pictures that it was trained on.
    pub fn picture(&self) -> Picture {
        picture(self.header)
    }

    /// The map from the features of a table to the bytes that the network takes; `None` for a model that
    /// takes bytes as they are.
    pub fn map(&self) -> Option<FeatureMap<'a>> {
        let [map, ..] = self.ends();
        // A file has one feature or more, and its words are aligned if its weights are.
        words::of_bytes(map).filter(|pairs| !pairs.is_empty()).map(FeatureMap::new)
    }

    /// The name of class `class` in 0..K; empty for any other.
    pub fn class_name(&self, class: usize) -> &'a str {
        let [_, names, _] = self.ends();
        readable(names).split('\n').nth(class).unwrap_or("")
    }

    /// The names of all classes, in order.
    pub fn class_names(&self) -> impl Iterator<Item = &'a str> + use<'a, P> {
        let view = *self;
        (0..layout::CLASSES.read(self.header) as usize).map(move |class| view.class_name(class))
    }

    /// How it was trained: lines of `key=value`. Nothing in here changes what the model computes.
    pub fn training(&self) -> &'a str {
        let [.., training] = self.ends();
        readable(training)
    }

    /// The file's format.
    pub fn format(&self) -> u16 {
        layout::FORMAT.read(self.header) as u16
    }

    /// The version of the numeric contract that it was trained under.
    pub fn contract(&self) -> u16 {
        layout::CONTRACT.read(self.header) as u16
    }
}

/// The header of `bytes`, checked, of a file of the `expected` kind.
fn header(bytes: &[u8], expected: Option<Kind>) -> Result<&[u8; HEADER], Error> {
    let header = frame(bytes)?;
    check(header)?;
    let found = if layout::KIND.read(header) == Kind::Int8 as u32 { Kind::Int8 } else { Kind::F32 };
    match expected {
        Some(expected) if found != expected => return Err(Error(Fault::Kind(found, expected))),
        _ => {}
    }
    let (picture, features) = (picture(header), layout::FEATURES.read(header));
    if picture.pixels() != u64::from(features) {
        return Err(Error(Fault::Picture(picture, features)));
    }
    Ok(header)
}

/// Holds every field of `header` against its rule, in the table's order.
fn check(header: &[u8; HEADER]) -> Result<(), Error> {
    let kind = layout::KIND.read(header); // which is looked at before the fields that depend on it
    layout::TABLE.iter().try_for_each(|field| {
        keep_rolled();
        error::check(field, field.read(header), kind)
    })
}

/// The header of `bytes`, if its magic, length and CRC are right: what is the same in every format.
fn frame(bytes: &[u8]) -> Result<&[u8; HEADER], Error> {
    let differ = |(magic, byte)| {
        keep_rolled();
        magic != byte
    };
    if MAGIC.iter().zip(bytes).any(differ) {
        return Err(Error(match bytes {
            [0x1f, 0x8b, ..] => Fault::Gzip,
            _ if text_mode(bytes) => Fault::TextMode,
            _ => Fault::NotAModel,
        }));
    }
    let found = bytes.len();
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Err(Error(Fault::File(found, HEADER as u32)));
    };
    let expected = layout::LENGTH.read(header);
    if found as u64 != u64::from(expected) {
        return Err(Error(Fault::File(found, expected)));
    }
    let (found, expected) = (checksum(bytes), layout::CRC.read(header));
    if found != expected {
        return Err(Error(Fault::Crc(found, expected)));
    }
    Ok(header)
}

/// Whether these are the first bytes of a model file, perhaps of a damaged one: without its first byte, or
/// with another in its place.
pub fn is_model(bytes: &[u8]) -> bool {
    (0..=1).any(|at| is_word(bytes, at))
}

/// Whether `bytes` begin as a model does that was copied as text: the word stands where the magic has it, or
/// after the two or three bytes that the first one becomes in UTF-8.
fn text_mode(bytes: &[u8]) -> bool {
    (1..=3).any(|at| is_word(bytes, at))
}

/// Whether the magic's word stands at byte `at`.
fn is_word(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 4) == MAGIC.get(1..5)
}

/// The CRC-32 of a file: of all its bytes but those of the CRC field.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let crc = layout::CRC;
    let after = bytes.get(crc.offset + crc.size..).unwrap_or(&[]);
    crc::crc32(bytes.get(..crc.offset).unwrap_or(&[]), after)
}

fn shape(header: &[u8; HEADER]) -> Shape {
    Shape {
        activation: Activation::of_code(layout::ACTIVATION.read(header)),
        features: layout::FEATURES.read(header) as usize,
        hidden: layout::HIDDEN.read(header) as usize,
        classes: layout::CLASSES.read(header) as usize,
        scale: f32::from_bits(layout::SCALE.read(header)),
    }
}

fn picture(header: &[u8; HEADER]) -> Picture {
    Picture {
        channels: layout::CHANNELS.read(header) as u16,
        height: layout::HEIGHT.read(header) as u16,
        width: layout::WIDTH.read(header) as u16,
    }
}

/// The sections after the header of `bytes`, of these lengths.
fn cut<const N: usize>(bytes: &[u8], lengths: [u64; N]) -> Result<[&[u8]; N], Error> {
    let wrong = || Error(Fault::Sections(bytes.len(), HEADER as u64 + lengths.iter().sum::<u64>()));
    let mut sections = [&[][..]; N];
    let mut rest = bytes.get(HEADER..).unwrap_or(&[]);
    for (section, length) in sections.iter_mut().zip(lengths) {
        let length = usize::try_from(length).map_err(|_| wrong())?;
        (*section, rest) = rest.split_at_checked(length).ok_or_else(wrong)?;
    }
    if rest.is_empty() { Ok(sections) } else { Err(wrong()) }
}

/// How far into `bytes` its part `section` begins.
fn offset(bytes: &[u8], section: &[u8]) -> u64 {
    (section.as_ptr().addr() - bytes.as_ptr().addr()) as u64
}

/// A section's numbers.
fn numbers<T: Word>(section: &[u8]) -> Result<&[T], Error> {
    words::of_bytes(section).ok_or(Error(Fault::Misaligned(section.as_ptr().addr() % 4)))
}

/// A layer's numbers, from its three sections.
fn layer([weights, bias, multiplier]: [&[u8]; 3], shift: u32) -> Result<Int8Layer<'_>, Error> {
    let (weights, bias, multiplier) = (numbers(weights)?, numbers(bias)?, numbers(multiplier)?);
    Ok(Int8Layer { weights, bias, multiplier, shift })
}

/// The weights of a section of `bytes`.
#[inline(never)]
fn weights<'a>(bytes: &'a [u8], section: &'a [u8]) -> Result<&'a [f32], Error> {
    let words = numbers(section)?;
    finite(words, offset(bytes, section))?;
    Ok(words)
}

/// Whether every weight of a section that begins at byte `start` is finite.
pub(super) fn finite(words: &[f32], start: u64) -> Result<(), Error> {
    for (at, weight) in words.iter().enumerate() {
        keep_rolled();
        if !weight.is_finite() {
            return Err(Error(Fault::NotFinite(start + 4 * at as u64, weight.to_bits())));
        }
    }
    Ok(())
}

/// Whether a map that begins at byte `start` is one for pictures of that shape: they are rows of a table, and
/// each low and f is finite, no f below 0.
pub(super) fn mapped(map: FeatureMap<'_>, picture: Picture, start: u64) -> Result<(), Error> {
    let features = map.features() as u64;
    if (picture.channels, picture.height, u64::from(picture.width)) != (1, 1, features) {
        return Err(Error(Fault::NoTable(picture, features)));
    }
    let wrong = |(at, value): &(usize, f32)| !value.is_finite() || (at % 2 == 1 && *value < 0.0);
    match map.pairs().iter().copied().enumerate().find(wrong) {
        Some((at, found)) => Err(Error(Fault::Pair(start + 4 * at as u64, found.to_bits()))),
        None => Ok(()),
    }
}

/// The line feeds in `bytes`, if they are text: UTF-8 without control characters other than the line feed, so
/// that printing it cannot move a terminal's cursor.
pub(super) fn text(section: &'static str, bytes: &[u8]) -> Result<usize, Error> {
    let text = core::str::from_utf8(bytes).map_err(|e| Error(Fault::Text(section, e.valid_up_to())))?;
    match text.char_indices().find(|&(_, c)| c.is_control() && c != '\n') {
        Some((offset, _)) => Err(Error(Fault::Text(section, offset))),
        None => Ok(text.bytes().filter(|&byte| byte == b'\n').count()),
    }
}

/// The bytes as text; none where [`text`] would refuse them.
fn readable(bytes: &[u8]) -> &str {
    text("", bytes).ok().and_then(|_| core::str::from_utf8(bytes).ok()).unwrap_or("")
}
