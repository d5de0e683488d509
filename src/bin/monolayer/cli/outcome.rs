//! The result of training or testing, for people and for programs.

use super::console::{grouped, printable};
use super::record::Record;
use super::words::Words;
use crate::lab::{self, Confusion, Scores};
use monolayer::data::Kind;
use monolayer::json::{Json, Object};
use monolayer::numeric::ln;
use monolayer::train::{Evaluation, Machine, weights_norm};
use monolayer::weights::Weights;

/// The matrix of more classes than this is printed as JSON only.
const MOST_CLASSES_SHOWN: usize = 20;

/// The greatest k of the shares of images whose class is among the k most probable.
const MOST_PROBABLE: usize = 5;

/// The result of training or testing.
pub struct Outcome<'a> {
    pub network: Weights<'a>,
    pub record: Record<'a>,
    pub classes: Vec<String>,
    /// What it was tested on.
    pub kind: Kind,
    /// On the test images, where there are any.
    pub evaluation: Option<Evaluation>,
    /// The machine it ran on, with the kind of products that was chosen.
    pub machine: Machine,
    /// Training only.
    pub seconds: Option<f64>,
}

impl Outcome<'_> {
    fn images(&self) -> usize {
        self.evaluation.as_ref().map_or(0, |evaluation| evaluation.predictions.len())
    }

    pub fn accuracy(&self) -> Option<f64> {
        let images = self.images();
        let right = images - self.evaluation.as_ref()?.faults;
        (images > 0).then(|| right as f64 / images as f64)
    }

    /// The accuracy of always predicting the commonest class, which is told of one's own data: their classes
    /// may be far from equally frequent.
    pub fn commonest(&self) -> Option<f64> {
        let is_own = matches!(self.kind, Kind::Table | Kind::Pictures);
        let share = self.evaluation.as_ref().and_then(share_of_commonest);
        share.filter(|_| is_own)
    }

    /// What is odd about the result, for a message.
    pub fn doubt(&self) -> Option<String> {
        let evaluation = self.evaluation.as_ref()?;
        let (classes, cross_entropy) = (evaluation.classes, evaluation.cross_entropy);
        let limit = ln(classes as f64);
        if cross_entropy < limit {
            return None;
        }
        let bound = format!("the cross-entropy is not below ln {classes} = {limit:.2}");
        let is_right = |accuracy: &f64| Some(*accuracy) > share_of_commonest(evaluation);
        Some(match self.accuracy().filter(is_right).filter(|_| cross_entropy.is_finite()) {
            Some(accuracy) => format!(
                "right in {:.2} %, but far too sure of its errors: {bound}; try a greater --lambda or fewer \
                 --epochs",
                accuracy * 100.0
            ),
            None => format!("no better than guessing: {bound}; try a smaller --lr"),
        })
    }

    /// The loss with the lambda of the model's training, 0 where its file does not say; `None` for int8
    /// weights, whose |W|² is unknown.
    fn loss(&self) -> Option<f64> {
        let lambda = self.record.real("lambda").unwrap_or(0.0);
        let cross_entropy = self.evaluation.as_ref()?.cross_entropy;
        let Weights::F32(params) = &self.network else { return None };
        // The penalty is on the weights as they were before a centre was folded into them.
        let norm = self.record.real("weights_norm").unwrap_or_else(|| weights_norm(params));
        Some(lab::loss(cross_entropy, lambda, norm, self.images()))
    }

    fn words(&self) -> Words {
        Words::of(self.kind)
    }

    /// The share of the images whose class is among the k most probable, k from 1.
    fn top(&self) -> Option<Vec<f64>> {
        let images = self.images() as f64;
        let counts = scores(self.evaluation.as_ref()?).top(MOST_PROBABLE);
        Some(counts.into_iter().map(|count| count as f64 / images).collect())
    }

    /// The members that every result has.
    pub fn json(&self) -> Object {
        let evaluation = self.evaluation.as_ref();
        let object = Object::new()
            .with("faults", evaluation.map(|e| e.faults))
            .with("images", self.images())
            .with("accuracy", self.accuracy())
            .with("loss", self.loss())
            .with("cross_entropy", evaluation.map(|e| e.cross_entropy))
            .with("seconds", self.seconds)
            .with("isa", self.machine.isa.name())
            .with("threads", self.machine.threads)
            .with("products", self.machine.products.to_string())
            .with("fingerprint", format!("{:016x}", self.network.fingerprint()))
            .with("config", self.record.config(self.network.shape()));
        match self.commonest() {
            Some(share) => object.with("commonest", share),
            None => object,
        }
    }

    /// These members, and the results by class.
    pub fn json_by_class(&self) -> Object {
        let Some(evaluation) = &self.evaluation else { return self.json() };
        let confusion = Confusion::new(&evaluation.confusion, evaluation.classes);
        let [precision, recall, f1] = confusion.means().map_or([None; 3], |means| means.map(Some));
        let classes = 0..confusion.classes();
        let rows = classes.clone().map(|k| confusion.row(k).iter().copied().collect::<Json>());
        self.json()
            .with("top_k", self.top().map(Json::from_iter))
            .with("calibration_error", scores(evaluation).calibration_error())
            .with("mean_precision", precision)
            .with("mean_recall", recall)
            .with("mean_f1", f1)
            .with("classes", self.classes.iter().map(String::as_str).collect::<Json>())
            .with("confusion", rows.collect::<Json>())
            .with("precision", classes.clone().map(|k| confusion.precision(k)).collect::<Json>())
            .with("recall", classes.clone().map(|k| confusion.recall(k)).collect::<Json>())
            .with("f1", classes.map(|k| confusion.f1(k)).collect::<Json>())
    }

    /// The summary.
    pub fn text(&self) -> String {
        self.lines().into_iter().map(|(name, value)| format!("{name:<13}{value}\n")).collect()
    }

    /// The most important numbers, for a page.
    pub fn figures(&self) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        if let (Some(evaluation), Some(accuracy)) = (&self.evaluation, self.accuracy()) {
            out.push(("accuracy", format!("{:.2} %", accuracy * 100.0)));
            out.push(match self.words().samples {
                "images" => ("errors on the test images", grouped(evaluation.faults as u64)),
                _ => ("errors on the test samples", grouped(evaluation.faults as u64)),
            });
            let share = |share| ("always the commonest class", format!("{:.2} %", share * 100.0));
            out.extend(self.commonest().map(share));
            out.push(("cross-entropy, nats", format!("{:.5}", evaluation.cross_entropy)));
            out.extend(self.loss().map(|loss| ("loss, with the L2 term", format!("{loss:.5}"))));
        }
        out.extend(self.seconds.map(|seconds| ("training", format!("{seconds:.2} s"))));
        out
    }

    /// The summary, line by line: names and values.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        if let (Some(evaluation), Some(accuracy)) = (&self.evaluation, self.accuracy()) {
            let images = grouped(self.images() as u64);
            let errors = grouped(evaluation.faults as u64);
            let percent = accuracy * 100.0;
            let commonest = self
                .commonest()
                .map(|share| format!(" (always the commonest class: {:.2} %)", share * 100.0));
            let (samples, commonest) = (self.words().samples, commonest.unwrap_or_default());
            out.push((
                "errors",
                format!("{errors} of {images} test {samples}, accuracy {percent:.2} %{commonest}"),
            ));
            // The first is the accuracy, and the last of all classes is 100 %.
            let top = self.top().unwrap_or_default().into_iter().zip(1..evaluation.classes).skip(1);
            let top: Vec<String> = top.map(|(share, k)| format!("{:.2} % ({k})", share * 100.0)).collect();
            if !top.is_empty() {
                out.push(("top k", top.join(", ")));
            }
            let lambda = match self.record.real("lambda") {
                Some(lambda) => format!("lambda {lambda}"),
                None => "the model file has no lambda: taken as 0".to_string(),
            };
            let cross_entropy = evaluation.cross_entropy;
            let loss = match self.loss() {
                Some(loss) => format!("{loss:.5} (cross-entropy {cross_entropy:.5}, {lambda})"),
                None => format!("{cross_entropy:.5} (cross-entropy alone: int8 weights)"),
            };
            out.push(("loss", loss));
            let calibration = scores(evaluation).calibration_error().unwrap_or(0.0);
            let percent = calibration * 100.0;
            out.push(("calibration", format!("expected error {percent:.2} % ({} bins)", lab::BINS)));
        }
        if let Some(seconds) = self.seconds {
            out.push(("seconds", format!("{seconds:.2} of training")));
        }
        let Machine { isa, threads, products } = self.machine;
        let (isa, plural) = (isa.name(), plural(threads));
        out.push(("ran on", format!("{isa}, {threads} thread{plural}, {products} products")));
        out.push(("fingerprint", format!("{:016x}", self.network.fingerprint())));
        out
    }

    /// The confusion matrix; precision, recall and F1 of each class, and their means.
    pub fn text_by_class(&self) -> String {
        let Some(evaluation) = &self.evaluation else { return String::new() };
        let confusion = Confusion::new(&evaluation.confusion, evaluation.classes);
        let names: Vec<String> = self.classes.iter().map(|name| printable(name)).collect();
        let label = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("class".len());
        let mut out = String::new();
        if confusion.classes() <= MOST_CLASSES_SHOWN {
            out += &matrix(&confusion, &names, label);
        } else {
            out += &format!("{} classes: --json has the confusion matrix\n", confusion.classes());
        }
        let samples = self.words().samples;
        out += &format!("\n{:label$}  {samples}  precision   recall       F1\n", "class");
        let count = samples.len();
        let percent = |x: Option<f64>| x.map_or("-".to_string(), |x| format!("{:.1} %", x * 100.0));
        let line = |name: &str, images: u64, [precision, recall, f1]: [Option<f64>; 3]| {
            let images = grouped(images);
            let (precision, recall, f1) = (percent(precision), percent(recall), percent(f1));
            format!("{name:label$}  {images:>count$}  {precision:>9}  {recall:>7}  {f1:>7}\n")
        };
        for (k, name) in names.iter().enumerate() {
            out += &line(name, confusion.images(k), confusion.measures(k));
        }
        if let Some(means) = confusion.means() {
            out += &line("mean", self.images() as u64, means.map(Some));
        }
        out
    }
}

