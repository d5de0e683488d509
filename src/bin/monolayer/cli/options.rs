//! The commands and their options, each said once: the parser, the help text and the error messages are all
//! read off these tables.

mod commands;

pub use commands::{COMMANDS, CommandSpec, Operands};

/// What the program can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// No word at all: the demo.
    Demo,
    Train,
    Test,
    Predict,
    GradCheck,
    Grid,
    Export,
    Import,
    Info,
    Completions,
    Man,
    Help,
}

/// A row of [`OPTIONS`].
pub struct OptionSpec {
    /// Its name without the dashes.
    pub name: &'static str,
    /// A letter for the same, typed after one dash.
    pub letter: Option<char>,
    /// What its value must be.
    pub rule: Rule,
    /// The value when it is left out, in the words of the command line; `None`: nothing.
    pub default: Option<&'static str>,
    /// What it does: a sentence without its full stop.
    pub help: &'static str,
    /// The commands that take it.
    pub commands: &'static [Command],
}

/// What the value of an option must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// It takes no value.
    Flag,
    /// The name of a file or folder, shown in the help by this word.
    Path(&'static str),
    /// An integer.
    Whole { min: u64, max: u64 },
    /// An integer, or the word `auto`.
    WholeOrAuto { min: u64, max: u64 },
    /// A number greater than this. It is used in single precision and must be so there, too.
    Above(f64),
    /// A number at least this; as above.
    AtLeast(f64),
    /// A number greater than the first and at most the second; as above.
    Within(f64, f64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Two integers: which, and of how many.
    Share,
}

/// The options that take several values, parted by commas, where the command is grid.
pub const LISTS: &[&str] =
    &["hidden", "activation", "lr", "lambda", "batch", "epochs", "step", "scale", "seeds"];

/// The formats of `export` that take int8 weights; the others are for programs that know floats.
pub const INT8_FORMATS: &[&str] = &["c", "rust", "mono"];

/// The options that name a file to write; other paths are read.
pub const OUTPUTS: &[&str] = &["out", "report", "checkpoint"];

/// A grid is split into this many shares at most.
pub const MOST_SHARES: u64 = 1_000_000;

use Command::{Completions, Demo, Export, GradCheck, Grid, Help, Import, Info, Man, Predict, Test, Train};

const EVERYWHERE: &[Command] =
    &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Import, Info, Completions, Man, Help];
/// Those that work on something.
const ALL_BUT_HELP: &[Command] = &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Import, Info];

/// The shells that there are completions for.
pub const SHELLS: &[&str] = &["bash", "zsh", "fish"];
/// Those that compute.
const COMPUTING: &[Command] = &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Info];

