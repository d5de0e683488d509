//! The only place that touches files.
//!
//! Reading is bounded, writing is all or nothing, and every error names its file. In every path, `-` is
//! standard input or output, which messages call stdin and stdout.

use core::fmt::{self, Write};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::str::Utf8Chunk;

mod journal;
mod lock;
mod output;

pub use journal::Journal;
pub use output::{Output, file_in, is_same_file};

/// What could not be done with which file, and why.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    /// "opened", "read", "written", "locked" or "made".
    action: &'static str,
    reason: io::Error,
}

impl Error {
    /// The error that the file at `path` cannot be `action`: "opened", "read", "written", "locked" or "made".
    pub fn new(path: impl Into<PathBuf>, action: &'static str, reason: io::Error) -> Self {
        Self { path: path.into(), action, reason }
    }

    /// The error that a folder stands where a file is read.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::new(path, "opened", a_folder())
    }

    /// The error that a file cannot be kept at `path`, which is stdout, a device or a pipe.
    pub fn not_a_file(path: impl Into<PathBuf>) -> Self {
        let text = "no regular file, but it has to be read again; give a file's name";
        Self::new(path, "written", io::Error::new(ErrorKind::InvalidInput, text))
    }

    /// The error that no memory is left for the `size` bytes of the file at `path`.
    pub fn memory(path: impl Into<PathBuf>, size: u64) -> Self {
        let text =
            format!("no memory for its {size} bytes; end other programs or raise the limit (ulimit -v)");
        Self::new(path, "read", io::Error::new(ErrorKind::OutOfMemory, text))
    }

    /// The file, as the caller named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kind of the reason: of the system's error, or `IsADirectory`, `OutOfMemory`, `FileTooLarge`
    /// (longer than what is read of it), `ResourceBusy` (another process writes it), `InvalidData` (the file
    /// or its lock is not one of this program).
    pub fn kind(&self) -> ErrorKind {
        self.reason.kind()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_output = matches!(self.action, "written" | "locked");
        let name = if is_output && is_standard(&self.path) { "stdout".into() } else { name_of(&self.path) };
        write!(f, "{}: cannot be {}: {}", Printable(&name), self.action, self.reason)
    }
}

impl core::error::Error for Error {}

fn a_folder() -> io::Error {
    io::Error::new(ErrorKind::IsADirectory, "a folder, expected a file; give one in it, or another name")
}

fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// What messages call an input file: `stdin` for "-", `""` for no name at all. Bytes that are not UTF-8 are
/// written as escapes, `\xff`.
pub fn name_of(path: &Path) -> String {
    match path.to_str() {
        Some("-") => "stdin".into(),
        Some("") => "\"\"".into(),
        Some(name) => name.into(),
        None => {
            let chunks = path.as_os_str().as_encoded_bytes().utf8_chunks();
            let text = |chunk: Utf8Chunk<'_>| chunk.valid().to_string() + &escaped(chunk.invalid());
            chunks.map(text).collect()
        }
    }
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}

/// A text of unknown origin, such as a file's name, for a terminal: control characters, which could move the
/// cursor or forge a line, are written as escapes.
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c.is_control() {
            true => write!(f, "{}", c.escape_default()),
            false => f.write_char(c),
        })
    }
}

/// A file open for reading, or standard input.
pub struct Source {
    stream: Box<dyn Read>,
    /// Its length, where it is a regular file.
    length: Option<u64>,
}

impl Source {
    /// Whether it is a regular file, which can be opened and read again; standard input counts as none.
    pub fn is_regular(&self) -> bool {
        self.length.is_some()
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.stream.read(out)
    }
}

/// Opens a file, to be read in passing.
///
/// # Errors
/// It is not there, is a folder, or may not be read.
pub fn open(path: &Path) -> Result<Source, Error> {
    if is_standard(path) {
        return Ok(Source { stream: Box::new(io::stdin().lock()), length: None });
    }
    let wrong = |error| Error::new(path, "opened", error);
    let file = File::open(path).map_err(wrong)?;
    let about = file.metadata().map_err(wrong)?;
    if about.is_dir() {
        return Err(Error::folder(path));
    }
    Ok(Source { stream: Box::new(file), length: about.is_file().then_some(about.len()) })
}

