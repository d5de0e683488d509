//! The options, each said once, in the order of the help text.

use super::Command::{
    Completions, Demo, Export, GradCheck, Grid, Help, Import, Info, Man, Predict, Test, Train,
};
use super::{Command, Differs, Effect, OptionSpec, Rule};
use monolayer::train::{Field, Range};

const EVERYWHERE: &[Command] =
    &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Import, Info, Completions, Man, Help];
/// Those that work on something.
const ALL_BUT_HELP: &[Command] = &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Import, Info];
/// Those that compute.
const COMPUTING: &[Command] = &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Info];

/// An option; the methods below say what else is true of it.
const fn option(
    name: &'static str,
    rule: Rule,
    help: &'static str,
    commands: &'static [Command],
) -> OptionSpec {
    let effect = Effect::Result;
    let (letter, default, field, list, needs, differs) = (None, None, None, false, &[], &[]);
    OptionSpec { name, letter, rule, default, help, commands, field, list, effect, needs, differs }
}

/// An option that sets a field of the configuration and is called by its name.
const fn field(field: Field, commands: &'static [Command]) -> OptionSpec {
    option(field.name, Rule::Of(field.range), field.help, commands).of_field(field)
}

impl OptionSpec {
    const fn of_field(self, field: Field) -> Self {
        Self { field: Some(field), ..self }
    }

    const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    const fn letter(self, letter: char) -> Self {
        Self { letter: Some(letter), ..self }
    }

    const fn list(self) -> Self {
        Self { list: true, ..self }
    }

    const fn effect(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    const fn needs(self, needs: &'static [(Command, Opt)]) -> Self {
        Self { needs, ..self }
    }

    const fn differs(self, differs: &'static [(Command, Differs)]) -> Self {
        Self { differs, ..self }
    }
}

/// The options' names as an enum, and the table that it is an index of.
macro_rules! options {
    ($($id:ident = $row:expr),* $(,)?) => {
        /// An option.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Opt {
            $($id),*
        }

        impl Opt {
            /// Every option, in the order of the help text.
            pub const ALL: &'static [Self] = &[$(Self::$id),*];
        }

        pub(super) static TABLE: &[OptionSpec] = &[$($row),*];
    };
}

