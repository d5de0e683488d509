//! L1: the products of training, over panels and strips. No allocation: every buffer is an argument.
//!
//! One letter a dimension, here and wherever matrices are passed:
//!
//! | letter | what it counts |
//! |---|---|
//! | N | samples of the batch |
//! | D | features of a sample |
//! | M | hidden units |
//! | K | classes |
//! | W | width of a panel: hidden units that lie together, whole vectors, the last one padded with zeros |
//! | P | K rounded up to whole vectors |
//! | Q | N rounded up to whole masks of 64 samples |
//!
//! Hidden units are cut into **panels** ([`Panels`]): a panel's weights are D + 1 rows of W values, its
//! activations and deltas N rows of W. A batch's features are cut into **strips** of 64: the rows of weights
//! that stay in the first-level cache while every sample of the batch passes, and the unit in which workers
//! assemble the batch.
//!
//! Both big products broadcast one feature and multiply it into a contiguous row: of weights (forward), of
//! deltas (update). Lanes run across hidden units, never across the sum, so that neither the width of a
//! vector nor of a panel can change a bit; a sum continues from its stored accumulator, strip by strip.
//! [`specification`] has the same products in plain loops, and the tests compare every kernel with it bit for
//! bit.
//!
//! # The loop nest
//!
//! For one worker, with LOOP 4 and LOOP 3 in `train` and the others in the kernels; x is (N, D), w1 (D + 1,
//! M) with the biases as row 0:
//!
//! ```text
//! forward: a = [1, x] w1                                  update: w1 += eta (xᵀ delta - lambda w1)
//!
//! for each strip of 64 features               LOOP 4      for each strip of 64 features               LOOP 4
//!   for each panel of W hidden units          LOOP 3        for each panel of W hidden units          LOOP 3
//!     for R samples of the batch              LOOP 2          for R features of the strip             LOOP 2
//!       acc[R][W] = a, or the biases                            acc[R][W] = 0
//!       for d of the strip, ascending         LOOP 1            for n of the batch, ascending         LOOP 1
//!         acc[r] += x[n + r][d] * w1[1 + d]                       acc[r] += x[n][d + r] * delta[n]
//!       a = acc                                                 w1[1 + d + r] = step(w1[1 + d + r], acc[r])
//! ```
//!
//! In training both share LOOP 4: a strip's weights are stepped and at once multiplied with the next batch,
//! so that weights come from beyond the worker's caches once a batch.
//!
//!
//! LOOP 4 splits D features into strips of [`STRIP`]: a strip's weights stay in the first-level cache while
//! all samples pass, and one mask of 64 bits marks the features of a sample that are not 0.
//!
//! LOOP 3 splits M hidden units into panels of at most [`MAX_VECTORS`] vectors: a row of accumulators fits
//! the registers, and a worker owns whole panels.
//!
//! LOOP 2 splits N samples, or a strip's features, into tiles of R, what is left over into smaller ones: R
//! rows of accumulators hide the latency of a multiply-add, for which 8 to 10 vectors must be independent. R
//! is chosen beside each kernel, by W and the number of registers.
//!
//! LOOP 1 is the sum; its order is the contract's (CONTRACT C6). Zero-skipping kernels visit, by masks, only
//! the terms whose feature is not 0; the others would change no finished sum.
//!
//! Dense kernels ([`dense`]), whose R is larger, cut a panel once more, between LOOP 3 and LOOP 2, into
//! groups of at most 2 vectors, or with 32 registers of 6 (forward) and 4 (update). Zero-skipping ones
//! ([`sparse`]) take a panel whole with R of 1 to 4, since any two samples have few features in common. One
//! sample by itself ([`single`]) has LOOP 3 and, over all features, LOOP 1. The biases' gradient, deltaᵀ 1,
//! is summed where delta is made ([`head::Deltas`]).
//!
//! This layer never owns memory, starts threads, or knows an activation function.

mod ascent;
mod bias;
pub mod dense;
pub mod head;
mod masks;
mod panels;
mod pixels;
mod row;
pub mod single;
pub mod sparse;
pub mod specification;
mod strip;

pub use ascent::{Ascend, Ascent, RAISED};
pub use bias::{BiasForward, BiasGradient};
pub use masks::Find;
pub use panels::{PanelShape, Panels};
pub use pixels::Pixels;
pub use strip::{Gather, Strip};

/// Features of a strip: one bit each in a 64-bit mask. A strip of a panel of 7 AVX-512 vectors is 64 · 448
/// bytes = 28 KB of weights, which leaves room for samples in a first-level cache of 32 to 48 KB.
pub const STRIP: usize = 64;

/// The most vectors of a panel: as many accumulators as leave registers for operands where there are 16.
pub const MAX_VECTORS: usize = 8;

/// The number of strips of `features` features.
pub const fn strips(features: usize) -> usize {
    features.div_ceil(STRIP)
}

/// N + 7: rows of a batch's numbers and activations, enough for a register tile of 8 samples that starts at
/// the last one.
pub const fn padded(batch: usize) -> usize {
    batch + 7
}

/// Q: rows of a batch's strips and deltas.
pub const fn rows(batch: usize) -> usize {
    batch.next_multiple_of(64)
}

/// Calls a function that is generic over the vectors of a panel's [`Row`](row::Row), whole ones and halves.
macro_rules! with_row {
    ($panel:expr, $f:ident, $s:expr, $args:expr) => {
        match ($panel.ends_in_a_half::<S>(), $panel.vectors::<S>()) {
            (false, 1) => $f::<S, 1, 0>($s, $args),
            (false, 2) => $f::<S, 2, 0>($s, $args),
            (false, 3) => $f::<S, 3, 0>($s, $args),
            (false, 4) => $f::<S, 4, 0>($s, $args),
            (false, 5) => $f::<S, 5, 0>($s, $args),
            (false, 6) => $f::<S, 6, 0>($s, $args),
            (false, 7) => $f::<S, 7, 0>($s, $args),
            (false, 8) => $f::<S, 8, 0>($s, $args),
            (true, 1) => $f::<S, 0, 1>($s, $args),
            (true, 2) => $f::<S, 1, 1>($s, $args),
            (true, 3) => $f::<S, 2, 1>($s, $args),
            (true, 4) => $f::<S, 3, 1>($s, $args),
            (true, 5) => $f::<S, 4, 1>($s, $args),
            (true, 6) => $f::<S, 5, 1>($s, $args),
            (true, 7) => $f::<S, 6, 1>($s, $args),
            (true, 8) => $f::<S, 7, 1>($s, $args),
            (_, other) => panic!("a panel of {other} vectors"),
        }
    };
}
use with_row;
