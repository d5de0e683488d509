//! `train`: fit a model, save it, test it.

use std::format;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::args::Given;
use super::console::{Console, grouped, message, printable};
use super::error::Error;
use super::inputs::{self, Data};
use super::outcome::Outcome;
use super::progress::Progress;
use super::record::{self, Record};
use crate::data::Images;
use crate::math::{Activation, double};
use crate::store::Output;
use crate::train::{self, Config, Evaluation, Fit, Machine, Step};

/// A network, fitted, and the training section of its file.
pub(crate) struct Fitted {
    pub fit: Fit,
    pub record: String,
}

/// Where to write the model.
pub(crate) struct Save {
    pub output: Output,
    pub name: String,
}

pub(crate) fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let config = config(given);
    let machine = inputs::machine(given)?;
    let save = match given.path("out") {
        Some(path) => {
            let name = if path == "-" { "stdout".into() } else { path.to_string_lossy().into_owned() };
            Some(Save { output: Output::create(Path::new(path))?, name })
        }
        None => None,
    };
    if given.path("out").is_some_and(|path| path == "-") {
        console.results_to_stderr();
    }
    let data = inputs::data(given)?;
    if !given.flag("quiet") {
        message(&described(&data));
    }
    let fitted = fit(&data, &config, machine, given, console)?;
    // Where the model cannot be saved, its results are told before that is.
    let saved = save.map(|save| write(save, &data, &fitted)).transpose();
    let outcome = outcome(&data, &fitted, machine)?;
    let printed = match given.flag("json") {
        true => console.print_line_now(&outcome.json().text()),
        false => console.print(&summary(&data, &outcome, saved.as_ref().ok())),
    };
    if outcome.evaluation.as_ref().is_some_and(is_no_better_than_guessing) {
        console.flush()?;
        message(&format!(
            "monolayer: note: no better than guessing: the cross-entropy is not below ln {} = {:.2}; try a smaller --lr\n",
            data.set.classes.len(),
            double::ln(data.set.classes.len() as f64)
        ));
    }
    saved?;
    Ok(printed?)
}

/// What the model is trained on.
fn described(data: &Data) -> String {
    let Data { set, name } = data;
    let count = |images: &Option<Images>| grouped(images.as_ref().map_or(0, Images::len) as u64);
    format!(
        "training on {} ({}): {} images of {} pixels, {} classes; {} images to test on\n",
        printable(name),
        set.kind.name(),
        count(&set.train),
        grouped(set.picture.pixels()),
        set.classes.len(),
        count(&set.test),
    )
}

/// The results for people. `saved` is the model's place, if it was asked for; `None` if it could not be written.
fn summary(data: &Data, outcome: &Outcome, saved: Option<&Option<String>>) -> String {
    let untested = match outcome.evaluation {
        None => format!("{}: no test images in it, so the model was not tested\n", printable(&data.name)),
        Some(_) => String::new(),
    };
    let place = match saved {
        Some(Some(place)) => format!("model        {place}\n"),
        Some(None) => "model        not saved; --out FILE saves it\n".into(),
        None => String::new(),
    };
    untested + &outcome.text() + &place
}

/// Whether the cross-entropy is that of giving each class the same probability, or worse.
fn is_no_better_than_guessing(evaluation: &Evaluation) -> bool {
    let Evaluation { cross_entropy, classes, .. } = *evaluation;
    cross_entropy >= double::ln(classes as f64) || cross_entropy.is_nan()
}

/// The configuration that the options spell.
pub(crate) fn config(given: &Given) -> Config {
    let whole = |name| given.whole(name).unwrap_or_default(); // none of these may be `auto`
    let default = Config::default();
    Config {
        activation: Activation::from_name(given.word("activation")).unwrap_or(default.activation),
        hidden: whole("hidden") as usize,
        lr: given.real("lr"),
        lambda: given.real("lambda"),
        batch: whole("batch") as usize,
        epochs: whole("epochs") as u32,
        step: Step::from_name(given.word("step")).unwrap_or(default.step),
        scale: given.real("scale") as f32,
        seed: whole("seed"),
    }
}

/// Fits a network to the training images, and tells the console how far it is.
///
/// # Errors
/// There are no training images, or training failed.
pub(crate) fn fit(
    data: &Data,
    config: &Config,
    machine: Machine,
    given: &Given,
    console: &mut Console,
) -> Result<Fitted, Error> {
    let lacking = || Error::NoImages { data: data.name.clone(), lacking: "training" };
    let images = data.set.train.as_ref().ok_or_else(lacking)?;
    let mut progress = Progress::new(console, config.epochs, given);
    let fit = train::fit(images, data.set.classes.len(), config, machine, &mut progress);
    progress.finish();
    let fit = fit?;
    let record = record::write(&data.set, config, fit.seconds);
    Ok(Fitted { fit, record })
}

/// Writes the model file; gives its name and size for a message.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(save: Save, data: &Data, fitted: &Fitted) -> Result<String, Error> {
    let params = fitted.fit.network.params();
    let names = inputs::class_names(&data.set);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bytes = inputs::model_bytes(&params, data.set.picture, &names, &fitted.record, &save.name)?;
    save.output.commit(&bytes)?;
    Ok(format!("{} ({} bytes)", printable(&save.name), grouped(bytes.len() as u64)))
}

/// Tests the network where there are images for it.
///
/// # Errors
/// Testing failed.
pub(crate) fn outcome<'a>(data: &Data, fitted: &'a Fitted, machine: Machine) -> Result<Outcome<'a>, Error> {
    let params = fitted.fit.network.params();
    let evaluation = match &data.set.test {
        Some(images) => Some(train::evaluate(&params, images, machine)?),
        None => None,
    };
    Ok(Outcome {
        network: params.into(),
        record: Record(&fitted.record),
        classes: data.set.classes.clone(),
        evaluation,
        machine,
        seconds: Some(fitted.fit.seconds),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_defaults_are_the_librarys() {
        let words = ["train"].map(std::ffi::OsString::from);
        let given = crate::cli::args::parse(words).map_err(|error| std::format!("{error}"));
        assert_eq!(given.map(|given| config(&given)), Ok(Config::default()));
    }
}
