//! src/math/coefficients.rs in C: what stands there under a name, as a number, or as a function for a polynomial.

use super::literals::Hexadecimal;
use crate::math::coefficients as constant;
use core::fmt::{self, Write};
use std::string::String;

/// Writes the constant of that name.
///
/// # Panics
/// There is none: a template names it.
pub(super) fn put(name: &str, out: &mut String) -> fmt::Result {
    let value = match name {
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
        _ => unreachable!("a template names @{name}@"),
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
