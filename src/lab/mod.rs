//! Metrics, and models that come from or go to other programs.
//!
//! What this layer refuses to do: compute weights or predictions; it counts and describes those of `train`.

pub mod export;
pub mod import;
mod metrics;

pub use metrics::{Confusion, loss};
