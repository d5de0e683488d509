//! A run: who computes which part of a batch, and when.
//!
//! Workers own panels, and shares of each batch's samples. A batch has two phases and two barriers:
//!
//! ```text
//! output    own share     the rest of v = z W2, y = softmax(v), cross-entropy, dE/dv = t - y
//! -- barrier: every dE/dv is there
//! step      own panels    backward: delta, the steps of W2 and W1
//!                         forward of the NEXT batch: a = x W1, z = h(a), h'(a)
//!           worker 0      begins v = z W2 of that batch with the biases and its own units
//! -- barrier: every z is there
//! ```
//!
//! since the next batch's forward phase needs only the weights that its worker has just stepped. What is
//! computed in each phase stands in [`layers`](super::layers).
//!
//! Worker 0 is the caller's thread: [`Run::lead`] does one epoch. The others, in [`Run::follow`], wait for
//! the next epoch at a barrier. Where meeting costs more than it brings, worker 0 does some batches alone,
//! all workers' parts of each, while the others sleep ([`Pace`]).
//!
//! Everything shared is behind a lock that is free whenever it is taken, so that there is no unsafe code and
//! no copy; the barriers are what keeps the order. Who may hold which lock, in a batch of turn t (0 and 1
//! alternately):
//!
//! | lock | output phase | step phase | between epochs |
//! |---|---|---|---|
//! | `batches` | all read | all read | worker 0 writes |
//! | `shares[t]`: dE/dv | each worker writes its own | all read | |
//! | `shares[1 - t]`: the next v | | worker 0 writes | |
//! | `panels` | all read | each worker writes its own | worker 0 reads |
//! | `head` | | worker 0 writes, then reads | worker 0 reads |
//! | `gatherers` | | each worker its own | |
//!
//! (A worker that does a batch alone holds what all of them would, one after the other.) `shares` are two
//! because worker 0 may begin the next batch's v before the others have read this one's dE/dv. That it begins
//! v at all evens out the step phase, in which it has a vector of units less than others, and is worth 2 to 3
//! % of an epoch at 300 units with two workers.

use super::batch::{Gatherer, Source, share};
use super::buffer::{filled, reserved};
use super::layers::{Head, Hidden, Layers, Share};
use super::network::Network;
use super::pace::Pace;
use super::panel::Panel;
use super::raise;
use super::team::{Disbanded, Team};
use super::{Config, Error, Machine, Products};
use crate::data::Images;
use crate::linalg::head::padded_classes;
use crate::linalg::{Ascent, Panels, Pixels, STRIP, padded, rows, strips};
use crate::rng::{Rng, stream};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Instant;

/// Everything that the workers share.
pub(super) struct Run {
    pub(super) images: Images,
    pub(super) config: Config,
    pub(super) machine: Machine,
    pub(super) team: Team,
    layers: Layers,
    value: Pixels,
    panels: Vec<RwLock<Hidden>>,
    head: RwLock<Head>,
    /// Of each worker that has panels.
    gatherers: Vec<Mutex<Gatherer>>,
    /// Of each worker, for batches in turn.
    shares: [Vec<RwLock<Share>>; 2],
    batches: RwLock<Batches>,
    /// Batches that worker 0 does alone in round r, at r % 2: it is set before round r begins, when others
    /// may still have to read that of round r - 1.
    alone: [AtomicUsize; 2],
}

/// The batches of an epoch.
struct Batches {
    /// The order of the samples.
    order: Vec<u32>,
    /// The step.
    ascent: Ascent,
    /// Samples of each but the last.
    size: usize,
}

/// One of them; before the first and after the last there are empty ones.
#[derive(Clone, Copy)]
struct Batch<'a> {
    samples: &'a [u32],
    ascent: Ascent,
    /// 0 and 1 alternately.
    turn: usize,
}

impl Batches {
    fn count(&self) -> usize {
        self.order.len().div_ceil(self.size)
    }

    fn get(&self, index: usize) -> Batch<'_> {
        let rest = self.order.get(index.saturating_mul(self.size)..).unwrap_or(&[]);
        Batch { samples: &rest[..self.size.min(rest.len())], ascent: self.ascent, turn: index % 2 }
    }

    /// The batch before `index`.
    fn before(&self, index: usize) -> Batch<'_> {
        let none = Batch { samples: &[], ascent: self.ascent, turn: 1 };
        index.checked_sub(1).map_or(none, |before| self.get(before))
    }
}

