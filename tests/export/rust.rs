//! The exported Rust module: tests/export/tiny.rs is one, and computes here what it says.

use super::{Network, logits_of, with_model};
use monolayer::Activation;
use monolayer::export::rust;
use monolayer::infer::{int8, scratch_len};
use std::path::Path;

#[rustfmt::skip]
#[allow(unreachable_pub)] // as it is in a program
mod tiny;
#[rustfmt::skip]
#[allow(unreachable_pub)]
mod tiny_int8;
#[rustfmt::skip]
#[allow(unreachable_pub)]
mod tiny_table;

fn network() -> Network {
    let mut network = Network::random(1, Activation::Cos, [5, 3, 3], 255.0, 2.0);
    network.names = ["a", "\"b\"", "größe"].map(String::from).to_vec();
    network
}

/// MONOLAYER_BLESS=1 writes the modules anew, for when what they say has changed on purpose.
#[test]
fn the_modules_are_those_that_are_kept() {
    let modules = [
        (network().file(), "tiny.rs", include_str!("rust/tiny.rs")),
        (network().int8_file(), "tiny_int8.rs", include_str!("rust/tiny_int8.rs")),
        (network().of_table().file(), "tiny_table.rs", include_str!("rust/tiny_table.rs")),
    ];
    for (file, name, kept) in modules {
        let text = with_model(&file, |model, bytes| rust::write(model, bytes).unwrap());
        if std::env::var_os("MONOLAYER_BLESS").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/rust");
            std::fs::write(folder.join(name), &text).unwrap();
            continue;
        }
        assert_eq!(text, kept, "MONOLAYER_BLESS=1 writes tests/export/rust/{name} anew");
    }
}

#[test]
fn the_modules_compute_the_models_logits() {
    let network = network();
    assert_eq!((tiny::self_test(), tiny_int8::self_test()), (Ok(0), Ok(0)));
    assert_eq!((tiny::PIXELS, tiny::CLASSES, tiny::SCRATCH), (5, 3, scratch_len(3, 3)));
    assert_eq!(tiny_int8::SCRATCH, int8::scratch_len(3, 3));
    assert_eq!(tiny::NAMES, ["a", "\"b\"", "größe"]);
    assert_eq!((tiny_int8::PIXELS, tiny_int8::CLASSES, tiny_int8::NAMES), (5, 3, tiny::NAMES));
    assert_eq!(tiny_table::NAMES, tiny::NAMES);
    let (float, integer) = (tiny::model().unwrap(), tiny_int8::model().unwrap());
    for pixels in network.pictures() {
        let logits = float.logits(&pixels, &mut [0.0; tiny::SCRATCH]).unwrap().to_vec();
        assert_eq!(logits, network.logits(&pixels));
        let logits = integer.logits(&pixels, &mut [0; tiny_int8::SCRATCH]).unwrap().to_vec();
        assert_eq!(
            logits,
            logits_of(&network.int8_file(), &pixels).iter().map(|&l| l as i32).collect::<Vec<_>>()
        );
    }
}

#[test]
fn the_module_of_a_table_maps_features() {
    let network = network().of_table();
    assert_eq!(tiny_table::self_test(), Ok(0));
    for row in network.rows() {
        let mut bytes = [0; tiny_table::PIXELS];
        tiny_table::model().unwrap().features(&row, &mut bytes).unwrap();
        assert_eq!(bytes[..], network.bytes(&row));
    }
}

#[test]
fn every_byte_survives_its_literal() {
    // The module's text is checked against the file's bytes through the compiler above; here, through a
    // reader of byte strings, for a file that has all 256 of them.
    let network = Network::random(8, Activation::Tanh, [50, 40, 4], 255.0, 1.0);
    let file = network.file();
    let text = with_model(&file, |model, bytes| rust::write(model, bytes).unwrap());
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
