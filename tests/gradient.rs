//! The gradient: f64 loops against central differences, and the f32 kernels against the f64 loops.
//!
//! [`Judge`] is the model of the crate's documentation in f64 with the standard library's functions; nothing
//! of it is shared with the crate.

use monolayer::Activation;
use monolayer::Isa;
use monolayer::data::Images;
use monolayer::rng::Rng;
use monolayer::train::{self, Config, Machine, Network, Products};

struct Judge {
    activation: Activation,
    features: usize,
    hidden: usize,
    classes: usize,
    lambda: f64,
    /// (N, D), scaled.
    x: Vec<f64>,
    labels: Vec<u8>,
}

impl Judge {
    fn h(&self, a: f64) -> f64 {
        match self.activation {
            Activation::Softplus => a.max(0.0) + (-a.abs()).exp().ln_1p(),
            Activation::Tanh => a.tanh(),
            Activation::Cos => a.cos(),
            Activation::Relu => a.max(0.0),
            other => unreachable!("{other}"),
        }
    }

    fn slope(&self, a: f64) -> f64 {
        match self.activation {
            Activation::Softplus => 1.0 / (1.0 + (-a).exp()),
            Activation::Tanh => 1.0 - a.tanh() * a.tanh(),
            Activation::Cos => -a.sin(),
            Activation::Relu => f64::from(u8::from(a > 0.0)),
            other => unreachable!("{other}"),
        }
    }

    /// The pre-activations (M) and probabilities (K) of one sample. w1: (D + 1, M), w2: (M + 1, K), biases
    /// first.
    fn forward(&self, x: &[f64], w1: &[f64], w2: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let product = |x: &[f64], w: &[f64], width: usize| -> Vec<f64> {
            (0..width)
                .map(|at| w[at] + x.iter().enumerate().map(|(k, x)| x * w[(k + 1) * width + at]).sum::<f64>())
                .collect()
        };
        let a = product(x, w1, self.hidden);
        let z: Vec<f64> = a.iter().map(|&a| self.h(a)).collect();
        let logits = product(&z, w2, self.classes);
        let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|v| (v - max).exp()).sum();
        (a, logits.iter().map(|v| (v - max).exp() / sum).collect())
    }

    /// E(W1, W2).
    fn objective(&self, w1: &[f64], w2: &[f64]) -> f64 {
        let samples = self.x.chunks_exact(self.features).zip(&self.labels);
        let fit: f64 = samples.map(|(x, &t)| self.forward(x, w1, w2).1[usize::from(t)].ln()).sum();
        fit - self.lambda / 2.0 * w1.iter().chain(w2).map(|w| w * w).sum::<f64>()
    }

    /// dE/dW1 and dE/dW2.
    fn gradient(&self, w1: &[f64], w2: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (hidden, classes) = (self.hidden, self.classes);
        let mut g1: Vec<f64> = w1.iter().map(|w| -self.lambda * w).collect();
        let mut g2: Vec<f64> = w2.iter().map(|w| -self.lambda * w).collect();
        for (x, &t) in self.x.chunks_exact(self.features).zip(&self.labels) {
            let (a, y) = self.forward(x, w1, w2);
            let error: Vec<f64> =
                (0..classes).map(|k| f64::from(u8::from(k == usize::from(t))) - y[k]).collect();
            for k in 0..classes {
                g2[k] += error[k];
                for m in 0..hidden {
                    g2[(m + 1) * classes + k] += error[k] * self.h(a[m]);
                }
            }
            for m in 0..hidden {
                let back: f64 = (0..classes).map(|k| error[k] * w2[(m + 1) * classes + k]).sum();
                let delta = back * self.slope(a[m]);
                g1[m] += delta;
                for (d, x) in x.iter().enumerate() {
                    g1[(d + 1) * hidden + m] += delta * x;
                }
            }
        }
        (g1, g2)
    }

    /// The same by central differences.
    fn differences(&self, w1: &[f64], w2: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let g1 = slopes(&mut w1.to_vec(), |w1| self.objective(w1, w2));
        let g2 = slopes(&mut w2.to_vec(), |w2| self.objective(w1, w2));
        (g1, g2)
    }
}

