//! One page of HTML that nothing else belongs to: a canvas to draw on, the weights inside, and the arithmetic
//! of src/math and src/infer in JavaScript, operation for operation, so that its logits have the program's
//! bits; and `predict --fit` (src/data/fit.rs), so that it sees what the program would. The texts stand in
//! the files beside this one; here the constants, the weights and what depends on the model are put in, where
//! `{{NAME}}` stands.
//!
//! Floats are written as doubles: the shortest decimal of a double that is the float.

use super::constants::{Constant, named};
use super::model::Sizes;
use super::{Error, Model, selftest};
use crate::data::squared;
use crate::math::Activation;
use crate::weights::{Params, Picture, View};
use core::fmt::{self, Write};
use std::format;
use std::string::{String, ToString};

/// Bytes of a page at most: half of the longest text that Chromium's engine has, which is 2^29 characters.
const LONGEST: u64 = 1 << 28;

/// The page of a model.
///
/// # Errors
/// Its pictures have no height and width, and are no square; they are of other than 1 or 3 channels; the page
/// would be longer than a browser's longest text; or there is no memory for it.
pub fn write(view: &View, model: &Model) -> Result<String, Error> {
    let sizes = model.sizes();
    let features = sizes.features;
    let picture = squared(view.picture()).ok_or(Error::NoShape { features })?;
    if !matches!(picture.channels, 1 | 3) {
        return Err(Error::Channels { found: picture.channels });
    }
    let Params { w1, w2, .. } = view.params();
    let bytes = 4 * (w1.len() + w2.len()) as u64;
    let size = bytes / 3 * 4 + (1 << 16) + 64 * sizes.classes as u64;
    if size > LONGEST {
        return Err(Error::TooLarge { format: "html", found: size, most: LONGEST });
    }
    let mut out = String::new();
    if !matches!(usize::try_from(size).map(|size| out.try_reserve_exact(size)), Ok(Ok(()))) {
        return Err(Error::Memory { size });
    }
    let page = Page { view, model, sizes, picture, bytes };
    page.fill(include_str!("page.html"), &mut out);
    Ok(out)
}

/// What is put into the texts.
struct Page<'a> {
    view: &'a View<'a>,
    model: &'a Model<'a>,
    sizes: Sizes,
    picture: Picture,
    /// Of weights.
    bytes: u64,
}

