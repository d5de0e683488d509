//! A worker's way to the pixels of a batch: strip by strip, straight from the data set.
//!
//! Every worker gathers all of a batch for itself. What another processor has just written comes more slowly
//! than what lies in memory unchanged, and gathering costs little beside the products.

use super::Error;
use super::buffer::{Buffer, filled};
use super::panel::Features;
use crate::linalg::{Find, Gather, Pixels, STRIP, Strip, dense, padded, rows, strips};
use crate::simd::{Isa, prefetch};
use std::ops::Range;

/// Where pixels come from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// (·, D).
    pub(super) pixels: &'a [u8],
    /// D.
    pub(super) features: usize,
}

impl<'a> Source<'a> {
    /// Strip `index` of a batch of `samples`.
    pub(super) fn strip(self, index: usize, samples: &'a [u32]) -> Strip<'a> {
        Strip { pixels: self.pixels, features: self.features, first: index * STRIP, samples }
    }

    /// Asks for pixels that [`strip`](Self::strip) will read soon, when it has come to strip `index` of
    /// `count` of the batch `now`: those of two strips later, which may be of the batch `after`.
    ///
    /// The samples of a batch lie anywhere in the data set; without asking, gathering would wait for memory
    /// for most of its time (a third of an epoch of MNIST at 100 hidden units). A processor can wait for a
    /// dozen lines at once, so they are asked for a few at a time, between products.
    pub(super) fn ask_ahead(self, index: usize, count: usize, now: &[u32], after: &[u32]) {
        let (index, samples) =
            if index + 2 < count { (index + 2, now) } else { ((index + 2) % count, after) };
        let strip = self.strip(index, samples);
        for n in 0..samples.len() {
            prefetch(strip.sample(n), false);
        }
    }
}

/// A worker's memory for batches of at most as many samples as it was made for.
pub(super) struct Gatherer {
    /// Each strip of the batch that was gathered last.
    pub(super) strips: Vec<Gathered>,
    /// (Q): what is not 0 in the strip that was gathered last, by sample; empty where zeros are not skipped.
    pub(super) by_sample: Vec<u64>,
    /// (N + 7, STRIP): the numbers of a strip of the last batch, and of the next; empty where zeros are
    /// skipped.
    pub(super) numbers: [Buffer; 2],
}

/// One strip of a batch.
pub(super) struct Gathered {
    /// (Q, STRIP), or fewer rows where no update follows: see [`Gather`].
    pub(super) rows: Vec<u8>,
    /// (Q / 64, STRIP): what is not 0, by feature; empty where zeros are not skipped, and where no update
    /// follows.
    pub(super) by_feature: Vec<u64>,
}

impl Gathered {
    /// Gathers a strip and, unless `by_sample` is empty, finds what is not 0; `by_sample` becomes its masks
    /// by sample.
    pub(super) fn fill(&mut self, isa: Isa, strip: Strip<'_>, by_sample: &mut [u64]) {
        let Self { rows, by_feature } = self;
        isa.run(Gather { strip, rows });
        if !by_sample.is_empty() {
            isa.run(Find { rows: &rows[..strip.samples.len() * STRIP], by_sample, by_feature });
        }
    }

    /// x of the first `samples`, as a product takes it. `masks` are by sample for the forward product and by
    /// feature for the update; where they are empty, zeros are not skipped and the bytes become `numbers`.
    /// These are four times as large and kept no longer than a product needs them.
    pub(super) fn features<'a>(
        &'a self,
        masks: &'a [u64],
        numbers: &'a mut [f32],
        (isa, value, samples): (Isa, &'a Pixels, usize),
    ) -> Features<'a> {
        match masks {
            [] => self.numbers(numbers, (isa, value, samples)),
            masks => Features::ZeroSkipping { rows: &self.rows, masks, value: value.table() },
        }
    }

    /// x of the first `samples` as `numbers`, which outlast the bytes.
    pub(super) fn numbers<'a>(
        &self,
        numbers: &'a mut [f32],
        (isa, value, samples): (Isa, &Pixels, usize),
    ) -> Features<'a> {
        isa.run(dense::Convert { rows: &self.rows[..samples * STRIP], value, values: numbers });
        Features::Dense(dense::Values { values: numbers, samples })
    }
}

impl Gatherer {
    /// Room for `samples` samples of `features` features.
    pub(super) fn new(samples: usize, features: usize, skip_zeros: bool) -> Result<Self, Error> {
        let rows = rows(samples);
        let masks = if skip_zeros { rows } else { 0 };
        let strip = |_| Ok(Gathered { rows: filled(0, rows * STRIP)?, by_feature: filled(0, masks)? });
        let numbers = || Buffer::zeros(if skip_zeros { 0 } else { padded(samples) }, STRIP);
        Ok(Self {
            strips: (0..strips(features)).map(strip).collect::<Result<_, _>>()?,
            by_sample: filled(0, masks)?,
            numbers: [numbers()?, numbers()?],
        })
    }
}

/// The samples of a batch that worker `worker` of `workers` processes in the output phase.
pub(super) fn share(samples: usize, worker: usize, workers: usize) -> Range<usize> {
    samples * worker / workers..samples * (worker + 1) / workers
}