/// Every option of every command, in the order of the help text.
pub static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "data",
        letter: None,
        rule: Rule::Path("PATH"),
        default: None,
        help: if cfg!(feature = "digits") {
            "a folder, a file under its usual name (raw or .gz) or a .tar.gz: IDX, CIFAR-10 or CIFAR-100 binary, rows of \
             text; left out: the embedded digits"
        } else {
            "a folder, a file under its usual name (raw or .gz) or a .tar.gz: IDX, CIFAR-10 or CIFAR-100 binary, rows of \
             text; needed: this build is without the embedded digits"
        },
        commands: &[Train, Test, GradCheck, Grid, Export],
    },
    OptionSpec {
        name: "mnist",
        letter: None,
        rule: Rule::Path("PATH"),
        default: None,
        help: "MNIST: run the reference's rows on it",
        commands: &[Grid],
    },
    OptionSpec {
        name: "cifar",
        letter: None,
        rule: Rule::Path("PATH"),
        default: None,
        help: "CIFAR-10: run the reference's rows on it",
        commands: &[Grid],
    },
    OptionSpec {
        name: "labels",
        letter: None,
        rule: Rule::Choice(&["fine", "coarse"]),
        default: Some("fine"),
        help: "which labels of CIFAR-100 to use",
        commands: &[Train, Test, GradCheck, Grid, Export, Info],
    },
    OptionSpec {
        name: "model",
        letter: None,
        rule: Rule::Path("FILE"),
        default: None,
        help: "a trained model, as `train --out` writes it",
        commands: &[Test, Predict, Export],
    },
    OptionSpec {
        name: "format",
        letter: None,
        rule: Rule::Choice(&["c", "rust", "mono", "html", "onnx", "safetensors", "npz"]),
        default: None,
        help: "the place: a C99 source and its header, a Rust module for the crate, the model file itself (with \
               --int8), a page to draw on in any browser, ONNX, or the weights for PyTorch or NumPy",
        commands: &[Export],
    },
    OptionSpec {
        name: "int8",
        letter: None,
        rule: Rule::Flag,
        default: None,
        help: "weights and arithmetic in integers, made by the training images of --data and tried on its test images; \
               for c, rust and mono",
        commands: &[Export],
    },
    OptionSpec {
        name: "max-loss",
        letter: None,
        rule: Rule::AtLeast(0.0),
        default: None,
        help: "points of accuracy that --int8 may lose on the test images: if more, nothing is written and the exit \
               status is 1",
        commands: &[Export],
    },
    OptionSpec {
        name: "from",
        letter: None,
        rule: Rule::Path("FILE"),
        default: None,
        help: "a safetensors file of two layers: A.weight, A.bias, B.weight, B.bias, or W1, b1, W2, b2, or W1, W2 with \
               the biases in the first column",
        commands: &[Import],
    },
    OptionSpec {
        name: "hidden",
        letter: None,
        rule: Rule::Whole { min: 1, max: 65_536 },
        default: Some("300"),
        help: "hidden units",
        commands: &[Train, GradCheck, Grid],
    },
    OptionSpec {
        name: "activation",
        letter: None,
        rule: Rule::Choice(&["cos", "tanh", "softplus"]),
        default: Some("tanh"),
        help: "the hidden units' function",
        commands: &[Train, GradCheck, Grid, Import],
    },
    OptionSpec {
        name: "lr",
        letter: None,
        rule: Rule::Above(0.0),
        default: Some("0.001"),
        help: "the learning rate",
        commands: &[Train, Grid],
    },
    OptionSpec {
        name: "schedule",
        letter: None,
        rule: Rule::Choice(&["constant", "step", "cosine"]),
        default: Some("constant"),
        help: "the learning rate's course: as it is; a tenth of it in the second third of the epochs and a hundredth in \
               the last; or half a cosine from it down almost to 0",
        commands: &[Train],
    },
    OptionSpec {
        name: "lambda",
        letter: None,
        rule: Rule::AtLeast(0.0),
        default: Some("0.01"),
        help: "the L2 penalty, on biases too",
        commands: &[Train, GradCheck, Grid],
    },
    OptionSpec {
        name: "batch",
        letter: None,
        rule: Rule::Whole { min: 1, max: 65_536 },
        default: Some("100"),
        help: "images a step; more than the data have: one batch",
        commands: &[Train, Grid],
    },
    OptionSpec {
        name: "epochs",
        letter: None,
        rule: Rule::Whole { min: 1, max: 100_000 },
        default: Some("20"),
        help: "how often to go through the data",
        commands: &[Train, Grid],
    },
    OptionSpec {
        name: "step",
        letter: None,
        rule: Rule::Choice(&["sum", "mean"]),
        default: Some("sum"),
        help: "step by the learning rate times the sum of the batch's gradients, or their mean",
        commands: &[Train, Grid],
    },
    OptionSpec {
        name: "scale",
        letter: None,
        rule: Rule::Within(0.0, 65_535.0),
        default: Some("255"),
        help: "divide pixels by this",
        commands: &[Train, GradCheck, Grid, Import],
    },
    OptionSpec {
        name: "seed",
        letter: None,
        rule: Rule::Whole { min: 0, max: u64::MAX },
        default: Some("1"),
        help: "everything random follows from it",
        commands: &[Train, GradCheck],
    },
    OptionSpec {
        name: "samples",
        letter: None,
        rule: Rule::Whole { min: 1, max: 1000 },
        default: Some("5"),
        help: "training images to check on; more than the data have: all of them",
        commands: &[GradCheck],
    },
    OptionSpec {
        name: "epsilon",
        letter: None,
        rule: Rule::Within(0.0, 1.0),
        default: Some("1e-6"),
        help: "how far each weight is moved, up and down",
        commands: &[GradCheck],
    },
    OptionSpec {
        name: "weights",
        letter: None,
        rule: Rule::Choice(&["start", "reference"]),
        default: Some("start"),
        help: "where to check; `reference`: at the start weights, and beside them at the reference program's, uniform in \
               [0, 1), on raw pixels",
        commands: &[GradCheck],
    },
    OptionSpec {
        name: "plant",
        letter: None,
        rule: Rule::Choice(&["w1", "w2", "activation", "lambda"]),
        default: None,
        help: "put an error into the gradient, to see it found: dE/dW1 or dE/dW2 without the last image, a wrong h', or \
               biases left out of the L2 penalty",
        commands: &[GradCheck],
    },
    OptionSpec {
        name: "seeds",
        letter: None,
        rule: Rule::Whole { min: 0, max: u64::MAX },
        default: Some("1"),
        help: "the seeds to run each row with",
        commands: &[Grid],
    },
    OptionSpec {
        name: "shard",
        letter: None,
        rule: Rule::Share,
        default: None,
        help: "do this share of the runs; the results files of all shares, one behind the other, are the whole grid's",
        commands: &[Grid],
    },
    OptionSpec {
        name: "out",
        letter: None,
        rule: Rule::Path("FILE"),
        default: None,
        help: "write the model here, whole or not at all; `-`: to stdout, and the results to stderr",
        commands: &[Train, Grid, Export, Import],
    },
    OptionSpec {
        name: "validation",
        letter: None,
        rule: Rule::Whole { min: 1, max: u32::MAX as u64 },
        default: None,
        help: "hold out so many training images, chosen by the seed, and test on them after each epoch",
        commands: &[Train],
    },
    OptionSpec {
        name: "patience",
        letter: None,
        rule: Rule::Whole { min: 1, max: 100_000 },
        default: None,
        help: "with --validation: end after so many epochs in a row without fewer faults on the images held out (or as \
               many and a lower cross-entropy), and keep the weights of the best epoch",
        commands: &[Train],
    },
    OptionSpec {
        name: "checkpoint",
        letter: None,
        rule: Rule::Path("FILE"),
        default: None,
        help: "save the run here after each epoch, whole or not at all",
        commands: &[Train],
    },
    OptionSpec {
        name: "resume",
        letter: None,
        rule: Rule::Flag,
        default: None,
        help: "go on from the --checkpoint, to the same weights as without a break; from the start if it is not there; \
               another run's is refused, but more --epochs may be given unless a --schedule depends on them",
        commands: &[Train],
    },
    OptionSpec {
        name: "target-accuracy",
        letter: None,
        rule: Rule::Within(0.0, 1.0),
        default: None,
        help: "end with exit status 1 if the accuracy on the test images is below this share",
        commands: &[Train],
    },
    OptionSpec {
        name: "summary",
        letter: None,
        rule: Rule::Flag,
        default: None,
        help: "print the layers first: parameters, bytes, multiply-adds",
        commands: &[Train],
    },
    OptionSpec {
        name: "fit",
        letter: None,
        rule: Rule::Flag,
        default: None,
        help: "make pictures of any size to measure: for a model of greys as MNIST was made (inverted if the background is \
               light, cropped to the drawing, scaled to 20 x 20 of 28 x 28, its centre of mass in the middle), for one \
               of colours the middle, scaled",
        commands: &[Predict],
    },
    OptionSpec {
        name: "report",
        letter: None,
        rule: Rule::Path("FILE"),
        default: None,
        help: "write a page for people here, HTML in one file that needs no network: what was done, how it went, tables, \
               charts, pictures, and the command that repeats it",
        commands: &[Train, Test, Grid],
    },
    OptionSpec {
        name: "isa",
        letter: None,
        rule: Rule::Choice(&["auto", "scalar", "avx2", "avx512", "neon"]),
        default: Some("auto"),
        help: "the instruction set: the result is the same, the speed is not; one that this machine lacks is an error",
        commands: COMPUTING,
    },
    OptionSpec {
        name: "threads",
        letter: None,
        rule: Rule::WholeOrAuto { min: 1, max: 256 },
        default: Some("auto"),
        help: "worker threads: the result is the same",
        commands: COMPUTING,
    },
    OptionSpec {
        name: "products",
        letter: None,
        rule: Rule::Choice(&["auto", "dense", "sparse"]),
        default: Some("auto"),
        help: "dense: every pixel is multiplied; sparse: those that are not 0; auto: as the pixels are. The result is \
               the same, the speed is not",
        commands: &[Demo, Train, Test, Predict],
    },
    OptionSpec {
        name: "json",
        letter: None,
        rule: Rule::Flag,
        default: None,
        help: "results for programs: one JSON object a line; numbers that are not finite are null",
        commands: ALL_BUT_HELP,
    },
    OptionSpec {
        name: "quiet",
        letter: None,
        rule: Rule::Flag,
        default: None,
        help: "no progress on stderr",
        commands: ALL_BUT_HELP,
    },
    OptionSpec {
        name: "help",
        letter: Some('h'),
        rule: Rule::Flag,
        default: None,
        help: "this text",
        commands: EVERYWHERE,
    },
    OptionSpec {
        name: "version",
        letter: None,
        rule: Rule::Flag,
        default: None,
        help: "the versions of the program, of its numeric contract and of the model file",
        commands: EVERYWHERE,
    },
];

