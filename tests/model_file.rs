//! Format 1 (CONTRACT C16) is readable for ever, format 2 is format 1 with a map of features; a damaged,
//! truncated or newer file is refused with an error that says which.

use monolayer::Activation;
use monolayer::infer;
use monolayer::internals::layout::{ALIGN, HEADER, MAGIC, Rule, TABLE, TABLE_LEN};
use monolayer::rng::Rng;
use monolayer::weights::{
    About, Error, FeatureMap, Int8Layer, Kind, Params, Picture, Quantised, Shape, View, encode, encoded_len,
    is_model, realign, to_vec,
};

/// A model of 2 features, 3 units and 2 classes, byte for byte as format 1 has it, made by a program in
/// another language. Do not change this.
const GOLDEN: &str = "\
    9d6d6f6e6f0d0a0a01000100ac000000c571149f000202000200000003000000\
    00007f4301000200010000000b00000011000000000000000000000000000000\
    0000803f0000803f0000803f0000003f000080be6f12833a000000809ec97f7f\
    010000000000000000000000000000000000803f0000803fcdcccc3dcdccccbd\
    cdcc4c3ecdcc4cbe9a99993e9a9999be6e756c6c0ac3a9c3a96e0a736565643d\
    310a65706f6368733d32300a";

const W1: [f32; 9] = [1.0, 1.0, 1.0, 0.5, -0.25, 1e-3, -0.0, 3.4e38, 1e-45];
const W2: [f32; 8] = [1.0, 1.0, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3];
const NAMES: [&str; 2] = ["null", "één"];
const TRAINING: &str = "seed=1\nepochs=20\n";

fn golden_params() -> Params<'static> {
    Params::new(
        Shape { activation: Activation::Cos, features: 2, hidden: 3, classes: 2, scale: 255.0 },
        &W1,
        &W2,
    )
    .unwrap()
}

/// A column of two pixels.
const COLUMN: Picture = Picture { channels: 1, height: 2, width: 1 };
/// A row of a table with two features.
const ROW: Picture = Picture { channels: 1, height: 1, width: 2 };
/// Low and f of each; the second feature is constant.
const PAIRS: [f32; 4] = [-0.5, 25.5, 7.0, 0.0];

fn about(picture: Picture) -> About<'static> {
    About { training: TRAINING, ..About::new(picture, &NAMES) }
}

/// What a file of format 2 says.
fn about_table() -> About<'static> {
    About { map: Some(FeatureMap::new(&PAIRS)), ..about(ROW) }
}

fn golden_bytes() -> Vec<u8> {
    file(&golden_params(), about(COLUMN))
}

fn golden_table() -> Vec<u8> {
    file(&golden_params(), about_table())
}

/// The model file of these parts.
fn file(params: &Params, about: About) -> Vec<u8> {
    let mut out = vec![0xA5; encoded_len(params, about).expect("sizes that a file can have")];
    encode(&mut out, params, about).expect("a model that can be written");
    assert_eq!(to_vec(params, about).as_ref(), Ok(&out));
    out
}

/// The start of an int8 file, up to its last multiplier, made by the same other program; the CRC in it is
/// that of everything. Do not change this.
const GOLDEN_INT8: &str = "\
    9d6d6f6e6f0d0a0a01000100980200005289be67010202000200000003000000\
    00007f4301000200010000000b00000011000000060310000000000000000000\
    01ff7f00810005000aec1e00ff02fd006400000038ffffff0300000000001000\
    15cd5b07ffffff7f07000000f9ffffff0000004005000000";

/// A network of integers of the same sizes, names and training.
fn golden_int8() -> Vec<u8> {
    int8(about(COLUMN))
}

fn int8(about: About) -> Vec<u8> {
    let mut table = [0; TABLE_LEN];
    (0..257).zip(&mut table).for_each(|(i, entry)| *entry = i * 37 % 1000 - 500);
    let shape = Shape { activation: Activation::Cos, features: 2, hidden: 3, classes: 2, scale: 255.0 };
    let (weights, bias) = (&[1, -1, 127, 0, -127, 0, 5, 0], &[100, -200, 3]);
    let hidden = Int8Layer { weights, bias, multiplier: &[1 << 20, 123456789, i32::MAX], shift: 6 };
    let weights = &[10, -20, 30, 0, -1, 2, -3, 0];
    let output = Int8Layer { weights, bias: &[7, -7], multiplier: &[1 << 30, 5], shift: 3 };
    let params = Quantised::new(shape, [hidden, output], &table, 16).expect("numbers within their bounds");
    let length = encoded_len(&params, about).expect("sizes that a file can have");
    let mut out = vec![0xA5; length];
    encode(&mut out, &params, about).expect("a network that can be written");
    assert_eq!(to_vec(&params, about), Ok(out.clone()));
    out
}

