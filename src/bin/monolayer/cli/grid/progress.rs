//! The progress of a grid: a line for each finished run, and a bar on a terminal.

use std::time::Instant;

use crate::cli::args::Given;
use crate::cli::console::{Screen, grouped, message};
use crate::cli::options::Opt;
use crate::cli::progress::{BarLine, bar_line, left};
use crate::lab::grid::{Finished, Job, Run};

/// How far a grid is.
pub struct Progress {
    quiet: bool,
    screen: Screen,
    started: Instant,
    /// Runs that are done, and of how many.
    done: usize,
    of: usize,
    /// Work that is done, in this process, and in all.
    work: f64,
    of_work: f64,
    line: BarLine,
}

impl Progress {
    /// For the runs `todo` of a share of `of` runs.
    pub fn new(todo: &[Job], of: usize, given: &Given, screen: Screen) -> Self {
        let of_work = todo.iter().map(|job| job.cost as f64).sum();
        let (quiet, done) = (given.has(Opt::Quiet), of - todo.len());
        Self {
            quiet,
            screen,
            started: Instant::now(),
            done,
            of,
            work: 0.0,
            of_work,
            line: BarLine::default(),
        }
    }

    /// An epoch of a run is done.
    pub fn epoch(&mut self, job: &Job) {
        self.work += job.cost as f64 / f64::from(job.config.epochs);
        if !self.quiet && self.screen.live && self.line.is_due(Instant::now()) {
            let head = format!("run {}/{}", self.done, self.of);
            let columns = self.screen.line_columns();
            self.line.redraw(&bar_line(&head, self.work / self.of_work, self.left(), columns));
        }
    }

    /// A run is done.
    pub fn finished(&mut self, run: &Run, finished: &Finished) {
        self.done += 1;
        if self.quiet {
            return;
        }
        let config = &run.config;
        let came_to = match finished {
            Finished::Trained { fit, evaluation } => {
                format!("{} errors, {:.2} s", grouped(evaluation.faults as u64), fit.seconds)
            }
            Finished::Diverged { epoch } => format!("diverged in epoch {epoch}"),
        };
        let left = self.left().map_or_else(String::new, |left| format!("; {left}"));
        self.line.redraw("");
        message(&format!(
            "run {}/{}: {} {} {}, lr {:?}, lambda {:?}, seed {}: {came_to}{left}\n",
            self.done,
            self.of,
            run.dataset,
            config.activation.name(),
            config.hidden,
            config.lr,
            config.lambda,
            config.seed
        ));
    }

    /// Takes the bar away.
    pub fn finish(&mut self) {
        self.line.redraw("");
    }

    /// The time that the rest will take.
    fn left(&self) -> Option<String> {
        let elapsed = self.started.elapsed().as_secs_f64();
        left(elapsed, self.work, self.of_work - self.work).filter(|_| self.done < self.of)
    }
}
