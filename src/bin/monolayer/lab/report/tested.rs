//! The sections of a page on a model's test results.

use super::chart::{Mark, Plane, Row, WIDTH, dots, figure, legend};
use super::features::Mistake;
use super::html::{charts, escaped, folded, isolated, section, table};
use super::scale::Scale;
use super::{features, pictures};
use crate::lab::{BINS, Bin, Confusion, Scores};
use monolayer::data::{Images, Table};
use monolayer::store::Printable;
use monolayer::train::Evaluation;
use monolayer::weights::Picture;
use std::cmp::Reverse;

/// A model's results on the test images, and these.
#[derive(Clone, Copy, Debug)]
pub struct Tested<'a> {
    /// The results.
    pub evaluation: &'a Evaluation,
    /// The test images.
    pub images: &'a Images,
}

/// What the sections are about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// The names of the classes.
    pub(super) names: &'a [String],
    /// The shape of an image.
    pub(super) picture: Picture,
    /// The columns, where the images are rows of a table.
    pub(super) table: Option<&'a Table>,
    /// What they are called.
    pub(super) samples: &'static str,
}

/// A matrix of more classes than this is drawn as a picture.
const MOST_CLASSES_WRITTEN: usize = 20;

/// At most this many characters of a class's name stand above a column, or beside a row of dots.
const MOST_CHARACTERS: usize = 14;

/// At most this many mistakes are drawn, and this many kinds of mistake listed.
const MOST_MISTAKES: usize = 24;
const MOST_KINDS: usize = 12;

impl Tested<'_> {
    /// The sections of the page.
    pub(super) fn html(&self, about: &Subject) -> String {
        let Subject { names, samples, .. } = *about;
        let Evaluation { confusion, classes, .. } = self.evaluation;
        let confusion = Confusion::new(confusion, *classes);
        let matrix = match *classes <= MOST_CLASSES_WRITTEN {
            true => written(&confusion, names),
            false => drawn(&self.evaluation.confusion, *classes),
        };
        let note = format!(
            "A row for each true class, a column for each predicted one: blue is right, orange wrong, each the \
             stronger the more {samples}."
        );
        let kinds = kinds(&confusion, names, samples);
        section("Confusion matrix", &note, &charts(&format!("<div>{matrix}</div>\n<div>{kinds}</div>\n")))
            + &by_class(&confusion, names, samples)
            + &self.mistakes(about)
            + &self.calibration(samples)
    }

    /// The wrong predictions with the highest confidence.
    fn mistakes(&self, about: &Subject) -> String {
        let Subject { names, picture, table, .. } = *about;
        let Evaluation { labels, predictions, probabilities, classes, .. } = self.evaluation;
        let confidence = |n: usize| probabilities[n * classes + usize::from(predictions[n])];
        let mut wrong: Vec<usize> = (0..labels.len()).filter(|&n| labels[n] != predictions[n]).collect();
        let all = wrong.len();
        wrong.sort_by(|&a, &b| confidence(b).total_cmp(&confidence(a)).then(a.cmp(&b)));
        wrong.truncate(pictures::affordable(picture, MOST_MISTAKES));
        let title = "The most confident errors";
        if wrong.is_empty() {
            let why = if all == 0 { "There are no errors." } else { "The images are too large for a page." };
            return section(title, why, "");
        }
        let name = |class: u8| names[usize::from(class)].as_str();
        if let Some(table) = table {
            let note = format!(
                "{} of the {all} errors, the most confident first. The values are those that the bytes stand \
                 for, and so approximate.",
                wrong.len()
            );
            let each = wrong.iter().map(|&n| Mistake {
                sample: n,
                predicted: name(predictions[n]),
                is: name(labels[n]),
                confidence: confidence(n),
            });
            return section(title, &note, &features::mistakes(self.images, table, each));
        }
        let each = wrong.iter().map(|&n| {
            pictures::mistake(self.images, picture, n, [name(predictions[n]), name(labels[n])], confidence(n))
        });
        let note = format!(
            "{} of the {all} errors, the most confident first: the prediction, its probability, and the true \
             class.",
            wrong.len()
        );
        section(title, &note, &pictures::gallery("pictures", each))
    }

    fn calibration(&self, samples: &str) -> String {
        let Evaluation { labels, predictions, probabilities, classes, .. } = self.evaluation;
        let scores = Scores::new(labels, predictions, probabilities, *classes);
        let bins = scores.bins();
        let error = scores.calibration_error().unwrap_or(0.0) * 100.0;
        let note = format!(
            "Are 80 % of the predictions with 80 % confidence right? The predictions in {BINS} bins by \
             confidence, the \
             probability of the predicted class. Expected calibration error: {error:.2} %."
        );
        let body =
            charts(&(reliability(&bins, samples) + &confidences(&bins, samples))) + &numbers(&bins, samples);
        section("Calibration", &note, &body)
    }
}

