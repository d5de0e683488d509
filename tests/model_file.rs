//! Format 1 (CONTRACT C16) is readable for ever; a damaged, truncated or newer file is refused with an error
//! that says which.

use monolayer::Activation;
use monolayer::infer;
use monolayer::rng::Rng;
use monolayer::weights::layout::{ALIGN, HEADER, MAGIC, Rule, TABLE, TABLE_LEN};
use monolayer::weights::{
    Error, Kind, Params, Picture, Quantised, View, encode, encode_quantised, encoded_len,
};
use monolayer::weights::{kind, quantised_len, realign};

/// A model of 2 features, 3 units and 2 classes, byte for byte as format 1 has it, made by a program in another
/// language. Do not change this.
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
    Params { activation: Activation::Cos, features: 2, hidden: 3, classes: 2, scale: 255.0, w1: &W1, w2: &W2 }
}

fn golden_bytes() -> Vec<u8> {
    file(&golden_params(), Picture { channels: 1, height: 2, width: 1 }, &NAMES, TRAINING)
}

/// The model file of these parts.
fn file(params: &Params, picture: Picture, names: &[&str], training: &str) -> Vec<u8> {
    let mut out = vec![0xA5; encoded_len(params, names, training).expect("sizes that a file can have")];
    encode(&mut out, params, picture, names, training).expect("a model that can be written");
    out
}

/// The start of an int8 file, up to its last multiplier, made by the same other program; the CRC in it is that of
/// everything. Do not change this.
const GOLDEN_INT8: &str = "\
    9d6d6f6e6f0d0a0a01000100980200005289be67010202000200000003000000\
    00007f4301000200010000000b00000011000000060310000000000000000000\
    01ff7f00810005000aec1e00ff02fd006400000038ffffff0300000000001000\
    15cd5b07ffffff7f07000000f9ffffff0000004005000000";

/// A network of integers of the same sizes, names and training.
fn golden_int8() -> Vec<u8> {
    let mut table = [0; TABLE_LEN];
    (0..257).zip(&mut table).for_each(|(i, entry)| *entry = i * 37 % 1000 - 500);
    let params = Quantised {
        activation: Activation::Cos,
        features: 2,
        hidden: 3,
        classes: 2,
        scale: 255.0,
        w1: &[1, -1, 127, 0, -127, 0, 5, 0],
        w2: &[10, -20, 30, 0, -1, 2, -3, 0],
        bias1: &[100, -200, 3],
        multiplier1: &[1 << 20, 123456789, i32::MAX],
        bias2: &[7, -7],
        multiplier2: &[1 << 30, 5],
        table: &table,
        shift1: 6,
        shift2: 3,
        places: 16,
    };
    let mut out = vec![0xA5; quantised_len(&params, &NAMES, TRAINING).expect("sizes that a file can have")];
    let picture = Picture { channels: 1, height: 2, width: 1 };
    encode_quantised(&mut out, &params, picture, &NAMES, TRAINING).expect("a network that can be written");
    out
}

/// What the view of the file's kind says of `bytes`, wherever they lie; a device's model, which does not read texts, and
/// the view of the other kind must refuse what it refuses.
fn check(bytes: &[u8]) -> Result<(), Error> {
    let mut room = vec![0; bytes.len() + ALIGN - 1];
    let bytes = realign(bytes, &mut room).expect("room enough");
    let (floats, integers) = (View::new(bytes).map(|_| ()), View::quantised(bytes).map(|_| ()));
    let models = (infer::Model::new(bytes).map(|_| ()), infer::int8::Model::new(bytes).map(|_| ()));
    let text = |error: &Error| matches!(error, Error::Text { .. } | Error::Names { .. });
    for (view, model) in [(&floats, &models.0), (&integers, &models.1)] {
        assert!(view == model || (view.as_ref().is_err_and(text) && model.is_ok()), "{view:?} {model:?}");
    }
    match kind(bytes) {
        Ok(Kind::F32) => {
            let error = Error::Kind { found: Kind::F32, expected: Kind::Int8 };
            assert_eq!(integers, Err(error));
            floats
        }
        Ok(Kind::Int8) => {
            let error = Error::Kind { found: Kind::Int8, expected: Kind::F32 };
            assert_eq!(floats, Err(error));
            integers
        }
        Err(error) => {
            assert_eq!((floats, integers), (Err(error), Err(error)));
            Err(error)
        }
    }
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
    assert_eq!(bits(params.w1), bits(expected.w1));
    assert_eq!(bits(params.w2), bits(expected.w2));
    assert_eq!(params, expected);
    assert_eq!(view.picture(), Picture { channels: 1, height: 2, width: 1 });
    assert_eq!([0, 1, 2, 3].map(|class| view.class_name(class)), ["null", "één", "", ""]);
    assert_eq!((view.training(), view.format(), view.contract()), (TRAINING, 1, 1));
    for section in [params.w1, params.w2] {
        assert_eq!(section.as_ptr() as usize % ALIGN, 0);
    }
}

