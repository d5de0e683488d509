//! One self-contained C99 file and its header: the weights as constants, the arithmetic of src/math operation for
//! operation, no library. The text stands in the `.c` and `.h` files beside this one; here the constants, the weights
//! and what depends on the sizes are put in.
//!
//! The polynomials and constants come from the one table that src/math uses. Every float is written in hexadecimal,
//! which loses nothing and knows no locale.

use super::{Cost, Error, multiply_adds, selftest};
use crate::infer::Model;
use crate::linalg::Pixels;
use crate::math::{Activation, coefficients as constant};
use crate::weights::{Params, Picture};
use core::fmt::{self, Write};
use std::format;
use std::string::String;

/// The most hidden units whose sums are kept in registers at once: a Cortex-M4F has 32, of which some hold weights.
const TILE: usize = 20;

/// Bytes of stack beside the arrays: saved registers and spilled values, the most that GCC 12 takes at -O1 to -O3 and
/// -Os on Cortex-M0, M3, M4F and x86-64, some to spare. tools/check-exports measures it.
const FRAMES: u64 = 320;

/// Characters of a line of numbers.
const LINE: usize = 100;

/// The two files.
#[derive(Clone, Debug)]
pub struct Files {
    /// `NAME.h`.
    pub header: String,
    /// `NAME.c`.
    pub source: String,
}

/// The files for a model; `stem` is their name without its ending, of letters, digits and whatever else may stand in
/// a C comment and between the quotes of an `#include`.
///
/// # Errors
/// There is no memory for them.
pub fn write(model: &Model, stem: &str) -> Result<Files, Error> {
    let params = model.view().params();
    let text = Text { model, params, stem, name: identifier(stem) };
    let size = 20 * (params.w1.len() + params.w2.len()) as u64 + (1 << 16);
    let mut source = String::new();
    let reserved = usize::try_from(size).map(|count| source.try_reserve_exact(count));
    if !matches!(reserved, Ok(Ok(()))) {
        return Err(Error::Memory { size });
    }
    let arithmetic = match params.activation {
        Activation::Tanh => [include_str!("tanh.c"), ""],
        Activation::Softplus => [include_str!("softplus.c"), ""],
        Activation::Cos if text.cos_is_small() => [include_str!("cos.c"), ""],
        Activation::Cos => [include_str!("cos_large.c"), include_str!("cos.c")],
    };
    let before = [include_str!("arithmetic.c"), include_str!("exp.c")];
    let after = [include_str!("network.c"), include_str!("selftest.c")];
    for template in before.into_iter().chain(arithmetic).chain(after) {
        text.fill(template, &mut source);
    }
    let mut header = String::new();
    text.fill(include_str!("header.h"), &mut header);
    Ok(Files { header, source })
}

/// What the C code costs.
pub fn cost(params: &Params) -> Cost {
    let inked = 4 * params.features.div_ceil(32) as u64;
    let (sums, logits) = (4 * tile(params.hidden) as u64, 4 * params.classes as u64);
    Cost {
        flash: 4 * (256 + params.w1.len() + params.w2.len()) as u64,
        scratch: 0,
        stack: Some(inked + sums + logits + FRAMES),
        multiply_adds: multiply_adds(params),
    }
}

/// The prefix of every name that a program sees: the letters and digits of ASCII in a file's name, in lower case, `_`
/// for everything else.
pub fn identifier(stem: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = stem.chars().map(plain).collect();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { format!("model_{name}") }
}

/// Units at a time: as few tiles as [`TILE`] allows, of nearly equal size.
fn tile(hidden: usize) -> usize {
    hidden.div_ceil(hidden.div_ceil(TILE))
}

/// What is put into the templates, where `@NAME@` stands.
struct Text<'a> {
    model: &'a Model<'a>,
    params: Params<'a>,
    stem: &'a str,
    /// The stem as an identifier.
    name: String,
}

