//! On the host: the pictures of the file `pictures` through the kernels for whole sets, with each instruction
//! set that this machine has. Prints the checksum of the probabilities' bits, which is to be that of
//! `classify`.

use device::Line;
use monolayer::Isa;
use monolayer::train::{Machine, Predictor};
use monolayer::weights::View;

static MODEL: &[u8] = monolayer::include_model!(env!("MODEL_FILE"));

fn main() {
    let weights = View::any(MODEL).unwrap_or_else(|e| panic!("{e}")).params();
    let pixels = std::fs::read("pictures").unwrap_or_else(|e| panic!("pictures: {e}"));
    for isa in Isa::available() {
        for threads in [1, 2] {
            let predictor = Predictor::new(weights, Machine::new(isa, threads));
            let found = predictor.and_then(|predictor| predictor.predict_all(&pixels));
            let probabilities = found.unwrap_or_else(|e| panic!("{e}")).probabilities;
            let sum =
                device::checksum(device::CHECKSUM_OF_NOTHING, probabilities.iter().map(|y| y.to_bits()));
            Line::new("isa ").text(isa.name()).text(" probabilities ").hex(sum).print();
        }
    }
}
