//! Learning curves.

use super::chart::{Curve, Curves, Mark};
use super::html::{charts, folded, section, table};
use monolayer::train::{EpochReport, HeldOut};

/// Results of one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Training's own report.
    pub report: EpochReport,
    /// Results at its end on a sample of the training images.
    pub training: Option<HeldOut>,
    /// Results at its end on the test images.
    pub test: Option<HeldOut>,
}

/// A run, epoch by epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The epochs, in order.
    pub epochs: Vec<Epoch>,
    /// The number of images in the sample, and of all training images.
    pub training: (usize, usize),
    /// The number of images held out.
    pub validation: usize,
    /// The number of test images.
    pub test: usize,
}

/// A set of images that epochs were tested on.
struct Set {
    name: String,
    mark: Mark,
    images: usize,
    found: fn(&Epoch) -> Option<HeldOut>,
}

/// At most this many epochs are drawn or listed: more could not be told apart.
const MOST_EPOCHS: usize = 500;

impl History {
    fn sets(&self, samples: &str) -> Vec<Set> {
        let (sample, all) = self.training;
        let of = if sample == all { String::new() } else { format!(" of {all}") };
        let set = |name, mark, images, of: &str, found| Set {
            name: format!("{name} ({images}{of} {samples})"),
            mark,
            images,
            found,
        };
        let sets: [Set; 3] = [
            set("training", Mark::First, sample, &of, |epoch| epoch.training),
            set("validation", Mark::Second, self.validation, "", |epoch| epoch.report.held_out),
            set("test", Mark::Third, self.test, "", |epoch| epoch.test),
        ];
        sets.into_iter().filter(|set| self.epochs.iter().any(|epoch| (set.found)(epoch).is_some())).collect()
    }

    /// Up to [`MOST_EPOCHS`] epochs, evenly spaced, the last among them.
    fn shown(&self) -> Vec<&Epoch> {
        let every = self.epochs.len().div_ceil(MOST_EPOCHS).max(1);
        let last = self.epochs.len().saturating_sub(1);
        let shown = self.epochs.iter().enumerate().filter(|(index, _)| (last - index) % every == 0);
        shown.map(|(_, epoch)| epoch).collect()
    }

    /// The section of the page, which calls images `samples`; empty without epochs.
    pub(super) fn html(&self, samples: &str) -> String {
        let (sets, shown) = (self.sets(samples), self.shown());
        if shown.is_empty() {
            return String::new();
        }
        let curve = |mark, meaning, y: &dyn Fn(&Epoch) -> Option<f64>| {
            let point = |epoch: &&Epoch| (f64::from(epoch.report.epoch), y(epoch).unwrap_or(f64::NAN));
            Curve { mark, meaning, points: shown.iter().map(point).collect() }
        };
        let mut costs = vec![curve(Mark::First, "training cost".into(), &|epoch| Some(epoch.report.cost))];
        costs.extend(sets.iter().filter(|set| set.mark != Mark::First).map(|set| {
            let meaning = format!("cross-entropy, {}", set.name);
            curve(set.mark, meaning, &|epoch| (set.found)(epoch).map(|found| found.cross_entropy))
        }));
        let errors = sets.iter().map(|set| {
            let percent = |found: HeldOut| found.faults as f64 * 100.0 / set.images as f64;
            curve(set.mark, set.name.clone(), &|epoch| (set.found)(epoch).map(percent))
        });
        let (share, each) = (format!("% of the {samples}"), format!("nats, mean of the {samples}"));
        let errors = Curves { title: "Errors", names: ["epoch", &share], curves: errors.collect() };
        let mut drawn = Curves { title: "Cost", names: ["epoch", &each], curves: costs }.figure();
        if !sets.is_empty() {
            drawn += &errors.figure();
        }
        let note = "The training cost is the mean cross-entropy of an epoch's batches, each before its step, \
                    plus the L2 \
                    term at its end; the rest is measured at the epoch's end, cross-entropy without the L2 \
                    term.";
        section("Learning curves", note, &(charts(&drawn) + &self.numbers(&sets, &shown)))
    }

    fn numbers(&self, sets: &[Set], shown: &[&Epoch]) -> String {
        let mut head = "<tr><th>epoch</th><th>seconds</th><th>cost</th>".to_string();
        for set in sets {
            let name = set.name.split(' ').next().unwrap_or_default();
            head += &format!("<th>{name}<br>errors</th><th>{name}<br>cross-entropy</th>");
        }
        let mut rows = String::new();
        for epoch in shown {
            let EpochReport { epoch: number, seconds, cost, .. } = epoch.report;
            rows += &format!("<tr><th>{number}</th><td>{seconds:.3}</td><td>{cost:.5}</td>");
            for set in sets {
                rows += &match (set.found)(epoch) {
                    Some(found) => format!("<td>{}</td><td>{:.5}</td>", found.faults, found.cross_entropy),
                    None => "<td>-</td><td>-</td>".into(),
                };
            }
            rows += "</tr>\n";
        }
        let all = self.epochs.len();
        let which = match shown.len() == all {
            true => "The numbers".to_string(),
            false => format!("The numbers of {} of the {all} epochs", shown.len()),
        };
        folded(&which, &table("numbers", "epochs", &(head + "</tr>"), &rows))
    }
}
