//! The command, as people and programs see it: what goes to stdout, what to stderr, and the exit status.
#![cfg(feature = "std")]

use monolayer::Activation;
use monolayer::weights::{About, ModelFile, Params, Picture, Shape, to_vec};
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

// ------------------------------------------------------------------------------------------- the program

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
    for name in ["COLUMNS", "NO_COLOR", "TERM", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn run<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Output {
    program().args(words).output().unwrap()
}

/// Runs words that spaces part.
fn line(words: &str) -> Output {
    run(words.split_whitespace())
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Results of a command that must succeed.
#[track_caller]
fn results(words: &str) -> String {
    let output = line(words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", stderr(&output));
    stdout(&output).into()
}

/// The message of a command that must fail: one or two lines on stderr, after the progress.
#[track_caller]
fn failure(words: &str, status: i32) -> String {
    message(&line(words), status, words)
}

#[track_caller]
fn message(output: &Output, status: i32, what: &str) -> String {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(status), "{what}: {text}");
    assert!(output.stdout.is_empty(), "{what}: {}", stdout(output));
    let start = text.find("monolayer: ").unwrap_or_else(|| panic!("{what}: no message in `{text}`"));
    assert!(text[..start].lines().all(is_progress), "{what}: {text}");
    assert!((1..=2).contains(&text[start..].lines().count()), "{what}: {text}");
    text[start..].to_string()
}

fn is_progress(line: &str) -> bool {
    ["training on ", "epoch "].iter().any(|start| line.starts_with(start))
}

// ------------------------------------------------------------------------------------------- data

/// An empty folder of this name.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| out.extend(size.to_be_bytes()));
    out.extend(data);
    out
}

/// Pictures of 4 x 5 pixels, one of whose first `classes` rows is bright: that of the class.
fn pictures(count: usize, classes: usize) -> (Vec<u8>, Vec<u8>) {
    let labels: Vec<u8> = (0..count).map(|n| (n * 7 % classes) as u8).collect();
    let pixel = |n: usize, i: usize| {
        let noise = (n * 31 + i * 17) % 60;
        if i / 5 == usize::from(labels[n]) { (200 + noise % 50) as u8 } else { noise as u8 }
    };
    ((0..count).flat_map(|n| (0..20).map(move |i| pixel(n, i))).collect(), labels)
}

fn write_half(folder: &Path, name: &str, count: usize, classes: usize) {
    let (pixels, labels) = pictures(count, classes);
    fs::write(folder.join(format!("{name}-images-idx3-ubyte")), idx(&[count as u32, 4, 5], &pixels)).unwrap();
    fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), idx(&[count as u32], &labels)).unwrap();
}

/// A folder with a data set of three classes.
fn data(name: &str) -> PathBuf {
    let path = folder(name);
    write_half(&path, "train", 90, 3);
    write_half(&path, "t10k", 30, 3);
    path
}

/// A tar archive.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data) in files {
        let mut head = [0; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
        head[148..156].fill(b' ');
        head[156] = b'0';
        head[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = head.iter().map(|&byte| u32::from(byte)).sum();
        head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend(head);
        out.extend(*data);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// A small training run.
const SMALL: &str = "--hidden 8 --epochs 3 --batch 20";

// ------------------------------------------------------------------------------------------- JSON

/// Just enough of JSON: whatever is not JSON panics.
#[derive(Clone, Debug, PartialEq)]
enum Json {
    Null,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn of(text: &str) -> Self {
        let mut rest = text.as_bytes();
        let value = Self::read(&mut rest);
        assert!(rest.is_empty(), "{text}");
        value
    }

    fn read(rest: &mut &[u8]) -> Self {
        match rest[0] {
            b'{' => Self::Object(Self::members(rest, b'}', |rest| {
                let Self::Text(name) = Self::read(rest) else { panic!("a name that is no text") };
                assert_eq!(rest[0], b':');
                *rest = &rest[1..];
                (name, Self::read(rest))
            })),
            b'[' => Self::List(Self::members(rest, b']', Self::read)),
            b'"' => Self::Text(Self::text(rest)),
            b'n' => Self::word(rest, "null", Self::Null),
            b't' => Self::word(rest, "true", Self::Truth(true)),
            b'f' => Self::word(rest, "false", Self::Truth(false)),
            _ => {
                let end = rest.iter().position(|b| !b"+-.eE0123456789".contains(b)).unwrap_or(rest.len());
                let text = std::str::from_utf8(&rest[..end]).unwrap();
                let digits = text.strip_prefix('-').unwrap_or(text);
                assert!(digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.ends_with('.'), "{text}");
                *rest = &rest[end..];
                Self::Number(text.parse().unwrap())
            }
        }
    }

    fn members<T>(rest: &mut &[u8], end: u8, read: impl Fn(&mut &[u8]) -> T) -> Vec<T> {
        let mut out = Vec::new();
        *rest = &rest[1..];
        while rest[0] != end {
            if !out.is_empty() {
                assert_eq!(rest[0], b',');
                *rest = &rest[1..];
            }
            out.push(read(rest));
        }
        *rest = &rest[1..];
        out
    }

    fn text(rest: &mut &[u8]) -> String {
        let text = std::str::from_utf8(rest).unwrap();
        let mut out = String::new();
        let mut chars = text.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    *rest = &rest[at + 1..];
                    return out;
                }
                '\\' => match chars.next().unwrap().1 {
                    'u' => {
                        let hex: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        out.extend(char::from_u32(u32::from_str_radix(&hex, 16).unwrap()));
                    }
                    c => out.push(c),
                },
                c => {
                    assert!(!c.is_control());
                    out.push(c);
                }
            }
        }
        panic!("a text without end");
    }

    fn word(rest: &mut &[u8], word: &str, value: Self) -> Self {
        *rest = rest.strip_prefix(word.as_bytes()).unwrap();
        value
    }

    #[track_caller]
    fn get(&self, name: &str) -> &Self {
        let Self::Object(members) = self else { panic!("no object: {self:?}") };
        &members.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no `{name}` in {self:?}")).1
    }

    #[track_caller]
    fn number(&self, name: &str) -> f64 {
        let Self::Number(x) = self.get(name) else { panic!("`{name}` is no number") };
        *x
    }

    #[track_caller]
    fn string(&self, name: &str) -> &str {
        let Self::Text(text) = self.get(name) else { panic!("`{name}` is no text") };
        text
    }

    #[track_caller]
    fn list(&self, name: &str) -> &[Self] {
        let Self::List(values) = self.get(name) else { panic!("`{name}` is no list") };
        values
    }
}