/// The matrix with its numbers.
fn written(confusion: &Confusion, names: &[String]) -> String {
    let most = confusion.mistakes().map(|(count, ..)| count).max().unwrap_or(0).max(1);
    let mut head = "<tr><th></th>".to_string();
    // All names upright, or all turned.
    let class = if names.iter().any(|name| name.chars().count() > 3) { "long" } else { "" };
    for name in names {
        let name = isolated(&shortened(name));
        head += &format!("<th scope=\"col\"><span class=\"{class}\">{name}</span></th>");
    }
    let mut rows = String::new();
    for (t, name) in names.iter().enumerate() {
        rows += &format!("<tr><th scope=\"row\" title=\"{}\">{}</th>", escaped(name), isolated(name));
        for (p, &count) in confusion.row(t).iter().enumerate() {
            let (colour, opacity) = match t == p {
                true => ("right", confusion.recall(t).unwrap_or(0.0) * 0.5),
                false => ("wrong", 0.08 + 0.5 * f64::from(count) / f64::from(most)),
            };
            rows += &match count {
                0 => "<td class=\"none\">.</td>".into(),
                _ => format!("<td style=\"background:rgb(var(--{colour})/{opacity:.2})\">{count}</td>"),
            };
        }
        rows += "</tr>\n";
    }
    table("matrix", "confusion matrix", &(head + "</tr>"), &rows)
}

/// The matrix of many classes as a picture, a pixel a cell.
fn drawn(counts: &[u32], classes: usize) -> String {
    const LEFT: f64 = 40.0;
    const TOP: f64 = 36.0;
    let size = WIDTH - LEFT - 12.0;
    let cell = size / classes as f64;
    let mut body = format!(
        "<image class=\"large\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{size}\" height=\"{size}\" href=\"{}\"/>\n\
         <rect class=\"grid\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{size}\" height=\"{size}\"/>\n",
        pictures::matrix(counts, classes)
    );
    for class in (0..classes).step_by(10) {
        let middle = (class as f64 + 0.5) * cell;
        let (x, y) = (LEFT + middle, TOP + middle + 4.0);
        body += &format!("<text class=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{class}</text>", TOP - 6.0);
        body += &format!("<text class=\"end\" x=\"{:.1}\" y=\"{y:.1}\">{class}</text>\n", LEFT - 6.0);
    }
    let height = TOP + size + 4.0;
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"confusion \
         matrix\">\n{body}\
         <text class=\"name\" x=\"0\" y=\"12\">true class, down; predicted class, across</text>\n</svg>\n"
    )
}

/// The most frequent pairs of true and predicted class.
fn kinds(confusion: &Confusion, names: &[String], samples: &str) -> String {
    let mut found: Vec<_> = confusion.mistakes().filter(|&(count, ..)| count > 0).collect();
    found.sort_by_key(|&(count, ..)| Reverse(count)); // stable: of equal counts, by class
    let all = found.len();
    found.truncate(MOST_KINDS);
    if found.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for &(count, t, p) in &found {
        let share = f64::from(count) * 100.0 / confusion.images(t) as f64;
        let (t, p) = (isolated(&names[t]), isolated(&names[p]));
        rows += &format!(
            "<tr><td class=\"left\">{t}</td><td class=\"left\">{p}</td><td>{count}</td><td>{share:.1} \
             %</td></tr>\n"
        );
    }
    let head = format!(
        "<tr><th class=\"left\">true class</th><th \
         class=\"left\">prediction</th><th>{samples}</th><th>of the class</th></tr>"
    );
    let caption = format!("<p class=\"note\">The most frequent of {all} kinds of error</p>\n");
    caption + &table("kinds", "most frequent errors", &head, &rows)
}

fn by_class(confusion: &Confusion, names: &[String], samples: &str) -> String {
    let percent = |x: Option<f64>| x.map_or("-".to_string(), |x| format!("{:.1} %", x * 100.0));
    let line = |class: &str, name: &str, images: u64, measures: [Option<f64>; 3]| {
        let measures: String = measures.into_iter().map(|x| format!("<td>{}</td>", percent(x))).collect();
        format!("<tr class=\"{class}\"><th scope=\"row\">{name}</th><td>{images}</td>{measures}</tr>\n")
    };
    let mut rows = String::new();
    for (k, name) in names.iter().enumerate() {
        rows += &line("", &isolated(name), confusion.images(k), confusion.measures(k));
    }
    if let Some(means) = confusion.means() {
        let images = (0..confusion.classes()).map(|k| confusion.images(k)).sum::<u64>();
        rows += &line("mean", "mean", images, means.map(Some));
    }
    let head = format!(
        "<tr><th class=\"left\">class</th><th>{samples}</th><th>precision</th><th>recall</th><th>F1</th></tr>"
    );
    let note = format!(
        "Precision: the share of the {samples} predicted as the class that are of it. Recall: the share of the \
         class's {samples} that are predicted as it. F1: their harmonic mean."
    );
    let table = table("classes", "class by class", &head, &rows);
    let body = match confusion.classes() <= MOST_CLASSES_WRITTEN {
        true => charts(&(table + &measures(confusion, names))),
        false => folded(&format!("All {} classes", confusion.classes()), &table),
    };
    section("Class by class", &note, &body)
}

