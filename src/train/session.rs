//! A run that is watched: tested on images held out of it, ended when these get no better, saved after each epoch.

use super::fit::{self, EpochReport, Fit, HeldOut, Observer, Weights};
use super::network::Network;
use super::{Config, Error, Machine, evaluate};
use crate::data::Images;
use crate::rng::{Rng, stream};
use crate::weights::Shape;
use std::ops::ControlFlow::{self, Break, Continue};
use std::vec::Vec;

/// What a watched run is given.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// What to train on.
    pub images: &'a Images,
    /// K.
    pub classes: usize,
    /// What to test on after each epoch.
    pub held_out: Option<&'a Images>,
    /// The run ends after so many epochs in a row without a better result on the images held out, and its weights are
    /// the best ones. Better is: fewer faults, or as many with a lower cross-entropy.
    pub patience: Option<u32>,
    /// The run's configuration.
    pub config: &'a Config,
    /// What it may use.
    pub machine: Machine,
}

/// A run at the end of an epoch: all that going on needs, because each epoch's order follows from the seed and its number.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The weights.
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
        let better = |best: (u32, HeldOut), next: (u32, HeldOut)| {
            if next.1.is_better_than(best.1) { next } else { best }
        };
        found.reduce(better)
    }

    /// What the run came to: the best weights where they were kept, else the last ones.
    pub fn into_fit(self) -> Fit {
        let epochs = self.epochs();
        let seconds = self.history.iter().fold(0.0, |sum, report| sum + report.seconds);
        let network = self.kept.map_or(self.network, |(_, network)| network);
        Fit { network, epochs, seconds }
    }
}

impl HeldOut {
    fn is_better_than(self, other: Self) -> bool {
        self.faults < other.faults
            || (self.faults == other.faults && self.cross_entropy < other.cross_entropy)
    }
}

/// Takes `count` images out of a set, chosen by the seed, all choices equally likely; both parts stay in order.
///
/// # Errors
/// [`Error::Setting`] if none would be left, [`Error::Memory`].
pub fn hold_out(images: &mut Images, count: usize, seed: u64) -> Result<Images, Error> {
    let all = images.len();
    if count >= all {
        let expected = "fewer than the training images";
        return Err(Error::Setting { name: "validation", found: std::format!("{count}"), expected });
    }
    let mut order = super::buffer::filled(0, all)?;
    Rng::new(seed, stream::HELD_OUT).permutation(&mut order);
    order.truncate(count);
    order.sort_unstable();
    let bytes = count.saturating_mul(images.features());
    images.take_out(&order).map_err(|_| Error::Memory { bytes })
}

impl Session<'_> {
    /// Trains, from the start or from where `from` is, and gives the run's end. `save` is shown each epoch's state, and
    /// may end the run.
    ///
    /// The weights are those that the run would have without an interruption, bit for bit.
    ///
    /// # Errors
    /// As [`fit`](fit::fit), for the images held out too; [`Error::OtherNetwork`].
    pub fn run(
        &self,
        from: Option<State>,
        observer: &mut dyn Observer,
        save: &mut dyn FnMut(&State) -> ControlFlow<()>,
    ) -> Result<State, Error> {
        let Self { images, classes, config, machine, .. } = *self;
        fit::check(images, classes, config, machine)?;
        if let Some(held_out) = self.held_out {
            super::check_tests(held_out, images.features(), classes)?;
        }
        let state = match from {
            Some(state) if !self.fits(&state) => return Err(Error::OtherNetwork),
            Some(state) => state,
            None => {
                let network = Network::start(config, images.features(), classes, machine.isa)?;
                State { network, history: Vec::new(), kept: None }
            }
        };
        if self.is_over(&state) {
            return Ok(state);
        }
        let (start, done) = (state.network.try_clone()?, state.epochs());
        let mut watcher = Watcher { session: self, state, observer, save, failure: None };
        fit::fit_on(images, (start, done), config, machine, &mut watcher)?;
        match watcher.failure {
            Some(error) => Err(error),
            None => Ok(watcher.state),
        }
    }

    /// Whether a state's networks can be this run's.
    fn fits(&self, state: &State) -> bool {
        let Config { activation, hidden, scale, .. } = *self.config;
        let (features, classes) = (self.images.features(), self.classes);
        let own = Shape { activation, features, hidden, classes, scale };
        let kept = state.kept.as_ref().map(|(_, network)| network);
        [&state.network].into_iter().chain(kept).all(|network| network.params().shape() == own)
    }

    /// Whether all epochs are done, or patience has ended: then [`run`](Self::run) gives that state back.
    pub fn is_over(&self, state: &State) -> bool {
        state.epochs() >= self.config.epochs || self.is_exhausted(state)
    }

    /// Whether patience has ended.
    fn is_exhausted(&self, state: &State) -> bool {
        let waited = state.best().map_or(0, |(best, _)| state.epochs() - best);
        self.patience.is_some_and(|patience| waited >= patience)
    }
}

struct Watcher<'a> {
    session: &'a Session<'a>,
    state: State,
    observer: &'a mut dyn Observer,
    save: &'a mut dyn FnMut(&State) -> ControlFlow<()>,
    failure: Option<Error>,
}

impl Watcher<'_> {
    /// Tests the weights on the images held out, and keeps them if they are the best.
    fn look(&mut self, report: &EpochReport) -> Result<EpochReport, Error> {
        let mut report = *report;
        if let Some(images) = self.session.held_out {
            let found = evaluate(&self.state.network.params(), images, self.session.machine)?;
            report.held_out = Some(HeldOut { faults: found.faults, cross_entropy: found.cross_entropy });
        }
        self.state.history.push(report);
        if self.session.patience.is_some()
            && self.state.best().is_some_and(|(epoch, _)| epoch == report.epoch)
        {
            match &mut self.state.kept {
                Some((epoch, network)) => {
                    network.copy_from(&self.state.network);
                    *epoch = report.epoch;
                }
                kept => *kept = Some((report.epoch, self.state.network.try_clone()?)),
            }
        }
        Ok(report)
    }
}

impl Observer for Watcher<'_> {
    fn batch(&mut self, epoch: u32, samples: usize, of: usize) {
        self.observer.batch(epoch, samples, of);
    }

    fn epoch_end(&mut self, report: &EpochReport, weights: &Weights<'_>) -> ControlFlow<()> {
        weights.copy_to(&mut self.state.network);
        let report = match self.look(report) {
            Ok(report) => report,
            Err(error) => {
                self.failure = Some(error);
                return Break(());
            }
        };
        let told = self.observer.epoch(&report);
        let saved = (self.save)(&self.state);
        if told.is_break() || saved.is_break() || self.session.is_exhausted(&self.state) {
            return Break(());
        }
        Continue(())
    }
}