/// What the view of either kind says of `bytes`, wherever they lie; the view of the file's own kind must say
/// the same, a device's model too, but for the map and the texts, which it does not look at, and the view of
/// the other kind must refuse it.
fn check(bytes: &[u8]) -> Result<(), String> {
    let mut room = vec![0; bytes.len() + ALIGN - 1];
    let bytes = realign(bytes, &mut room).expect("room enough");
    let text = |error: Error| error.to_string();
    let (floats, integers) = (View::new(bytes).map(drop), View::quantised(bytes).map(drop));
    let models = (infer::Model::new(bytes).map(drop), infer::int8::Model::new(bytes).map(drop));
    for (view, model) in [(&floats, &models.0), (&integers, &models.1)] {
        let of_texts = view.is_err_and(|error| {
            ["class names", "training text", "map of features"]
                .iter()
                .any(|section| error.to_string().contains(section))
        });
        assert!(view == model || (of_texts && model.is_ok()), "{view:?} {model:?}");
    }
    let (floats, integers) = (floats.map_err(text), integers.map_err(text));
    let any = View::any(bytes);
    let kind = any.map(|view| view.params().kind());
    let any = any.map(drop).map_err(text);
    for (kind_of, view, other) in [(Kind::F32, &floats, &integers), (Kind::Int8, &integers, &floats)] {
        if kind == Ok(kind_of) {
            let expected = if kind_of == Kind::F32 { Kind::Int8 } else { Kind::F32 };
            let message = format!("a model of {kind_of} weights, expected one of {expected}");
            assert_eq!((view, other), (&Ok(()), &Err(message)));
        }
    }
    if let Err(error) = &any {
        let refused = |view: &Result<(), String>| match view {
            Err(found) => found == error || found.contains(" weights, expected one of "),
            Ok(()) => false,
        };
        assert!(refused(&floats) && refused(&integers), "{error}: {floats:?} {integers:?}");
        assert!(floats == any || integers == any, "{error}: {floats:?} {integers:?}");
    }
    any
}

/// Whether `bytes` are refused with this message.
#[track_caller]
fn refused(bytes: &[u8], message: &str) {
    assert_eq!(check(bytes).unwrap_err(), message);
}

/// CRC-32 bit by bit, over all but bytes 16 to 19.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes[..16].iter().chain(&bytes[20..]).fold(!0, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

/// `bytes` with `new` at `offset`, and the length and CRC that a writer would have given them.
fn with(bytes: &[u8], offset: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[offset..offset + new.len()].copy_from_slice(new);
    let length = bytes.len() as u32;
    bytes[12..16].copy_from_slice(&length.to_le_bytes());
    let crc = crc32(&bytes);
    bytes[16..20].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn the_table_has_every_byte_of_the_header_once() {
    let end = TABLE.iter().fold(0, |end, field| {
        assert_eq!(field.offset, end, "{}", field.name);
        end + field.size
    });
    assert_eq!(end, HEADER);
}

#[test]
fn format_1_is_what_it_was() {
    let hex: String = golden_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, GOLDEN, "encode writes other bytes");

    let golden: Vec<u8> =
        (0..GOLDEN.len() / 2).map(|i| u8::from_str_radix(&GOLDEN[2 * i..][..2], 16).unwrap()).collect();
    let mut room = vec![0; golden.len() + ALIGN];
    let view = View::new(realign(&golden, &mut room).unwrap()).unwrap();
    let (params, expected) = (view.params(), golden_params());
    assert_eq!(bits(params.w1()), bits(expected.w1()));
    assert_eq!(bits(params.w2()), bits(expected.w2()));
    assert_eq!(params, expected);
    assert_eq!(view.picture(), Picture { channels: 1, height: 2, width: 1 });
    assert_eq!([0, 1, 2, 3].map(|class| view.class_name(class)), ["null", "één", "", ""]);
    assert_eq!((view.training(), view.format(), view.contract()), (TRAINING, 1, 1));
    for section in [params.w1(), params.w2()] {
        assert_eq!(section.as_ptr() as usize % ALIGN, 0);
    }
}

fn bits(weights: &[f32]) -> Vec<u32> {
    weights.iter().map(|weight| weight.to_bits()).collect()
}

