//! A whole run equals [`plain::fit`], the same run in plain loops, bit for bit: for every instruction set,
//! any number of workers, dense and zero-skipping products, remainders everywhere.

use monolayer::data::Images;
use monolayer::infer::{Model, scratch_len};
use monolayer::internals::linalg::specification;
use monolayer::internals::math::{self, Activation};
use monolayer::internals::simd::{Isa, Scalar};
use monolayer::rng::Rng;
use monolayer::train::{
    self, Config, EpochReport, Machine, Network, Predictor, Products, Schedule, Session, Step, plain,
};
use monolayer::weights::{About, ModelFile, Params, Picture, Shape, to_vec};

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

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// What a session came to, and its epochs.
fn ended(mut session: Session) -> (Network, Vec<EpochReport>) {
    let reports = session.by_ref().map(Result::unwrap).collect();
    (session.into_state().network, reports)
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
    // (images, features, classes, hidden, batch, density): remainders of strips, panels, tiles, masks and
    // batches.
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
                schedule: Schedule::ALL[case % 3],
                ..Config::default()
            };
            let plain = plain::fit(&images, classes, &config);
            let (params, costs) = (plain.network.params(), bits(&plain.costs));
            assert_eq!(params.shape(), Shape { activation, features, hidden, classes, scale: config.scale });
            assert_eq!(plain.diverged, None);
            for machine in machines() {
                let session = Session::new(&images, classes, &config, machine).unwrap();
                let (network, reports) = ended(session);
                assert_eq!(network.params(), params, "case {case} {activation:?} {machine:?}");
                assert_eq!(network.params().fingerprint(), params.fingerprint());
                assert!(reports.iter().map(|report| report.epoch).eq(1..=config.epochs));
                let found: Vec<f64> = reports.iter().map(|report| report.cost).collect();
                assert_eq!(bits(&found), costs, "case {case} {activation:?} {machine:?}");
                let fit = train::fit(&images, classes, &config, machine).unwrap();
                assert_eq!((fit.network, fit.epochs), (network, config.epochs));
            }
        }
    }
}

/// Random pictures with three features of 128 alone, one of 0 and one of 255.
fn with_constants(seed: u64, count: usize, features: usize, classes: usize) -> Images {
    let images = pictures(seed, count, features, classes, 70);
    let mut pixels = images.pixels().to_vec();
    for row in pixels.chunks_exact_mut(features) {
        for (d, byte) in [(0, 128), (1, 0), (features / 2, 128), (features - 2, 255), (features - 1, 128)] {
            row[d] = byte;
        }
    }
    Images::new(features, pixels, images.labels().to_vec())
}

/// Machines that can train with a centre.
fn dense_machines() -> impl Iterator<Item = Machine> {
    machines().into_iter().filter(|machine| machine.products == Products::Dense)
}

#[test]
fn a_run_with_a_centre_equals_the_plain_loops() {
    // (images, features, classes, hidden, batch): remainders as above.
    let shapes = [(53, 70, 3, 19, 20), (40, 64, 2, 16, 40), (97, 129, 5, 33, 32), (9, 6, 2, 5, 100)];
    for (case, (count, features, classes, hidden, batch)) in shapes.into_iter().enumerate() {
        let images = with_constants(case as u64, count, features, classes);
        let auto = train::standardisation(&images).unwrap();
        for (index, (centre, scale)) in
            [(128.0, 64.0), auto, (0.5, 255.0), (255.0, 1.0), (-3.0, 0.5)].into_iter().enumerate()
        {
            let activation = Activation::ALL[(case + index) % 4];
            let (seed, epochs) = (case as u64, 2);
            let (lr, schedule) = (0.01, Schedule::ALL[index % 3]);
            let config = Config {
                activation,
                hidden,
                batch,
                lr,
                epochs,
                centre,
                start_scale: 1.5,
                scale,
                seed,
                schedule,
                ..Config::default()
            };
            let plain = plain::fit(&images, classes, &config);
            let params = plain.network.params();
            assert_eq!(plain.diverged, None, "{config:?}");
            // What does not matter in training does not matter afterwards; other constants do.
            let constant = |d: usize| params.w1()[(1 + d) * hidden..][..hidden].iter().all(|&w| w == 0.0);
            for d in [0, features / 2, features - 1] {
                assert_eq!(constant(d), centre == 128.0, "{d}");
            }
            assert_eq!((constant(1), constant(features - 2)), (false, centre == 255.0));
            for machine in dense_machines() {
                let mut session = Session::new(&images, classes, &config, machine).unwrap();
                let costs: Vec<f64> = session.by_ref().map(|report| report.unwrap().cost).collect();
                assert_eq!(bits(&costs), bits(&plain.costs), "case {case} {centre} {machine:?}");
                assert_eq!(session.folded().unwrap().params(), params, "case {case} {centre} {machine:?}");
                assert_ne!(session.state().network.params(), params);
                let norm = train::weights_norm(&session.state().network.params());
                let fit = session.into_fit().unwrap();
                assert_eq!((&fit.network, fit.epochs), (&plain.network, config.epochs));
                assert_eq!(bits(&[fit.weights_norm, norm]), bits(&[plain.weights_norm; 2]));
            }
            let auto = Machine::new(Isa::best(), 2);
            assert_eq!(train::fit(&images, classes, &config, auto).unwrap().network, plain.network);
        }
    }
}

