//! Training, an epoch at a time.

use super::buffer::filled;
use super::centre;
use super::network::{Network, weights_norm};
use super::pace::{Pace, Rhythm};
use super::run::Run;
use super::{Config, Error, Machine, Products, evaluate};
use crate::data::Images;
use crate::rng::{Rng, stream};
use crate::weights::Shape;
use std::borrow::Cow;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// Summary of one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochReport {
    /// From 1.
    pub epoch: u32,
    /// Wall-clock seconds of training.
    pub seconds: f64,
    /// Mean cross-entropy of its batches, each before its step, plus lambda/2 |W|² / N at its end (CONTRACT
    /// C14).
    pub cost: f64,
    /// The result on the images held out, where there are any.
    pub held_out: Option<HeldOut>,
}

/// A network's result on images that were held out of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOut {
    /// Images predicted as another class than their label.
    pub faults: usize,
    /// Mean cross-entropy in nats.
    pub cross_entropy: f64,
}

impl HeldOut {
    fn is_better_than(self, other: Self) -> bool {
        self.faults < other.faults
            || (self.faults == other.faults && self.cross_entropy < other.cross_entropy)
    }
}

/// A trained network.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The network, folded (CONTRACT C20): its x is byte / scale.
    pub network: Network,
    /// |W|² of its weights before they were folded, which the penalty is on.
    pub weights_norm: f64,
    /// Epochs done.
    pub epochs: u32,
    /// Wall-clock seconds of the epochs: reading, start weights and testing left out.
    pub seconds: f64,
}

/// Trains a network on `images`, whose labels are below `classes`.
///
/// The result follows from the images, `classes` and `config` alone, bit for bit; `machine` decides how fast
/// it comes. [`plain::fit`](super::plain::fit) specifies it.
///
/// # Errors
/// As [`Session::new`], [`Session::next_epoch`] and [`Session::into_fit`].
pub fn fit(images: &Images, classes: usize, config: &Config, machine: Machine) -> Result<Fit, Error> {
    let mut session = Session::new(images, classes, config, machine)?;
    session.try_for_each(|report| report.map(drop))?;
    session.into_fit()
}

/// Training at the end of an epoch: all that going on needs, because each epoch's order follows from the seed
/// and its number.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The weights, not folded.
    pub network: Network,
    /// Each epoch's report.
    pub history: Vec<EpochReport>,
    /// The epoch with the best result so far, from 1, and its weights: where there is patience.
    pub kept: Option<(u32, Network)>,
}

impl State {
    /// Epochs done.
    pub fn epochs(&self) -> u32 {
        self.history.len() as u32
    }

    /// The epoch, from 1, with the best result on the images held out, and that result.
    pub fn best(&self) -> Option<(u32, HeldOut)> {
        let found = self.history.iter().filter_map(|report| Some((report.epoch, report.held_out?)));
        found.reduce(|best, next| if next.1.is_better_than(best.1) { next } else { best })
    }
}

/// Training under way: each call of [`next_epoch`](Self::next_epoch), or of the iterator, trains for one
/// epoch.
///
/// The weights are those of one uninterrupted [`fit`], bit for bit, however often training is interrupted and
/// [resumed](Self::resume). Worker 0 is the caller's thread; the others sleep between epochs and end with the
/// session.
///
/// ```
/// # use monolayer::{data, train::{self, Config, Machine, Session}};
/// # fn main() -> Result<(), train::Error> {
/// # #[cfg(feature = "digits")] {
/// let digits = data::digits().unwrap();
/// let config = Config { hidden: 20, epochs: 2, ..Config::default() };
/// let mut session = Session::new(&digits.train, 10, &config, Machine::best())?;
/// while let Some(report) = session.next_epoch(&mut |_| {}) {
///     println!("cost {}", report?.cost);
///     let network = session.folded()?; // to be tested or saved, say
/// }
/// let network = session.into_fit()?.network;
/// # }
/// # Ok(()) }
/// ```
pub struct Session {
    team: Workers,
    pace: Pace,
    state: State,
    /// See [`centre::constants`].
    constant: Vec<bool>,
    held_out: Option<Images>,
    patience: Option<u32>,
    failed: bool,
}