/// The central difference of `objective` for each of its weights, which are as before in the end.
fn slopes(weights: &mut [f64], objective: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let epsilon = 1e-5;
    (0..weights.len())
        .map(|i| {
            let w = weights[i];
            let mut at = |to| {
                weights[i] = to;
                objective(weights)
            };
            let slope = (at(w + epsilon) - at(w - epsilon)) / (2.0 * epsilon);
            weights[i] = w;
            slope
        })
        .collect()
}

/// |a − b| / (|a| + |b|).
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    let difference = norm(&mut a.iter().zip(b).map(|(a, b)| a - b));
    difference / (norm(&mut a.iter().copied()) + norm(&mut b.iter().copied()))
}

fn images(count: usize, features: usize, classes: u32) -> Images {
    let mut rng = Rng::new(5, 5);
    let pixels =
        (0..count * features).map(|_| if rng.below(3) == 0 { 0 } else { rng.below(256) as u8 }).collect();
    Images::new(features, pixels, (0..count).map(|_| rng.below(classes) as u8).collect())
}

fn judge(images: &Images, config: &Config, classes: usize) -> Judge {
    Judge {
        activation: config.activation,
        features: images.features(),
        hidden: config.hidden,
        classes,
        lambda: f64::from(config.lambda as f32),
        x: images.pixels().iter().map(|&p| f64::from(f32::from(p) / config.scale)).collect(),
        labels: images.labels().to_vec(),
    }
}

fn wide(network: &Network) -> (Vec<f64>, Vec<f64>) {
    let params = network.params();
    let wide = |w: &[f32]| w.iter().map(|&w| f64::from(w)).collect();
    (wide(params.w1()), wide(params.w2()))
}

/// One batch of all images an epoch: the step of the last epoch is its gradient times eta.
fn cases() -> Vec<Config> {
    let mut out = Vec::new();
    for activation in Activation::ALL {
        for lambda in [0.0, 0.3] {
            out.push(Config { activation, lambda, hidden: 21, lr: 0.05, batch: 30, ..Config::default() });
        }
    }
    out
}

#[test]
fn the_judge_agrees_with_central_differences() {
    let images = images(12, 23, 4);
    for config in cases() {
        let judge = judge(&images, &config, 4);
        let config = Config { epochs: 3, ..config };
        let (w1, w2) = wide(&train::fit(&images, 4, &config, Machine::best()).unwrap().network);
        let (g1, g2) = judge.gradient(&w1, &w2);
        let (n1, n2) = judge.differences(&w1, &w2);
        assert!(g1.iter().filter(|g| g.abs() > 1e-3).count() > g1.len() / 4, "the check would say nothing");
        let (d1, d2) = (distance(&g1, &n1), distance(&g2, &n2));
        assert!(d1 <= 1e-6 && d2 <= 1e-6, "{:?} lambda {}: {d1:e} {d2:e}", config.activation, config.lambda);
    }
}

#[test]
fn a_training_step_is_the_judges_gradient() {
    let images = images(30, 100, 4);
    for config in cases() {
        for isa in Isa::available() {
            for products in [Products::Dense, Products::ZeroSkipping] {
                let machine = Machine { isa, threads: 2, products };
                let after = |epochs| {
                    wide(
                        &train::fit(&images, 4, &Config { epochs, ..config.clone() }, machine)
                            .unwrap()
                            .network,
                    )
                };
                let ((b1, b2), (a1, a2)) = (after(3), after(4));
                let (g1, g2) = judge(&images, &config, 4).gradient(&b1, &b2);
                let eta = f64::from(config.ascent(1).eta);
                let step = |after: &[f64], before: &[f64]| -> Vec<f64> {
                    after.iter().zip(before).map(|(a, b)| (a - b) / eta).collect()
                };
                let (d1, d2) = (distance(&g1, &step(&a1, &b1)), distance(&g2, &step(&a2, &b2)));
                assert!(d1 <= 1e-5 && d2 <= 1e-5, "{config:?} {machine:?}: {d1:e} {d2:e}");
            }
        }
    }
}
