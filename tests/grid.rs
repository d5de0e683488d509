//! Grids: nothing is repeated or lost, whenever the program is killed; shares are the whole; one process
//! writes.
#![cfg(feature = "std")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn program(words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
    command.args(words.split_whitespace()).stdin(Stdio::null());
    for name in ["COLUMNS", "NO_COLOR", "TERM", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    command
}

fn run(words: &str) -> Output {
    program(words).output().unwrap()
}

#[track_caller]
fn results(words: &str) -> String {
    let output = run(words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn failure(words: &str, status: i32) -> String {
    let output = run(words);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{words}: {text}");
    assert!(output.stdout.is_empty(), "{words}");
    let start = text.find("monolayer: ").unwrap_or_else(|| panic!("{words}: no message in `{text}`"));
    assert!((1..=2).contains(&text[start..].lines().count()), "{text}");
    text[start..].to_string()
}

/// An empty folder with data in `data`: 500 pictures of 4 x 5 pixels, three classes.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(path.join("data")).unwrap();
    for (half, count) in [("train", 400usize), ("t10k", 100)] {
        let label = |n: usize| n * 7 % 3;
        let pixel = |n: usize, i: usize| {
            let noise = (n * 31 + i * 17) % 200;
            (noise + if i / 5 == label(n) { 50 } else { 0 }) as u8
        };
        let file = |kind: &str, sizes: &[u32], data: Vec<u8>| {
            let mut out = vec![0, 0, 8, sizes.len() as u8];
            sizes.iter().for_each(|size| out.extend(size.to_be_bytes()));
            out.extend(data);
            fs::write(path.join(format!("data/{half}-{kind}-ubyte")), out).unwrap();
        };
        let pixels = (0..count).flat_map(|n| (0..20).map(move |i| pixel(n, i))).collect();
        file("images-idx3", &[count as u32, 4, 5], pixels);
        file("labels-idx1", &[count as u32], (0..count).map(|n| label(n) as u8).collect());
    }
    path
}

/// The lines of a results file without `seconds`, sorted.
#[track_caller]
fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| {
            let start = line.find("\"seconds\":").unwrap_or_else(|| panic!("no seconds: {line}"));
            let end = start + line[start..].find(',').unwrap();
            format!("{}{}", &line[..start], &line[end..])
        })
        .collect();
    lines.sort();
    lines
}

/// Sixteen runs of different lengths; half of them diverge.
fn sixteen(folder: &Path) -> String {
    let data = folder.join("data");
    format!(
        "grid --data {} --activation tanh,cos --hidden 40,60 --lr 0.002,1e30 --scale 16 --epochs 12 --seeds 1,2 \
         --threads 2 --quiet --out",
        data.display()
    )
}

#[test]
fn a_line_has_what_programs_need() {
    let here = folder("grid-lines");
    let file = here.join("grid.jsonl");
    let words = format!("{} {}", sixteen(&here).replace("--seeds 1,2", "--seeds 7"), file.display());
    let table = results(&words);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 8);
    for line in text.lines() {
        for name in [
            "faults",
            "images",
            "accuracy",
            "loss",
            "cross_entropy",
            "seconds",
            "isa",
            "threads",
            "fingerprint",
        ] {
            assert!(line.contains(&format!("\"{name}\":")), "{name}: {line}");
        }
        let config = &line[line.find("\"config\":{\"dataset\":\"idx\",\"activation\":\"").unwrap()..];
        assert!(
            config.contains("\"batch\":100,\"epochs\":12,\"step\":\"sum\",\"scale\":16,\"seed\":7}"),
            "{config}"
        );
        assert!(line.contains("\"threads\":1,"), "{line}");
        let diverged = line.contains("\"lr\":1e30");
        assert_eq!(line.contains("\"diverged\":"), diverged, "{line}");
        assert_eq!(line.contains("\"faults\":null") && line.contains("\"fingerprint\":null"), diverged);
    }
    assert!(table.contains("(1 of 1 diverged)"), "{table}");

    // Once more: nothing is done, and the table is the same; also of the file alone, and as lines.
    assert_eq!(results(&words), table);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert_eq!(results(&format!("grid {}", file.display())), table);
    assert_eq!(results(&format!("grid --json {}", file.display())).lines().count(), 8);
    let mut printed: Vec<String> = results(&format!("{words} --json")).lines().map(String::from).collect();
    let mut written: Vec<_> = text.lines().collect();
    printed.sort();
    written.sort();
    assert_eq!(printed, written);

    // One run's line says what `train` says of the same configuration.
    let line = text
        .lines()
        .find(|line| line.contains("tanh") && line.contains("\"hidden\":40,\"lr\":0.002"))
        .unwrap();
    let data = here.join("data");
    let words = format!(
        "train --data {} --activation tanh --hidden 40 --lr 0.002 --scale 16 --epochs 12 --seed 7 --json --threads 1",
        data.display()
    );
    // What came out and of which configuration; not the seconds, nor what `train` says beyond that.
    let of = |line: &str| {
        let result = line.split(",\"seconds\"").next().unwrap().split(",\"isa\"").next().unwrap();
        let configuration = line.split("\"fingerprint\"").nth(1).unwrap().split('}').next().unwrap();
        format!("{result} {configuration}")
    };
    let trained = of(results(&words).lines().last().unwrap());
    assert_eq!(of(line), trained);
}

