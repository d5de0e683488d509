//! tools/fetch-data against a server that cuts, refuses, forgets and lies.
//!
//! The promise: what lies under a file's own name is whole and right, whatever the servers did; and what was
//! already had is not fetched again.
#![cfg(unix)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Digests of [`content`], by another program.
const MD5: &str = "69b465d622093353ac627ac6f7daf731";
const SHA256: &str = "88bf6158db38cea8537aa02f92e3ef7047baceba2eedd7e3f981b07080757e2a";

fn content() -> Vec<u8> {
    (0..40_000).map(|i| ((i * 7 + i / 251) % 256) as u8).collect()
}

/// What the server does when asked for a path.
#[derive(Clone)]
enum Answer {
    /// The bytes, from where the request says.
    File(Vec<u8>),
    /// The bytes, but the connection ends after so many of them in each answer.
    Cut(Vec<u8>, usize),
    /// All the bytes, whatever the request says.
    NoRanges(Vec<u8>),
}

/// A request that came: the path, and the byte that it wanted to start from.
type Request = (String, usize);

struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Serves `answers` by path, 404 for all else, until the test's process ends.
    fn start(answers: &[(&str, Answer)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers: HashMap<String, Answer> =
            answers.iter().map(|(p, a)| (p.to_string(), a.clone())).collect();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that went away is its own affair.
                let _ = serve(stream, &answers, &log);
            }
        });
        Self { address, requests }
    }

    fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

fn serve(
    mut stream: TcpStream,
    answers: &HashMap<String, Answer>,
    log: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_string();
    let mut from = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            from = range.trim().trim_end_matches('-').parse().unwrap();
        }
    }
    log.lock().unwrap().push((path.clone(), from));

    let (bytes, limit, ranges) = match answers.get(&path) {
        None => {
            return write!(
                stream,
                "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
        }
        Some(Answer::File(bytes)) => (bytes, usize::MAX, true),
        Some(Answer::Cut(bytes, limit)) => (bytes, *limit, true),
        Some(Answer::NoRanges(bytes)) => (bytes, usize::MAX, false),
    };
    let total = bytes.len();
    if ranges && from > 0 && from >= total {
        return write!(
            stream,
            "HTTP/1.1 416 Range Not Satisfiable\r\nConnection: close\r\nContent-Range: bytes */{total}\r\n\
             Content-Length: 0\r\n\r\n"
        );
    }
    if ranges && from > 0 {
        write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{total}\r\n",
            total - 1
        )?;
    } else {
        from = 0;
        write!(stream, "HTTP/1.1 200 OK\r\n")?;
    }
    write!(stream, "Connection: close\r\nContent-Length: {}\r\n\r\n", total - from)?;
    stream.write_all(&bytes[from..total.min(from.saturating_add(limit))])
}

/// A folder of one test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("monolayer-fetch-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        let path = self.0.join("data").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the tool on a table of its own, into `folder`/data.
fn fetch(folder: &Folder, table: &str, arguments: &[&str]) -> Output {
    let table_file = folder.0.join("table");
    std::fs::write(&table_file, table).unwrap();
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/fetch-data");
    assert!(tool.is_file(), "{} is missing", tool.display());
    let mut command = Command::new("sh");
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command
        .arg(tool)
        .args(["--into", folder.0.join("data").to_str().unwrap()])
        .args(arguments)
        .env("FETCH_DATA_TABLE", table_file)
        .env("HOME", &folder.0)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// One line of the tool's table for the file `set/file` at each of `mirrors`.
fn line(contents_md5: &str, mirrors: &[String]) -> String {
    format!("set file {MD5} {SHA256} {contents_md5} {}\n", mirrors.join(" "))
}

fn programs() -> Vec<&'static str> {
    let there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let programs: Vec<_> = ["curl", "wget"].into_iter().filter(there).collect();
    if programs.is_empty() {
        println!("fetch_data: neither curl nor wget is here; nothing was tried");
    }
    programs
}

#[test]
fn a_file_is_fetched_once() {
    for program in programs() {
        let server = Server::start(&[("/m/file", Answer::File(content()))]);
        let folder = Folder::new();
        let table = line("-", &[format!("{}/m/", server.address)]);
        let output = fetch(&folder, &table, &["set", "--with", program]);
        assert!(output.status.success(), "{program}: {}", text(&output));
        assert_eq!(std::fs::read(folder.file("set/file")).unwrap(), content());
        assert!(!folder.file("set/file.part").exists());
        assert_eq!(server.take_requests(), [("/m/file".to_string(), 0)]);

        let output = fetch(&folder, &table, &["set", "--with", program]);
        assert!(output.status.success() && text(&output).contains("already there"), "{}", text(&output));
        assert_eq!(server.take_requests(), []);
    }
}

