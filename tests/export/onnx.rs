//! The ONNX model, read field by field and computed node by node in f64, as the operators are defined.

use super::{Network, networks};
use monolayer::Activation;
use monolayer::export::onnx;
use std::collections::HashMap;

/// A field of a protobuf message.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a number of more than 64 bits");
}

/// The fields of a message, in order.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => Value::Number(varint(&mut bytes)),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                Value::Bytes(value)
            }
            other => panic!("wire type {other}"),
        };
        out.push((key >> 3, value));
    }
    out
}

/// The fields of that number.
fn all(message: &[u8], number: u64) -> Vec<&[u8]> {
    let bytes = |(n, value)| match value {
        Value::Bytes(bytes) if n == number => Some(bytes),
        _ => None,
    };
    fields(message).into_iter().filter_map(bytes).collect()
}

fn numbers(message: &[u8], number: u64) -> Vec<u64> {
    let numeric = |(n, value)| match value {
        Value::Number(value) if n == number => Some(value),
        _ => None,
    };
    fields(message).into_iter().filter_map(numeric).collect()
}

fn text(message: &[u8], number: u64) -> String {
    let [text] = all(message, number)[..] else { panic!("not one field {number}") };
    String::from_utf8(text.to_vec()).unwrap()
}

fn texts(message: &[u8], number: u64) -> Vec<String> {
    all(message, number).into_iter().map(|text| String::from_utf8(text.to_vec()).unwrap()).collect()
}

/// A matrix or, of one row, a vector or scalar.
#[derive(Clone)]
struct Tensor {
    columns: usize,
    values: Vec<f64>,
}

fn initializer(tensor: &[u8]) -> (String, Tensor) {
    assert_eq!(numbers(tensor, 2), [1], "FLOAT");
    let [raw] = all(tensor, 9)[..] else { panic!("no raw_data") };
    let values: Vec<f64> =
        raw.chunks_exact(4).map(|c| f32::from_le_bytes(c.try_into().unwrap()).into()).collect();
    let shape = numbers(tensor, 1);
    assert_eq!(shape.iter().product::<u64>(), values.len() as u64);
    (text(tensor, 8), Tensor { columns: shape.last().map_or(1, |&n| n as usize), values })
}

/// The output of a node.
fn compute(operator: &str, inputs: &[Tensor]) -> Tensor {
    let map = |f: &dyn Fn(f64) -> f64| Tensor {
        columns: inputs[0].columns,
        values: inputs[0].values.iter().map(|&x| f(x)).collect(),
    };
    // The second operand repeats.
    let with = |f: &dyn Fn(f64, f64) -> f64| Tensor {
        columns: inputs[0].columns,
        values: inputs[0]
            .values
            .iter()
            .zip(inputs[1].values.iter().cycle())
            .map(|(&x, &y)| f(x, y))
            .collect(),
    };
    match operator {
        "Cast" => inputs[0].clone(),
        "Div" => with(&|x, y| x / y),
        "Add" => with(&|x, y| x + y),
        "Max" => with(&f64::max),
        // The map of features is f32's, each operation rounded.
        "Sub" => with(&|x, y| f64::from(x as f32 - y as f32)),
        "Mul" => with(&|x, y| f64::from(x as f32 * y as f32)),
        "IsNaN" => map(&|x| f64::from(u8::from(x.is_nan()))),
        "Where" => {
            let values = inputs[0].values.iter().zip(&inputs[2].values);
            let values = values.map(|(&c, &x)| if c == 1.0 { inputs[1].values[0] } else { x }).collect();
            Tensor { columns: inputs[0].columns, values }
        }
        "Clip" => map(&|x| x.clamp(inputs[1].values[0], inputs[2].values[0])),
        "Round" => map(&f64::round_ties_even),
        "Tanh" => map(&f64::tanh),
        "Cos" => map(&f64::cos),
        "Relu" => map(&|x| x.max(0.0)),
        "Abs" => map(&f64::abs),
        "Neg" => map(&|x| -x),
        "Exp" => map(&f64::exp),
        "Log" => map(&f64::ln),
        "Gemm" => {
            let [a, b, c] = inputs else { panic!("Gemm of {}", inputs.len()) };
            assert_eq!(a.columns * b.columns, b.values.len());
            let cell = |row: &[f64], column: usize| {
                let products = row.iter().enumerate().map(|(i, x)| x * b.values[i * b.columns + column]);
                products.sum::<f64>() + c.values[column]
            };
            let rows = a.values.chunks_exact(a.columns);
            let values = rows.flat_map(|row| (0..b.columns).map(move |column| cell(row, column))).collect();
            Tensor { columns: b.columns, values }
        }
        "Softmax" => {
            let rows = inputs[0].values.chunks_exact(inputs[0].columns);
            let softmax = |row: &[f64]| {
                let greatest = row.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
                let e: Vec<f64> = row.iter().map(|x| (x - greatest).exp()).collect();
                let sum: f64 = e.iter().sum();
                e.into_iter().map(|e| e / sum).collect::<Vec<_>>()
            };
            Tensor { columns: inputs[0].columns, values: rows.flat_map(softmax).collect() }
        }
        _ => panic!("operator {operator}"),
    }
}

