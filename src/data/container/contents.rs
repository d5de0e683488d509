//! The bytes of one file, unpacked, with their place.

use super::gzip;
use crate::data::error::{Error, Place};
use crate::store;
use std::path::Path;

/// The most bytes taken from one file, packed or unpacked: 4 GiB hold ten times all data of these formats.
pub(crate) const LIMIT: u64 = if usize::BITS >= 64 { 1 << 32 } else { 1 << 30 };

/// The most bytes that a gzip file may become, if it does not say how many: five times the largest text rows.
pub(crate) const UNPACKED: u64 = 1 << 30;

/// The bytes of one file, unpacked, and the place that errors give it.
pub(crate) struct Contents {
    pub(crate) place: Place,
    pub(crate) bytes: Vec<u8>,
}

impl Contents {
    /// Undoes gzip, where there is any. `limit` gets the first decompressed bytes and says how many there may
    /// be in all, so that a small file cannot take all memory, or refuses them.
    pub(crate) fn unpack(
        place: Place,
        bytes: Vec<u8>,
        limit: impl FnOnce(&[u8]) -> Result<u64, Error>,
    ) -> Result<Self, Error> {
        if gzip::is_gzip(&bytes) { Self::gunzip(&place, &bytes, limit) } else { Ok(Self { place, bytes }) }
    }

    /// The contents of a gzip file, `limit` as for [`Contents::unpack`].
    pub(crate) fn gunzip(
        place: &Place,
        packed: &[u8],
        limit: impl FnOnce(&[u8]) -> Result<u64, Error>,
    ) -> Result<Self, Error> {
        let inner = place.decompressed();
        let limit = |head: &[u8]| limit(head).map(|limit| limit.min(LIMIT)).map_err(|error| error.of(&inner));
        let bytes = gzip::decompress(packed, place, limit)?;
        let contents = Self { place: inner.clone(), bytes };
        if gzip::is_gzip(&contents.bytes) { Err(gzip_twice(&contents.place)) } else { Ok(contents) }
    }

    /// Reads a file, or standard input for "-", as [`Contents::unpack`] does.
    pub(crate) fn read(path: &Path, limit: impl FnOnce(&[u8]) -> Result<u64, Error>) -> Result<Self, Error> {
        let bytes = store::read(path, LIMIT)?;
        Self::unpack(Place::new(&store::name_of(path)), bytes, limit)
    }

    /// Takes all bytes away.
    pub(crate) fn take(&mut self) -> Self {
        Self { place: self.place.clone(), bytes: core::mem::take(&mut self.bytes) }
    }

    /// A rule that is broken at byte `offset`.
    #[cold]
    pub(crate) fn error(&self, offset: usize, found: impl ToString, expected: impl ToString) -> Error {
        Error::at(offset as u64, found, expected).of(&self.place)
    }

    /// They end before the `expected` bytes that they promise.
    #[cold]
    pub(crate) fn truncated(&self, expected: u64) -> Error {
        let end = self.bytes.len();
        let found = format!("the end of the file after {end} bytes");
        self.error(end, found, format!("{expected} bytes; half a download? fetch it again"))
    }

    /// They go on behind the `end` that they promise.
    #[cold]
    pub(crate) fn trailing(&self, end: usize) -> Error {
        let found = format!("{} bytes", self.bytes.len());
        self.error(end, found, format!("the file to end after {end}; fetch it again"))
    }

    /// An allocation of `size` bytes for these contents failed.
    #[cold]
    pub(crate) fn memory(&self, size: usize) -> Error {
        Error::memory(size).of(&self.place)
    }
}

/// A gzip file whose contents, at `place`, are a gzip file.
pub(crate) fn gzip_twice(place: &Place) -> Error {
    Error::at(0, "a gzip file inside the gzip file", "the data themselves; gunzip it once").of(place)
}
