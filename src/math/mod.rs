//! Elementwise functions, written once over [`Simd`].
//!
//! Each is the fixed sequence of operations of CONTRACT C4, the same on every instruction set, so that
//! `exp(Scalar, x)` is the scalar function and, bit for bit, each lane of the others. No function traps,
//! reads a table by a computed index in its fast path, or branches on data, but for sine and cosine of an
//! argument beyond 2^20.
//!
//! Accuracy: `tests/math_accuracy.rs` holds the bounds, in ULP, measured on all 2^32 arguments.

pub(crate) mod coefficients;
pub mod double;
mod exp;
mod log;
mod softmax;
mod softplus;
mod tanh;
mod trig;

pub use exp::exp;
pub use log::log1p;
pub use softmax::{softmax, softmax_row};
pub use softplus::{logistic, softplus};
pub use tanh::tanh;
pub use trig::{cos, sin, sin_cos};

use crate::simd::{MAX_LANES, Simd, UnknownName, keep_rolled};
use core::fmt;
use core::str::FromStr;

/// c[0] + c[1] x + c[2] x² + ..., by Horner's rule.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(s: S, x: S::F32, c: &[f32; N]) -> S::F32 {
    let mut sum = s.splat(c[N - 1]);
    for &c in c[..N - 1].iter().rev() {
        sum = s.fma(sum, x, s.splat(c));
    }
    sum
}

/// The greater of two numbers, `a` where neither is. (The result of std's `max` is not specified for a NaN
/// and for zeros of two signs.)
#[cfg(feature = "std")]
pub(crate) fn greater<T: PartialOrd>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

/// All bits set in the first `lanes` lanes, none in the others.
#[inline(always)]
pub(crate) fn keep<S: Simd>(s: S, lanes: usize) -> S::I32 {
    let lane = |lane| f32::from_bits(if lane < lanes { u32::MAX } else { 0 });
    s.bits(s.load(&core::array::from_fn::<_, MAX_LANES, _>(lane)))
}

/// The lanes of v that [`keep`] has; +0 in the others.
#[inline(always)]
pub(crate) fn kept<S: Simd>(s: S, v: S::F32, keep: S::I32) -> S::F32 {
    s.f32_from_bits(s.and_i32(s.bits(v), keep))
}

/// The greater of `x` and `least`; NaN where `x` is.
#[inline(always)]
fn at_least<S: Simd>(s: S, x: S::F32, least: f32) -> S::F32 {
    let least = s.splat(least);
    s.select(s.lt(x, least), least, x)
}

/// The lesser of `x` and `most`; NaN where `x` is.
#[inline(always)]
fn at_most<S: Simd>(s: S, x: S::F32, most: f32) -> S::F32 {
    let most = s.splat(most);
    s.select(s.lt(most, x), most, x)
}

/// The greater of a and +0; NaN where a is.
#[inline(always)]
pub fn relu<S: Simd>(s: S, a: S::F32) -> S::F32 {
    softplus::relu_or_softplus(s, a, false)
}

/// The place of the first of the greatest `values`, 0 of none. Branchless: the branch would be unpredictable.
#[inline(always)]
pub fn argmax<T: PartialOrd + Copy>(values: &[T]) -> usize {
    let Some(&first) = values.first() else { return 0 };
    let (mut place, mut greatest) = (0, first);
    for (at, &value) in values.iter().enumerate() {
        keep_rolled();
        let greater = value > greatest;
        place = if greater { at } else { place };
        greatest = if greater { value } else { greatest };
    }
    place
}

/// The hidden units' function h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Activation {
    /// ln(1 + e^a).
    Softplus = 0,
    /// The hyperbolic tangent.
    Tanh = 1,
    /// The cosine.
    Cos = 2,
    /// The rectifier: the greater of a and 0; its slope at 0 is 0.
    Relu = 3,
}

impl Activation {
    /// All of them, by ascending code.
    pub const ALL: [Self; 4] = [Self::Softplus, Self::Tanh, Self::Cos, Self::Relu];

    /// The names of all of them, the last one's first, as options list them.
    #[cfg(feature = "std")]
    pub(crate) const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut code = 0;
        while code < names.len() {
            names[names.len() - 1 - code] = Self::ALL[code].name();
            code += 1;
        }
        names
    };

    /// The activation with this code in the model file, which has no greater ones.
    pub(crate) fn of_code(code: u32) -> Self {
        Self::ALL[code as usize % Self::ALL.len()]
    }

    /// Its name: `softplus`, `tanh`, `cos` or `relu`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Softplus => "softplus",
            Self::Tanh => "tanh",
            Self::Cos => "cos",
            Self::Relu => "relu",
        }
    }

    /// h(a).
    #[inline(always)]
    pub fn value<S: Simd>(self, s: S, a: S::F32) -> S::F32 {
        match self {
            Self::Tanh => tanh(s, a),
            Self::Cos => cos(s, a),
            Self::Softplus | Self::Relu => softplus::relu_or_softplus(s, a, self == Self::Softplus),
        }
    }

    /// h(a) and h'(a), CONTRACT C4: softplus and the logistic; z = tanh(a) and 1 − z²; cos(a) and −sin(a);
    /// relu(a), and 1 where 0 < a, else 0.
    #[inline(always)]
    pub fn value_and_slope<S: Simd>(self, s: S, a: S::F32) -> (S::F32, S::F32) {
        match self {
            Self::Softplus => softplus::softplus_and_logistic(s, a),
            Self::Tanh => {
                let z = tanh(s, a);
                (z, s.fma(s.neg(z), z, s.splat(1.0)))
            }
            Self::Cos => {
                let (sin, cos) = sin_cos(s, a);
                (cos, s.neg(sin))
            }
            Self::Relu => {
                let zero = s.splat(0.0);
                (relu(s, a), s.select(s.lt(zero, a), s.splat(1.0), zero))
            }
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Activation {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|activation| activation.name() == name);
        found.ok_or(UnknownName("unknown activation, expected softplus, tanh, cos or relu"))
    }
}
