//! The commands and their options, each said once: the parser, the help text and the error messages are all
//! read off these tables.

use std::format;
use std::string::String;

/// What the program can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// No word at all: the demo.
    Demo,
    Train,
    Test,
    Predict,
    Export,
    Import,
    Info,
    Help,
}

/// A row of [`COMMANDS`].
pub(crate) struct CommandSpec {
    pub command: Command,
    /// The word that names it; empty for the demo.
    pub word: &'static str,
    /// What may follow the options.
    pub operands: Operands,
    /// One line for the list of commands.
    pub summary: &'static str,
    /// What it does, reads and writes: a paragraph.
    pub about: &'static str,
    /// Command lines that work, with what they do.
    pub examples: &'static [(&'static str, &'static str)],
}

/// How many words without dashes a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operands {
    None,
    /// At most one, of this name.
    Optional(&'static str),
    /// At least one, of this name.
    Many(&'static str),
}

/// A row of [`OPTIONS`].
pub(crate) struct OptionSpec {
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
pub(crate) enum Rule {
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
}

use Command::{Demo, Export, Help, Import, Info, Predict, Test, Train};

const EVERYWHERE: &[Command] = &[Demo, Train, Test, Predict, Export, Import, Info, Help];
const ALL_BUT_HELP: &[Command] = &[Demo, Train, Test, Predict, Export, Import, Info];

const COMPUTING: &[Command] = &[Demo, Train, Test, Predict, Export, Info];

/// Every option of every command, in the order of the help text.
pub(crate) static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "data",
        letter: None,
        rule: Rule::Path("PATH"),
        default: None,
        help: if cfg!(feature = "digits") {
            "a folder or file, recognised by its content: IDX (raw or .gz), CIFAR-10 or CIFAR-100 binary (folder or \
             .tar.gz), rows of text; left out: the embedded digits"
        } else {
            "a folder or file, recognised by its content: IDX (raw or .gz), CIFAR-10 or CIFAR-100 binary (folder or \
             .tar.gz), rows of text; needed: this build is without the embedded digits"
        },
        commands: &[Train, Test, Export],
    },
    OptionSpec {
        name: "labels",
        letter: None,
        rule: Rule::Choice(&["fine", "coarse"]),
        default: Some("fine"),
        help: "which labels of CIFAR-100 to use",
        commands: &[Train, Test, Export, Info],
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
        rule: Rule::Choice(&["c", "rust", "mono", "onnx", "safetensors", "npz"]),
        default: None,
        help: "the place: a C99 source and its header, a Rust module for the crate, the model file itself (with \
               --int8), ONNX, or the weights for PyTorch or NumPy",
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
        commands: &[Train],
    },
    OptionSpec {
        name: "activation",
        letter: None,
        rule: Rule::Choice(&["cos", "tanh", "softplus"]),
        default: Some("tanh"),
        help: "the hidden units' function",
        commands: &[Train, Import],
    },
    OptionSpec {
        name: "lr",
        letter: None,
        rule: Rule::Above(0.0),
        default: Some("0.001"),
        help: "the learning rate",
        commands: &[Train],
    },
    OptionSpec {
        name: "lambda",
        letter: None,
        rule: Rule::AtLeast(0.0),
        default: Some("0.01"),
        help: "the L2 penalty, on biases too",
        commands: &[Train],
    },
    OptionSpec {
        name: "batch",
        letter: None,
        rule: Rule::Whole { min: 1, max: 65_536 },
        default: Some("100"),
        help: "images a step; more than the data have: one batch",
        commands: &[Train],
    },
    OptionSpec {
        name: "epochs",
        letter: None,
        rule: Rule::Whole { min: 1, max: 100_000 },
        default: Some("20"),
        help: "how often to go through the data",
        commands: &[Train],
    },
    OptionSpec {
        name: "step",
        letter: None,
        rule: Rule::Choice(&["sum", "mean"]),
        default: Some("sum"),
        help: "step by the learning rate times the sum of the batch's gradients, or their mean",
        commands: &[Train],
    },
    OptionSpec {
        name: "scale",
        letter: None,
        rule: Rule::Within(0.0, 65_535.0),
        default: Some("255"),
        help: "divide pixels by this",
        commands: &[Train, Import],
    },
    OptionSpec {
        name: "seed",
        letter: None,
        rule: Rule::Whole { min: 0, max: u64::MAX },
        default: Some("1"),
        help: "everything random follows from it",
        commands: &[Train],
    },
    OptionSpec {
        name: "out",
        letter: None,
        rule: Rule::Path("FILE"),
        default: None,
        help: "write the model here, whole or not at all; `-`: to stdout, and the results to stderr",
        commands: &[Train, Export, Import],
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

/// Every command, in the order of the help text.
pub(crate) static COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        command: Demo,
        word: "",
        operands: Operands::None,
        summary: "the demo: train on the embedded digits, test, draw the result",
        about: if cfg!(feature = "digits") {
            "Without a command: trains on the digits that are part of the program, as `train --lr 0.005 --epochs 40` \
             does, tests the model, draws a few test digits, saves digits.mono in this folder and says what to try \
             next."
        } else {
            "This build is without the embedded digits, and so without a demo."
        },
        examples: &[
            ("monolayer", "train on the embedded digits, test, save digits.mono"),
            ("monolayer train --data mnist/ --out mnist.mono", "fit a model to a folder of data"),
            ("monolayer test --model mnist.mono --data mnist/", "how good it is, class by class"),
            ("monolayer predict --model mnist.mono 7.pgm", "what a picture shows"),
            ("monolayer help train", "the options of a command"),
        ],
    },
    CommandSpec {
        command: Train,
        word: "train",
        operands: Operands::None,
        summary: "fit a model; tests it at the end when the data have a test set",
        about: "Fits the perceptron to the training images by minibatch gradient ascent on the log-likelihood with an L2 \
                penalty. The weights follow from the data, the options and the seed, to the bit, on every machine. An epoch's \
                cost is what training lowers: the mean cross-entropy of its batches, plus lambda/2 |W|^2 over the \
                number of images.",
        examples: &[
            ("monolayer train --data mnist/ --out mnist.mono", "the defaults, saved"),
            ("monolayer train --data mnist/ --hidden 100 --activation softplus --seed 2", "other choices"),
            (
                "monolayer train --data cifar-10-binary.tar.gz --step mean --scale 1 --lambda 0.01",
                "colour pictures, straight from the archive",
            ),
            ("monolayer train --json --quiet | tail -n 1", "the result, for a program"),
        ],
    },
    CommandSpec {
        command: Test,
        word: "test",
        operands: Operands::None,
        summary: "faults, accuracy, loss, confusion matrix, precision and recall",
        about: "Runs a model over the test images of the data. The loss is the mean cross-entropy plus the L2 term that \
                the model was trained with, over the number of images.",
        examples: &[
            ("monolayer test --model mnist.mono --data mnist/", "on a folder of data"),
            ("monolayer test --model digits.mono", "on the embedded digits"),
            ("monolayer test --model digits.mono --json", "the same, for a program"),
        ],
    },
    CommandSpec {
        command: Predict,
        word: "predict",
        operands: Operands::Many("FILE"),
        summary: "label pictures: class name and probabilities, one line each",
        about: "Labels every picture of each FILE: IDX, CIFAR records, PGM or PPM, or raw bytes, of the size that the \
                model was trained on; `-` is stdin. A line a picture: FILE[index], the class, its probability, and the \
                three most probable classes.",
        examples: &[
            ("monolayer predict --model mnist.mono 7.pgm", "one picture"),
            ("monolayer predict --model mnist.mono t10k-images-idx3-ubyte.gz", "ten thousand"),
            ("monolayer predict --model mnist.mono --json - < 7.pgm", "from stdin, with all probabilities"),
        ],
    },
    CommandSpec {
        command: Export,
        word: "export",
        operands: Operands::None,
        summary: "a model for another place: C, Rust, ONNX, PyTorch, NumPy",
        about: "Writes a model in another format, with its exact costs: bytes of constants, of scratch and of stack, \
                multiply-adds. C: --out NAME.c, and NAME.h beside it; one file without a library, whose logits are \
                those of `predict`, bit for bit, on any processor. Rust: a module over the crate, which needs no std. \
                ONNX (IR 7, operator set 13): input `pixels`, bytes; outputs `logits` and `probabilities`. safetensors: \
                fc1 and fc2, as PyTorch has them; `import` reads it back. npz: W1, b1, W2, b2.",
        examples: &[
            (
                "monolayer export --model mnist.mono --format c --out mnist.c",
                "mnist.c and mnist.h, for a device",
            ),
            (
                "monolayer export --model mnist.mono --int8 --data mnist/ --max-loss 0.1 --format c --out mnist.c",
                "in integers, a quarter of the size, for a device without a float unit",
            ),
            ("monolayer export --model mnist.mono --format onnx --out mnist.onnx", "for onnxruntime"),
            (
                "monolayer export --model mnist.mono --format safetensors --out mnist.safetensors",
                "for PyTorch",
            ),
        ],
    },
    CommandSpec {
        command: Import,
        word: "import",
        operands: Operands::None,
        summary: "weights trained elsewhere (safetensors) into a model file",
        about: "Makes a model file from the two layers of a network trained elsewhere, so that it can be tested, \
                exported and run on a device. The tensors are F32, a row an output, as PyTorch has them. In PyTorch: \
                safetensors.torch.save_file(model.state_dict(), 'net.safetensors').",
        examples: &[
            (
                "monolayer import --from net.safetensors --activation tanh --out net.mono",
                "a network that was trained on pixels divided by 255",
            ),
            (
                "monolayer import --from mnist.safetensors --out mnist.mono",
                "what `export` wrote says its activation",
            ),
        ],
    },
    CommandSpec {
        command: Info,
        word: "info",
        operands: Operands::Optional("FILE"),
        summary: "what a model file or a data set is, or what this machine offers",
        about: "Describes a model file or a data set (a file or a folder; `-` is stdin); without FILE, the instruction \
                sets and cores of this machine.",
        examples: &[
            ("monolayer info", "this machine"),
            ("monolayer info mnist.mono", "shapes, fingerprint, how it was trained"),
            ("monolayer info mnist/", "kind, counts, classes, fingerprint"),
        ],
    },
    CommandSpec {
        command: Help,
        word: "help",
        operands: Operands::Optional("COMMAND"),
        summary: "the options of a command",
        about: "Prints what `COMMAND --help` prints.",
        examples: &[("monolayer help", "the commands"), ("monolayer help train", "the options of train")],
    },
];

