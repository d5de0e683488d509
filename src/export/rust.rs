//! A module of Rust: the model file's bytes as an aligned constant, the sizes as constants, and the crate's
//! own model over them.
//!
//! The arithmetic is not copied: it stays in the crate, which is `no_std` and has no dependency itself, so
//! that there is one text of it to read and to correct, and so that `Model::new` can check the file's CRC and
//! version as it does everywhere. What this module adds to `include_model!` is that sizes are constants, for
//! arrays without an allocator, that there is one file to copy and no path to it, and a self-test.

use super::{Error, room_for_text, selftest};
use crate::weights::{Shape, View, Weights};
use core::fmt::{self, Write};

/// Characters of a line.
const LINE: usize = 100;

/// The module for a model whose file is `bytes`.
///
/// # Errors
/// There is no memory for it.
pub fn write(model: &View<'_, Weights<'_>>, bytes: &[u8]) -> Result<String, Error> {
    let mut out = room_for_text(5 * bytes.len() as u64 + (1 << 16))?;
    // Writing to a String cannot fail.
    let _ = head(model, bytes.len(), &mut out);
    literal(bytes, &mut out);
    out.push_str(");\n");
    Ok(out)
}

fn head(model: &View<'_, Weights<'_>>, length: usize, out: &mut String) -> fmt::Result {
    let weights = model.params();
    let Shape { activation, features, hidden, classes, .. } = weights.shape();
    let (module, zero, words, bits) = match weights {
        Weights::F32(_) => ("", "0.0", "f32", "logit.to_bits()"),
        Weights::Int8(_) => ("::int8", "0", "i32", "*logit as u32"),
    };
    write!(
        out,
        "//! {features} pixels -> {hidden} {activation} units -> {classes} classes; written by `monolayer export --format \
         rust`\n//! (monolayer {}, numeric contract {}) from a model with the fingerprint {:016x}.\n//!\n\
         //! Needs `core` and the crate `monolayer`, of which `default-features = false` is enough: no allocator, no\n\
         //! operating system. Flash: {length} bytes of constants. Scratch: [`SCRATCH`] words, the caller's.\n//!\n\
         //! ```ignore\n//! let model = model()?;\n//! let class = model.predict(&pixels, &mut [{zero}; SCRATCH])?;\n\
         //! ```\n\n\
         use monolayer::infer{module}::{{Model, scratch_len}};\nuse monolayer::weights::{{Aligned, Error}};\n\n\
         /// Bytes of a picture.\npub const PIXELS: usize = {features};\n\
         /// Classes.\npub const CLASSES: usize = {classes};\n\
         /// Words of scratch, each an {words}.\npub const SCRATCH: usize = scratch_len({hidden}, {classes});\n\
         /// What the classes are called.\npub const NAMES: [&str; CLASSES] = [",
        env!("CARGO_PKG_VERSION"),
        model.contract(),
        weights.fingerprint(),
    )?;
    model.class_names().try_for_each(|name| write!(out, "\n    {name:?},"))?;
    write!(
        out,
        "\n];\n\n/// The model, checked.\n///\n/// # Errors\n/// The constants were damaged, the crate is older than they \
         are, or this machine's arithmetic is not\n/// IEEE 754's.\npub fn model() -> Result<Model<'static>, Error> \
         {{\n    Model::new(&FILE.0)\n}}\n\n\
         /// How many of {0} test pictures do not give the logits that the exporting program gave, to the bit: 0 is \
         good.\n///\n/// # Errors\n/// As [`model`].\npub fn self_test() -> Result<usize, Error> {{\n    \
         const EXPECTED: [[u32; CLASSES]; {0}] = [\n",
        selftest::PICTURES,
    )?;
    selftest::write(weights, "        ", ["[", "]"], out)?;
    *out += &SELF_TEST.replace("ZERO", zero).replace("BITS", bits);
    write!(out, "\n#[rustfmt::skip]\nstatic FILE: Aligned<[u8; {length}]> = Aligned(*")
}

const SELF_TEST: &str = "    ];
    let model = model()?;
    let mut wrong = 0;
    for (number, expected) in (0..).zip(&EXPECTED) {
        let mut state: u32 = number;
        let mut pixels = [0; PIXELS];
        for pixel in &mut pixels {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *pixel = if state >> 30 <= number { (state >> 16) as u8 } else { 0 };
        }
        let mut scratch = [ZERO; SCRATCH];
        let same = match model.logits(&pixels, &mut scratch) {
            Ok(logits) => logits.iter().map(|logit| BITS).eq(expected.iter().copied()),
            Err(_) => false,
        };
        wrong += usize::from(!same);
    }
    Ok(wrong)
}
";

/// A byte string over many lines, of which each but the last ends in a backslash: it takes the line's end and
/// the spaces before the next line out again.
fn literal(bytes: &[u8], out: &mut String) {
    out.push_str("b\"\\\n");
    let mut start = out.len();
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            // A space could stand at the start of a line, where it would be taken out.
            b'!'..=b'~' => out.push(char::from(byte)),
            0 => out.push_str("\\0"),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
        if out.len() - start >= LINE {
            out.push_str("\\\n");
            start = out.len();
        }
    }
    out.push('"');
}
