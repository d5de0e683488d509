//! The fingerprints (CONTRACT C18) that contract version 1 (CONTRACT C1) stands for.
//!
//! A change of one of these numbers is a change of somebody's weights: it needs a new
//! [`monolayer::CONTRACT_VERSION`] and new numbers, never just new numbers.

use monolayer::Activation;
use monolayer::Isa;
use monolayer::data::Images;
use monolayer::rng::Rng;
use monolayer::train::{self, Config, Machine, Products, Session, Step, weights_norm};

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

/// What one run gives. The sums are compared bit for bit: seventeen digits name one f64.
struct Golden {
    activation: Activation,
    step: Step,
    /// Of the weights.
    fingerprint: u64,
    /// The cost of each epoch, as reported; then, on the training images, the mean cross-entropy; |W|².
    sums: &'static [f64],
}

const fn golden(activation: Activation, step: Step, fingerprint: u64, sums: &'static [f64]) -> Golden {
    Golden { activation, step, fingerprint, sums }
}

/// Trains and tests under every instruction set, with 1 to 3 workers and both kinds of products where that is
/// quick enough.
fn check(images: &Images, classes: usize, base: &Config, table: &[Golden]) {
    assert_eq!(monolayer::CONTRACT_VERSION, 1, "new contract, new numbers");
    let mut wrong = String::new();
    for golden in table {
        let &Golden { activation, step, fingerprint, sums } = golden;
        let config = Config { activation, step, ..base.clone() };
        for isa in Isa::available() {
            for (threads, products) in
                [(1, Products::Auto), (3, Products::Dense), (2, Products::ZeroSkipping)]
            {
                if isa == Isa::Scalar && products == Products::Dense && images.len() > 1000 {
                    continue; // a minute for each; the small set covers it
                }
                let machine = Machine { isa, threads, products };
                let mut session = Session::new(images, classes, &config, machine).unwrap();
                let mut found: Vec<f64> = session.by_ref().map(|report| report.unwrap().cost).collect();
                let network = session.into_state().network;
                let params = network.params();
                found.push(train::evaluate(&params, images, machine).unwrap().cross_entropy);
                found.push(weights_norm(&params));
                let print = params.fingerprint();
                if print != fingerprint
                    || !found.iter().map(|x| x.to_bits()).eq(sums.iter().map(|x| x.to_bits()))
                {
                    let row =
                        format!("{activation:?} {step:?}, scale {}: {print:#018x}, {found:?}", config.scale);
                    wrong += &format!("{row}: {} {threads} {products:?}\n", isa.name());
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
    #[rustfmt::skip]
    let table = [
        golden(Activation::Softplus, Step::Sum, 0x922c_8c84_9b5a_7349,
            &[1.4711781935424217, 0.5145038053545834, 0.41881129559604235, 163.8719080963695]),
        golden(Activation::Tanh, Step::Sum, 0xdfc1_fdd9_50cc_23fc,
            &[1.173487611634581, 0.42385960932610367, 0.35166842446834723, 159.3445503922792]),
        golden(Activation::Cos, Step::Sum, 0xff3c_cb59_8078_1bbc,
            &[1.0408043512705767, 0.39645696036591027, 0.3304639727919812, 162.4180281290518]),
        golden(Activation::Relu, Step::Sum, 0x780d_e6b2_d2fa_d01f,
            &[1.027690011624113, 0.41539329986343243, 0.3430957048273007, 158.51479548102898]),
        golden(Activation::Softplus, Step::Mean, 0x08e9_7340_80cc_c36d,
            &[2.2977267998127844, 2.282570799388452, 2.275155043190815, 110.06436753906688]),
        golden(Activation::Tanh, Step::Mean, 0xf187_05d5_9b6a_923d,
            &[2.3000068239049503, 2.2926939371344193, 2.2882022421359016, 110.025357468543]),
        golden(Activation::Cos, Step::Mean, 0xea1d_b06c_9ac5_9236,
            &[2.2949127635856783, 2.2774884217032216, 2.26758770552105, 110.08518898250873]),
        golden(Activation::Relu, Step::Mean, 0x2885_e9e6_c660_63d3,
            &[2.290172371198834, 2.260646846379092, 2.2440460396456863, 110.10187586355596]),
    ];
    let digits = monolayer::data::digits().unwrap();
    check(&digits.train, digits.classes.len(), &base, &table);
}

#[test]
fn small_dense_set() {
    // Raw pixels. The greatest pre-activations: 6e7 for softplus, whose steps by the sum are far too long,
    // 377 for tanh, 796 for cos: more than a hundred turns, but all of them by the cosine's quick reduction.
    let base =
        Config { hidden: 37, batch: 100, epochs: 3, lr: 0.001, scale: 1.0, seed: 4, ..Config::default() };
    #[rustfmt::skip]
    let table = [
        golden(Activation::Softplus, Step::Sum, 0x1256_d18c_0e1c_75db,
            &[14922.519678533537, 5067200.951253299, 51633.19219668816, 1.946274832471788, 2375037310.3447547]),
        golden(Activation::Tanh, Step::Sum, 0x3407_f99e_d2d5_969a,
            &[1.9065622026997446, 1.7689529165932167, 1.623706760910593, 1.5437431188654307, 80.89365712959105]),
        golden(Activation::Cos, Step::Sum, 0xba9f_cf96_65a4_0562,
            &[1.947472596293202, 1.9448688506316816, 1.9458778041558622, 1.9416402222397349, 81.49880678145793]),
        golden(Activation::Relu, Step::Sum, 0x5500_1721_99b7_a988,
            &[15084.51055732649, 5010502.689107612, 52337.92561639571, 1.9462810002189583, 2407455048.0775337]),
        golden(Activation::Softplus, Step::Mean, 0x08bf_17f9_57da_e32d,
            &[3.4907507366675916, 8.604763264187206, 1.1969803078780572, 0.11138161524413545, 80.42937390799909]),
        golden(Activation::Tanh, Step::Mean, 0x8982_3adc_b784_f2a2,
            &[1.9472260986696528, 1.9455555312160007, 1.9439099185403912, 1.9409294768488479, 80.44143390400995]),
        golden(Activation::Cos, Step::Mean, 0x97bf_185e_62a8_4100,
            &[1.9476632816647215, 1.9475011498672714, 1.9473360635882122, 1.9454171014537884, 80.44142330607484]),
        golden(Activation::Relu, Step::Mean, 0x1dd9_2d08_bc61_f426,
            &[3.4904146270231777, 8.600258940332028, 1.1916536444424857, 0.11098521542094275, 80.42939194025831]),
    ];
    check(&dense_set(), 7, &base, &table);
}

#[test]
fn the_cosine_of_large_pre_activations() {
    // Beyond 2^20 a slow reduction takes over. Steps by the mean end with 5,149 of the 8,510 pre-activations
    // there, steps by the sum with all of them, up to 4e10.
    let base =
        Config { hidden: 37, batch: 100, epochs: 3, lr: 0.001, scale: 1e-4, seed: 4, ..Config::default() };
    #[rustfmt::skip]
    let table = [
        golden(Activation::Cos, Step::Sum, 0xaa8f_3eba_1428_72ef,
            &[197.93584280688023, 712.5480403017151, 1282.1427649415405, 1.9421237471431805, 58889018.907395676]),
        golden(Activation::Cos, Step::Mean, 0xa028_2f89_b7df_6d87,
            &[1.9476585915814475, 1.947641697538868, 1.9476352853677248, 1.9458844410731446, 81.16957543022437]),
    ];
    check(&dense_set(), 7, &base, &table);
}

#[test]
#[cfg(feature = "digits")]
fn a_start_scale() {
    let schedule = monolayer::train::Schedule::Cosine;
    let base = Config {
        hidden: 50,
        batch: 64,
        epochs: 2,
        lr: 0.005,
        seed: 3,
        schedule,
        start_scale: 2.0,
        ..Config::default()
    };
    let table = [golden(
        Activation::Cos,
        Step::Sum,
        0x8fdd_b47b_e5bc_4574,
        &[0.938060064245846, 0.3948571372642872, 0.34555017446360003, 301.02053422372165],
    )];
    let digits = monolayer::data::digits().unwrap();
    check(&digits.train, digits.classes.len(), &base, &table);
}
