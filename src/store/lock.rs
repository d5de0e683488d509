//! One process at a time: a file beside the one that is guarded, whose owner changes it several times a second.
//!
//! std of Rust 1.85 has no lock that the system takes back from a process that was killed, so a lock shows life
//! instead: who finds one that does not change for [`PATIENCE`], or, of another machine, for [`PATIENCE_ABROAD`],
//! takes it over. On Linux nobody waits for a process of the same user that is gone: the lock names its owner's
//! number, and the boot and namespace where that number means something. An owner who was stopped, and overtaken,
//! hears of it at its next look ([`Lock::check`]).

use super::{Error, Fault};
use std::ffi::OsString;
use std::format;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::string::String;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often an owner shows that it lives.
const BEAT: Duration = Duration::from_millis(200);

/// How long a lock without a sign of life is watched before it is taken over: ten beats, for a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a lock that was made by another boot, so perhaps on another machine, is: a network's file system shows signs
/// of life late. Systems that do not tell their boots apart (those without /proc) have [`PATIENCE`] with all.
const PATIENCE_ABROAD: Duration = Duration::from_secs(30);

/// How long after a take-over another one may have come in between: what a process needs from its last look to the
/// renaming.
const SETTLE: Duration = Duration::from_millis(100);

/// The most that is read of a lock.
const LONGEST: u64 = 1000;

/// The right to write a file, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    /// The guarded file, as the caller named it.
    path: PathBuf,
    place: PathBuf,
    /// What the lock begins with as long as it is this one.
    token: String,
    over: Arc<AtomicBool>,
    heart: Option<JoinHandle<()>>,
}

impl Lock {
    /// Takes the lock of `target`, which messages call `path`. If it may be another machine's, which takes long to find
    /// out, `waiting` is told how long at most.
    ///
    /// # Errors
    /// [`Fault::Locked`] where another process has it, [`Fault::Create`] where none can be made.
    pub(super) fn take(path: &Path, target: &Path, waiting: &mut dyn FnMut(Duration)) -> Result<Self, Error> {
        let mut place = OsString::from(target);
        place.push(".lock");
        let place = PathBuf::from(place);
        let token = token();
        let create = |error| Error::new(path, Fault::Create(error));
        let file = loop {
            match make(&place, &token) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match watch(&place, waiting) {
                    Found::Alive => return Err(Error::new(path, Fault::Locked)),
                    Found::Abandoned => break take_over(&place, &token).map_err(create)?,
                    Found::Free => {}
                },
                made => break made.map_err(create)?,
            }
        };
        let over = Arc::new(AtomicBool::new(false));
        let mut lock =
            Self { path: path.into(), place, token: token.clone(), over: over.clone(), heart: None };
        let beat = move || beat(file, &token, &over);
        let heart = thread::Builder::new().spawn(beat);
        lock.heart = Some(heart.map_err(create)?);
        lock.check()?;
        Ok(lock)
    }

    /// Whether it is still this process's.
    ///
    /// # Errors
    /// [`Fault::Locked`]: another process has taken it over.
    pub(super) fn check(&self) -> Result<(), Error> {
        match read(&self.place) {
            Some(text) if text.starts_with(&self.token) => Ok(()),
            _ => Err(Error::new(&self.path, Fault::Locked)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(heart) = self.heart.take() {
            heart.thread().unpark();
            let _ = heart.join();
        }
        if self.check().is_ok() {
            let _ = fs::remove_file(&self.place); // one that stays is found without life
        }
    }
}

/// The owner's signs of life, until it is over.
fn beat(mut file: File, token: &str, over: &AtomicBool) {
    let mut count = 0u64;
    while !over.load(Ordering::Relaxed) {
        count = count.wrapping_add(1);
        // A sign that could not be given is a reason for others to look again, not for this one to end.
        let _ = file.rewind().and_then(|()| file.write_all(format!("{token}{count:016x}\n").as_bytes()));
        // A network's file system sends what was written when a handle is closed; a disk is not waited for.
        drop(file.try_clone());
        thread::park_timeout(BEAT);
    }
}

/// A line for this lock and no other: process, boot and namespace; time and count.
fn token() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    format!("{process} {}\n{process}.{}.{count}\n", country(), now.as_nanos())
}

