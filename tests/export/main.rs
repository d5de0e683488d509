//! Models that go to other programs and weights that come from them: each format is read back here by a
//! reader of its own, computed with where it says how, and held against the program.
#![cfg(feature = "std")]

#[path = "../arrays/mod.rs"]
mod arrays;
mod c;
mod command;
mod html;
mod import;
mod npz;
mod onnx;
mod rust;

use monolayer::Activation;
use monolayer::Isa;
use monolayer::infer::{self, int8};
use monolayer::rng::Rng;
use monolayer::train::{Machine, quantise};
use monolayer::weights::{
    About, FeatureMap, Int8Layer, ModelFile, Params, Picture, Quantised, Shape, View, Weights, to_vec,
};

/// A network and what its file says besides.
struct Network {
    activation: Activation,
    picture: Picture,
    hidden: usize,
    scale: f32,
    w1: Vec<f32>,
    w2: Vec<f32>,
    names: Vec<String>,
    /// Low and f of each feature; none where the data are bytes.
    pairs: Vec<f32>,
    /// How its pictures are framed; empty where the file does not say.
    framing: &'static str,
}

impl Network {
    /// Random weights, uniform within ±`spread` in the first layer.
    fn random(seed: u64, activation: Activation, sizes: [usize; 3], scale: f32, spread: f32) -> Self {
        let [features, hidden, classes] = sizes;
        let mut rng = Rng::new(seed, 0);
        let mut weights = |count, spread: f32| -> Vec<f32> {
            (0..count).map(|_| (2.0 * rng.uniform() - 1.0) * spread).collect()
        };
        Self {
            activation,
            picture: Picture { channels: 1, height: 1, width: features as u16 },
            hidden,
            scale,
            w1: weights((features + 1) * hidden, spread),
            w2: weights((hidden + 1) * classes, 1.0),
            names: (0..classes).map(|k| format!("class {k}")).collect(),
            pairs: Vec::new(),
            framing: "",
        }
    }

    /// The network of a table: random lows and factors, of which every seventh is that of a constant.
    fn of_table(self) -> Self {
        let mut rng = Rng::new(8, 0);
        let mut pair = |d: usize| {
            let factor = 255.0 / (0.01 + 1000.0 * rng.uniform());
            [1000.0 * rng.uniform() - 500.0, if d % 7 == 3 { 0.0 } else { factor }]
        };
        let pairs = (0..self.params().shape().features).flat_map(&mut pair).collect();
        Self { pairs, ..self }
    }

    fn map(&self) -> Option<FeatureMap<'_>> {
        (!self.pairs.is_empty()).then(|| FeatureMap::new(&self.pairs))
    }

    /// Rows of features: across the map's range, exact halves, beyond it, and no numbers.
    fn rows(&self) -> Vec<Vec<f32>> {
        let mut rng = Rng::new(9, 0);
        let mut feature = |pair: &[f32]| match rng.below(8) {
            0 => [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -f32::MAX][rng.below(5) as usize],
            1 => f32::from_bits(rng.next_u32()),
            2 => pair[0] + (rng.below(512) as f32 * 0.5) / pair[1],
            _ => pair[0] + (600.0 * rng.uniform() - 150.0) / pair[1],
        };
        (0..40).map(|_| self.pairs.chunks_exact(2).map(&mut feature).collect()).collect()
    }

    /// The bytes of a row, by the device's function.
    fn bytes(&self, row: &[f32]) -> Vec<u8> {
        let mut bytes = vec![0; row.len()];
        with_aligned(&self.file(), |file| {
            infer::Model::new(file).unwrap().features(row, &mut bytes).unwrap();
        });
        bytes
    }

    fn params(&self) -> Params<'_> {
        Params::new(
            Shape {
                activation: self.activation,
                features: self.picture.pixels() as usize,
                hidden: self.hidden,
                classes: self.names.len(),
                scale: self.scale,
            },
            &self.w1,
            &self.w2,
        )
        .unwrap()
    }

    /// Its model file.
    fn file(&self) -> Vec<u8> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let framing =
            if self.framing.is_empty() { String::new() } else { format!("framing={}\n", self.framing) };
        let training = &format!("lr=0.001\nnote=a \"b\" \\ c\n{framing}");
        to_vec(&self.params(), About { training, map: self.map(), ..About::new(self.picture, &names) })
            .unwrap()
    }

    /// Its model file in integers, made by its own pictures.
    fn int8_file(&self) -> Vec<u8> {
        with_aligned(&self.file(), |bytes| {
            let machine = Machine::new(Isa::Scalar, 1);
            quantise(&View::new(bytes).unwrap(), &self.pictures().concat(), machine).unwrap()
        })
    }

    /// Runs `work` with the checked file.
    fn with_view<T>(&self, work: impl FnOnce(&View) -> T) -> T {
        with_aligned(&self.file(), |bytes| work(&View::new(bytes).unwrap()))
    }

    /// The logits of a picture.
    fn logits(&self, pixels: &[u8]) -> Vec<f32> {
        let bits = logits_of(&self.file(), pixels);
        bits.into_iter().map(f32::from_bits).collect()
    }

    /// Pictures: none, all and some of the pixels 0.
    fn pictures(&self) -> Vec<Vec<u8>> {
        let features = self.params().shape().features;
        let mut rng = Rng::new(7, 1);
        let mut picture = |often: u32| -> Vec<u8> {
            let mut pixel = || if rng.below(4) < often { rng.next_u32() as u8 } else { 0 };
            (0..features).map(|_| pixel()).collect()
        };
        vec![vec![0; features], vec![255; features], picture(1), picture(2), picture(4)]
    }
}

