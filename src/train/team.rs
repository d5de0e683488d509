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
    /// # Panics
    /// If another worker panicked: it will never arrive.
    pub(super) fn wait(&self) {
        let generation = self.generation.load(SeqCst);
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.size {
            self.arrived.store(0, SeqCst);
            self.generation.store(generation.wrapping_add(1), SeqCst);
            self.wake();
            return;
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
        assert!(!self.broken.load(SeqCst), "another worker panicked");
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

/// One worker's membership.
pub(super) struct Member<'a>(&'a Team);

impl Drop for Member<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, SeqCst);
            self.0.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::string::String;
    use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
    use std::thread::{self, sleep, yield_now};
    use std::time::Duration;

    /// Ends the process if the test that holds it is not done in 20 seconds: a worker that nobody wakes up would
    /// wait for ever.
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
                        team.wait();
                        assert_eq!(count.load(SeqCst), (round + 1) * workers);
                        team.wait();
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
                        team.wait();
                        assert_eq!(count.load(SeqCst), (round + 1) * workers);
                        team.wait();
                    }
                });
            }
        });
        assert_eq!(team.sleepers.load(SeqCst), 0);
    }

    /// Runs a team of 3 of which worker 1 panics after `before`; what each worker said in the end.
    fn panicking(before: fn(&Team)) -> [Option<String>; 3] {
        let team = Team::new(3);
        thread::scope(|scope| {
            let workers = [0, 1, 2].map(|worker| {
                let team = &team;
                scope.spawn(move || {
                    let _member = team.member();
                    if worker == 1 {
                        before(team);
                        panic!("planted");
                    }
                    team.wait();
                })
            });
            workers.map(|worker| worker.join().err()?.downcast_ref::<&str>().map(|text| String::from(*text)))
        })
    }

    #[test]
    fn a_panic_reaches_all() {
        let _deadline = deadline("a_panic_reaches_all");
        let before: [fn(&Team); 2] = [|_| {}, let_the_others_park];
        for before in before {
            let said = panicking(before);
            let said = said.each_ref().map(Option::as_deref);
            assert_eq!(said, ["another worker panicked", "planted", "another worker panicked"].map(Some));
        }
    }
}