impl Session {
    /// Prepares training on `images`, whose labels are below `classes`, from the start weights.
    ///
    /// # Errors
    /// [`Error::Setting`] if a value of `config` or `machine` is out of its range, [`Error::Input`] if there
    /// are no images or a label is not below `classes`, [`Error::Memory`], [`Error::Threads`],
    /// [`Error::Arithmetic`]. A centre other than 0 is out of the range of zero-skipping products.
    pub fn new(images: &Images, classes: usize, config: &Config, machine: Machine) -> Result<Self, Error> {
        check(images, classes, config, machine)?;
        let network = Network::start(config, images.features(), classes, machine.isa)?;
        let state = State { network, history: Vec::new(), kept: None };
        Self::begin(state, images, config, machine)
    }

    /// Prepares to go on from `state`, or, where its history is empty, to begin with its weights.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Input`] also if a network of `state` does not have the sizes, the
    /// activation and the scale that are called for.
    pub fn resume(
        state: State,
        images: &Images,
        classes: usize,
        config: &Config,
        machine: Machine,
    ) -> Result<Self, Error> {
        check(images, classes, config, machine)?;
        let &Config { activation, hidden, scale, .. } = config;
        let own = Shape { activation, features: images.features(), hidden, classes, scale };
        let kept = state.kept.as_ref().map(|(_, network)| network);
        for network in [&state.network].into_iter().chain(kept) {
            let text = "the network to go on with does not have the sizes, activation and scale of the run";
            super::expect(network.params().shape() == own, || text.into())?;
        }
        Self::begin(state, images, config, machine)
    }

    fn begin(mut state: State, images: &Images, config: &Config, machine: Machine) -> Result<Self, Error> {
        let left = config.epochs.saturating_sub(state.epochs()) as usize;
        let bytes = left * size_of::<EpochReport>();
        state.history.try_reserve_exact(left).map_err(|_| Error::Memory { bytes })?;
        let constant = centre::constants(images, config.centre)?;
        let team = Workers::start(Run::new(images, &state.network, config, machine)?)?;
        let pace = Pace::new(machine.threads, Rhythm::USUAL);
        Ok(Self { team, pace, state, constant, held_out: None, patience: None, failed: false })
    }

    /// Tests the network, folded, on `images` after each epoch.
    ///
    /// With `patience`, training ends after so many epochs in a row without a better result, and the weights
    /// of the best one are kept. Better is: fewer faults, or as many with a lower cross-entropy.
    ///
    /// # Errors
    /// [`Error::Input`] if there are no images, or of another size than the training images', or a label is
    /// not below the number of classes.
    pub fn with_held_out(self, images: &Images, patience: Option<u32>) -> Result<Self, Error> {
        let Shape { features, classes, .. } = self.state.network.params().shape();
        super::check_tests(images, features, classes)?;
        Ok(Self { held_out: Some(images.clone()), patience, ..self })
    }

    /// Trains for an epoch; `None` if training is over: see [`is_over`](Self::is_over).
    ///
    /// `progress` is called after each batch with the number of samples done in this epoch. It should be
    /// quick: all workers wait for it.
    ///
    /// # Errors
    /// [`Error::Diverged`] if a weight is not finite at the end of the epoch, or once it is folded for the
    /// test on the images held out; [`Error::Memory`] and [`Error::Threads`] from that test. Training is over
    /// then.
    ///
    /// # Panics
    /// If a worker does.
    pub fn next_epoch(&mut self, progress: &mut dyn FnMut(usize)) -> Option<Result<EpochReport, Error>> {
        if self.is_over() {
            return None;
        }
        self.failed = true; // also where a panic of the caller's closure or of a test ends this epoch
        let epoch = self.state.epochs() + 1;
        let begin = Instant::now();
        let Ok(loss) = self.team.run.lead(epoch, &mut self.pace, progress) else {
            self.team.join();
            return None;
        };
        self.team.run.gather(&mut self.state.network);
        let report = self.cost(epoch, loss).and_then(|cost| {
            let seconds = begin.elapsed().as_secs_f64();
            self.keep(EpochReport { epoch, seconds, cost, held_out: None })
        });
        self.failed = report.is_err();
        Some(report)
    }

    /// The cost of an epoch, whose weights were gathered, from the sum of its cross-entropies.
    fn cost(&self, epoch: u32, loss: f64) -> Result<f64, Error> {
        let Run { images, config, .. } = &*self.team.run;
        let norm = weights_norm(&self.state.network.params());
        if !norm.is_finite() {
            return Err(Error::Diverged { epoch, config: config.clone() });
        }
        Ok((loss + f64::from(config.ascent(epoch).lambda) / 2.0 * norm) / images.len() as f64)
    }

