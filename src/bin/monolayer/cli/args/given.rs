//! A command line that was understood, and the values of its options.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::str::FromStr;

use super::messages;
use crate::cli::error::Error;
use crate::cli::options::{Command, Effect, Opt, Rule};
use monolayer::train::Config;

/// A command line that was understood: every value keeps its option's rule.
#[derive(Debug, Default)]
pub struct Given {
    pub command: Command,
    /// The words without dashes, after the command's own.
    pub operands: Vec<OsString>,
    /// The options in the order of the command line, each with its value; that of a flag is empty.
    pub(super) values: Vec<(Opt, OsString)>,
}

impl Given {
    fn value(&self, option: Opt) -> Option<&OsStr> {
        self.values.iter().find(|(given, _)| *given == option).map(|(_, value)| value.as_os_str())
    }

    /// Whether the option was given.
    pub fn has(&self, option: Opt) -> bool {
        self.value(option).is_some()
    }

    /// The value given or, else, the default, as text.
    pub fn text(&self, option: Opt) -> Option<Cow<'_, str>> {
        match self.value(option) {
            Some(value) => value.to_str().map(Cow::Borrowed),
            None => option.default_for(self.command),
        }
    }

    /// That value as a `T`; `None` also where it is no `T`, as `auto` is no number.
    pub fn get<T: FromStr>(&self, option: Opt) -> Option<T> {
        self.text(option)?.parse().ok()
    }

    /// The values given, of an option that `grid` takes several of.
    pub fn list(&self, option: Opt) -> impl Iterator<Item = &str> {
        self.value(option).and_then(OsStr::to_str).into_iter().flat_map(|value| value.split(','))
    }

    /// The configuration that the options describe; fields without an option have their default.
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        for option in self.command.options() {
            if let (Some(field), Some(text)) = (option.field, self.text(option)) {
                let _ = field.set(&mut config, &text); // the parser has checked the value
            }
        }
        config
    }

    /// The path given or, else, the default, if there is one.
    pub fn path(&self, option: Opt) -> Option<&OsStr> {
        self.value(option).or_else(|| option.fixed_default(self.command).map(OsStr::new))
    }

    /// The path given or, else, the default.
    ///
    /// # Errors
    /// There is neither.
    pub fn required_path(&self, option: Opt) -> Result<&OsStr, Error> {
        self.path(option).ok_or_else(|| self.missing(option))
    }

    /// The error for an option that the command does not work without.
    pub fn missing(&self, option: Opt) -> Error {
        messages::missing(option, self.command)
    }

    /// The files to write, with the options that name them.
    pub fn outputs(&self) -> impl Iterator<Item = (Opt, &OsStr)> {
        let outputs = self.command.options().filter(|option| matches!(option.rule, Rule::Output(_)));
        // Of results that are there, a grid's file is not written.
        let written = outputs.filter(|option| *option != Opt::Out || self.operands.is_empty());
        written.filter_map(|option| Some((option, self.path(option)?)))
    }

    /// The files and folders to read that options name.
    pub fn inputs(&self) -> impl Iterator<Item = (Opt, &OsStr)> {
        let inputs = self.values.iter().filter(|(option, _)| matches!(option.rule, Rule::Path(_)));
        inputs.map(|(option, path)| (*option, path.as_os_str()))
    }

    /// A shell command that repeats this one. The configuration of `train` is written out, so that the
    /// command means the same when defaults change.
    pub fn repeated(&self) -> String {
        let mut words = Vec::from([String::from("monolayer"), self.command.spec().word.into()]);
        let matters = |option: &Opt| option.effect == Effect::Result || *option == Opt::Report;
        for option in self.command.options().filter(matters) {
            let with_default = self.command == Command::Train && option.field.is_some();
            if !with_default && !self.has(option) {
                continue;
            }
            let name = format!("--{}", option.name);
            let value = match option.rule {
                Rule::Flag => None,
                Rule::Path(_) | Rule::Output(_) => {
                    self.value(option).map(|path| quoted(&path.to_string_lossy()))
                }
                _ => self.text(option).map(String::from),
            };
            match value {
                None => words.push(name),
                // A word by itself would be taken for an option.
                Some(value) if value.starts_with("--") => words.push(format!("{name}={value}")),
                Some(value) => words.extend([name, value]),
            }
        }
        if self.operands.iter().any(|word| word != "-" && word.as_encoded_bytes().starts_with(b"-")) {
            words.push("--".into());
        }
        words.extend(self.operands.iter().map(|word| quoted(&word.to_string_lossy())));
        words.join(" ")
    }
}

/// A word for a shell, quoted if necessary.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "%+,-./:=@_".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use crate::cli::args::parse;
    use std::ffi::OsString;

    /// The words of a line that has no quotes.
    fn given(line: &str) -> super::Given {
        parse(line.split(' ').map(OsString::from)).unwrap()
    }

    #[test]
    fn a_line_is_repeated_with_all_that_matters() {
        assert_eq!(
            given("train --report a.html --lr 1e-5 --json --threads 2 --checkpoint c --resume --data x")
                .repeated(),
            "monolayer train --data x --hidden 300 --activation tanh --lr 1e-5 --schedule constant --lambda \
             0.01 \
             --batch 100 --epochs 20 --step sum --scale 255 --centre 0 --seed 1 --checkpoint c --report a.html"
        );
        assert_eq!(
            given("grid --lr 0.1,0.01 --hidden 5 --shard 1/2 --report r").repeated(),
            "monolayer grid --hidden 5 --lr 0.1,0.01 --shard 1/2 --report r"
        );
        assert_eq!(
            given("test --model a~b --report r").repeated(),
            "monolayer test --model 'a~b' --report r"
        );
        assert_eq!(given("grid --report r a b").repeated(), "monolayer grid --report r a b");
        let line = "monolayer grid --report=--r -- -a b";
        assert_eq!(given(line.strip_prefix("monolayer ").unwrap()).repeated(), line);
    }

    #[test]
    fn what_is_repeated_is_understood_as_the_same() {
        for line in [
            "train --hidden 7 --activation cos --lr 0.1 --lambda 0 --batch 3 --epochs 2 --step mean --scale \
             0.5 --seed 9",
            "train --validation 5 --patience 2 --schedule cosine --out m --report r",
            "grid --mnist a --cifar b --seeds 1,2,3 --out o --report r",
        ] {
            let first = given(line).repeated();
            let words = first.strip_prefix("monolayer ").unwrap();
            assert_eq!(given(words).repeated(), first);
        }
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_more_into_them() {
        for (word, expected) in [
            ("data/mnist", "data/mnist"),
            ("1e-5", "1e-5"),
            ("", "''"),
            ("my data", "'my data'"),
            ("it's", "'it'\\''s'"),
            ("$(x)", "'$(x)'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
