//! Reports: whole, well formed, escaped, and of the numbers that were printed.
//!
//! What is made here lies in CARGO_TARGET_TMPDIR/report; tools/pages/check opens it in a browser.
#![cfg(feature = "std")]

use monolayer::data::Images;
use monolayer::lab::grid::{Axes, Run, Score};
use monolayer::lab::reference::Set;
use monolayer::lab::report::{self, Epoch, Grid, History, Model, Tested};
use monolayer::math::Activation;
use monolayer::rng::Rng;
use monolayer::simd::Isa;
use monolayer::train::{self, Config, EpochReport, HeldOut, Machine};
use monolayer::weights::Picture;
use std::fs;
use std::path::Path;

/// A name that wants out: of an element, of an attribute, of a line; to the other direction; and a long one.
const HOSTILE: &str =
    "</td><script>alert('1')</script>\"><img src=x onerror=alert(1)>&amp;&\u{0}\u{1b}[2J\n\u{202e}Zürich";

// -------------------------------------------------------------------------------------------- reading pages

/// Elements without an end.
const VOID: &[&str] = &["meta", "link", "br", "img"];

/// What pages may have: nothing that runs, loads or leads away.
const KNOWN: &str = "html head meta title link style body main footer section h1 h2 p div span strong br bdi table thead \
    tbody tr th td dl dt dd details summary pre code figure figcaption ul li img svg path circle rect text image";

/// The attributes of an element, by name.
#[track_caller]
fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut rest = text.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no value: {text}"));
        let (value, after) = after.split_once('"').unwrap_or_else(|| panic!("no end of a value: {text}"));
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-'), "{text}");
        assert!(found.iter().all(|(other, _)| *other != name), "twice {name}: {text}");
        found.push((name, value));
        assert!(after.is_empty() || after.starts_with(' '), "{text}");
        rest = after.trim_start();
    }
    found
}

/// No reference but those that are known, no control character.
#[track_caller]
fn is_text(text: &str) {
    for after in text.split('&').skip(1) {
        assert!(
            ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|name| after.starts_with(name)),
            "&{after:.20}"
        );
    }
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "a control character in {text:?}");
}

/// Looks at every character of a page, and gives its text, without elements.
#[track_caller]
fn read(page: &str) -> String {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a doctype");
    let (mut open, mut text): (Vec<&str>, String) = (Vec::new(), String::new());
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        if open.last() != Some(&"style") {
            is_text(before);
            assert!(!before.contains('>'), "a stray > in {before:?}");
            text += before;
        }
        let (tag, after) = tag[1..].split_once('>').expect("an element that ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "ends in {:?}", &before[before.len().saturating_sub(80)..]);
            continue;
        }
        let alone = tag.ends_with('/');
        let (name, about) =
            tag.trim_end_matches('/').split_once(' ').unwrap_or((tag.trim_end_matches('/'), ""));
        assert!(KNOWN.split_whitespace().any(|known| known == name), "element {name}");
        for (attribute, value) in attributes(about) {
            is_text(value);
            assert!(!attribute.starts_with("on"), "{tag}");
            if ["src", "href"].contains(&attribute) {
                assert!(value.starts_with("data:"), "{name} leads to {value:.60}");
            } else if open.contains(&"svg") && !["class", "aria-label"].contains(&attribute) {
                assert!(!value.contains("NaN") && !value.contains("inf"), "{tag}");
            }
        }
        if !alone && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest == "\n", "{open:?} {rest:?}");
    for (character, name) in [("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\''), ("&amp;", '&')]
        .map(|(reference, c)| (reference, c.to_string()))
    {
        text = text.replace(character, &name);
    }
    text
}

/// Keeps a page for the browser, and reads it.
#[track_caller]
fn kept(name: &str, page: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.html")), page).unwrap();
    read(page)
}

// -------------------------------------------------------------------------------------------- models' pages

/// Pictures of K classes with a noisy bar each.
fn pictures(count: usize, picture: Picture, classes: usize) -> Images {
    let mut rng = Rng::new(3, 77);
    let features = picture.pixels() as usize;
    let labels: Vec<u8> = (0..count).map(|_| rng.below(classes as u32) as u8).collect();
    let mut pixels = Vec::new();
    for &label in &labels {
        pixels.extend((0..features).map(|d| {
            let lit = d * classes / features == usize::from(label);
            (rng.below(150) + if lit { 60 } else { 0 }) as u8
        }));
    }
    Images::new(features, pixels, labels)
}

struct Case {
    images: Images,
    picture: Picture,
    fit: train::Fit,
    evaluation: train::Evaluation,
    classes: Vec<String>,
    history: History,
}

fn case(hidden: usize, picture: Picture, names: &[&str], epochs: u32) -> Case {
    let classes: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    let images = pictures(300, picture, classes.len());
    let config = Config { hidden, lr: 0.002, epochs, ..Config::default() };
    let machine = Machine::new(Isa::Scalar, 1);
    let fit = train::fit(&images, classes.len(), &config, machine).unwrap();
    let evaluation = train::evaluate(&fit.network.params(), &images, machine).unwrap();
    let epoch = |epoch: u32| {
        let found = |faults| Some(HeldOut { faults, cross_entropy: faults as f64 / 50.0 });
        let report = EpochReport { epoch, seconds: 0.5, cost: 2.0 / f64::from(epoch), held_out: found(90) };
        Epoch { report, training: found(100), test: found(110) }
    };
    let history = History {
        epochs: (1..=epochs).map(epoch).collect(),
        training: (300, 300),
        validation: 300,
        test: 300,
    };
    Case { images, picture, fit, evaluation, classes, history }
}

impl Case {
    fn model(&self) -> Model<'_> {
        Model {
            title: "train: what it is".into(),
            about: "a data set".into(),
            figures: vec![("accuracy", "12.34 %".into())],
            results: vec![("faults", "5 of 7".into())],
            command: "monolayer train --data 'a b'".into(),
            settings: vec![("lr", "0.001")],
            history: &self.history,
            tested: Some(Tested { evaluation: &self.evaluation, images: &self.images }),
            params: Some(self.fit.network.params()),
            picture: self.picture,
            classes: &self.classes,
        }
    }
}