#[test]
fn a_folded_network_computes_what_was_trained() {
    let images = with_constants(9, 40, 30, 3);
    let config = Config { hidden: 7, epochs: 5, lr: 0.01, centre: 128.0, scale: 64.0, ..Config::default() };
    let mut session = Session::new(&images, 3, &config, Machine::best()).unwrap();
    session.by_ref().for_each(|report| assert!(report.is_ok()));
    let folded = session.folded().unwrap().into_owned();
    let pre_activations = |network: &Network, centre: f32| -> Vec<f64> {
        let w1: Vec<f64> = network.params().w1().iter().map(|&w| f64::from(w)).collect();
        let a = |n: usize, m: usize| {
            let x = images.image(n).iter().map(|&byte| f64::from(f32::from(byte) - centre) / 64.0);
            [1.0].into_iter().chain(x).zip(w1[m..].iter().step_by(7)).fold(0.0, |sum, (x, w)| sum + x * w)
        };
        (0..images.len() * 7).map(|i| a(i / 7, i % 7)).collect()
    };
    let trained = pre_activations(&session.state().network, 128.0);
    for (a, b) in trained.iter().zip(pre_activations(&folded, 0.0)) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

#[test]
fn with_a_centre_held_out_images_meet_folded_weights_and_the_state_stays_unfolded() {
    let mut images = with_constants(11, 130, 20, 3);
    let held_out = train::hold_out(&mut images, 40, 2).unwrap();
    let config = Config {
        hidden: 12,
        epochs: 9,
        lr: 0.05,
        batch: 25,
        centre: 128.0,
        scale: 64.0,
        ..Config::default()
    };
    for (machine, patience) in dense_machines().zip([None, Some(2), Some(30)].into_iter().cycle()) {
        let session = |state: Option<train::State>| {
            let session = match state {
                Some(state) => Session::resume(state, &images, 3, &config, machine),
                None => Session::new(&images, 3, &config, machine),
            };
            session.unwrap().with_held_out(&held_out, patience).unwrap()
        };
        let (mut whole, mut best) = (session(None), None::<(train::HeldOut, Network)>);
        while let Some(report) = whole.next() {
            let found = report.unwrap().held_out.unwrap();
            let network = whole.folded().unwrap().into_owned();
            let tested = train::evaluate(&network.params(), &held_out, machine).unwrap();
            assert_eq!((tested.faults, tested.cross_entropy), (found.faults, found.cross_entropy));
            let order = |held_out: &train::HeldOut| (held_out.faults, held_out.cross_entropy.to_bits());
            if best.as_ref().is_none_or(|(best, _)| order(&found) < order(best)) {
                best = Some((found, network));
            }
        }
        // Interrupted after every epoch; the bytes between are a checkpoint's.
        let mut state = None;
        loop {
            let mut one = session(state);
            if one.next().is_none() {
                break assert_eq!(one.into_fit().unwrap().network, {
                    let last = whole.folded().unwrap().into_owned();
                    patience.map_or(last, |_| best.unwrap().1)
                });
            }
            let bytes = train::checkpoint::encode(one.state(), "lr=0.05\n").unwrap();
            state = Some(train::checkpoint::decode(&bytes, "lr=0.05\n", &config, (20, 3)).unwrap());
        }
        let plain = plain::fit(&images, 3, &Config { epochs: whole.state().epochs(), ..config.clone() });
        assert_eq!(whole.folded().unwrap().params(), plain.network.params());
    }
}

#[test]
fn a_centre_has_no_zeros_to_skip_and_its_fold_must_be_finite() {
    let images = with_constants(3, 20, 10, 2);
    let config = Config { hidden: 3, epochs: 2, centre: 0.5, ..Config::default() };
    let machine = Machine { products: Products::ZeroSkipping, ..Machine::best() };
    let error = train::fit(&images, 2, &config, machine).unwrap_err();
    assert_eq!(error.to_string(), "products is sparse, expected dense or auto where the centre is not 0");
    let sparse = vec![0; 100];
    assert_eq!(Products::Auto.chosen_to_train(&sparse, 0.5), Products::Dense);
    assert_eq!(Products::Auto.chosen_to_train(&sparse, 0.0), Products::ZeroSkipping);

    // x is 0 wherever the byte is the centre, and c / s is infinite.
    let images = Images::new(2, vec![255; 40], [0, 1].repeat(10));
    let config = Config { hidden: 3, epochs: 2, centre: 255.0, scale: 1e-40, ..Config::default() };
    let plain = plain::fit(&images, 2, &config);
    assert_eq!((plain.diverged, plain.costs.len()), (Some(2), 2));
    let error = train::fit(&images, 2, &config, Machine::best()).unwrap_err();
    assert_eq!(error, train::Error::Diverged { epoch: 2, config: config.clone() });
    let session = Session::new(&images, 2, &config, Machine::best()).unwrap();
    let error = session.with_held_out(&images, None).unwrap().next().unwrap().unwrap_err();
    assert_eq!(error, train::Error::Diverged { epoch: 1, config });
}

#[test]
fn testing_equals_the_plain_loops() {
    let (features, classes, hidden) = (70, 5, 37);
    let train = pictures(1, 60, features, classes, 50);
    let test = pictures(2, 391, features, classes, 50);
    for activation in Activation::ALL {
        let config = Config { activation, hidden, epochs: 3, batch: 16, lr: 0.02, ..Config::default() };
        let network = train::fit(&train, classes, &config, Machine::best()).unwrap().network;
        let params = network.params();

        let x: Vec<f32> = test.pixels().iter().map(|&p| f32::from(p) / config.scale).collect();
        let mut z = vec![0.0; test.len() * hidden];
        specification::forward(&x, params.w1(), &mut z, hidden);
        z.iter_mut().for_each(|z| *z = activation.value(Scalar, *z));
        let mut y = vec![0.0; test.len() * classes];
        specification::forward(&z, params.w2(), &mut y, classes);
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
            let result = Predictor::new(&params, machine).unwrap().predict_all(test.pixels()).unwrap();
            assert_eq!(result.classes, predictions);
            assert!(
                result.probabilities.iter().zip(&y).all(|(a, b)| a.to_bits() == b.to_bits()),
                "{machine:?}"
            );
        }
    }
}

