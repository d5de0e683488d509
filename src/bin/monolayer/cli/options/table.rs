//! The table of options, in the order of the help text.

use super::Command::{
    Completions, Convert, Demo, Export, GradCheck, Grid, Help, Import, Info, Man, Predict, Test, Train,
};
use super::{Command, Differs, Effect, OptionSpec, Rule};
use monolayer::train::{Field, Range};

const EVERYWHERE: &[Command] =
    &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Import, Convert, Info, Completions, Man, Help];
/// Those that work on something.
const ALL_BUT_HELP: &[Command] =
    &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Import, Convert, Info];
/// Those that load a data set.
const LOADING: &[Command] = &[Train, Test, GradCheck, Grid, Export, Convert, Info];

/// Commands that take the names of classes.
const NAMING: &[Command] = &[Train, Test, GradCheck, Grid, Export, Convert, Info, Import];

/// The functions that a network from elsewhere may have.
const IMPORTED: Rule = Rule::Of(Range::OneOf(&["relu", "cos", "tanh", "softplus", "sigmoid"]));
/// `export` loads data for integers only.
const WITH_INT8: &[(Command, Opt)] = &[(Export, Opt::Int8)];
/// Those that compute.
const COMPUTING: &[Command] = &[Demo, Train, Test, Predict, GradCheck, Grid, Export, Info];

/// The help text of --data.
const DATA: &str = if cfg!(feature = "digits") {
    "a table (CSV and its like, npz), a folder of pictures by class, IDX, CIFAR-10 or CIFAR-100 binary, rows \
     of text: a file, a folder or an archive, raw or .gz; left out: the embedded digits"
} else {
    "a table (CSV and its like, npz), a folder of pictures by class, IDX, CIFAR-10 or CIFAR-100 binary, rows \
     of text: a file, a folder or an archive, raw or .gz; needed: this build is without the embedded digits"
};

/// The default of --recipe.
const RECIPE: &str = "table for a mapped table, else reference";

/// The help text of --out for a grid.
const RESULTS: &str = "append each run's line to this file, and skip the runs that it has";

/// An option whose other properties have their usual values.
const fn option(name: &'static str, rule: Rule, commands: &'static [Command]) -> OptionSpec {
    let (help, effect) = ("", Effect::Result);
    let (letter, default, field, list, needs, differs) = (None, None, None, false, &[], &[]);
    OptionSpec { name, letter, rule, default, help, commands, field, list, effect, needs, differs }
}

/// An option whose value is one of these words.
const fn choice(
    name: &'static str,
    words: &'static [&'static str],
    commands: &'static [Command],
) -> OptionSpec {
    option(name, Rule::Of(Range::OneOf(words)), commands)
}

/// An option that sets a field of the configuration and is called by its name.
const fn field(field: Field, commands: &'static [Command]) -> OptionSpec {
    OptionSpec { field: Some(field), ..option(field.name, Rule::Of(field.range), commands) }
}

/// The options as an enum, and the table that it is an index of: `Id = row, property: value, ... => help;`.
macro_rules! options {
    ($($id:ident = $row:expr $(, $property:ident: $value:expr)* => $help:expr;)*) => {
        /// An option.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Opt {
            $($id),*
        }

        impl Opt {
            /// Every option, in the order of the help text.
            pub const ALL: &'static [Self] = &[$(Self::$id),*];
        }

        pub(super) static TABLE: &[OptionSpec] =
            &[$(OptionSpec { help: $help, $($property: $value,)* ..$row }),*];
    };
}

