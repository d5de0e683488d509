//! Labelled images in memory.

use core::fmt;
use std::collections::TryReserveError;
use std::sync::Arc;

/// N labelled images of D bytes each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Images {
    features: usize,
    // Shared by the clones.
    pixels: Arc<Vec<u8>>, // (N, D)
    labels: Arc<Vec<u8>>, // (N)
}

impl Images {
    /// Images of `features` pixels: `pixels` (N, D) row-major, `labels` (N).
    ///
    /// # Panics
    /// If there are not `features` pixels for each label.
    pub fn new(features: usize, pixels: Vec<u8>, labels: Vec<u8>) -> Self {
        let expected = features.checked_mul(labels.len());
        assert_eq!(Some(pixels.len()), expected, "features times labels is not pixels");
        Self { features, pixels: pixels.into(), labels: labels.into() }
    }

    /// N, the number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The images, if there are any.
    pub fn non_empty(&self) -> Option<&Self> {
        (!self.is_empty()).then_some(self)
    }

    /// D, the number of pixels of one image.
    pub fn features(&self) -> usize {
        self.features
    }

    /// All pixels, (N, D) row-major.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The label of each image.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Takes the images of these indices, which ascend, out of the set. The others keep their order.
    ///
    /// # Errors
    /// An allocation fails, for those taken out or, where a clone shares the set, for one of its own; the set
    /// is as before.
    ///
    /// # Panics
    /// If an index is not below N, or they do not ascend.
    pub fn take_out(&mut self, indices: &[u32]) -> Result<Self, TryReserveError> {
        assert!(indices.windows(2).all(|pair| pair[0] < pair[1]), "indices ascend");
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        labels.try_reserve_exact(indices.len())?;
        pixels.try_reserve_exact(indices.len() * self.features)?;
        let (mut kept, mut next) = (0, indices.iter().peekable());
        let all = self.len();
        let (all_pixels, all_labels) = (unshared(&mut self.pixels)?, unshared(&mut self.labels)?);
        for n in 0..all {
            let image = n * self.features..(n + 1) * self.features;
            if next.next_if(|&&taken| taken as usize == n).is_some() {
                pixels.extend_from_slice(&all_pixels[image]);
                labels.push(all_labels[n]);
            } else {
                all_pixels.copy_within(image, kept * self.features);
                all_labels[kept] = all_labels[n];
                kept += 1;
            }
        }
        assert!(next.next().is_none(), "an index is below the number of images");
        all_pixels.truncate(kept * self.features);
        all_labels.truncate(kept);
        Ok(Self::new(self.features, pixels, labels))
    }

    /// The pixels of image `n`.
    ///
    /// # Panics
    /// If there is no image `n`.
    pub fn image(&self, n: usize) -> &[u8] {
        &self.pixels[n * self.features..][..self.features]
    }
}

/// The bytes, copied first where clones share them: as `Arc::make_mut`, but its allocation may fail.
fn unshared(bytes: &mut Arc<Vec<u8>>) -> Result<&mut Vec<u8>, TryReserveError> {
    if Arc::get_mut(bytes).is_none() {
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len())?;
        copy.extend_from_slice(bytes);
        *bytes = copy.into();
    }
    Ok(Arc::get_mut(bytes).expect("shared with no clone"))
}

/// The shape only: 47 million numbers are no message.
impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Images({} x {})", self.len(), self.features)
    }
}
