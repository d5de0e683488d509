//! Every constant of src/math, from its definition: minimax polynomials by Remez's exchange in double-double
//! arithmetic, logarithms and pi in fixed point. The outcome is the text of src/math/coefficients.rs.

pub(crate) mod dd;
pub(crate) mod fixed;
pub(crate) mod remez;

use dd::Dd;
use fixed::Fixed;
use remez::Problem;
use std::fmt::Write;

/// rustfmt's max_width.
const WIDTH: usize = 110;

/// The text of src/math/coefficients.rs.
pub(crate) fn table() -> String {
    let mut out = String::from(
        "//! Derived constants; written by `tools/coefficients`, held to it by `tests/coefficients.rs`. Do not edit.\n\
         //!\n\
         //! Polynomials are minimax in the stated error, their coefficients f32 from the lowest power on.\n\
         #![allow(clippy::approx_constant)] // They are; the rounding of each is part of the contract.\n",
    );
    logarithm_constants(&mut out);
    circle_constants(&mut out);
    exponential(&mut out);
    logarithms(&mut out);
    tangent(&mut out);
    sine_and_cosine(&mut out);
    out
}

fn scalar(out: &mut String, doc: &str, name: &str, kind: &str, value: String) {
    write!(out, "\n/// {doc}\npub(crate) const {name}: {kind} = {value};\n").expect("a String");
}

/// An array as rustfmt writes it: on one line if it fits, else on the next, else one element a line.
fn array(out: &mut String, doc: &str, name: &str, kind: &str, values: &[String]) {
    let head = format!("pub(crate) const {name}: [{kind}; {}] =", values.len());
    let line = format!("[{}];", values.join(", "));
    let text = if head.len() + 1 + line.len() <= WIDTH {
        format!("{head} {line}")
    } else if 4 + line.len() <= WIDTH {
        format!("{head}\n    {line}")
    } else {
        format!("{head} [\n    {},\n];", values.join(",\n    "))
    };
    write!(out, "\n/// {doc}\n{text}\n").expect("a String");
}

fn polynomial(out: &mut String, name: &str, formula: &str, error: &str, problem: &Problem, degree: usize) {
    let (c, worst) = problem.fit_f32(degree);
    let doc = format!("{formula}; {error} {worst:.1e}.");
    let values: Vec<String> = c.iter().map(|c| format!("{c:?}")).collect();
    array(out, &doc, name, "f32", &values);
}

fn logarithm_constants(out: &mut String) {
    let ln2 = Fixed::ln2();
    let log2_e = Fixed::from_integer(1).over(ln2).leading(53).1 as f32;
    scalar(out, "1 / ln 2.", "LOG2_E", "f32", format!("{log2_e:?}"));
    let (high, value) = ln2.leading(16);
    scalar(
        out,
        "ln 2, its first 16 bits: exact times any integer below 256.",
        "LN2_HIGH",
        "f32",
        format!("{:?}", value as f32),
    );
    let low = ln2.minus(high).leading(53).1 as f32;
    scalar(out, "ln 2 − `LN2_HIGH`.", "LN2_LOW", "f32", format!("{low:?}"));
    let (high, value) = ln2.leading(42);
    let doc = "ln 2, its first 42 bits: exact times any integer below 2048.";
    scalar(out, doc, "LN2_HIGH_F64", "f64", format!("{value:?}"));
    let low = ln2.minus(high).leading(53).1;
    scalar(out, "ln 2 − `LN2_HIGH_F64`.", "LN2_LOW_F64", "f64", format!("{low:?}"));
}

