//! `monolayer export` and `monolayer import`, as people and programs see them.

use super::{Network, networks};
use monolayer::Activation;
use monolayer::export::safetensors;
use monolayer::weights::Picture;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
    command.current_dir(folder).args(words.split_whitespace()).output().unwrap()
}

#[track_caller]
fn results(folder: &Path, words: &str) -> String {
    let output = run(folder, words);
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{words}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn failure(folder: &Path, words: &str, status: i32) -> String {
    let output = run(folder, words);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{words}: {text}");
    assert!(output.stdout.is_empty() && (1..=2).contains(&text.lines().count()), "{words}: {text}");
    text.strip_prefix("monolayer: ").unwrap().to_string()
}

/// A new folder with a model, m.mono.
fn folder(name: &str) -> (PathBuf, Network) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("export_command").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let network = networks().swap_remove(0).1;
    std::fs::write(folder.join("m.mono"), network.file()).unwrap();
    (folder, network)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// None is taken for another one.
#[test]
fn each_format_that_is_offered_is_written() {
    let (folder, mut network) = folder("offered");
    network.picture = Picture { channels: 1, height: 3, width: 11 }; // a page draws pictures
    std::fs::write(folder.join("m.mono"), network.file()).unwrap();
    let offer = failure(&folder, "export --model m.mono --format ??? --out none", 2);
    let offered = offer.split_once("expected ").unwrap().1.lines().next().unwrap();
    let offered = offered.replace(" or ", ", ");
    let mut files = BTreeSet::new();
    let formats: Vec<&str> = offered.split(", ").filter(|word| !word.is_empty()).collect();
    assert!(formats.len() >= 7, "{offer}");
    for format in &formats {
        results(&folder, &format!("export --model m.mono --format {format} --out new.c"));
        assert!(files.insert(std::fs::read(folder.join("new.c")).unwrap()), "{format} is another format");
    }
}

#[test]
fn each_format_is_written_with_its_costs() {
    let (folder, network) = folder("formats");
    // 33 pixels, 21 units, 3 classes.
    let weights = 4 * (34 * 21 + 22 * 3);
    let file = network.file().len();
    for (format, out, flash, scratch, stack) in [
        ("c", "m.c", weights + 1024, 0, Some(8 + 4 * 11 + 12 + 320)),
        ("rust", "m.rs", file, 4 * monolayer::infer::scratch_len(21, 3), Some(640)),
        ("mono", "copy.mono", file, 4 * monolayer::infer::scratch_len(21, 3), Some(640)),
        ("onnx", "m.onnx", weights, 4 * 57, None),
        ("safetensors", "m.safetensors", weights, 4 * 57, None),
        ("npz", "m.npz", weights, 4 * 57, None),
    ] {
        let text = results(&folder, &format!("export --model m.mono --format {format} --out {out}"));
        let length = std::fs::metadata(folder.join(out)).unwrap().len();
        let grouped = |n: usize| match n {
            0..1000 => n.to_string(),
            _ => format!("{},{:03}", n / 1000, n % 1000),
        };
        assert!(
            text.contains(&format!("written       {out} ({} bytes)", grouped(length as usize))),
            "{text}"
        );
        assert!(text.contains(&format!("flash         {} bytes of constants\n", grouped(flash))), "{text}");
        assert!(text.contains(&format!("scratch       {} bytes\n", grouped(scratch))), "{text}");
        let line = stack.map(|stack| format!("stack         at most {stack} bytes on a 32-bit processor\n"));
        assert!(line.as_ref().is_none_or(|line| text.contains(line)), "{text}");
        assert_eq!(line.is_some(), text.contains("stack"));
        assert!(text.contains("work          756 multiply-adds"), "{text}");

        let json = results(&folder, &format!("export --model m.mono --format {format} --json --out {out}"));
        let header = match format {
            "c" => format!(
                ",{{\"file\":\"m.h\",\"bytes\":{}}}",
                std::fs::metadata(folder.join("m.h")).unwrap().len()
            ),
            _ => String::new(),
        };
        let stack = stack.map_or("null".into(), |stack: usize| stack.to_string());
        let fingerprint = network.params().fingerprint();
        assert_eq!(
            json,
            format!(
                "{{\"format\":\"{format}\",\"weights\":\"f32\",\"files\":[{{\"file\":\"{out}\",\"bytes\":{length}}}{header}],\
                 \"fingerprint\":\"{fingerprint:016x}\",\"flash\":{flash},\"scratch\":{scratch},\"stack\":{stack},\
                 \"multiply_adds\":756,\"images\":null,\"f32_faults\":null,\"int8_faults\":null,\"points_lost\":null}}\n"
            )
        );
    }
    assert_eq!(
        names(&folder),
        ["copy.mono", "m.c", "m.h", "m.mono", "m.npz", "m.onnx", "m.rs", "m.safetensors"]
    );
    assert_eq!(std::fs::read(folder.join("copy.mono")).unwrap(), network.file());
    // The same model gives the same bytes.
    let before = std::fs::read(folder.join("m.npz")).unwrap();
    results(&folder, "export --model m.mono --format npz --out again.npz");
    assert_eq!(std::fs::read(folder.join("again.npz")).unwrap(), before);
}

#[test]
fn what_was_exported_is_imported_and_tells_its_activation() {
    let (folder, network) = folder("round");
    results(&folder, "export --model m.mono --format safetensors --out m.safetensors");
    let text = results(&folder, "import --from m.safetensors --out back.mono");
    assert!(text.contains("network      33 pixels / 255 -> 21 tanh units -> 3 classes\n"), "{text}");
    assert_eq!(std::fs::read(folder.join("back.mono")).unwrap(), network.file());
    let json =
        results(&folder, "import --from m.safetensors --activation cos --scale 2 --json --out other.mono");
    assert!(json.contains("\"activation\":\"cos\",\"scale\":2,"), "{json}");
    let described = results(&folder, "info other.mono");
    assert!(described.contains("33 pixels -> 21 cos units -> 3 classes"), "{described}");

    // The logistic function is tanh, a mean and a deviation go into the weights, classes get names.
    std::fs::write(folder.join("names"), "\u{feff}a\nb\nc\n").unwrap();
    let words = "--activation sigmoid --mean 0.1 --std 0.5 --classes names";
    let text = results(&folder, &format!("import --from m.safetensors {words} --out folded.mono"));
    assert!(
        text.contains("inputs       (pixels / 255 - mean) / std\n") && text.contains("21 tanh units"),
        "{text}"
    );
    assert!(results(&folder, "info folded.mono").contains("a, b, c"));
    for (words, expected) in [
        ("--mean 1", "--mean is of no use without --std"),
        ("--mean 1 --std x", "--std: found `x`; expected numbers, separated by commas"),
        ("--activation gelu", "expected relu, cos, tanh, softplus or sigmoid"),
    ] {
        let error = failure(&folder, &format!("import --from m.safetensors {words} --out no.mono"), 2);
        assert!(error.contains(expected), "{error}");
    }
    let error = failure(&folder, "import --from m.safetensors --mean 1,2 --std 1,1 --out no.mono", 1);
    assert!(
        error.starts_with("m.safetensors: 2 means and 2 deviations, expected 1 of each or 33"),
        "{error}"
    );

    // Through a pipe; what was found goes to stderr.
    let output = run(&folder, "import --from m.safetensors --out -");
    assert!(output.status.success() && output.stdout == network.file() && !output.stderr.is_empty());
    let output = run(&folder, "import --from m.safetensors --out - --json");
    assert!(output.status.success() && output.stdout == network.file());
    assert!(
        output.stderr.starts_with(b"{\"file\":\"stdout\","),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = run(&folder, "export --model m.mono --format safetensors --out -");
    assert!(output.status.success() && output.stdout == std::fs::read(folder.join("m.safetensors")).unwrap());
}

#[test]
fn a_tables_map_goes_out_and_comes_in() {
    let (folder, _) = folder("table");
    let network = networks().swap_remove(0).1.of_table();
    std::fs::write(folder.join("table.mono"), network.file()).unwrap();
    results(&folder, "export --model table.mono --format safetensors --out table.safetensors");
    results(&folder, "import --from table.safetensors --out back.mono");
    assert_eq!(std::fs::read(folder.join("back.mono")).unwrap(), network.file());
    let error = failure(&folder, "export --model table.mono --format html --out page.html", 1);
    assert!(error.starts_with("table.mono: the 33 features of a table, expected pictures"), "{error}");
    assert!(!names(&folder).contains(&"page.html".into()));
}

#[test]
fn what_cannot_be_done_is_said_and_leaves_files_alone() {
    let (folder, _) = folder("wrong");
    let missing = failure(&folder, "export --model m.mono --out m.c", 2);
    assert_eq!(missing, "export needs --format NAME; `monolayer export --help` shows how\n");
    let missing = failure(&folder, "export --model m.mono --format c", 2);
    assert!(missing.starts_with("export needs --out FILE"), "{missing}");
    let missing = failure(&folder, "export --format c --out m.c", 2);
    assert!(missing.starts_with("export needs --model FILE"), "{missing}");
    for name in ["m.h", "-", "m", "a\"b.c", "m.C", "a\\.c", ".c"] {
        let text = failure(&folder, &format!("export --model m.mono --format c --out {name}"), 2);
        assert!(text.starts_with(&format!("--out: found `{name}`, expected NAME.c")), "{text}");
    }
    std::fs::write(folder.join("kept"), "before").unwrap();
    std::fs::write(folder.join("other"), "before").unwrap();
    for format in ["rust", "onnx", "safetensors", "npz"] {
        let text = failure(&folder, &format!("export --model other --format {format} --out kept"), 1);
        assert!(text.starts_with("other: not a monolayer model"), "{text}");
    }
    let text = failure(&folder, "import --from m.mono --out kept", 1);
    assert!(text.starts_with("m.mono: not a safetensors file: byte 0: "), "{text}");
    failure(&folder, "import --from nothing --activation tanh --out kept", 1);
    failure(&folder, "export --model m.mono --format npz --out no/such/folder", 1);
    // A foreign file does not say its activation, and it is not guessed.
    let network = Network::random(1, Activation::Tanh, [4, 2, 2], 255.0, 1.0);
    let mut file = network.with_view(|view| safetensors::write(view).unwrap());
    let at = file.windows(10).position(|w| w == b"activation").unwrap();
    file[at] = b'A';
    std::fs::write(folder.join("foreign"), &file).unwrap();
    let text = failure(&folder, "import --from foreign --out kept", 2);
    assert_eq!(text, "import needs --activation NAME; `monolayer import --help` shows how\n");
    results(&folder, "import --from foreign --activation softplus --out new.mono");
    assert_eq!(std::fs::read(folder.join("kept")).unwrap(), b"before");
    assert_eq!(names(&folder), ["foreign", "kept", "m.mono", "new.mono", "other"]);
}

/// Ten kinds of pictures, a bright bar each, and a model that tells them by it; the training and the test set
/// alike.
fn bars(folder: &Path) {
    let images: Vec<u8> = (0..200_u32)
        .flat_map(|n| {
            (0..100_u32).map(move |pixel| if pixel / 10 == n % 10 { 200 + (n + pixel) as u8 % 50 } else { 0 })
        })
        .collect();
    let labels: Vec<u8> = (0..200).map(|n| (n % 10) as u8).collect();
    std::fs::create_dir_all(folder.join("bars")).unwrap();
    for half in ["train", "t10k"] {
        let head = [&[0, 0, 8, 3][..], &200_u32.to_be_bytes(), &[0, 0, 0, 10, 0, 0, 0, 10]].concat();
        std::fs::write(folder.join(format!("bars/{half}-images-idx3-ubyte")), [&head[..], &images].concat())
            .unwrap();
        let head = [&[0, 0, 8, 1][..], &200_u32.to_be_bytes()].concat();
        std::fs::write(folder.join(format!("bars/{half}-labels-idx1-ubyte")), [&head[..], &labels].concat())
            .unwrap();
    }
    results_quietly(folder, "train --data bars --hidden 12 --epochs 5 --lr 0.01 --quiet --out bars.mono");
}

#[track_caller]
fn results_quietly(folder: &Path, words: &str) {
    assert!(run(folder, words).status.success(), "{words}");
}

#[test]
fn integers_are_tried_and_written() {
    let (folder, _) = folder("int8");
    bars(&folder);
    let int8 = |rest: &str| format!("export --model bars.mono --int8 --data bars {rest}");
    let text = results(&folder, &int8("--format c --out bars.c"));
    assert!(text.contains("f32           0 errors in 200 test images\nint8          0 errors, 0.00 points of accuracy lost\n"), "{text}");
    // 100 pixels, 12 units, 10 classes.
    assert_eq!(110 * 12 + 8 * 22 + 516, 2012);
    assert!(text.contains("flash         2,012 bytes of constants\n"), "{text}");
    let source = std::fs::read_to_string(folder.join("bars.c")).unwrap();
    assert!(source.contains("static const int8_t weights_1[]"));

    let json = results(&folder, &int8("--max-loss 0 --json --format mono --out small.mono"));
    assert!(json.contains("\"weights\":\"int8\""), "{json}");
    assert!(
        json.ends_with("\"images\":200,\"f32_faults\":0,\"int8_faults\":0,\"points_lost\":0}\n"),
        "{json}"
    );
    let described = results(&folder, "info small.mono");
    assert!(described.contains("int8 weights"), "{described}");
    let tested = results(&folder, "test --model small.mono --data bars");
    assert!(tested.contains("errors       0 of 200 test images"), "{tested}");
    // What is int8 already is exported as it is.
    results(&folder, "export --model small.mono --format c --out zebra.c");
    let again = std::fs::read_to_string(folder.join("zebra.c")).unwrap();
    assert!(again.replace("zebra", "bars").replace("ZEBRA", "BARS") == source);
    results(&folder, "export --model small.mono --format rust --out small.rs");
}

#[test]
fn integers_that_lose_too_much_are_not_written() {
    let (folder, _) = folder("loss");
    bars(&folder);
    // Unit k sees bar k and tells class k; another never sees anything, but its weight to the classes is so
    // great that in int8 nothing is left of the others.
    let mut network = Network::random(1, Activation::Tanh, [100, 11, 10], 255.0, 0.0);
    network.w2.fill(0.0);
    (0..100).for_each(|pixel| network.w1[(1 + pixel) * 11 + pixel / 10] = 0.1);
    (0..10).for_each(|class| network.w2[(1 + class) * 10 + class] = 1.0);
    network.w2[11 * 10..].fill(1000.0);
    std::fs::write(folder.join("fine.mono"), network.file()).unwrap();
    let lost = "--model fine.mono --int8 --data bars --format c";
    let text = failure(&folder, &format!("export {lost} --max-loss 89.9 --out x.c"), 1);
    assert!(
        text.starts_with("int8 loses 90.00 points of accuracy, expected at most 89.9 (--max-loss);"),
        "{text}"
    );
    let output = run(&folder, &format!("export {lost} --max-loss 90 --out lost.c"));
    let (told, noted) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(
        output.status.success() && told.contains("180 errors, 90.00 points of accuracy lost\n"),
        "{told}"
    );
    assert!(noted.starts_with("monolayer: note: int8 loses 90.00 points of accuracy; "), "{noted}");

    let text = failure(&folder, "export --model fine.mono --format c --out x.c --max-loss 1", 2);
    assert!(text.starts_with("--max-loss is of no use without --int8; give both or neither"), "{text}");
    let text = failure(&folder, "export --model fine.mono --format c --out x.c --data bars", 2);
    assert!(text.starts_with("--data is of no use without --int8; give both or neither"), "{text}");
    let text = failure(&folder, "export --model m.mono --int8 --data bars --format c --out x.c", 1);
    assert!(text.contains("100 pixels an image, but the model m.mono was trained on 33"), "{text}");
    results(&folder, "export --model bars.mono --int8 --data bars --format mono --out small.mono");
    for format in ["html", "onnx", "safetensors", "npz"] {
        // Before the data are read.
        let words = format!("export --model bars.mono --int8 --data nowhere --format {format} --out x");
        let text = failure(&folder, &words, 2);
        assert_eq!(
            text,
            format!(
                "--int8: found --format {format}, expected c, rust or mono; the others have f32 weights\n"
            )
        );
        let text = failure(&folder, &format!("export --model small.mono --format {format} --out x"), 1);
        assert_eq!(
            text,
            format!("--format {format}: found int8 weights, expected f32; c, rust and mono take both\n")
        );
    }
    let text = failure(&folder, "export --model small.mono --int8 --data bars --format c --out x.c", 1);
    assert!(text.starts_with("small.mono: int8 already"), "{text}");
    std::fs::remove_file(folder.join("bars/train-images-idx3-ubyte")).unwrap();
    std::fs::remove_file(folder.join("bars/train-labels-idx1-ubyte")).unwrap();
    let text = failure(&folder, "export --model bars.mono --int8 --data bars --format c --out x.c", 1);
    assert!(text.starts_with("bars: no training images in it"), "{text}");
    assert!(!folder.join("x.c").exists() && !folder.join("x").exists());
}
