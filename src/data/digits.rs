//! The digits that come with the crate: 5,000 training and 1,000 test images of MNIST (digits/README.md).

use super::container::contents::Contents;
use super::dataset::{Dataset, Half, Halves, Kind, Split};
use super::error::{Error, Place};
use super::format::idx;

/// The embedded digits: of each class of MNIST 500 training and 100 test images, 28 x 28, in MNIST's order.
///
/// Image i of a class with n images is that of rank floor(i n / 500) in the order of the files, or of rank
/// floor(i n / 100) for testing. They are under the licence CC BY-SA 3.0: see the source's folder `digits`.
///
/// # Errors
/// An allocation fails: they take 5 MB.
pub fn digits() -> Result<Dataset, Error> {
    let place = Place::new("the embedded digits");
    Halves::read(&place, |split, limit| half(split, limit).map(Some)).map(|halves| halves.numbered(Kind::Idx))
}

/// Decompresses and reads two of the embedded files.
fn half(split: Split, limit: usize) -> Result<Half, Error> {
    let (images, labels) = match split {
        Split::Train => (
            &include_bytes!("../../digits/train-images-idx3-ubyte.gz")[..],
            &include_bytes!("../../digits/train-labels-idx1-ubyte.gz")[..],
        ),
        Split::Test => (
            &include_bytes!("../../digits/t10k-images-idx3-ubyte.gz")[..],
            &include_bytes!("../../digits/t10k-labels-idx1-ubyte.gz")[..],
        ),
    };
    let unpacked = |file, bytes| Contents::gunzip(&Place::new(file), bytes, &idx::promised);
    let images = unpacked("the embedded digits' images", images)?;
    let labels = unpacked("the embedded digits' labels", labels)?;
    idx::half(images, labels, limit, false, &mut Vec::new())
}
