//! One self-contained C99 file and its header: the weights as constants, the arithmetic of src/math and
//! src/infer operation for operation, no library. The text stands in the `.c` and `.h` files beside this one;
//! here the constants, the weights and what depends on the sizes are put in, where `@NAME@` stands.
//!
//! The polynomials and constants come from the one table that src/math uses. Every float is written in
//! hexadecimal, which loses nothing and knows no locale.

mod literals;

use super::constants::Language;
use super::{Cost, Error, fact, fill, room_for_text, selftest};
use crate::linalg::Pixels;
use crate::math::Activation;
use crate::weights::{FeatureMap, Params, Picture, Quantised, Shape, View, Weights};
use core::fmt::{self, Write};
use literals::{Hexadecimal, floats, identifier, numbers, quoted, repeated};

/// The most hidden units whose sums are kept in registers at once: a Cortex-M4F has 32 for floats, and 13 for
/// integers, of which some hold weights and addresses.
const TILE: usize = 20;
const TILE_INT8: usize = 7;

/// Bytes of stack beside the arrays: saved registers and spilled values, the most that GCC 12 takes at -O1 to
/// -O3 and -Os on Cortex-M0, M3, M4F and x86-64, some to spare. tools/check-exports measures it.
const FRAMES: u64 = 320;

/// C's constants.
const LANGUAGE: Language = Language {
    float: |value| Hexadecimal(value).to_string(),
    double: |value| {
        let bits = value.to_bits();
        format!("0x1.{:013x}p{}", bits & ((1 << 52) - 1), (bits >> 52) as i32 - 1023)
    },
    words: |words| {
        let halves = words.iter().flat_map(|word| [word >> 32, word & 0xFFFF_FFFF]);
        halves.map(|half| format!("0x{half:08x}")).collect::<Vec<_>>().join(", ")
    },
    polynomial: [
        "static inline float NAME_polynomial(float x)\n{\n    float y = COEFFICIENT;\n",
        "    y = FMA(y, x, COEFFICIENT);\n",
        "    return y;\n}\n",
    ],
};

/// The two files.
#[derive(Clone, Debug)]
pub struct Files {
    /// `NAME.h`.
    pub header: String,
    /// `NAME.c`.
    pub source: String,
}

/// The files for a model, with a function for the features of a table where it has a map of them; `stem` is
/// their name without its ending, of letters, digits and whatever else may stand in a C comment and between
/// the quotes of an `#include`.
///
/// # Errors
/// There is no memory for them.
pub fn write(model: &View<'_, Weights<'_>>, stem: &str) -> Result<Files, Error> {
    let weights = model.params();
    let text = Text { model, weights, cost: cost(model), stem, name: identifier(stem) };
    // The longest float has 19 characters, the longest int8 six with what parts it from the next.
    let each = if matches!(weights, Weights::F32(_)) { 5 } else { 6 };
    let mut source = room_for_text((1 << 16) + each * text.cost.flash)?;
    let exp = [include_str!("arithmetic.c"), include_str!("exp.c")];
    let features = if model.map().is_some() { include_str!("features.c") } else { "" };
    let predict = [features, include_str!("predict.c"), include_str!("selftest.c")];
    let network = match (weights, weights.shape().activation) {
        (Weights::Int8(_), _) => ["", "", include_str!("int8.c"), include_str!("softmax_int8.c")],
        (_, Activation::Tanh) => float("", include_str!("tanh.c")),
        (_, Activation::Softplus) => float("", include_str!("softplus.c")),
        (_, Activation::Relu) => float("", include_str!("relu.c")),
        (_, Activation::Cos) if text.cos_is_small() => float("", include_str!("cos.c")),
        (_, Activation::Cos) => float(include_str!("cos_large.c"), include_str!("cos.c")),
    };
    exp.iter().chain(&network).chain(&predict).for_each(|template| text.fill(template, &mut source));
    let mut header = String::new();
    text.fill(include_str!("header.h"), &mut header);
    Ok(Files { header, source })
}

/// The parts of a network in floats.
const fn float(reduction: &'static str, activation: &'static str) -> [&'static str; 4] {
    [reduction, activation, include_str!("network.c"), include_str!("softmax.c")]
}

/// What the C code costs.
pub fn cost(model: &View<'_, Weights<'_>>) -> Cost {
    let weights = model.params();
    let map = model.map().map_or(0, |map| size_of_val(map.pairs()));
    let shape @ Shape { features, hidden, classes, .. } = weights.shape();
    let (flash, arrays) = match weights {
        Weights::F32(_) => (
            4 * (256 + (features + 1) * hidden + (hidden + 1) * classes),
            4 * (features.div_ceil(32) + tile(hidden, TILE) + classes),
        ),
        Weights::Int8(_) => {
            ((features + classes) * hidden + 8 * (hidden + classes) + 2 * 258, 4 * (hidden + classes) + 256)
        }
    };
    Cost::of(shape, flash + map, 0, Some(arrays as u64 + FRAMES))
}

