//! The table of commands.

use super::Command::{
    self, Completions, Convert, Demo, Export, GradCheck, Grid, Help, Import, Info, Man, Predict, Test, Train,
};
use super::SHELLS;

/// A row of [`COMMANDS`].
pub struct CommandSpec {
    pub command: Command,
    /// The word that names it; empty for the demo.
    pub word: &'static str,
    /// What may follow the options.
    pub operands: Operands,
    /// One line for the list of commands.
    pub summary: &'static str,
    /// What it does, reads and writes: a paragraph.
    pub about: &'static str,
    /// Command lines that work, each followed by two spaces, `# ` and what it does.
    pub examples: &'static [&'static str],
}

/// How many words without dashes a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operands {
    None,
    /// At most one, of this name.
    Optional(&'static str),
    /// At least one, of this name.
    Many(&'static str),
    /// One of these words, of this name.
    Choice(&'static str, &'static [&'static str]),
    /// Any number, of this name.
    Any(&'static str),
}

/// Every command, in the order of the help text.
pub static COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        command: Demo,
        word: "",
        operands: Operands::None,
        summary: "the demo: train on the embedded digits, test, draw the result",
        about: if cfg!(feature = "digits") {
            "Without a command: trains on the digits that are part of the program, as `train --lr 0.005 \
             --epochs 40` does, tests the model, draws a few test digits, saves digits.mono in this folder \
             and says what to try next."
        } else {
            "This build is without the embedded digits, and so without a demo."
        },
        examples: &[
            "monolayer  # train on the embedded digits, test, save digits.mono",
            "monolayer train --data mnist/ --out mnist.mono  # fit a model to a folder of data",
            "monolayer test --model mnist.mono --data mnist/  # accuracy, class by class",
            "monolayer predict --model mnist.mono 7.pgm  # the class of a picture",
            "monolayer help train  # the options of a command",
        ],
    },
    CommandSpec {
        command: Train,
        word: "train",
        operands: Operands::None,
        summary: "fit a model, and test it if the data have test images",
        about: "Fits the perceptron to the training images by minibatch gradient ascent on the \
                log-likelihood with an L2 penalty. The weights follow from the data, the options and the \
                seed, to the bit, on every machine. The cost printed for an epoch is the mean cross-entropy \
                of its batches plus lambda/2 |W|^2 over the number of images; each batch's step applies \
                the whole penalty.",
        examples: &[
            "monolayer train --data mnist/ --out mnist.mono  # the defaults, saved",
            "monolayer train --data mnist/ --hidden 100 --activation softplus --seed 2  # other choices",
            "monolayer train --data table.csv --out table.mono  # a table of your own",
            "monolayer train --data pictures/ --size 28x28 --fit  # a folder with a subfolder a class",
            "monolayer train --data cifar-10-binary.tar.gz --step mean --scale 1 --lambda 0.01  \
             # colour pictures, straight from the archive",
            "monolayer train --data mnist/ --validation 5000 --patience 5 --epochs 100  \
             # stop when it no longer improves",
            "monolayer train --data mnist/ --checkpoint run.ckpt --resume --out mnist.mono  \
             # resumes where it was interrupted when given again",
            "monolayer train --json --quiet | tail -n 1  # the result, for a program",
        ],
    },
    CommandSpec {
        command: Test,
        word: "test",
        operands: Operands::None,
        summary: "errors, accuracy, loss, and precision and recall by class",
        about: "Runs a model over the test images of the data. The loss is the mean cross-entropy plus the \
                L2 term that the model was trained with, over the number of images. Top k: the share of the \
                images whose class is among the k most probable. Calibration: how far, on average, the \
                probability of a prediction is from the share of such predictions that are right. Then the \
                confusion matrix, and precision, recall and F1 of each class; their means count every class \
                alike.",
        examples: &[
            "monolayer test --model mnist.mono --data mnist/  # on a folder of data",
            "monolayer test --model digits.mono  # on the embedded digits",
            "monolayer test --model digits.mono --json  # the same, for a program",
        ],
    },
    CommandSpec {
        command: Predict,
        word: "predict",
        operands: Operands::Many("FILE"),
        summary: "label pictures, or the rows of a table: one line each",
        about: "Of a table's model, labels every row of each FILE: by the names of its header, or else by \
                position, with or without the label's column; `-` is read row by row as it comes. Of other \
                models, labels every picture of each FILE: PNG, PGM or PPM, IDX, CIFAR records, or raw bytes, of the \
                size that the model was trained on, or of any size with --fit; `-` is stdin. One line per \
                picture or row: FILE[index], the class, its probability, and the three most probable \
                classes.",
        examples: &[
            "monolayer predict --model mnist.mono --fit drawing.png  # a digit of your own, of any size",
            "monolayer predict --model mnist.mono 7.pgm  # one picture",
            "monolayer predict --model table.mono --csv new.csv > labelled.csv  # rows, each with its class",
            "monolayer predict --model mnist.mono t10k-images-idx3-ubyte.gz  # ten thousand pictures",
            "monolayer predict --model mnist.mono --json - < 7.pgm  # from stdin, with all probabilities",
        ],
    },
    CommandSpec {
        command: GradCheck,
        word: "gradcheck",
        operands: Operands::None,
        summary: "compare the analytic gradient with central differences",
        about: "Moves every weight up and down by epsilon, in double precision, and compares the slope of \
                the objective with the formulas' gradient, and that with the step of the single-precision \
                kernels that train. g is the gradient, d the difference. The exit status is 1 unless max |d| \
                / max |g| and the relative norm, |d| over the sum of both gradients' norms, are at most 1e-6 \
                (1e-5 for the kernels), and if fewer than half of the pixels that are not 0 carry a \
                gradient: where the units are saturated, any formula would pass.",
        examples: &[
            "monolayer gradcheck  # 200 tanh units, 5 of the embedded digits",
            "monolayer gradcheck --data cifar-10-binary.tar.gz --activation cos  # pictures in colour",
            "monolayer gradcheck --plant activation  # with a wrong h': fails",
            "monolayer gradcheck --weights reference  # the reference program's own check beside it",
        ],
    },
    CommandSpec {
        command: Grid,
        word: "grid",
        operands: Operands::Any("FILE"),
        summary: "many runs, resumable, beside the reference's table",
        about: "Runs the 72 rows of the reference's table under its conventions, or any other combination of \
                options, as many runs at once as there are threads, and appends a line of JSON per finished \
                run to the results file. Runs that the file has are skipped, so that an interrupted grid \
                resumes. At the end it prints the table: FAULTS and LOSS as means over the seeds, the \
                standard deviation between them, the reference's figures and those of its re-run in float64. \
                With FILEs, results of grids or of shares of one, it prints their table only.",
        examples: &[
            "monolayer grid --mnist mnist/ --cifar cifar-10-binary.tar.gz  # the reference's 72 rows",
            "monolayer grid --mnist mnist/ --activation tanh --seeds 1,2,3  # 12 of them, with three seeds \
             each",
            "monolayer grid --data mnist/ --hidden 50,400 --lr 0.01,0.001 --out mine.jsonl  \
             # a grid of your own",
            "monolayer grid --mnist mnist/ --shard 2/4 --out part2.jsonl  # one of four shares",
            "monolayer grid part1.jsonl part2.jsonl  # the table of existing results",
        ],
    },
    CommandSpec {
        command: Export,
        word: "export",
        operands: Operands::None,
        summary: "convert a model: C, Rust, HTML, ONNX, PyTorch, NumPy, int8",
        about: "Writes a model in another format, with its exact costs: bytes of constants, of scratch and \
                of stack, multiply-adds. C: --out NAME.c, and NAME.h beside it; one file without a library, \
                whose logits are those of `predict`, bit for bit, on any processor. Rust: a module over the \
                crate, which needs no std. HTML: one page with the weights inside and a place to draw, which \
                gives those logits too and needs no network. ONNX (IR 7, operator set 13): input `pixels`, \
                bytes; outputs `logits` and `probabilities`. safetensors: fc1 and fc2, as PyTorch has them; \
                `import` reads it back. npz: W1, b1, W2, b2.",
        examples: &[
            "monolayer export --model mnist.mono --format c --out mnist.c  \
             # mnist.c and mnist.h, for a device",
            "monolayer export --model mnist.mono --int8 --data mnist/ --max-loss 0.1 --format c --out \
             mnist.c  # in integers, a quarter of the size, for a device without a float unit",
            "monolayer export --model mnist.mono --format html --out draw.html  # a page to draw digits on",
            "monolayer export --model mnist.mono --format onnx --out mnist.onnx  # for onnxruntime",
            "monolayer export --model mnist.mono --format safetensors --out mnist.safetensors  \
             # for PyTorch",
        ],
    },
    CommandSpec {
        command: Import,
        word: "import",
        operands: Operands::None,
        summary: "make a model of weights from elsewhere (safetensors, npz)",
        about: "Makes a model file from the two layers of a network trained elsewhere, so that it can be \
                tested, exported and run on a device. In PyTorch: \
                safetensors.torch.save_file(model.state_dict(), 'net.safetensors'). In Keras: \
                numpy.savez('net.npz', *model.get_weights()). In scikit-learn: numpy.savez('net.npz', \
                *model.coefs_, *model.intercepts_, activation=model.activation). One output becomes two \
                classes.",
        examples: &[
            "monolayer import --from net.safetensors --activation tanh --out net.mono  \
             # a network that was trained on pixels divided by 255",
            "monolayer import --from net.safetensors --activation relu --mean 0.1307 --std 0.3081 --out net.mono  \
             # on pixels standardised by one mean and deviation",
            "monolayer import --from net.npz --activation sigmoid --classes names.txt --out net.mono  \
             # with the names of the classes",
            "monolayer import --from mnist.safetensors --out mnist.mono  \
             # a file that `export` wrote names its activation",
        ],
    },
    CommandSpec {
        command: Convert,
        word: "convert",
        operands: Operands::None,
        summary: "write any data set as IDX files",
        about: "Writes the training and test halves of a data set of any kind as IDX files, as MNIST has \
                them, and the names of the classes into classes.txt: for other programs, or to see the \
                bytes that a table becomes. The map from features to bytes is not in IDX files: a table's \
                model is trained on the table.",
        examples: &[
            "monolayer convert --data pictures/ --out idx  # a folder of pictures by class",
            "monolayer convert --data table.csv --out idx  # the bytes that the network sees",
            "monolayer train --data idx --classes idx/classes.txt  # train on what was written",
        ],
    },
    CommandSpec {
        command: Info,
        word: "info",
        operands: Operands::Optional("FILE"),
        summary: "describe a model file, a data set or this machine",
        about: "Describes a model file, a data set (a file or a folder; `-` is stdin) or a checkpoint of \
                `train`; without FILE, the instruction sets and cores of this machine.",
        examples: &[
            "monolayer info  # this machine",
            "monolayer info mnist.mono  # shapes, fingerprint, how it was trained",
            "monolayer info mnist/  # kind, counts, classes, fingerprint",
        ],
    },
    CommandSpec {
        command: Completions,
        word: "completions",
        operands: Operands::Choice("SHELL", SHELLS),
        summary: "a completion script for bash, zsh or fish",
        about: "Prints a script for SHELL (bash, zsh or fish) that completes commands, options and their \
                values. The examples have each new shell read it.",
        examples: &[
            "monolayer completions bash >> ~/.bashrc  # bash, without a package",
            "mkdir -p ~/.zfunc && monolayer completions zsh > ~/.zfunc/_monolayer  \
             # zsh, with ~/.zfunc in fpath before compinit",
            "mkdir -p ~/.config/fish/completions && \
             monolayer completions fish > ~/.config/fish/completions/monolayer.fish  # fish",
        ],
    },
    CommandSpec {
        command: Man,
        word: "man",
        operands: Operands::None,
        summary: "the manual page",
        about: "Prints the manual page, monolayer(1), in roff.",
        examples: &[
            "monolayer man | man -l -  # read it",
            "monolayer man > monolayer.1 && man ./monolayer.1  # save and read it",
        ],
    },
    CommandSpec {
        command: Help,
        word: "help",
        operands: Operands::Optional("COMMAND"),
        summary: "the options of a command",
        about: "Prints what `COMMAND --help` prints.",
        examples: &["monolayer help  # the commands", "monolayer help train  # the options of train"],
    },
];
