//! The epoch loop.
//!
//! Workers own panels, and shares of each batch's samples. A batch has two phases and two barriers:
//!
//! ```text
//! output    own samples   the rest of the logits, softmax, T − Y, cross-entropy
//! -- barrier: every T − Y is there
//! step      own panels    backward: delta = ((T − Y) W2) ∘ slope, the steps of W1 and W2
//!                         forward of the NEXT batch: a = X W1ᵀ, z = h(a), slope = h'(a)
//!           worker 0      then the logits of that batch, as far as its own units go
//! -- barrier: every z is there
//! ```
//!
//! since the next batch's forward phase needs only the weights that its worker has just stepped. Logits are sums over units
//! in their order, and the first units are worker 0's, which has the fewest where the others have a vector more. A panel sits behind a
//! lock that its owner takes, so there is no unsafe code and no copy. Where meeting costs more than it brings, worker 0
//! does some batches alone, everybody's part of each, while the others sleep ([`Pace`]).

use super::batch::{Gathered, Gatherer, Source, share};
use super::buffer::{Buffer, filled, reserved};
use super::fit::{EpochReport, Observer, Weights};
use super::middle::{Activate, Errors, Output};
use super::network::{ColumnNorms, Network, Panel};
use super::pace::{Pace, Rhythm};
use super::raise::{self, Raise};
use super::team::{Disbanded, Team};
use super::{Config, Error, Machine};
use crate::data::Images;
use crate::linalg::head::{self, padded_classes};
use crate::linalg::{
    Ascend, Ascent, BiasForward, BiasGradient, MAX_VECTORS, Panels, Pixels, STRIP, dense, padded, rows,
    sparse, strips,
};
use crate::rng::{Rng, stream};
use std::ops::Range;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Instant;
use std::vec::Vec;

/// A panel with its part of the batch.
struct PanelState {
    panel: Panel,
    /// (N + 7, W): pre-activations, then activations.
    z: Buffer,
    /// (Q, W): h', then the deltas.
    slope: Buffer,
    /// (W): the sums of the biases' gradient; 0 between batches.
    bias_gradient: Buffer,
    /// (K, W): the sums of W2's gradient; 0 between batches.
    w2_gradient: Buffer,
    /// Whether the deltas are [`RAISED`](crate::linalg::RAISED) times as large.
    raised: bool,
}

/// The output layer's biases, worker 0's.
struct Head {
    /// (P).
    bias: Buffer,
    /// (P): the sums of their gradient; 0 between batches.
    gradient: Buffer,
}

/// One worker's share of a batch in the output phase.
struct Rows {
    /// (n, P): logits, probabilities, then T − Y.
    errors: Buffer,
    /// (n).
    labels: Vec<u8>,
    /// (n).
    normalisers: Vec<(f32, f32)>,
    /// (n).
    cross_entropy: Vec<f64>,
}

/// Everything that the workers share.
pub(super) struct Run<'a> {
    images: &'a Images,
    config: &'a Config,
    machine: Machine,
    classes: usize,
    /// P.
    padded_classes: usize,
    value: Pixels,
    panels: Vec<RwLock<PanelState>>,
    head: RwLock<Head>,
    skip_zeros: bool,
    /// See [`raise::limit`].
    raised_limit: Option<f32>,
    /// Each worker's that has panels.
    gatherers: Vec<Mutex<Gatherer>>,
    /// Each worker's, for batches in turn ([`Batch::turn`]): the next one's logits begin while this one's T − Y are read.
    rows: [Vec<RwLock<Rows>>; 2],
    /// The epoch's order of the samples.
    order: RwLock<Vec<u32>>,
    /// The first epoch to do.
    first: u32,
    /// The bits of the epoch's learning rate; worker 0 sets it.
    eta: AtomicU32,
    team: Team,
    /// How often worker 0 compares.
    pub(super) rhythm: Rhythm,
    /// Batches that worker 0 does alone in round r, at r % 2: it says so before round r begins, when others may still have to
    /// read what round r - 1 is.
    alone: [AtomicUsize; 2],
    /// What worker 0 decided at the end of an epoch: on, or the end, or the end with an error.
    verdict: AtomicU8,
}

/// The batches of an epoch.
#[derive(Clone, Copy)]
struct Batches<'a> {
    order: &'a [u32],
    /// Samples of each but the last.
    size: usize,
}

