//! The tables of commands and options, from which the parser, the help text and the error messages are
//! derived.

mod commands;
mod table;

pub use commands::{COMMANDS, CommandSpec, Operands};
use monolayer::train::{Config, Field, Range, Recipe};
use std::borrow::Cow;
pub use table::Opt;

/// A command of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Command {
    /// The demo, which has no word.
    #[default]
    Demo,
    Train,
    Test,
    Predict,
    GradCheck,
    Grid,
    Export,
    Import,
    Convert,
    Info,
    Completions,
    Man,
    Help,
}

/// A row of the table of options, which [`Opt`] dereferences to.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Its name without the dashes.
    pub name: &'static str,
    /// A letter for the same, typed after one dash.
    pub letter: Option<char>,
    /// What its value must be.
    pub rule: Rule,
    /// The value when it is left out, as it would be typed; `None`: nothing, or the field's default.
    default: Option<&'static str>,
    /// What it does: a sentence without its full stop.
    help: &'static str,
    /// The commands that take it.
    pub commands: &'static [Command],
    /// The field of the configuration that it sets.
    pub field: Option<Field>,
    /// Whether `grid` takes several values, separated by commas.
    pub list: bool,
    pub effect: Effect,
    /// The options without which a command has no use for it.
    pub needs: &'static [(Command, Opt)],
    /// Exceptions for single commands.
    differs: &'static [(Command, Differs)],
}

/// What the value of an option must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// It takes no value.
    Flag,
    /// The name of a file or folder to read, shown in the help by this word.
    Path(&'static str),
    /// The name of a file to write, shown in the help by this word.
    Output(&'static str),
    /// A value of the range.
    Of(Range),
    /// A value of the range, or the word `auto`.
    OrAuto(Range),
    /// Two integers: which, and of how many.
    Share,
    /// Any text, shown in the help by this word.
    Text(&'static str),
    /// A share from 0 to below 1.
    Part,
    /// A height and a width.
    Size,
}

/// The influence of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// On the result.
    Result,
    /// On how the result is computed: how fast, from which state.
    Course,
    /// On how it is shown.
    Show,
}

/// A property that an option has for one command only.
#[derive(Clone, Copy, Debug)]
pub enum Differs {
    /// Another default.
    Default(&'static str),
    /// A default that depends on a file, in words.
    Told(&'static str),
    /// Another help text.
    Help(&'static str),
    /// Another rule.
    Rule(Rule),
}

/// The formats of `export` that take int8 weights; the others are for programs that know floats.
pub const INT8_FORMATS: &[&str] = &["c", "rust", "mono"];

/// The shells that there are completions for.
pub const SHELLS: &[&str] = &["bash", "zsh", "fish"];

/// A grid is split into this many shares at most.
const MOST_SHARES: u64 = 1_000_000;

impl Command {
    /// Its row.
    pub fn spec(self) -> &'static CommandSpec {
        let found = COMMANDS.iter().find(|spec| spec.command == self);
        found.unwrap_or(&COMMANDS[0]) // a test holds that every command has a row
    }

    /// The options that it takes, in the table's order.
    pub fn options(self) -> impl Iterator<Item = Opt> {
        Opt::ALL.iter().copied().filter(move |option| option.commands.contains(&self))
    }

    /// How to call it in a message: `train`, or `monolayer` for the demo.
    pub fn title(self) -> &'static str {
        match self.spec().word {
            "" => "monolayer",
            word => word,
        }
    }
}

impl std::ops::Deref for Opt {
    type Target = OptionSpec;

    fn deref(&self) -> &OptionSpec {
        &table::TABLE[*self as usize]
    }
}

impl OptionSpec {
    fn differs_for<T>(&self, command: Command, pick: impl Fn(Differs) -> Option<T>) -> Option<T> {
        self.differs.iter().filter(|(of, _)| *of == command).find_map(|(_, differs)| pick(*differs))
    }

    /// What a value for a command must be.
    pub fn rule_for(&self, command: Command) -> Rule {
        let other = |differs| if let Differs::Rule(rule) = differs { Some(rule) } else { None };
        self.differs_for(command, other).unwrap_or(self.rule)
    }

    /// What it does for a command that takes it.
    pub fn help_for(&self, command: Command) -> &'static str {
        let other = |differs| if let Differs::Help(help) = differs { Some(help) } else { None };
        self.differs_for(command, other).unwrap_or(self.help)
    }

    /// The default in the table of options; a path has no other.
    pub fn fixed_default(&self, command: Command) -> Option<&'static str> {
        let other = |differs| if let Differs::Default(default) = differs { Some(default) } else { None };
        self.differs_for(command, other).or(self.default)
    }

    /// Whether its default for a command is not that of the other commands.
    pub fn has_own_default(&self, command: Command) -> bool {
        let own = |differs| if let Differs::Default(default) = differs { Some(default) } else { None };
        self.differs_for(command, own).is_some()
    }

    /// The value when a command that takes it is given without it.
    pub fn default_for(&self, command: Command) -> Option<Cow<'static, str>> {
        let of_field = |field: Field| {
            let text = field.text(&Config::default());
            text.strip_suffix(".0").unwrap_or(&text).to_string().into()
        };
        self.fixed_default(command).map(Cow::Borrowed).or_else(|| self.field.map(of_field))
    }

    /// That value in words, with the one of the recipe for tables where it is another.
    pub fn default_told(&self, command: Command) -> Option<Cow<'static, str>> {
        let told = |differs| if let Differs::Told(words) = differs { Some(words) } else { None };
        if let Some(words) = self.differs_for(command, told) {
            return Some(words.into());
        }
        let default = self.default_for(command)?;
        let of_table = self.field.filter(|_| Opt::Recipe.commands.contains(&command)).map(|field| {
            let text = field.text(&Recipe::Table.config(USUAL_ROWS, 2));
            text.strip_suffix(".0").unwrap_or(&text).to_string()
        });
        Some(match of_table.filter(|text| *text != default) {
            Some(text) => format!("{default}, in recipe table {text}").into(),
            None => default,
        })
    }
}