impl Page<'_> {
    fn fill(&self, template: &str, out: &mut String) {
        let mut rest = template;
        while let Some((before, marked)) = rest.split_once("{{") {
            let Some((name, after)) = marked.split_once("}}") else { break };
            out.push_str(before);
            // Writing to a String cannot fail.
            let _ = self.put(name, out);
            rest = after;
        }
        out.push_str(rest);
    }

    fn put(&self, name: &str, out: &mut String) -> fmt::Result {
        let Sizes { activation, features, hidden, classes, scale } = self.sizes;
        let Picture { channels, height, width } = self.picture;
        match name {
            "style" => out.push_str(include_str!("page.css")),
            "arithmetic" => self.fill(include_str!("arithmetic.js"), out),
            "ACTIVATION" => self.fill(
                match activation {
                    Activation::Tanh => include_str!("tanh.js"),
                    Activation::Softplus => include_str!("softplus.js"),
                    Activation::Cos => include_str!("cos.js"),
                },
                out,
            ),
            "network" => self.fill(include_str!("network.js"), out),
            "fit" => self.fill(include_str!("fit.js"), out),
            "page" => self.fill(include_str!("page.js"), out),
            "version" => out.push_str(env!("CARGO_PKG_VERSION")),
            "features" => write!(out, "{features}")?,
            "hidden" => write!(out, "{hidden}")?,
            "classes" => write!(out, "{classes}")?,
            "channels" => write!(out, "{channels}")?,
            "height" => write!(out, "{height}")?,
            "width" => write!(out, "{width}")?,
            "kilobytes" => write!(out, "{}", self.bytes.div_ceil(1000))?,
            "scale" => write!(out, "{:?}", f64::from(scale))?,
            "activation" => out.push_str(activation.name()),
            "fingerprint" => write!(out, "{:016x}", self.model.fingerprint())?,
            "names" => self.names(out)?,
            "expected" => selftest::write(self.model, "  ", ["[", "]"], out)?,
            "weights" => {
                let Params { w1, w2, .. } = self.view.params();
                base64(w1.iter().chain(w2).flat_map(|weight| weight.to_le_bytes()), out);
            }
            _ if name.starts_with(|c: char| c.is_ascii_uppercase()) => return constant_of(name, out),
            _ => out.push_str(self.words(name)),
        }
        Ok(())
    }

    /// Class names as a list of JavaScript, in which no `<` can end the script.
    fn names(&self, out: &mut String) -> fmt::Result {
        out.push('[');
        for k in 0..self.sizes.classes {
            out.push_str(if k > 0 { ", \"" } else { "\"" });
            for c in self.model.class_name(k).chars() {
                match c {
                    '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..' ' => {
                        write!(out, "\\u{:04x}", u32::from(c))?
                    }
                    _ => out.push(c),
                }
            }
            out.push('"');
        }
        out.push(']');
        Ok(())
    }

    /// What the page calls things: by whether one can draw for the model, and whether that is digits.
    fn words(&self, name: &str) -> &'static str {
        let draws = self.picture.channels == 1;
        let digits = (0..self.sizes.classes).all(|k| self.model.class_name(k) == k.to_string());
        match (name, draws) {
            ("title", true) if digits => "Draw a digit",
            ("title", true) => "Draw a picture",
            ("title", false) => "Show a picture",
            ("lead", true) => {
                "With a finger, a pen or the mouse. It is centred and scaled as the training pictures were, and \
                 classified as you draw."
            }
            ("lead", false) => {
                "Its middle is scaled to the size of the pictures that the model was trained on, and classified."
            }
            ("hint", true) => "draw here",
            ("hint", false) => "choose a picture, or drop one here",
            ("pad-label", true) => "The place to draw",
            ("pad-label", false) => "The chosen picture",
            ("question", _) if digits => "looks like a",
            ("question", _) => "looks like",
            _ => unreachable!("a text names {name}"),
        }
    }
}

/// Bytes in base64 (RFC 4648, section 4).
fn base64(mut bytes: impl Iterator<Item = u8>, out: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while let Some(first) = bytes.next() {
        let (second, third) = (bytes.next(), bytes.next());
        let [a, b, c] = [Some(first), second, third].map(|byte| u32::from(byte.unwrap_or(0)));
        let word = a << 16 | b << 8 | c;
        let digit = |place: u32| char::from(DIGITS[(word >> (6 * place) & 63) as usize]);
        out.push(digit(3));
        out.push(digit(2));
        out.push(if second.is_some() { digit(1) } else { '=' });
        out.push(if third.is_some() { digit(0) } else { '=' });
    }
}

/// Writes what stands in src/math/coefficients.rs under a name: a number, or a function for a polynomial.
///
/// # Panics
/// There is none: a text names it.
fn constant_of(name: &str, out: &mut String) -> fmt::Result {
    match named(name) {
        Constant::F32(value) => out.push_str(&number(value)),
        Constant::F64(value) => write!(out, "{value:?}")?,
        Constant::Words(words) => words.iter().try_for_each(|word| write!(out, "{word:016x}"))?,
        Constant::Polynomial(name, c) => polynomial(name, c, out)?,
    }
    Ok(())
}

/// A float as JavaScript writes it; in parentheses where a minus stands before it.
fn number(value: f32) -> String {
    let text = format!("{:?}", f64::from(value));
    if value < 0.0 { format!("({text})") } else { text }
}

/// A function for c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
fn polynomial(name: &str, c: &[f32], out: &mut String) -> fmt::Result {
    let (&last, others) = c.split_last().unwrap_or((&0.0, &[]));
    writeln!(out, "function {name}Polynomial(x) {{\n  let y = {};", number(last))?;
    for &c in others.iter().rev() {
        writeln!(out, "  y = fma(y, x, {});", number(c))?;
    }
    writeln!(out, "  return y;\n}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            let mut out = String::new();
            base64(plain.bytes(), &mut out);
            assert_eq!(out, coded);
        }
    }
}
