//! What is wrong with data: the place, what was found, what was expected and what to do.

use crate::store::{self, Printable};
use core::fmt;
use std::io;

/// Advice for files that were damaged on the way.
pub(crate) const FETCH_AGAIN: &str = "; fetch the file again";

/// Makes room for `more` elements behind those of `list`.
///
/// # Errors
/// The allocation fails.
pub(crate) fn reserve<T>(list: &mut Vec<T>, more: usize) -> Result<(), Error> {
    list.try_reserve(more).map_err(|_| Error::memory((list.len() + more).saturating_mul(size_of::<T>())))
}

/// `size` zeros.
///
/// # Errors
/// The allocation fails.
pub(crate) fn zeros<T: Clone + Default>(size: usize) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    reserve(&mut list, size)?;
    list.resize(size, T::default());
    Ok(list)
}

/// Where bytes come from: a file, a member of an archive, or what one of them decompresses to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    file: String,
    member: Option<String>,
    decompressed: bool,
}

impl Place {
    /// A file, a folder or a stream of this name.
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), member: None, decompressed: false }
    }

    /// The name of the file or the archive.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether offsets count in what a gzip file decompresses to.
    pub fn is_decompressed(&self) -> bool {
        self.decompressed
    }

    /// The member of this archive that has this path in it.
    pub fn member(&self, path: &str) -> Self {
        Self { file: self.file.clone(), member: Some(path.to_owned()), decompressed: false }
    }

    /// The bytes that this gzip file decompresses to.
    pub fn decompressed(&self) -> Self {
        Self { decompressed: true, ..self.clone() }
    }
}

/// `FILE`, or `ARCHIVE: MEMBER` for one in an archive; ` (decompressed)` follows where offsets count
/// decompressed bytes.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable(&self.file))?;
        if let Some(member) = &self.member {
            write!(f, ": {}", Printable(member))?;
        }
        f.write_str(if self.decompressed { " (decompressed)" } else { "" })
    }
}

/// What a caller may want to know of an [`Error`] beyond its message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Everything that has no kind of its own.
    #[default]
    Other,
    /// A picture does not have the height and width that the model takes.
    PictureSize,
    /// Pictures cannot be fitted: their height and width, or the model's, are not known.
    UnknownShape,
    /// There is nothing on a picture that is to be fitted.
    Blank,
    /// A model file in the place of data.
    Model,
    /// Nothing tells which column of a table is the label.
    NoLabel,
    /// A column of a table, [`Error::column`], does not hold numbers.
    Column,
}

/// Data that cannot be used: the place, the byte or the line, what was found and what was expected.
#[derive(Debug)]
pub struct Error(Box<Inner>); // boxed: readers return it for every few bits

#[derive(Debug)]
struct Inner {
    place: Option<Place>,
    offset: Option<u64>,
    /// Of a text, from 1.
    line: Option<u64>,
    /// Of a table.
    column: Option<String>,
    kind: ErrorKind,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    /// A rule was broken.
    Broken { found: String, expected: String },
    /// An allocation of so many bytes failed.
    Memory(u64),
    /// A stream failed.
    Read(io::Error),
    /// A file could not be opened or read; names it.
    Store(store::Error),
}

impl Error {
    #[cold]
    fn of_problem(problem: Problem) -> Self {
        let kind = ErrorKind::Other;
        Self(Box::new(Inner { place: None, offset: None, line: None, column: None, kind, problem }))
    }

    /// A broken rule of a folder, or of a file as a whole. `expected` ends with the advice.
    pub(crate) fn new(found: impl ToString, expected: impl ToString) -> Self {
        Self::of_problem(Problem::Broken { found: found.to_string(), expected: expected.to_string() })
    }

    /// A broken rule at byte `offset`.
    pub(crate) fn at(offset: u64, found: impl ToString, expected: impl ToString) -> Self {
        Self::new(found, expected).moved(|_| offset)
    }

    /// A broken rule on this line of a text, from 1.
    pub(crate) fn line(line: u64, found: impl ToString, expected: impl ToString) -> Self {
        let mut error = Self::new(found, expected);
        error.0.line = Some(line);
        error
    }

    /// An allocation of `size` bytes failed.
    pub(crate) fn memory(size: usize) -> Self {
        Self::of_problem(Problem::Memory(size as u64))
    }

    /// A stream failed at byte `offset`; or a layer below it, whose own error this was.
    pub(crate) fn read(offset: u64, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(error) => Self::of_problem(Problem::Read(error)).moved(|_| offset),
        }
    }

    /// In `place`, unless a layer below has named its own.
    pub(crate) fn of(mut self, place: &Place) -> Self {
        self.0.place.get_or_insert_with(|| place.clone());
        self
    }

    /// At another byte, found from the one before, or from 0.
    pub(crate) fn moved(mut self, offset: impl FnOnce(u64) -> u64) -> Self {
        self.0.offset = Some(offset(self.0.offset.unwrap_or(0)));
        self
    }

    /// With `advice` behind what was expected.
    pub(crate) fn advise(mut self, advice: &str) -> Self {
        if let Problem::Broken { expected, .. } = &mut self.0.problem {
            expected.push_str(advice);
        }
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Of [`ErrorKind::Column`]: the column of this name.
    pub(crate) fn in_column(mut self, name: &str) -> Self {
        self.0.column = Some(name.to_owned());
        self.with_kind(ErrorKind::Column)
    }

    /// The file, folder, archive or member of one.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// The byte in the place.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The line of a text in the place, from 1.
    pub fn line_number(&self) -> Option<u64> {
        self.0.line
    }

    /// The name of the column, where the error is of one.
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// What was found and what was expected, where a rule of the format was broken.
    pub fn rule(&self) -> Option<(&str, &str)> {
        match &self.0.problem {
            Problem::Broken { found, expected } => Some((found, expected)),
            _ => None,
        }
    }

    /// What was found and what was expected, likewise; empty texts for others.
    pub(crate) fn into_rule(self) -> (String, String) {
        match self.0.problem {
            Problem::Broken { found, expected } => (found, expected),
            _ => Default::default(),
        }
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

/// `PLACE, byte N: found ..., expected ...; what to do`, or `line N` in a text.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { place, offset, line, problem, .. } = &*self.0;
        if let Problem::Store(error) = problem {
            return error.fmt(f);
        }
        let (unit, number) = line.map_or(("byte", *offset), |line| ("line", Some(line)));
        match (place, number) {
            (Some(place), Some(number)) => write!(f, "{place}, {unit} {number}: ")?,
            (Some(place), None) => write!(f, "{place}: ")?,
            (None, Some(number)) => write!(f, "{unit} {number}: ")?,
            (None, None) => {}
        }
        match problem {
            Problem::Broken { found, expected } => write!(f, "found {found}, expected {expected}"),
            Problem::Memory(size) => {
                write!(f, "no memory for {size} bytes; end other programs or raise the limit (ulimit -v)")
            }
            Problem::Read(error) => write!(f, "cannot be read: {error}"),
            Problem::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.problem {
            Problem::Read(error) => Some(error),
            Problem::Store(error) => Some(error),
            Problem::Broken { .. } | Problem::Memory(_) => None,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let place = Place::new(&store::name_of(error.path()));
        Self::of_problem(Problem::Store(error)).of(&place)
    }
}
