//! Doing the runs of a grid.

use super::Job;
use monolayer::data::Images;
use monolayer::train::{self, Error, Evaluation, Fit, Machine, Session};
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

/// Called after each epoch of a run, and with its result when the run is done; one call at a time. An error
/// ends the grid, and runs that are under way are given up.
pub type Follower<'a, E> = dyn FnMut(&Job, Option<Finished>) -> Result<(), E> + Send + 'a;

/// Does the runs, `workers` at once, each on `machine`. `data` has the training images, the test images and
/// the number of classes that jobs name.
///
/// Two runs with a thread each are faster than one after the other with two: no worker waits at a batch's
/// barriers.
///
/// # Errors
/// Training or testing failed otherwise than by diverging, a thread could not be started, or the follower
/// failed.
pub fn run<E: From<Error> + Send>(
    jobs: &[Job],
    data: &[(&Images, &Images, usize)],
    machine: Machine,
    workers: usize,
    follower: &mut Follower<E>,
) -> Result<(), E> {
    let pool = Pool {
        jobs,
        data,
        machine,
        next: AtomicUsize::new(0),
        over: AtomicBool::new(false),
        follower: Mutex::new(follower),
    };
    thread::scope(|scope| {
        let mut others = Vec::new();
        for started in 1..workers {
            match thread::Builder::new().spawn_scoped(scope, || pool.work()) {
                Ok(thread) => others.push(thread),
                Err(_) => {
                    pool.over.store(true, Ordering::Relaxed);
                    return Err(Error::Threads { asked: workers, started }.into());
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

struct Pool<'a, E> {
    jobs: &'a [Job],
    data: &'a [(&'a Images, &'a Images, usize)],
    machine: Machine,
    next: AtomicUsize,
    over: AtomicBool,
    follower: Mutex<&'a mut Follower<'a, E>>,
}

impl<E: From<Error>> Pool<'_, E> {
    fn work(&self) -> Result<(), E> {
        let end = self.runs();
        if end.is_err() {
            self.over.store(true, Ordering::Relaxed);
        }
        end
    }

    fn runs(&self) -> Result<(), E> {
        while let Some(job) = self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let finished = self.train(job)?;
            let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
            if self.over.load(Ordering::Relaxed) {
                break; // the run may have been given up in its midst
            }
            if let Err(error) = follower(job, Some(finished)) {
                self.over.store(true, Ordering::Relaxed); // before the next result comes
                return Err(error);
            }
        }
        Ok(())
    }

    /// Trains and tests, unless the grid is over meanwhile.
    fn train(&self, job: &Job) -> Result<Finished, E> {
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
            self.follower.lock().unwrap_or_else(PoisonError::into_inner)(job, None)?;
        }
        let fit = match session.into_fit() {
            Err(Error::Diverged { epoch, .. }) => return Ok(Finished::Diverged { epoch }),
            fit => fit?,
        };
        let evaluation = train::evaluate(&fit.network.params(), tests, self.machine)?;
        Ok(Finished::Trained { fit, evaluation: Box::new(evaluation) })
    }
}