/// The objects that a command prints.
#[track_caller]
fn objects(words: &str) -> Vec<Json> {
    results(&format!("{words} --json")).lines().map(Json::of).collect()
}

#[track_caller]
fn last(words: &str) -> Json {
    objects(words).pop().unwrap()
}

/// The members that CLI.md promises of every result.
#[track_caller]
fn check_members(result: &Json) {
    for name in ["faults", "images", "accuracy", "loss", "cross_entropy", "seconds", "threads"] {
        assert!(matches!(result.get(name), Json::Number(_) | Json::Null), "{name}");
    }
    assert!(!result.string("isa").is_empty());
    assert!(["dense", "sparse"].contains(&result.string("products")));
    let fingerprint = result.string("fingerprint");
    assert!(fingerprint.len() == 16 && u64::from_str_radix(fingerprint, 16).is_ok(), "{fingerprint}");
    let config = result.get("config");
    for name in ["hidden", "lr", "lambda", "batch", "epochs", "scale", "seed"] {
        config.number(name);
    }
    for name in ["dataset", "activation", "step"] {
        config.string(name);
    }
}

// ------------------------------------------------------------------------------------------- the promises

#[test]
fn help_and_version_go_to_stdout() {
    let program_help = results("--help");
    assert_eq!(results("help"), program_help);
    assert_eq!(results("-h"), program_help);
    assert!(program_help.find("Examples:").unwrap() < program_help.find("Options:").unwrap());
    for command in ["train", "test", "predict", "info", "help"] {
        let text = results(&format!("{command} --help"));
        assert_eq!(results(&format!("help {command}")), text);
        assert_eq!(results(&format!("--help {command}")), text);
        assert!(text.starts_with(&format!("monolayer {command}: ")), "{text}");
        assert!(program_help.contains(&format!("\n  {command} ")));
    }
    let contract = monolayer::CONTRACT_VERSION;
    let version = format!("monolayer {} (numeric contract {contract}, ", env!("CARGO_PKG_VERSION"));
    assert!(results("--version").starts_with(&version));
    assert!(line("--help").stderr.is_empty() && line("--version").stderr.is_empty());
}

#[test]
fn what_is_not_understood_ends_with_2() {
    for (words, message) in [
        ("trian", "unknown command `trian`; did you mean `train`?"),
        ("train --hiden 3", "unknown option `--hiden`; did you mean `--hidden`?"),
        ("train --hidden 0 --json", "--hidden: found `0`; expected an integer, 1 to 65536"),
        ("train --activation gelu", "--activation: found `gelu`; expected relu, cos, tanh or softplus"),
        ("train --lr 0", "--lr: found `0`; expected a number > 0"),
        ("train --lr 1e39", "--lr: found `1e39`; expected a number > 0 that a 32-bit float can hold"),
        ("predict --fat", "unknown option `--fat`; did you mean `--fit`?"),
        ("test --model - --data -", "`-`, standard input, can be read once"),
        (
            "train --isa avx3",
            "--isa: found `avx3`; expected auto, scalar, avx2, avx512 or neon; did you mean `avx2`?",
        ),
        ("train --seed 1 --seed 1", "--seed is given twice"),
        ("test", "test needs --model FILE"),
        ("predict --model x", "predict needs a FILE"),
        ("help nonsense", "unknown command `nonsense`"),
        ("--json=1", "--json takes no value; found `1`"),
    ] {
        let found = failure(words, 2);
        assert!(found.starts_with(&format!("monolayer: {message}")), "{found}");
    }
    // What only the arithmetic can tell, once the data are there.
    let words = format!("train --data {} --lr 1e-45 --batch 60000 --step mean", data("underflow").display());
    let text = failure(&words, 2);
    assert!(text.starts_with("monolayer: --lr is ") && text.contains("--step mean divides it"), "{text}");
}

