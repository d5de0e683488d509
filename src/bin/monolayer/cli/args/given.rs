//! A command line that was understood, and the values of its options.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::str::FromStr;

use super::messages;
use crate::cli::console::quoted;
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

    /// A shell command that repeats this one. The configuration that it led to is written out, so that the
    /// command means the same when defaults and recipes change.
    pub fn repeated(&self, config: Option<&Config>) -> String {
        let mut words = Vec::from([String::from("monolayer"), self.command.spec().word.into()]);
        let matters = |option: &Opt| option.effect == Effect::Result || *option == Opt::Report;
        for option in self.command.options().filter(matters) {
            let of_config = option.field.zip(config).map(|(field, config)| field.text(config));
            let is_recipe = option == Opt::Recipe && config.is_some();
            if of_config.is_none() && (!self.has(option) || is_recipe) {
                continue;
            }
            let name = format!("--{}", option.name);
            let value = match (of_config, option.rule) {
                (Some(text), _) => Some(text.strip_suffix(".0").unwrap_or(&text).to_string()),
                (None, Rule::Flag) => None,
                _ => self.value(option).map(quoted_name),
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
        words.extend(self.operands.iter().map(|word| quoted_name(word)));
        words.join(" ")
    }
}

/// As [`quoted`]. A name that is not Unicode is printed by the shell, since a page holds no such bytes.
fn quoted_name(word: &OsStr) -> String {
    if let Some(text) = word.to_str() {
        return quoted(text);
    }
    let escaped = |byte: &u8| match byte {
        b'%' => "%%".into(),
        byte if byte.is_ascii_alphanumeric() || b"+,-./:=@_ ".contains(byte) => char::from(*byte).to_string(),
        byte => format!("\\{byte:03o}"),
    };
    format!("\"$(printf '{}')\"", word.as_encoded_bytes().iter().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::quoted_name;
    use crate::cli::args::parse;
    use crate::cli::options::Command;
    use monolayer::train::Config;
    use std::ffi::OsString;

    /// The words of a line that has no quotes.
    fn given(line: &str) -> super::Given {
        parse(line.split(' ').map(OsString::from)).unwrap()
    }

    /// The configuration of the options, as for data without a recipe of their own.
    fn config(given: &super::Given) -> Config {
        let mut config = Config::default();
        for option in given.command.options() {
            if let (Some(field), Some(text)) = (option.field, given.text(option)) {
                field.set(&mut config, &text).unwrap();
            }
        }
        config
    }

    fn repeated(line: &str) -> String {
        let given = given(line);
        given.repeated((given.command == Command::Train).then(|| config(&given)).as_ref())
    }

    #[test]
    fn a_line_is_repeated_with_all_that_matters() {
        assert_eq!(
            repeated(
                "train --recipe reference --report a.html --lr 1e-5 --json --threads 2 --checkpoint c --resume --data x"
            ),
            "monolayer train --data x --hidden 300 --activation tanh --lr 1e-5 --schedule constant --lambda \
             0.01 \
             --batch 100 --epochs 20 --step sum --centre 0 --scale 255 --start-scale 1 --seed 1 --checkpoint c --report a.html"
        );
        assert_eq!(
            repeated("grid --lr 0.1,0.01 --hidden 5 --shard 1/2 --report r"),
            "monolayer grid --hidden 5 --lr 0.1,0.01 --shard 1/2 --report r"
        );
        assert_eq!(repeated("test --model a~b --report r"), "monolayer test --model 'a~b' --report r");
        assert_eq!(repeated("grid --report r a b"), "monolayer grid --report r a b");
        let line = "monolayer grid --report=--r -- -a b";
        assert_eq!(repeated(line.strip_prefix("monolayer ").unwrap()), line);
    }

    #[test]
    fn what_is_repeated_is_understood_as_the_same() {
        for line in [
            "train --hidden 7 --activation cos --lr 0.1 --lambda 0 --batch 3 --epochs 2 --step mean --scale \
             0.5 --seed 9",
            "train --validation 5 --patience 2 --schedule cosine --out m --report r",
            "grid --mnist a --cifar b --seeds 1,2,3 --out o --report r",
        ] {
            let first = repeated(line);
            let words = first.strip_prefix("monolayer ").unwrap();
            assert_eq!(repeated(words), first);
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_unicode_keep_their_bytes() {
        use std::os::unix::ffi::OsStringExt;
        let name = OsString::from_vec(b"it's 5%\xff\n.x".to_vec());
        assert_eq!(quoted_name(&name), r#""$(printf 'it\047s 5%%\377\012.x')""#);
    }
}
