//! The device computes what CONTRACT C11 says, bit for bit: every product, dense, in order.

use monolayer::Isa;
use monolayer::infer::{Model, check_arithmetic, int8, scratch_len};
use monolayer::internals::math::{self, Activation};
use monolayer::internals::simd::Scalar;
use monolayer::rng::Rng;
use monolayer::train::{Machine, quantise};
use monolayer::weights::{About, FeatureMap, ModelFile, Params, Picture, Shape, View, to_vec};

/// The specification: the contract's loops with the standard library's fused multiply-add, skipping nothing.
/// Gives the logits and the probabilities.
fn naive(params: &Params, pixels: &[u8]) -> (Vec<f32>, Vec<f32>) {
    let Shape { activation, hidden, classes, scale, .. } = params.shape();
    let (w1, w2) = (params.w1(), params.w2());
    let mut z = vec![1.0];
    for m in 0..hidden {
        let mut sum = 1.0_f32.mul_add(w1[m], 0.0);
        for (d, &pixel) in pixels.iter().enumerate() {
            sum = (f32::from(pixel) / scale).mul_add(w1[(d + 1) * hidden + m], sum);
        }
        z.push(activation.value(Scalar, sum + 0.0));
    }
    let logit = |k| (0..=hidden).fold(0.0, |sum, m| z[m].mul_add(w2[m * classes + k], sum)) + 0.0;
    let logits: Vec<f32> = (0..classes).map(logit).collect();

    let mut greatest = logits[0];
    for &logit in &logits {
        if logit > greatest {
            greatest = logit;
        }
    }
    let mut y: Vec<f32> = logits.iter().map(|logit| math::exp(Scalar, logit - greatest)).collect();
    let sum = y.iter().fold(0.0, |sum, y| sum + y);
    y.iter_mut().for_each(|y| *y /= sum);
    (logits, y)
}

