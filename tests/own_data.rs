//! The command on data of one's own, from files to models.
#![cfg(feature = "std")]

use monolayer::data;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn run(words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
    command.args(words.split_whitespace()).stdin(Stdio::null()).env_remove("TERM").output().unwrap()
}

/// Results and messages of a command that must succeed.
#[track_caller]
fn done(words: &str) -> (String, String) {
    let output = run(words);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{words}: {message}");
    (String::from_utf8(output.stdout).unwrap(), message)
}

/// The message of a command that must fail.
#[track_caller]
fn failure(words: &str, status: i32) -> String {
    let output = run(words);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{words}: {message}");
    message
}

/// An empty folder of this name.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// A folder with text rows of three classes: 30 training and 6 test pictures of four pixels.
fn rows(name: &str) -> PathBuf {
    let folder = folder(name);
    for (half, count) in [("train", 10), ("test", 2)] {
        for class in 0..3 {
            let row = |n: usize| {
                let pixel = |d: usize| if d == class { 200 + n } else { n * 3 }.to_string();
                (0..4).map(pixel).collect::<Vec<_>>().join(" ") + "\n"
            };
            fs::write(folder.join(format!("{half}{class}.txt")), (0..count).map(row).collect::<String>())
                .unwrap();
        }
    }
    folder
}

#[test]
fn what_is_converted_is_the_same_data() {
    let (from, to) = (rows("convert-from"), folder("convert-to").join("below/idx"));
    let words = format!("convert --data {} --out {}", from.display(), to.display());
    let (text, _) = done(&words);
    assert!(text.contains("(text): 30 training and 6 test images\n"), "{text}");
    assert_eq!(text.matches("written      ").count(), 5, "{text}");
    let load = |path: &Path| data::load(path, &data::Options::default()).unwrap();
    assert_eq!(load(&from).fingerprint, load(&to).fingerprint);
    assert_eq!(fs::read_to_string(to.join("classes.txt")).unwrap(), "0\n1\n2\n");
    let message = failure(&words, 1);
    assert!(
        message.ends_with("is there already, expected a folder without a data set; give another --out\n"),
        "{message}"
    );
    let json = done(&words.replace("--out ", "--json --out ").replace("below", "other")).0;
    assert!(json.contains("\"train\":30,\"test\":6") && json.contains("/other/idx/classes.txt\""), "{json}");
    assert!(failure("convert --data x --out -", 2).contains("convert writes several files"));
}

#[test]
fn classes_are_named_by_a_file() {
    let (data, names) = (rows("classes-data"), folder("classes-names").join("names"));
    let model = names.with_file_name("m.mono");
    let words =
        format!("train --data {} --classes {} --hidden 4 --epochs 1", data.display(), names.display());
    fs::write(&names, "\u{feff}ant \r\nbee\r\ncow\r\n").unwrap();
    done(&format!("{words} --out {}", model.display()));
    assert!(done(&format!("info {}", model.display())).0.contains("3: ant, bee, cow\n"));
    for (text, expected) in [
        ("ant\nbee\n", "2 names of classes, expected 3, one a line, as many as "),
        ("ant\n\nbee\n", "line 2: no name, expected the name of class 1"),
    ] {
        fs::write(&names, text).unwrap();
        let message = failure(&words, 1);
        assert!(message.contains(&format!("names: {expected}")), "{message}");
    }
    fs::write(&names, b"a\nb\xff\nc").unwrap();
    assert!(failure(&words, 1).contains("offset 3: no UTF-8"));
}

#[test]
fn a_recipe_is_told_as_the_options_it_stands_for() {
    let words = format!("train --data {} --recipe table", rows("recipe").display());
    let (result, message) = done(&format!("{words} --json"));
    let expected = "recipe table: --hidden 16 --activation tanh --lr 0.3 --schedule cosine --lambda 0.01 --batch 20 \
                    --epochs 100 --step mean";
    assert!(message.starts_with(expected), "{message}");
    // These options alone do the same.
    let told = message.lines().next().unwrap().strip_prefix("recipe table: ").unwrap();
    let again = done(&format!("train --json --data {} {told}", rows("recipe-again").display())).0;
    let print = |text: &str| {
        let text = text.lines().last().unwrap();
        text[text.find("\"fingerprint\":").unwrap()..][..32].to_string()
    };
    assert_eq!(print(&again), print(&result));
    let message = done(&format!("{words} --hidden 3 --epochs 2")).1;
    assert!(message.contains("--hidden 3 ") && message.contains("--epochs 2 "), "{message}");
    assert!(!done(&format!("{words} --quiet")).1.contains("recipe"));
}

