//! `train`: fit a model, save it, test it.

use super::checkpoint::CheckpointFile;
use super::console::{Console, grouped, message, printable};
use super::files::OutFile;
use super::inputs::{self, Data};
use super::outcome::Outcome;
use super::progress::Progress;
use super::record::{self, Record};
use super::report::{About, Curves, ReportFile};
use super::summary;
use super::words::Words;
use super::{Error, Given, Opt, recipe};
use crate::lab::report::History;
use monolayer::data::Images;
use monolayer::json::Object;
use monolayer::numeric::ln;
use monolayer::train::{self, Config, Fit, HeldOut, Machine, Session, State};
use monolayer::weights::FeatureMap;

/// A network, fitted, and the training section of its file.
pub struct Fitted {
    pub fit: Fit,
    /// What it ran on: the products are those that were chosen for the training images.
    pub machine: Machine,
    pub record: String,
    /// The epoch with the best result on the images held out, and that result.
    pub best: Option<(u32, HeldOut)>,
    /// How it went, where that was asked for.
    pub history: History,
}

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let machine = inputs::machine(given)?;
    let save = given.path(Opt::Out).map(|path| OutFile::create(path, console)).transpose()?;
    let report = ReportFile::given(given, console)?;
    let checkpoint = CheckpointFile::given(given)?;
    let mut data = inputs::data(given)?;
    let config = recipe::config(given, &data)?;
    if given.has(Opt::TargetAccuracy) {
        data.testing()?;
    }
    recipe::tell(given, &data, &config);
    let held_out = hold_out(&mut data, &config, given)?;
    if !given.has(Opt::Quiet) {
        message(&described(&data, held_out.as_ref()));
    }
    if given.has(Opt::Summary) {
        let (sizes, words) = ((data.set.picture.pixels(), data.set.classes.len() as u64), data.words());
        // The result's line will fail as this one does, and say why.
        let _ = match given.has(Opt::Json) {
            true => console.print_line_now(&summary::json(&config, sizes.0, sizes.1).text()),
            false => console.print(&(summary::text(&config, sizes.0, sizes.1, words) + "\n")),
        };
    }
    let (held_out, checkpoint) = (held_out.as_ref(), checkpoint.as_ref());
    let task = Task { data: &data, held_out, config: &config, machine, checkpoint };
    let fitted = fit(&task, given, console)?;
    // Where the model cannot be saved, its results are printed before that error; a closed stdout is
    // reported last, because it is no failure and would hide those that are.
    let saved = save.map(|save| write(save, &data, &fitted)).transpose();
    let outcome = outcome(&data, &fitted)?;
    let printed = match given.has(Opt::Json) {
        true => {
            let result = with_validation(outcome.json_by_class(), &fitted, held_out);
            console.print_line_now(&result.text())
        }
        false => console.print_now(&results(&data, &fitted, &outcome, saved.as_ref().ok())),
    };
    if let Some(doubt) = outcome.doubt() {
        message(&format!("monolayer: note: {doubt}\n"));
    }
    let reported = report.map_or(Ok(()), |report| {
        let more: Vec<_> = held_out_line(&fitted).into_iter().collect();
        let (data, outcome, history, config) = (&data, &outcome, &fitted.history, Some(&config));
        report.write_model(&About { data, outcome, history, config, more: &more }, given)
    });
    saved?;
    reported?;
    match (given.get::<f64>(Opt::TargetAccuracy), outcome.accuracy()) {
        (Some(target), Some(found)) if found < target => Err(Error::Failed(format!(
            "the accuracy on the test {} is {found}, below --target-accuracy {target}",
            data.words().samples
        ))),
        _ => Ok(printed?),
    }
}

/// Takes the images that --validation holds out of the training images.
///
/// # Errors
/// There would be none left.
fn hold_out(data: &mut Data, config: &Config, given: &Given) -> Result<Option<Images>, Error> {
    let Some(count) = given.get(Opt::Validation) else { return Ok(None) };
    data.training()?;
    Ok(Some(train::hold_out(&mut data.set.train, count, config.seed)?))
}

/// The result for programs, with that on the images held out where there are any.
fn with_validation(result: Object, fitted: &Fitted, held_out: Option<&Images>) -> Object {
    let (Some((epoch, found)), Some(images)) = (fitted.best, held_out) else { return result };
    let validation = Object::new()
        .with("images", images.len())
        .with("epochs", fitted.fit.epochs)
        .with("best_epoch", epoch)
        .with("faults", found.faults)
        .with("cross_entropy", found.cross_entropy);
    result.with("validation", validation)
}

/// What the model is trained on.
fn described(data: &Data, held_out: Option<&Images>) -> String {
    let (Data { set, name }, Words { samples, features, .. }) = (data, data.words());
    let count = |images: &Images| grouped(images.len() as u64);
    let held_out = held_out.map(|images| format!("{} held out, ", grouped(images.len() as u64)));
    format!(
        "training on {} ({}): {} {samples} of {} {features}, {} classes; {}{} {samples} to test on\n",
        printable(name),
        set.kind.name(),
        count(&set.train),
        grouped(set.picture.pixels()),
        set.classes.len(),
        held_out.unwrap_or_default(),
        count(&set.test),
    )
}