impl Text<'_> {
    fn fill(&self, template: &str, out: &mut String) {
        for (i, part) in template.split('@').enumerate() {
            if i % 2 == 0 {
                out.push_str(part);
            } else {
                // Writing to a String cannot fail.
                let _ = self.put(part, out);
            }
        }
    }

    fn put(&self, what: &str, out: &mut String) -> fmt::Result {
        let Params { features, hidden, classes, scale, .. } = self.params;
        let (cost, tile) = (cost(&self.params), tile(hidden));
        match what {
            "P" => out.push_str(&self.name.to_ascii_uppercase()),
            "p" => out.push_str(&self.name),
            "file" => out.push_str(self.stem),
            "D" => write!(out, "{features}")?,
            "M" => write!(out, "{hidden}")?,
            "K" => write!(out, "{classes}")?,
            "T" => write!(out, "{tile}")?,
            "activation" => out.push_str(self.params.activation.name()),
            "scale" => write!(out, "{scale}")?,
            "layout" => out.push_str(&layout(self.model.view().picture())),
            "version" => out.push_str(env!("CARGO_PKG_VERSION")),
            "contract" => write!(out, "{}", self.model.view().contract())?,
            "fingerprint" => write!(out, "{:016x}", self.params.fingerprint())?,
            "flash" => write!(out, "{}", cost.flash)?,
            "stack" => write!(out, "{}", cost.stack.unwrap_or(0))?,
            "multiply-adds" => write!(out, "{}", cost.multiply_adds)?,
            "reach" => out.push_str(match self.cos_is_small() {
                true => "These weights and pixels keep |x| below 2^20, where n pi/2 is exact.",
                false => "Beyond |x| = 2^20, n pi/2 is no longer exact: integers do it.",
            }),
            "large" if self.cos_is_small() => {}
            "large" => out.push_str(
                "    if (1048576.0f < a) {\n        quadrant = reduce_in_integers(a, &high, &low);\n    }\n",
            ),
            "names" => (0..classes).try_for_each(|k| {
                let name = self.model.view().class_name(k);
                writeln!(out, "    {},", quoted(name))
            })?,
            "pixels" => floats(Pixels::new(scale).table(), out),
            "w1" => floats(self.params.w1, out),
            "w2" => floats(self.params.w2, out),
            "expected" => self.expected(out)?,
            "sums" => list(tile, |i| format!("s{i} = row[{i}]"), ", ", out),
            "add" => list(tile, |i| format!("            s{i} = FMA(x, row[{i}], s{i});\n"), "", out),
            "finish" => list(tile, |i| format!("    z[{i}] = s{i} + 0.0f;\n"), "", out),
            _ => return constant(what, out),
        }
        Ok(())
    }

    /// Whether no pre-activation can reach 2^20, from where on a cosine needs more than products of floats. A sum of
    /// D + 1 products, D ≤ 2^24, is at most e times the sum of their magnitudes.
    fn cos_is_small(&self) -> bool {
        let Params { features, hidden, scale, w1, .. } = self.params;
        let brightest = f64::from(255.0 / scale);
        (0..hidden).all(|unit| {
            let column = w1.iter().skip(unit).step_by(hidden).take(features + 1);
            let factors = core::iter::once(1.0).chain(core::iter::repeat(brightest));
            let bound = column.zip(factors).fold(0.0, |sum, (&w, x)| sum + f64::from(w.abs()) * x);
            bound * core::f64::consts::E < 1_048_576.0
        })
    }

    /// The logits of the self-test's pictures, as bits.
    fn expected(&self, out: &mut String) -> fmt::Result {
        for logits in selftest::logits(self.model) {
            out.push_str("    {");
            for (k, logit) in logits.iter().enumerate() {
                let before = if k % 8 == 0 { "\n        " } else { " " };
                write!(out, "{before}0x{:08x},", logit.to_bits())?;
            }
            out.push_str("\n    },\n");
        }
        Ok(())
    }
}

