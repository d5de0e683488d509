//! What the columns of a table are: features, the label, or of no use.

use super::dialect::{Cell, Dialect, Fields, MOST_ROW, Position, Record};
use crate::data::dataset::{Label, Options};
use crate::data::error::{Error, ErrorKind, reserve};
use crate::data::rows::Columns;
use crate::store::Printable;
use std::collections::BTreeSet;

/// The most columns: 65,535 features and the label.
const MOST_COLUMNS: usize = 1 << 16;

/// The rows by which columns are judged to hold numbers or texts.
const JUDGED: usize = 1000;

/// Names of columns that are the label.
const LABELS: [&str; 3] = ["label", "class", "target"];

/// The most columns that a message names.
const MOST_NAMED: usize = 8;

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The feature of this index.
    Feature(u32),
    Label,
    Unused,
}

/// How the rows of a file are read.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) dialect: Dialect,
    /// One for each column.
    roles: Vec<Role>,
    /// The file's header, or as many empty names.
    header: Vec<String>,
    pub(super) has_header: bool,
    /// The line of the row that says how many columns there are.
    first_line: u64,
    pub(super) columns: Columns,
    pub(super) notes: Vec<String>,
}

/// A column's values in the first rows below the header.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The first value that is neither a number nor missing, and its line.
    text: Option<(u64, String)>,
    /// Whether no cell had anything in it.
    is_empty: bool,
    /// Whether the cells counted up by 1 from 0 or 1.
    counts: bool,
    /// Whether the first row's cell stands below it again.
    is_repeated: bool,
}

/// The cells of a row, no more than a table may have.
pub(super) fn cells<'a>(dialect: Dialect, record: Record<'a>) -> Result<Vec<Cell<'a>>, Error> {
    let (mut out, mut fields) = (Vec::new(), Fields::new(dialect, record));
    while let Some(cell) = fields.next()? {
        if out.len() == MOST_COLUMNS {
            let found = format!("more than {MOST_COLUMNS} columns");
            return Err(Error::line(record.line, found, "fewer; is it a table with a row for each sample?"));
        }
        reserve(&mut out, 1)?;
        out.push(cell);
    }
    Ok(out)
}

impl Layout {
    /// Finds out what the columns of the table are that `text` is. `at` is moved behind the header.
    pub(super) fn of(
        text: &[u8],
        dialect: Dialect,
        at: &mut Position,
        options: &Options,
    ) -> Result<Self, Error> {
        let mut ahead = *at;
        let record = dialect.next(text, true, &mut ahead).ok_or_else(no_rows)?;
        let line = record.line;
        let first = cells(dialect, record)?;
        if first.len() < 2 {
            return Err(not_alike(record, 1, "columns separated by commas, semicolons, tabs or blanks"));
        }
        let seen = look(dialect, text, ahead, &first);
        let has_header = is_header(&first, &seen, dialect, options, line)?;
        let mut header = vec![String::new(); first.len()];
        if has_header {
            *at = ahead;
            header = names(&first, line)?;
        } else if let Some(name) = options.ignore.first() {
            let expected = "one that names the columns to leave out; add it as the first line";
            return Err(Error::new(format!("no header, so no column {}", Printable(name)), expected));
        }
        let mut notes = Vec::new();
        let kept = kept(&header, &seen, has_header, options, &mut notes)?;
        let label = label(&header, &seen, &kept, has_header, options)?;
        let mut layout = Self {
            dialect,
            roles: Vec::new(),
            header,
            has_header,
            first_line: line,
            columns: Columns::default(),
            notes,
        };
        layout.assign(&kept, label);
        layout.check(&seen, line)?;
        Ok(layout)
    }

