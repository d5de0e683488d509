//! One list of named members behind a folder, a tar and a zip archive; each of them raw or gzip.

use super::contents::{Contents, LIMIT, Limit};
use super::{tar, zip};
use crate::data::error::{Error, Place, reserve};
use crate::store::{self, Printable};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The most members: the list of so many takes some 100 MB.
const MOST_MEMBERS: usize = 1 << 20;

/// How far down the files of a folder may lie: `SET/train/CLASS/FILE`.
pub(crate) const DEPTH: usize = 4;

/// The first bytes that are kept of a file that is of no use, to say what it is.
const HEAD: u64 = 64;

/// The files of a folder or an archive, by path. What systems keep beside them is left out: hidden files,
/// `__MACOSX`, `Thumbs.db`, `desktop.ini`.
pub(crate) struct Members {
    /// What errors call it.
    pub(crate) place: Place,
    source: Source,
    /// In order of their paths' bytes.
    list: Vec<Member>,
    /// Of a folder, its subfolders with nothing in them.
    empty: Vec<String>,
}

enum Source {
    Folder(PathBuf),
    Zip(zip::Archive),
    /// A stream that has ended: each member holds its bytes.
    Stream,
}

struct Member {
    /// As the folder or the archive has it, with `/`.
    path: String,
    held: Held,
}

/// Where a member's bytes are.
enum Held {
    /// In the folder.
    File,
    /// In the zip archive, of which it is file `n`.
    Packed(usize),
    Bytes(Vec<u8>),
    /// Passed over: its first bytes.
    Head(Vec<u8>),
}

impl Members {
    /// The files of a folder, and of its subfolders down to `depth` levels.
    pub(crate) fn of_folder(folder: &Path, depth: usize) -> Result<Self, Error> {
        let place = Place::new(&folder.display().to_string());
        let store::Tree { files, empty } = store::tree(folder, depth, MOST_MEMBERS, is_ignored)?;
        let mut list = Vec::new();
        reserve(&mut list, files.len()).map_err(|error| error.of(&place))?;
        list.extend(files.into_iter().map(|path| Member { path, held: Held::File }));
        Ok(Self { place, source: Source::Folder(folder.to_owned()), list, empty })
    }

    /// The files of a tar archive, which lies at `inner` in the file at `place`. Only those that are wanted,
    /// by path and first bytes, are kept.
    ///
    /// The archive is read in passing: neither it nor what it decompresses to is ever in memory as a whole.
    pub(crate) fn of_tar(
        place: Place,
        inner: &Place,
        mut stream: impl Read,
        is_wanted: impl Fn(&str, &[u8]) -> bool,
    ) -> Result<Self, Error> {
        let mut archive = tar::Reader::new(&mut stream, inner.clone());
        let mut list: Vec<Member> = Vec::new();
        let mut room = LIMIT;
        while let Some(tar::File { name, size, offset }) = archive.next_file()? {
            if name.split('/').any(is_ignored) {
                continue;
            }
            let wrong = |found, expected| Error::at(offset, found, expected).of(inner);
            if list.len() == MOST_MEMBERS {
                let found = format!("more than {MOST_MEMBERS} files");
                return Err(wrong(found, "one data set; unpack the archive and give a folder"));
            }
            let mut head = vec![0; size.min(HEAD) as usize];
            archive.read_exact(&mut head)?;
            let held = if is_wanted(&name, &head) {
                room = room.checked_sub(size).ok_or_else(|| {
                    wrong(format!("a size of {size}"), "4 GiB at most in all; unpack the archive")
                })?;
                Held::Bytes(member(&mut archive, head, size).map_err(|error| error.of(inner))?)
            } else {
                Held::Head(head)
            };
            reserve(&mut list, 1).map_err(|error| error.of(inner))?;
            list.push(Member { path: plain_path(&name), held });
        }
        // On to the end of a gzip file, where its checksum is.
        io::copy(&mut stream, &mut io::sink()).map_err(|error| Error::read(0, error).of(inner))?;
        Self { place, source: Source::Stream, list, empty: Vec::new() }.in_order()
    }

    /// The files of a zip archive.
    pub(crate) fn of_zip(archive: zip::Archive) -> Result<Self, Error> {
        let place = archive.place().clone();
        let mut list: Vec<Member> = Vec::new();
        for (n, file) in archive.files().iter().enumerate() {
            if list.len() == MOST_MEMBERS {
                let found = format!("more than {MOST_MEMBERS} files");
                let expected = "one data set; unpack the archive and give a folder";
                return Err(Error::new(found, expected).of(&place));
            }
            if !file.name.split('/').any(is_ignored) {
                reserve(&mut list, 1).map_err(|error| error.of(&place))?;
                list.push(Member { path: plain_path(&file.name), held: Held::Packed(n) });
            }
        }
        Self { place, source: Source::Zip(archive), list, empty: Vec::new() }.in_order()
    }

