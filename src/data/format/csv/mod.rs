//! Tables as text: CSV and its relatives.

mod columns;
mod dialect;
mod files;
mod number;
mod stream;
#[cfg(test)]
mod tests;

use crate::data::dataset::{MAX_CLASSES, Options};
use crate::data::error::{Error, Place, reserve};
use crate::data::rows::{Columns, Rows};
use crate::data::sniff;
use columns::{Layout, no_rows};
use dialect::{Cell, Dialect, Fields, Position, SEPARATORS, terminator};
use std::collections::BTreeMap;

pub(crate) use files::{Found, load, of_stream, set_of};
pub use stream::{RowBlock, TableRows};

/// The format's name in messages.
pub(crate) const NAME: &str = "table";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a text that begins with `head` is a table: most of its first rows have as many fields, two at
/// least, and some of them are numbers. `is_whole`: the text ends with `head`.
pub(crate) fn is_table(head: &[u8], is_whole: bool) -> bool {
    if matches!(head, [0xff, 0xfe, _, 0, ..] | [0xfe, 0xff, 0, _, ..]) {
        return true; // text in UTF-16, which the reader refuses by name
    }
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let is_control = |byte: &u8| matches!(byte, 0..0x20 | 0x7f) && !byte.is_ascii_whitespace();
    let is_foreign = matches!(text.trim_ascii_start().first(), None | Some(b'{' | b'[' | b'<' | b'%' | b'@'));
    if is_foreign || sniff::is_known(head) || text.iter().any(is_control) {
        return false;
    }
    // A first line longer than the head may have an end all the same.
    let is_whole = is_whole || !text.iter().any(|&byte| matches!(byte, b'\r' | b'\n'));
    let (dialect, found) = Dialect::of(text, is_whole);
    let is_alike = match dialect.separator {
        b' ' => found.agreeing == found.rows, // prose has blanks as well
        _ => 2 * found.agreeing > found.rows,
    };
    let mut at = Position::default();
    let mut has_number = false;
    while let Some(record) = dialect.next(text, is_whole, &mut at).filter(|_| is_alike && !has_number) {
        let mut fields = Fields::new(dialect, record);
        while let Ok(Some(cell)) = fields.next() {
            has_number |= cell.number(dialect.has_decimal_comma()).is_some_and(|number| !number.is_nan());
        }
    }
    found.agreeing > 0 && is_alike && has_number
}

/// The rows of the table that `bytes` are. `like`: the columns of the training rows, for rows to test on;
/// they go by name if the table has a header, else by place.
pub(crate) fn read(
    bytes: &[u8],
    place: &Place,
    options: &Options,
    like: Option<&Columns>,
) -> Result<Rows, Error> {
    rows(bytes, place, options, like).map_err(|error| error.of(place))
}

fn rows(bytes: &[u8], place: &Place, options: &Options, like: Option<&Columns>) -> Result<Rows, Error> {
    let text = text_of(bytes)?;
    let mut at = Position::default();
    let layout = match like {
        Some(like) => {
            let layout = alike(text, true, like, &mut at)?.ok_or_else(no_rows)?;
            if !layout.has_label() {
                return Err(no_label(&layout));
            }
            layout
        }
        None => Layout::of(text, Dialect::of(text, true).0, &mut at, options)?,
    };
    let features = layout.columns.features;
    let (mut values, mut labels) = (Vec::new(), Labels::default());
    // Every value has a byte and a separator, every row a line. What is not used is not touched.
    let most = text.len() / 2 + 1;
    let lines = text.iter().filter(|&&byte| byte == layout.dialect.terminator).count() + 1;
    reserve(&mut values, lines.saturating_mul(features).min(most))?;
    reserve(&mut labels.indices, lines.min(most))?;
    while let Some(record) = layout.dialect.next(text, true, &mut at) {
        Layout::check_length(record.bytes.len(), record.line)?;
        reserve(&mut values, features)?;
        reserve(&mut labels.indices, 1)?;
        let start = values.len();
        values.resize(start + features, 0.0);
        if let Some(cell) = layout.row(record, &mut values[start..])? {
            labels.add(cell, record.line, &layout)?;
        }
    }
    if labels.indices.is_empty() {
        return Err(no_rows());
    }
    let (columns, mut notes) = (layout.columns, layout.notes);
    if like.is_none() {
        let classes = labels.texts.len();
        let classes = if classes == 1 { "1 class".into() } else { format!("{classes} classes") };
        let name = match (&columns.label, columns.label_at) {
            (Some(name), _) => name.clone(),
            (None, Some(0)) => "the first column".into(),
            (None, _) => "the last column".into(),
        };
        notes.push(format!("label: {name} ({classes})"));
    }
    Ok(Rows {
        place: place.clone(),
        names: columns.names,
        values,
        labels: labels.indices,
        texts: labels.texts,
        label: columns.label,
        label_at: columns.label_at.unwrap_or(features),
        is_numbered: false,
        notes,
    })
}

