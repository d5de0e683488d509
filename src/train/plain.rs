//! Training in plain loops: the specification of every fast path of this crate.
//!
//! Nothing here is vectorised, blocked, skipped or shared among workers. `tests/training.rs` holds
//! [`train::fit`] against [`fit`], for every instruction set, number of workers and kind of products: all
//! weights and costs, bit for bit.
//!
//! D features, M hidden units, K classes; d, m and k are their indices, and n counts the samples of a batch.
//! Weights are row-major, the biases in row 0: `w1` is (D + 1, M), `w2` (M + 1, K), as in
//! [`Params`](crate::weights::Params). Accordingly a sample's x, (1 + D), and its z, (1 + M), begin with 1.
//! Where x, z, `w1` and `w2` are indexed by d or m itself, these count that leading 1.
//!
//! [`train::fit`]: super::fit

use super::{Config, Network, Schedule, Step};
use crate::data::Images;
use crate::math::{self, double};
use crate::rng::{Rng, stream};
use crate::simd::{Scalar, Simd, fma};

/// What training came to.
#[derive(Clone, Debug)]
pub struct Plain {
    /// The weights at the end, folded.
    pub network: Network,
    /// |W|² of the weights before they were folded.
    pub weights_norm: f64,
    /// The cost of each epoch but a diverged one.
    pub costs: Vec<f64>,
    /// The epoch, from 1, that ended training because a weight was no longer finite; the last one if a weight
    /// is not finite once it is folded.
    pub diverged: Option<u32>,
}

/// Trains a network as [`train::fit`](super::fit) does, to the same bits, many times as slowly.
///
/// # Panics
/// If `config` is out of its ranges, or a label is not below `classes`.
pub fn fit(images: &Images, classes: usize, config: &Config) -> Plain {
    let (features, hidden) = (images.features(), config.hidden);
    let (mut w1, mut w2) = start(features, classes, config);
    let (mut costs, mut diverged) = (Vec::new(), None);
    for epoch in 1..=config.epochs {
        // Order of data (CONTRACT C9): it follows from the seed and the epoch alone.
        let mut order: Vec<u32> = (0..images.len() as u32).collect();
        Rng::new(config.seed, stream::epoch(epoch)).shuffle(&mut order);
        let (eta, lambda) = (eta(config, epoch), config.lambda as f32);
        let mut loss = 0.0;
        for batch in order.chunks(config.batch) {
            step(images, batch, (&mut w1, &mut w2), config, (eta, lambda), &mut loss);
        }
        // Failure (CONTRACT C15): before the epoch's report, so that the epoch has no cost.
        if !w1.iter().chain(&w2).all(|w| w.is_finite()) {
            diverged = Some(epoch);
            break;
        }
        // Cost (CONTRACT C14): each batch's cross-entropy before its step, the penalty at the epoch's end.
        let norm = squares(&w1, hidden) + squares(&w2, classes);
        costs.push((loss + f64::from(lambda) / 2.0 * norm) / images.len() as f64);
    }
    let weights_norm = squares(&w1, hidden) + squares(&w2, classes);
    if config.centre != 0.0 && diverged.is_none() {
        fold(images, &mut w1, config);
        diverged = (!w1.iter().all(|w| w.is_finite())).then_some(config.epochs);
    }
    Plain { network: Network::of(config, (features, classes), w1, w2), weights_norm, costs, diverged }
}

/// The fold (CONTRACT C20): from weights for x = (byte - centre) / scale to those for x = byte / scale.
fn fold(images: &Images, w1: &mut [f32], config: &Config) {
    let (features, hidden) = (images.features(), config.hidden);
    // What was 0 in every sample of training shall not begin to matter.
    for d in 1..=features {
        if (0..images.len()).all(|n| f32::from(images.image(n)[d - 1]) == config.centre) {
            w1[d * hidden..][..hidden].fill(0.0);
        }
    }
    // a = W1[0] + Σ w (byte - centre) / scale = (W1[0] - centre / scale Σ w) + Σ w byte / scale
    for m in 0..hidden {
        let sum = (1..=features).fold(0.0, |sum, d| sum + w1[d * hidden + m]);
        w1[m] = fma(-(config.centre / config.scale), sum, w1[m]);
    }
}

/// Start weights (CONTRACT C8): W1 normal with variance 1 / (D + 1), times the start scale, drawn unit by
/// unit; W2 zero; all biases 1.
fn start(features: usize, classes: usize, config: &Config) -> (Vec<f32>, Vec<f32>) {
    let hidden = config.hidden;
    let mut rng = Rng::new(config.seed, stream::WEIGHTS);
    let mut w1 = vec![1.0; (1 + features) * hidden];
    for m in 0..hidden {
        for d in 1..=features {
            w1[d * hidden + m] = rng.normal() / Scalar.sqrt((1 + features) as f32) * config.start_scale;
        }
    }
    let mut w2 = vec![0.0; (1 + hidden) * classes];
    w2[..classes].fill(1.0);
    (w1, w2)
}

