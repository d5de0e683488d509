//! Bytes to datasets.

mod crc;
pub mod gzip;
mod inflate;
pub mod tar;
