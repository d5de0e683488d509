//! `import`: weights trained elsewhere, as a model file.

use std::path::Path;

use super::console::{Console, grouped, printable};
use super::files::OutFile;
use super::inputs;
use super::{Error, Given, Opt};
use monolayer::import::Network;
use monolayer::json::Object;
use monolayer::store;
use monolayer::weights::Shape;

/// The hidden units' function that tanh stands for.
const LOGISTIC: &str = "sigmoid";

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let from = given.required_path(Opt::From)?;
    let out = given.required_path(Opt::Out)?;
    let out = OutFile::create(out, console)?;
    let name = inputs::name_of(from);
    let bytes = store::read(Path::new(from), u64::from(u32::MAX))?;
    let mut network = Network::read(&bytes).map_err(|error| Error::of_file(&name, error))?;
    let named = given.text(Opt::Activation).filter(|_| given.has(Opt::Activation));
    if named.as_deref().map_or(network.is_logistic, |named| named == LOGISTIC) {
        network.fold_logistic();
    } else if let Some(named) = named {
        network.activation = named.parse().ok();
    }
    let activation = network.activation.ok_or_else(|| given.missing(Opt::Activation))?;
    let moments = moments(given)?.or(network.moments.take());
    if let Some([mean, std]) = &moments {
        network.standardise(mean, std).map_err(|error| Error::of_file(&name, error))?;
    }
    if let Some(path) = given.path(Opt::Classes) {
        network.class_names = inputs::class_names(path, network.class_names.len(), &name)?;
    }
    let own = network.scale.filter(|_| !given.has(Opt::Scale));
    let Some(scale) = own.or_else(|| given.get::<f64>(Opt::Scale).map(|scale| scale as f32)) else {
        return Err(Error::Usage(
            "--scale auto: import has no data to compute it from; give the number".into(),
        ));
    };
    let params = network.params(activation, scale).map_err(|error| Error::of_file(&name, error))?;
    let Shape { features, hidden, classes, .. } = params.shape();
    let inputs = match (network.map(), &moments) {
        (Some(_), Some(_)) => "inputs       the features of a table, mapped to bytes\n".into(),
        (None, Some(_)) => format!("inputs       (pixels / {scale} - mean) / std\n"),
        (None, None) if network.training.is_none() => {
            format!("inputs       pixels / {scale}, nothing subtracted: else give --mean and --std\n")
        }
        _ => String::new(),
    };
    let rows = if network.is_transposed { ", transposed: a row is an input" } else { "" };
    let picture = network.picture.ok_or_else(|| {
        let expected = "expected at most 65535, a square, or three planes of one";
        Error::of_file(&name, format_args!("{features} pixels, {expected}"))
    })?;
    let names = &network.class_names;
    let own = || format!("version={}\n", env!("CARGO_PKG_VERSION"));
    let record = network.training.clone().unwrap_or_else(own);
    let file = inputs::model_bytes(&params, picture, names, network.map(), &record, &name)?;
    out.output.commit(&file)?;

    let fingerprint = format!("{:016x}", params.fingerprint());
    if given.has(Opt::Json) {
        let object = Object::new()
            .with("file", out.name)
            .with("bytes", file.len())
            .with("features", features)
            .with("hidden", hidden)
            .with("classes", classes)
            .with("activation", activation.name())
            .with("scale", scale)
            .with("fingerprint", fingerprint);
        return Ok(console.print_line_now(&object.text())?);
    }
    Ok(console.print(&format!(
        "weights      {}{rows}\n{inputs}\
         network      {features} {} / {scale} -> {hidden} {} units -> {classes} classes\n\
         fingerprint  {fingerprint}\nmodel        {} ({} bytes)\n",
        printable(&name),
        if network.map().is_some() { "features" } else { "pixels" },
        activation.name(),
        printable(&out.name),
        grouped(file.len() as u64),
    ))?)
}

/// What --mean and --std say.
fn moments(given: &Given) -> Result<Option<[Vec<f64>; 2]>, Error> {
    let list = |option: Opt| {
        let Some(text) = given.text(option) else { return Ok(None) };
        let numbers = text.split(',').map(|number| number.trim().parse().ok()).collect::<Option<Vec<f64>>>();
        let wrong = || {
            format!("--{}: found `{}`; expected numbers, separated by commas", option.name, printable(&text))
        };
        numbers.map(Some).ok_or_else(|| Error::Usage(wrong()))
    };
    Ok(list(Opt::Mean)?.zip(list(Opt::Std)?).map(|(mean, std)| [mean, std]))
}
