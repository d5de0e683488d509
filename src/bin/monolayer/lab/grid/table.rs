//! A grid's results beside the reference's, in its columns.

use crate::lab::reference::{self, Row, Set};
use monolayer::Activation;
use monolayer::numeric::sqrt;
use monolayer::train::{Config, Step};
use std::cmp::Ordering;
use std::collections::HashMap;

/// A run that was done, as a line of results tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The data's kind, by name.
    pub dataset: String,
    /// The data's fingerprint.
    pub data: u64,
    /// Its training images.
    pub train_images: u64,
    /// Its test images.
    pub images: u64,
    /// The run's configuration.
    pub config: Config,
    /// What came out; `None` where training diverged.
    pub score: Option<Score>,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Test images taken for another class.
    pub faults: u64,
    /// −E(test) over the test images.
    pub loss: f64,
    /// Of the weights.
    pub fingerprint: u64,
}

impl Run {
    /// The half of the reference's table that its data belong to, if they are whole: MNIST may also come as the
    /// reference's own text files, known by their numbers.
    pub fn set(&self) -> Option<Set> {
        match (&*self.dataset, self.train_images, self.images) {
            ("mnist" | "text", 60_000, 10_000) => Some(Set::Mnist),
            ("cifar10", 50_000, 10_000) => Some(Set::Cifar10),
            _ => None,
        }
    }

    /// A text that is the same for the same run, whatever came out of it, and for no other.
    pub fn key(&self) -> String {
        format!("{}\n{:016x}\n{}", self.dataset, self.data, self.config)
    }
}

/// The rows of a table that share data and conventions.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// Any of its runs.
    pub of: &'a Run,
    /// Its rows, in the order of the reference's table.
    pub cells: Vec<Cell<'a>>,
}

/// One row of the table: a configuration, and the runs of it with several seeds.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// At least one.
    pub runs: Vec<&'a Run>,
    /// The reference's row, by its index among those of the block's set.
    pub reference: Option<usize>,
}

/// A mean with the sum of squared differences from it.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    count: u32,
    mean: f64,
    squares: f64,
}

impl Sample {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count() as u32;
        if count == 0 {
            return Self::default();
        }
        let mean = values.clone().fold(0.0, |sum, x| sum + x) / f64::from(count);
        Self { count, mean, squares: values.fold(0.0, |sum, x| sum + (x - mean) * (x - mean)) }
    }

    /// The standard deviation, in single precision; `None` of fewer than two.
    fn deviation(self) -> Option<f32> {
        (self.count > 1).then(|| sqrt(self.squares / f64::from(self.count - 1)) as f32)
    }
}

impl Cell<'_> {
    fn scores(&self) -> impl Iterator<Item = Score> + Clone + '_ {
        self.runs.iter().filter_map(|run| run.score)
    }

    fn faults(&self) -> Sample {
        Sample::of(self.scores().map(|score| score.faults as f64))
    }

    /// The mean of FAULTS over the seeds; `None` where all diverged.
    pub fn mean_faults(&self) -> Option<f64> {
        let faults = self.faults();
        (faults.count > 0).then_some(faults.mean)
    }

    /// The standard deviation of FAULTS between seeds, where there are two at least.
    pub fn deviation(&self) -> Option<f32> {
        self.faults().deviation()
    }

    /// FAULTS of each run that did not diverge, and LOSS, under the reference's divisor where it has one.
    pub fn faults_and_losses(&self) -> impl Iterator<Item = (u64, f64)> + Clone + '_ {
        let run = self.runs[0];
        let factor = run.set().map_or(1.0, |set| run.images as f64 / f64::from(set.loss_images()));
        self.scores().map(move |score| (score.faults, score.loss * factor))
    }

    /// The mean of LOSS over the seeds.
    pub fn mean_loss(&self) -> Option<f64> {
        let loss = Sample::of(self.faults_and_losses().map(|(_, loss)| loss));
        (loss.count > 0).then_some(loss.mean)
    }

    /// The reference's row.
    pub fn row(&self) -> Option<&'static Row> {
        Some(&self.runs[0].set()?.rows()[self.reference?])
    }
}

