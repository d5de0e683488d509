//! Files: bounded reading, replacing all or nothing, appending whole lines.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use monolayer::store::{self, Journal, Output};

/// A folder of its own for a test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("monolayer-store-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Everything in it, hidden files too.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Opens a journal, for which nobody waits long.
fn open(path: &Path, start: &str, limit: u64) -> Result<(Journal, Vec<u8>), store::Error> {
    let begin = Instant::now();
    let opened = Journal::open(path, start, limit);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    opened
}

/// The kind of the error, and what its message says behind the path's name.
#[track_caller]
fn fault<T>(result: Result<T, store::Error>, path: &Path) -> (ErrorKind, String) {
    let error = result.err().expect("an error");
    assert_eq!(error.path(), path);
    let (text, name) = (error.to_string(), format!("{}: ", path.display()));
    let rest = text.strip_prefix(&name).unwrap_or_else(|| panic!("{text}"));
    (error.kind(), rest.into())
}

/// Whether the error is of `kind`, and its message begins with `start`.
#[track_caller]
fn refused<T>(result: Result<T, store::Error>, path: &Path, kind: ErrorKind, start: &str) {
    let (found, text) = fault(result, path);
    assert_eq!(found, kind, "{text}");
    assert!(text.starts_with(start), "{text}");
}

/// Whether another process is said to write the journal.
#[track_caller]
fn busy<T>(result: Result<T, store::Error>, path: &Path) {
    refused(result, path, ErrorKind::ResourceBusy, "cannot be locked: another process is writing it; ");
}

const TOO_LONG: &str = "cannot be read: longer than ";
const WRITTEN: &str = "cannot be written: ";

#[test]
fn reading_stops_at_the_limit() {
    let folder = Folder::new("read");
    let path = folder.file("file");
    for length in [0, 1, 1000] {
        let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(store::read(&path, length).unwrap(), bytes);
        assert_eq!(store::read(&path, u64::MAX).unwrap(), bytes);
        if length > 0 {
            let text = format!("{TOO_LONG}{} bytes", length - 1);
            refused(store::read(&path, length - 1), &path, ErrorKind::FileTooLarge, &text);
        }
        let mut passing = Vec::new();
        store::open(&path).unwrap().read_to_end(&mut passing).unwrap();
        assert_eq!(passing, bytes);
    }
}

#[test]
fn a_huge_file_takes_no_memory() {
    let folder = Folder::new("huge");
    let path = folder.file("file");
    // A hole, where the file system has them: no bytes on the disk.
    if fs::File::create(&path).and_then(|file| file.set_len(1 << 40)).is_ok() {
        refused(store::read(&path, 1 << 20), &path, ErrorKind::FileTooLarge, TOO_LONG);
    }
    // No length beforehand, and no end.
    #[cfg(unix)]
    {
        let path = Path::new("/dev/zero");
        let text = format!("{TOO_LONG}100000 bytes");
        refused(store::read(path, 100_000), path, ErrorKind::FileTooLarge, &text);
    }
}

#[test]
fn what_cannot_be_read() {
    let folder = Folder::new("unreadable");
    let missing = folder.file("missing");
    refused(store::read(&missing, 9), &missing, ErrorKind::NotFound, "cannot be opened: ");
    refused(store::tree(&missing, 1, 9, |_| false), &missing, ErrorKind::NotFound, "cannot be opened: ");
    // Elsewhere a folder cannot even be opened.
    #[cfg(unix)]
    refused(store::read(&folder.0, 9), &folder.0, ErrorKind::IsADirectory, "cannot be opened: a folder, ");
}

#[test]
fn a_folder_lists_its_files_in_order() {
    let folder = Folder::new("list");
    for name in ["b", "a.gz", "c"] {
        fs::write(folder.file(name), name).unwrap();
    }
    fs::create_dir(folder.file("folder")).unwrap();
    assert_eq!(store::tree(&folder.0, 1, 9, |_| false).unwrap().files, ["a.gz", "b", "c"]);
}

