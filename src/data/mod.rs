//! Bytes to datasets.
