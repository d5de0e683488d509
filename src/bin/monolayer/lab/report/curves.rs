//! How training went, epoch by epoch.

use super::chart::{Curve, Curves, Mark};
use super::html::{folded, section, table};
use monolayer::train::{EpochReport, HeldOut};

/// What is known of an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// What training told.
    pub report: EpochReport,
    /// At its end, on a sample of the training images.
    pub training: Option<HeldOut>,
    /// At its end, on the test images.
    pub test: Option<HeldOut>,
}

/// A run, epoch by epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// One epoch after the other.
    pub epochs: Vec<Epoch>,
    /// The images of the sample, and the training images that it is of.
    pub training: (usize, usize),
    /// The images held out.
    pub validation: usize,
    /// The test images.
    pub test: usize,
}

/// A set of images that epochs were tested on.
struct Set {
    name: String,
    mark: Mark,
    images: usize,
    found: fn(&Epoch) -> Option<HeldOut>,
}

/// The most epochs that are drawn or listed: what is more cannot be told apart.
const MOST_EPOCHS: usize = 500;

impl History {
    fn sets(&self) -> Vec<Set> {
        let (sample, all) = self.training;
        let training = match sample == all {
            true => format!("training ({all} images)"),
            false => format!("training ({sample} of {all} images)"),
        };
        let of = |name: &str, images: usize| format!("{name} ({images} images)");
        let sets = [
            Set { name: training, mark: Mark::First, images: sample, found: |epoch| epoch.training },
            Set {
                name: of("validation", self.validation),
                mark: Mark::Second,
                images: self.validation,
                found: |epoch| epoch.report.held_out,
            },
            Set {
                name: of("test", self.test),
                mark: Mark::Third,
                images: self.test,
                found: |epoch| epoch.test,
            },
        ];
        sets.into_iter().filter(|set| self.epochs.iter().any(|epoch| (set.found)(epoch).is_some())).collect()
    }

    /// Some hundred of the epochs, the last among them.
    fn shown(&self) -> Vec<&Epoch> {
        let every = self.epochs.len().div_ceil(MOST_EPOCHS).max(1);
        let last = self.epochs.len().saturating_sub(1);
        let shown = self.epochs.iter().enumerate().filter(|(index, _)| (last - index) % every == 0);
        shown.map(|(_, epoch)| epoch).collect()
    }

    /// The part of the page; nothing without epochs.
    pub(super) fn html(&self) -> String {
        let (sets, shown) = (self.sets(), self.shown());
        if shown.is_empty() {
            return String::new();
        }
        let x = |epoch: &Epoch| f64::from(epoch.report.epoch);
        let points = |y: &dyn Fn(&Epoch) -> Option<f64>| {
            shown.iter().map(|epoch| (x(epoch), y(epoch).unwrap_or(f64::NAN))).collect()
        };
        let cost = Curve {
            mark: Mark::First,
            meaning: "training cost".into(),
            points: points(&|epoch| Some(epoch.report.cost)),
        };
        let of_others = sets.iter().filter(|set| set.mark != Mark::First).map(|set| Curve {
            mark: set.mark,
            meaning: format!("cross-entropy, {}", set.name),
            points: points(&|epoch| (set.found)(epoch).map(|found| found.cross_entropy)),
        });
        let costs = Curves {
            title: "Cost",
            names: ["epoch", "nats an image"],
            curves: core::iter::once(cost).chain(of_others).collect(),
        };
        let percent = |set: &Set, epoch: &Epoch| {
            (set.found)(epoch).map(|found| found.faults as f64 * 100.0 / set.images as f64)
        };
        let faults = sets.iter().map(|set| Curve {
            mark: set.mark,
            meaning: set.name.clone(),
            points: points(&|epoch| percent(set, epoch)),
        });
        let faults =
            Curves { title: "Faults", names: ["epoch", "% of the images"], curves: faults.collect() };
        let mut charts = costs.figure();
        if !sets.is_empty() {
            charts += &faults.figure();
        }
        let note = "The training cost is the mean cross-entropy of an epoch's batches, each before its step, plus the L2 \
                    term at its end; the rest is measured at the epoch's end, cross-entropy without the L2 term.";
        let body = format!("<div class=\"charts\">\n{charts}</div>\n{}", self.numbers(&sets, &shown));
        section("Learning curves", note, &body)
    }

    fn numbers(&self, sets: &[Set], shown: &[&Epoch]) -> String {
        let mut head = "<tr><th>epoch</th><th>seconds</th><th>cost</th>".to_string();
        for set in sets {
            let name = set.name.split(' ').next().unwrap_or_default();
            head += &format!("<th>{name}<br>faults</th><th>{name}<br>cross-entropy</th>");
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
