//! Why a file is not a model's weights.

use core::fmt;
use std::format;
use std::string::String;
use std::vec::Vec;

use crate::json;
use crate::store::Printable;

/// Why a safetensors file is refused. Offsets are bytes from the start of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// The file is shorter than it says.
    Truncated {
        /// Its bytes.
        found: u64,
        /// The bytes that it must have at least.
        expected: u64,
    },
    /// The file is longer than its tensors.
    Trailing {
        /// Its bytes.
        found: u64,
        /// The bytes after which the tensors end.
        expected: u64,
    },
    /// The first eight bytes are no header's length.
    Header {
        /// The length that they spell.
        found: u64,
        /// The greatest.
        most: u64,
        /// What else the file is, where its first bytes tell.
        kind: Option<&'static str>,
    },
    /// The header is not UTF-8.
    Utf8 {
        /// Where.
        offset: u64,
    },
    /// The header is not the JSON that it should be.
    Json(json::Error),
    /// A name stands twice where it may stand once.
    Repeated {
        /// Where its second value begins.
        offset: u64,
    },
    /// More names than any network has.
    TooMany {
        /// Where.
        offset: u64,
        /// The most.
        most: usize,
    },
    /// A tensor's description has something else than its type, shape and place.
    Field {
        /// Where its value begins.
        offset: u64,
        /// Its name.
        found: String,
    },
    /// A tensor's description lacks something.
    Missing {
        /// The tensor.
        tensor: String,
        /// Where it is described.
        offset: u64,
        /// What is missing.
        field: &'static str,
    },
    /// A tensor's values are not F32.
    Kind {
        /// The tensor.
        tensor: String,
        /// Where it is described.
        offset: u64,
        /// Their type.
        found: String,
    },
    /// A tensor's place is not as long as its shape and type call for.
    Extent {
        /// The tensor.
        tensor: String,
        /// Where it is described.
        offset: u64,
        /// Where its values begin and end, after the header.
        found: [u64; 2],
        /// The bytes that they take; `None`: more than 2^64.
        expected: Option<u64>,
    },
    /// Before a tensor's values there are bytes that no tensor has, or it shares bytes with another.
    Gap {
        /// The tensor.
        tensor: String,
        /// Where it is described.
        offset: u64,
        /// Where its values begin, after the header.
        found: u64,
        /// Where those of the tensor before it end.
        expected: u64,
    },
    /// The tensors are not those of a network with one hidden layer.
    Tensors {
        /// Their names.
        found: Vec<String>,
    },
    /// A tensor has another shape than its part in the network calls for.
    Shape {
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it should have, in words.
        expected: String,
    },
    /// Neither layer takes what the other gives.
    Chain {
        /// The layers' weights.
        tensors: [String; 2],
        /// The outputs of the first.
        outputs: u64,
        /// The inputs of the second.
        inputs: u64,
    },
    /// A size is not within the bounds of a model.
    Size {
        /// The tensor.
        tensor: String,
        /// What there is so much or so little of.
        what: &'static str,
        /// How much.
        found: u64,
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
    /// A weight is infinite or NaN.
    NotFinite {
        /// The tensor.
        tensor: String,
        /// Where.
        offset: u64,
        /// The weight.
        found: f32,
    },
    /// There is no memory for a layer.
    Memory {
        /// Its bytes.
        size: u64,
    },
}

impl core::error::Error for Error {}

