//! Kernels of inference on a device: rows added to sums, as one core without an allocator, a cache or much
//! memory does it fastest. [`tile`] has those of f32, [`dual`] those of int8.

pub mod dual;
pub mod tile;
