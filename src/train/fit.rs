//! The epoch loop.
//!
//! Workers own panels, and shares of each batch's strips and samples. A batch has three phases and two barriers:
//!
//! ```text
//! forward   own panels    a = X W1ᵀ, z = h(a), slope = h'(a)
//! -- barrier: every z is there
//! output    own samples   logits, softmax, T − Y, cross-entropy;   own strips of the NEXT batch are gathered
//! -- barrier: every T − Y, and the next batch, are there
//! backward  own panels    delta = ((T − Y) W2) ∘ slope, the steps of W1 and W2
//! ```
//!
//! and the next batch's forward phase needs only what its worker has just finished. A panel sits behind a lock that
//! its owner takes once a phase, so there is no unsafe code and no copy.

use super::batch::{Batch, Source, share};
use super::buffer::Buffer;
use super::middle::{Activate, Output, errors};
use super::network::{ColumnNorms, Network, Panel};
use super::team::Team;
use super::{Config, Error, Machine};
use crate::data::Images;
use crate::linalg::head::{self, padded_classes};
use crate::linalg::{BiasForward, BiasUpdate, MAX_VECTORS, Pixels, rows, strips};
use crate::rng::{Rng, stream};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Instant;
use std::vec;
use std::vec::Vec;

/// Hears of a run as it goes.
pub trait Observer {
    /// A batch is done: `samples` of the epoch's `of` so far. Called often; `epoch` counts from 1.
    fn batch(&mut self, epoch: u32, samples: usize, of: usize) {
        let _ = (epoch, samples, of);
    }
    /// An epoch is done. `Break` ends the run here, with the weights as they are.
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let _ = report;
        ControlFlow::Continue(())
    }
}

/// An observer that does nothing.
impl Observer for () {}

/// What there is to say of one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochReport {
    /// From 1.
    pub epoch: u32,
    /// Wall-clock seconds that it took.
    pub seconds: f64,
    /// Mean cross-entropy of its batches, each before its step, plus lambda/2 |W|² / N at its end.
    pub cost: f64,
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The trained network.
    pub network: Network,
    /// Epochs done: fewer than the configuration asks for if the observer ended the run.
    pub epochs: u32,
    /// Wall-clock seconds of training: reading and testing left out.
    pub seconds: f64,
}

/// Trains a network on `images`, whose labels are below `classes`, and tells `observer` of it.
///
/// The result follows from the images, `classes` and `config` alone, bit for bit; `machine` decides how fast it
/// comes.
///
/// # Errors
/// A setting out of its range, no images, a label that is not below `classes`, too little memory, or weights that
/// are no longer finite at the end of an epoch.
pub fn fit(
    images: &Images,
    classes: usize,
    config: &Config,
    machine: Machine,
    observer: &mut dyn Observer,
) -> Result<Fit, Error> {
    config.check()?;
    super::check_labels(images, classes)?;
    let begin = Instant::now();
    let mut network = Network::start(config, images.features(), classes);
    let run = Run::new(images, &network, config, machine)?;
    let outcome = std::thread::scope(|scope| {
        for worker in 1..machine.threads {
            let run = &run;
            scope.spawn(move || run.work(worker, &mut ()));
        }
        run.work(0, observer)
    });
    let epochs = outcome?;
    run.gather(&mut network);
    Ok(Fit { network, epochs, seconds: begin.elapsed().as_secs_f64() })
}

/// A panel with its part of the batch.
struct Bench {
    panel: Panel,
    /// (rows of B, W): pre-activations, then activations.
    z: Buffer,
    /// (rows of B, W): h', then the deltas.
    slope: Buffer,
}

/// One worker's share of a batch in the output phase.
struct Rows {
    /// (n, P): logits, probabilities, then T − Y.
    errors: Vec<f32>,
    /// (n).
    labels: Vec<u8>,
    /// (n).
    normalisers: Vec<(f32, f32)>,
    /// (n).
    cross_entropy: Vec<f64>,
    /// (n).
    predictions: Vec<u8>,
}

/// Everything that the workers share.
struct Run<'a> {
    images: &'a Images,
    config: &'a Config,
    machine: Machine,
    classes: usize,
    /// P.
    padded_classes: usize,
    value: Pixels,
    panels: Vec<RwLock<Bench>>,
    /// (P): the output layer's biases, worker 0's.
    bias: RwLock<Buffer>,
    /// The batch that is trained on, and the next one, in turn.
    batches: [Batch; 2],
    rows: Vec<Mutex<Rows>>,
    /// The epoch's order of the samples.
    order: RwLock<Vec<u32>>,
    team: Team,
    /// What worker 0 decided at the end of an epoch: on, or the end, or the end with an error.
    verdict: AtomicU8,
}

/// Values of [`Run::verdict`].
const GO_ON: u8 = 0;
const ENOUGH: u8 = 1;
const DIVERGED: u8 = 2;

/// Takes a lock whatever happened to its last holder: a worker's panic ends the run by the team's barrier.
macro_rules! take {
    ($lock:expr, $how:ident) => {
        $lock.$how().unwrap_or_else(PoisonError::into_inner)
    };
}

