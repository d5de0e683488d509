//! Experiment grids: which runs there are, and doing them, several at once.

mod pool;
mod table;

pub use pool::{Finished, Follower, run};
pub use table::{Block, Cell, Run, Score, blocks, text};
pub(super) use table::{FAULTS, Fields, LOSS, MARKS, closeness, fields, heading};

use super::reference::{self, Set};
use monolayer::Activation;
use monolayer::data::Images;
use monolayer::train::{Config, Step};

/// The values that each part of a configuration takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// [`Config::activation`].
    pub activation: Vec<Activation>,
    /// [`Config::lr`].
    pub lr: Vec<f64>,
    /// [`Config::hidden`].
    pub hidden: Vec<usize>,
    /// [`Config::lambda`].
    pub lambda: Vec<f64>,
    /// [`Config::batch`].
    pub batch: Vec<usize>,
    /// [`Config::epochs`].
    pub epochs: Vec<u32>,
    /// [`Config::step`].
    pub step: Vec<Step>,
    /// [`Config::scale`].
    pub scale: Vec<f32>,
    /// [`Config::seed`].
    pub seed: Vec<u64>,
}

/// The most runs of one grid.
pub const MOST_RUNS: usize = 100_000;

impl Axes {
    /// One configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            activation: vec![config.activation],
            lr: vec![config.lr],
            hidden: vec![config.hidden],
            lambda: vec![config.lambda],
            batch: vec![config.batch],
            epochs: vec![config.epochs],
            step: vec![config.step],
            scale: vec![config.scale],
            seed: vec![config.seed],
        }
    }

    /// The reference's 36 rows on `set`, with seed 1.
    pub fn reference(set: Set) -> Self {
        Self {
            activation: vec![Activation::Softplus, Activation::Tanh, Activation::Cos],
            lr: vec![0.01, 0.001],
            hidden: vec![100, 200, 300],
            lambda: vec![0.01, 0.1],
            batch: vec![reference::BATCH],
            epochs: vec![reference::EPOCHS],
            step: vec![set.step()],
            scale: vec![set.scale()],
            seed: vec![1],
        }
    }

    /// Every combination, in the order of the reference's table, seeds next to each other; `None` where there are more
    /// than [`MOST_RUNS`].
    pub fn configs(&self) -> Option<Vec<Config>> {
        let lengths = [
            self.activation.len(),
            self.lr.len(),
            self.hidden.len(),
            self.lambda.len(),
            self.batch.len(),
            self.epochs.len(),
            self.step.len(),
            self.scale.len(),
            self.seed.len(),
        ];
        let count = lengths.iter().try_fold(1usize, |count, &length| count.checked_mul(length));
        let count = count.filter(|&count| count <= MOST_RUNS)?;
        // The last axis turns fastest, as the last digit of a number does.
        let config = |mut number: usize| {
            let mut digits = lengths;
            for (digit, length) in digits.iter_mut().zip(lengths).rev() {
                (*digit, number) = (number % length, number / length);
            }
            let [activation, lr, hidden, lambda, batch, epochs, step, scale, seed] = digits;
            Config {
                activation: self.activation[activation],
                lr: self.lr[lr],
                hidden: self.hidden[hidden],
                lambda: self.lambda[lambda],
                batch: self.batch[batch],
                epochs: self.epochs[epochs],
                step: self.step[step],
                scale: self.scale[scale],
                seed: self.seed[seed],
                ..Config::default()
            }
        };
        Some((0..count).map(config).collect())
    }
}

/// A run to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its number among all runs of the grid, in the order of the table.
    pub row: usize,
    /// The index of its data among the grid's.
    pub data: usize,
    /// Its configuration.
    pub config: Config,
    /// About how much work it is: comparable among the runs of a grid.
    pub cost: u64,
}

impl Job {
    /// A run on `data` whose training images have `pixels_at_work` ([`pixels_at_work`]).
    pub fn new(row: usize, data: usize, config: Config, pixels_at_work: u64) -> Self {
        let units = (config.hidden as u64).saturating_mul(u64::from(config.epochs));
        Self { row, data, cost: units.saturating_mul(pixels_at_work), config }
    }
}

