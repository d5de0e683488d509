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

/// The bytes of one file, unpacked, under the name that errors give it.
pub(super) struct Contents {
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
}

impl Contents {
    /// Undoes gzip, where there is any.
    pub(super) fn unpack(file: String, bytes: Vec<u8>) -> Result<Self, Error> {
        if !gzip::is_gzip(&bytes) {
            return Ok(Self { file, bytes });
        }
        Self::gunzip(&file, &bytes)
    }

    /// The contents of gzip `bytes`: at most what an IDX header promises, so that a small file cannot take all
    /// memory; [`UNPACKED`] where there is none.
    pub(super) fn gunzip(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let damaged = |error: gzip::Error| Error::at(file, error.offset, Fault::Gzip(error));
        let promised = idx::promised(gzip::Reader::new(bytes).chunk().map_err(damaged)?);
        let limit = promised.unwrap_or(UNPACKED).min(LIMIT) as usize;
        let unpacked = gzip::decompress(bytes, limit).map_err(damaged)?;
        let contents = Self { file: format!("{file} (decompressed)"), bytes: unpacked };
        if gzip::is_gzip(&contents.bytes) {
            return Err(contents.error(0, Fault::GzipTwice));
        }
        Ok(contents)
    }

    /// Reads a file, or standard input for "-".
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let file = match path.to_str() {
            Some("-") => "standard input".to_owned(),
            _ => path.display().to_string(),
        };
        let bytes = store::read(path, LIMIT).map_err(|error| Error::io(&file, error))?;
        Self::unpack(file, bytes)
    }

    pub(super) fn error(&self, offset: usize, fault: Fault) -> Error {
        Error::at(&self.file, offset as u64, fault)
    }

    /// The error for a file that is not the sort of file it should be.
    pub(super) fn foreign(&self, expected: &'static str) -> Error {
        self.error(0, Fault::Foreign { found: Content::of(&self.bytes), expected })
    }
}

/// The files of a folder or an archive by name.
pub(super) struct Source {
    path: PathBuf,
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
    /// The files in `path`. Of a file and its `.gz` the plain one is used, which comes first.
    pub(super) fn folder(path: &Path) -> Result<Self, Error> {
        let members = store::list(path).map_err(|error| Error::io(&path.display().to_string(), error))?;
        let mut files: Vec<File> = Vec::new();
        for member in members {
            let name = plain_name(&member).to_owned();
            if !files.iter().any(|file| file.name == name) {
                files.push(File { name, member, held: None });
            }
        }
        Ok(Self { path: path.to_owned(), files })
    }

    /// The files of the tar archive `path`, raw or gzip; none if it is something else.
    ///
    /// The archive is read in passing: neither it nor what it decompresses to is ever in memory as a whole.
    pub(super) fn archive(path: &Path) -> Result<Option<Self>, Error> {
        let file = path.display().to_string();
        let mut plain = store::open(path).map_err(|error| Error::io(&file, error))?;
        // What cannot be read is told by whoever reads it as another sort of file.
        let Ok(head) = peek(&mut plain) else { return Ok(None) };
        if !gzip::is_gzip(&head) {
            return Self::members(path, &file, &head, plain);
        }
        let mut unpacked = gzip::Reader::new(head.chain(plain));
        let Ok(head) = peek(&mut unpacked) else { return Ok(None) };
        Self::members(path, &format!("{file} (decompressed)"), &head, unpacked)
    }

    /// The files of the archive that begins with `head` and goes on with `rest`: those that can be part of a
    /// data set, the others are passed over.
    fn members(path: &Path, file: &str, head: &[u8], rest: impl Read) -> Result<Option<Self>, Error> {
        if Content::of(head) != Content::Tar {
            return Ok(None);
        }
        let mut stream = head.chain(rest);
        let mut archive = tar::Reader::new(&mut stream);
        let mut files: Vec<File> = Vec::new();
        let mut room = LIMIT;
        while let Some(entry) = archive.next_file().map_err(|error| damaged(file, error))? {
            let name = plain_name(&entry.name).to_owned();
            if Set::of(&name).is_none() && !cifar::is_names(&name) {
                continue;
            }
            if files.iter().any(|file| file.name == name) {
                return Err(Error::at(file, entry.offset, Fault::Twice { name }));
            }
            room = room.checked_sub(entry.size).ok_or_else(|| {
                Error::at(file, entry.offset, Fault::Extent { found: entry.size, limit: LIMIT })
            })?;
            let bytes = member(&mut archive, entry.size).map_err(|error| damaged(file, error))?;
            files.push(File { name, member: entry.name, held: Some(bytes) });
        }
        // On to the end of the gzip file, where its checksum is.
        if let Err(error) = io::copy(&mut stream, &mut io::sink()) {
            return Err(damaged(file, tar::Error { offset: 0, fault: tar::Fault::Read(error) }));
        }
        Ok(Some(Self { path: path.to_owned(), files }))
    }

    /// The path as errors give it.
    pub(super) fn display(&self) -> String {
        self.path.display().to_string()
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
        let path = self.display();
        let Some(file) = self.files.iter_mut().find(|file| file.name == name) else {
            return Err(Error::of(&path, Fault::Missing { name: name.to_owned() }));
        };
        match file.held.take() {
            Some(bytes) => Contents::unpack(format!("{path}: {}", file.member), bytes),
            None => Contents::read(&self.path.join(&file.member)),
        }
    }
}

/// The first bytes of a stream, enough to tell an archive.
fn peek(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    stream.take(512).read_to_end(&mut head)?;
    Ok(head)
}

/// The bytes of an archive's current file. Memory is taken as they come, not as the header claims.
fn member(archive: &mut tar::Reader<impl Read>, size: u64) -> Result<Vec<u8>, tar::Error> {
    const STEP: u64 = 1 << 20;
    let mut bytes = Vec::new();
    let mut left = size;
    while left > 0 {
        let start = bytes.len();
        bytes.resize(start + left.min(STEP) as usize, 0);
        archive.read_exact(&mut bytes[start..])?;
        left -= left.min(STEP);
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
