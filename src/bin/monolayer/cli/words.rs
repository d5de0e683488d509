//! What messages call the samples and features of a data set.

use monolayer::data::Kind;

/// The words for the samples of a kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// One of them.
    pub sample: &'static str,
    pub samples: &'static str,
    /// What each of them has D of.
    pub features: &'static str,
}

impl Words {
    /// Rows of a table are samples of features, all else images of pixels.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Table => Self { sample: "one sample", samples: "samples", features: "features" },
            _ => Self { sample: "one image", samples: "images", features: "pixels" },
        }
    }
}