const GREY: Picture = Picture { channels: 1, height: 6, width: 9 };
const COLOUR: Picture = Picture { channels: 3, height: 8, width: 8 };

#[test]
fn names_from_outside_stay_where_they_are() {
    let mut case = case(5, GREY, &[HOSTILE, "b", "an uncommonly long name of a class, as they come"], 3);
    case.classes.push("never seen".into());
    let evaluation = &mut case.evaluation;
    // One class more than there are images of.
    evaluation.classes = 4;
    evaluation.probabilities =
        evaluation.probabilities.chunks(3).flat_map(|row| [row, &[0.0]].concat()).collect();
    evaluation.confusion =
        evaluation.confusion.chunks(3).flat_map(|row| [row, &[0]].concat()).chain([0; 4]).collect();
    let page = report::model(&Model {
        title: HOSTILE.into(),
        about: HOSTILE.into(),
        figures: vec![(HOSTILE, HOSTILE.into())],
        results: vec![(HOSTILE, HOSTILE.into())],
        command: HOSTILE.into(),
        settings: vec![(HOSTILE, HOSTILE)],
        ..case.model()
    });
    let text = kept("hostile", &page);
    let shown = "</td><script>alert('1')</script>\"><img src=x onerror=alert(1)>&amp;&\\u{0}\\u{1b}[2J\\n\u{202e}Zürich";
    assert!(text.matches(shown).count() >= 10, "{text}");
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn small_models_have_pages() {
    let one = case(1, GREY, &["0", "1"], 1);
    let text = kept("one", &report::model(&one.model()));
    assert!(text.contains("All 1, those first") && text.contains("Learning curves"), "{text}");

    let untested = Model { tested: None, params: None, history: &History::default(), ..one.model() };
    let text = kept("untested", &report::model(&untested));
    assert!(
        !text.contains("Hidden units") && !text.contains("Confusion") && !text.contains("Learning"),
        "{text}"
    );

    let mut right = case(2, GREY, &["0", "1"], 1);
    right.evaluation.predictions = right.evaluation.labels.clone();
    right.evaluation.confusion = vec![1, 0, 0, 299];
    let text = kept("right", &report::model(&right.model()));
    assert!(text.contains("There is no mistake.") && !text.contains("The most frequent"), "{text}");
}

#[test]
fn many_classes_have_a_matrix_of_points() {
    let names: Vec<String> = (0..128).map(|class| format!("class number {class}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let case = case(70, COLOUR, &names, 4);
    let page = report::model(&case.model());
    let text = kept("many", &page);
    assert!(text.contains("60 of the 70") && text.contains("All 128 classes"), "{text}");
    assert_eq!(page.matches("<img ").count(), 24 + 60);
    assert_eq!(page.matches("<image ").count(), 1);
    assert!(page.len() < 1_000_000, "{}", page.len());
}

#[test]
fn costs_that_are_no_numbers_are_gaps() {
    let mut case = case(2, COLOUR, &["0", "1", "2"], 7);
    let costs = [f64::NAN, 3.0, f64::INFINITY, -0.0, 1e300, -2.0, 1e-300];
    for (epoch, cost) in case.history.epochs.iter_mut().zip(costs) {
        epoch.report.cost = cost;
        epoch.report.held_out = None;
        epoch.test = Some(HeldOut { faults: 0, cross_entropy: f64::NAN });
    }
    case.history.epochs[3].training = None;
    case.evaluation.probabilities.fill(f32::NAN);
    let page = report::model(&case.model());
    let text = kept("gaps", &page);
    assert!(text.contains("NaN") && text.contains("inf"), "the numbers are told");
    for epoch in &mut case.history.epochs {
        epoch.report.cost = f64::NAN;
    }
    kept("nothing-drawn", &report::model(&case.model()));
}

#[test]
fn long_runs_are_thinned() {
    let mut case = case(2, GREY, &["0", "1"], 1);
    let of =
        |epoch: u32| EpochReport { epoch, seconds: 0.1, cost: 1.0 + 1.0 / f64::from(epoch), held_out: None };
    let epochs = (1..=100_000).map(|epoch| Epoch { report: of(epoch), training: None, test: None });
    case.history.epochs = epochs.collect();
    let page = report::model(&case.model());
    let text = kept("long", &page);
    assert!(
        text.contains("The numbers of 500 of the 100000 epochs") && text.contains("100000"),
        "{}",
        page.len()
    );
    assert!(page.len() < 200_000, "{}", page.len());
}

#[test]
fn large_pictures_are_left_out() {
    let case = case(1, Picture { channels: 1, height: 1, width: 700 }, &["0", "1"], 1);
    kept("strips", &report::model(&case.model()));
    let picture = Picture { channels: 3, height: 1000, width: 1000 };
    let large = Model { params: None, picture, ..case.model() };
    let text = kept("large", &report::model(&large));
    assert!(text.contains("The pictures are too large for a page."), "{text}");
}

#[test]
fn a_page_follows_from_what_it_shows() {
    let (a, b) = (case(3, COLOUR, &["0", "1"], 2), case(3, COLOUR, &["0", "1"], 2));
    assert_eq!(report::model(&a.model()), report::model(&b.model()));
}

// --------------------------------------------------------------------------------------------- grids' pages

/// The reference's rows with made-up results near the published ones.
fn runs(set: Set, seeds: &[u64]) -> Vec<Run> {
    let mut rng = Rng::new(9, 5);
    let axes = Axes { seed: seeds.to_vec(), ..Axes::reference(set) };
    let run = |config: Config| {
        let row = &set.rows()[set.find(&config).unwrap()];
        let faults = u64::from(row.faults) + u64::from(rng.below(30));
        let loss = row.loss * f64::from(set.loss_images()) / 1e4 * (0.98 + f64::from(rng.below(40)) / 1000.0);
        let score = Some(Score { faults, loss, fingerprint: 1 });
        let (dataset, train_images) = (set.name().into(), 60_000);
        Run { dataset, data: 7, train_images, images: 10_000, config, score }
    };
    axes.configs().unwrap().into_iter().map(run).collect()
}

#[test]
fn the_references_rows_have_their_page() {
    let both = [runs(Set::Mnist, &[1]), runs(Set::Cifar10, &[1, 2, 3])].concat();
    let page = report::grid(&Grid { runs: &both, command: "monolayer grid".into() });
    let text = kept("grid", &page);
    assert_eq!(page.matches("class=\"chart\"").count(), 24, "FAULTS and LOSS of six panels of either set");
    for word in
        ["mnist (data 0000000000000007): 36 rows", "/ 60000 (training images)", "108 runs", "float64 means"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    let table = monolayer::lab::grid::text(&both);
    for word in table.split_whitespace().filter(|word| word.contains('.') && word.len() > 5) {
        assert!(text.contains(word), "{word} is in the table, not in the page");
    }
}

#[test]
fn other_grids_have_pages_too() {
    let mut own = runs(Set::Mnist, &[1, 2]);
    for (index, run) in own.iter_mut().enumerate() {
        run.dataset = HOSTILE.into();
        run.config.lr = 1e-12;
        run.config.activation = Activation::Cos;
        run.config.batch = 1 + index;
        run.score = if index % 3 > 0 { run.score } else { None };
    }
    own[0].score = Some(Score { faults: 3, loss: f64::NAN, fingerprint: 0 });
    own[1].score = Some(Score { faults: 3, loss: f64::INFINITY, fingerprint: 0 });
    let page = report::grid(&Grid { runs: &own, command: HOSTILE.into() });
    let text = kept("grid-own", &page);
    assert!(text.contains("diverged)") && !text.contains("float64"), "{text}");
    kept("grid-none", &report::grid(&Grid { runs: &[], command: "monolayer grid".into() }));
    kept("grid-one", &report::grid(&Grid { runs: &own[..1], command: "monolayer grid".into() }));
}

// ---------------------------------------------------------------------------------------------- the command

#[cfg(all(feature = "digits", unix))]
mod command {
    use super::*;
    use std::path::PathBuf;
    use std::process::{Command, Output, Stdio};

    fn folder(name: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn run(here: &Path, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
        command.args(words).current_dir(here).stdin(Stdio::null()).env_remove("TERM").output().unwrap()
    }

    #[track_caller]
    fn results(here: &Path, words: &str) -> String {
        let output = run(here, &words.split_whitespace().collect::<Vec<_>>());
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn after<'a>(text: &'a str, name: &str) -> &'a str {
        let start = text.find(name).unwrap_or_else(|| panic!("no {name} in {text}")) + name.len();
        text[start..].lines().next().unwrap().trim()
    }

    /// The command line of a page, as a shell would be given it.
    fn repeated(text: &str) -> String {
        let mut lines = text.lines().filter(|line| line.starts_with("monolayer "));
        lines.nth_back(1).unwrap().into() // the last is the foot of the page
    }

    #[test]
    fn training_has_the_page_of_what_it_printed() {
        let here = folder("report-train");
        let words =
            "train --hidden 12 --lr 0.01 --epochs 3 --validation 150 --patience 3 --seed 5 --out a.mono";
        let plain = results(&here, words);
        let printed = results(&here, &format!("{words} --report page.html"));
        assert_eq!(after(&printed, "fingerprint "), after(&plain, "fingerprint "), "a page changes no bit");
        let text = kept("train", &fs::read_to_string(here.join("page.html")).unwrap());
        for name in
            ["faults ", "top k ", "loss ", "calibration ", "seconds ", "ran on ", "fingerprint ", "held out "]
        {
            let value = after(&printed, name);
            assert!(text.contains(value), "{name}: {value} is not in the page: {text}");
        }
        for row in printed.lines().filter(|line| line.contains(" %  ")) {
            assert!(row.split("  ").map(str::trim).all(|word| text.contains(word)), "{row}");
        }
        assert!(text.contains("training (4850 images)"), "{text}");
        assert!(text.contains("validation (150 images)") && text.contains("test (1000 images)"), "{text}");

        // The command that the page tells does it again.
        let script = repeated(&text).replacen("monolayer", env!("CARGO_BIN_EXE_monolayer"), 1);
        let script = script.replace("page.html", "again.html").replace("a.mono", "b.mono");
        let again = Command::new("sh").arg("-c").arg(script).current_dir(&here).output().unwrap();
        let again = String::from_utf8(again.stdout).unwrap();
        assert_eq!(after(&again, "fingerprint "), after(&plain, "fingerprint "));

        let printed = results(&here, "test --model a.mono --report test.html --quiet");
        let text = kept("test", &fs::read_to_string(here.join("test.html")).unwrap());
        assert!(
            text.contains(after(&printed, "loss ")) && text.contains("a.mono") && !text.contains("Learning")
        );
    }

    #[test]
    fn a_resumed_run_has_the_curve_of_all_its_epochs() {
        let here = folder("report-resume");
        let words = "train --hidden 4 --checkpoint c --report r.html --quiet";
        let run = |epochs: u32| {
            results(&here, &format!("{words} --epochs {epochs} --resume"));
            kept("resumed", &fs::read_to_string(here.join("r.html")).unwrap())
        };
        run(2);
        let text = run(4);
        let rows = text.split("The numbers").nth(1).unwrap();
        assert!(
            rows.contains("--") && !repeated(&text).contains("--resume"),
            "what was not seen is not known: {rows}"
        );
        // Nothing is left to do: the page is made all the same.
        assert!(run(4).contains("Learning curves"));
    }

    #[test]
    fn a_grid_has_the_page_of_its_table() {
        let here = folder("report-grid");
        let words = "grid --hidden 5,9 --activation tanh,cos --epochs 2 --seeds 1,2 --report grid.html";
        let printed = results(&here, words);
        let page = fs::read_to_string(here.join("grid.html")).unwrap();
        let text = kept("grid-digits", &page);
        for word in printed.split_whitespace().filter(|word| word.contains('.')) {
            assert!(text.contains(word), "{word}: {text}");
        }
        // Of the results that are there.
        results(&here, "grid grid.jsonl --report table.html --json");
        let table = fs::read_to_string(here.join("table.html")).unwrap();
        let but_command = |page: &str| page.split("<h2>Once more").next().unwrap().to_string();
        assert!(but_command(&table) == but_command(&page), "another page from the same results");
        assert_eq!(repeated(&read(&table)), "monolayer grid --report table.html grid.jsonl");
    }

    #[test]
    fn names_of_files_are_quoted_for_the_shell_and_escaped_for_the_page() {
        let here = folder("report-names");
        let name = "<b>it's & \"x\" $HOME\n.html";
        let words = ["train", "--hidden", "2", "--epochs", "1", "--quiet", "--report", name];
        assert!(run(&here, &words).status.success());
        let page = fs::read_to_string(here.join(name)).unwrap();
        assert!(!page.contains("<b>"));
        let text = read(&page);
        assert!(text.contains("--report '<b>it'\\''s & \"x\" $HOME\\n.html'"), "{text}");
    }

    #[test]
    fn the_page_is_told_of_after_the_results() {
        let here = folder("report-order");
        results(&here, "train --hidden 2 --epochs 1 --quiet --out m.mono");
        for (words, part) in [
            ("train --hidden 2 --epochs 1", "fingerprint"),
            ("test --model m.mono", "fingerprint"),
            ("grid --hidden 2 --epochs 1", "FAULTS"),
            ("grid grid.jsonl", "FAULTS"),
        ] {
            let both = fs::File::create(here.join("both")).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
            command.args(words.split(' ')).args(["--report", "page.html"]).current_dir(&here);
            let status = command.stdout(both.try_clone().unwrap()).stderr(both).status().unwrap();
            let text = fs::read_to_string(here.join("both")).unwrap();
            let last = text.lines().last().unwrap();
            assert!(status.success() && text.contains(part), "{words}: {text}");
            assert!(last.starts_with("report: page.html ("), "{words}: {text}");
        }
    }

    #[test]
    fn the_page_goes_where_it_can_or_work_does_not_begin() {
        let here = folder("report-places");
        let output = run(&here, &["train", "--report", "no/such/folder.html"]);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(
            text.starts_with("monolayer: no/such/folder.html: cannot be written")
                && text.lines().count() == 1,
            "{text}"
        );

        let output = run(&here, &["train", "--report", "-", "--out", "-"]);
        assert_eq!(output.status.code(), Some(2));

        let output = run(&here, &["train", "--hidden", "2", "--epochs", "1", "--report", "-"]);
        let (page, told) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(told.contains(after(&read(&page), "fingerprint")), "{told}");
    }
}
