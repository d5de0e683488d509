//! The files that tables lie in: one for itself, or halves that go by their names.

use super::{has_labels, is_table, read};
use crate::data::container::contents::{Contents, LIMIT, UNSTATED};
use crate::data::container::gzip;
use crate::data::container::members::Members;
use crate::data::dataset::{Dataset, Options};
use crate::data::error::{Error, Place, reserve};
use crate::data::rows::{Columns, Rows};
use crate::data::table;
use crate::store::{self, Printable};
use std::io::{Chain, Cursor, Read};
use std::path::Path;

/// The first bytes that tell a table: more than a header of 65,536 columns takes.
const HEAD: usize = 1 << 20;

/// Endings of the names of tables.
const ENDINGS: [&str; 6] = ["csv", "tsv", "tab", "txt", "data", "dat"];

/// What a stream turned out to be.
pub(crate) enum Found<R> {
    Table(Box<Dataset>),
    /// Something else, with the bytes that were read put back.
    Other(Chain<Cursor<Vec<u8>>, R>),
}

/// The table, raw or gzip, that `stream` reads, if it is one.
pub(crate) fn of_stream<R: Read>(place: &Place, mut stream: R, options: &Options) -> Result<Found<R>, Error> {
    let mut bytes = Vec::new();
    let is_all = read_more(&mut stream, &mut bytes, HEAD).map_err(|error| error.of(place))?;
    if !begins_as_table(&bytes, is_all) {
        return Ok(Found::Other(Cursor::new(bytes).chain(stream)));
    }
    while !read_more(&mut stream, &mut bytes, HEAD).map_err(|error| error.of(place))? {
        if bytes.len() as u64 > LIMIT {
            let found = format!("more than {LIMIT} bytes");
            return Err(Error::new(found, "a table that fits into memory").of(place));
        }
    }
    let contents = Contents::unpack(place.clone(), bytes, UNSTATED)?;
    let rows = read(&contents.bytes, &contents.place, options, None)?;
    drop(contents);
    let test = options.test.as_ref().map(|path| test_rows(path, options, &rows.columns())).transpose()?;
    table::dataset(rows, test, options).map(|set| Found::Table(Box::new(set)))
}

/// Appends up to `most` bytes; says whether the stream has ended.
fn read_more(stream: &mut impl Read, bytes: &mut Vec<u8>, most: usize) -> Result<bool, Error> {
    reserve(bytes, most)?;
    let start = bytes.len();
    let count =
        stream.take(most as u64).read_to_end(bytes).map_err(|error| Error::read(start as u64, error))?;
    Ok(count < most)
}

/// Whether a file that begins with `bytes` is a table, raw or gzip.
fn begins_as_table(bytes: &[u8], is_all: bool) -> bool {
    if !gzip::is_gzip(bytes) {
        return is_table(bytes, is_all);
    }
    let mut text = Vec::new();
    let mut unpacked = gzip::Reader::new(bytes, Place::new("")).take(HEAD as u64);
    // What follows a broken or incomplete file's good bytes is for its reader to say.
    let is_whole = unpacked.read_to_end(&mut text).is_ok() && text.len() < HEAD && is_all;
    is_table(&text, is_whole)
}

/// The rows of the file at `path`, or of the test half, else the only one, in the folder there.
fn test_rows(path: &Path, options: &Options, like: &Columns) -> Result<Rows, Error> {
    let contents = if store::is_folder(path) {
        let mut members = Members::of_folder(path, |name| half_of(name).is_some())?;
        let mut names = members.names().map(str::to_owned).collect::<Vec<_>>();
        names.sort_by_key(|name| half_of(name).is_some_and(|(_, is_test)| !is_test));
        let name = names.first().map_or("test.csv", String::as_str);
        members.take(name, UNSTATED)?
    } else {
        Contents::read(path, UNSTATED)?
    };
    read(&contents.bytes, &contents.place, options, Some(like))
}

/// The part of a name before `train` or `test`, if it is that of a half of a table.
pub(crate) fn set_of(name: &str) -> Option<&str> {
    half_of(name).map(|(prefix, _)| prefix)
}

/// As [`set_of`], and whether it is the test half.
fn half_of(name: &str) -> Option<(&str, bool)> {
    let (stem, ending) = name.rsplit_once('.')?;
    if !ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)) {
        return None;
    }
    let (prefix, half) = stem.rfind(['_', '-']).map_or(("", stem), |at| (&stem[..at], &stem[at + 1..]));
    let is = |names: [&str; 2]| names.iter().any(|name| name.eq_ignore_ascii_case(half));
    match (is(["train", "training"]), is(["test", "testing"])) {
        (true, _) => Some((prefix, false)),
        (_, true) => Some((prefix, true)),
        _ => None,
    }
}

/// Loads the table whose halves are of this prefix. A test half without labels, as competitions have them, is
/// left out, with a note.
pub(crate) fn load(members: &mut Members, prefix: &str, options: &Options) -> Result<Dataset, Error> {
    let mut halves: [Option<String>; 2] = [None, None];
    for name in members.names() {
        let Some((_, is_test)) = half_of(name).filter(|half| half.0 == prefix) else { continue };
        if let Some(other) = halves[usize::from(is_test)].replace(name.to_owned()) {
            let found = format!("both {} and {}", Printable(&other), Printable(name));
            return Err(Error::new(found, "one of them; remove the other").of(&members.place));
        }
    }
    let (train, test) = match halves {
        [Some(train), test] => (train, test),
        [None, Some(test)] => (test, None), // alone, these are all rows
        [None, None] => return Err(members.missing("train.csv")),
    };
    let contents = members.take(&train, UNSTATED)?;
    let mut rows = read(&contents.bytes, &contents.place, options, None)?;
    drop(contents);
    let columns = rows.columns();
    let test = match (&options.test, test) {
        (Some(path), _) => Some(test_rows(path, options, &columns)?),
        (None, Some(name)) => {
            let contents = members.take(&name, UNSTATED)?;
            if has_labels(&contents.bytes, &columns).map_err(|error| error.of(&contents.place))? {
                Some(read(&contents.bytes, &contents.place, options, Some(&columns))?)
            } else {
                rows.notes.push(format!("left out: {}, which has no labels", Printable(&name)));
                None
            }
        }
        (None, None) => None,
    };
    table::dataset(rows, test, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_by_their_names() {
        for (name, half) in [
            ("train.csv", Some(("", false))),
            ("Testing.TSV", Some(("", true))),
            ("GunPoint_TRAIN.txt", Some(("GunPoint", false))),
            ("mnist-a_test.data", Some(("mnist-a", true))),
            ("train.bin", None),
            ("train0.txt", None),
            ("latest.csv", None),
            ("train", None),
        ] {
            assert_eq!(half_of(name), half, "{name}");
        }
    }
}
