//! Parses the command line: a loop over its words, checked against the tables of [`super::options`].

mod given;
mod messages;

use std::ffi::{OsStr, OsString};

use super::error::Error;
use super::options::{COMMANDS, Command, Operands, Opt, Rule};
pub use given::Given;
use messages::shown;

/// Reads the words after the program's name.
///
/// # Errors
/// Names the first word that was not understood, unless help or the version was asked for before it.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Given, Error> {
    let mut given = Given::default();
    let mut named = false; // whether the command was
    let understood = read_words(&mut given, &mut named, words.into_iter());
    if given.has(Opt::Help) || given.has(Opt::Version) {
        return Ok(given);
    }
    understood?;
    check_options(&given)?;
    check_operands(&given)?;
    Ok(given)
}

fn read_words(
    given: &mut Given,
    named: &mut bool,
    mut words: impl Iterator<Item = OsString>,
) -> Result<(), Error> {
    let mut options_ended = false;
    while let Some(word) = words.next() {
        let dashed = !options_ended && word != "-" && word.as_encoded_bytes().starts_with(b"-");
        if dashed && word == "--" {
            options_ended = true;
        } else if dashed {
            let (option, inline) = find_option(&word, given.command)?;
            if given.has(option) {
                return Err(Error::Usage(format!("--{} is given twice; give it once", option.name)));
            }
            let value = read_value(option, given.command, inline, &mut words)?;
            given.values.push((option, value));
        } else if *named {
            given.operands.push(usual(word, INPUT));
        } else {
            given.command = command(&word)?;
            *named = true;
        }
    }
    Ok(())
}

/// Checks that the command takes each option, and that none lacks another.
fn check_options(given: &Given) -> Result<(), Error> {
    let command = given.command;
    for (option, value) in &given.values {
        if !option.commands.contains(&command) {
            return Err(messages::wrong_command(*option, command));
        }
        let is_list = option.list && value.as_encoded_bytes().contains(&b',');
        if is_list && command != Command::Grid {
            let title = command.title();
            return Err(Error::Usage(format!(
                "--{}: {title} takes one value; grid takes several",
                option.name
            )));
        }
    }
    for (option, _) in &given.values {
        let lacking = option.needs.iter().find(|(of, other)| *of == command && !given.has(*other));
        if let Some((_, other)) = lacking {
            let (option, other) = (option.name, other.name);
            return Err(Error::Usage(format!(
                "--{option} is of no use without --{other}; give both or neither"
            )));
        }
    }
    Ok(())
}

fn check_operands(given: &Given) -> Result<(), Error> {
    let (command, operands) = (given.command, given.operands.as_slice());
    let paths = given.inputs().map(|(_, path)| path).chain(operands.iter().map(OsString::as_os_str));
    if paths.filter(|path| *path == "-").count() > 1 {
        let text = "`-`, standard input, can be read once; give the others as files";
        return Err(Error::Usage(text.into()));
    }
    match (command.spec().operands, operands) {
        (Operands::None, [found, ..]) | (Operands::Optional(_) | Operands::Choice(..), [_, found, ..]) => {
            Err(messages::extra_operand(command, found))
        }
        (Operands::Many(name) | Operands::Choice(name, _), []) => Err(messages::no_operand(command, name)),
        (Operands::Choice(name, words), [found]) if !words.iter().any(|word| found == word) => {
            Err(messages::bad_operand(command, name, found, words))
        }
        _ => Ok(()),
    }
}

/// The option that `word` names, and the text after its `=`. Errors suggest an option of `command`, and
/// before a command is named any option.
fn find_option(word: &OsStr, command: Command) -> Result<(Opt, Option<OsString>), Error> {
    let (name, inline) = split_at_equals(word)?;
    let is_it = |option: &&Opt| match name.strip_prefix("--") {
        Some(long) => option.name == long,
        None => option.letter.is_some_and(|letter| name[1..].chars().eq([letter])),
    };
    match Opt::ALL.iter().find(is_it) {
        Some(option) => Ok((*option, inline)),
        None => Err(messages::unknown_option(&name, command)),
    }
}

/// Splits `--name=value`. The name must be Unicode; the value need not be, where the system allows that.
fn split_at_equals(word: &OsStr) -> Result<(String, Option<OsString>), Error> {
    if let Some(text) = word.to_str() {
        return Ok(match text.split_once('=') {
            Some((name, value)) => (name.to_string(), Some(value.into())),
            None => (text.to_string(), None),
        });
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let bytes = word.as_bytes();
        let at = bytes.iter().position(|&b| b == b'=').unwrap_or(0);
        if let (1.., Ok(name)) = (at, core::str::from_utf8(&bytes[..at])) {
            return Ok((name.to_string(), Some(OsStr::from_bytes(&bytes[at + 1..]).to_os_string())));
        }
    }
    Err(messages::not_utf8(word))
}

