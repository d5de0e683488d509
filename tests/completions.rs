//! The completion scripts in the shells that this machine has, and the manual page in its formatter.
//!
//! That they list what the parser takes is held in src/cli/completions.rs; here, that they work.
#![cfg(all(feature = "std", unix))]

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn monolayer(words: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_monolayer")).args(words.split_whitespace()).output().unwrap()
}

#[track_caller]
fn results(words: &str) -> String {
    let output = monolayer(words);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{words}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a program says to `input` from stdin, errors first; `None` where this machine does not have it.
fn through(program: &str, words: &[&str], input: &str) -> Option<(Vec<u8>, String)> {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("no {program} here: not tried");
        return None;
    };
    // A program that refuses its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Some((output.stderr, String::from_utf8(output.stdout).unwrap()))
}

/// What bash offers where the last of these words stands.
fn offered(script: &str, words: &[&str]) -> Option<Vec<String>> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let input = format!(
        "{script}\ncompopt() {{ :; }}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_monolayer\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        quoted.join(" "),
        words.len() - 1
    );
    let (errors, text) = through("bash", &["--norc", "--noprofile"], &input)?;
    assert!(errors.is_empty(), "{words:?}: {}", String::from_utf8_lossy(&errors));
    Some(text.lines().filter(|line| !line.is_empty()).map(String::from).collect())
}

/// The options that the help text lists.
fn options(help: &str) -> Vec<&str> {
    let (_, list) = help.split_once("\nOptions:\n").unwrap();
    let titles = list.lines().filter(|line| line.starts_with("  -"));
    titles.flat_map(|line| line.split([' ', ',']).filter(|word| word.starts_with('-'))).collect()
}