#[test]
fn every_truncation_says_so() {
    for bytes in [golden_bytes(), golden_int8(), golden_table(), int8(about_table())] {
        assert_eq!(check(&bytes), Ok(()));
        let expected = bytes.len() as u32;
        for found in 0..bytes.len() {
            let whole = if found < HEADER { "64 or more".into() } else { expected.to_string() };
            refused(&bytes[..found], &format!("cut off: {found} bytes of {whole}; copy the file again"));
        }
        let longer = [&bytes[..], &[0]].concat();
        let found = bytes.len() + 1;
        refused(&longer, &format!("{found} bytes, but the model ends after {expected}; copy the file again"));
    }
}

#[test]
fn every_flipped_bit_is_damage() {
    for bytes in [golden_bytes(), golden_int8(), golden_table(), int8(about_table())] {
        for bit in 0..8 * bytes.len() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let error = check(&damaged).expect_err("a flipped bit");
            let starts: &[&str] = match bit / 8 {
                0..8 => &["not a monolayer model", "damaged on the way: its line ends or first byte"],
                12..16 if error.contains("the model ends after") => &[""],
                12..16 => &["cut off: "],
                _ => &["damaged: the CRC-32 of its bytes is "],
            };
            assert!(starts.iter().any(|start| error.starts_with(start)), "byte {}: {error}", bit / 8);
        }
    }
}

#[test]
fn the_int8_file_is_what_it_was() {
    let bytes = golden_int8();
    let hex: String = bytes.iter().take(120).map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((hex.as_str(), bytes.len()), (GOLDEN_INT8, 664), "encode writes other bytes");
    let mut room = vec![0; bytes.len() + ALIGN];
    let view = View::quantised(realign(&bytes, &mut room).unwrap()).unwrap();
    let params = view.params();
    let (shape, [hidden, output]) = (params.shape(), params.layers());
    assert_eq!(
        (hidden.weights[4], output.weights[1], hidden.bias[1], hidden.multiplier[2]),
        (-127, -20, -200, i32::MAX)
    );
    assert_eq!(
        (output.bias[1], output.multiplier[0], params.table()[256]),
        (-7, 1 << 30, 256 * 37 % 1000 - 500)
    );
    assert_eq!((hidden.shift, output.shift, params.places(), shape.scale), (6, 3, 16, 255.0));
    assert_eq!([0, 1, 2, 3].map(|class| view.class_name(class)), ["null", "één", "", ""]);
    assert_eq!((view.training(), view.format(), view.contract()), (TRAINING, 1, 1));
    let fingerprint = |shape, hidden, output| {
        Quantised::new(shape, [hidden, output], params.table(), params.places()).unwrap().fingerprint()
    };
    assert_eq!(params.fingerprint(), fingerprint(Shape { scale: 1.0, ..shape }, hidden, output));
    for other in [
        fingerprint(shape, Int8Layer { shift: 7, ..hidden }, output),
        fingerprint(shape, hidden, Int8Layer { bias: &[7, 7], ..output }),
        fingerprint(shape, Int8Layer { weights: &[1, -1, 127, 0, -127, 0, 5, 1], ..hidden }, output),
    ] {
        assert_ne!(params.fingerprint(), other);
    }
}

#[test]
fn what_an_int8_file_cannot_hold_is_not_written() {
    let bytes = golden_int8();
    let mut room = vec![0; bytes.len() + ALIGN];
    let params = View::quantised(realign(&bytes, &mut room).unwrap()).unwrap().params();
    let (shape, [hidden, output]) = (params.shape(), params.layers());
    let refused = |hidden, output, table, places| {
        Quantised::new(shape, [hidden, output], table, places).unwrap_err().to_string()
    };
    let (table, places) = (params.table(), params.places());
    for (hidden, output, places, message) in [
        (Int8Layer { shift: 32, ..hidden }, output, places, "byte 52: shift of the hidden sums is 32"),
        (
            hidden,
            Int8Layer { shift: u32::MAX, ..output },
            places,
            "byte 53: shift of the output sums is 4294967295",
        ),
        (hidden, output, 25, "byte 54: binary places of the logits is 25"),
    ] {
        let error = refused(hidden, output, table, places);
        assert!(error.starts_with(message), "{error}");
    }
    for (hidden, output, table, message) in [
        (Int8Layer { weights: &[0; 9], ..hidden }, output, table, "w1 has length 9, expected 8"),
        (hidden, Int8Layer { weights: &[0; 7], ..output }, table, "w2 has length 7, expected 8"),
        (Int8Layer { bias: &[0], ..hidden }, output, table, "bias1 has length 1, expected 3"),
        (Int8Layer { multiplier: &[0], ..hidden }, output, table, "multiplier1 has length 1, expected 3"),
        (hidden, Int8Layer { bias: &[0], ..output }, table, "bias2 has length 1, expected 2"),
        (hidden, Int8Layer { multiplier: &[0], ..output }, table, "multiplier2 has length 1, expected 2"),
        (hidden, output, &[0; 257], "table has length 257, expected 258"),
    ] {
        assert_eq!(refused(hidden, output, table, places), message);
    }
}