/// The table of some runs, of which none repeats another.
pub fn blocks(runs: &[Run]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut places: HashMap<String, (usize, usize)> = HashMap::new();
    for run in runs {
        let any_seed = Run { config: Config { seed: 0, ..run.config.clone() }, ..run.clone() }.key();
        if let Some(&(block, cell)) = places.get(&any_seed) {
            blocks[block].cells[cell].runs.push(run);
            continue;
        }
        let shared = |run: &Run| (run.data, run.dataset.clone(), run.config.step, run.config.scale);
        let block = blocks.iter().position(|block| shared(block.of) == shared(run)).unwrap_or(blocks.len());
        if block == blocks.len() {
            blocks.push(Block { of: run, cells: Vec::new() });
        }
        let reference = run.set().and_then(|set| set.find(&run.config));
        places.insert(any_seed, (block, blocks[block].cells.len()));
        blocks[block].cells.push(Cell { runs: vec![run], reference });
    }
    // The same table whatever the order in which the runs ended.
    for block in &mut blocks {
        block.cells.iter_mut().for_each(|cell| cell.runs.sort_by_key(|run| run.config.seed));
        block.cells.sort_by(|a, b| in_order(&a.runs[0].config, &b.runs[0].config));
    }
    let place = |block: &Block| (block.of.set().map_or(2, |set| set as u32), block.of.data);
    blocks.sort_by(|a, b| {
        let (a_first, b_first) = (&a.of.config, &b.of.config);
        place(a)
            .cmp(&place(b))
            .then(a_first.step.to_string().cmp(&b_first.step.to_string()))
            .then(a_first.scale.total_cmp(&b_first.scale))
    });
    blocks
}

/// The order of the reference's table, then of what it does not vary.
fn in_order(a: &Config, b: &Config) -> Ordering {
    let first = |config: &Config| Activation::ALL.iter().position(|&other| other == config.activation);
    first(a)
        .cmp(&first(b))
        .then(b.lr.total_cmp(&a.lr))
        .then(a.hidden.cmp(&b.hidden))
        .then(a.lambda.total_cmp(&b.lambda))
        .then((a.batch, a.epochs).cmp(&(b.batch, b.epochs)))
}

impl Block<'_> {
    /// Whether any of its rows is the reference's.
    pub(in crate::lab) fn is_compared(&self) -> bool {
        self.cells.iter().any(|cell| cell.reference.is_some())
    }

    /// Whether any of its rows was run with several seeds.
    pub(in crate::lab) fn has_several_seeds(&self) -> bool {
        self.cells.iter().any(|cell| cell.runs.len() > 1)
    }

    /// The variance of FAULTS between seeds in the rows of one activation and learning rate: of the re-run's rows and
    /// of this table's together, because that of one row with three seeds is hardly known.
    fn variance(&self, row: &Row) -> f64 {
        let alike = |other: &Row| (other.activation, other.lr) == (row.activation, row.lr);
        let rows = self.of.set().map_or(&[][..], Set::rows).iter().filter(|row| alike(row));
        let rerun = rows.map(|row| Sample::of(row.rerun_faults.iter().map(|&faults| f64::from(faults))));
        let here = self.cells.iter().filter(|cell| cell.row().is_some_and(alike)).map(Cell::faults);
        let (mut squares, mut freedom) = (0.0, 0);
        for sample in rerun.chain(here).filter(|sample| sample.count > 0) {
            squares += sample.squares;
            freedom += sample.count - 1;
        }
        squares / f64::from(freedom)
    }

    /// Whether two means of FAULTS, over so many seeds each, differ by more than three standard deviations of such a
    /// difference.
    fn differ(&self, row: &Row, a: (f64, u32), b: (f64, u32)) -> bool {
        let difference = a.0 - b.0;
        let variance = self.variance(row) * (1.0 / f64::from(a.1) + 1.0 / f64::from(b.1));
        difference * difference > 9.0 * variance
    }

    /// Whether the row's FAULTS differ from the reference's by more than the spread between seeds.
    pub fn differs_from_reference(&self, cell: &Cell) -> bool {
        let (Some(row), faults) = (cell.row(), cell.faults()) else { return false };
        faults.count > 0 && self.differ(row, (faults.mean, faults.count), (f64::from(row.faults), 1))
    }

    /// Whether the row's FAULTS differ from the float64 re-run's by more than that.
    pub fn differs_from_rerun(&self, cell: &Cell) -> bool {
        let (Some(row), faults) = (cell.row(), cell.faults()) else { return false };
        faults.count > 0 && self.differ(row, (faults.mean, faults.count), (rerun(row).mean, 3))
    }

    /// Whether the reference's own FAULTS differ from the float64 re-run's by more than that.
    pub fn reference_is_outside(&self, cell: &Cell) -> bool {
        cell.row().is_some_and(|row| self.differ(row, (f64::from(row.faults), 1), (rerun(row).mean, 3)))
    }
}

