//! Trains on arrays in memory: which quarter of a small grey image is the brightest?
//!
//!     cargo run --release --example train_arrays
//!
//! N samples of D features each are one row-major array of bytes, (N, D), and N labels.

use monolayer::data::Images;
use monolayer::rng::Rng;
use monolayer::train::{self, Config, Machine};
use monolayer::{Activation, Isa};

const SIDE: usize = 8;
const CLASSES: usize = 4;

/// Makes `count` noisy images of SIDE x SIDE pixels, one quarter of each brighter than the others.
fn images(count: usize, seed: u64) -> Images {
    let mut rng = Rng::new(seed, 0);
    let labels: Vec<u8> = (0..count).map(|_| rng.below(CLASSES as u32) as u8).collect();
    let mut pixels = Vec::new();
    for &label in &labels {
        for place in 0..SIDE * SIDE {
            let (row, column) = (place / SIDE, place % SIDE);
            let quarter = 2 * (2 * row / SIDE) + 2 * column / SIDE;
            let light = if quarter == usize::from(label) { 80 } else { 0 };
            pixels.push(rng.below(170) as u8 + light);
        }
    }
    Images::new(SIDE * SIDE, pixels, labels)
}

fn main() -> Result<(), train::Error> {
    let (training, test) = (images(2000, 1), images(500, 2));
    let config =
        Config { activation: Activation::Tanh, hidden: 12, epochs: 5, lr: 0.002, ..Config::default() };

    // The configuration and the data decide every bit of the weights; the machine decides only the speed.
    let fit = train::fit(&training, CLASSES, &config, Machine::new(Isa::best(), 1))?;
    let result = train::evaluate(&fit.network.params(), &test, Machine::best())?;
    println!("{} epochs, {} errors in {} test images", fit.epochs, result.faults, test.len());
    assert!(result.faults <= 5, "{} errors", result.faults);

    let again = train::fit(&training, CLASSES, &config, Machine::new(Isa::Scalar, 2))?;
    let [one, two] = [fit, again].map(|fit| fit.network.params().fingerprint());
    println!("fingerprint of all weights: {one:016x} with one thread, {two:016x} with two without vectors");
    assert_eq!(one, two, "the same bits");
    Ok(())
}