#[test]
fn texts_that_a_device_did_not_check_cannot_be_read() {
    let bytes = golden_bytes();
    let names = bytes.len() - TRAINING.len() - 11;
    for (offset, new) in [(names + 2, 0x1B), (names + 6, 0xFF), (names + 12, b'\r')] {
        let bad = with(&bytes, offset, &[new]);
        let mut room = vec![0; bad.len() + ALIGN];
        let model = infer::Model::new(realign(&bad, &mut room).unwrap()).unwrap();
        let read = (model.view().class_name(0), model.view().training());
        assert_eq!(read, if offset < names + 11 { ("", TRAINING) } else { ("null", "") });
    }
}

#[test]
fn files_that_are_something_else_are_told_from_damaged_copies() {
    refused(b"\x1f\x8b\x08\x08", "a gzip file, expected a monolayer model; gunzip it");
    for other in [&b"\x89PNG\r\n\x1a\n"[..], b"<!DOCTYPE html>", b"x"] {
        let message =
            "not a monolayer model: the first 8 bytes are not a model's; give a file that `train` wrote";
        refused(other, message);
    }
    let bytes = golden_bytes();
    let rest = &bytes[MAGIC.len()..];
    let copies: [&[u8]; 6] = [
        b"\x9dmono\n\n",
        b"\x9dmono\r\r\n\r\n",
        b"\x1dmono\r\n\n",
        b"?mono\r\n\n",
        b"\xc2\x9dmono\r\n\n",
        b"\xef\xbf\xbdmono\r\n\n",
    ];
    for magic in copies {
        let error = check(&[magic, rest].concat()).unwrap_err();
        assert!(error.starts_with("damaged on the way: its line ends or first byte"), "{magic:x?} {error}");
    }
    assert!(is_model(&MAGIC));
    assert!(is_model(b"\x1dmono\n\n"), "a model that lost its eighth bits");
    assert!(is_model(b"mono"), "or its first byte");
    for other in [&b""[..], b"\0\0\x08\x03", b"\x1f\x8b", b"nomono"] {
        assert!(!is_model(other));
    }
}

#[test]
fn newer_files_are_told_from_damaged_ones() {
    let bytes = golden_bytes();
    for (offset, name, newer, known) in [(8, "format", 3, "1 to 2"), (10, "numeric contract", 2, "1")] {
        let knows = format!("{name} {newer} (byte {offset}), but this one knows {known}; update monolayer");
        refused(&with(&bytes, offset, &[newer, 0]), &format!("from a newer monolayer: {knows}"));
    }
    let knows = "kind of weights 2 (byte 20), but this one knows 0 to 1; update monolayer";
    refused(&with(&bytes, 20, &[2]), &format!("from a newer monolayer: {knows}"));
    let other = check(&with(&bytes, 20, &[1])).unwrap_err();
    assert!(other.contains("the sizes in the header call for"), "an int8 file has others: {other}");
    // A newer file that was cut off, too, is damaged first.
    let newer = with(&bytes, 8, &[3, 0]);
    assert!(check(&newer[..newer.len() - 1]).unwrap_err().starts_with("cut off: "));
}

#[test]
fn every_field_is_held_against_its_rule() {
    let bytes = golden_bytes();
    let refused = |offset: usize, new: &[u8], name: &str| {
        let error = check(&with(&bytes, offset, new)).unwrap_err();
        assert!(error.starts_with(&format!("byte {offset}: {name} is ")), "{name} {new:?}: {error}");
    };
    for field in &TABLE {
        let (least, greatest) = match field.rule {
            Rule::Frame => continue,
            Rule::Version(least, _) => (least, u32::MAX),
            Rule::Between(least, greatest) => (least, greatest),
            Rule::Int8(_) => (0, 0), // in a file of f32
            Rule::Scale => {
                for scale in [0.0, -0.0, -1.0, 65535.004, f32::INFINITY, f32::NAN, -f32::NAN] {
                    refused(field.offset, &f32::to_le_bytes(scale), field.name);
                }
                for scale in [f32::from_bits(1), 1.0, 65535.0] {
                    assert_eq!(check(&with(&bytes, field.offset, &f32::to_le_bytes(scale))), Ok(()));
                }
                continue;
            }
        };
        if least > 0 {
            refused(field.offset, &(least - 1).to_le_bytes()[..field.size.min(4)], field.name);
        }
        if u64::from(greatest) + 1 < 1 << (8 * field.size.min(4)) {
            refused(field.offset, &(greatest + 1).to_le_bytes()[..field.size.min(4)], field.name);
            refused(field.offset, &vec![0xFF; field.size], field.name);
        }
    }
    for (offset, name) in [
        (52, "shift of the hidden sums"),
        (53, "shift of the output sums"),
        (54, "binary places of the logits"),
    ] {
        refused(offset, &[1], name);
    }
}

