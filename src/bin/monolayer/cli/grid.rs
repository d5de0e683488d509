//! `grid`: many runs, resumable, and their table beside the reference's.

mod line;
mod progress;

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use super::args::{self, Given};
use super::console::{Console, grouped, message, printable};
use super::error::Error;
use super::inputs::{self, Data};
use super::outcome::plural;
use super::report::ReportFile;
use crate::lab::grid::{self, Axes, Finished, Follower, Job, Run};
use crate::lab::reference::Set;
use monolayer::data::{CifarLabels, Images, Kind};
use monolayer::store::{self, Journal};
use monolayer::train::{Config, Machine, Step};
use progress::Progress;

/// Bytes of results that are read at most: some two million lines.
const MOST_RESULTS: u64 = 1 << 30;

/// What says which runs to do, and nothing of results that are there.
const OF_RUNS: &[&str] = &[
    "data",
    "mnist",
    "cifar",
    "labels",
    "hidden",
    "activation",
    "lr",
    "lambda",
    "batch",
    "epochs",
    "step",
    "scale",
    "seeds",
    "shard",
    "out",
    "isa",
    "threads",
];

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    if !given.operands.is_empty() {
        return table_of_files(given, console);
    }
    let machine = inputs::machine(given)?;
    let report = ReportFile::given(given, console)?;
    let path = given.required_path("out")?; // there is a default
    let name = path.to_string_lossy();
    let mut waiting = |time: Duration| {
        if !given.flag("quiet") {
            let (name, seconds) = (printable(&name), time.as_secs());
            message(&format!("{name}.lock is there: watching for {seconds} s whether its owner lives\n"));
        }
    };
    let (journal, lines) = Journal::open(Path::new(path), line::START, MOST_RESULTS, &mut waiting)?;
    let mut results = Results::default();
    results.read(&name, &lines, true)?;
    drop(lines);

    let sources = sources(given)?;
    let jobs = jobs(given, &sources)?;
    let all = jobs.len();
    let mut runs: Vec<Run> = jobs.iter().map(|job| line::run(job, &sources[job.data].data.set)).collect();
    let (index, count) = given.share("shard").unwrap_or((1, 1));
    let mut jobs = grid::shard(jobs, index as usize, count as usize);
    let share = jobs.len();
    // By the whole share, not by what is left of it: a run's line says how many threads it had.
    let workers = machine.threads.min(share.max(1));
    let machine = Machine { threads: machine.threads / workers, ..machine };

    let json = given.flag("json");
    let mut printed = Ok(());
    let mut done = vec![false; all];
    for job in &jobs {
        if let Some(&(found, ref line)) = results.by_key.get(&runs[job.row].key()) {
            done[job.row] = true;
            runs[job.row] = results.runs[found].clone();
            if json {
                printed = printed.and_then(|()| console.print_line_now(line));
            }
        }
    }
    jobs.retain(|job| !done[job.row]);
    drop(results);
    if !given.flag("quiet") {
        message(&described(&sources, (all, share, jobs.len()), &name, (workers, machine.threads)));
    }
    let progress = Progress::new(&jobs, share, given, console.stderr);
    let mut sink = Sink {
        journal,
        console,
        json,
        printed,
        machine,
        progress,
        runs: &mut runs,
        done: &mut done,
        failure: None,
    };
    let images = sources.iter().map(Source::images).collect::<Result<Vec<_>, _>>()?;
    let end = grid::run(&jobs, &images, machine, workers, &mut sink);
    sink.progress.finish();
    let Sink { failure, printed, .. } = sink;
    failure.map_or(Ok(()), Err)?;
    end?;
    let finished: Vec<Run> =
        runs.into_iter().zip(done).filter(|(_, done)| *done).map(|(run, _)| run).collect();
    let printed = if json { printed } else { console.print_now(&grid::text(&finished)) };
    report.map_or(Ok(()), |report| report.write_grid(&finished, given))?;
    Ok(printed?)
}

/// Takes what the runs come to.
struct Sink<'a> {
    journal: Journal,
    console: &'a mut Console,
    json: bool,
    /// What came of printing lines. That nobody reads them is no reason not to do the rest: the results file takes it.
    printed: io::Result<()>,
    machine: Machine,
    progress: Progress,
    /// In the order of the table, with those of other shares.
    runs: &'a mut [Run],
    done: &'a mut [bool],
    /// What the grid ends with.
    failure: Option<Error>,
}