/// The command of that word.
///
/// # Errors
/// There is none.
pub fn command(word: &OsStr) -> Result<Command, Error> {
    let spec = COMMANDS.iter().find(|spec| !spec.word.is_empty() && word == spec.word);
    spec.map(|spec| spec.command).ok_or_else(|| messages::unknown_command(word))
}

fn read_value(
    option: Opt,
    command: Command,
    inline: Option<OsString>,
    words: &mut impl Iterator<Item = OsString>,
) -> Result<OsString, Error> {
    if option.rule == Rule::Flag {
        return inline.map_or(Ok(OsString::new()), |found| {
            let text = format!("--{} takes no value; found `{}`", option.name, shown(&found));
            Err(Error::Usage(text))
        });
    }
    // The next word is the value whatever it is (`-`, `-1`), unless it looks like an option's name.
    let next = || words.next().filter(|word| !word.as_encoded_bytes().starts_with(b"--"));
    let value = inline.or_else(next).filter(|value| !value.is_empty());
    let rule = option.rule_for(command);
    let value = value.ok_or_else(|| messages::no_value(option, command))?;
    match rule {
        Rule::Path(_) => return Ok(usual(value, INPUT)),
        Rule::Output(_) => return Ok(usual(value, OUTPUT)),
        _ => {}
    }
    let text = value.to_str().ok_or_else(|| messages::not_utf8(&value))?;
    let holds = match option.list {
        true => text.split(',').all(|text| rule.holds(text)),
        false => rule.holds(text),
    };
    if holds { Ok(value) } else { Err(messages::bad_value(option, command, &value)) }
}

