//! The digits that come with the crate: 5,000 training and 1,000 test images of MNIST (digits/README.md).

use super::error::Error;
use super::source::Contents;
use super::{Dataset, Half, Halves, Split, fingerprint, idx};

/// The embedded digits: of each class of MNIST 500 training and 100 test images, 28 x 28, in MNIST's order.
///
/// Image i of a class with n images is that of rank floor(i n / 500) in the order of the files, or of rank
/// floor(i n / 100) for testing. They are under the licence CC BY-SA 3.0: see the source's folder `digits`.
///
/// # Panics
/// If there is no memory for them, which [`load_digits`] returns, or the crate was built from damaged files,
/// which a test excludes.
pub fn digits() -> Dataset {
    load_digits().expect("the embedded digits are whole, and 5 MB of memory are to be had")
}

/// [`digits`] for programs that go on without memory.
///
/// # Errors
/// There is no memory for them.
pub fn load_digits() -> Result<Dataset, Error> {
    Halves::read("the embedded digits", |split, limit| half(split, limit).map(Some))
        .map(|halves| halves.numbered(fingerprint::kind))
}

const IMAGES: &str = "the embedded digits' images";
const LABELS: &str = "the embedded digits' labels";

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
    let unpacked = |file, bytes| Contents::gunzip(file, bytes, |_| Ok(()));
    idx::half(unpacked(IMAGES, images)?, unpacked(LABELS, labels)?, limit)
}
