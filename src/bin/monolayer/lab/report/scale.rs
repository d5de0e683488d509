//! The scale of an axis: ticks at round numbers, in equal steps or logarithmic where the data span a wide
//! range.

use monolayer::numeric::ln;

/// Numbers beyond this are not drawn; neither are NaN and the infinities.
const MOST: f64 = 1e200;

/// Smaller differences count as 0.
const LEAST: f64 = 1e-200;

/// From this ratio of greatest to least on, a scale of equal steps would hide most of a positive curve.
const WIDE: f64 = 30.0;

/// Maps numbers to places on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
    log: bool,
}

/// Whether a number can be drawn at all.
pub(super) fn is_drawable(x: f64) -> bool {
    (-MOST..=MOST).contains(&x)
}

/// The least and the greatest drawable value.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|&x| is_drawable(x)).fold(None, |range, x| match range {
        None => Some((x, x)),
        Some((low, high)) => Some((if x < low { x } else { low }, if x > high { x } else { high })),
    })
}

/// n 10^exponent, correctly rounded for exponents of up to 22.
fn scaled(n: f64, exponent: i32) -> f64 {
    let power = (0..exponent.unsigned_abs()).fold(1.0, |power, _| power * 10.0);
    if exponent < 0 { n / power } else { n * power }
}

/// The exponent of the greatest power of ten that is at most x > 0.
fn exponent_of(x: f64) -> i32 {
    let mut exponent = 0;
    while exponent < 300 && scaled(1.0, exponent + 1) <= x {
        exponent += 1;
    }
    while exponent > -300 && scaled(1.0, exponent) > x {
        exponent -= 1;
    }
    exponent
}

impl Scale {
    /// Equal steps, of whole numbers if `whole`, with about `count` ticks.
    pub(super) fn linear(values: impl Iterator<Item = f64>, count: u32, whole: bool) -> Self {
        let (low, high) = range(values).unwrap_or((0.0, 1.0));
        // A single number gets a tenth of itself to either side.
        let room = low.abs() * 0.1;
        let (low, high) = match high - low > LEAST {
            true => (low, high),
            false if whole || room <= LEAST => (low - 1.0, high + 1.0),
            false => (low - room, high + room),
        };
        let rough = (high - low) / f64::from(count);
        let mut exponent = exponent_of(rough);
        let digit = [1.0, 2.0, 5.0].into_iter().find(|&digit| scaled(digit, exponent) >= rough);
        let mut digit = digit.unwrap_or(10.0);
        if whole && scaled(digit, exponent) < 1.0 {
            (digit, exponent) = (1.0, 0);
        }
        let tick = |index: f64| scaled(index * digit, exponent);
        let mut first = (low / tick(1.0)) as i64 as f64;
        if tick(first) > low {
            first -= 1.0;
        }
        if tick(first + 1.0) <= low {
            first += 1.0;
        }
        let mut ticks = Vec::from([tick(first)]);
        // Far from 0 a step may be lost in rounding: the loop ends after ten times `count` ticks.
        while ticks.len() < 10 * count as usize && ticks[ticks.len() - 1] < high {
            ticks.push(tick(first + ticks.len() as f64));
        }
        let (first, last) = (ticks[0], ticks[ticks.len() - 1]);
        let (low, high) = (if first < low { first } else { low }, if last > high { last } else { high });
        Self { low, high, ticks, log: false }
    }

    /// As [`Scale::linear`], or logarithmic where the numbers are positive and span a wide range.
    pub(super) fn fitting(values: impl Iterator<Item = f64> + Clone, count: u32) -> Self {
        match range(values.clone()) {
            Some((low, high)) if low > LEAST && high / low > WIDE => Self::logarithmic(low, high),
            _ => Self::linear(values, count, false),
        }
    }

    fn logarithmic(low: f64, high: f64) -> Self {
        let (first, last) = (exponent_of(low), exponent_of(high));
        let decades = last - first + 1;
        let digits: &[f64] = if decades <= 3 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = (decades + 7) / 8;
        let all = (first..=last + every).filter(|exponent| (exponent - first) % every == 0);
        let all = all.flat_map(|exponent| digits.iter().map(move |&digit| scaled(digit, exponent)));
        let all: Vec<f64> = all.collect();
        // From the last tick at or below the least number to the first at or above the greatest.
        let from = all.iter().rposition(|&tick| tick <= low).unwrap_or(0);
        let to = all.iter().position(|&tick| tick >= high).unwrap_or(all.len() - 1);
        let ticks = all[from..=to].to_vec();
        Self { low: ticks[0], high: ticks[ticks.len() - 1], ticks, log: true }
    }

