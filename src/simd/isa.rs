//! The choice of an instruction set: detection at run time, names, dispatch.

#[cfg(target_arch = "x86_64")]
use super::Avx2;
#[cfg(all(target_arch = "x86_64", feature = "avx512"))]
use super::Avx512;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use super::Neon;
use super::{Kernel, Scalar, Simd};

/// An instruction set that this machine has: each variant but the first holds the token that proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// One lane, no vector instructions.
    Scalar,
    /// Eight lanes.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// Sixteen lanes.
    #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
    Avx512(Avx512),
    /// Four lanes.
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Neon(Neon),
}

/// Why a name gives no [`Isa`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownIsa {
    /// No instruction set of that name is known; [`Isa::NAMES`] are.
    Name,
    /// The name is known, but this machine, or this build, does not have it.
    NotHere,
}

impl Isa {
    /// Every name that [`Isa::from_name`] knows, whatever this machine has.
    pub const NAMES: [&'static str; 4] = ["scalar", "avx2", "avx512", "neon"];

    /// The instruction sets of this machine, slowest first; never empty.
    pub fn available() -> impl Iterator<Item = Self> {
        [
            Some(Self::Scalar),
            #[cfg(target_arch = "x86_64")]
            Avx2::detect().map(Self::Avx2),
            #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
            Avx512::detect().map(Self::Avx512),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Neon::detect().map(Self::Neon),
        ]
        .into_iter()
        .flatten()
    }

    /// The fastest instruction set of this machine.
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::Scalar)
    }

    /// The instruction set of that name.
    ///
    /// # Errors
    /// The name is not one of [`Isa::NAMES`], or this machine does not have what it names.
    pub fn from_name(name: &str) -> Result<Self, UnknownIsa> {
        match Self::available().find(|isa| isa.name() == name) {
            Some(isa) => Ok(isa),
            None if Self::NAMES.contains(&name) => Err(UnknownIsa::NotHere),
            None => Err(UnknownIsa::Name),
        }
    }

    /// Its name, one of [`Isa::NAMES`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
            Self::Avx512(_) => "avx512",
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Self::Neon(_) => "neon",
        }
    }

    /// Lanes of f32 a vector.
    pub fn lanes(self) -> usize {
        match self {
            Self::Scalar => Scalar::LANES,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Avx2::LANES,
            #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
            Self::Avx512(_) => Avx512::LANES,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Self::Neon(_) => Neon::LANES,
        }
    }

    /// Runs `kernel` compiled for this instruction set.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Scalar => kernel.run(Scalar),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.run(kernel),
            #[cfg(all(target_arch = "x86_64", feature = "avx512"))]
            Self::Avx512(token) => token.run(kernel),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Self::Neon(token) => token.run(kernel),
        }
    }
}
