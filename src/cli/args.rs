//! Words of the command line to a checked command: a loop over tokens, against the tables of
//! [`super::options`].

mod error;
mod lists;
mod repeated;

use std::ffi::{OsStr, OsString};
use std::string::{String, ToString};
use std::vec::Vec;

use super::options::{COMMANDS, Command, LISTS, MOST_SHARES, OPTIONS, OUTPUTS, Operands, OptionSpec, Rule};
use super::suggest::nearest;
pub(crate) use error::Error;
use error::shown;

/// A command line that was understood: every value checked against its option's rule.
#[derive(Debug, PartialEq)]
pub(crate) struct Given {
    pub command: Command,
    /// The words without dashes, after the command's own.
    pub operands: Vec<OsString>,
    values: Vec<(&'static str, Value)>,
}

/// The value of an option that was given.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Present,
    Path(OsString),
    Auto,
    Whole(u64),
    Real(f64),
    Word(&'static str),
    /// The first of how many.
    Share(u64, u64),
    /// Several, of an option of [`LISTS`].
    List(Vec<Value>),
}

/// Reads the words after the program's name.
///
/// # Errors
/// The first thing that was not understood; except that help or the version, asked for before it, is given.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Given, Error> {
    let mut given = Given { command: Command::Demo, operands: Vec::new(), values: Vec::new() };
    let mut named = false; // whether the command was
    let understood = read_words(&mut given, &mut named, words.into_iter());
    if given.asks_for_text() {
        return Ok(given);
    }
    understood?;
    let command = given.command;
    for &(option, ref value) in &given.values {
        if !command.options().any(|o| o.name == option) {
            return Err(Error::WrongCommand { option, command });
        }
        if matches!(value, Value::List(_)) && command != Command::Grid {
            return Err(Error::SeveralValues { option, command });
        }
    }
    let named = given.inputs().filter(|(_, path)| *path == "-").count();
    if named + given.operands.iter().filter(|word| *word == "-").count() > 1 {
        return Err(Error::StdinTwice);
    }
    match (command.spec().operands, given.operands.as_slice()) {
        (Operands::None, [found, ..]) | (Operands::Optional(_) | Operands::Choice(..), [_, found, ..]) => {
            Err(Error::ExtraOperand { command, found: shown(found) })
        }
        (Operands::Many(name) | Operands::Choice(name, _), []) => Err(Error::NoOperand { command, name }),
        (Operands::Choice(name, words), [found]) if !words.iter().any(|word| found == word) => {
            Err(Error::BadOperand { command, name, found: shown(found), words })
        }
        _ => Ok(given),
    }
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
            if given.value(option.name).is_some() {
                return Err(Error::Repeated { option: option.name });
            }
            let value = read_value(option, inline, &mut words)?;
            given.values.push((option.name, value));
        } else if *named {
            given.operands.push(usual(word, INPUT));
        } else {
            given.command = find_command(&word)?;
            *named = true;
        }
    }
    Ok(())
}

/// The option that `word` names, and what follows its `=`. Only `command`'s are suggested; then any where it
/// is the demo, which is what it is before a command is named.
fn find_option(word: &OsStr, command: Command) -> Result<(&'static OptionSpec, Option<OsString>), Error> {
    let (name, inline) = split_at_equals(word)?;
    let is_it = |option: &&OptionSpec| match name.strip_prefix("--") {
        Some(long) => option.name == long,
        None => option.letter.is_some_and(|letter| name[1..].chars().eq([letter])),
    };
    match OPTIONS.iter().find(is_it) {
        Some(option) => Ok((option, inline)),
        None => {
            let word = name.trim_start_matches('-');
            let own = nearest(word, command.options().map(|option| option.name));
            let of_any = || nearest(word, OPTIONS.iter().map(|option| option.name));
            let nearest = if command == Command::Demo { own.or_else(of_any) } else { own };
            Err(Error::UnknownOption { command, found: shown(OsStr::new(&name)), nearest })
        }
    }
}

/// `--name=value` to its halves. The name must be Unicode, the value need not where the system allows that.
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
    Err(Error::NotUtf8 { found: word.to_os_string() })
}