#[test]
fn killed_ten_times_it_ends_with_the_same_lines() {
    let here = folder("grid-killed");
    let (whole, killed) = (here.join("whole.jsonl"), here.join("killed.jsonl"));
    let words = sixteen(&here).replace("--epochs 12", "--epochs 150").replace("1e30", "0.001");
    let start = Instant::now();
    results(&format!("{words} {}", whole.display()));
    let all = start.elapsed().as_micros() as u64;
    let expected = lines(&whole);
    assert_eq!(expected.len(), 16);

    let words = format!("{words} {}", killed.display());
    let (mut most, mut kills) = (0, 0);
    let mut moment = 1u64;
    while kills < 10 {
        let mut child: Child = program(&words).stdout(Stdio::null()).spawn().unwrap();
        // Moments spread over the start, the runs, and what lies between two lines.
        moment = moment.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        sleep(Duration::from_micros(50_000 + (moment >> 33) % (all / 3)));
        let over = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        let found = fs::read_to_string(&killed).unwrap_or_default();
        let count = found.lines().count();
        assert!(count >= most, "a line was lost");
        most = count;
        if over {
            // Faster than its killer: begin once more.
            fs::remove_file(&killed).unwrap();
            most = 0;
        }
    }
    results(&words);
    assert_eq!(lines(&killed), expected);
}

#[test]
fn a_torn_last_line_is_done_again() {
    let here = folder("grid-torn");
    let file = here.join("grid.jsonl");
    let words = format!("{} {}", sixteen(&here), file.display());
    results(&words);
    let (text, expected) = (fs::read_to_string(&file).unwrap(), lines(&file));
    let last = text[..text.len() - 1].rfind('\n').unwrap() + 1;
    for cut in [last + 1, last + 9, (last + text.len()) / 2, text.len() - 2, text.len() - 1] {
        fs::write(&file, &text[..cut]).unwrap();
        results(&words);
        assert_eq!(lines(&file), expected, "{cut}");
    }
    // A line in the middle that is no result is not passed over.
    fs::write(&file, format!("{}\n{}", &text[..last - 9], &text[last..])).unwrap();
    let message = failure(&words, 1);
    assert!(message.contains("grid.jsonl: line 15: not a result that can be used"), "{message}");
    assert!(message.contains("give another --out"), "{message}");
    let message = failure(&format!("grid {}", file.display()), 1);
    assert!(message.contains("line 15: ") && message.contains("leave the file out"), "{message}");
    assert!(!message.contains("--out"), "{message}");
    // Nor is a file of something else changed, whether its last line has an end or not.
    for notes in ["{\"precious\": \"no newline\"}", "one\ntwo", "one\ntwo\n", "one\n{\"faults\":"] {
        fs::write(&file, notes).unwrap();
        let message = failure(&words, 1);
        assert!(message.contains("is no result") || message.contains("line 1: not a result"), "{message}");
        assert_eq!(fs::read_to_string(&file).unwrap(), notes);
    }
}

