//! Non-negative fixed-point numbers of 448 bits, 64 of them before the point: enough for the bits of 2 / pi
//! that the greatest f32 reaches.

/// 64-bit words, the most significant first; the point follows the first.
pub(crate) const WORDS: usize = 7;

/// A number in [0, 2^64), in units of 2^-384.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fixed(pub(crate) [u64; WORDS]);

impl Fixed {
    pub(crate) const ZERO: Self = Self([0; WORDS]);

    pub(crate) fn from_integer(n: u64) -> Self {
        let mut words = [0; WORDS];
        words[0] = n;
        Self(words)
    }

    /// a + b; the callers' sums fit.
    pub(crate) fn plus(self, other: Self) -> Self {
        let (mut words, mut carry) = ([0; WORDS], false);
        for i in (0..WORDS).rev() {
            let (sum, over) = self.0[i].overflowing_add(other.0[i]);
            let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
            (words[i], carry) = (sum, over | over_carry);
        }
        assert!(!carry);
        Self(words)
    }

    /// a - b for a >= b.
    pub(crate) fn minus(self, other: Self) -> Self {
        assert!(self >= other);
        let (mut words, mut borrow) = ([0; WORDS], false);
        for i in (0..WORDS).rev() {
            let (difference, under) = self.0[i].overflowing_sub(other.0[i]);
            let (difference, under_borrow) = difference.overflowing_sub(u64::from(borrow));
            (words[i], borrow) = (difference, under | under_borrow);
        }
        Self(words)
    }

    pub(crate) fn times_integer(self, n: u64) -> Self {
        let (mut words, mut carry) = ([0; WORDS], 0);
        for i in (0..WORDS).rev() {
            let product = u128::from(self.0[i]) * u128::from(n) + carry;
            (words[i], carry) = (product as u64, product >> 64);
        }
        assert!(carry == 0);
        Self(words)
    }

    pub(crate) fn over_integer(self, n: u64) -> Self {
        let (mut words, mut rest) = ([0; WORDS], 0u128);
        for (word, &digit) in words.iter_mut().zip(&self.0) {
            let dividend = (rest << 64) | u128::from(digit);
            *word = (dividend / u128::from(n)) as u64;
            rest = dividend % u128::from(n);
        }
        Self(words)
    }

    /// a / b for b >= 1/2: long division, one bit at a time.
    pub(crate) fn over(self, divisor: Self) -> Self {
        let whole = (0..).take_while(|&n| divisor.times_integer(n + 1) <= self).last().map_or(0, |n| n + 1);
        let (mut quotient, mut rest) = (Self::from_integer(whole), self.minus(divisor.times_integer(whole)));
        for bit in 64..64 * WORDS {
            rest = rest.plus(rest);
            if rest >= divisor {
                rest = rest.minus(divisor);
                quotient.0[bit / 64] |= 1 << (63 - bit % 64);
            }
        }
        quotient
    }

    /// The first `bits` significant bits, cut off, as a number of their own; `bits` at most 53.
    pub(crate) fn leading(self, bits: u32) -> (Self, f64) {
        let first = self.0.iter().position(|&w| w != 0).expect("not zero");
        let start = 64 * first as u32 + self.0[first].leading_zeros();
        let (mut cut, mut value) = (Self::ZERO, 0.0);
        for bit in start..start + bits {
            let (word, mask) = ((bit / 64) as usize, 1 << (63 - bit % 64));
            if word < WORDS && self.0[word] & mask != 0 {
                cut.0[word] |= mask;
                value += 2f64.powi(63 - bit as i32);
            }
        }
        (cut, value)
    }

    /// atan(1/n), by its Taylor series.
    fn arctangent_of_inverse(n: u64) -> Self {
        let mut power = Self::from_integer(1).over_integer(n);
        let mut sum = Self::ZERO;
        for k in 0.. {
            let term = power.over_integer(2 * k + 1);
            if term == Self::ZERO {
                break;
            }
            sum = if k % 2 == 0 { sum.plus(term) } else { sum.minus(term) };
            power = power.over_integer(n * n);
        }
        sum
    }

    /// pi = 16 atan(1/5) - 4 atan(1/239) (Machin, 1706).
    pub(crate) fn pi() -> Self {
        let (a, b) = (Self::arctangent_of_inverse(5), Self::arctangent_of_inverse(239));
        a.times_integer(16).minus(b.times_integer(4))
    }

    /// ln 2 = the sum of 1 / (k 2^k).
    pub(crate) fn ln2() -> Self {
        let (mut power, mut sum) = (Self::from_integer(1), Self::ZERO);
        for k in 1..=384 {
            power = power.over_integer(2);
            sum = sum.plus(power.over_integer(k));
        }
        sum
    }
}