#[test]
fn nothing_is_there_until_commit() {
    let folder = Folder::new("commit");
    let path = folder.file("model");
    let output = Output::create(&path).unwrap();
    assert_eq!(folder.names(), [""; 0]);
    output.commit(b"first").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first");

    let output = Output::create(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first");
    drop(output);
    assert_eq!(fs::read(&path).unwrap(), b"first");

    Output::create(&path).unwrap().commit(b"").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(folder.names(), ["model"]);
}

#[test]
fn an_open_reader_keeps_the_old_file() {
    let folder = Folder::new("atomic");
    let path = folder.file("model");
    fs::write(&path, b"the old bytes").unwrap();
    let mut reader = fs::File::open(&path).unwrap();
    Output::create(&path).unwrap().commit(b"new").unwrap();
    let mut old = String::new();
    reader.read_to_string(&mut old).unwrap();
    assert_eq!(old, "the old bytes", "replaced, not overwritten");
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_failed_commit_leaves_no_trace() {
    let folder = Folder::new("failed");
    let path = folder.file("model");
    let output = Output::create(&path).unwrap();
    fs::create_dir(&path).unwrap(); // in the way
    fs::write(path.join("inside"), b"whole").unwrap();
    assert!(fault(output.commit(b"new"), &path).1.starts_with(WRITTEN));
    assert_eq!(folder.names(), ["model"]);
    assert_eq!(fs::read(path.join("inside")).unwrap(), b"whole");
}

#[test]
fn a_place_that_cannot_be_written_is_known_at_once() {
    let folder = Folder::new("unwritable");
    let text = format!("{WRITTEN}a folder, expected a file");
    refused(Output::create(&folder.0), &folder.0, ErrorKind::IsADirectory, &text);
    let no_folder = folder.file("missing/model");
    refused(Output::create(&no_folder), &no_folder, ErrorKind::NotFound, WRITTEN);
    let slash = PathBuf::from(format!("{}/", folder.file("new").display()));
    refused(Output::create(&slash), &slash, ErrorKind::NotFound, WRITTEN);
    let file = folder.file("file");
    fs::write(&file, b"").unwrap();
    let below = file.join("model");
    assert!(fault(Output::create(&below), &below).1.starts_with(WRITTEN));
    assert!(Output::create(Path::new("")).is_err());
    assert!(Output::create(Path::new("..")).is_err());
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn the_longest_name_works() {
    let folder = Folder::new("long");
    let path = folder.file(&"n".repeat(255));
    Output::create(&path).unwrap().commit(b"x").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"x");
}

#[cfg(unix)]
#[test]
fn links_lead_to_the_file_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new("links");
    fs::create_dir(folder.file("real")).unwrap();
    let (real, link) = (folder.file("real/model"), folder.file("link"));
    fs::write(&real, b"old").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real/model", &link).unwrap();
    Output::create(&link).unwrap().commit(b"new").unwrap();
    assert_eq!(fs::read(&real).unwrap(), b"new");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_followed_too() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("dangling");
    fs::create_dir(folder.file("real")).unwrap();
    let link = folder.file("link");
    symlink("real/next", &link).unwrap();
    symlink("model", folder.file("real/next")).unwrap();
    Output::create(&link).unwrap().commit(b"new").unwrap();
    assert_eq!(fs::read(folder.file("real/model")).unwrap(), b"new");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

    let lost = folder.file("lost");
    symlink("missing/model", &lost).unwrap();
    refused(Output::create(&lost), &lost, ErrorKind::NotFound, WRITTEN);
    let round = folder.file("round");
    symlink("round", &round).unwrap();
    assert!(fault(Output::create(&round), &round).1.starts_with(WRITTEN));
}

#[test]
fn names_are_shown_without_control_characters() {
    let path = Path::new("/no/\x1b[31m\nü\u{9b}\r\n");
    let text = store::read(path, 9).unwrap_err().to_string();
    assert!(text.starts_with("/no/\\u{1b}[31m\\nü\\u{9b}\\r\\n: "), "{text}");
    let text = store::read(Path::new(""), 9).unwrap_err().to_string();
    assert!(text.starts_with("\"\": "), "{text}");
}

#[cfg(unix)]
#[test]
fn devices_are_written_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let null = Path::new("/dev/null");
    Output::create(null).unwrap().commit(b"gone").unwrap();
    assert!(fs::metadata(null).unwrap().file_type().is_char_device());
    let text = format!("{WRITTEN}no regular file");
    refused(open(null, "", 9), null, ErrorKind::InvalidInput, &text);
    let full = Path::new("/dev/full");
    if full.exists() {
        let output = Output::create(full).unwrap();
        refused(output.commit(b"no room"), full, ErrorKind::StorageFull, WRITTEN);
    }
}

#[test]
fn lines_are_appended_and_read_again() {
    let folder = Folder::new("append");
    let path = folder.file("runs.jsonl");
    let (mut journal, before) = open(&path, "", 99).unwrap();
    assert!(before.is_empty());
    for line in ["one", "", "three"] {
        journal.append(line).unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with(&format!("{line}\n")));
    }
    drop(journal);
    assert_eq!(folder.names(), ["runs.jsonl"], "the lock is gone");
    let (mut journal, before) = open(&path, "", 99).unwrap();
    assert_eq!(before, b"one\n\nthree\n");
    journal.append("four").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one\n\nthree\nfour\n");
    drop(journal);
    refused(open(&path, "", 15), &path, ErrorKind::FileTooLarge, &format!("{TOO_LONG}15 bytes"));
}

