//! src/math/coefficients.rs in C: what stands there under a name, as a number, or as a function for a
//! polynomial.

use super::literals::Hexadecimal;
use crate::lab::export::constants::{Constant, named};
use core::fmt::{self, Write};
use std::string::String;

/// Writes the constant of that name.
///
/// # Panics
/// There is none: a template names it.
pub(super) fn put(name: &str, out: &mut String) -> fmt::Result {
    match named(name) {
        Constant::F32(value) => write!(out, "{}", Hexadecimal(value)),
        Constant::F64(value) => {
            let bits = value.to_bits();
            write!(out, "0x1.{:013x}p{}", bits & ((1 << 52) - 1), (bits >> 52) as i32 - 1023)
        }
        Constant::Words(words) => words
            .iter()
            .flat_map(|word| [word >> 32, word & 0xFFFF_FFFF])
            .enumerate()
            .try_for_each(|(i, word)| write!(out, "{}0x{word:08x}", ["", ", "][usize::from(i > 0)])),
        Constant::Polynomial(name, c) => polynomial(name, c, out),
    }
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
