//! The model in double precision, at a few images: its gradient, and how E changes as one weight moves.
//!
//! A weight of W1 moves one hidden unit of each image, and a weight of W2 one logit, so that E after the move
//! is had from the numbers before it: h of one pre-activation, K exponentials and a logarithm for an image,
//! instead of the M (D + 1) + K (M + 1) products of a whole forward pass.

use super::Plant;
use crate::data::Images;
use crate::linalg::Pixels;
use crate::math::double::{self, exp, ln};
use crate::math::{Activation, greater};
use crate::train::buffer::{copied, filled, reserved};
use crate::train::{Config, Error};
use crate::weights::{Params, Shape};

/// Moves of one weight at a time, for the processor's vectors.
const BLOCK: usize = 32;

/// The network at its weights, and what it makes of N images.
pub(super) struct Model<'a> {
    params: Params<'a>,
    lambda: f64,
    epsilon: f64,
    samples: Vec<Sample>,
}

/// An image and the network's numbers for it.
struct Sample {
    /// The rows of `params.w1` whose x is not 0: row 0, the biases', whose x is 1; row 1 + d for pixel d.
    rows: Vec<usize>,
    /// Their x.
    x: Vec<f64>,
    label: usize,
    /// (M): X W1.
    a: Vec<f64>,
    /// (M): h(a).
    z: Vec<f64>,
    /// (K): Z W2 less its greatest.
    logits: Vec<f64>,
    /// (K): T − Y.
    errors: Vec<f64>,
}

impl<'a> Model<'a> {
    /// The network at `params` with all of `images`.
    pub(super) fn new(
        params: Params<'a>,
        images: &Images,
        config: &Config,
        epsilon: f64,
    ) -> Result<Self, Error> {
        let value = Pixels::centred(config.centre, config.scale);
        let lambda = f64::from(config.ascent(1).lambda);
        let mut samples = reserved(images.len())?;
        for n in 0..images.len() {
            let label = usize::from(images.labels()[n]);
            samples.push(Sample::new(&params, images.image(n), label, value.table())?);
        }
        Ok(Self { params, lambda, epsilon, samples })
    }

    /// max |X W1|.
    pub(super) fn greatest_pre_activation(&self) -> f64 {
        let all = self.samples.iter().flat_map(|sample| &sample.a);
        all.map(|a| a.abs()).fold(0.0, greater)
    }

    /// Marks the rows of W1 (D + 1) whose x is not 0 in some image.
    pub(super) fn touched(&self, touched: &mut [bool]) {
        self.samples.iter().flat_map(|sample| &sample.rows).for_each(|&row| touched[row] = true);
    }

    /// dE/dW1[:, unit], (D + 1), with what is planted.
    pub(super) fn gradient_w1(&self, unit: usize, plant: Option<Plant>, out: &mut [f64]) {
        out.fill(0.0);
        let w2 = self.w2(1 + unit);
        for sample in self.samples_but_last(plant == Some(Plant::W1)) {
            let back = sample.errors.iter().zip(w2).fold(0.0, |sum, (e, &w)| sum + e * f64::from(w));
            let delta = back * slope(self.params.shape().activation, sample.a[unit], plant);
            for (&row, x) in sample.rows.iter().zip(&sample.x) {
                out[row] += delta * x;
            }
        }
        for (row, (out, w)) in out.iter_mut().zip(self.w1(unit)).enumerate() {
            *out -= self.lambda_of(row, plant) * w;
        }
    }

    /// dE/dW2[unit, :], (K), where unit 0 is the bias, with what is planted.
    pub(super) fn gradient_w2(&self, unit: usize, plant: Option<Plant>, out: &mut [f64]) {
        out.fill(0.0);
        for sample in self.samples_but_last(plant == Some(Plant::W2)) {
            out.iter_mut().zip(&sample.errors).for_each(|(out, error)| *out += error * sample.input(unit));
        }
        for (out, &w) in out.iter_mut().zip(self.w2(unit)) {
            *out -= self.lambda_of(unit, plant) * f64::from(w);
        }
    }

