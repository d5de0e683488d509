//! The page of `--report`: its file, its contents, and the learning curves recorded for it.

use super::console::{Console, grouped, message, printable};
use super::files::OutFile;
use super::inputs::Data;
use super::outcome::{Outcome, plural};
use super::words::Words;
use super::{Error, Given, Opt};
use crate::lab::grid::Run;
use crate::lab::report::{self, Epoch, History, Tested};
use monolayer::data::Images;
use monolayer::store;
use monolayer::train::{self, Config, HeldOut, Machine, Session, State};
use monolayer::weights::{Shape, Weights};

/// The file of the page.
pub struct ReportFile(OutFile);

impl ReportFile {
    /// The file that the options name, after a check that it can be written. If it is stdout, results go to
    /// stderr.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn given(given: &Given, console: &mut Console) -> Result<Option<Self>, Error> {
        Ok(given.path(Opt::Report).map(|path| OutFile::create(path, console)).transpose()?.map(Self))
    }

    fn write(self, page: &str, given: &Given) -> Result<(), Error> {
        let OutFile { output, name } = self.0;
        output.commit(page.as_bytes())?;
        if !given.has(Opt::Quiet) {
            message(&format!("report: {} ({} bytes)\n", printable(&name), grouped(page.len() as u64)));
        }
        Ok(())
    }

    /// Writes the page of a grid's runs.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_grid(self, runs: &[Run], given: &Given) -> Result<(), Error> {
        self.write(&report::grid(runs, &given.repeated(None)), given)
    }

    /// Writes the page of a model.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_model(self, about: &About, given: &Given) -> Result<(), Error> {
        let About { data, outcome, history, config, more } = *about;
        let Shape { activation, hidden, .. } = outcome.network.shape();
        let units = format!("{hidden} {activation} unit{}", plural(hidden));
        let images = |images: &Images| grouped(images.len() as u64);
        let set = &data.set;
        let Words { samples, features, .. } = data.words();
        let about = format!(
            "{} ({}): {} training and {} test {samples} of {} {features}, {} classes",
            data.name,
            set.kind.name(),
            images(&set.train),
            images(&set.test),
            grouped(set.picture.pixels()),
            set.classes.len()
        );
        let tested = outcome.evaluation.as_ref().zip(set.test.non_empty());
        let params = match outcome.network {
            Weights::F32(params) => Some(params),
            Weights::Int8(_) => None,
        };
        let page = report::model(&report::Model {
            title: format!("{}: {units} on {}", given.command.title(), set.kind.name()),
            about,
            figures: outcome.figures(),
            results: outcome.lines().into_iter().chain(more.iter().cloned()).collect(),
            command: given.repeated(config),
            settings: outcome.record.lines().collect(),
            history,
            tested: tested.map(|(evaluation, images)| Tested { evaluation, images }),
            params,
            picture: set.picture,
            table: set.table.as_ref(),
            classes: &set.classes,
        });
        self.write(&page, given)
    }
}

/// What a model's page is about.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub data: &'a Data,
    pub outcome: &'a Outcome<'a>,
    pub history: &'a History,
    /// The configuration of a run, for the command that repeats it.
    pub config: Option<&'a Config>,
    /// Lines of results that the outcome does not have.
    pub more: &'a [(&'static str, String)],
}

/// The most training images that each epoch is tested on.
const MOST_SAMPLED: usize = 10_000;

/// Follows a run for its learning curves.
pub struct Curves<'a> {
    /// Every n-th of the training images.
    sample: Images,
    test: Option<&'a Images>,
    machine: Machine,
    /// The results at the end of each epoch of this process: the epoch, on training images, on test images.
    found: Vec<(u32, HeldOut, Option<HeldOut>)>,
    /// The training images, and those held out of them.
    images: (usize, usize),
}

impl<'a> Curves<'a> {
    /// For a run on these images.
    ///
    /// # Errors
    /// There is no memory for the sample.
    pub fn new(
        data: &'a Data,
        images: &Images,
        held_out: Option<&Images>,
        machine: Machine,
    ) -> Result<Self, Error> {
        let every = images.len().div_ceil(MOST_SAMPLED).max(1);
        let (count, features) = (images.len().div_ceil(every), images.features());
        let mut pixels = Vec::new();
        let no_memory = |_| store::Error::memory(&data.name, (count * features) as u64);
        pixels.try_reserve_exact(count * features).map_err(no_memory)?;
        (0..images.len()).step_by(every).for_each(|n| pixels.extend_from_slice(images.image(n)));
        let labels = images.labels().iter().copied().step_by(every).collect();
        Ok(Self {
            sample: Images::new(features, pixels, labels),
            test: data.set.test.non_empty(),
            machine,
            found: Vec::new(),
            images: (images.len(), held_out.map_or(0, Images::len)),
        })
    }

    /// Tests the weights at an epoch's end.
    ///
    /// # Errors
    /// Testing failed.
    pub fn look(&mut self, session: &Session) -> Result<(), train::Error> {
        let network = session.folded()?;
        let params = network.params();
        let found = |images: &Images| {
            let found = train::evaluate(&params, images, self.machine)?;
            Ok(HeldOut { faults: found.faults, cross_entropy: found.cross_entropy })
        };
        self.found.push((session.state().epochs(), found(&self.sample)?, self.test.map(found).transpose()?));
        Ok(())
    }

    /// The run's history. Results of epochs before an interruption are unknown.
    pub fn history(&self, state: &State) -> History {
        let epoch = |report: &train::EpochReport| {
            let found = self.found.iter().find(|(epoch, ..)| *epoch == report.epoch);
            Epoch {
                report: *report,
                training: found.map(|found| found.1),
                test: found.and_then(|found| found.2),
            }
        };
        History {
            epochs: state.history.iter().map(epoch).collect(),
            training: (self.sample.len(), self.images.0),
            validation: self.images.1,
            test: self.test.map_or(0, Images::len),
        }
    }
}