/// One of them.
#[derive(Clone, Copy)]
struct Batch<'a> {
    samples: &'a [u32],
    /// 0 and 1 in turn.
    turn: usize,
}

impl<'a> Batches<'a> {
    fn count(self) -> usize {
        self.order.len().div_ceil(self.size)
    }

    /// Batch `index`; empty behind the last.
    fn get(self, index: usize) -> Batch<'a> {
        let rest = self.order.get(index.saturating_mul(self.size)..).unwrap_or(&[]);
        Batch { samples: &rest[..self.size.min(rest.len())], turn: index % 2 }
    }

    /// How many batches it is to come from the forward phase of one to that of another: the first and the last do half of one.
    fn whole(self, rounds: Range<usize>) -> f64 {
        let halves = usize::from(rounds.start == 0) + usize::from(rounds.end > self.count());
        rounds.len() as f64 - 0.5 * halves as f64
    }

    /// The batch before `index`; empty before the first.
    fn before(self, index: usize) -> Batch<'a> {
        index.checked_sub(1).map_or(Batch { samples: &[], turn: 1 }, |before| self.get(before))
    }
}

/// How a worker's run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// After so many epochs.
    Done { epochs: u32 },
    /// A weight was not finite at the end of that epoch.
    Diverged { epoch: u32 },
    /// Another worker panicked, or was never started.
    Disbanded,
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
    /// Takes all memory that the run needs, to go on with `network` after so many epochs.
    pub(super) fn new(
        images: &'a Images,
        (network, done): (&Network, u32),
        config: &'a Config,
        machine: Machine,
    ) -> Result<Self, Error> {
        let params = network.params();
        let lanes = machine.isa.lanes();
        let size = config.batch.min(images.len());
        let shapes = Panels::new(config.hidden, lanes, machine.threads);
        let owners = usize::min(shapes.count(), machine.threads);
        // A system may grant more memory than it has, piece by piece; one that is asked for all at once may not.
        let width = shapes.shapes().map(|panel| panel.width).sum();
        let panels =
            usize::saturating_mul(width, images.features().saturating_add(padded(size) + rows(size)));
        // With a mask's word for each row.
        let strip = rows(size).saturating_mul(STRIP + size_of::<u64>());
        let gathered = strip.saturating_mul(strips(images.features())).saturating_mul(owners);
        reserved::<u8>(panels.saturating_mul(size_of::<f32>()).saturating_add(gathered)).map(drop)?;

        let (panels, bias) = Panel::cut_all(&params, lanes, machine.threads)?;
        let padded_classes = padded_classes(params.shape().classes, lanes);
        let state = |panel: Panel| {
            let width = panel.shape.width;
            Ok(RwLock::new(PanelState {
                panel,
                z: Buffer::zeros(padded(size), width)?,
                slope: Buffer::zeros(rows(size), width)?,
                bias_gradient: Buffer::zeros(1, width)?,
                w2_gradient: Buffer::zeros(params.shape().classes, width)?,
                raised: false,
            }))
        };
        let skip_zeros = machine.products.skip_zeros(images.pixels());
        let gatherer = |_| Ok(Mutex::new(Gatherer::new(size, images.features(), skip_zeros)?));
        let of_worker = |worker| {
            // A batch of fewer samples may give a worker one more than its share of a whole batch.
            let most = share(size, worker, machine).len() + 1;
            Ok(RwLock::new(Rows {
                errors: Buffer::zeros(most, padded_classes)?,
                labels: filled(0, most)?,
                normalisers: filled((0.0, 0.0), most)?,
                cross_entropy: filled(0.0, most)?,
            }))
        };
        let rows = || (0..machine.threads).map(of_worker).collect::<Result<_, _>>();
        Ok(Self {
            images,
            config,
            machine,
            classes: params.shape().classes,
            padded_classes,
            value: Pixels::new(config.scale),
            panels: panels.into_iter().map(state).collect::<Result<_, _>>()?,
            head: RwLock::new(Head { bias, gradient: Buffer::zeros(1, padded_classes)? }),
            raised_limit: raise::limit(&Pixels::new(config.scale), size),
            skip_zeros,
            gatherers: (0..owners).map(gatherer).collect::<Result<_, _>>()?,
            rows: [rows()?, rows()?],
            order: RwLock::new(filled(0, images.len())?),
            first: done + 1,
            eta: AtomicU32::new(0),
            team: Team::new(machine.threads),
            rhythm: Rhythm::USUAL,
            alone: Default::default(),
            verdict: AtomicU8::new(GO_ON),
        })
    }

    /// The workers' team.
    pub(super) fn team(&self) -> &Team {
        &self.team
    }

    /// One worker's run through all epochs.
    pub(super) fn work(&self, worker: usize, observer: &mut dyn Observer) -> End {
        let _member = self.team.member();
        self.epochs(worker, observer).unwrap_or(End::Disbanded)
    }

    fn epochs(&self, worker: usize, observer: &mut dyn Observer) -> Result<End, Disbanded> {
        let mut sums = std::vec![0.0; self.classes.max(MAX_VECTORS * self.machine.isa.lanes())];
        let mut pace = Pace::new(self.machine.threads, self.rhythm);
        for epoch in self.first..=self.config.epochs {
            let begin = Instant::now();
            let loss = self.epoch(worker, epoch, &mut pace, observer)?;
            // Worker 0 looks at the weights while the others wait to hear what it found.
            if worker == 0 {
                let verdict = match self.cost(loss, &mut sums) {
                    None => DIVERGED,
                    Some(cost) => {
                        let seconds = begin.elapsed().as_secs_f64();
                        let report = EpochReport { epoch, seconds, cost, held_out: None };
                        let go_on = observer.epoch_end(&report, &Weights::of(self)).is_continue();
                        if go_on { GO_ON } else { ENOUGH }
                    }
                };
                self.verdict.store(verdict, Ordering::SeqCst);
            }
            self.team.wait()?;
            match self.verdict.load(Ordering::SeqCst) {
                GO_ON => {}
                ENOUGH => return Ok(End::Done { epochs: epoch }),
                _ => return Ok(End::Diverged { epoch }),
            }
        }
        Ok(End::Done { epochs: self.config.epochs })
    }

    /// One epoch; worker 0 gets the sum of the samples' cross-entropies. `pace` is worker 0's to keep.
    fn epoch(
        &self,
        worker: usize,
        epoch: u32,
        pace: &mut Pace,
        observer: &mut dyn Observer,
    ) -> Result<f64, Disbanded> {
        if worker == 0 {
            let mut order = take!(self.order, write);
            Rng::new(self.config.seed, stream::epoch(epoch)).permutation(&mut order);
            self.eta.store(self.config.ascent_in(epoch).eta.to_bits(), Ordering::Relaxed);
            self.alone[0].store(pace.alone(), Ordering::Relaxed);
        }
        self.team.wait()?;
        let order = take!(self.order, read);
        let batches = Batches { order: &order, size: self.config.batch };
        let mut loss = 0.0;
        // What worker 0 does for all when every T − Y of the batch before `index` is there, and before the step, in which the
        // next logits start from these biases.
        let mut finish = |index: usize| {
            let done = batches.before(index);
            if worker == 0 && index > 0 {
                loss = self.head_backward(done, loss);
                observer.batch(epoch, (index - 1) * batches.size + done.samples.len(), order.len());
            }
        };
        // `index` is the batch whose forward phase comes next, after the step of the one before it.
        let (mut index, mut round, mut missed) = (0, 0, false);
        while index <= batches.count() {
            let (first, alone) = (index, self.alone[round % 2].load(Ordering::Relaxed));
            let begin = Instant::now();
            round += 1;
            if alone == 0 {
                self.together(worker, batches, index, missed, &mut finish)?;
                index += 1;
            } else {
                index += usize::min(alone, batches.count() + 1 - index);
                if worker == 0 {
                    (first..index).for_each(|batch| self.everybodys_part(batches, batch, &mut finish));
                }
            }
            missed = alone > 0 && worker > 0;
            if worker == 0 {
                pace.took(batches.whole(first..index), alone > 0, begin.elapsed().as_secs_f64());
                self.alone[round % 2].store(pace.alone(), Ordering::Relaxed);
            }
            let begin = Instant::now();
            // Every z is there; behind the last batch, every step is done.
            self.team.wait()?;
            if worker == 0 {
                pace.waited(alone > 0, begin.elapsed().as_secs_f64());
            }
        }
        Ok(loss)
    }

    /// A worker's part of the output phase and the step of the batch before `index`, and of the forward phase of batch `index`.
    /// It `missed` the forward phase before, if worker 0 did that alone.
    fn together(
        &self,
        worker: usize,
        batches: Batches<'_>,
        index: usize,
        missed: bool,
        finish: &mut dyn FnMut(usize),
    ) -> Result<(), Disbanded> {
        let done = batches.before(index);
        if missed {
            self.gather_again(worker, done.samples);
        }
        if index > 0 {
            self.output(worker, done);
            self.team.wait()?;
        }
        finish(index);
        self.step(worker..worker + 1, batches, index);
        Ok(())
    }

    /// The same, all workers' parts, nobody else being there.
    fn everybodys_part(&self, batches: Batches<'_>, index: usize, finish: &mut dyn FnMut(usize)) {
        if index > 0 {
            (0..self.machine.threads).for_each(|worker| self.output(worker, batches.before(index)));
        }
        finish(index);
        self.step(0..self.machine.threads, batches, index);
    }

    /// Brings a worker's gathered strips up to `batch`.
    fn gather_again(&self, worker: usize, batch: &[u32]) {
        let (isa, source) = (self.machine.isa, self.source());
        let Some(gatherer) = self.gatherers.get(worker) else { return };
        let Gatherer { strips, by_sample, .. } = &mut *take!(gatherer, lock);
        for (index, gathered) in strips.iter_mut().enumerate() {
            gathered.fill(isa, source.strip(index, batch), by_sample);
        }
    }

    /// The epoch's. Every worker has met worker 0 at a barrier since that set it.
    fn ascent(&self) -> Ascent {
        Ascent { eta: f32::from_bits(self.eta.load(Ordering::Relaxed)), ..self.config.ascent() }
    }

    fn source(&self) -> Source<'_> {
        Source { pixels: self.images.pixels(), features: self.images.features() }
    }

    /// The panels of some workers: neighbours, so that units next to each other share a cache. Where there are fewer panels
    /// than workers, the last have none.
    fn panels_of(&self, workers: &Range<usize>) -> &[RwLock<PanelState>] {
        let owners = self.gatherers.len();
        let share = |worker| self.panels.len() * usize::min(worker, owners) / owners;
        &self.panels[share(workers.start)..share(workers.end)]
    }

    /// The backward phase of the batch before `index` and the forward phase of batch `index`, which the first of the
    /// workers gathers; there may be none of either. Forward is a = [1, x] W1ᵀ, so backward is dE/dW1 = deltaᵀ [1, x].
    /// Meanwhile the pixels of the batch after are asked for. Worker 0 begins batch `index`'s logits.
    fn step(&self, workers: Range<usize>, batches: Batches<'_>, index: usize) {
        let isa = self.machine.isa;
        let own = self.panels_of(&workers);
        if own.is_empty() {
            return;
        }
        let (done, next) = (batches.before(index), batches.get(index));
        if !done.samples.is_empty() {
            own.iter().for_each(|state| self.head_step(&mut take!(state, write), done));
        }
        let gatherer = &mut *take!(self.gatherers[workers.start], lock);
        let (done, coming) = (done.samples.len(), (next.samples, batches.get(index + 1).samples));
        if self.skip_zeros {
            self.step_skipping_zeros(own, gatherer, done, coming);
        } else {
            self.step_dense(own, gatherer, done, coming);
        }
        for state in own {
            let PanelState { panel, z, slope, .. } = &mut *take!(state, write);
            let used = next.samples.len() * panel.shape.width;
            isa.run(Activate {
                activation: self.config.activation,
                panel: panel.shape,
                z: &mut z[..used],
                slope: &mut slope[..used],
            });
        }
        if workers.start == 0 {
            self.begin_logits(next);
        }
    }

    /// The big products of [`Run::step`]. A strip of weights is stepped and at once multiplied with the next batch, while
    /// it is in the nearest cache: where a worker's weights do not fit in its own caches, they come from afar once a
    /// batch instead of twice.
    fn step_skipping_zeros(
        &self,
        own: &[RwLock<PanelState>],
        gatherer: &mut Gatherer,
        done: usize,
        (next, after): (&[u32], &[u32]),
    ) {
        let (isa, ascent, source) = (self.machine.isa, self.ascent(), self.source());
        let Gatherer { strips, by_sample, .. } = gatherer;
        let value = self.value.table();
        let count = strips.len();
        for (index, gathered) in strips.iter_mut().enumerate() {
            source.ask_ahead(index, count, next, after);
            let strip = source.strip(index, next);
            if done > 0 {
                for state in own {
                    let PanelState { panel, slope, raised, .. } = &mut *take!(state, write);
                    let (panel, w) = (panel.shape, panel.strip_mut(index));
                    let ascent = Ascent { raised: *raised, ..ascent };
                    let w = &mut w[..strip.count() * panel.width];
                    let (Gathered { rows, by_feature: masks }, delta) = (&*gathered, &*slope);
                    isa.run(sparse::Update { rows, masks, value, delta, w, panel, ascent });
                }
            }
            gathered.fill(isa, strip, by_sample);
            let rows = &gathered.rows[..next.len() * STRIP];
            for state in own {
                let PanelState { panel, z, .. } = &mut *take!(state, write);
                let (panel, bias, w) = (panel.shape, panel.bias(index), panel.strip(index));
                isa.run(sparse::Forward { rows, masks: by_sample, value, w, bias, z, panel });
            }
        }
    }

    /// As [`Run::step_skipping_zeros`]. The strip's bytes are turned into numbers, which are four times as large and
    /// kept no longer than they are needed.
    fn step_dense(
        &self,
        own: &[RwLock<PanelState>],
        gatherer: &mut Gatherer,
        done: usize,
        (next, after): (&[u32], &[u32]),
    ) {
        let (isa, ascent, source, value) = (self.machine.isa, self.ascent(), self.source(), &self.value);
        let Gatherer { strips, by_sample, numbers: [last, new], .. } = gatherer;
        let count = strips.len();
        for (index, gathered) in strips.iter_mut().enumerate() {
            source.ask_ahead(index, count, next, after);
            let strip = source.strip(index, next);
            let features = strip.count();
            if done > 0 {
                isa.run(dense::Convert { rows: &gathered.rows[..done * STRIP], value, values: last });
            }
            gathered.fill(isa, strip, by_sample);
            isa.run(dense::Convert { rows: &gathered.rows[..next.len() * STRIP], value, values: new });
            for state in own {
                let PanelState { panel, z, slope, raised, .. } = &mut *take!(state, write);
                let weights = features * panel.shape.width;
                if done > 0 {
                    let x = dense::Values { values: last, samples: done };
                    let (shape, w) = (panel.shape, &mut panel.strip_mut(index)[..weights]);
                    let ascent = Ascent { raised: *raised, ..ascent };
                    isa.run(dense::Update { x, delta: slope, w, panel: shape, ascent });
                }
                let x = dense::Values { values: new, samples: next.len() };
                let (bias, w) = (panel.bias(index), &panel.strip(index)[..weights]);
                isa.run(dense::Forward { x, w, bias, z, panel: panel.shape });
            }
        }
    }

    /// Back through the output phase, for one panel: there v = [1, z] W2ᵀ and dE/dv = T − Y, so dE/dW2 =
    /// (T − Y)ᵀ [1, z] and, with z = h(a), delta = dE/da = ((T − Y) W2) ∘ h'(a). Then the steps of W2 and of W1's
    /// biases, whose x is 1.
    fn head_step(&self, state: &mut PanelState, batch: Batch<'_>) {
        let (isa, ascent, padded) = (self.machine.isa, self.ascent(), self.padded_classes);
        let PanelState { panel, z, slope, bias_gradient, w2_gradient, raised } = state;
        let (shape, width) = (panel.shape, panel.shape.width);
        let samples = batch.samples.len();
        self.each_error(batch, |share, Rows { errors, .. }| {
            let error = &errors[..share.len() * padded];
            let units = share.start * width..share.end * width;
            let (z, slope) = (&z[units.clone()], &mut slope[units]);
            isa.run(head::Deltas { error, padded, w2: &panel.w2, slope, bias_gradient, panel: shape });
            isa.run(head::Gradient { error, padded, z, gradient: w2_gradient, panel: shape });
        });
        isa.run(Ascend { w: &mut panel.w2, gradient: w2_gradient, ascent });
        head::by_unit(&panel.w2, width, &mut panel.w2_by_unit);
        isa.run(Ascend { w: &mut panel.w1[..width], gradient: bias_gradient, ascent });
        let delta = &mut slope[..samples * width];
        *raised = self.raised_limit.is_some_and(|limit| isa.run(Raise { delta, limit }));
    }

    /// The first of v = [1, z] W2ᵀ: the biases, and the units of worker 0, which has just written their z.
    fn begin_logits(&self, batch: Batch<'_>) {
        let bias = &take!(self.head, read).bias;
        for (worker, rows) in self.rows[batch.turn].iter().enumerate() {
            let share = share(batch.samples.len(), worker, self.machine);
            let logits = &mut take!(rows, write).errors[..share.len() * self.padded_classes];
            self.machine.isa.run(BiasForward { bias, logits });
            self.go_on_with_logits(self.panels_of(&(0..1)), share, logits);
        }
    }

    /// The next of v = [1, z] W2ᵀ: these panels' units, for some samples.
    fn go_on_with_logits(&self, panels: &[RwLock<PanelState>], samples: Range<usize>, logits: &mut [f32]) {
        let (isa, padded) = (self.machine.isa, self.padded_classes);
        for state in panels {
            let PanelState { panel, z, .. } = &*take!(state, read);
            let (panel, w2, width) = (panel.shape, panel.head(), panel.shape.width);
            let z = &z[samples.start * width..samples.end * width];
            isa.run(head::Logits { z, panel, w2, logits, padded });
        }
    }

    /// The output phase of a worker's samples: what is left of v = [1, z] W2ᵀ, y = softmax(v), and E's slope there,
    /// dE/dv = T − Y.
    fn output(&self, worker: usize, batch: Batch<'_>) {
        let (isa, padded, workers) = (self.machine.isa, self.padded_classes, self.machine.threads);
        let share = share(batch.samples.len(), worker, self.machine);
        if share.is_empty() {
            return;
        }
        let mut rows = take!(self.rows[batch.turn][worker], write);
        let Rows { errors: logits, labels, normalisers, cross_entropy } = &mut *rows;
        let logits = &mut logits[..share.len() * padded];
        self.go_on_with_logits(self.panels_of(&(1..workers)), share.clone(), logits);
        let labels = &mut labels[..share.len()];
        for (label, &n) in labels.iter_mut().zip(&batch.samples[share]) {
            *label = self.images.labels()[n as usize];
        }
        let classes = self.classes;
        let cross_entropy = &mut cross_entropy[..labels.len()];
        let predictions = &mut [];
        isa.run(Output { logits, padded, classes, labels, normalisers, cross_entropy, predictions });
        isa.run(Errors { rows: logits, padded, labels });
    }

    /// The step of the output layer's biases; `loss` with the batch's cross-entropies added, samples ascending.
    fn head_backward(&self, batch: Batch<'_>, mut loss: f64) -> f64 {
        let isa = self.machine.isa;
        let Head { bias, gradient } = &mut *take!(self.head, write);
        self.each_error(batch, |share, Rows { errors, cross_entropy, .. }| {
            isa.run(BiasGradient { delta: &errors[..share.len() * self.padded_classes], gradient });
            cross_entropy[..share.len()].iter().for_each(|sample| loss += sample);
        });
        isa.run(Ascend { w: bias, gradient, ascent: self.ascent() });
        loss
    }

    /// Calls `f` with each worker's share of the batch and what it found for it, samples ascending.
    fn each_error(&self, batch: Batch<'_>, mut f: impl FnMut(Range<usize>, &Rows)) {
        for (worker, rows) in self.rows[batch.turn].iter().enumerate() {
            f(share(batch.samples.len(), worker, self.machine), &take!(rows, read));
        }
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
        for state in &self.panels {
            let Panel { shape, w1, .. } = &take!(state, read).panel;
            let mut hidden = ColumnNorms::new(sums);
            w1.chunks_exact(shape.width).for_each(|row| hidden.add(&row[..shape.units]));
            total = hidden.sum(shape.units, total);
        }
        let mut output = ColumnNorms::new(sums);
        output.add(&take!(self.head, read).bias[..self.classes]);
        for state in &self.panels {
            let rows = take!(state, read);
            let rows = rows.panel.head().chunks_exact(self.padded_classes);
            rows.for_each(|row| output.add(&row[..self.classes]));
        }
        total + output.sum(self.classes, 0.0)
    }

    /// Copies the weights into `network`.
    pub(super) fn gather(&self, network: &mut Network) {
        for state in &self.panels {
            network.put(&take!(state, read).panel);
        }
        network.put_bias(&take!(self.head, read).bias);
    }
}
