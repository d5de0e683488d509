//! One writer at a time: a file beside the guarded one, made by its writer, that names the writer's process.
//!
//! std of Rust 1.85 has no lock that the system takes back from a process that was killed. So whoever finds a
//! lock looks for its process, which takes Linux's /proc. A process that is there has the file; one that is
//! gone has lost it, and the lock is taken over. Everything else is an error that says what to remove: a lock
//! that cannot be read, of another machine or container, of a user whose processes may be hidden, and any
//! lock on a system without /proc. An owner whose lock was removed or taken over all the same finds that out
//! before its next line ([`Lock::check`]): the worst that follows is that something is computed twice.

use super::Printable;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

/// The most that is read of a lock.
const LONGEST: u64 = 1000;

/// How often a lock is looked at that is about to be filled or removed, and the pause between two looks.
const LOOKS: usize = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// How long after a take-over another one may have come in between: what a process needs from its last look
/// to the removal.
const SETTLE: Duration = Duration::from_millis(100);

/// The right to write a file, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    place: PathBuf,
    /// Its whole text as long as it is this one.
    text: String,
}

/// What is read of a lock that is there.
struct Found {
    text: String,
    /// Whether it is of this process's user: /proc may not show the processes of others (`hidepid`).
    is_own: bool,
}

impl Lock {
    /// Takes the lock of the file `target`.
    ///
    /// # Errors
    /// `ResourceBusy` where another process has it; none can be made; or there is one of which nothing
    /// certain is known.
    pub(super) fn take(target: &Path) -> io::Result<Self> {
        let mut place = OsString::from(target);
        place.push(".lock");
        let lock = Self { place: place.into(), text: text() };
        for look in 1..=LOOKS {
            match lock.make() {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made.and_then(|()| lock.check()).map(|()| lock),
            }
            match lock.read()? {
                Some(found) if !found.text.is_empty() && lock.is_held(&found)? => return Err(busy()),
                // One that stays empty is of a process that was killed before it could fill it.
                Some(found) if !found.text.is_empty() || look == LOOKS => return lock.take_over(),
                _ => thread::sleep(PAUSE), // about to be filled, or removed
            }
        }
        Err(busy())
    }

    /// Puts this lock in the place of an abandoned one. Of several processes that do so at once, the last one
    /// has it. Nothing is synced: a lock need not outlast a crash, and a slow disk would take longer than
    /// [`SETTLE`].
    fn take_over(self) -> io::Result<Self> {
        let _ = fs::remove_file(&self.place);
        self.make().map_err(|error| if error.kind() == ErrorKind::AlreadyExists { busy() } else { error })?;
        thread::sleep(SETTLE);
        self.check().map(|()| self)
    }

    fn make(&self) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&self.place)?;
        file.write_all(self.text.as_bytes()).inspect_err(|_| drop(fs::remove_file(&self.place)))
    }

    /// The lock that is there, if one is. Text and owner are of one open file: another process may replace
    /// the lock at any time.
    fn read(&self) -> io::Result<Option<Found>> {
        let read = || {
            // A pipe would be waited for, and a link can lead anywhere.
            if !fs::symlink_metadata(&self.place)?.is_file() {
                return Err(io::Error::new(ErrorKind::InvalidData, "no regular file"));
            }
            let file = File::open(&self.place)?;
            let is_own = is_own(&file.metadata()?);
            let mut text = String::new();
            file.take(LONGEST).read_to_string(&mut text)?;
            Ok(Found { text, is_own })
        };
        match read() {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unknown(&format!("cannot be read: {error}"))),
        }
    }

    /// Whether the process that `found` names is there.
    ///
    /// # Errors
    /// That is not known.
    fn is_held(&self, found: &Found) -> io::Result<bool> {
        let [process, start, boot, host, space, _] = fields(&found.text)[..] else {
            return Err(self.unknown("is no lock of this program"));
        };
        let own = fields(&self.text);
        let is_near = own.get(3..5) == Some(&[host, space])
            && !self.text.contains('?')
            && process.parse::<u32>().is_ok();
        if is_near && own[2] != boot {
            return Ok(false); // the machine was started anew
        }
        let unseen = format!("names process {process} on {host}, which cannot be seen from here");
        match start_of(process) {
            Ok(now) if is_near => Ok(now == start), // else the number went to another process
            Err(error) if is_near && error.kind() == ErrorKind::NotFound && found.is_own => Ok(false),
            _ => Err(self.unknown(&unseen)),
        }
    }

    fn unknown(&self, why: &str) -> io::Error {
        let text = format!("{} {why}; if no process writes the file, remove that lock", self.place.display());
        io::Error::new(ErrorKind::InvalidData, format!("{}", Printable(&text)))
    }

    /// Checks that it is still this process's.
    ///
    /// # Errors
    /// `ResourceBusy` where it was removed or taken over; it cannot be read.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.read()?.is_some_and(|found| found.text == self.text) { Ok(()) } else { Err(busy()) }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.check().is_ok() {
            let _ = fs::remove_file(&self.place); // one that stays is taken over
        }
    }
}

