//! Where the files of a data set are: a folder, or an archive; each of them raw or gzip.

use super::content::Content;
use super::error::{Error, Fault};
use super::{Set, cifar, gzip, idx, tar};
use crate::store;
use std::borrow::ToOwned;
use std::format;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;

/// The most bytes taken from one file, packed or unpacked: 4 GiB hold ten times all data of these formats.
const LIMIT: u64 = if usize::BITS >= 64 { 1 << 32 } else { 1 << 30 };

/// The most bytes that a gzip file may become, if it does not say how many: five times the largest text rows.
const UNPACKED: u64 = 1 << 30;

/// The most files that are taken from an archive: more than any data set has, and few enough to look through.
const MOST_FILES: usize = 1024;

/// The bytes of one file, unpacked, under the name that errors give it.
pub(super) struct Contents {
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
}

impl Contents {
    /// Undoes gzip, where there is any. Of that `check` sees the first bytes, an IDX header whole, before there is
    /// memory for the rest.
    pub(super) fn unpack(
        file: String,
        bytes: Vec<u8>,
        check: impl FnOnce(&Self) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        if !gzip::is_gzip(&bytes) {
            return Ok(Self { file, bytes });
        }
        Self::gunzip(&file, &bytes, check)
    }

    /// The contents of gzip `bytes`, if `check` has nothing against their first: at most what an IDX header
    /// promises, so that a small file cannot take all memory; [`UNPACKED`] where there is none.
    pub(super) fn gunzip(
        file: &str,
        bytes: &[u8],
        check: impl FnOnce(&Self) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let damaged = |error: gzip::Error| Error::at(file, error.offset, Fault::Gzip(error));
        let mut contents = Self { file: format!("{file} (decompressed)"), bytes: Vec::new() };
        let mut reader = gzip::Reader::new(bytes);
        while contents.bytes.len() < idx::LONGEST_HEADER {
            let fresh = reader.chunk().map_err(damaged)?;
            let count = fresh.len();
            if count == 0 {
                break;
            }
            contents.bytes.extend_from_slice(fresh);
            reader.consume(count);
        }
        check(&contents)?;
        let limit = idx::promised(&contents.bytes).unwrap_or(UNPACKED).min(LIMIT) as usize;
        contents.bytes = gzip::decompress(bytes, limit).map_err(damaged)?;
        if gzip::is_gzip(&contents.bytes) {
            return Err(contents.error(0, Fault::GzipTwice));
        }
        Ok(contents)
    }

    /// Reads a file, or standard input for "-", as [`Contents::unpack`] does.
    pub(super) fn read(path: &Path, check: impl FnOnce(&Self) -> Result<(), Error>) -> Result<Self, Error> {
        let file = store::name_of(path);
        let bytes = store::read(path, LIMIT).map_err(|error| Error::io(&file, error))?;
        Self::unpack(file, bytes, check)
    }

    pub(super) fn error(&self, offset: usize, fault: Fault) -> Error {
        Error::at(&self.file, offset as u64, fault)
    }

    /// The error for a file that is not the sort of file it should be.
    pub(super) fn foreign(&self, expected: &'static str) -> Error {
        self.error(0, Fault::Foreign { found: Content::of(&self.bytes), expected })
    }
}

/// The files of a folder or an archive that can be part of a data set, by name.
pub(super) struct Source {
    /// What errors call it.
    place: String,
    /// None for an archive.
    folder: Option<PathBuf>,
    files: Vec<File>,
}

struct File {
    /// Without folders and without `.gz`.
    name: String,
    /// As the folder or the archive has it.
    member: String,
    /// The bytes of an archive's member until they are taken; a folder's file is read when it is taken.
    held: Option<Vec<u8>>,
}

impl Source {
    /// The files in `path`. Of a file and its `.gz` the plain one is used.
    pub(super) fn folder(path: &Path) -> Result<Self, Error> {
        let place = path.display().to_string();
        let members = store::list(path).map_err(|error| Error::io(&place, error))?;
        let mut files: Vec<File> = Vec::new();
        for member in members {
            let name = plain_name(&member).to_owned();
            if is_part(&name) {
                files.try_reserve(1).map_err(|_| Error::memory(&place, size_of_val(&files[..])))?;
                files.push(File { name, member, held: None });
            }
        }
        // The plain name is the shorter one: of two with one name, it comes first.
        files.sort_by(|a, b| (&a.name, a.member.len()).cmp(&(&b.name, b.member.len())));
        files.dedup_by(|second, first| second.name == first.name);
        Ok(Self { place, folder: Some(path.to_owned()), files })
    }

    /// The files of the tar archive, raw or gzip, that `stream` reads and errors call `file`.
    ///
    /// The archive is read in passing: neither it nor what it decompresses to is ever in memory as a whole. Of
    /// something else, the first bytes are read, to say what it is.
    pub(super) fn archive(file: &str, mut stream: impl Read) -> Result<Self, Error> {
        let head =
            peek(&mut stream).map_err(|error| Error::io(file, store::Error::new(file, "read", error)))?;
        if !gzip::is_gzip(&head) {
            return Self::members(file, file.to_owned(), head, stream);
        }
        let mut unpacked = gzip::Reader::new(head.chain(stream));
        let inner = format!("{file} (decompressed)");
        let head = peek(&mut unpacked)
            .map_err(|error| damaged(&inner, tar::Error { offset: 0, fault: tar::Fault::Read(error) }))?;
        Self::members(file, inner, head, unpacked)
    }

