//! One list of named members behind a folder and an archive; each of them raw or gzip.

use super::contents::{Contents, LIMIT, Limit};
use super::tar;
use crate::data::error::{Error, Place, reserve};
use crate::store;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The most members that are taken from an archive: more than any data set has, and few enough to look
/// through.
const MOST_MEMBERS: usize = 1024;

/// The files of a folder or an archive that are of use, by name.
pub(crate) struct Members {
    /// What errors call it.
    pub(crate) place: Place,
    /// None for an archive.
    folder: Option<PathBuf>,
    list: Vec<Member>,
}

struct Member {
    /// Without folders and without `.gz`.
    name: String,
    /// As the folder or the archive has it.
    path: String,
    /// The bytes of an archive's member until they are taken; a folder's file is read when it is taken.
    held: Option<Vec<u8>>,
}

impl Members {
    /// The files in a folder whose names, without `.gz`, are wanted. Of a file and its `.gz` the plain one is
    /// used.
    pub(crate) fn of_folder(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Self, Error> {
        let place = Place::new(&folder.display().to_string());
        let mut list: Vec<Member> = Vec::new();
        for path in store::list(folder)? {
            let name = plain_name(&path).to_owned();
            if !is_apple_double(&name) && is_wanted(&name) {
                reserve(&mut list, 1).map_err(|error| error.of(&place))?;
                list.push(Member { name, path, held: None });
            }
        }
        // The plain name is the shorter one: of two with one name, it comes first.
        list.sort_by(|a, b| (&a.name, a.path.len()).cmp(&(&b.name, b.path.len())));
        list.dedup_by(|second, first| second.name == first.name);
        Ok(Self { place, folder: Some(folder.to_owned()), list })
    }

    /// The files whose names are wanted in a tar archive, which lies at `inner` in the file at `place`.
    ///
    /// The archive is read in passing: neither it nor what it decompresses to is ever in memory as a whole.
    pub(crate) fn of_tar(
        place: Place,
        inner: &Place,
        mut stream: impl Read,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, Error> {
        let mut archive = tar::Reader::new(&mut stream, inner.clone());
        let mut list: Vec<Member> = Vec::new();
        let mut room = LIMIT;
        while let Some(file) = archive.next_file()? {
            let name = plain_name(&file.name).to_owned();
            if is_apple_double(&name) || !is_wanted(&name) {
                continue;
            }
            let wrong = |found, expected| Error::at(file.offset, found, expected).of(inner);
            if list.iter().any(|member| member.name == name) {
                let found = format!("a second {}", store::Printable(&name));
                return Err(wrong(found, "one of each; unpack the archive and give a folder"));
            }
            if list.len() == MOST_MEMBERS {
                let found = format!("more than {MOST_MEMBERS} files of data sets");
                return Err(wrong(found, "one data set; unpack the archive and give a folder"));
            }
            room = room.checked_sub(file.size).ok_or_else(|| {
                wrong(format!("a size of {}", file.size), "4 GiB at most in all; unpack the archive")
            })?;
            let bytes = member(&mut archive, file.size).map_err(|error| error.of(inner))?;
            list.push(Member { name, path: file.name, held: Some(bytes) });
        }
        // On to the end of a gzip file, where its checksum is.
        io::copy(&mut stream, &mut io::sink()).map_err(|error| Error::read(0, error).of(inner))?;
        Ok(Self { place, folder: None, list })
    }

    /// The names of all members, without folders and `.gz`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|member| member.name.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().any(|held| held == name)
    }

    /// The contents of the member of this name, unpacked as [`Contents::unpack`] does; an archive's can be
    /// taken once.
    pub(crate) fn take(&mut self, name: &str, limit: Limit) -> Result<Contents, Error> {
        let member = self.list.iter_mut().find(|member| member.name == name);
        match (member, &self.folder) {
            (Some(Member { path, .. }), Some(folder)) => Contents::read(&folder.join(path), limit),
            (Some(Member { path, held: held @ Some(_), .. }), None) => {
                Contents::unpack(self.place.member(path), held.take().unwrap_or_default(), limit)
            }
            _ => Err(self.missing(name)),
        }
    }

    /// The error for a member that is not there, or that a folder is in the place of, as some programs unpack
    /// it.
    pub(crate) fn missing(&self, name: &str) -> Error {
        let folder =
            self.folder.iter().flat_map(|folder| [folder.join(name), folder.join(format!("{name}.gz"))]);
        match folder.into_iter().find(|path| store::is_folder(path)) {
            Some(path) => store::Error::folder(&path).into(),
            None => {
                let found = format!("no {}", store::Printable(name));
                Error::new(found, "it beside the others; fetch or unpack it too").of(&self.place)
            }
        }
    }
}

/// What macOS keeps of a file beside it where the file system, or tar, has no room for that.
fn is_apple_double(name: &str) -> bool {
    name.starts_with("._")
}

/// The bytes of the current file of an archive. Memory is taken as they come, not as the header claims.
fn member(archive: &mut tar::Reader<impl Read>, size: u64) -> Result<Vec<u8>, Error> {
    const STEP: usize = 1 << 20;
    const ROOM: u64 = 1 << 26; // not touched before it is needed, and twice a batch of CIFAR
    let mut bytes: Vec<u8> = Vec::new();
    reserve(&mut bytes, size.min(ROOM) as usize)?;
    while (bytes.len() as u64) < size {
        let start = bytes.len();
        let step = (size - start as u64).min(start.max(STEP) as u64) as usize;
        bytes.try_reserve_exact(step).map_err(|_| Error::memory(start + step))?;
        bytes.resize(start + step, 0);
        archive.read_exact(&mut bytes[start..])?;
    }
    Ok(bytes)
}

/// A file's name without folders and `.gz`.
pub(crate) fn plain_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".gz").unwrap_or(name)
}
