//! A file of lines that only grows, written by one process at a time.

use super::lock::Lock;
use super::{Error, Fault, is_standard, output};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

/// A file of results, one a line. What [`Journal::append`] has returned from, the disk has.
///
/// As long as it is open, `PATH.lock` beside it keeps other processes from writing it too; one that a killed
/// process left behind is taken over.
#[derive(Debug)]
pub struct Journal {
    /// As the caller named it.
    path: PathBuf,
    file: File,
    lock: Lock,
    /// Bytes of whole lines in it.
    length: u64,
    /// Whether it was there before.
    is_new: bool,
}

impl Journal {
    /// Opens the file, or makes one, and reads its lines, `limit` bytes at most. A last line without an end, which a
    /// crash cut short, is taken away.
    ///
    /// # Errors
    /// [`Fault::Locked`] while another process writes it; it is no regular file, cannot be read or written, or is
    /// longer than `limit`.
    pub fn open(path: &Path, limit: u64) -> Result<(Self, Vec<u8>), Error> {
        let wrong = |fault| Error::new(path, fault);
        if is_standard(path) {
            return Err(wrong(Fault::NotAFile));
        }
        let is_new = match fs::metadata(path) {
            Ok(about) if about.is_dir() => return Err(wrong(Fault::Folder)),
            Ok(about) if !about.is_file() => return Err(wrong(Fault::NotAFile)),
            Ok(_) => false,
            Err(_) => true,
        };
        let create = |error| wrong(Fault::Create(error));
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(create)?;
        // Two names of one file have one lock.
        let target = fs::canonicalize(path).map_err(create)?;
        let lock = Lock::take(path, &target)?;
        let mut journal = Self { path: path.into(), file, lock, length: 0, is_new };
        let mut lines = super::read(path, limit)?;
        let whole = lines.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        journal.length = whole as u64;
        if whole < lines.len() {
            journal.file.set_len(journal.length).map_err(|error| wrong(Fault::Write(error)))?;
            lines.truncate(whole);
        }
        if is_new {
            output::sync_folder(path).map_err(|error| wrong(Fault::Sync(error)))?;
        }
        Ok((journal, lines))
    }

    /// Adds a line, and returns when the disk has it.
    ///
    /// # Errors
    /// Writing fails, and the file is as before; or another process has taken the file over.
    ///
    /// # Panics
    /// The line has a line feed inside.
    pub fn append(&mut self, line: &str) -> Result<(), Error> {
        assert!(!line.contains('\n'), "one line at a time");
        self.lock.check()?;
        let mut text = String::with_capacity(line.len() + 1);
        text.extend([line, "\n"]);
        if let Err(error) = self.write(text.as_bytes()) {
            let _ = self.file.set_len(self.length); // else the next to open it does this
            return Err(Error::new(&self.path, Fault::Write(error)));
        }
        self.length += text.len() as u64;
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.write_all(text)?;
        output::if_possible(self.file.sync_data())
    }
}

impl Drop for Journal {
    /// Leaves no empty file behind that was not there before.
    fn drop(&mut self) {
        if self.is_new && self.length == 0 && self.lock.check().is_ok() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
