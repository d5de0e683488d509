//! One page of HTML that nothing else belongs to: a canvas to draw on, the weights inside, and the arithmetic
//! of src/math and src/infer in JavaScript, operation for operation, so that its logits have the program's
//! bits; and `predict --fit` (src/data/fit.rs), so that it sees what the program would. The texts stand in
//! the files beside this one; here the constants, the weights and what depends on the model are put in, where
//! `{{NAME}}` stands.
//!
//! Floats are written as doubles: the shortest decimal of a double that is the float.

use super::constants::Language;
use super::{Error, fact, fill, png, room_for_text, selftest};
use crate::data::{Centre, Extent, Framing, Ground, squared};
use crate::math::Activation;
use crate::weights::{Params, Picture, Shape, View};
use core::fmt::{self, Write};

/// Bytes of a page at most: half of the longest text that Chromium's engine has, which is 2^29 characters.
const LONGEST: u64 = 1 << 28;

/// JavaScript's constants. Negative ones stand in parentheses.
const LANGUAGE: Language = Language {
    float: |value| match f64::from(value) {
        value if value < 0.0 => format!("({value:?})"),
        value => format!("{value:?}"),
    },
    double: |value| format!("{value:?}"),
    words: |words| words.iter().map(|word| format!("{word:016x}")).collect(),
    polynomial: [
        "function NAMEPolynomial(x) {\n  let y = COEFFICIENT;\n",
        "  y = fma(y, x, COEFFICIENT);\n",
        "  return y;\n}\n",
    ],
};

/// The page of a model.
///
/// # Errors
/// It is a table's; its pictures have no height and width, and are no square; they are of other than 1 or 3
/// channels; the page would be longer than a browser's longest text; or there is no memory for it.
pub fn write(view: &View) -> Result<String, Error> {
    let params = view.params();
    let Shape { features, classes, .. } = params.shape();
    if view.map().is_some() {
        return Err(Error(format!(
            "the {features} features of a table, expected pictures, which can be drawn; export c, rust or onnx"
        )));
    }
    let picture = squared(view.picture()).ok_or_else(|| {
        Error(format!(
            "pictures of {features} pixels in one row, expected a height and a width to draw in; export another format"
        ))
    })?;
    if !matches!(picture.channels, 1 | 3) {
        return Err(Error(format!(
            "pictures of {} channels, expected 1 or 3, which can be drawn or seen; export another format",
            picture.channels
        )));
    }
    let bytes = 4 * (params.w1().len() + params.w2().len()) as u64;
    let size = bytes / 3 * 4 + (1 << 16) + 64 * classes as u64;
    if size > LONGEST {
        return Err(Error::too_large("html", size, LONGEST));
    }
    let mut out = room_for_text(size)?;
    let framing = Framing::of_training(view.training(), picture).filter(|_| picture.channels == 1);
    let page = Page { view, params, picture, framing, bytes };
    page.fill(include_str!("page.html"), &mut out);
    Ok(out)
}

/// What is put into the texts.
struct Page<'a> {
    view: &'a View<'a>,
    params: Params<'a>,
    picture: Picture,
    /// None where the model's pictures are not framed.
    framing: Option<Framing>,
    /// Of weights.
    bytes: u64,
}

impl Page<'_> {
    fn fill(&self, template: &str, out: &mut String) {
        fill(template, ["{{", "}}"], out, |name, out| self.put(name, out));
    }

    fn put(&self, name: &str, out: &mut String) -> fmt::Result {
        let Shape { activation, scale, .. } = self.params.shape();
        let Picture { channels, height, width } = self.picture;
        match name {
            "style" => out.push_str(include_str!("page.css")),
            "arithmetic" => self.fill(include_str!("arithmetic.js"), out),
            "ACTIVATION" => match activation {
                Activation::Tanh => self.fill(include_str!("tanh.js"), out),
                Activation::Softplus => self.fill(include_str!("softplus.js"), out),
                Activation::Cos => self.fill(include_str!("cos.js"), out),
                Activation::Relu => self.fill(include_str!("relu.js"), out),
            },
            "network" => self.fill(include_str!("network.js"), out),
            "fit" => self.fill(include_str!("fit.js"), out),
            "page" => self.fill(include_str!("page.js"), out),
            "channels" => write!(out, "{channels}")?,
            "framing" => self.put_framing(out)?,
            "height" => write!(out, "{height}")?,
            "width" => write!(out, "{width}")?,
            "kilobytes" => write!(out, "{}", self.bytes.div_ceil(1000))?,
            "scale" => write!(out, "{:?}", f64::from(scale))?,
            "names" => out.push_str(&self.names()),
            "expected" => selftest::write((&self.params).into(), "  ", ["[", "]"], out)?,
            "weights" => {
                let weights = self.params.w1().iter().chain(self.params.w2());
                png::base64(weights.flat_map(|weight| weight.to_le_bytes()), out);
            }
            _ if name.starts_with(|c: char| c.is_ascii_uppercase()) => LANGUAGE.put(name, out),
            _ => match fact((&self.params).into(), name) {
                Some(fact) => out.push_str(&fact),
                None => out.push_str(self.words(name)),
            },
        }
        Ok(())
    }

    /// How the model's pictures are framed: the longer side, or both.
    fn put_framing(&self, out: &mut String) -> fmt::Result {
        let Some(Framing { ground, extent, centre }) = self.framing else { return out.write_str("null") };
        let (rows, columns) = match extent {
            Extent::Longer(side) => (side, 0),
            Extent::Both(rows, columns) => (rows, columns),
        };
        let (dark, mass) = (ground == Ground::Dark, centre == Centre::Mass);
        write!(out, "{{ dark: {dark}, rows: {rows}, columns: {columns}, mass: {mass} }}")
    }

    /// Class names as a list of JavaScript, in which no `<` can end the script.
    fn names(&self) -> String {
        let escaped = |c| match c {
            '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..' ' => {
                format!("\\u{:04x}", u32::from(c))
            }
            _ => c.to_string(),
        };
        let quoted = |name: &str| format!("\"{}\"", name.chars().map(escaped).collect::<String>());
        format!("[{}]", self.view.class_names().map(quoted).collect::<Vec<_>>().join(", "))
    }

    /// What the page calls things: by whether one can draw for the model, and whether that is digits.
    fn words(&self, name: &str) -> &'static str {
        let digits = self.view.class_names().enumerate().all(|(k, name)| name == k.to_string());
        let [to_draw, to_show] = match name {
            "title" if digits => ["Draw a digit", "Show a picture"],
            "title" => ["Draw a picture", "Show a picture"],
            "lead" => [
                "With a finger, a pen or the mouse. It is centred and scaled as the training pictures were, and \
                 classified as you draw.",
                "Its middle is scaled to the size of the pictures that the model was trained on, and classified.",
            ],
            "hint" => ["draw here", "choose a picture, or drop one here"],
            "pad-label" => ["The place to draw", "The chosen picture"],
            "question" if digits => ["looks like a"; 2],
            "question" => ["looks like"; 2],
            _ => unreachable!("a text names {name}"),
        };
        if self.framing.is_some() { to_draw } else { to_show }
    }
}
