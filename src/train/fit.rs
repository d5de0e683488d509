//! A run: what it is given, what it tells, what it gives back.

use super::network::Network;
use super::run::{End, Run};
use super::{Config, Error, Machine};
use crate::data::Images;
use std::ops::ControlFlow;
use std::time::Instant;

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
    /// The same, for those who want the weights as well; calls [`Observer::epoch`].
    fn epoch_end(&mut self, report: &EpochReport, weights: &Weights<'_>) -> ControlFlow<()> {
        let _ = weights;
        self.epoch(report)
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
    /// On the images held out, where there are any.
    pub held_out: Option<HeldOut>,
}

/// How a network does on the images that were held out of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOut {
    /// Those taken for another class than theirs.
    pub faults: usize,
    /// Mean cross-entropy in nats.
    pub cross_entropy: f64,
}

/// A run's weights at the end of an epoch.
#[derive(Clone, Copy)]
pub struct Weights<'a>(&'a Run<'a>);

impl<'a> Weights<'a> {
    pub(super) fn of(run: &'a Run<'a>) -> Self {
        Self(run)
    }

    /// Copies them into a network of the run's sizes.
    ///
    /// # Panics
    /// If it has others.
    pub fn copy_to(&self, network: &mut Network) {
        self.0.gather(network);
    }
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The trained network.
    pub network: Network,
    /// Epochs done: fewer than the configuration asks for if the observer ended the run.
    pub epochs: u32,
    /// Wall-clock seconds of the epochs: reading, start weights and testing left out.
    pub seconds: f64,
}

/// Trains a network on `images`, whose labels are below `classes`, and tells `observer` of it.
///
/// The result follows from the images, `classes` and `config` alone, bit for bit; `machine` decides how fast it
/// comes.
///
/// # Errors
/// A setting out of its range, no images, a label that is not below `classes`, too little memory, threads that the
/// system does not start, arithmetic that is not the contract's, or weights that are no longer finite at the end of
/// an epoch.
pub fn fit(
    images: &Images,
    classes: usize,
    config: &Config,
    machine: Machine,
    observer: &mut dyn Observer,
) -> Result<Fit, Error> {
    check(images, classes, config, machine)?;
    let network = Network::start(config, images.features(), classes, machine.isa)?;
    fit_on(images, (network, 0), config, machine, observer)
}

/// Whether [`fit`] could begin.
pub(super) fn check(images: &Images, classes: usize, config: &Config, machine: Machine) -> Result<(), Error> {
    config.check()?;
    machine.check()?;
    super::check_images(images, classes)?;
    super::check_size(config.hidden, images.features(), classes)
}

/// Goes on training a network that has had `done` epochs of the run, which [`check`] approves.
pub(super) fn fit_on(
    images: &Images,
    (mut network, done): (Network, u32),
    config: &Config,
    machine: Machine,
    observer: &mut dyn Observer,
) -> Result<Fit, Error> {
    let run = Run::new(images, (&network, done), config, machine)?;
    let begin = Instant::now();
    let (end, started) = all_work(&run, machine.threads, observer);
    match end {
        End::Done { epochs } => {
            let seconds = begin.elapsed().as_secs_f64();
            run.gather(&mut network);
            Ok(Fit { network, epochs, seconds })
        }
        End::Diverged { epoch } => Err(Error::Diverged { epoch, config: config.clone() }),
        End::Disbanded => Err(Error::Threads { asked: machine.threads, started }),
    }
}

/// Starts the run's `threads` workers, and is worker 0: how that one ended, and how many there were.
fn all_work(run: &Run<'_>, threads: usize, observer: &mut dyn Observer) -> (End, usize) {
    std::thread::scope(|scope| {
        // From here on a panic, or a thread that cannot be started, must not leave the others waiting.
        let team = run.team();
        let member = team.member();
        let mut started = 1;
        while started < threads {
            let worker = started;
            let thread = std::thread::Builder::new();
            if thread.spawn_scoped(scope, move || run.work(worker, &mut ())).is_err() {
                team.disband();
                break;
            }
            started += 1;
        }
        let end = run.work(0, observer);
        drop(member);
        (end, started)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::simd::Isa;
    use crate::train::Products;
    use crate::train::pace::Rhythm;
    use std::vec::Vec;

    /// Whoever does which batch, a run comes to the same weights and the same costs.
    #[test]
    fn batches_done_alone_change_no_bit() {
        struct Costs(Vec<u64>);
        impl Observer for Costs {
            fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
                self.0.push(report.cost.to_bits());
                ControlFlow::Continue(())
            }
        }
        let mut rng = Rng::new(3, 1);
        let (features, samples) = (150, 313);
        let mut pixel = |_| if rng.below(3) == 0 { rng.below(256) as u8 } else { 0 };
        let pixels = (0..samples * features).map(&mut pixel).collect();
        let images = Images::new(features, pixels, (0..samples).map(|n| (n % 7) as u8).collect());
        let (epochs, restless) = (6, Rhythm::RESTLESS);
        // An even number of batches and an odd one: with two workers who take turns, every place of an epoch is done by
        // worker 0 alone in some epoch or run. The last batch is a short one, one of 70 has two masks a feature.
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
                let mut network = Network::start(&config, features, 7, machine.isa).unwrap();
                let mut run = Run::new(&images, (&network, 0), &config, machine).unwrap();
                run.rhythm = rhythm;
                let mut costs = Costs(Vec::new());
                let end = all_work(&run, threads, &mut costs);
                assert_eq!(end, (End::Done { epochs }, threads));
                run.gather(&mut network);
                let found = (network.params().fingerprint(), costs.0);
                assert_eq!(*expected.get_or_insert(found.clone()), found, "{products:?} {batch} {threads}");
            }
        }
    }
}