/// Small networks of each activation, of sizes around whole tiles and whole words of 32 pixels; one cosine
/// has arguments far beyond 2^20.
fn networks() -> Vec<(&'static str, Network)> {
    let network = Network::random;
    vec![
        ("tanh", network(1, Activation::Tanh, [33, 21, 3], 255.0, 0.5)),
        ("softplus", network(2, Activation::Softplus, [64, 20, 10], 0.3, 0.1)),
        ("cos", network(3, Activation::Cos, [31, 41, 2], 255.0, 0.5)),
        ("cos_large", network(4, Activation::Cos, [40, 7, 4], 1.0, 3e7)),
        ("relu", network(7, Activation::Relu, [50, 21, 5], 255.0, 0.5)),
        ("one", network(5, Activation::Tanh, [1, 1, 2], 65535.0, 1e6)),
        ("softplus_steep", network(6, Activation::Softplus, [5, 19, 128], 1.0, 1.0)),
    ]
}

/// Runs `work` with a file's bytes where their words can be read.
fn with_aligned<T>(file: &[u8], work: impl FnOnce(&[u8]) -> T) -> T {
    work(ModelFile::new(file.to_vec()).unwrap().bytes())
}

/// Runs `work` with the model of a file, of either kind.
fn with_model<T>(file: &[u8], work: impl FnOnce(&View<Weights>, &[u8]) -> T) -> T {
    with_aligned(file, |bytes| work(&View::any(bytes).unwrap(), bytes))
}

/// The bits of the logits of a picture, from a model file of either kind.
fn logits_of(file: &[u8], pixels: &[u8]) -> Vec<u32> {
    with_aligned(file, |bytes| match View::any(bytes).unwrap().params() {
        Weights::F32(params) => {
            let mut scratch = vec![0.0; infer::scratch_len(params.shape().hidden, params.shape().classes)];
            let model = infer::Model::new(bytes).unwrap();
            model.logits(pixels, &mut scratch).unwrap().iter().map(|logit| logit.to_bits()).collect()
        }
        Weights::Int8(params) => {
            let mut scratch = vec![0; int8::scratch_len(params.shape().hidden, params.shape().classes)];
            let model = int8::Model::new(bytes).unwrap();
            model.logits(pixels, &mut scratch).unwrap().iter().map(|&logit| logit as u32).collect()
        }
    })
}

/// The bits of the probabilities of a picture, likewise.
fn probabilities_of(file: &[u8], pixels: &[u8]) -> Vec<u32> {
    let logits = logits_of(file, pixels).into_iter();
    let mut values: Vec<f32> = with_model(file, |model, _| match model.params() {
        Weights::F32(_) => logits.map(f32::from_bits).collect(),
        Weights::Int8(params) => logits.map(|l| int8::value(l as i32, params.places())).collect(),
    });
    monolayer::internals::math::softmax_row(&mut values);
    values.into_iter().map(f32::to_bits).collect()
}

/// An int8 model whose every number is random: its sums wrap.
fn wild(seed: u64, activation: Activation, [features, hidden, classes]: [usize; 3]) -> Vec<u8> {
    let mut rng = Rng::new(seed, 0);
    let places = hidden.next_multiple_of(4);
    let mut bytes = |count: usize| -> Vec<i8> { (0..count).map(|_| rng.next_u32() as i8).collect() };
    let (w1, w2) = (bytes(features * places), bytes(classes * places));
    let mut words = |count: usize| -> Vec<i32> { (0..count).map(|_| rng.next_u32() as i32).collect() };
    let [bias1, mut multiplier1, mut bias2, mut multiplier2] =
        [hidden, hidden, classes, classes].map(&mut words);
    multiplier1.iter_mut().chain(&mut multiplier2).for_each(|multiplier| *multiplier &= i32::MAX);
    bias2[0] = i32::MIN;
    let table: Vec<i16> = words(258).into_iter().map(|word| word as i16).collect();
    let shape = Shape { activation, features, hidden, classes, scale: 255.0 };
    let first = Int8Layer { weights: &w1, bias: &bias1, multiplier: &multiplier1, shift: 9 };
    let second = Int8Layer { weights: &w2, bias: &bias2, multiplier: &multiplier2, shift: 3 };
    let params = Quantised::new(shape, [first, second], &table, 24).unwrap();
    let picture = Picture { channels: 1, height: 1, width: features as u16 };
    to_vec(&params, About::new(picture, &vec!["x"; classes])).unwrap()
}
