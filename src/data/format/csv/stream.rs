//! Rows to be labelled, read in passing.

use super::columns::Layout;
use super::dialect::{MOST_ROW, Position};
use super::{BYTE_ORDER_MARK, alike, text_of};
use crate::data::container::gzip;
use crate::data::error::{Error, Place, reserve};
use crate::data::rows::Columns;
use crate::store;
use std::io::{Cursor, ErrorKind, Read};
use std::path::Path;

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

/// A block ends when its rows have so many bytes.
const MOST_BLOCK: usize = 1 << 24;

/// Reads the rows of a table by the columns of a model, in constant memory.
///
/// With a header they go by name: columns of no known name are ignored, a missing one is an error. Without,
/// rows have D columns, or D + 1 with the label in the training's place.
///
/// ```no_run
/// # use monolayer::data::{Columns, TableRows};
/// let mut columns = Columns::default();
/// columns.features = 2;
/// columns.names = vec!["width".into(), "height".into()];
/// let mut rows = TableRows::open("boxes.csv".as_ref(), columns)?;
/// while let Some(block) = rows.next(4096)? {
///     // (N, D): at most 4096 rows
///     println!("{:?}", block.values());
/// }
/// # Ok::<(), monolayer::data::Error>(())
/// ```
pub struct TableRows {
    source: Box<dyn Read>,
    /// Rows are handed out as they come: of a pipe, the next ones may be long in coming.
    is_live: bool,
    buffer: Vec<u8>,
    at: Position,
    is_ended: bool,
    layout: Option<Layout>,
    header: Option<Vec<u8>>,
    block: RowBlock,
    /// What was wrong behind rows that were handed out.
    late: Option<Error>,
}

impl TableRows {
    /// Opens a file, or, for "-", standard input; raw or gzip.
    ///
    /// # Errors
    /// [`Error`] where the file cannot be read, or the first row does not fit the columns. A file without
    /// rows has none.
    ///
    /// # Panics
    /// If `columns` have no features, or another number of names than features.
    pub fn open(path: &Path, columns: Columns) -> Result<Self, Error> {
        assert!(columns.features > 0, "rows have features");
        assert!([0, columns.features].contains(&columns.names.len()), "a name for each feature");
        let source = store::open(path)?;
        let is_live = !source.is_regular();
        let place = Place::new(&store::name_of(path));
        let mut rows = Self {
            source: Box::new(source),
            is_live,
            buffer: Vec::new(),
            at: Position::default(),
            is_ended: false,
            layout: None,
            header: None,
            block: RowBlock::new(columns.features, place),
            late: None,
        };
        rows.begin(&columns).map_err(|error| rows.placed(error))?;
        Ok(rows)
    }

    /// What was decided while the first row was read, one line each, for people.
    pub fn notes(&self) -> &[String] {
        self.layout.as_ref().map_or(&[], |layout| &layout.notes)
    }

    /// The header as it is written, where there is one, with `name` behind it as one more column.
    pub fn header_with(&self, name: &str) -> Option<Vec<u8>> {
        let mut line = self.header.clone()?;
        append_cell(&mut line, self.block.separator, name);
        Some(line)
    }