/// What an epoch's work grows with, for each hidden unit: the pixels, or, where skipping zeros is less work, 5/2 times
/// those that are not 0 (MNIST's 19 % took 0.45 times as long as all of them).
pub fn pixels_at_work(images: &Images) -> u64 {
    let pixels = images.pixels();
    let nonzero = pixels.iter().filter(|&&pixel| pixel != 0).count() as u64;
    let (all, skipping) = (pixels.len() as u64, nonzero.saturating_mul(5) / 2);
    if skipping < all { skipping } else { all }
}

/// The runs that machine `index` of `count`, from 1, does, costly ones first: each run goes to the machine that has the
/// least to do so far. It follows from the grid alone, so that the shares of all machines are the whole.
///
/// # Panics
/// If `index` is not from 1 to `count`.
pub fn shard(mut jobs: Vec<Job>, index: usize, count: usize) -> Vec<Job> {
    assert!((1..=count).contains(&index), "shards are counted from 1");
    jobs.sort_by_key(|job| u64::MAX - job.cost); // stable: equal ones stay in order
    let mut loads = vec![0u64; count];
    jobs.retain(|job| {
        let least = (0..count).min_by_key(|&machine| loads[machine]).unwrap_or(0);
        loads[least] = loads[least].saturating_add(job.cost);
        least == index - 1
    });
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_references_rows_are_a_product_of_axes_in_the_published_order() {
        for set in [Set::Mnist, Set::Cifar10] {
            let configs = Axes::reference(set).configs().unwrap();
            let found: Vec<_> = configs.iter().map(|config| set.find(config)).collect();
            assert_eq!(found, (0..36).map(Some).collect::<Vec<_>>());
            assert!(configs.iter().all(|config| config.check().is_ok()));
            let other = if set == Set::Mnist { Set::Cifar10 } else { Set::Mnist };
            assert!(configs.iter().all(|config| other.find(config).is_none()));
            assert!(configs.iter().all(|config| set.find(&Config { batch: 99, ..config.clone() }).is_none()));
        }
    }

    #[test]
    fn seeds_are_next_to_each_other() {
        let axes = Axes { seed: vec![3, 1], hidden: vec![5, 6], ..Axes::of(&Config::default()) };
        let order: Vec<_> = axes.configs().unwrap().iter().map(|c| (c.hidden, c.seed)).collect();
        assert_eq!(order, [(5, 3), (5, 1), (6, 3), (6, 1)]);
        assert_eq!(Axes { lr: vec![], ..axes.clone() }.configs(), Some(vec![]));
        let many = vec![0; MOST_RUNS / 4 + 1];
        assert_eq!(Axes { seed: many.clone(), batch: vec![1, 2], ..axes.clone() }.configs(), None);
        assert_eq!(Axes { seed: many, batch: vec![1; usize::MAX >> 40], ..axes }.configs(), None);
    }

    #[test]
    fn shards_are_the_whole_and_fair() {
        let configs = Axes::reference(Set::Mnist).configs().unwrap();
        let jobs: Vec<Job> = configs.into_iter().map(|config| Job::new(0, 0, config, 1000)).collect();
        let whole: u64 = jobs.iter().map(|job| job.cost).sum();
        for count in [1, 2, 3, 5, 7, 36, 40] {
            let shards: Vec<_> = (1..=count).map(|index| shard(jobs.clone(), index, count)).collect();
            assert_eq!(shards.iter().map(Vec::len).sum::<usize>(), jobs.len());
            for job in &jobs {
                assert_eq!(shards.iter().filter(|shard| shard.contains(job)).count(), 1, "{job:?}");
            }
            for shard in shards {
                assert!(shard.windows(2).all(|pair| pair[0].cost >= pair[1].cost));
                let cost: u64 = shard.iter().map(|job| job.cost).sum();
                assert!(cost <= whole.div_ceil(count as u64) + jobs[0].cost * 3 / 2, "{count}: {cost}");
            }
        }
    }
}
