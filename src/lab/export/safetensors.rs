//! A safetensors file with a PyTorch user's names: `fc1.weight` (M, D), `fc1.bias` (M), `fc2.weight` (K, M),
//! `fc2.bias` (K), all F32. Pixels are divided by `scale` before `fc1`, `activation` stands between the
//! layers.
//!
//! The metadata have what the tensors do not say, so that [`import`](crate::lab::import) gives the model file
//! back, byte for byte: `activation`, `scale`, `picture` (channels x height x width), `classes` and
//! `training`, a line each.
//!
//! The format: the header's length as u64, little-endian; the header, JSON, filled up with spaces so that the
//! values begin at a multiple of 8 bytes; the values, tensor after tensor, without a gap.

use super::layers::layers;
use super::{Error, room};
use crate::weights::{Picture, View};
use std::format;
use std::string::String;
use std::vec::Vec;

/// The file's bytes.
///
/// # Errors
/// There is no memory for it.
pub fn write(model: &View) -> Result<Vec<u8>, Error> {
    let params = model.params();
    let [hidden, output] = layers(&params);
    let tensors = [
        ("fc1.weight", format!("{},{}", hidden.outputs, hidden.inputs), hidden.outputs * hidden.inputs),
        ("fc1.bias", format!("{}", hidden.outputs), hidden.outputs),
        ("fc2.weight", format!("{},{}", output.outputs, output.inputs), output.outputs * output.inputs),
        ("fc2.bias", format!("{}", output.outputs), output.outputs),
    ];
    let mut header = format!("{{\"__metadata__\":{}", notes(model));
    let mut begin = 0;
    for (name, shape, count) in tensors {
        let end = begin + 4 * count as u64;
        header += &format!(
            ",\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{shape}],\"data_offsets\":[{begin},{end}]}}"
        );
        begin = end;
    }
    header.push('}');
    let length = header.len().next_multiple_of(8);

    let mut out = room(8 + length as u64 + begin)?;
    out.extend_from_slice(&(length as u64).to_le_bytes());
    out.extend_from_slice(header.as_bytes());
    out.resize(8 + length, b' ');
    for layer in [hidden, output] {
        out.extend(layer.weights().chain(layer.bias()).flat_map(f32::to_le_bytes));
    }
    Ok(out)
}

fn notes(model: &View) -> String {
    let Picture { channels, height, width } = model.picture();
    let params = model.params();
    let classes: Vec<&str> = (0..params.classes).map(|k| model.class_name(k)).collect();
    let entries = [
        ("format", "pt"),
        ("activation", params.activation.name()),
        ("scale", &format!("{}", params.scale)),
        ("picture", &format!("{channels}x{height}x{width}")),
        ("classes", &classes.join("\n")),
        ("training", model.training()),
        ("fingerprint", &format!("{:016x}", params.fingerprint())),
        ("contract", &format!("{}", model.contract())),
    ];
    let entries = entries.map(|(key, value)| format!("\"{key}\":{}", quoted(value)));
    format!("{{{}}}", entries.join(","))
}

/// A JSON string. The texts of a model file have no control characters but line feeds.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