    /// The files of the archive that begins with `head` and goes on with `rest`; `inner` is its own name where
    /// it is that of `file`, decompressed.
    fn members(file: &str, inner: String, head: Vec<u8>, rest: impl Read) -> Result<Self, Error> {
        let head = Contents { file: inner, bytes: head };
        match Content::of_head(&head.bytes) {
            Content::Tar => {}
            Content::Idx => return Err(head.error(0, Fault::Nameless)),
            Content::Gzip => return Err(head.error(0, Fault::GzipTwice)),
            Content::Pickle => {
                return Err(
                    head.error(0, Fault::Pickle { instead: cifar::instead_of_pickle(plain_name(file)) })
                );
            }
            _ => {
                return Err(head.foreign("a folder, a file of a data set under its usual name, or a .tar.gz"));
            }
        }
        let inner = head.file.as_str();
        let mut stream = head.bytes.chain(rest);
        let mut archive = tar::Reader::new(&mut stream);
        let mut files: Vec<File> = Vec::new();
        let mut room = LIMIT;
        while let Some(entry) = archive.next_file().map_err(|error| damaged(inner, error))? {
            let name = plain_name(&entry.name).to_owned();
            if !is_part(&name) {
                continue;
            }
            if files.iter().any(|file| file.name == name) {
                return Err(Error::at(inner, entry.offset, Fault::Twice { name }));
            }
            if files.len() == MOST_FILES {
                return Err(Error::at(inner, entry.offset, Fault::Files { limit: MOST_FILES }));
            }
            room = room.checked_sub(entry.size).ok_or_else(|| {
                Error::at(inner, entry.offset, Fault::Extent { found: entry.size, limit: LIMIT })
            })?;
            let bytes = member(&mut archive, entry.size, inner)?;
            files.push(File { name, member: entry.name, held: Some(bytes) });
        }
        // On to the end of the gzip file, where its checksum is.
        if let Err(error) = io::copy(&mut stream, &mut io::sink()) {
            return Err(damaged(inner, tar::Error { offset: 0, fault: tar::Fault::Read(error) }));
        }
        Ok(Self { place: file.to_owned(), folder: None, files })
    }

    /// The folder or archive as errors give it.
    pub(super) fn display(&self) -> String {
        self.place.clone()
    }

    /// The names of all files, without folders and `.gz`.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names().any(|held| held == name)
    }

    /// The contents of the file of this name; an archive's can be taken once.
    pub(super) fn take(&mut self, name: &str) -> Result<Contents, Error> {
        let file = self.files.iter_mut().find(|file| file.name == name);
        match (file, &self.folder) {
            (Some(File { member, .. }), Some(folder)) => Contents::read(&folder.join(member), |_| Ok(())),
            (Some(File { member, held: held @ Some(_), .. }), None) => {
                let bytes = held.take().unwrap_or_default();
                Contents::unpack(format!("{}: {member}", self.place), bytes, |_| Ok(()))
            }
            _ => Err(self.missing(name)),
        }
    }

    /// The error for a file that is not there, or that a folder is in the place of, as some programs unpack it.
    fn missing(&self, name: &str) -> Error {
        let folder =
            self.folder.iter().flat_map(|folder| [folder.join(name), folder.join(format!("{name}.gz"))]);
        match folder.into_iter().find(|path| store::is_folder(path)) {
            Some(path) => {
                let place = path.display().to_string();
                Error::io(&place, store::Error::folder(path))
            }
            None => Error::of(&self.place, Fault::Missing { name: name.to_owned() }),
        }
    }
}

/// Whether a file of this name is of use for any data set.
fn is_part(name: &str) -> bool {
    // What macOS keeps of a file beside it where the file system, or tar, has no room for that.
    let is_apple_double = name.rsplit('/').next().is_some_and(|name| name.starts_with("._"));
    !is_apple_double && (Set::of(name).is_some() || cifar::is_names(name))
}

/// The first bytes of a stream, enough to tell an archive.
fn peek(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    stream.take(512).read_to_end(&mut head)?;
    Ok(head)
}

/// The bytes of the current file of the archive `file`. Memory is taken as they come, not as the header claims.
fn member(archive: &mut tar::Reader<impl Read>, size: u64, file: &str) -> Result<Vec<u8>, Error> {
    const STEP: usize = 1 << 20;
    const ROOM: u64 = 1 << 26; // not touched before it is needed, and twice a batch of CIFAR
    let mut bytes: Vec<u8> = Vec::new();
    let room = size.min(ROOM) as usize;
    bytes.try_reserve_exact(room).map_err(|_| Error::memory(file, room))?;
    let mut left = size;
    while left > 0 {
        let start = bytes.len();
        let step = left.min(start.max(STEP) as u64) as usize;
        bytes.try_reserve_exact(step).map_err(|_| Error::memory(file, start + step))?;
        bytes.resize(start + step, 0);
        archive.read_exact(&mut bytes[start..]).map_err(|error| damaged(file, error))?;
        left -= step as u64;
    }
    Ok(bytes)
}

/// An archive's error; that of the gzip layer where it lies there.
fn damaged(file: &str, error: tar::Error) -> Error {
    let tar::Error { offset, fault } = error;
    let fault = match fault {
        tar::Fault::Read(error) => match error.downcast::<gzip::Error>() {
            Ok(error) => {
                let packed = file.strip_suffix(" (decompressed)").unwrap_or(file);
                return Error::at(packed, error.offset, Fault::Gzip(error));
            }
            Err(error) => tar::Fault::Read(error),
        },
        fault => fault,
    };
    Error::at(file, offset, Fault::Tar(tar::Error { offset, fault }))
}

/// A file's name without folders and `.gz`.
pub(super) fn plain_name(member: &str) -> &str {
    let name = member.rsplit('/').next().unwrap_or(member);
    name.strip_suffix(".gz").unwrap_or(name)
}
