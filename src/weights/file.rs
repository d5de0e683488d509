//! Model files in memory that is allocated: written to it, and read in it.
#![cfg(feature = "std")]

use super::error::Fault;
use super::{About, Error, View, Weights, encode, encoded_len, layout};

/// The bytes of the model file that [`encode`] writes.
///
/// # Errors
/// As [`encode`], or the allocation fails.
pub fn to_vec<'a>(weights: impl Into<Weights<'a>>, about: About<'_>) -> Result<Vec<u8>, Error> {
    let weights = weights.into();
    let length = encoded_len(weights, about)?;
    let mut out = Vec::new();
    out.try_reserve_exact(length).map_err(|_| Error(Fault::Memory(length)))?;
    out.resize(length, 0);
    encode(&mut out, weights, about)?;
    Ok(out)
}

/// The bytes of a model file, owned, where a [`View`] can read them.
#[derive(Debug)]
pub struct ModelFile {
    bytes: Vec<u8>,
    start: usize,
}

impl ModelFile {
    /// Takes a file's contents and aligns them. They are not looked at: [`view`](Self::view) checks them.
    ///
    /// # Errors
    /// The allocation fails.
    pub fn new(mut bytes: Vec<u8>) -> Result<Self, Error> {
        // The allocator promises no alignment for bytes. The capacity is kept, so that the place does not
        // move again.
        let length = bytes.len();
        bytes.try_reserve_exact(layout::ALIGN).map_err(|_| Error(Fault::Memory(length)))?;
        let start = bytes.as_ptr().align_offset(layout::ALIGN).min(layout::ALIGN);
        bytes.resize(length + start, 0);
        bytes.copy_within(..length, start);
        Ok(Self { bytes, start })
    }

    /// The file's contents, at a multiple of 16 bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The model, checked.
    ///
    /// # Errors
    /// As [`View::any`].
    pub fn view(&self) -> Result<View<'_, Weights<'_>>, Error> {
        View::any(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_lies_where_its_floats_can_be_read() {
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length).collect();
            let file = ModelFile::new(bytes.clone()).unwrap();
            assert_eq!(file.bytes().as_ptr().align_offset(layout::ALIGN), 0);
            assert_eq!(file.bytes(), bytes);
        }
    }
}
