//! Metrics, tables and reports.
//!
//! What this layer refuses to do: compute weights or predictions; it counts and describes those of `train`.

mod metrics;
mod scores;

pub use metrics::{Confusion, Means, loss};
pub use scores::{BINS, Bin, Scores};
