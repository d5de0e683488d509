//! The writer of the model file.

use super::layout::{self, HEADER, MAGIC};
use super::{Error, FORMAT_VERSION, Kind, Params, Picture, Quantised, view};
use crate::CONTRACT_VERSION;
use crate::math::Activation;
use crate::simd::words;

/// The bytes of the model file of `params`, class names and training text; `None` where they break a rule that
/// [`encode`] names.
pub fn encoded_len(params: &Params, names: &[&str], training: &str) -> Option<usize> {
    file_len(&Sizes::of(params), names, training)
}

/// Writes the model file of `params` into `out`, which has [`encoded_len`] bytes.
///
/// `names` has one name for each class, `training` lines of `key=value`; neither has control characters, but
/// for the line feeds of `training`.
///
/// # Errors
/// A number outside its range, a weight that is not finite, a text that breaks its rule, or a slice of another
/// length than the sizes call for; `out` is then left in any state.
pub fn encode(
    out: &mut [u8],
    params: &Params,
    picture: Picture,
    names: &[&str],
    training: &str,
) -> Result<(), Error> {
    let header = header(&Sizes::of(params), picture, names, training)?;
    let [w1, gap, w2, ..] = layout::sections_f32(&header);
    length("w1", params.w1.len(), w1 / 4)?;
    length("w2", params.w2.len(), w2 / 4)?;
    view::finite(params.w1, HEADER as u64)?;
    view::finite(params.w2, HEADER as u64 + w1 + gap)?;
    let padding = [0; layout::ALIGN];
    let sections = [words::to_bytes(params.w1), &padding[..gap as usize], words::to_bytes(params.w2)];
    write(out, header, &sections, Texts { names, training })
}

/// [`encoded_len`] of an int8 file.
pub fn quantised_len(params: &Quantised, names: &[&str], training: &str) -> Option<usize> {
    file_len(&Sizes::of_quantised(params), names, training)
}

/// [`encode`] for an int8 file; `out` has [`quantised_len`] bytes.
///
/// # Errors
/// As [`encode`].
pub fn encode_quantised(
    out: &mut [u8],
    params: &Quantised,
    picture: Picture,
    names: &[&str],
    training: &str,
) -> Result<(), Error> {
    let header = header(&Sizes::of_quantised(params), picture, names, training)?;
    let sections = params.sections();
    let lengths = layout::sections_int8(&header);
    for ((what, section), expected) in sections.iter().zip(lengths) {
        length(what, section.len(), expected)?;
    }
    write(out, header, &sections.map(|(_, section)| section), Texts { names, training })
}

/// What the header tells of a network.
struct Sizes {
    kind: Kind,
    activation: Activation,
    features: usize,
    hidden: usize,
    classes: usize,
    scale: f32,
    /// Both shifts and the places of an int8 file.
    bits: [u32; 3],
}

impl Sizes {
    fn of(params: &Params) -> Self {
        let &Params { activation, features, hidden, classes, scale, .. } = params;
        Self { kind: Kind::F32, activation, features, hidden, classes, scale, bits: [0; 3] }
    }

    fn of_quantised(params: &Quantised) -> Self {
        let &Quantised { activation, features, hidden, classes, scale, .. } = params;
        let bits = [params.shift1, params.shift2, params.places];
        Self { kind: Kind::Int8, activation, features, hidden, classes, scale, bits }
    }
}

/// The texts of a file.
struct Texts<'a> {
    names: &'a [&'a str],
    training: &'a str,
}

fn file_len(sizes: &Sizes, names: &[&str], training: &str) -> Option<usize> {
    let header = header(sizes, Picture { channels: 1, height: 1, width: 1 }, names, training).ok()?;
    usize::try_from(layout::LENGTH.read(&header)).ok()
}