/// The learning rate of an epoch, from 1 (CONTRACT C10).
fn eta(config: &Config, epoch: u32) -> f32 {
    let &Config { lr, epochs, .. } = config;
    let lr = match config.schedule {
        Schedule::Constant => lr,
        Schedule::Step => lr * [1.0, 0.1, 0.01][(u64::from(epoch - 1) * 3 / u64::from(epochs)) as usize],
        Schedule::Cosine => {
            let done = (epoch - 1) as f32 / epochs as f32;
            let c = f64::from(math::cos(Scalar, core::f32::consts::FRAC_PI_2 * done));
            lr * (c * c)
        }
    };
    match config.step {
        Step::Sum => lr as f32,
        Step::Mean => (lr / config.batch as f64) as f32,
    }
}

/// One batch: forward and backward for each sample, then the step. Adds the samples' cross-entropies to
/// `loss`.
fn step(
    images: &Images,
    batch: &[u32],
    (w1, w2): (&mut [f32], &mut [f32]),
    config: &Config,
    (eta, lambda): (f32, f32),
    loss: &mut f64,
) {
    let (hidden, classes) = (config.hidden, w2.len() / (1 + config.hidden));
    // A row for each sample.
    let (mut x, mut z, mut errors, mut deltas) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for &sample in batch {
        let label = usize::from(images.labels()[sample as usize]);

        // Forward (CONTRACT C11).
        // x = [1, (byte - centre) / scale]
        let value = |&byte: &u8| (f32::from(byte) - config.centre) / config.scale;
        let features = images.image(sample as usize).iter().map(value);
        let xn: Vec<f32> = [1.0].into_iter().chain(features).collect();
        // a = x W1, z = [1, h(a)]
        let (mut zn, mut slope) = (vec![1.0], Vec::new());
        for m in 0..hidden {
            let a = sum((0..xn.len()).map(|d| (xn[d], w1[d * hidden + m])));
            let (h, derivative) = config.activation.value_and_slope(Scalar, a);
            zn.push(h);
            slope.push(derivative);
        }
        // v = z W2
        let v: Vec<f32> =
            (0..classes).map(|k| sum((0..=hidden).map(|m| (zn[m], w2[m * classes + k])))).collect();
        // y = softmax(v): each e^(v - max v), divided by s, their sum (CONTRACT C5); the loss is -ln y of the
        // label
        let mut y = v.clone();
        let (greatest, s) = math::softmax_row(&mut y);
        *loss += double::ln(f64::from(s)) + (f64::from(greatest) - f64::from(v[label]));

        // Backward (CONTRACT C12): the slopes of E = ln y of the label, the last line above first.
        // y = softmax(v)       gives  dE/dv = t - y
        let t = |k| if k == label { 1.0 } else { 0.0 };
        let error: Vec<f32> = (0..classes).map(|k| t(k) - y[k]).collect();
        // v = z W2, z = h(a)   gives  delta = dE/da = h'(a) (dE/dv W2ᵀ), where z is not the 1 of the biases
        let back = |m| sum((0..classes).map(|k| (error[k], w2[(1 + m) * classes + k])));
        let delta: Vec<f32> = (0..hidden).map(|m| slope[m] * back(m)).collect();
        x.push(xn);
        z.push(zn);
        errors.push(error);
        deltas.push(delta);
    }

    // Update (CONTRACT C13), once every slope has been taken at the weights before it.
    // a = x W1             gives  dE/dW1 = xᵀ delta
    for (i, w) in w1.iter_mut().enumerate() {
        let (d, m) = (i / hidden, i % hidden);
        *w = stepped(*w, sum((0..batch.len()).map(|n| (x[n][d], deltas[n][m]))), eta, lambda);
    }
    // v = z W2             gives  dE/dW2 = zᵀ dE/dv
    for (i, w) in w2.iter_mut().enumerate() {
        let (m, k) = (i / classes, i % classes);
        *w = stepped(*w, sum((0..batch.len()).map(|n| (z[n][m], errors[n][k]))), eta, lambda);
    }
}

/// A weight after the step of gradient ascent, for the gradient `g` of the batch without the penalty
/// (CONTRACT C13).
fn stepped(w: f32, g: f32, eta: f32, lambda: f32) -> f32 {
    fma(eta, fma(-lambda, w, g), w)
}

/// A sum of products (CONTRACT C6).
fn sum(terms: impl Iterator<Item = (f32, f32)>) -> f32 {
    terms.fold(0.0, |sum, (x, w)| fma(x, w, sum)) + 0.0
}

/// |W|² of a matrix of `width` columns (CONTRACT C14): column by column, then their sums.
fn squares(matrix: &[f32], width: usize) -> f64 {
    let column =
        |at| matrix.iter().skip(at).step_by(width).fold(0.0, |sum, &w| sum + f64::from(w) * f64::from(w));
    (0..width).fold(0.0, |total, at| total + column(at))
}
