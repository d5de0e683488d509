//! On the host: the pictures of the file `pictures` through the kernels for whole sets, with each instruction set that
//! this machine has. Prints the checksum of the probabilities' bits, which for f32 `classify` prints as well.

use device::Line;
use device::model::FEATURES;
use monolayer::simd::Isa;
use monolayer::train::{self, Machine};
use monolayer::weights::View;

static MODEL: &[u8] = monolayer::include_model!(env!("MODEL_FILE"));

fn main() {
    let view = View::new(MODEL).unwrap_or_else(|e| panic!("{e}"));
    let mut pixels = std::fs::read("pictures").unwrap_or_else(|e| panic!("pictures: {e}"));
    pixels.truncate(pixels.len() / FEATURES * FEATURES);
    for isa in Isa::available() {
        for threads in [1, 2] {
            let found = train::predict(&view.params(), &pixels, Machine::new(isa, threads));
            let probabilities = found.unwrap_or_else(|e| panic!("{e}")).probabilities;
            let checksum = device::checksum(device::CHECKSUM_OF_NOTHING, &probabilities);
            Line::new("isa ").text(isa.name()).text(" probabilities ").hex(checksum).print();
        }
    }
}
