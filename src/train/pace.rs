//! Whether the workers of a team do a batch together, or worker 0 does it alone.
//!
//! A batch's phases end when the slowest worker's part does. One that shares its processor with another program runs for
//! some milliseconds and then waits for as many, and all others with it: two workers then take longer than one. So do
//! workers whose parts are smaller than what it takes to meet. Which it is can only be measured, again and again, because
//! the other program comes and goes:
//!
//! ```text
//! together  for WINDOW; then, was that slower than alone was?
//!           yes: alone, for a while that doubles each time, then back for another WINDOW
//!           no: on, with a glance at how fast alone is, which becomes rarer
//! ```
//!
//! The others sleep meanwhile. Who computes what cannot change a bit, and no time does either.

/// How long is measured, and how often, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    /// Together, until the comparison: several turns of a scheduler (2 to 4 ms each).
    window: f64,
    /// Alone, at a glance: nobody is waited for, so less will do.
    glance: f64,
    /// The shortest time between two comparisons of a kind, and the longest.
    pause: (f64, f64),
}

impl Rhythm {
    /// Together on an idle machine all but 5 ms in 2 s are. Alone on a busy one all but 15 in 1,000 ms are.
    pub(super) const USUAL: Self = Self { window: 0.015, glance: 0.005, pause: (0.03, 1.0) };
    /// Changes as often as it can, for tests.
    #[cfg(test)]
    pub(super) const RESTLESS: Self =
        Self { window: 0.0, glance: f64::MIN_POSITIVE, pause: (f64::MIN_POSITIVE, f64::MIN_POSITIVE) };
}

/// What worker 0 knows of the team's speed.
#[derive(Debug)]
pub(super) struct Pace {
    rhythm: Rhythm,
    /// Batches together since the last comparison, and their seconds.
    tally: (usize, f64),
    /// Seconds a batch alone, when that was last measured.
    alone: Option<f64>,
    /// Seconds alone that are left; 0: together.
    left: f64,
    /// For how long alone, if together is slower once more.
    absence: f64,
    /// Seconds together until the next glance, and how many it will then be.
    glance: (f64, f64),
}

impl Pace {
    /// Of a team of `workers`: one worker is always alone.
    pub(super) fn new(workers: usize, rhythm: Rhythm) -> Self {
        let left = if workers == 1 { f64::INFINITY } else { 0.0 };
        Self {
            rhythm,
            tally: (0, 0.0),
            alone: None,
            left,
            absence: rhythm.pause.0,
            glance: (0.0, rhythm.pause.0),
        }
    }

    /// How many batches worker 0 is to do alone now; 0: the next one is done together.
    pub(super) fn alone(&self) -> usize {
        if self.left <= 0.0 {
            return 0;
        }
        // A cast saturates.
        self.alone.map_or(1, |seconds| (self.left / seconds) as usize).max(1)
    }

    /// So many batches were done, `alone` or together, in so many seconds.
    pub(super) fn took(&mut self, batches: usize, alone: bool, seconds: f64) {
        if alone {
            self.alone = Some(seconds / batches as f64);
            self.left -= seconds;
            return;
        }
        self.tally = (self.tally.0 + batches, self.tally.1 + seconds);
        let (batches, sum) = self.tally;
        if sum < self.rhythm.window {
            return;
        }
        self.tally = (0, 0.0);
        let (least, most) = self.rhythm.pause;
        if self.alone.is_some_and(|alone| sum / batches as f64 > alone) {
            self.left = self.absence;
            self.absence = twice(self.absence, most);
            return;
        }
        self.absence = least;
        self.glance.0 -= sum;
        if self.glance.0 <= 0.0 {
            self.left = self.rhythm.glance;
            self.glance = (self.glance.1, twice(self.glance.1, 2.0 * most));
        }
    }
}

/// Twice as long, but at most `most`.
fn twice(seconds: f64, most: f64) -> f64 {
    if 2.0 * seconds < most { 2.0 * seconds } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds of a run of `batches`, a batch together and alone taking what `costs` says at that time, and the share of
    /// the batches that were done alone.
    fn run(workers: usize, batches: usize, costs: impl Fn(f64) -> (f64, f64)) -> (f64, f64) {
        let mut pace = Pace::new(workers, Rhythm::USUAL);
        let (mut seconds, mut done, mut done_alone) = (0.0, 0, 0);
        while done < batches {
            let alone = pace.alone();
            let count = alone.clamp(1, batches - done);
            let before = seconds;
            for _ in 0..count {
                let (together, by_one) = costs(seconds);
                seconds += if alone > 0 { by_one } else { together };
            }
            pace.took(count, alone > 0, seconds - before);
            done += count;
            done_alone += if alone > 0 { count } else { 0 };
        }
        (seconds, done_alone as f64 / batches as f64)
    }

    #[test]
    fn a_team_that_is_faster_stays_together() {
        let (seconds, alone) = run(2, 200_000, |_| (80e-6, 120e-6));
        assert!(alone < 0.005 && seconds < 200_000.0 * 80e-6 * 1.003, "{seconds} {alone}");
    }

    #[test]
    fn a_team_that_is_slower_is_left_to_sleep() {
        let (seconds, alone) = run(2, 100_000, |_| (240e-6, 120e-6));
        assert!(alone > 0.98 && seconds < 100_000.0 * 120e-6 * 1.03, "{seconds} {alone}");
    }

    /// Of every 6 ms the second worker runs for 3: batches begun in the other 3 wait for their end.
    #[test]
    fn turns_of_a_scheduler_are_seen_through() {
        let (seconds, _) = run(2, 100_000, |now| {
            let phase = now % 6e-3;
            (if phase < 3e-3 { 80e-6 } else { 6e-3 - phase + 80e-6 }, 120e-6)
        });
        assert!(seconds < 100_000.0 * 120e-6 * 1.05, "{seconds}");
    }

    /// Busy for the first ten seconds; free for the first five.
    #[test]
    fn what_changes_is_noticed() {
        let (free, busy) = ((70e-6, 120e-6), (300e-6, 120e-6));
        let (seconds, _) = run(2, 250_000, |now| if now < 10.0 { busy } else { free });
        let best = 10.0 + (250_000.0 - 10.0 / 120e-6) * 70e-6;
        assert!(seconds < 1.05 * best, "{seconds} {best}");
        let (seconds, _) = run(2, 250_000, |now| if now < 5.0 { free } else { busy });
        let best = 5.0 + (250_000.0 - 5.0 / 70e-6) * 120e-6;
        assert!(seconds < 1.05 * best, "{seconds} {best}");
    }

    #[test]
    fn one_worker_never_waits_for_anybody() {
        assert_eq!(run(1, 1000, |_| (1.0, 1.0)).1, 1.0);
    }
}
