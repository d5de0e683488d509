//! Doing the runs of a grid.

use super::Job;
use monolayer::data::Images;
use monolayer::train::{self, Error, Evaluation, Fit, Machine, Session};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How a run ended.
#[derive(Debug)]
pub enum Finished {
    /// It was trained, and tested.
    Trained {
        /// The trained network.
        fit: Fit,
        /// How it does on the test images.
        evaluation: Box<Evaluation>,
    },
    /// A weight was no longer finite at the end of this epoch.
    Diverged {
        /// From 1.
        epoch: u32,
    },
}

/// Hears of a grid's runs as they go, of one thing at a time.
pub trait Follower: Send {
    /// An epoch of a run is done.
    fn epoch(&mut self, job: &Job) {
        let _ = job;
    }
    /// A run is done. `Break` ends the grid; runs that are under way are given up.
    fn finished(&mut self, job: &Job, finished: Finished) -> ControlFlow<()>;
}

/// Does the runs, `workers` at once, each on `machine`. `data` has the training and the test images that jobs
/// name.
///
/// Two runs with a thread each are faster than one after the other with two: nobody waits at a batch's
/// barriers.
///
/// # Errors
/// Training or testing failed otherwise than by diverging, or a thread could not be started.
pub fn run(
    jobs: &[Job],
    data: &[(&Images, &Images, usize)],
    machine: Machine,
    workers: usize,
    follower: &mut dyn Follower,
) -> Result<(), Error> {
    let pool = Pool {
        jobs,
        data,
        machine,
        next: AtomicUsize::new(0),
        over: AtomicBool::new(false),
        follower: Mutex::new(follower),
    };
    thread::scope(|scope| {
        let mut others = std::vec::Vec::new();
        for started in 1..workers {
            match thread::Builder::new().spawn_scoped(scope, || pool.work()) {
                Ok(thread) => others.push(thread),
                Err(_) => {
                    pool.over.store(true, Ordering::Relaxed);
                    return Err(Error::Threads { asked: workers, started });
                }
            }
        }
        let mut done = pool.work();
        for thread in others {
            match thread.join() {
                Ok(other) => done = done.and(other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}

struct Pool<'a> {
    jobs: &'a [Job],
    /// Training images, test images, classes.
    data: &'a [(&'a Images, &'a Images, usize)],
    machine: Machine,
    next: AtomicUsize,
    over: AtomicBool,
    follower: Mutex<&'a mut dyn Follower>,
}

impl Pool<'_> {
    fn work(&self) -> Result<(), Error> {
        let end = self.runs();
        if end.is_err() {
            self.over.store(true, Ordering::Relaxed);
        }
        end
    }

    fn runs(&self) -> Result<(), Error> {
        while let Some(job) = self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let finished = self.train(job)?;
            let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
            if self.over.load(Ordering::Relaxed) {
                break; // the run may have been given up in its midst
            }
            if follower.finished(job, finished).is_break() {
                self.over.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Trains and tests, unless the grid is over meanwhile.
    fn train(&self, job: &Job) -> Result<Finished, Error> {
        let (images, tests, classes) = self.data[job.data];
        let mut session = Session::new(images, classes, &job.config, self.machine)?;
        for report in session.by_ref() {
            match report {
                Err(Error::Diverged { epoch, .. }) => return Ok(Finished::Diverged { epoch }),
                report => report?,
            };
            if self.over.load(Ordering::Relaxed) {
                break;
            }
            self.follower.lock().unwrap_or_else(PoisonError::into_inner).epoch(job);
        }
        let fit = session.into_state().into_fit();
        let evaluation = train::evaluate(&fit.network.params(), tests, self.machine)?;
        Ok(Finished::Trained { fit, evaluation: Box::new(evaluation) })
    }
}