/// Precision and recall of each class.
fn measures(confusion: &Confusion, names: &[String]) -> String {
    let row = |(k, name): (usize, &String)| {
        let measures = [(Mark::Second, confusion.precision(k)), (Mark::First, confusion.recall(k))];
        let dots = measures.into_iter().filter_map(|(mark, x)| Some((mark, x? * 100.0)));
        Row { label: shortened(name), dots: dots.collect() }
    };
    let rows: Vec<Row> = names.iter().enumerate().map(row).collect();
    let keys = Mark::First.key("recall", false) + &Mark::Second.key("precision", false);
    figure(
        "Recall and precision",
        &legend(&keys),
        &dots("recall and precision", ["class", "%"], &rows, false),
    )
}

/// The name, cut if it is long.
fn shortened(name: &str) -> String {
    let name = Printable(name).to_string();
    let dots = if name.chars().count() > MOST_CHARACTERS { "…" } else { "" };
    name.chars().take(MOST_CHARACTERS).chain(dots.chars()).collect()
}

/// The bounds of a bin, in per cent.
fn bounds(bin: usize) -> [f64; 2] {
    [bin, bin + 1].map(|bound| bound as f64 * 100.0 / BINS as f64)
}

fn percentages() -> Scale {
    Scale::linear([0.0, 100.0].into_iter(), 5, true)
}

/// A column from 0 to `y` over a bin.
fn column(plane: &Plane, bin: usize, y: f64, title: &str) -> String {
    let [from, to] = bounds(bin);
    let corners = (plane.at(from, 0.0), plane.at(to, y));
    let (Some((left, bottom)), Some((right, top))) = corners else { return String::new() };
    let (width, height) = (right - left - 1.0, bottom - top);
    format!(
        "<rect class=\"column\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
         height=\"{height:.1}\"><title>{}</title></rect>\n",
        escaped(title)
    )
}

fn reliability(bins: &[Bin; BINS], samples: &str) -> String {
    let plane = Plane::new(percentages(), percentages(), 240.0);
    let mut body = plane.axes("confidence, %", "right predictions, %");
    if let (Some((x0, y0)), Some((x1, y1))) = (plane.at(0.0, 0.0), plane.at(100.0, 100.0)) {
        body += &format!("<path class=\"ideal\" d=\"M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}\"/>\n");
    }
    for (index, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.images > 0) {
        let [confidence, right] = shares(bin);
        let title = format!("{} {samples}: confidence {confidence:.1} %, right {right:.1} %", bin.images);
        body += &column(&plane, index, right, &title);
        if let Some((x, y)) = plane.at(confidence, right) {
            body += &Mark::First.shape(x, y, &title);
        }
    }
    let keys = Mark::First.key("a bin: its mean confidence and its share of right predictions", false);
    let ideal = "<span class=\"key\"><svg viewBox=\"0 0 26 12\" width=\"26\" height=\"12\" \
                 aria-hidden=\"true\">\
                 <path class=\"ideal\" d=\"M0 6h26\"/></svg>perfect calibration</span>\n";
    figure("Reliability", &legend(&(keys + ideal)), &plane.svg("reliability diagram", &body))
}

/// Mean confidence and share of right answers of a bin that is not empty, in per cent.
fn shares(bin: &Bin) -> [f64; 2] {
    [bin.confidence, bin.right as f64].map(|sum| sum * 100.0 / bin.images as f64)
}

fn confidences(bins: &[Bin; BINS], samples: &str) -> String {
    let counts = bins.iter().map(|bin| bin.images as f64).chain([0.0]);
    let plane = Plane::new(percentages(), Scale::linear(counts, 5, true), 240.0);
    let mut body = plane.axes("confidence, %", samples);
    for (index, bin) in bins.iter().enumerate() {
        let [from, to] = bounds(index);
        let title = format!("{from:.1} to {to:.1} %: {} {samples}", bin.images);
        body += &column(&plane, index, bin.images as f64, &title);
    }
    figure("Confidence", "", &plane.svg(&format!("{samples} by confidence"), &body))
}

fn numbers(bins: &[Bin; BINS], samples: &str) -> String {
    let mut rows = String::new();
    for (index, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.images > 0) {
        let ([from, to], [confidence, right]) = (bounds(index), shares(bin));
        rows += &format!(
            "<tr><th>{from:.1} to {to:.1} %</th><td>{}</td><td>{confidence:.2} %</td><td>{right:.2} \
             %</td></tr>\n",
            bin.images
        );
    }
    let head = format!(
        "<tr><th class=\"left\">confidence</th><th>{samples}</th><th>mean confidence</th><th>right</th></tr>"
    );
    folded("The numbers", &table("bins", "calibration", &head, &rows))
}