#[test]
fn a_cut_download_goes_on_where_it_stopped() {
    for program in programs() {
        let server = Server::start(&[("/m/file", Answer::Cut(content(), 15_000))]);
        let folder = Folder::new();
        let output =
            fetch(&folder, &line("-", &[format!("{}/m", server.address)]), &["set", "--with", program]);
        assert!(output.status.success(), "{program}: {}", text(&output));
        assert_eq!(std::fs::read(folder.file("set/file")).unwrap(), content());
        let starts: Vec<usize> = server.take_requests().into_iter().map(|(_, from)| from).collect();
        assert_eq!(starts, [0, 15_000, 30_000], "{program}");
    }
}

#[test]
fn a_part_from_an_earlier_run_is_used() {
    for program in programs() {
        let server = Server::start(&[("/m/file", Answer::File(content()))]);
        let folder = Folder::new();
        std::fs::write(folder.file("set/file.part"), &content()[..33_333]).unwrap();
        let output =
            fetch(&folder, &line("-", &[format!("{}/m", server.address)]), &["set", "--with", program]);
        assert!(output.status.success(), "{program}: {}", text(&output));
        assert_eq!(std::fs::read(folder.file("set/file")).unwrap(), content());
        assert_eq!(server.take_requests(), [("/m/file".to_string(), 33_333)], "{program}");

        // All of it had arrived: nothing is asked for.
        std::fs::rename(folder.file("set/file"), folder.file("set/file.part")).unwrap();
        let output =
            fetch(&folder, &line("-", &[format!("{}/m", server.address)]), &["set", "--with", program]);
        assert!(output.status.success(), "{program}: {}", text(&output));
        assert_eq!(server.take_requests(), []);
    }
}

#[test]
fn a_useless_part_is_thrown_away() {
    let mut longer = content();
    longer.push(0);
    let parts = [vec![0; 10_000], vec![0; 40_000], longer];
    for program in programs() {
        for answer in [Answer::File(content()), Answer::NoRanges(content())] {
            let server = Server::start(&[("/m/file", answer)]);
            for part in &parts {
                let folder = Folder::new();
                std::fs::write(folder.file("set/file.part"), part).unwrap();
                let table = line("-", &[format!("{}/m", server.address)]);
                let output = fetch(&folder, &table, &["set", "--with", program]);
                assert!(output.status.success(), "{program}, {} bytes: {}", part.len(), text(&output));
                assert_eq!(std::fs::read(folder.file("set/file")).unwrap(), content());
                assert!(server.take_requests().len() <= 3);
            }
        }
    }
}

#[test]
fn the_next_mirror_is_tried() {
    let mut wrong = content();
    wrong[20_000] ^= 1;
    let html = b"<!DOCTYPE html><html>sign in first</html>".to_vec();
    for program in programs() {
        let server = Server::start(&[
            ("/wrong/file", Answer::File(wrong.clone())),
            ("/page/file", Answer::File(html.clone())),
            ("/good/file", Answer::File(content())),
        ]);
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut mirrors = vec![format!("http://{closed}")];
        mirrors.extend(["none", "wrong", "page", "good"].map(|m| format!("{}/{m}", server.address)));
        let folder = Folder::new();
        let output = fetch(&folder, &line("-", &mirrors), &["set", "--with", program]);
        assert!(output.status.success(), "{program}: {}", text(&output));
        assert_eq!(std::fs::read(folder.file("set/file")).unwrap(), content());
        let asked: Vec<_> =
            server.take_requests().into_iter().map(|(path, from)| format!("{path} {from}")).collect();
        assert_eq!(asked, ["/none/file 0", "/wrong/file 0", "/page/file 0", "/good/file 0"], "{program}");
        assert!(text(&output).contains("a page of HTML"), "{}", text(&output));
    }
}

#[test]
fn nothing_is_installed_that_is_not_right() {
    let mut wrong = content();
    wrong[0] ^= 0x80;
    for program in programs() {
        let server = Server::start(&[
            ("/wrong/file", Answer::File(wrong.clone())),
            ("/short/file", Answer::File(content()[..39_999].to_vec())),
        ]);
        let mirrors = ["wrong", "short", "none"].map(|m| format!("{}/{m}", server.address));
        let folder = Folder::new();
        let output = fetch(&folder, &line("-", &mirrors), &["set", "--with", program]);
        assert_eq!(output.status.code(), Some(1), "{program}: {}", text(&output));
        assert!(!folder.file("set/file").exists());
        assert!(text(&output).contains("set/file: no server gave it"), "{}", text(&output));

        // What a person had there stays until something better has come, even where it is wrong.
        std::fs::write(folder.file("set/file"), &wrong).unwrap();
        let output = fetch(&folder, &line("-", &mirrors), &["set", "--with", program]);
        assert_eq!(output.status.code(), Some(1), "{program}: {}", text(&output));
        assert_eq!(std::fs::read(folder.file("set/file")).unwrap(), wrong);
    }
}

