//! 5 pixels -> 3 cos units -> 3 classes; written by `monolayer export --format rust`
//! (monolayer 0.2.0, numeric contract 1) from a model with the fingerprint 2c2c8e15ab3af06d.
//!
//! Needs `core` and the crate `monolayer`, of which `default-features = false` is enough: no allocator, no
//! operating system. Flash: 698 bytes of constants. Scratch: [`SCRATCH`] words, the caller's.
//!
//! ```ignore
//! let model = model()?;
//! let class = model.predict(&pixels, &mut [0; SCRATCH])?;
//! ```

use monolayer::infer::int8::{Model, scratch_len};
use monolayer::weights::{Aligned, Error};

/// Bytes of a picture.
pub const PIXELS: usize = 5;
/// Classes.
pub const CLASSES: usize = 3;
/// Words of scratch, each an i32.
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

/// How many of 4 test pictures do not give the exporting program's logits, to the bit: 0 is good.
///
/// # Errors
/// As [`model`].
pub fn self_test() -> Result<usize, Error> {
    const EXPECTED: [[u32; CLASSES]; 4] = [
        [
            0xffef5541, 0xfffb4d6e, 0x001ca58a,
        ],
        [
            0xffbebd85, 0x00cd5e8f, 0xffe83b5a,
        ],
        [
            0xffaeaf14, 0xffdc18f4, 0xfffcb91a,
        ],
        [
            0xffc3c8aa, 0xffdf0f53, 0xffeb24f9,
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
        let mut scratch = [0; SCRATCH];
        let same = match model.logits(&pixels, &mut scratch) {
            Ok(logits) => logits.iter().map(|logit| *logit as u32).eq(expected.iter().copied()),
            Err(_) => false,
        };
        wrong += usize::from(!same);
    }
    Ok(wrong)
}

#[rustfmt::skip]
static FILE: Aligned<[u8; 698]> = Aligned(*b"\
\x9dmono\x0d\x0a\x0a\x01\0\x01\0\xba\x02\0\0\xaa\xb9\x0bi\x01\x02\x03\0\x05\0\0\0\x03\0\0\0\0\0\x7fC\
\x01\0\x01\0\x05\0\0\0\x0e\0\0\0\x18\0\0\0\x0d\x07\x18\0\0\0\0\0\0\0\0\0f\xb4\xa0\0\xc3z3\0\xd9\x7f\x7f\
\0Q\xbfF\0\x817\xbe\0^\xe7\x81\0\x81\"&\0\xa2K\x7f\0!\xe3\xff\xff\xc1\x7f\0\0\xf7\xd9\xff\xff\xd3\x20\
\x05\0.\x9e\x04\0|W\x04\0\x84\xb1\xef\xff\x04^/\0i\0\x0f\0\xcd:2\x07\x12\xcfx\x07\xd2\xffu\x06\xff\x7f\
\xf5\x7f\xd8\x7f\xa6\x7fa\x7f\x09\x7f\x9c~\x1d~\x89}\xe3|)|\\{|z\x89y\x84xkwAv\x04u\xb5sTr\xe2p^o\xc9\
m#lmj\xa6h\xcff\xe8d\xf1b\xeb`\xd7^\xb3\\\x82ZBX\xf5U\x9bS3Q\xbfN?L\xb4I\x1cGzD\xceA\x17?V<\x8c9\xba\
6\xdf3\xfb0\x11.\x1f+&((%#\"\x1a\x1f\x0b\x1c\xf9\x18\xe2\x15\xc8\x12\xab\x0f\x8c\x0cj\x09H\x06$\x03\0\
\0\xdc\xfc\xb8\xf9\x96\xf6t\xf3U\xf08\xed\x1e\xea\x07\xe7\xf5\xe3\xe6\xe0\xdd\xdd\xd8\xda\xda\xd7\xe1\
\xd4\xef\xd1\x05\xcf!\xccF\xc9t\xc6\xaa\xc3\xe9\xc02\xbe\x86\xbb\xe4\xb8L\xb6\xc1\xb3A\xb1\xcd\xaee\xac\
\x0b\xaa\xbe\xa7~\xa5M\xa3)\xa1\x15\x9f\x0f\x9d\x18\x9b1\x99Z\x97\x93\x95\xdd\x937\x92\xa2\x90\x1e\x8f\
\xac\x8dK\x8c\xfc\x8a\xbf\x89\x95\x88|\x87w\x86\x84\x85\xa4\x84\xd7\x83\x1d\x83w\x82\xe3\x81d\x81\xf7\
\x80\x9f\x80Z\x80(\x80\x0b\x80\x01\x80\x0b\x80(\x80Z\x80\x9f\x80\xf7\x80d\x81\xe3\x81w\x82\x1d\x83\xd7\
\x83\xa4\x84\x84\x85w\x86|\x87\x95\x88\xbf\x89\xfc\x8aK\x8c\xac\x8d\x1e\x8f\xa2\x907\x92\xdd\x93\x93\
\x95Z\x971\x99\x18\x9b\x0f\x9d\x15\x9f)\xa1M\xa3~\xa5\xbe\xa7\x0b\xaae\xac\xcd\xaeA\xb1\xc1\xb3L\xb6\
\xe4\xb8\x86\xbb2\xbe\xe9\xc0\xaa\xc3t\xc6F\xc9!\xcc\x05\xcf\xef\xd1\xe1\xd4\xda\xd7\xd8\xda\xdd\xdd\
\xe6\xe0\xf5\xe3\x07\xe7\x1e\xea8\xedU\xf0t\xf3\x96\xf6\xb8\xf9\xdc\xfc\0\0$\x03H\x06j\x09\x8c\x0c\xab\
\x0f\xc8\x12\xe2\x15\xf9\x18\x0b\x1c\x1a\x1f#\"(%&(\x1f+\x11.\xfb0\xdf3\xba6\x8c9V<\x17?\xceAzD\x1cG\
\xb4I?L\xbfN3Q\x9bS\xf5UBX\x82Z\xb3\\\xd7^\xeb`\xf1b\xe8d\xcff\xa6hmj#l\xc9m^o\xe2pTr\xb5s\x04uAvkw\x84\
x\x89y|z\\{)|\xe3|\x89}\x1d~\x9c~\x09\x7fa\x7f\xa6\x7f\xd8\x7f\xf5\x7f\xff\x7f\0\0a\x0a\"b\"\x0agr\xc3\
\xb6\xc3\x9fe\x0alr=0.001\x0anote=a\x20\"b\"\x20\\\x20c\x0a");