/// Whether the rows of the table that `bytes` are have labels, where the training rows have these columns.
fn has_labels(bytes: &[u8], like: &Columns) -> Result<bool, Error> {
    let layout = alike(text_of(bytes)?, true, like, &mut Position::default())?;
    Ok(layout.ok_or_else(no_rows)?.has_label())
}

/// The text without its byte order mark.
fn text_of(bytes: &[u8]) -> Result<&[u8], Error> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Error::at(0, "text in UTF-16", "UTF-8; save the file as UTF-8"));
    }
    Ok(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes))
}

fn no_label(layout: &Layout) -> Error {
    let expected = match &layout.columns.label {
        Some(name) => format!("the column {name} to test on; rows without it are for prediction"),
        None => "one to test on; rows without it are for prediction".into(),
    };
    Error::new("rows without a label", expected)
}

/// How the rows of the text are read that begins with `head`, by the columns of other rows; `None` if it has
/// no whole row. `at` is moved behind the header.
fn alike(head: &[u8], is_whole: bool, like: &Columns, at: &mut Position) -> Result<Option<Layout>, Error> {
    let Some(terminator) = terminator(head, is_whole) else { return Ok(None) };
    let mut best: Option<(usize, Error)> = None;
    // A table of one column has no separator; one of the others may be a part of its name.
    for is_single in [false, true] {
        for separator in SEPARATORS {
            let (dialect, mut ahead) = (Dialect { separator, terminator }, *at);
            let Some(record) = dialect.next(head, is_whole, &mut ahead) else { return Ok(None) };
            Layout::check_length(record.bytes.len(), record.line)?;
            let counted = Fields::new(dialect, record).count_all();
            let count = *counted.as_ref().unwrap_or(&0);
            if (count == 1) != is_single {
                continue;
            }
            match counted.and_then(|_| Layout::like(record, dialect, like)) {
                Ok(layout) => {
                    if layout.has_header {
                        *at = ahead;
                    }
                    return Ok(Some(layout));
                }
                // Blanks in names make many fields of no meaning.
                Err(error) if best.as_ref().is_none_or(|best| count > best.0 && separator != b' ') => {
                    best = Some((count, error));
                }
                Err(_) => {}
            }
        }
    }
    best.map_or(Ok(None), |(_, error)| Err(error))
}

/// The labels of rows, each distinct text once.
#[derive(Default)]
struct Labels {
    indices: Vec<u32>,
    texts: Vec<String>,
    index: BTreeMap<String, u32>,
}

impl Labels {
    fn add(&mut self, cell: Cell, line: u64, layout: &Layout) -> Result<(), Error> {
        let bytes = cell.bytes.trim_ascii();
        let last = self.indices.last().map(|&last| (last, &self.texts[last as usize]));
        if let Some((last, _)) = last.filter(|(_, text)| !cell.is_doubled && text.as_bytes() == bytes) {
            self.indices.push(last);
            return Ok(());
        }
        let known = match core::str::from_utf8(bytes) {
            Ok(text) if !cell.is_doubled => self.index.get(text).copied(),
            _ => self.index.get(&cell.text(line)?).copied(),
        };
        let index = match known {
            Some(index) => index,
            None => self.insert(cell, line, layout)?,
        };
        self.indices.push(index);
        Ok(())
    }

    /// A new text.
    fn insert(&mut self, cell: Cell, line: u64, layout: &Layout) -> Result<u32, Error> {
        let text = cell.text(line)?;
        if cell.is_missing() {
            let found = format!("a missing label in {}", layout.label_called());
            return Err(Error::line(line, found, "a label; fill it in, or leave out the line"));
        }
        if self.texts.len() == MAX_CLASSES {
            let comma = layout.dialect.has_decimal_comma();
            let is_number = |text: &str| number::parse(text.as_bytes(), comma).is_some();
            let are_numbers = is_number(&text) && self.texts.iter().all(|text| is_number(text));
            let what = if are_numbers { "numbers" } else { "texts" };
            let found = format!("more than {MAX_CLASSES} different {what} in {}", layout.label_called());
            let expected = match are_numbers {
                true => "at most 128 classes; this looks like regression, or another column is the label",
                false => "at most 128 classes; is another column the label?",
            };
            return Err(Error::line(line, found, expected));
        }
        let index = self.texts.len() as u32;
        self.index.insert(text.clone(), index);
        self.texts.push(text);
        Ok(index)
    }
}