/// The model file of `params`.
fn file(params: &Params) -> ModelFile {
    let names = vec!["x"; params.shape().classes];
    let picture = Picture { channels: 1, height: 1, width: params.shape().features as u16 };
    ModelFile::new(to_vec(params, About::new(picture, &names)).unwrap()).unwrap()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Holds a model of `params` against the specification on `pixels`.
fn assert_naive(params: &Params, pixels: &[u8]) {
    let file = file(params);
    let model = Model::new(file.bytes()).unwrap();
    // What was in the scratch before does not matter.
    let mut scratch = vec![f32::NAN; scratch_len(params.shape().hidden, params.shape().classes) + 3];

    let (logits, probabilities) = naive(params, pixels);
    assert_eq!(bits(model.logits(pixels, &mut scratch).unwrap()), bits(&logits), "{params:?}");
    assert_eq!(bits(model.probabilities(pixels, &mut scratch).unwrap()), bits(&probabilities), "{params:?}");
    let greatest = (0..params.shape().classes).find(|&k| logits.iter().all(|&logit| logits[k] >= logit));
    assert_eq!(model.predict(pixels, &mut scratch), Ok(greatest.unwrap()));
}

#[test]
fn random_models_equal_the_dense_loop_bit_for_bit() {
    let mut rng = Rng::new(1, 0);
    for round in 0..600 {
        let activation = Activation::ALL[round % 4];
        // Around whole tiles and fractions of one; pixels mostly 0, as MNIST's are; raw or scaled.
        let (features, hidden) = (1 + rng.below(60) as usize, 1 + rng.below(35) as usize);
        let classes = 2 + rng.below(12) as usize;
        let scale = [255.0, 1.0, 0.3, 65535.0][rng.below(4) as usize];
        let mut weights = |count| -> Vec<f32> { (0..count).map(|_| 2.0 * rng.uniform() - 1.0).collect() };
        let (w1, w2) = (weights((features + 1) * hidden), weights((hidden + 1) * classes));
        let params = Params::new(Shape { activation, features, hidden, classes, scale }, &w1, &w2).unwrap();
        let mut pixel = || if rng.below(5) == 0 { rng.next_u32() as u8 } else { 0 };
        let pixels: Vec<u8> = (0..features).map(|_| pixel()).collect();
        assert_naive(&params, &pixels);
        assert_naive(&params, &vec![0; features]);
    }
}

#[test]
fn sums_that_underflow_to_minus_zero_do_not_show() {
    // Pixel 1 of 255 times 1e-45 rounds to 0 of the weight's sign, and a dense loop goes on with fma(0, w,
    // ±0). In the second layer h · 1e-45 does the same, and the logit is +0 nevertheless.
    for (first, next) in [(-1e-45, 1.0), (-1e-45, -1.0), (1e-45, -1.0)] {
        for activation in Activation::ALL {
            let w1 = [1.5, first, next];
            let w2 = [-0.0, -0.0, first, next];
            let params =
                Params::new(Shape { activation, features: 2, hidden: 1, classes: 2, scale: 255.0 }, &w1, &w2)
                    .unwrap();
            assert_naive(&params, &[1, 0]);
            let w1 = [0.0, first, next];
            assert_naive(&Params::new(params.shape(), &w1, &w2).unwrap(), &[1, 0]);
        }
    }
    // cos(1.5) < 1/2: this product does round to −0.
    let w2 = [-0.0, -0.0, -1e-45, 1e-45];
    let activation = Activation::Cos;
    let params =
        Params::new(Shape { activation, features: 1, hidden: 1, classes: 2, scale: 1.0 }, &[1.5, 0.0], &w2)
            .unwrap();
    assert_eq!(bits(&naive(&params, &[0]).0), [0, 0]);
    assert_naive(&params, &[0]);
}

#[test]
fn the_class_is_the_first_of_the_greatest() {
    for (biases, class) in
        [([1.0, 1.0, 1.0], 0), ([0.0, 1.0, 1.0], 1), ([-2.0, -1.0, -1.5], 1), ([0.0, -0.0, 1.0], 2)]
    {
        let w2 = [&biases[..], &[0.0; 3]].concat();
        let activation = Activation::Tanh;
        let params =
            Params::new(Shape { activation, features: 1, hidden: 1, classes: 3, scale: 1.0 }, &[1.0; 2], &w2)
                .unwrap();
        let file = file(&params);
        let model = Model::new(file.bytes()).unwrap();
        assert_eq!(model.predict(&[9], &mut [0.0; scratch_len(1, 3)]), Ok(class), "{biases:?}");
    }
}

#[test]
fn slices_that_do_not_fit_are_errors() {
    let activation = Activation::Tanh;
    let params = Params::new(
        Shape { activation, features: 2, hidden: 3, classes: 4, scale: 1.0 },
        &[1.0; 9],
        &[1.0; 16],
    )
    .unwrap();
    let file = file(&params);
    let model = Model::new(file.bytes()).unwrap();
    assert_eq!(model.view().params(), params);
    let expected = scratch_len(3, 4);
    let mut scratch = [0.0; 16];
    for found in (0..5).filter(|&found| found != 2) {
        let error = model.predict(&[1; 5][..found], &mut scratch).unwrap_err();
        assert_eq!(error.to_string(), format!("{found} pixels, but the model needs 2"));
    }
    for found in 0..expected {
        let scratch = &mut scratch[..found];
        let message = format!("{found} words of scratch, but the model needs {expected}");
        assert_eq!(model.predict(&[1; 2], scratch).unwrap_err().to_string(), message);
        assert_eq!(model.probabilities(&[1; 2], scratch).unwrap_err().to_string(), message);
    }
    assert!(model.predict(&[1; 2], &mut scratch[..expected]).is_ok());
}

#[test]
fn a_bad_file_and_bad_arithmetic_are_told_apart() {
    assert_eq!(check_arithmetic(), Ok(()));
    let error = Model::new(b"P5 28 28").map(|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("not a monolayer model: "), "{error}");
}

/// The byte of a feature by the contract's formula, in plain steps.
fn naive_byte(x: f32, low: f32, f: f32) -> u8 {
    let difference = x - low;
    let t = difference * f;
    if f == 0.0 || t.is_nan() {
        return 128;
    }
    let t = if t < 255.0 { t } else { 255.0 };
    let t = if t > 0.0 { t } else { 0.0 };
    let round = 12_582_912.0; // 1.5 * 2^23
    ((t + round) - round) as u8
}

#[test]
fn features_become_bytes_for_both_kinds_of_weights() {
    let mut rng = Rng::new(4, 0);
    let (features, pixels) = (9, [0_u8, 1, 2, 3, 50, 100, 150, 200, 255].repeat(4));
    let pairs: Vec<f32> = (0..features)
        .flat_map(|d| [100.0 * rng.uniform() - 50.0, if d == 4 { 0.0 } else { 10.0 * rng.uniform() }])
        .collect();
    let shape = Shape { activation: Activation::Tanh, features, hidden: 2, classes: 2, scale: 64.0 };
    let (w1, w2) = ([0.01; 20], [0.5; 6]);
    let params = Params::new(shape, &w1, &w2).unwrap();
    let picture = Picture { channels: 1, height: 1, width: features as u16 };
    let about = About { map: Some(FeatureMap::new(&pairs)), ..About::new(picture, &["a", "b"]) };
    let floats = ModelFile::new(to_vec(&params, about).unwrap()).unwrap();
    let machine = Machine::new(Isa::Scalar, 1);
    let view = View::new(floats.bytes()).unwrap();
    let integers = ModelFile::new(quantise(&view, &pixels, machine).unwrap()).unwrap();
    let models = (Model::new(floats.bytes()).unwrap(), int8::Model::new(integers.bytes()).unwrap());
    assert_eq!(models.1.view().map(), Some(FeatureMap::new(&pairs)), "quantise keeps the map");
    for round in 0..2000 {
        let feature = |pair: &[f32]| match rng.below(4) {
            0 => f32::from_bits(rng.next_u32()),
            1 => pair[0] + rng.below(600) as f32 * 0.5 / pair[1],
            _ => pair[0] + (400.0 * rng.uniform() - 50.0) / pair[1],
        };
        let mut row: Vec<f32> = pairs.chunks_exact(2).map(feature).collect();
        if round % 10 == 0 {
            row[round % features] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][round % 3];
        }
        let expected: Vec<u8> =
            row.iter().zip(pairs.chunks_exact(2)).map(|(&x, pair)| naive_byte(x, pair[0], pair[1])).collect();
        let mut bytes = [[7; 9]; 2];
        models.0.features(&row, &mut bytes[0]).unwrap();
        models.1.features(&row, &mut bytes[1]).unwrap();
        assert_eq!(bytes.map(Vec::from), [expected.clone(), expected], "{row:?}");
    }
    for found in [0, 8, 10] {
        let message = format!("{found} features, but the model needs 9");
        assert_eq!(models.0.features(&[0.0; 10][..found], &mut [0; 9]).unwrap_err().to_string(), message);
        let message = format!("{found} places for bytes, but the model needs 9");
        assert_eq!(models.1.features(&[0.0; 9], &mut [0; 10][..found]).unwrap_err().to_string(), message);
    }
    let file = file(&params);
    let error = Model::new(file.bytes()).unwrap().features(&[0.0; 9], &mut [0; 9]).unwrap_err();
    assert_eq!(error.to_string(), "the model has no map of features: it takes bytes as they are");
}