/// What stands in src/math/coefficients.rs under this name, in C: a number, or a function for a polynomial.
fn constant(what: &str, out: &mut String) -> fmt::Result {
    let value = match what {
        "EXP" => return polynomial("exp", &constant::EXP, out),
        "TANH" => return polynomial("tanh", &constant::TANH, out),
        "LOG1P_OF_FRACTION" => return polynomial("log1p", &constant::LOG1P_OF_FRACTION, out),
        "SIN" => return polynomial("sin", &constant::SIN, out),
        "COS" => return polynomial("cos", &constant::COS, out),
        "TWO_OVER_PI_BITS" => {
            let words = constant::TWO_OVER_PI_BITS.iter().flat_map(|word| [word >> 32, word & 0xFFFF_FFFF]);
            return words
                .enumerate()
                .try_for_each(|(i, word)| write!(out, "{}0x{word:08x}", ["", ", "][usize::from(i > 0)]));
        }
        // As a product of two doubles whose second is a power of two.
        "HALF_PI_F64" => {
            let bits = constant::HALF_PI_F64.to_bits();
            return write!(out, "0x1.{:013x}p{}", bits & ((1 << 52) - 1), (bits >> 52) as i32 - 1023);
        }
        "LOG2_E" => constant::LOG2_E,
        "LN2_HIGH" => constant::LN2_HIGH,
        "LN2_LOW" => constant::LN2_LOW,
        "TANH_SMALL" => constant::TANH_SMALL,
        "TWO_OVER_PI" => constant::TWO_OVER_PI,
        "HALF_PI_0" => constant::HALF_PI[0],
        "HALF_PI_1" => constant::HALF_PI[1],
        "HALF_PI_2" => constant::HALF_PI[2],
        _ => unreachable!("a template names @{what}@"),
    };
    write!(out, "{}", Hexadecimal(value))
}

/// A function of C for c[0] + c[1] x + c[2] x² + ..., by Horner's rule.
fn polynomial(name: &str, c: &[f32], out: &mut String) -> fmt::Result {
    let (&last, others) = c.split_last().unwrap_or((&0.0, &[]));
    write!(
        out,
        "static inline float {name}_polynomial(float x)\n{{\n    float y = {};\n",
        Hexadecimal(last)
    )?;
    for &c in others.iter().rev() {
        writeln!(out, "    y = FMA(y, x, {});", Hexadecimal(c))?;
    }
    writeln!(out, "    return y;\n}}")
}

/// `count` texts with `between` between them.
fn list(count: usize, text: impl Fn(usize) -> String, between: &str, out: &mut String) {
    for i in 0..count {
        out.push_str(if i > 0 { between } else { "" });
        out.push_str(&text(i));
    }
}

/// Numbers, a comma after each, in lines.
fn floats(values: &[f32], out: &mut String) {
    let mut start = out.len();
    for &value in values {
        out.push_str(if out.len() == start { "    " } else { " " });
        // Writing to a String cannot fail.
        let _ = write!(out, "{},", Hexadecimal(value));
        if out.len() - start > LINE {
            out.push('\n');
            start = out.len();
        }
    }
    if out.len() > start {
        out.push('\n');
    }
}

/// A finite f32 as C99 writes it exactly: 0x1.8p-3f.
struct Hexadecimal(f32);

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

/// A string of C. What is not plain ASCII, and what a compiler might take for something else, is written as bytes.
fn quoted(text: &str) -> String {
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

/// How the bytes of a picture lie.
fn layout(Picture { channels, height, width }: Picture) -> String {
    match channels {
        1 if height == 1 => String::new(),
        1 => format!(", {height} rows of {width}"),
        _ => format!(", {channels} planes of {height} rows of {width}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

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
    fn tiles_are_few_and_even() {
        for (hidden, tiled) in [(1, 1), (7, 7), (20, 20), (21, 11), (100, 20), (101, 17), (300, 20)] {
            assert_eq!(tile(hidden), tiled);
        }
        assert!((1..3000).all(|hidden| tile(hidden) <= TILE.min(hidden)));
    }
}
