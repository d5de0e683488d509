//! 5 features -> 3 cos units -> 3 classes; written by `monolayer export --format rust`
//! (monolayer 0.2.0, numeric contract 1) from a model with the fingerprint 0dfff9626bb73bde.
//!
//! Needs `core` and the crate `monolayer`, of which `default-features = false` is enough: no allocator, no
//! operating system. Flash: 270 bytes of constants. Scratch: [`SCRATCH`] words, the caller's.
//!
//! ```ignore
//! let model = model()?;
//! model.features(&features, &mut pixels)?; // [f32; PIXELS], [u8; PIXELS]
//! let class = model.predict(&pixels, &mut [0.0; SCRATCH])?;
//! ```

use monolayer::infer::{Model, scratch_len};
use monolayer::weights::{Aligned, Error};

/// Bytes of a picture.
pub const PIXELS: usize = 5;
/// Classes.
pub const CLASSES: usize = 3;
/// Words of scratch, each an f32.
pub const SCRATCH: usize = scratch_len(3, 3);
/// What the classes are called.
pub const NAMES: [&str; CLASSES] = [
    "a",
    "\"b\"",
    "größe",
];

/// The model, checked.
///
/// # Errors
/// The constants were damaged, the crate is older than they are, or this machine's arithmetic is not
/// IEEE 754's.
pub fn model() -> Result<Model<'static>, Error> {
    Model::new(&FILE.0)
}

/// How many of 8 test samples do not give the exporting program's logits and bytes, to the bit: 0 is good.
///
/// # Errors
/// As [`model`].
pub fn self_test() -> Result<usize, Error> {
    const EXPECTED: [[u32; CLASSES]; 4] = [
        [
            0xbd898ac0, 0xbc77f293, 0x3de4e6da,
        ],
        [
            0xbe83c29f, 0x3f4cb224, 0xbdb830aa,
        ],
        [
            0xbea3be01, 0xbe0f5186, 0xbc622a05,
        ],
        [
            0xbe7276d0, 0xbe037706, 0xbda8840b,
        ],
    ];
    let model = model()?;
    let mut wrong = 0;
    for (number, expected) in (0..).zip(&EXPECTED) {
        let mut state: u32 = number;
        let mut pixels = [0; PIXELS];
        for pixel in &mut pixels {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *pixel = if state >> 30 <= number { (state >> 16) as u8 } else { 0 };
        }
        let mut scratch = [0.0; SCRATCH];
        let same = match model.logits(&pixels, &mut scratch) {
            Ok(logits) => logits.iter().map(|logit| logit.to_bits()).eq(expected.iter().copied()),
            Err(_) => false,
        };
        wrong += usize::from(!same);
    }
    // FNV-1a, word by word, of the bytes of four rows of features and of the map. The rows go across each
    // feature's range and beyond; the last has any bits.
    const EXPECTED_BYTES: [u32; 4] = [0xc41672ee, 0x8f07f312, 0x9d1a170c, 0x93fcb6bb];
    for (number, expected) in (0..).zip(EXPECTED_BYTES) {
        let mut state: u32 = number;
        let (mut features, mut bytes) = ([0.0; PIXELS], [0; PIXELS]);
        let pairs = model.view().map().map_or(&[][..], |map| map.pairs());
        for (feature, pair) in features.iter_mut().zip(pairs.chunks_exact(2)) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let half = ((state >> 22) as f32 - 256.0) * 0.5;
            *feature = match *pair {
                _ if number == 3 => f32::from_bits(state),
                [low, f] if f > 0.0 => low + half / f,
                _ => half,
            };
        }
        let eat = |hash: u32, (&byte, pair): (&u8, &[f32])| {
            pair.iter().fold(hash ^ u32::from(byte), |hash, number| hash ^ number.to_bits()).wrapping_mul(0x0100_0193)
        };
        let same = model.features(&features, &mut bytes).is_ok()
            && bytes.iter().zip(pairs.chunks_exact(2)).fold(0x811c_9dc5, eat) == expected;
        wrong += usize::from(!same);
    }
    Ok(wrong)
}

#[rustfmt::skip]
static FILE: Aligned<[u8; 270]> = Aligned(*b"\
\x9dmono\x0d\x0a\x0a\x02\0\x01\0\x0e\x01\0\0o\xe9\x9c*\0\x02\x03\0\x05\0\0\0\x03\0\0\0\0\0\x7fC\x01\0\
\x01\0\x05\0\0\0\x0e\0\0\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0h\x93\xe8\xbe\x18\xac\xe7?0\xb4\x01\xbf\x80\
-\xcd?\x80g\x89\xbf\x10k\xa2\xbf\xfcxu\xbf\x84\x93\xdc?8--?\xc0O\x1c\xbf2h\xe5?P\xb0\xd7?\xc2\xe3\xa2\
?\x84\xa9i\xbf4/m?d\xc2\xfe\xbf\xf8\x99E?H\xb7`\xbf\0\0\0\0\0\0\0\0\xf0\xb0j\xbe@\xf60?H\xd9A>X\xee(\
?\xd49m\xbf4A\x18\xbf\x9001\xbe\xc8\x17\x80>4N\xf1>\x02yd\xbf\xec\xcc\x8f>\xe0\x20M?\xfcw\x07C\xb4\xdc\
L?\xc8\x05\x8a\xc3X?\xb8>\xecT\xa3\xc2\x02\xbf\xfc>\x94\x1d\x9e\xc3\0\0\0\0\x90]\xb6C\0\xea\x96>a\x0a\
\"b\"\x0agr\xc3\xb6\xc3\x9fe\x0alr=0.001\x0anote=a\x20\"b\"\x20\\\x20c\x0a");
