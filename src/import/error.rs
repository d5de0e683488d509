//! Why a file is not a model's weights.

use crate::json;
use crate::store::Printable;
use core::fmt;

/// Why a safetensors file is refused. Its text says where, in bytes from the start of the file, what was
/// found and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    offset: Option<u64>,
    text: String,
}

impl Error {
    /// Something is wrong with the file as a whole.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { offset: None, text: text.into() }
    }

    /// Something is wrong at a place.
    pub(super) fn at(offset: u64, text: impl Into<String>) -> Self {
        Self { offset: Some(offset), text: text.into() }
    }
}

impl core::error::Error for Error {}

impl From<json::Error> for Error {
    fn from(json::Error { offset, found, expected }: json::Error) -> Self {
        let found = found.map(|found| format!("has `{}`", Printable(&found.to_string())));
        let found = found.unwrap_or_else(|| "ends".into());
        Self::at(offset, format!("the header {found}, expected {expected}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "byte {offset}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// A name from the file for a message: not much of it, control characters escaped.
pub(super) fn shown(name: &str) -> String {
    const MOST: usize = 60;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", Printable(&name[..end])),
        None => format!("{}", Printable(name)),
    }
}
