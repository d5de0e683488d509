//! A file of lines that only grows, written by one process at a time.

use super::lock::Lock;
use super::{Error, a_folder, is_standard, output};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file of results, one a line. A line is on the disk when [`Journal::append`] has returned.
///
/// As long as it is open, `PATH.lock` beside it keeps other processes from writing it too; the lock of a
/// process that was killed is taken over.
#[derive(Debug)]
pub struct Journal {
    /// As the caller named it.
    path: PathBuf,
    /// Where it is, links followed.
    target: PathBuf,
    file: File,
    lock: Lock,
    /// Bytes of whole lines in it.
    length: u64,
    /// Whether more follows them: a line that a crash cut short.
    is_torn: bool,
    /// Whether it was not there before.
    is_new: bool,
}

impl Journal {
    /// Opens the file, or makes one, and reads its lines, `limit` bytes at most. All lines begin with
    /// `start`. A last line without an end that begins so, too, was cut short by a crash: it is left out, and
    /// removed by the first [`Journal::append`]. Until then the file stays as it is, so that the caller can
    /// check its lines first.
    ///
    /// # Errors
    /// `ResourceBusy` while another process writes it; its lock cannot be read, or names a process that
    /// cannot be seen from here; `InvalidData` where the last line has no end and does not begin with
    /// `start`; it is no regular file, cannot be read or written, or is longer than `limit`.
    pub fn open(path: &Path, start: &str, limit: u64) -> Result<(Self, Vec<u8>), Error> {
        let wrong = |action| move |error| Error::new(path, action, error);
        if super::is_folder(path) {
            return Err(wrong("written")(a_folder()));
        }
        if is_standard(path) || fs::metadata(path).is_ok_and(|about| !about.is_file()) {
            return Err(Error::not_a_file(path));
        }
        // Two names of one file have one lock.
        let target = output::target_of(path).map_err(wrong("written"))?;
        let lock = Lock::take(&target).map_err(wrong("locked"))?;
        let is_new = !target.exists();
        let file = OpenOptions::new().append(true).create(true).open(&target).map_err(wrong("written"))?;
        let mut journal = Self { path: path.into(), target, file, lock, length: 0, is_torn: false, is_new };
        let mut lines = super::read(path, limit)?;
        let whole = lines.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        // After a power cut some file systems have zeros where something was to be written.
        let written = lines.iter().rposition(|&byte| byte != 0).map_or(0, |end| end + 1);
        let torn = &lines[whole..if whole == 0 { lines.len() } else { usize::max(whole, written) }];
        if !torn.starts_with(start.as_bytes()) && !start.as_bytes().starts_with(torn) {
            let text = "the last line has no end and is no result, expected lines of results; it is left as it is, \
                        give another name";
            return Err(wrong("written")(io::Error::new(ErrorKind::InvalidData, text)));
        }
        (journal.length, journal.is_torn) = (whole as u64, whole < lines.len());
        lines.truncate(whole);
        if is_new {
            output::sync_folder(&journal.target).map_err(wrong("written"))?;
        }
        Ok((journal, lines))
    }

    /// Adds a line, and returns when the disk has it.
    ///
    /// # Errors
    /// Writing fails, and the file's lines are as before; or another process has taken the file over.
    ///
    /// # Panics
    /// The line has a line feed inside.
    pub fn append(&mut self, line: &str) -> Result<(), Error> {
        assert!(!line.contains('\n'), "one line at a time");
        self.lock.check().map_err(|error| Error::new(&self.path, "locked", error))?;
        let text = format!("{line}\n");
        if let Err(error) = self.write(text.as_bytes()) {
            self.is_torn = self.file.set_len(self.length).is_err();
            return Err(Error::new(&self.path, "written", error));
        }
        self.length += text.len() as u64;
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.file.set_len(self.length)?;
            self.is_torn = false;
        }
        self.file.write_all(text)?;
        output::if_possible(self.file.sync_data())
    }
}

impl Drop for Journal {
    /// Leaves no empty file behind that was not there before.
    fn drop(&mut self) {
        if self.is_new && self.length == 0 && self.lock.check().is_ok() {
            let _ = fs::remove_file(&self.target);
        }
    }
}