#[test]
fn a_reader_that_leaves_does_not_keep_the_rest_from_being_done() {
    let here = folder("grid-unread");
    let file = here.join("grid.jsonl");
    let words = format!("{} {}", sixteen(&here), file.display());
    results(&words);
    let (text, expected) = (fs::read_to_string(&file).unwrap(), lines(&file));
    for kept in [0, 8] {
        fs::write(&file, text.split_inclusive('\n').take(kept).collect::<String>()).unwrap();
        let page = here.join(format!("{kept}.html"));
        let mut child = program(&format!("{words} --json --report {}", page.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert_eq!(lines(&file), expected, "{kept}");
        assert!(page.is_file());
    }
}

#[test]
fn the_shares_of_many_machines_are_the_whole() {
    let here = folder("grid-shares");
    let whole = here.join("whole.jsonl");
    let words = sixteen(&here);
    results(&format!("{words} {}", whole.display()));
    let mut merged = String::new();
    for index in 1..=3 {
        let part = here.join(format!("part{index}.jsonl"));
        results(&format!("{words} {} --shard {index}/3", part.display()));
        let text = fs::read_to_string(&part).unwrap();
        assert!((2..=9).contains(&text.lines().count()), "{text}");
        merged += &text;
    }
    let file = here.join("merged.jsonl");
    fs::write(&file, &merged).unwrap();
    assert_eq!(lines(&file), lines(&whole));
    let table = |file: &Path| results(&format!("grid {}", file.display()));
    assert_eq!(table(&file), table(&whole));
    // The grid goes on from merged files, and repeated lines do no harm.
    fs::write(&file, merged.clone() + "\n" + &merged).unwrap();
    assert_eq!(table(&file), table(&whole));
    let parts = (1..=3).map(|index| format!(" {}", here.join(format!("part{index}.jsonl")).display()));
    assert_eq!(results(&format!("grid{}", parts.collect::<String>())), table(&whole));
    results(&format!("{words} {}", file.display()));
    assert_eq!(fs::read_to_string(&file).unwrap(), merged.clone() + "\n" + &merged);

    // Two results of one run with different weights: one of them is not to be trusted.
    let at = merged.find("\"fingerprint\":\"").unwrap() + 15;
    let digit = if &merged[at..=at] == "0" { "1" } else { "0" };
    let start = merged[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = at + merged[at..].find('\n').unwrap();
    let other = format!("{}{digit}{}\n", &merged[start..at], &merged[at + 1..end]);
    fs::write(&file, merged + &other).unwrap();
    let message = failure(&format!("grid {}", file.display()), 1);
    assert!(message.contains("line 17: ") && message.contains("another fingerprint"), "{message}");
}

#[test]
fn a_second_process_is_refused_and_a_third_goes_on() {
    let here = folder("grid-two");
    let file = here.join("grid.jsonl");
    let words = format!("{} {}", sixteen(&here).replace("--epochs 12", "--epochs 100000"), file.display());
    let mut first = program(&words).stdout(Stdio::null()).spawn().unwrap();
    while !here.join("grid.jsonl.lock").exists() {
        sleep(Duration::from_millis(5));
    }
    let message = failure(&words, 1);
    assert!(message.contains("grid.jsonl: cannot be locked: another process is writing it"), "{message}");
    first.kill().unwrap();
    first.wait().unwrap();
    let words = words.replace("--epochs 100000", "--epochs 1");
    results(&words);
    assert_eq!(lines(&file).len(), 16);
    assert!(!here.join("grid.jsonl.lock").exists());
}

/// It could be another machine's: the message says what to remove, and nothing is started.
#[cfg(target_os = "linux")]
#[test]
fn a_lock_that_is_not_understood_ends_the_grid_at_once() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let here = folder("grid-locks");
    let lock = here.join("grid.jsonl.lock");
    let words = format!("{} {}", sixteen(&here), here.join("grid.jsonl").display());
    let refused = |why: &str| {
        let begin = Instant::now();
        let message = failure(&words, 1);
        assert!(begin.elapsed() < Duration::from_secs(5), "{why}: {:?}", begin.elapsed());
        let lock = lock.display();
        assert!(message.contains(&format!("grid.jsonl: cannot be locked: {lock} {why}")), "{message}");
        assert!(message.contains("; if no process writes the file, remove that lock"), "{message}");
        assert!(!here.join("grid.jsonl").exists());
    };
    fs::create_dir(&lock).unwrap();
    refused("cannot be read: no regular file");
    fs::remove_dir(&lock).unwrap();
    fs::write(&lock, b"1 2 3 \xff 5 6\n").unwrap();
    refused("cannot be read: stream did not contain valid UTF-8");
    fs::write(&lock, "1 2 3 4 5 6\n").unwrap();
    refused("names process 1 on 4, which cannot be seen from here");
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o000)).unwrap();
    // root reads it all the same.
    let readable = fs::File::open(&lock).is_ok();
    refused(if readable { "names process 1 on 4" } else { "cannot be read: Permission denied" });
    fs::remove_file(&lock).unwrap();
    for leads_to in ["nowhere", "grid.jsonl.lock"] {
        symlink(leads_to, &lock).unwrap();
        refused("cannot be read: no regular file");
        fs::remove_file(&lock).unwrap();
    }
    assert!(Command::new("mkfifo").arg(&lock).status().unwrap().success());
    refused("cannot be read: no regular file");
    fs::remove_file(&lock).unwrap();

    // That of a process which is gone is no hindrance; nor is an empty one, which a process left that was
    // killed as it made it.
    let mut killed = program(&words.replace("--epochs 12", "--epochs 100000")).spawn().unwrap();
    while !lock.exists() {
        sleep(Duration::from_millis(5));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(lock.exists());
    results(&words);
    assert!(!lock.exists());
    fs::write(&lock, "").unwrap();
    results(&words);
    assert!(!lock.exists());
}

#[test]
fn what_is_not_understood() {
    let here = folder("grid-usage");
    let (file, data) = (here.join("grid.jsonl"), here.join("data"));
    let empty = here.join("empty");
    fs::write(&empty, "\n").unwrap();
    let (file, data, empty) = (file.display(), data.display(), empty.display());
    for (words, status, message) in [
        (format!("grid --mnist {data} --out {file}"), 1, format!("--mnist {data}: found idx data, which")),
        (format!("grid --cifar {data} --out {file}"), 1, format!("--cifar {data}: found idx data, which")),
        ("grid --shard 0/3".into(), 2, "--shard: found `0/3`; expected I/N, integers, 1 <= I <= N".into()),
        ("grid --shard 4/3".into(), 2, "--shard: found `4/3`".into()),
        ("grid --hidden 5,,6".into(), 2, "--hidden: found `5,,6`; expected an integer, 1 to 65536".into()),
        ("grid --activation tanh,gelu".into(), 2, "--activation: found `tanh,gelu`".into()),
        ("train --hidden 5,6".into(), 2, "--hidden: train takes one value; grid takes several".into()),
        ("train --threads 1,2".into(), 2, "--threads: found `1,2`".into()),
        (
            format!("grid {file} --hidden 5"),
            2,
            "grid FILE... prints the table of results that are there".into(),
        ),
        (format!("grid {file}"), 1, format!("{file}: cannot be opened")),
        (format!("grid {empty}"), 1, format!("{empty}: no results in it; expected lines that `grid --out`")),
        (
            format!("grid {empty} {empty} --json"),
            1,
            format!("{empty}: no results in it, nor in the other files; expected"),
        ),
        (
            format!("grid --data {data} --labels coarse --out {file}"),
            1,
            format!("--labels coarse: found {data} (idx), expected CIFAR-100"),
        ),
        ("grid --out -".into(), 1, "stdout: cannot be written: no regular file".into()),
        (
            format!("grid --data {data} --out {file} --step mean --lr 1e-45 --batch 60000"),
            2,
            "--lr is 1e-45".into(),
        ),
    ] {
        let found = failure(&words, status);
        assert!(found.starts_with(&format!("monolayer: {message}")), "{found}");
    }
    let many = (1..=400).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let message = failure(&format!("grid --data {data} --out {file} --seeds {many} --hidden {many}"), 2);
    assert!(message.contains("more than 100000 runs"), "{message}");
    assert!(!here.join("grid.jsonl").exists(), "no empty file is left behind");
}
