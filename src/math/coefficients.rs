//! Derived constants; written by `tools/coefficients`, held to it by `tests/coefficients.rs`. Do not edit.
//!
//! Polynomials are minimax in the stated error, their coefficients f32 from the lowest power on.
#![allow(clippy::approx_constant)] // They are; the rounding of each is part of the contract.

/// 1 / ln 2.
pub(crate) const LOG2_E: f32 = 1.442695;

/// ln 2, its first 16 bits: exact times any integer below 256.
pub(crate) const LN2_HIGH: f32 = 0.69314575;

/// ln 2 − `LN2_HIGH`.
pub(crate) const LN2_LOW: f32 = 1.4286068e-6;

/// ln 2, its first 42 bits: exact times any integer below 2048.
pub(crate) const LN2_HIGH_F64: f64 = 0.6931471805598903;

/// ln 2 − `LN2_HIGH_F64`.
pub(crate) const LN2_LOW_F64: f64 = 5.497923018708371e-14;

/// 2/π.
pub(crate) const TWO_OVER_PI: f32 = 0.63661975;

/// π/2 = the sum of these, within 2^-72.
pub(crate) const HALF_PI: [f32; 3] = [1.5707964, -4.371139e-8, -1.7151244e-15];

/// π/2, cut to 53 bits.
pub(crate) const HALF_PI_F64: f64 = 1.5707963267948966;

/// π/2 = the sum of these, within 2^-114; the first two are exact times any integer below 2^23.
pub(crate) const HALF_PI_PARTS_F64: [f64; 3] =
    [1.570796325802803, 9.920935791635221e-10, 5.170182981794105e-19];

/// 2/π in units of 2^-256: the bits after the point follow 64 zeros.
pub(crate) const TWO_OVER_PI_BITS: [u64; 5] =
    [0x0000000000000000, 0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561];

/// (e^r − 1 − r) / r^2 for |r| ≤ ln(2)/2; relative error of e^r 3.1e-9.
pub(crate) const EXP: [f32; 5] = [0.49999994, 0.16666521, 0.04166828, 0.008368694, 0.0013819607];

/// (ln(1 + f) − f) / f^2 for f from −1/4 to 1/2; relative error of the logarithm 4.9e-9.
pub(crate) const LOG1P: [f32; 9] =
    [-0.5, 0.3333345, -0.2500011, 0.19990848, -0.16646878, 0.1447763, -0.13163936, 0.10472552, -0.045152284];

/// (ln(1 + e) − e) / e^2 for e from 0 to 1; relative error of the logarithm 5.3e-9.
pub(crate) const LOG1P_OF_FRACTION: [f32; 9] = [
    -0.4999993,
    0.33330464,
    -0.24958019,
    0.19692102,
    -0.15344882,
    0.10661137,
    -0.057457425,
    0.020086423,
    -0.0032905303,
];

/// (tanh(x) − x) / x^3 in x^2, for x from 0 to 0.9; relative error of tanh 1.1e-9.
pub(crate) const TANH: [f32; 7] =
    [-0.33333322, 0.13332981, -0.053929474, 0.021664092, -0.008265454, 0.0025834232, -0.0004557081];

/// Where tanh goes from its polynomial to the exponential.
pub(crate) const TANH_SMALL: f32 = 0.9;

/// (sin(r) − r) / r^3 in r^2, for r from 0 to 0.83; relative error of the sine 6.2e-9.
pub(crate) const SIN: [f32; 3] = [-0.1666665, 0.008331838, -0.0001947334];

/// (cos(r) − 1 + r^2/2) / r^4 in r^2, for r from 0 to 0.83; relative error of the cosine 2.2e-10.
pub(crate) const COS: [f32; 3] = [0.041666638, -0.0013886951, 2.4392224e-5];