/// Defaults that a command has for itself.
static OTHER_DEFAULTS: &[(Command, &str, &str)] =
    &[(GradCheck, "hidden", "200"), (Grid, "out", "grid.jsonl")];

/// What an option does for a command where it does something else.
static OTHER_HELP: &[(Command, &str, &str)] =
    &[(Grid, "out", "add each run's line to this file, and do no run that it has")];

impl Command {
    /// Its row.
    pub fn spec(self) -> &'static CommandSpec {
        let found = COMMANDS.iter().find(|spec| spec.command == self);
        found.unwrap_or(&COMMANDS[0]) // a test holds that every command has a row
    }

    /// The options that it takes, in the table's order.
    pub fn options(self) -> impl Iterator<Item = &'static OptionSpec> {
        OPTIONS.iter().filter(move |option| option.commands.contains(&self))
    }

    /// How to call it in a message: `train`, or `monolayer` for the demo.
    pub fn title(self) -> &'static str {
        match self.spec().word {
            "" => "monolayer",
            word => word,
        }
    }
}

impl OptionSpec {
    /// What it does for a command that takes it.
    pub fn help_for(&self, command: Command) -> &'static str {
        let other = OTHER_HELP.iter().find(|(c, name, _)| (*c, *name) == (command, self.name));
        other.map_or(self.help, |(_, _, help)| help)
    }

    /// The value when a command that takes it is given without it.
    pub fn default_for(&self, command: Command) -> Option<&'static str> {
        let other = OTHER_DEFAULTS.iter().find(|(c, name, _)| (*c, *name) == (command, self.name));
        other.map_or(self.default, |(_, _, default)| Some(*default))
    }
}