options![
    Data = option(
        "data",
        Rule::Path("PATH"),
        if cfg!(feature = "digits") {
            "a folder, a file under its usual name (raw or .gz) or a .tar.gz: IDX, CIFAR-10 or \
            CIFAR-100 binary, rows of text; left out: the embedded digits"
        } else {
            "a folder, a file under its usual name (raw or .gz) or a .tar.gz: IDX, CIFAR-10 or \
            CIFAR-100 binary, rows of text; needed: this build is without the embedded digits"
        },
        &[Train, Test, GradCheck, Grid, Export]
    )
    .needs(&[(Export, Opt::Int8)]),
    Mnist = option("mnist", Rule::Path("PATH"), "MNIST: run the reference's rows on it", &[Grid]),
    Cifar = option("cifar", Rule::Path("PATH"), "CIFAR-10: run the reference's rows on it", &[Grid]),
    Labels = option(
        "labels",
        Rule::Of(Range::OneOf(&["fine", "coarse"])),
        "which labels of CIFAR-100 to use",
        &[Train, Test, GradCheck, Grid, Export, Info]
    )
    .or("fine")
    .needs(&[(Export, Opt::Int8)]),
    Model = option(
        "model",
        Rule::Path("FILE"),
        "a trained model, as `train --out` writes it",
        &[Test, Predict, Export]
    ),
    Format = option(
        "format",
        Rule::Of(Range::OneOf(&["c", "rust", "mono", "html", "onnx", "safetensors", "npz"])),
        "the place: a C99 source and its header, a Rust module for the crate, the model file \
            itself (with --int8), a page to draw on in any browser, ONNX, or the weights for \
            PyTorch or NumPy",
        &[Export]
    ),
    Int8 = option(
        "int8",
        Rule::Flag,
        "weights and arithmetic in integers, made by the training images of --data and tried \
            on its test images; for c, rust and mono",
        &[Export]
    ),
    MaxLoss = option(
        "max-loss",
        Rule::Of(Range::AtLeast(0.0)),
        "points of accuracy that --int8 may lose on the test images: if more, nothing is \
            written and the exit status is 1",
        &[Export]
    )
    .needs(&[(Export, Opt::Int8)]),
    From = option(
        "from",
        Rule::Path("FILE"),
        "a safetensors file of two layers: A.weight, A.bias, B.weight, B.bias, or W1, b1, W2, \
            b2, or W1, W2 with the biases in the first column",
        &[Import]
    ),
    Hidden = field(Field::HIDDEN, &[Train, GradCheck, Grid])
        .list()
        .differs(&[(GradCheck, Differs::Default("200"))]),
    Activation = field(Field::ACTIVATION, &[Train, GradCheck, Grid, Import])
        .list()
        .differs(&[(Import, Differs::Told("what the file says"))]),
    Lr = field(Field::LR, &[Train, Grid]).list(),
    Schedule = field(Field::SCHEDULE, &[Train]),
    Lambda = field(Field::LAMBDA, &[Train, GradCheck, Grid]).list(),
    Batch = field(Field::BATCH, &[Train, Grid]).list(),
    Epochs = field(Field::EPOCHS, &[Train, Grid]).list(),
    Step = field(Field::STEP, &[Train, Grid]).list(),
    Scale = field(Field::SCALE, &[Train, GradCheck, Grid, Import])
        .list()
        .differs(&[(Import, Differs::Told("what the file says, or 255"))]),
    Seed = field(Field::SEED, &[Train, GradCheck]),
    Samples = option(
        "samples",
        Rule::Of(Range::Whole(1, 1000)),
        "training images to check on; more than the data have: all of them",
        &[GradCheck]
    )
    .or("5"),
    Epsilon = option(
        "epsilon",
        Rule::Of(Range::Within(0.0, 1.0)),
        "how far each weight is moved, up and down",
        &[GradCheck]
    )
    .or("1e-6"),
    Weights = option(
        "weights",
        Rule::Of(Range::OneOf(&["start", "reference"])),
        "where to check; `reference`: at the start weights, and beside them at the reference \
            program's, uniform in [0, 1), on raw pixels",
        &[GradCheck]
    )
    .or("start"),
    Plant = option(
        "plant",
        Rule::Of(Range::OneOf(&["w1", "w2", "activation", "lambda"])),
        "put an error into the gradient, to see it found: dE/dW1 or dE/dW2 without the last \
            image, a wrong h', or biases left out of the L2 penalty",
        &[GradCheck]
    ),
    Seeds = option("seeds", Rule::Of(Field::SEED.range), "the seeds to run each row with", &[Grid])
        .of_field(Field::SEED)
        .list(),
    Shard = option(
        "shard",
        Rule::Share,
        "do this share of the runs; the results files of all shares, one behind the other, are \
            the whole grid's",
        &[Grid]
    ),
    Out = option(
        "out",
        Rule::Output("FILE"),
        "write the model here, whole or not at all; `-`: to stdout, and the results to stderr",
        &[Train, Grid, Export, Import]
    )
    .differs(&[
        (Grid, Differs::Default("grid.jsonl")),
        (Grid, Differs::Help("add each run's line to this file, and do no run that it has"))
    ]),
    Validation = option(
        "validation",
        Rule::Of(Range::Whole(1, u32::MAX as u64)),
        "hold out so many training images, chosen by the seed, and test on them after each \
            epoch",
        &[Train]
    ),
    Patience = option(
        "patience",
        Rule::Of(Range::Whole(1, 100_000)),
        "with --validation: end after so many epochs in a row without fewer faults on the \
            images held out (or as many and a lower cross-entropy), and keep the weights of the \
            best epoch",
        &[Train]
    )
    .needs(&[(Train, Opt::Validation)]),
    Checkpoint = option(
        "checkpoint",
        Rule::Output("FILE"),
        "save the run here after each epoch, whole or not at all",
        &[Train]
    ),
    Resume = option(
        "resume",
        Rule::Flag,
        "go on from the --checkpoint, to the same weights as without a break; from the start \
            if it is not there; another run's is refused, but more --epochs may be given unless a \
            --schedule depends on them",
        &[Train]
    )
    .effect(Effect::Course)
    .needs(&[(Train, Opt::Checkpoint)]),
    TargetAccuracy = option(
        "target-accuracy",
        Rule::Of(Range::Within(0.0, 1.0)),
        "end with exit status 1 if the accuracy on the test images is below this share",
        &[Train]
    ),
    Summary =
        option("summary", Rule::Flag, "print the layers first: parameters, bytes, multiply-adds", &[Train])
            .effect(Effect::Show),
    Fit = option(
        "fit",
        Rule::Flag,
        "make pictures of any size to measure: for a model of greys as MNIST was made \
            (inverted if the background is light, cropped to the drawing, scaled to 20 x 20 of 28 \
            x 28, its centre of mass in the middle), for one of colours the middle, scaled",
        &[Predict]
    ),
    Report = option(
        "report",
        Rule::Output("FILE"),
        "write a page for people here, HTML in one file that needs no network: what was done, \
            how it went, tables, charts, pictures, and the command that repeats it",
        &[Train, Test, Grid]
    )
    .effect(Effect::Show),
    Isa = option(
        "isa",
        Rule::Of(Range::OneOf(&["auto", "scalar", "avx2", "avx512", "neon"])),
        "the instruction set: the result is the same, the speed is not; one that this machine \
            lacks is an error",
        COMPUTING
    )
    .or("auto")
    .effect(Effect::Course),
    Threads = option(
        "threads",
        Rule::OrAuto(Range::Whole(1, 256)),
        "worker threads: the result is the same",
        COMPUTING
    )
    .or("auto")
    .effect(Effect::Course),
    Products = option(
        "products",
        Rule::Of(Range::OneOf(&["auto", "dense", "sparse"])),
        "dense: every pixel is multiplied; sparse: those that are not 0; auto: as the pixels \
            are. The result is the same, the speed is not",
        &[Demo, Train, Test, Predict]
    )
    .or("auto")
    .effect(Effect::Course),
    Json = option(
        "json",
        Rule::Flag,
        "results for programs: one JSON object a line; numbers that are not finite are null",
        ALL_BUT_HELP
    )
    .effect(Effect::Show),
    Quiet = option("quiet", Rule::Flag, "no progress on stderr", ALL_BUT_HELP).effect(Effect::Show),
    Help = option("help", Rule::Flag, "this text", EVERYWHERE).letter('h').effect(Effect::Show),
    Version = option(
        "version",
        Rule::Flag,
        "the versions of the program, of its numeric contract and of the model file",
        EVERYWHERE
    )
    .effect(Effect::Show),
];
