//! The gradient check: dE/dW1 and dE/dW2 of this layer's documentation against central differences of E, and
//! the gradient by which training's f32 kernels step against both.
//!
//! For every weight w the analytic gradient, in f64, is held against (E(w + epsilon) − E(w − epsilon)) / 2
//! epsilon. Two gradients agree if |ga − gn| / (|ga| + |gn|) and max |ga − gn| / max |ga| are at most
//! [`TOLERANCE`]. That says nothing where the units are saturated: h' is 0 there to the last digit, and 0 = 0
//! whatever the formula. So a check is **informative** only if at least half of the pixels that are not 0 in
//! the sample have a weight whose |dE/dW1 + lambda W1| is at least [`SLIGHT`] of the greatest.

mod deviation;
mod model;

pub use deviation::Deviation;

use super::buffer::{filled, reserved};
use super::parallel::in_parallel;
use super::{Config, Error, Machine, Network, Session, State, Step, named, rule};
use crate::data::Images;
use crate::math::{Activation, greater};
use crate::rng::{Rng, stream};
use crate::simd::{Scalar, Simd};
use crate::weights::Params;
use model::Model;

/// The greatest relative difference of the analytic gradient and the central differences.
pub const TOLERANCE: f64 = 1e-6;

/// The greatest relative difference of the f32 kernels' gradient and the analytic one, if no pre-activation
/// is greater than 1 in magnitude; where the greatest is A, A times as much, as A's rounding to f32 moves h'
/// by that.
pub const KERNEL_TOLERANCE: f64 = 1e-5;

/// The share of the greatest |dE/dW1 + lambda W1| from which on a pixel carries a gradient.
pub const SLIGHT: f64 = 1e-4;

/// What to check, and where. The weights are those of the default [`Weights`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// The hidden units' function h.
    pub activation: Activation,
    /// M: 1 to 65536.
    pub hidden: usize,
    /// The L2 coefficient, at least 0.
    pub lambda: f64,
    /// What is subtracted from pixels, in [-65535, 65535].
    pub centre: f32,
    /// What pixels are divided by then, in (0, 65535].
    pub scale: f32,
    /// The images and the weights follow from it.
    pub seed: u64,
    /// Images: 1 to 65536; all if there are not so many.
    pub samples: usize,
    /// How far a weight is moved, either way: in (0, 1].
    pub epsilon: f64,
    /// The weights at which to check.
    pub weights: Weights,
    /// An error to be found.
    pub plant: Option<Plant>,
}

impl Default for Check {
    fn default() -> Self {
        let Config { activation, lambda, centre, scale, seed, .. } = Config::default();
        let (weights, plant) = (Weights::Start, None);
        Self {
            activation,
            hidden: 200,
            lambda,
            centre,
            scale,
            seed,
            samples: 5,
            epsilon: 1e-6,
            weights,
            plant,
        }
    }
}

/// Weights at which a gradient can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// W1 as before the first step; W2, which is 0 there and would hide dE/dW1, normal with variance 1/(M+1).
    Start,
    /// All weights uniform in [0, 1), as the reference program has them; with its raw pixels (`scale` 1) tanh
    /// is saturated to the last digit.
    Reference,
}

/// Errors to plant into the analytic gradient, such as are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// dE/dW1 leaves out the last image.
    W1,
    /// dE/dW2 leaves out the last image.
    W2,
    /// h' is wrong: 1 − tanh, 1 − logistic, sin, 1 where a ≤ 0.
    Activation,
    /// The biases are not regularised.
    Lambda,
}

named!(Plant, "plant", [W1 = "w1", W2 = "w2", Activation = "activation", Lambda = "lambda"]);

/// What a check found. g is the analytic gradient everywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// (D, M, K).
    pub sizes: (usize, usize, usize),
    /// Images of the sample.
    pub samples: usize,
    /// dE/dW1 against central differences.
    pub w1: Deviation,
    /// dE/dW2 against central differences.
    pub w2: Deviation,
    /// The same, nothing planted, against the f32 kernels' step; at [`Weights::Start`] alone: E's logits at
    /// the others are so great that f32 does not resolve them. `None` also if the step's weights are not
    /// finite.
    pub kernels: Option<[Deviation; 2]>,
    /// Whether the kernels were asked for their step.
    pub stepped: bool,
    /// The greatest |pre-activation| of a hidden unit.
    pub pre_activation: f64,
    /// Pixels whose x is not 0 in the sample.
    pub lit: usize,
    /// Those of them that carry a gradient.
    pub carrying: usize,
}

/// What a check may be found wanting in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A number is infinite or NaN.
    NotFinite,
    /// Too few pixels carry a gradient: see the module's documentation.
    Uninformative,
    /// dE/dW1 is not the slope of E.
    W1,
    /// dE/dW2 is not the slope of E.
    W2,
    /// The f32 kernels step by another gradient.
    Kernels,
}