fn rerun(row: &Row) -> Sample {
    Sample::of(row.rerun_faults.iter().map(|&faults| f64::from(faults)))
}

/// PREC: the accuracy in whole per cent, halves to even, as NumPy rounds two decimals.
fn precision(faults: f64, images: f64) -> u32 {
    let percent = (images - faults) / images * 100.0;
    let whole = percent as u32;
    let rest = percent - f64::from(whole);
    if rest > 0.5 || (rest == 0.5 && whole % 2 == 1) { whole + 1 } else { whole }
}

/// What the marks of rows mean.
pub(in crate::lab) const MARKS: &str = "Marked is what differs by more than 3 standard deviations of FAULTS between seeds, taken over the rows of one\nAF \
     and LR: * from the reference, f from its float64 re-run; r: the reference itself from its re-run.";

/// The table for people.
pub fn text(runs: &[Run]) -> String {
    let blocks = blocks(runs);
    let mut out = blocks.iter().map(block_text).collect::<Vec<_>>().join("\n");
    let is_marked = |block: &Block| block.cells.iter().any(|cell| !marks(block, cell).is_empty());
    if blocks.iter().any(is_marked) {
        out += &format!("\n{MARKS}\n");
    }
    out
}

fn block_text(block: &Block) -> String {
    let (compared, several) = (block.is_compared(), block.has_several_seeds());
    let mut out = heading(block);
    if compared {
        let width = if several { 76 } else { 67 };
        out += &format!("{:width$} | reference            | float64\n", "");
    }
    out += "AF        HU     LR      BS    EP   lambda  PREC   FAULTS";
    out += if several { "       SD" } else { "" };
    out += "      LOSS";
    out += if compared { " | PREC FAULTS     LOSS | FAULTS     LOSS\n" } else { "\n" };
    for cell in &block.cells {
        out += row_text(block, cell, several, compared).trim_end();
        out.push('\n');
    }
    out += &closeness(block);
    out
}

/// Which data, how many rows and seeds, under which conventions.
pub(in crate::lab) fn heading(block: &Block) -> String {
    let Block { of, cells } = block;
    let step = match of.config.step {
        Step::Sum => "sum",
        Step::Mean => "mean",
    };
    let (divisor, whose) = match of.set() {
        Some(set) => (u64::from(set.loss_images()), if set == Set::Mnist { "training" } else { "test" }),
        None => (of.images, "test"),
    };
    let found = cells.iter().filter(|cell| cell.reference.is_some()).count();
    let of_reference = match of.set() {
        Some(set) => format!(", {found} of the reference's {}", set.rows().len()),
        None => String::new(),
    };
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let (rows, runs) = (cells.len(), cells.iter().map(|cell| cell.runs.len()).sum::<usize>());
    format!(
        "{} (data {:016x}): {rows} row{}{of_reference}; {runs} run{}\n\
         pixels / {}, steps by the {step} of the gradients; LOSS = -E(test) / {divisor} ({whose} images)\n",
        of.dataset,
        of.data,
        plural(rows),
        plural(runs),
        of.config.scale,
    )
}

/// A row of the table, column by column, as it is printed.
#[derive(Clone, Debug)]
pub(in crate::lab) struct Fields {
    /// AF, HU, LR, BS, EP, lambda.
    pub configuration: [String; 6],
    /// PREC, FAULTS, SD, LOSS.
    pub found: [String; 4],
    /// PREC, FAULTS, LOSS of the reference; FAULTS, LOSS of its re-run.
    pub reference: Option<[String; 5]>,
    /// `*`, `f` and `r`: see [`MARKS`].
    pub marks: String,
    /// How many of the runs diverged.
    pub diverged: usize,
}