/// The header, every field but the CRC filled in and held against its rule.
fn header(sizes: &Sizes, picture: Picture, names: &[&str], training: &str) -> Result<[u8; HEADER], Error> {
    // A size that does not fit its field breaks the field's rule as the greatest number does.
    let word = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    let names_len = names.iter().fold(0_usize, |sum, name| sum.saturating_add(name.len()).saturating_add(1));
    let mut header = [0; HEADER];
    header[..MAGIC.len()].copy_from_slice(&MAGIC);
    let [shift1, shift2, places] = sizes.bits.map(|bits| bits.min(0xFF));
    let fields = [
        (layout::FORMAT, u32::from(FORMAT_VERSION)),
        (layout::CONTRACT, u32::from(CONTRACT_VERSION)),
        (layout::KIND, sizes.kind as u32),
        (layout::ACTIVATION, sizes.activation as u32),
        (layout::CLASSES, word(sizes.classes).min(0xFFFF)),
        (layout::FEATURES, word(sizes.features)),
        (layout::HIDDEN, word(sizes.hidden)),
        (layout::SCALE, sizes.scale.to_bits()),
        (layout::CHANNELS, u32::from(picture.channels)),
        (layout::HEIGHT, u32::from(picture.height)),
        (layout::WIDTH, u32::from(picture.width)),
        (layout::NAMES_LEN, word(names_len)),
        (layout::TRAINING_LEN, word(training.len())),
        (layout::SHIFT_1, shift1),
        (layout::SHIFT_2, shift2),
        (layout::PLACES, places),
    ];
    for (field, value) in fields {
        field.write(&mut header, value);
    }
    view::check(&header)?;
    let end = match sizes.kind {
        Kind::F32 => layout::sections_f32(&header).iter().sum::<u64>(),
        Kind::Int8 => layout::sections_int8(&header).iter().sum::<u64>(),
    };
    let end = HEADER as u64 + end;
    match (u32::try_from(end), isize::try_from(end)) {
        (Ok(length), Ok(_)) => layout::LENGTH.write(&mut header, length),
        _ => return Err(Error::TooLarge { found: end }),
    }
    Ok(header)
}

/// Whether a slice has the length that the sizes call for.
fn length(what: &'static str, found: usize, expected: u64) -> Result<(), Error> {
    if found as u64 == expected { Ok(()) } else { Err(Error::Length { what, found, expected }) }
}

/// Writes a file of these parts, checking what all kinds of file have in common.
fn write(
    out: &mut [u8],
    mut header: [u8; HEADER],
    sections: &[&[u8]],
    Texts { names, training }: Texts<'_>,
) -> Result<(), Error> {
    let (channels, height, width) = (layout::CHANNELS, layout::HEIGHT, layout::WIDTH);
    let [channels, height, width] = [channels, height, width].map(|field| field.read(&header) as u16);
    let (found, expected) = (Picture { channels, height, width }, layout::FEATURES.read(&header));
    if found.pixels() != u64::from(expected) {
        return Err(Error::Picture { found, expected });
    }
    let classes = layout::CLASSES.read(&header) as usize;
    if names.len() != classes {
        return Err(Error::Names { found: names.len(), expected: classes });
    }
    for name in names {
        view::text("class names", name.as_bytes())?;
        if let Some(offset) = name.find('\n') {
            return Err(Error::Text { section: "class names", offset });
        }
    }
    view::text("training text", training.as_bytes())?;
    length("out", out.len(), u64::from(layout::LENGTH.read(&header)))?;

    let mut rest = &mut out[..];
    put(&mut rest, &header);
    sections.iter().for_each(|section| put(&mut rest, section));
    for name in names {
        put(&mut rest, name.as_bytes());
        put(&mut rest, b"\n");
    }
    put(&mut rest, training.as_bytes());

    layout::CRC.write(&mut header, view::checksum(out));
    out[..HEADER].copy_from_slice(&header);
    Ok(())
}

/// Copies `bytes` to the start of `rest`, which then begins after them.
fn put(rest: &mut &mut [u8], bytes: &[u8]) {
    let (start, after) = core::mem::take(rest).split_at_mut(bytes.len());
    start.copy_from_slice(bytes);
    *rest = after;
}
