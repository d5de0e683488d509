//! The files that a command writes, and that none of them is another that it reads or writes.

use std::ffi::{OsStr, OsString};
use std::format;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::args::{self, Given};
use super::console::Console;
use crate::store::{self, Output};

/// A file to be written.
pub(crate) struct OutFile {
    pub output: Output,
    /// What messages call it.
    pub name: String,
}

impl OutFile {
    /// The one at `path`, which can be written. If that is stdout, results go to stderr.
    ///
    /// # Errors
    /// It cannot.
    pub(crate) fn create(path: &OsStr, console: &mut Console) -> Result<Self, store::Error> {
        let output = Output::create(Path::new(path))?;
        if path != "-" {
            return Ok(Self { output, name: path.to_string_lossy().into_owned() });
        }
        console.results_to_stderr();
        Ok(Self { output, name: "stdout".into() })
    }
}

/// The header that goes beside a C source.
pub(crate) fn header(source: &OsStr) -> OsString {
    Path::new(source).with_extension("h").into()
}

/// Sees to it that every file that the options have written has a place of its own: neither another's nor
/// that of a file to be read that an option or operand names. Files of a folder of data are not looked at.
///
/// # Errors
/// Two are one.
pub(crate) fn check(given: &Given) -> Result<(), args::Error> {
    let named = |(option, path): (&str, &OsStr)| (format!("--{option}"), path.to_os_string());
    let mut written: Vec<(String, OsString)> = given.outputs().map(named).collect();
    if written.iter().filter(|(_, path)| path == "-").count() > 1 {
        return Err(args::Error::StdoutTwice);
    }
    if given.chosen("format") == Some("c") {
        // Without NAME.c there is no header, and `export` says so.
        let source = given.path("out").filter(|out| Path::new(out).extension() == Some(OsStr::new("c")));
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
            let (output, other, path) = (output.clone(), other.clone(), path.clone());
            return Err(args::Error::SameFile { output, other, path });
        }
    }
    Ok(())
}