#[test]
fn a_session_can_be_ended_before_its_epochs_are_done() {
    let images = pictures(5, 60, 20, 3, 50);
    let config = Config { hidden: 9, batch: 25, epochs: 2, ..Config::default() };
    for machine in machines() {
        let whole = train::fit(&images, 3, &config, machine).unwrap();
        let longer = Config { epochs: 50, ..config.clone() };
        let mut session = Session::new(&images, 3, &longer, machine).unwrap();
        let mut samples = Vec::new();
        for epoch in 1..=2 {
            let report = session.next_epoch(&mut |done| samples.push(done)).unwrap().unwrap();
            assert_eq!((report.epoch, session.is_over()), (epoch, false));
            assert_eq!(session.state().epochs(), epoch);
        }
        assert_eq!(samples, [25, 50, 60, 25, 50, 60]);
        let ended = session.into_fit().unwrap();
        assert_eq!((ended.epochs, &ended.network), (whole.epochs, &whole.network));
    }
}

#[test]
fn divergence_is_an_error_that_names_the_epoch_and_the_settings() {
    let learnable = pictures(3, 50, 30, 3, 80);
    // All of class 0 of 3: the first step moves its output bias by 33 lr, its other weights by 33 lr times
    // the mean of their unit; W1 stays, as W2 begins with 0.
    let one_class = Images::new(30, learnable.pixels().to_vec(), vec![0; 50]);
    let base = Config { hidden: 20, epochs: 50, lambda: 0.0, ..Config::default() };
    let (tanh, softplus) = (Activation::Tanh, Activation::Softplus);
    let cases = [
        (&learnable, Config { activation: softplus, lr: 1e30, scale: 1.0, ..base.clone() }, "anything"),
        // 10^5 times as much every step: neither the first epoch nor the last.
        (&learnable, Config { lr: 1e-3, lambda: 1e8, ..base.clone() }, "anything, later"),
        (&one_class, Config { activation: tanh, lr: 1.05e37, ..base.clone() }, "an output bias alone"),
        (&one_class, Config { activation: softplus, lr: 1e37, ..base }, "W2 without its biases"),
    ];
    for (images, config, first) in cases {
        let plain = plain::fit(images, 3, &config);
        let finite = |weights: &[f32]| weights.iter().all(|w| w.is_finite());
        let (w1, w2) = (plain.network.params().w1(), plain.network.params().w2());
        let (bias, rest) = w2.split_at(3);
        match first {
            "an output bias alone" => assert!(finite(w1) && !finite(bias) && finite(rest)),
            "W2 without its biases" => assert!(finite(w1) && finite(bias) && !finite(rest)),
            "anything, later" => assert!((2..50).contains(&plain.diverged.unwrap())),
            _ => {}
        }
        for machine in machines() {
            let mut session = Session::new(images, 3, &config, machine).unwrap();
            let error = session.by_ref().find_map(Result::err).unwrap();
            let train::Error::Diverged { epoch, .. } = error else { panic!("{error}") };
            assert_eq!(Some(epoch), plain.diverged, "{first}: {machine:?}");
            let text = error.to_string();
            assert!(text.contains(&format!("epoch {epoch}")) && text.contains(" lr "), "{text}");
            assert!(session.is_over() && session.next().is_none());
            assert_eq!(train::fit(images, 3, &config, machine).unwrap_err(), error);
        }
    }
}

