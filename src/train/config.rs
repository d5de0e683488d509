//! What a run is: everything that its weights follow from.

use super::{Schedule, named};
use crate::linalg::Ascent;
use crate::math::Activation;

/// How a batch's gradients become a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Step by lr times their sum.
    Sum,
    /// Step by lr times their mean: lr / batch, also where the last batch is short.
    Mean,
}

named!(Step, "step", [Sum = "sum", Mean = "mean"]);

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
    /// What is subtracted from each byte, in [-65535, 65535].
    pub centre: f32,
    /// What bytes are divided by then, in (0, 65535].
    pub scale: f32,
    /// Everything random follows from it.
    pub seed: u64,
    /// What the start weights of the hidden units are multiplied by, in (0, 65535].
    pub start_scale: f32,
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
            centre: 0.0,
            scale: 255.0,
            seed: 1,
            start_scale: 1.0,
        }
    }
}

impl Config {
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
