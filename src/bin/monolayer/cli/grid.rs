//! `grid`: many runs, resumable, and their table beside the reference's.

mod line;
mod progress;

use std::collections::HashMap;
use std::path::Path;

use super::console::{Console, grouped, message, printable};
use super::inputs::{self, Data};
use super::options::{Command, Effect, Opt, share};
use super::outcome::plural;
use super::report::ReportFile;
use super::{Error, Given, recipe};
use crate::lab::grid::{self, Axes, Finished, Job, Run};
use crate::lab::reference::Set;
use monolayer::data::{Images, Kind, Options};
use monolayer::store::{self, Journal};
use monolayer::train::Machine;
use progress::Progress;

/// Bytes of results that are read at most: some two million lines.
const MOST_RESULTS: u64 = 1 << 30;

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    if !given.operands.is_empty() {
        return table_of_files(given, console);
    }
    let machine = inputs::machine(given)?;
    let report = ReportFile::given(given, console)?;
    let path = given.required_path(Opt::Out)?; // there is a default
    let name = store::name_of(Path::new(path));
    let (mut journal, lines) = Journal::open(Path::new(path), line::START, MOST_RESULTS)?;
    let mut results = Results::default();
    results.read(&name, &lines, true)?;
    drop(lines);

    let sources = sources(given)?;
    let jobs = jobs(given, &sources)?;
    let all = jobs.len();
    let mut finished: Vec<Option<Run>> = vec![None; all];
    let (index, count) = given.text(Opt::Shard).and_then(|text| share(&text)).unwrap_or((1, 1));
    let mut jobs = grid::shard(jobs, index as usize, count as usize);
    let of_share = jobs.len();
    // Computed from the whole share, not from the rest of it: a run's line says how many threads it had.
    let workers = machine.threads.min(of_share.max(1));
    let machine = Machine { threads: machine.threads / workers, ..machine };

    let json = given.has(Opt::Json);
    let mut printed = Ok(()); // a closed pipe must not stop the grid: the results file has the lines too
    for job in &jobs {
        let key = line::run(job, &sources[job.data].data.set).key();
        if let Some(&(found, ref line)) = results.by_key.get(&key) {
            finished[job.row] = Some(results.runs[found].clone());
            if json {
                printed = printed.and_then(|()| console.print_line_now(line));
            }
        }
    }
    jobs.retain(|job| finished[job.row].is_none());
    drop(results);
    if !given.has(Opt::Quiet) {
        message(&described(&sources, (all, of_share, jobs.len()), &name, (workers, machine.threads)));
    }
    let mut progress = Progress::new(&jobs, of_share, given, console.stderr);
    let mut follow = |job: &Job, end: Option<Finished>| -> Result<(), Error> {
        let Some(end) = end else {
            progress.epoch(job);
            return Ok(());
        };
        let mut run = line::run(job, &sources[job.data].data.set);
        let text = line::write(&mut run, &end, machine).text();
        journal.append(&text)?;
        progress.finished(&run, &end);
        finished[job.row] = Some(run);
        if json && printed.is_ok() {
            printed = console.print_line_now(&text);
        }
        Ok(())
    };
    let images = sources.iter().map(Source::images).collect::<Result<Vec<_>, _>>()?;
    let end = grid::run(&jobs, &images, machine, workers, &mut follow);
    progress.finish();
    end?;
    let finished: Vec<Run> = finished.into_iter().flatten().collect();
    let printed = if json { printed } else { console.print_now(&grid::text(&finished)) };
    report.map_or(Ok(()), |report| report.write_grid(&finished, given))?;
    Ok(printed?)
}

/// Results that were read.
#[derive(Default)]
struct Results {
    runs: Vec<Run>,
    /// The index of each run, by [`Run::key`], and its line.
    by_key: HashMap<String, (usize, String)>,
}

