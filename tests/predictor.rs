//! Whatever way a picture takes through a model on the host, the logits are those of the deployable core, bit
//! for bit: alone or in a set, zeros skipped or not, with every instruction set and any number of threads.

use monolayer::Activation;
use monolayer::Isa;
use monolayer::data::Images;
use monolayer::infer::{Model, scratch_len};
use monolayer::rng::Rng;
use monolayer::train::{Error, Machine, Predictor, Products, evaluate};
use monolayer::weights::{About, ModelFile, Params, Picture, Shape, to_vec};

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// What the deployable core says of each picture: logits, probabilities and class.
struct Expected {
    logits: Vec<Vec<u32>>,
    probabilities: Vec<Vec<u32>>,
    classes: Vec<usize>,
}

fn expected(params: &Params, pixels: &[u8]) -> Expected {
    let names = vec!["x"; params.shape().classes];
    let picture = Picture { channels: 1, height: 1, width: params.shape().features as u16 };
    let file = ModelFile::new(to_vec(params, About::new(picture, &names)).unwrap()).unwrap();
    let model = Model::new(file.bytes()).unwrap();
    let mut scratch = vec![0.0; scratch_len(params.shape().hidden, params.shape().classes)];
    let mut all = Expected { logits: vec![], probabilities: vec![], classes: vec![] };
    for pixels in pixels.chunks_exact(params.shape().features) {
        all.logits.push(bits(model.logits(pixels, &mut scratch).unwrap()));
        all.probabilities.push(bits(model.probabilities(pixels, &mut scratch).unwrap()));
        all.classes.push(model.predict(pixels, &mut scratch).unwrap());
    }
    all
}

#[test]
fn every_way_gives_the_deployable_core_s_bits() {
    let mut rng = Rng::new(11, 0);
    // (pictures, features, hidden, classes): remainders of blocks, strips, tiles, panels and vectors, and
    // none of any.
    let shapes = [
        (1, 1, 1, 2),
        (7, 63, 16, 3),
        (8, 64, 17, 10),
        (121, 65, 33, 17),
        (120, 130, 100, 10),
        (250, 20, 129, 5),
        (3, 784, 300, 10),
        (5, 200, 7, 128),
    ];
    for (round, (count, features, hidden, classes)) in shapes.into_iter().enumerate() {
        for (activation, density) in Activation::ALL.into_iter().zip([1, 2, 6]) {
            let scale = [255.0, 1.0, 0.3][round % 3];
            let mut weights = |count| -> Vec<f32> { (0..count).map(|_| 2.0 * rng.uniform() - 1.0).collect() };
            let (w1, w2) = (weights((features + 1) * hidden), weights((hidden + 1) * classes));
            let params =
                Params::new(Shape { activation, features, hidden, classes, scale }, &w1, &w2).unwrap();
            let mut pixel = || if rng.below(density) == 0 { rng.next_u32() as u8 } else { 0 };
            let pixels: Vec<u8> = (0..count * features).map(|_| pixel()).collect();
            assert_same(&params, &pixels, &mut rng);
        }
    }
}

