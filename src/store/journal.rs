//! A file of lines that only grows, written by one process at a time.

use super::lock::Lock;
use super::{Error, Fault, is_standard, output};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

/// A file of results, one a line. What [`Journal::append`] has returned from, the disk has.
///
/// As long as it is open, `PATH.lock` beside it keeps other processes from writing it too; one that a killed
/// process left behind is taken over.
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
    /// Opens the file, or makes one, and reads its lines, `limit` bytes at most. All lines begin with `start`: a last
    /// one without an end that does, too, was cut short by a crash. It is left out, and taken away by the first
    /// [`Journal::append`]: nothing is written to a file before the caller has found its own lines in it.
    ///
    /// `waiting` is told how long it may take, if that is longer than a person would expect: while another machine's lock
    /// is watched for signs of life.
    ///
    /// # Errors
    /// [`Fault::Locked`] while another process writes it; [`Fault::NoEnd`] where the last line is no one's that was
    /// cut short; it is no regular file, cannot be read or written, or is longer than `limit`.
    pub fn open(
        path: &Path,
        start: &str,
        limit: u64,
        waiting: &mut dyn FnMut(Duration),
    ) -> Result<(Self, Vec<u8>), Error> {
        let wrong = |fault| Error::new(path, fault);
        if is_standard(path) {
            return Err(wrong(Fault::NotAFile));
        }
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => return Err(wrong(Fault::Folder)),
            Ok(about) if !about.is_file() => return Err(wrong(Fault::NotAFile)),
            _ => {}
        }
        let create = |error| wrong(Fault::Create(error));
        // Two names of one file have one lock.
        let target = output::target_of(path).map_err(create)?;
        let lock = Lock::take(path, &target, waiting)?;
        let is_new = !target.exists();
        let file = OpenOptions::new().append(true).create(true).open(&target).map_err(create)?;
        let mut journal = Self { path: path.into(), target, file, lock, length: 0, is_torn: false, is_new };
        let mut lines = super::read(path, limit)?;
        let whole = lines.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        // After a power cut some file systems have zeros where something was to be written.
        let written = lines.iter().rposition(|&byte| byte != 0).map_or(0, |end| end + 1);
        let torn = &lines[whole..if whole == 0 { lines.len() } else { usize::max(whole, written) }];
        if !torn.starts_with(start.as_bytes()) && !start.as_bytes().starts_with(torn) {
            return Err(wrong(Fault::NoEnd));
        }
        (journal.length, journal.is_torn) = (whole as u64, whole < lines.len());
        lines.truncate(whole);
        if is_new {
            output::sync_folder(&journal.target).map_err(|error| wrong(Fault::Sync(error)))?;
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
        self.lock.check()?;
        let mut text = String::with_capacity(line.len() + 1);
        text.extend([line, "\n"]);
        if let Err(error) = self.write(text.as_bytes()) {
            self.is_torn = self.file.set_len(self.length).is_err();
            return Err(Error::new(&self.path, Fault::Write(error)));
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
