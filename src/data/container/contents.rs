//! The bytes of one file, unpacked, with their place.

use super::gzip;
use crate::data::error::{Error, Place};
use crate::store;
use std::path::Path;

/// The most bytes taken from one file, packed or unpacked: 4 GiB hold ten times all data of these formats.
pub(crate) const LIMIT: u64 = if usize::BITS >= 64 { 1 << 32 } else { 1 << 30 };

/// The most bytes that a gzip file may become, if it does not say how many: five times the largest text rows.
pub(crate) const UNPACKED: u64 = 1 << 30;

/// How many bytes a gzip file may become in all, by the first of them, so that a small file cannot take all
/// memory; or an error that refuses them.
pub(crate) type Limit<'a> = &'a dyn Fn(&[u8]) -> Result<u64, Error>;

/// The limit of files that do not say how long they are.
pub(crate) const UNSTATED: Limit = &|_| Ok(UNPACKED);

/// The bytes of one file, unpacked, and the place that errors give it.
pub(crate) struct Contents {
    pub(crate) place: Place,
    pub(crate) bytes: Vec<u8>,
}

impl Contents {
    /// Undoes gzip, where there is any.
    pub(crate) fn unpack(place: Place, bytes: Vec<u8>, limit: Limit) -> Result<Self, Error> {
        if gzip::is_gzip(&bytes) { Self::gunzip(&place, &bytes, limit) } else { Ok(Self { place, bytes }) }
    }

    /// The contents of a gzip file.
    pub(crate) fn gunzip(place: &Place, packed: &[u8], limit: Limit) -> Result<Self, Error> {
        let inner = place.decompressed();
        let limit = |head: &[u8]| limit(head).map(|limit| limit.min(LIMIT)).map_err(|error| error.of(&inner));
        let bytes = gzip::decompress(packed, place, limit)?;
        if gzip::is_gzip(&bytes) { Err(gzip_twice(&inner)) } else { Ok(Self { place: inner, bytes }) }
    }

    /// Reads a file, or standard input for "-", as [`Contents::unpack`] does.
    pub(crate) fn read(path: &Path, limit: Limit) -> Result<Self, Error> {
        let bytes = store::read(path, LIMIT)?;
        Self::unpack(Place::new(&store::name_of(path)), bytes, limit)
    }

    /// What `parse` makes of the bytes; its errors get their place.
    pub(crate) fn parse<T>(self, parse: impl FnOnce(Vec<u8>) -> Result<T, Error>) -> Result<T, Error> {
        parse(self.bytes).map_err(|error| error.of(&self.place))
    }
}

/// The error for a file that ends before the `expected` bytes that it promises.
pub(crate) fn truncated(bytes: &[u8], expected: u64) -> Error {
    let end = bytes.len();
    let expected = format!("{expected} bytes; half a download? fetch it again");
    Error::at(end as u64, format!("the end of the file after {end} bytes"), expected)
}

/// The error for a file that goes on behind the `end` that it promises.
pub(crate) fn trailing(bytes: &[u8], end: usize) -> Error {
    let expected = format!("the file to end after {end}; fetch it again");
    Error::at(end as u64, format!("{} bytes", bytes.len()), expected)
}

/// A gzip file whose contents, at `place`, are a gzip file.
pub(crate) fn gzip_twice(place: &Place) -> Error {
    Error::at(0, "a gzip file inside the gzip file", "the data themselves; gunzip it once").of(place)
}
