//! Reports of the command: of the numbers that it printed, where they were asked for.
#![cfg(all(feature = "std", feature = "digits", unix))]

#[path = "command/pages.rs"]
mod pages;

use pages::{kept, read};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn run(here: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
    command.args(words).current_dir(here).stdin(Stdio::null()).env_remove("TERM").output().unwrap()
}

#[track_caller]
fn results(here: &Path, words: &str) -> String {
    let output = run(here, &words.split_whitespace().collect::<Vec<_>>());
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn after<'a>(text: &'a str, name: &str) -> &'a str {
    let start = text.find(name).unwrap_or_else(|| panic!("no {name} in {text}")) + name.len();
    text[start..].lines().next().unwrap().trim()
}

/// The command line of a page, as a shell would be given it.
fn repeated(text: &str) -> String {
    let mut lines = text.lines().filter(|line| line.starts_with("monolayer "));
    lines.nth_back(1).unwrap().into() // the last is the foot of the page
}

#[test]
fn training_has_the_page_of_what_it_printed() {
    let here = folder("report-train");
    let words = "train --hidden 12 --lr 0.01 --epochs 3 --validation 150 --patience 3 --seed 5 --out a.mono";
    let plain = results(&here, words);
    let printed = results(&here, &format!("{words} --report page.html"));
    assert_eq!(after(&printed, "fingerprint "), after(&plain, "fingerprint "), "a page changes no bit");
    let text = kept("train", &fs::read_to_string(here.join("page.html")).unwrap());
    for name in
        ["errors ", "top k ", "loss ", "calibration ", "seconds ", "ran on ", "fingerprint ", "held out "]
    {
        let value = after(&printed, name);
        assert!(text.contains(value), "{name}: {value} is not in the page: {text}");
    }
    for row in printed.lines().filter(|line| line.contains(" %  ")) {
        assert!(row.split("  ").map(str::trim).all(|word| text.contains(word)), "{row}");
    }
    assert!(text.contains("training (4850 images)"), "{text}");
    assert!(text.contains("validation (150 images)") && text.contains("test (1000 images)"), "{text}");

    // The command that the page tells does it again.
    let script = repeated(&text).replacen("monolayer", env!("CARGO_BIN_EXE_monolayer"), 1);
    let script = script.replace("page.html", "again.html").replace("a.mono", "b.mono");
    let again = Command::new("sh").arg("-c").arg(script).current_dir(&here).output().unwrap();
    let again = String::from_utf8(again.stdout).unwrap();
    assert_eq!(after(&again, "fingerprint "), after(&plain, "fingerprint "));

    let printed = results(&here, "test --model a.mono --report test.html --quiet");
    let text = kept("test", &fs::read_to_string(here.join("test.html")).unwrap());
    assert!(text.contains(after(&printed, "loss ")) && text.contains("a.mono") && !text.contains("Learning"));
}

#[test]
fn a_resumed_run_has_the_curve_of_all_its_epochs() {
    let here = folder("report-resume");
    let words = "train --hidden 4 --checkpoint c --report r.html --quiet";
    let run = |epochs: u32| {
        results(&here, &format!("{words} --epochs {epochs} --resume"));
        kept("resumed", &fs::read_to_string(here.join("r.html")).unwrap())
    };
    run(2);
    let text = run(4);
    let rows = text.split("The numbers").nth(1).unwrap();
    assert!(
        rows.contains("--") && !repeated(&text).contains("--resume"),
        "what was not seen is not known: {rows}"
    );
    // Nothing is left to do: the page is made all the same.
    assert!(run(4).contains("Learning curves"));
}

#[test]
fn a_grid_has_the_page_of_its_table() {
    let here = folder("report-grid");
    let words = "grid --hidden 5,9 --activation tanh,cos --epochs 2 --seeds 1,2 --report grid.html";
    let printed = results(&here, words);
    let page = fs::read_to_string(here.join("grid.html")).unwrap();
    let text = kept("grid-digits", &page);
    for word in printed.split_whitespace().filter(|word| word.contains('.')) {
        assert!(text.contains(word), "{word}: {text}");
    }
    // Of the results that are there.
    results(&here, "grid grid.jsonl --report table.html --json");
    let table = fs::read_to_string(here.join("table.html")).unwrap();
    let but_command = |page: &str| page.split("<h2>Repeat").next().unwrap().to_string();
    assert!(but_command(&table) == but_command(&page), "another page from the same results");
    assert_eq!(repeated(&read(&table)), "monolayer grid --report table.html grid.jsonl");
}

#[test]
fn names_of_files_are_quoted_for_the_shell_and_escaped_for_the_page() {
    let here = folder("report-names");
    let name = "<b>it's & \"x\" $HOME\n.html";
    let words = ["train", "--hidden", "2", "--epochs", "1", "--quiet", "--report", name];
    assert!(run(&here, &words).status.success());
    let page = fs::read_to_string(here.join(name)).unwrap();
    assert!(!page.contains("<b>"));
    let text = read(&page);
    assert!(text.contains("--report '<b>it'\\''s & \"x\" $HOME\\n.html'"), "{text}");
}

#[test]
fn the_page_is_told_of_after_the_results() {
    let here = folder("report-order");
    results(&here, "train --hidden 2 --epochs 1 --quiet --out m.mono");
    for (words, part) in [
        ("train --hidden 2 --epochs 1", "fingerprint"),
        ("test --model m.mono", "fingerprint"),
        ("grid --hidden 2 --epochs 1", "FAULTS"),
        ("grid grid.jsonl", "FAULTS"),
    ] {
        let both = fs::File::create(here.join("both")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
        command.args(words.split(' ')).args(["--report", "page.html"]).current_dir(&here);
        let status = command.stdout(both.try_clone().unwrap()).stderr(both).status().unwrap();
        let text = fs::read_to_string(here.join("both")).unwrap();
        let last = text.lines().last().unwrap();
        assert!(status.success() && text.contains(part), "{words}: {text}");
        assert!(last.starts_with("report: page.html ("), "{words}: {text}");
    }
}

#[test]
fn the_page_goes_where_it_can_or_work_does_not_begin() {
    let here = folder("report-places");
    let output = run(&here, &["train", "--report", "no/such/folder.html"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.starts_with("monolayer: no/such/folder.html: cannot be written") && text.lines().count() == 1,
        "{text}"
    );

    let output = run(&here, &["train", "--report", "-", "--out", "-"]);
    assert_eq!(output.status.code(), Some(2));

    let output = run(&here, &["train", "--hidden", "2", "--epochs", "1", "--report", "-"]);
    let (page, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(told.contains(after(&read(&page), "fingerprint")), "{told}");
}
