//! The network in integers (CONTRACT C17): what it computes, and how near it stays to the one in f32 that it
//! was made of.

use monolayer::Isa;
use monolayer::infer;
use monolayer::infer::int8::{Forward, Model, scratch_len, value};
use monolayer::internals::layout::{TABLE_LEN, UNITS};
use monolayer::internals::math::{self, Activation};
use monolayer::rng::Rng;
use monolayer::train::{self, Machine, quantise};
use monolayer::weights::{self, About, Int8Layer, ModelFile, Params, Picture, Quantised, Shape, View};

/// A network of integers that owns them.
struct Network {
    activation: Activation,
    sizes: [usize; 3],
    w1: Vec<i8>,
    w2: Vec<i8>,
    bias1: Vec<i32>,
    multiplier1: Vec<i32>,
    bias2: Vec<i32>,
    multiplier2: Vec<i32>,
    table: Vec<i16>,
    bits: [u32; 3],
}

impl Network {
    /// Any numbers at all, so that sums wrap; or, if not `wild`, such as a writer writes.
    fn random(rng: &mut Rng, activation: Activation, wild: bool) -> Self {
        let (features, hidden) = (1 + rng.below(60) as usize, 1 + rng.below(35) as usize);
        let classes = 2 + rng.below(12) as usize;
        let row = hidden.next_multiple_of(UNITS);
        let mut words = |count, bits: u32| -> Vec<i32> {
            (0..count).map(|_| (rng.next_u32() as i32) >> if wild { 0 } else { 32 - bits }).collect()
        };
        let w1 = words(features * row, 8).into_iter().map(|w| w as i8).collect();
        let w2 = words(classes * row, 8).into_iter().map(|w| w as i8).collect();
        let (bias1, multiplier1) = (words(hidden, 20), words(hidden, 28));
        let (bias2, multiplier2) = (words(classes, 24), words(classes, 28));
        let table = words(TABLE_LEN, 14).into_iter().map(|w| w as i16).collect();
        let bits =
            [rng.below(if wild { 32 } else { 8 }), rng.below(if wild { 32 } else { 4 }), rng.below(25)];
        let sizes = [features, hidden, classes];
        Self { activation, sizes, w1, w2, bias1, multiplier1, bias2, multiplier2, table, bits }
    }

    fn params(&self) -> Quantised<'_> {
        let [features, hidden, classes] = self.sizes;
        let [shift1, shift2, places] = self.bits;
        let shape = Shape { activation: self.activation, features, hidden, classes, scale: 255.0 };
        let (weights, bias, multiplier) = (&self.w1, &self.bias1, &self.multiplier1);
        let first = Int8Layer { weights, bias, multiplier, shift: shift1 };
        let (weights, bias, multiplier) = (&self.w2, &self.bias2, &self.multiplier2);
        let second = Int8Layer { weights, bias, multiplier, shift: shift2 };
        Quantised::new(shape, [first, second], &self.table, places).unwrap()
    }
}

/// The model file of `params`.
fn file(params: &Quantised) -> ModelFile {
    let names = vec!["x"; params.shape().classes];
    let picture = Picture { channels: 1, height: 1, width: params.shape().features as u16 };
    ModelFile::new(weights::to_vec(params, About::new(picture, &names)).unwrap()).unwrap()
}

/// sum 2^shift modulo 2^32 as a signed word, times multiplier, over 2^32, to nearest, ties to even: in exact
/// arithmetic.
fn requantised(sum: i128, shift: u32, multiplier: i32) -> i32 {
    let word = (sum << shift) as i32;
    let exact = i128::from(word) * i128::from(multiplier);
    let (quotient, rest) = (exact.div_euclid(1 << 32), exact.rem_euclid(1 << 32));
    let up = rest > 1 << 31 || (rest == 1 << 31 && quotient % 2 != 0);
    (quotient + i128::from(up)) as i32
}

