//! Which data set a path means, and where its files are.

use super::container::contents::gzip_twice;
use super::container::members::{DEPTH, Members, folder_of, plain_name};
use super::container::{contents::LIMIT, gzip, zip};
use super::dataset::{Dataset, Options, no_data_set};
use super::error::{Error, Place, reserve};
use super::format::{self, SETS, SetReader, csv, folders};
use super::images::Images;
use super::shape::pictures_of;
use super::sniff;
use crate::store::{self, Printable};
use std::io::{self, Read};
use std::path::Path;

/// The most sets of one folder or archive that a message names.
const MOST_NAMED: usize = 8;

/// The most names of what is in a folder that a message has.
const MOST_LISTED: usize = 8;

/// Loads the data set that `path` is, holds, or belongs to: a folder, a file of the set, a table, or a
/// tar or zip archive, the former raw or gzip.
///
/// Of a folder that has no set the subfolders are looked into, down to four levels; the set nearest to the
/// top counts, and pictures in folders of classes where there is no other.
///
/// # Errors
/// [`Error`] where nothing or more than one set is found, a file cannot be read, or breaks a rule.
pub fn load(path: &Path, options: &Options) -> Result<Dataset, Error> {
    if store::is_folder(path) {
        // Most sets lie in the folder itself, and whatever is below it need not be gone through.
        let members = Members::of_folder(path, 1)?;
        if nearest(&members)?.is_some_and(|found| !found.set.format.is_refused) {
            return in_members(members, options);
        }
        return in_members(Members::of_folder(path, DEPTH)?, options);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = plain_name(&name);
    match Set::of(plain).filter(|set| !set.format.is_refused) {
        Some(set) => {
            let mut folder = path.parent().map(Path::to_owned).unwrap_or_default();
            let mut depth = 1;
            let above = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            if above.is_some_and(|name| is_named_like_a_file(&name)) {
                folder.pop();
                depth = 2;
            }
            if folder.as_os_str().is_empty() {
                folder.push(".");
            }
            let mut members = Members::of_folder(&folder, depth)?;
            members.retain(|path| home_of(path).is_empty() && is_part(plain_name(path)));
            if members.has(plain) { set.load(&mut members, options) } else { Err(members.missing(&name)) }
        }
        None => load_stream(&store::name_of(path), store::open(path)?, options),
    }
}

/// Loads the table, or the data set in the tar archive, raw or gzip, or in the zip archive, that `stream`
/// reads; errors call it `name`.
///
/// # Errors
/// [`Error`] where it is neither, holds none or more than one data set, or breaks a rule.
pub fn load_stream(name: &str, stream: impl Read, options: &Options) -> Result<Dataset, Error> {
    let place = Place::new(name);
    match csv::of_stream(&place, stream, options)? {
        csv::Found::Table(set) => Ok(*set),
        csv::Found::Other(stream) => in_members(archive(place, stream)?, options),
    }
}

/// The data set of these members.
fn in_members(mut members: Members, options: &Options) -> Result<Dataset, Error> {
    let Some(Found { folder, set }) = nearest(&members)? else {
        return match folders::has_pictures(&members) {
            true => with_test(options, |options| folders::load(&mut members, options)),
            false => Err(nothing(&members)),
        };
    };
    members.retain(|path| home_of(path) == folder && is_part(plain_name(path)));
    if !members.is_archive() && !folder.is_empty() {
        members.place = Place::new(&format!("{}/{folder}", members.place.file()));
    }
    set.load(&mut members, options)
}

/// The data set that `load` loads, tested on the samples at another path where the options name one.
fn with_test(
    options: &Options,
    mut load_with: impl FnMut(&Options) -> Result<Dataset, Error>,
) -> Result<Dataset, Error> {
    let Some(path) = &options.test else { return load_with(options) };
    let whole = Options { test: None, test_share: Some(0.0), ..options.clone() };
    let train = load_with(&whole)?;
    let shape = (train.picture.height, train.picture.width);
    let like = Options { size: Some(shape), grey: train.picture.channels == 1, ..whole };
    let test = load(path, &like)?;
    let wrong = |found: String, expected: &str| {
        Err(Error::new(found, expected).of(&Place::new(&store::name_of(path))))
    };
    if train.table.is_some() || test.table.is_some() {
        return wrong("a table beside arrays".into(), "both halves in one file of arrays, or two tables");
    }
    if test.picture != train.picture {
        return wrong(pictures_of(test.picture), "the shape of those for training");
    }
    let half = test.test.non_empty().unwrap_or(&test.train);
    let mut labels = Vec::new();
    reserve(&mut labels, half.len())?;
    for &label in half.labels() {
        let name = &test.classes[usize::from(label)];
        match train.classes.iter().position(|known| known == name) {
            Some(class) => labels.push(class as u8),
            None => return wrong(format!("class {}", Printable(name)), "those of the training half alone"),
        }
    }
    let mut pixels = Vec::new();
    reserve(&mut pixels, half.pixels().len())?;
    pixels.extend_from_slice(half.pixels());
    let test = Images::new(half.features(), pixels, labels);
    let notes = train.notes;
    Ok(Dataset { notes, ..Dataset::new(train.kind, train.picture, train.classes, train.train, test) })
}

/// The error for members without a data set: with what is there.
fn nothing(members: &Members) -> Error {
    let mut names: Vec<&str> = Vec::new();
    for path in members.paths() {
        let first = path.split_inclusive('/').next().unwrap_or(path);
        if names.last() != Some(&first) && names.len() <= MOST_LISTED {
            names.push(first);
        }
    }
    let more = if names.len() > MOST_LISTED { ", ..." } else { "" };
    names.truncate(MOST_LISTED);
    match names.is_empty() {
        true => no_data_set(&members.place),
        false => {
            let found = format!("no data set, but {}{more}", Printable(&names.join(", ")));
            let (_, expected) = no_data_set(&members.place).into_rule();
            Error::new(found, expected).of(&members.place)
        }
    }
}

/// A data set, and the folder that it is in.
struct Found {
    folder: String,
    set: Set,
}

/// Whether a folder has a name that only files of data sets have: 7-Zip unpacks `NAME.gz` to `NAME/NAME`.
fn is_named_like_a_file(folder: &str) -> bool {
    Set::of(plain_name(folder)).is_some_and(|set| !set.format.is_refused)
}

/// The folder that the file at `path` is taken to be in: of `A/NAME/NAME` that is `A`.
fn home_of(path: &str) -> &str {
    let folder = folder_of(path);
    if !folder.is_empty() && is_named_like_a_file(folder) { folder_of(folder) } else { folder }
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
        let mut load = |options: &Options| (self.format.load)(members, &self.name, options);
        // The rows of a test table are read by the columns of the training table.
        if self.format.name == csv::NAME { load(options) } else { with_test(options, load) }
    }

    fn display(&self) -> String {
        match self.name.as_str() {
            "" => self.format.name.to_owned(),
            name => format!("{} {name}...", self.format.name),
        }
    }
}