/// Units at a time: as few tiles as `most` allows, of nearly equal size.
const fn tile(hidden: usize, most: usize) -> usize {
    hidden.div_ceil(hidden.div_ceil(most))
}

/// What is put into the templates.
struct Text<'a> {
    model: &'a View<'a, Weights<'a>>,
    weights: Weights<'a>,
    cost: Cost,
    stem: &'a str,
    /// The stem as an identifier.
    name: String,
}

impl Text<'_> {
    fn fill(&self, template: &str, out: &mut String) {
        fill(template, ["@"; 2], out, |name, out| self.put(name, out));
    }

    fn put(&self, what: &str, out: &mut String) -> fmt::Result {
        let Cost { flash, stack, multiply_adds, .. } = self.cost;
        let by_map = |mapped, unmapped| if self.model.map().is_some() { mapped } else { unmapped };
        match what {
            "P" => out.push_str(&self.name.to_ascii_uppercase()),
            "p" => out.push_str(&self.name),
            "file" => out.push_str(self.stem),
            "scale" => write!(out, "{}", self.weights.shape().scale)?,
            "inputs" => out.push_str(by_map("features", "pixels")),
            "sample" => out.push_str(by_map("sample", "picture")),
            "samples" => out.push_str(by_map("samples, of 8,", "pictures, of 4,")),
            "results" => out.push_str(by_map("logits and bytes", "logits")),
            "features-declared" => self.fill(by_map(include_str!("features.h"), ""), out),
            "features-tested" => self.fill(by_map(include_str!("features_test.c"), ""), out),
            "layout" if self.model.map().is_some() => write!(out, " from {}_features", self.name)?,
            "layout" => out.push_str(&layout(self.model.picture())),
            "map" => put_map(self.model.map(), out)?,
            "expected-bytes" => selftest::write_rows(self.model.map(), out)?,
            "contract" => write!(out, "{}", self.model.contract())?,
            "flash" => write!(out, "{flash}")?,
            "stack" => write!(out, "{}", stack.unwrap_or(0))?,
            "multiply-adds" => write!(out, "{multiply_adds}")?,
            "names" => {
                self.model.class_names().try_for_each(|name| writeln!(out, "    {},", quoted(name)))?
            }
            "expected" => selftest::write(self.weights, "    ", ["{", "}"], out)?,
            _ => match (fact(self.weights, what), &self.weights) {
                (Some(fact), _) => out.push_str(&fact),
                (None, Weights::F32(params)) => self.put_f32(params, what, out)?,
                (None, Weights::Int8(params)) => put_int8(params, what, out)?,
            },
        }
        Ok(())
    }

    fn put_f32(&self, params: &Params, what: &str, out: &mut String) -> fmt::Result {
        let tile = tile(params.shape().hidden, TILE);
        match what {
            "weights" => out.push_str("f32"),
            "type" => out.push_str("float"),
            "bits" => out.push_str("to_bits"),
            "times" => {}
            "softmax" => out.push_str("Turns logits into probabilities, in place."),
            "softmax-takes" => out.push_str("float *logits"),
            "T" => write!(out, "{tile}")?,
            "reach" => out.push_str(match self.cos_is_small() {
                true => "These weights and pixels keep |x| below 2^20, where n pi/2 is exact.",
                false => "Beyond |x| = 2^20, n pi/2 is no longer exact: integers do it.",
            }),
            "large" if self.cos_is_small() => {}
            "large" => out.push_str(
                "    if (1048576.0f < a) {\n        quadrant = reduce_in_integers(a, &high, &low);\n    }\n",
            ),
            "pixels" => floats(Pixels::new(params.shape().scale).table(), out),
            "w1" => floats(params.w1(), out),
            "w2" => floats(params.w2(), out),
            "sums" => *out += &repeated(tile, "s# = row[#]", ", "),
            "add" => *out += &repeated(tile, "            s# = FMA(x, row[#], s#);\n", ""),
            "finish" => *out += &repeated(tile, "    z[#] = s# + 0.0f;\n", ""),
            _ => LANGUAGE.put(what, out),
        }
        Ok(())
    }

    /// Whether no pre-activation can reach 2^20, from where on a cosine needs more than products of floats. A
    /// sum of D + 1 products, D ≤ 2^24, is at most e times the sum of their magnitudes.
    fn cos_is_small(&self) -> bool {
        let Weights::F32(params) = &self.weights else { return true };
        let Shape { features, hidden, scale, .. } = params.shape();
        let brightest = f64::from(255.0 / scale);
        (0..hidden).all(|unit| {
            let column = params.w1().iter().skip(unit).step_by(hidden).take(features + 1);
            let factors = core::iter::once(1.0).chain(core::iter::repeat(brightest));
            let bound = column.zip(factors).fold(0.0, |sum, (&w, x)| sum + f64::from(w.abs()) * x);
            bound * core::f64::consts::E < 1_048_576.0
        })
    }
}