/// The specification: plain loops, in exact arithmetic, wrapped where the words do.
fn naive(params: &Quantised, pixels: &[u8]) -> Vec<i32> {
    let row = params.shape().hidden.next_multiple_of(4);
    let hidden = |m: usize| {
        let products = pixels.iter().enumerate();
        let sum = products
            .map(|(d, &x)| i128::from(x) * i128::from(params.layers()[0].weights[d * row + m]))
            .sum::<i128>();
        let t = requantised(
            i128::from(params.layers()[0].bias[m]) + sum,
            params.layers()[0].shift,
            params.layers()[0].multiplier[m],
        );
        let place = match params.shape().activation {
            Activation::Cos => t.rem_euclid(65536),
            _ => t.clamp(-32768, 32767) + 32768,
        };
        let at = place as usize / 256;
        let (from, to) = (i32::from(params.table()[at]), i32::from(params.table()[at + 1]));
        // Exact in f64 until it is rounded.
        i128::from(from) + (f64::from((to - from) * (place % 256)) / 256.0).round_ties_even() as i128
    };
    let h: Vec<i128> = (0..params.shape().hidden).map(hidden).collect();
    let logit = |k: usize| {
        let sum = (0..params.shape().hidden)
            .map(|m| h[m] * i128::from(params.layers()[1].weights[k * row + m]))
            .sum::<i128>();
        requantised(
            i128::from(params.layers()[1].bias[k]) + sum,
            params.layers()[1].shift,
            params.layers()[1].multiplier[k],
        )
    };
    (0..params.shape().classes).map(logit).collect()
}

#[test]
fn random_networks_equal_the_specification_on_every_instruction_set() {
    let mut rng = Rng::new(1, 0);
    for round in 0..600 {
        let network = Network::random(&mut rng, Activation::ALL[round % 4], round % 2 == 0);
        let params = network.params();
        let mut pixel = || if rng.below(3) == 0 { rng.next_u32() as u8 } else { 0 };
        let pixels: Vec<u8> = (0..params.shape().features).map(|_| pixel()).collect();
        for pixels in [pixels, vec![0; params.shape().features], vec![255; params.shape().features]] {
            let expected = naive(&params, &pixels);
            let file = file(&params);
            let model = Model::new(file.bytes()).unwrap();
            assert_eq!(model.view().params(), params);
            // What was in the scratch before does not matter, nor what lies after what is needed.
            let mut scratch = vec![-7; scratch_len(params.shape().hidden, params.shape().classes) + 3];
            assert_eq!(model.logits(&pixels, &mut scratch).unwrap(), expected, "{params:?}");
            let greatest = (0..params.shape().classes).find(|&k| expected.iter().all(|&l| expected[k] >= l));
            assert_eq!(model.predict(&pixels, &mut scratch), Ok(greatest.unwrap()));
            for isa in Isa::available() {
                let task = Forward { params: &params, pixels: &pixels, scratch: &mut scratch };
                assert_eq!(isa.run(task).unwrap(), expected, "{}", isa.name());
            }
            let mut probabilities = vec![0.0; params.shape().classes];
            model.probabilities(&pixels, &mut scratch, &mut probabilities).unwrap();
            let mut softmax: Vec<f32> = expected.iter().map(|&l| value(l, params.places())).collect();
            math::softmax_row(&mut softmax);
            assert_eq!(probabilities, softmax);
        }
    }
}

#[test]
fn a_logit_is_its_integer_over_a_power_of_two() {
    for (logit, places, number) in [(0, 0, 0.0), (-3, 1, -1.5), (i32::MAX, 24, 128.0), (5 << 22, 24, 1.25)] {
        assert_eq!(value(logit, places), number);
    }
}

#[test]
fn slices_that_do_not_fit_are_errors() {
    let network = Network::random(&mut Rng::new(2, 0), Activation::Tanh, false);
    let params = network.params();
    let file = file(&params);
    let model = Model::new(file.bytes()).unwrap();
    let expected = scratch_len(params.shape().hidden, params.shape().classes);
    let mut scratch = vec![0; expected];
    let pixels = vec![1; params.shape().features + 1];
    for found in (0..pixels.len() + 1).filter(|&found| found != params.shape().features) {
        let error =
            model.predict(pixels.get(..found).unwrap_or(&[0; 99][..found]), &mut scratch).unwrap_err();
        let expected = params.shape().features;
        assert_eq!(error.to_string(), format!("{found} pixels, but the model needs {expected}"));
    }
    let pixels = &pixels[..params.shape().features];
    for found in 0..expected {
        let error = model.predict(pixels, &mut scratch[..found]).unwrap_err();
        assert_eq!(error.to_string(), format!("{found} words of scratch, but the model needs {expected}"));
    }
    let error = model.probabilities(pixels, &mut scratch, &mut [0.0]).unwrap_err();
    let expected = params.shape().classes;
    assert_eq!(error.to_string(), format!("1 places for probabilities, but the model needs {expected}"));
    assert!(model.predict(pixels, &mut scratch).is_ok());
}