#[test]
fn sizes_that_contradict_each_other_are_refused() {
    let bytes = golden_bytes();
    let length = bytes.len();
    let message = "a picture of 1 x 3 x 1 (channels, height, width) does not have the model's 2 features";
    refused(&with(&bytes, 38, &[3, 0]), message);
    // One byte of names more or less, one class more, and sizes far beyond 32 bits.
    let calls_for = |bytes: &[u8], expected: u64| {
        let found = bytes.len();
        refused(bytes, &format!("{found} bytes, but the sizes in the header call for {expected}"));
    };
    calls_for(&with(&bytes, 44, &[12]), length as u64 + 1);
    calls_for(&with(&bytes, 44, &[10]), length as u64 - 1);
    calls_for(&with(&bytes, 22, &[3, 0]), length as u64 + 16);
    let huge = with(&bytes, 36, &[0, 1, 0, 1, 0, 1]);
    let huge = with(&with(&huge, 24, &(1_u32 << 24).to_le_bytes()), 28, &(1_u32 << 16).to_le_bytes());
    let weights = 4 * (((1_u64 << 24) + 1) * 65536 + 65537 * 2);
    let texts = (11 + TRAINING.len()) as u64;
    calls_for(&huge, 64 + weights.next_multiple_of(8) + texts);
    // 40 bytes that claim much are 40 bytes.
    refused(&huge[..40], "cut off: 40 bytes of 64 or more; copy the file again");
    calls_for(&with(&huge[..64], 0, &[]), 64 + weights + texts);
}

#[test]
fn contents_that_no_writer_writes_are_refused() {
    let bytes = golden_bytes();
    let names = bytes.len() - TRAINING.len() - 11;
    for (offset, place) in
        [(64, "first of w1"), (96, "last of w1"), (112, "first of w2"), (140, "last of w2")]
    {
        for weight in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let error = check(&with(&bytes, offset, &weight.to_le_bytes())).unwrap_err();
            let expected = format!("byte {offset}: a weight is {weight}, expected a finite number; ");
            assert!(error.starts_with(&expected), "{place}: {error}");
        }
    }
    for offset in 100..112 {
        let message = format!("byte {offset}: 7, expected 0 between two sections");
        refused(&with(&bytes, offset, &[7]), &message);
    }
    let text = |section: &str, offset| {
        Err(format!("{section}, byte {offset}: expected UTF-8 text without control characters"))
    };
    let count = |found| Err(format!("{found} class names, expected one for each of 2 classes"));
    assert_eq!(check(&with(&bytes, names + 6, &[0xFF])), text("class names", 5));
    assert_eq!(check(&with(&bytes, names + 2, &[0x1B])), text("class names", 2));
    assert_eq!(check(&with(&bytes, names + 5, "\u{9B}".as_bytes())), text("class names", 5));
    assert_eq!(check(&with(&bytes, names + 11, &[0xC3])), text("training text", 0));
    assert_eq!(check(&with(&bytes, names + 12, b"\r")), text("training text", 1));
    assert_eq!(check(&with(&bytes, names + 1, b"\n")), count(3));
    assert_eq!(check(&with(&bytes, names + 4, b"-")), count(1));
    assert_eq!(check(&with(&bytes, names + 9, b"\n-")), count(2));
}