impl<'a> Run<'a> {
    fn new(
        images: &'a Images,
        network: &Network,
        config: &'a Config,
        machine: Machine,
    ) -> Result<Self, Error> {
        let params = network.params();
        let lanes = machine.isa.lanes();
        let size = config.batch.min(images.len());
        let (panels, bias) = Panel::cut_all(&params, lanes, machine.threads)?;
        let bench = |panel: Panel| {
            let width = panel.shape.width;
            let (z, slope) = (Buffer::zeros(rows(size), width)?, Buffer::zeros(rows(size), width)?);
            Ok(RwLock::new(Bench { panel, z, slope }))
        };
        let skip_zeros = machine.products.skip_zeros(images.pixels());
        let batch = || Batch::new(size, images.features(), skip_zeros);
        let padded_classes = padded_classes(params.classes, lanes);
        let rows = |worker| {
            let most = share(size, worker, machine).len() + 1;
            Mutex::new(Rows {
                errors: vec![0.0; most * padded_classes],
                labels: vec![0; most],
                normalisers: vec![(0.0, 0.0); most],
                cross_entropy: vec![0.0; most],
                predictions: vec![0; most],
            })
        };
        Ok(Self {
            images,
            config,
            machine,
            classes: params.classes,
            padded_classes,
            value: Pixels::new(config.scale),
            panels: panels.into_iter().map(bench).collect::<Result<_, _>>()?,
            bias: RwLock::new(bias),
            batches: [batch()?, batch()?],
            rows: (0..machine.threads).map(rows).collect(),
            order: RwLock::new((0..images.len() as u32).collect()),
            team: Team::new(machine.threads),
            verdict: AtomicU8::new(GO_ON),
        })
    }

    /// One worker's run through all epochs; how many there were.
    fn work(&self, worker: usize, observer: &mut dyn Observer) -> Result<u32, Error> {
        let _member = self.team.member();
        let size = self.config.batch.min(self.images.len());
        let mut errors = vec![0.0; size * self.padded_classes];
        let mut sums = vec![0.0; self.classes.max(MAX_VECTORS * self.machine.isa.lanes())];
        for epoch in 1..=self.config.epochs {
            let begin = Instant::now();
            let loss = self.epoch(worker, epoch, &mut errors, observer);
            // Every step is done: worker 0 looks at the weights while the others wait to hear what it found.
            self.team.wait();
            if worker == 0 {
                let verdict = match self.cost(loss, &mut sums) {
                    None => DIVERGED,
                    Some(cost) => {
                        let seconds = begin.elapsed().as_secs_f64();
                        let go_on = observer.epoch(&EpochReport { epoch, seconds, cost }).is_continue();
                        if go_on { GO_ON } else { ENOUGH }
                    }
                };
                self.verdict.store(verdict, Ordering::SeqCst);
            }
            self.team.wait();
            match self.verdict.load(Ordering::SeqCst) {
                GO_ON => {}
                ENOUGH => return Ok(epoch),
                _ => {
                    let Config { activation, lr, .. } = *self.config;
                    return Err(Error::Diverged { epoch, activation, lr });
                }
            }
        }
        Ok(self.config.epochs)
    }

    /// One epoch; worker 0 gets the sum of the samples' cross-entropies.
    fn epoch(&self, worker: usize, epoch: u32, errors: &mut [f32], observer: &mut dyn Observer) -> f64 {
        if worker == 0 {
            let mut order = take!(self.order, write);
            (0u32..).zip(order.iter_mut()).for_each(|(n, place)| *place = n);
            Rng::new(self.config.seed, stream::epoch(epoch)).shuffle(&mut order);
        }
        self.team.wait();
        let order = take!(self.order, read);
        let mut batches = order.chunks(self.config.batch).enumerate().peekable();
        self.assemble(worker, 0, &order[..self.config.batch.min(order.len())]);
        self.team.wait();

        let (mut loss, mut done) = (0.0, 0);
        while let Some((index, batch)) = batches.next() {
            self.forward(worker, index, batch.len(), batches.peek().map_or(&[], |(_, next)| next));
            self.team.wait();
            self.output(worker, batch);
            if let Some((next, batch)) = batches.peek() {
                self.assemble(worker, *next, batch);
            }
            self.team.wait();
            loss = self.backward(worker, index, batch.len(), errors, loss);
            if worker == 0 {
                done += batch.len();
                observer.batch(epoch, done, order.len());
            }
        }
        loss
    }

