//! How a table is written: what separates its fields and its lines, and how quotes are undone (RFC 4180).

use super::number;
use crate::data::error::{Error, reserve};

/// The most bytes of a row: 65,536 columns take less than 2 MB.
pub(crate) const MOST_ROW: usize = 1 << 24;

/// The first rows are looked at to find out how the file is written.
const LOOKED_AT: usize = 32;

/// What separates fields and lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// `,`, `;`, a tab, or a blank for any number of blanks and tabs.
    pub(crate) separator: u8,
    /// A line feed, or, in texts that have none, a carriage return.
    pub(super) terminator: u8,
}

/// In this order the separators are tried: commas may be decimal ones, and blanks are parts of names.
pub(super) const SEPARATORS: [u8; 4] = [b'\t', b';', b',', b' '];

/// How many of the first rows there are, and how many have as many fields as the first one, or as the second
/// (sizes or a title may stand above the table), two at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) rows: usize,
    pub(super) agreeing: usize,
}

impl Dialect {
    /// The dialect in which the most of the first rows of `head` agree.
    /// `is_whole`: the text ends with `head`.
    pub(super) fn of(head: &[u8], is_whole: bool) -> (Self, Agreement) {
        let terminator = terminator(head, true).unwrap_or(b'\n');
        let tried = SEPARATORS.map(|separator| {
            let dialect = Self { separator, terminator };
            (dialect, dialect.agreement(head, is_whole))
        });
        let mut best = tried[0];
        for next in tried {
            if next.1.agreeing > best.1.agreeing {
                best = next;
            }
        }
        best
    }

    fn agreement(self, head: &[u8], is_whole: bool) -> Agreement {
        let (mut first, mut at) = ([None; 2], Position::default());
        let (mut rows, mut agreeing) = (0, [0; 2]);
        while let Some(record) = self.next(head, is_whole, &mut at).filter(|_| rows < LOOKED_AT) {
            if record.is_comment() {
                continue;
            }
            let count = Fields::new(self, record).count_all().unwrap_or(0);
            for (nth, (first, agreeing)) in first.iter_mut().zip(&mut agreeing).enumerate() {
                let is_begun = rows >= nth;
                *agreeing += usize::from(is_begun && count >= 2 && count == *first.get_or_insert(count));
            }
            rows += 1;
        }
        Agreement { rows, agreeing: agreeing[0].max(agreeing[1]) }
    }

    /// Whether a comma may be the point of a number.
    pub(super) fn has_decimal_comma(self) -> bool {
        self.separator == b';'
    }

    fn is_blank(self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\r') || (byte == b'\t' && self.separator != b'\t')
    }

    fn is_separator(self, byte: u8) -> bool {
        byte == self.separator || (byte == b'\t' && self.separator == b' ')
    }

    /// The next row of `bytes`, and moves `at` behind it; lines of blanks are skipped. `None` if no whole row
    /// follows. `is_whole`: the last one needs no terminator.
    pub(super) fn next<'a>(self, bytes: &'a [u8], is_whole: bool, at: &mut Position) -> Option<Record<'a>> {
        loop {
            let rest = bytes.get(at.byte..).filter(|rest| !rest.is_empty())?;
            let (end, may_have_lines) = match self.end(rest) {
                Some(end) => end,
                None if is_whole => (rest.len(), true),
                None => return None,
            };
            let record = Record { bytes: self.trim(&rest[..end]), line: at.line + 1 };
            at.byte += (end + 1).min(rest.len());
            at.line += 1;
            if may_have_lines {
                at.line += rest[..end].iter().filter(|&&byte| byte == self.terminator).count() as u64;
            }
            if !record.bytes.is_empty() {
                return Some(record);
            }
        }
    }

    /// The length of the row at the start of `bytes`, if its terminator is among them, and whether it has
    /// quotes.
    fn end(self, bytes: &[u8]) -> Option<(usize, bool)> {
        let end = bytes.iter().position(|&byte| byte == self.terminator || byte == b'"')?;
        if bytes[end] == self.terminator {
            Some((end, false))
        } else {
            self.quoted_end(bytes).map(|end| (end, true))
        }
    }

    /// As [`Dialect::end`] of a row with quotes, in which lines may end.
    fn quoted_end(self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            at += bytes[at..].iter().position(|&byte| !self.is_blank(byte))?;
            if bytes[at] == b'"' {
                at += 1;
                loop {
                    at += bytes[at..].iter().position(|&byte| byte == b'"')? + 1;
                    if bytes.get(at) != Some(&b'"') {
                        break;
                    }
                    at += 1;
                }
            }
            let ends = |&byte: &u8| byte == self.terminator || self.is_separator(byte);
            at += bytes[at..].iter().position(ends)?;
            if bytes[at] == self.terminator {
                return Some(at);
            }
            at += 1;
        }
    }

    /// Without blanks at both ends.
    fn trim(self, mut bytes: &[u8]) -> &[u8] {
        while let [first, rest @ ..] = bytes {
            if !self.is_blank(*first) {
                break;
            }
            bytes = rest;
        }
        while let [rest @ .., last] = bytes {
            if !self.is_blank(*last) {
                break;
            }
            bytes = rest;
        }
        bytes
    }
}