#[test]
fn format_2_is_format_1_with_a_map_before_the_texts() {
    let pairs: Vec<u8> = PAIRS.iter().copied().flat_map(f32::to_le_bytes).collect();
    let texts = 11 + TRAINING.len();
    for (one, two) in
        [(file(&golden_params(), about(ROW)), golden_table()), (int8(about(ROW)), int8(about_table()))]
    {
        let at = one.len() - texts;
        let with_map = [&one[..at], &pairs, &one[at..]].concat();
        assert_eq!(two, with(&with_map, 8, &[2]));
        assert_eq!(at % 4, 0);
        let mut room = vec![0; two.len() + ALIGN];
        let view = View::any(realign(&two, &mut room).unwrap()).unwrap();
        assert_eq!((view.format(), view.map()), (2, Some(FeatureMap::new(&PAIRS))));
        assert_eq!((view.class_name(1), view.training()), (NAMES[1], TRAINING));
        let mut room = vec![0; one.len() + ALIGN];
        let view = View::any(realign(&one, &mut room).unwrap()).unwrap();
        assert_eq!((view.format(), view.map()), (1, None));

        // The map is what the format says: without it the file is too short, with it too long.
        let calls_for = |bytes: &[u8], expected: usize| {
            let found = bytes.len();
            refused(bytes, &format!("{found} bytes, but the sizes in the header call for {expected}"));
        };
        calls_for(&with(&one, 8, &[2]), two.len());
        calls_for(&with(&two, 8, &[1]), one.len());
    }
}

#[test]
fn a_map_is_finite_and_of_a_table() {
    for bytes in [golden_table(), int8(about_table())] {
        let map = bytes.len() - 11 - TRAINING.len() - 16;
        for (pair, value) in
            [(0, f32::NAN), (1, f32::INFINITY), (2, f32::NEG_INFINITY), (3, f32::NAN), (1, -1e-45), (3, -1.0)]
        {
            let at = map + 4 * pair;
            let expected = "expected a finite low and a finite factor of 0 or more";
            let message = format!("byte {at}: {value} in the map of features, {expected}");
            refused(&with(&bytes, at, &value.to_le_bytes()), &message);
            let mut pairs = PAIRS;
            pairs[pair] = value;
            let about = About { map: Some(FeatureMap::new(&pairs)), ..about_table() };
            let error = encode(&mut vec![0; golden_table().len()], &golden_params(), about).unwrap_err();
            let at = golden_table().len() - 11 - TRAINING.len() - 16 + 4 * pair;
            assert_eq!(error.to_string(), format!("byte {at}: {value} in the map of features, {expected}"));
        }
        let message =
            "a map of features and a picture of 1 x 2 x 1 (channels, height, width), expected 1 x 1 x 2";
        refused(&with(&bytes, 38, &[2, 0, 1, 0]), message);
    }
    let refused = |about| to_vec(&golden_params(), about).unwrap_err().to_string();
    let message =
        "a map of features and a picture of 1 x 2 x 1 (channels, height, width), expected 1 x 1 x 2";
    assert_eq!(refused(About { picture: COLUMN, ..about_table() }), message);
    for (pairs, found) in [(&PAIRS[..2], 2), (&[0.0; 6], 6), (&PAIRS[..3], 3), (&[], 0)] {
        let about = About { map: Some(FeatureMap::new(pairs)), ..about_table() };
        assert_eq!(refused(about), format!("the map of features has length {found}, expected 4"));
    }
}

#[test]
fn random_headers_never_panic() {
    let mut rng = Rng::new(1, 0);
    for round in 0..20_000 {
        let bytes = if round % 2 == 0 { golden_bytes() } else { golden_table() };
        let mut wild = bytes.clone();
        for _ in 0..1 + rng.below(4) {
            let field = &TABLE[5 + rng.below(TABLE.len() as u32 - 5) as usize];
            let value = rng.next_u32() >> rng.below(32);
            let new = &value.to_le_bytes()[..field.size.min(4)];
            wild[field.offset..][..new.len()].copy_from_slice(new);
        }
        let _ = check(&with(&wild, 0, &[]));
    }
}

#[test]
fn misaligned_bytes_are_an_error_of_their_own() {
    let bytes = golden_bytes();
    let mut room = vec![0; bytes.len() + 2 * ALIGN];
    let start = room.as_ptr().align_offset(ALIGN);
    for shift in 0..ALIGN {
        let place = &mut room[start + shift..][..bytes.len()];
        place.copy_from_slice(&bytes);
        match View::new(place) {
            Ok(_) => assert_eq!(shift % 4, 0, "{shift} past a multiple of {ALIGN}"),
            Err(error) => {
                let message = format!("the model's bytes begin {} past a multiple of 4, ", shift % 4);
                assert!(shift % 4 != 0 && error.to_string().starts_with(&message), "{shift}: {error}");
            }
        }

        let mut room = vec![0; bytes.len() + ALIGN - 1 + shift];
        let realigned = realign(&bytes, &mut room[shift..]).expect("ALIGN - 1 bytes more are always enough");
        assert_eq!((realigned, realigned.as_ptr() as usize % ALIGN), (&bytes[..], 0));
    }
    assert_eq!(realign(&bytes, &mut vec![0; bytes.len() - 1]), None);
}