#[test]
fn an_unreachable_server_is_asked_once_and_leaves_nothing() {
    for program in programs() {
        let folder = Folder::new();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let one = line("-", &[format!("http://{closed}/m/")]);
        let table = format!("{one}{}", one.replace("set file", "set other"));
        let output = fetch(&folder, &table, &["set", "--with", program]);
        assert_eq!(output.status.code(), Some(1), "{program}: {}", text(&output));
        assert!(text(&output).contains("set: none of its servers can be reached; is there a network here?"));
        assert!(text(&output).lines().count() <= 3, "{program}: {}", text(&output));
        assert!(!folder.0.join("data").exists());
    }
}

#[test]
fn a_folder_that_cannot_be_made_ends_the_run() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("data"), "in the way").unwrap();
    let one = line("-", &["http://127.0.0.1:1".into()]);
    let output = fetch(&folder, &format!("{one}{one}"), &["set"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("choose another with --into"), "{}", text(&output));
    assert_eq!(text(&output).lines().count(), 1, "{}", text(&output));
}

/// md5 alone is not believed where the sha256 is known too.
#[test]
fn both_digests_must_hold() {
    for program in programs() {
        let server = Server::start(&[("/m/file", Answer::File(content()))]);
        let folder = Folder::new();
        let table = line("-", &[format!("{}/m", server.address)]).replace("88bf", "88be");
        let output = fetch(&folder, &table, &["set", "--with", program]);
        assert_eq!(output.status.code(), Some(1), "{program}: {}", text(&output));
        assert!(!folder.file("set/file").exists());
    }
}

#[test]
fn a_file_compressed_anew_is_right() {
    let packed = gzip_stored(&content());
    for program in programs() {
        let server = Server::start(&[("/m/file", Answer::File(packed.clone()))]);
        let folder = Folder::new();
        let mirrors = [format!("{}/m", server.address)];
        let table = format!("set file {} {} {MD5} {}\n", "0".repeat(32), "0".repeat(64), mirrors[0]);
        let output = fetch(&folder, &table, &["set", "--with", program]);
        assert!(output.status.success(), "{program}: {}", text(&output));
        assert_eq!(std::fs::read(folder.file("set/file")).unwrap(), packed);
    }
}

#[test]
fn another_server_is_asked_on_request() {
    for program in programs() {
        let server = Server::start(&[("/copy/set/file", Answer::File(content()))]);
        let folder = Folder::new();
        let from = format!("--from={}/copy/", server.address);
        let output =
            fetch(&folder, &line("-", &["http://127.0.0.1:1".into()]), &["set", &from, "--with", program]);
        assert!(output.status.success(), "{program}: {}", text(&output));
        assert_eq!(server.take_requests(), [("/copy/set/file".to_string(), 0)]);
    }
}

#[test]
fn arguments() {
    let folder = Folder::new();
    let table = line("-", &["http://127.0.0.1:1".into()]);
    for (arguments, part) in [
        (&["sett"][..], "no such data set: sett; there are: set ("),
        (&["--onto", "x"], "no such option: --onto"),
        (&["--from"], "--from needs a value"),
        (&["--from="], "--from needs a value"),
        (&["--with", "ftp"], "--with is curl or wget"),
    ] {
        let output = fetch(&folder, &table, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains(part), "{arguments:?}: {}", text(&output));
    }
    let help = fetch(&folder, &table, &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).starts_with("Usage: tools/fetch-data"));
}

/// The built-in table: every line has digests of the right length and at least one mirror.
#[test]
fn the_table_is_well_formed() {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/fetch-data");
    let script = std::fs::read_to_string(tool).unwrap();
    let hex = |s: &str, n| s.len() == n && s.bytes().all(|b| b.is_ascii_hexdigit());
    let lines: Vec<Vec<&str>> = script
        .lines()
        .filter(|l| l.split(' ').nth(2).is_some_and(|f| hex(f, 32)))
        .map(|l| l.split(' ').collect())
        .collect();
    assert_eq!(lines.len(), 4 + 4 + 1 + 1);
    for fields in lines {
        assert!(hex(fields[3], 64), "{fields:?}");
        assert!(fields[4] == "-" || hex(fields[4], 32), "{fields:?}");
        assert!(["$mnist", "$fashion", "$cifar"].contains(&fields[5]), "{fields:?}");
    }
}

/// A gzip file of one stored block: what another compressor might have made of `bytes`.
fn gzip_stored(bytes: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = u16::try_from(bytes.len()).unwrap();
    let mut out = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
    out.extend((!crc).to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}