    /// Finds out which columns of the table are `like` those, by the row that it begins with.
    pub(super) fn like(record: Record, dialect: Dialect, like: &Columns) -> Result<Self, Error> {
        let cells = cells(dialect, record)?;
        let names = names(&cells, record.line)?;
        let has_header = is_header_like(&cells, &names, dialect, like);
        let is_named = has_header && !like.names.is_empty();
        let (roles, notes) = match is_named {
            true => by_name(&names, like, record.line)?,
            false => (by_place(record, names.len(), like)?, Vec::new()),
        };
        let header = if has_header { names } else { vec![String::new(); names.len()] };
        let columns = like.clone();
        Ok(Self { dialect, roles, header, has_header, first_line: record.line, columns, notes })
    }

    pub(super) fn has_label(&self) -> bool {
        self.roles.contains(&Role::Label)
    }

    /// Gives every column its role.
    fn assign(&mut self, kept: &[usize], label: usize) {
        self.roles = vec![Role::Unused; self.header.len()];
        let columns = &mut self.columns;
        for &c in kept {
            if c == label {
                self.roles[c] = Role::Label;
                columns.label_at = Some(columns.features);
                columns.label = self.has_header.then(|| self.header[c].clone());
            } else {
                self.roles[c] = Role::Feature(columns.features as u32);
                columns.features += 1;
                columns.names.extend(self.has_header.then(|| self.header[c].clone()));
            }
        }
    }

    /// Refuses features that are texts, and names that are no names.
    fn check(&self, seen: &[Seen], first_line: u64) -> Result<(), Error> {
        let mut names = BTreeSet::new();
        for (c, (role, seen)) in self.roles.iter().zip(seen).enumerate() {
            if *role == Role::Unused {
                continue;
            }
            let name = &self.header[c];
            if self.has_header && name.is_empty() {
                let expected = "a name for each; name it, or remove the column";
                return Err(Error::line(first_line, format!("no name for column {}", c + 1), expected));
            }
            if self.has_header && !names.insert(name) {
                let found = format!("a second column {}", Printable(name));
                return Err(Error::line(first_line, found, "one of each name; rename one"));
            }
            if let (Role::Feature(_), Some((line, text))) = (role, &seen.text) {
                return Err(self.no_number(c, *line, text));
            }
        }
        match self.columns.features {
            0 => Err(Error::line(first_line, "no column but the label", "at least one feature beside it")),
            _ => Ok(()),
        }
    }

    /// Reads a row's features into `out` (D); gives the cell of its label.
    pub(super) fn row<'a>(&self, record: Record<'a>, out: &mut [f32]) -> Result<Option<Cell<'a>>, Error> {
        let (mut fields, mut label) = (Fields::new(self.dialect, record), None);
        for (c, role) in self.roles.iter().enumerate() {
            if let Role::Feature(feature) = role {
                if let Some(number) = fields.number() {
                    out[*feature as usize] = number;
                    continue;
                }
            }
            let Some(cell) = fields.next()? else { return Err(self.another_width(record)) };
            match role {
                Role::Feature(feature) => out[*feature as usize] = self.value(cell, c, record.line)?,
                Role::Label => label = Some(cell),
                Role::Unused => {}
            }
        }
        match fields.next()? {
            Some(_) => Err(self.another_width(record)),
            None => Ok(label),
        }
    }

    /// The number in a cell of column `c`.
    fn value(&self, cell: Cell, c: usize, line: u64) -> Result<f32, Error> {
        let number = cell.number(self.dialect.has_decimal_comma());
        match number.filter(|_| !cell.is_missing()) {
            Some(number) if number.is_finite() => Ok(number),
            Some(number) if !number.is_nan() => {
                let found = format!("{} in {}", shown(cell.bytes), self.called(c));
                Err(self.of_column(c, Error::line(line, found, "a number that f32 can hold, to 3.4e38")))
            }
            None if !cell.is_missing() => Err(self.no_number(c, line, &String::from_utf8_lossy(cell.bytes))),
            _ => {
                let found = format!("a missing value in {}", self.called(c));
                let expected = "a number; fill it in, or leave out the line or the column";
                Err(self.of_column(c, Error::line(line, found, expected)))
            }
        }
    }

    fn no_number(&self, c: usize, line: u64, text: &str) -> Error {
        let found = format!("{} in {}", shown(text.as_bytes()), self.called(c));
        let expected = "a number; encode the column as numbers, or leave it out";
        self.of_column(c, Error::line(line, found, expected))
    }

    fn of_column(&self, c: usize, error: Error) -> Error {
        if self.has_header { error.in_column(&self.header[c]) } else { error }
    }

    /// What messages call a column.
    fn called(&self, c: usize) -> String {
        called(&self.header, c)
    }

    /// What messages call the label's column.
    pub(super) fn label_called(&self) -> String {
        let label = self.roles.iter().position(|role| *role == Role::Label);
        label.map_or_else(String::new, |c| self.called(c))
    }

    fn another_width(&self, record: Record) -> Error {
        let expected = format!("{} as in line {}", self.roles.len(), self.first_line);
        let found = Fields::new(self.dialect, record).count_all();
        found.map_or_else(|error| error, |found| not_alike(record, found, &expected))
    }

    /// Refuses a row that is longer than any row of a table.
    pub(super) fn check_length(bytes: usize, line: u64) -> Result<(), Error> {
        if bytes <= MOST_ROW {
            return Ok(());
        }
        let found = format!("a row of more than {MOST_ROW} bytes");
        Err(Error::line(line, found, "shorter ones; is a quote not closed?"))
    }
}

