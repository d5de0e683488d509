//! The writer of the model file.

use super::layout::{self, HEADER, MAGIC};
use super::{Error, FORMAT_VERSION, Params, Picture, view};
use crate::CONTRACT_VERSION;
use crate::simd::words;

/// The bytes of the model file of `params`, class names and training text; `None` where they break a rule that
/// [`encode`] names.
pub fn encoded_len(params: &Params, names: &[&str], training: &str) -> Option<usize> {
    let header = header(params, Picture { channels: 1, height: 1, width: 1 }, names, training).ok()?;
    usize::try_from(layout::LENGTH.read(&header)).ok()
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
    let mut header = header(params, picture, names, training)?;
    if picture.pixels() != params.features as u64 {
        return Err(Error::Picture { found: picture, expected: params.features as u32 });
    }
    if names.len() != params.classes {
        return Err(Error::Names { found: names.len(), expected: params.classes });
    }
    for name in names {
        view::text("class names", name.as_bytes())?;
        if let Some(offset) = name.find('\n') {
            return Err(Error::Text { section: "class names", offset });
        }
    }
    view::text("training text", training.as_bytes())?;

    let [w1, gap, w2, ..] = layout::sections_f32(&header);
    length("w1", params.w1.len(), w1 / 4)?;
    length("w2", params.w2.len(), w2 / 4)?;
    length("out", out.len(), u64::from(layout::LENGTH.read(&header)))?;
    view::finite(params.w1, HEADER as u64)?;
    view::finite(params.w2, HEADER as u64 + w1 + gap)?;

    let padding = [0; layout::ALIGN];
    let mut rest = &mut out[..];
    put(&mut rest, &header);
    put(&mut rest, words::to_bytes(params.w1));
    put(&mut rest, &padding[..gap as usize]);
    put(&mut rest, words::to_bytes(params.w2));
    for name in names {
        put(&mut rest, name.as_bytes());
        put(&mut rest, b"\n");
    }
    put(&mut rest, training.as_bytes());

    layout::CRC.write(&mut header, view::checksum(out));
    out[..HEADER].copy_from_slice(&header);
    Ok(())
}

/// The header, every field but the CRC filled in and held against its rule.
fn header(params: &Params, picture: Picture, names: &[&str], training: &str) -> Result<[u8; HEADER], Error> {
    // A size that does not fit its field breaks the field's rule as the greatest number does.
    let word = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    let names_len = names.iter().fold(0_usize, |sum, name| sum.saturating_add(name.len()).saturating_add(1));
    let mut header = [0; HEADER];
    header[..MAGIC.len()].copy_from_slice(&MAGIC);
    let fields = [
        (layout::FORMAT, u32::from(FORMAT_VERSION)),
        (layout::CONTRACT, u32::from(CONTRACT_VERSION)),
        (layout::ACTIVATION, params.activation as u32),
        (layout::CLASSES, word(params.classes).min(0xFFFF)),
        (layout::FEATURES, word(params.features)),
        (layout::HIDDEN, word(params.hidden)),
        (layout::SCALE, params.scale.to_bits()),
        (layout::CHANNELS, u32::from(picture.channels)),
        (layout::HEIGHT, u32::from(picture.height)),
        (layout::WIDTH, u32::from(picture.width)),
        (layout::NAMES_LEN, word(names_len)),
        (layout::TRAINING_LEN, word(training.len())),
    ];
    for (field, value) in fields {
        field.write(&mut header, value);
    }
    layout::check(&header)?;
    let end = HEADER as u64 + layout::sections_f32(&header).iter().sum::<u64>();
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

/// Copies `bytes` to the start of `rest`, which then begins after them.
fn put(rest: &mut &mut [u8], bytes: &[u8]) {
    let (start, after) = core::mem::take(rest).split_at_mut(bytes.len());
    start.copy_from_slice(bytes);
    *rest = after;
}
