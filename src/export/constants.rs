//! What stands in src/math/coefficients.rs under a name, for the texts that name it.

use crate::math::coefficients as constant;

/// A constant, or the coefficients of a polynomial.
pub(super) enum Constant {
    F32(f32),
    F64(f64),
    Words(&'static [u64]),
    /// With the name of its function: c[0] + c[1] x + c[2] x² + ...
    Polynomial(&'static str, &'static [f32]),
}

/// The constant of that name.
///
/// # Panics
/// There is none: a text names it.
pub(super) fn named(name: &str) -> Constant {
    Constant::F32(match name {
        "EXP" => return Constant::Polynomial("exp", &constant::EXP),
        "TANH" => return Constant::Polynomial("tanh", &constant::TANH),
        "LOG1P_OF_FRACTION" => return Constant::Polynomial("log1p", &constant::LOG1P_OF_FRACTION),
        "SIN" => return Constant::Polynomial("sin", &constant::SIN),
        "COS" => return Constant::Polynomial("cos", &constant::COS),
        "TWO_OVER_PI_BITS" => return Constant::Words(&constant::TWO_OVER_PI_BITS),
        "HALF_PI_F64" => return Constant::F64(constant::HALF_PI_F64),
        "LOG2_E" => constant::LOG2_E,
        "LN2_HIGH" => constant::LN2_HIGH,
        "LN2_LOW" => constant::LN2_LOW,
        "TANH_SMALL" => constant::TANH_SMALL,
        "TWO_OVER_PI" => constant::TWO_OVER_PI,
        "HALF_PI_0" => constant::HALF_PI[0],
        "HALF_PI_1" => constant::HALF_PI[1],
        "HALF_PI_2" => constant::HALF_PI[2],
        _ => unreachable!("a text names {name}"),
    })
}
