//! A batch in memory: its strips, each behind a lock of its own, in one of two forms.

use super::buffer::{Buffer, filled};
use super::network::Panel;
use super::{Error, Machine};
use crate::linalg::{Ascent, BiasForward, Pixels, STRIP, dense, padded, sparse, strips};
use crate::simd::Isa;
use crate::simd::bytes::prefetch;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::vec::Vec;

/// Where a batch's pixels come from: rows of D bytes, and the value of a byte.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// (·, D).
    pub(super) pixels: &'a [u8],
    /// D.
    pub(super) features: usize,
    /// A byte's value.
    pub(super) value: &'a Pixels,
}

/// All strips of a batch, for at most as many samples as it was made for.
pub(super) struct Batch {
    strips: Vec<RwLock<Strip>>,
}

/// Up to 64 features of every sample of the batch.
pub(super) struct Strip {
    index: usize,
    features: usize,
    samples: usize,
    form: Form,
}

enum Form {
    Dense { values: Buffer },
    ZeroSkipping { rows: Vec<u8>, columns: Vec<u8> },
}

impl Batch {
    /// Room for `samples` samples of `features` features.
    pub(super) fn new(samples: usize, features: usize, skip_zeros: bool) -> Result<Self, Error> {
        let strips = (0..strips(features)).map(|index| {
            let form = if skip_zeros {
                let stride = sparse::stride(samples);
                Form::ZeroSkipping { rows: filled(0, stride * STRIP)?, columns: filled(0, STRIP * stride)? }
            } else {
                Form::Dense { values: Buffer::zeros(STRIP, padded(samples))? }
            };
            Ok(RwLock::new(Strip { index, features: STRIP.min(features - index * STRIP), samples: 0, form }))
        });
        Ok(Self { strips: strips.collect::<Result<_, _>>()? })
    }

    /// Gathers the samples `order`, all features, in strips `part` of `parts` equal shares.
    pub(super) fn assemble(&self, isa: Isa, source: Source<'_>, order: &[u32], part: usize, parts: usize) {
        let share = |part| self.strips.len() * part / parts;
        for (index, strip) in self.strips.iter().enumerate().take(share(part + 1)).skip(share(part)) {
            let mut strip = strip.write().unwrap_or_else(PoisonError::into_inner);
            strip.assemble(isa, source, index * STRIP, order);
        }
    }

    /// What [`Batch::assemble`] with the same arguments will read, to be asked for in as many steps as there are
    /// strips.
    pub(super) fn ahead<'a>(
        &self,
        source: Source<'a>,
        order: &'a [u32],
        (part, parts): (usize, usize),
    ) -> Ahead<'a> {
        let Source { pixels, features, .. } = source;
        let share = |part: usize| (self.strips.len() * part / parts * STRIP).min(features);
        let samples = order.len().div_ceil(self.strips.len());
        Ahead { pixels, features, order, columns: share(part)..share(part + 1), samples }
    }

    /// One of the strips.
    pub(super) fn strip(&self, index: usize) -> RwLockReadGuard<'_, Strip> {
        self.strips[index].read().unwrap_or_else(PoisonError::into_inner)
    }

    /// z = [1, x] W1ᵀ for one panel, without the last + 0. z: (≥ rows of N, W).
    pub(super) fn forward(&self, isa: Isa, panel: &Panel, value: &Pixels, z: &mut [f32]) {
        isa.run(BiasForward { bias: &panel.w1[..panel.shape.width], z });
        (0..self.strips.len()).for_each(|index| self.strip(index).forward(isa, value, panel, z));
    }
}

/// Pixels that will be read soon.
///
/// The samples of a batch lie anywhere in the data set; without asking, assembly would wait for memory for most of
/// its time (a third of an epoch of MNIST at 100 hidden units). A processor can wait for a dozen lines at once, so
/// they are asked for a few at a time, between products.
pub(super) struct Ahead<'a> {
    pixels: &'a [u8],
    features: usize,
    order: &'a [u32],
    columns: Range<usize>,
    /// Samples a step.
    samples: usize,
}

impl Ahead<'_> {
    /// Asks for the next few samples.
    pub(super) fn step(&mut self) {
        let (now, later) = self.order.split_at(self.samples.min(self.order.len()));
        for &n in now {
            prefetch(&self.pixels[n as usize * self.features..][self.columns.clone()]);
        }
        self.order = later;
    }
}

impl Strip {
    fn assemble(&mut self, isa: Isa, source: Source<'_>, first: usize, order: &[u32]) {
        let Source { pixels, features, value } = source;
        self.samples = order.len();
        match &mut self.form {
            Form::Dense { values } => {
                isa.run(dense::Assemble { pixels, features, first, order, value, values })
            }
            Form::ZeroSkipping { rows, columns } => {
                isa.run(sparse::Assemble { pixels, features, first, order, rows, columns });
            }
        }
    }

    /// z += x W over this strip's features. z: (≥ rows of N, W).
    pub(super) fn forward(&self, isa: Isa, value: &Pixels, panel: &Panel, z: &mut [f32]) {
        let width = panel.shape.width;
        let w = &panel.w1[(1 + self.index * STRIP) * width..][..STRIP * width];
        match &self.form {
            Form::Dense { values } => {
                let x = dense::Strip { values, features: self.features, samples: self.samples };
                isa.run(dense::Forward { x, w: &w[..self.features * width], z, panel: panel.shape });
            }
            Form::ZeroSkipping { rows, columns } => {
                let x = sparse::Strip { rows: &rows[..self.samples * STRIP], columns };
                isa.run(sparse::Forward { x, pixels: value.table(), w, z, panel: panel.shape });
            }
        }
    }

    /// The step of the panel's weights from this strip's features. delta: (≥ rows of N, W).
    pub(super) fn update(&self, isa: Isa, value: &Pixels, delta: &[f32], panel: &mut Panel, ascent: Ascent) {
        let shape = panel.shape;
        let w = &mut panel.w1[(1 + self.index * STRIP) * shape.width..][..self.features * shape.width];
        match &self.form {
            Form::Dense { values } => {
                let x = dense::Strip { values, features: self.features, samples: self.samples };
                isa.run(dense::Update { x, delta, w, panel: shape, ascent });
            }
            Form::ZeroSkipping { rows, columns } => {
                let x = sparse::Strip { rows: &rows[..self.samples * STRIP], columns };
                isa.run(sparse::Update { x, pixels: value.table(), delta, w, panel: shape, ascent });
            }
        }
    }
}

/// The samples of a batch that worker `worker` of the machine's threads leads through the output layer.
pub(super) fn share(samples: usize, worker: usize, machine: Machine) -> Range<usize> {
    samples * worker / machine.threads..samples * (worker + 1) / machine.threads
}
