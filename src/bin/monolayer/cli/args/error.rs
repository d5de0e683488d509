//! What was not understood of a command line.

use core::fmt;
use std::ffi::{OsStr, OsString};

use super::spec;
use crate::cli::console::printable;
use crate::cli::options::{Command, Rule, one_of};
use crate::cli::suggest::{did_you_mean, nearest};
use crate::lab::grid::MOST_RUNS;

/// Why a command line was not understood.
#[derive(Debug, PartialEq)]
pub enum Error {
    UnknownCommand {
        found: String,
        nearest: Option<&'static str>,
    },
    UnknownOption {
        /// The command, if it was named before the option; else the demo.
        command: Command,
        found: String,
        nearest: Option<&'static str>,
    },
    /// The option exists, but not for this command.
    WrongCommand {
        option: &'static str,
        command: Command,
    },
    Repeated {
        option: &'static str,
    },
    /// The command line ended, or another option came, where a value was due.
    NoValue {
        option: &'static str,
        rule: Rule,
    },
    /// A flag was given a value.
    NeedlessValue {
        option: &'static str,
        found: String,
    },
    BadValue {
        option: &'static str,
        found: String,
        rule: Rule,
    },
    NotUtf8 {
        found: OsString,
    },
    NoOperand {
        command: Command,
        name: &'static str,
    },
    ExtraOperand {
        command: Command,
        found: String,
    },
    BadOperand {
        command: Command,
        name: &'static str,
        found: String,
        words: &'static [&'static str],
    },
    /// Several values, parted by commas, for a command that takes one.
    SeveralValues {
        option: &'static str,
        command: Command,
    },
    /// The first option is of no use without the other.
    Needs {
        option: &'static str,
        other: &'static str,
    },
    /// More runs than a grid can have.
    TooManyRuns,
    /// An option that says which runs to do, where FILEs with results are given.
    OfRuns {
        option: &'static str,
    },
    /// Standard input is named as more than one of the files to read.
    StdinTwice,
    /// Standard output is to take the model and the page.
    StdoutTwice,
    /// Two options, or an option and an operand, name this file, and the first is to write it.
    SameFile {
        output: String,
        other: String,
        path: OsString,
    },
    /// The command does not work without this option.
    Missing {
        command: Command,
        option: &'static str,
    },
}

/// A word for a message: not much of it, what is not Unicode replaced, control characters escaped.
pub(super) fn shown(word: &OsStr) -> String {
    const MOST: usize = 60;
    let text = printable(&word.to_string_lossy());
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand { found, nearest } => {
                let meant = did_you_mean(*nearest);
                write!(f, "unknown command `{found}`{meant}\n`monolayer --help` lists the commands")
            }
            Self::UnknownOption { command, found, nearest } => {
                let meant = did_you_mean(nearest.map(|name| format!("--{name}")).as_deref());
                let listed = if *command == Command::Demo { "commands" } else { "options" };
                write!(f, "unknown option `{found}`{meant}\n`{}` lists the {listed}", help_line(*command))
            }
            Self::WrongCommand { option, command } => {
                // --seed and --seeds.
                let is_plural = |name: &str| {
                    name.strip_suffix('s') == Some(option) || option.strip_suffix('s') == Some(name)
                };
                let meant = command.options().find(|other| is_plural(other.name));
                let hint = match meant {
                    Some(meant) => did_you_mean(Some(&format!("--{}", meant.name))),
                    None => takers(option),
                };
                write!(f, "--{option} is not an option of {}{hint}", command.title())?;
                write!(f, "\n`{}` lists its options", help_line(*command))
            }
            Self::Repeated { option } => write!(f, "--{option} is given twice; give it once"),
            Self::NoValue { option, rule } => {
                write!(f, "--{option} has no value; expected {}", rule.expected())?;
                match rule {
                    Rule::Path(_) => write!(f, " (one that starts with `--`: --{option}=NAME)"),
                    _ => Ok(()),
                }
            }
            Self::NeedlessValue { option, found } => {
                write!(f, "--{option} takes no value; found `{found}`")
            }
            Self::BadValue { option, found, rule } => {
                write!(f, "--{option}: found `{found}`; expected {}", rule.expected())?;
                match rule {
                    Rule::Choice(words) => f.write_str(&did_you_mean(nearest(found, words.iter().copied()))),
                    _ => Ok(()),
                }
            }
            Self::NotUtf8 { found } => {
                write!(f, "`{}` is not UTF-8; only names of files may be so", shown(found))
            }
            Self::NoOperand { command, name } => {
                write!(f, "{} needs a {name}; `{}` shows how", command.title(), help_line(*command))
            }
            Self::ExtraOperand { command, found } => {
                write!(
                    f,
                    "{}: unexpected `{found}`; `{}` shows what it takes",
                    command.title(),
                    help_line(*command)
                )
            }
            Self::BadOperand { command, name, found, words } => {
                let meant = did_you_mean(nearest(found, words.iter().copied()));
                write!(f, "{}: {name} is `{found}`; expected {}{meant}", command.title(), one_of(words))
            }
            Self::SeveralValues { option, command } => {
                write!(f, "--{option}: {} takes one value; grid takes several", command.title())
            }
            Self::Needs { option, other } => {
                write!(f, "--{option} is of no use without --{other}; give both")
            }
            Self::TooManyRuns => write!(f, "more than {MOST_RUNS} runs; give fewer values, or several grids"),
            Self::OfRuns { option } => {
                write!(f, "grid FILE... prints the table of results that are there, and takes no --{option}")
            }
            Self::StdoutTwice => f.write_str(
                "`-`, standard output, takes either the model or the page; give one of them a file",
            ),
            Self::SameFile { output, other, path } => {
                let path = printable(&path.to_string_lossy());
                write!(f, "{output} and {other} are one file, `{path}`, and one would overwrite the other")?;
                f.write_str("\ngive each a name of its own")
            }
            Self::StdinTwice => {
                f.write_str("`-`, standard input, can be read once; give the others as files")
            }
            Self::Missing { command, option } => {
                let value = spec(option).map_or("", |option| option.rule.value_name());
                let help = help_line(*command);
                write!(f, "{} needs --{option} {value}; `{help}` shows how", command.title())
            }
        }
    }
}

impl core::error::Error for Error {}

/// "; train and test take it" for an option that some other commands know.
fn takers(name: &str) -> String {
    let commands = spec(name).map_or(&[][..], |option| option.commands);
    let titles: Vec<_> = commands.iter().map(|command| command.title()).collect();
    match titles.split_last() {
        Some((last, [])) => format!("; {last} takes it"),
        Some((last, others)) => format!("; {} and {last} take it", others.join(", ")),
        None => String::new(),
    }
}

/// The command line that prints a command's help.
fn help_line(command: Command) -> String {
    match command.spec().word {
        "" => "monolayer --help".into(),
        word => format!("monolayer {word} --help"),
    }
}