#[test]
#[cfg(feature = "digits")]
fn the_demo_learns_the_digits() {
    let here = folder("demo");
    let demo = |words: &[&str]| {
        let output = program().args(words).current_dir(&here).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        output
    };
    let output = demo(&["--json"]);
    let objects: Vec<Json> = stdout(&output).lines().map(Json::of).collect();
    let result = objects.last().unwrap();
    check_members(result);
    assert_eq!(objects.len(), 41, "40 epochs and the result");
    assert!(result.number("accuracy") >= 0.93, "{result:?}");
    assert_eq!((result.number("images"), result.get("config").string("dataset")), (1000.0, "digits"));
    assert!(here.join("digits.mono").is_file());

    let model = here.join("digits.mono");
    let tested = last(&format!("test --model {}", model.display()));
    assert_eq!(tested.get("faults"), result.get("faults"));
    assert_eq!(tested.get("config"), result.get("config"));

    // Where the model cannot be saved, the demo goes on.
    fs::remove_file(&model).unwrap();
    fs::create_dir(&model).unwrap();
    let output = demo(&[]);
    let text = stdout(&output);
    for part in
        ["confusion matrix", "precision", ", is a ", "tools/fetch-data mnist", "train --lr 0.005 --epochs 40"]
    {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    let program = env!("CARGO_BIN_EXE_monolayer");
    assert!(text.contains(&format!("  {program} train --data data/mnist")), "{text}");
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 80 || line.contains(program)));
    assert!(text.contains(result.string("fingerprint")), "another run, other weights");
    assert!(stderr(&output).contains("warning: the model is not saved: digits.mono"), "{}", stderr(&output));
}

#[test]
fn training_testing_and_predicting_agree() {
    let data = data("agree");
    let (path, model) = (data.display(), data.join("m.mono"));
    let model = model.display();
    let objects =
        objects(&format!("train --data {path} {SMALL} --lr 0.01 --seed 7 --lambda 0.5 --out {model}"));
    let (trained, epochs) = objects.split_last().unwrap();
    check_members(trained);
    assert_eq!(epochs.len(), 3);
    for (epoch, object) in (1..).zip(epochs) {
        assert_eq!(object.number("epoch"), f64::from(epoch));
        assert!(object.number("seconds") >= 0.0 && object.number("cost") > 0.0);
    }
    let config = trained.get("config");
    assert_eq!((config.number("seed"), config.number("lr"), config.string("step")), (7.0, 0.01, "sum"));
    assert!(trained.number("loss") > trained.number("cross_entropy"), "lambda counts");

    let tested = last(&format!("test --data {path} --model {model}"));
    check_members(&tested);
    assert_eq!(*tested.get("seconds"), Json::Null);
    for name in ["faults", "images", "accuracy", "loss", "cross_entropy", "fingerprint", "config"] {
        assert_eq!(tested.get(name), trained.get(name), "{name}");
    }
    assert_eq!(tested.get("tested").string("dataset"), "idx");
    let about_data = last(&format!("info {path}"));
    assert_eq!(tested.get("tested").get("fingerprint"), about_data.get("fingerprint"));

    let images = data.join("t10k-images-idx3-ubyte");
    let predictions = self::objects(&format!("predict --model {model} {}", images.display()));
    let (_, labels) = pictures(30, 3);
    assert_eq!(predictions.len(), labels.len());
    let mut faults = 0;
    for (n, (prediction, label)) in predictions.iter().zip(labels).enumerate() {
        assert_eq!(prediction.number("index"), n as f64);
        let probabilities: Vec<f64> = prediction
            .list("probabilities")
            .iter()
            .map(|p| if let Json::Number(p) = p { *p } else { panic!("{p:?}") })
            .collect();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        let class = prediction.number("class") as usize;
        assert_eq!(probabilities[class], prediction.number("probability"));
        assert!(probabilities.iter().all(|&p| p <= probabilities[class]));
        faults += usize::from(class != usize::from(label));
    }
    assert_eq!(faults as f64, tested.number("faults"));
}

#[test]
fn dense_and_sparse_products_give_the_same_results() {
    let data = data("products");
    let (path, model, images) = (data.display(), data.join("m.mono"), data.join("t10k-images-idx3-ubyte"));
    let (model, images) = (model.display(), images.display());
    results(&format!("train --data {path} {SMALL} --out {model}"));
    let test = |more: &str| last(&format!("test --data {path} --model {model} {more}"));
    let predict = |more: &str| results(&format!("predict --model {model} {images} --json {more}"));
    let (tested, predicted) = (test(""), predict(""));
    assert_eq!(test("--products auto"), tested);
    for products in ["dense", "sparse"] {
        let found = test(&format!("--products {products}"));
        assert_eq!(found.string("products"), products);
        for name in ["faults", "cross_entropy", "loss", "confusion", "fingerprint"] {
            assert_eq!(found.get(name), tested.get(name), "{products}: {name}");
        }
        assert_eq!(predict(&format!("--products {products}")), predicted, "{products}");
        let trained = last(&format!("train --data {path} {SMALL} --products {products}"));
        assert_eq!(trained.string("products"), products);
    }
    let text = failure("predict --products fast x.pgm", 2);
    assert!(text.contains("--products: found `fast`; expected auto, dense or sparse"), "{text}");
    let text = failure("info --products dense", 2);
    assert!(text.contains("--products is not an option of info"), "{text}");
}

#[test]
fn neither_threads_nor_instruction_set_nor_products_show_in_the_weights() {
    let data = data("parity");
    let fingerprint = |more: &str| {
        let result = last(&format!("train --data {} {SMALL} {more}", data.display()));
        (result.string("fingerprint").to_string(), result.string("isa").to_string(), result.number("threads"))
    };
    let (expected, ..) = fingerprint("");
    let machine = last("info");
    for isa in machine.list("isas") {
        let Json::Text(isa) = isa else { panic!("{isa:?}") };
        for threads in 1..=3 {
            let found = fingerprint(&format!("--isa {isa} --threads {threads}"));
            assert_eq!(found, (expected.clone(), isa.clone(), f64::from(threads)));
        }
    }
    for products in ["dense", "sparse"] {
        assert_eq!(fingerprint(&format!("--products {products}")).0, expected, "{products}");
    }
    assert_ne!(fingerprint("--seed 2").0, expected);
    let missing = if cfg!(target_arch = "aarch64") { "avx2" } else { "neon" };
    let text = failure(&format!("train --isa {missing}"), 1);
    assert!(text.contains(&format!("--isa {missing}")) && text.contains("it has scalar"), "{text}");
}