/// A row's columns. FAULTS are whole unless the block has rows of `several` seeds.
pub(in crate::lab) fn fields(block: &Block, cell: &Cell, several: bool) -> Fields {
    let run = cell.runs[0];
    let Config { activation, hidden, lr, lambda, batch, epochs, .. } = &run.config;
    let missing = || "-".to_string();
    let faults = cell.mean_faults();
    let decimals = usize::from(several);
    let reference = cell.row().map(|row| {
        let percent = precision(f64::from(row.faults), f64::from(reference::IMAGES));
        [
            percent.to_string(),
            row.faults.to_string(),
            format!("{:.5}", row.loss),
            format!("{:.0}", rerun(row).mean),
            format!("{:.5}", row.rerun_loss),
        ]
    });
    Fields {
        configuration: [
            activation.name().to_string(),
            hidden.to_string(),
            format!("{lr:?}"),
            batch.to_string(),
            epochs.to_string(),
            format!("{lambda:?}"),
        ],
        found: [
            faults.map_or_else(missing, |x| precision(x, run.images as f64).to_string()),
            faults.map_or_else(missing, |x| format!("{x:.decimals$}")),
            cell.deviation().map_or_else(missing, |x| format!("{x:.1}")),
            cell.mean_loss().map_or_else(missing, |x| format!("{x:.5}")),
        ],
        reference,
        marks: marks(block, cell),
        diverged: cell.runs.iter().filter(|run| run.score.is_none()).count(),
    }
}

/// `*`, `f` and `r`: see [`MARKS`].
fn marks(block: &Block, cell: &Cell) -> String {
    let marks = [
        ('*', block.differs_from_reference(cell)),
        ('f', block.differs_from_rerun(cell)),
        ('r', block.reference_is_outside(cell)),
    ];
    marks.iter().filter(|(_, holds)| *holds).map(|(mark, _)| mark).collect()
}

fn row_text(block: &Block, cell: &Cell, several: bool, compared: bool) -> String {
    let fields = fields(block, cell, several);
    let [activation, hidden, lr, batch, epochs, lambda] = &fields.configuration;
    let [percent, faults, deviation, loss] = &fields.found;
    let mut out = format!("{activation:<9} {hidden:<6} {lr:<7} {batch:<5} {epochs:<4} {lambda:<6}");
    out += &format!(" {percent:>5} {faults:>8}");
    if several {
        out += &format!(" {deviation:>8}");
    }
    out += &format!(" {loss:>9}");
    if let Some([percent, faults, loss, rerun_faults, rerun_loss]) = &fields.reference {
        out += &format!(" | {percent:>4} {faults:>6} {loss:>8} | {rerun_faults:>6} {rerun_loss:>8} ");
        out += &fields.marks;
    } else if compared {
        out += &format!(" | {:>4} {:>6} {:>8} | {:>6} {:>8}", "-", "-", "-", "-", "-");
    }
    if fields.diverged > 0 {
        out += &format!(" ({} of {} diverged)", fields.diverged, cell.runs.len());
    }
    out
}

/// How far the stable rows, those of lr 0.001, are from the re-run's means at most.
pub(in crate::lab) fn closeness(block: &Block) -> String {
    let mut out = String::new();
    for activation in Activation::ALL {
        let (mut faults, mut loss, mut count) = (0.0, 0.0, 0);
        for cell in &block.cells {
            let Some(row) = cell.row().filter(|row| row.activation == activation && row.lr == 0.001) else {
                continue;
            };
            let (Some(here), Some(here_loss)) = (cell.mean_faults(), cell.mean_loss()) else { continue };
            faults = greater(faults, here - rerun(row).mean);
            loss = greater(loss, here_loss / row.rerun_loss - 1.0);
            count += 1;
        }
        if count > 0 {
            let percent = loss * 100.0;
            out += &format!(
                "{:<9} LR 0.001, {count} rows: within {faults:.0} FAULTS and {percent:.1} % of LOSS of the float64 means\n",
                activation.name()
            );
        }
    }
    out
}

