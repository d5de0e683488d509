//! `completions`: shell scripts that complete command lines, generated from the tables of [`super::options`].
//!
//! A script lists the options of each command and the values of each option.

use super::console::quoted;
use super::options::{COMMANDS, Command, CommandSpec, Operands, Opt, Rule};

/// The script for a shell, one of [`super::options::SHELLS`].
pub fn script(shell: Option<&str>) -> String {
    match shell {
        Some("bash") => bash(),
        Some("zsh") => zsh(),
        _ => fish(),
    }
}

/// What may follow an option or a command.
#[derive(Clone, Debug, PartialEq)]
enum Expected {
    Nothing,
    File,
    /// A value that cannot be completed, such as a number.
    Unknown,
    /// One of these words, separated by spaces.
    Words(String),
}

impl Expected {
    /// After an option.
    fn value(rule: Rule) -> Self {
        match (rule, rule.words()) {
            (Rule::Flag, _) => Self::Nothing,
            (Rule::Path(_) | Rule::Output(_), _) => Self::File,
            (_, []) => Self::Unknown,
            (_, words) => Self::Words(words.join(" ")),
        }
    }

    /// After a command.
    fn operand(spec: &CommandSpec) -> Self {
        match spec.operands {
            _ if matches!(spec.command, Command::Demo | Command::Help) => Self::Words(words()),
            Operands::None => Self::Nothing,
            Operands::Choice(_, words) => Self::Words(words.join(" ")),
            Operands::Optional(_) | Operands::Many(_) | Operands::Any(_) => Self::File,
        }
    }
}

/// The commands' words, separated by spaces.
fn words() -> String {
    let words = COMMANDS.iter().map(|spec| spec.word).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The options whose next word is their value and not a command, separated by `|`.
fn before_values() -> String {
    let valued = Opt::ALL.iter().filter(|option| option.rule != Rule::Flag);
    valued.map(|option| format!("--{}", option.name)).collect::<Vec<_>>().join("|")
}

/// The options of a command as they are typed, the letters too.
fn typed(command: Command) -> Vec<String> {
    let forms = |option: Opt| {
        let letter = option.letter.map(|letter| format!("-{letter}"));
        letter.into_iter().chain([format!("--{}", option.name)])
    };
    command.options().flat_map(forms).collect()
}

/// The beginning of a help text, up to its first semicolon or colon: a line's worth.
fn brief(help: &str) -> &str {
    help.split([';', ':']).next().unwrap_or(help)
}

/// The script for bash; what begins with `@` is filled in.
const BASH: &str = r#"# bash completion for monolayer, written by `monolayer completions bash`.

_monolayer() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= options= words= i
    # Of --name=value, readline makes three words.
    if [[ $word == = ]]; then
        word=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            @valued) [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++)); ((i++)) ;;
            @named) command=${COMP_WORDS[i]}; break ;;
        esac
    done
    case $before in
