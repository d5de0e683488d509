//! `info`: what a file is, or what this machine offers.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use super::console::{Console, grouped, printable};
use super::inputs::{self, Data, ModelFile};
use super::outcome::plural;
use super::record::Record;
use super::words::Words;
use super::{Error, Given, Opt};
use monolayer::data::Images;
use monolayer::json::{Json, Object};
use monolayer::train::{Machine, checkpoint};
use monolayer::weights::{self, Picture};
use monolayer::{Isa, store};

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let machine = inputs::machine(given)?;
    let (text, object) = match given.operands.first() {
        None => about(machine),
        Some(path) => file(path, given)?,
    };
    Ok(console.print(&if given.has(Opt::Json) { object.text() + "\n" } else { text })?)
}

fn about(machine: Machine) -> (String, Object) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (isa, threads) = (machine.isa.name(), machine.threads);
    let all: Vec<String> =
        Isa::available().map(|isa| format!("{} (x {})", isa.name(), isa.lanes())).collect();
    let digits = if cfg!(feature = "digits") { "part of this program" } else { "not part of this build" };
    let text = format!(
        "monolayer         {}\nnumeric contract  {}\nmodel format      {}\ninstruction sets  {}\n\
         cores             {cores}\nto run on         {isa}, {threads} \
         thread{}\ndigits            {digits}\n",
        env!("CARGO_PKG_VERSION"),
        monolayer::CONTRACT_VERSION,
        monolayer::weights::FORMAT_VERSION,
        all.join(", "),
        plural(threads),
    );
    let object = Object::new()
        .with("version", env!("CARGO_PKG_VERSION"))
        .with("contract", monolayer::CONTRACT_VERSION)
        .with("format", monolayer::weights::FORMAT_VERSION)
        .with("isas", Isa::available().map(Isa::name).collect::<Json>())
        .with("isa", isa)
        .with("cores", cores)
        .with("threads", threads)
        .with("digits", cfg!(feature = "digits"));
    (text, object)
}

/// A model file where its first bytes say so, else a data set. What is no regular file is opened once: a pipe
/// has its bytes only once.
fn file(path: &OsStr, given: &Given) -> Result<(String, Object), Error> {
    let name = inputs::name_of(path);
    let (place, mut head) = (Path::new(path), Vec::new());
    let Ok(mut source) = store::open(place) else {
        return data_set(inputs::data_at(Some(path), given)?);
    };
    let wrong = |error| store::Error::new(place, "read", error);
    source.by_ref().take(512).read_to_end(&mut head).map_err(wrong)?;
    if weights::is_model(&head) {
        model(&ModelFile::new(store::read_on(place, source, head, u64::from(u32::MAX))?, name)?)
    } else if checkpoint::is_checkpoint(&head) {
        saved_run(&store::read_on(place, source, head, checkpoint::MOST_BYTES)?, &name)
    } else if source.is_regular() {
        data_set(inputs::data_at(Some(path), given)?)
    } else {
        data_set(inputs::data_from(head.chain(source), name, given)?)
    }
}

fn model(file: &ModelFile) -> Result<(String, Object), Error> {
    let view = file.view()?;
    let (weights, picture, record) = (view.params(), view.picture(), Record(view.training()));
    let (shape, kind) = (weights.shape(), weights.kind());
    let classes: Vec<&str> = view.class_names().collect();
    let fingerprint = format!("{:016x}", weights.fingerprint());
    let (features, hidden, units) = (shape.features, shape.hidden, shape.activation);
    let (inputs, shape_told) = match view.map() {
        Some(_) => {
            ("features", format!("features     mapped to bytes, and these divided by {}", shape.scale))
        }
        None => {
            ("pixels", format!("picture      {}, pixels divided by {}", dimensions(picture), shape.scale))
        }
    };
    let mut text = format!(
        "{}: a model\nformat       {}, numeric contract {}, {} bytes, {} weights\nnetwork      {features} \
         {inputs} -> {hidden} {units} \
         units -> {} classes\n{shape_told}\nclasses      {}: \
         {}\nfingerprint  {fingerprint}\n",
        printable(&file.name),
        view.format(),
        view.contract(),
        grouped(file.bytes().len() as u64),
        kind,
        shape.classes,
        shape.classes,
        listed(&classes),
    );
    if record.lines().next().is_some() {
        text += "training\n";
    }
    for (key, value) in record.lines() {
        text += &format!("  {} = {}\n", printable(key), printable(value));
    }
    let object = Object::new()
        .with("kind", "model")
        .with("file", file.name.as_str())
        .with("bytes", file.bytes().len())
        .with("format", view.format())
        .with("contract", view.contract())
        .with("weights", kind.to_string())
        .with("features", features)
        .with("mapped", view.map().is_some())
        .with("picture", dimensions_for_programs(picture))
        .with("classes", classes.into_iter().collect::<Json>())
        .with("fingerprint", fingerprint)
        .with("dataset_fingerprint", record.text("dataset_fingerprint"))
        .with("seconds", record.real("seconds"))
        .with("version", record.text("version"))
        .with("config", record.config(shape));
    Ok((text, object))
}