    /// From dE/dW1[:, unit], nothing planted, to its part that the images make.
    pub(super) fn take_out_penalty(&self, unit: usize, gradient: &mut [f64]) {
        gradient.iter_mut().zip(self.w1(unit)).for_each(|(g, w)| *g += self.lambda * w);
    }

    /// What [`Model::gradient_w1`] is without an error, by central differences.
    pub(super) fn differences_w1(&self, unit: usize, out: &mut [f64]) {
        out.fill(0.0);
        let (activation, epsilon) = (self.params.shape().activation, self.epsilon);
        for sample in &self.samples {
            let (a, z) = (sample.a[unit], sample.z[unit]);
            for (rows, x) in sample.rows.chunks(BLOCK).zip(sample.x.chunks(BLOCK)) {
                let [above, below] = [epsilon, -epsilon].map(|step| {
                    let mut moved = [a; BLOCK];
                    moved.iter_mut().zip(x).for_each(|(moved, x)| *moved = a + step * x);
                    values_near(activation, a, &mut moved);
                    sample.log_likelihoods(self.w2(1 + unit), &moved.map(|moved| moved - z))
                });
                for (&row, (above, below)) in rows.iter().zip(above.iter().zip(below)) {
                    out[row] += above - below;
                }
            }
        }
        out.iter_mut().zip(self.w1(unit)).for_each(|(out, w)| *out = self.slope_of(*out, w));
    }

    /// What [`Model::gradient_w2`] is without an error, by central differences.
    pub(super) fn differences_w2(&self, unit: usize, out: &mut [f64]) {
        for (class, (out, &w)) in out.iter_mut().zip(self.w2(unit)).enumerate() {
            *out = 0.0;
            let direction = |k| if k == class { 1.0f32 } else { 0.0 };
            let direction: [f32; 128] = core::array::from_fn(direction);
            for sample in &self.samples {
                let step = self.epsilon * sample.input(unit);
                let [above, below] =
                    sample.log_likelihoods(&direction[..self.params.shape().classes], &[step, -step]);
                *out += above - below;
            }
            *out = self.slope_of(*out, f64::from(w));
        }
    }

    /// The central difference for a weight w, from that of the log-likelihoods' sum.
    fn slope_of(&self, change: f64, w: f64) -> f64 {
        let (above, below) = (w + self.epsilon, w - self.epsilon);
        (change - self.lambda / 2.0 * (above * above - below * below)) / (2.0 * self.epsilon)
    }

    fn samples_but_last(&self, but_last: bool) -> &[Sample] {
        &self.samples[..self.samples.len() - usize::from(but_last)]
    }

    /// Lambda for a row of `params.w1` or `params.w2`: biases are regularised too, as is easily forgotten.
    fn lambda_of(&self, row: usize, plant: Option<Plant>) -> f64 {
        if plant == Some(Plant::Lambda) && row == 0 { 0.0 } else { self.lambda }
    }

    fn w1(&self, unit: usize) -> impl Iterator<Item = f64> {
        self.params.w1().iter().skip(unit).step_by(self.params.shape().hidden).map(|&w| f64::from(w))
    }

    /// (K): W2[unit, :]; of unit 0 the biases.
    fn w2(&self, unit: usize) -> &'a [f32] {
        &self.params.w2()[unit * self.params.shape().classes..][..self.params.shape().classes]
    }
}

