//! Where bytes come from: files, gzip, archives. Nothing here knows a format of data.
//!
//! An archive of another kind is one more file here, one more source of [`members::Members`], and one more
//! case where `load` opens archives.

pub(crate) mod contents;
pub mod gzip;
pub(crate) mod inflate;
pub(crate) mod members;
pub mod tar;
pub mod zip;