    /// Whether the scale is logarithmic.
    pub(super) fn is_log(&self) -> bool {
        self.log
    }

    /// The place of `x`, from 0 to 1; `None` where it cannot be drawn.
    pub(super) fn place(&self, x: f64) -> Option<f64> {
        let place = match self.log {
            false => (x - self.low) / (self.high - self.low),
            true => (ln(x) - ln(self.low)) / (ln(self.high) - ln(self.low)),
        };
        (is_drawable(x) && (-1e-9..=1.0 + 1e-9).contains(&place)).then_some(place)
    }

    /// The ticks and their labels.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        let step = match self.ticks.as_slice() {
            [a, b, ..] if !self.log => b - a,
            _ => 0.0,
        };
        self.ticks.iter().map(move |&tick| (tick, label(tick, if step > 0.0 { step } else { tick })))
    }
}

/// A tick's label, with as many decimals as the step between ticks needs.
fn label(tick: f64, step: f64) -> String {
    if tick == 0.0 {
        return "0".to_string(); // and not -0.0
    }
    let exponent = exponent_of(if step > 0.0 { step } else { 1.0 } * (1.0 + 1e-9));
    if tick.abs() >= 1e7 || exponent < -5 {
        let text = format!("{tick:.1e}");
        return text.replace(".0e", "e");
    }
    let decimals = if exponent < 0 { exponent.unsigned_abs() as usize } else { 0 };
    format!("{tick:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scale: &Scale) -> String {
        scale.ticks().map(|(_, text)| text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round() {
        for (values, whole, expected) in [
            (&[0.0, 1.0][..], false, "0 0.2 0.4 0.6 0.8 1.0"),
            (&[0.3021, 0.1], false, "0.10 0.15 0.20 0.25 0.30 0.35"),
            (&[205.0, 378.0], true, "200 250 300 350 400"),
            (&[1.0], true, "0 1 2"),
            (&[1.0, 2.0], true, "1 2"),
            (&[1.0, 20.0], true, "0 5 10 15 20"),
            (&[2.5], false, "2.2 2.3 2.4 2.5 2.6 2.7 2.8"),
            (&[-0.3, 0.4], false, "-0.4 -0.2 0 0.2 0.4"),
            (&[f64::NAN, f64::INFINITY, 3.0, 1e300, 4.0], false, "3.0 3.2 3.4 3.6 3.8 4.0"),
            (&[], false, "0 0.2 0.4 0.6 0.8 1.0"),
            (&[0.0, 2e9], false, "0 5e8 1e9 1.5e9 2e9"),
            (&[0.0, 4e-8], false, "0 1e-8 2e-8 3e-8 4e-8"),
        ] {
            let scale = Scale::linear(values.iter().copied(), 5, whole);
            assert_eq!(texts(&scale), expected, "{values:?}");
        }
    }

    #[test]
    fn wide_ranges_are_shown_by_ratio() {
        let scale = Scale::fitting([0.013, 0.9].into_iter(), 5);
        assert_eq!(texts(&scale), "0.01 0.02 0.05 0.1 0.2 0.5 1");
        let scale = Scale::fitting([1e-9, 1e6].into_iter(), 5);
        assert!(scale.is_log() && scale.ticks.len() <= 10, "{scale:?}");
        assert!(!Scale::fitting([0.0, 1e6].into_iter(), 5).is_log());
    }

    #[test]
    fn every_number_has_its_place_or_none() {
        let numbers =
            [0.0, -0.0, 1.0, -7.5, 1e-310, 3e-5, 1e9 + 1.0, 1e199, -1e199, 1e300, f64::NAN, f64::INFINITY];
        for a in numbers {
            for b in numbers {
                for scale in [
                    Scale::linear([a, b].into_iter(), 5, false),
                    Scale::linear([a, b].into_iter(), 5, true),
                    Scale::fitting([a, b].into_iter(), 5),
                ] {
                    assert!((1..=50).contains(&scale.ticks.len()), "{scale:?}");
                    for x in [a, b] {
                        let place = scale.place(x);
                        assert!(place.is_some() || !is_drawable(x), "{x} on {scale:?}");
                    }
                    scale.ticks().for_each(|(_, text)| assert!(text.len() < 14, "{text}"));
                }
            }
        }
    }
}