fn assert_same(params: &Params, pixels: &[u8], rng: &mut Rng) {
    let expected = expected(params, pixels);
    let labels: Vec<u8> =
        expected.classes.iter().map(|_| rng.below(params.shape().classes as u32) as u8).collect();
    let faults = labels.iter().zip(&expected.classes).filter(|(a, b)| usize::from(**a) != **b).count();
    let images = Images::new(params.shape().features, pixels.to_vec(), labels);
    let mut cross_entropy = None;
    for isa in Isa::available() {
        let mut predictor = Predictor::new(params, Machine::new(isa, 1)).unwrap();
        for (n, pixels) in pixels.chunks_exact(params.shape().features).enumerate() {
            assert_eq!(predictor.predict(pixels), Ok(expected.classes[n]), "{isa:?}");
            assert_eq!(bits(predictor.logits(pixels).unwrap()), expected.logits[n], "{isa:?}");
            assert_eq!(bits(predictor.probabilities(pixels).unwrap()), expected.probabilities[n], "{isa:?}");
        }
        for (threads, products) in [(1, Products::Dense), (1, Products::ZeroSkipping), (3, Products::Auto)] {
            let machine = Machine { isa, threads, products };
            let all = Predictor::new(params, machine).unwrap().predict_all(pixels).unwrap();
            assert!(all.classes.iter().map(|&class| usize::from(class)).eq(expected.classes.iter().copied()));
            assert_eq!(bits(&all.probabilities), expected.probabilities.concat(), "{machine:?}");
            let found = evaluate(params, &images, machine).unwrap();
            assert_eq!((found.faults, &found.predictions), (faults, &all.classes), "{machine:?}");
            let first = *cross_entropy.get_or_insert(found.cross_entropy);
            assert_eq!(found.cross_entropy.to_bits(), first.to_bits(), "{machine:?}");
        }
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let input = Error::Input;
    let (w1, w2) = ([1.0; 9], [1.0; 16]);
    let activation = Activation::Tanh;
    let params =
        Params::new(Shape { activation, features: 2, hidden: 3, classes: 4, scale: 1.0 }, &w1, &w2).unwrap();
    let machine = Machine::best();
    let mut predictor = Predictor::new(&params, machine).unwrap();
    for found in (0..6).filter(|&found| found != 2) {
        let pixels = &[1; 6][..found];
        let error = input(format!("the images have {found} pixels each, but the model takes 2"));
        assert_eq!(predictor.predict(pixels), Err(error.clone()));
        assert_eq!(predictor.logits(pixels), Err(error.clone()));
        assert_eq!(predictor.probabilities(pixels), Err(error));
        let all = predictor.predict_all(pixels).map(|all| all.classes.len());
        let odd = found % 2 == 1;
        let error = input(format!("{found} pixels are not a whole number of images of 2"));
        assert_eq!(all, if odd { Err(error) } else { Ok(found / 2) });
    }
    let idle = Predictor::new(&params, Machine { threads: 0, ..machine }).map(drop);
    assert!(matches!(idle, Err(Error::Setting { .. })));
    let broken = |shape, w1| Params::new(shape, w1, &w2).unwrap_err().to_string();
    let shape = params.shape();
    for classes in [0, 129] {
        let message = format!("byte 22: number of classes is {classes}, expected 2 to 128");
        assert_eq!(broken(Shape { classes, ..shape }, &w1), message);
    }
    for (features, w1) in [(0, &w1[..3]), ((1 << 24) + 1, &w1)] {
        let message = format!("byte 24: number of features is {features}, expected 1 to 16777216");
        assert_eq!(broken(Shape { features, ..shape }, w1), message);
    }
}

// Weights of a valid file can have such logits: here a pixel's value is infinite.
#[test]
fn logits_that_are_no_numbers_name_the_same_class_everywhere() {
    let activation = Activation::Softplus;
    let shape = Shape { activation, features: 1, hidden: 1, classes: 3, scale: 1e-40 };
    // Times infinity: NaN, ∞ and −∞, in all orders.
    let all = [
        [0.0, 1.0, -1.0],
        [0.0, -1.0, 1.0],
        [1.0, 0.0, -1.0],
        [-1.0, 0.0, 1.0],
        [1.0, -1.0, 0.0],
        [-1.0, 1.0, 0.0],
    ];
    for units in all {
        let w2 = [[0.0; 3], units].concat();
        let params = Params::new(shape, &[0.0, 1.0], &w2).unwrap();
        let class = expected(&params, &[1]).classes[0];
        for isa in Isa::available() {
            let machine = Machine::new(isa, 1);
            let mut predictor = Predictor::new(&params, machine).unwrap();
            assert_eq!(predictor.predict(&[1]), Ok(class), "{units:?}");
            assert_eq!(predictor.predict_all(&[1]).unwrap().classes, [class as u8], "{units:?}");
        }
    }
}

#[test]
fn zeros_are_skipped_where_there_are_many() {
    let sparse = |pixels: &[u8]| Products::Auto.chosen_for(pixels) == Products::ZeroSkipping;
    assert!(!sparse(&[]));
    assert!(!sparse(&[0, 1]));
    assert!(sparse(&[0, 0, 0, 1]));
    // Of many pixels a sample is looked at; it must not be the beginning alone.
    let mut pixels = vec![0; 3_000_000];
    assert!(sparse(&pixels));
    pixels[1_000_000..].fill(1);
    assert!(!sparse(&pixels));
    pixels[1_400_000..].fill(0);
    assert!(sparse(&pixels));
    for chosen in [Products::Dense, Products::ZeroSkipping] {
        assert_eq!(chosen.chosen_for(&pixels), chosen);
        assert_eq!(chosen.chosen_for(&[7]), chosen);
    }
}
