//! Metrics, tables and reports.
//!
//! What this layer refuses to do: compute weights or predictions; it counts and describes those of `train`.

mod metrics;

pub use metrics::{Confusion, loss};