/// The commands that the help text lists.
fn commands(help: &str) -> Vec<&str> {
    let (_, list) = help.split_once("\nCommands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    list.lines().filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "(none)").collect()
}

#[test]
fn bash_completes_what_help_lists() {
    let script = results("completions bash");
    let help = results("--help");
    let commands = commands(&help);
    for expected in ["train", "gradcheck", "completions", "man", "help"] {
        assert!(commands.contains(&expected), "{commands:?}");
    }
    let Some((errors, _)) = through("bash", &["-n"], &script) else { return };
    assert!(errors.is_empty(), "{}", String::from_utf8_lossy(&errors));

    let complete = |words: &[&str]| offered(&script, words).unwrap();
    assert_eq!(complete(&["monolayer", ""]), commands);
    assert_eq!(complete(&["monolayer", "-"]), options(&help));
    for command in &commands {
        let help = results(&format!("{command} --help"));
        let options = options(&help);
        assert_eq!(complete(&["monolayer", command, "-"]), options, "{command}");
        assert_eq!(complete(&["monolayer", command, "--json", "-"]), options, "{command}");
        // A beginning narrows the choice.
        let long: Vec<&str> = options.iter().copied().filter(|name| name.starts_with("--ver")).collect();
        assert_eq!(complete(&["monolayer", command, "--ver"]), long);
    }
    for (words, expected) in [
        (&["monolayer", "gr"] as &[&str], &["gradcheck", "grid"] as &[&str]),
        (&["monolayer", "train", "--isa", "avx"], &["avx2", "avx512"]),
        (&["monolayer", "train", "--isa", "="], &["auto", "scalar", "avx2", "avx512", "neon"]),
        (&["monolayer", "train", "--isa", "=", "s"], &["scalar"]),
        (&["monolayer", "gradcheck", "--plant", ""], &["w1", "w2", "activation", "lambda"]),
        (&["monolayer", "train", "--hidden", ""], &[]),
        // The value of an option is not the command.
        (&["monolayer", "--out", "test", "train", "--check"], &["--checkpoint"]),
        (&["monolayer", "--out", "=", "test", "train", "--check"], &["--checkpoint"]),
        (&["monolayer", "--data", "train", "gradcheck", "--pl"], &["--plant"]),
        (&["monolayer", "--json", "train", "--check"], &["--checkpoint"]),
        (&["monolayer", "train", "--data", ""], &[]), // readline's own: files
        (&["monolayer", "predict", ""], &[]),
        (&["monolayer", "completions", ""], &["bash", "zsh", "fish"]),
    ] {
        let expected: Vec<&str> =
            expected.iter().copied().filter(|word| *word != "grid" || commands.contains(word)).collect();
        assert_eq!(complete(words), expected, "{words:?}");
    }
    assert_eq!(complete(&["monolayer", "help", ""]), commands);
}

#[test]
fn zsh_and_fish_accept_their_scripts() {
    for (shell, check) in [("zsh", "-n"), ("fish", "--no-execute")] {
        let script = results(&format!("completions {shell}"));
        if let Some((errors, _)) = through(shell, &[check], &script) {
            assert!(errors.is_empty(), "{shell}: {}", String::from_utf8_lossy(&errors));
        }
    }
}

#[test]
fn the_manual_page_formats_without_a_warning() {
    let page = results("man");
    assert!(page.starts_with(".TH MONOLAYER 1 "));
    let Some((errors, text)) = through("groff", &["-man", "-Tascii", "-ww", "-P-cbou"], &page) else {
        return;
    };
    assert!(errors.is_empty(), "{}", String::from_utf8_lossy(&errors));
    // As it was typed: what roff makes of quotes, carets and minus signs would not paste.
    for part in
        ["monolayer train [OPTIONS]", "|W|^2", "`--name value`", "a wrong h'", "> ~/.zfunc/_monolayer"]
    {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

#[test]
fn one_of_three_shells_is_named() {
    for (words, message) in [
        ("completions", "completions needs a SHELL; `monolayer completions --help` shows how"),
        ("completions tcsh", "completions: SHELL is `tcsh`; expected bash, zsh or fish"),
        (
            "completions fisch",
            "completions: SHELL is `fisch`; expected bash, zsh or fish; did you mean `fish`?",
        ),
        (
            "completions bash zsh",
            "completions: unexpected `zsh`; `monolayer completions --help` shows what it takes",
        ),
        ("completions bash --json", "--json is not an option of completions; "),
        ("man train", "man: unexpected `train`; "),
    ] {
        let output = monolayer(words);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{words}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with(&format!("monolayer: {message}")), "{text}");
    }
}

/// The examples are typed as they are printed, by someone who has no folder of the kind yet.
#[test]
fn the_examples_work_in_a_fresh_home() {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !has("bash") {
        return println!("no bash here: not tried");
    }
    let home = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("fresh-home");
    let _ = std::fs::remove_dir_all(&home);
    std::fs::create_dir(&home).unwrap();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_monolayer"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut tried = 0;
    for text in [results("completions --help"), results("man --help")] {
        let (_, list) = text.split_once("\nExamples:\n").unwrap();
        let (list, _) = list.split_once("\n\n").unwrap();
        for line in list.lines().filter(|line| !line.starts_with("   ")).map(str::trim) {
            // The writing of the page is tried where nothing reads it.
            let line = if has("man") { line } else { line.split(" | man").next().unwrap() };
            let line = if has("man") { line } else { line.split(" && man").next().unwrap() };
            let mut shell = Command::new("bash");
            shell.args(["--norc", "--noprofile", "-c", &format!("set -o pipefail; {line}")]);
            shell.env("HOME", &home).env("PATH", &path).current_dir(&home).stdin(Stdio::null());
            let output = shell.output().unwrap();
            assert!(output.status.success(), "{line}: {output:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 5);
    for written in [".bashrc", ".zfunc/_monolayer", ".config/fish/completions/monolayer.fish", "monolayer.1"]
    {
        assert!(std::fs::metadata(home.join(written)).unwrap().len() > 1000, "{written}");
    }
}
