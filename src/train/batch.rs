//! A batch in memory: its strips, each behind a lock of its own.

use super::buffer::filled;
use super::network::Panel;
use super::{Error, Machine};
use crate::linalg::{self, Ascent, Pixels, STRIP, dense, rows, sparse, strips};
use crate::simd::Isa;
use crate::simd::bytes::prefetch;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::vec::Vec;

/// Where a batch's pixels come from: rows of D bytes.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// (·, D).
    pub(super) pixels: &'a [u8],
    /// D.
    pub(super) features: usize,
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
    /// (rows, STRIP) and (STRIP, rows): see [`linalg::Strip`].
    rows: Vec<u8>,
    columns: Vec<u8>,
}

impl Batch {
    /// Room for `samples` samples of `features` features.
    pub(super) fn new(samples: usize, features: usize) -> Result<Self, Error> {
        let strips = (0..strips(features)).map(|index| {
            let features = STRIP.min(features - index * STRIP);
            let (rows, columns) = (filled(0, rows(samples) * STRIP)?, filled(0, STRIP * rows(samples))?);
            Ok(RwLock::new(Strip { index, features, samples: 0, rows, columns }))
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
        let Source { pixels, features } = source;
        let share = |part: usize| (self.strips.len() * part / parts * STRIP).min(features);
        let samples = order.len().div_ceil(self.strips.len());
        Ahead { pixels, features, order, columns: share(part)..share(part + 1), samples }
    }

    /// One of the strips.
    pub(super) fn strip(&self, index: usize) -> RwLockReadGuard<'_, Strip> {
        self.strips[index].read().unwrap_or_else(PoisonError::into_inner)
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
        let Source { pixels, features } = source;
        let (rows, columns) = (&mut self.rows[..], &mut self.columns[..]);
        self.samples = order.len();
        isa.run(linalg::Assemble { pixels, features, first, order, rows, columns });
    }

    /// The strip as the products need it. Dense ones need `scratch`, (STRIP, padded).
    pub(super) fn factor<'a>(&'a self, way: Way<'a>, scratch: &'a mut [f32]) -> Factor<'a> {
        let Self { index, features, samples, .. } = *self;
        let form = if way.skip_zeros {
            Form::ZeroSkipping(linalg::Strip { rows: &self.rows[..samples * STRIP], columns: &self.columns })
        } else {
            way.isa.run(dense::Convert { columns: &self.columns, value: way.value, values: scratch });
            Form::Dense(dense::Values { values: scratch, features, samples })
        };
        Factor { way, index, features, form }
    }
}

/// How products are made.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) isa: Isa,
    pub(super) skip_zeros: bool,
    /// A byte's value.
    pub(super) value: &'a Pixels,
}

/// A strip, ready to be multiplied with any panel.
pub(super) struct Factor<'a> {
    way: Way<'a>,
    index: usize,
    features: usize,
    form: Form<'a>,
}

enum Form<'a> {
    Dense(dense::Values<'a>),
    ZeroSkipping(linalg::Strip<'a>),
}

impl Factor<'_> {
    /// z += x W over this strip's features. z: (≥ rows of N, W).
    pub(super) fn forward(&self, panel: &Panel, z: &mut [f32]) {
        let (isa, shape) = (self.way.isa, panel.shape);
        let w = &panel.w1[(1 + self.index * STRIP) * shape.width..][..STRIP * shape.width];
        match self.form {
            Form::Dense(x) => {
                isa.run(dense::Forward { x, w: &w[..self.features * shape.width], z, panel: shape });
            }
            Form::ZeroSkipping(x) => {
                isa.run(sparse::Forward { x, pixels: self.way.value.table(), w, z, panel: shape });
            }
        }
    }

    /// The step of the panel's weights from this strip's features. delta: (≥ rows of N, W).
    pub(super) fn update(&self, delta: &[f32], panel: &mut Panel, ascent: Ascent) {
        let (isa, shape) = (self.way.isa, panel.shape);
        let w = &mut panel.w1[(1 + self.index * STRIP) * shape.width..][..self.features * shape.width];
        match self.form {
            Form::Dense(x) => isa.run(dense::Update { x, delta, w, panel: shape, ascent }),
            Form::ZeroSkipping(x) => {
                let pixels = self.way.value.table();
                isa.run(sparse::Update { x, pixels, delta, w, panel: shape, ascent });
            }
        }
    }
}

/// The samples of a batch that worker `worker` of the machine's threads leads through the output layer.
pub(super) fn share(samples: usize, worker: usize, machine: Machine) -> Range<usize> {
    samples * worker / machine.threads..samples * (worker + 1) / machine.threads
}
