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