impl Results {
    /// Reads the lines of a results file; `adding` where new ones will be appended to it. Repeated lines, as
    /// after concatenating files twice, are skipped.
    ///
    /// # Errors
    /// A line is no result, or differs in its fingerprint from an earlier line of the same run.
    fn read(&mut self, file: &str, lines: &[u8], adding: bool) -> Result<(), Error> {
        let advice = match adding {
            true => "move the file away, or the line, or give another --out",
            false => "leave the file out, or take the line away",
        };
        for (number, text) in lines.split(|&byte| byte == b'\n').enumerate() {
            let wrong = |why: String| {
                let number = number + 1;
                Error::of_file(
                    file,
                    format_args!("line {number}: not a result that can be used: {why}\n{advice}"),
                )
            };
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

/// Prints the table of existing results.
fn table_of_files(given: &Given, console: &mut Console) -> Result<(), Error> {
    let of_runs = |option: &Opt| option.effect != Effect::Show && given.has(*option);
    if let Some(option) = Command::Grid.options().find(of_runs) {
        return Err(Error::Usage(format!(
            "grid FILE... prints the table of results that are there, and takes no --{}",
            option.name
        )));
    }
    let report = ReportFile::given(given, console)?;
    let mut results = Results::default();
    for path in &given.operands {
        let lines = store::read(Path::new(path), MOST_RESULTS)?;
        results.read(&inputs::name_of(path), &lines, false)?;
    }
    if let ([file, ..], []) = (given.operands.as_slice(), results.runs.as_slice()) {
        let others = if given.operands.len() > 1 { ", nor in the other files" } else { "" };
        return Err(Error::of_file(
            &inputs::name_of(file),
            format_args!("no results in it{others}; expected lines that `grid --out` wrote"),
        ));
    }
    let mut print_line = |run: &Run| console.print(&format!("{}\n", results.by_key[&run.key()].1));
    let printed = match given.has(Opt::Json) {
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
        Ok((self.data.training()?, self.data.testing()?, self.data.set.classes.len()))
    }
}

/// The data that the options name: MNIST, CIFAR-10, others, or else the embedded digits.
///
/// # Errors
/// One cannot be read, or is not the one that the reference's rows are about.
fn sources(given: &Given) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    // MNIST also in the reference's own text files.
    let references = [
        (Opt::Mnist, Set::Mnist, &[Kind::Mnist, Kind::Text][..]),
        (Opt::Cifar, Set::Cifar10, &[Kind::Cifar10]),
    ];
    for (option, set, kinds) in references {
        let Some(path) = given.path(option) else { continue };
        let data = inputs::data_of(path, Options::default())?;
        if !kinds.contains(&data.set.kind) {
            let (option, name, kind) = (option.name, printable(&data.name), data.set.kind.name());
            return Err(Error::Failed(format!(
                "--{option} {name}: found {kind} data, which the reference's rows are not about; --data \
                 takes them"
            )));
        }
        sources.push(Source { data, reference: Some(set) });
    }
    if sources.is_empty() || given.has(Opt::Data) {
        sources.push(Source { data: inputs::data(given)?, reference: None });
    }
    Ok(sources)
}

/// The runs that the options describe, in the order of the table.
///
/// # Errors
/// There are too many, or one has a value out of its range, or no images.
fn jobs(given: &Given, sources: &[Source]) -> Result<Vec<Job>, Error> {
    let too_many = || {
        let most = grid::MOST_RUNS;
        Error::Usage(format!("more than {most} runs; give fewer values, or several grids"))
    };
    let mut jobs = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let (images, ..) = source.images()?;
        let axes = match source.reference {
            Some(set) => Axes::reference(set),
            None => Axes::of(&recipe::start(given, &source.data)),
        };
        let configs = with_options(axes, given, &source.data)?.configs();
        let configs = configs.filter(|configs| jobs.len() + configs.len() <= grid::MOST_RUNS);
        let work = grid::pixels_at_work(images);
        for config in configs.ok_or_else(too_many)? {
            config.check()?;
            jobs.push(Job::new(jobs.len(), index, config, work));
        }
    }
    Ok(jobs)
}

/// The axes with the options' values in the place of the defaults.
///
/// # Errors
/// One of them cannot be had from the data.
fn with_options(mut axes: Axes, given: &Given, data: &Data) -> Result<Axes, Error> {
    for option in Command::Grid.options().filter(|option| given.has(*option)) {
        if let Some(field) = option.field {
            let values = given.list(option).map(|text| recipe::value(field, text, data));
            axes.set(field, values.collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(axes)
}

/// Describes the runs to be done.
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
    use crate::cli::args;
    use monolayer::train::{Config, Field, Step};

    /// Two images of one pixel, of two classes.
    fn data() -> Data {
        let picture = monolayer::weights::Picture { channels: 1, height: 1, width: 1 };
        let images = Images::new(1, vec![0, 9], vec![0, 1]);
        let names = vec!["a".into(), "b".into()];
        let set = monolayer::data::Dataset::new(Kind::Idx, picture, names, images, Images::default());
        Data { set, name: "x".into() }
    }

    fn given(line: &str) -> Given {
        args::parse(line.split(' ').map(std::ffi::OsString::from)).unwrap()
    }

    #[test]
    fn options_take_the_place_of_the_references_values() {
        let configs = |axes: Axes| axes.configs().unwrap();
        let data = data();
        let with_options = |axes: Axes, given: &Given| super::with_options(axes, given, &data).unwrap();
        let reference = Axes::reference(Set::Cifar10);
        let same = with_options(reference.clone(), &given("grid --mnist a --cifar b"));
        assert_eq!(configs(same), configs(reference.clone()));
        let line = "grid --hidden 100,7,100 --activation cos,tanh --seeds 3,18446744073709551615 --step sum \
                    --scale 2";
        let axes = with_options(reference.clone(), &given(line));
        let mut expected = reference;
        expected.set(Field::HIDDEN, ["100", "7"]);
        expected.set(Field::ACTIVATION, ["cos", "tanh"]);
        expected.set(Field::SEED, ["3".into(), u64::MAX.to_string()]);
        expected.set(Field::STEP, ["sum"]);
        expected.set(Field::SCALE, ["2.0"]);
        let found = configs(axes);
        assert_eq!(found.len(), 2 * 2 * 2 * 2 * 2);
        assert_eq!(found, configs(expected));
        assert!(found.iter().all(|config| config.scale == 2.0 && config.step == Step::Sum));
        let line = "grid --lr 0.1,1e-5 --lambda 0 --batch 1,2 --epochs 3";
        let found = configs(with_options(Axes::default(), &given(line)));
        let values: Vec<_> = found.iter().map(|c| (c.lr, c.lambda, c.batch, c.epochs)).collect();
        assert_eq!(values, [(0.1, 0.0, 1, 3), (0.1, 0.0, 2, 3), (1e-5, 0.0, 1, 3), (1e-5, 0.0, 2, 3)]);
        assert!(found.iter().all(|config| config.hidden == Config::default().hidden));
    }

    #[test]
    fn options_that_show_results_are_those_that_results_take() {
        let show = Command::Grid.options().filter(|option| option.effect == Effect::Show);
        let names: Vec<_> = show.map(|option| option.name).collect();
        assert_eq!(names, ["report", "json", "quiet", "help", "version"]);
    }
}