#[test]
fn people_get_a_summary_and_one_line_an_epoch() {
    let data = data("people");
    let model = data.join("m.mono");
    let output = line(&format!("train --data {} {SMALL} --out {}", data.display(), model.display()));
    assert_eq!(stderr(&output).lines().filter(|line| line.starts_with("epoch ")).count(), 3);
    assert_eq!(stderr(&output).lines().count(), 4, "{}", stderr(&output));
    let course = "(idx): 90 images of 20 pixels, 3 classes; 30 images to test on\n";
    assert!(stderr(&output).starts_with("training on ") && stderr(&output).contains(course));
    for part in ["errors ", "of 30 test images", "loss ", "seconds ", "ran on ", "fingerprint ", "m.mono ("] {
        assert!(stdout(&output).contains(part), "no `{part}` in {}", stdout(&output));
    }
    let is_last = |text: &str| text.rfind("mean ").unwrap() < text.find("\nerrors ").unwrap();
    assert!(is_last(stdout(&output)), "the summary is not last: {}", stdout(&output));
    let quiet = line(&format!("train --data {} {SMALL} --quiet", data.display()));
    assert!(quiet.stderr.is_empty() && stdout(&quiet).contains("not saved; --out FILE"), "{quiet:?}");

    let tested = results(&format!("test --data {} --model {}", data.display(), model.display()));
    for part in ["confusion matrix", "precision", "recall", "errors ", "m.mono\n", "people (idx)\n"] {
        assert!(tested.contains(part), "no `{part}` in {tested}");
    }
    assert!(is_last(&tested), "the summary is not last: {tested}");
    let about_model = results(&format!("info {}", model.display()));
    for part in
        ["20 pixels -> 8 tanh units -> 3 classes", "1 x 4 x 5", "dataset = idx", "lr = 0.001", "version = "]
    {
        assert!(about_model.contains(part), "no `{part}` in {about_model}");
    }
    let about_data = results(&format!("info {}", data.display()));
    for part in ["data set (idx)", "90 images", "30 images", "3: 0, 1, 2"] {
        assert!(about_data.contains(part), "no `{part}` in {about_data}");
    }
    assert!(results("info").contains("instruction sets  scalar"));
}

#[test]
fn data_without_a_test_half_are_trained_on_but_not_tested_on() {
    let here = folder("half");
    write_half(&here, "train", 90, 3);
    let (path, model) = (here.display(), here.join("m.mono"));
    let model = model.display();
    let trained = last(&format!("train --data {path} {SMALL} --out {model}"));
    check_members(&trained);
    for name in ["faults", "accuracy", "loss", "cross_entropy"] {
        assert_eq!(*trained.get(name), Json::Null, "{name}");
    }
    assert!(results(&format!("train --data {path} {SMALL}")).contains("not tested"));
    assert!(failure(&format!("test --data {path} --model {model}"), 1).contains("no test images"));

    let other = folder("other-half");
    write_half(&other, "t10k", 30, 3);
    assert!(failure(&format!("train --data {}", other.display()), 1).contains("no training images"));
}

