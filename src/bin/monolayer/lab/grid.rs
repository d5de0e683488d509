//! Experiment grids: the list of runs, and running several at once.

mod pool;
mod table;

pub use pool::{Finished, run};
pub use table::{Block, Cell, Run, Score, blocks, text};
pub(super) use table::{FAULTS, Fields, LOSS, MARKS, closeness, fields, heading};

use super::reference::Set;
use monolayer::data::Images;
use monolayer::train::{Config, Field};

/// The most runs of one grid.
pub const MOST_RUNS: usize = 100_000;

/// The axes, in the order of the reference's table.
const ORDER: [Field; 9] = [
    Field::ACTIVATION,
    Field::LR,
    Field::HIDDEN,
    Field::LAMBDA,
    Field::BATCH,
    Field::EPOCHS,
    Field::STEP,
    Field::SCALE,
    Field::SEED,
];

/// The values that fields of a configuration take, each as its text; other fields have their default.
#[derive(Clone, Debug)]
pub struct Axes(Vec<(Field, Vec<String>)>);

/// One configuration, the default.
impl Default for Axes {
    fn default() -> Self {
        Self::of(&Config::default())
    }
}

impl Axes {
    /// This configuration alone.
    pub fn of(config: &Config) -> Self {
        // What is no axis of the table has one value, wherever it stands.
        let is_other = |field: &Field| ORDER.iter().all(|axis| axis.name != field.name);
        let fields = Field::ALL.into_iter().filter(is_other).chain(ORDER);
        Self(fields.map(|field| (field, vec![field.text(config)])).collect())
    }

    /// The reference's 36 rows on `set`, with seed 1.
    pub fn reference(set: Set) -> Self {
        let mut axes = Self::default();
        for field in ORDER {
            axes.set(field, set.rows().iter().map(|row| field.text(&set.config(row))));
        }
        axes
    }

    /// Replaces the values of an axis; repeated ones are left out.
    pub fn set(&mut self, field: Field, values: impl IntoIterator<Item = impl AsRef<str>>) {
        let Some((_, axis)) = self.0.iter_mut().find(|(axis, _)| axis.name == field.name) else { return };
        axis.clear();
        for value in values {
            let mut config = Config::default();
            if field.set(&mut config, value.as_ref()).is_ok() && !axis.contains(&field.text(&config)) {
                axis.push(field.text(&config));
            }
        }
    }

    /// Every combination, in the order of the reference's table, seeds next to each other; `None` where there
    /// are more than [`MOST_RUNS`].
    pub fn configs(&self) -> Option<Vec<Config>> {
        let count = self.0.iter().try_fold(1usize, |count, (_, values)| count.checked_mul(values.len()));
        count.filter(|&count| count <= MOST_RUNS)?;
        // Each axis varies faster than those before it.
        let mut configs = vec![Config::default()];
        for (field, values) in &self.0 {
            let with = |config: &Config, value: &String| {
                let mut config = config.clone();
                let _ = field.set(&mut config, value); // `set` has kept only values that it takes
                config
            };
            configs = configs
                .iter()
                .flat_map(|config| values.iter().map(move |value| with(config, value)))
                .collect();
        }
        Some(configs)
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
    /// An estimate of its work, comparable among the runs of a grid.
    pub cost: u64,
}

impl Job {
    /// A run on `data` whose training images have `pixels_at_work` ([`pixels_at_work`]).
    pub fn new(row: usize, data: usize, config: Config, pixels_at_work: u64) -> Self {
        let units = (config.hidden as u64).saturating_mul(u64::from(config.epochs));
        Self { row, data, cost: units.saturating_mul(pixels_at_work), config }
    }
}

/// What an epoch's work grows with, for each hidden unit: the pixels, or, where skipping zeros is less work,
/// 5/2 times those that are not 0 (MNIST's 19 % took 0.45 times as long as all of them).
pub fn pixels_at_work(images: &Images) -> u64 {
    let pixels = images.pixels();
    let nonzero = pixels.iter().filter(|&&pixel| pixel != 0).count() as u64;
    let (all, skipping) = (pixels.len() as u64, nonzero.saturating_mul(5) / 2);
    if skipping < all { skipping } else { all }
}

/// The runs of machine `index` of `count`, from 1, the longest first: each run goes to the machine with the
/// least work so far. The shares follow from the grid alone, so that together they are the whole grid.
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
        let mut axes = Axes::default();
        axes.set(Field::SEED, ["3", "1"]);
        axes.set(Field::HIDDEN, ["5", "6", "05"]);
        let order: Vec<_> = axes.configs().unwrap().iter().map(|c| (c.hidden, c.seed)).collect();
        assert_eq!(order, [(5, 3), (5, 1), (6, 3), (6, 1)]);
        let with = |field: Field, count: usize, axes: &Axes| {
            let mut axes = axes.clone();
            axes.set(field, (1..=count).map(|n| n.to_string()));
            axes
        };
        assert_eq!(with(Field::LR, 0, &axes).configs(), Some(vec![]));
        let many = with(Field::SEED, MOST_RUNS / 4 + 1, &axes);
        assert_eq!(many.configs().map(|configs| configs.len()), Some(MOST_RUNS / 4 * 2 + 2));
        assert_eq!(with(Field::BATCH, 2, &many).configs(), None);
        let most = [Field::BATCH, Field::EPOCHS, Field::LR, Field::LAMBDA].into_iter();
        assert_eq!(most.fold(many, |axes, field| with(field, 1 << 12, &axes)).configs(), None);
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
