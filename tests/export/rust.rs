//! The exported Rust module: tests/export/tiny.rs is one, and computes here what it says.

use super::Network;
use monolayer::infer::{Model, scratch_len};
use monolayer::lab::export::rust;
use monolayer::math::Activation;
use std::path::Path;

#[rustfmt::skip]
#[allow(unreachable_pub)] // as it is in a program
mod tiny;

fn network() -> Network {
    let mut network = Network::random(1, Activation::Cos, [5, 3, 3], 255.0, 2.0);
    network.names = ["a", "\"b\"", "größe"].map(String::from).to_vec();
    network
}

/// MONOLAYER_BLESS=1 writes the module anew, for when what it says has changed on purpose.
#[test]
fn the_module_is_the_one_that_is_kept() {
    let text = network().with_model(|model, bytes| rust::write(model, bytes).unwrap());
    if std::env::var_os("MONOLAYER_BLESS").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/rust/tiny.rs"), &text)
            .unwrap();
    }
    assert_eq!(text, include_str!("rust/tiny.rs"), "MONOLAYER_BLESS=1 writes tests/export/rust/tiny.rs anew");
}

#[test]
fn the_module_computes_the_models_logits() {
    let network = network();
    assert_eq!(tiny::self_test(), Ok(0));
    assert_eq!((tiny::PIXELS, tiny::CLASSES, tiny::SCRATCH), (5, 3, scratch_len(3, 3)));
    assert_eq!(tiny::NAMES, ["a", "\"b\"", "größe"]);
    let model: Model<'static> = tiny::model().unwrap();
    for pixels in network.pictures() {
        let mut scratch = [0.0; tiny::SCRATCH];
        assert_eq!(model.logits(&pixels, &mut scratch).unwrap(), network.logits(&pixels));
    }
}

#[test]
fn every_byte_survives_its_literal() {
    // The module's text is checked against the file's bytes through the compiler above; here, through a reader of
    // byte strings, for a file that has all 256 of them.
    let network = Network::random(8, Activation::Tanh, [50, 40, 4], 255.0, 1.0);
    let (text, file) =
        network.with_model(|model, bytes| (rust::write(model, bytes).unwrap(), bytes.to_vec()));
    assert!((0..=255).all(|byte| file.contains(&byte)));
    let literal = text.split_once("Aligned(*b\"").unwrap().1.strip_suffix("\");\n").unwrap();
    let mut bytes = literal.bytes().peekable();
    let mut read = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next().unwrap() {
                b'\n' => while bytes.next_if(|b| b" \t\n\r".contains(b)).is_some() {},
                b'x' => {
                    let mut digit = || char::from(bytes.next().unwrap()).to_digit(16).unwrap() as u8;
                    read.push(16 * digit() + digit());
                }
                b'0' => read.push(0),
                other => read.push(other),
            },
            b' '..=b'~' => read.push(byte),
            other => panic!("byte {other} in a literal"),
        }
    }
    assert_eq!(read, file);
}
