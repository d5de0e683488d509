//! A whole run equals the same run in plain loops, bit for bit: for every instruction set, any number of workers,
//! dense and zero-skipping products, remainders everywhere.

use monolayer::data::Images;
use monolayer::linalg::{Ascent, specification};
use monolayer::math::{self, Activation};
use monolayer::rng::{Rng, stream};
use monolayer::simd::{Isa, Scalar};
use monolayer::train::{self, Config, EpochReport, Machine, Observer, Products, Step};
use monolayer::weights::Params;
use std::ops::ControlFlow;

/// Random pictures whose classes can be learnt: each class has its own bright places.
fn pictures(seed: u64, count: usize, features: usize, classes: usize, density: u32) -> Images {
    let mut rng = Rng::new(seed, 99);
    let labels: Vec<u8> = (0..count).map(|_| rng.below(classes as u32) as u8).collect();
    let mut pixels = Vec::new();
    for &label in &labels {
        for d in 0..features {
            let bright = if d % classes == usize::from(label) { 100 } else { 0 };
            pixels.push(if rng.below(100) < density { bright + rng.below(155) as u8 } else { 0 });
        }
    }
    Images::new(features, pixels, labels)
}

#[derive(Default)]
struct Costs(Vec<u64>);

impl Observer for Costs {
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        assert_eq!(report.epoch as usize, self.0.len() + 1);
        self.0.push(report.cost.to_bits());
        ControlFlow::Continue(())
    }
}

/// The contract in plain loops: weights as the model file has them, and each epoch's cost.
struct Plain {
    w1: Vec<f32>,
    w2: Vec<f32>,
    costs: Vec<u64>,
}

fn plain_fit(images: &Images, classes: usize, config: &Config) -> Plain {
    let (features, hidden) = (images.features(), config.hidden);
    let mut rng = Rng::new(config.seed, stream::WEIGHTS);
    let mut w1 = vec![1.0f32; (features + 1) * hidden];
    let root = f64::from((features + 1) as u32).sqrt() as f32;
    for unit in 0..hidden {
        for d in 0..features {
            w1[(d + 1) * hidden + unit] = rng.normal() / root;
        }
    }
    let mut w2 = vec![0.0f32; (hidden + 1) * classes];
    w2[..classes].fill(1.0);
    let eta = match config.step {
        Step::Sum => config.lr,
        Step::Mean => config.lr / config.batch as f64,
    };
    let ascent = Ascent { eta: eta as f32, lambda: config.lambda as f32 };
    let mut costs = Vec::new();
    for epoch in 1..=config.epochs {
        let mut order: Vec<u32> = (0..images.len() as u32).collect();
        Rng::new(config.seed, stream::epoch(epoch)).shuffle(&mut order);
        let mut loss = 0.0f64;
        for batch in order.chunks(config.batch) {
            let x: Vec<f32> = batch
                .iter()
                .flat_map(|&n| images.image(n as usize))
                .map(|&p| f32::from(p) / config.scale)
                .collect();
            let mut z = vec![0.0; batch.len() * hidden];
            specification::forward(&x, &w1, &mut z, hidden);
            let mut delta = z.clone();
            for (z, slope) in z.iter_mut().zip(&mut delta) {
                (*z, *slope) = config.activation.value_and_slope(Scalar, *z);
            }
            let mut y = vec![0.0; batch.len() * classes];
            specification::logits(&z, &w2, &mut y, classes);
            for (y, &n) in y.chunks_exact_mut(classes).zip(batch) {
                let label = usize::from(images.labels()[n as usize]);
                let target = f64::from(y[label]);
                let (max, sum) = math::softmax_row(y);
                loss += math::double::ln(f64::from(sum)) + (f64::from(max) - target);
                for (k, y) in y.iter_mut().enumerate() {
                    *y = f32::from(u8::from(k == label)) - *y;
                }
            }
            specification::deltas(&y, &w2, &mut delta, classes);
            specification::update(&x, &delta, &mut w1, hidden, ascent);
            specification::update_head(&z, &y, &mut w2, classes, ascent);
        }
        let norm = plain_norm(&w1, hidden) + plain_norm(&w2, classes);
        costs.push(((loss + f64::from(ascent.lambda) / 2.0 * norm) / images.len() as f64).to_bits());
    }
    Plain { w1, w2, costs }
}

