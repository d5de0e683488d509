//! Writing all or nothing.

use core::sync::atomic::{AtomicU32, Ordering};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf, is_separator};

use super::{Error, a_folder, is_standard};

/// A file to be written whole, made sure of before the work whose result it takes.
///
/// The bytes go to a temporary file in the same folder, which takes the target's place when the disk has all
/// of them: at any moment, also after a crash, the path leads to the whole old file or the whole new one.
/// Until [`Output::commit`] there is nothing that an interrupted program would leave behind; one that is
/// killed in [`Output::commit`] itself leaves `.monolayer-PID-N.tmp`, which can be removed. A link is
/// followed, also to a file that is not there yet. A target that is no regular file, such as a device or a
/// pipe, is opened at once and written directly.
pub struct Output {
    /// As the caller named it.
    path: PathBuf,
    way: Way,
}

enum Way {
    /// To stdout, or to what is no regular file.
    Direct(Box<dyn Write>),
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
        let way = way_to(path).map_err(|error| Error::new(path, "written", error))?;
        Ok(Self { path: path.into(), way })
    }

    /// Writes the file, at once and whole. When this returns, the disk has it.
    ///
    /// # Errors
    /// Writing fails, for want of space for one: a regular file that stood there before still does. Where the
    /// disk alone could not be told of the new file, the message says so.
    pub fn commit(self, bytes: &[u8]) -> Result<(), Error> {
        let done = match self.way {
            Way::Direct(mut stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
            Way::Replace { target, permissions } => replace(&target, permissions, bytes),
        };
        done.map_err(|error| Error::new(self.path, "written", error))
    }
}

fn way_to(path: &Path) -> io::Result<Way> {
    if is_standard(path) {
        return Ok(Way::Direct(Box::new(io::stdout())));
    }
    let permissions = match fs::metadata(path) {
        Ok(about) if about.is_dir() => return Err(a_folder()),
        Ok(about) if !about.is_file() || is_descriptor(path) => {
            return Ok(Way::Direct(Box::new(OpenOptions::new().append(true).open(path)?)));
        }
        Ok(about) => {
            // A file that may not be written is not replaced either.
            OpenOptions::new().write(true).open(path)?;
            Some(about.permissions())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let target = target_of(path)?;
    Temporary::create(&target)?;
    Ok(Way::Replace { target, permissions })
}

/// Where a file is or will be, links followed: one path for all its names.
///
/// # Errors
/// Its folder is not there, links lead in a circle, or the path names a folder that is not there.
pub(super) fn target_of(path: &Path) -> io::Result<PathBuf> {
    const MOST_LINKS: usize = 40; // as many as Linux follows
    let missing = match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => error,
        known => return known,
    };
    let mut end = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&end) else { break };
        end = folder_of(&end).join(next);
    }
    // "folder/" names a folder.
    let names_folder = end.as_os_str().as_encoded_bytes().last().is_some_and(|&b| is_separator(b.into()));
    match end.file_name() {
        Some(name) if !names_folder => Ok(fs::canonicalize(folder_of(&end))?.join(name)),
        _ => Err(missing),
    }
}

/// Whether two paths lead to one file, which need not be there yet. Devices and pipes do not count: they keep
/// nothing that the other could overwrite.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    let target = |path: &Path| target_of(path).unwrap_or(path.into());
    target(a) == target(b) && fs::metadata(a).map_or(true, |about| about.is_file())
}

/// The name of the file that `path` leads to, if it is there, in the folder or below it.
pub fn file_in(path: &Path, folder: &Path) -> Option<String> {
    let target = target_of(path).ok().filter(|target| target.is_file())?;
    let name = target.file_name()?.to_string_lossy().into_owned();
    target.starts_with(fs::canonicalize(folder).ok()?).then_some(name)
}

/// Whether a path stands for an open file of this process: it is the one to write to, not to be replaced.
fn is_descriptor(path: &Path) -> bool {
    let folders = ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"].map(Path::new);
    ["/dev/stdout", "/dev/stderr"].map(Path::new).contains(&path)
        || path.parent().is_some_and(|folder| folders.contains(&folder))
}

/// Writes a file beside `target` and puts it in its place.
pub(super) fn replace(target: &Path, permissions: Option<Permissions>, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = Temporary::create(target)?;
    if let Some(permissions) = permissions {
        temporary.file.set_permissions(permissions)?;
    }
    temporary.file.write_all(bytes)?;
    temporary.file.sync_all()?;
    fs::rename(&temporary.path, target)?;
    temporary.path.clear();
    sync_folder(target)
}

/// A file that is removed when it is dropped, unless it has taken another's place.
struct Temporary {
    file: File,
    /// Empty once the file has taken another's place.
    path: PathBuf,
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
                Ok(file) => return Ok(Self { file, path }),
                // Left by a process of the same number that was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // An orphan does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Has the disk know a file's new name. A folder that cannot be opened or synced, as on some systems, is
/// passed over.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let synced = match File::open(folder_of(path)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        folder => folder.and_then(|folder| if_possible(folder.sync_all())),
    };
    synced.map_err(|error| {
        io::Error::new(error.kind(), format!("{error}; the file is in its place, but a crash may undo that"))
    })
}

/// Passes over that something, a device or a folder of some file systems, cannot be synced at all.
pub(super) fn if_possible(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}
