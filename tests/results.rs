//! What README.md prints is what the program prints: the demo's results, and the MNIST table where MNIST is
//! at hand.
//!
//!     MONOLAYER_MNIST=$PWD/data/mnist cargo test --test results
#![cfg(feature = "std")]

use std::io::{Write, stderr};
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../README.md");

/// Results of `monolayer train` with these words.
fn train(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_monolayer"))
        .args(["train", "--quiet"])
        .args(words)
        .output()
        .unwrap();
    let (results, messages) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{words:?}: {messages}");
    results
}

/// The rows of README's table on MNIST: options, errors by seed, fingerprint of seed 1.
fn mnist_rows() -> Vec<(Vec<&'static str>, Vec<usize>, &'static str)> {
    let (_, table) = README.split_once("| command: `monolayer train --data data/mnist` and |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let ["", options, errors, fingerprint, ""] = cells[..] else { panic!("columns: {line}") };
        let errors = errors.split(' ').map(|count| count.parse().unwrap()).collect();
        (options.split(' ').collect(), errors, fingerprint)
    })
    .collect()
}

#[test]
#[cfg(feature = "digits")]
fn the_demo_ends_with_what_the_readme_shows() {
    let (_, block) = README.split_once("```text\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    assert!(block.contains("fingerprint") && block.lines().count() >= 3, "{block}");
    let results = train(&["--lr", "0.005", "--epochs", "40"]); // what the demo says that it was
    for line in block.lines() {
        assert!(results.lines().any(|found| found == line), "README.md has\n{line}\nbut it is\n{results}");
    }
}

#[test]
fn the_table_on_mnist_is_what_training_gives() {
    let rows = mnist_rows();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|(_, errors, fingerprint)| errors.len() == 5 && fingerprint.len() == 16));
    let Some(folder) = std::env::var_os("MONOLAYER_MNIST").filter(|folder| !folder.is_empty()) else {
        let why = "skipped: README's table on MNIST; MONOLAYER_MNIST=FOLDER names the data to try it on";
        return writeln!(stderr(), "{why}").unwrap(); // not captured, as eprintln! would be
    };
    let folder = Path::new(&folder).to_str().expect("MONOLAYER_MNIST is UTF-8");
    for (options, errors, fingerprint) in rows {
        let results = train(&[&["--data", folder, "--seed", "1", "--json"][..], &options].concat());
        let result = results.lines().last().unwrap();
        for expected in [format!("\"faults\":{},", errors[0]), format!("\"fingerprint\":\"{fingerprint}\"")] {
            assert!(result.contains(&expected), "{options:?}: README.md has {expected}, but it is {result}");
        }
    }
}

#[test]
fn the_longer_tables_say_the_same() {
    let longer = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    if !Path::new(longer).is_dir() {
        return; // the published package has no docs/
    }
    for (name, heading) in [
        ("RESULTS.md", "| command: `monolayer train --data data/mnist` and |"),
        ("SPEED.md", "| hidden units, threads | monolayer |"),
    ] {
        let text = std::fs::read_to_string(format!("{longer}/{name}")).unwrap();
        let (_, table) = README.split_once(heading).unwrap();
        for row in table.lines().skip(1).take_while(|line| line.starts_with('|')) {
            assert!(text.lines().any(|line| line == row), "README.md has\n{row}\nand docs/{name} does not");
        }
    }
}
