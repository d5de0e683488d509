//! A reader for as much of JSON (RFC 8259) as a safetensors header has: objects, arrays of whole numbers,
//! strings.

use super::Error;
use crate::store::Printable;
use std::format;
use std::string::String;
use std::vec::Vec;

/// A text under reading. Nothing is skipped that was not understood.
pub(super) struct Json<'a> {
    text: &'a str,
    /// The next byte to be read.
    at: usize,
    /// Where the text begins in its file.
    start: u64,
}

impl<'a> Json<'a> {
    pub(super) fn new(text: &'a str, start: u64) -> Self {
        Self { text, at: 0, start }
    }

    /// Where the next byte to be read stands in the file.
    pub(super) fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, expected: &'static str) -> Error {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        let found = found.map_or("ends".into(), |c| format!("has `{}`", Printable(&format!("{c}"))));
        Error::at(self.offset(), format!("the header {found}, expected {expected}"))
    }

    fn skip_space(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `mark` if it comes next.
    fn take(&mut self, mark: u8) -> bool {
        self.skip_space();
        let there = self.next() == Some(mark);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, mark: u8, expected: &'static str) -> Result<(), Error> {
        if self.take(mark) { Ok(()) } else { Err(self.wrong(expected)) }
    }

    /// An object; `member` is given each name, when its value is due.
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, String) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.expect(b'{', "an object: `{`")?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let name = self.string()?;
            self.expect(b':', "`:`")?;
            member(self, name)?;
            if !self.take(b',') {
                return self.expect(b'}', "`,` or `}`");
            }
        }
    }

    /// An array of whole numbers, `most` at most.
    pub(super) fn numbers(&mut self, most: usize, expected: &'static str) -> Result<Vec<u64>, Error> {
        self.expect(b'[', expected)?;
        let mut out = Vec::new();
        if self.take(b']') {
            return Ok(out);
        }
        loop {
            if out.len() == most {
                return Err(self.wrong(expected));
            }
            out.push(self.number()?);
            if !self.take(b',') {
                self.expect(b']', "`,` or `]`")?;
                return Ok(out);
            }
        }
    }

    fn number(&mut self) -> Result<u64, Error> {
        const EXPECTED: &str = "a whole number, 0 to 2^64 - 1";
        self.skip_space();
        let rest = &self.text[self.at..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = rest[..digits].parse().map_err(|_| self.wrong(EXPECTED))?;
        if digits > 1 && rest.starts_with('0') {
            return Err(self.wrong(EXPECTED));
        }
        self.at += digits;
        Ok(number)
    }

    /// A string, its escapes resolved.
    pub(super) fn string(&mut self) -> Result<String, Error> {
        self.expect(b'"', "a string: `\"`")?;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.next() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.wrong("the rest of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        const SECOND: &str = "the second half of a surrogate pair, \\uDC00 to \\uDFFF";
        self.at += 1;
        let c = match self.next() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.hexadecimal()?;
                if !(0xD800..0xDC00).contains(&first) {
                    return char::from_u32(first)
                        .ok_or(self.wrong("the first half of a surrogate pair before"));
                }
                if !self.text[self.at..].starts_with("\\u") {
                    return Err(self.wrong(SECOND));
                }
                self.at += 1;
                let second = self.hexadecimal()?.wrapping_sub(0xDC00);
                let both = 0x10000 + ((first - 0xD800) << 10) + second.min(0x3FF);
                return char::from_u32(both).filter(|_| second < 0x400).ok_or(self.wrong(SECOND));
            }
            _ => return Err(self.wrong("an escape: one of \" \\ / b f n r t u")),
        };
        self.at += 1;
        Ok(c)
    }

    /// `u` and four hexadecimal digits.
    fn hexadecimal(&mut self) -> Result<u32, Error> {
        self.at += 1;
        let digits = self.text.get(self.at..self.at + 4).unwrap_or("+"); // which is no digit
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(self.wrong("four hexadecimal digits"));
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| self.wrong("four hexadecimal digits"))
    }

    /// Nothing but spaces to the end.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.skip_space();
        if self.next().is_none() { Ok(()) } else { Err(self.wrong("spaces to the header's end")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Result<String, Error> {
        let mut json = Json::new(text, 8);
        let string = json.string()?;
        json.end()?;
        Ok(string)
    }

    #[test]
    fn strings() {
        for (text, value) in [
            (r#""""#, ""),
            (r#" "aä😀" "#, "aä😀"),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""\u00e4\uD83D\ude00\u0000""#, "ä😀\0"),
        ] {
            assert_eq!(string(text), Ok(value.into()), "{text}");
        }
        for (text, offset, found) in [
            ("", 8, None),
            ("a", 8, Some('a')),
            ("\"a", 10, None),
            ("\"a\nb\"", 10, Some('\n')),
            (r#""\x""#, 10, Some('x')),
            (r#""\"#, 10, None),
            (r#""\u12"#, 11, Some('1')),
            (r#""\u12g4""#, 11, Some('1')),
            (r#""\u+123""#, 11, Some('+')),
            (r#""\u12ä""#, 11, Some('1')),
            (r#""\ude00""#, 15, Some('"')),
            (r#""\ud83d""#, 15, Some('"')),
            (r#""\ud83dx""#, 15, Some('x')),
            (r#""\ud83d\u0041""#, 21, Some('"')),
            (r#""" x"#, 11, Some('x')),
        ] {
            let error = string(text).unwrap_err();
            let found =
                found.map_or("ends".into(), |c: char| format!("has `{}`", Printable(&format!("{c}"))));
            let start = format!("byte {offset}: the header {found}, expected ");
            assert!(std::string::ToString::to_string(&error).starts_with(&start), "{text} {error}");
        }
    }

    #[test]
    fn numbers() {
        let read = |text: &str| Json::new(text, 0).numbers(3, "three");
        assert_eq!(read(" [ 0 , 18446744073709551615,7]"), Ok(std::vec![0, u64::MAX, 7]));
        assert_eq!(read("[]"), Ok(Vec::new()));
        for text in [
            "",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[01]",
            "[-1]",
            "[1.0]",
            "[1e3]",
            "[18446744073709551616]",
            "[1,2,3,4]",
            "{",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn objects() {
        let read = |text: &str| {
            let mut out = String::new();
            let mut json = Json::new(text, 0);
            json.object(|json, name| {
                out += &format!("{name}={:?};", json.numbers(9, "numbers")?);
                Ok(())
            })?;
            json.end()?;
            Ok::<_, Error>(out)
        };
        assert_eq!(read("{}"), Ok("".into()));
        assert_eq!(read(" { \"a\" : [1] , \"b\":[] } \t\r\n"), Ok("a=[1];b=[];".into()));
        for text in [
            "",
            "[",
            "{",
            "{,}",
            "{a:[1]}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":[1],}",
            "{\"a\":[1] \"b\":[1]}",
            "{} x",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
