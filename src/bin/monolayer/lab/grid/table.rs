//! A grid's results beside the reference's, in the reference's columns.

use crate::lab::reference::{self, Row, Set};
use monolayer::Activation;
use monolayer::numeric::sqrt;
use monolayer::train::{Config, Step};
use std::cmp::Ordering;
use std::collections::HashMap;

/// A finished run, as in a line of the results file.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The name of the data's kind.
    pub dataset: String,
    /// The data's fingerprint.
    pub data: u64,
    /// The number of its training images.
    pub train_images: u64,
    /// The number of its test images.
    pub images: u64,
    /// The run's configuration.
    pub config: Config,
    /// The result; `None` where training diverged.
    pub score: Option<Score>,
}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Test images predicted as another class than their label.
    pub faults: u64,
    /// −E(test) over the test images.
    pub loss: f64,
    /// The fingerprint of the weights.
    pub fingerprint: u64,
}

impl Run {
    /// The half of the reference's table that its data belong to, if they are complete. MNIST may also come
    /// as the reference's own text files, recognised by the number of images.
    pub fn set(&self) -> Option<Set> {
        match (&*self.dataset, self.train_images, self.images) {
            ("mnist" | "text", 60_000, 10_000) => Some(Set::Mnist),
            ("cifar10", 50_000, 10_000) => Some(Set::Cifar10),
            _ => None,
        }
    }

    /// A text that identifies the run, whatever its result.
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
    /// The runs, at least one.
    pub runs: Vec<&'a Run>,
    /// The reference's row, by its index among those of the block's set.
    pub reference: Option<usize>,
}

/// A mean with the sum of squared differences from it.
#[derive(Clone, Copy, Debug)]
pub(in crate::lab) struct Sample {
    count: u32,
    pub mean: f64,
    squares: f64,
}

impl Sample {
    /// `None` without values.
    fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let count = values.clone().count() as u32;
        let mean = values.clone().fold(0.0, |sum, x| sum + x) / f64::from(count);
        let squares = values.fold(0.0, |sum, x| sum + (x - mean) * (x - mean));
        (count > 0).then_some(Self { count, mean, squares })
    }

    /// The standard deviation, in single precision; `None` of fewer than two values.
    fn deviation(self) -> Option<f32> {
        (self.count > 1).then(|| sqrt(self.squares / f64::from(self.count - 1)) as f32)
    }
}

/// A column of results, an index of [`Cell::figures`].
pub(in crate::lab) const FAULTS: usize = 0;
pub(in crate::lab) const LOSS: usize = 1;

impl Cell<'_> {
    /// [`FAULTS`] and [`LOSS`] of each run that did not diverge, LOSS under the reference's divisor where it
    /// has one.
    pub(in crate::lab) fn figures(&self) -> impl Iterator<Item = [f64; 2]> + Clone + '_ {
        let run = self.runs[0];
        let factor = run.set().map_or(1.0, |set| run.images as f64 / f64::from(set.loss_images()));
        let scores = self.runs.iter().filter_map(|run| run.score);
        scores.map(move |score| [score.faults as f64, score.loss * factor])
    }

    /// A figure over the seeds; `None` where all runs diverged.
    pub(in crate::lab) fn sample(&self, figure: usize) -> Option<Sample> {
        Sample::of(self.figures().map(|found| found[figure]))
    }

    /// The reference's row.
    pub fn row(&self) -> Option<&'static Row> {
        Some(&self.runs[0].set()?.rows()[self.reference?])
    }
}

/// Arranges runs, all different, as blocks of rows.
pub fn blocks(runs: &[Run]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut places: HashMap<String, (usize, usize)> = HashMap::new();
    for run in runs {
        let any_seed = Run { config: Config { seed: 0, ..run.config.clone() }, ..run.clone() }.key();
        if let Some(&(block, cell)) = places.get(&any_seed) {
            blocks[block].cells[cell].runs.push(run);
            continue;
        }
        let shared = |Run { data, dataset, config, .. }: &Run| {
            (*data, dataset.clone(), config.step, config.centre, config.scale)
        };
        let block = blocks.iter().position(|block| shared(block.of) == shared(run)).unwrap_or(blocks.len());
        if block == blocks.len() {
            blocks.push(Block { of: run, cells: Vec::new() });
        }
        let reference = run.set().and_then(|set| set.find(&run.config));
        places.insert(any_seed, (block, blocks[block].cells.len()));
        blocks[block].cells.push(Cell { runs: vec![run], reference });
    }
    // The table does not depend on the order in which the runs ended.
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
            .then(a_first.centre.total_cmp(&b_first.centre))
            .then(a_first.scale.total_cmp(&b_first.scale))
    });
    blocks
}