    /// Tests the weights on the images held out, and keeps them if they are the best.
    fn keep(&mut self, mut report: EpochReport) -> Result<EpochReport, Error> {
        if let Some(images) = &self.held_out {
            let network = self.folded_at(report.epoch)?;
            let found = evaluate(&network.params(), images, self.team.run.machine)?;
            report.held_out = Some(HeldOut { faults: found.faults, cross_entropy: found.cross_entropy });
        }
        self.state.history.push(report);
        let is_best = self.state.best().is_some_and(|(epoch, _)| epoch == report.epoch);
        if self.patience.is_some() && is_best {
            self.state.kept = None; // first: there need not be memory for three networks
            self.state.kept = Some((report.epoch, self.state.network.try_clone()?));
        }
        Ok(report)
    }

    /// Whether all epochs are done, patience has ended, or an epoch failed.
    pub fn is_over(&self) -> bool {
        let epochs = self.state.epochs();
        let waited = self.state.best().map_or(0, |(best, _)| epochs - best);
        self.failed
            || epochs >= self.team.run.config.epochs
            || self.patience.is_some_and(|patience| waited >= patience)
    }

    /// Training as it is at the end of the last epoch. After an epoch that failed it is of no use: its
    /// weights may be ahead of its history.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The network at the end of the last epoch, as it is tested and saved: folded (CONTRACT C20), so that
    /// its x is byte / scale. With a centre of 0 it is that of [`state`](Self::state).
    ///
    /// # Errors
    /// [`Error::Diverged`] if a folded weight is not finite, [`Error::Memory`].
    pub fn folded(&self) -> Result<Cow<'_, Network>, Error> {
        self.folded_at(self.state.epochs())
    }

    /// That, where the weights are those at the end of `epoch`.
    fn folded_at(&self, epoch: u32) -> Result<Cow<'_, Network>, Error> {
        let config = &self.team.run.config;
        let folded = fold(&self.state.network, config, &self.constant, epoch)?;
        Ok(folded.map_or(Cow::Borrowed(&self.state.network), Cow::Owned))
    }

    /// Ends the session; gives the trained network, folded: that of the best weights where they were kept,
    /// else of the last ones.
    ///
    /// # Errors
    /// As [`folded`](Self::folded).
    pub fn into_fit(self) -> Result<Fit, Error> {
        let Self { team, state, constant, .. } = self;
        let epochs = state.epochs();
        let seconds = state.history.iter().fold(0.0, |sum, report| sum + report.seconds);
        let (epoch, network) = state.kept.unwrap_or((epochs, state.network));
        let weights_norm = weights_norm(&network.params());
        let network = fold(&network, &team.run.config, &constant, epoch)?.unwrap_or(network);
        Ok(Fit { network, weights_norm, epochs, seconds })
    }

    /// Ends the session; gives what [`state`](Self::state) does.
    pub fn into_state(self) -> State {
        self.state
    }
}

/// As [`Session::next_epoch`].
impl Iterator for Session {
    type Item = Result<EpochReport, Error>;
    fn next(&mut self) -> Option<Self::Item> {
        self.next_epoch(&mut |_| {})
    }
}

/// The network at the end of `epoch`, folded; `None` where the centre is 0 and folding would change nothing.
fn fold(network: &Network, config: &Config, constant: &[bool], epoch: u32) -> Result<Option<Network>, Error> {
    if config.centre == 0.0 {
        return Ok(None);
    }
    let folded = centre::folded(network, config.centre, constant)?;
    match weights_norm(&folded.params()).is_finite() {
        true => Ok(Some(folded)),
        false => Err(Error::Diverged { epoch, config: config.clone() }),
    }
}

/// The workers of a run but for worker 0.
struct Workers {
    run: Arc<Run>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    fn start(run: Run) -> Result<Self, Error> {
        let asked = run.machine.threads;
        let mut workers = Self { run: Arc::new(run), threads: Vec::new() };
        for started in 1..asked {
            let run = Arc::clone(&workers.run);
            let thread = thread::Builder::new().spawn(move || run.follow(started));
            workers.threads.push(thread.map_err(|_| Error::Threads { asked, started })?);
        }
        Ok(workers)
    }

