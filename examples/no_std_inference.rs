//! Inference as a device runs it: `core` only, no allocator, no operating system, no reachable panic.
//!
//!     cargo run --release --example no_std_inference
//!
//! A firmware depends on the crate with `default-features = false`, and the module `device` is all that goes
//! into it; std is used here only to print the results. tools/device has whole firmwares.
#![no_std]
extern crate std;

mod device {
    use monolayer::infer::{Error, Model, scratch_len};
    use monolayer::weights;

    /// The model file, part of the program, in flash: 51 KB.
    static FILE: &[u8] = monolayer::include_model!("digits.mono");

    /// Working memory: 26 floats for 16 hidden units and 10 classes.
    const SCRATCH: usize = scratch_len(16, 10);

    /// Checks the file and the processor's arithmetic once.
    pub(super) fn model() -> Result<Model<'static>, weights::Error> {
        Model::new(FILE)
    }

    /// Predicts the class of one image of 28 x 28 bytes.
    pub(super) fn classify(model: &Model, pixels: &[u8]) -> Result<usize, Error> {
        let mut scratch = [0.0; SCRATCH];
        model.predict(pixels, &mut scratch)
    }

    /// Gives the logits, the same bits as on the machine that trained the model.
    pub(super) fn logits(model: &Model, pixels: &[u8]) -> Result<[f32; 10], Error> {
        let mut scratch = [0.0; SCRATCH];
        let mut out = [0.0; 10];
        out.copy_from_slice(model.logits(pixels, &mut scratch)?);
        Ok(out)
    }
}

fn main() {
    let model = device::model().expect("the model file is whole");
    let test = monolayer::data::digits().expect("the embedded digits are whole").test;
    let wrong = (0..test.len())
        .filter(|&n| device::classify(&model, test.image(n)) != Ok(usize::from(test.labels()[n])))
        .count();
    std::println!("{wrong} errors in {} images", test.len());
    assert_eq!(wrong, 70, "as many as the training machine counted");

    // A picture of the wrong size is an error, not a panic.
    assert!(device::classify(&model, &[0; 100]).is_err());

    let logits = device::logits(&model, test.image(0)).expect("28 x 28 pixels");
    let mut sum = 0xCBF2_9CE4_8422_2325_u64; // FNV-1a over the logits' bits
    for byte in logits.into_iter().flat_map(f32::to_le_bytes) {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    }
    std::println!("logits of the first image: {logits:?}");
    assert_eq!(sum, 0x692e_5ff2_10d5_4af7, "the bits of the logits");
}