/// Names of standard input, and of standard output.
const INPUT: &[&str] = &["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
const OUTPUT: &[&str] = &["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// The path, or `-` for one of these names of it.
fn usual(path: OsString, names: &[&str]) -> OsString {
    if names.iter().any(|name| path == *name) { "-".into() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::options::share;
    use monolayer::train::Range;

    fn parse_line(line: &str) -> Result<Given, Error> {
        parse(line.split(' ').filter(|word| !word.is_empty()).map(OsString::from))
    }

    fn message(line: &str) -> String {
        match parse_line(line) {
            Ok(given) => format!("understood: {given:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn values_come_after_a_space_or_an_equals_sign() {
        for line in
            ["train --hidden 50 --lr 1e-5 --json --out -", "--json train --lr=1e-5 --out=- --hidden=50"]
        {
            let given = parse_line(line).unwrap();
            assert_eq!(given.command, Command::Train);
            assert_eq!((given.get(Opt::Hidden), given.get(Opt::Lr)), (Some(50), Some(1e-5)));
            assert_eq!(given.path(Opt::Out), Some(OsStr::new("-")));
            assert!(given.has(Opt::Json) && !given.has(Opt::Quiet));
            assert_eq!(given.text(Opt::Activation).as_deref(), Some("tanh"));
        }
        let given = parse_line("train --data=a=b --threads auto").unwrap();
        assert_eq!(given.path(Opt::Data), Some(OsStr::new("a=b")));
        assert_eq!(given.get::<u64>(Opt::Threads), None);
    }

    #[test]
    fn a_grid_takes_lists_and_shares() {
        for line in [
            "grid --hidden 5,6 --lr 0.1 --activation cos,tanh",
            "--hidden=5,6 grid --lr=0.1 --activation=cos,tanh",
        ] {
            let given = parse_line(line).unwrap();
            let list = |option| given.list(option).collect::<Vec<_>>();
            assert_eq!((list(Opt::Hidden), list(Opt::Lr)), (vec!["5", "6"], vec!["0.1"]));
            assert_eq!((list(Opt::Activation), list(Opt::Seeds)), (vec!["cos", "tanh"], vec![]));
            assert_eq!(given.text(Opt::Seeds).as_deref(), Some("1"));
            assert!(given.has(Opt::Lr) && !given.has(Opt::Seeds) && !given.has(Opt::Shard));
        }
        assert_eq!(share(&parse_line("grid --shard 2/3").unwrap().text(Opt::Shard).unwrap()), Some((2, 3)));
        for shard in
            ["2", "0/1", "3/2", "1/0", "-1/2", "1/1000001", "1/2/3", "/", "a/b", "1/18446744073709551616"]
        {
            assert!(message(&format!("grid --shard {shard}")).starts_with("--shard: found"), "{shard}");
        }
    }

    #[test]
    fn two_dashes_end_the_options() {
        let given = parse_line("predict --model m -- --json -h -- -").unwrap();
        assert_eq!(given.operands, ["--json", "-h", "--", "-"]);
        assert!(!given.has(Opt::Json) && !given.has(Opt::Help));
    }

    #[test]
    fn help_and_version_are_given_whatever_follows() {
        for line in ["train --help --nonsense", "--help train", "train -h", "predict --help"] {
            assert!(parse_line(line).unwrap().has(Opt::Help), "{line}");
        }
        assert_eq!(parse_line("train -h --nonsense").unwrap().command, Command::Train);
        assert!(parse_line("--version").unwrap().has(Opt::Version));
        assert!(parse_line("train --nonsense --help").is_err());
    }

    fn check_messages(cases: &[(&str, &str)]) {
        for (line, expected) in cases {
            assert_eq!(message(line), *expected, "{line}");
            assert!(message(line).lines().count() <= 2);
        }
    }

    #[test]
    fn unknown_words_get_the_command_in_question() {
        check_messages(&[
            (
                "trian",
                "unknown command `trian`; did you mean `train`?\n`monolayer --help` lists the commands",
            ),
            ("zzz", "unknown command `zzz`\n`monolayer --help` lists the commands"),
            (
                "train --hiden 5",
                "unknown option `--hiden`; did you mean `--hidden`?\n`monolayer train --help` lists the \
                 options",
            ),
            ("train -x", "unknown option `-x`\n`monolayer train --help` lists the options"),
            ("predict --outline", "unknown option `--outline`\n`monolayer predict --help` lists the options"),
            (
                "--quit predict",
                "unknown option `--quit`; did you mean `--quiet`?\n`monolayer --help` lists the commands",
            ),
            (
                "version",
                "unknown command `version`; did you mean `--version`?\n`monolayer --help` lists the commands",
            ),
            (
                "train --HID=5",
                "unknown option `--HID`; did you mean `--hidden`?\n`monolayer train --help` lists the \
                 options",
            ),
            ("-", "unknown command `-`\n`monolayer --help` lists the commands"),
            ("-V", "unknown option `-V`; did you mean `--version`?\n`monolayer --help` lists the commands"),
            ("test --model - --data=-", "`-`, standard input, can be read once; give the others as files"),
            ("predict --model m - a -", "`-`, standard input, can be read once; give the others as files"),
        ]);
    }

    #[test]
    fn messages_say_what_was_found_and_what_was_expected() {
        check_messages(&[
            ("train --", "understood: Given { command: Train, operands: [], values: [] }"),
            ("train --lr 1 --lr=2", "--lr is given twice; give it once"),
            ("train --json --json", "--json is given twice; give it once"),
            ("train --hidden", "--hidden has no value; expected an integer, 1 to 65536"),
            ("train --hidden --json", "--hidden has no value; expected an integer, 1 to 65536"),
            ("train --hidden=", "--hidden has no value; expected an integer, 1 to 65536"),
            ("train --json=yes", "--json takes no value; found `yes`"),
            ("train --hidden 0", "--hidden: found `0`; expected an integer, 1 to 65536"),
            ("train --hidden -1", "--hidden: found `-1`; expected an integer, 1 to 65536"),
            ("train --epochs 100001", "--epochs: found `100001`; expected an integer, 1 to 100000"),
            ("train --seed 1.5", "--seed: found `1.5`; expected an integer, 0 to 2^64 - 1"),
            ("train --threads 257", "--threads: found `257`; expected auto, or an integer, 1 to 256"),
            (
                "train --lr 0",
                "--lr: found `0`; expected a number > 0 that a 32-bit float can hold (1e-45 to 3.4e38)",
            ),
            (
                "train --lr 1e39",
                "--lr: found `1e39`; expected a number > 0 that a 32-bit float can hold (1e-45 to 3.4e38)",
            ),
            (
                "train --lambda -1",
                "--lambda: found `-1`; expected a number >= 0 that a 32-bit float can hold (at most 3.4e38)",
            ),
            (
                "train --scale 1e-46",
                "--scale: found `1e-46`; expected auto, or a number > 0 and <= 65535 that a 32-bit float can hold",
            ),
            (
                "train --activation thanh",
                "--activation: found `thanh`; expected relu, cos, tanh or softplus; did you mean `tanh`?",
            ),
            (
                "test --hidden 5",
                "--hidden is not an option of test; train, gradcheck and grid take it\n`monolayer test \
                 --help` lists its options",
            ),
            (
                "--model x",
                "--model is not an option of monolayer; test, predict and export take it\n`monolayer --help` \
                 lists its options",
            ),
            (
                "grid --seed 3",
                "--seed is not an option of grid; did you mean `--seeds`?\n`monolayer grid --help` lists its \
                 options",
            ),
            (
                "train --seeds 3,4",
                "--seeds is not an option of train; did you mean `--seed`?\n`monolayer train --help` lists \
                 its options",
            ),
            ("predict --model m", "predict needs a FILE; `monolayer predict --help` shows how"),
            ("train file", "train: unexpected `file`; `monolayer train --help` shows what it takes"),
            ("info a b", "info: unexpected `b`; `monolayer info --help` shows what it takes"),
            (
                "train --data --json",
                "--data has no value; expected the name of a file or folder (one that starts with `--`: \
                 --data=NAME)",
            ),
        ]);
    }

    #[test]
    fn options_for_data_say_what_they_take() {
        check_messages(&[
            ("train --test-share 1", "--test-share: found `1`; expected a number >= 0 and < 1"),
            ("test --test-share=nan", "--test-share: found `nan`; expected a number >= 0 and < 1"),
            (
                "train --size 28",
                "--size: found `28`; expected HxW, two integers from 1 to 65535, such as 28x28",
            ),
            (
                "info --size 0x28",
                "--size: found `0x28`; expected HxW, two integers from 1 to 65535, such as 28x28",
            ),
            ("train --label=", "--label has no value; expected NAME"),
            ("train --fit", "--fit is of no use without --size; give both or neither"),
        ]);
    }

    #[test]
    fn every_three_words_end_in_a_command_or_a_short_message() {
        let words = "train predict help -h --help -- - --lr --lr= --lr=1 --threads auto --json --json= -x = \
                     --= é -é -=";
        let words: Vec<&str> = words.split(' ').chain([""]).collect();
        for a in &words {
            for b in &words {
                for c in &words {
                    if let Err(error) = parse([a, b, c].map(OsString::from)) {
                        let text = error.to_string();
                        assert!((1..=2).contains(&text.lines().count()), "{a} {b} {c}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_rule_is_kept_at_its_bounds() {
        for option in Opt::ALL {
            if let Rule::Of(Range::Whole(min, max)) | Rule::OrAuto(Range::Whole(min, max)) = option.rule {
                for n in [min, max] {
                    assert!(option.rule.holds(&n.to_string()), "{}", option.name);
                }
                let beyond = [min.checked_sub(1), max.checked_add(1)];
                for n in beyond.into_iter().flatten() {
                    assert!(!option.rule.holds(&n.to_string()), "{}", option.name);
                }
                assert!(!option.rule.holds("18446744073709551616"));
            }
            for command in option.commands {
                let default = option.default_for(*command);
                let holds = default.is_none_or(|default| option.rule.holds(&default));
                assert!(holds, "{}: its default breaks its rule", option.name);
            }
        }
    }

    #[test]
    fn long_words_and_control_characters_stay_out_of_messages() {
        let text = parse(vec![OsString::from("x".repeat(100_000))]).unwrap_err().to_string();
        assert!(text.len() < 200, "{text}");
        let text = parse(vec![OsString::from("a\nb\x1b[31m")]).unwrap_err().to_string();
        assert!(text.starts_with("unknown command `a\\nb\\u{1b}[31m`\n"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn only_paths_may_be_other_than_unicode() {
        use std::os::unix::ffi::OsStringExt;
        let word = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        for words in
            [vec![word(b"train"), word(b"--out=\xff")], vec![word(b"train"), word(b"--out"), word(b"\xff")]]
        {
            assert_eq!(parse(words).unwrap().path(Opt::Out), Some(word(b"\xff").as_os_str()));
        }
        let given = parse([word(b"info"), word(b"\xff=\xfe")]).unwrap();
        assert_eq!(given.operands, [word(b"\xff=\xfe")]);
        for words in
            [vec![word(b"--\xff=x")], vec![word(b"--\xff")], vec![word(b"train"), word(b"--lr=\xff")]]
        {
            let error = parse(words).unwrap_err().to_string();
            assert!(error.ends_with("is not UTF-8; only file names may be something else"), "{error}");
        }
        assert!(parse([word(b"\xff")]).unwrap_err().to_string().starts_with("unknown command "));
    }
}
