//! A module of Rust: the model file's bytes as an aligned constant, the sizes as constants, and the crate's
//! own model over them.
//!
//! The arithmetic is not copied: it stays in the crate, which is `no_std` and has no dependency itself, so
//! that there is one text of it to read and to correct, and so that `Model::new` can check the file's CRC and
//! version as it does everywhere. What this module adds to `include_model!` is that sizes are constants, for
//! arrays without an allocator, that there is one file to copy and no path to it, and a self-test.

use super::{Error, fact, fill, room_for_text, selftest};
use crate::weights::{View, Weights};
use core::fmt::{self, Write};

/// Characters of a line.
const LINE: usize = 100;

/// The line of the module's example that makes bytes of a table's features.
const USE_OF_FEATURES: &str = "//! model.features(&features, &mut pixels)?; // [f32; PIXELS], [u8; PIXELS]\n";

/// The module for a model whose file is `bytes`.
///
/// # Errors
/// There is no memory for it.
pub fn write(model: &View<'_, Weights<'_>>, bytes: &[u8]) -> Result<String, Error> {
    let mut out = room_for_text(5 * bytes.len() as u64 + (1 << 16))?;
    let map = model.map();
    fill(include_str!("module.txt"), ["@"; 2], &mut out, |name, out| {
        match (name, map) {
            ("inputs", Some(_)) => out.push_str("features"),
            ("samples", Some(_)) => out.push_str("8 test samples"),
            ("results", Some(_)) => out.push_str("logits and bytes"),
            ("features-used", Some(_)) => out.push_str(USE_OF_FEATURES),
            ("features-tested", Some(_)) => {
                let test = include_str!("features_test.txt");
                fill(test, ["@"; 2], out, |_, out| selftest::write_rows(map, out));
            }
            ("inputs", None) => out.push_str("pixels"),
            ("samples", None) => out.push_str("4 test pictures"),
            ("results", None) => out.push_str("logits"),
            _ => put(model, bytes, name, out)?,
        }
        Ok(())
    });
    Ok(out)
}

/// Writes what the texts of all models have.
fn put(model: &View<'_, Weights<'_>>, bytes: &[u8], name: &str, out: &mut String) -> fmt::Result {
    let weights = model.params();
    let (module, zero, word, bits) = match weights {
        Weights::F32(_) => ("", "0.0", "f32", "logit.to_bits()"),
        Weights::Int8(_) => ("::int8", "0", "i32", "*logit as u32"),
    };
    match name {
        "module" => out.push_str(module),
        "zero" => out.push_str(zero),
        "word" => out.push_str(word),
        "bits" => out.push_str(bits),
        "contract" => write!(out, "{}", model.contract())?,
        "flash" => write!(out, "{}", bytes.len())?,
        "names" => model.class_names().try_for_each(|name| writeln!(out, "    {name:?},"))?,
        "expected" => selftest::write(weights, "        ", ["[", "]"], out)?,
        "file" => literal(bytes, out),
        _ => out.push_str(&fact(weights, name).unwrap_or_default()),
    }
    Ok(())
}

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
