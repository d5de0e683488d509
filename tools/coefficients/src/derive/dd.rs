//! Double-double numbers: an unevaluated sum of two f64, about 106 bits.
//!
//! Sums by TwoSum (Knuth), products by Veltkamp's splitting and Dekker's TwoProduct ("A floating-point
//! technique for extending the available precision", 1971), functions by their Taylor series: nothing here
//! depends on the machine's mathematical library.

use core::cmp::Ordering;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// hi + lo, with |lo| at most half an ulp of hi.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dd {
    /// The sum, rounded to f64.
    pub(crate) hi: f64,
    /// What the rounding left out.
    pub(crate) lo: f64,
}

fn two_sum(a: f64, b: f64) -> Dd {
    let hi = a + b;
    let addend = hi - a;
    Dd { hi, lo: (a - (hi - addend)) + (b - addend) }
}

fn two_product(a: f64, b: f64) -> Dd {
    let split = |x: f64| {
        let scaled = x * 134_217_729.0; // 2^27 + 1
        let high = scaled - (scaled - x);
        (high, x - high)
    };
    let hi = a * b;
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    Dd { hi, lo: ((a1 * b1 - hi) + a1 * b2 + a2 * b1) + a2 * b2 }
}

impl Dd {
    pub(crate) const ZERO: Self = Self { hi: 0.0, lo: 0.0 };
    pub(crate) const ONE: Self = Self { hi: 1.0, lo: 0.0 };

    pub(crate) fn abs(self) -> Self {
        if self.hi < 0.0 { -self } else { self }
    }

    /// e^x: the series at x / 2^k, squared k times.
    pub(crate) fn exp(self) -> Self {
        let (mut x, mut squarings) = (self, 0);
        while x.hi > 0.05 || x.hi < -0.05 {
            x = x * Self::from(0.5);
            squarings += 1;
        }
        // e^x - 1, so that the squarings do not lose the small part: (1 + y)^2 - 1 = y (y + 2).
        let mut y = expm1_series(x);
        for _ in 0..squarings {
            y = y * (y + Self::from(2.0));
        }
        y + Self::ONE
    }

    /// ln(x) for any normal x > 0: ln(m 2^k) with m in [2/3, 4/3], and ln m = 2 artanh((m - 1) / (m + 1)).
    pub(crate) fn ln(self) -> Self {
        let (mut m, mut k) = (self, 0.0);
        while m.hi > 4.0 / 3.0 {
            (m, k) = (m * Self::from(0.5), k + 1.0);
        }
        while m.hi < 2.0 / 3.0 {
            (m, k) = (m * Self::from(2.0), k - 1.0);
        }
        let artanh = |s: Self| {
            let (mut power, mut sum, square) = (s, Self::ZERO, s * s);
            for i in 0..60 {
                sum = sum + power / Self::from(f64::from(2 * i + 1));
                power = power * square;
            }
            sum
        };
        let two = Self::from(2.0);
        let ln2 = two * artanh(Self::ONE / Self::from(3.0));
        two * artanh((m - Self::ONE) / (m + Self::ONE)) + Self::from(k) * ln2
    }

    /// sin(x) for |x| of a few units, where the series does not cancel much.
    pub(crate) fn sin(self) -> Self {
        let (square, mut term, mut sum) = (self * self, self, self);
        for k in 1..20 {
            term = -(term * square / Self::from(f64::from(2 * k * (2 * k + 1))));
            sum = sum + term;
        }
        sum
    }

    /// cos(x) for |x| of a few units.
    pub(crate) fn cos(self) -> Self {
        let (square, mut term, mut sum) = (self * self, Self::ONE, Self::ONE);
        for k in 1..20 {
            term = -(term * square / Self::from(f64::from(2 * k * (2 * k - 1))));
            sum = sum + term;
        }
        sum
    }

    /// tanh(x) = 1 - 2 / (e^(2x) + 1).
    pub(crate) fn tanh(self) -> Self {
        let two = Self::from(2.0);
        Self::ONE - two / ((self * two).exp() + Self::ONE)
    }
}

/// e^x - 1 for small |x|: the sum of x^k / k! for k from 1 on.
fn expm1_series(x: Dd) -> Dd {
    let (mut term, mut sum) = (Dd::ONE, Dd::ZERO);
    for k in 1..30 {
        term = term * x / Dd::from(f64::from(k));
        sum = sum + term;
    }
    sum
}

impl From<f64> for Dd {
    fn from(hi: f64) -> Self {
        Self { hi, lo: 0.0 }
    }
}

impl Neg for Dd {
    type Output = Self;
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
    }
}

impl Add for Dd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (s, t) = (two_sum(self.hi, other.hi), two_sum(self.lo, other.lo));
        let s = two_sum(s.hi, s.lo + t.hi);
        two_sum(s.hi, s.lo + t.lo)
    }
}

impl Sub for Dd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Dd {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let p = two_product(self.hi, other.hi);
        two_sum(p.hi, p.lo + (self.hi * other.lo + self.lo * other.hi))
    }
}

impl Div for Dd {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let q1 = self.hi / other.hi;
        let rest = self - other * Self::from(q1);
        let q2 = rest.hi / other.hi;
        let rest = rest - other * Self::from(q2);
        two_sum(q1, q2) + Self::from(rest.hi / other.hi)
    }
}

impl PartialOrd for Dd {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match self.hi.partial_cmp(&other.hi) {
            Some(Ordering::Equal) => self.lo.partial_cmp(&other.lo),
            order => order,
        }
    }
}