    /// The next rows, at most `most` of them; none at the end. Rows from a pipe come as soon as they are
    /// there.
    ///
    /// # Errors
    /// The next row breaks a rule. Those before it were handed out.
    pub fn next(&mut self, most: usize) -> Result<Option<&RowBlock>, Error> {
        self.block.clear();
        while self.late.is_none() && self.block.len() < most.max(1) && self.block.lines.len() < MOST_BLOCK {
            match self.next_row() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => self.late = Some(self.placed(error)),
            }
        }
        if !self.block.is_empty() {
            return Ok(Some(&self.block));
        }
        match self.late.take() {
            Some(error) => {
                // After an error the file has ended.
                (self.is_ended, self.at.byte) = (true, self.buffer.len());
                Err(error)
            }
            None => Ok(None),
        }
    }

    /// Appends the next row to the block; says whether there was one, or none yet to wait for.
    fn next_row(&mut self) -> Result<bool, Error> {
        let Some(layout) = &self.layout else { return Ok(false) };
        loop {
            if let Some(record) = layout.dialect.next(&self.buffer, self.is_ended, &mut self.at) {
                Layout::check_length(record.bytes.len(), record.line)?;
                let block = &mut self.block;
                let start = block.values.len();
                reserve(&mut block.values, block.features)?;
                block.values.resize(start + block.features, 0.0);
                let read = layout
                    .row(record, &mut block.values[start..])
                    .and_then(|label| label.map(|cell| cell.text(record.line)).transpose());
                let label = read.inspect_err(|_| block.values.truncate(start))?;
                return block.finish_row(record.line, record.bytes, label.as_deref()).map(|()| true);
            }
            if self.is_ended || (self.is_live && !self.block.is_empty()) {
                return Ok(false);
            }
            fill(&mut self.source, &mut self.buffer, &mut self.at, &mut self.is_ended)?;
        }
    }

    /// Undoes gzip, and reads the first row.
    fn begin(&mut self, columns: &Columns) -> Result<(), Error> {
        self.fill_to(BYTE_ORDER_MARK.len())?;
        if gzip::is_gzip(&self.buffer) {
            let packed = Cursor::new(core::mem::take(&mut self.buffer));
            let rest = core::mem::replace(&mut self.source, Box::new(std::io::empty()));
            let place = self.block.place.clone();
            self.block.place = place.decompressed();
            self.source = Box::new(gzip::Reader::new(packed.chain(rest), place));
            self.is_ended = false;
            self.fill_to(BYTE_ORDER_MARK.len())?;
        }
        self.at.byte = self.buffer.len() - text_of(&self.buffer)?.len();
        loop {
            let mut behind = self.at;
            self.layout = alike(&self.buffer, self.is_ended, columns, &mut behind)?;
            if let Some(layout) = &self.layout {
                self.block.separator = layout.dialect.separator;
                if layout.has_header {
                    let record = layout.dialect.next(&self.buffer, self.is_ended, &mut self.at);
                    self.header = record.map(|record| record.bytes.to_vec());
                }
                return Ok(());
            }
            if self.is_ended {
                return Ok(());
            }
            fill(&mut self.source, &mut self.buffer, &mut self.at, &mut self.is_ended)?;
        }
    }

    fn fill_to(&mut self, count: usize) -> Result<(), Error> {
        while self.buffer.len() < count && !self.is_ended {
            fill(&mut self.source, &mut self.buffer, &mut self.at, &mut self.is_ended)?;
        }
        Ok(())
    }

    fn placed(&self, error: Error) -> Error {
        error.of(&self.block.place)
    }
}