/// The results for people, the summary last. `saved` is the model's place, if it was asked for; `None` if it
/// could not be written.
fn results(data: &Data, fitted: &Fitted, outcome: &Outcome, saved: Option<&Option<String>>) -> String {
    let untested = match outcome.evaluation {
        None => {
            let (name, samples) = (printable(&data.name), data.words().samples);
            format!("{name}: no test {samples} in it, so the model was not tested\n")
        }
        Some(_) => String::new(),
    };
    let place = match saved {
        Some(Some(place)) => format!("model        {place}\n"),
        Some(None) => "model        not saved; --out FILE saves it\n".into(),
        None => String::new(),
    };
    let by_class = match outcome.evaluation {
        Some(_) => format!("{}\n", outcome.text_by_class()),
        None => String::new(),
    };
    let held_out = held_out_line(fitted).map(|(name, value)| format!("{name:<13}{value}\n"));
    by_class + &untested + &outcome.text() + &held_out.unwrap_or_default() + &place
}

/// The best result on the images held out, where there are any.
fn held_out_line(fitted: &Fitted) -> Option<(&'static str, String)> {
    let (epoch, found) = fitted.best?;
    let (errors, epochs) = (grouped(found.faults as u64), fitted.fit.epochs);
    Some(("held out", format!("fewest errors {errors}, in epoch {epoch} of {epochs}")))
}

/// What to fit, to what, on what.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub data: &'a Data,
    /// Images held out of the data's training images.
    pub held_out: Option<&'a Images>,
    pub config: &'a Config,
    pub machine: Machine,
    /// Where to save the run, and perhaps to go on from.
    pub checkpoint: Option<&'a CheckpointFile>,
}

/// Fits a network to the training images, and shows the progress.
///
/// # Errors
/// There are no training images, training failed, or the checkpoint could not be read or written.
pub fn fit(task: &Task, given: &Given, console: &mut Console) -> Result<Fitted, Error> {
    let Task { data, held_out, config, machine, checkpoint } = *task;
    let images = data.training()?;
    let products = machine.products.chosen_to_train(images.pixels(), config.centre);
    let machine = Machine { products, ..machine };
    let classes = data.set.classes.len();
    let patience = given.get(Opt::Patience);
    let identity = record::identity(&data.set, config, held_out.map_or(0, Images::len), patience);
    let from = match checkpoint {
        Some(file) => file.read(&identity, config, (images.features(), classes))?,
        None => None,
    };
    let before = from.as_ref().map(State::epochs);
    let mut session = match from {
        Some(state) => Session::resume(state, images, classes, config, machine)?,
        None => Session::new(images, classes, config, machine)?,
    };
    if let Some(held_out) = held_out {
        session = session.with_held_out(held_out, patience)?;
    }
    if let (Some(before), false) = (before, given.has(Opt::Quiet)) {
        let what = if session.is_over() { "nothing is left to do" } else { "going on" };
        message(&format!("{what} after epoch {before} of {}\n", config.epochs));
    }
    if checkpoint.is_some() && !session.is_over() && !given.has(Opt::Quiet) {
        message("Ctrl-C stops; the same command with --resume goes on after the last epoch\n");
    }
    let mut curves = match given.has(Opt::Report) {
        true => Some(Curves::new(data, images, held_out, machine)?),
        false => None,
    };
    let mut progress = Progress::new(console, (before.unwrap_or(0), config.epochs), images.len(), given);
    let mut each_epoch = || -> Result<(), Error> {
        while let Some(report) = session.next_epoch(&mut |done| progress.batch(done)) {
            let report = report?;
            let go_on = progress.epoch(&report);
            if report.epoch == 1 && !given.has(Opt::Quiet) {
                tell_of_divergence(report.cost, classes, config.lr);
            }
            curves.as_mut().map_or(Ok(()), |curves| curves.look(&session))?;
            checkpoint.map_or(Ok(()), |file| file.write(session.state(), &identity))?;
            if !go_on {
                break;
            }
        }
        Ok(())
    };
    let end = each_epoch();
    progress.finish();
    end?;
    let best = session.state().best();
    let history = curves.map_or_else(History::default, |curves| curves.history(session.state()));
    let fit = session.into_fit()?;
    let weights_norm = (config.centre != 0.0).then_some(fit.weights_norm);
    let record = record::write(&identity, &data.set, weights_norm, fit.seconds);
    Ok(Fitted { fit, machine, record, best, history })
}

/// Says at once that the first epoch made the network worse than it began: then no logit depended on the
/// sample, and the cost was ln K.
fn tell_of_divergence(cost: f64, classes: usize, lr: f64) {
    let start = ln(classes as f64);
    if cost > 1.1 * start {
        message(&format!(
            "note: the first epoch's cost is {cost:.3}, above the {start:.3} (ln {classes}) that it began with: \
             try --lr {:.1e}\n",
            lr / 3.0
        ));
    }
}

/// Writes the model file; gives its name and size for a message.
///
/// # Errors
/// It cannot be written.
pub fn write(save: OutFile, data: &Data, fitted: &Fitted) -> Result<String, Error> {
    let params = fitted.fit.network.params();
    let set = &data.set;
    let map = set.table.as_ref().map(|table| FeatureMap::new(&table.map));
    let bytes = inputs::model_bytes(&params, set.picture, &set.classes, map, &fitted.record, &save.name)?;
    save.output.commit(&bytes)?;
    Ok(format!("{} ({} bytes)", printable(&save.name), grouped(bytes.len() as u64)))
}

/// Tests the network where there are images for it.
///
/// # Errors
/// Testing failed.
pub fn outcome<'a>(data: &Data, fitted: &'a Fitted) -> Result<Outcome<'a>, Error> {
    let machine = fitted.machine;
    let params = fitted.fit.network.params();
    let evaluation = match data.set.test.non_empty() {
        Some(images) => Some(train::evaluate(&params, images, machine)?),
        None => None,
    };
    Ok(Outcome {
        network: (&params).into(),
        record: Record(&fitted.record),
        classes: data.set.classes.clone(),
        kind: data.set.kind,
        evaluation,
        machine,
        seconds: Some(fitted.fit.seconds),
    })
}