#[test]
fn a_scale_is_computed_from_the_training_half() {
    let here = folder("scale-auto");
    // Half of the pixels 0, half 200, in either class: a deviation of 100.
    let images = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &[0, 200, 200, 0]].concat();
    fs::write(here.join("train-images-idx3-ubyte"), images).unwrap();
    fs::write(here.join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 0, 1]).unwrap();
    let words = format!("train --json --quiet --hidden 2 --epochs 1 --scale auto --data {}", here.display());
    let text = done(&words).0;
    assert!(text.contains("\"scale\":100,"), "{text}");
    let pixels = here.join("train-images-idx3-ubyte");
    fs::write(
        &pixels,
        fs::read(&pixels)
            .unwrap()
            .iter()
            .map(|&byte| if byte == 200 { 0 } else { byte })
            .collect::<Vec<u8>>(),
    )
    .unwrap();
    assert!(failure(&words, 1).contains("all pixels are 0, expected pixels that differ"));
    assert!(failure("import --from x --out y --activation tanh --scale auto", 1).contains("x: "));
}

#[cfg(feature = "digits")]
#[test]
fn what_int8_is_calibrated_on_is_told() {
    let here = folder("int8-note");
    let (model, out) = (here.join("m.mono"), here.join("q.mono"));
    done(&format!("train --hidden 4 --epochs 1 --quiet --out {}", model.display()));
    let words = format!("export --model {} --int8 --format mono --out {}", model.display(), out.display());
    let note = "calibrated and tested on the embedded digits; --data PATH takes the data that the model was trained on";
    assert!(done(&words).1.contains(note));
    assert!(!done(&format!("{words} --quiet")).1.contains(note));
}

/// A model of a table of two features, in place: of the first, below 128 is `no`, above is `yes`.
fn model_of_a_table(folder: &Path, header: bool) -> PathBuf {
    use monolayer::weights::{About, FeatureMap, Params, Picture, Shape, to_vec};
    let shape =
        Shape { activation: monolayer::Activation::Tanh, features: 2, hidden: 1, classes: 2, scale: 64.0 };
    // The bias is that of the byte 128.
    let (w1, w2) = ([-2.0, 1.0, 0.0], [0.0, 0.0, -3.0, 3.0]);
    let params = Params::new(shape, &w1, &w2).unwrap();
    let names = if header { "\"a b\",\"c\"" } else { "" };
    let label = if header { "\"is\"" } else { "null" };
    let training = format!("columns={{\"features\":[{names}],\"label\":{label},\"label_at\":0}}\n");
    let map = Some(FeatureMap::new(&[0.0, 25.5, 0.0, 25.5]));
    let picture = Picture { channels: 1, height: 1, width: 2 };
    let about = About { training: &training, map, ..About::new(picture, &["no", "yes"]) };
    let path = folder.join("t.mono");
    fs::write(&path, to_vec(&params, about).unwrap()).unwrap();
    path
}

#[test]
fn rows_are_labelled_by_the_names_of_their_columns() {
    let here = folder("rows-named");
    let (model, file) = (model_of_a_table(&here, true), here.join("new.csv"));
    let words = format!("predict --model {} {}", model.display(), file.display());
    // Another order, a column more, and the label among them.
    fs::write(&file, "c;id;is;a b\r\n1,5;7;yes;9,5\r\n2;8;yes;0,5\r\n").unwrap();
    let (text, _) = done(&words);
    let classes: Vec<_> = text.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(classes, ["yes", "no"], "{text}");
    assert_eq!(
        done(&format!("{words} --csv")).0,
        "c;id;is;a b;prediction\n1,5;7;yes;9,5;yes\n2;8;yes;0,5;no\n"
    );
    let json = done(&format!("{words} --json")).0;
    let labels: Vec<_> =
        json.lines().map(|line| line.ends_with("\"label\":\"yes\",\"right\":true}")).collect();
    assert_eq!(labels, [true, false], "{json}");
    assert!(failure(&format!("{words} --csv --json"), 2).contains("two forms of one result"));
    fs::write(&file, "c,is\n1,no\n").unwrap();
    assert!(failure(&words, 1).contains("a b"), "{}", failure(&words, 1));
}

