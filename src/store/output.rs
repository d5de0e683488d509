//! Writing all or nothing.

use core::sync::atomic::{AtomicU32, Ordering};
use std::format;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Error, Fault, is_standard};

/// A file to be written whole, made sure of before the work whose result it takes.
///
/// The bytes go to a temporary file in the same folder, which takes the target's place when the disk has all of
/// them: whoever looks finds the old file or the new one, after a crash too. Until [`Output::commit`] nothing is
/// there that an interrupted program would leave behind; one that is killed in [`Output::commit`] itself leaves
/// `.monolayer-PID-N.tmp`, which can be removed. A link is followed, and made good if it leads nowhere yet. A target that is no regular file, such as a device or a
/// pipe, is opened at once and written directly.
#[derive(Debug)]
pub struct Output {
    /// As the caller named it.
    path: PathBuf,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Standard,
    Direct(File),
    Replace {
        /// The file itself, where the caller named a link to it.
        target: PathBuf,
        /// Those of the file that is there.
        permissions: Option<Permissions>,
    },
}

impl Output {
    /// Makes sure that `path` can be written, and leaves it as it is.
    ///
    /// # Errors
    /// It is a folder, it or its folder does not permit writing, or the folder is not there.
    pub fn create(path: &Path) -> Result<Self, Error> {
        Ok(Self { path: path.into(), way: Way::find(path).map_err(|fault| Error::new(path, fault))? })
    }

    /// Writes the file, at once and whole. When this returns, the disk has it.
    ///
    /// # Errors
    /// Writing fails, for want of space for one: a regular file that stood there before still does.
    pub fn commit(self, bytes: &[u8]) -> Result<(), Error> {
        let Self { path, way } = self;
        let done = match way {
            Way::Standard => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(Fault::Write)
            }
            Way::Direct(mut file) => file.write_all(bytes).map_err(Fault::Write),
            Way::Replace { target, permissions } => replace(&target, permissions, bytes),
        };
        done.map_err(|fault| Error::new(&path, fault))
    }
}

impl Way {
    fn find(path: &Path) -> Result<Self, Fault> {
        if is_standard(path) {
            return Ok(Self::Standard);
        }
        let about = match fs::metadata(path) {
            Ok(about) if about.is_dir() => return Err(Fault::Folder),
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let target = end_of_links(path).ok_or(Fault::Create(error))?;
                Temporary::create(&target).map_err(Fault::Create)?;
                return Ok(Self::Replace { target, permissions: None });
            }
            Err(error) => return Err(Fault::Create(error)),
        };
        if !about.is_file() || is_descriptor(path) {
            let file = OpenOptions::new().append(true).open(path).map_err(Fault::Create)?;
            return Ok(Self::Direct(file));
        }
        // A file that may not be written is not replaced either.
        OpenOptions::new().write(true).open(path).map_err(Fault::Create)?;
        let target = fs::canonicalize(path).map_err(Fault::Create)?;
        Temporary::create(&target).map_err(Fault::Create)?;
        Ok(Self::Replace { target, permissions: Some(about.permissions()) })
    }
}

/// Where a file is or will be, links followed: one path for all its names.
pub(super) fn target_of(path: &Path) -> io::Result<PathBuf> {
    let missing = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => error,
        known => return known,
    };
    let end = end_of_links(path).ok_or(missing)?;
    Ok(fs::canonicalize(folder_of(&end))?.join(end.file_name().unwrap_or_default()))
}

/// The file, not there yet, that `path` is or that links from there lead to; none if they go on and on, or if it
/// names a folder.
fn end_of_links(path: &Path) -> Option<PathBuf> {
    const MOST: usize = 40; // as many as Linux follows
    let mut end = path.to_path_buf();
    for _ in 0..=MOST {
        match fs::read_link(&end) {
            Ok(next) => end = folder_of(&end).join(next),
            Err(_) => {
                // "folder/" names a folder, also one that is not there.
                let last = *end.as_os_str().as_encoded_bytes().last()?;
                return (end.file_name().is_some() && !std::path::is_separator(last.into())).then_some(end);
            }
        }
    }
    None
}

/// Whether two paths lead to one file, which need not be there yet. Devices and pipes do not count: they keep nothing
/// that the other could overwrite.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    let is_one = match (target_of(a), target_of(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    };
    is_one && fs::metadata(a).map_or(true, |about| about.is_file())
}

/// Whether a path stands for an open file of this process: it is the one to write to, not to be replaced.
fn is_descriptor(path: &Path) -> bool {
    let folders = ["/dev/fd", "/proc/self/fd"];
    path == Path::new("/dev/stdout")
        || path == Path::new("/dev/stderr")
        || folders.iter().any(|folder| path.parent() == Some(Path::new(folder)))
}

/// Writes a file beside `target` and puts it in its place.
fn replace(target: &Path, permissions: Option<Permissions>, bytes: &[u8]) -> Result<(), Fault> {
    let mut temporary = Temporary::create(target).map_err(Fault::Create)?;
    temporary.write(permissions, bytes).map_err(Fault::Write)?;
    fs::rename(&temporary.path, target).map_err(Fault::Replace)?;
    temporary.in_place = true;
    sync_folder(target).map_err(Fault::Sync)
}

/// A file that is removed when it is dropped, unless it has taken another's place.
struct Temporary {
    file: File,
    path: PathBuf,
    in_place: bool,
}

impl Temporary {
    /// A new file beside `target`.
    fn create(target: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            // Not made of the target's name, which may be as long as names can be.
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder_of(target).join(format!(".monolayer-{}-{count}.tmp", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { file, path, in_place: false }),
                // Left by a process of the same number that was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes everything, to the disk.
    fn write(&mut self, permissions: Option<Permissions>, bytes: &[u8]) -> io::Result<()> {
        if let Some(permissions) = permissions {
            self.file.set_permissions(permissions)?;
        }
        self.file.write_all(bytes)?;
        self.file.sync_all()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.in_place {
            // There is nobody to tell, and an orphan does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Has the disk know a file's new name. Where a folder cannot be opened or synced, there is no such thing to do.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let Ok(folder) = File::open(folder_of(path)) else { return Ok(()) };
    if_possible(folder.sync_all())
}

/// Passes over that something, a device or a folder of some file systems, cannot be synced at all.
pub(super) fn if_possible(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        done => done,
    }
}
