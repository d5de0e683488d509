//! One JSON object a line, for programs.

/// A JSON value.
#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Truth(bool),
    Whole(u64),
    /// Null where it is not finite.
    Real(f64),
    /// Null where it is not finite; a number of its own because its shortest decimal is shorter.
    Single(f32),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// A JSON object: its members in the order in which they were put in.
#[derive(Clone, Debug, Default)]
pub struct Object(Vec<(&'static str, Json)>);

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// The object with one more member; `name` needs no escaping.
    pub fn with(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Its text: one line, without the line's end.
    pub fn text(&self) -> String {
        let mut out = String::new();
        write_object(self, &mut out);
        out
    }
}

fn write_object(object: &Object, out: &mut String) {
    out.push('{');
    for (i, (name, value)) in object.0.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

fn write(value: &Json, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Truth(truth) => *out += &format!("{truth}"),
        Json::Whole(n) => *out += &format!("{n}"),
        Json::Real(x) if !x.is_finite() => out.push_str("null"),
        Json::Real(x) => out.push_str(shortest(&format!("{x:?}"))),
        Json::Single(x) if !x.is_finite() => out.push_str("null"),
        Json::Single(x) => out.push_str(shortest(&format!("{x:?}"))),
        Json::Text(text) => write_text(text, out),
        Json::List(values) => {
            out.push('[');
            for (i, value) in values.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        Json::Object(object) => write_object(object, out),
    }
}

/// Rust's `{:?}` of a float is the shortest decimal that gives it back, and JSON, but for a `.0` too many.
fn shortest(text: &str) -> &str {
    text.strip_suffix(".0").unwrap_or(text)
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => *out += &format!("\\u{:04x}", u32::from(c)),
            _ => out.push(c),
        }
    }
    out.push('"');
}

impl From<u64> for Json {
    fn from(n: u64) -> Self {
        Self::Whole(n)
    }
}

impl From<u32> for Json {
    fn from(n: u32) -> Self {
        Self::Whole(n.into())
    }
}

impl From<usize> for Json {
    fn from(n: usize) -> Self {
        Self::Whole(n as u64)
    }
}

impl From<f64> for Json {
    fn from(x: f64) -> Self {
        Self::Real(x)
    }
}

impl From<f32> for Json {
    fn from(x: f32) -> Self {
        Self::Single(x)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(line("a\"b\\c\n\u{1}\u{7f}\u{85}é😀"), "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\\u0085é😀\"");
    }

    #[test]
    fn objects_keep_their_order() {
        let inner = Object::new().with("x", None::<u32>);
        let object = Object::new().with("b", 1u32).with("a", [1.5, 2.0].into_iter().collect::<Json>());
        assert_eq!(object.with("c", inner).text(), r#"{"b":1,"a":[1.5,2],"c":{"x":null}}"#);
        assert_eq!(Object::new().text(), "{}");
    }
}
