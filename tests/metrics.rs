//! The metrics (CONTRACT C14) that the command prints, for people and for programs.
#![cfg(all(feature = "std", feature = "digits"))]

use std::path::Path;
use std::process::Command;

/// The numbers of a list, or the number, of that name; `null` is NaN.
fn numbers(json: &str, name: &str) -> Vec<f64> {
    let start = json.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("no {name} in {json}"));
    let value = &json[start + name.len() + 3..];
    let end = if value.starts_with('[') { value.find(']') } else { value.find([',', '}']) };
    let texts = value[..end.unwrap()].trim_start_matches('[').split(',');
    texts.map(|text| if text == "null" { f64::NAN } else { text.parse().unwrap() }).collect()
}

#[test]
fn train_and_test_print_the_same_metrics_for_people_and_programs() {
    let model = Path::new(env!("CARGO_TARGET_TMPDIR")).join("metrics.mono");
    let run = |words: &str| {
        let words = words.replace("MODEL", model.to_str().unwrap());
        let output = Command::new(env!("CARGO_BIN_EXE_monolayer")).args(words.split(' ')).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let trained = run("train --hidden 20 --epochs 2 --lr 0.005 --quiet --json --out MODEL");
    let (trained, tested) = (trained.lines().last().unwrap(), run("test --model MODEL --json"));
    let text = run("test --model MODEL");
    let lists = ["top_k", "precision", "recall", "f1"];
    for name in lists.into_iter().chain(["calibration_error", "mean_precision", "mean_recall", "mean_f1"]) {
        assert_eq!(numbers(trained, name), numbers(&tested, name), "{name}");
    }
    for (name, length) in lists.into_iter().zip([5, 10, 10, 10]) {
        assert_eq!(numbers(&tested, name).len(), length, "{name}");
    }
    let percent = |x: f64| format!("{:.2} %", 100.0 * x);
    assert_eq!(numbers(&tested, "top_k")[0], numbers(&tested, "accuracy")[0]);
    assert!(
        text.contains(&format!("top k        {} (2), ", percent(numbers(&tested, "top_k")[1]))),
        "{text}"
    );
    let error = numbers(&tested, "calibration_error")[0];
    assert!(text.contains(&format!("calibration  expected error {} (15 bins)\n", percent(error))), "{text}");
    let row = |k: usize| ["precision", "recall", "f1"].map(|name| numbers(&tested, name)[k]);
    let means = ["mean_precision", "mean_recall", "mean_f1"].map(|name| numbers(&tested, name)[0]);
    for (title, measures) in [("0", row(0)), ("9", row(9)), ("mean", means)] {
        let cells = measures.map(|x| format!("{:.1} %", 100.0 * x));
        let is_it =
            |line: &str| line.starts_with(title) && cells.iter().all(|cell| line.contains(cell.as_str()));
        assert!(text.lines().any(is_it), "{title} {cells:?} in {text}");
    }
}
