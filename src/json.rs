//! JSON (RFC 8259): values, their text on one line, and a reader that gives the place of every error.
//!
//! A number is kept as its decimal text, so that a u64, an f32 and an f64 are written and read back exactly.

use core::fmt;

/// Objects and arrays within each other, at most, in a text that is read: a deeper one would exhaust the
/// stack.
const DEEPEST: usize = 32;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`; also a float that is not finite.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as its decimal text.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Object),
}

/// A JSON object: its members in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, Json)>);

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// The object with one more member.
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The first member of this name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// Its text: one line, without a line feed at its end.
    pub fn text(&self) -> String {
        let mut out = String::new();
        write_object(self, &mut out);
        out
    }
}

impl core::str::FromStr for Object {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(text, 0);
        let object = reader.members(DEEPEST)?;
        reader.end()?;
        Ok(object)
    }
}

fn write_object(object: &Object, out: &mut String) {
    let member = |(name, value): &(String, Json), out: &mut String| {
        write_text(name, out);
        out.push(':');
        write(value, out);
    };
    write_list(['{', '}'], &object.0, member, out);
}

fn write_list<T>([open, close]: [char; 2], items: &[T], item: impl Fn(&T, &mut String), out: &mut String) {
    out.push(open);
    for (index, value) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        item(value, out);
    }
    out.push(close);
}

fn write(value: &Json, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => *out += &value.to_string(),
        Json::Number(text) => out.push_str(text),
        Json::Text(text) => write_text(text, out),
        Json::List(values) => write_list(['[', ']'], values, write, out),
        Json::Object(object) => write_object(object, out),
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => *out += &format!("\\u{:04x}", u32::from(c)),
            _ => out.push(c),
        }
    }
    out.push('"');
}

macro_rules! from {
    ($($value:ident: $($type:ty),* => $json:expr;)*) => {$($(
        impl From<$type> for Json {
            fn from($value: $type) -> Self {
                $json
            }
        }
    )*)*};
}

from! {
    value: bool => Self::Bool(value);
    text: &str => Self::Text(text.into());
    text: String => Self::Text(text);
    object: Object => Self::Object(object);
    n: u16, u32, u64, usize => Self::Number(n.to_string());
    x: f32, f64 => if x.is_finite() { Self::Number(shortest(&x)) } else { Self::Null };
}

/// The shortest decimal that gives a finite float back: Rust's `{:?}`, except that it ends whole numbers with
/// `.0`.
fn shortest(x: &dyn fmt::Debug) -> String {
    let text = format!("{x:?}");
    text.strip_suffix(".0").map_or(text.clone(), String::from)
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Json>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

/// Where a text is not the JSON that it should be.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Error {
    /// The byte, from 0.
    pub offset: u64,
    /// The character there; `None` at the text's end.
    pub found: Option<char>,
    /// What should be there.
    pub expected: &'static str,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, found, expected } = self;
        match found {
            Some(found) => write!(f, "byte {offset}: found {found:?}, expected {expected}"),
            None => write!(f, "byte {offset}: found the end, expected {expected}"),
        }
    }
}

impl core::error::Error for Error {}

/// A text that is being read. Nothing is skipped that was not understood.
pub(crate) struct Reader<'a> {
    text: &'a str,
    /// The next byte to be read.
    at: usize,
    /// Where the text begins in its file.
    start: u64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, start: u64) -> Self {
        Self { text, at: 0, start }
    }

    /// Where the next byte to be read stands in the file.
    pub(crate) fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, expected: &'static str) -> Error {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        Error { offset: self.offset(), found, expected }
    }

    /// Takes the next byte if it is one of `marks`.
    fn take_any(&mut self, marks: &[u8]) -> bool {
        let there = self.next().is_some_and(|next| marks.contains(&next));
        self.at += usize::from(there);
        there
    }

    fn skip_space(&mut self) {
        while self.take_any(b" \t\n\r") {}
    }

    /// Takes `mark` if it comes next, after spaces.
    fn take(&mut self, mark: u8) -> bool {
        self.skip_space();
        self.take_any(&[mark])
    }

    fn expect(&mut self, mark: u8, expected: &'static str) -> Result<(), Error> {
        if self.take(mark) { Ok(()) } else { Err(self.wrong(expected)) }
    }

    /// An object; `member` is given each name, when its value is due.
    pub(crate) fn object<E: From<Error>>(
        &mut self,
        mut member: impl FnMut(&mut Self, String) -> Result<(), E>,
    ) -> Result<(), E> {
        self.list([b'{', b'}'], ["an object: `{`", "`,` or `}`"], |reader| {
            let name = reader.string()?;
            reader.expect(b':', "`:`")?;
            member(reader, name)
        })
    }

    /// What stands between two brackets, with commas; `item` is called when some of it is due.
    fn list<E: From<Error>>(
        &mut self,
        [open, close]: [u8; 2],
        [first, next]: [&'static str; 2],
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(open, first)?;
        if self.take(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            if !self.take(b',') {
                return Ok(self.expect(close, next)?);
            }
        }
    }

    /// An array of whole numbers, `most` at most.
    pub(crate) fn numbers(&mut self, most: usize, expected: &'static str) -> Result<Vec<u64>, Error> {
        const WHOLE: &str = "a whole number, 0 to 2^64 - 1";
        let mut out = Vec::new();
        self.list([b'[', b']'], [expected, "`,` or `]`"], |reader| {
            reader.skip_space();
            let wrong = reader.wrong(if out.len() == most { expected } else { WHOLE });
            let number = reader.number().ok().and_then(|text| text.parse().ok());
            out.push(number.filter(|_| out.len() < most).ok_or(wrong)?);
            Ok::<_, Error>(())
        })?;
        Ok(out)
    }

    /// The text of a number.
    fn number(&mut self) -> Result<&'a str, Error> {
        let (text, start) = (self.text, self.at);
        self.take_any(b"-");
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            self.at = start;
            return Err(self.wrong("a number that does not begin with a needless 0"));
        }
        if self.take_any(b".") {
            self.digits()?;
        }
        if self.take_any(b"eE") {
            self.take_any(b"+-");
            self.digits()?;
        }
        Ok(&text[start..self.at])
    }

    fn digits(&mut self) -> Result<&'a str, Error> {
        let (text, start) = (self.text, self.at);
        while self.take_any(b"0123456789") {}
        if self.at > start { Ok(&text[start..self.at]) } else { Err(self.wrong("a digit")) }
    }

    /// An object of any values, with objects and arrays up to `depth` within each other.
    fn members(&mut self, depth: usize) -> Result<Object, Error> {
        let mut members = Vec::new();
        self.object(|reader, name| {
            members.push((name, reader.value(depth - 1)?));
            Ok::<_, Error>(())
        })?;
        Ok(Object(members))
    }

    fn value(&mut self, depth: usize) -> Result<Json, Error> {
        self.skip_space();
        match self.next() {
            Some(b'{' | b'[') if depth == 0 => Err(self.wrong("a value that is not nested so deeply")),
            Some(b'{') => self.members(depth).map(Json::Object),
            Some(b'[') => {
                let mut values = Vec::new();
                self.list([b'[', b']'], ["`[`", "`,` or `]`"], |reader| {
                    values.push(reader.value(depth - 1)?);
                    Ok::<_, Error>(())
                })?;
                Ok(Json::List(values))
            }
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => Ok(Json::Number(self.number()?.into())),
            _ => {
                let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
                let found = words.into_iter().find(|(word, _)| self.text[self.at..].starts_with(word));
                let (word, value) = found.ok_or_else(|| self.wrong("a value"))?;
                self.at += word.len();
                Ok(value)
            }
        }
    }

    /// A string, its escapes resolved.
    pub(crate) fn string(&mut self) -> Result<String, Error> {
        self.expect(b'"', "a string: `\"`")?;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            self.at += plain;
            if self.take_any(b"\"") {
                return Ok(out);
            }
            if !self.take_any(b"\\") {
                return Err(self.wrong("the rest of a string"));
            }
            out.push(self.escape()?);
        }
    }

    /// What stands for a character after a backslash.
    fn escape(&mut self) -> Result<char, Error> {
        const SECOND: &str = "the second half of a surrogate pair, \\uDC00 to \\uDFFF";
        let named = ['"', '\\', '/', '\u{8}', '\u{c}', '\n', '\r', '\t'];
        if let Some((_, c)) = b"\"\\/bfnrt".iter().zip(named).find(|&(&name, _)| self.take_any(&[name])) {
            return Ok(c);
        }
        if !self.take_any(b"u") {
            return Err(self.wrong("an escape: one of \" \\ / b f n r t u"));
        }
        let first = self.hexadecimal()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or(self.wrong("the first half of a surrogate pair before"));
        }
        if !self.text[self.at..].starts_with("\\u") {
            return Err(self.wrong(SECOND));
        }
        self.at += 2;
        let second = self.hexadecimal()?.wrapping_sub(0xDC00);
        let both = 0x10000 + ((first - 0xD800) << 10) + second.min(0x3FF);
        char::from_u32(both).filter(|_| second < 0x400).ok_or(self.wrong(SECOND))
    }

    /// Four hexadecimal digits.
    fn hexadecimal(&mut self) -> Result<u32, Error> {
        let digits = self.text.get(self.at..self.at + 4);
        let value =
            digits.and_then(|digits| digits.chars().try_fold(0, |n, c| Some(n << 4 | c.to_digit(16)?)));
        let value = value.ok_or_else(|| self.wrong("four hexadecimal digits"))?;
        self.at += 4;
        Ok(value)
    }

    /// Nothing but spaces to the end.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.skip_space();
        if self.next().is_none() { Ok(()) } else { Err(self.wrong("nothing more")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Result<String, Error> {
        let mut reader = Reader::new(text, 8);
        let string = reader.string()?;
        reader.end()?;
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
            assert!(
                matches!(error, Error { offset: o, found: f, .. } if (o, f) == (offset, found)),
                "{text} {error:?}"
            );
        }
    }

    #[test]
    fn numbers() {
        let read = |text: &str| Reader::new(text, 0).numbers(3, "three");
        assert_eq!(read(" [ 0 , 18446744073709551615,7]"), Ok(vec![0, u64::MAX, 7]));
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
            let mut reader = Reader::new(text, 0);
            reader.object(|reader, name| {
                out += &format!("{name}={:?};", reader.numbers(9, "numbers")?);
                Ok::<_, Error>(())
            })?;
            reader.end()?;
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

    fn line(value: impl Into<Json>) -> String {
        let mut out = String::new();
        write(&value.into(), &mut out);
        out
    }

    #[test]
    fn numbers_are_the_shortest_that_give_the_value_back() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (255.0, "255"),
            (0.1, "0.1"),
            (1e-5, "1e-5"),
            (0.001, "0.001"),
            (1e22, "1e22"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5e-324"),
            (1.0 / 3.0, "0.3333333333333333"),
        ] {
            assert_eq!(line(x), text);
            assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(x.to_bits()));
        }
        assert_eq!(line(0.1f32), "0.1");
        assert_eq!(line(u64::MAX), "18446744073709551615");
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(line(x), "null");
            assert_eq!(line(x as f32), "null");
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(line("a\"b\\c\n\u{1}\u{7f}\u{85}é😀"), "\"a\\\"b\\\\c\\n\\u0001\\u007f\\u0085é😀\"");
    }

    #[test]
    fn objects_keep_their_order() {
        let inner = Object::new().with("x", None::<u32>);
        let object = Object::new().with("b", 1u32).with("a", [1.5, 2.0].into_iter().collect::<Json>());
        assert_eq!(object.with("c", inner).text(), r#"{"b":1,"a":[1.5,2],"c":{"x":null}}"#);
        assert_eq!(Object::new().text(), "{}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let inner = Object::new().with("x", None::<u32>).with("\u{1b}\"\n", "\u{85}\\");
        let object =
            Object::new().with("list", [0.1, -1e-30, 2.0].into_iter().collect::<Json>()).with("in", inner);
        let object = object
            .with("most", u64::MAX)
            .with("yes", true)
            .with("no", false)
            .with("nothing", Json::List(vec![]));
        let text = object.text();
        assert_eq!(text.parse(), Ok(object.clone()));
        assert_eq!(text.replace(',', " ,\n").replace(':', "\t: ").parse(), Ok(object.clone()));
        assert_eq!(object.get("most"), Some(&Json::Number("18446744073709551615".into())));
        assert_eq!(object.get("least"), None);
        for length in 0..text.len() {
            assert!(!text.is_char_boundary(length) || text[..length].parse::<Object>().is_err(), "{length}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_standard() {
        let read = |text: &str| format!("{{\"x\":{text}}}").parse::<Object>();
        for text in ["0", "-0", "10", "0.5", "-12.50", "1e5", "1E+05", "0.1e-7"] {
            assert_eq!(
                read(text).as_ref().map(|object| object.get("x")),
                Ok(Some(&Json::Number(text.into())))
            );
        }
        for text in [
            "", "-", "+1", ".5", "1.", "01", "-01", "1e", "1e+", "0x1", "1 2", "NaN", "Infinity", "nul",
            "nulls",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused_where_it_goes_wrong() {
        let message = |text: &str| text.parse::<Object>().unwrap_err().to_string();
        assert_eq!(message("[1]"), "byte 0: found '[', expected an object: `{`");
        assert_eq!(message("{\"a\":1"), "byte 6: found the end, expected `,` or `}`");
        assert_eq!(message("{} {}"), "byte 3: found '{', expected nothing more");
        let deep = |open: &str, n: usize| message(&open.repeat(n));
        assert!(deep("{\"a\":", 100_000).contains("not nested so deeply"));
        assert!(message(&("{\"a\":".to_string() + &"[".repeat(100_000))).contains("not nested so deeply"));
    }
}
