//! How far training is: a bar on a terminal, plain lines elsewhere, one an epoch; and every epoch's JSON
//! object.

use std::time::{Duration, Instant};

use super::args::Given;
use super::console::{Console, grouped, message};
use super::options::{Command, Opt};
use monolayer::json::Object;
use monolayer::train::EpochReport;

/// A bar is drawn anew at most this often.
const REDRAW: Duration = Duration::from_millis(100);

/// Seconds from the start that are too few to predict the rest from.
const NO_BASIS: f64 = 0.5;

/// The progress of training: a bar or lines for people, JSON for programs.
pub struct Progress<'a> {
    console: &'a mut Console,
    quiet: bool,
    json: bool,
    /// Whether the run is for more than stdout.
    wanted: bool,
    started: Instant,
    bar: BarLine,
    course: Course,
}

/// The line of the terminal that a bar stands on, the last one.
#[derive(Default)]
pub struct BarLine {
    due_at: Option<Instant>,
    /// Whether a bar stands on it.
    drawn: bool,
}

impl BarLine {
    /// Whether to draw it anew at this time, and if so, not again too soon.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.due_at.is_none_or(|due_at| now >= due_at);
        if is_due {
            self.due_at = Some(now + REDRAW);
        }
        is_due
    }

    /// Replaces what was drawn by `line`.
    pub fn redraw(&mut self, line: &str) {
        if self.drawn || !line.is_empty() {
            message(&redrawn(line));
        }
        self.drawn = !line.is_empty();
    }
}