/// An f32 model file.
fn f32_file(params: &Params) -> Vec<u8> {
    let names = vec!["x"; params.shape().classes];
    let picture = Picture { channels: 1, height: 1, width: params.shape().features as u16 };
    weights::to_vec(params, About { training: "a=b\n", ..About::new(picture, &names) }).unwrap()
}

/// The int8 file of an f32 network, calibrated on `pixels`.
fn quantised(params: &Params, pixels: &[u8], machine: Machine) -> Result<Vec<u8>, train::Error> {
    let file = ModelFile::new(f32_file(params)).unwrap();
    quantise(&View::new(file.bytes()).unwrap(), pixels, machine)
}

#[test]
#[cfg(feature = "digits")]
fn trained_networks_lose_next_to_nothing_and_the_file_depends_on_nothing_else() {
    let digits = monolayer::data::digits().unwrap();
    let (images, tests) = (&digits.train, &digits.test);
    for (activation, hidden) in
        [(Activation::Tanh, 30), (Activation::Softplus, 33), (Activation::Cos, 50), (Activation::Relu, 40)]
    {
        let config = train::Config { activation, hidden, epochs: 4, lr: 0.004, ..Default::default() };
        let fit = train::fit(images, 10, &config, Machine::best()).unwrap();
        let params = fit.network.params();
        let before = train::evaluate(&params, tests, Machine::best()).unwrap();
        let bytes = quantised(&params, images.pixels(), Machine::best()).unwrap();
        let backwards: Vec<u8> =
            images.pixels().chunks(784).rev().flat_map(|image| image.iter().copied()).collect();
        for (isa, threads) in Isa::available().zip([3, 1, 2]) {
            for products in [train::Products::Dense, train::Products::ZeroSkipping] {
                let machine = Machine { products, ..Machine::new(isa, threads) };
                assert_eq!(bytes, quantised(&params, &backwards, machine).unwrap());
            }
        }
        let file = ModelFile::new(bytes.clone()).unwrap();
        let model = Model::new(file.bytes()).unwrap();
        assert_eq!((model.view().training(), model.view().class_name(9)), ("a=b\n", "x"));
        let after = train::evaluate(&model.view().params(), tests, Machine::best()).unwrap();
        let changed = before.predictions.iter().zip(&after.predictions).filter(|(a, b)| a != b).count();
        let dearer = after.cross_entropy / before.cross_entropy;
        assert!(changed <= 3 && after.faults <= before.faults + 2, "{activation:?}: {changed} of 1000");
        assert!((0.99..1.01).contains(&dearer), "{activation:?}: {dearer}");

        // The host's whole set at once, and the device's picture by picture.
        let mut scratch = vec![0; scratch_len(hidden, 10)];
        let predictor = train::Predictor::new(&model.view().params(), Machine::best()).unwrap();
        let predictions = predictor.predict_all(tests.pixels()).unwrap();
        for n in 0..200 {
            let class = model.predict(tests.image(n), &mut scratch).unwrap();
            assert_eq!(class, usize::from(after.predictions[n]));
            let mut probabilities = [0.0; 10];
            model.probabilities(tests.image(n), &mut scratch, &mut probabilities).unwrap();
            assert_eq!(probabilities, predictions.probabilities[10 * n..][..10]);
        }
        assert_eq!(predictions.classes, after.predictions);
    }
}

/// The logits of a network in f32, exact enough, and of the one in integers.
fn both(params: &Params, pixels: &[u8]) -> (Vec<f32>, Vec<f32>) {
    let bytes = f32_file(params);
    let file = ModelFile::new(bytes.clone()).unwrap();
    let model = infer::Model::new(file.bytes()).unwrap();
    let mut scratch = vec![0.0; infer::scratch_len(params.shape().hidden, params.shape().classes)];
    let exact = model.logits(pixels, &mut scratch).unwrap().to_vec();
    let bytes = quantised(params, pixels, Machine::best()).unwrap();
    let file = ModelFile::new(bytes.clone()).unwrap();
    let model = Model::new(file.bytes()).unwrap();
    let mut scratch = vec![0; scratch_len(params.shape().hidden, params.shape().classes)];
    let places = model.view().params().places();
    let logits = model.logits(pixels, &mut scratch).unwrap();
    (exact, logits.iter().map(|&logit| value(logit, places)).collect())
}