impl From<json::Error> for Error {
    fn from(error: json::Error) -> Self {
        Self::Json(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { found, expected } => {
                write!(f, "cut off: {found} bytes, expected {expected}; copy the file again")
            }
            Self::Trailing { found, expected } => {
                write!(f, "{found} bytes, but its tensors end after {expected}; write the file again")
            }
            Self::Header { kind: Some(kind), .. } => write!(
                f,
                "{kind}; expected safetensors, as safetensors.torch.save_file(model.state_dict(), FILE) writes it"
            ),
            Self::Header { found, most, kind: None } => write!(
                f,
                "not a safetensors file: byte 0: a header of {found} bytes, expected at most {most}; \
                 safetensors.torch.save_file writes one"
            ),
            Self::Utf8 { offset } => write!(f, "byte {offset}: the header is not UTF-8, expected JSON"),
            Self::Json(json::Error { offset, found, expected }) => match found {
                Some(found) => write!(
                    f,
                    "byte {offset}: the header has `{}`, expected {expected}",
                    Printable(&format!("{found}"))
                ),
                None => write!(f, "byte {offset}: the header ends, expected {expected}"),
            },
            Self::Repeated { offset } => {
                write!(f, "byte {offset}: the value of a name that has one already, expected each name once")
            }
            Self::TooMany { offset, most } => write!(
                f,
                "byte {offset}: more than {most} names; expected the two layers of a network with one hidden layer"
            ),
            Self::Field { offset, found } => write!(
                f,
                "byte {offset}: the value of `{}`, expected those of dtype, shape and data_offsets",
                shown(found)
            ),
            Self::Missing { tensor, offset, field } => {
                write!(
                    f,
                    "byte {offset}: {} has no {field}, expected dtype, shape and data_offsets",
                    shown(tensor)
                )
            }
            Self::Kind { tensor, offset, found } => write!(
                f,
                "byte {offset}: {} is {}, expected F32\nin PyTorch, {{k: v.float() for k, v in \
                 model.state_dict().items()}} makes it so",
                shown(tensor),
                shown(found)
            ),
            Self::Extent { tensor, offset, found: [begin, end], expected } => {
                write!(
                    f,
                    "byte {offset}: {} has data_offsets {begin} to {end}, but its shape calls for ",
                    shown(tensor)
                )?;
                match expected {
                    Some(expected) => write!(f, "{expected} bytes"),
                    None => f.write_str("more bytes than a file can have"),
                }
            }
            Self::Gap { tensor, offset, found, expected } => write!(
                f,
                "byte {offset}: {} begins {found} bytes after the header, expected {expected}, where the tensor before \
                 it ends",
                shown(tensor)
            ),
            Self::Tensors { found } => write!(
                f,
                "its tensors are {}; expected those of two layers: A.weight, A.bias, B.weight, B.bias; or W1, b1, W2, \
                 b2; or W1, W2 with the biases in the first column",
                listed(found)
            ),
            Self::Shape { tensor, found, expected } => {
                write!(f, "{} has the shape {found:?}, expected {expected}", shown(tensor))
            }
            Self::Chain { tensors: [first, second], outputs, inputs } => write!(
                f,
                "{} gives {outputs} values, but {} takes {inputs}; expected as many, a row an output and a column an \
                 input",
                shown(first),
                shown(second)
            ),
            Self::Size { tensor, what, found, least, most } => {
                write!(f, "{}: {found} {what}, expected {least} to {most}", shown(tensor))
            }
            Self::NotFinite { tensor, offset, found } => write!(
                f,
                "byte {offset}: a weight of {} is {found}, expected a finite number; train again with a smaller rate",
                shown(tensor)
            ),
            Self::Memory { size } => {
                write!(f, "no memory for {size} bytes; end other programs or raise the limit (ulimit -v)")
            }
        }
    }
}

/// A name from the file for a message: not much of it, control characters escaped.
fn shown(name: &str) -> String {
    const MOST: usize = 60;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", Printable(&name[..end])),
        None => format!("{}", Printable(name)),
    }
}

/// The first of some names.
fn listed(names: &[String]) -> String {
    const MOST: usize = 6;
    if names.is_empty() {
        return String::from("none");
    }
    let shown: Vec<String> = names.iter().take(MOST).map(|name| shown(name)).collect();
    let rest = if names.len() > MOST { ", ..." } else { "" };
    shown.join(", ") + rest
}
