//! The help text, read off the tables of [`super::options`].

use super::console::wrapped;
use super::options::{COMMANDS, Command, CommandSpec, Operands, Opt, Rule};

/// Columns of the help text, whatever the terminal.
const COLUMNS: usize = 80;

/// What the program is.
pub const MOTTO: &str = "one hidden layer, zero dependencies, the same bits everywhere";

/// Notes that hold for all commands.
pub const NOTES: &str = "`--name value` and `--name=value` are the same; `--` ends the options; `-` is stdin \
                         or \
    stdout. Results go to stdout, progress and messages to stderr. Exit status: 0 done, 1 the work failed, 2 \
    the \
    command line was not understood. Progress is a bar of at most $COLUMNS characters, else 80, on a \
    terminal, and \
    lines elsewhere or under TERM=dumb; NO_COLOR is honoured.";

/// What `COMMAND --help` prints; for the demo, what `monolayer --help` prints.
pub fn text(command: Command) -> String {
    let spec = command.spec();
    let mut out = format!("{}\n\nUsage: {}\n\nExamples:\n", headline(command), usage(command));
    for (line, what) in examples(spec) {
        out += &format!("  {line}\n      {what}\n");
    }
    if matches!(command, Command::Demo | Command::Help) {
        out += "\nCommands:\n";
        let width = COMMANDS.iter().map(|spec| spec.word.len()).max().unwrap_or(0);
        for spec in COMMANDS {
            if spec.command == Command::Demo && !cfg!(feature = "digits") {
                continue;
            }
            let word = if spec.word.is_empty() { "(none)" } else { spec.word };
            out += &format!("  {word:<width$}  {}\n", wrapped(spec.summary, width + 4, COLUMNS));
        }
    }
    out += &format!("\n{}\n\nOptions:\n", wrapped(spec.about, 0, COLUMNS));
    for option in command.options() {
        out +=
            &format!("  {}\n      {}\n", title(option), wrapped(&explanation(option, command), 6, COLUMNS));
    }
    if command == Command::Demo {
        out += &format!("\n{}\n", wrapped(NOTES, 0, COLUMNS));
    }
    out
}

/// A command's examples that work in this build, each with its explanation.
pub fn examples(spec: &CommandSpec) -> impl Iterator<Item = (&'static str, &'static str)> {
    let examples = spec.examples.iter().filter_map(|example| example.split_once("  # "));
    examples.filter(|(line, _)| cfg!(feature = "digits") || !needs_digits(line))
}

/// What `--version` prints.
pub fn version() -> String {
    format!(
        "monolayer {} (numeric contract {}, model format {})\n",
        env!("CARGO_PKG_VERSION"),
        monolayer::CONTRACT_VERSION,
        monolayer::weights::FORMAT_VERSION
    )
}

/// Whether an example needs the embedded digits.
fn needs_digits(line: &str) -> bool {
    let on_data = ["monolayer train", "monolayer test", "monolayer gradcheck"]
        .iter()
        .any(|start| line.starts_with(start));
    line == "monolayer" || (on_data && !line.contains("--data"))
}

fn headline(command: Command) -> String {
    match command {
        Command::Demo => format!("monolayer: {MOTTO}"),
        _ => format!("monolayer {}: {}", command.spec().word, command.spec().summary),
    }
}

/// How a command is called.
pub fn usage(command: Command) -> String {
    let spec = command.spec();
    let operands = match spec.operands {
        _ if command == Command::Demo => " [COMMAND] [OPTIONS]".to_string(),
        Operands::None => " [OPTIONS]".to_string(),
        Operands::Optional(name) => format!(" [OPTIONS] [{name}]"),
        Operands::Many(name) => format!(" [OPTIONS] {name}..."),
        Operands::Choice(name, _) => format!(" [OPTIONS] {name}"),
        Operands::Any(name) => format!(" [OPTIONS] [{name}...]"),
    };
    format!("monolayer {}{operands}", spec.word).replace("monolayer  ", "monolayer ")
}

/// `--name VALUE`, or `-h, --help`.
fn title(option: Opt) -> String {
    let letter = option.letter.map(|letter| format!("-{letter}, ")).unwrap_or_default();
    format!("{letter}--{} {}", option.name, option.rule.value_name()).trim_end().to_string()
}

/// What an option does, what its value must be, and its default.
pub fn explanation(option: Opt, command: Command) -> String {
    let is_list = command == Command::Grid && option.list;
    let rule = match option.rule_for(command) {
        Rule::Flag | Rule::Path(_) | Rule::Output(_) | Rule::Text(_) => None,
        rule if is_list => Some(format!("{}; or several, separated by commas", rule.expected())),
        rule => Some(rule.expected()),
    };
    let default = option.default_told(command).map(|value| {
        match is_list && option.commands.contains(&Command::Train) {
            true => format!("default: {value}, with --mnist and --cifar the reference's"),
            false => format!("default: {value}"),
        }
    });
    let help = option.help_for(command);
    let notes: Vec<String> = rule.into_iter().chain(default).collect();
    match notes.is_empty() {
        true => help.to_string(),
        false => format!("{help} [{}]", notes.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_works_is_listed_within_eighty_columns() {
        for spec in COMMANDS {
            let text = text(spec.command);
            for line in text.lines() {
                let example = examples(spec).any(|(example, _)| line.trim_start() == example);
                assert!(line.chars().count() <= COLUMNS || example, "{line}");
                assert_eq!(line, line.trim_end());
            }
            for option in Opt::ALL {
                let listed = text.lines().any(|line| line == format!("  {}", title(*option)));
                assert_eq!(listed, option.commands.contains(&spec.command), "{} {}", spec.word, option.name);
            }
        }
    }

    #[test]
    fn an_option_is_explained_to_each_command() {
        let (train, grid) = (text(Command::Train), text(Command::Grid));
        assert!(
            train.contains("\n      write the model here, whole or not at all;")
                && !train.contains("grid.jsonl")
        );
        assert!(
            grid.contains("\n      append each run's line to this file,")
                && grid.contains("[default: grid.jsonl]")
        );
        assert!(!grid.contains("write the model"));
    }

    #[test]
    fn every_example_is_understood() {
        for example in COMMANDS.iter().flat_map(|spec| spec.examples) {
            let (line, _) = example.split_once("  # ").unwrap();
            // As a shell would: up to the pipe or a redirection.
            let words = line.split(' ').skip_while(|word| *word != "monolayer").skip(1);
            let words = words.take_while(|word| !["|", "<", ">", ">>"].contains(word));
            let given = crate::cli::args::parse(words.map(std::ffi::OsString::from));
            assert!(given.is_ok(), "{line}: {given:?}");
        }
    }
}
