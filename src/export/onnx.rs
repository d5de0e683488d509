//! An ONNX model (IR 7, operator set 13): input `pixels`, uint8 [N, D]; outputs `logits` and `probabilities`,
//! f32 [N, K]. The cast and the division by the scale are inside.
//!
//! ```text
//! pixels ─ Cast ─ Div scale ─ Gemm W1 b1 ─ activation ─ Gemm W2 b2 ─► logits ─ Softmax ─► probabilities
//! ```
//!
//! A table's model has the input `features`, f32 [N, D], and its map of features in the place of the cast:
//!
//! ```text
//! features ─ Sub low ─ Mul f ─ Add constants ─ IsNaN, Where 128 ─ Clip 0 255 ─ Round ─ Div scale ─ ...
//! ```
//!
//! `constants` is 128 where f is 0 and 0 elsewhere: an exact sum, and the bytes are the program's (CONTRACT
//! C19): each of these operators rounds once, and Round takes ties to even.
//!
//! tanh, cos and relu are operators of their own. softplus(a) is spelt Max(a, 0) + Log(1 + Exp(−|a|)): the
//! operator of that name overflows in some runtimes. A runtime sums products in an order of its own, so that
//! its logits are near the program's, not equal.
//!
//! The message is written field by field, in protobuf's wire format; numbers after the names are those of
//! onnx.proto.

use super::{Error, room};
use crate::math::Activation;
use crate::weights::{FeatureMap, Params, Shape, View};

/// protobuf's messages end at 2 GiB.
const MOST: u64 = i32::MAX as u64;

const FLOAT: u64 = 1; // TensorProto.DataType
const UINT8: u64 = 2;
const INT: u64 = 2; // AttributeProto.AttributeType

/// A node: operator, inputs, output; its name is its output's.
type Node = (&'static str, &'static [&'static str], &'static str);

/// From pixels to floats.
const CAST: [Node; 1] = [("Cast", &["pixels"], "floats")];

/// From features to the floats of their bytes.
const MAP: [Node; 7] = [
    ("Sub", &["features", "low"], "differences"),
    ("Mul", &["differences", "f"], "places"),
    ("Add", &["places", "constants"], "all_places"),
    ("IsNaN", &["all_places"], "unknown"),
    ("Where", &["unknown", "middle", "all_places"], "known_places"),
    ("Clip", &["known_places", "least", "most"], "clamped"),
    ("Round", &["clamped"], "floats"),
];

/// What comes before the activation's nodes.
const BEFORE: [Node; 2] =
    [("Div", &["floats", "scale"], "inputs"), ("Gemm", &["inputs", "W1", "b1"], "preactivations")];

/// What comes after them.
const AFTER: [Node; 2] =
    [("Gemm", &["hidden", "W2", "b2"], "logits"), ("Softmax", &["logits"], "probabilities")];

fn nodes(activation: Activation) -> &'static [Node] {
    match activation {
        Activation::Tanh => &[("Tanh", &["preactivations"], "hidden")],
        Activation::Cos => &[("Cos", &["preactivations"], "hidden")],
        Activation::Relu => &[("Relu", &["preactivations"], "hidden")],
        Activation::Softplus => &[
            ("Abs", &["preactivations"], "magnitude"),
            ("Neg", &["magnitude"], "exponent"),
            ("Exp", &["exponent"], "exponential"),
            ("Add", &["exponential", "one"], "increased"),
            ("Log", &["increased"], "logarithm"),
            ("Max", &["preactivations", "zero"], "positive"),
            ("Add", &["positive", "logarithm"], "hidden"),
        ],
    }
}

/// The file's bytes.
///
/// # Errors
/// It would be longer than 2 GiB − 1, or there is no memory for it.
pub fn write(model: &View) -> Result<Vec<u8>, Error> {
    let params = model.params();
    let graph = graph(&params, model.map());
    let length = graph.iter().map(|(head, values)| head.len() + size_of_val(*values)).sum::<usize>();
    // Beside the graph there are names and texts, of which the training record may have 1 MiB.
    let most = length as u64 + (2 << 20);
    if most > MOST {
        return Err(Error::too_large("onnx", most, MOST));
    }
    let mut out = room(most)?;
    out.extend(number(1, 7)); // ir_version
    out.extend(text(2, "monolayer")); // producer_name
    out.extend(text(3, env!("CARGO_PKG_VERSION"))); // producer_version
    out.extend(before_bytes(7, length)); // graph
    for (head, values) in graph {
        out.extend(head);
        out.extend(values.iter().copied().flat_map(f32::to_le_bytes));
    }
    out.extend(message(8, &[number(2, 13)])); // opset_import: version
    let classes: Vec<&str> = model.class_names().collect();
    for (key, value) in [
        ("activation", params.shape().activation.name()),
        ("classes", &classes.join("\n")),
        ("fingerprint", &format!("{:016x}", params.fingerprint())),
        ("training", model.training()),
    ] {
        out.extend(message(14, &[text(1, key), text(2, value)])); // metadata_props
    }
    Ok(out)
}