/// Erases the terminal's line and writes `line` on it. Wrapping is off meanwhile, so that a line that is
/// longer than a terminal of unknown width is cut off and does not scroll.
fn redrawn(line: &str) -> String {
    match line {
        "" => "\r\x1b[K".into(),
        line => format!("\r\x1b[K\x1b[?7l{line}\x1b[?7h"),
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
struct Course {
    /// From 1.
    epoch: u32,
    epochs: u32,
    /// Epochs that were done before the run was resumed.
    before: u32,
    /// Images done of this epoch, and in all it has.
    done: usize,
    of: usize,
    /// Seconds since the run began.
    elapsed: f64,
    cost: Option<f64>,
}

impl<'a> Progress<'a> {
    /// For a run of `epochs` over `of` images, of which some were done `before`.
    pub fn new(console: &'a mut Console, (before, epochs): (u32, u32), of: usize, given: &Given) -> Self {
        Self {
            console,
            quiet: given.has(Opt::Quiet),
            json: given.has(Opt::Json),
            wanted: given.command == Command::Demo
                || given.has(Opt::TargetAccuracy)
                || given.outputs().next().is_some(),
            started: Instant::now(),
            bar: BarLine::default(),
            course: Course { epoch: before + 1, epochs, before, done: 0, of, elapsed: 0.0, cost: None },
        }
    }

    /// Takes the bar away.
    pub fn finish(mut self) {
        self.bar.redraw("");
    }

    /// So many samples of the epoch are done. Called often.
    pub fn batch(&mut self, done: usize) {
        let now = Instant::now();
        if !self.quiet && self.console.stderr.live && self.bar.is_due(now) {
            self.course.done = done;
            self.course.elapsed = now.duration_since(self.started).as_secs_f64();
            self.bar.redraw(&bar(&self.course, self.console.stderr.line_columns()));
        }
    }

    /// An epoch is done. Gives whether to go on: with stdout closed, and nothing else to be written, the rest
    /// is of no use.
    pub fn epoch(&mut self, report: &EpochReport) -> bool {
        let &EpochReport { epoch, seconds, cost, held_out } = report;
        self.course = Course { epoch: epoch + 1, cost: Some(cost), ..self.course };
        if !self.quiet && !self.console.stderr.live {
            let errors = held_out.map(|found| format!(", {} errors held out", grouped(found.faults as u64)));
            let errors = errors.unwrap_or_default();
            message(&format!(
                "epoch {epoch}/{}: cost {cost:.5}{errors}, {seconds:.3} s\n",
                self.course.epochs
            ));
        }
        if !self.json {
            return true;
        }
        let mut object = Object::new().with("epoch", epoch).with("seconds", seconds).with("cost", cost);
        if let Some(found) = held_out {
            object = object.with("faults", found.faults).with("cross_entropy", found.cross_entropy);
        }
        self.bar.redraw(""); // both may be the same terminal
        // The result's line will fail as this one does, and say why.
        self.console.print_line_now(&object.text()).is_ok() || self.wanted
    }
}

/// The bar's line in at most `columns` characters.
fn bar(course: &Course, columns: usize) -> String {
    let &Course { epoch, epochs, before, done, of, elapsed, cost } = course;
    let all = f64::from(epochs) * of as f64;
    let ready = f64::from(epoch.saturating_sub(1)) * of as f64 + done as f64;
    let here = ready - f64::from(before) * of as f64;
    let mut parts = Vec::new();
    if let Some(left) = left(elapsed, here, all - ready) {
        parts = vec![left, format!("{} images/s", grouped((here / elapsed) as u64))];
    }
    parts.extend(cost.map(|cost| format!("cost {cost:.4}")));
    bar_line(&format!("epoch {epoch}/{epochs}"), ready / all, parts, columns)
}

/// `1:10 left`: how long `todo` will take, where `done` took so many seconds; `None` where it cannot be told.
pub fn left(elapsed: f64, done: f64, todo: f64) -> Option<String> {
    (elapsed >= NO_BASIS && done > 0.0).then(|| format!("{} left", clock(elapsed * todo / done)))
}

/// A line of at most `columns` ASCII characters: `head`, a bar filled to `share`, and `parts`. What does not
/// fit is left out, the bar first.
pub fn bar_line(head: &str, share: f64, parts: impl IntoIterator<Item = String>, columns: usize) -> String {
    if head.len() > columns {
        return head.split(' ').next_back().unwrap_or_default().chars().take(columns).collect();
    }
    let mut tail = String::new();
    for part in parts {
        let separator = if tail.is_empty() { "  " } else { ", " };
        if head.len() + tail.len() + separator.len() + part.len() <= columns {
            tail = tail + separator + &part;
        }
    }
    // " [", "]": a bar of at least 5 is worth showing, one of more than 40 is no better.
    let room = (columns - head.len() - tail.len()).saturating_sub(3).min(40);
    if room < 5 {
        return head.to_string() + &tail;
    }
    let filled = ((share * room as f64) as usize).min(room); // NaN, of no work at all, is 0
    format!("{head} [{}{}]{tail}", "#".repeat(filled), ".".repeat(room - filled))
}

/// Seconds as m:ss or h:mm:ss.
fn clock(seconds: f64) -> String {
    let s = seconds as u64;
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        hours => format!("{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COURSE: Course = Course {
        epoch: 3,
        epochs: 20,
        before: 0,
        done: 30_000,
        of: 60_000,
        elapsed: 10.0,
        cost: Some(0.123456),
    };

    #[test]
    fn the_bar_says_what_matters() {
        let line = bar(&COURSE, 79);
        assert_eq!(
            line,
            "epoch 3/20 [###......................]  1:10 left, 15,000 images/s, cost 0.1235",
            "{}",
            line.len()
        );
        assert_eq!(bar(&COURSE, 40), "epoch 3/20  1:10 left, 15,000 images/s");
        assert_eq!(bar(&COURSE, 24), "epoch 3/20  1:10 left");
        assert_eq!(bar(&COURSE, 12), "epoch 3/20");
        assert_eq!(bar(&COURSE, 3), "3/2");
        assert_eq!(bar(&COURSE, 0), "");
        let resumed = Course { before: 2, ..COURSE };
        assert_eq!(bar(&resumed, 40), "epoch 3/20  5:50 left, 3,000 images/s");
        let early = Course { elapsed: 0.49, ..COURSE };
        assert_eq!(bar(&early, 50), "epoch 3/20 [###.....................]  cost 0.1235");
    }

    #[test]
    fn the_bar_is_never_wider_than_the_terminal() {
        let costs = [None, Some(f64::NAN), Some(f64::INFINITY), Some(1e300), Some(0.0)];
        for columns in 0..200 {
            for (cost, done) in costs.into_iter().zip([0, 1, 100, 59_999, 60_000]) {
                for (epoch, epochs, of) in [(1, 1, 60_000), (100_000, 100_000, 60_000), (1, 7, 0)] {
                    for elapsed in [0.0, 1e-9, 1e9] {
                        let course = Course { epoch, epochs, before: 0, done, of, elapsed, cost };
                        let line = bar(&course, columns);
                        assert!(line.len() <= columns && line.is_ascii(), "{columns}: {line}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_bar_is_drawn_anew_ten_times_a_second_at_most() {
        let (mut line, start) = (BarLine::default(), Instant::now());
        let due = (0..1000).filter(|&ms| line.is_due(start + Duration::from_millis(ms)));
        assert_eq!(due.collect::<Vec<_>>(), (0..10).map(|n| n * 100).collect::<Vec<_>>());
    }

    #[test]
    fn a_bar_does_not_wrap_and_what_follows_it_does() {
        assert_eq!(redrawn("epoch 1/2"), "\r\x1b[K\x1b[?7lepoch 1/2\x1b[?7h");
        assert_eq!(redrawn(""), "\r\x1b[K");
        let mut line = BarLine::default();
        line.redraw("");
        assert!(!line.drawn);
    }

    #[test]
    fn clocks() {
        for (seconds, text) in
            [(0.0, "0:00"), (59.9, "0:59"), (61.0, "1:01"), (3600.0, "1:00:00"), (1e5, "27:46:40")]
        {
            assert_eq!(clock(seconds), text);
        }
    }
}
