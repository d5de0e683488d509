//! What the commands work on: the data, the model and the machine that the options name.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use super::console::printable;
use super::{Error, Given, Opt};
use monolayer::data::{self, CifarLabels, Dataset, Kind, Options};
use monolayer::train::{Machine, Products};
use monolayer::weights::{self, About, FeatureMap, Shape, View, Weights};
use monolayer::{Isa, store};

/// A data set, and what to call it in messages.
pub struct Data {
    pub set: Dataset,
    pub name: String,
}

/// The data set that --data names; without it, the embedded digits.
///
/// # Errors
/// It cannot be read, or does not have the labels asked for, or there are no embedded digits.
pub fn data(given: &Given) -> Result<Data, Error> {
    data_at(given.path(Opt::Data), given)
}

/// The data set at `path`; without one, the embedded digits.
///
/// # Errors
/// As [`data`].
pub fn data_at(path: Option<&OsStr>, given: &Given) -> Result<Data, Error> {
    data_by(given, |options| match path {
        Some(path) => data_of(path, options),
        None => digits(),
    })
}

/// The data set at `path`.
///
/// # Errors
/// As [`data`].
pub fn data_of(path: &OsStr, options: Options) -> Result<Data, Error> {
    Ok(Data { set: data::load(Path::new(path), &options)?, name: name_of(path) })
}

/// The data set in the archive that `stream` reads.
///
/// # Errors
/// As [`data`].
pub fn data_from(stream: impl Read, name: String, given: &Given) -> Result<Data, Error> {
    data_by(given, |options| Ok(Data { set: data::load_stream(&name, stream, &options)?, name }))
}

/// The data set that `load` loads with the labels asked for.
fn data_by(given: &Given, load: impl FnOnce(Options) -> Result<Data, Error>) -> Result<Data, Error> {
    let coarse = given.text(Opt::Labels).as_deref() == Some("coarse");
    let labels = if coarse { CifarLabels::Coarse } else { CifarLabels::Fine };
    let mut options = Options::default();
    options.labels = labels;
    let data = load(options)?;
    match data.set.kind {
        kind if coarse && kind != Kind::Cifar100 => {
            let (name, kind) = (printable(&data.name), kind.name());
            Err(Error::Failed(format!(
                "--labels coarse: found {name} ({kind}), expected CIFAR-100; leave the option out for other \
                 data"
            )))
        }
        _ => Ok(data),
    }
}

/// The embedded digits.
///
/// # Errors
/// This build is without them.
pub fn digits() -> Result<Data, Error> {
    #[cfg(feature = "digits")]
    return Ok(Data { set: data::digits()?, name: String::from("the embedded digits") });
    #[cfg(not(feature = "digits"))]
    return Err(Error::Failed(
        "no data: this build is without the embedded digits (feature `digits`); `train --data PATH` takes \
         others"
            .into(),
    ));
}

/// The instruction set, the number of threads and the kind of products to use.
///
/// # Errors
/// This machine does not have the instruction set that --isa names.
pub fn machine(given: &Given) -> Result<Machine, Error> {
    let isa = match given.text(Opt::Isa).as_deref() {
        Some("auto") | None => Isa::best(),
        Some(name) => name.parse().map_err(|_| {
            let available = Isa::available().map(Isa::name).collect::<Vec<_>>().join(", ");
            Error::Failed(format!(
                "--isa {name}: this machine or this build does not have it; it has {available}"
            ))
        })?,
    };
    let threads = given.get(Opt::Threads).unwrap_or(Machine::best().threads); // a number, or `auto`
    let products = given.get::<Products>(Opt::Products).unwrap_or_default();
    Ok(Machine { products, ..Machine::new(isa, threads) })
}

/// A model file in memory, and what to call it in messages.
pub struct ModelFile {
    pub name: String,
    file: weights::ModelFile,
}

impl ModelFile {
    /// The file that --model names.
    ///
    /// # Errors
    /// The option is missing, or the file cannot be read.
    pub fn given(given: &Given) -> Result<Self, Error> {
        let path = given.required_path(Opt::Model)?;
        Self::new(store::read(Path::new(path), u64::from(u32::MAX))?, name_of(path))
    }

    /// A file's contents.
    ///
    /// # Errors
    /// The allocation fails.
    pub fn new(bytes: Vec<u8>, name: String) -> Result<Self, Error> {
        match weights::ModelFile::new(bytes) {
            Ok(file) => Ok(Self { name, file }),
            Err(error) => Err(Error::of_file(&name, error)),
        }
    }

    /// Its contents.
    pub fn bytes(&self) -> &[u8] {
        self.file.bytes()
    }

    /// The model, of either kind of weights, checked.
    ///
    /// # Errors
    /// It is not a model, or damaged, or newer than this program.
    pub fn view(&self) -> Result<View<'_, Weights<'_>>, Error> {
        self.file.view().map_err(|error| Error::of_file(&self.name, error))
    }
}

/// The model file of a network, with the map of features if its data are a table; errors call it `name`.
/// Control characters in the names of classes, which the file refuses, are escaped.
///
/// # Errors
/// A part breaks a rule of the file, or there is no memory for it.
pub fn model_bytes(
    params: &weights::Params,
    picture: weights::Picture,
    classes: &[String],
    map: Option<FeatureMap>,
    record: &str,
    name: &str,
) -> Result<Vec<u8>, Error> {
    let classes: Vec<String> = classes.iter().map(|name| printable(name)).collect();
    let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
    let about = About { training: record, map, ..About::new(picture, &classes) };
    weights::to_vec(params, about).map_err(|error| Error::of_file(name, error))
}

/// The name of a file to read, for messages.
pub fn name_of(path: &OsStr) -> String {
    store::name_of(Path::new(path))
}

/// Whether a model takes these data: D and K agree.
///
/// # Errors
/// They do not; both are named.
pub fn check_fit(model: &ModelFile, shape: Shape, data: &Data) -> Result<(), Error> {
    let Shape { features, classes, .. } = shape;
    let sizes = [
        ("pixels an image", features as u64, data.set.picture.pixels()),
        ("classes", classes as u64, data.set.classes.len() as u64),
    ];
    for (what, in_model, in_data) in sizes {
        if in_model != in_data {
            let model = printable(&model.name);
            return Err(Error::of_file(
                &data.name,
                format_args!(
                    "{in_data} {what}, but the model {model} was trained on {in_model}\n\
                     test it on data of the kind that it was trained on; `monolayer info FILE` describes both"
                ),
            ));
        }
    }
    Ok(())
}
