//! The command line that does the same once more.

use super::{Given, Value};
use crate::cli::options::Command;
use crate::cli::report::quoted;

/// Options that decide what is said and how fast, not what comes out; and going on, after the first time.
const NO_MATTER: &[&str] =
    &["isa", "threads", "products", "json", "quiet", "help", "version", "resume", "summary"];

/// Options of `train` whose defaults are spelled out, so that the line means the same when these change.
const CONFIGURATION: &[&str] =
    &["hidden", "activation", "lr", "lambda", "batch", "epochs", "step", "scale", "seed", "schedule"];

impl Given {
    /// The command line, for a shell.
    pub fn repeated(&self) -> String {
        let mut words = Vec::from([String::from("monolayer"), self.command.spec().word.into()]);
        for option in self.command.options().filter(|option| !NO_MATTER.contains(&option.name)) {
            let with_default = self.command == Command::Train && CONFIGURATION.contains(&option.name);
            let value = match with_default {
                true => self.value_or_default(option.name),
                false => self.value(option.name).cloned(),
            };
            let Some(value) = value else { continue };
            let name = format!("--{}", option.name);
            match spelled(&value) {
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

/// A value as it is typed; none of a flag.
fn spelled(value: &Value) -> Option<String> {
    Some(match value {
        Value::Present => return None,
        Value::Path(path) => quoted(&path.to_string_lossy()),
        Value::Auto => "auto".into(),
        Value::Whole(n) => format!("{n}"),
        Value::Real(x) => {
            let text = format!("{x:?}"); // the shortest that gives it back
            text.strip_suffix(".0").unwrap_or(&text).into()
        }
        Value::Word(word) => (*word).into(),
        Value::Share(index, count) => format!("{index}/{count}"),
        Value::List(values) => values.iter().filter_map(spelled).collect::<Vec<_>>().join(","),
    })
}

#[cfg(test)]
mod tests {
    use super::super::parse;
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
            "monolayer train --data x --hidden 300 --activation tanh --lr 1e-5 --schedule constant --lambda 0.01 \
             --batch 100 --epochs 20 --step sum --scale 255 --seed 1 --checkpoint c --report a.html"
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
            "train --hidden 7 --activation cos --lr 0.1 --lambda 0 --batch 3 --epochs 2 --step mean --scale 0.5 --seed 9",
            "train --validation 5 --patience 2 --schedule cosine --out m --report r",
            "grid --mnist a --cifar b --seeds 1,2,3 --out o --report r",
        ] {
            let first = given(line).repeated();
            let words = first.strip_prefix("monolayer ").unwrap();
            assert_eq!(given(words).repeated(), first);
        }
    }
}
