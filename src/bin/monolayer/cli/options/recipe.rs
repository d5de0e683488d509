//! The recipes: configurations to start from.

use monolayer::train::{Config, Schedule, Step};

/// A configuration with a name, fit for a kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// The reference program's.
    Reference,
    /// For mapped tables.
    Table,
}

impl Recipe {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Table => "table",
        }
    }

    /// The configuration for so many training samples and classes.
    pub fn config(self, samples: usize, classes: usize) -> Config {
        let reference = Config::default();
        if self == Self::Reference {
            return reference;
        }
        let batch = 20;
        let steps = samples.div_ceil(batch).max(1);
        let least = if classes >= 10 { 3_000_usize.div_ceil(steps) as u32 } else { 0 };
        Config {
            hidden: if samples < 1_000 { 16 } else { 32 },
            lr: 0.3,
            schedule: Schedule::Cosine,
            batch,
            epochs: least.max(100),
            step: Step::Mean,
            scale: 64.0,
            ..reference
        }
    }
}