/// The error for a table without rows.
pub(super) fn no_rows() -> Error {
    Error::new("a table without rows", "a row for each sample")
}

/// The error for a row of `found` fields where the table has other ones.
fn not_alike(record: Record, found: usize, expected: &str) -> Error {
    if record.is_comment() {
        return Error::line(record.line, "a comment", "a row; remove the lines that begin with #");
    }
    let fields = if found == 1 { "field" } else { "fields" };
    Error::line(record.line, format!("{found} {fields}"), expected)
}

fn called(header: &[String], c: usize) -> String {
    match header.get(c).map_or("", String::as_str) {
        "" => format!("column {}", c + 1),
        name => format!("column {}", Printable(name)),
    }
}

/// The text of a cell for messages.
fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * MOST)]);
    let short: String = text.chars().take(MOST).collect();
    format!("\"{}{}\"", Printable(&short), if short.len() < bytes.len() { "..." } else { "" })
}

/// The names in a header. numpy's begins with `# `.
fn names(cells: &[Cell], line: u64) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    reserve(&mut names, cells.len())?;
    for cell in cells {
        names.push(cell.text(line)?);
    }
    if let Some(name) = names[0].strip_prefix('#') {
        names[0] = name.trim().to_owned();
    }
    Ok(names)
}

/// What the rows from `at` on hold below the cells of the first row.
fn look(dialect: Dialect, text: &[u8], mut at: Position, first: &[Cell]) -> Vec<Seen> {
    let start = Seen { is_empty: true, counts: true, ..Seen::default() };
    let mut seen = vec![start; first.len()];
    let (mut rows, start) = (0u32, at.byte);
    while rows < JUDGED as u32 && at.byte - start <= MOST_ROW {
        let Some(record) = dialect.next(text, true, &mut at) else { break };
        let (mut fields, mut c) = (Fields::new(dialect, record), 0);
        while let Ok(Some(cell)) = fields.next() {
            let Some(seen) = seen.get_mut(c) else { break };
            seen.is_empty &= cell.bytes.is_empty();
            seen.is_repeated |= cell.bytes == first[c].bytes;
            let number = cell.number(dialect.has_decimal_comma());
            if c == 0 {
                let rows = rows as f32; // below 1000
                seen.counts &= number.is_some_and(|number| number == rows || number == rows + 1.0);
            }
            if seen.text.is_none() && number.is_none() && !cell.is_missing() {
                seen.text = Some((record.line, String::from_utf8_lossy(cell.bytes).into_owned()));
            }
            c += 1;
        }
        rows += 1;
    }
    seen
}

