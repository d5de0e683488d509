//! Reports: whole, well formed, escaped, and of the numbers they are given.

use super::pages::kept;
use crate::lab::grid::{self, Axes, Run, Score};
use crate::lab::reference::Set;
use crate::lab::report::{self, Epoch, History, Model, Tested};
use monolayer::data::{Images, Table};
use monolayer::rng::Rng;
use monolayer::train::{self, Config, EpochReport, Field, HeldOut, Machine};
use monolayer::weights::Picture;
use monolayer::{Activation, Isa};

/// A name that wants out: of an element, of an attribute, of a line; to the other direction; and a long one.
const HOSTILE: &str =
    "</td><script>alert('1')</script>\"><img src=x onerror=alert(1)>&amp;&\u{0}\u{1b}[2J\n\u{202e}Zürich";
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
            table: None,
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
    assert!(text.contains("All 1, by influence") && text.contains("Learning curves"), "{text}");

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
    assert!(text.contains("There are no errors.") && !text.contains("The most frequent"), "{text}");
}

#[test]
fn a_table_has_its_features_by_name_and_its_errors_as_rows() {
    let row = Picture { channels: 1, height: 1, width: 20 };
    let case = case(70, row, &["sitting", "walking"], 2);
    let mut table = Table::default();
    table.names = (0..19).map(|d| format!("axis {d}")).chain([HOSTILE.into()]).collect();
    table.map = (0..20).flat_map(|d| [-1.0, if d == 3 { 0.0 } else { 25.5 }]).collect();
    let page = report::model(&Model { table: Some(&table), ..case.model() });
    let text = kept("table", &page);
    for part in ["axis 7", "unit 70", "60 of the 70", "test (300 samples)", "approximate", "constant"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for part in ["image", "digit", "pixel"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    assert!(!page.contains("<img "));
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
    assert!(text.contains("The images are too large for a page."), "{text}");
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
    let mut axes = Axes::reference(set);
    axes.set(Field::SEED, seeds.iter().map(u64::to_string));
    let run = |config: Config| {
        let row = &set.rows()[set.find(&config).unwrap()];
        let faults = u64::from(row.faults) + u64::from(rng.below(30));
        let loss = row.loss * f64::from(set.loss_images()) / 1e4 * (0.98 + f64::from(rng.below(40)) / 1000.0);
        let score = Some(Score { faults, loss, fingerprint: 1 });
        let (dataset, train_images) =
            (if set == Set::Mnist { "mnist".into() } else { "cifar10".into() }, 60_000);
        Run { dataset, data: 7, train_images, images: 10_000, config, score }
    };
    axes.configs().unwrap().into_iter().map(run).collect()
}

#[test]
fn the_references_rows_have_their_page() {
    let both = [runs(Set::Mnist, &[1]), runs(Set::Cifar10, &[1, 2, 3])].concat();
    let page = report::grid(&both, "monolayer grid");
    let text = kept("grid", &page);
    assert_eq!(page.matches("class=\"chart\"").count(), 24, "FAULTS and LOSS of six panels of either set");
    for word in
        ["mnist (data 0000000000000007): 36 rows", "/ 60000 (training images)", "108 runs", "float64 means"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    let table = grid::text(&both);
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
    let page = report::grid(&own, HOSTILE);
    let text = kept("grid-own", &page);
    assert!(text.contains("diverged)") && !text.contains("float64"), "{text}");
    kept("grid-none", &report::grid(&[], "monolayer grid"));
    kept("grid-one", &report::grid(&own[..1], "monolayer grid"));
}