#[test]
fn pictures_come_from_files_and_from_stdin() {
    let data = data("stdin");
    let model = data.join("m.mono");
    results(&format!("train --data {} {SMALL} --out {}", data.display(), model.display()));
    let (pixels, _) = pictures(2, 3);
    let pgm = [b"P5 5 4 255\n".as_slice(), &pixels[..20]].concat();
    fs::write(data.join("one.pgm"), &pgm).unwrap();
    fs::write(data.join("two.raw"), &pixels).unwrap();
    let predict = |files: &str| results(&format!("predict --model {} {files}", model.display()));
    let one = predict(&data.join("one.pgm").display().to_string());
    let two = predict(&data.join("two.raw").display().to_string());
    assert_eq!((one.lines().count(), two.lines().count()), (1, 2));
    let after_name = |line: &str| line.split_once('\t').unwrap().1.to_string();
    assert_eq!(after_name(one.trim_end()), after_name(two.lines().next().unwrap()));
    assert!(one.contains("one.pgm[0]\t") && two.contains("two.raw[1]\t"));

    let mut child = program()
        .args([OsStr::new("predict"), OsStr::new("--model"), model.as_os_str(), OsStr::new("-")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&pgm).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output), format!("stdin[0]\t{}\n", after_name(one.trim_end())));

    // A bad file among others is told of, and they are labelled.
    let files = ["one.pgm", "absent.pgm", "two.raw"].map(|name| data.join(name).display().to_string());
    let output = line(&format!("predict --model {} {}", model.display(), files.join(" ")));
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), format!("{one}{two}").as_str()));
    assert!(stderr(&output).contains("absent.pgm") && stderr(&output).contains("1 of 3 files"), "{output:?}");
    // Also where nobody reads the others' lines.
    let mut child = program()
        .args(["predict", "--model"])
        .arg(&model)
        .args(&files)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn no_output_overwrites_a_file_of_the_data() {
    let data = data("kept");
    let images = data.join("train-images-idx3-ubyte");
    let before = fs::read(&images).unwrap();
    let (folder, file) = (data.display(), images.display());
    for words in [
        format!("train --data {folder} {SMALL} --out {file}"),
        format!("train --data {folder} {SMALL} --report {folder}/./train-labels-idx1-ubyte"),
        format!("train --data {folder} {SMALL} --checkpoint {folder}/../kept/train-labels-idx1-ubyte"),
        format!("train --data {file} {SMALL} --out {folder}/train-labels-idx1-ubyte"),
    ] {
        let output = line(&words);
        assert_eq!(output.status.code(), Some(2), "{words}: {output:?}");
        assert!(stderr(&output).contains("a file of the data that --data names"), "{output:?}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&images, data.join("link")).unwrap();
        let output = line(&format!("train --data {folder} {SMALL} --out {folder}/link"));
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    assert_eq!(fs::read(&images).unwrap(), before);
    let classes = data.join("classes");
    for class in ["a", "b"] {
        fs::create_dir_all(classes.join(class)).unwrap();
        fs::write(classes.join(class).join("1.pgm"), b"P5 2 2 255\n1234").unwrap();
    }
    let output = line(&format!("train --data {0} {SMALL} --out {0}/a/1.pgm", classes.display()));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    // Others may lie there, and be written again.
    for _ in 0..2 {
        results(&format!("train --data {folder} {SMALL} --out {folder}/own.mono"));
    }
}

/// A stream without an end is no model by its first bytes.
#[test]
#[cfg(unix)]
fn what_has_no_end_is_refused_at_once() {
    let output = line("test --model /dev/zero");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/dev/zero: not a monolayer model"), "{output:?}");
}

/// Upright and level bars of 20 pixels in the middle of 28 x 28, light or dark, in turns.
fn bars(count: usize, is_light: bool) -> Vec<u8> {
    let bar = |n: usize, along: usize, across: usize| {
        (4..24).contains(&along) && (12..15 + n % 3).contains(&across)
    };
    let ink = |n: usize, y: usize, x: usize| if n % 2 == 0 { bar(n, y, x) } else { bar(n, x, y) };
    let pixel = |at: usize| if ink(at / 784, at / 28 % 28, at % 28) == is_light { 250 } else { 0 };
    (0..784 * count).map(pixel).collect()
}

#[test]
fn a_blank_picture_is_named_and_a_negative_gets_a_note() {
    let data = data("framed");
    let model = data.join("bars.mono");
    fs::create_dir_all(data.join("bars")).unwrap();
    for half in ["train", "t10k"] {
        let labels: Vec<u8> = (0..60).map(|n| n % 2).collect();
        fs::write(data.join(format!("bars/{half}-images-idx3-ubyte")), idx(&[60, 28, 28], &bars(60, true)))
            .unwrap();
        fs::write(data.join(format!("bars/{half}-labels-idx1-ubyte")), idx(&[60], &labels)).unwrap();
    }
    results(&format!(
        "train --data {} --hidden 8 --epochs 40 --batch 10 --lr 0.01 --out {}",
        data.join("bars").display(),
        model.display()
    ));
    assert!(results(&format!("info {}", model.display())).contains("framing = dark 20 "), "it is measured");
    let predict = |words: &str, pixels: &[u8], count: u32| {
        fs::write(data.join("some"), idx(&[count, 28, 28], pixels)).unwrap();
        line(&format!("predict --model {} {words} {}", model.display(), data.join("some").display()))
    };
    let classes = |output: &Output| {
        let text = stdout(output);
        let field = |line: &str| {
            (line.split_once('[').unwrap().1[..2].to_string(), line.split('\t').nth(1).unwrap().to_string())
        };
        text.lines().map(field).collect::<Vec<_>>()
    };
    // The blank one has no line, those behind it have theirs.
    let mut pixels = bars(6, true);
    pixels[2 * 784..3 * 784].fill(77);
    let output = predict("--fit", &pixels, 6);
    let found = classes(&output);
    let expected = [("0]", "0"), ("1]", "1"), ("3]", "1"), ("4]", "0"), ("5]", "1")];
    assert!(found.iter().map(|(at, class)| (&at[..], &class[..])).eq(expected), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
    let messages = stderr(&output);
    assert!(
        messages.contains("picture 2, which is of one shade") && messages.contains("1 of 6 pictures"),
        "{messages}"
    );
    let alone = predict("--fit", &[9; 784], 1);
    assert!(alone.status.code() == Some(1) && stderr(&alone).lines().count() == 1, "{alone:?}");
    // Negatives are wrong without --fit, and right with it.
    let output = predict("", &bars(6, false), 6);
    let note = "6 of 6 pictures look like the negative of the model's, which are light on dark; try --fit\n";
    assert!(output.status.success() && stderr(&output).ends_with(note), "{output:?}");
    let output = predict("--fit", &bars(6, false), 6);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(
        classes(&output).iter().map(|found| &found.1[..]).eq(["0", "1", "0", "1", "0", "1"]),
        "{output:?}"
    );
    assert!(predict("", &bars(6, true), 6).stderr.is_empty());
}

/// More pictures than are labelled at once.
#[test]
fn many_pictures_of_a_file_are_labelled_as_few_are() {
    let data = data("many");
    let model = data.join("m.mono");
    results(&format!("train --data {} {SMALL} --out {}", data.display(), model.display()));
    let (pixels, _) = pictures(700, 3);
    for (name, repeated) in [("few", 1), ("many", 13)] {
        fs::write(data.join(name), idx(&[700 * repeated, 4, 5], &pixels.repeat(repeated as usize))).unwrap();
    }
    for fit in ["", "--fit"] {
        let predict = |name| {
            let words = format!("predict --model {} {fit} {}", model.display(), data.join(name).display());
            results(&words)
                .lines()
                .map(|line| line.split_once("[").unwrap().1.to_string())
                .collect::<Vec<_>>()
        };
        let (few, many) = (predict("few"), predict("many"));
        assert_eq!((few.len(), many.len()), (700, 9100));
        for (n, found) in many.iter().enumerate() {
            let expected = few[n % 700].split_once(']').unwrap().1;
            assert_eq!(*found, format!("{n}]{expected}"));
        }
    }
    // The library says what is wrong, the command which option helps.
    fs::write(data.join("large.pgm"), b"P5 2 2 255\n1234").unwrap();
    for (words, hint) in [
        (
            format!("{} {}", model.display(), data.join("large.pgm").display()),
            "; resize the picture, or have `predict --fit` do it",
        ),
        (format!("{0} {0}", model.display()), "; a model is no data: give it as --model"),
    ] {
        let output = line(&format!("predict --model {words}"));
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).trim_end().ends_with(hint), "{output:?}");
    }
}

#[test]
fn info_takes_stdin_and_the_shared_options() {
    let data = data("about");
    let model = data.join("m.mono");
    results(&format!("train --data {} {SMALL} --out {}", data.display(), model.display()));
    let about = |file: &Path| {
        let file = fs::File::open(file).unwrap();
        let output = program().args(["info", "-", "--json", "--quiet"]).stdin(file).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        Json::of(stdout(&output).trim_end())
    };
    assert_eq!(about(&model).string("kind"), "model");
    let rows = tar(&[("train0.txt", b"1 2\n3 4\n"), ("train1.txt", b"5 6\n")]);
    fs::write(data.join("rows.tar"), rows).unwrap();
    let set = about(&data.join("rows.tar"));
    assert_eq!((set.string("kind"), set.get("train").number("images")), ("data", 3.0));
    #[cfg(unix)]
    for (file, kind) in [(&model, "model"), (&data.join("rows.tar"), "data")] {
        // A pipe gives its bytes once, and perhaps one at first.
        let bytes = fs::read(file).unwrap();
        for name in ["-", "/dev/stdin"] {
            let mut command = program();
            command.args(["info", name, "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
            let mut pipe = child.stdin.take().unwrap();
            pipe.write_all(&bytes[..1]).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(30));
            pipe.write_all(&bytes[1..]).unwrap();
            drop(pipe);
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
            assert_eq!(Json::of(stdout(&output).trim_end()).string("kind"), kind, "{name}");
        }
    }
    let machine = last("info --isa scalar --threads 3");
    assert_eq!((machine.string("isa"), machine.number("threads")), ("scalar", 3.0));
}

#[test]
fn the_model_may_go_to_stdout() {
    let data = data("out");
    let (path, file) = (data.display(), data.join("m.mono"));
    let result = last(&format!("train --data {path} {SMALL} --out {}", file.display()));
    let output = line(&format!("train --data {path} {SMALL} --quiet --json --out -"));
    assert_eq!(output.status.code(), Some(0));
    let view_of = |bytes: &[u8]| {
        let file = ModelFile::new(bytes.to_vec()).unwrap();
        format!("{:016x}", file.view().unwrap().params().fingerprint())
    };
    assert_eq!(view_of(&output.stdout), result.string("fingerprint"));
    assert_eq!(view_of(&fs::read(file).unwrap()), result.string("fingerprint"));
    let results = Json::of(stderr(&output).lines().last().unwrap());
    assert_eq!(results.get("fingerprint"), result.get("fingerprint"));
    let people = line(&format!("train --data {path} {SMALL} --out -"));
    assert!(stderr(&people).contains("model        stdout ("), "{}", stderr(&people));
}

#[cfg(target_os = "linux")]
#[test]
fn names_of_the_standard_streams_are_taken_for_them() {
    let data = data("streams");
    let (path, file) = (data.display(), data.join("m.mono"));
    let result = last(&format!("train --data {path} {SMALL} --out {}", file.display()));
    let redirected = data.join("redirected");
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let words = format!("train --data {path} {SMALL} --quiet --out {name}");
        let stdout = fs::File::create(&redirected).unwrap();
        let status = program().args(words.split(' ')).stdout(stdout).status().unwrap();
        let read = last(&format!("info {}", redirected.display()));
        assert_eq!((status.code(), read.get("fingerprint")), (Some(0), result.get("fingerprint")), "{name}");
    }
    for name in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let stdin = fs::File::open(&file).unwrap();
        let output = program().args(["info", name, "--json"]).stdin(stdin).output().unwrap();
        let about = Json::of(stdout(&output).trim_end());
        assert_eq!((about.string("file"), about.get("fingerprint")), ("stdin", result.get("fingerprint")));
    }
}