fn plain_norm(matrix: &[f32], width: usize) -> f64 {
    let mut total = 0.0;
    for column in 0..width {
        let mut sum = 0.0;
        for row in matrix.chunks_exact(width) {
            sum += f64::from(row[column]) * f64::from(row[column]);
        }
        total += sum;
    }
    total
}

fn machines() -> Vec<Machine> {
    let mut out = Vec::new();
    for isa in Isa::available() {
        for threads in [1, 2, 3, 7] {
            for products in [Products::Dense, Products::ZeroSkipping] {
                out.push(Machine { isa, threads, products });
            }
        }
    }
    out
}

#[test]
fn a_run_equals_the_plain_loops() {
    // (images, features, classes, hidden, batch, density): remainders of strips, panels, tiles, masks and batches.
    let shapes = [
        (53, 70, 3, 19, 20, 30),
        (40, 64, 2, 16, 40, 90),
        (97, 129, 17, 33, 32, 50),
        (30, 5, 4, 1, 7, 60),
        (70, 20, 10, 140, 66, 40),
        (9, 3, 2, 5, 100, 80),
    ];
    for (case, (count, features, classes, hidden, batch, density)) in shapes.into_iter().enumerate() {
        let images = pictures(case as u64, count, features, classes, density);
        for activation in Activation::ALL {
            let step = if case % 2 == 0 { Step::Sum } else { Step::Mean };
            let config = Config {
                activation,
                hidden,
                batch,
                step,
                lr: 0.02,
                lambda: [0.01, 0.0][case % 2],
                epochs: 2,
                scale: [255.0, 100.0][case % 2],
                seed: case as u64,
            };
            let plain = plain_fit(&images, classes, &config);
            let params = Params {
                activation,
                features,
                hidden,
                classes,
                scale: config.scale,
                w1: &plain.w1,
                w2: &plain.w2,
            };
            assert!(plain.w1.iter().chain(&plain.w2).all(|w| w.is_finite()));
            for machine in machines() {
                let mut costs = Costs::default();
                let fit = train::fit(&images, classes, &config, machine, &mut costs).unwrap();
                assert_eq!(fit.network.params(), params, "case {case} {activation:?} {machine:?}");
                assert_eq!(fit.network.params().fingerprint(), params.fingerprint());
                assert_eq!(costs.0, plain.costs, "case {case} {activation:?} {machine:?}");
            }
        }
    }
}

#[test]
fn testing_equals_the_plain_loops() {
    let (features, classes, hidden) = (70, 5, 37);
    let train = pictures(1, 60, features, classes, 50);
    let test = pictures(2, 391, features, classes, 50);
    for activation in Activation::ALL {
        let config = Config { activation, hidden, epochs: 3, batch: 16, lr: 0.02, ..Config::default() };
        let network = train::fit(&train, classes, &config, Machine::best(), &mut ()).unwrap().network;
        let params = network.params();

        let x: Vec<f32> = test.pixels().iter().map(|&p| f32::from(p) / config.scale).collect();
        let mut z = vec![0.0; test.len() * hidden];
        specification::forward(&x, params.w1, &mut z, hidden);
        z.iter_mut().for_each(|z| *z = activation.value(Scalar, *z));
        let mut y = vec![0.0; test.len() * classes];
        specification::logits(&z, params.w2, &mut y, classes);
        let (mut predictions, mut loss) = (Vec::new(), 0.0);
        for (y, &label) in y.chunks_exact_mut(classes).zip(test.labels()) {
            let greatest = (0..classes).rev().max_by(|&a, &b| y[a].total_cmp(&y[b])).unwrap();
            predictions.push(greatest as u8);
            let target = f64::from(y[usize::from(label)]);
            let (max, sum) = math::softmax_row(y);
            loss += math::double::ln(f64::from(sum)) + (f64::from(max) - target);
        }
        let faults = predictions.iter().zip(test.labels()).filter(|(a, b)| a != b).count();
        for machine in machines() {
            let result = train::evaluate(&params, &test, machine).unwrap();
            assert_eq!(result.predictions, predictions, "{machine:?}");
            assert_eq!(result.faults, faults);
            assert_eq!(result.cross_entropy.to_bits(), (loss / test.len() as f64).to_bits(), "{machine:?}");
            assert_eq!(result.confusion.iter().sum::<u32>() as usize, test.len());
            let result = train::predict(&params, test.pixels(), machine).unwrap();
            assert_eq!(result.classes, predictions);
            assert!(
                result.probabilities.iter().zip(&y).all(|(a, b)| a.to_bits() == b.to_bits()),
                "{machine:?}"
            );
        }
    }
}

