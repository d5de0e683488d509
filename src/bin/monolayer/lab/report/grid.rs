//! The page of a grid.

use super::chart::{Mark, Row, dots, figure, legend};
use super::html::{self, charts, escaped, folded, section, table};
use crate::lab::grid::{Block, Cell, FAULTS, Fields, LOSS, MARKS, Run, blocks, closeness, fields, heading};
use monolayer::train::Config;

/// At most this many rows of a table are written, and this many rows of a block are drawn.
const MOST_ROWS: usize = 2000;
const MOST_DRAWN: usize = 144;

/// Writes the page of finished runs, all different. `command` is the command line that repeats the grid.
pub fn grid(runs: &[Run], command: &str) -> String {
    let blocks = blocks(runs);
    let rows = blocks.iter().map(|block| block.cells.len()).sum::<usize>();
    let mut names: Vec<&str> = blocks.iter().map(|block| &*block.of.dataset).collect();
    names.dedup();
    let title = format!("grid: {}", if names.is_empty() { "no run".into() } else { names.join(", ") });
    let diverged = runs.iter().filter(|run| run.score.is_none()).count();
    let mut figures = Vec::from([("rows", rows), ("runs", runs.len())]);
    if blocks.iter().any(Block::is_compared) {
        let marked =
            |block: &Block| block.cells.iter().filter(|cell| block.marks(cell).contains('*')).count();
        figures.push(("rows differ from the reference", blocks.iter().map(marked).sum::<usize>()));
    }
    if diverged > 0 {
        figures.push(("runs diverged", diverged));
    }
    let mut body = format!("<h1>{}</h1>\n", escaped(&title));
    body += &html::figures(figures.into_iter().map(|(name, count)| (name, count.to_string())));
    body.extend(blocks.iter().map(block_html));
    body += &section("Repeat", "", &html::command(command));
    html::page(&format!("monolayer {title}"), &body)
}

fn block_html(block: &Block) -> String {
    let heading = heading(block);
    let (title, conventions) = heading.trim_end().split_once('\n').unwrap_or((&heading, ""));
    let close = closeness(block);
    let mut note = escaped(conventions);
    for line in close.lines() {
        note += &format!("<br>{}", escaped(line));
    }
    section(title, &note, &(plots(block) + &rows(block)))
}

/// The table, in the reference's columns.
fn rows(block: &Block) -> String {
    let (several, compared) = (block.has_several_seeds(), block.is_compared());
    let mut head = String::new();
    if compared {
        let own = if several { 10 } else { 9 };
        head += &format!(
            "<tr><th colspan=\"{own}\"></th><th class=\"edge left\" colspan=\"3\">reference</th>\
             <th class=\"edge left\" colspan=\"2\">float64</th><th></th></tr>"
        );
    }
    let columns = ["AF", "HU", "LR", "BS", "EP", "lambda", "PREC", "FAULTS", "SD", "LOSS"];
    let columns = columns.iter().filter(|column| several || **column != "SD");
    let columns: String = columns.map(|column| format!("<th>{column}</th>")).collect();
    head += &format!("<tr>{}", columns.replacen("<th>", "<th class=\"left\">", 1));
    if compared {
        head += "<th class=\"edge\">PREC</th><th>FAULTS</th><th>LOSS</th><th \
                 class=\"edge\">FAULTS</th><th>LOSS</th>";
    }
    head += "<th></th></tr>";
    let shown = block.cells.get(..MOST_ROWS).unwrap_or(&block.cells);
    let body: String = shown.iter().map(|cell| row(block, cell, several, compared)).collect();
    let left_out = match block.cells.len() - shown.len() {
        0 => String::new(),
        count => format!("<p class=\"note\">{count} more rows are left out.</p>\n"),
    };
    let marked = shown.iter().any(|cell| !fields(block, cell, several).marks.is_empty());
    let marks = if marked { format!("<p class=\"note\">{MARKS}</p>\n") } else { String::new() };
    folded_if(shown.len() > 80, &(table("rows", "rows", &head, &body) + &marks + &left_out))
}

fn folded_if(long: bool, html: &str) -> String {
    if long { folded("The table", html) } else { format!("<br>\n{html}") }
}