#[test]
fn no_file_is_written_over_another_of_the_same_command() {
    let here = folder("same");
    fs::create_dir(here.join("sub")).unwrap();
    for name in ["there", "m.h"] {
        fs::write(here.join(name), "before").unwrap();
    }
    let mut cases = vec![
        ("train --out new --report new", "--report and --out are one file, `new`"),
        ("train --out ./new --report sub/../new", "--report and --out are one file, "),
        ("train --out there --checkpoint sub/../there", "--checkpoint and --out are one file, "),
        ("train --checkpoint new --report new --resume", "--report and --checkpoint are one file, "),
        ("train --data there --out there", "--out and --data are one file, `there`"),
        ("test --model there --report ./there", "--report and --model are one file, "),
        ("grid --report grid.jsonl", "--report and --out are one file, "),
        ("grid there --report there", "--report and FILE are one file, "),
        ("export --model there --format npz --out there", "--out and --model are one file, "),
        (
            "export --model m.h --format c --out m.c",
            "the header beside --out and --model are one file, `m.h`",
        ),
        ("import --from there --out there", "--out and --from are one file, "),
        ("train --out - --report -", "`-`, standard output, takes either the model or the page"),
    ];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("there", here.join("link")).unwrap();
        std::os::unix::fs::symlink("sub/../new", here.join("dangling")).unwrap();
        cases.push(("export --model link --format npz --out there", "--out and --model are one file, "));
        cases.push(("train --out dangling --report new", "--report and --out are one file, "));
        cases.push(("train --out - --report /dev/stdout", "`-`, standard output, takes either"));
    }
    let before = fs::read_dir(&here).unwrap().count();
    for (words, start) in cases {
        let output = program().args(words.split(' ')).current_dir(&here).output().unwrap();
        let text = message(&output, 2, words);
        assert!(text.starts_with(&format!("monolayer: {start}")), "{words}: {text}");
    }
    assert_eq!(
        (fs::read(here.join("there")).unwrap().as_slice(), fs::read_dir(&here).unwrap().count()),
        (&b"before"[..], before)
    );

    // Not where nothing is lost: of a device, and of the checkpoint that a run goes on from.
    let data = data("same-data");
    let words = format!("train --data {} {SMALL} --checkpoint c --resume", data.display());
    let more = if cfg!(unix) { " --out /dev/null --report /dev/null" } else { "" };
    for more in ["", more] {
        let words = format!("{words}{more}");
        let output = program().args(words.split(' ')).current_dir(&data).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}: {}", stderr(&output));
    }
}