#[test]
fn an_included_file_is_aligned() {
    static INCLUDED: &[u8] = monolayer::include_model!("model_file.rs");
    assert_eq!(INCLUDED, include_bytes!("model_file.rs"));
    assert_eq!(INCLUDED.as_ptr() as usize % ALIGN, 0);
}

#[test]
fn what_is_written_is_what_is_read() {
    let mut rng = Rng::new(2, 0);
    for round in 0..300 {
        let picture = Picture {
            channels: 1 + rng.below(3) as u16,
            height: 1 + rng.below(9) as u16,
            width: 1 + rng.below(9) as u16,
        };
        let (features, hidden) = (picture.pixels() as usize, 1 + rng.below(70) as usize);
        let classes = 2 + rng.below(if round % 10 == 0 { 127 } else { 9 }) as usize;
        // Any finite bits: subnormals and both zeros too.
        let mut weights = |count| -> Vec<f32> {
            let random = core::iter::repeat_with(|| f32::from_bits(rng.next_u32()));
            random.filter(|weight| weight.is_finite()).take(count).collect()
        };
        let (w1, w2) = (weights((features + 1) * hidden), weights((hidden + 1) * classes));
        let pairs: Vec<f32> = weights(2 * features).into_iter().map(f32::abs).collect();
        let names: Vec<String> = (0..classes).map(|k| "é".repeat(k % 5)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let training = "k=v\n".repeat(rng.below(9) as usize);
        let activation = Activation::ALL[round % 4];
        let scale = 65535.0 / (1 + rng.below(70_000)) as f32;
        let params = Params::new(Shape { activation, features, hidden, classes, scale }, &w1, &w2).unwrap();

        let map = (picture.channels * picture.height == 1).then(|| FeatureMap::new(&pairs));
        let bytes = file(&params, About { training: &training, map, ..About::new(picture, &names) });
        let mut room = vec![0; bytes.len() + ALIGN];
        let view = View::new(realign(&bytes, &mut room).unwrap()).unwrap();
        assert_eq!(view.params(), params);
        assert_eq!(bits(view.params().w1()), bits(&w1));
        assert_eq!(bits(view.params().w2()), bits(&w2));
        assert_eq!((view.picture(), view.training()), (picture, &training[..]));
        assert_eq!((view.map(), view.format()), (map, if map.is_some() { 2 } else { 1 }));
        assert!((0..classes).all(|k| view.class_name(k) == names[k]));
    }
}

#[test]
fn what_cannot_be_read_is_not_written() {
    let params = golden_params();
    let shape = params.shape();
    let picture = Picture { channels: 1, height: 1, width: 2 };
    let refused = |params: Params, names: &[&str], training: &str| {
        let mut out = [0; 256];
        let about = About { training, ..About::new(picture, names) };
        let length = encoded_len(&params, about).unwrap_or(0);
        let error = encode(&mut out[..length], &params, about).unwrap_err();
        assert_eq!(to_vec(&params, about), Err(error));
        error.to_string()
    };
    let field = |shape: Shape, name: &str| {
        let error = Params::new(shape, &W1, &W2).unwrap_err();
        assert_eq!(shape.check(), Err(error));
        assert!(error.to_string().contains(&format!(": {name} is ")), "{name}: {error}");
    };
    for features in [0, (1 << 24) + 1, usize::MAX] {
        field(Shape { features, ..shape }, "number of features");
    }
    for hidden in [0, 65537, usize::MAX] {
        field(Shape { hidden, ..shape }, "number of hidden units");
    }
    for classes in [0, 1, 129, 65538, usize::MAX] {
        field(Shape { classes, ..shape }, "number of classes");
    }
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY, 65536.0] {
        field(Shape { scale, ..shape }, "pixel scale");
    }

    let text =
        |section, offset| format!("{section}, byte {offset}: expected UTF-8 text without control characters");
    assert_eq!(refused(params, &["a"], ""), "1 class names, expected one for each of 2 classes");
    assert_eq!(refused(params, &["a", "b\n"], ""), text("class names", 1));
    assert_eq!(refused(params, &["a", "\t"], ""), text("class names", 0));
    assert_eq!(refused(params, &NAMES, "a=\x1b"), text("training text", 2));
    let found = [f32::NAN; 9];
    let error = refused(Params::new(shape, &found, &W2).unwrap(), &NAMES, "");
    assert!(error.starts_with("byte 64: a weight is NaN"), "{error}");
    let error = refused(Params::new(shape, &W1, &found[..8]).unwrap(), &NAMES, "");
    assert!(error.starts_with("byte 112: a weight is NaN"), "{error}");
    let error = Params::new(shape, &W1[1..], &W2).unwrap_err().to_string();
    assert_eq!(error, "w1 has length 8, expected 9");
    let error = Params::new(shape, &W1, &W2[1..]).unwrap_err().to_string();
    assert_eq!(error, "w2 has length 7, expected 8");
    let length = encoded_len(&params, about(picture)).unwrap();
    let error = encode(&mut vec![0; length + 1], &params, about(picture)).unwrap_err();
    assert_eq!(error.to_string(), format!("out has length {}, expected {length}", length + 1));
    let wrong = Picture { width: 3, ..picture };
    let error = encode(&mut vec![0; length], &params, about(wrong)).unwrap_err();
    let message = "a picture of 1 x 1 x 3 (channels, height, width) does not have the model's 2 features";
    assert_eq!(error.to_string(), message);
}