fn find_command(word: &OsStr) -> Result<Command, Error> {
    let spec = COMMANDS.iter().find(|spec| !spec.word.is_empty() && word == spec.word);
    spec.map(|spec| spec.command).ok_or_else(|| {
        let found = shown(word);
        let words = COMMANDS.iter().map(|spec| spec.word).filter(|word| !word.is_empty());
        let nearest = nearest(&found, words.chain(["version"]));
        let nearest = nearest.map(|word| if word == "version" { "--version" } else { word });
        Error::UnknownCommand { found, nearest }
    })
}

/// The command of that word, for `help WORD`.
pub(crate) fn command(word: &OsStr) -> Result<Command, Error> {
    find_command(word)
}

fn read_value(
    option: &OptionSpec,
    inline: Option<OsString>,
    words: &mut impl Iterator<Item = OsString>,
) -> Result<Value, Error> {
    let (name, rule) = (option.name, option.rule);
    if rule == Rule::Flag {
        return match inline {
            None => Ok(Value::Present),
            Some(found) => Err(Error::NeedlessValue { option: name, found: shown(&found) }),
        };
    }
    let value = match inline {
        Some(value) => value,
        // The next word is the value whatever it is (`-`, `-1`), unless it looks like an option's name.
        None => match words.next() {
            Some(word) if !word.as_encoded_bytes().starts_with(b"--") => word,
            _ => return Err(Error::NoValue { option: name, rule }),
        },
    };
    if value.is_empty() {
        return Err(Error::NoValue { option: name, rule });
    }
    if let Rule::Path(_) = rule {
        let end = if OUTPUTS.contains(&name) { OUTPUT } else { INPUT };
        return Ok(Value::Path(usual(value, end)));
    }
    let Some(text) = value.to_str() else {
        return Err(Error::NotUtf8 { found: value });
    };
    let checked = match LISTS.contains(&name) && text.contains(',') {
        true => text.split(',').map(|text| check(rule, text)).collect::<Option<_>>().map(Value::List),
        false => check(rule, text),
    };
    checked.ok_or_else(|| Error::BadValue { option: name, found: shown(&value), rule })
}

