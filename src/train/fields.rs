//! The fields of a configuration, each said once: the command line, [`Config::check`], the model file's
//! training text, checkpoints, grids and reports are all read off this table.

use super::{Config, Error, Schedule, Step};
use crate::math::Activation;

/// The values that a setting takes, as text.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Range {
    /// An integer from the first to the second.
    Whole(u64, u64),
    /// A number greater than this. It is used in single precision and must be so there, too.
    Above(f64),
    /// A number at least this; as above.
    AtLeast(f64),
    /// A number greater than the first and at most the second; as above.
    Within(f64, f64),
    /// A number at most this in magnitude; as above.
    Around0(f64),
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Range {
    /// Whether `text` spells a value of the range.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Whole(least, most) => text.parse().is_ok_and(|n| least <= n && n <= most),
            Self::Above(low) => is_real(text, |x| x > low),
            Self::AtLeast(low) => is_real(text, |x| x >= low),
            Self::Within(low, high) => is_real(text, |x| x > low && x <= high),
            Self::Around0(high) => is_real(text, |x| -high <= x && x <= high),
            Self::OneOf(words) => words.contains(&text),
        }
    }
}

/// Whether `text` is a finite number that `fits`, and is so as the f32 that the arithmetic uses.
fn is_real(text: &str, fits: impl Fn(f64) -> bool) -> bool {
    let fits = |x: f64| x.is_finite() && fits(x);
    text.parse().is_ok_and(|exact: f64| fits(exact) && fits(f64::from(exact as f32)))
}

/// The range in words that fit after "expected".
impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(0, u64::MAX) => f.write_str("an integer, 0 to 2^64 - 1"),
            Self::Whole(least, most) => write!(f, "an integer, {least} to {most}"),
            Self::Above(low) => write!(f, "a number > {low} that a 32-bit float can hold (1e-45 to 3.4e38)"),
            Self::AtLeast(low) => {
                write!(f, "a number >= {low} that a 32-bit float can hold (at most 3.4e38)")
            }
            Self::Within(low, high) => {
                write!(f, "a number > {low} and <= {high} that a 32-bit float can hold")
            }
            Self::Around0(high) => {
                write!(f, "a number >= -{high} and <= {high} that a 32-bit float can hold")
            }
            Self::OneOf(words) => match words.split_last() {
                Some((last, others)) if !others.is_empty() => write!(f, "{} or {last}", others.join(", ")),
                _ => f.write_str(words.first().unwrap_or(&"nothing")),
            },
        }
    }
}

/// A field of [`Config`]: its name, its values, and their text.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The field's name in texts, JSON and on the command line.
    pub name: &'static str,
    /// What it decides, without a full stop.
    pub help: &'static str,
    /// Its values.
    pub range: Range,
    get: fn(&Config) -> String,
    /// Sets it to a value of the range.
    set: fn(&mut Config, &str) -> Option<()>,
}

/// The constants of [`Field`], each named after the field of [`Config`] that it is read from and written to.
macro_rules! fields {
    ($($constant:ident, $field:ident, $range:expr, $help:expr;)+) => {
        impl Field {
            $(
                #[doc = concat!("[`Config::", stringify!($field), "`].")]
                pub const $constant: Self = Self {
                    name: stringify!($field),
                    help: $help,
                    range: $range,
                    get: |config| config.$field.text(),
                    set: |config, text| Value::read(text).map(|value| config.$field = value),
                };
            )+

            /// Every field, in the order of the training text.
            pub const ALL: [Self; [$(Self::$constant.name),+].len()] = [$(Self::$constant),+];
        }
    };
}

fields! {
    ACTIVATION, activation, Range::OneOf(&Activation::NAMES), "the hidden units' function";
    HIDDEN, hidden, Range::Whole(1, 65_536), "hidden units";
    LR, lr, Range::Above(0.0), "the learning rate";
    LAMBDA, lambda, Range::AtLeast(0.0), "the L2 penalty, on biases too";
    BATCH, batch, Range::Whole(1, 65_536), "images per step; more than the data have: one batch";
    EPOCHS, epochs, Range::Whole(1, 100_000), "passes over the training images";
    STEP, step, Range::OneOf(&["sum", "mean"]),
        "step by the learning rate times the sum of the batch's gradients, or their mean";
    SCALE, scale, Range::Within(0.0, 65_535.0), "divide pixels by this";
    SEED, seed, Range::Whole(0, u64::MAX), "everything random follows from it";
    SCHEDULE, schedule, Range::OneOf(&["constant", "step", "cosine"]),
        "the learning rate's course: as it is; a tenth of it in the second third of the epochs and a hundredth \
         in the last; or half a cosine from it down almost to 0";
    CENTRE, centre, Range::Around0(65_535.0), "subtract this from pixels before they are divided";
    START_SCALE, start_scale, Range::Within(0.0, 65_535.0), "multiply the start weights of the hidden units by this";
}

