//! Numbers and texts as C99 writes them.

use core::fmt::{self, Write};

/// Characters of a line of numbers.
const LINE: usize = 100;

/// A finite f32, exactly: 0x1.8p-3f.
pub(super) struct Hexadecimal(pub f32);

impl fmt::Display for Hexadecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.to_bits();
        let sign = if bits >> 31 == 1 { "-" } else { "" };
        let (exponent, mantissa) = ((bits >> 23 & 0xFF) as i32, bits & 0x007F_FFFF);
        if exponent == 0 && mantissa == 0 {
            return write!(f, "{sign}0.0f");
        }
        // Six digits of four bits hold the mantissa's 23; the zeros at the end say nothing.
        let digits = format!("{:06x}", mantissa << 1);
        let digits = digits.trim_end_matches('0');
        let point = if digits.is_empty() { "" } else { "." };
        let (first, exponent) = if exponent == 0 { (0, -126) } else { (1, exponent - 127) };
        write!(f, "{sign}0x{first}{point}{digits}p{exponent}f")
    }
}

/// Numbers, a comma after each, in lines.
pub(super) fn numbers(values: impl Iterator<Item: fmt::Display>, out: &mut String) {
    let mut start = out.len();
    for value in values {
        out.push_str(if out.len() == start { "    " } else { " " });
        // Writing to a String cannot fail.
        let _ = write!(out, "{value},");
        if out.len() - start > LINE {
            out.push('\n');
            start = out.len();
        }
    }
    if out.len() > start {
        out.push('\n');
    }
}

/// Floats, in lines.
pub(super) fn floats(values: &[f32], out: &mut String) {
    numbers(values.iter().map(|&value| Hexadecimal(value)), out);
}

/// `text` so many times, with its number, from 0, in the place of `#`, and `between` between them.
pub(super) fn repeated(count: usize, text: &str, between: &str) -> String {
    (0..count).map(|i| text.replace('#', &i.to_string())).collect::<Vec<_>>().join(between)
}

/// A string. What is not plain ASCII, and what a compiler might take for something else, is written as bytes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'?' | 0..0x20 | 0x7f.. => out += &format!("\\{byte:03o}"),
            _ => out.push(char::from(byte)),
        }
    }
    out.push('"');
    out
}

/// The prefix of every name that a program sees: the letters and digits of ASCII in a file's name, in lower
/// case, `_` for everything else.
pub(super) fn identifier(stem: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = stem.chars().map(plain).collect();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { format!("model_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_exact() {
        for (x, text) in [
            (0.0, "0.0f"),
            (-0.0, "-0.0f"),
            (1.0, "0x1p0f"),
            (-1.5, "-0x1.8p0f"),
            (0.1, "0x1.99999ap-4f"),
            (f32::MAX, "0x1.fffffep127f"),
            (f32::MIN_POSITIVE, "0x1p-126f"),
            (1e-45, "0x0.000002p-126f"),
            (-f32::from_bits(0x0040_0000), "-0x0.8p-126f"),
        ] {
            assert_eq!(Hexadecimal(x).to_string(), text);
        }
    }

    #[test]
    fn names_are_identifiers_and_strings_are_strings() {
        for (stem, name) in [
            ("digits", "digits"),
            ("My Model-2", "my_model_2"),
            ("7", "model_7"),
            ("_x", "model__x"),
            ("größe", "gr__e"),
            ("", "model_"),
        ] {
            assert_eq!(identifier(stem), name);
        }
        assert_eq!(quoted("a\"b\\c??/"), r#""a\042b\134c\077\077/""#);
        assert_eq!(quoted("ö"), r#""\303\266""#);
    }

    #[test]
    fn lines_of_numbers_end() {
        let mut out = String::new();
        numbers((0..40).map(|n| n * 1_000_000), &mut out);
        assert!(out.ends_with(",\n") && out.lines().all(|line| line.starts_with("    ") && line.len() < 120));
        assert_eq!(out.split_whitespace().count(), 40);
    }
}