/// Ends a run after some epochs.
struct Patience(u32);

impl Observer for Patience {
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        if report.epoch == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn an_observer_can_end_a_run() {
    let images = pictures(5, 60, 20, 3, 50);
    let config = Config { hidden: 9, batch: 25, epochs: 2, ..Config::default() };
    for machine in machines() {
        let whole = train::fit(&images, 3, &config, machine, &mut ()).unwrap();
        let longer = Config { epochs: 50, ..config.clone() };
        let ended = train::fit(&images, 3, &longer, machine, &mut Patience(2)).unwrap();
        assert_eq!((ended.epochs, &ended.network), (whole.epochs, &whole.network));
    }
}

#[test]
fn divergence_is_an_error_that_names_the_epoch_and_what_to_try() {
    let images = pictures(3, 50, 30, 3, 80);
    let config = Config {
        activation: Activation::Softplus,
        hidden: 20,
        lr: 1e30,
        epochs: 50,
        scale: 1.0,
        ..Config::default()
    };
    for machine in machines() {
        let error = train::fit(&images, 3, &config, machine, &mut ()).unwrap_err();
        let train::Error::Diverged { epoch, .. } = error else { panic!("{error}") };
        assert!(epoch <= 50);
        let text = error.to_string();
        assert!(text.contains(&format!("epoch {epoch}")) && text.contains("--lr"), "{text}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let images = pictures(4, 10, 4, 2, 80);
    type Spoil = fn(&mut Config);
    let cases: [(&str, Spoil); 12] = [
        ("hidden", |c| c.hidden = 0),
        ("hidden", |c| c.hidden = 65537),
        ("lr", |c| c.lr = 0.0),
        ("lr", |c| c.lr = f64::NAN),
        ("lr", |c| c.lr = 1e300),
        ("lambda", |c| c.lambda = -1.0),
        ("lambda", |c| c.lambda = f64::INFINITY),
        ("batch", |c| c.batch = 0),
        ("epochs", |c| c.epochs = 0),
        ("epochs", |c| c.epochs = 100_001),
        ("scale", |c| c.scale = 0.0),
        ("scale", |c| c.scale = 65536.0),
    ];
    for (name, spoil) in cases {
        let mut config = Config { hidden: 3, epochs: 1, ..Config::default() };
        train::fit(&images, 2, &config, Machine::new(Isa::Scalar, 1), &mut ()).unwrap();
        spoil(&mut config);
        let error = train::fit(&images, 2, &config, Machine::new(Isa::Scalar, 1), &mut ()).unwrap_err();
        assert!(matches!(&error, train::Error::Setting { name: found, .. } if *found == name), "{error}");
    }
}

#[test]
fn bad_images_are_errors() {
    let machine = Machine::best();
    let config = Config { hidden: 3, epochs: 1, ..Config::default() };
    let none = Images::new(4, Vec::new(), Vec::new());
    assert_eq!(train::fit(&none, 2, &config, machine, &mut ()).unwrap_err(), train::Error::NoImages);
    let images = Images::new(1, vec![1, 2, 3], vec![0, 1, 2]);
    let error = train::fit(&images, 2, &config, machine, &mut ()).unwrap_err();
    assert_eq!(error, train::Error::Label { index: 2, found: 2, classes: 2 });
    let network = train::fit(&images, 3, &config, machine, &mut ()).unwrap().network;
    let wide = Images::new(2, vec![1, 2], vec![0]);
    let error = train::evaluate(&network.params(), &wide, machine).unwrap_err();
    assert_eq!(error, train::Error::Features { found: 2, expected: 1 });
}