/// The greater of `most` and |difference|.
fn greater(most: f64, difference: f64) -> f64 {
    let size = if difference < 0.0 { -difference } else { difference };
    if size > most { size } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::grid::Axes;

    /// The reference's own figures as if they were results.
    fn published(set: Set) -> Vec<Run> {
        let configs = Axes::reference(set).configs().unwrap();
        let run = |(config, row): (Config, &Row)| Run {
            dataset: if set == Set::Mnist { "mnist".into() } else { "cifar10".into() },
            data: 7,
            train_images: if set == Set::Mnist { 60_000 } else { 50_000 },
            images: 10_000,
            config,
            score: Some(Score {
                faults: row.faults.into(),
                loss: row.loss * f64::from(set.loss_images()) / 1e4,
                fingerprint: 0,
            }),
        };
        configs.into_iter().zip(set.rows()).map(run).collect()
    }

    #[test]
    fn only_whole_sets_are_the_references() {
        for set in [Set::Mnist, Set::Cifar10] {
            let run = published(set).remove(0);
            assert_eq!(run.set(), Some(set));
            assert_eq!(Run { images: 20, ..run.clone() }.set(), None);
            assert_eq!(Run { train_images: 10_000, ..run }.set(), None);
        }
    }

    #[test]
    fn the_references_figures_are_those_of_the_reference() {
        for set in [Set::Mnist, Set::Cifar10] {
            let runs = published(set);
            let blocks = blocks(&runs);
            assert_eq!((blocks.len(), blocks[0].cells.len()), (1, 36));
            for cell in &blocks[0].cells {
                let row = cell.row().unwrap();
                assert_eq!(cell.mean_faults(), Some(row.faults.into()));
                assert!((cell.mean_loss().unwrap() / row.loss - 1.0).abs() < 1e-12);
                assert!(!blocks[0].differs_from_reference(cell));
                assert_eq!(blocks[0].differs_from_rerun(cell), blocks[0].reference_is_outside(cell));
            }
            // The one row that the reference has 745 faults from its re-run; and none of MNIST.
            let outside: Vec<_> =
                blocks[0].cells.iter().filter(|cell| blocks[0].reference_is_outside(cell)).collect();
            assert_eq!(outside.len(), usize::from(set == Set::Cifar10));
            assert!(outside.iter().all(|cell| cell.row().unwrap().faults == 6762));
        }
    }

    #[test]
    fn rows_have_a_mean_and_a_spread_and_a_mark() {
        let mut runs = published(Set::Mnist);
        runs.truncate(20); // the last is tanh, 100 units, lr 0.001, lambda 0.1: 316
        let mut other = runs[19].clone();
        other.config.seed = 2;
        other.score = Some(Score { faults: 326, ..other.score.unwrap() });
        runs.push(other);
        let table = text(&runs);
        let line = table
            .lines()
            .find(|line| line.starts_with("tanh      100    0.001") && line.contains("321.0"))
            .unwrap();
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>().join(" "),
            "tanh 100 0.001 100 20 0.1 97 321.0 7.1 0.01931 | 97 316 0.01931 | 323 0.01898"
        );
        assert!(!table.contains("Marked"), "{table}");
        let bars = |line: &str| line.match_indices('|').map(|(at, _)| at).collect::<Vec<_>>();
        let compared: Vec<_> = table.lines().map(bars).filter(|bars| !bars.is_empty()).collect();
        assert!(compared.len() == 22 && compared.iter().all(|bars| *bars == compared[0]), "{table}");
        runs[19].score = Some(Score { faults: 700, ..runs[19].score.unwrap() });
        runs.truncate(20);
        let table = text(&runs);
        assert!(table.lines().any(|line| line.contains(" 700 ") && line.ends_with(" *f")), "{table}");
        assert!(table.contains("Marked"), "{table}");
        let mut diverged = runs[19].clone();
        diverged.config.seed = 2;
        diverged.score = None;
        runs.push(diverged);
        let table = text(&runs);
        assert!(table.contains(" *f (1 of 2 diverged)\n") && table.contains("Marked"), "{table}");
    }

    #[test]
    fn other_grids_have_blocks_of_their_own() {
        let mut runs = published(Set::Mnist);
        runs.truncate(2);
        for (change, seed) in [(0, 1), (1, 1), (1, 2)] {
            let mut run = runs[0].clone();
            run.dataset = "idx".into();
            run.data = change;
            run.config.seed = seed;
            run.score = None;
            runs.push(run);
        }
        assert_eq!(blocks(&runs).iter().map(|b| b.cells.len()).collect::<Vec<_>>(), [2, 1, 1]);
        let table = text(&runs);
        assert!(table.contains("(2 of 2 diverged)") && table.contains("(1 of 1 diverged)"), "{table}");
        runs[1].dataset = "text".into();
        assert_eq!(runs[1].set(), Some(Set::Mnist), "the reference's own files");
        assert_eq!(text(&[]), "");
    }

    #[test]
    fn percent_are_whole_and_halves_go_to_the_even() {
        for (faults, percent) in [(0.0, 100), (378.0, 96), (205.0, 98), (350.0, 96), (250.0, 98), (1e4, 0)] {
            assert_eq!(precision(faults, 1e4), percent, "{faults}");
        }
    }
}