#[test]
fn bad_files_end_with_1_and_are_named() {
    let data = data("bad");
    let (path, model) = (data.display(), data.join("m.mono"));
    results(&format!("train --data {path} {SMALL} --out {}", model.display()));
    let bytes = fs::read(&model).unwrap();
    let mut damaged = bytes.clone();
    damaged[100] ^= 1;
    fs::write(data.join("damaged.mono"), damaged).unwrap();
    fs::write(data.join("short.mono"), &bytes[..bytes.len() - 1]).unwrap();
    fs::write(data.join("other.mono"), "something else").unwrap();
    for (file, what) in [
        ("damaged.mono", "damaged: the CRC-32"),
        ("short.mono", "cut off"),
        ("other.mono", "not a monolayer model"),
        ("absent.mono", "cannot be opened"),
    ] {
        for command in ["test --data PATH --model", "predict PATH --model"] {
            let command = command.replace("PATH", &path.to_string());
            let text = failure(&format!("{command} {path}/{file} --json"), 1);
            assert!(text.contains(file) && text.contains(what), "{text}");
        }
    }
    assert!(failure(&format!("info {path}/damaged.mono"), 1).contains("damaged: the CRC-32"));
    assert!(failure(&format!("info {path}/other.mono"), 1).contains("other.mono"));
    assert!(failure("train --data /nowhere/at/all", 1).contains("/nowhere/at/all"));
    let text = failure(&format!("info {path} --labels coarse"), 1);
    assert!(text.contains("bad (idx), expected CIFAR-100"), "{text}");
    let text = failure(&format!("predict --model {} {path}/short.mono", model.display()), 1);
    assert!(text.contains("short.mono"), "{text}");
}

#[test]
fn answers_that_mean_nothing_are_not_passed_off_as_answers() {
    let data = data("overflow");
    let params = Params::new(
        Shape { activation: Activation::Softplus, features: 20, hidden: 1, classes: 3, scale: 1.0 },
        &[3e38; 21],
        &[1.0; 6],
    )
    .unwrap();
    let picture = Picture { channels: 1, height: 4, width: 5 };
    let file = to_vec(&params, About::new(picture, &["0", "1", "2"])).unwrap();
    let model = data.join("m.mono");
    fs::write(&model, file).unwrap();
    let output = line(&format!("test --data {} --model {}", data.display(), model.display()));
    assert!(stderr(&output).contains("warning: the logits of some images overflow f32"), "{output:?}");
}

#[test]
fn model_and_data_must_agree() {
    let data = data("fits");
    let model = data.join("m.mono");
    results(&format!("train --data {} {SMALL} --out {}", data.display(), model.display()));
    let four = folder("four-classes");
    write_half(&four, "train", 80, 4);
    write_half(&four, "t10k", 20, 4);
    let text = failure(&format!("test --data {} --model {}", four.display(), model.display()), 1);
    assert!(text.contains(": 4 classes, but") && text.contains("was trained on 3"), "{text}");
    #[cfg(feature = "digits")]
    {
        let text = failure(&format!("test --model {}", model.display()), 1);
        assert!(
            text.contains("the embedded digits: 784 pixels an image") && text.contains("was trained on 20"),
            "{text}"
        );
    }
}