/// Drops the bytes before `at` and reads more, as many as are held: what is held is looked through again.
fn fill(
    source: &mut dyn Read,
    buffer: &mut Vec<u8>,
    at: &mut Position,
    is_ended: &mut bool,
) -> Result<(), Error> {
    buffer.drain(..at.byte);
    at.byte = 0;
    let held = buffer.len();
    Layout::check_length(held, at.line + 1)?;
    let more = held.clamp(CHUNK, MOST_ROW);
    reserve(buffer, more)?;
    buffer.resize(held + more, 0);
    let read = loop {
        match source.read(&mut buffer[held..]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    buffer.truncate(held + read.as_ref().map_or(0, |&count| count));
    *is_ended = read.map_err(|error| Error::read(0, error))? == 0;
    Ok(())
}

/// Rows of a table as they were read.
#[derive(Debug)]
pub struct RowBlock {
    features: usize,
    place: Place,
    separator: u8,
    values: Vec<f32>,
    /// The rows as they are written, one behind the other, and the end of each.
    lines: Vec<u8>,
    ends: Vec<usize>,
    /// The line of each.
    numbers: Vec<u64>,
    /// The labels, one behind the other, and the end of each; no ends where there are no labels.
    labels: String,
    label_ends: Vec<usize>,
}

impl RowBlock {
    fn new(features: usize, place: Place) -> Self {
        Self {
            features,
            place,
            separator: b',',
            values: Vec::new(),
            lines: Vec::new(),
            ends: Vec::new(),
            numbers: Vec::new(),
            labels: String::new(),
            label_ends: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.values.clear();
        self.lines.clear();
        self.ends.clear();
        self.numbers.clear();
        self.labels.clear();
        self.label_ends.clear();
    }

    /// Keeps what belongs to a row beside its values.
    fn finish_row(&mut self, number: u64, line: &[u8], label: Option<&str>) -> Result<(), Error> {
        reserve(&mut self.lines, line.len())?;
        self.lines.extend_from_slice(line);
        reserve(&mut self.ends, 1)?;
        self.ends.push(self.lines.len());
        reserve(&mut self.numbers, 1)?;
        self.numbers.push(number);
        if let Some(label) = label {
            self.labels.push_str(label);
            reserve(&mut self.label_ends, 1)?;
            self.label_ends.push(self.labels.len());
        }
        Ok(())
    }

    /// N, the number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The features, (N, D) row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The label of row `n`, where the file has labels; it may be empty.
    ///
    /// # Panics
    /// If there is no row `n`.
    pub fn label(&self, n: usize) -> Option<&str> {
        assert!(n < self.len(), "a row of the block");
        let start = if n == 0 { 0 } else { *self.label_ends.get(n - 1)? };
        Some(&self.labels[start..*self.label_ends.get(n)?])
    }

    /// Row `n` as it is written, without its line's end.
    ///
    /// # Panics
    /// If there is no row `n`.
    pub fn line(&self, n: usize) -> &[u8] {
        let start = if n == 0 { 0 } else { self.ends[n - 1] };
        &self.lines[start..self.ends[n]]
    }

    /// The line of the file on which row `n` begins, from 1.
    ///
    /// # Panics
    /// If there is no row `n`.
    pub fn line_number(&self, n: usize) -> u64 {
        self.numbers[n]
    }

    /// Row `n` as it is written, with `text` behind it as one more column.
    ///
    /// # Panics
    /// If there is no row `n`.
    pub fn line_with(&self, n: usize, text: &str) -> Vec<u8> {
        let mut line = self.line(n).to_vec();
        append_cell(&mut line, self.separator, text);
        line
    }

    /// The features as pixels, (N, D) row-major, for models that take pictures.
    ///
    /// # Errors
    /// A feature is no whole number from 0 to 255.
    pub fn pixels(&self) -> Result<Vec<u8>, Error> {
        let mut pixels = Vec::new();
        reserve(&mut pixels, self.values.len())?;
        for (i, &value) in self.values.iter().enumerate() {
            let pixel = value as u8; // saturates
            if f32::from(pixel) != value {
                let line = self.numbers[i / self.features];
                let error = Error::line(line, format!("a pixel of {value}"), "whole numbers from 0 to 255");
                return Err(error.of(&self.place));
            }
            pixels.push(pixel);
        }
        Ok(pixels)
    }
}

/// Appends a field, in quotes where it needs them.
fn append_cell(line: &mut Vec<u8>, separator: u8, text: &str) {
    let is_blank = |c: char| matches!(c, ' ' | '\t');
    let needs_quotes = text.is_empty()
        || text.contains([char::from(separator), '"', '\n', '\r'])
        || text.starts_with(is_blank)
        || text.ends_with(is_blank)
        || (separator == b' ' && text.contains(is_blank));
    line.push(separator);
    if needs_quotes {
        line.push(b'"');
        line.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        line.push(b'"');
    } else {
        line.extend_from_slice(text.as_bytes());
    }
}
