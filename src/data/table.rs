//! From rows to a data set: classes, the split, and the map from features to bytes.

use super::dataset::{Dataset, Options};
use super::error::Error;
use super::rows::Rows;

/// The data set of `train`, and of `test` where the test half is given; else a part of `train` is tested on.
///
/// # Errors
/// [`Error`] where a label or a value breaks a rule.
pub(crate) fn dataset(train: Rows, test: Option<Rows>, options: &Options) -> Result<Dataset, Error> {
    let _ = (test, options);
    Err(Error::new("a table", "pictures").of(&train.place))
}