/// The pairs of a map, each in braces.
fn put_map(map: Option<FeatureMap<'_>>, out: &mut String) -> fmt::Result {
    let pairs = map.map_or(&[][..], FeatureMap::pairs).chunks_exact(2);
    numbers(pairs.map(|pair| format!("{{{}, {}}}", Hexadecimal(pair[0]), Hexadecimal(pair[1]))), out);
    Ok(())
}

fn put_int8(params: &Quantised, what: &str, out: &mut String) -> fmt::Result {
    let (Shape { activation, hidden, .. }, places) = (params.shape(), params.places());
    let [first, second] = params.layers();
    let tile = tile(hidden, TILE_INT8);
    let rest = hidden % tile;
    // Rows have places up to a multiple of 4, which only the file needs.
    let width = hidden.next_multiple_of(crate::weights::layout::UNITS);
    let rows = |matrix: &[i8], out| numbers(matrix.chunks_exact(width).flat_map(|row| &row[..hidden]), out);
    let at_once = (1..=10).rev().find(|n| hidden % n == 0).unwrap_or(1);
    match what {
        "weights" => out.push_str("int8"),
        "type" => out.push_str("int32_t"),
        "bits" => out.push_str("(uint32_t)"),
        "times" => write!(out, " times 2^{places}")?,
        "unit" => write!(out, "0x1p-{places}f")?,
        "softmax" => out.push_str("The probabilities of logits: the one function that takes floats."),
        "softmax-takes" => out.push_str("const int32_t *logits, float *probabilities"),
        "w1" => rows(first.weights, out),
        "w2" => rows(second.weights, out),
        "unit-scalings" => scalings(first.bias, first.multiplier, out),
        "class-scalings" => scalings(second.bias, second.multiplier, out),
        "table" => numbers(params.table().iter(), out),
        "shift1" => write!(out, "{}", first.shift)?,
        "shift2" => write!(out, "{}", second.shift)?,
        "place" => out.push_str(match activation {
            Activation::Cos => "    at &= 0xffff; /* the table is one turn */\n",
            Activation::Softplus | Activation::Tanh | Activation::Relu => {
                "    at = at < -32768 ? 0 : at > 32767 ? 65535 : at + 32768;\n"
            }
        }),
        "T" => write!(out, "{tile}")?,
        "additions" => {
            [tile, rest].iter().filter(|&&units| units > 0).for_each(|&units| addition(units, out))
        }
        "rest" if rest == 0 => {}
        "rest" => writeln!(
            out,
            "        add_{rest}(pixels + pixel, inked, count, weights_1 + pixel * HIDDEN + unit, sum + unit);"
        )?,
        "at-once" => write!(out, "{at_once}")?,
        "products" => {
            let product = "            total += (uint32_t)((int32_t)sum[i + #] * row[i + #]);\n";
            *out += &repeated(at_once, product, "");
        }
        _ => LANGUAGE.put(what, out),
    }
    Ok(())
}

/// A bias and a multiplier each.
fn scalings(biases: &[i32], multipliers: &[i32], out: &mut String) {
    let pairs = biases.iter().zip(multipliers).map(|(&bias, multiplier)| match bias {
        i32::MIN => format!("{{-2147483647 - 1, {multiplier}}}"), // C has no literal for it
        _ => format!("{{{bias}, {multiplier}}}"),
    });
    numbers(pairs, out);
}

/// The function that goes on with the sums of so many hidden units.
fn addition(units: usize, out: &mut String) {
    fill(include_str!("addition.c"), ["@"; 2], out, |name, out| {
        *out += &match name {
            "read" => repeated(units, "s# = sum[#]", ", "),
            "add" => repeated(units, "        s# += (uint32_t)(x * row[#]);\n", ""),
            "write" => repeated(units, "    sum[#] = s#;\n", ""),
            _ => units.to_string(),
        };
        Ok(())
    });
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

    #[test]
    fn tiles_are_few_and_even() {
        for (hidden, tiled) in [(1, 1), (7, 7), (20, 20), (21, 11), (100, 20), (101, 17), (300, 20)] {
            assert_eq!(tile(hidden, TILE), tiled);
        }
        assert!((1..3000).all(|hidden| tile(hidden, TILE) <= TILE.min(hidden)));
    }
}