fn row(block: &Block, cell: &Cell, several: bool, compared: bool) -> String {
    let Fields { configuration, found, reference, marks, diverged } = fields(block, cell, several);
    let mut out = format!("<tr><th scope=\"row\">{}</th>", escaped(&configuration[0]));
    let own = configuration[1..].iter().chain(&found).enumerate();
    for (_, text) in own.filter(|(column, _)| several || *column != 7) {
        out += &format!("<td>{text}</td>");
    }
    if compared {
        let missing = [(); 5].map(|()| "-".to_string());
        for (column, text) in reference.unwrap_or(missing).iter().enumerate() {
            let edge = if column == 0 || column == 3 { " class=\"edge\"" } else { "" };
            out += &format!("<td{edge}>{text}</td>");
        }
    }
    let diverged = match diverged {
        0 => String::new(),
        count => format!(" ({count} of {} diverged)", cell.runs.len()),
    };
    out + &format!("<td class=\"left marked\">{marks}{diverged}</td></tr>\n")
}

/// Dot plots of FAULTS and LOSS, one of each for the rows of one activation and learning rate: on a scale for
/// all rows their differences would be invisible.
fn plots(block: &Block) -> String {
    let mut panels: Vec<Vec<&Cell>> = Vec::new();
    let shared = |cell: &Cell| (cell.runs[0].config.activation, cell.runs[0].config.lr.to_bits());
    for cell in block.cells.iter().take(MOST_DRAWN) {
        match panels.last_mut() {
            Some(panel) if shared(panel[0]) == shared(cell) => panel.push(cell),
            _ => panels.push(Vec::from([cell])),
        }
    }
    let mut keys = String::new();
    if block.has_several_seeds() {
        keys += &Mark::Small.key("a seed", false);
        keys += &Mark::First.key("their mean", false);
    } else {
        keys += &Mark::First.key("here", false);
    }
    if block.is_compared() {
        keys += &Mark::Second.key("the reference", false);
        keys += &Mark::Bar.key("its float64 re-run (FAULTS of three seeds, mean LOSS)", false);
    }
    let (name, label) = naming(block);
    let measures =
        [(FAULTS, format!("FAULTS of {} images", block.of.images)), (LOSS, "LOSS, nats an image".into())];
    let mut drawn = String::new();
    for panel in panels {
        let config = &panel[0].runs[0].config;
        let title = format!("{}, LR {:?}", config.activation.name(), config.lr);
        for (column, axis) in &measures {
            let row = |cell: &&Cell| Row { label: label(&cell.runs[0].config), dots: dots_of(cell, *column) };
            let rows: Vec<Row> = panel.iter().map(row).collect();
            let about = format!("{}, {title}", if *column == FAULTS { "FAULTS" } else { "LOSS" });
            drawn += &figure(&title, "", &dots(&about, [&name, axis], &rows, *column == FAULTS));
        }
    }
    let mut out = legend(&keys) + &charts(&drawn);
    if block.cells.len() > MOST_DRAWN {
        out += &format!("<p class=\"note\">The first {MOST_DRAWN} rows are drawn.</p>\n");
    }
    out
}

/// The dots of a row in a column of results: the re-run's, the reference's, each seed's, and the seeds' mean.
fn dots_of(cell: &Cell, column: usize) -> Vec<(Mark, f64)> {
    let mut dots = Vec::new();
    if let Some(row) = cell.row() {
        let rerun = [row.rerun_faults.map(f64::from).to_vec(), vec![row.rerun_loss]];
        dots.extend(rerun[column].iter().map(|&found| (Mark::Bar, found)));
        dots.push((Mark::Second, [f64::from(row.faults), row.loss][column]));
    }
    if cell.runs.len() > 1 {
        dots.extend(cell.figures().map(|found| (Mark::Small, found[column])));
    }
    dots.extend(cell.sample(column).map(|over_seeds| (Mark::First, over_seeds.mean)));
    dots
}

/// The settings in which the rows of a panel differ: their name, and a row's label.
fn naming(block: &Block) -> (String, impl Fn(&Config) -> String) {
    let parts = |config: &Config| {
        [
            ("HU", config.hidden.to_string()),
            ("lambda", format!("{:?}", config.lambda)),
            ("BS", config.batch.to_string()),
            ("EP", config.epochs.to_string()),
        ]
    };
    let first = parts(&block.of.config);
    let varies = |index: &usize| {
        block.cells.iter().any(|cell| parts(&cell.runs[0].config)[*index].1 != first[*index].1)
    };
    let mut shown: Vec<usize> = (0..first.len()).filter(varies).collect();
    if shown.is_empty() {
        shown.push(0);
    }
    let name = shown.iter().map(|&index| first[index].0).collect::<Vec<_>>().join(", ");
    let label = move |config: &Config| {
        let parts = parts(config);
        shown.iter().map(|&index| &*parts[index].1).collect::<Vec<_>>().join(", ")
    };
    (name, label)
}