/// Whether a file of this name, with `.gz` or without, is part of a data set wherever it lies, or a picture.
pub fn is_data_name(name: &str) -> bool {
    is_part(plain_name(name)) || folders::is_picture_name(name)
}

/// Whether a file of this name is of use for any data set.
fn is_part(name: &str) -> bool {
    Set::of(name).is_some() || format::is_names(name)
}

/// The one set nearest to the top; those that are refused only where nothing else is.
fn nearest(members: &Members) -> Result<Option<Found>, Error> {
    for is_refused in [false, true] {
        let mut found: Vec<Found> = Vec::new();
        let mut least = usize::MAX;
        for path in members.paths() {
            let Some(set) = Set::of(plain_name(path)) else { continue };
            let folder = home_of(path);
            let depth = if folder.is_empty() { 0 } else { 1 + folder.matches('/').count() };
            if set.format.is_refused != is_refused || depth > least {
                continue;
            }
            if depth < least {
                found.clear();
                least = depth;
            }
            let same = |before: &Found| before.folder == folder && before.set.display() == set.display();
            if found.len() <= MOST_NAMED && !found.iter().any(same) {
                found.push(Found { folder: folder.to_owned(), set });
            }
        }
        match found.len() {
            0 => {}
            1 => return Ok(found.pop()),
            _ if is_refused => return Ok(Some(found.swap_remove(0))),
            _ => return Err(several(members, &found)),
        }
    }
    Ok(None)
}

fn several(members: &Members, all: &[Found]) -> Error {
    let name = |found: &Found| match found.folder.as_str() {
        "" => found.set.display(),
        folder => format!("{folder}: {}", found.set.display()),
    };
    let names = all.iter().map(name).collect::<Vec<_>>().join("; ");
    let found = format!("several data sets ({})", Printable(&names));
    let expected = match members.is_archive() {
        true => "one; unpack the archive, and give a file of the set or its folder",
        false => "one; give one of its files, or a folder with one set",
    };
    Error::new(found, expected).of(&members.place)
}

/// The files of the archive, raw or gzip, that `stream` reads. Of something else, the first bytes are read,
/// to say what it is.
fn archive(place: Place, mut stream: impl Read) -> Result<Members, Error> {
    let head = peek(&mut stream, &place)?;
    if !gzip::is_gzip(&head) {
        let inner = place.clone();
        if zip::is_zip(&head) {
            return in_zip(place, head, stream);
        }
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
    if zip::is_zip(&head) {
        return Err(
            Error::at(0, "a zip archive inside a gzip file", "the archive itself; gunzip it").of(inner)
        );
    }
    if sniff::begins_as_pickle(&head) {
        return Err(format::pickle(plain_name(place.file())).of(inner));
    }
    if !sniff::is_tar(&head) {
        let expected = "a folder, a file of a data set under its usual name, a .tar.gz or a .zip";
        return Err(sniff::foreign(&head, expected).of(inner));
    }
    Members::of_tar(place, inner, io::Cursor::new(head).chain(rest), is_wanted)
}

/// The files of the zip archive that begins with `head` and goes on with `rest`. Its directory is at the end:
/// it is read whole.
fn in_zip(place: Place, head: Vec<u8>, rest: impl Read) -> Result<Members, Error> {
    let mut bytes = head;
    let left = LIMIT - bytes.len() as u64;
    let found = rest.take(left + 1).read_to_end(&mut bytes);
    found.map_err(|error| Error::read(0, error).of(&place))?;
    if bytes.len() as u64 > LIMIT {
        return Err(
            Error::at(LIMIT, "more bytes", "at most 4 GiB; unpack the archive and give a folder").of(&place)
        );
    }
    Members::of_zip(zip::Archive::new(bytes, place)?)
}

/// Whether a member of an archive that is read in passing is of use, by its path and its first bytes.
fn is_wanted(path: &str, head: &[u8]) -> bool {
    is_part(plain_name(path)) || folders::is_picture(path, head)
}

/// The first bytes of a stream, enough to tell an archive.
fn peek(stream: &mut impl Read, place: &Place) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    stream.take(512).read_to_end(&mut head).map_err(|error| Error::read(0, error).of(place))?;
    Ok(head)
}