options! {
    Data = option("data", Rule::Path("PATH"), &[Train, Test, GradCheck, Grid, Export, Convert]),
        needs: WITH_INT8 => DATA;
    Mnist = option("mnist", Rule::Path("PATH"), &[Grid]) =>
        "MNIST: run the reference's rows on it";
    Cifar = option("cifar", Rule::Path("PATH"), &[Grid]) =>
        "CIFAR-10: run the reference's rows on it";
    Label = option("label", Rule::Text("NAME"), LOADING), needs: WITH_INT8 =>
        "the column of a table that is the label: its name, or `first` or `last`; left out: a column named \
         label, class or target, or the only text column, or y without x, if there is one";
    Ignore = option("ignore", Rule::Text("NAME,..."), LOADING), needs: WITH_INT8 =>
        "columns of a table to leave out, by name, separated by commas";
    Test = option("test", Rule::Path("PATH"), LOADING), needs: WITH_INT8 =>
        "the test half, a file or folder like that of --data";
    TestShare = option("test-share", Rule::Part, LOADING), default: Some("0.2"), needs: WITH_INT8 =>
        "test on this share of the samples of a table or of class folders that have no test half; 0: train \
         on all";
    Map = choice("map", &["auto", "none", "always"], LOADING), default: Some("auto"), needs: WITH_INT8 =>
        "map the features of a table to bytes; auto: unless they are pixels";
    Size = option("size", Rule::Size, LOADING), needs: WITH_INT8 =>
        "the height and width of the pictures of class folders; with --fit, those of other sizes are fitted";
    Grey = option("grey", Rule::Flag, LOADING), needs: WITH_INT8 =>
        "make colour pictures of class folders grey";
    NoTranspose = option("no-transpose", Rule::Flag, LOADING), needs: WITH_INT8 =>
        "do not turn EMNIST's pictures, which are transposed";
    Classes = option("classes", Rule::Path("FILE"), NAMING), needs: WITH_INT8 =>
        "the names of the classes, one a line";
    Labels = choice("labels", &["fine", "coarse"], LOADING), default: Some("fine"), needs: WITH_INT8 =>
        "which labels of CIFAR-100 to use";
    Model = option("model", Rule::Path("FILE"), &[Test, Predict, Export]) =>
        "a trained model, as `train --out` writes it";
    Format = choice("format", &["c", "rust", "mono", "html", "onnx", "safetensors", "npz"], &[Export]) =>
        "the format: a C99 source and its header, a Rust module for the crate, the model file itself (with \
         --int8), a page to draw on in any browser, ONNX, or the weights for PyTorch or NumPy";
    Int8 = option("int8", Rule::Flag, &[Export]) =>
        "integer weights and arithmetic, calibrated on the training images of --data and tested on its test \
         images; for c, rust and mono";
    MaxLoss = option("max-loss", Rule::Of(Range::AtLeast(0.0)), &[Export]), needs: &[(Export, Opt::Int8)] =>
        "points of accuracy that --int8 may lose on the test images: if more, nothing is written and the \
         exit status is 1";
    From = option("from", Rule::Path("FILE"), &[Import]) =>
        "a safetensors file, or NumPy's .npz, of two layers: A.weight, A.bias, B.weight, B.bias, or W1, b1, \
         W2, b2, or W1, W2 with the biases in the first column; or Keras' A.kernel, A.bias, ..., or \
         scikit-learn's coefs_0, coefs_1, intercepts_0, intercepts_1, or arr_0 to arr_3, all with a row an \
         input";
    Mean = option("mean", Rule::Text("X,..."), &[Import]), needs: &[(Import, Opt::Std)] =>
        "what was subtracted from the inputs: one number, or one a channel, of pixels divided by --scale; or \
         one a feature, of the features of a table; an array `mean` in the file does the same";
    Std = option("std", Rule::Text("X,..."), &[Import]), needs: &[(Import, Opt::Mean)] =>
        "what the inputs were divided by then, as many numbers as --mean; an array `std` in the file does the \
         same";
    Recipe = choice("recipe", &["reference", "table", "fast"], &[Train, GradCheck, Grid]),
        differs: &[
            (Train, Differs::Told(RECIPE)), (GradCheck, Differs::Told(RECIPE)), (Grid, Differs::Told(RECIPE))
        ] =>
        "the defaults of the options below, each of which can be given too; in recipe table, 16 hidden units \
         under 1,000 rows, and at least 3,000 steps from 10 classes on unless --epochs is given";
    Hidden = field(Field::HIDDEN, &[Train, GradCheck, Grid]),
        list: true, differs: &[(GradCheck, Differs::Default("200"))] => Field::HIDDEN.help;
    Activation = field(Field::ACTIVATION, &[Train, GradCheck, Grid, Import]),
        list: true,
        differs: &[
            (Import, Differs::Told("what the file says")), (Import, Differs::Rule(IMPORTED)),
            (Import, Differs::Help("the hidden units' function; sigmoid, which is the logistic function, becomes tanh exactly"))
        ] => Field::ACTIVATION.help;
    Lr = field(Field::LR, &[Train, Grid]), list: true => Field::LR.help;
    Schedule = field(Field::SCHEDULE, &[Train]) => Field::SCHEDULE.help;
    Lambda = field(Field::LAMBDA, &[Train, GradCheck, Grid]), list: true => Field::LAMBDA.help;
    Batch = field(Field::BATCH, &[Train, Grid]), list: true => Field::BATCH.help;
    Epochs = field(Field::EPOCHS, &[Train, Grid]), list: true => Field::EPOCHS.help;
    Step = field(Field::STEP, &[Train, Grid]), list: true => Field::STEP.help;
    Centre = OptionSpec {
            rule: Rule::OrAuto(Field::CENTRE.range), ..field(Field::CENTRE, &[Train, GradCheck, Grid])
        } =>
        "subtract this from pixels or bytes; auto: the mean of the training half";
    Scale = OptionSpec {
            rule: Rule::OrAuto(Field::SCALE.range), ..field(Field::SCALE, &[Train, GradCheck, Grid, Import])
        },
        list: true, differs: &[(Import, Differs::Told("what the file says, or 255"))] =>
        "divide pixels or bytes by this; auto: the standard deviation of the training half";
    StartScale = OptionSpec { name: "start-scale", ..field(Field::START_SCALE, &[Train, Grid]) }, list: true =>
        Field::START_SCALE.help;
    Seed = field(Field::SEED, &[Train, GradCheck]) => Field::SEED.help;
    Samples = option("samples", Rule::Of(Range::Whole(1, 1000)), &[GradCheck]), default: Some("5") =>
        "training images to check on; more than the data have: all of them";
    Epsilon = option("epsilon", Rule::Of(Range::Within(0.0, 1.0)), &[GradCheck]), default: Some("1e-6") =>
        "how far each weight is moved, up and down";
    Weights = choice("weights", &["start", "reference"], &[GradCheck]), default: Some("start") =>
        "where to check; `reference`: at the start weights, and beside them at the reference program's, \
         uniform in [0, 1), on raw pixels";
    Plant = choice("plant", &["w1", "w2", "activation", "lambda"], &[GradCheck]) =>
        "put an error into the gradient, which the check must find: dE/dW1 or dE/dW2 without the last image, \
         a wrong \
         h', or biases left out of the L2 penalty";
    Seeds = option("seeds", Rule::Of(Field::SEED.range), &[Grid]), field: Some(Field::SEED), list: true =>
        "the seeds to run each row with";
    Shard = option("shard", Rule::Share, &[Grid]) =>
        "do this share of the runs; the concatenated results files of all shares are those of the whole grid";
    Out = option("out", Rule::Output("FILE"), &[Train, Grid, Export, Import, Convert]),
        differs: &[
            (Grid, Differs::Default("grid.jsonl")), (Grid, Differs::Help(RESULTS)),
            (Convert, Differs::Help("the folder to write the files into; it is made if it is not there"))
        ] =>
        "write the model here, whole or not at all; `-`: to stdout, and the results to stderr";
    Validation = option("validation", Rule::Of(Range::Whole(1, u32::MAX as u64)), &[Train]) =>
        "hold out this many training images, chosen by the seed, and test on them after each epoch";
    Patience = option("patience", Rule::Of(Range::Whole(1, 100_000)), &[Train]),
        needs: &[(Train, Opt::Validation)] =>
        "with --validation: stop after this many epochs in a row without fewer errors on the images held out \
         (or as many and a lower cross-entropy), and keep the weights of the best epoch";
    Checkpoint = option("checkpoint", Rule::Output("FILE"), &[Train]) =>
        "save the state of the run here after each epoch, whole or not at all";
    Resume = option("resume", Rule::Flag, &[Train]),
        effect: Effect::Course, needs: &[(Train, Opt::Checkpoint)] =>
        "resume from the --checkpoint, with the same weights as without a break; start anew if there is no \
         such file; another run's is refused, but more --epochs may be given unless a --schedule depends on \
         them";
    Restart = option("restart", Rule::Flag, &[Train]),
        effect: Effect::Course, needs: &[(Train, Opt::Checkpoint)] =>
        "begin anew and overwrite the --checkpoint that is there";
    TargetAccuracy = option("target-accuracy", Rule::Of(Range::Within(0.0, 1.0)), &[Train]) =>
        "end with exit status 1 if the accuracy on the test images is below this share";
    Summary = option("summary", Rule::Flag, &[Train]), effect: Effect::Show =>
        "print parameters, bytes and multiply-adds of the layers first";
    Fit = option("fit", Rule::Flag, &[Predict, Train, Test, GradCheck, Grid, Export, Convert, Info]),
        needs: &[
            (Train, Opt::Size), (Test, Opt::Size), (GradCheck, Opt::Size), (Grid, Opt::Size), (Export, Opt::Size),
            (Convert, Opt::Size), (Info, Opt::Size)
        ] =>
        "fit pictures of any size: a drawing on paper or a board is cropped, scaled, placed and, where it has \
         to be, inverted as the model's own pictures are (in class folders: as MNIST's); of photographs the \
         middle is scaled";
    Report = option("report", Rule::Output("FILE"), &[Train, Test, Grid]), effect: Effect::Show =>
        "write a report here, one HTML file that needs no network: configuration, learning curves, tables, \
         charts, pictures, and the command that repeats the run";
    Isa = choice("isa", &["auto", "scalar", "avx2", "avx512", "neon"], COMPUTING),
        default: Some("auto"), effect: Effect::Course =>
        "the instruction set, which changes the speed only; one that this machine lacks is an error";
    Threads = option("threads", Rule::OrAuto(Range::Whole(1, 256)), COMPUTING),
        default: Some("auto"), effect: Effect::Course =>
        "worker threads, which change the speed only";
    Products = choice("products", &["auto", "dense", "sparse"], &[Demo, Train, Test, Predict]),
        default: Some("auto"), effect: Effect::Course =>
        "dense: every pixel is multiplied; sparse: those that are not 0; auto: as the pixels are. It \
         changes the speed only";
    Csv = option("csv", Rule::Flag, &[Predict]), effect: Effect::Show =>
        "of a table, print each row as it is with the predicted class behind it, and the header too";
    Json = option("json", Rule::Flag, ALL_BUT_HELP), effect: Effect::Show =>
        "results for programs: one JSON object per line; numbers that are not finite are null";
    Quiet = option("quiet", Rule::Flag, ALL_BUT_HELP), effect: Effect::Show =>
        "no progress on stderr";
    Help = option("help", Rule::Flag, EVERYWHERE), letter: Some('h'), effect: Effect::Show =>
        "this text";
    Version = option("version", Rule::Flag, EVERYWHERE), effect: Effect::Show =>
        "the versions of the program, of its numeric contract and of the model file";
}
