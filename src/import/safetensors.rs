//! The safetensors format, checked before anything is used: every tensor lies within the file, has as many
//! bytes as its shape calls for, and together they fill the file without a gap.

use super::Error;
use super::error::shown;
use crate::json::Reader;
use core::fmt;

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
    /// A tensor whose values, F32, begin at `begin`.
    pub(super) fn of_floats(name: String, shape: Vec<usize>, begin: u64) -> Self {
        let end = begin + 4 * shape.iter().product::<usize>() as u64;
        Self { name, shape, kind: "F32".into(), described: 0, begin, end }
    }

    /// Whether its values are F32: others would be rounded, and whoever made them knows best how.
    pub(super) fn check_is_f32(&self) -> Result<(), Error> {
        if self.kind == "F32" {
            return Ok(());
        }
        Err(self.wrong(format!(
            "is {}, expected F32\nin PyTorch, {{k: v.float() for k, v in model.state_dict().items()}} makes it so",
            shown(&self.kind)
        )))
    }

    /// The error that what the header says of it is wrong.
    fn wrong(&self, what: String) -> Error {
        Error::at(self.described, format!("{self} {what}"))
    }

    /// Its values, which must be finite.
    pub(super) fn values<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Result<f32, Error>> + 'a {
        bytes[self.begin as usize..self.end as usize].chunks_exact(4).enumerate().map(move |(i, word)| {
            let value = f32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            if value.is_finite() {
                return Ok(value);
            }
            let advice = "train again with a smaller learning rate";
            let text = format!("a weight of {self} is {value}, expected a finite number; {advice}");
            Err(Error::at(self.begin + 4 * i as u64, text))
        })
    }
}

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.name))
    }
}

/// The file's tensors and metadata.
///
/// # Errors
/// The first rule of the format that is broken.
pub(super) fn read(bytes: &[u8]) -> Result<File, Error> {
    let found = bytes.len() as u64;
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return Err(cut_off(found, 8)) };
    let length = u64::from_le_bytes(*length);
    if length > MOST_HEADER {
        return Err(no_safetensors(bytes, length));
    }
    let Some((header, values)) = rest.split_at_checked(length as usize) else {
        return Err(cut_off(found, 8 + length));
    };
    let header = core::str::from_utf8(header).map_err(|error| {
        Error::at(8 + error.valid_up_to() as u64, "the header is not UTF-8, expected JSON")
    })?;
    let mut file = File { tensors: Vec::new(), notes: Vec::new() };
    let mut json = Reader::new(header, 8);
    json.object(|json, name| member(&mut file, json, name))?;
    json.end()?;
    place(&mut file.tensors, 8 + length, values.len() as u64)?;
    Ok(file)
}

fn cut_off(found: u64, expected: u64) -> Error {
    Error::new(format!("cut off: {found} bytes, expected {expected}; copy the file again"))
}

fn twice(offset: u64) -> Error {
    Error::at(offset, "the value of a name that has one already, expected each name once")
}

fn too_many(offset: u64) -> Error {
    let expected = "the two layers of a network with one hidden layer";
    Error::at(offset, format!("more than {MOST_NAMES} names; expected {expected}"))
}

/// The error that a file is of another kind, named as far as a user of PyTorch or NumPy may have given it.
fn no_safetensors(bytes: &[u8], length: u64) -> Error {
    let kind = match bytes {
        [0x80, 2..=5, ..] => "a Python pickle",
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => "a NumPy array",
        [0x1f, 0x8b, ..] => "a gzip file",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file",
        _ => {
            return Error::new(format!(
                "not a safetensors file: byte 0: a header of {length} bytes, expected at most {MOST_HEADER}; \
                 safetensors.torch.save_file writes one"
            ));
        }
    };
    let save = "safetensors.torch.save_file(model.state_dict(), FILE)";
    Error::new(format!("{kind}; expected safetensors, as {save} writes it"))
}

fn member(file: &mut File, json: &mut Reader, name: String) -> Result<(), Error> {
    let offset = json.offset();
    if file.tensors.len() == MOST_NAMES {
        return Err(too_many(offset));
    }
    if name != "__metadata__" {
        let known = file.tensors.iter().any(|tensor| tensor.name == name);
        file.tensors.push(tensor(json, name)?);
        return if known { Err(twice(offset)) } else { Ok(()) };
    }
    if !file.notes.is_empty() {
        return Err(twice(offset));
    }
    json.object(|json, key| {
        let offset = json.offset();
        if file.notes.len() == MOST_NAMES {
            return Err(too_many(offset));
        }
        if file.notes.iter().any(|(known, _)| *known == key) {
            return Err(twice(offset));
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
            _ => {
                let field = shown(&field);
                let text = format!("the value of `{field}`, expected those of dtype, shape and data_offsets");
                return Err(Error::at(offset, text));
            }
        };
        if repeated { Err(twice(offset)) } else { Ok(()) }
    })?;
    let missing = |field| {
        let name = shown(&name);
        Error::at(described, format!("{name} has no {field}, expected dtype, shape and data_offsets"))
    };
    let kind = kind.ok_or_else(|| missing("dtype"))?;
    let sizes = shape.ok_or_else(|| missing("shape"))?;
    let Some(&[begin, end]) = offsets.as_deref() else { return Err(missing("data_offsets")) };
    // A size beyond the memory's is beyond the file's, too.
    let shape = sizes.iter().map(|&n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
    let tensor = Tensor { name, shape, kind, described, begin, end };

    let size = match tensor.kind.as_str() {
        "F64" | "I64" | "U64" => 8,
        "F32" | "I32" | "U32" => 4,
        "F16" | "BF16" | "I16" | "U16" => 2,
        "F8_E5M2" | "F8_E4M3" | "I8" | "U8" | "BOOL" => 1,
        _ => return tensor.check_is_f32().map(|()| tensor),
    };
    let expected = sizes.iter().try_fold(size, |product: u64, &n| product.checked_mul(n));
    if expected.is_some() && end.checked_sub(begin) == expected {
        return Ok(tensor);
    }
    let expected = expected.map_or("more bytes than a file can have".into(), |n| format!("{n} bytes"));
    Err(tensor.wrong(format!("has data_offsets {begin} to {end}, but its shape calls for {expected}")))
}

/// Sees to it that the tensors fill the `length` bytes of values without a gap, and makes their places those
/// in the file, where the values begin at `start`.
fn place(tensors: &mut [Tensor], start: u64, length: u64) -> Result<(), Error> {
    let mut in_order: Vec<&mut Tensor> = tensors.iter_mut().collect();
    in_order.sort_by_key(|tensor| (tensor.begin, tensor.end));
    let mut filled = 0;
    for tensor in in_order {
        let begin = tensor.begin;
        if begin != filled {
            let expected = format!("{filled}, where the tensor before it ends");
            return Err(tensor.wrong(format!("begins {begin} bytes after the header, expected {expected}")));
        }
        filled = tensor.end;
        if filled > length {
            return Err(cut_off(start + length, start.saturating_add(filled)));
        }
        (tensor.begin, tensor.end) = (start + tensor.begin, start + tensor.end);
    }
    if filled == length {
        return Ok(());
    }
    let (found, end) = (start + length, start + filled);
    Err(Error::new(format!("{found} bytes, but its tensors end after {end}; write the file again")))
}
