//! An ONNX model (IR 7, operator set 13): input `pixels`, uint8 [N, D]; outputs `logits` and `probabilities`,
//! f32 [N, K]. The cast and the division by the scale are inside.
//!
//! ```text
//! pixels ─ Cast ─ Div scale ─ Gemm W1 b1 ─ activation ─ Gemm W2 b2 ─► logits ─ Softmax ─► probabilities
//! ```
//!
//! tanh and cos are operators of their own. softplus(a) is spelt Max(a, 0) + Log(1 + Exp(−|a|)): the operator
//! of that name overflows in some runtimes. A runtime sums products in an order of its own, so that its
//! logits are near the program's, not equal.
//!
//! The message is written field by field, in protobuf's wire format; numbers after the names are those of
//! onnx.proto.

use super::{Error, Fault, room};
use crate::math::Activation;
use crate::weights::{Params, Shape, View};

/// protobuf's messages end at 2 GiB.
const MOST: u64 = i32::MAX as u64;

const FLOAT: u64 = 1; // TensorProto.DataType
const UINT8: u64 = 2;
const INT: u64 = 2; // AttributeProto.AttributeType

/// A node: operator, inputs, output; its name is its output's.
type Node = (&'static str, &'static [&'static str], &'static str);

/// What comes before the activation's nodes.
const BEFORE: [Node; 3] = [
    ("Cast", &["pixels"], "floats"),
    ("Div", &["floats", "scale"], "inputs"),
    ("Gemm", &["inputs", "W1", "b1"], "preactivations"),
];

/// What comes after them.
const AFTER: [Node; 2] =
    [("Gemm", &["hidden", "W2", "b2"], "logits"), ("Softmax", &["logits"], "probabilities")];

fn nodes(activation: Activation) -> &'static [Node] {
    match activation {
        Activation::Tanh => &[("Tanh", &["preactivations"], "hidden")],
        Activation::Cos => &[("Cos", &["preactivations"], "hidden")],
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
    // Beside the weights: names, shapes and texts, of which the training record may have 1 MiB.
    let most = 4 * (params.w1().len() as u64 + params.w2().len() as u64) + (2 << 20);
    if most > MOST {
        return Err(Error(Fault::TooLarge("onnx", most, MOST)));
    }
    let graph = graph(&params)?;
    let mut out = Message(room(most)?);
    out.number(1, 7); // ir_version
    out.text(2, "monolayer"); // producer_name
    out.text(3, env!("CARGO_PKG_VERSION")); // producer_version
    out.message(7, &graph);
    out.message(8, &Message::new().with_number(2, 13)); // opset_import: version
    let classes: Vec<&str> = model.class_names().collect();
    for (key, value) in [
        ("activation", params.shape().activation.name()),
        ("classes", &classes.join("\n")),
        ("fingerprint", &format!("{:016x}", params.fingerprint())),
        ("training", model.training()),
    ] {
        out.message(14, &Message::new().with_text(1, key).with_text(2, value)); // metadata_props
    }
    Ok(out.0)
}

fn graph(params: &Params) -> Result<Message, Error> {
    let Shape { activation, features, hidden, classes, scale } = params.shape();
    let (w1, w2) = (params.w1(), params.w2());
    let mut graph = Message(room(4 * (w1.len() + w2.len()) as u64 + 4096)?);
    for node in BEFORE.iter().chain(nodes(activation)).chain(&AFTER) {
        graph.message(1, &node_message(node));
    }
    graph.text(2, "monolayer"); // name
    let (b1, w1) = w1.split_at(hidden);
    let (b2, w2) = w2.split_at(classes);
    // A Gemm multiplies by a matrix (inputs, outputs), a row an input: as the model file has them.
    let mut tensor = |name, shape: &[usize], values: &[f32]| graph.tensor(5, name, shape, values); // initializer
    tensor("scale", &[], &[scale]);
    if activation == Activation::Softplus {
        tensor("one", &[], &[1.0]);
        tensor("zero", &[], &[0.0]);
    }
    tensor("W1", &[features, hidden], w1);
    tensor("b1", &[hidden], b1);
    tensor("W2", &[hidden, classes], w2);
    tensor("b2", &[classes], b2);
    graph.message(11, &value("pixels", UINT8, features)); // input
    graph.message(12, &value("logits", FLOAT, classes)); // output
    graph.message(12, &value("probabilities", FLOAT, classes));
    Ok(graph)
}

fn node_message(&(operator, inputs, output): &Node) -> Message {
    let mut node = Message::new();
    inputs.iter().for_each(|input| node.text(1, input));
    node.text(2, output);
    node.text(3, output); // name
    node.text(4, operator); // op_type
    if operator == "Cast" {
        let to = Message::new().with_text(1, "to").with_number(3, FLOAT).with_number(20, INT);
        node.message(5, &to); // attribute
    }
    node
}

/// A ValueInfoProto: a name, an element type and the shape [N, `columns`].
fn value(name: &str, kind: u64, columns: usize) -> Message {
    let rows = Message::new().with_text(2, "N"); // dim_param
    let columns = Message::new().with_number(1, columns as u64); // dim_value
    let shape = Message::new().with_message(1, &rows).with_message(1, &columns);
    let tensor = Message::new().with_number(1, kind).with_message(2, &shape); // elem_type, shape
    let kind = Message::new().with_message(1, &tensor); // tensor_type
    Message::new().with_text(1, name).with_message(2, &kind)
}

/// A protobuf message: fields one after the other, each a key (its number and how it is written) and a value.
struct Message(Vec<u8>);

impl Message {
    fn new() -> Self {
        Self(Vec::new())
    }

    /// Seven bits a byte, the low ones first; the eighth bit says that more follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.length(field, bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// The key and the length of a field of bytes, which follow.
    fn length(&mut self, field: u64, length: usize) {
        self.varint(field << 3 | 2);
        self.varint(length as u64);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    /// A TensorProto of floats; its values go straight into this message.
    fn tensor(&mut self, field: u64, name: &str, shape: &[usize], values: &[f32]) {
        let mut head = Self::new();
        shape.iter().for_each(|&size| head.number(1, size as u64)); // dims
        head.number(2, FLOAT); // data_type
        head.text(8, name);
        head.length(9, 4 * values.len()); // raw_data
        self.length(field, head.0.len() + 4 * values.len());
        self.0.extend_from_slice(&head.0);
        self.0.extend(values.iter().copied().flat_map(f32::to_le_bytes));
    }

    fn with_number(mut self, field: u64, value: u64) -> Self {
        self.number(field, value);
        self
    }

    fn with_text(mut self, field: u64, text: &str) -> Self {
        self.text(field, text);
        self
    }

    fn with_message(mut self, field: u64, message: &Self) -> Self {
        self.message(field, message);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_format_is_the_specifications() {
        // From protobuf's documentation: field 1 = 150; field 2 = "testing"; a message in field 3.
        let inner = Message::new().with_number(1, 150);
        assert_eq!(inner.0, [0x08, 0x96, 0x01]);
        assert_eq!(Message::new().with_text(2, "testing").0, b"\x12\x07testing");
        assert_eq!(Message::new().with_message(3, &inner).0, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let mut tensor = Message::new();
        tensor.tensor(5, "w", &[1, 2], &[1.0, -2.0]);
        let head = b"\x2a\x13\x08\x01\x08\x02\x10\x01\x42\x01w\x4a\x08";
        assert_eq!(tensor.0, [&head[..], b"\0\0\x80\x3f\0\0\0\xc0"].concat());
    }
}
