//! `monolayer export` and `monolayer import`, as people and programs see them.

use super::{Network, networks};
use monolayer::math::Activation;
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

#[test]
fn each_format_is_written_with_its_costs() {
    let (folder, network) = folder("formats");
    // 33 pixels, 21 units, 3 classes.
    let weights = 4 * (34 * 21 + 22 * 3);
    let file = network.file().len();
    for (format, out, flash, scratch, stack) in [
        ("c", "m.c", weights + 1024, 0, Some(8 + 4 * 11 + 12 + 320)),
        ("rust", "m.rs", file, 4 * monolayer::infer::scratch_len(21, 3), Some(400)),
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
        let line = stack.map(|stack| format!("stack         at most {stack} bytes\n"));
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
                "{{\"format\":\"{format}\",\"files\":[{{\"file\":\"{out}\",\"bytes\":{length}}}{header}],\
                 \"fingerprint\":\"{fingerprint:016x}\",\"flash\":{flash},\"scratch\":{scratch},\"stack\":{stack},\
                 \"multiply_adds\":756}}\n"
            )
        );
    }
    assert_eq!(names(&folder), ["m.c", "m.h", "m.mono", "m.npz", "m.onnx", "m.rs", "m.safetensors"]);
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

    // Through a pipe; what was found goes to stderr.
    let output = run(&folder, "import --from m.safetensors --out -");
    assert!(output.status.success() && output.stdout == network.file() && !output.stderr.is_empty());
    let output = run(&folder, "export --model m.mono --format safetensors --out -");
    assert!(output.status.success() && output.stdout == std::fs::read(folder.join("m.safetensors")).unwrap());
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
    for format in ["rust", "onnx", "safetensors", "npz"] {
        let text = failure(&folder, &format!("export --model kept --format {format} --out kept"), 1);
        assert!(text.starts_with("kept: not a monolayer model"), "{text}");
    }
    let text = failure(&folder, "import --from m.mono --out kept", 1);
    assert!(text.starts_with("m.mono: not a safetensors file: byte 0: "), "{text}");
    failure(&folder, "import --from nothing --activation tanh --out kept", 1);
    failure(&folder, "export --model m.mono --format npz --out no/such/folder", 1);
    // A foreign file does not say its activation, and it is not guessed.
    let mut file = Network::random(1, Activation::Tanh, [4, 2, 2], 255.0, 1.0)
        .with_model(|model, _| monolayer::lab::export::safetensors::write(model.view()).unwrap());
    let at = file.windows(10).position(|w| w == b"activation").unwrap();
    file[at] = b'A';
    std::fs::write(folder.join("foreign"), &file).unwrap();
    let text = failure(&folder, "import --from foreign --out kept", 2);
    assert_eq!(text, "import needs --activation NAME; `monolayer import --help` shows how\n");
    results(&folder, "import --from foreign --activation softplus --out new.mono");
    assert_eq!(std::fs::read(folder.join("kept")).unwrap(), b"before");
    assert_eq!(names(&folder), ["foreign", "kept", "m.mono", "new.mono"]);
}
