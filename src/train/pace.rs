//! Whether the workers of a team do a batch together, or worker 0 does it alone.
//!
//! A batch's phases end when the slowest worker's part does. One that shares its processor with another
//! program runs for some milliseconds and then waits for as many, and all others with it: two workers then
//! take longer than one. So do workers whose parts are smaller than what it takes to meet. Which it is can
//! only be measured, again and again, because the other program comes and goes:
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
    pub(super) window: f64,
    /// Alone, at a glance: without waiting for others, less will do.
    pub(super) glance: f64,
    /// For how long alone, from the first time that together was slower to the longest.
    pub(super) absence: (f64, f64),
    /// The time between two glances, from the first two to the longest.
    pub(super) between: (f64, f64),
}

impl Rhythm {
    /// On an idle machine all but 5 ms in 2 s are together, on a busy one all but 15 ms in 1 s alone.
    pub(super) const USUAL: Self =
        Self { window: 0.015, glance: 0.005, absence: (0.03, 1.0), between: (0.25, 2.0) };
    /// Changes as often as it can, for tests.
    #[cfg(test)]
    pub(super) const RESTLESS: Self = {
        let soon = (f64::MIN_POSITIVE, f64::MIN_POSITIVE);
        Self { window: 0.0, glance: soon.0, absence: soon, between: soon }
    };
}

/// What worker 0 knows of the team's speed.
#[derive(Debug)]
pub(super) struct Pace {
    rhythm: Rhythm,
    /// Batches together since the last comparison, and their seconds.
    together: (f64, f64),
    /// Batches of the last time alone, and their seconds; none before the first.
    apart: (f64, f64),
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
            together: (0.0, 0.0),
            apart: (0.0, 0.0),
            left,
            absence: rhythm.absence.0,
            glance: (0.0, rhythm.between.0),
        }
    }

    /// How many batches worker 0 is to do alone now; 0: the next one is done together.
    pub(super) fn alone(&self) -> usize {
        if self.left <= 0.0 {
            return 0;
        }
        let (batches, seconds) = self.apart;
        // A cast saturates, and of 0 / 0 it makes 0.
        ((self.left * batches / seconds) as usize).max(1)
    }

    /// So many batches were done, `alone` or together, in so many seconds.
    pub(super) fn took(&mut self, batches: f64, alone: bool, seconds: f64) {
        let tally = if alone { &mut self.apart } else { &mut self.together };
        tally.0 += batches;
        self.waited(alone, seconds);
        if !alone && self.together.1 >= self.rhythm.window {
            self.compare();
        }
    }

    /// Worker 0 waited so long for the others at the end of what was done `alone` or together.
    pub(super) fn waited(&mut self, alone: bool, seconds: f64) {
        if alone {
            self.apart.1 += seconds;
            self.left -= seconds;
        } else {
            self.together.1 += seconds;
        }
    }

    /// Decides how to go on.
    fn compare(&mut self) {
        let (batches, seconds) = std::mem::take(&mut self.together);
        let slower = self.apart.0 > 0.0 && seconds * self.apart.0 > self.apart.1 * batches;
        self.glance.0 -= seconds;
        if slower {
            self.left = self.absence;
            self.absence = twice(self.absence, self.rhythm.absence.1);
        } else {
            self.absence = self.rhythm.absence.0;
            if self.glance.0 <= 0.0 {
                self.left = self.rhythm.glance;
                self.glance = (self.glance.1, twice(self.glance.1, self.rhythm.between.1));
            }
        }
        if self.left > 0.0 {
            self.apart = (0.0, 0.0);
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

    /// Seconds of a run of `batches`, a batch together and alone taking what `costs` says at that time, and
    /// the share of the batches that were done alone.
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
            pace.took(count as f64, alone > 0, seconds - before);
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
