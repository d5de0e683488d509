//! Memory for kernels: f32 that begin at a cache line, so that no vector lies across two.

use super::Error;
use std::ops::{Deref, DerefMut};

/// Bytes a cache line, and a vector of the widest instruction set.
const LINE: usize = 64;

/// Zeros at first, aligned to [`LINE`]; never grows.
#[derive(Debug)]
pub(super) struct Buffer {
    data: Vec<f32>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// A buffer of `rows` · `width` zeros.
    ///
    /// # Errors
    /// [`Error::Memory`] if the allocation fails.
    pub(super) fn zeros(rows: usize, width: usize) -> Result<Self, Error> {
        let slack = LINE / size_of::<f32>();
        let len = rows.saturating_mul(width);
        let data = filled(0.0, len.saturating_add(slack))?;
        let start = data.as_ptr().align_offset(LINE).min(slack);
        Ok(Self { data, start, len })
    }
}

/// A copy of `values`.
///
/// # Errors
/// [`Error::Memory`] if the allocation fails.
pub(super) fn copied<T: Copy>(values: &[T]) -> Result<Vec<T>, Error> {
    let mut out = reserved(values.len())?;
    out.extend_from_slice(values);
    Ok(out)
}

/// `len` copies of `value`.
///
/// # Errors
/// [`Error::Memory`] if the allocation fails.
pub(super) fn filled<T: Copy>(value: T, len: usize) -> Result<Vec<T>, Error> {
    let mut data = reserved(len)?;
    data.resize(len, value);
    Ok(data)
}

/// An empty vector with room for `len` values.
///
/// # Errors
/// [`Error::Memory`] if the allocation fails.
pub(super) fn reserved<T>(len: usize) -> Result<Vec<T>, Error> {
    let mut data = Vec::new();
    let bytes = len.saturating_mul(size_of::<T>());
    data.try_reserve_exact(len).map_err(|_| Error::Memory { bytes })?;
    Ok(data)
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.data[self.start..][..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[self.start..][..self.len]
    }
}
