//! A NumPy archive: `W1` (M, D), `b1` (M), `W2` (K, M), `b2` (K) as little-endian f32, `scale` an f32,
//! `activation` and `classes` text; for a table also `features_map` (D, 2), low and f of each feature.
//! `numpy.load(FILE)` reads it, without pickles.
//!
//! An archive is a zip file whose members are stored, each an NPY file: a line of Python that says type and
//! shape, filled up so that the values begin at a multiple of 64 bytes of the member. (zip: PKWARE's
//! APPNOTE.TXT, 4.3; NPY: the format's description in NumPy's documentation.)

use super::layers::layers;
use super::{Error, room};
use crate::data::checksum::Crc32;
use crate::weights::View;

/// Sizes and offsets of a zip file have 32 bits.
const MOST: u64 = u32::MAX as u64;

/// 1 January 1980, the first day that zip knows: the same model gives the same bytes.
const DATE: u16 = 1 << 5 | 1;

/// The archive's bytes.
///
/// # Errors
/// It would be longer than 4 GiB − 1, or there is no memory for it.
pub fn write(model: &View) -> Result<Vec<u8>, Error> {
    let params = model.params();
    let (shape, classes) = (params.shape(), model.class_names().collect::<Vec<_>>());
    let [hidden, output] = layers(&params);
    let mut members = Vec::from([
        floats("W1.npy", &[hidden.outputs, hidden.inputs], hidden.weights())?,
        floats("b1.npy", &[hidden.outputs], hidden.bias())?,
        floats("W2.npy", &[output.outputs, output.inputs], output.weights())?,
        floats("b2.npy", &[output.outputs], output.bias())?,
        floats("scale.npy", &[], [shape.scale].into_iter())?,
        texts("activation.npy", &[shape.activation.name()], "()")?,
        texts("classes.npy", &classes, &format!("({},)", classes.len()))?,
    ]);
    if let Some(map) = model.map() {
        members.push(floats("features_map.npy", &[map.features(), 2], map.pairs().iter().copied())?);
    }
    let entry = |member: &Member| 30 + 46 + 2 * member.name.len() as u64 + member.bytes.len() as u64;
    let found = members.iter().map(entry).fold(22, |sum: u64, size| sum.saturating_add(size));
    if found > MOST {
        return Err(Error::too_large("npz", found, MOST));
    }
    let mut out = room(found)?;
    let mut directory = Vec::new();
    for member @ Member { name, bytes } in &members {
        let (offset, common) = ((out.len() as u32).to_le_bytes(), member.common_fields());
        for part in [b"PK\x03\x04", &common[..], name.as_bytes(), bytes] {
            out.extend_from_slice(part);
        }
        // Made by version 2.0; no comment, disk 0, no attributes.
        for part in [b"PK\x01\x02\x14\0", &common[..], &[0; 10], &offset, name.as_bytes()] {
            directory.extend_from_slice(part);
        }
    }
    let (start, length) = ((out.len() as u32).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    let count = (members.len() as u16).to_le_bytes();
    // On disk 0, no comment.
    for part in [&directory[..], b"PK\x05\x06\0\0\0\0", &count, &count, &length, &start, &[0; 2]] {
        out.extend_from_slice(part);
    }
    Ok(out)
}

/// One member of the archive, an NPY file.
struct Member {
    name: &'static str,
    bytes: Vec<u8>,
}

impl Member {
    /// What a local header and the directory have in common, from the version on.
    fn common_fields(&self) -> Vec<u8> {
        let mut crc = Crc32::new();
        crc.update(&self.bytes);
        let size = (self.bytes.len() as u32).to_le_bytes(); // `write` checks that it fits
        let name = (self.name.len() as u16).to_le_bytes();
        // To be read by version 2.0; no flags, stored, at 0 h; no extra field.
        let version = [20, 0, 0, 0, 0, 0, 0, 0];
        [&version[..], &DATE.to_le_bytes(), &crc.value().to_le_bytes(), &size, &size, &name, &[0; 2]].concat()
    }
}

fn floats(name: &'static str, shape: &[usize], values: impl Iterator<Item = f32>) -> Result<Member, Error> {
    let count: usize = shape.iter().product();
    let shape = match shape {
        [] => String::from("()"),
        [n] => format!("({n},)"),
        [n, m, ..] => format!("({n}, {m})"),
    };
    let mut bytes = npy("<f4", &shape, 4 * count as u64)?;
    bytes.extend(values.flat_map(f32::to_le_bytes));
    Ok(Member { name, bytes })
}

/// NumPy's text arrays: each text 4 bytes a character, filled up with zeros to the longest.
fn texts(name: &'static str, texts: &[&str], shape: &str) -> Result<Member, Error> {
    let longest = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    let mut bytes = npy(&format!("<U{longest}"), shape, 4 * (longest * texts.len()) as u64)?;
    for text in texts {
        let characters = text.chars().map(u32::from).chain(core::iter::repeat(0)).take(longest);
        bytes.extend(characters.flat_map(u32::to_le_bytes));
    }
    Ok(Member { name, bytes })
}

/// The head of an NPY file, with room for so many bytes of values.
fn npy(kind: &str, shape: &str, values: u64) -> Result<Vec<u8>, Error> {
    const BEFORE: usize = 10; // magic, version, length
    let dictionary = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    let length = (BEFORE + dictionary.len() + 1).next_multiple_of(64) - BEFORE;
    let mut out = room((BEFORE + length) as u64 + values)?;
    out.extend_from_slice(b"\x93NUMPY\x01\0");
    out.extend_from_slice(&(length as u16).to_le_bytes());
    out.extend_from_slice(format!("{dictionary:<width$}\n", width = length - 1).as_bytes());
    Ok(out)
}
