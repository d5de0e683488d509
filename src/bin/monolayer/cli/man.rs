//! `man`: the manual page, read off the tables of [`super::options`].

use super::help;
use super::options::{COMMANDS, Command, CommandSpec};

/// The page in roff, with the macros of man(7).
pub fn page() -> String {
    let demo = Command::Demo.spec();
    let mut out = format!(
        ".TH MONOLAYER 1 \"\" \"monolayer {}\" \"User Commands\"\n.ad l\n.nh\n.SH NAME\nmonolayer \\- {}\n\
         .SH SYNOPSIS\n.B monolayer\n.RI [ COMMAND ]\n.RI [ OPTIONS ]\n.SH DESCRIPTION\n{}\n.PP\n{}\n.SH \
         OPTIONS\n{}",
        env!("CARGO_PKG_VERSION"),
        text(help::MOTTO),
        text(demo.about),
        text(help::NOTES),
        options(Command::Demo),
    );
    out += &format!(".SH EXAMPLES\n{}.SH COMMANDS\n", examples(demo));
    for spec in COMMANDS.iter().filter(|spec| spec.command != Command::Demo) {
        let (usage, summary, about) =
            (text(&help::usage(spec.command)), text(&capitalised(spec.summary)), text(spec.about));
        out += &format!(".SS {usage}\n{summary}.\n.PP\n{about}\n{}", examples(spec));
        out += &options(spec.command);
    }
    out
}

/// Command lines that work, with what they do.
fn examples(spec: &CommandSpec) -> String {
    let paragraph = |(line, what): (&str, &str)| format!(".TP\n\\fB{}\\fR\n{}\n", text(line), text(what));
    help::examples(spec).map(paragraph).collect()
}

/// A paragraph for each option.
fn options(command: Command) -> String {
    let mut out = String::new();
    for option in command.options() {
        let letter = option.letter.map(|letter| format!("\\fB\\-{letter}\\fR, ")).unwrap_or_default();
        let value = match option.rule.value_name() {
            "" => String::new(),
            name => format!(" \\fI{name}\\fR"),
        };
        let explanation = text(&help::explanation(option, command));
        out +=
            &format!(".TP\n{letter}\\fB{}\\fR{value}\n{explanation}\n", text(&format!("--{}", option.name)));
    }
    out
}

/// Escapes text for roff, which would replace some ASCII characters by typographic ones and take a full stop
/// at the beginning of a line for a request.
fn text(text: &str) -> String {
    let mut out = String::from(if text.starts_with('.') { "\\&" } else { "" });
    for c in text.chars() {
        match c {
            '\\' => out += "\\e",
            '-' => out += "\\-",
            '`' => out += "\\(ga",
            '\'' => out += "\\(aq",
            '^' => out += "\\(ha",
            '~' => out += "\\(ti",
            c => out.push(c),
        }
    }
    out
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}
