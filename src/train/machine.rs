//! What a run may use of this machine, which decides how fast it is and no bit of its result.

use super::{Error, named, rule};
use crate::simd::{CheckArithmetic, Isa};

/// Which products a machine computes with. The result is the same, the speed is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Products {
    /// Zero-skipping if fewer than half of the pixels are not 0, as far as a sample of them tells.
    #[default]
    Auto,
    /// Every term.
    Dense,
    /// The terms whose pixel is not 0.
    ZeroSkipping,
}

named!(Products, "products", [Auto = "auto", Dense = "dense", ZeroSkipping = "sparse"]);

impl Products {
    /// What it comes to for these pixels: never [`Products::Auto`].
    pub fn chosen_for(self, pixels: &[u8]) -> Self {
        match self {
            Self::Auto if is_mostly_zero(pixels) => Self::ZeroSkipping,
            Self::Auto => Self::Dense,
            chosen => chosen,
        }
    }

    /// What it comes to for training on these pixels under a centre: zeros are skipped only where byte 0 has
    /// the value 0.
    pub fn chosen_to_train(self, pixels: &[u8], centre: f32) -> Self {
        match self {
            Self::Auto if centre != 0.0 => Self::Dense,
            chosen => chosen.chosen_for(pixels),
        }
    }

    /// Whether zeros are skipped for these pixels.
    pub(super) fn skip_zeros(self, pixels: &[u8]) -> bool {
        self.chosen_for(pixels) == Self::ZeroSkipping
    }
}

/// Whether fewer than half of the pixels are not 0. Of many only a sample is looked at, pieces from all over
/// the set: to count them all would take half as long as to test a model on them.
fn is_mostly_zero(pixels: &[u8]) -> bool {
    const PIECES: usize = 64;
    const PIECE: usize = 1024;
    let (mut nonzero, mut seen) = (0, 0);
    for part in pixels.chunks(PIECE + pixels.len() / PIECES) {
        let piece = part.get(..PIECE).unwrap_or(part);
        nonzero += piece.iter().filter(|&&pixel| pixel != 0).count();
        seen += piece.len();
    }
    nonzero < seen / 2
}

/// What a run may use of this machine. It decides no bit of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The instruction set.
    pub isa: Isa,
    /// Workers: 1 to 256.
    pub threads: usize,
    /// The kind of products.
    pub products: Products,
}

impl Machine {
    /// `threads` workers, at least 1 and at most 256, with `isa`; products chosen by the data.
    pub fn new(isa: Isa, threads: usize) -> Self {
        Self { isa, threads: threads.clamp(1, 256), products: Products::Auto }
    }

    /// Whether the number of workers is in its range, and the instruction set's arithmetic the contract's.
    ///
    /// # Errors
    /// [`Error::Setting`] and [`Error::Arithmetic`].
    pub fn check(&self) -> Result<(), Error> {
        let Self { isa, threads, .. } = *self;
        rule((1..=256).contains(&threads), "threads", threads, "1 to 256")?;
        isa.run(CheckArithmetic).map_err(Error::Arithmetic)
    }

    /// The fastest instruction set and all processors.
    pub fn best() -> Self {
        Self::new(Isa::best(), std::thread::available_parallelism().map_or(1, usize::from))
    }
}
