//! What a grid's options hold: lists, and the share of one machine.

use super::{Given, Value};

impl Given {
    /// The values given or, else, the default; an option that takes one value has a list of one.
    fn values(&self, name: &str) -> Vec<Value> {
        match self.value_or_default(name) {
            Some(Value::List(values)) => values,
            value => value.into_iter().collect(),
        }
    }

    /// Whether the option was given.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The integers given or, else, the default.
    pub fn wholes(&self, name: &str) -> Vec<u64> {
        let whole = |value| if let Value::Whole(n) = value { Some(n) } else { None };
        self.values(name).into_iter().filter_map(whole).collect()
    }

    /// The numbers given or, else, the default.
    pub fn reals(&self, name: &str) -> Vec<f64> {
        let real = |value| if let Value::Real(x) = value { Some(x) } else { None };
        self.values(name).into_iter().filter_map(real).collect()
    }

    /// The words chosen or, else, the default.
    pub fn words(&self, name: &str) -> Vec<&'static str> {
        let word = |value| if let Value::Word(word) = value { Some(word) } else { None };
        self.values(name).into_iter().filter_map(word).collect()
    }

    /// The share given: which, of how many.
    pub fn share(&self, name: &str) -> Option<(u64, u64)> {
        match self.value(name) {
            Some(&Value::Share(index, count)) => Some((index, count)),
            _ => None,
        }
    }
}