fn bits(weights: &[f32]) -> Vec<u32> {
    weights.iter().map(|weight| weight.to_bits()).collect()
}

#[test]
fn every_truncation_says_so() {
    for bytes in [golden_bytes(), golden_int8()] {
        assert_eq!(check(&bytes), Ok(()));
        let expected = bytes.len() as u32;
        for found in 0..bytes.len() {
            let error =
                if found < HEADER { Error::TooShort { found } } else { Error::Truncated { found, expected } };
            assert_eq!(check(&bytes[..found]), Err(error));
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(check(&longer), Err(Error::Trailing { found: bytes.len() + 1, expected }));
    }
}

#[test]
fn every_flipped_bit_is_damage() {
    for bytes in [golden_bytes(), golden_int8()] {
        for bit in 0..8 * bytes.len() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let error = check(&damaged).expect_err("a flipped bit");
            let as_expected = match bit / 8 {
                0..8 => matches!(error, Error::NotAModel | Error::TextMode),
                12..16 => matches!(error, Error::Truncated { .. } | Error::Trailing { .. }),
                _ => matches!(error, Error::Crc { .. }),
            };
            assert!(as_expected, "byte {}: {error}", bit / 8);
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
    assert_eq!(
        (params.w1[4], params.w2[1], params.bias1[1], params.multiplier1[2]),
        (-127, -20, -200, i32::MAX)
    );
    assert_eq!(
        (params.bias2[1], params.multiplier2[0], params.table[256]),
        (-7, 1 << 30, 256 * 37 % 1000 - 500)
    );
    assert_eq!((params.shift1, params.shift2, params.places, params.scale), (6, 3, 16, 255.0));
    assert_eq!([0, 1, 2, 3].map(|class| view.class_name(class)), ["null", "één", "", ""]);
    assert_eq!((view.training(), view.format(), view.contract()), (TRAINING, 1, 1));
    assert_eq!(params.fingerprint(), Quantised { scale: 1.0, ..params }.fingerprint());
    for other in [
        Quantised { shift1: 7, ..params },
        Quantised { bias2: &[7, 7], ..params },
        Quantised { w1: &[1, -1, 127, 0, -127, 0, 5, 1], ..params },
    ] {
        assert_ne!(params.fingerprint(), other.fingerprint());
    }
}

#[test]
fn what_an_int8_file_cannot_hold_is_not_written() {
    let bytes = golden_int8();
    let mut room = vec![0; bytes.len() + ALIGN];
    let params = View::quantised(realign(&bytes, &mut room).unwrap()).unwrap().params();
    let refused = |params: Quantised| {
        let mut out = vec![0; quantised_len(&params, &NAMES, "").unwrap_or(0)];
        let picture = Picture { channels: 1, height: 2, width: 1 };
        encode_quantised(&mut out, &params, picture, &NAMES, "").unwrap_err()
    };
    for (params, offset) in [
        (Quantised { shift1: 32, ..params }, 52),
        (Quantised { shift2: u32::MAX, ..params }, 53),
        (Quantised { places: 25, ..params }, 54),
    ] {
        assert!(matches!(refused(params), Error::Field { field, .. } if field.offset == offset));
    }
    for (params, error) in [
        (Quantised { w1: &[0; 9], ..params }, Error::Length { what: "w1", found: 9, expected: 8 }),
        (Quantised { bias2: &[0], ..params }, Error::Length { what: "bias2", found: 4, expected: 8 }),
        (
            Quantised { table: &[0; 257], ..params },
            Error::Length { what: "table", found: 514, expected: 516 },
        ),
    ] {
        assert_eq!(refused(params), error);
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
    assert_eq!(check(b"\x1f\x8b\x08\x08"), Err(Error::Gzip));
    for other in [&b"\x89PNG\r\n\x1a\n"[..], b"<!DOCTYPE html>", b"x"] {
        assert_eq!(check(other), Err(Error::NotAModel));
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
        assert_eq!(check(&[magic, rest].concat()), Err(Error::TextMode), "{magic:x?}");
    }
}

#[test]
fn newer_files_are_told_from_damaged_ones() {
    let bytes = golden_bytes();
    for (offset, name) in [(8, "format"), (10, "numeric contract")] {
        let error = check(&with(&bytes, offset, &[2, 0])).unwrap_err();
        assert!(matches!(error, Error::Newer { field, found: 2 } if field.name == name), "{error}");
    }
    let error = check(&with(&bytes, 20, &[2])).unwrap_err();
    assert!(matches!(error, Error::Newer { field, found: 2 } if field.name == "kind of weights"), "{error}");
    assert!(matches!(check(&with(&bytes, 20, &[1])), Err(Error::Sections { .. })), "an int8 file has others");
    // A newer file that was cut off, too, is damaged first.
    let newer = with(&bytes, 8, &[2, 0]);
    assert!(matches!(check(&newer[..newer.len() - 1]), Err(Error::Truncated { .. })));
}

#[test]
fn every_field_is_held_against_its_rule() {
    let bytes = golden_bytes();
    let refused = |offset: usize, new: &[u8], name: &str| {
        let error = check(&with(&bytes, offset, new)).unwrap_err();
        let named =
            matches!(error, Error::Field { field, .. } if field.offset == offset && field.name == name);
        assert!(named, "{name} {new:?}: {error}");
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
    assert_eq!(
        check(&with(&bytes, 38, &[3, 0])),
        Err(Error::Picture { found: Picture { channels: 1, height: 3, width: 1 }, expected: 2 })
    );
    // One byte of names more or less, one class more, and sizes far beyond 32 bits.
    let call_for = |offset, new: &[u8]| match check(&with(&bytes, offset, new)) {
        Err(Error::Sections { found, expected }) if found == length => expected,
        other => panic!("{other:?}"),
    };
    assert_eq!(call_for(44, &[12]), length as u64 + 1);
    assert_eq!(call_for(44, &[10]), length as u64 - 1);
    assert_eq!(call_for(22, &[3, 0]), length as u64 + 16);
    let huge = with(&bytes, 36, &[0, 1, 0, 1, 0, 1]);
    let huge = with(&with(&huge, 24, &(1_u32 << 24).to_le_bytes()), 28, &(1_u32 << 16).to_le_bytes());
    let weights = 4 * (((1_u64 << 24) + 1) * 65536 + 65537 * 2);
    let texts = (11 + TRAINING.len()) as u64;
    assert_eq!(
        check(&huge),
        Err(Error::Sections { found: length, expected: 64 + weights.next_multiple_of(8) + texts })
    );
    // 40 bytes that claim much are 40 bytes.
    assert_eq!(check(&huge[..40]), Err(Error::TooShort { found: 40 }));
    assert_eq!(
        check(&with(&huge[..64], 0, &[])),
        Err(Error::Sections { found: 64, expected: 64 + weights + texts })
    );
}

#[test]
fn contents_that_no_writer_writes_are_refused() {
    let bytes = golden_bytes();
    let names = bytes.len() - TRAINING.len() - 11;
    for (offset, place) in
        [(64, "first of w1"), (96, "last of w1"), (112, "first of w2"), (140, "last of w2")]
    {
        for weight in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let expected = Error::NotFinite { offset: offset as u64, found: weight.to_bits() };
            assert_eq!(check(&with(&bytes, offset, &weight.to_le_bytes())), Err(expected), "{place}");
        }
    }
    for offset in 100..112 {
        assert_eq!(
            check(&with(&bytes, offset, &[7])),
            Err(Error::Padding { offset: offset as u64, found: 7 })
        );
    }
    let text = |section, offset| Err(Error::Text { section, offset });
    assert_eq!(check(&with(&bytes, names + 6, &[0xFF])), text("class names", 5));
    assert_eq!(check(&with(&bytes, names + 2, &[0x1B])), text("class names", 2));
    assert_eq!(check(&with(&bytes, names + 5, "\u{9B}".as_bytes())), text("class names", 5));
    assert_eq!(check(&with(&bytes, names + 11, &[0xC3])), text("training text", 0));
    assert_eq!(check(&with(&bytes, names + 12, b"\r")), text("training text", 1));
    assert_eq!(check(&with(&bytes, names + 1, b"\n")), Err(Error::Names { found: 3, expected: 2 }));
    assert_eq!(check(&with(&bytes, names + 4, b"-")), Err(Error::Names { found: 1, expected: 2 }));
    assert_eq!(check(&with(&bytes, names + 9, b"\n-")), Err(Error::Names { found: 2, expected: 2 }));
}

#[test]
fn random_headers_never_panic() {
    let bytes = golden_bytes();
    let mut rng = Rng::new(1, 0);
    for _ in 0..20_000 {
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
        let expected = if shift % 4 == 0 { Ok(()) } else { Err(Error::Misaligned { found: shift % 4 }) };
        assert_eq!(View::new(place).map(|_| ()), expected, "{shift} past a multiple of {ALIGN}");

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
        let names: Vec<String> = (0..classes).map(|k| "é".repeat(k % 5)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let training = "k=v\n".repeat(rng.below(9) as usize);
        let activation = Activation::ALL[round % 3];
        let scale = 65535.0 / (1 + rng.below(70_000)) as f32;
        let params = Params { activation, features, hidden, classes, scale, w1: &w1, w2: &w2 };

        let bytes = file(&params, picture, &names, &training);
        let mut room = vec![0; bytes.len() + ALIGN];
        let view = View::new(realign(&bytes, &mut room).unwrap()).unwrap();
        assert_eq!(view.params(), params);
        assert_eq!(bits(view.params().w1), bits(&w1));
        assert_eq!(bits(view.params().w2), bits(&w2));
        assert_eq!((view.picture(), view.training()), (picture, &training[..]));
        assert!((0..classes).all(|k| view.class_name(k) == names[k]));
    }
}

#[test]
fn what_cannot_be_read_is_not_written() {
    let params = golden_params();
    let picture = Picture { channels: 1, height: 1, width: 2 };
    let refused = |params: Params, names: &[&str], training: &str| {
        let mut out = [0; 256];
        let length = encoded_len(&params, names, training).unwrap_or(0);
        encode(&mut out[..length], &params, picture, names, training).unwrap_err()
    };
    let field = |params| match refused(params, &NAMES, "") {
        Error::Field { field, .. } => field.name,
        other => panic!("{other}"),
    };
    for features in [0, (1 << 24) + 1, usize::MAX] {
        assert_eq!(field(Params { features, ..params }), "number of features");
    }
    for hidden in [0, 65537, usize::MAX] {
        assert_eq!(field(Params { hidden, ..params }), "number of hidden units");
    }
    for classes in [0, 1, 129, 65538, usize::MAX] {
        assert_eq!(field(Params { classes, ..params }), "number of classes");
    }
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY, 65536.0] {
        assert_eq!(field(Params { scale, ..params }), "pixel scale");
    }
    let large = Params { features: 1 << 24, hidden: 1 << 16, ..params };
    assert!(matches!(refused(large, &NAMES, ""), Error::TooLarge { .. }));
    assert_eq!(encoded_len(&large, &NAMES, ""), None);

    assert_eq!(refused(params, &["a"], ""), Error::Names { found: 1, expected: 2 });
    assert_eq!(refused(params, &["a", "b\n"], ""), Error::Text { section: "class names", offset: 1 });
    assert_eq!(refused(params, &["a", "\t"], ""), Error::Text { section: "class names", offset: 0 });
    assert_eq!(refused(params, &NAMES, "a=\x1b"), Error::Text { section: "training text", offset: 2 });
    let found = [f32::NAN; 9];
    assert!(matches!(
        refused(Params { w1: &found, ..params }, &NAMES, ""),
        Error::NotFinite { offset: 64, .. }
    ));
    assert!(matches!(
        refused(Params { w2: &found[..8], ..params }, &NAMES, ""),
        Error::NotFinite { offset: 112, .. }
    ));
    let error = refused(Params { w1: &W1[1..], ..params }, &NAMES, "");
    assert_eq!(error, Error::Length { what: "w1", found: 8, expected: 9 });
    let error = refused(Params { w2: &W2[1..], ..params }, &NAMES, "");
    assert_eq!(error, Error::Length { what: "w2", found: 7, expected: 8 });
    let length = encoded_len(&params, &NAMES, TRAINING).unwrap();
    let error = encode(&mut vec![0; length + 1], &params, picture, &NAMES, TRAINING).unwrap_err();
    assert_eq!(error, Error::Length { what: "out", found: length + 1, expected: length as u64 });
    let wrong = Picture { width: 3, ..picture };
    let error = encode(&mut vec![0; length], &params, wrong, &NAMES, TRAINING).unwrap_err();
    assert_eq!(error, Error::Picture { found: wrong, expected: 2 });
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
        for m in 0..params.hidden {
            (0..=params.features).for_each(|d| eat(params.w1[d * params.hidden + m]));
        }
        for k in 0..params.classes {
            (0..=params.hidden).for_each(|m| eat(params.w2[m * params.classes + k]));
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
        assert_ne!(Params { w1: &w1, ..params }.fingerprint(), params.fingerprint());
    }
}

#[test]
fn messages_name_the_place_and_both_values() {
    let bytes = golden_bytes();
    let messages = [
        (check(&bytes[..70]), "cut off: 70 bytes of 172; copy the file again"),
        (
            check(&with(&bytes, 8, &[2, 0])),
            "from a newer monolayer: format 2 (byte 8), but this one knows 1; update monolayer",
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
        assert_eq!(result.unwrap_err().to_string(), message);
    }
}
