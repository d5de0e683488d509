//! Workers in step: a barrier that spins a little, then parks.
//!
//! A batch lasts some tens of microseconds and has two barriers, so parking at once (a system call each way)
//! would cost as much as the work. Spinning for ever would take the processor from a worker that needs it, on
//! a machine that is busy with something else. So: spin for about as long as a system call takes, then park.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};

/// Turns of the spin loop before a worker parks: some 50 microseconds.
const SPINS: u32 = 2_000;

/// The barrier of a fixed number of workers.
#[derive(Debug, Default)]
pub(super) struct Team {
    size: usize,
    arrived: AtomicUsize,
    /// How often all have arrived; wraps.
    generation: AtomicUsize,
    sleepers: AtomicUsize,
    broken: AtomicBool,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Team {
    /// A team of `size` workers, at least 1.
    pub(super) fn new(size: usize) -> Self {
        Self { size, ..Self::default() }
    }

    /// Returns when every worker of the team has called it as often as this one.
    ///
    /// # Errors
    /// The team was disbanded: a worker will never arrive.
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
            // A worker counts itself among the sleepers before it looks at the generation for the last time,
            // and the last to arrive moves the generation before it looks for sleepers: one of them sees the
            // other.
            self.sleepers.fetch_add(1, SeqCst);
            let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            while waiting() {
                guard = self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
            }
            drop(guard);
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
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.changed.notify_all();
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
    use std::io::Write;
    use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
    use std::thread::{self, sleep, yield_now};
    use std::time::Duration;

    /// Ends the process if the test that holds it is not done in 20 seconds: a worker that nobody wakes up
    /// would wait for ever.
    fn deadline(test: &'static str) -> Sender<()> {
        let (held, done) = channel();
        thread::spawn(move || {
            if done.recv_timeout(Duration::from_secs(20)) == Err(RecvTimeoutError::Timeout) {
                // What the test prints itself is lost with the process.
                let _ = writeln!(std::io::stderr(), "{test}: workers still wait after 20 seconds");
                std::process::abort();
            }
        });
        held
    }

    /// Returns when all others of the team have given up spinning, and most likely sleep.
    fn let_the_others_park(team: &Team) {
        while team.sleepers.load(SeqCst) < team.size - 1 {
            yield_now();
        }
        sleep(Duration::from_millis(1));
    }

    #[test]
    fn nobody_runs_ahead() {
        let _deadline = deadline("nobody_runs_ahead");
        let (workers, rounds) = (5, 2000);
        let team = Team::new(workers);
        let count = AtomicUsize::new(0);
        thread::scope(|scope| {
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
    fn the_last_to_arrive_wakes_the_parked() {
        let _deadline = deadline("the_last_to_arrive_wakes_the_parked");
        let (workers, rounds) = (4, 100);
        let team = Team::new(workers);
        let count = AtomicUsize::new(0);
        thread::scope(|scope| {
            for worker in 0..workers {
                let (team, count) = (&team, &count);
                scope.spawn(move || {
                    for round in 0..rounds {
                        // Each in turn is late.
                        if worker == round % workers {
                            let_the_others_park(team);
                        }
                        count.fetch_add(1, SeqCst);
                        assert_eq!(team.wait(), Ok(()));
                        assert_eq!(count.load(SeqCst), (round + 1) * workers);
                        assert_eq!(team.wait(), Ok(()));
                    }
                });
            }
        });
        assert_eq!(team.sleepers.load(SeqCst), 0);
    }

    /// A team of 3 of which worker 1 does `last` instead of waiting; how each ended.
    fn incomplete(last: fn(&Team)) -> [thread::Result<Result<(), Disbanded>>; 3] {
        let team = Team::new(3);
        thread::scope(|scope| {
            let workers = [0, 1, 2].map(|worker| {
                let team = &team;
                scope.spawn(move || {
                    let _member = team.member();
                    if worker == 1 {
                        last(team);
                        return Ok(());
                    }
                    team.wait()
                })
            });
            workers.map(|worker| worker.join())
        })
    }

    #[test]
    fn who_will_never_arrive_is_not_waited_for() {
        let _deadline = deadline("who_will_never_arrive_is_not_waited_for");
        let panics: [fn(&Team); 2] = [
            |_| panic!("planted"),
            |team| {
                let_the_others_park(team);
                panic!("planted")
            },
        ];
        for last in panics {
            assert!(matches!(incomplete(last), [Ok(Err(Disbanded)), Err(_), Ok(Err(Disbanded))]));
        }
        let disbands: [fn(&Team); 2] = [Team::disband, |team| {
            let_the_others_park(team);
            team.disband();
        }];
        for last in disbands {
            assert!(matches!(incomplete(last), [Ok(Err(Disbanded)), Ok(Ok(())), Ok(Err(Disbanded))]));
        }
    }
}