fn circle_constants(out: &mut String) {
    let pi = Fixed::pi();
    let two_over_pi = Fixed::from_integer(2).over(pi);
    scalar(out, "2/π.", "TWO_OVER_PI", "f32", format!("{:?}", two_over_pi.leading(53).1 as f32));
    let half_pi = pi.over_integer(2);
    // The first part is cut one unit up, as the nearest f32 is, so that the second is small; it is negative.
    let (cut, first) = half_pi.leading(24);
    let unit = Fixed::from_integer(1).over_integer(1 << 23);
    let below = cut.plus(unit).minus(half_pi);
    let (cut, second) = below.leading(24);
    let (_, third) = below.minus(cut).leading(24);
    let parts = [first + 2f64.powi(-23), -second, -third].map(|part| format!("{:?}", part as f32));
    array(out, "π/2 = the sum of these, within 2^-72.", "HALF_PI", "f32", &parts);
    scalar(out, "π/2, cut to 53 bits.", "HALF_PI_F64", "f64", format!("{:?}", half_pi.leading(53).1));
    let (cut, first) = half_pi.leading(30);
    let rest = half_pi.minus(cut);
    let (cut, second) = rest.leading(30);
    let parts = [first, second, rest.minus(cut).leading(53).1].map(|part| format!("{part:?}"));
    let doc = "π/2 = the sum of these, within 2^-114; the first two are exact times any integer below 2^23.";
    array(out, doc, "HALF_PI_PARTS_F64", "f64", &parts);
    let words: Vec<String> = two_over_pi.0[..5].iter().map(|w| format!("{w:#018X}")).collect();
    array(
        out,
        "2/π in units of 2^-256: the bits after the point follow 64 zeros.",
        "TWO_OVER_PI_BITS",
        "u64",
        &words,
    );
}

fn exponential(out: &mut String) {
    // r + r^2 q(r) = e^r - 1, to be added to 1.
    let problem = Problem::new(-0.347, 0.347, |r| {
        let e = r.exp();
        (r, (e - Dd::ONE - r) / (r * r), r * r / e)
    });
    let formula = "(e^r − 1 − r) / r^2 for |r| ≤ ln(2)/2";
    polynomial(out, "EXP", formula, "relative error of e^r", &problem, 4);
}

fn logarithms(out: &mut String) {
    let sample = |x: Dd| {
        let ln = (Dd::ONE + x).ln();
        (x, (ln - x) / (x * x), (x * x / ln).abs())
    };
    let error = "relative error of the logarithm";
    let formula = "(ln(1 + f) − f) / f^2 for f from −1/4 to 1/2";
    polynomial(out, "LOG1P", formula, error, &Problem::new(-0.25, 0.5, sample), LOG1P_DEGREE);
    let formula = "(ln(1 + e) − e) / e^2 for e from 0 to 1";
    polynomial(
        out,
        "LOG1P_OF_FRACTION",
        formula,
        error,
        &Problem::new(0.002, 1.0, sample),
        LOG1P_OF_FRACTION_DEGREE,
    );
}

fn tangent(out: &mut String) {
    let problem = Problem::new(0.001, TANH_SMALL, |x| {
        let (tanh, square) = (x.tanh(), x * x);
        (square, (tanh - x) / (x * square), (x * square / tanh).abs())
    });
    let formula = &format!("(tanh(x) − x) / x^3 in x^2, for x from 0 to {TANH_SMALL}");
    polynomial(out, "TANH", formula, "relative error of tanh", &problem, TANH_DEGREE);
    let doc = "Where tanh goes from its polynomial to the exponential.";
    scalar(out, doc, "TANH_SMALL", "f32", format!("{TANH_SMALL:?}"));
}

fn sine_and_cosine(out: &mut String) {
    // The quotient of a reduction is off by up to 0.03 at 2^20: |r| reaches pi/4 + 0.05.
    let problem = Problem::new(0.001, 0.83, |r| {
        let (sin, square) = (r.sin(), r * r);
        (square, (sin - r) / (r * square), r * square / sin)
    });
    let formula = "(sin(r) − r) / r^3 in r^2, for r from 0 to 0.83";
    polynomial(out, "SIN", formula, "relative error of the sine", &problem, SIN_DEGREE);
    let problem = Problem::new(0.001, 0.83, |r| {
        let (cos, square) = (r.cos(), r * r);
        let rest = cos - Dd::ONE + square * Dd::from(0.5);
        (square, rest / (square * square), square * square / cos)
    });
    let formula = "(cos(r) − 1 + r^2/2) / r^4 in r^2, for r from 0 to 0.83";
    polynomial(out, "COS", formula, "relative error of the cosine", &problem, COS_DEGREE);
}

// Degrees: the least whose error stays well below half an ulp (6e-8).
const LOG1P_DEGREE: usize = 8;
const LOG1P_OF_FRACTION_DEGREE: usize = 8;
const TANH_DEGREE: usize = 6;
const TANH_SMALL: f64 = 0.9;
const SIN_DEGREE: usize = 2;
const COS_DEGREE: usize = 2;
