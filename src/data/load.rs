//! Which data set a path means, and where its files are.

use super::container::contents::gzip_twice;
use super::container::gzip;
use super::container::members::{Members, plain_name};
use super::dataset::{Dataset, Options, no_data_set};
use super::error::{Error, Place};
use super::format::{self, SETS, SetReader, csv};
use super::sniff;
use crate::store::{self, Printable};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The most sets of one folder or archive that a message names.
const MOST_NAMED: usize = 8;

/// Subfolders that the usual archives unpack to, and those of archives that are refused.
const SUBFOLDERS: [&str; 4] = ["MNIST", "raw", "cifar-10-batches-bin", "cifar-100-binary"];
const REFUSED_SUBFOLDERS: [&str; 2] = ["cifar-10-batches-py", "cifar-100-python"];

/// Loads the data set that `path` is, holds, or belongs to: a folder, a file of the set, a table, or a tar
/// archive, raw or gzip.
///
/// In a folder without data the subfolders that the usual archives unpack to are looked into.
///
/// # Errors
/// [`Error`] where nothing or more than one set is found, a file cannot be read, or breaks a rule.
pub fn load(path: &Path, options: &Options) -> Result<Dataset, Error> {
    if store::is_folder(path) {
        return in_folder(path, options)?
            .ok_or_else(|| no_data_set(&Place::new(&path.display().to_string())));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = plain_name(&name);
    match Set::of(plain).filter(|set| !set.format.is_refused) {
        Some(set) => {
            let folder =
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let mut members = Members::of_folder(folder, is_part)?;
            if members.has(plain) { set.load(&mut members, options) } else { Err(members.missing(&name)) }
        }
        None => load_stream(&store::name_of(path), store::open(path)?, options),
    }
}

/// Loads the table or the data set in the tar archive, raw or gzip, that `stream` reads; errors call it
/// `name`.
///
/// # Errors
/// [`Error`] where it is neither, holds none or more than one data set, or breaks a rule.
pub fn load_stream(name: &str, stream: impl Read, options: &Options) -> Result<Dataset, Error> {
    let place = Place::new(name);
    let stream = match csv::of_stream(&place, stream, options)? {
        csv::Found::Table(set) => return Ok(*set),
        csv::Found::Other(stream) => stream,
    };
    let mut members = archive(place.clone(), stream)?;
    let set = only_set(&members)?.ok_or_else(|| no_data_set(&place))?;
    set.load(&mut members, options)
}

/// A data set that is recognised by the name of a file.
#[derive(Clone)]
struct Set {
    format: &'static SetReader,
    /// What tells it from other sets of its format.
    name: String,
}

impl Set {
    /// The set that a file of this name (without `.gz`) belongs to.
    fn of(file: &str) -> Option<Self> {
        SETS.iter().find_map(|format| Some(Self { format, name: (format.set_of)(file)?.to_owned() }))
    }

    fn load(&self, members: &mut Members, options: &Options) -> Result<Dataset, Error> {
        (self.format.load)(members, &self.name, options)
    }

    fn display(&self) -> String {
        match self.name.as_str() {
            "" => self.format.name.to_owned(),
            name => format!("{} {name}...", self.format.name),
        }
    }
}

/// Whether a file of this name is of use for any data set.
fn is_part(name: &str) -> bool {
    Set::of(name).is_some() || format::is_names(name)
}

/// The data set in a folder, or in one of the subfolders that the usual archives unpack to.
fn in_folder(path: &Path, options: &Options) -> Result<Option<Dataset>, Error> {
    let mut members = Members::of_folder(path, is_part)?;
    if let Some(set) = only_set(&members)? {
        return set.load(&mut members, options).map(Some);
    }
    let subfolders = |names: &[&str]| -> Vec<PathBuf> {
        names.iter().map(|name| path.join(name)).filter(|path| store::is_folder(path)).collect()
    };
    let mut found = subfolders(&SUBFOLDERS);
    if found.is_empty() {
        found = subfolders(&REFUSED_SUBFOLDERS);
    }
    match &found[..] {
        [] => Ok(None),
        [folder] => in_folder(folder, options),
        _ => Err(several(&members, found.iter().map(|path| path.display().to_string()))),
    }
}

/// The one set whose files are there; those that are refused only where nothing else is.
fn only_set(members: &Members) -> Result<Option<Set>, Error> {
    let mut found: Vec<Set> = Vec::new();
    for set in members.names().filter_map(Set::of) {
        if !found.iter().any(|before| before.display() == set.display()) {
            found.push(set);
        }
        if found.len() > MOST_NAMED {
            break;
        }
    }
    let refused = found.iter().find(|set| set.format.is_refused).cloned();
    found.retain(|set| !set.format.is_refused);
    match &found[..] {
        [] => Ok(refused),
        [set] => Ok(Some(set.clone())),
        more => Err(several(members, more.iter().map(Set::display))),
    }
}

fn several(members: &Members, names: impl Iterator<Item = String>) -> Error {
    let names = names.collect::<Vec<_>>().join("; ");
    let found = format!("several data sets ({})", Printable(&names));
    Error::new(found, "one; give one of its files, or a folder with one set").of(&members.place)
}

/// The files of the archive, raw or gzip, that `stream` reads. Of something else, the first bytes are read,
/// to say what it is.
fn archive(place: Place, mut stream: impl Read) -> Result<Members, Error> {
    let head = peek(&mut stream, &place)?;
    if !gzip::is_gzip(&head) {
        let inner = place.clone();
        return in_archive(place, &inner, head, stream);
    }
    let inner = place.decompressed();
    let mut unpacked = gzip::Reader::new(io::Cursor::new(head).chain(stream), place.clone());
    let head = peek(&mut unpacked, &inner)?;
    in_archive(place, &inner, head, unpacked)
}

/// The files of the archive that begins with `head` and goes on with `rest`.
fn in_archive(place: Place, inner: &Place, head: Vec<u8>, rest: impl Read) -> Result<Members, Error> {
    if gzip::is_gzip(&head) {
        return Err(gzip_twice(inner));
    }
    if sniff::is_idx(&head) {
        let found = "IDX data whose name does not tell images from labels";
        let expected = "a name such as train-images-idx3-ubyte; rename it, or give the set's folder";
        return Err(Error::at(0, found, expected).of(inner));
    }
    if sniff::begins_as_pickle(&head) {
        return Err(format::pickle(plain_name(place.file())).of(inner));
    }
    if !sniff::is_tar(&head) {
        let expected = "a folder, a file of a data set under its usual name, or a .tar.gz";
        return Err(sniff::foreign(&head, expected).of(inner));
    }
    Members::of_tar(place, inner, io::Cursor::new(head).chain(rest), is_part)
}

/// The first bytes of a stream, enough to tell an archive.
fn peek(stream: &mut impl Read, place: &Place) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    stream.take(512).read_to_end(&mut head).map_err(|error| Error::read(0, error).of(place))?;
    Ok(head)
}