    fn source(&self) -> Source<'_> {
        Source { pixels: self.images.pixels(), features: self.images.features(), value: &self.value }
    }

    fn assemble(&self, worker: usize, index: usize, order: &[u32]) {
        self.batches[index % 2].assemble(
            self.machine.isa,
            self.source(),
            order,
            worker,
            self.machine.threads,
        );
    }

    /// The panels of a worker: neighbours, so that units next to each other share a cache.
    fn own_panels(&self, worker: usize) -> &[RwLock<Bench>] {
        let share = |worker| self.panels.len() * worker / self.machine.threads;
        &self.panels[share(worker)..share(worker + 1)]
    }

    fn forward(&self, worker: usize, index: usize, samples: usize, next: &[u32]) {
        let batch = &self.batches[index % 2];
        let panels = self.own_panels(worker);
        let part = (worker, self.machine.threads);
        let mut ahead = batch.ahead(self.source(), next, part, panels.len() * strips(self.images.features()));
        for bench in panels {
            let Bench { panel, z, slope } = &mut *take!(bench, write);
            batch.forward(self.machine.isa, panel, &self.value, z, &mut ahead);
            let used = samples * panel.shape.width;
            self.machine.isa.run(Activate {
                activation: self.config.activation,
                panel: panel.shape,
                z: &mut z[..used],
                slope: &mut slope[..used],
            });
        }
    }

    fn output(&self, worker: usize, batch: &[u32]) {
        let isa = self.machine.isa;
        let padded = self.padded_classes;
        let share = share(batch.len(), worker, self.machine);
        let mut rows = take!(self.rows[worker], lock);
        let Rows { errors: logits, labels, normalisers, cross_entropy, predictions } = &mut *rows;
        let logits = &mut logits[..share.len() * padded];
        isa.run(BiasForward { bias: &take!(self.bias, read), z: logits });
        for bench in &self.panels {
            let Bench { panel, z, .. } = &*take!(bench, read);
            let width = panel.shape.width;
            let z = &z[share.start * width..share.end * width];
            isa.run(head::Logits { z, width, w2: panel.head(), logits, padded });
        }
        let labels = &mut labels[..share.len()];
        for (label, &n) in labels.iter_mut().zip(&batch[share]) {
            *label = self.images.labels()[n as usize];
        }
        let classes = self.classes;
        let cross_entropy = &mut cross_entropy[..labels.len()];
        isa.run(Output { logits, padded, classes, labels, normalisers, cross_entropy, predictions });
        errors(logits, padded, self.classes, labels);
    }

    /// The steps of a worker's panels; `loss` with the batch's cross-entropies added, samples ascending.
    fn backward(
        &self,
        worker: usize,
        index: usize,
        samples: usize,
        errors: &mut [f32],
        mut loss: f64,
    ) -> f64 {
        let (isa, ascent) = (self.machine.isa, self.config.ascent());
        let padded = self.padded_classes;
        for (other, rows) in self.rows.iter().enumerate() {
            let share = share(samples, other, self.machine);
            let rows = take!(rows, lock);
            let used = share.len() * padded;
            errors[share.start * padded..][..used].copy_from_slice(&rows.errors[..used]);
            rows.cross_entropy[..share.len()].iter().for_each(|sample| loss += sample);
        }
        let error = &errors[..samples * padded];
        for bench in self.own_panels(worker) {
            let Bench { panel, z, slope } = &mut *take!(bench, write);
            let shape = panel.shape;
            let used = samples * shape.width;
            isa.run(head::Deltas { error, padded, w2: &panel.w2, slope: &mut slope[..used], panel: shape });
            self.batches[index % 2].update(isa, panel, &self.value, slope, ascent);
            let (w2, w2_by_unit) = (&mut panel.w2[..], &mut panel.w2_by_unit[..]);
            isa.run(head::Update { error, padded, z: &z[..used], w2, w2_by_unit, panel: shape, ascent });
        }
        if worker == 0 {
            isa.run(BiasUpdate { delta: error, bias: &mut take!(self.bias, write), ascent });
        }
        loss
    }

    /// An epoch's cost, from the sum of its cross-entropies; `None` if a weight is not finite.
    fn cost(&self, loss: f64, sums: &mut [f64]) -> Option<f64> {
        let norm = self.norm(sums);
        let penalty = f64::from(self.config.ascent().lambda) / 2.0 * norm;
        norm.is_finite().then(|| (loss + penalty) / self.images.len() as f64)
    }

    /// |W|² as [`weights_norm`](super::weights_norm) sums it; not finite if, and only if, a weight is not. `sums`
    /// has room for a panel's columns and for the classes.
    fn norm(&self, sums: &mut [f64]) -> f64 {
        let mut total = 0.0;
        for bench in &self.panels {
            let Panel { shape, w1, .. } = &take!(bench, read).panel;
            let mut hidden = ColumnNorms::new(sums);
            w1.chunks_exact(shape.width).for_each(|row| hidden.add(&row[..shape.units]));
            total = hidden.sum(shape.units, total);
        }
        let mut output = ColumnNorms::new(sums);
        output.add(&take!(self.bias, read)[..self.classes]);
        for bench in &self.panels {
            let rows = take!(bench, read);
            let rows = rows.panel.head().chunks_exact(self.padded_classes);
            rows.for_each(|row| output.add(&row[..self.classes]));
        }
        total + output.sum(self.classes, 0.0)
    }

    /// Copies the weights into `network`.
    fn gather(&self, network: &mut Network) {
        for bench in &self.panels {
            network.put(&take!(bench, read).panel);
        }
        network.put_bias(&take!(self.bias, read));
    }
}