/// Where this process's number means something: empty where that is not known.
fn country() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    match (boot.trim(), space.to_str()) {
        ("", _) | (_, None | Some("")) => String::new(),
        (boot, Some(space)) => format!("{boot} {space}"),
    }
}

fn read(place: &Path) -> Option<String> {
    let mut text = String::new();
    io::Read::read_to_string(&mut io::Read::take(File::open(place).ok()?, LONGEST), &mut text).ok()?;
    Some(text)
}

fn make(place: &Path, token: &str) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(place)?;
    if let Err(error) = file.write_all(token.as_bytes()) {
        let _ = fs::remove_file(place); // one that stays is found without life
        return Err(error);
    }
    Ok(file)
}

/// What there is to say of a lock that another process has made.
enum Found {
    Alive,
    /// Its owner is gone, by its number or because there is no sign of life.
    Abandoned,
    /// It was removed.
    Free,
}

fn watch(place: &Path, waiting: &mut dyn FnMut(Duration)) -> Found {
    let Some(first) = read(place) else { return Found::Free };
    let (start, patience) = (Instant::now(), patience(&first, place));
    let mut is_told = false;
    while start.elapsed() < patience {
        thread::sleep(BEAT / 4);
        if patience > PATIENCE && start.elapsed() > PATIENCE && !is_told {
            waiting(patience);
            is_told = true;
        }
        match read(place) {
            None => return Found::Free,
            Some(now) if now != first => return Found::Alive,
            Some(_) => {}
        }
    }
    Found::Abandoned
}

/// How long a lock of this text is watched: not at all where its owner's number is no more.
fn patience(text: &str, place: &Path) -> Duration {
    let here = country();
    fn boot(country: &str) -> Option<&str> {
        country.split(' ').next()
    }
    let Some((number, from)) = text.lines().next().and_then(|line| line.split_once(' ')) else {
        return PATIENCE_ABROAD;
    };
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let is_known = is_number && !here.is_empty() && from == here;
    if is_known && !Path::new("/proc").join(number).exists() && is_own(place) {
        Duration::ZERO
    } else if boot(from) == boot(&here) {
        PATIENCE
    } else {
        PATIENCE_ABROAD
    }
}

/// Whether a file is of this process's user: /proc may not show the processes of others (`hidepid`).
fn is_own(place: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let user = |path: &Path| fs::metadata(path).map(|about| about.uid()).ok();
        user(place).is_some_and(|user_of_lock| Some(user_of_lock) == user(Path::new("/proc/self")))
    }
    #[cfg(not(unix))]
    {
        let _ = place;
        false
    }
}

/// Puts a lock in the place of one that was abandoned. Of several that do so at once, the last one has it.
fn take_over(place: &Path, token: &str) -> io::Result<File> {
    let mut beside = OsString::from(place);
    beside.push(".");
    beside.push(token.lines().nth(1).unwrap_or_default());
    let file = make(Path::new(&beside), token)?;
    if let Err(error) = fs::rename(&beside, place) {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    thread::sleep(SETTLE);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_watched_as_long_as_its_owner_is_far_away() {
        let place = std::env::temp_dir().join(format!("monolayer-patience-{}.lock", std::process::id()));
        fs::write(&place, "").unwrap();
        let here = country();
        for text in ["", "nobody's\n", "12 another boot of another machine\n"] {
            assert_eq!(patience(text, &place), PATIENCE_ABROAD, "{text}");
        }
        assert_eq!(patience(&token(), &place), PATIENCE);
        if !here.is_empty() {
            // Beyond the greatest number that Linux gives.
            let gone = format!("4194305 {here}\n");
            assert_eq!(
                patience(&gone.replace("pid:", "another:"), &place),
                PATIENCE,
                "a container of this machine"
            );
            assert_eq!(patience(&gone, &place), Duration::ZERO);
            // Another user's may only be hidden. To give a file away takes root.
            #[cfg(unix)]
            if std::os::unix::fs::chown(&place, Some(12345), None).is_ok() {
                assert_eq!(patience(&gone, &place), PATIENCE);
            }
        }
        fs::remove_file(place).unwrap();
    }
}