/// What ends the lines of a text that begins with `head`; `None` if that does not tell. `is_whole`: the text
/// ends with `head`.
pub(super) fn terminator(head: &[u8], is_whole: bool) -> Option<u8> {
    let end = head.iter().position(|&byte| matches!(byte, b'\r' | b'\n'));
    let Some(end) = end else { return is_whole.then_some(b'\n') };
    match head[end..].iter().find(|&&byte| byte != b'\r') {
        Some(b'\n') => Some(b'\n'),
        Some(_) => Some(b'\r'),
        None => is_whole.then_some(b'\r'),
    }
}

/// Where a reader is in a text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position {
    pub(super) byte: usize,
    /// Lines before it.
    pub(super) line: u64,
}

/// A row as it is written, without its terminator and blanks at its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) bytes: &'a [u8],
    /// Its first line, from 1.
    pub(super) line: u64,
}

impl Record<'_> {
    pub(super) fn is_comment(&self) -> bool {
        self.bytes.starts_with(b"#")
    }
}

/// A field without its quotes and the blanks around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<'a> {
    /// Quotes inside are still doubled if `is_doubled`.
    pub(super) bytes: &'a [u8],
    pub(super) is_doubled: bool,
}

impl Cell<'_> {
    /// The text, in UTF-8.
    pub(super) fn text(&self, line: u64) -> Result<String, Error> {
        let mut bytes = Vec::new();
        reserve(&mut bytes, self.bytes.len())?;
        bytes.extend_from_slice(self.bytes.trim_ascii());
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::line(line, "a name that is no UTF-8", "text in UTF-8; save the file as UTF-8")
        })?;
        Ok(if self.is_doubled { text.replace("\"\"", "\"") } else { text })
    }

    /// Whether it marks a missing value.
    pub(super) fn is_missing(&self) -> bool {
        let bytes = self.bytes.trim_ascii();
        matches!(bytes, b"" | b"?" | b"NA") || bytes.eq_ignore_ascii_case(b"nan")
    }

    pub(super) fn number(&self, has_comma: bool) -> Option<f32> {
        number::parse(self.bytes.trim_ascii(), has_comma)
    }
}

/// The fields of a row.
pub(super) struct Fields<'a> {
    dialect: Dialect,
    /// From the next field on; `None` behind the last one.
    rest: Option<&'a [u8]>,
    line: u64,
}

impl<'a> Fields<'a> {
    pub(super) fn new(dialect: Dialect, record: Record<'a>) -> Self {
        Self { dialect, rest: Some(record.bytes), line: record.line }
    }