#[test]
fn a_line_that_was_cut_short_is_dropped() {
    let folder = Folder::new("torn");
    let path = folder.file("runs.jsonl");
    let whole = "{\"a\":1}\n{\"a\":2}\n";
    for torn in ["{", "{\"a\":1}", "{\"a\":\u{e9}", "{\"a\0\0", "\0\0"] {
        for cut in 0..=torn.len() {
            let text = [whole.as_bytes(), &torn.as_bytes()[..cut]].concat();
            fs::write(&path, &text).unwrap();
            let (mut journal, lines) = open(&path, "{\"a\":", 99).unwrap();
            assert_eq!(lines, whole.as_bytes());
            assert_eq!(fs::read(&path).unwrap(), text, "untouched until there is something to write");
            journal.append("three").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{whole}three\n"));
            journal.append("four").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{whole}three\nfour\n"));
        }
    }
    fs::write(&path, "{\"a").unwrap();
    let (mut journal, lines) = open(&path, "{\"a\":", 99).unwrap();
    assert!(lines.is_empty());
    journal.append("{\"a\":1}").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"{\"a\":1}\n");
}

#[test]
fn a_last_line_of_somebody_else_is_left_alone() {
    let folder = Folder::new("foreign");
    let path = folder.file("notes.txt");
    for text in ["no end", "{\"precious\": 1}", "one\ntwo", "{\"a\":1}\n{\"b", "\n ", "\0\0"] {
        fs::write(&path, text).unwrap();
        let why = format!("{WRITTEN}the last line has no end");
        refused(open(&path, "{\"a\":", 99), &path, ErrorKind::InvalidData, &why);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(folder.names(), ["notes.txt"]);
    }
}

#[test]
fn a_journal_has_one_writer() {
    let folder = Folder::new("writers");
    let path = folder.file("runs.jsonl");
    let (mut journal, _) = open(&path, "", 99).unwrap();
    journal.append("one").unwrap();
    busy(open(&path, "", 99), &path);
    #[cfg(unix)]
    {
        let link = folder.file("link");
        std::os::unix::fs::symlink("runs.jsonl", &link).unwrap();
        busy(open(&link, "", 99), &link); // by any name
        fs::remove_file(link).unwrap();
    }
    journal.append("two").unwrap();
    // Somebody took this process for dead: it must not write any more, nor take the other's lock away.
    fs::write(folder.file("runs.jsonl.lock"), "another's\n").unwrap();
    busy(journal.append("three"), &path);
    drop(journal);
    assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
    assert_eq!(fs::read(folder.file("runs.jsonl.lock")).unwrap(), b"another's\n");
}

/// The lock of a process of this machine that is gone: its number is beyond the greatest that Linux gives.
fn dead_lock(folder: &Folder) -> String {
    let path = folder.file("other");
    let journal = open(&path, "", 99).unwrap();
    let text = fs::read_to_string(folder.file("other.lock")).unwrap();
    drop(journal);
    format!("4194305 {}", text.split_once(' ').unwrap().1)
}

#[cfg(target_os = "linux")]
#[test]
fn an_abandoned_lock_is_taken_over() {
    let folder = Folder::new("abandoned");
    let path = folder.file("runs.jsonl");
    // An empty one is of a process that was killed when it had just made it.
    for text in [dead_lock(&folder), String::new()] {
        fs::write(folder.file("runs.jsonl.lock"), text).unwrap();
        let (mut journal, _) = open(&path, "", 99).unwrap();
        journal.append("one").unwrap();
        assert_eq!(folder.names(), ["runs.jsonl", "runs.jsonl.lock"]);
        drop(journal);
        assert_eq!(folder.names(), ["runs.jsonl"]);
    }
}