/// What the device computes for each picture: its class, and its probabilities one after the other.
fn on_the_device(params: &Params, pixels: &[u8]) -> (Vec<u8>, Vec<u32>) {
    let names = vec!["x"; params.shape().classes];
    let picture = Picture { channels: 1, height: 1, width: params.shape().features as u16 };
    let file = ModelFile::new(to_vec(params, About::new(picture, &names)).unwrap()).unwrap();
    let model = Model::new(file.bytes()).unwrap();
    let mut scratch = vec![0.0; scratch_len(params.shape().hidden, params.shape().classes)];
    let (mut classes, mut probabilities) = (Vec::new(), Vec::new());
    for image in pixels.chunks_exact(params.shape().features) {
        classes.push(model.predict(image, &mut scratch).unwrap() as u8);
        let y = model.probabilities(image, &mut scratch).unwrap();
        probabilities.extend(y.iter().map(|y| y.to_bits()));
    }
    (classes, probabilities)
}

/// Every machine takes `images` for what the device does, and finds these probabilities. Gives the classes.
fn same_as_the_device(params: &Params, images: &Images) -> Vec<u8> {
    let (classes, probabilities) = on_the_device(params, images.pixels());
    for machine in machines() {
        let tested = train::evaluate(params, images, machine).unwrap();
        assert_eq!(tested.predictions, classes, "{machine:?}");
        let found = Predictor::new(params, machine).unwrap().predict_all(images.pixels()).unwrap();
        assert_eq!(found.classes, classes, "{machine:?}");
        assert!(
            found.probabilities.iter().map(|y| y.to_bits()).eq(probabilities.iter().copied()),
            "{machine:?}"
        );
    }
    classes
}

