//! Configurations to start from.

use super::{Config, Schedule, Step, named};
use crate::math::Activation;

/// A configuration with a name, fit for a kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// The reference program's, the default.
    Reference,
    /// For tables, whose features were mapped to bytes.
    Table,
    /// For pictures of ink on a plain ground, such as digits: 97.5 % of MNIST in the shortest time.
    Fast,
}

named!(Recipe, "recipe", [Reference = "reference", Table = "table", Fast = "fast"]);

/// What a recipe adapts to the data.
struct Row {
    /// Its configuration for many samples and few classes.
    config: Config,
    /// Hidden units under [`FEW`] training samples.
    hidden_of_few: usize,
    /// The least number of steps from [`MANY`] classes on.
    steps_of_many: usize,
}

/// Training samples from which on a recipe has all its hidden units.
const FEW: usize = 1_000;

/// Classes from which on a recipe has a least number of steps.
const MANY: usize = 10;

impl Recipe {
    fn row(self) -> Row {
        let reference = Config::default();
        match self {
            Self::Reference => Row { hidden_of_few: reference.hidden, steps_of_many: 0, config: reference },
            Self::Table => Row {
                hidden_of_few: 16,
                steps_of_many: 3_000,
                config: Config {
                    activation: Activation::Tanh,
                    hidden: 32,
                    lr: 0.3,
                    schedule: Schedule::Cosine,
                    lambda: 0.01,
                    batch: 20,
                    epochs: 100,
                    step: Step::Mean,
                    centre: 128.0,
                    scale: 64.0,
                    ..reference
                },
            },
            Self::Fast => Row {
                hidden_of_few: 100,
                steps_of_many: 0,
                config: Config {
                    activation: Activation::Cos,
                    hidden: 100,
                    lr: 0.008,
                    schedule: Schedule::Cosine,
                    lambda: 0.003,
                    batch: 100,
                    epochs: 6,
                    start_scale: 2.0,
                    ..reference
                },
            },
        }
    }

    /// The configuration for a training set of so many samples and classes.
    pub fn config(self, samples: usize, classes: usize) -> Config {
        let Row { config, hidden_of_few, steps_of_many } = self.row();
        let hidden = if samples < FEW { hidden_of_few } else { config.hidden };
        let least = if classes < MANY { 0 } else { steps_of_many };
        // An epoch has at least one step, so that the steps are few enough for 32 bits.
        let least = least.div_ceil(samples.div_ceil(config.batch).max(1)) as u32;
        Config { hidden, epochs: u32::max(config.epochs, least), ..config }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_fit_the_data() {
        for recipe in Recipe::ALL {
            assert_eq!(recipe.to_string().parse(), Ok(recipe));
            for (samples, classes) in [(0, 2), (1, 128), (60_000, 10), (usize::MAX, 128)] {
                assert_eq!(recipe.config(samples, classes).check(), Ok(()));
            }
        }
        assert_eq!(Recipe::Reference.config(7, 100), Config::default());
        let table = |samples, classes| {
            let Config { hidden, epochs, .. } = Recipe::Table.config(samples, classes);
            (hidden, epochs)
        };
        assert_eq!(table(999, 2), (16, 100));
        assert_eq!(table(1_000, 9), (32, 100));
        // 5 steps an epoch; 29, of 3,000 the 104th part is begun; 30.
        assert_eq!(table(99, 10), (16, 600));
        assert_eq!(table(561, 10), (16, 104));
        assert_eq!(table(600, 10), (16, 100));
        assert_eq!(table(0, 10), (16, 3_000));
    }
}
