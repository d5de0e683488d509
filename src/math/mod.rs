//! Elementwise functions, written once over [`Simd`](crate::simd::Simd).

/// The hidden units' function h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Activation {
    /// ln(1 + e^a).
    Softplus = 0,
    /// The hyperbolic tangent.
    Tanh = 1,
    /// The cosine.
    Cos = 2,
}

impl Activation {
    /// All of them, in the order of the reference's table.
    pub const ALL: [Self; 3] = [Self::Softplus, Self::Tanh, Self::Cos];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Softplus => "softplus",
            Self::Tanh => "tanh",
            Self::Cos => "cos",
        }
    }

    /// The activation of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }

    /// The activation of that code in the model file (its discriminant).
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Softplus),
            1 => Some(Self::Tanh),
            2 => Some(Self::Cos),
            _ => None,
        }
    }
}