impl Sample {
    fn new(params: &Params<'_>, image: &[u8], label: usize, value: &[f32; 256]) -> Result<Self, Error> {
        let Shape { activation, hidden, classes, .. } = params.shape();
        let value = |pixel: u8| value[usize::from(pixel)];
        let lit = image.iter().filter(|&&pixel| value(pixel) != 0.0).count();
        let (mut rows, mut x) = (reserved(1 + lit)?, reserved(1 + lit)?);
        rows.push(0);
        x.push(1.0);
        for (d, &pixel) in image.iter().enumerate().filter(|(_, pixel)| value(**pixel) != 0.0) {
            rows.push(1 + d);
            x.push(f64::from(value(pixel)));
        }
        let add = |sums: &mut [f64], x: f64, weights: &[f32]| {
            sums.iter_mut().zip(weights).for_each(|(sum, &w)| *sum += x * f64::from(w));
        };
        let mut a = filled(0.0, hidden)?;
        rows.iter().zip(&x).for_each(|(&row, &x)| add(&mut a, x, &params.w1()[row * hidden..]));
        let mut z = copied(&a)?;
        values(activation, &mut z);
        let mut logits = filled(0.0, classes)?;
        for (&z, weights) in [1.0].iter().chain(&z).zip(params.w2().chunks_exact(classes)) {
            add(&mut logits, z, weights);
        }
        let greatest = logits.iter().copied().fold(logits[0], greater);
        logits.iter_mut().for_each(|v| *v -= greatest);
        let sum = logits.iter().fold(0.0, |sum, &v| sum + exp(v));
        let mut errors = filled(0.0, classes)?;
        for (k, (error, &v)) in errors.iter_mut().zip(&logits).enumerate() {
            *error = f64::from(u8::from(k == label)) - exp(v) / sum;
        }
        Ok(Self { rows, x, label, a, z, logits, errors })
    }

    /// Z's column `unit`: 1, then the hidden units.
    fn input(&self, unit: usize) -> f64 {
        if unit == 0 { 1.0 } else { self.z[unit - 1] }
    }

    /// ln y of the image's class when the logits move by `changes[i]` times `direction` (K), for each i.
    fn log_likelihoods<const N: usize>(&self, direction: &[f32], changes: &[f64; N]) -> [f64; N] {
        let mut sums = [0.0; N];
        for (v, &w) in self.logits.iter().zip(direction) {
            let w = f64::from(w);
            sums.iter_mut().zip(changes).for_each(|(sum, change)| *sum += exp(v + w * change));
        }
        let (v, w) = (self.logits[self.label], f64::from(direction[self.label]));
        let mut out = *changes;
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out = (v + w * *out) - ln(sum));
        out
    }
}

/// h, in place.
fn values(activation: Activation, a: &mut [f64]) {
    // One loop for each function, so that it is vectorised.
    match activation {
        Activation::Softplus => a.iter_mut().for_each(|a| *a = double::softplus(*a)),
        Activation::Tanh => a.iter_mut().for_each(|a| *a = double::tanh(*a)),
        Activation::Cos => a.iter_mut().for_each(|a| *a = double::sin_cos(*a).1),
        Activation::Relu => a.iter_mut().for_each(|a| *a = greater(0.0, *a)),
    }
}

/// h at places next to `a`, in place. Beyond the kink of relu, where E has two slopes, it goes on as at `a`.
fn values_near(activation: Activation, a: f64, places: &mut [f64]) {
    match activation {
        Activation::Relu if a > 0.0 => {}
        Activation::Relu => places.fill(0.0),
        _ => values(activation, places),
    }
}

/// h'(a); or, planted, what it is taken for in a slip: one that forgets the square, or the sign.
fn slope(activation: Activation, a: f64, plant: Option<Plant>) -> f64 {
    let planted = plant == Some(Plant::Activation);
    match activation {
        Activation::Softplus if planted => 1.0 - double::logistic(a),
        Activation::Softplus => double::logistic(a),
        Activation::Tanh if planted => 1.0 - double::tanh(a),
        Activation::Tanh => 1.0 - double::tanh(a) * double::tanh(a),
        Activation::Cos if planted => double::sin_cos(a).0,
        Activation::Cos => -double::sin_cos(a).0,
        Activation::Relu => f64::from(u8::from((a > 0.0) != planted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_do_not_cross_the_kink_of_relu() {
        for (a, expected) in [(1e-9, [1.001e-6, -0.999e-6]), (0.0, [0.0; 2]), (-1e-9, [0.0; 2])] {
            let mut places = [a + 1e-6, a - 1e-6];
            values_near(Activation::Relu, a, &mut places);
            assert!(places.iter().zip(expected).all(|(found, right)| (found - right).abs() < 1e-15), "{a}");
        }
    }
}