#[test]
fn sums_never_wrap_however_odd_the_weights() {
    let mut rng = Rng::new(3, 0);
    for round in 0..300 {
        let activation = Activation::ALL[round % 4];
        let (features, hidden, classes) = (1 + rng.below(40) as usize, 1 + rng.below(9) as usize, 2);
        // From weights like dust to weights like rocks, one by one or all; biases far greater than weights;
        // zeros.
        let spread = rng.below(3);
        let weight = |rng: &mut Rng| {
            let size = [1.0, 1e-3, 1e-6, 30.0, 0.0][rng.below(5) as usize];
            (2.0 * rng.uniform() - 1.0) * if spread == 0 { 1.0 } else { size }
        };
        let w1: Vec<f32> = (0..(features + 1) * hidden).map(|_| weight(&mut rng)).collect();
        let w2: Vec<f32> = (0..(hidden + 1) * classes).map(|_| weight(&mut rng)).collect();
        let scale = [255.0, 1.0, 16.0][rng.below(3) as usize];
        let params = Params::new(Shape { activation, features, hidden, classes, scale }, &w1, &w2).unwrap();
        let pixels: Vec<u8> = (0..features).map(|_| rng.next_u32() as u8).collect();
        let Ok(bytes) = quantised(&params, &pixels, Machine::best()) else {
            assert!(activation == Activation::Cos, "{params:?}"); // too many turns
            continue;
        };
        let file = ModelFile::new(bytes.clone()).unwrap();
        let model = Model::new(file.bytes()).unwrap();
        let p = model.view().params();
        let row = hidden.next_multiple_of(UNITS);
        let [first, second] = p.layers();
        let most_h = i64::from(p.table().iter().map(|h| h.unsigned_abs()).max().unwrap());
        for m in 0..hidden {
            let column = first.weights[m..].iter().step_by(row);
            let most =
                i64::from(first.bias[m]).abs() + column.map(|w| 255 * i64::from(*w).abs()).sum::<i64>();
            assert!(most << first.shift < 1 << 31 && first.multiplier[m] >= 0, "{params:?}");
        }
        for k in 0..classes {
            let weights = &second.weights[k * row..][..row];
            let most = i64::from(second.bias[k]).abs()
                + weights.iter().map(|w| most_h * i64::from(*w).abs()).sum::<i64>();
            assert!(most << second.shift < 1 << 31 && second.multiplier[k] >= 0, "{params:?}");
        }
    }
}

#[test]
fn one_unit_follows_its_activation() {
    // One pixel, one unit: a = x/255 · w + b over the whole range; the classes' weights are 1 and 0.
    for (activation, w, b, bound) in [
        (Activation::Tanh, 8.0, -4.0, 6e-3),
        (Activation::Tanh, 0.5, 0.25, 3e-4),
        (Activation::Softplus, 12.0, -6.0, 2e-3),
        (Activation::Softplus, 2.0, 5.0, 2e-3),
        (Activation::Cos, 20.0, -3.0, 6e-3),
        (Activation::Relu, 12.0, -6.0, 2e-3),
        (Activation::Relu, 0.5, 0.25, 2e-3),
    ] {
        let (w1, w2) = ([b, w], [0.5, 0.0, 1.0, 0.0]);
        let params =
            Params::new(Shape { activation, features: 1, hidden: 1, classes: 2, scale: 255.0 }, &w1, &w2)
                .unwrap();
        let calibration: Vec<u8> = (0..=255).collect();
        let bytes = quantised(&params, &calibration, Machine::best()).unwrap();
        let file = ModelFile::new(bytes.clone()).unwrap();
        let model = Model::new(file.bytes()).unwrap();
        for x in 0..=255_u8 {
            let a = x as f32 / 255.0 * w + b;
            let exact = 0.5 + activation.value(monolayer::internals::simd::Scalar, a);
            let mut scratch = [0; scratch_len(1, 2)];
            let logits = model.logits(&[x], &mut scratch).unwrap();
            let found = value(logits[0], model.view().params().places());
            assert!((found - exact).abs() < bound, "{activation:?}({a}) + 0.5 = {exact}, found {found}");
        }
    }
}

