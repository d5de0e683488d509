//! Models that go to other programs and weights that come from them: each format is read back here by a reader of
//! its own, computed with where it says how, and held against the program.
#![cfg(feature = "std")]

mod c;
mod command;
mod import;
mod npz;
mod onnx;
mod rust;

use monolayer::infer::{Model, scratch_len};
use monolayer::math::Activation;
use monolayer::rng::Rng;
use monolayer::weights::layout::ALIGN;
use monolayer::weights::{Params, Picture, encode, encoded_len, realign};

/// A network and what its file says besides.
struct Network {
    activation: Activation,
    picture: Picture,
    hidden: usize,
    scale: f32,
    w1: Vec<f32>,
    w2: Vec<f32>,
    names: Vec<String>,
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
        }
    }

    fn params(&self) -> Params<'_> {
        Params {
            activation: self.activation,
            features: self.picture.pixels() as usize,
            hidden: self.hidden,
            classes: self.names.len(),
            scale: self.scale,
            w1: &self.w1,
            w2: &self.w2,
        }
    }

    /// Its model file.
    fn file(&self) -> Vec<u8> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let training = "lr=0.001\nnote=a \"b\" \\ c\n";
        let mut out = vec![0; encoded_len(&self.params(), &names, training).unwrap()];
        encode(&mut out, &self.params(), self.picture, &names, training).unwrap();
        out
    }

    /// Runs `work` with the model and its file's bytes.
    fn with_model<T>(&self, work: impl FnOnce(&Model, &[u8]) -> T) -> T {
        let file = self.file();
        let mut room = vec![0; file.len() + ALIGN];
        let bytes = realign(&file, &mut room).unwrap();
        work(&Model::new(bytes).unwrap(), bytes)
    }

    /// The logits of a picture.
    fn logits(&self, pixels: &[u8]) -> Vec<f32> {
        let params = self.params();
        let mut scratch = vec![0.0; scratch_len(params.hidden, params.classes)];
        self.with_model(|model, _| model.logits(pixels, &mut scratch).unwrap().to_vec())
    }

    /// Pictures: none, all and some of the pixels 0.
    fn pictures(&self) -> Vec<Vec<u8>> {
        let features = self.params().features;
        let mut rng = Rng::new(7, 1);
        let mut picture = |often: u32| -> Vec<u8> {
            let mut pixel = || if rng.below(4) < often { rng.next_u32() as u8 } else { 0 };
            (0..features).map(|_| pixel()).collect()
        };
        vec![vec![0; features], vec![255; features], picture(1), picture(2), picture(4)]
    }
}

/// Small networks of each activation, of sizes around whole tiles and whole words of 32 pixels; one cosine has
/// arguments far beyond 2^20.
fn networks() -> Vec<(&'static str, Network)> {
    let network = Network::random;
    vec![
        ("tanh", network(1, Activation::Tanh, [33, 21, 3], 255.0, 0.5)),
        ("softplus", network(2, Activation::Softplus, [64, 20, 10], 0.3, 0.1)),
        ("cos", network(3, Activation::Cos, [31, 41, 2], 255.0, 0.5)),
        ("cos_large", network(4, Activation::Cos, [40, 7, 4], 1.0, 3e7)),
        ("one", network(5, Activation::Tanh, [1, 1, 2], 65535.0, 1e6)),
        ("softplus_steep", network(6, Activation::Softplus, [5, 19, 128], 1.0, 1.0)),
    ]
}
