//! A safetensors file with a PyTorch user's names: `fc1.weight` (M, D), `fc1.bias` (M), `fc2.weight` (K, M),
//! `fc2.bias` (K), all F32. Pixels are divided by `scale` before `fc1`, `activation` stands between the
//! layers. A table's model has its map of features beside them: `features_map` (D, 2), low and f of each.
//!
//! The metadata have what the tensors do not say, so that [`import`](crate::import) gives the model file
//! back, byte for byte: `activation`, `scale`, `picture` (channels x height x width), `classes` and
//! `training`, a line each.
//!
//! The format: the header's length as u64, little-endian; the header, JSON, filled up with spaces so that the
//! values begin at a multiple of 8 bytes; the values, tensor after tensor, without a gap.

use super::layers::{Layer, layers};
use super::{Error, room};
use crate::json::{Json, Object};
use crate::weights::{Picture, View};

/// The file's bytes.
///
/// # Errors
/// There is no memory for it.
pub fn write(model: &View) -> Result<Vec<u8>, Error> {
    let params = model.params();
    let layers = layers(&params);
    let map = model.map();
    let mut tensors = Vec::new();
    for (layer, Layer { outputs, inputs, .. }) in [("fc1", layers[0]), ("fc2", layers[1])] {
        tensors.push((format!("{layer}.weight"), Vec::from([outputs, inputs])));
        tensors.push((format!("{layer}.bias"), Vec::from([outputs])));
    }
    tensors.extend(map.map(|map| (String::from("features_map"), Vec::from([map.features(), 2]))));
    let mut header = Object::new().with("__metadata__", notes(model));
    let mut begin = 0;
    for (name, shape) in tensors {
        let end = begin + 4 * shape.iter().product::<usize>() as u64;
        let tensor = Object::new()
            .with("dtype", "F32")
            .with("shape", shape.into_iter().collect::<Json>())
            .with("data_offsets", [begin, end].into_iter().collect::<Json>());
        header = header.with(&name, tensor);
        begin = end;
    }
    let header = header.text();
    let length = header.len().next_multiple_of(8);

    let mut out = room(8 + length as u64 + begin)?;
    out.extend_from_slice(&(length as u64).to_le_bytes());
    out.extend_from_slice(header.as_bytes());
    out.resize(8 + length, b' ');
    for layer in layers {
        out.extend(layer.weights().chain(layer.bias()).flat_map(f32::to_le_bytes));
    }
    if let Some(map) = map {
        out.extend(map.pairs().iter().copied().flat_map(f32::to_le_bytes));
    }
    Ok(out)
}

fn notes(model: &View) -> Object {
    let Picture { channels, height, width } = model.picture();
    let (params, classes) = (model.params(), model.class_names().collect::<Vec<_>>());
    let shape = params.shape();
    Object::new()
        .with("format", "pt")
        .with("activation", shape.activation.name())
        .with("scale", format!("{}", shape.scale))
        .with("picture", format!("{channels}x{height}x{width}"))
        .with("classes", classes.join("\n"))
        .with("training", model.training())
        .with("fingerprint", format!("{:016x}", params.fingerprint()))
        .with("contract", format!("{}", model.contract()))
}
