//! What a run is: everything that its weights follow from, and, apart from it, the machine that does it.

use super::{Error, Field, Schedule, named, rule};
use crate::linalg::Ascent;
use crate::math::Activation;
use crate::simd::{CheckArithmetic, Isa};

/// How a batch's gradients become a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Step by lr times their sum.
    Sum,
    /// Step by lr times their mean: lr / batch, also where the last batch is short.
    Mean,
}

named!(Step, "step", "sum or mean", [Sum = "sum", Mean = "mean"]);

/// A run's configuration. With the data set it decides every bit of the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The hidden units' function h.
    pub activation: Activation,
    /// M: 1 to 65536.
    pub hidden: usize,
    /// The learning rate, greater than 0.
    pub lr: f64,
    /// Its course over the epochs.
    pub schedule: Schedule,
    /// The L2 coefficient, at least 0.
    pub lambda: f64,
    /// Samples a batch: 1 to 65536; one batch if larger than the data.
    pub batch: usize,
    /// Passes over the data: 1 to 100000.
    pub epochs: u32,
    /// By the sum of a batch's gradients or by their mean.
    pub step: Step,
    /// What pixels are divided by, in (0, 65535].
    pub scale: f32,
    /// Everything random follows from it.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            activation: Activation::Tanh,
            hidden: 300,
            lr: 0.001,
            schedule: Schedule::Constant,
            lambda: 0.01,
            batch: 100,
            epochs: 20,
            step: Step::Sum,
            scale: 255.0,
            seed: 1,
        }
    }
}

impl Config {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] names the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        for field in Field::ALL {
            let found = field.text(self);
            if !field.range.holds(&found) {
                return Err(field.wrong(&found));
            }
        }
        // The mean divides the rate by the batch.
        match self.ascent(1).eta {
            0.0 => Err(Field::LR.wrong(&Field::LR.text(self))),
            _ => Ok(()),
        }
    }

    /// The step's constants in epoch `epoch`, from 1: CONTRACT C10.
    pub fn ascent(&self, epoch: u32) -> Ascent {
        let lr = self.schedule.rate(self.lr, epoch, self.epochs);
        let eta = match self.step {
            Step::Sum => lr,
            Step::Mean => lr / self.batch as f64,
        };
        Ascent { eta: eta as f32, lambda: self.lambda as f32, raised: false }
    }
}

/// Which products a machine computes with. The result is the same, the speed is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Products {
    /// Zero-skipping if fewer than half of the pixels are not 0, as far as a sample of them tells.
    #[default]
    Auto,
    /// Every term.
    Dense,
    /// The terms whose pixel is not 0.
    ZeroSkipping,
}

named!(
    Products,
    "products",
    "auto, dense or sparse",
    [Auto = "auto", Dense = "dense", ZeroSkipping = "sparse"]
);

impl Products {
    /// What it comes to for these pixels: never [`Products::Auto`].
    pub fn chosen_for(self, pixels: &[u8]) -> Self {
        match self {
            Self::Auto if is_mostly_zero(pixels) => Self::ZeroSkipping,
            Self::Auto => Self::Dense,
            chosen => chosen,
        }
    }

    /// Whether zeros are skipped for these pixels.
    pub(super) fn skip_zeros(self, pixels: &[u8]) -> bool {
        self.chosen_for(pixels) == Self::ZeroSkipping
    }
}

/// Whether fewer than half of the pixels are not 0. Of many only a sample is looked at, pieces from all over
/// the set: to count them all would take half as long as to test a model on them.
fn is_mostly_zero(pixels: &[u8]) -> bool {
    const PIECES: usize = 64;
    const PIECE: usize = 1024;
    let (mut nonzero, mut seen) = (0, 0);
    for part in pixels.chunks(PIECE + pixels.len() / PIECES) {
        let piece = part.get(..PIECE).unwrap_or(part);
        nonzero += piece.iter().filter(|&&pixel| pixel != 0).count();
        seen += piece.len();
    }
    nonzero < seen / 2
}

/// What a run may use of this machine. It decides no bit of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The instruction set.
    pub isa: Isa,
    /// Workers: 1 to 256.
    pub threads: usize,
    /// The kind of products.
    pub products: Products,
}

impl Machine {
    /// `threads` workers, at least 1 and at most 256, with `isa`; products chosen by the data.
    pub fn new(isa: Isa, threads: usize) -> Self {
        Self { isa, threads: threads.clamp(1, 256), products: Products::Auto }
    }

    /// Whether the number of workers is in its range, and the instruction set's arithmetic the contract's.
    ///
    /// # Errors
    /// [`Error::Setting`] and [`Error::Arithmetic`].
    pub fn check(&self) -> Result<(), Error> {
        let Self { isa, threads, .. } = *self;
        rule((1..=256).contains(&threads), "threads", threads, "1 to 256")?;
        isa.run(CheckArithmetic).map_err(Error::Arithmetic)
    }

    /// The fastest instruction set and all processors.
    pub fn best() -> Self {
        Self::new(Isa::best(), std::thread::available_parallelism().map_or(1, usize::from))
    }
}

/// The configuration as `name=value` lines, in the order of [`Field::ALL`]: the model file's training text.
impl std::fmt::Display for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for field in Field::ALL.iter().filter(|field| field.is_named(self)) {
            writeln!(f, "{}={}", field.name, field.text(self))?;
        }
        Ok(())
    }
}