#[test]
fn of_equal_logits_the_first_class_wins() {
    let (features, classes) = (70, 5);
    let images = pictures(6, 131, features, classes, 50);
    for activation in Activation::ALL {
        // W2 begins with 0 and its biases with 1: all classes are equal.
        let config = Config { activation, hidden: 37, ..Config::default() };
        let network = Network::start(&config, features, classes, Isa::best()).unwrap();
        let params = network.params();
        assert!(same_as_the_device(&params, &images).iter().all(|&class| class == 0));
        // Classes 1, 3 and 4 have the same weights, and biases that make them greater than 0 and 2.
        let mut rng = Rng::new(7, 0);
        let mut w2 = Vec::new();
        for unit in 0..=config.hidden {
            let (same, other) = (rng.uniform() / 37.0, rng.uniform() / 37.0);
            let bias = if unit == 0 { 100.0 } else { 0.0 };
            w2.extend([other, same + bias, -other, same + bias, same + bias]);
        }
        let params = Params::new(params.shape(), params.w1(), &w2).unwrap();
        assert!(same_as_the_device(&params, &images).iter().all(|&class| class == 1));
    }
}

#[test]
fn sums_that_underflow_to_minus_zero_do_not_show() {
    // As in tests/infer.rs: 1/255 of 1e-45 rounds to 0 of the weight's sign, in either layer.
    let (hidden, classes) = (19, 3);
    let images = Images::new(2, [[1, 0], [0, 1], [1, 1], [0, 0]].concat(), vec![0, 1, 2, 0]);
    for activation in Activation::ALL {
        for (bias, first, next) in [
            (0.0, -1e-45, 1.0),
            (0.0, -1e-45, -1.0),
            (0.0, 1e-45, -1.0),
            (-0.0, -0.0, -1e-45),
            (1.5, -1e-45, 0.0),
        ] {
            let w1 = [[bias; 19], [first; 19], [next; 19]].concat();
            let mut w2 = vec![-0.0; (hidden + 1) * classes];
            w2[classes..]
                .chunks_exact_mut(classes)
                .for_each(|row| row.copy_from_slice(&[-1e-45, 1e-45, first]));
            let params =
                Params::new(Shape { activation, features: 2, hidden, classes, scale: 255.0 }, &w1, &w2)
                    .unwrap();
            same_as_the_device(&params, &images);
        }
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let images = pictures(4, 10, 4, 2, 80);
    type Spoil = fn(&mut Config);
    let cases: [(&str, Spoil); 16] = [
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
        ("centre", |c| c.centre = f32::NAN),
        ("centre", |c| c.centre = -65536.0),
        ("start_scale", |c| c.start_scale = 0.0),
        ("start_scale", |c| c.start_scale = f32::INFINITY),
    ];
    for (name, spoil) in cases {
        let mut config = Config { hidden: 3, epochs: 1, ..Config::default() };
        train::fit(&images, 2, &config, Machine::new(Isa::Scalar, 1)).unwrap();
        spoil(&mut config);
        let error = train::fit(&images, 2, &config, Machine::new(Isa::Scalar, 1)).unwrap_err();
        assert!(matches!(&error, train::Error::Setting { name: found, .. } if *found == name), "{error}");
    }
}

#[test]
fn bad_images_are_errors() {
    let machine = Machine::best();
    let config = Config { hidden: 3, epochs: 1, ..Config::default() };
    let none = Images::new(4, Vec::new(), Vec::new());
    assert_eq!(
        train::fit(&none, 2, &config, machine).unwrap_err(),
        train::Error::Input("there are no images".into())
    );
    let images = Images::new(1, vec![1, 2, 3], vec![0, 1, 2]);
    let error = train::fit(&images, 2, &config, machine).unwrap_err();
    assert_eq!(error.to_string(), "image 2 has the label 2, expected one below 2, the number of classes");
    let network = train::fit(&images, 3, &config, machine).unwrap().network;
    let wide = Images::new(2, vec![1, 2], vec![0]);
    let error = train::evaluate(&network.params(), &wide, machine).unwrap_err();
    assert_eq!(error.to_string(), "the images have 2 pixels each, but the model takes 1");
}