impl Follower for Sink<'_> {
    fn epoch(&mut self, job: &Job) {
        self.progress.epoch(job);
    }

    fn finished(&mut self, job: &Job, finished: Finished) -> ControlFlow<()> {
        let run = &mut self.runs[job.row];
        let text = line::write(run, &finished, self.machine).text();
        if let Err(error) = self.journal.append(&text) {
            self.failure = Some(error.into());
            return ControlFlow::Break(());
        }
        self.done[job.row] = true;
        self.progress.finished(run, &finished);
        if self.json && self.printed.is_ok() {
            self.printed = self.console.print_line_now(&text);
        }
        ControlFlow::Continue(())
    }
}

/// Results that were read.
#[derive(Default)]
struct Results {
    runs: Vec<Run>,
    /// The index of each run, by [`Run::key`], and its line.
    by_key: HashMap<String, (usize, String)>,
}

impl Results {
    /// Reads the lines of a results file, which is perhaps to be added to. Lines that say the same as others, as after
    /// putting files together twice, are passed over.
    ///
    /// # Errors
    /// A line is no result, or a run's weights are others than those of the same run before.
    fn read(&mut self, file: &str, lines: &[u8], adding: bool) -> Result<(), Error> {
        for (number, text) in lines.split(|&byte| byte == b'\n').enumerate() {
            let wrong = |why| Error::Results { file: file.into(), line: number + 1, why, adding };
            let text = core::str::from_utf8(text).map_err(|_| wrong("it is not UTF-8".into()))?.trim();
            if text.is_empty() {
                continue;
            }
            let run = line::read(text).map_err(wrong)?;
            let print = |run: &Run| run.score.map(|score| score.fingerprint);
            match self.by_key.get(&run.key()) {
                None => {
                    self.by_key.insert(run.key(), (self.runs.len(), text.into()));
                    self.runs.push(run);
                }
                Some(&(found, _)) if print(&self.runs[found]) == print(&run) => {}
                Some(_) => {
                    let why =
                        "the same run stands further up with another fingerprint: one of the two is wrong";
                    return Err(wrong(why.into()));
                }
            }
        }
        Ok(())
    }
}

/// The table of results that are there.
fn table_of_files(given: &Given, console: &mut Console) -> Result<(), Error> {
    if let Some(&option) = OF_RUNS.iter().find(|name| given.has(name)) {
        return Err(args::Error::OfRuns { option }.into());
    }
    let report = ReportFile::given(given, console)?;
    let mut results = Results::default();
    for path in &given.operands {
        let lines = store::read(Path::new(path), MOST_RESULTS)?;
        results.read(&inputs::name_of(path), &lines, false)?;
    }
    if let ([file, ..], []) = (given.operands.as_slice(), results.runs.as_slice()) {
        return Err(Error::NoResults { file: inputs::name_of(file), of: given.operands.len() });
    }
    let mut print_line = |run: &Run| console.print(&format!("{}\n", results.by_key[&run.key()].1));
    let printed = match given.flag("json") {
        true => results.runs.iter().try_for_each(&mut print_line),
        false => console.print(&grid::text(&results.runs)),
    };
    let printed = printed.and_then(|()| console.flush());
    report.map_or(Ok(()), |report| report.write_grid(&results.runs, given))?;
    Ok(printed?)
}

/// Data to run rows on.
struct Source {
    data: Data,
    /// The half of the reference's table whose rows are the default.
    reference: Option<Set>,
}

impl Source {
    /// Its training images, its test images, and the number of classes.
    ///
    /// # Errors
    /// It lacks one or the other.
    fn images(&self) -> Result<(&Images, &Images, usize), Error> {
        let Data { set, name } = &self.data;
        let lacking = |lacking| Error::NoImages { data: name.clone(), lacking };
        let images = set.train.as_ref().ok_or_else(|| lacking("training"))?;
        let tests = set.test.as_ref().ok_or_else(|| lacking("test"))?;
        Ok((images, tests, set.classes.len()))
    }
}

/// The data that the options name: MNIST, CIFAR-10, others, or else the embedded digits.
///
/// # Errors
/// One cannot be read, or is not the one that the reference's rows are about.
fn sources(given: &Given) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    // MNIST also in the reference's own text files.
    let references =
        [("mnist", Set::Mnist, &[Kind::Mnist, Kind::Text][..]), ("cifar", Set::Cifar10, &[Kind::Cifar10])];
    for (option, set, kinds) in references {
        let Some(path) = given.path(option) else { continue };
        let data = inputs::data_of(path, CifarLabels::Fine)?;
        if !kinds.contains(&data.set.kind) {
            let kind = data.set.kind.name();
            return Err(Error::NotTheReferences { option, data: data.name, kind });
        }
        sources.push(Source { data, reference: Some(set) });
    }
    if sources.is_empty() || given.has("data") {
        sources.push(Source { data: inputs::data(given)?, reference: None });
    }
    Ok(sources)
}

