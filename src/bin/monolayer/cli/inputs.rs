//! What the commands work on: the data, the model and the machine that the options name.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use super::args::Given;
use super::error::Error;
use super::network::{Model, Network, Sizes};
use super::options::Opt;
use monolayer::Isa;
use monolayer::data::{self, CifarLabels, Dataset, Kind, Options};
use monolayer::store;
use monolayer::train::{Machine, Products};
use monolayer::weights::{self, layout};

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
    let data = load(Options::default().with_labels(labels))?;
    match data.set.kind {
        kind if coarse && kind != Kind::Cifar100 => {
            let (name, kind) = (super::console::printable(&data.name), kind.name());
            Err(Error::Failed(format!(
                "--labels coarse: found {name} ({kind}), expected CIFAR-100; leave the option out for other data"
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
        "no data: this build is without the embedded digits (feature `digits`); `train --data PATH` takes others"
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
        Some(name) => Isa::from_name(name).map_err(|_| {
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

/// A model file in memory, where its floats are aligned.
pub struct ModelFile {
    pub name: String,
    bytes: Vec<u8>,
    start: usize,
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
    /// There is no memory to align them in.
    pub fn new(mut bytes: Vec<u8>, name: String) -> Result<Self, Error> {
        // Put where View::new needs it: the allocator promises nothing for bytes. The capacity is kept, so that
        // the place does not move again.
        let length = bytes.len();
        bytes.try_reserve_exact(layout::ALIGN).map_err(|_| no_memory(&name, length))?;
        let start = bytes.as_ptr().align_offset(layout::ALIGN).min(layout::ALIGN);
        bytes.resize(length + start, 0);
        bytes.copy_within(..length, start);
        Ok(Self { name, bytes, start })
    }

    /// Whether these are the first bytes of a model, if perhaps a damaged one.
    pub fn is_model(bytes: &[u8]) -> bool {
        let mark = &layout::MAGIC[1..5];
        bytes.starts_with(mark) || bytes.get(1..).is_some_and(|rest| rest.starts_with(mark))
    }

    /// Its size.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Its contents, at a multiple of 16 bytes.
    pub fn contents(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Its contents, of either kind of weights, checked.
    ///
    /// # Errors
    /// It is not a model, or damaged, or newer than this program.
    pub fn model(&self) -> Result<Model<'_>, Error> {
        Model::new(self.contents()).map_err(|error| Error::of_file(&self.name, error))
    }
}

/// The model file of a network; errors call it `name`.
///
/// # Errors
/// A part breaks a rule of the file, or there is no memory for it.
pub fn model_bytes(
    params: &weights::Params,
    picture: weights::Picture,
    classes: &[&str],
    record: &str,
    name: &str,
) -> Result<Vec<u8>, Error> {
    let length = weights::encoded_len(params, classes, record).unwrap_or(0);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| no_memory(name, length))?;
    bytes.resize(length, 0);
    weights::encode(&mut bytes, params, picture, classes, record)
        .map_err(|error| Error::of_file(name, error))?;
    Ok(bytes)
}

/// The error for a file of so many bytes that do not fit the memory.
pub fn no_memory(file: &str, size: usize) -> Error {
    store::Error::memory(file, size as u64).into()
}

/// The name of a file to read, for messages.
pub fn name_of(path: &OsStr) -> String {
    store::name_of(Path::new(path))
}

/// The class names that the model file keeps: without control characters, which it refuses.
pub fn class_names(data: &Dataset) -> Vec<String> {
    data.classes.iter().map(|name| super::console::printable(name)).collect()
}

/// Whether a model takes these data: D and K agree.
///
/// # Errors
/// They do not; both are named.
pub fn check_fit(model: &ModelFile, network: Network<'_>, data: &Data) -> Result<(), Error> {
    let Sizes { features, classes, .. } = network.sizes();
    let sizes = [
        ("pixels an image", features as u64, data.set.picture.pixels()),
        ("classes", classes as u64, data.set.classes.len() as u64),
    ];
    for (what, in_model, in_data) in sizes {
        if in_model != in_data {
            let model = super::console::printable(&model.name);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_lies_where_its_floats_can_be_read() {
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length).collect();
            let file = ModelFile::new(bytes.clone(), String::new()).unwrap();
            assert_eq!(file.bytes[file.start..].as_ptr().align_offset(layout::ALIGN), 0);
            assert_eq!(file.bytes[file.start..], bytes);
            assert_eq!(file.len(), bytes.len());
        }
    }

    #[test]
    fn models_are_told_from_data() {
        assert!(ModelFile::is_model(&layout::MAGIC));
        assert!(ModelFile::is_model(b"\x1dmono\n\n"), "a model that lost its eighth bits");
        assert!(ModelFile::is_model(b"mono"), "or its first byte");
        for other in [&b""[..], b"\0\0\x08\x03", b"\x1f\x8b", b"nomono"] {
            assert!(!ModelFile::is_model(other));
        }
    }
}