#[test]
fn files_of_more_than_4_gib_are_not_written() {
    // Zeros that are never written take no memory. Weights as large as no machine has are beyond Params::new.
    let shape = Shape { features: 16_383, hidden: 65_536, ..golden_params().shape() };
    let (w1, w2) = (vec![0.0; 16_384 * 65_536], vec![0.0; 65_537 * 2]);
    let params = Params::new(shape, &w1, &w2).unwrap();
    let (found, picture) =
        (64 + 4 * (w1.len() + w2.len()) + 11, Picture { channels: 1, height: 43, width: 381 });
    let message = format!(
        "the model would take {found} bytes, more than a model file can hold; use fewer hidden units"
    );
    assert_eq!(picture.pixels(), 16_383);
    assert_eq!(encoded_len(&params, About::new(picture, &NAMES)).unwrap_err().to_string(), message);
    assert_eq!(encode(&mut [], &params, About::new(picture, &NAMES)).unwrap_err().to_string(), message);
}

#[test]
fn the_fingerprint_is_fnv_1a_over_units_then_classes() {
    let naive = |params: &Params| {
        let mut hash = 14695981039346656037_u64;
        let mut eat = |weight: f32| {
            for byte in weight.to_bits().to_le_bytes() {
                hash ^= u64::from(byte);
                hash = (u128::from(hash) * 1099511628211 % (1 << 64)) as u64;
            }
        };
        for m in 0..params.shape().hidden {
            (0..=params.shape().features).for_each(|d| eat(params.w1()[d * params.shape().hidden + m]));
        }
        for k in 0..params.shape().classes {
            (0..=params.shape().hidden).for_each(|m| eat(params.w2()[m * params.shape().classes + k]));
        }
        hash
    };
    let params = golden_params();
    assert_eq!(params.fingerprint(), naive(&params));
    assert_eq!(params.fingerprint(), 0x71d8_2959_b6cc_9cc5); // from another language, too
    // It depends on every weight, and on the signs of zeros.
    for at in 0..9 {
        let mut w1 = W1;
        w1[at] = -w1[at];
        let other = Params::new(params.shape(), &w1, &W2).unwrap();
        assert_ne!(other.fingerprint(), params.fingerprint());
    }
}

#[test]
fn messages_name_the_place_and_both_values() {
    let bytes = golden_bytes();
    let messages = [
        (check(&bytes[..70]), "cut off: 70 bytes of 172; copy the file again"),
        (
            check(&with(&bytes, 8, &[3, 0])),
            "from a newer monolayer: format 3 (byte 8), but this one knows 1 to 2; update monolayer",
        ),
        (check(&with(&bytes, 22, &[200, 0])), "byte 22: number of classes is 200, expected 2 to 128"),
        (check(&with(&bytes, 55, &[1])), "byte 55: reserved is 1, expected 0"),
        (
            check(&with(&bytes, 52, &[1])),
            "byte 52: shift of the hidden sums is 1, expected 0 to 31 with int8 weights, 0 with f32",
        ),
        (
            check(&with(&bytes, 32, &f32::NAN.to_le_bytes())),
            "byte 32: pixel scale is NaN, expected more than 0 and at most 65535",
        ),
    ];
    for (result, message) in messages {
        assert_eq!(result.unwrap_err(), message);
    }
}