/// The fields of the graph, in pieces: each some bytes and the floats that follow them.
fn graph<'a>(params: &Params<'a>, map: Option<FeatureMap<'_>>) -> Vec<(Vec<u8>, &'a [f32])> {
    let Shape { activation, features, hidden, classes, scale } = params.shape();
    let first = if map.is_some() { &MAP[..] } else { &CAST };
    let all = first.iter().chain(&BEFORE).chain(nodes(activation)).chain(&AFTER);
    let mut head: Vec<_> = all.map(node).collect();
    head.push(text(2, "monolayer")); // name
    let mut constant = |name, value: f32| head.extend([tensor(name, &[]), value.to_le_bytes().to_vec()]);
    constant("scale", scale);
    if activation == Activation::Softplus {
        constant("one", 1.0);
        constant("zero", 0.0);
    }
    let input = match map {
        Some(map) => {
            for (name, value) in [("middle", 128.0), ("least", 0.0), ("most", 255.0)] {
                constant(name, value);
            }
            head.extend(map_tensors(map));
            value(11, "features", FLOAT, features)
        }
        None => value(11, "pixels", UINT8, features),
    };
    let values = [
        input,
        value(12, "logits", FLOAT, classes), // output
        value(12, "probabilities", FLOAT, classes),
    ];
    let (b1, w1) = params.w1().split_at(hidden);
    let (b2, w2) = params.w2().split_at(classes);
    // A Gemm multiplies by a matrix (inputs, outputs), a row an input: as the model file has them.
    Vec::from([
        (head.concat(), &[][..]),
        (tensor("W1", &[features, hidden]), w1),
        (tensor("b1", &[hidden]), b1),
        (tensor("W2", &[hidden, classes]), w2),
        (tensor("b2", &[classes]), b2),
        (values.concat(), &[]),
    ])
}

/// The values of a map: low and f of each feature, and what is added to the product.
fn map_tensors(map: FeatureMap<'_>) -> Vec<Vec<u8>> {
    let pairs = || map.pairs().chunks_exact(2);
    let row = |values: Vec<f32>| values.into_iter().flat_map(f32::to_le_bytes).collect();
    let head = |name| tensor(name, &[map.features()]);
    Vec::from([
        head("low"),
        row(pairs().map(|pair| pair[0]).collect()),
        head("f"),
        row(pairs().map(|pair| pair[1]).collect()),
        head("constants"),
        row(pairs().map(|pair| if pair[1] > 0.0 { 0.0 } else { 128.0 }).collect()),
    ])
}

/// A NodeProto, as a field of the graph.
fn node(&(operator, inputs, output): &Node) -> Vec<u8> {
    let mut fields: Vec<_> = inputs.iter().map(|input| text(1, input)).collect();
    fields.extend([text(2, output), text(3, output), text(4, operator)]); // output, name, op_type
    if operator == "Cast" {
        fields.push(message(5, &[text(1, "to"), number(3, FLOAT), number(20, INT)])); // attribute
    }
    message(1, &fields)
}

/// A TensorProto of floats, as a field of the graph, up to its values, which follow.
fn tensor(name: &str, shape: &[usize]) -> Vec<u8> {
    let size = 4 * shape.iter().product::<usize>();
    let mut head: Vec<_> = shape.iter().map(|&size| number(1, size as u64)).collect(); // dims
    head.extend([number(2, FLOAT), text(8, name), before_bytes(9, size)]); // data_type, name, raw_data
    let head = head.concat();
    [before_bytes(5, head.len() + size), head].concat() // initializer
}

/// A ValueInfoProto: a name, an element type and the shape [N, `columns`].
fn value(field: u64, name: &str, kind: u64, columns: usize) -> Vec<u8> {
    let dimension = |size| message(1, &[size]);
    let shape = [dimension(text(2, "N")), dimension(number(1, columns as u64))]; // dim_param, dim_value
    let tensor = [number(1, kind), message(2, &shape)]; // elem_type, shape
    message(field, &[text(1, name), message(2, &[message(1, &tensor)])]) // type: tensor_type
}

/// Seven bits a byte, the low ones first; the eighth bit says that more follow.
fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A field of a message, each a key (its number and how it is written) and a value: a whole number.
fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

/// The key and the length of a field of bytes, which follow.
fn before_bytes(field: u64, length: usize) -> Vec<u8> {
    [varint(field << 3 | 2), varint(length as u64)].concat()
}

fn text(field: u64, text: &str) -> Vec<u8> {
    [&before_bytes(field, text.len()), text.as_bytes()].concat()
}

/// A message, given its fields, as a field of another.
fn message(field: u64, fields: &[Vec<u8>]) -> Vec<u8> {
    let fields = fields.concat();
    [before_bytes(field, fields.len()), fields].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_format_is_the_specifications() {
        // From protobuf's documentation: field 1 = 150; field 2 = "testing"; a message in field 3.
        assert_eq!(number(1, 150), [0x08, 0x96, 0x01]);
        assert_eq!(text(2, "testing"), b"\x12\x07testing");
        assert_eq!(message(3, &[number(1, 150)]), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(tensor("w", &[1, 2]), b"\x2a\x13\x08\x01\x08\x02\x10\x01\x42\x01w\x4a\x08");
        let shape = Shape { activation: Activation::Tanh, features: 1, hidden: 1, classes: 2, scale: 1.0 };
        let graph = graph(&Params::new(shape, &[1.0, -2.0], &[3.0; 4]).unwrap(), None);
        assert_eq!(graph[1], (tensor("W1", &[1, 1]), &[-2.0][..]));
    }
}