/// A ValueInfoProto: name, element type, columns; its first dimension is the N of all.
fn value_info(info: &[u8]) -> (String, u64, u64) {
    let [kind] = all(info, 2)[..] else { panic!("no type") };
    let [tensor] = all(kind, 1)[..] else { panic!("no tensor_type") };
    let [shape] = all(tensor, 2)[..] else { panic!("no shape") };
    let [rows, columns] = all(shape, 1)[..] else { panic!("not two dimensions") };
    assert_eq!(text(rows, 2), "N");
    (text(info, 1), numbers(tensor, 1)[0], numbers(columns, 1)[0])
}

#[test]
fn the_graph_computes_the_programs_logits_and_probabilities() {
    let table = Network::random(5, Activation::Tanh, [15, 6, 3], 64.0, 0.1).of_table();
    for (name, network) in networks().into_iter().chain([("table", table)]) {
        let model = network.with_view(|view| onnx::write(view).unwrap());
        assert_eq!(numbers(&model, 1), [7], "ir_version");
        let [opset] = all(&model, 8)[..] else { panic!("no opset_import") };
        assert_eq!((numbers(opset, 2), texts(opset, 1)), (vec![13], vec![]));
        let [graph] = all(&model, 7)[..] else { panic!("no graph") };
        assert!(!text(graph, 2).is_empty());
        let params = network.params();
        let (d, k) = (params.shape().features as u64, params.shape().classes as u64);
        let map = network.map();
        let inputs: Vec<_> = all(graph, 11).into_iter().map(value_info).collect();
        let (input, kind) = if map.is_some() { ("features", 1) } else { ("pixels", 2) };
        assert_eq!(inputs, [(input.into(), kind, d)]);
        let outputs: Vec<_> = all(graph, 12).into_iter().map(value_info).collect();
        assert_eq!(outputs, [("logits".into(), 1, k), ("probabilities".into(), 1, k)]);

        let rows = network.rows();
        let pictures = match map {
            Some(_) => rows.iter().map(|row| network.bytes(row)).collect(),
            None => network.pictures(),
        };
        let mut values: HashMap<String, Tensor> = all(graph, 5).into_iter().map(initializer).collect();
        let pixels: Vec<f64> = pictures.concat().into_iter().map(f64::from).collect();
        let given =
            if map.is_some() { rows.concat().into_iter().map(f64::from).collect() } else { pixels.clone() };
        values.insert(input.into(), Tensor { columns: d as usize, values: given });
        for node in all(graph, 1) {
            let operands: Vec<Tensor> = texts(node, 1).iter().map(|name| values[name].clone()).collect();
            values.insert(text(node, 2), compute(&text(node, 4), &operands));
        }
        assert_eq!(values["floats"].values, pixels, "{name}: bytes");
        let close = |found: &Tensor, row: usize, expected: &[f32], tolerance: f64| {
            for (k, &expected) in expected.iter().enumerate() {
                let found = found.values[row * found.columns + k];
                assert!((found - f64::from(expected)).abs() < tolerance, "{name}: {found} {expected}");
            }
        };
        // cos of 1e10 is another number after an f32 sum's rounding.
        if name != "cos_large" {
            for (row, pixels) in pictures.iter().enumerate() {
                let mut expected = network.logits(pixels);
                let size = expected.iter().fold(1.0, |a: f64, &b| a.max(f64::from(b).abs()));
                close(&values["logits"], row, &expected, 1e-5 * size);
                monolayer::internals::math::softmax_row(&mut expected);
                close(&values["probabilities"], row, &expected, 1e-4);
            }
        }
    }
}