/// Names of standard input, and of standard output.
const INPUT: &[&str] = &["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
const OUTPUT: &[&str] = &["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// The path, as `-` if it is one of these names for it.
fn usual(path: OsString, names: &[&str]) -> OsString {
    if names.iter().any(|name| path == *name) { "-".into() } else { path }
}

/// The value that `text` spells, if it keeps the rule.
fn check(rule: Rule, text: &str) -> Option<Value> {
    match rule {
        Rule::Flag => None,
        Rule::Path(_) => Some(Value::Path(text.into())),
        Rule::WholeOrAuto { .. } if text == "auto" => Some(Value::Auto),
        Rule::Whole { min, max } | Rule::WholeOrAuto { min, max } => {
            let value = text.parse().ok()?;
            (min <= value && value <= max).then_some(Value::Whole(value))
        }
        Rule::Above(low) => real(text, |x| x > low),
        Rule::AtLeast(low) => real(text, |x| x >= low),
        Rule::Within(low, high) => real(text, |x| x > low && x <= high),
        Rule::Choice(words) => words.iter().find(|word| **word == text).map(|word| Value::Word(word)),
        Rule::Share => {
            let (index, count) = text.split_once('/')?;
            let (index, count) = (index.parse().ok()?, count.parse().ok()?);
            (1 <= index && index <= count && count <= MOST_SHARES).then_some(Value::Share(index, count))
        }
    }
}

/// A number that is finite and `fits`, and is and does so as the f32 that the arithmetic will use. -0
/// becomes 0.
fn real(text: &str, fits: impl Fn(f64) -> bool) -> Option<Value> {
    let exact: f64 = text.parse().ok()?;
    let single = f64::from(exact as f32);
    (exact.is_finite() && single.is_finite() && fits(exact) && fits(single))
        .then_some(Value::Real(exact + 0.0))
}

impl Given {
    fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// The value given, or the default that the table has.
    fn value_or_default(&self, name: &str) -> Option<Value> {
        self.value(name).cloned().or_else(|| {
            let option = spec(name)?;
            check(option.rule, option.default_for(self.command)?)
        })
    }

    fn asks_for_text(&self) -> bool {
        self.flag("help") || self.flag("version")
    }

    /// Whether the flag was given.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The path given or, else, the default, if there is one.
    pub(crate) fn path(&self, name: &str) -> Option<&OsStr> {
        match self.value(name) {
            Some(Value::Path(path)) => Some(path),
            _ => spec(name)?.default_for(self.command).map(OsStr::new),
        }
    }

    /// The files to write, with the options that name them.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        let named = OUTPUTS.iter().filter_map(|&name| Some((name, self.path(name)?)));
        // Of results that are there, a grid's file is not written.
        named.filter(|(name, _)| *name != "out" || self.operands.is_empty())
    }

    /// The files and folders to read that options name.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        self.values.iter().filter_map(|(name, value)| match value {
            Value::Path(path) if !OUTPUTS.contains(name) => Some((*name, path.as_os_str())),
            _ => None,
        })
    }

    /// The path given.
    ///
    /// # Errors
    /// It was left out.
    pub(crate) fn required_path(&self, name: &'static str) -> Result<&OsStr, Error> {
        self.path(name).ok_or(Error::Missing { command: self.command, option: name })
    }

    /// The integer given or, else, the default; `None` for auto.
    pub(crate) fn whole(&self, name: &str) -> Option<u64> {
        match self.value_or_default(name) {
            Some(Value::Whole(n)) => Some(n),
            _ => None,
        }
    }

    /// The number given, if any.
    pub(crate) fn given_real(&self, name: &str) -> Option<f64> {
        match self.value(name) {
            Some(&Value::Real(x)) => Some(x),
            _ => None,
        }
    }

    /// The number given or, else, the default.
    ///
    /// # Panics
    /// If the table has no number of this name with a default.
    pub(crate) fn real(&self, name: &str) -> f64 {
        match self.value_or_default(name) {
            Some(Value::Real(x)) => x,
            _ => panic!("the option table has no number --{name} with a default"),
        }
    }

    /// The word chosen, if any.
    pub(crate) fn chosen(&self, name: &str) -> Option<&'static str> {
        match self.value(name) {
            Some(Value::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The word chosen or, else, the default.
    ///
    /// # Panics
    /// If the table has no choice of this name with a default.
    pub(crate) fn word(&self, name: &str) -> &'static str {
        match self.value_or_default(name) {
            Some(Value::Word(word)) => word,
            _ => panic!("the option table has no choice --{name} with a default"),
        }
    }
}

