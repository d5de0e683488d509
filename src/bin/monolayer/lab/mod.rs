//! Metrics, grids of experiments beside the reference's table, and reports.
//!
//! This layer computes no weights and no predictions: the library does; here they are counted and described.

pub mod grid;
mod metrics;
pub mod reference;
pub mod report;
mod scores;

pub use metrics::{Confusion, loss};
pub use scores::{BINS, Bin, Scores};
