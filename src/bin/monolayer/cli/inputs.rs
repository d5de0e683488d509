//! What the commands work on: the data, the model and the machine that the options name.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use super::console::{message, printable};
use super::options::{Command, size};
use super::words::Words;
use super::{Error, Given, Opt};
use monolayer::data::{self, CifarLabels, Dataset, Images, Kind, Label, Mapping, Options};
use monolayer::train::{Machine, Products};
use monolayer::weights::{self, About, FeatureMap, Shape, View, Weights};
use monolayer::{Isa, store};

/// A data set, and what to call it in messages.
pub struct Data {
    pub set: Dataset,
    pub name: String,
}

impl Data {
    /// What messages call its samples.
    pub fn words(&self) -> Words {
        Words::of(self.set.kind)
    }

    /// The training half.
    ///
    /// # Errors
    /// There is none.
    pub fn training(&self) -> Result<&Images, Error> {
        self.set.train.non_empty().ok_or_else(|| self.lacks("training"))
    }

    /// The test half.
    ///
    /// # Errors
    /// There is none.
    pub fn testing(&self) -> Result<&Images, Error> {
        self.set.test.non_empty().ok_or_else(|| self.lacks("test"))
    }

    /// The error for a half that is not there.
    fn lacks(&self, half: &str) -> Error {
        let samples = self.words().samples;
        Error::of_file(&self.name, format_args!("no {half} {samples} in it; this command needs them"))
    }
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

/// The data set that `load` loads as the options say.
fn data_by(given: &Given, load: impl FnOnce(Options) -> Result<Data, Error>) -> Result<Data, Error> {
    finished(load(options(given))?, given)
}

/// Checks a data set against the options, and says what was decided while it was read.
///
/// # Errors
/// It does not have the labels asked for, or the names of classes cannot be read.
pub fn finished(mut data: Data, given: &Given) -> Result<Data, Error> {
    let (kind, coarse) = (data.set.kind, options(given).labels == CifarLabels::Coarse);
    if coarse && kind != Kind::Cifar100 {
        let (name, kind) = (printable(&data.name), kind.name());
        return Err(Error::Failed(format!(
            "--labels coarse: found {name} ({kind}), expected CIFAR-100; leave the option out for other data"
        )));
    }
    if let Some(path) = given.path(Opt::Classes) {
        data.set.classes = class_names(path, data.set.classes.len(), &data.name)?;
    }
    if !given.has(Opt::Quiet) {
        data.set.notes.iter().for_each(|note| message(&format!("{}\n", printable(note))));
        if data.set.is_split && given.command == Command::Train {
            message("for a model to deploy, --test-share 0 trains on all of them\n");
        }
    }
    Ok(data)
}

/// How the options have a data set loaded.
pub fn options(given: &Given) -> Options {
    let mut options = Options::default();
    if given.text(Opt::Labels).as_deref() == Some("coarse") {
        options.labels = CifarLabels::Coarse;
    }
    options.label = given.text(Opt::Label).map(|name| match &*name {
        "first" => Label::First,
        "last" => Label::Last,
        name => Label::Named(name.into()),
    });
    let ignored = given.text(Opt::Ignore).unwrap_or_default();
    options.ignore =
        ignored.split(',').map(str::trim).filter(|name| !name.is_empty()).map(String::from).collect();
    options.test = given.path(Opt::Test).map(Into::into);
    options.test_share = given.get(Opt::TestShare);
    options.map = match given.text(Opt::Map).as_deref() {
        Some("always") => Mapping::Always,
        Some("none") => Mapping::Never,
        _ => Mapping::Auto,
    };
    options.size = given.text(Opt::Size).and_then(|text| size(&text));
    options.fit = given.has(Opt::Fit);
    options.grey = given.has(Opt::Grey);
    options.no_transpose = given.has(Opt::NoTranspose);
    options
}

/// More than any list of names takes.
const MOST_NAMES: u64 = 1 << 20;

/// The names in the file that --classes names, one for each class of the data.
pub fn class_names(path: &OsStr, classes: usize, owner: &str) -> Result<Vec<String>, Error> {
    let bytes = store::read(Path::new(path), MOST_NAMES)?;
    let wrong = |what: String| Error::of_file(&name_of(path), what);
    let text = core::str::from_utf8(&bytes).map_err(|error| {
        wrong(format!("offset {}: no UTF-8, expected a name a line", error.valid_up_to()))
    })?;
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end().lines();
    let names: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    if let Some(line) = names.iter().position(String::is_empty) {
        return Err(wrong(format!("line {}: no name, expected the name of class {line}", line + 1)));
    }
    match names.len() {
        found if found == classes => Ok(names),
        found => Err(wrong(format!(
            "{found} names of classes, expected {classes}, one a line, as many as {} has",
            printable(owner)
        ))),
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
        let (place, mut head) = (Path::new(path), Vec::new());
        let mut source = store::open(place)?;
        let wrong = |error| store::Error::new(place, "read", error);
        source.by_ref().take(512).read_to_end(&mut head).map_err(wrong)?;
        if !weights::is_model(&head) {
            return Self::new(head, name_of(path)); // an error, before an endless stream is read
        }
        Self::new(store::read_on(place, source, head, u64::from(u32::MAX))?, name_of(path))
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

/// Whether a model takes these data: D and K agree, and a table's features become the same bytes.
///
/// # Errors
/// They do not; both are named.
pub fn check_fit(model: &ModelFile, data: &Data) -> Result<(), Error> {
    let view = model.view()?;
    let Shape { features, classes, .. } = view.params().shape();
    let name = printable(&model.name);
    let wrong = |text: String| Err(Error::of_file(&data.name, text));
    let advice = "test it on data of the kind that it was trained on; `monolayer info FILE` describes both";
    let of_table = data.set.table.as_ref().map(|table| FeatureMap::new(&table.map));
    match (view.map(), of_table) {
        (Some(_), None) => return wrong(format!("no mapped table, but the model {name} is one's\n{advice}")),
        (None, Some(_)) => {
            return wrong(format!(
                "a table whose features are mapped to bytes, but the model {name} takes bytes\n{advice}"
            ));
        }
        _ => {}
    }
    let Words { samples, features: word, .. } = data.words();
    let each = if samples == "images" { "an image" } else { "a sample" };
    let sizes = [
        (format!("{word} {each}"), features as u64, data.set.picture.pixels()),
        ("classes".into(), classes as u64, data.set.classes.len() as u64),
    ];
    for (what, in_model, in_data) in sizes {
        if in_model != in_data {
            return wrong(format!(
                "{in_data} {what}, but the model {name} was trained on {in_model}\n{advice}"
            ));
        }
    }
    let bits = |map: FeatureMap| map.pairs().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let is_same = view.map().map(bits) == of_table.map(bits);
    // Of a table the names decide which class is which.
    let is_named =
        of_table.is_none() || view.class_names().eq(data.set.classes.iter().map(|name| printable(name)));
    if is_same && is_named {
        return Ok(());
    }
    let what = if is_same { "other classes" } else { "another map of the features to bytes" };
    wrong(format!(
        "{what} than the model {name} has: it was trained on other rows\n\
         give the data that it was trained on, or a file of rows to test on"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use monolayer::data::Table;
    use monolayer::weights::{About, Params, Picture, to_vec};

    const PICTURE: Picture = Picture { channels: 1, height: 1, width: 2 };

    fn model(pairs: Option<&[f32]>) -> ModelFile {
        let activation = monolayer::Activation::Tanh;
        let shape = Shape { activation, features: 2, hidden: 1, classes: 2, scale: 64.0 };
        let params = Params::new(shape, &[0.0; 3], &[0.0; 4]).unwrap();
        let about = About { map: pairs.map(FeatureMap::new), ..About::new(PICTURE, &["a", "b"]) };
        ModelFile::new(to_vec(&params, about).unwrap(), "m.mono".into()).unwrap()
    }

    fn data(pairs: Option<&[f32]>, classes: [&str; 2]) -> Data {
        let images = Images::new(2, vec![0; 4], vec![0, 1]);
        let kind = if pairs.is_some() { Kind::Table } else { Kind::Idx };
        let mut set =
            Dataset::new(kind, PICTURE, classes.map(String::from).into(), images, Images::default());
        set.table = pairs.map(|pairs| {
            let mut table = Table::default();
            table.map = pairs.to_vec();
            table
        });
        Data { set, name: "t.csv".into() }
    }

    #[test]
    fn a_tables_model_is_for_its_own_bytes_and_classes() {
        let (own, other) = ([0.0, 1.0, 0.0, 2.0], [0.0, 1.0, -0.0, 2.0]);
        let told = |model: Option<&[f32]>, set: Option<&[f32]>, names| {
            let found = check_fit(&self::model(model), &data(set, names));
            found.map_err(|error| error.to_string().lines().next().unwrap_or_default().to_string())
        };
        let names = ["a", "b"];
        assert_eq!(told(Some(&own), Some(&own), names), Ok(()));
        assert_eq!(told(None, None, ["c", "d"]), Ok(()), "pictures go by the numbers of their classes");
        for (model, set, names, expected) in [
            (Some(&own[..]), Some(&other[..]), names, "another map of the features to bytes than"),
            (Some(&own), Some(&own), ["b", "a"], "other classes than"),
            (Some(&own), None, names, "no mapped table, but"),
            (None, Some(&own), names, "a table whose features are mapped to bytes, but"),
        ] {
            let message = told(model, set, names).unwrap_err();
            assert!(message.starts_with(&format!("t.csv: {expected} the model m.mono")), "{message}");
        }
    }
}
