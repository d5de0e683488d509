//! The samples of a table as they were read, before anything is made of them.

use super::error::Place;

/// N samples of D features each, with a label each: what every reader of tables gives.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) place: Place,
    /// The names of the features; empty where there is no header.
    pub(crate) names: Vec<String>,
    /// (N, D) row-major, all finite.
    pub(crate) values: Vec<f32>,
    /// (N): each sample's label, an index into `texts`.
    pub(crate) labels: Vec<u32>,
    /// The distinct labels, trimmed, in the order of their first rows.
    pub(crate) texts: Vec<String>,
    /// The name of the label's column, where there is a header.
    pub(crate) label: Option<String>,
    /// The label's place among the D + 1 columns, from 0.
    pub(crate) label_at: usize,
    /// Whether labels are class numbers from 0 (arrays), so that K is the greatest + 1.
    pub(crate) is_numbered: bool,
    /// What was decided while reading, one line each, for people.
    pub(crate) notes: Vec<String>,
}

impl Rows {
    /// The columns, to read other rows by.
    pub(crate) fn columns(&self) -> Columns {
        let features = self.values.len() / self.labels.len().max(1);
        let (names, label) = (self.names.clone(), self.label.clone());
        Columns { features, names, label, label_at: Some(self.label_at) }
    }
}

/// The columns that rows are read by: those of the training rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// D, the number of features.
    pub features: usize,
    /// The names of the D features; empty where they are not known.
    pub names: Vec<String>,
    /// The name of the label's column, where it is known.
    pub label: Option<String>,
    /// The label's place among the D + 1 columns, from 0, where it is known.
    pub label_at: Option<usize>,
}