    /// The next field.
    pub(super) fn next(&mut self) -> Result<Option<Cell<'a>>, Error> {
        let dialect = self.dialect;
        let Some(rest) = self.rest else { return Ok(None) };
        let blanks = rest.iter().take_while(|&&byte| dialect.is_blank(byte)).count();
        let field = &rest[blanks..];
        if field.first() == Some(&b'"') {
            return self.quoted(&field[1..]).map(Some);
        }
        let end = field.iter().position(|&byte| dialect.is_separator(byte)).unwrap_or(field.len());
        self.pass(&field[end..]);
        Ok(Some(Cell { bytes: dialect.trim(&field[..end]), is_doubled: false }))
    }

    /// The field whose opening quote was passed.
    fn quoted(&mut self, field: &'a [u8]) -> Result<Cell<'a>, Error> {
        let (mut end, mut is_doubled) = (0, false);
        loop {
            let Some(quote) = field[end..].iter().position(|&byte| byte == b'"') else {
                let expected = "a second one at the field's end; close it, or remove it";
                return Err(Error::line(self.line, "a quote that is not closed", expected));
            };
            end += quote;
            if field.get(end + 1) != Some(&b'"') {
                break;
            }
            is_doubled = true;
            end += 2;
        }
        let behind = &field[end + 1..];
        let blanks = behind.iter().take_while(|&&byte| self.dialect.is_blank(byte)).count();
        let is_over = blanks == behind.len()
            || self.dialect.is_separator(behind[blanks])
            || (blanks > 0 && self.dialect.separator == b' ');
        if !is_over {
            let expected = "the field's end; double the quotes that are part of a text";
            return Err(Error::line(self.line, "text behind a closing quote", expected));
        }
        self.pass(behind);
        Ok(Cell { bytes: &field[..end], is_doubled })
    }

    /// On to the next field, from the end of one, with blanks before the separator.
    fn pass(&mut self, behind: &'a [u8]) {
        let blanks = behind.iter().take_while(|&&byte| self.dialect.is_blank(byte)).count();
        self.rest = match &behind[blanks..] {
            [] => None,
            rest if self.dialect.separator == b' ' => Some(rest),
            [_, rest @ ..] => Some(rest),
        };
    }

    /// The next field, if it is a number in digits alone.
    #[inline(always)]
    pub(super) fn number(&mut self) -> Option<f32> {
        let rest = self.rest?;
        let (number, length) = number::plain(rest, self.dialect.has_decimal_comma())?;
        match rest.get(length) {
            None => self.rest = None,
            Some(&byte) if byte == self.dialect.separator && byte != b' ' => {
                self.rest = Some(&rest[length + 1..]);
            }
            Some(&byte) if self.dialect.is_blank(byte) && self.dialect.separator == b' ' => {
                self.pass(&rest[length..]);
            }
            Some(_) => return None,
        }
        Some(number)
    }

    /// The number of the fields that follow.
    pub(super) fn count_all(&mut self) -> Result<usize, Error> {
        let mut count = 0;
        while self.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, separator: u8) -> Vec<Vec<String>> {
        let dialect = Dialect { separator, terminator: terminator(text.as_bytes(), true).unwrap() };
        let (mut at, mut out) = (Position::default(), Vec::new());
        while let Some(record) = dialect.next(text.as_bytes(), true, &mut at) {
            let (mut fields, mut row) = (Fields::new(dialect, record), vec![record.line.to_string()]);
            while let Some(cell) = fields.next().unwrap() {
                row.push(cell.text(record.line).unwrap());
            }
            out.push(row);
        }
        out
    }

    #[test]
    fn fields_are_split_as_rfc_4180_has_it() {
        let found = rows("a, b ,\"c,\"\"d\"\"\"\r\n\r\n  \r\n\"two\nlines\" ,,5\" x\n\"\",\"1\",", b',');
        assert_eq!(
            found,
            [vec!["1", "a", "b", "c,\"d\""], vec!["4", "two\nlines", "", "5\" x"], vec!["6", "", "1", ""],]
        );
        assert_eq!(rows("a\t b\t\n\t\tc", b'\t'), [vec!["1", "a", "b", ""], vec!["2", "", "", "c"]]);
        assert_eq!(rows(" a  b\t \"c d\" e \n", b' '), [["1", "a", "b", "c d", "e"]]);
        assert_eq!(rows("a,b\rc,d\r", b','), [["1", "a", "b"], ["2", "c", "d"]]);
        assert_eq!(rows("a,b\r\r\nc,d", b','), [["1", "a", "b"], ["2", "c", "d"]]);
    }

    #[test]
    fn broken_quotes_are_errors_with_their_line() {
        for (text, found) in
            [("\n\"a,b\nc,d", "a quote that is not closed"), ("\na,\"b\"c", "text behind a closing quote")]
        {
            let dialect = Dialect { separator: b',', terminator: b'\n' };
            let record = dialect.next(text.as_bytes(), true, &mut Position::default()).unwrap();
            let error = Fields::new(dialect, record).count_all().unwrap_err();
            assert_eq!((error.line_number(), error.rule().unwrap().0), (Some(2), found));
        }
    }

    #[test]
    fn the_separator_is_the_one_that_most_rows_agree_on() {
        for (text, separator) in [
            ("a,b\n1,2", b','),
            ("1,5;2,5;a\n1,25;2;b", b';'),
            ("a b\tc d\n1\t2", b'\t'),
            ("a b c\n1  2 3\n", b' '),
            ("sepal length (cm),petal length (cm)\n1,2\n", b','),
            ("a, b, c\n1, 2, 3", b','),
            ("a;b;\"c,d\"\n1;2;3\n4;5;6\n7;8", b';'),
            ("# by x, y and z\na b\n1 2\n", b' '),
        ] {
            assert_eq!(Dialect::of(text.as_bytes(), true).0.separator, separator, "{text}");
        }
    }
}