/// The rows of a table whose recipe the help text tells.
const USUAL_ROWS: usize = 1_000;

impl Rule {
    /// Whether `text` is such a value.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Flag => false,
            Self::Path(_) | Self::Output(_) | Self::Text(_) => true,
            Self::Part => text.parse().is_ok_and(|part: f64| (0.0..1.0).contains(&part)),
            Self::Size => size(text).is_some(),
            Self::Of(range) => range.holds(text),
            Self::OrAuto(range) => text == "auto" || range.holds(text),
            Self::Share => share(text).is_some(),
        }
    }

    /// The word that stands for the value in the help text; empty for a flag.
    pub fn value_name(self) -> &'static str {
        match self {
            Self::Flag => "",
            Self::Path(name) | Self::Output(name) | Self::Text(name) => name,
            Self::Part => "S",
            Self::Size => "HxW",
            Self::Of(Range::OneOf(_)) => "NAME",
            Self::Of(Range::Whole(..)) | Self::OrAuto(Range::Whole(..)) => "N",
            Self::Of(_) | Self::OrAuto(_) => "X",
            Self::Share => "I/N",
        }
    }

    /// What a value must be, in words that fit after "expected".
    pub fn expected(self) -> String {
        match self {
            Self::Flag => "no value".into(),
            Self::Path(_) | Self::Output(_) => "the name of a file or folder".into(),
            Self::Text(name) => name.into(),
            Self::Part => "a number >= 0 and < 1".into(),
            Self::Size => "HxW, two integers from 1 to 65535, such as 28x28".into(),
            Self::Of(range) => range.to_string(),
            Self::OrAuto(range) => format!("auto, or {range}"),
            Self::Share => format!("I/N, integers, 1 <= I <= N <= {MOST_SHARES}"),
        }
    }

    /// The words to choose from.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Of(Range::OneOf(words)) => words,
            Self::OrAuto(_) => &["auto"],
            _ => &[],
        }
    }
}

/// `I/N`: which share, of how many.
pub fn share(text: &str) -> Option<(u64, u64)> {
    let (index, count) = text.split_once('/')?;
    let (index, count) = (index.parse().ok()?, count.parse().ok()?);
    (1 <= index && index <= count && count <= MOST_SHARES).then_some((index, count))
}

/// `HxW`: height and width, neither of them 0.
pub fn size(text: &str) -> Option<(u16, u16)> {
    let (height, width) = text.split_once(['x', 'X'])?;
    let (height, width) = (height.parse().ok()?, width.parse().ok()?);
    (height > 0 && width > 0).then_some((height, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_row_and_help_takes_it() {
        for command in Opt::Help.commands {
            assert_eq!(COMMANDS.iter().filter(|spec| spec.command == *command).count(), 1, "{command:?}");
        }
        assert_eq!(COMMANDS.len(), Opt::Help.commands.len());
    }

    #[test]
    fn names_are_unique_and_plain() {
        let names: Vec<_> = Opt::ALL.iter().map(|o| o.name).collect();
        for (i, name) in names.iter().enumerate() {
            assert!(!names[..i].contains(name), "{name} stands twice");
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name}"
            );
        }
    }

    #[test]
    fn choices_are_those_of_the_library() {
        let mut isas = vec!["auto"];
        isas.extend(monolayer::Isa::NAMES);
        assert_eq!(Opt::Isa.rule.words(), isas);

        let products = monolayer::train::Products::ALL.map(|products| products.to_string());
        assert_eq!(Opt::Products.rule.words(), products);

        let mut known: Vec<_> = monolayer::Activation::ALL.iter().map(|a| a.name()).collect();
        let mut offered = Opt::Activation.rule.words().to_vec();
        known.sort_unstable();
        offered.sort_unstable();
        assert_eq!(offered, known);
    }

    #[test]
    fn every_field_has_an_option_that_reads_its_value() {
        for field in Field::ALL {
            let names: Vec<_> =
                Opt::ALL.iter().filter(|o| o.field.is_some_and(|f| f.name == field.name)).collect();
            assert!(
                names.iter().all(|o| [Rule::Of(field.range), Rule::OrAuto(field.range)].contains(&o.rule)),
                "{names:?}"
            );
            assert!(names.iter().any(|option| option.name == field.name.replace('_', "-")), "{}", field.name);
        }
    }
}