/// The share of the commonest class; `None` without samples.
fn share_of_commonest(evaluation: &Evaluation) -> Option<f64> {
    let mut counts = vec![0_usize; evaluation.classes];
    evaluation.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    let most = counts.into_iter().max().filter(|&most| most > 0)?;
    Some(most as f64 / evaluation.labels.len() as f64)
}

fn scores(evaluation: &Evaluation) -> Scores<'_> {
    let Evaluation { labels, predictions, probabilities, classes, .. } = evaluation;
    Scores::new(labels, predictions, probabilities, *classes)
}

fn matrix(confusion: &Confusion, names: &[String], label: usize) -> String {
    let classes = confusion.classes();
    let greatest = (0..classes).flat_map(|k| confusion.row(k)).max().copied().unwrap_or(0);
    let cell = greatest.to_string().len().max(3);
    // The columns' titles are the names if these are short, else the numbers of the rows.
    let short = names.iter().all(|name| name.chars().count() <= cell);
    let mut out =
        "confusion matrix: a row for each true class, a column for each predicted one\n".to_string();
    let head = if short { "" } else { "   " };
    out += &format!("{head}{:label$}", "");
    for (k, name) in names.iter().enumerate() {
        let title = if short { name.clone() } else { k.to_string() };
        out += &format!(" {title:>cell$}");
    }
    for (k, name) in names.iter().enumerate() {
        let head = if short { String::new() } else { format!("{k:>2} ") };
        out += &format!("\n{head}{name:label$}");
        for &count in confusion.row(k) {
            let count = if count == 0 { ".".to_string() } else { count.to_string() };
            out += &format!(" {count:>cell$}");
        }
    }
    out + "\n"
}

