//! Bytes to datasets.

mod crc;
pub mod gzip;
mod huffman;
pub mod inflate;
