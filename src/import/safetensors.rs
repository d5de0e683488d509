//! The safetensors format, checked before anything is used: every tensor lies within the file, has as many bytes as its
//! shape calls for, and together they fill the file without a gap.

use super::Error;
use crate::json::Reader;
use std::string::String;
use std::vec::Vec;

/// The most bytes of a header, as in the format's own reader.
const MOST_HEADER: u64 = 100_000_000;

/// More tensors, and more lines of metadata, than any file has that could be meant.
const MOST_NAMES: usize = 1000;

/// More dimensions than any tensor of a layer has, to be named in a message.
const MOST_DIMENSIONS: usize = 8;

/// A checked file.
pub(super) struct File {
    pub tensors: Vec<Tensor>,
    /// The metadata.
    pub notes: Vec<(String, String)>,
}

/// A tensor of a checked file.
#[derive(Debug)]
pub(super) struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    kind: String,
    /// Where the header describes it, in bytes from the start of the file.
    described: u64,
    /// Where its values begin and end, likewise; within the file.
    begin: u64,
    end: u64,
}

impl Tensor {
    /// Whether its values are F32: others would be rounded, and whoever made them knows best how.
    pub(super) fn check_is_f32(&self) -> Result<(), Error> {
        if self.kind == "F32" {
            return Ok(());
        }
        Err(Error::Kind { tensor: self.name.clone(), offset: self.described, found: self.kind.clone() })
    }

    /// Its values, which must be finite.
    pub(super) fn values<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Result<f32, Error>> + 'a {
        bytes[self.begin as usize..self.end as usize].chunks_exact(4).enumerate().map(|(i, word)| {
            let value = f32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            match value.is_finite() {
                true => Ok(value),
                false => Err(Error::NotFinite {
                    tensor: self.name.clone(),
                    offset: self.begin + 4 * i as u64,
                    found: value,
                }),
            }
        })
    }
}

/// The file's tensors and metadata.
///
/// # Errors
/// The first rule of the format that is broken.
pub(super) fn read(bytes: &[u8]) -> Result<File, Error> {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(Error::Truncated { found: bytes.len() as u64, expected: 8 });
    };
    let length = u64::from_le_bytes(*length);
    if length > MOST_HEADER {
        return Err(Error::Header { found: length, most: MOST_HEADER, kind: other_kind(bytes) });
    }
    let Some((header, values)) = rest.split_at_checked(length as usize) else {
        return Err(Error::Truncated { found: bytes.len() as u64, expected: 8 + length });
    };
    let header = core::str::from_utf8(header)
        .map_err(|error| Error::Utf8 { offset: 8 + error.valid_up_to() as u64 })?;
    let mut file = File { tensors: Vec::new(), notes: Vec::new() };
    let mut json = Reader::new(header, 8);
    json.object(|json, name| member(&mut file, json, name))?;
    json.end()?;
    place(&mut file.tensors, 8 + length, values.len() as u64)?;
    Ok(file)
}

/// What begins so instead, as far as a user of PyTorch or NumPy may have given it.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'K', 3, 4, ..] => Some("a zip file, as torch.save and numpy.savez write it"),
        [0x80, 2..=5, ..] => Some("a Python pickle"),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some("a NumPy array"),
        [0x1f, 0x8b, ..] => Some("a gzip file"),
        [0x89, b'H', b'D', b'F', ..] => Some("an HDF5 file"),
        _ => None,
    }
}

fn member(file: &mut File, json: &mut Reader, name: String) -> Result<(), Error> {
    let offset = json.offset();
    if file.tensors.len() == MOST_NAMES {
        return Err(Error::TooMany { offset, most: MOST_NAMES });
    }
    if name != "__metadata__" {
        let known = file.tensors.iter().any(|tensor| tensor.name == name);
        file.tensors.push(tensor(json, name)?);
        return if known { Err(Error::Repeated { offset }) } else { Ok(()) };
    }
    if !file.notes.is_empty() {
        return Err(Error::Repeated { offset });
    }
    json.object(|json, key| {
        let offset = json.offset();
        if file.notes.len() == MOST_NAMES {
            return Err(Error::TooMany { offset, most: MOST_NAMES });
        }
        if file.notes.iter().any(|(known, _)| *known == key) {
            return Err(Error::Repeated { offset });
        }
        file.notes.push((key, json.string()?));
        Ok(())
    })
}

/// The description of a tensor. Its place is not yet held against the file.
fn tensor(json: &mut Reader, name: String) -> Result<Tensor, Error> {
    let described = json.offset();
    let (mut kind, mut shape, mut offsets) = (None, None, None);
    json.object(|json, field| {
        let offset = json.offset();
        let repeated = match field.as_str() {
            "dtype" => kind.replace(json.string()?).is_some(),
            "shape" => {
                shape.replace(json.numbers(MOST_DIMENSIONS, "an array of at most 8 numbers")?).is_some()
            }
            "data_offsets" => offsets.replace(json.numbers(2, "an array of two numbers")?).is_some(),
            _ => return Err(Error::Field { offset, found: field }),
        };
        if repeated { Err(Error::Repeated { offset }) } else { Ok(()) }
    })?;
    let missing = |field| Error::Missing { tensor: name.clone(), offset: described, field };
    let kind = kind.ok_or(missing("dtype"))?;
    let shape = shape.ok_or(missing("shape"))?;
    let Some(&[begin, end]) = offsets.as_deref() else { return Err(missing("data_offsets")) };

    let size = match kind.as_str() {
        "F64" | "I64" | "U64" => 8,
        "F32" | "I32" | "U32" => 4,
        "F16" | "BF16" | "I16" | "U16" => 2,
        "F8_E5M2" | "F8_E4M3" | "I8" | "U8" | "BOOL" => 1,
        _ => return Err(Error::Kind { tensor: name, offset: described, found: kind }),
    };
    let expected = shape.iter().try_fold(size, |product: u64, &n| product.checked_mul(n));
    let sizes: Option<Vec<usize>> = shape.iter().map(|&n| usize::try_from(n).ok()).collect();
    match (sizes, end.checked_sub(begin)) {
        (Some(shape), found) if found.is_some() && found == expected => {
            Ok(Tensor { name, shape, kind, described, begin, end })
        }
        _ => Err(Error::Extent { tensor: name, offset: described, found: [begin, end], expected }),
    }
}

/// Sees to it that the tensors fill the `length` bytes of values without a gap, and makes their places those in the
/// file, where the values begin at `start`.
fn place(tensors: &mut [Tensor], start: u64, length: u64) -> Result<(), Error> {
    let mut in_order: Vec<&mut Tensor> = tensors.iter_mut().collect();
    in_order.sort_by_key(|tensor| (tensor.begin, tensor.end));
    let mut filled = 0;
    for tensor in in_order {
        if tensor.begin != filled {
            let (found, expected) = (tensor.begin, filled);
            return Err(Error::Gap {
                tensor: tensor.name.clone(),
                offset: tensor.described,
                found,
                expected,
            });
        }
        filled = tensor.end;
        if filled > length {
            return Err(Error::Truncated { found: start + length, expected: start.saturating_add(filled) });
        }
        (tensor.begin, tensor.end) = (start + tensor.begin, start + tensor.end);
    }
    match filled == length {
        true => Ok(()),
        false => Err(Error::Trailing { found: start + length, expected: start + filled }),
    }
}