/// The runs that the options spell, in the order of the table.
///
/// # Errors
/// There are too many, or one has a value out of its range, or no images.
fn jobs(given: &Given, sources: &[Source]) -> Result<Vec<Job>, Error> {
    let mut jobs = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let (images, ..) = source.images()?;
        let axes = source.reference.map_or_else(|| Axes::of(&Config::default()), Axes::reference);
        let configs = with_options(axes, given).configs();
        let configs = configs.filter(|configs| jobs.len() + configs.len() <= grid::MOST_RUNS);
        let work = grid::pixels_at_work(images);
        for config in configs.ok_or(args::Error::TooManyRuns)? {
            config.check()?;
            jobs.push(Job::new(jobs.len(), index, config, work));
        }
    }
    Ok(jobs)
}

/// The axes with the options' values in the place of the defaults.
fn with_options(mut axes: Axes, given: &Given) -> Axes {
    fn put<T: PartialEq>(given: &Given, name: &str, axis: &mut Vec<T>, values: impl IntoIterator<Item = T>) {
        if given.has(name) {
            axis.clear();
            for value in values {
                if !axis.contains(&value) {
                    axis.push(value);
                }
            }
        }
    }
    let sizes = |name| given.wholes(name).into_iter().map(|n| n as usize);
    put(given, "hidden", &mut axes.hidden, sizes("hidden"));
    put(given, "batch", &mut axes.batch, sizes("batch"));
    put(given, "epochs", &mut axes.epochs, given.wholes("epochs").into_iter().map(|n| n as u32));
    put(given, "seeds", &mut axes.seed, given.wholes("seeds"));
    put(given, "lr", &mut axes.lr, given.reals("lr"));
    put(given, "lambda", &mut axes.lambda, given.reals("lambda"));
    put(given, "scale", &mut axes.scale, given.reals("scale").into_iter().map(|x| x as f32));
    let words = |name| given.words(name).into_iter();
    put(given, "activation", &mut axes.activation, words("activation").filter_map(|name| name.parse().ok()));
    put(given, "step", &mut axes.step, words("step").filter_map(Step::from_name));
    axes
}

/// What is going to be done.
fn described(
    sources: &[Source],
    (all, share, todo): (usize, usize, usize),
    file: &str,
    pool: (usize, usize),
) -> String {
    let names: Vec<String> = sources.iter().map(|source| printable(&source.data.name)).collect();
    let (workers, threads) = pool;
    let count = |n: usize, what: &str| format!("{} {what}{}", grouped(n as u64), plural(n));
    let mut out = format!("{} on {}", count(all, "run"), names.join(" and "));
    if share < all {
        out += &format!("; this share has {}", grouped(share as u64));
    }
    if todo < share {
        out += &format!("; {} has {}", printable(file), grouped((share - todo) as u64));
    }
    out + &format!("; {workers} at once, {} each\n", count(threads, "thread"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str) -> Given {
        args::parse(line.split(' ').map(std::ffi::OsString::from)).unwrap()
    }

    #[test]
    fn options_take_the_place_of_the_references_values() {
        let reference = Axes::reference(Set::Cifar10);
        assert_eq!(with_options(reference.clone(), &given("grid --mnist a --cifar b")), reference);
        let axes = with_options(
            reference.clone(),
            &given(
                "grid --hidden 100,7,100 --activation cos,tanh --seeds 3,18446744073709551615 --step sum --scale 2",
            ),
        );
        let expected = Axes {
            hidden: vec![100, 7],
            activation: vec![monolayer::Activation::Cos, monolayer::Activation::Tanh],
            seed: vec![3, u64::MAX],
            step: vec![Step::Sum],
            scale: vec![2.0],
            ..reference
        };
        assert_eq!(axes, expected);
        let own = Axes::of(&Config::default());
        let axes = with_options(own.clone(), &given("grid --lr 0.1,1e-5 --lambda 0 --batch 1,2 --epochs 3"));
        let expected =
            Axes { lr: vec![0.1, 1e-5], lambda: vec![0.0], batch: vec![1, 2], epochs: vec![3], ..own };
        assert_eq!(axes, expected);
    }

    #[test]
    fn every_option_of_runs_is_known() {
        let options = super::super::options::Command::Grid.options().map(|option| option.name);
        let others: Vec<_> = options.filter(|name| !OF_RUNS.contains(name)).collect();
        assert_eq!(others, ["report", "json", "quiet", "help", "version"]);
    }
}