impl Report {
    /// [`KERNEL_TOLERANCE`] as it is at these pre-activations.
    pub fn kernel_tolerance(&self) -> f64 {
        let a = self.pre_activation;
        if a > 1.0 { KERNEL_TOLERANCE * a } else { KERNEL_TOLERANCE }
    }

    /// Everything that is wrong; nothing for a check that was passed.
    pub fn findings(&self) -> Vec<Finding> {
        let kernels = self.kernels.unwrap_or_default();
        let overflow = self.stepped && self.kernels.is_none();
        let finite = [self.w1, self.w2].iter().chain(&kernels).all(Deviation::is_finite);
        if overflow || !finite {
            return Vec::from([Finding::NotFinite]);
        }
        let rules = [
            (Finding::Uninformative, self.carrying > 0 && 2 * self.carrying >= self.lit),
            (Finding::W1, self.w1.within(TOLERANCE)),
            (Finding::W2, self.w2.within(TOLERANCE)),
            (Finding::Kernels, kernels.iter().all(|part| part.within(self.kernel_tolerance()))),
        ];
        rules.into_iter().filter(|(_, kept)| !kept).map(|(finding, _)| finding).collect()
    }
}

/// Checks the gradient at some of `images`, whose labels are below `classes`: those that training with this
/// seed would take first. The result does not depend on `machine`.
///
/// # Errors
/// A setting out of its range, no images, a label that is not below `classes`, too little memory, threads
/// that the system does not start, or arithmetic that is not the contract's.
pub fn gradcheck(images: &Images, classes: usize, check: &Check, machine: Machine) -> Result<Report, Error> {
    let config = config(check);
    let &Check { samples, epsilon, .. } = check;
    rule((1..=65536).contains(&samples), "samples", samples, "1 to 65536")?;
    rule(epsilon > 0.0 && epsilon <= 1.0, "epsilon", epsilon, "greater than 0, at most 1")?;
    super::session::check(images, classes, &config, machine)?;
    let images = &first(images, check)?;
    let network = network(check, &config, images.features(), classes, machine)?;
    let stepped = check.weights == Weights::Start;
    let after = if stepped { step(images, &network, &config, machine)? } else { None };
    let model = Model::new(network.params(), images, &config, check.epsilon)?;
    let task = Task { model: &model, before: &network, after: after.as_ref(), plant: check.plant };
    let ([w1, w2, w1_step, w2_step], columns) = task.share_out(machine.threads)?;

    let mut touched = filled(false, images.features() + 1)?;
    model.touched(&mut touched);
    let greatest = columns.iter().copied().fold(0.0, greater);
    let lit = touched.iter().zip(&columns).skip(1).filter(|(lit, _)| **lit);
    let carries = |g: f64| g > 0.0 && g >= SLIGHT * greatest;
    Ok(Report {
        sizes: (images.features(), check.hidden, classes),
        samples: images.len(),
        w1,
        w2,
        kernels: after.is_some().then_some([w1_step, w2_step]),
        stepped,
        pre_activation: model.greatest_pre_activation(),
        lit: lit.clone().count(),
        carrying: lit.filter(|&(_, &g)| carries(g)).count(),
    })
}

/// The learning rate of the step that tells the f32 kernels' gradient. W after it is eta g + W with one
/// rounding, so that (W' − W) / eta is g but for 2^-24 of itself, however small it is beside W.
const ETA: f64 = 16_777_216.0;

/// A run of one step, of all images of the sample.
fn config(check: &Check) -> Config {
    let &Check { activation, hidden, lambda, centre, scale, seed, .. } = check;
    let of_one_step = Config { lr: ETA, batch: 65_536, epochs: 1, step: Step::Sum, ..Config::default() };
    Config { activation, hidden, lambda, centre, scale, seed, ..of_one_step }
}

/// The images that training begins with.
fn first(images: &Images, check: &Check) -> Result<Images, Error> {
    let mut order = filled(0u32, images.len())?;
    Rng::new(check.seed, stream::epoch(1)).permutation(&mut order);
    order.truncate(check.samples);
    let (mut pixels, mut labels) = (reserved(order.len() * images.features())?, reserved(order.len())?);
    for n in order {
        pixels.extend(images.image(n as usize));
        labels.push(images.labels()[n as usize]);
    }
    Ok(Images::new(images.features(), pixels, labels))
}

/// The network at the weights to check at.
fn network(
    check: &Check,
    config: &Config,
    features: usize,
    classes: usize,
    machine: Machine,
) -> Result<Network, Error> {
    let mut network = Network::start(config, features, classes, machine.isa)?;
    let mut rng = Rng::new(check.seed, stream::GRADIENT_CHECK);
    let (w1, w2) = network.weights_mut();
    match check.weights {
        Weights::Start => {
            rng.normals(machine.isa, w2);
            let divisor = Scalar.sqrt((check.hidden + 1) as f32);
            w2.iter_mut().for_each(|w| *w /= divisor);
        }
        Weights::Reference => w1.iter_mut().chain(w2).for_each(|w| *w = rng.uniform()),
    }
    Ok(network)
}

