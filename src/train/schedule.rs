//! The learning rate's course over the epochs: CONTRACT C10.

use super::named;
use crate::math;
use crate::simd::Scalar;

/// How the learning rate of epoch e, from 1, of T follows from the configured one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// lr.
    #[default]
    Constant,
    /// Three equal parts: lr · 1, then · 0.1, then · 0.01, where part floor(3 (e − 1) / T) counts from 0.
    Step,
    /// lr · (1 + cos(π (e − 1) / T)) / 2: from lr down almost to 0, slowly at both ends (Loshchilov and
    /// Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without restarts).
    Cosine,
}

named!(Schedule, "schedule", [Constant = "constant", Step = "step", Cosine = "cosine"]);

impl Schedule {
    /// The learning rate of epoch `epoch`, from 1, of `epochs`: `lr` times the f64 factor.
    ///
    /// The cosine's factor is the square of a cosine: as (1 + cos 2x) / 2 is cos² x, no digits are lost to
    /// the sum where it is almost 0. Both operands of the quotient are whole numbers that f32 holds.
    pub fn rate(self, lr: f64, epoch: u32, epochs: u32) -> f64 {
        let (before, epochs) = (epoch.saturating_sub(1), epochs.max(1));
        match self {
            Self::Constant => lr,
            Self::Step => match u64::from(before) * 3 / u64::from(epochs) {
                0 => lr,
                1 => lr * 0.1,
                _ => lr * 0.01,
            },
            Self::Cosine => {
                let done = before as f32 / epochs as f32;
                let c = f64::from(math::cos(Scalar, core::f32::consts::FRAC_PI_2 * done));
                lr * (c * c)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_begins_at_lr_and_never_rises() {
        for schedule in Schedule::ALL {
            assert_eq!(format!("{schedule}").parse(), Ok(schedule));
            for epochs in [1, 2, 3, 4, 7, 20, 1000, 99_999, 100_000] {
                let mut last = f64::INFINITY;
                for epoch in 1..=epochs {
                    let rate = schedule.rate(0.5, epoch, epochs);
                    assert!(rate > 0.0 && rate <= last, "{schedule:?} {epoch}/{epochs}: {rate}");
                    last = rate;
                }
                assert_eq!(schedule.rate(0.5, 1, epochs), 0.5);
            }
        }
    }

    #[test]
    fn the_cosine_is_the_cosine_and_the_steps_are_three() {
        for epochs in [1, 2, 3, 20, 1000, 100_000] {
            for epoch in 1..=epochs {
                let angle = core::f64::consts::PI * f64::from(epoch - 1) / f64::from(epochs);
                let expected = (1.0 + angle.cos()) / 2.0;
                let found = Schedule::Cosine.rate(1.0, epoch, epochs);
                assert!((found - expected).abs() < 2e-7, "{epoch}/{epochs}: {found} {expected}");
            }
        }
        let steps: std::vec::Vec<f64> = (1..=7).map(|epoch| Schedule::Step.rate(1.0, epoch, 7)).collect();
        assert_eq!(steps, [1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01]);
    }
}