/// The whole file, `limit` bytes at most.
///
/// # Errors
/// It cannot be opened or read, or is longer than `limit`: which is known before memory is taken, or, for
/// what has no length beforehand such as a pipe, as soon as the limit is passed.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    read_on(path, open(path)?, Vec::new(), limit)
}

/// The whole file at `path` that `source` reads, of which `bytes` were read already.
///
/// # Errors
/// As [`read`].
pub fn read_on(path: &Path, source: Source, mut bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, Error> {
    let wrong = |reason| Error::new(path, "read", reason);
    let too_long = || {
        let text = format!("longer than {limit} bytes, the most that is read here");
        wrong(io::Error::new(ErrorKind::FileTooLarge, text))
    };
    let length = source.length.unwrap_or(0);
    if length > limit {
        return Err(too_long());
    }
    let found = bytes.len() as u64;
    let left = usize::try_from(length.saturating_sub(found)).unwrap_or(usize::MAX);
    bytes.try_reserve_exact(left).map_err(|_| Error::memory(path, length))?;
    match source.take(limit.saturating_sub(found).saturating_add(1)).read_to_end(&mut bytes) {
        Err(error) if error.kind() == ErrorKind::OutOfMemory => {
            Err(Error::memory(path, length.max(bytes.len() as u64)))
        }
        Err(error) => Err(wrong(error)),
        Ok(_) if bytes.len() as u64 > limit => Err(too_long()),
        Ok(_) => Ok(bytes),
    }
}

/// Whether `path` is a folder, or a link to one.
pub fn is_folder(path: &Path) -> bool {
    !is_standard(path) && path.is_dir()
}

/// What is below a folder, each in order of bytes: paths from there on, with `/`.
#[derive(Debug, Default)]
pub struct Tree {
    /// The files.
    pub files: Vec<String>,
    /// Folders with nothing in them.
    pub empty: Vec<String>,
}

/// The files in a folder and in its subfolders down to `depth` levels (1: those in the folder itself), at
/// most `most` of them. Left out are names that are not Unicode and those that `is_ignored`.
/// Whether there is something at `path`; standard output is nothing that is there.
pub fn is_there(path: &Path) -> bool {
    !is_standard(path) && path.exists()
}

/// Makes a folder, and those above it, unless it is there.
///
/// # Errors
/// It cannot be made.
pub fn make_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|error| Error::new(path, "made", error))
}

/// The names of the files in a folder, in order, without folders and without names that are not Unicode.
///
/// # Errors
/// The folder is not there, is none, or may not be read; it has more files.
pub fn tree(
    folder: &Path,
    depth: usize,
    most: usize,
    is_ignored: impl Fn(&str) -> bool,
) -> Result<Tree, Error> {
    let mut tree = Tree::default();
    let mut open = vec![(String::new(), 1)];
    while let Some((below, level)) = open.pop() {
        let path = if below.is_empty() { folder.to_owned() } else { folder.join(&below) };
        let wrong = |action, error| Error::new(&path, action, error);
        let mut is_empty = true;
        for entry in fs::read_dir(&path).map_err(|error| wrong("opened", error))? {
            let entry = entry.map_err(|error| wrong("read", error))?;
            let Some(name) = entry.file_name().into_string().ok().filter(|name| !is_ignored(name)) else {
                continue;
            };
            is_empty = false;
            // A link is what it leads to; of all else the folder itself says what it is.
            let kind = entry.file_type().map_err(|error| wrong("read", error))?;
            let is_inner = kind.is_dir() || (kind.is_symlink() && is_folder(&entry.path()));
            let place = if below.is_empty() { name } else { format!("{below}/{name}") };
            if is_inner && level < depth {
                open.push((place, level + 1));
            } else if !is_inner {
                if tree.files.len() == most {
                    let text = format!("more than {most} files; give the folder of the data themselves");
                    return Err(Error::new(folder, "read", io::Error::new(ErrorKind::InvalidData, text)));
                }
                tree.files.try_reserve(1).map_err(|_| Error::memory(folder, 24 * most as u64))?;
                tree.files.push(place);
            }
        }
        if is_empty && !below.is_empty() {
            tree.empty.push(below);
        }
    }
    tree.files.sort_unstable();
    tree.empty.sort_unstable();
    Ok(tree)
}
