//! The map from the features of a table to bytes, from its training rows (CONTRACT C19).

use super::{Half, column};
use crate::data::error::{Error, reserve};

/// One value in so many is dropped at each end of a column, rounded up.
const DROPPED: usize = 200;

/// (D, 2): low and f of each feature.
///
/// # Errors
/// A column's values are so far apart, or so close, that its span or f is not finite.
pub(super) fn pairs(train: &Half) -> Result<Vec<f32>, Error> {
    let features = train.row(0).len();
    let (mut pairs, mut values) = (Vec::new(), Vec::new());
    reserve(&mut pairs, 2 * features)?;
    reserve(&mut values, train.indices.len())?;
    for d in 0..features {
        values.clear();
        values.extend(train.indices.iter().map(|&n| train.row(n)[d] + 0.0)); // -0 becomes 0
        let pair = pair_of(&mut values);
        if !pair.iter().all(|number| number.is_finite()) {
            let found = format!(
                "values from {:e} to {:e} in {}",
                least(&values),
                greatest(&values),
                column(train.rows, d)
            );
            let expected = "a span between 1e-36 and 3e38; give it in another unit, or leave it out";
            return Err(Error::new(found, expected).of(&train.rows.place));
        }
        pairs.extend(pair);
    }
    Ok(pairs)
}

/// Low and f of a column. Its values are reordered; none is -0 or NaN, so that equal ones have equal bits and
/// selection finds the same, whatever their order.
fn pair_of(values: &mut [f32]) -> [f32; 2] {
    let n = values.len();
    let k = n.div_ceil(DROPPED).max(1).min((n - 1) / 2);
    // The k smallest come first, then what is selected; the k greatest are among those behind it.
    let (_, &mut low, behind) = values.select_nth_unstable_by(k, f32::total_cmp);
    let high = match behind.len().checked_sub(k + 1) {
        Some(at) => *behind.select_nth_unstable_by(at, f32::total_cmp).1,
        None => low, // nothing but this one is left between those dropped
    };
    if high > low {
        let quarter = 0.25 * (high - low);
        let (low, high) = (low - quarter, high + quarter);
        return [low, 255.0 / (high - low)];
    }
    let (low, high) = (least(values), greatest(values));
    [low, if high > low { 255.0 / (high - low) } else { 0.0 }]
}

fn least(values: &[f32]) -> f32 {
    values.iter().copied().min_by(f32::total_cmp).unwrap_or(0.0)
}

fn greatest(values: &[f32]) -> f32 {
    values.iter().copied().max_by(f32::total_cmp).unwrap_or(0.0)
}
