//! The hyperbolic tangent: CONTRACT C4.

use super::coefficients::{TANH, TANH_SMALL};
use super::exp::{self, Reduced};
use super::{at_most, polynomial};
use crate::simd::{ROUND, Simd};

/// From here on tanh(x) rounds to 1.
const GREATEST: f32 = 10.0;

/// tanh(x); odd: tanh(−x) = −tanh(x), −0 included; ±1 beyond ±9.02.
///
/// On |x|: a polynomial x + x³ q(x²) where it is small, 1 − 2 / (e^(2x) + 1) elsewhere; both are computed and
/// one is chosen. From `TANH_SMALL` on the quotient is below 0.29 and its rounding errors are small.
#[inline(always)]
pub fn tanh<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let one = s.splat(1.0);
    let a = s.abs(x);

    let bounded = at_most(s, a, GREATEST);
    let Reduced { scale, r, h } = exp::reduce(s, s.add(bounded, bounded), s.splat(ROUND + 127.0));
    // e^(2x) + 1 = scale (1 + r h) + 1, rounded once.
    let denominator = s.fma(s.mul(r, scale), h, s.add(scale, one));
    let large = s.sub(one, s.div(s.splat(2.0), denominator));

    let square = s.mul(a, a);
    let small = s.fma(s.mul(a, square), polynomial(s, square, &TANH), a);
    s.copysign(s.select(s.lt(a, s.splat(TANH_SMALL)), small, large), x)
}