/// Whether the first row is a header: it holds a name of labels that is none of the labels below, or a text
/// above a column of numbers, or the names 0, 1, 2, ... that pandas gives.
fn is_header(
    first: &[Cell],
    seen: &[Seen],
    dialect: Dialect,
    options: &Options,
    line: u64,
) -> Result<bool, Error> {
    let comma = dialect.has_decimal_comma();
    let (mut next, mut counts) = (0, true);
    for (c, (cell, seen)) in first.iter().zip(seen).enumerate() {
        let name = cell.text(line)?;
        let is_asked_for = matches!(&options.label, Some(Label::Named(label)) if *label == name);
        let is_label = is_asked_for || is_one_of(&name, &LABELS) || is_one_of(&name, &["y"]);
        let is_aside = match options.label {
            Some(Label::First) => c == 0,
            Some(Label::Last) => c + 1 == first.len(),
            _ => false,
        };
        let is_word = cell.number(comma).is_none() && !cell.is_missing();
        if (is_label && !seen.is_repeated) || (is_word && !is_aside && seen.text.is_none()) {
            return Ok(true);
        }
        if !is_word && !cell.is_missing() {
            counts &= name == next.to_string();
            next += 1;
        }
    }
    Ok(counts && next >= 3)
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The columns that are features or the label.
fn kept(
    header: &[String],
    seen: &[Seen],
    has_header: bool,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<usize>, Error> {
    for name in &options.ignore {
        if !header.contains(name) {
            let found = format!("no column {} to leave out", Printable(name));
            return Err(Error::new(found, format!("one of {}", listed(header))));
        }
    }
    let mut kept = Vec::new();
    let last = header.len() - 1;
    for (c, name) in header.iter().enumerate() {
        let is_index = has_header && c == 0 && matches!(name.as_str(), "" | "Unnamed: 0");
        if is_index && seen[c].counts && !seen[c].is_empty {
            notes.push("left out: the first column, which has no name and counts the rows".into());
        } else if c == last && c > 1 && name.is_empty() && seen[c].is_empty {
            notes.push("left out: the last column, which is empty".into());
        } else if !(has_header && options.ignore.contains(name)) {
            kept.push(c);
        }
    }
    Ok(kept)
}

/// The names of columns for messages.
fn listed(header: &[String]) -> String {
    let names: Vec<&str> = header.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let shown = names[..names.len().min(MOST_NAMED)].join(", ");
    match names.len() {
        0..=MOST_NAMED => Printable(&shown).to_string(),
        more => format!("{} and {} more", Printable(&shown), more - MOST_NAMED),
    }
}

/// The column that is the label.
fn label(
    header: &[String],
    seen: &[Seen],
    kept: &[usize],
    has_header: bool,
    options: &Options,
) -> Result<usize, Error> {
    let (Some(&first), Some(&last)) = (kept.first(), kept.last()) else {
        return Err(Error::new("no column but those left out", "a label and at least one feature"));
    };
    match &options.label {
        Some(Label::First) => return Ok(first),
        Some(Label::Last) => return Ok(last),
        Some(Label::Named(name)) => {
            return kept.iter().copied().find(|&c| has_header && header[c] == *name).ok_or_else(|| {
                let found = format!("no column {}", Printable(name));
                match has_header {
                    true => Error::new(found, format!("one of {}", listed(header))),
                    false => {
                        Error::new(format!("no header, so {found}"), "the first or the last as the label")
                    }
                }
            });
        }
        None => {}
    }
    let among = |names: &[&str]| -> Vec<usize> {
        kept.iter().copied().filter(|&c| is_one_of(&header[c], names)).collect()
    };
    let known = among(&LABELS);
    let texts: Vec<usize> = kept.iter().copied().filter(|&c| seen[c].text.is_some()).collect();
    match (&known[..], &texts[..], &among(&["y"])[..], &among(&["x", "z"])[..]) {
        (&[one], ..) => Ok(one),
        ([], &[text], ..) if text == first || text == last => Ok(text),
        ([], _, &[y], []) => Ok(y),
        ([], ..) => {
            let found = "no column named label, class or target, and no text in the first or the last alone";
            let expected = format!(
                "a label; say which column it is: the first ({}), the last ({}) or another",
                called(header, first),
                called(header, last)
            );
            Err(Error::new(found, expected).with_kind(ErrorKind::NoLabel))
        }
        (several, ..) => {
            let names: Vec<String> = several.iter().map(|&c| called(header, c)).collect();
            let expected = "one label; say which column it is";
            Err(Error::new(names.join(" and "), expected).with_kind(ErrorKind::NoLabel))
        }
    }
}

/// Whether the first row of a table is a header, where other rows had these columns.
fn is_header_like(cells: &[Cell], names: &[String], dialect: Dialect, like: &Columns) -> bool {
    let has_all = !like.names.is_empty() && like.names.iter().all(|name| names.contains(name));
    let label_at = like.label_at.filter(|_| cells.len() == like.features + 1);
    let is_word = |c: usize, cell: &Cell| {
        cell.number(dialect.has_decimal_comma()).is_none() && !cell.is_missing() && label_at != Some(c)
    };
    has_all || cells.iter().enumerate().any(|(c, cell)| is_word(c, cell))
}

/// The roles of columns by their names.
fn by_name(names: &[String], like: &Columns, line: u64) -> Result<(Vec<Role>, Vec<String>), Error> {
    // (name, index), to be looked up: tables have thousands of columns.
    let mut wanted: Vec<(&str, Role)> = Vec::new();
    let features = like.names.iter().enumerate().map(|(i, name)| (name.as_str(), Role::Feature(i as u32)));
    wanted.extend(features.chain(like.label.as_deref().map(|name| (name, Role::Label))));
    wanted.sort_by_key(|&(name, _)| name);
    let mut is_found = vec![false; wanted.len()];
    let (mut roles, mut ignored) = (Vec::new(), Vec::new());
    for name in names {
        let Ok(i) = wanted.binary_search_by_key(&name.as_str(), |&(name, _)| name) else {
            roles.push(Role::Unused);
            ignored.push(name.clone());
            continue;
        };
        if core::mem::replace(&mut is_found[i], true) {
            let found = format!("a second column {}", Printable(name));
            return Err(Error::line(line, found, "one of each name; rename one"));
        }
        roles.push(wanted[i].1);
    }
    let is_missing = |i: usize| !is_found[i] && wanted[i].1 != Role::Label;
    let missing = (0..wanted.len()).filter(|&i| is_missing(i)).min_by_key(|&i| match wanted[i].1 {
        Role::Feature(feature) => feature,
        _ => u32::MAX,
    });
    if let Some(i) = missing {
        let expected = format!("the {} columns of the training rows", like.features);
        return Err(Error::line(line, format!("no column {}", Printable(wanted[i].0)), expected));
    }
    let note = format!("ignored: {}", listed(&ignored));
    let is_noted = ignored.iter().any(|name| !name.is_empty());
    Ok((roles, if is_noted { vec![note] } else { Vec::new() }))
}

/// The roles of `count` columns by their places.
fn by_place(record: Record, count: usize, like: &Columns) -> Result<Vec<Role>, Error> {
    let features = like.features;
    let label_at = match like.label_at {
        _ if count == features => None,
        Some(at) if count == features + 1 => Some(at),
        Some(at) => {
            let expected = format!("{features}, or {} with the label as number {}", features + 1, at + 1);
            return Err(not_alike(record, count, &expected));
        }
        None => return Err(not_alike(record, count, &features.to_string())),
    };
    let role = |c: usize| match label_at {
        Some(at) if c == at => Role::Label,
        Some(at) if c > at => Role::Feature(c as u32 - 1),
        _ => Role::Feature(c as u32),
    };
    Ok((0..count).map(role).collect())
}
