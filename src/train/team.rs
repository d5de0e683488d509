//! Workers in step: a barrier that spins a little, then parks.
//!
//! A batch lasts some tens of microseconds and has two barriers, so parking at once (a system call each way) would
//! cost as much as the work. Spinning for ever would take the processor from a worker that needs it, on a machine
//! that is busy with something else. So: spin for about as long as a system call takes, then park.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};

/// Turns of the spin loop before a worker parks: some 50 microseconds.
const SPINS: u32 = 2_000;

/// The barrier of a fixed number of workers.
#[derive(Debug)]
pub(super) struct Team {
    size: usize,
    arrived: AtomicUsize,
    /// How often all have arrived; wraps.
    generation: AtomicUsize,
    sleepers: AtomicUsize,
    broken: AtomicBool,
    bed: Mutex<()>,
    alarm: Condvar,
}

impl Team {
    /// A team of `size` workers, at least 1.
    pub(super) fn new(size: usize) -> Self {
        Self {
            size,
            arrived: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            bed: Mutex::new(()),
            alarm: Condvar::new(),
        }
    }

    /// Returns when every worker of the team has called it as often as this one.
    ///
    /// # Errors
    /// The team was disbanded: somebody will never arrive.
    pub(super) fn wait(&self) -> Result<(), Disbanded> {
        let generation = self.generation.load(SeqCst);
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.size {
            self.arrived.store(0, SeqCst);
            self.generation.store(generation.wrapping_add(1), SeqCst);
            self.wake();
            return Ok(());
        }
        let waiting = || self.generation.load(SeqCst) == generation && !self.broken.load(SeqCst);
        let mut spins = 0;
        while waiting() && spins < SPINS {
            spin_loop();
            spins += 1;
        }
        if waiting() {
            // A worker counts itself among the sleepers before it looks at the generation for the last time, and
            // the last to arrive moves the generation before it looks for sleepers: one of them sees the other.
            self.sleepers.fetch_add(1, SeqCst);
            let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
            while waiting() {
                bed = self.alarm.wait(bed).unwrap_or_else(PoisonError::into_inner);
            }
            drop(bed);
            self.sleepers.fetch_sub(1, SeqCst);
        }
        if self.broken.load(SeqCst) { Err(Disbanded) } else { Ok(()) }
    }

    /// Lets everybody go: those who wait, and those who will.
    pub(super) fn disband(&self) {
        self.broken.store(true, SeqCst);
        self.wake();
    }

    fn wake(&self) {
        if self.sleepers.load(SeqCst) > 0 {
            drop(self.bed.lock().unwrap_or_else(PoisonError::into_inner));
            self.alarm.notify_all();
        }
    }

    /// Held by a worker while it works: if it panics, the others do not wait for it.
    pub(super) fn member(&self) -> Member<'_> {
        Member(self)
    }
}

/// The team is no longer complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Disbanded;

/// One worker's membership.
pub(super) struct Member<'a>(&'a Team);

impl Drop for Member<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.disband();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_runs_ahead() {
        let (workers, rounds) = (5, 2000);
        let team = Team::new(workers);
        let count = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    for round in 0..rounds {
                        count.fetch_add(1, SeqCst);
                        assert_eq!(team.wait(), Ok(()));
                        assert_eq!(count.load(SeqCst), (round + 1) * workers);
                        assert_eq!(team.wait(), Ok(()));
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_reaches_all() {
        let team = Team::new(3);
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            std::thread::scope(|scope| {
                for worker in 0..3 {
                    let team = &team;
                    scope.spawn(move || {
                        let _member = team.member();
                        assert!(worker != 1, "planted");
                        assert_eq!(team.wait(), Err(Disbanded));
                    });
                }
            });
        }));
        assert!(ended.is_err());
    }
}