/// The table's row of an option.
fn spec(name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::vec;

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
            assert_eq!((given.whole("hidden"), given.real("lr")), (Some(50), 1e-5));
            assert_eq!(given.path("out"), Some(OsStr::new("-")));
            assert!(given.flag("json") && !given.flag("quiet"));
            assert_eq!(given.word("activation"), "tanh");
        }
        let given = parse_line("train --data=a=b --threads auto").unwrap();
        assert_eq!(given.path("data"), Some(OsStr::new("a=b")));
        assert_eq!(given.whole("threads"), None);
    }

    #[test]
    fn a_grid_takes_lists_and_shares() {
        for line in [
            "grid --hidden 5,6 --lr 0.1 --activation cos,tanh",
            "--hidden=5,6 grid --lr=0.1 --activation=cos,tanh",
        ] {
            let given = parse_line(line).unwrap();
            assert_eq!((given.wholes("hidden"), given.reals("lr")), (vec![5, 6], vec![0.1]));
            assert_eq!((given.words("activation"), given.wholes("seeds")), (vec!["cos", "tanh"], vec![1]));
            assert!(given.has("lr") && !given.has("seeds") && given.share("shard").is_none());
        }
        assert_eq!(parse_line("grid --shard 2/3").unwrap().share("shard"), Some((2, 3)));
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
        assert!(!given.flag("json") && !given.flag("help"));
    }

    #[test]
    fn help_and_version_are_given_whatever_follows() {
        for line in ["train --help --nonsense", "--help train", "train -h", "predict --help"] {
            assert!(parse_line(line).unwrap().flag("help"), "{line}");
        }
        assert_eq!(parse_line("train -h --nonsense").unwrap().command, Command::Train);
        assert!(parse_line("--version").unwrap().flag("version"));
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
                "unknown option `--hiden`; did you mean `--hidden`?\n`monolayer train --help` lists the options",
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
                "unknown option `--HID`; did you mean `--hidden`?\n`monolayer train --help` lists the options",
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
                "--scale: found `1e-46`; expected a number > 0 and <= 65535 that a 32-bit float can hold",
            ),
            (
                "train --activation thanh",
                "--activation: found `thanh`; expected cos, tanh or softplus; did you mean `tanh`?",
            ),
            (
                "test --hidden 5",
                "--hidden is not an option of test; train, gradcheck and grid take it\n`monolayer test --help` lists its options",
            ),
            (
                "--model x",
                "--model is not an option of monolayer; test, predict and export take it\n`monolayer --help` lists its options",
            ),
            (
                "grid --seed 3",
                "--seed is not an option of grid; did you mean `--seeds`?\n`monolayer grid --help` lists its options",
            ),
            (
                "train --seeds 3,4",
                "--seeds is not an option of train; did you mean `--seed`?\n`monolayer train --help` lists its options",
            ),
            ("predict --model m", "predict needs a FILE; `monolayer predict --help` shows how"),
            ("train file", "train: unexpected `file`; `monolayer train --help` shows what it takes"),
            ("info a b", "info: unexpected `b`; `monolayer info --help` shows what it takes"),
            (
                "train --data --json",
                "--data has no value; expected the name of a file or folder (one that starts with `--`: --data=NAME)",
            ),
        ]);
    }

    #[test]
    fn every_three_words_end_in_a_command_or_a_short_message() {
        let words = "train predict help -h --help -- - --lr --lr= --lr=1 --threads auto --json --json= -x = --= é -é -=";
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
    fn numbers_hold_in_single_precision_too() {
        let above = Rule::Above(0.0);
        for text in ["1e-46", "1e39", "inf", "nan", "0", "-1", "", "1,5", "0x10"] {
            assert_eq!(check(above, text), None, "{text}");
        }
        for (text, x) in [("1e-45", 1e-45), ("3.4e38", 3.4e38), (".5", 0.5), ("+1", 1.0), ("1E-3", 0.001)] {
            assert_eq!(check(above, text), Some(Value::Real(x)));
        }
        let within = Rule::Within(0.0, 65_535.0);
        assert_eq!(check(within, "65535"), Some(Value::Real(65_535.0)));
        assert_eq!(check(within, "65535.0000001"), None);
        assert_eq!(check(Rule::AtLeast(0.0), "1e-60"), Some(Value::Real(1e-60)));
        let Some(Value::Real(zero)) = check(Rule::AtLeast(0.0), "-0") else { panic!("-0 is not at least 0") };
        assert!(zero.is_sign_positive());
    }

    #[test]
    fn every_rule_is_kept_at_its_bounds() {
        for option in OPTIONS {
            if let Rule::Whole { min, max } | Rule::WholeOrAuto { min, max } = option.rule {
                for n in [min, max] {
                    assert_eq!(check(option.rule, &n.to_string()), Some(Value::Whole(n)), "{}", option.name);
                }
                let beyond = [min.checked_sub(1), max.checked_add(1)];
                for n in beyond.into_iter().flatten() {
                    assert_eq!(check(option.rule, &n.to_string()), None, "{}", option.name);
                }
                assert_eq!(check(option.rule, "18446744073709551616"), None);
            }
            if let Some(default) = option.default {
                assert!(
                    check(option.rule, default).is_some(),
                    "{}: its default breaks its rule",
                    option.name
                );
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
            assert_eq!(parse(words).unwrap().path("out"), Some(word(b"\xff").as_os_str()));
        }
        let given = parse([word(b"info"), word(b"\xff=\xfe")]).unwrap();
        assert_eq!(given.operands, [word(b"\xff=\xfe")]);
        for words in
            [vec![word(b"--\xff=x")], vec![word(b"--\xff")], vec![word(b"train"), word(b"--lr=\xff")]]
        {
            assert!(matches!(parse(words), Err(Error::NotUtf8 { .. })));
        }
        assert!(matches!(parse([word(b"\xff")]), Err(Error::UnknownCommand { .. })));
    }
}
