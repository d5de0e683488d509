//! The features of a table: weights by name, and rows that were predicted wrongly.

use super::html::{isolated, table};
use super::pictures::influences;
use monolayer::data::{Images, Table};
use monolayer::weights::Params;

/// At most this many features of a hidden unit are listed, and this many columns of a row shown.
const MOST_WEIGHTS: usize = 10;
const MOST_COLUMNS: usize = 16;

/// The name of feature `d`, or its number where the table has no header.
fn name(of: &Table, d: usize) -> String {
    of.names.get(d).cloned().unwrap_or_else(|| format!("feature {}", d + 1))
}

/// The `shown` hidden units of the most influence, each with its weights from the features, the largest
/// first.
pub(super) fn units(params: &Params, of: &Table, classes: &[String], shown: usize) -> String {
    let each = influences(params).into_iter().take(shown).map(|(unit, most, least)| {
        let (raised, lowered) = (isolated(&classes[most]), isolated(&classes[least]));
        let caption = format!("<strong>unit {}</strong> <span>+{raised} −{lowered}</span>", unit + 1);
        format!("<li>{caption}{}</li>\n", weights(params, of, unit))
    });
    format!("<ul class=\"weights\">\n{}</ul>\n", each.collect::<String>())
}

/// The weights of a hidden unit, in colours as strong as they are large.
fn weights(params: &Params, of: &Table, unit: usize) -> String {
    let (features, hidden) = (params.shape().features, params.shape().hidden);
    let mut order: Vec<(f32, usize)> =
        (0..features).map(|d| (params.w1()[(d + 1) * hidden + unit], d)).collect();
    order.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then(a.1.cmp(&b.1)));
    let most = order.first().map_or(1.0, |first| first.0.abs());
    let rows = order.iter().take(MOST_WEIGHTS).map(|&(weight, d)| {
        let colour = if weight < 0.0 { "right" } else { "wrong" };
        let opacity = if most > 0.0 { weight.abs() / most * 0.6 } else { 0.0 };
        format!(
            "<tr><th scope=\"row\">{}</th><td style=\"background:rgb(var(--{colour})/{opacity:.2})\">\
             {weight:.3}</td></tr>\n",
            isolated(&name(of, d))
        )
    });
    let label = format!("weights of hidden unit {}", unit + 1);
    let head = "<tr><th class=\"left\">feature</th><th>weight</th></tr>";
    table("features", &label, head, &rows.collect::<String>())
}

/// A sample that was predicted wrongly.
pub(super) struct Mistake<'a> {
    /// Its index among the test samples.
    pub(super) sample: usize,
    pub(super) predicted: &'a str,
    pub(super) is: &'a str,
    pub(super) confidence: f32,
}

/// Rows that were predicted wrongly, with the values that their bytes stand for.
pub(super) fn mistakes<'a>(images: &Images, of: &Table, wrong: impl Iterator<Item = Mistake<'a>>) -> String {
    let columns = if images.features() < MOST_COLUMNS { images.features() } else { MOST_COLUMNS };
    let names = (0..columns).map(|d| format!("<th>{}</th>", isolated(&name(of, d))));
    let head = format!(
        "<tr><th class=\"left\">prediction</th><th>probability</th><th class=\"left\">true class</th>{}</tr>",
        names.collect::<String>()
    );
    let rows = wrong.map(|Mistake { sample, predicted, is, confidence }| {
        let (percent, bytes) = (confidence * 100.0, images.image(sample).iter());
        let pairs = of.map.chunks_exact(2).take(columns);
        let cells = bytes.zip(pairs).map(|(&byte, pair)| format!("<td>{}</td>", value(byte, pair)));
        format!(
            "<tr><th scope=\"row\">{}</th><td>{percent:.1} %</td><td class=\"left\">{}</td>{}</tr>\n",
            isolated(predicted),
            isolated(is),
            cells.collect::<String>()
        )
    });
    table("rows", "the most confident errors", &head, &rows.collect::<String>())
}

/// About the value that `byte` stands for by the pair (low, f): its lower or upper bound where the byte is
/// the least or greatest.
fn value(byte: u8, pair: &[f32]) -> String {
    let &[low, f] = pair else { return String::new() };
    if f == 0.0 {
        return "constant".into();
    }
    let (step, value) = (1.0 / f64::from(f), f64::from(low) + f64::from(byte) / f64::from(f));
    let bound = match byte {
        0 => "≤ ",
        255 => "≥ ",
        _ => "",
    };
    if !(1e-6..1e9).contains(&step) {
        return format!("{bound}{value:.2e}");
    }
    // No more decimals than a byte tells.
    let (mut decimals, mut unit) = (0, step);
    while unit < 1.0 {
        (decimals, unit) = (decimals + 1, unit * 10.0);
    }
    format!("{bound}{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_decimals_that_a_byte_tells() {
        assert_eq!(value(100, &[4.0, 25.5]), "7.92");
        assert_eq!(value(100, &[-3.0, 1.0]), "97");
        assert_eq!(value(0, &[-0.5, 255.0]), "≤ -0.500");
        assert_eq!(value(255, &[0.0, 0.5]), "≥ 510");
        assert_eq!(value(128, &[7.0, 0.0]), "constant");
        assert_eq!(value(128, &[0.0, 1e-36]), "1.28e38");
    }
}
