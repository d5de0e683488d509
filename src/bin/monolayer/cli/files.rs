//! The files that a command writes, and the check that each is different from all others.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::console::{Console, printable};
use super::{Error, Given, Opt};
use monolayer::data;
use monolayer::store::{self, Output};

/// A file to be written.
pub struct OutFile {
    pub output: Output,
    /// What messages call it.
    pub name: String,
}

impl OutFile {
    /// The file at `path`, after a check that it can be written. If it is stdout, results go to stderr.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &OsStr, console: &mut Console) -> Result<Self, store::Error> {
        let output = Output::create(Path::new(path))?;
        if path != "-" {
            return Ok(Self { output, name: store::name_of(Path::new(path)) });
        }
        console.results_to_stderr();
        Ok(Self { output, name: "stdout".into() })
    }
}

/// The header that goes beside a C source.
pub fn header(source: &OsStr) -> OsString {
    Path::new(source).with_extension("h").into()
}

/// Checks that every file to be written differs from the others, from every file that an option or operand
/// names for reading, and from the files of a data set in its folder.
///
/// # Errors
/// Two of them are the same file.
pub fn check(given: &Given) -> Result<(), Error> {
    let named = |(option, path): (Opt, &OsStr)| (format!("--{}", option.name), path.to_os_string());
    let mut written: Vec<(String, OsString)> = given.outputs().map(named).collect();
    if written.iter().filter(|(_, path)| path == "-").count() > 1 {
        let text = "`-`, standard output, takes either the model or the page; give one of them a file";
        return Err(Error::Usage(text.into()));
    }
    if given.text(Opt::Format).as_deref() == Some("c") {
        // Without NAME.c there is no header, and `export` says so.
        let source = given.path(Opt::Out).filter(|out| Path::new(out).extension() == Some(OsStr::new("c")));
        written.extend(source.map(|source| ("the header beside --out".into(), header(source))));
    }
    let operands = given.operands.iter().map(|path| ("FILE".into(), path.clone()));
    let read: Vec<_> = given.inputs().map(named).chain(operands).collect();
    for (index, (output, path)) in written.iter().enumerate() {
        // `-` is two files: one to read, one to write.
        let mut others =
            written[..index].iter().chain(&read).filter(|(_, other)| path != "-" && other != "-");
        if let Some((other, _)) = others.find(|(_, other)| store::is_same_file(path.as_ref(), other.as_ref()))
        {
            let path = printable(&store::name_of(Path::new(path)));
            return Err(Error::Usage(format!(
                "{output} and {other} are one file, `{path}`, and one would overwrite the other\n\
                 give each a name of its own"
            )));
        }
    }
    let data =
        given.inputs().filter(|(option, _)| [Opt::Data, Opt::Test, Opt::Mnist, Opt::Cifar].contains(option));
    for (option, place) in data {
        let place = Path::new(place);
        // Of a file the folder, as its set's other files lie there.
        let folder = if store::is_folder(place) { Some(place) } else { place.parent() };
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is_data = |path: &OsStr| {
            store::file_in(Path::new(path), folder).is_some_and(|name| data::is_data_name(&name))
        };
        if let Some((output, path)) = written.iter().find(|(_, path)| path != "-" && is_data(path)) {
            return Err(Error::Usage(format!(
                "{output} would overwrite `{}`, a file of the data that --{} names\ngive it another name",
                printable(&store::name_of(Path::new(path))),
                option.name
            )));
        }
    }
    Ok(())
}
