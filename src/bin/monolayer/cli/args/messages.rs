//! The messages about a command line that was not understood.

use std::ffi::OsStr;

use crate::cli::console::printable;
use crate::cli::error::Error;
use crate::cli::options::{COMMANDS, Command, Opt, Rule};
use crate::cli::suggest::{did_you_mean, nearest};
use monolayer::train::Range;

/// A word for a message: shortened, bad Unicode replaced, control characters escaped.
pub(super) fn shown(word: &OsStr) -> String {
    const MOST: usize = 60;
    let text = printable(&word.to_string_lossy());
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

pub(super) fn unknown_command(word: &OsStr) -> Error {
    let found = shown(word);
    let words = COMMANDS.iter().map(|spec| spec.word).filter(|word| !word.is_empty());
    let nearest = nearest(&found, words.chain(["version"]));
    let meant = did_you_mean(nearest.map(|word| if word == "version" { "--version" } else { word }));
    Error::Usage(format!("unknown command `{found}`{meant}\n`monolayer --help` lists the commands"))
}

pub(super) fn unknown_option(name: &str, command: Command) -> Error {
    let word = name.trim_start_matches('-');
    let own = nearest(word, command.options().map(|option| option.name));
    let of_any = || nearest(word, Opt::ALL.iter().map(|option| option.name));
    let nearest = if command == Command::Demo { own.or_else(of_any) } else { own };
    let meant = did_you_mean(nearest.map(|name| format!("--{name}")).as_deref());
    let listed = if command == Command::Demo { "commands" } else { "options" };
    let (found, help) = (shown(OsStr::new(name)), help_line(command));
    Error::Usage(format!("unknown option `{found}`{meant}\n`{help}` lists the {listed}"))
}

/// The option exists, but not for this command.
pub(super) fn wrong_command(option: Opt, command: Command) -> Error {
    let name = option.name;
    // --seed and --seeds.
    let is_plural = |other: &Opt| {
        other.name.strip_suffix('s') == Some(name) || name.strip_suffix('s') == Some(other.name)
    };
    let hint = match command.options().find(is_plural) {
        Some(meant) => did_you_mean(Some(&format!("--{}", meant.name))),
        None => takers(option),
    };
    let (title, help) = (command.title(), help_line(command));
    Error::Usage(format!("--{name} is not an option of {title}{hint}\n`{help}` lists its options"))
}

/// The command line ended, or another option came, where a value was due.
pub(super) fn no_value(option: Opt, command: Command) -> Error {
    let (name, rule) = (option.name, option.rule_for(command));
    let expected = rule.expected();
    let hint = match rule {
        Rule::Path(_) | Rule::Output(_) => format!(" (one that starts with `--`: --{name}=NAME)"),
        _ => String::new(),
    };
    Error::Usage(format!("--{name} has no value; expected {expected}{hint}"))
}

pub(super) fn bad_value(option: Opt, command: Command, found: &OsStr) -> Error {
    let (name, found, rule) = (option.name, shown(found), option.rule_for(command));
    let expected = rule.expected();
    let meant = match rule {
        Rule::Of(Range::OneOf(words)) => did_you_mean(nearest(&found, words.iter().copied())),
        _ => String::new(),
    };
    Error::Usage(format!("--{name}: found `{found}`; expected {expected}{meant}"))
}

pub(super) fn not_utf8(found: &OsStr) -> Error {
    Error::Usage(format!("`{}` is not UTF-8; only file names may be something else", shown(found)))
}

pub(super) fn no_operand(command: Command, name: &str) -> Error {
    Error::Usage(format!("{} needs a {name}; `{}` shows how", command.title(), help_line(command)))
}

pub(super) fn extra_operand(command: Command, found: &OsStr) -> Error {
    let (title, found, help) = (command.title(), shown(found), help_line(command));
    Error::Usage(format!("{title}: unexpected `{found}`; `{help}` shows what it takes"))
}

pub(super) fn bad_operand(
    command: Command,
    name: &str,
    found: &OsStr,
    words: &'static [&'static str],
) -> Error {
    let (title, found, expected) = (command.title(), shown(found), Range::OneOf(words));
    let meant = did_you_mean(nearest(&found, words.iter().copied()));
    Error::Usage(format!("{title}: {name} is `{found}`; expected {expected}{meant}"))
}

/// The command does not work without this option.
pub(super) fn missing(option: Opt, command: Command) -> Error {
    let (title, help) = (command.title(), help_line(command));
    let (name, value) = (option.name, option.rule.value_name());
    Error::Usage(format!("{title} needs --{name} {value}; `{help}` shows how"))
}

/// "; train and test take it" for an option that some other commands know.
fn takers(option: Opt) -> String {
    let titles: Vec<_> = option.commands.iter().map(|command| command.title()).collect();
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
