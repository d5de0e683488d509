//! Names of classes: what they may be, and their order.

use super::error::Error;

/// Sorts by names: numbers, where all are, by their values; else, and among equals, by bytes.
pub(crate) fn in_order<T>(list: &mut [T], name: impl Fn(&T) -> &str) {
    let number = |name: &str| name.parse::<f64>().ok().filter(|number| number.is_finite());
    let all_numbers = list.iter().all(|item| number(name(item)).is_some());
    list.sort_by(|a, b| {
        let values =
            [name(a), name(b)].map(|name| if all_numbers { number(name).unwrap_or(0.0) } else { 0.0 });
        values[0].total_cmp(&values[1]).then_with(|| name(a).cmp(name(b)))
    });
}

/// Whether a text can be the name of a class: a model file holds printable ones of at most 64 bytes.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let is_plain = !name.is_empty() && name.len() <= 64 && !name.chars().any(char::is_control);
    let rule = "printable UTF-8 of at most 64 bytes; rename it";
    if is_plain { Ok(()) } else { Err(Error::new("a class name that is not plain text", rule)) }
}
