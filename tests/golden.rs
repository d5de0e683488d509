//! The fingerprints that contract version 1 stands for.
//!
//! A change of one of these numbers is a change of somebody's weights: it needs a new
//! [`monolayer::CONTRACT_VERSION`] and new numbers, never just new numbers.

use monolayer::data::Images;
use monolayer::math::Activation;
use monolayer::rng::Rng;
use monolayer::simd::Isa;
use monolayer::train::{self, Config, Machine, Products, Step};

/// A small set without a zero pixel: 230 images of 3 x 10 x 10 in 7 classes.
fn dense_set() -> Images {
    let mut rng = Rng::new(20, 26);
    let labels: Vec<u8> = (0..230).map(|_| rng.below(7) as u8).collect();
    let pixels = labels
        .iter()
        .flat_map(|&label| (0..300).map(move |d| (label, d)))
        .map(|(label, d)| (1 + rng.below(150) + if d % 7 == u32::from(label) { 100 } else { 0 }) as u8)
        .collect();
    Images::new(300, pixels, labels)
}

struct Golden {
    activation: Activation,
    step: Step,
    fingerprint: u64,
}

const fn golden(activation: Activation, step: Step, fingerprint: u64) -> Golden {
    Golden { activation, step, fingerprint }
}

/// Trains under every instruction set, with 1 and 3 workers and both kinds of products where that is quick enough.
fn check(images: &Images, classes: usize, base: &Config, table: &[Golden]) {
    assert_eq!(monolayer::CONTRACT_VERSION, 1, "new contract, new numbers");
    let mut wrong = String::new();
    for golden in table {
        let config = Config { activation: golden.activation, step: golden.step, ..base.clone() };
        for isa in Isa::available() {
            for (threads, products) in
                [(1, Products::Auto), (3, Products::Dense), (2, Products::ZeroSkipping)]
            {
                if isa == Isa::Scalar && products == Products::Dense && images.len() > 1000 {
                    continue; // a minute for each; the small set covers it
                }
                let machine = Machine { isa, threads, products };
                let network = train::fit(images, classes, &config, machine, &mut ()).unwrap().network;
                let found = network.params().fingerprint();
                if found != golden.fingerprint {
                    let Golden { activation, step, fingerprint } = golden;
                    let row = format!("{activation:?} {step:?}: {found:#018x}, not {fingerprint:#018x}");
                    wrong += &format!("{row} {} {threads} {products:?}\n", isa.name());
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
#[cfg(feature = "digits")]
fn embedded_digits() {
    // 5,000 images in batches of 64 leave a last batch of 8.
    let base = Config { hidden: 50, batch: 64, epochs: 2, lr: 0.005, seed: 3, ..Config::default() };
    let table = [
        golden(Activation::Softplus, Step::Sum, 0x922c_8c84_9b5a_7349),
        golden(Activation::Tanh, Step::Sum, 0xdfc1_fdd9_50cc_23fc),
        golden(Activation::Cos, Step::Sum, 0xff3c_cb59_8078_1bbc),
        golden(Activation::Softplus, Step::Mean, 0x08e9_7340_80cc_c36d),
        golden(Activation::Tanh, Step::Mean, 0xf187_05d5_9b6a_923d),
        golden(Activation::Cos, Step::Mean, 0xea1d_b06c_9ac5_9236),
    ];
    let digits = monolayer::data::digits();
    check(digits.train.as_ref().unwrap(), digits.classes.len(), &base, &table);
}

#[test]
fn small_dense_set() {
    // Raw pixels: pre-activations in the thousands, the cosine's reductions included.
    let base =
        Config { hidden: 37, batch: 100, epochs: 3, lr: 0.001, scale: 1.0, seed: 4, ..Config::default() };
    let table = [
        golden(Activation::Softplus, Step::Sum, 0x1256_d18c_0e1c_75db),
        golden(Activation::Tanh, Step::Sum, 0x3407_f99e_d2d5_969a),
        golden(Activation::Cos, Step::Sum, 0xba9f_cf96_65a4_0562),
        golden(Activation::Softplus, Step::Mean, 0x08bf_17f9_57da_e32d),
        golden(Activation::Tanh, Step::Mean, 0x8982_3adc_b784_f2a2),
        golden(Activation::Cos, Step::Mean, 0x97bf_185e_62a8_4100),
    ];
    check(&dense_set(), 7, &base, &table);
}
