//! The writer of the model file.

use super::error::{self, Fault};
use super::layout::{self, HEADER, MAGIC};
use super::network::check_length;
use super::{About, Error, FORMAT_VERSION, Weights, view};
use crate::CONTRACT_VERSION;
use crate::simd::words;

/// The bytes of the model file of `weights` and what is said about them.
///
/// # Errors
/// The texts or the whole are longer than a file can hold.
pub fn encoded_len<'a>(weights: impl Into<Weights<'a>>, about: About<'_>) -> Result<usize, Error> {
    let header = header(&weights.into(), about)?;
    Ok(layout::LENGTH.read(&header) as usize)
}

/// Writes the model file of `weights` into `out`, which has [`encoded_len`] bytes: format 2 where there is a
/// map of features, else format 1.
///
/// # Errors
/// A picture that does not fit, a weight that is not finite, a map that is not one of D features of a table,
/// a text that breaks its rule, or `out` of another length; `out` is then left in any state.
pub fn encode<'a>(out: &mut [u8], weights: impl Into<Weights<'a>>, about: About<'_>) -> Result<(), Error> {
    let weights = weights.into();
    let mut header = header(&weights, about)?;
    check(&weights, about, &header)?;
    let (found, expected) = (out.len(), u64::from(layout::LENGTH.read(&header)));
    if found as u64 != expected {
        return Err(Error(Fault::Length("out", found, expected)));
    }
    let mut rest = &mut out[..];
    let mut put = |bytes: &[u8]| {
        let (start, after) = core::mem::take(&mut rest).split_at_mut(bytes.len());
        start.copy_from_slice(bytes);
        rest = after;
    };
    put(&header);
    match weights {
        Weights::F32(params) => {
            let [_, gap, ..] = layout::sections_f32(params.shape().sizes(), 0);
            put(words::to_bytes(params.w1()));
            put(&[0; layout::ALIGN][..gap as usize]);
            put(words::to_bytes(params.w2()));
        }
        Weights::Int8(params) => params.sections().into_iter().for_each(&mut put),
    }
    if let Some(map) = about.map {
        put(words::to_bytes(map.pairs()));
    }
    for name in about.classes {
        put(name.as_bytes());
        put(b"\n");
    }
    put(about.training.as_bytes());

    layout::CRC.write(&mut header, view::checksum(out));
    out[..HEADER].copy_from_slice(&header);
    Ok(())
}

/// The header, every field but the CRC filled in and held against its rule.
fn header(weights: &Weights<'_>, about: About<'_>) -> Result<[u8; HEADER], Error> {
    let word = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let About { picture, classes, training, map } = about;
    let names = classes.iter().fold(0_usize, |sum, name| sum.saturating_add(name.len()).saturating_add(1));
    let (shape, kind) = (weights.shape(), weights.kind() as u32);
    let mut header = [0; HEADER];
    header[..MAGIC.len()].copy_from_slice(&MAGIC);
    let format = if map.is_some() { FORMAT_VERSION } else { layout::UNMAPPED };
    let fields = [
        (&layout::FORMAT, u32::from(format)),
        (&layout::CONTRACT, u32::from(CONTRACT_VERSION)),
        (&layout::KIND, kind),
        (&layout::CHANNELS, u32::from(picture.channels)),
        (&layout::HEIGHT, u32::from(picture.height)),
        (&layout::WIDTH, u32::from(picture.width)),
        (&layout::NAMES_LEN, word(names)),
        (&layout::TRAINING_LEN, word(training.len())),
    ];
    let bits = match weights {
        Weights::F32(_) => None,
        Weights::Int8(params) => Some(params.fields()),
    };
    for (field, value) in fields.into_iter().chain(shape.fields()).chain(bits.into_iter().flatten()) {
        error::check(field, value, kind)?;
        field.write(&mut header, value);
    }
    let ends = layout::ends_len(&header);
    let found = HEADER as u64
        + match weights {
            Weights::F32(_) => layout::sections_f32(shape.sizes(), ends).iter().sum::<u64>(),
            Weights::Int8(_) => layout::sections_int8(shape.sizes(), ends).iter().sum(),
        };
    match (u32::try_from(found), isize::try_from(found)) {
        (Ok(length), Ok(_)) => layout::LENGTH.write(&mut header, length),
        _ => return Err(Error(Fault::TooLarge(found))),
    }
    Ok(header)
}

/// Whether the picture, the weights, the map and the texts are such as a view takes.
fn check(weights: &Weights<'_>, about: About<'_>, header: &[u8; HEADER]) -> Result<(), Error> {
    let About { picture: found, classes: names, training, map } = about;
    let shape = weights.shape();
    if found.pixels() != shape.features as u64 {
        return Err(Error(Fault::Picture(found, shape.features as u32)));
    }
    if let Weights::F32(params) = weights {
        let [w1, gap, ..] = layout::sections_f32(shape.sizes(), 0);
        view::finite(params.w1(), HEADER as u64)?;
        view::finite(params.w2(), HEADER as u64 + w1 + gap)?;
    }
    if names.len() != shape.classes {
        return Err(Error(Fault::Names(names.len(), shape.classes)));
    }
    for name in names {
        view::text("class names", name.as_bytes())?;
        if let Some(offset) = name.find('\n') {
            return Err(Error(Fault::Text("class names", offset)));
        }
    }
    view::text("training text", training.as_bytes())?;
    if let Some(map) = map {
        let [bytes, ..] = layout::ends(header);
        check_length("the map of features", map.pairs(), bytes.into())?;
        view::mapped(map, found, (layout::LENGTH.read(header) - layout::ends_len(header)).into())?;
    }
    Ok(())
}
