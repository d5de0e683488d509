//! Decimal numbers as f32, correctly rounded.

/// The most digits of a number read here: as integers, and as powers of ten, so many are exact in f64.
const DIGITS: usize = 15;

const POWERS: [f64; DIGITS + 1] =
    [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The number without exponent that `bytes` begin with, and its length; `None` where `str::parse` has to
/// tell.
///
/// Digits and power of ten are exact, so their quotient q is correctly rounded in f64. Rounding is monotone,
/// and the midpoints between two f32 are f64: a q that is none lies on the same side of all of them as the
/// exact value, and rounding it again rounds correctly. `has_comma`: a comma may stand for the point.
#[inline(always)]
pub(super) fn plain(bytes: &[u8], has_comma: bool) -> Option<(f32, usize)> {
    let (sign, start) = match bytes.first()? {
        b'-' => (1u32 << 31, 1),
        b'+' => (0, 1),
        _ => (0, 0),
    };
    let (mut at, mut digits, mut decimals) = (start, 0u64, 0);
    take_digits(bytes, &mut at, &mut digits);
    let mut count = at - start;
    if matches!(bytes.get(at), Some(&byte) if byte == b'.' || (byte == b',' && has_comma)) {
        at += 1;
        let point = at;
        take_digits(bytes, &mut at, &mut digits);
        decimals = at - point;
        count += decimals;
    }
    if count == 0 || count > DIGITS {
        return None;
    }
    let quotient = digits as f64 / POWERS[decimals];
    // The 29 bits of f64 that f32 lacks: a one and zeros are a midpoint.
    let is_midpoint = quotient.to_bits() & 0x1fff_ffff == 0x1000_0000;
    (!is_midpoint).then(|| (f32::from_bits((quotient as f32).to_bits() | sign), at))
}

#[inline(always)]
fn take_digits(bytes: &[u8], at: &mut usize, digits: &mut u64) {
    while let Some(digit) = bytes.get(*at).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10) {
        *digits = digits.wrapping_mul(10).wrapping_add(digit.into()); // too many are refused afterwards
        *at += 1;
    }
}

/// The number that `bytes` are, infinite where f32 cannot hold it; `None` if they are none.
pub(super) fn parse(bytes: &[u8], has_comma: bool) -> Option<f32> {
    if let Some((number, length)) = plain(bytes, has_comma) {
        if length == bytes.len() {
            return Some(number);
        }
    }
    let text = core::str::from_utf8(bytes).ok()?;
    if has_comma && text.contains(',') && !text.contains('.') {
        return pointed(text)?.parse().ok();
    }
    text.parse().ok()
}

/// The text with a point for its comma; `None` if it has more letters than any number that people write.
fn pointed(text: &str) -> Option<String> {
    (text.len() <= 1024).then(|| text.replacen(',', ".", 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn same(text: &str) {
        let expected = text.parse::<f32>().ok().map(f32::to_bits);
        assert_eq!(parse(text.as_bytes(), false).map(f32::to_bits), expected, "{text}");
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for text in [
            "0",
            "-0",
            "+1",
            "1.",
            ".5",
            ".",
            "",
            "-",
            "+",
            "-.",
            "1e5",
            "1e39",
            "-1e39",
            "1e-46",
            "inf",
            "NaN",
            "1.5x",
            "0x10",
            "1_000",
            "16777217",
            "16777219",
            "33554435",
            "16777217.0",
            "16777217.000000",
            "16777216.999999",
            "0.100000001490116119384765625",
            "999999999999999",
            "9999999999999999",
            "0.000000000000001",
            "0.0000000000000001",
            "1 2",
            "--1",
            "1-",
            "3.4028235e38",
            "3.4028236e38",
        ] {
            same(text);
        }
    }

    /// Random digits, decimals next to the midpoints of f32, and the shortest text of random f32.
    #[test]
    fn random_numbers_are_those_of_the_standard_library() {
        let mut rng = Rng::new(7);
        for _ in 0..200_000 {
            let bits = rng.next_u64();
            let digits = bits >> (14 + bits % 50);
            let decimals = (bits >> 8) as usize % 16;
            let text = digits.to_string();
            let cut = text.len().saturating_sub(decimals);
            same(&format!("{}.{}", &text[..cut], &text[cut..]));
            let x = f32::from_bits((bits >> 32) as u32 & 0x9fff_ffff | 0x2000_0000);
            same(&x.to_string());
            let middle = (f64::from(x) + f64::from(f32::from_bits(x.to_bits() + 1))) / 2.0;
            same(&format!("{middle:.9}"));
            same(&format!("{middle:.14}"));
        }
    }

    #[test]
    fn a_comma_is_a_point_where_it_may_be() {
        for (text, value) in
            [("1,5", 1.5), ("-0,25", -0.25), ("1,5e2", 150.0), ("1,12345678901234567", 1.1234568)]
        {
            assert_eq!(parse(text.as_bytes(), true), Some(value), "{text}");
            assert_eq!(parse(text.as_bytes(), false), None, "{text}");
        }
        assert_eq!(parse(b"1.234,5", true), None);
        assert_eq!(parse(b"1,2,3", true), None);
    }
}