/// A checkpoint of `train`.
fn saved_run(bytes: &[u8], name: &str) -> Result<(String, Object), Error> {
    let about = checkpoint::about(bytes).map_err(|error| Error::of_file(name, error))?;
    let (record, [features, hidden, classes]) = (Record(about.identity), about.sizes);
    let done = about.history.len();
    let seconds = about.history.iter().fold(0.0, |sum, epoch| sum + epoch.seconds);
    let cost = about.history.last().map(|epoch| epoch.cost);
    let best = about.best_epoch.map(|epoch| format!("best         epoch {epoch}, whose weights are kept\n"));
    let mut text = format!(
        "{}: a checkpoint of a run, {} bytes\nepochs       {done} of {} done, in {seconds:.2} s\n\
         cost         {:.5} in the last of them\n{}network      {features} features -> {hidden} {} units -> \
         {classes} classes\nrun\n",
        printable(name),
        grouped(bytes.len() as u64),
        printable(record.text("epochs").unwrap_or("?")),
        cost.unwrap_or(f64::NAN),
        best.unwrap_or_default(),
        printable(record.text("activation").unwrap_or("?")),
    );
    for (key, value) in record.lines() {
        text += &format!("  {} = {}\n", printable(key), printable(value));
    }
    let object = Object::new()
        .with("kind", "checkpoint")
        .with("file", name)
        .with("bytes", bytes.len())
        .with("epochs_done", done)
        .with("best_epoch", about.best_epoch)
        .with("cost", cost)
        .with("seconds", seconds)
        .with("features", features)
        .with("classes", classes)
        .with("dataset_fingerprint", record.text("dataset_fingerprint"))
        .with("config", record.config_of_run());
    Ok((text, object))
}

fn data_set(data: Data) -> Result<(String, Object), Error> {
    let Data { set: data, name } = data;
    let fingerprint = format!("{:016x}", data.fingerprint);
    let classes: Vec<&str> = data.classes.iter().map(String::as_str).collect();
    let Words { samples, features, .. } = Words::of(data.kind);
    let described = |images: &Images| match images.non_empty() {
        Some(images) => format!(
            "{} {samples}, {:.1} % of the {features} not 0",
            grouped(images.len() as u64),
            density(images) * 100.0
        ),
        None => "none".to_string(),
    };
    let shape = match &data.table {
        Some(table) if table.names.is_empty() => format!("features     {}", data.picture.pixels()),
        Some(table) => {
            let names: Vec<&str> = table.names.iter().map(String::as_str).collect();
            format!("features     {}: {}", names.len(), listed(&names))
        }
        None => format!("picture      {}", dimensions(data.picture)),
    };
    let text = format!(
        "{}: a data set ({})\ntraining     {}\ntest         {}\n{shape}\nclasses      {}: {}\n\
         fingerprint  {fingerprint}\n",
        printable(&name),
        data.kind.name(),
        described(&data.train),
        described(&data.test),
        classes.len(),
        listed(&classes),
    );
    let for_programs = |images: &Images| {
        images
            .non_empty()
            .map(|images| Object::new().with("images", images.len()).with("density", density(images)))
    };
    let object = Object::new()
        .with("kind", "data")
        .with("file", name)
        .with("dataset", data.kind.name())
        .with("train", for_programs(&data.train))
        .with("test", for_programs(&data.test))
        .with("picture", dimensions_for_programs(data.picture))
        .with("classes", classes.into_iter().collect::<Json>())
        .with("fingerprint", fingerprint);
    Ok((text, object))
}

/// The share of the pixels that are not 0.
fn density(images: &Images) -> f64 {
    let inked = images.pixels().iter().filter(|&&pixel| pixel != 0).count();
    inked as f64 / images.pixels().len() as f64
}

fn dimensions(picture: Picture) -> String {
    let Picture { channels, height, width } = picture;
    format!("{channels} x {height} x {width} (channels, height, width)")
}

fn dimensions_for_programs(picture: Picture) -> Object {
    let Picture { channels, height, width } = picture;
    Object::new().with("channels", channels).with("height", height).with("width", width)
}

/// The names on one line; many of them not in full.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 20;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| printable(name)).collect();
    let rest = if names.len() > MOST { ", ..." } else { "" };
    shown.join(", ") + rest
}