/// Work between two meetings of the workers. For each of its batches: output phase and step of the batch
/// before, forward phase of the batch itself.
struct Round {
    /// From 0, to the number of batches: the last one has no forward phase.
    batches: Range<usize>,
    /// Whether worker 0 does it alone.
    alone: bool,
}

impl Round {
    /// The work in batches: the first and the last are half a one.
    fn work(&self, count: usize) -> f64 {
        let halves = usize::from(self.batches.start == 0) + usize::from(self.batches.end > count);
        self.batches.len() as f64 - 0.5 * halves as f64
    }
}

/// Takes a lock whatever happened to its last holder: a worker's panic ends the run by the team's barrier.
macro_rules! take {
    ($lock:expr, $how:ident) => {
        $lock.$how().unwrap_or_else(PoisonError::into_inner)
    };
}

impl Run {
    /// Takes all memory that training needs, to go on with `network`.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub(super) fn new(
        images: &Images,
        network: &Network,
        config: &Config,
        machine: Machine,
    ) -> Result<Self, Error> {
        let params = network.params();
        let (classes, lanes) = (params.shape().classes, machine.isa.lanes());
        let padded_classes = padded_classes(classes, lanes);
        let size = config.batch.min(images.len());
        let shapes = Panels::new(config.hidden, lanes, machine.threads);
        let owners = usize::min(shapes.count(), machine.threads);
        check_memory(shapes, images.features(), size, owners)?;

        let (panels, bias) = Panel::cut_all(&params, lanes, machine.threads)?;
        let hidden = |panel| Ok(RwLock::new(Hidden::new(panel, size, classes)?));
        let value = Pixels::centred(config.centre, config.scale);
        let products = machine.products.chosen_to_train(images.pixels(), config.centre);
        let skip_zeros = products == Products::ZeroSkipping;
        let gatherer = |_| Ok(Mutex::new(Gatherer::new(size, images.features(), skip_zeros)?));
        // A batch of fewer samples may give a worker one more than its share of a whole batch.
        let most = |worker| share(size, worker, machine.threads).len() + 1;
        let of_worker = |worker| Ok(RwLock::new(Share::new(most(worker), padded_classes)?));
        let shares = || (0..machine.threads).map(of_worker).collect::<Result<_, _>>();
        Ok(Self {
            images: images.clone(),
            config: config.clone(),
            machine,
            team: Team::new(machine.threads),
            layers: Layers {
                isa: machine.isa,
                activation: config.activation,
                classes,
                padded: padded_classes,
                raised_limit: raise::limit(&value, size),
            },
            value,
            panels: panels.into_iter().map(hidden).collect::<Result<_, _>>()?,
            head: RwLock::new(Head::new(bias)?),
            gatherers: (0..owners).map(gatherer).collect::<Result<_, _>>()?,
            shares: [shares()?, shares()?],
            batches: RwLock::new(Batches {
                order: filled(0, images.len())?,
                ascent: config.ascent(1),
                size: config.batch,
            }),
            alone: Default::default(),
        })
    }

    /// The work of a worker other than worker 0, epoch after epoch, until the team is disbanded.
    pub(super) fn follow(&self, worker: usize) {
        let _member = self.team.member();
        while self.follow_epoch(worker).is_ok() {}
    }

    fn follow_epoch(&self, worker: usize) -> Result<(), Disbanded> {
        self.team.wait()?; // between epochs, parked
        let batches = &*take!(self.batches, read);
        let (mut number, mut index, mut missed) = (0, 0, false);
        while let Some(round) = self.round(number, index, batches.count()) {
            if !round.alone {
                let done = batches.before(index);
                if missed {
                    self.gather_again(worker, done.samples);
                }
                if index > 0 {
                    self.output(worker, done);
                    self.team.wait()?;
                }
                self.step(worker..worker + 1, batches, index);
            }
            (number, index, missed) = (number + 1, round.batches.end, round.alone);
            self.team.wait()?;
        }
        Ok(())
    }

    /// Worker 0's work of epoch `epoch`, from 1: gives the sum of the samples' cross-entropies. `progress` is
    /// told how many samples are done, after each batch.
    pub(super) fn lead(
        &self,
        epoch: u32,
        pace: &mut Pace,
        progress: &mut dyn FnMut(usize),
    ) -> Result<f64, Disbanded> {
        let _member = self.team.member();
        {
            let Batches { order, ascent, .. } = &mut *take!(self.batches, write);
            Rng::new(self.config.seed, stream::epoch(epoch)).permutation(order);
            *ascent = self.config.ascent(epoch);
        }
        self.alone[0].store(pace.alone(), Relaxed);
        self.team.wait()?;
        let batches = &*take!(self.batches, read);
        let (mut number, mut index, mut loss) = (0, 0, 0.0);
        while let Some(round) = self.round(number, index, batches.count()) {
            let begin = Instant::now();
            let workers = if round.alone { 0..self.machine.threads } else { 0..1 };
            for index in round.batches.clone() {
                if index > 0 {
                    let done = batches.before(index);
                    workers.clone().for_each(|worker| self.output(worker, done));
                    if !round.alone {
                        self.team.wait()?; // every dE/dv is there
                    }
                    self.step_head(done, &mut loss);
                    progress((index - 1) * batches.size + done.samples.len());
                }
                self.step(workers.clone(), batches, index);
            }
            pace.took(round.work(batches.count()), round.alone, begin.elapsed().as_secs_f64());
            (number, index) = (number + 1, round.batches.end);
            self.alone[number % 2].store(pace.alone(), Relaxed);
            let begin = Instant::now();
            self.team.wait()?; // every z is there; behind the last batch, every step is done
            pace.waited(round.alone, begin.elapsed().as_secs_f64());
        }
        Ok(loss)
    }

    /// Round `number` of an epoch of `count` batches, which begins with batch `index`; `None` when all is
    /// done.
    fn round(&self, number: usize, index: usize, count: usize) -> Option<Round> {
        let (alone, left) = (self.alone[number % 2].load(Relaxed), count + 1 - index);
        (left > 0).then(|| Round { batches: index..index + alone.clamp(1, left), alone: alone > 0 })
    }

    /// The panels of some workers: neighbours, so that units next to each other share a cache. Where there
    /// are fewer panels than workers, the last workers have none.
    fn panels_of(&self, workers: &Range<usize>) -> &[RwLock<Hidden>] {
        let owners = self.gatherers.len();
        let share = |worker| self.panels.len() * usize::min(worker, owners) / owners;
        &self.panels[share(workers.start)..share(workers.end)]
    }

    /// The samples of a batch that each worker processes in the output phase, ascending.
    fn shares_of(&self, batch: Batch<'_>) -> impl Iterator<Item = (Range<usize>, &RwLock<Share>)> {
        let of = move |worker| share(batch.samples.len(), worker, self.machine.threads);
        self.shares[batch.turn].iter().enumerate().map(move |(worker, share)| (of(worker), share))
    }

    /// The output phase of a worker's share of a batch.
    fn output(&self, worker: usize, batch: Batch<'_>) {
        let (on, workers) = (&self.layers, self.machine.threads);
        let samples = share(batch.samples.len(), worker, workers);
        if samples.is_empty() {
            return;
        }
        let share = &mut *take!(self.shares[batch.turn][worker], write);
        for hidden in self.panels_of(&(1..workers)) {
            share.add(on, &samples, &take!(hidden, read));
        }
        share.finish(on, batch.samples[samples].iter().map(|&n| self.images.labels()[n as usize]));
    }

    /// The backward phase of the batch before `index` and the forward phase of batch `index`, for these
    /// workers' panels; the first of the workers gathers. There may be none of either batch.
    fn step(&self, workers: Range<usize>, batches: &Batches, index: usize) {
        let (on, own) = (&self.layers, self.panels_of(&workers));
        if own.is_empty() {
            return;
        }
        let (done, next) = (batches.before(index), batches.get(index));
        if !done.samples.is_empty() {
            for hidden in own {
                let hidden = &mut *take!(hidden, write);
                self.shares_of(done)
                    .for_each(|(samples, share)| hidden.backward(on, samples, &take!(share, read)));
                hidden.step(on, done.samples.len(), done.ascent);
            }
        }
        let gatherer = &mut *take!(self.gatherers[workers.start], lock);
        self.strip_by_strip(own, gatherer, done, (next.samples, batches.get(index + 1).samples));
        own.iter().for_each(|hidden| take!(hidden, write).activate(on, next.samples.len()));
        if workers.start == 0 {
            self.begin_logits(next);
        }
    }

    /// The big products of [`Run::step`]. A strip of weights is stepped and at once multiplied with the next
    /// batch, while it is in the nearest cache: where a worker's weights do not fit in its own caches, they
    /// come from afar once a batch instead of twice. Meanwhile the pixels of the batch after that are asked
    /// for.
    fn strip_by_strip(
        &self,
        own: &[RwLock<Hidden>],
        gatherer: &mut Gatherer,
        done: Batch<'_>,
        (next, after): (&[u32], &[u32]),
    ) {
        let (on, isa, value, source) = (&self.layers, self.layers.isa, &self.value, self.source());
        let Gatherer { strips, by_sample, numbers: [last, new] } = gatherer;
        let count = strips.len();
        for (index, gathered) in strips.iter_mut().enumerate() {
            source.ask_ahead(index, count, next, after);
            let strip = source.strip(index, next);
            let (mut of_last, with) = (None, (isa, value, done.samples.len()));
            if by_sample.is_empty() && !done.samples.is_empty() {
                of_last = Some(gathered.numbers(last, with));
            } else if !done.samples.is_empty() {
                let x = gathered.features(&gathered.by_feature, &mut [], with); // until the bytes are replaced
                own.iter().for_each(|hidden| take!(hidden, write).update(on, strip, x, done.ascent));
            }
            gathered.fill(isa, strip, by_sample);
            let x = gathered.features(by_sample, new, (isa, value, next.len()));
            for hidden in own {
                let hidden = &mut *take!(hidden, write);
                of_last.into_iter().for_each(|x| hidden.update(on, strip, x, done.ascent));
                hidden.forward(on, strip, x);
            }
        }
    }

    /// Gathers `batch` for a worker that missed its forward phase, as worker 0 did that alone.
    fn gather_again(&self, worker: usize, batch: &[u32]) {
        let Some(gatherer) = self.gatherers.get(worker) else { return };
        let Gatherer { strips, by_sample, .. } = &mut *take!(gatherer, lock);
        for (index, gathered) in strips.iter_mut().enumerate() {
            gathered.fill(self.layers.isa, self.source().strip(index, batch), by_sample);
        }
    }

    fn source(&self) -> Source<'_> {
        Source { pixels: self.images.pixels(), features: self.images.features() }
    }

    /// The first terms of v = z W2: the biases, and the units of worker 0, which has just written their z. A
    /// sum takes units in their order, and the first units are worker 0's.
    fn begin_logits(&self, batch: Batch<'_>) {
        for (samples, share) in self.shares_of(batch) {
            let share = &mut *take!(share, write);
            share.begin(&self.layers, samples.len(), &take!(self.head, read));
            for hidden in self.panels_of(&(0..1)) {
                share.add(&self.layers, &samples, &take!(hidden, read));
            }
        }
    }

    /// The step of the output layer's biases; adds the batch's cross-entropies to `loss`, samples ascending.
    fn step_head(&self, batch: Batch<'_>, loss: &mut f64) {
        let head = &mut *take!(self.head, write);
        for (samples, share) in self.shares_of(batch) {
            head.backward(&self.layers, &samples, &take!(share, read), loss);
        }
        head.step(&self.layers, batch.ascent);
    }

    /// Copies the weights into `network`.
    pub(super) fn gather(&self, network: &mut Network) {
        for hidden in &self.panels {
            network.put(&take!(hidden, read).panel);
        }
        network.put_bias(&take!(self.head, read).bias);
    }
}

/// Whether the largest buffers can be had all together: a system may grant piece by piece more memory than it
/// has.
fn check_memory(shapes: Panels, features: usize, size: usize, owners: usize) -> Result<(), Error> {
    let width: usize = shapes.shapes().map(|panel| panel.width).sum();
    let panels = width.saturating_mul(features.saturating_add(padded(size) + rows(size)));
    // With a mask's word for each row.
    let strip = rows(size).saturating_mul(STRIP + size_of::<u64>());
    let gathered = strip.saturating_mul(strips(features)).saturating_mul(owners);
    reserved::<u8>(panels.saturating_mul(size_of::<f32>()).saturating_add(gathered)).map(drop)
}
