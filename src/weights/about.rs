//! What a model file says besides the weights.

use super::{FeatureMap, Picture};

/// What a model file says besides the weights. No part of it changes a logit.
///
/// ```
/// use monolayer::weights::{About, Picture};
/// let picture = Picture { channels: 1, height: 28, width: 28 };
/// let about = About { training: "seed=1\n", ..About::new(picture, &["no", "yes"]) };
/// assert_eq!(about.map, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About<'a> {
    /// The shape of the pictures that the network takes; 1 x 1 x D for the rows of a table.
    pub picture: Picture,
    /// The name of each class, without control characters.
    pub classes: &'a [&'a str],
    /// How the network was trained: lines of `key=value`, without control characters but for line feeds.
    pub training: &'a str,
    /// How the D features of a table become bytes; `None` where the data are bytes.
    pub map: Option<FeatureMap<'a>>,
}

impl<'a> About<'a> {
    /// A picture and the names of the classes: no training text, no map.
    pub fn new(picture: Picture, classes: &'a [&'a str]) -> Self {
        Self { picture, classes, training: "", map: None }
    }
}