    /// In the order of their paths, each of which is there once.
    fn in_order(mut self) -> Result<Self, Error> {
        self.list.sort_by(|a, b| a.path.cmp(&b.path));
        match self.list.windows(2).find(|pair| pair[0].path == pair[1].path) {
            Some(pair) => {
                let found = format!("a second {}", Printable(&pair[0].path));
                let expected = "one of each; unpack the archive and give a folder";
                Err(Error::new(found, expected).of(&self.place))
            }
            None => Ok(self),
        }
    }

    /// Whether these are an archive's.
    pub(crate) fn is_archive(&self) -> bool {
        !matches!(self.source, Source::Folder(_))
    }

    /// The paths of all members, in order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|member| member.path.as_str())
    }

    /// Of a folder, its subfolders with nothing in them.
    pub(crate) fn empty(&self) -> impl Iterator<Item = &str> {
        self.empty.iter().map(String::as_str)
    }

    /// Keeps those members whose paths are wanted. Of a file and its `.gz` the plain one stays.
    pub(crate) fn retain(&mut self, is_wanted: impl Fn(&str) -> bool) {
        self.list.retain(|member| is_wanted(&member.path));
        // Of two with one name the plain one has the shorter path.
        self.list
            .sort_by(|a, b| (plain_name(&a.path), a.path.len()).cmp(&(plain_name(&b.path), b.path.len())));
        self.list.dedup_by(|second, first| plain_name(&second.path) == plain_name(&first.path));
    }

    /// The names of all members, without folders and `.gz`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.paths().map(plain_name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().any(|held| held == name)
    }

    /// The contents of the member of this name, unpacked as [`Contents::unpack`] does; a stream's can be
    /// taken once.
    pub(crate) fn take(&mut self, name: &str, limit: Limit) -> Result<Contents, Error> {
        let n = self.names().position(|held| held == name).ok_or_else(|| self.missing(name))?;
        let place = self.place_of(n);
        match &mut self.list[n].held {
            Held::Bytes(bytes) => Contents::unpack(place, core::mem::take(bytes), limit),
            _ => self.read(n, limit),
        }
    }

    /// The contents of member `n`, likewise.
    pub(crate) fn read(&mut self, n: usize, limit: Limit) -> Result<Contents, Error> {
        let place = self.place_of(n);
        let Member { path, held } = &self.list[n];
        match (held, &mut self.source) {
            (Held::File, Source::Folder(folder)) => Contents::read(&folder.join(path), limit),
            (Held::Packed(n), Source::Zip(archive)) => {
                let bytes = archive.read_within(*n, limit)?;
                Contents::unpack(place, bytes, limit)
            }
            (Held::Bytes(held) | Held::Head(held), _) => {
                let mut bytes = Vec::new();
                reserve(&mut bytes, held.len()).map_err(|error| error.of(&place))?;
                bytes.extend_from_slice(held);
                Contents::unpack(place, bytes, limit)
            }
            (Held::File | Held::Packed(_), _) => unreachable!("each source has its own"),
        }
    }

    /// Member `n`'s place.
    pub(crate) fn place_of(&self, n: usize) -> Place {
        let path = &self.list[n].path;
        match &self.source {
            Source::Folder(folder) => Place::new(&store::name_of(&folder.join(path))),
            _ => self.place.member(path),
        }
    }

    /// The error for a member that is not there.
    pub(crate) fn missing(&self, name: &str) -> Error {
        let found = format!("no {}", Printable(name));
        Error::new(found, "it beside the others; fetch or unpack it too").of(&self.place)
    }
}

/// Whether a file or folder of this name is one of those that systems keep for themselves: hidden ones (macOS
/// has `._NAME` beside NAME), and those that are hidden where they come from.
fn is_ignored(name: &str) -> bool {
    let others = ["__MACOSX", "Thumbs.db", "desktop.ini"];
    (name.starts_with('.') && name != ".") || others.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// The bytes of the current file of an archive, which begin with `bytes`. Memory is taken as they come, not
/// as the header claims.
fn member(archive: &mut tar::Reader<impl Read>, mut bytes: Vec<u8>, size: u64) -> Result<Vec<u8>, Error> {
    const STEP: usize = 1 << 20;
    const ROOM: u64 = 1 << 26; // not touched before it is needed, and twice a batch of CIFAR
    reserve(&mut bytes, (size.min(ROOM) as usize).saturating_sub(HEAD as usize))?;
    while (bytes.len() as u64) < size {
        let start = bytes.len();
        let step = (size - start as u64).min(start.max(STEP) as u64) as usize;
        bytes.try_reserve_exact(step).map_err(|_| Error::memory(start + step))?;
        bytes.resize(start + step, 0);
        archive.read_exact(&mut bytes[start..])?;
    }
    Ok(bytes)
}

/// A path without empty parts and `.`.
fn plain_path(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/")
}

/// A file's name without folders and `.gz`.
pub(crate) fn plain_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".gz").unwrap_or(name)
}

/// The folder of a path; empty for none.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