#[test]
fn networks_of_nothing_and_networks_that_are_too_much() {
    for activation in Activation::ALL {
        let zeros = [0.0; 12];
        let sizes = Params::new(
            Shape { activation, features: 2, hidden: 3, classes: 3, scale: 255.0 },
            &zeros[..9],
            &zeros,
        )
        .unwrap();
        let (exact, found) = both(&sizes, &[255, 1]);
        assert_eq!(exact, found);
        // One weight alone, and biases alone.
        let alone = [0.0, 0.0, 0.0, 0.7, 0.0, 0.0, 0.0, 0.0, 0.0];
        let ones = [1.0; 12];
        for (w1, w2) in [(&alone, &ones), (&[0.25; 9], &zeros), (&[0.0; 9], &ones)] {
            let (exact, found) = both(&Params::new(sizes.shape(), w1, w2).unwrap(), &[255, 1]);
            let near = exact.iter().zip(&found).all(|(exact, found)| (exact - found).abs() < 0.02);
            assert!(near, "{activation:?} {w1:?} {w2:?}: {exact:?}, found {found:?}");
        }
        let huge = [3e38; 12];
        let error =
            quantised(&Params::new(sizes.shape(), &huge[..9], &zeros).unwrap(), &[255, 1], Machine::best());
        assert_eq!(error, Err(train::Error::NotInt8), "{activation:?}");
        let error =
            quantised(&Params::new(sizes.shape(), &zeros[..9], &huge).unwrap(), &[255, 1], Machine::best());
        assert_eq!(error, Err(train::Error::NotInt8), "{activation:?}");
    }
    let params = Params::new(
        Shape { activation: Activation::Tanh, features: 2, hidden: 1, classes: 2, scale: 1.0 },
        &[1.0; 3],
        &[1.0; 4],
    )
    .unwrap();
    let error = train::Error::Input("there are no images".into());
    assert_eq!(quantised(&params, &[], Machine::best()), Err(error));
    let error = train::Error::Input("3 pixels are not a whole number of images of 2".into());
    assert_eq!(quantised(&params, &[1; 3], Machine::best()), Err(error));
}

#[test]
#[cfg(feature = "digits")]
fn the_command_takes_either_kind() {
    let digits = monolayer::data::digits().unwrap();
    let (images, tests) = (&digits.train, &digits.test);
    let config = train::Config { hidden: 20, epochs: 2, lr: 0.004, ..Default::default() };
    let fit = train::fit(images, 10, &config, Machine::best()).unwrap();
    let params = fit.network.params();
    let bytes = quantised(&params, images.pixels(), Machine::best()).unwrap();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("int8.mono");
    std::fs::write(&path, &bytes).unwrap();
    let picture = path.with_file_name("int8.pgm");
    std::fs::write(&picture, [b"P5 28 28 255\n", tests.image(0)].concat()).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_monolayer"));
        let output = command.args(arguments).arg("--model").arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };

    let file = ModelFile::new(bytes.clone()).unwrap();
    let view = View::quantised(file.bytes()).unwrap();
    let expected = train::evaluate(&view.params(), tests, Machine::best()).unwrap();
    let fingerprint = format!("{:016x}", view.params().fingerprint());
    let tested = run(&["test", "--json"]);
    for member in [
        format!("\"faults\":{},", expected.faults),
        format!("\"fingerprint\":\"{fingerprint}\""),
        "\"loss\":null".to_string(),
    ] {
        assert!(tested.contains(&member), "{member} not in {tested}");
    }
    assert!(run(&["test"]).contains("(cross-entropy alone: int8 weights)"));
    let line = run(&["predict", picture.to_str().unwrap()]);
    assert_eq!(line.split('\t').nth(1), Some("x"), "the class's name in this file: {line}");

    let output = std::process::Command::new(env!("CARGO_BIN_EXE_monolayer")).arg("info").arg(&path).output();
    let told = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(told.contains("bytes, int8 weights\n") && told.contains(&fingerprint), "{told}");
}