/// A field's type.
trait Value: Sized {
    /// A word, or the shortest decimal that gives the value back.
    fn text(&self) -> String;
    fn read(text: &str) -> Option<Self>;
}

/// The types whose text is what they print.
macro_rules! printed {
    ($($type:ty),+) => {
        $(impl Value for $type {
            fn text(&self) -> String {
                self.to_string()
            }
            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        })+
    };
}
printed!(usize, u32, u64, Activation, Step, Schedule);

impl Value for f64 {
    fn text(&self) -> String {
        format!("{self:?}")
    }
    /// -0 is 0.
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(|x: f64| x + 0.0)
    }
}

impl Value for f32 {
    fn text(&self) -> String {
        format!("{self:?}")
    }
    fn read(text: &str) -> Option<Self> {
        f64::read(text).map(|x| x as f32)
    }
}

impl Field {
    /// The field's value in a configuration: a word, or the shortest decimal that gives it back.
    pub fn text(&self, config: &Config) -> String {
        (self.get)(config)
    }

    /// Whether texts of the configuration name the field: a schedule that is constant, a centre of 0 and a
    /// start scale of 1 are left out.
    pub fn is_named(&self, config: &Config) -> bool {
        match self.name {
            name if name == Self::SCHEDULE.name => config.schedule != Schedule::Constant,
            name if name == Self::CENTRE.name => config.centre != 0.0,
            name if name == Self::START_SCALE.name => config.start_scale != 1.0,
            _ => true,
        }
    }

    /// Sets the field to the value that `text` spells.
    ///
    /// # Errors
    /// [`Error::Setting`]: `text` is no value of the range.
    pub fn set(&self, config: &mut Config, text: &str) -> Result<(), Error> {
        let set = if self.range.holds(text) { (self.set)(config, text) } else { None };
        set.ok_or_else(|| self.wrong(text))
    }

    pub(super) fn wrong(&self, found: &str) -> Error {
        Error::Setting { name: self.name, found: found.into(), expected: self.range.to_string() }
    }
}

impl Config {
    /// Whether every value is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] names the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        for field in Field::ALL {
            let found = field.text(self);
            if !field.range.holds(&found) {
                return Err(field.wrong(&found));
            }
        }
        // The mean divides the rate by the batch.
        match self.ascent(1).eta {
            0.0 => Err(Field::LR.wrong(&Field::LR.text(self))),
            _ => Ok(()),
        }
    }
}

/// The configuration as `name=value` lines, in the order of [`Field::ALL`]: the model file's training text.
impl std::fmt::Display for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for field in Field::ALL.iter().filter(|field| field.is_named(self)) {
            writeln!(f, "{}={}", field.name, field.text(self))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_read_back_from_its_text() {
        let all = Config {
            activation: Activation::Cos,
            hidden: 65_536,
            lr: 1e-5,
            lambda: 1.0 / 3.0,
            batch: 7,
            epochs: 100_000,
            step: Step::Mean,
            centre: -0.1,
            scale: 0.1,
            seed: u64::MAX,
            schedule: Schedule::Cosine,
            start_scale: 2.5,
        };
        let mut read = Config::default();
        for field in Field::ALL {
            assert_ne!(field.text(&all), field.text(&read), "{}", field.name);
            assert_eq!(field.set(&mut read, &field.text(&all)), Ok(()));
            for wrong in ["", "x", "-65536"] {
                let error = field.set(&mut read, wrong).unwrap_err();
                assert_eq!(error, field.wrong(wrong), "{error}");
            }
        }
        assert_eq!(read, all);
        assert_eq!(Field::LAMBDA.set(&mut read, "-0"), Ok(()));
        assert!(read.lambda.is_sign_positive());
    }

    #[test]
    fn words_are_those_of_the_enums() {
        let mut config = Config::default();
        for field in Field::ALL {
            if let Range::OneOf(words) = field.range {
                assert!(words.iter().all(|word| field.set(&mut config, word).is_ok()), "{}", field.name);
            }
        }
        let words = |field: Field| if let Range::OneOf(words) = field.range { words.len() } else { 0 };
        assert_eq!(words(Field::ACTIVATION), Activation::ALL.len());
        assert_eq!(words(Field::SCHEDULE), Schedule::ALL.len());
    }

    #[test]
    fn numbers_hold_in_single_precision_too() {
        let above = Range::Above(0.0);
        for text in ["1e-46", "1e39", "inf", "nan", "0", "-1", "", "1,5", "0x10"] {
            assert!(!above.holds(text), "{text}");
        }
        for text in ["1e-45", "3.4e38", ".5", "+1", "1E-3"] {
            assert!(above.holds(text), "{text}");
        }
        let within = Range::Within(0.0, 65_535.0);
        assert!(within.holds("65535") && !within.holds("65535.0000001"));
        let around = Range::Around0(2.0);
        assert!(around.holds("-2") && around.holds("-0") && !around.holds("2.1") && !around.holds("nan"));
        assert!(Range::AtLeast(0.0).holds("1e-60") && Range::AtLeast(0.0).holds("-0"));
    }
}
