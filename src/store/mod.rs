//! The only place that touches files.
//!
//! Reading is bounded, writing is all or nothing, and every error names its file. In every path, `-` is standard
//! input or output, which messages call stdin and stdout.

use core::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

mod journal;
mod lock;
mod output;

pub use journal::Journal;
pub use output::{Output, is_same_file};

/// What went wrong, with which file.
#[derive(Debug)]
pub struct Error {
    /// The file, as the caller named it.
    pub path: PathBuf,
    /// What went wrong.
    pub fault: Fault,
}

/// What can go wrong with a file.
#[derive(Debug)]
pub enum Fault {
    /// It cannot be opened for reading, or is not there.
    Open(io::Error),
    /// Reading failed on the way.
    Read(io::Error),
    /// It is longer than what is to be held of it.
    TooLong {
        /// Bytes that are read at most.
        limit: u64,
    },
    /// There is no memory for it.
    Memory {
        /// Bytes it would take.
        size: u64,
    },
    /// A folder stands where a file is read or written.
    Folder,
    /// It is stdin, stdout, a device or a pipe, where a file is needed that keeps what is written to it.
    NotAFile,
    /// Its last line has no end, and does not begin as lines of its kind do: it is somebody else's file.
    NoEnd,
    /// Another process writes it, and goes on to.
    Locked,
    /// It cannot be written here: the folder is not there or does not permit it, or the old file does not.
    Create(io::Error),
    /// Writing failed on the way, for want of space for one. What stood there before still does.
    Write(io::Error),
    /// The written file could not be put in its place. What stood there before still does.
    Replace(io::Error),
    /// It is in its place, but the disk could not be told: a crash may undo it.
    Sync(io::Error),
}

impl Error {
    fn new(path: &Path, fault: Fault) -> Self {
        Self { path: path.into(), fault }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::Create(_) | Fault::Write(_) | Fault::NotAFile if is_standard(&self.path) => {
                f.write_str("stdout")?
            }
            _ => write!(f, "{}", Printable(&name_of(&self.path)))?,
        }
        match &self.fault {
            Fault::Open(error) => write!(f, ": cannot be opened: {error}"),
            Fault::Read(error) => write!(f, ": cannot be read: {error}"),
            Fault::TooLong { limit } => write!(f, ": longer than {limit} bytes, the most that is read here"),
            Fault::Memory { size } => {
                write!(
                    f,
                    ": no memory for its {size} bytes; end other programs or raise the limit (ulimit -v)"
                )
            }
            Fault::Folder => write!(f, ": a folder, expected a file; give one in it, or another name"),
            Fault::NotAFile => {
                write!(f, ": no regular file, but results are read again from it; give a file's name")
            }
            Fault::NoEnd => write!(
                f,
                ": the last line has no end and is no result, expected lines of results; it is left as it is, give \
                 another name"
            ),
            Fault::Locked => write!(
                f,
                ": another process is writing it; wait for its end, or give each process a file of its own \
                 (results are put together with cat)"
            ),
            Fault::Create(error) => write!(f, ": cannot be written: {error}"),
            Fault::Write(error) => write!(f, ": could not be written: {error}"),
            Fault::Replace(error) => write!(f, ": could not be replaced: {error}"),
            Fault::Sync(error) => write!(f, ": written, but may not outlast a crash: {error}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.fault {
            Fault::Open(error) | Fault::Read(error) => Some(error),
            Fault::Create(error) | Fault::Write(error) | Fault::Replace(error) | Fault::Sync(error) => {
                Some(error)
            }
            Fault::TooLong { .. }
            | Fault::Memory { .. }
            | Fault::Folder
            | Fault::NotAFile
            | Fault::NoEnd
            | Fault::Locked => None,
        }
    }
}

fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// What messages call an input file: `stdin` for "-", `""` for no name at all.
pub(crate) fn name_of(path: &Path) -> String {
    match path.to_str() {
        Some("-") => "stdin".into(),
        Some("") => "\"\"".into(),
        _ => path.to_string_lossy().into_owned(),
    }
}

/// A text of unknown origin, such as a file's name, for a terminal: control characters, which could move the
/// cursor or forge a line, are written as escapes.
pub(crate) struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(char::is_control) {
            let plain = part.trim_end_matches(char::is_control);
            write!(f, "{plain}{}", part[plain.len()..].escape_default())?;
        }
        Ok(())
    }
}

/// A file open for reading, or standard input.
pub struct Source {
    stream: Stream,
    /// Its length, where it is a regular file.
    length: Option<u64>,
}

enum Stream {
    File(File),
    Standard(io::StdinLock<'static>),
}

impl Source {
    /// Whether it is a regular file, which can be opened and read again; what standard input is, nobody asks.
    pub fn is_regular(&self) -> bool {
        self.length.is_some()
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::File(file) => file.read(out),
            Stream::Standard(stdin) => stdin.read(out),
        }
    }
}

/// Opens a file, to be read in passing.
///
/// # Errors
/// It is not there, is a folder, or may not be read.
pub fn open(path: &Path) -> Result<Source, Error> {
    if is_standard(path) {
        return Ok(Source { stream: Stream::Standard(io::stdin().lock()), length: None });
    }
    let wrong = |error| Error::new(path, Fault::Open(error));
    let file = File::open(path).map_err(wrong)?;
    let about = file.metadata().map_err(wrong)?;
    if about.is_dir() {
        return Err(Error::new(path, Fault::Folder));
    }
    Ok(Source { stream: Stream::File(file), length: about.is_file().then_some(about.len()) })
}

/// The whole file, `limit` bytes at most.
///
/// # Errors
/// It cannot be opened or read, or is longer than `limit`: which is known before memory is taken, or, for what has
/// no length beforehand such as a pipe, as soon as the limit is passed.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    read_on(path, open(path)?, Vec::new(), limit)
}

/// The whole file at `path` that `source` reads, of which `bytes` were read already.
///
/// # Errors
/// As [`read`].
pub fn read_on(path: &Path, source: Source, mut bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, Error> {
    let wrong = |fault| Error::new(path, fault);
    let length = source.length.unwrap_or(0);
    if length > limit {
        return Err(wrong(Fault::TooLong { limit }));
    }
    let found = bytes.len() as u64;
    usize::try_from(length.saturating_sub(found))
        .ok()
        .and_then(|left| bytes.try_reserve_exact(left).ok())
        .ok_or(wrong(Fault::Memory { size: length }))?;
    if let Err(error) = source.take(limit.saturating_sub(found).saturating_add(1)).read_to_end(&mut bytes) {
        return Err(wrong(match error.kind() {
            io::ErrorKind::OutOfMemory => Fault::Memory { size: length.max(bytes.len() as u64) },
            _ => Fault::Read(error),
        }));
    }
    if bytes.len() as u64 > limit {
        return Err(wrong(Fault::TooLong { limit }));
    }
    Ok(bytes)
}

/// Whether `path` is a folder, or a link to one.
pub fn is_folder(path: &Path) -> bool {
    !is_standard(path) && path.is_dir()
}

/// The names of the files in a folder, in order, without folders and without names that are not Unicode.
///
/// # Errors
/// It is not there, is no folder, or may not be read.
pub fn list(folder: &Path) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| Error::new(folder, Fault::Open(error)))? {
        let entry = entry.map_err(|error| Error::new(folder, Fault::Read(error)))?;
        // Not the entry's own type: that of a link is what it leads to.
        if is_folder(&entry.path()) {
            continue;
        }
        if let Ok(name) = entry.file_name().into_string() {
            let size = size_of_val(&names[..]) as u64;
            names.try_reserve(1).map_err(|_| Error::new(folder, Fault::Memory { size }))?;
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
