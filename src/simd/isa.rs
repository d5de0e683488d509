//! The choice of an instruction set: detection at run time, names, dispatch.

#[cfg(target_arch = "x86_64")]
use super::Avx2;
#[cfg(all(target_arch = "x86_64", feature = "avx512"))]
use super::Avx512;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use super::Neon;
use super::{Kernel, Scalar, Simd};
use core::fmt;
use core::str::FromStr;

/// An instruction set that this machine has: each variant but the first holds the token that proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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

/// The error of a name that names nothing, as [`FromStr`] gives it for [`Isa`] and
/// [`Activation`](crate::Activation). Its text says which names do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownName(pub(crate) &'static str);

impl core::error::Error for UnknownName {}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Isa {
    /// Every name of an instruction set, whatever this machine has.
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

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Isa {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::available().find(|isa| isa.name() == name).ok_or(UnknownName(
            match Self::NAMES.contains(&name) {
                true => "this machine or build does not have this instruction set",
                false => "unknown instruction set, expected scalar, avx2, avx512 or neon",
            },
        ))
    }
}