    /// Ends all threads; goes on with the panic of one.
    fn join(&mut self) {
        self.run.team.disband();
        for thread in self.threads.drain(..) {
            match thread.join() {
                Err(panic) if !thread::panicking() => std::panic::resume_unwind(panic),
                _ => {}
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.join();
    }
}

/// Whether training could begin.
pub(super) fn check(images: &Images, classes: usize, config: &Config, machine: Machine) -> Result<(), Error> {
    config.check()?;
    machine.check()?;
    super::check_images(images, classes)?;
    if config.centre != 0.0 && machine.products == Products::ZeroSkipping {
        let expected = "dense or auto where the centre is not 0".into();
        return Err(Error::Setting { name: "products", found: machine.products.to_string(), expected });
    }
    super::check_size(config.hidden, images.features(), classes)
}

/// Takes `count` images out of a set, chosen by the seed, all choices equally likely; both parts stay in
/// order.
///
/// # Errors
/// [`Error::Setting`] if none would be left, [`Error::Memory`].
pub fn hold_out(images: &mut Images, count: usize, seed: u64) -> Result<Images, Error> {
    let all = images.len();
    super::rule(count < all, "validation", count, "fewer than the training images")?;
    let mut order = filled(0, all)?;
    Rng::new(seed, stream::HELD_OUT).permutation(&mut order);
    order.truncate(count);
    order.sort_unstable();
    let bytes = count.saturating_mul(images.features());
    images.take_out(&order).map_err(|_| Error::Memory { bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Isa;
    use crate::train::Products;

    /// Which worker does which batch changes neither the weights nor the costs.
    #[test]
    fn batches_done_alone_change_no_bit() {
        let mut rng = Rng::new(3, 1);
        let (features, samples) = (150, 313);
        let mut pixel = |_| if rng.below(3) == 0 { rng.below(256) as u8 } else { 0 };
        let pixels = (0..samples * features).map(&mut pixel).collect();
        let images = Images::new(features, pixels, (0..samples).map(|n| (n % 7) as u8).collect());
        let (epochs, restless) = (6, Rhythm::RESTLESS);
        // An even number of batches and an odd one: with two workers who take turns, every place of an epoch
        // is done by worker 0 alone in some epoch or run. The last batch is a short one, one of 70 has two
        // masks a feature.
        for (products, hidden, batch) in [Products::ZeroSkipping, Products::Dense]
            .into_iter()
            .flat_map(|p| [(p, 90, 20), (p, 90, 70), (p, 90, 500), (p, 5, 70)])
        {
            let config = Config { hidden, epochs, batch, ..Config::default() };
            let mut expected = None;
            // Seven workers have fewer panels: of 5 units at most five.
            for (threads, rhythm) in [
                (1, Rhythm::USUAL),
                (2, restless),
                (2, Rhythm { glance: 3e-4, ..restless }),
                (3, restless),
                (3, Rhythm { glance: 1e-3, ..restless }),
                (7, restless),
                (2, Rhythm::USUAL),
            ] {
                let machine = Machine { products, ..Machine::new(Isa::best(), threads) };
                let mut session = Session::new(&images, 7, &config, machine).unwrap();
                session.pace = Pace::new(threads, rhythm);
                let costs: Vec<u64> = session.by_ref().map(|report| report.unwrap().cost.to_bits()).collect();
                assert_eq!((costs.len(), session.team.threads.len()), (epochs as usize, threads - 1));
                let found = (session.into_state().network.params().fingerprint(), costs);
                assert_eq!(*expected.get_or_insert(found.clone()), found, "{products:?} {batch} {threads}");
            }
        }
    }

    /// The session goes on with the panic of its caller's closure, and no worker is left waiting.
    #[test]
    fn a_panic_between_batches_ends_the_workers() {
        let images = Images::new(2, vec![1; 20], vec![0; 10]);
        let config = Config { hidden: 40, batch: 2, ..Config::default() };
        let mut session = Session::new(&images, 2, &config, Machine::new(Isa::Scalar, 3)).unwrap();
        let run = Arc::downgrade(&session.team.run);
        let panics = std::panic::AssertUnwindSafe(move || {
            let _ = session.next_epoch(&mut |done| assert!(done < 5, "planted"));
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(run.strong_count(), 0);
    }
}