fn busy() -> io::Error {
    let text = "another process is writing it; wait for its end, or give each process a file of its own (results are \
                put together with cat)";
    io::Error::new(ErrorKind::ResourceBusy, text)
}

/// What a lock of this process says, and no other lock: the process's number and start; boot, host and
/// namespace, where that number means something; and a count. What is not known is `?`.
fn text() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let read = |path| fs::read_to_string(path).unwrap_or("?".into());
    let (process, start) = (std::process::id(), start_of("self").unwrap_or("?".into()));
    let (boot, host) = (read("/proc/sys/kernel/random/boot_id"), read("/proc/sys/kernel/hostname"));
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or("?".into());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{process} {start} {} {} {} {count}\n", boot.trim(), host.trim(), space.display())
}

fn fields(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// When a process started, in ticks since the boot (proc_pid_stat(5), field 22), as its number can go to
/// another one. A process that has ended and is only not waited for yet counts as not there.
fn start_of(process: &str) -> io::Result<String> {
    let stat = fs::read(Path::new("/proc").join(process).join("stat"))?;
    let stat = String::from_utf8_lossy(&stat);
    // Field 2, the program's name in parentheses, can hold anything.
    match fields(stat.rsplit(')').next().unwrap_or_default())[..] {
        ["Z" | "X", ..] => Err(ErrorKind::NotFound.into()),
        ref fields => fields.get(19).map(|&start| start.into()).ok_or(ErrorKind::InvalidData.into()),
    }
}

/// Whether a file is of this process's user.
#[cfg(unix)]
fn is_own(about: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == about.uid())
}

#[cfg(not(unix))]
fn is_own(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_taken_over_when_its_process_is_known_to_be_gone() {
        let place = std::env::temp_dir().join(format!("monolayer-owner-{}.lock", std::process::id()));
        let lock = Lock { place: place.clone(), text: text() };
        let found_as = |text: &str, is_own| match lock.is_held(&Found { text: text.into(), is_own }) {
            Ok(true) => "held",
            Ok(false) => "abandoned",
            Err(error) => {
                assert!(error.to_string().contains("remove that lock"), "{error}");
                "unknown"
            }
        };
        let found = |text: &str| found_as(text, true);
        for text in ["\n", "nobody's\n", "1 2 3 4 5\n", "1 2 3 4 5 6 7\n", "../1 2 3 4 5 6\n"] {
            assert_eq!(found(text), "unknown", "{text}");
        }
        if lock.text.contains('?') {
            assert_eq!(found(&lock.text), "unknown");
            return;
        }
        let own = fields(&lock.text);
        let with = |index: usize, value: &str| {
            let mut fields = own.clone();
            fields[index] = value;
            fields.join(" ")
        };
        assert_eq!(found(&lock.text), "held");
        assert_eq!(found(&with(5, "another lock")), "unknown");
        assert_eq!(found(&with(5, "777")), "held");
        assert_eq!(found(&with(1, "0")), "abandoned", "the number went to this process");
        assert_eq!(found(&with(2, "before")), "abandoned", "the machine was started anew");
        assert_eq!(found(&with(3, "elsewhere")), "unknown", "another machine");
        assert_eq!(found(&with(4, "pid:[1]")), "unknown", "a container of this machine");
        // Beyond the greatest number that Linux gives.
        let gone = with(0, "4194305");
        assert_eq!(found(&gone), "abandoned");
        assert_eq!(found_as(&gone, false), "unknown", "another user's may only be hidden");
        #[cfg(unix)]
        {
            fs::write(&place, &gone).unwrap();
            assert!(lock.read().unwrap().unwrap().is_own);
            // To give a file away takes root.
            if std::os::unix::fs::chown(&place, Some(12345), None).is_ok() {
                assert!(!lock.read().unwrap().unwrap().is_own);
            }
            fs::remove_file(place).unwrap();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_is_not_waited_for_yet_has_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let number = format!("{}", child.id());
        assert!(start_of(&number).unwrap().parse::<u64>().is_ok());
        child.kill().unwrap();
        let gone = || start_of(&number).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        while !gone() {
            thread::sleep(PAUSE);
        }
        child.wait().unwrap();
        assert!(gone());
    }
}