/// The plural's `s`.
pub fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn short_names_head_the_columns_and_long_ones_do_not() {
        let counts = [9, 1000, 0, 8];
        let text = matrix(&Confusion::new(&counts, 2), &named(&["a", "b"]), 5);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["         a    b", "a        9 1000", "b        .    8"]);
        let text = matrix(&Confusion::new(&counts, 2), &named(&["automobile", "frog"]), 10);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["                 0    1", " 0 automobile    9 1000", " 1 frog          .    8",]);
    }

    #[test]
    fn being_too_sure_is_not_guessing() {
        use monolayer::weights::{Params, Shape};
        let activation = monolayer::Activation::Tanh;
        let shape = Shape { activation, features: 1, hidden: 1, classes: 3, scale: 255.0 };
        let params = Params::new(shape, &[0.0; 2], &[0.0; 6]).unwrap();
        let doubt = |faults: usize, cross_entropy: f64, kind: Kind| {
            let labels = vec![0, 0, 1, 1, 2];
            let evaluation = Evaluation {
                classes: 3,
                predictions: labels.clone(),
                labels,
                probabilities: vec![0.0; 15],
                cross_entropy,
                confusion: vec![0; 9],
                faults,
            };
            let outcome = Outcome {
                network: (&params).into(),
                record: Record(""),
                classes: named(&["a", "b", "c"]),
                kind,
                evaluation: Some(evaluation),
                machine: Machine::new(monolayer::Isa::Scalar, 1),
                seconds: None,
            };
            let doubt = outcome.doubt().unwrap_or_default();
            (doubt.split(':').next().unwrap_or_default().to_string(), outcome.commonest())
        };
        let sure = "right in 60.00 %, but far too sure of its errors".to_string();
        assert_eq!(doubt(2, 1.3, Kind::Table), (sure, Some(0.4)));
        let guessing = "no better than guessing".to_string();
        assert_eq!(doubt(3, 1.3, Kind::Table), (guessing.clone(), Some(0.4)));
        assert_eq!(doubt(2, f64::NAN, Kind::Mnist), (guessing, None));
        assert_eq!(doubt(2, 0.9, Kind::Pictures), (String::new(), Some(0.4)));
    }

    #[test]
    fn many_classes_are_left_to_programs() {
        use monolayer::weights::{Params, Shape};
        let (w1, w2) = ([0.0; 2], [0.0; 42]);
        let activation = monolayer::Activation::Tanh;
        let shape = Shape { activation, features: 1, hidden: 1, classes: 21, scale: 255.0 };
        let params = Params::new(shape, &w1, &w2).unwrap();
        let mut confusion = vec![0; 441];
        confusion[0] = 3;
        let evaluation = Evaluation {
            classes: 21,
            labels: vec![0; 3],
            predictions: vec![0; 3],
            probabilities: vec![0.0; 63],
            cross_entropy: 0.5,
            confusion,
            faults: 0,
        };
        let outcome = Outcome {
            network: (&params).into(),
            record: Record(""),
            classes: named(&["a\tb"; 21]),
            kind: Kind::Idx,
            evaluation: Some(evaluation),
            machine: Machine::new(monolayer::Isa::Scalar, 1),
            seconds: None,
        };
        let text = outcome.text_by_class();
        assert!(text.starts_with("21 classes: --json has the confusion matrix\n\nclass  images"), "{text}");
        assert!(
            text.contains(
                "a\\tb        3    100.0 %  100.0 %  100.0 %\na\\tb        0          -        -        -\n"
            ),
            "{text}"
        );
        assert!(outcome.text().contains("the model file has no lambda"), "{}", outcome.text());
        assert_eq!(outcome.loss(), Some(0.5));
    }
}