/// The order of the reference's table, then of the settings that it does not vary.
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

    /// The variance of FAULTS between seeds, pooled over the rows of one activation and learning rate, the
    /// re-run's and this table's: the variance of one row with three seeds is hardly known.
    fn variance(&self, row: &Row) -> f64 {
        let alike = |other: &Row| (other.activation, other.lr) == (row.activation, row.lr);
        let rows = self.of.set().map_or(&[][..], Set::rows).iter().filter(|row| alike(row));
        let here = self.cells.iter().filter(|cell| cell.row().is_some_and(alike));
        let here = here.filter_map(|cell| cell.sample(FAULTS));
        let (mut squares, mut freedom) = (0.0, 0);
        for sample in rows.map(rerun).chain(here) {
            squares += sample.squares;
            freedom += sample.count - 1;
        }
        squares / f64::from(freedom)
    }

    /// Whether two means of FAULTS differ by more than three standard deviations of such a difference.
    fn differ(&self, row: &Row, a: Sample, b: Sample) -> bool {
        let difference = a.mean - b.mean;
        let variance = self.variance(row) * (1.0 / f64::from(a.count) + 1.0 / f64::from(b.count));
        difference * difference > 9.0 * variance
    }

    /// `*`, `f` and `r`: see [`MARKS`].
    pub(in crate::lab) fn marks(&self, cell: &Cell) -> String {
        let Some(row) = cell.row() else { return String::new() };
        let reference = Some(Sample { count: 1, mean: f64::from(row.faults), squares: 0.0 });
        let (here, rerun) = (cell.sample(FAULTS), Some(rerun(row)));
        let differ =
            |a: Option<Sample>, b: Option<Sample>| a.zip(b).is_some_and(|(a, b)| self.differ(row, a, b));
        let marks =
            [('*', differ(here, reference)), ('f', differ(here, rerun)), ('r', differ(reference, rerun))];
        marks.iter().filter(|(_, holds)| *holds).map(|(mark, _)| mark).collect()
    }
}

/// FAULTS of the float64 re-run.
fn rerun(row: &Row) -> Sample {
    Sample::of(row.rerun_faults.iter().map(|&faults| f64::from(faults))).expect("three seeds")
}

/// PREC: the accuracy in whole per cent, halves to even, as NumPy rounds two decimals.
fn precision(faults: f64, images: f64) -> u32 {
    let percent = (images - faults) / images * 100.0;
    let whole = percent as u32;
    let rest = percent - f64::from(whole);
    if rest > 0.5 || (rest == 0.5 && whole % 2 == 1) { whole + 1 } else { whole }
}

/// The legend of the marks.
pub(in crate::lab) const MARKS: &str = "Marked is what differs by more than 3 standard deviations of FAULTS \
                                        between seeds, taken over the rows of one\nAF \
     and LR: * from the reference, f from its float64 re-run; r: the reference itself from its re-run.";

/// The table as text.
pub fn text(runs: &[Run]) -> String {
    let blocks = blocks(runs);
    let mut out = blocks.iter().map(block_text).collect::<Vec<_>>().join("\n");
    let is_marked = |block: &Block| block.cells.iter().any(|cell| !block.marks(cell).is_empty());
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

/// The block's data, number of rows and runs, and conventions.
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
    let x = match of.config.centre {
        0.0 => format!("pixels / {}", of.config.scale),
        centre => format!("(pixels - {centre}) / {}", of.config.scale),
    };
    format!(
        "{} (data {:016x}): {rows} row{}{of_reference}; {runs} run{}\n\
         {x}, steps by the {step} of the gradients; LOSS = -E(test) / {divisor} ({whose} images)\n",
        of.dataset,
        of.data,
        plural(rows),
        plural(runs),
    )
}

/// A row of the table as printed, column by column.
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
    /// The number of runs that diverged.
    pub diverged: usize,
}

/// A row's columns. FAULTS are whole unless the block has rows of `several` seeds.
pub(in crate::lab) fn fields(block: &Block, cell: &Cell, several: bool) -> Fields {
    let run = cell.runs[0];
    let Config { activation, hidden, lr, lambda, batch, epochs, .. } = &run.config;
    let missing = || "-".to_string();
    let (faults, loss) = (cell.sample(FAULTS), cell.sample(LOSS));
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
            faults.map_or_else(missing, |x| precision(x.mean, run.images as f64).to_string()),
            faults.map_or_else(missing, |x| format!("{:.decimals$}", x.mean)),
            faults.and_then(Sample::deviation).map_or_else(missing, |x| format!("{x:.1}")),
            loss.map_or_else(missing, |x| format!("{:.5}", x.mean)),
        ],
        reference,
        marks: block.marks(cell),
        diverged: cell.runs.iter().filter(|run| run.score.is_none()).count(),
    }
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

/// The greatest distance of the stable rows (lr 0.001) from the re-run's means.
pub(in crate::lab) fn closeness(block: &Block) -> String {
    let greater = |most: f64, difference: f64| if difference.abs() > most { difference.abs() } else { most };
    let mut out = String::new();
    for activation in Activation::ALL {
        let (mut faults, mut loss, mut count) = (0.0, 0.0, 0);
        for cell in &block.cells {
            let Some(row) = cell.row().filter(|row| row.activation == activation && row.lr == 0.001) else {
                continue;
            };
            let (Some(here), Some(here_loss)) = (cell.sample(FAULTS), cell.sample(LOSS)) else { continue };
            faults = greater(faults, here.mean - rerun(row).mean);
            loss = greater(loss, here_loss.mean / row.rerun_loss - 1.0);
            count += 1;
        }
        if count > 0 {
            let percent = loss * 100.0;
            out += &format!(
                "{:<9} LR 0.001, {count} rows: within {faults:.0} FAULTS and {percent:.1} % of LOSS of the \
                 float64 means\n",
                activation.name()
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::grid::Axes;

    /// The reference's own figures as results.
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
                assert_eq!(cell.sample(FAULTS).unwrap().mean, row.faults.into());
                assert!((cell.sample(LOSS).unwrap().mean / row.loss - 1.0).abs() < 1e-12);
                let marks = blocks[0].marks(cell);
                assert!(!marks.contains('*'));
                assert_eq!(marks.contains('f'), marks.contains('r'));
            }
            // The one row that the reference has 745 faults from its re-run; and none of MNIST.
            let outside: Vec<_> =
                blocks[0].cells.iter().filter(|cell| blocks[0].marks(cell).contains('r')).collect();
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