impl Rule {
    /// The word that stands for the value in the help text; empty for a flag.
    pub fn value_name(self) -> &'static str {
        match self {
            Self::Flag => "",
            Self::Path(name) => name,
            Self::Whole { .. } | Self::WholeOrAuto { .. } => "N",
            Self::Above(_) | Self::AtLeast(_) | Self::Within(..) => "X",
            Self::Choice(_) => "NAME",
            Self::Share => "I/N",
        }
    }

    /// What a value must be, in words that fit after "expected".
    pub fn expected(self) -> String {
        match self {
            Self::Flag => "no value".into(),
            Self::Path(_) => "the name of a file or folder".into(),
            Self::Whole { min: 0, max: u64::MAX } => "an integer, 0 to 2^64 - 1".into(),
            Self::Whole { min, max } => format!("an integer, {min} to {max}"),
            Self::WholeOrAuto { min, max } => format!("auto, or an integer, {min} to {max}"),
            Self::Above(low) => format!("a number > {low} that a 32-bit float can hold (1e-45 to 3.4e38)"),
            Self::AtLeast(low) => format!("a number >= {low} that a 32-bit float can hold (at most 3.4e38)"),
            Self::Within(low, high) => {
                format!("a number > {low} and <= {high} that a 32-bit float can hold")
            }
            Self::Choice(words) => one_of(words),
            Self::Share => format!("I/N, integers, 1 <= I <= N <= {MOST_SHARES}"),
        }
    }
}

/// "a, b or c".
pub fn one_of(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, [])) => (*last).into(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "nothing".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_row_and_help_takes_it() {
        for command in EVERYWHERE {
            assert_eq!(COMMANDS.iter().filter(|spec| spec.command == *command).count(), 1, "{command:?}");
        }
        assert_eq!(COMMANDS.len(), EVERYWHERE.len());
    }

    #[test]
    fn names_are_unique_and_plain() {
        let names: Vec<_> = OPTIONS.iter().map(|o| o.name).collect();
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
        let choices = |name| match OPTIONS.iter().find(|o| o.name == name).map(|o| o.rule) {
            Some(Rule::Choice(words)) => words.to_vec(),
            _ => panic!("{name} is not a choice"),
        };
        let mut isas = vec!["auto"];
        isas.extend(monolayer::Isa::NAMES);
        assert_eq!(choices("isa"), isas);

        let products = monolayer::train::Products::ALL.map(|products| format!("{products}"));
        assert_eq!(choices("products"), products);

        let mut known: Vec<_> = monolayer::Activation::ALL.iter().map(|a| a.name()).collect();
        let mut offered = choices("activation");
        known.sort_unstable();
        offered.sort_unstable();
        assert_eq!(offered, known);
    }
}
