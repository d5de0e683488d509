//! What stands in src/math/coefficients.rs under a name, for the texts that name it.

use crate::math::coefficients as constant;

/// How a language writes constants.
pub(super) struct Language {
    pub float: fn(f32) -> String,
    pub double: fn(f64) -> String,
    /// Words of a long binary fraction.
    pub words: fn(&[u64]) -> String,
    /// The function of a polynomial by Horner's rule: its first lines, with its NAME and the highest
    /// COEFFICIENT; the line of every other coefficient; its last lines.
    pub polynomial: [&'static str; 3],
}

impl Language {
    /// Writes the constant of that name: a number, or a function for a polynomial.
    ///
    /// # Panics
    /// There is none: a text names it.
    pub(super) fn put(&self, name: &str, out: &mut String) {
        let float = match name {
            "EXP" => return self.put_polynomial("exp", &constant::EXP, out),
            "TANH" => return self.put_polynomial("tanh", &constant::TANH, out),
            "LOG1P_OF_FRACTION" => return self.put_polynomial("log1p", &constant::LOG1P_OF_FRACTION, out),
            "SIN" => return self.put_polynomial("sin", &constant::SIN, out),
            "COS" => return self.put_polynomial("cos", &constant::COS, out),
            "TWO_OVER_PI_BITS" => return out.push_str(&(self.words)(&constant::TWO_OVER_PI_BITS)),
            "HALF_PI_F64" => return out.push_str(&(self.double)(constant::HALF_PI_F64)),
            "LOG2_E" => constant::LOG2_E,
            "LN2_HIGH" => constant::LN2_HIGH,
            "LN2_LOW" => constant::LN2_LOW,
            "TANH_SMALL" => constant::TANH_SMALL,
            "TWO_OVER_PI" => constant::TWO_OVER_PI,
            "HALF_PI_0" => constant::HALF_PI[0],
            "HALF_PI_1" => constant::HALF_PI[1],
            "HALF_PI_2" => constant::HALF_PI[2],
            _ => unreachable!("a text names {name}"),
        };
        out.push_str(&(self.float)(float));
    }

    /// c[0] + c[1] x + c[2] x² + ...
    fn put_polynomial(&self, name: &str, c: &[f32], out: &mut String) {
        let [first, each, last] = self.polynomial;
        for (i, &c) in c.iter().rev().enumerate() {
            let line = if i == 0 { first } else { each };
            *out += &line.replace("NAME", name).replace("COEFFICIENT", &(self.float)(c));
        }
        out.push_str(last);
    }
}