impl Command {
    /// Its row.
    pub(crate) fn spec(self) -> &'static CommandSpec {
        let found = COMMANDS.iter().find(|spec| spec.command == self);
        found.unwrap_or(&COMMANDS[0]) // a test holds that every command has a row
    }

    /// The options that it takes, in the table's order.
    pub(crate) fn options(self) -> impl Iterator<Item = &'static OptionSpec> {
        OPTIONS.iter().filter(move |option| option.commands.contains(&self))
    }

    /// How to call it in a message: `train`, or `monolayer` for the demo.
    pub(crate) fn title(self) -> &'static str {
        match self.spec().word {
            "" => "monolayer",
            word => word,
        }
    }
}

impl Rule {
    /// The word that stands for the value in the help text; empty for a flag.
    pub(crate) fn value_name(self) -> &'static str {
        match self {
            Self::Flag => "",
            Self::Path(name) => name,
            Self::Whole { .. } | Self::WholeOrAuto { .. } => "N",
            Self::Above(_) | Self::AtLeast(_) | Self::Within(..) => "X",
            Self::Choice(_) => "NAME",
        }
    }

    /// What a value must be, in words that fit after "expected".
    pub(crate) fn expected(self) -> String {
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
            Self::Choice(words) => match words.split_last() {
                Some((last, [])) => (*last).into(),
                Some((last, others)) => format!("{} or {last}", others.join(", ")),
                None => "nothing".into(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

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
        let mut isas = std::vec!["auto"];
        isas.extend(crate::simd::Isa::NAMES);
        assert_eq!(choices("isa"), isas);

        let mut known: Vec<_> = crate::math::Activation::ALL.iter().map(|a| a.name()).collect();
        let mut offered = choices("activation");
        known.sort_unstable();
        offered.sort_unstable();
        assert_eq!(offered, known);
    }
}