/// Nothing is done to what is no lock, or one of which nothing certain is known: it can be another machine's.
#[test]
fn a_lock_that_is_not_understood_is_refused_at_once() {
    let folder = Folder::new("unknown");
    let path = folder.file("runs.jsonl");
    let lock = folder.0.canonicalize().unwrap().join("runs.jsonl.lock");
    let refused = |what: &str, why: &str| {
        let text = format!("cannot be locked: {} {why}", lock.display());
        refused(open(&path, "", 99), &path, ErrorKind::InvalidData, &text);
        let (_, text) = fault(open(&path, "", 99), &path);
        assert!(text.ends_with("; if no process writes the file, remove that lock"), "{what}: {text}");
        assert!(!path.exists(), "{what}");
    };
    fs::create_dir(&lock).unwrap();
    refused("a folder", "cannot be read: no regular file");
    fs::remove_dir(&lock).unwrap();
    for text in ["not one\n", "\n", "1 2 3 4 5 6 7\n"] {
        fs::write(&lock, text).unwrap();
        refused(text, "is no lock of this program");
        assert_eq!(fs::read_to_string(&lock).unwrap(), text);
    }
    fs::write(&lock, b"1 2 \xff\xfe 4 5 6\n").unwrap();
    refused("no UTF-8", "cannot be read: stream did not contain valid UTF-8");
    fs::write(&lock, "1 2 3 a\u{1b}host 5 6\n").unwrap();
    refused("another machine's", "names process 1 on a\\u{1b}host, which cannot be seen from here");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        fs::set_permissions(&lock, fs::Permissions::from_mode(0o000)).unwrap();
        // root reads it all the same.
        let readable = fs::File::open(&lock).is_ok();
        refused(
            "mode 000",
            if readable { "names process 1 on " } else { "cannot be read: Permission denied" },
        );
        fs::remove_file(&lock).unwrap();
        for leads_to in ["nowhere", "runs.jsonl.lock", "/dev/zero", "."] {
            symlink(leads_to, &lock).unwrap();
            let text = format!("cannot be locked: {} cannot be read: no regular file", lock.display());
            assert!(fault(open(&path, "", 99), &path).1.starts_with(&text), "{leads_to}");
            assert!(fs::symlink_metadata(&lock).unwrap().is_symlink());
            fs::remove_file(&lock).unwrap();
        }
        assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
        refused("a pipe", "cannot be read: no regular file");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn of_many_at_once_one_writes() {
    let folder = Folder::new("many");
    let path = folder.file("runs.jsonl");
    for round in 0..8 {
        if round > 0 {
            fs::write(folder.file("runs.jsonl.lock"), dead_lock(&folder)).unwrap();
        }
        let open = |_| {
            std::thread::spawn({
                let path = path.clone();
                move || open(&path, "", 99)
            })
        };
        let opened: Vec<_> = (0..6).map(open).collect();
        // Which one has it shows when it writes: a thread that was suspended may have taken it over late.
        let mut opened: Vec<_> = opened.into_iter().map(|thread| thread.join().unwrap()).collect();
        let written =
            opened.iter_mut().map(|journal| journal.as_mut().map(|(journal, _)| journal.append("line")));
        assert_eq!(written.filter(|result| matches!(result, Ok(Ok(())))).count(), 1);
        for error in opened.into_iter().filter_map(Result::err) {
            assert_eq!(error.kind(), ErrorKind::ResourceBusy, "{error}");
        }
    }
}

#[test]
fn an_empty_journal_leaves_no_file() {
    let folder = Folder::new("empty");
    let path = folder.file("runs.jsonl");
    drop(open(&path, "", 99).unwrap());
    assert_eq!(folder.names(), [""; 0]);
    let text = format!("{WRITTEN}a folder, expected a file");
    refused(open(&folder.0, "", 9), &folder.0, ErrorKind::IsADirectory, &text);
    let error = open(Path::new("-"), "", 9).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().starts_with("stdout: cannot be written: no regular file"), "{error}");
    let missing = folder.file("missing/file");
    refused(open(&missing, "", 9), &missing, ErrorKind::NotFound, WRITTEN);
    let slash = PathBuf::from(format!("{}/", path.display()));
    refused(open(&slash, "", 9), &slash, ErrorKind::NotFound, WRITTEN);
    assert_eq!(folder.names(), [""; 0]);
}

/// The name of a lock is longer than the file's.
#[test]
fn a_journal_that_cannot_be_locked_leaves_no_file() {
    let folder = Folder::new("unlocked");
    let path = folder.file(&"n".repeat(252));
    assert!(fault(open(&path, "", 9), &path).1.starts_with("cannot be locked: "));
    assert_eq!(folder.names(), [""; 0]);
    #[cfg(unix)]
    {
        let link = folder.file("link");
        std::os::unix::fs::symlink("runs.jsonl", &link).unwrap();
        let journal = open(&link, "", 99).unwrap().0;
        busy(open(&folder.file("runs.jsonl"), "", 99), &folder.file("runs.jsonl"));
        drop(journal);
        assert_eq!(folder.names(), ["link"]);
    }
}

#[test]
#[should_panic(expected = "one line")]
fn two_lines_are_a_callers_bug() {
    let folder = Folder::new("caller");
    let _ = open(&folder.file("runs.jsonl"), "", 9).unwrap().0.append("one\ntwo");
}
