//! Metrics, and models that come from or go to other programs.
//!
//! What this layer refuses to do: compute weights or predictions; it has `train` do so, counts and describes.

pub mod grid;
mod metrics;
pub mod reference;
pub mod report;
mod scores;

pub use metrics::{Confusion, loss};
pub use scores::{BINS, Bin, Scores};