@values    esac
    if [[ $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
        return
    fi
    case $command in
@commands    esac
    [[ $word == -* ]] && words=$options
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -o default -F _monolayer monolayer
"#;

fn bash() -> String {
    let value = |option: &Opt| {
        let then = match Expected::value(option.rule) {
            Expected::Nothing => return String::new(),
            Expected::File => "return ;;".to_string(), // to readline's own completion
            Expected::Unknown => "compopt +o default 2>/dev/null; return ;;".to_string(),
            Expected::Words(words) => format!("words='{words}' ;;"),
        };
        format!("        --{}) {then}\n", option.name)
    };
    let command = |spec: &CommandSpec| {
        let options = typed(spec.command).join(" ");
        let (words, or_options) = match Expected::operand(spec) {
            Expected::Words(words) => (words, ""),
            // Where no word can follow, options are offered without a dash being typed.
            Expected::Nothing => (String::new(), " words=${words:-$options}"),
            _ => (String::new(), ""),
        };
        format!("        {}) options='{options}' words='{words}'{or_options} ;;\n", pattern(spec))
    };
    filled(BASH)
        .replace("@values", &Opt::ALL.iter().map(value).collect::<String>())
        .replace("@commands", &COMMANDS.iter().map(command).collect::<String>())
}

/// A script with the patterns of options that have a value and of commands.
fn filled(script: &str) -> String {
    script.replace("@valued", &before_values()).replace("@named", &words().replace(' ', "|"))
}

/// The command's word as a pattern of `case`.
fn pattern(spec: &CommandSpec) -> &'static str {
    if spec.word.is_empty() { "''" } else { spec.word }
}

/// The script for zsh; what begins with `@` is filled in.
const ZSH: &str = r#"#compdef monolayer
# zsh completion for monolayer, written by `monolayer completions zsh`.

_monolayer() {
    local command= i
    for ((i = 2; i < CURRENT; i++)); do
        case ${words[i]} in
            (@valued) ((i++)) ;;
            (@named) command=${words[i]}; break ;;
        esac
    done
    case $command in
@commands    esac
}

_monolayer "$@"
"#;

fn zsh() -> String {
    let mut out = String::new();
    for spec in COMMANDS {
        out += &format!("        ({})\n            _arguments -S \\\n", pattern(spec));
        for option in spec.command.options() {
            let value = option.rule.value_name();
            let value = match Expected::value(option.rule) {
                Expected::Nothing => String::new(),
                Expected::File => format!(":{value}:_files"),
                Expected::Unknown => format!(":{value}: "),
                Expected::Words(words) => format!(":{value}:({words})"),
            };
            let equals = if value.is_empty() { "" } else { "=" };
            let help = zsh_text(brief(option.help_for(spec.command)));
            let long = format!("--{}{equals}", option.name);
            for form in option.letter.map(|letter| format!("-{letter}")).into_iter().chain([long]) {
                out += &format!("                {} \\\n", quoted(&format!("{form}[{help}]{value}")));
            }
        }
        out += &format!("                '1:command:({})'", words());
        let operand = match Expected::operand(spec) {
            Expected::File => " \\\n                '*:FILE:_files'".to_string(),
            // The command itself is the first.
            Expected::Words(_) if spec.command == Command::Demo => String::new(),
            Expected::Words(words) => format!(" \\\n                '2:word:({words})'"),
            Expected::Nothing | Expected::Unknown => String::new(),
        };
        out += &format!("{operand} ;;\n");
    }
    filled(ZSH).replace("@commands", &out)
}

/// `text` for the brackets of an argument of `_arguments`.
fn zsh_text(text: &str) -> String {
    let special = |c| matches!(c, '\\' | '[' | ']' | ':');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

fn fish() -> String {
    let text = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut out = "# fish completion for monolayer, written by `monolayer completions fish`.\n\n\
                   complete -c monolayer -f\n"
        .to_string();
    for spec in COMMANDS {
        let place = match spec.word {
            "" => "__fish_use_subcommand".to_string(),
            word => format!("'__fish_seen_subcommand_from {word}'"),
        };
        out.push('\n');
        if !spec.word.is_empty() {
            let summary = text(brief(spec.summary));
            out += &format!("complete -c monolayer -n __fish_use_subcommand -a {} -d {summary}\n", spec.word);
        }
        match Expected::operand(spec) {
            Expected::File => out += &format!("complete -c monolayer -n {place} -F\n"),
            // Each is offered with its summary.
            Expected::Words(_) if spec.command == Command::Demo => {}
            Expected::Words(words) => out += &format!("complete -c monolayer -n {place} -a '{words}'\n"),
            Expected::Nothing | Expected::Unknown => {}
        }
        for option in spec.command.options() {
            let letter = option.letter.map(|letter| format!(" -s {letter}")).unwrap_or_default();
            let value = match Expected::value(option.rule) {
                Expected::Nothing => String::new(),
                Expected::File => " -r -F".to_string(),
                Expected::Unknown => " -x".to_string(),
                Expected::Words(words) => format!(" -x -a '{words}'"),
            };
            let (name, help) = (option.name, text(brief(option.help_for(spec.command))));
            out += &format!("complete -c monolayer -n {place} -l {name}{letter}{value} -d {help}\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{args, help, man};
    use monolayer::train::Range;
    use std::ffi::OsString;

    /// The options that the parser takes after a command's word, found by trying them all.
    fn taken(spec: &CommandSpec) -> Vec<String> {
        let words = |option: &str| {
            [spec.word, option].map(OsString::from).into_iter().filter(|word| !word.is_empty())
        };
        let refused = |option: &str| {
            let error = args::parse(words(option)).err().map(|error| error.to_string());
            error.is_some_and(|error| {
                error.contains(" is not an option of ") || error.starts_with("unknown option ")
            })
        };
        let value = |rule: Rule| match rule {
            Rule::Flag => String::new(),
            Rule::Path(_) | Rule::Output(_) => "=x".into(),
            Rule::Of(Range::OneOf(words)) => format!("={}", words[0]),
            Rule::Of(Range::Within(_, high)) => format!("={high}"),
            Rule::Share => "=1/1".into(),
            Rule::Size => "=1x1".into(),
            Rule::Part => "=0".into(),
            _ => "=1".into(),
        };
        let mut out = Vec::new();
        for option in Opt::ALL {
            out.extend(option.letter.map(|letter| format!("-{letter}")).filter(|form| !refused(form)));
            let long = format!("--{}", option.name);
            if !refused(&(long.clone() + &value(option.rule))) {
                out.push(long);
            }
        }
        out
    }

    /// Words that begin with a dash, of lines that begin with it.
    fn listed<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
        let dashed = |line: &'a str| {
            let words = line.split([' ', ',', '=', '[', '\'']).filter(|word| !word.is_empty());
            words.take_while(|word| word.starts_with('-')).map(String::from).collect::<Vec<_>>()
        };
        lines.map(str::trim_start).flat_map(dashed).collect()
    }

    /// The lines after `begin` up to `end`.
    #[track_caller]
    fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
        let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin:?} in {text}"));
        rest.split_once(end).unwrap_or((rest, "")).0
    }

    #[test]
    fn help_completions_and_manual_list_what_the_parser_takes() {
        let (bash, zsh, fish, man) = (bash(), zsh(), fish(), man::page().replace("\\-", "-"));
        for spec in COMMANDS {
            let expected = taken(spec);
            assert!(expected.len() >= 3, "{expected:?}");
            let pattern = if spec.word.is_empty() { "''" } else { spec.word };

            let help = help::text(spec.command);
            assert_eq!(
                listed(between(&help, "\nOptions:\n", "\n\n").lines().filter(|line| line.starts_with("  -"))),
                expected,
                "help of {}",
                spec.word
            );

            let line = between(&bash, &format!("\n        {pattern}) options='"), "'");
            assert_eq!(line.split(' ').collect::<Vec<_>>(), expected, "bash {}", spec.word);

            let lines = between(&zsh, &format!("\n        ({pattern})\n"), ";;").lines();
            let found = listed(lines.filter(|line| line.trim_start().starts_with("'-")));
            assert_eq!(found, expected, "zsh {}", spec.word);

            let place = match spec.word {
                "" => "__fish_use_subcommand -l ".to_string(),
                word => format!("'__fish_seen_subcommand_from {word}' -l "),
            };
            let found = fish.lines().filter_map(|line| line.split_once(&place)).flat_map(|(_, rest)| {
                let mut words = rest.split(' ');
                let long = words.next().map(|name| format!("--{name}"));
                let letter = words.next().filter(|word| *word == "-s").and_then(|_| words.next());
                letter.map(|letter| format!("-{letter}")).into_iter().chain(long)
            });
            assert_eq!(found.collect::<Vec<_>>(), expected, "fish {}", spec.word);

            let begin = match spec.command {
                Command::Demo => "\n.SH OPTIONS\n".to_string(),
                command => format!("\n.SS {}\n", help::usage(command)),
            };
            let section = between(&man, &begin, "\n.S").replace("\\fB", "").replace("\\fR", "");
            let found = listed(section.lines().filter(|line| line.starts_with('-')));
            assert_eq!(found, expected, "manual of {}", spec.word);
        }
    }

    #[test]
    fn every_command_is_offered_and_described() {
        let (bash, zsh, fish, man) = (bash(), zsh(), fish(), man::page());
        let all = words();
        assert!(bash.contains(&format!(" words='{all}'")));
        assert!(zsh.contains(&format!("'1:command:({all})'")));
        for word in all.split(' ') {
            assert!(
                fish.contains(&format!("\ncomplete -c monolayer -n __fish_use_subcommand -a {word} -d '"))
            );
            assert!(man.contains(&format!("\n.SS monolayer {word} ")), "{man}");
        }
    }

    #[test]
    fn what_shells_would_read_otherwise_is_quoted() {
        assert_eq!(quoted("a wrong h'"), r"'a wrong h'\'''");
        assert_eq!(zsh_text(r"[0, 1): a\b"), r"\[0, 1)\: a\\b");
        assert_eq!(brief("where; and why: so"), "where");
    }

    #[test]
    fn the_manual_has_no_request_but_its_own() {
        const REQUESTS: [&str; 9] = [".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".RI", ".ad", ".nh"];
        for line in man::page().lines() {
            let first = line.split(' ').next().unwrap_or("");
            assert!(
                !line.is_empty() && (!first.starts_with(['.', '\'']) || REQUESTS.contains(&first)),
                "{line}"
            );
            assert!(line.is_ascii(), "{line}");
        }
    }
}