/// The network after one step of training's kernels; `None` if a weight is not finite.
fn step(
    images: &Images,
    network: &Network,
    config: &Config,
    machine: Machine,
) -> Result<Option<Network>, Error> {
    let start = State { network: network.try_clone()?, history: Vec::new(), kept: None };
    let classes = network.params().shape().classes;
    // A few images are not worth a second worker.
    let mut session = Session::resume(start, images, classes, config, Machine { threads: 1, ..machine })?;
    match session.next() {
        Some(Err(Error::Diverged { .. })) => Ok(None),
        Some(Err(error)) => Err(error),
        _ => Ok(Some(session.into_state().network)),
    }
}

/// What the workers share.
#[derive(Clone, Copy)]
struct Task<'a> {
    model: &'a Model<'a>,
    before: &'a Network,
    after: Option<&'a Network>,
    plant: Option<Plant>,
}

impl Task<'_> {
    /// Every unit by one of so many workers: the deviations of W1 and W2, from central differences and from
    /// the kernels' step, each summed over the units ascending; and (D + 1) max |dE/dW1 + lambda W1| over the
    /// units.
    fn share_out(self, threads: usize) -> Result<([Deviation; 4], Vec<f64>), Error> {
        let params = self.before.params();
        let units = params.shape().hidden + 1;
        let each = units.div_ceil(threads);
        let mut by_unit = filled([Deviation::default(); 4], units)?;
        let (mut deviations, mut greatest) =
            ([Deviation::default(); 4], filled(0.0, params.shape().features + 1)?);
        let parts = by_unit.chunks_mut(each).enumerate();
        let columns = in_parallel(threads, parts, |(index, part)| self.work(index * each, part))?;
        for columns in columns {
            greatest.iter_mut().zip(columns).for_each(|(greatest, g)| *greatest = greater(*greatest, g));
        }
        for unit in &by_unit {
            deviations.iter_mut().zip(unit).for_each(|(sum, part)| sum.join(part));
        }
        Ok((deviations, greatest))
    }

    /// The weights of units `first` .. of Z, 0 being the one that is 1, which has weights in W2 alone; gives
    /// the greatest |dE/dW1 + lambda W1| of each column.
    fn work(self, first: usize, out: &mut [[Deviation; 4]]) -> Result<Vec<f64>, Error> {
        let Self { model, plant, .. } = self;
        let params = self.before.params();
        let (rows, classes) = (params.shape().features + 1, params.shape().classes);
        let mut columns = filled(0.0, rows)?;
        let room = || filled(0.0, rows.max(classes));
        let [mut a, mut b, mut c] = [room()?, room()?, room()?];
        for (unit, [w1, w2, w1_step, w2_step]) in (first..).zip(out) {
            let [g, claimed, slopes] = [&mut a, &mut b, &mut c].map(|room| &mut room[..classes]);
            model.gradient_w2(unit, None, g);
            model.gradient_w2(unit, plant, claimed);
            model.differences_w2(unit, slopes);
            claimed.iter().zip(slopes).for_each(|(&g, &mut h)| w2.add(g, h));
            self.add_step(w2_step, g, |params| params.w2(), (unit * classes, 1));

            let Some(unit) = unit.checked_sub(1) else { continue };
            let [g, claimed, slopes] = [&mut a, &mut b, &mut c].map(|room| &mut room[..rows]);
            model.gradient_w1(unit, None, g);
            model.gradient_w1(unit, plant, claimed);
            model.differences_w1(unit, slopes);
            claimed.iter().zip(slopes).for_each(|(&g, &mut h)| w1.add(g, h));
            self.add_step(w1_step, g, |params| params.w1(), (unit, params.shape().hidden));
            model.take_out_penalty(unit, g);
            for (greatest, g) in columns.iter_mut().zip(g) {
                *greatest = greater(*greatest, g.abs());
            }
        }
        Ok(columns)
    }

    /// The distance of `g` from the gradient by which the kernels stepped, over the weights of a matrix that
    /// begin at `start` and are `stride` apart.
    fn add_step(
        &self,
        out: &mut Deviation,
        g: &[f64],
        matrix: for<'b> fn(&Params<'b>) -> &'b [f32],
        (start, stride): (usize, usize),
    ) {
        let Some(after) = self.after else { return };
        let (before, after) = (self.before.params(), after.params());
        let weights = |params| matrix(params).iter().skip(start).step_by(stride).map(|&w| f64::from(w));
        for ((&g, before), after) in g.iter().zip(weights(&before)).zip(weights(&after)) {
            out.add(g, (after - before) / ETA);
        }
    }
}
