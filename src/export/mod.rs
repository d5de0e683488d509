//! A trained model for another place: C, Rust, a page to draw on, ONNX, safetensors, NumPy. C and Rust take
//! either kind of weights. And a data set for other programs, as IDX.
//!
//! Each module writes one format and says what its files hold. The weights leave without the loss of a bit;
//! what is computed from them is the contract's where this crate writes the arithmetic (C, Rust, HTML), and
//! near it where another program brings its own (ONNX).
//!
//! Letters: D features (pixels), M hidden units, K classes.

pub mod c;
mod constants;
pub mod html;
pub mod idx;
mod layers;
pub mod npz;
pub mod onnx;
pub mod png;
pub mod rust;
pub mod safetensors;
mod selftest;

use crate::infer;
use crate::weights::{Shape, Weights};
use core::fmt;

/// Why a model cannot be written in a format. Its text says what was found and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// A file of `found` bytes would be beyond what its format can hold.
    fn too_large(format: &str, found: u64, most: u64) -> Self {
        Self(format!(
            "the model would take {found} bytes as {format}, which can hold {most}; export it as safetensors"
        ))
    }
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whole numbers that say what a model costs where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Bytes of constant data, weights and tables: flash on a device.
    pub flash: u64,
    /// Bytes of memory that the caller hands over, or that a runtime needs for the values between the layers.
    pub scratch: u64,
    /// The most bytes of stack on a 32-bit processor, where this crate writes the code.
    pub stack: Option<u64>,
    /// Multiply-adds of one picture without a zero pixel: D M + M K.
    pub multiply_adds: u64,
}

impl Cost {
    /// The cost of a network of that shape, with these numbers of bytes.
    fn of(shape: Shape, flash: usize, scratch: usize, stack: Option<u64>) -> Self {
        let multiply_adds = shape.hidden as u64 * (shape.features + shape.classes) as u64;
        Self { flash: flash as u64, scratch: scratch as u64, stack, multiply_adds }
    }
}

/// What a format costs that holds weights in f32 and leaves the arithmetic to others: D + M + K floats lie
/// between its layers.
pub fn cost_of_weights(shape: Shape) -> Cost {
    let Shape { features, hidden, classes, .. } = shape;
    let weights = (features + 1) * hidden + (hidden + 1) * classes;
    Cost::of(shape, 4 * weights, 4 * (features + hidden + classes), None)
}

/// Bytes of stack that `predict` takes besides its scratch on a 32-bit processor, at most: tools/device
/// measured 496 on a Cortex-M4F and 548 on an M0.
const STACK_OF_PREDICT: u64 = 640;

/// What a model costs whose file, of so many bytes, this crate runs where it lies.
pub fn cost_of_file(weights: Weights<'_>, bytes: usize) -> Cost {
    let shape @ Shape { hidden, classes, .. } = weights.shape();
    let words = match weights {
        Weights::F32(_) => infer::scratch_len(hidden, classes),
        Weights::Int8(_) => infer::int8::scratch_len(hidden, classes),
    };
    Cost::of(shape, bytes, 4 * words, Some(STACK_OF_PREDICT))
}

/// An empty file with room for `size` bytes.
fn room(size: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    match usize::try_from(size).is_ok_and(|size| bytes.try_reserve_exact(size).is_ok()) {
        true => Ok(bytes),
        false => Err(Error(format!(
            "no memory for {size} bytes; end other programs or raise the limit (ulimit -v)"
        ))),
    }
}

/// An empty text with room for `size` bytes.
fn room_for_text(size: u64) -> Result<String, Error> {
    Ok(String::from_utf8(room(size)?).unwrap_or_default())
}

/// What the texts of every language call by the same name; `None` where `name` is none of these.
fn fact(weights: Weights<'_>, name: &str) -> Option<String> {
    let Shape { activation, features, hidden, classes, .. } = weights.shape();
    Some(match name {
        "features" => features.to_string(),
        "hidden" => hidden.to_string(),
        "classes" => classes.to_string(),
        "activation" => activation.to_string(),
        "version" => env!("CARGO_PKG_VERSION").into(),
        "fingerprint" => format!("{:016x}", weights.fingerprint()),
        _ => return None,
    })
}

/// Writes `template` to `out`; `put` writes what belongs in the place of each name between the marks `open`
/// and `close`.
fn fill(
    template: &str,
    [open, close]: [&str; 2],
    out: &mut String,
    put: impl Fn(&str, &mut String) -> fmt::Result,
) {
    let mut rest = template;
    while let Some((before, marked)) = rest.split_once(open) {
        let Some((name, after)) = marked.split_once(close) else { break };
        out.push_str(before);
        // Writing to a String cannot fail.
        let _ = put(name, out);
        rest = after;
    }
    out.push_str(rest);
}