#[test]
fn rows_without_a_header_go_by_their_place() {
    let here = folder("rows-placed");
    let model = model_of_a_table(&here, false);
    let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
    command.args(["predict", "--csv", "--quiet", "-", "--model"]).arg(&model);
    let run = |text: &str| {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let mut run = run;
    assert_eq!(run("9.5,1\n0.5,2\n"), "9.5,1,yes\n0.5,2,no\n");
    assert_eq!(run("no,9.5,1\nno,0.5,2\n"), "no,9.5,1,yes\nno,0.5,2,no\n");
}

#[test]
fn a_table_without_a_label_gets_the_options_that_would_do() {
    let file = folder("no-label").join("t.csv");
    fs::write(&file, "a,b,c\n1,2,3\n4,5,6\n").unwrap();
    let message = failure(&format!("train --data {}", file.display()), 1);
    assert!(message.ends_with("\nadd --label first or --label last, or --label NAME\n"), "{message}");
    fs::write(&file, "a,b x,label\n1,one,3\n4,two,6\n").unwrap();
    let message = failure(&format!("train --data {}", file.display()), 1);
    assert!(message.ends_with(" (--ignore 'b x')\n"), "{message}");
}

/// From a CSV to a model, and what is made of it: the whole way of a table.
#[test]
fn a_table_is_trained_tested_and_exported() {
    let (here, gestures) =
        (folder("gestures"), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/gestures.csv"));
    let model = here.join("g.mono").display().to_string();
    let (text, messages) = done(&format!("train --data {gestures} --out {model}"));
    for line in [
        "label: gesture (4 classes)",
        "split: 310 rows to train on, 90 to test on, chosen by their content",
        "for a model to deploy, --test-share 0 trains on all of them",
        "constant, without effect: column firmware",
        "recipe table: --hidden 16 --activation tanh --lr 0.3 --schedule cosine --lambda 0.01 --batch 20 \
         --epochs 100 --step mean --centre 128 --scale 64",
    ] {
        assert!(messages.contains(line), "{line}: {messages}");
    }
    assert!(text.contains("test samples") && text.contains("always the commonest class"), "{text}");
    let result = text.lines().find(|line| line.starts_with("errors ")).unwrap();

    // The rows that it was trained on: their test half, with the same errors and the same loss.
    let again = done(&format!("test --model {model} --data {gestures}")).0;
    assert!(again.contains(result), "{result}: {again}");
    let loss = |text: &str| text.lines().find(|line| line.starts_with("loss ")).map(str::to_owned);
    assert_eq!(loss(&again), loss(&text));

    let about = done(&format!("info {gestures}")).0;
    assert!(about.contains("\nfeatures     12: acc_x_mean, "), "{about}");

    // Others: all of them, by the model's own columns and map.
    let all = fs::read_to_string(gestures).unwrap();
    let (header, rows) = all.split_once('\n').unwrap();
    let some: Vec<&str> = rows.lines().take(50).collect();
    let other = here.join("other.csv");
    fs::write(&other, format!("{header}\n{}\n", some.join("\n"))).unwrap();
    let (text, messages) = done(&format!("test --model {model} --data {}", other.display()));
    assert!(text.contains(" of 50 test samples"), "{text}");
    assert!(messages.contains("all rows are tested"), "{messages}");
    fs::write(&other, format!("{header}\n{}\n", some[0].replace("circle", "wave"))).unwrap();
    let message = failure(&format!("test --model {model} --data {}", other.display()), 1);
    assert!(
        message.contains("line 2: found label `wave`, expected one of circle, shake, swipe, tap"),
        "{message}"
    );

    done(&format!("export --model {model} --format c --out {}", here.join("g.c").display()));
    assert!(fs::read_to_string(here.join("g.c")).unwrap().contains("_features(const float"));
    let message =
        failure(&format!("export --model {model} --format html --out {}", here.join("g.html").display()), 1);
    assert!(message.contains("features of a table, expected pictures"), "{message}");
}