#[test]
fn a_failed_run_leaves_nothing_behind() {
    let data = data("diverged");
    let before = fs::read_dir(&data).unwrap().count();
    let out = data.join("m.mono");
    let text =
        failure(&format!("train --data {} {SMALL} --lr 1e30 --out {}", data.display(), out.display()), 1);
    assert!(text.contains("diverged") && text.contains("epoch 1"), "{text}");
    assert!(text.contains("lr 1e30, lambda 0.01, step sum, scale 255.0"), "{text}");
    assert!(text.contains("\ntry a smaller --lambda, a smaller --lr (a tenth), --step mean"), "{text}");
    assert!(!text.contains("--scale 255"), "{text}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), before);

    // The output is tried before anything else is.
    let text = failure("train --data /nowhere/at/all --out /no/such/folder/m.mono", 1);
    assert!(text.contains("/no/such/folder/m.mono"), "{text}");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let data = data("leaves");
    let model = data.join("m.mono");
    results(&format!("train --data {} {SMALL} --out {}", data.display(), model.display()));
    let path = data.display();
    for words in [
        "--help".to_string(),
        "info".to_string(),
        format!("train --data {path} {SMALL} --json --out {path}/saved.mono"),
        format!("predict --model {} {path}/t10k-images-idx3-ubyte", model.display()),
    ] {
        let mut child =
            program().args(words.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}: {}", stderr(&output));
        assert!(stderr(&output).lines().all(is_progress), "{}", stderr(&output));
    }
    let model = |name| fs::read(data.join(name)).unwrap().len();
    assert!(model("saved.mono").abs_diff(model("m.mono")) < 40, "training went on to its end"); // the seconds differ
}

/// Runs words with a stdout that nobody reads.
fn unread(words: &str) -> Output {
    let mut command = program();
    command.args(words.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

#[test]
fn a_reader_that_leaves_hides_no_failure_and_no_file() {
    let data = data("hides");
    let (path, model) = (data.display(), data.join("m.mono"));
    let train = format!("train --data {path} {SMALL}");
    results(&format!("{train} --out {}", model.display()));
    let mut cases = vec![
        (format!("{train} --json --target-accuracy 1"), "below --target-accuracy 1"),
        (format!("{train} --target-accuracy 1 --lr 1 --lambda 0"), "below --target-accuracy 1"),
        (format!("gradcheck --data {path} --plant w1 --json --quiet"), "--plant w1 puts an error"),
    ];
    if cfg!(target_os = "linux") {
        cases.push((format!("{train} --json --report /dev/full"), "/dev/full: cannot be written"));
        let test = format!("test --data {path} --model {}", model.display());
        cases.push((format!("{test} --json --report /dev/full"), "/dev/full: cannot be written"));
    }
    for (words, part) in cases {
        let output = unread(&words);
        assert_eq!(output.status.code(), Some(1), "{words}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{words}: {}", stderr(&output));
        assert!(!stderr(&output).contains("stdout"), "{words}: {}", stderr(&output));
    }
    for words in [
        format!("{train} --json --report {path}/a.html"),
        format!("{train} --json --summary --out {path}/b.mono"),
        format!("test --data {path} --model {} --json --report {path}/c.html", model.display()),
    ] {
        let output = unread(&words);
        assert_eq!(output.status.code(), Some(0), "{words}: {}", stderr(&output));
        let (_, file) = words.rsplit_once(' ').unwrap();
        assert!(Path::new(file).is_file(), "{words}");
    }
    // The page is of a run that was not cut short.
    let page = fs::read_to_string(data.join("a.html")).unwrap();
    assert!(page.contains(last(&train).string("fingerprint")));
}

#[test]
fn a_model_that_cannot_be_written_is_a_failure_after_the_results() {
    let data = data("unwritten");
    let words = format!("train --data {} {SMALL} --out", data.display());
    // A reader that leaves has half a model: one that no pipe holds whole (64 KB), or the program may be done
    // before.
    let large = format!("train --data {} --hidden 4000 --epochs 1 --out -", data.display());
    let mut child =
        program().args(large.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("fingerprint") && !stderr(&output).contains("model  "),
        "{}",
        stderr(&output)
    );

    #[cfg(target_os = "linux")]
    for (json, part) in [("", "fingerprint  "), (" --json", "\"fingerprint\":")] {
        let output = line(&format!("{words} /dev/full{json}"));
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stdout(&output).contains(part) && stderr(&output).contains("/dev/full"), "{output:?}");
    }
}

#[test]
fn a_model_no_better_than_guessing_gets_a_note() {
    let words = format!("train --data {} {SMALL}", data("guess").display());
    let note = "no better than guessing: the cross-entropy is not below ln 3 = 1.10";
    let output = line(&format!("{words} --lr 1 --lambda 0 --quiet"));
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains(note), "{}{}", stdout(&output), stderr(&output));
    assert!(!stderr(&line(&words)).contains(note));
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_written_are_a_failure() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = program()
        .arg("info")
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert!(message(&output, 1, "info").starts_with("monolayer: stdout: "));
}

#[cfg(target_os = "linux")]
#[test]
fn names_of_files_need_not_be_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let data = data("bytes");
    let name = OsStr::from_bytes(b"m\xff\n.mono");
    let out = OsStr::from_bytes(b"--out=m\xff\n.mono");
    let mut words: Vec<&OsStr> = ["train", "--quiet", "--data", "."].map(OsStr::new).into();
    words.extend(SMALL.split(' ').map(OsStr::new));
    words.push(out);
    let output = program().args(&words).current_dir(&data).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(data.join(name).is_file());
    let output = program().arg("info").arg(name).current_dir(&data).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("m\\xff\\n.mono: a model\n"), "{}", stdout(&output));
}
