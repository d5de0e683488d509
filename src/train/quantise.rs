//! From a network in f32 to the one in integers that a device without a float unit runs (CONTRACT C17):
//! [`infer::int8`] says what is computed with it.
//!
//! Nothing but + − · / and comparisons, in f64, and the activation in f32, so that the same network and
//! images give the same file everywhere. The images tell one number, the greatest |pre-activation|; the order
//! they come in is nothing to it.
//!
//! Rounding W1 is the loss. The rounding error of a feature's weight is carried to the next feature's ("error
//! diffusion", Floyd and Steinberg 1976, in one dimension): neighbouring pixels are alike, and errors that
//! add up to nothing nearly cancel in the sum.
//!
//! [`infer::int8`]: crate::infer::int8

use super::buffer::{copied, filled, reserved};
use super::floats::Floats;
use super::int8::{Layer, Numbers};
use super::panel::Panel;
use super::parallel::in_parallel;
use super::pre_activations::{BLOCK, PreActivations};
use super::{Error, Machine};
use crate::math::{Activation, greater};
use crate::simd::Scalar;
use crate::weights::layout::{TABLE_LEN, UNITS};
use crate::weights::{self, About, Params, Quantised, Shape, View};

/// Beyond it tanh is 1 within 10^-4: a longer table would only be coarser.
const TANH_RANGE: f64 = 5.0;

/// What is left between the greatest |pre-activation| of the training images and the end of the table.
const MARGIN: f64 = 1.125;

/// The model file of `view`'s network in integers, its table's range taken from the training images `pixels`,
/// (N, D).
///
/// # Errors
/// Pixels that are not a whole number of images of D, weights so great or features so many that sums would
/// leave 32 bits, too little memory, threads that the system does not start, or arithmetic that is not the
/// contract's.
pub fn quantise(view: &View<'_>, pixels: &[u8], machine: Machine) -> Result<Vec<u8>, Error> {
    let params = view.params();
    let greatest = greatest_pre_activation(&params, pixels, machine)?;
    if !greatest.is_finite() {
        return Err(Error::NotInt8);
    }
    let numbers = Numbers::new(&params, f64::from(greatest))?;
    let names: Vec<&str> = view.class_names().collect();
    let wrong = |_| Error::NotInt8;
    let Numbers { table, places, .. } = &numbers;
    let quantised = &Quantised::new(params.shape(), numbers.layers(), table, *places).map_err(wrong)?;
    let about = About { training: view.training(), map: view.map(), ..About::new(view.picture(), &names) };
    let length = weights::encoded_len(quantised, about).map_err(wrong)?;
    let mut out = filled(0, length)?;
    weights::encode(&mut out, quantised, about).map_err(wrong)?;
    Ok(out)
}

/// The greatest |a| of any hidden unit for any of the images.
fn greatest_pre_activation(params: &Params<'_>, pixels: &[u8], machine: Machine) -> Result<f32, Error> {
    let model = &Floats::new(params, machine)?;
    super::expect(!pixels.is_empty(), || "there are no images".into())?;
    let count = super::count(pixels, params.shape().features)?;
    let skip_zeros = machine.products.skip_zeros(pixels);
    let each = count.div_ceil(machine.threads).max(1);
    let parts = pixels.chunks(each * params.shape().features);
    let found = in_parallel(machine.threads, parts, |part| greatest_of(part, model, skip_zeros))?;
    Ok(found.into_iter().fold(0.0, greater))
}

/// One worker's share of that.
fn greatest_of(pixels: &[u8], model: &Floats, skip_zeros: bool) -> Result<f32, Error> {
    let count = pixels.len() / model.shape.features;
    let mut sums = PreActivations::new(model, skip_zeros, count)?;
    let mut greatest = 0.0;
    for first in (0..count).step_by(BLOCK) {
        sums.go_to(pixels, first);
        for &Panel { shape, .. } in &model.panels {
            for sum in sums.of(shape).chunks_exact(shape.width).flat_map(|row| &row[..shape.units]) {
                greatest = greater(greatest, sum.abs());
            }
        }
    }
    Ok(greatest)
}

impl Numbers {
    /// `greatest` is the greatest |pre-activation|.
    fn new(params: &Params<'_>, greatest: f64) -> Result<Self, Error> {
        let Shape { activation, features, hidden, classes, scale } = params.shape();
        let (w1, w2) = (params.w1(), params.w2());
        let row = hidden.next_multiple_of(UNITS);
        let mut sums = Sums(reserved(hidden)?);
        let mut weights = filled(0, features * row)?;
        for unit in 0..hidden {
            let column = w1[hidden + unit..].iter().step_by(hidden).copied();
            let whole = Row { bias: w1[unit], one: 1.0 / f64::from(scale), input: 255.0, diffuse: true };
            let places = weights[unit..].iter_mut().step_by(row);
            sums.push(whole.round(column, places))?;
        }
        let (range, turns) = match activation {
            // A turn of the table is a turn of the phase.
            Activation::Cos => (core::f64::consts::PI, true),
            Activation::Tanh if greatest * MARGIN > TANH_RANGE => (TANH_RANGE, false),
            _ if greatest == 0.0 => (1.0, false),
            _ => (greatest * MARGIN, false),
        };
        // If a multiplier would not fit, the table has to reach further; a turn cannot.
        let least = sums.greatest(|row| row.unit) * 65536.0 / sums.multiplier_limit();
        let range = if turns || range > least { range } else { least * 1.001 };
        let hidden_layer = sums.layer(weights, 32768.0 / range)?;

        let (table, one) = table(activation, range, hidden);
        let mut sums = Sums(reserved(classes)?);
        let mut weights = filled(0, classes * row)?;
        for (class, places) in weights.chunks_exact_mut(row).enumerate() {
            let column = w2[classes + class..].iter().step_by(classes).copied();
            let greatest = f64::from(table.iter().map(|h| h.unsigned_abs()).max().unwrap_or(0));
            let whole = Row { bias: w2[class], one, input: greatest, diffuse: false };
            sums.push(whole.round(column, places.iter_mut()))?;
        }
        // As many places as the greatest logit leaves, up to 24.
        let (unit, logit) = (sums.greatest(|row| row.unit), sums.greatest(|row| row.greatest * row.unit));
        let fits = |&places: &u32| {
            let one = f64::from(1_u32 << places);
            logit * one < 1073741824.0 && unit * one < sums.multiplier_limit()
        };
        let places = (0..=24).rev().find(fits).ok_or(Error::NotInt8)?;
        let output = sums.layer(weights, f64::from(1_u32 << places))?;
        Ok(Self { hidden: hidden_layer, output, table: copied(&table)?, places })
    }
}

/// The activation at 257 points from −range to range, and the value of 1 in the table: as fine as sums over
/// `hidden` units of products with an int8 allow.
fn table(activation: Activation, range: f64, hidden: usize) -> ([i16; TABLE_LEN], f64) {
    let mut values = [0.0; TABLE_LEN];
    for (point, value) in values[..TABLE_LEN - 1].iter_mut().enumerate() {
        // The table of a cosine begins at phase 0.
        let from = if activation == Activation::Cos { 0.0 } else { 128.0 };
        *value = f64::from(activation.value(Scalar, ((point as f64 - from) * range / 128.0) as f32));
    }
    let greatest = values.iter().map(|v| v.abs()).fold(0.0, greater);
    let most = (1 << 30) / (127 * hidden);
    let most = f64::from(most.min(32767) as u16);
    let one = if greatest > 0.0 { greatest / most } else { 1.0 };
    (values.map(|value| nearest(value / one) as i16), one)
}

/// One unit's or class's weights to be rounded.
struct Row {
    bias: f32,
    /// The value of an input of 1.
    one: f64,
    /// The greatest |input|.
    input: f64,
    /// Whether a rounding error is carried on to the next weight.
    diffuse: bool,
}

/// What a row became.
struct Rounded {
    /// The value of a sum of 1.
    unit: f64,
    bias: f64,
    /// The greatest |sum|.
    greatest: f64,
}

impl Row {
    fn round<'a>(
        self,
        weights: impl Iterator<Item = f32> + Clone,
        places: impl Iterator<Item = &'a mut i8>,
    ) -> Rounded {
        let Self { bias, one, input, diffuse } = self;
        let bias = f64::from(bias);
        let greatest = weights.clone().map(f32::abs).fold(0.0, greater);
        // The bias has to fit 25 bits, beside the sum.
        let step = greater(f64::from(greatest) / 127.0, bias.abs() / one / 16777216.0);
        let step = if step > 0.0 { step } else { 1.0 };
        let (mut carry, mut sum) = (0.0, 0.0);
        for (weight, place) in weights.zip(places) {
            let exact = f64::from(weight) / step + carry;
            let rounded = nearest(exact);
            let rounded = if rounded > 127.0 { 127.0 } else { rounded };
            let rounded = if rounded < -127.0 { -127.0 } else { rounded };
            if diffuse {
                carry = exact - rounded;
            }
            sum += rounded.abs();
            *place = rounded as i8;
        }
        let unit = step * one;
        let bias = nearest(bias / unit);
        Rounded { unit, bias, greatest: bias.abs() + input * sum }
    }
}

/// A layer's sums, whose multipliers are still to be chosen.
struct Sums(Vec<Rounded>);

impl Sums {
    fn push(&mut self, row: Rounded) -> Result<(), Error> {
        let fits = row.greatest < 2147483648.0 && row.unit.is_finite();
        self.0.push(row);
        if fits { Ok(()) } else { Err(Error::NotInt8) }
    }

    fn greatest(&self, of: impl Fn(&Rounded) -> f64) -> f64 {
        self.0.iter().map(of).fold(0.0, greater)
    }

    /// The shift that brings the greatest sum just below 2^31.
    fn shift(&self) -> u32 {
        (self.greatest(|row| row.greatest) as u32).leading_zeros().saturating_sub(1).min(31)
    }

    /// What a multiplier must stay below, in results a sum of 1.
    fn multiplier_limit(&self) -> f64 {
        2147483647.0 / 4294967296.0 * f64::from(1_u32 << self.shift())
    }

    /// The layer that makes `per_one` of a value of 1.
    fn layer(&self, weights: Vec<i8>, per_one: f64) -> Result<Layer, Error> {
        let shift = self.shift();
        let mut bias = filled(0, self.0.len())?;
        let mut multiplier = filled(0, self.0.len())?;
        for ((row, bias), multiplier) in self.0.iter().zip(&mut bias).zip(&mut multiplier) {
            *bias = row.bias as i32;
            let exact = row.unit * per_one * 4294967296.0 / f64::from(1_u32 << shift);
            *multiplier =
                if exact < 2147483647.0 { nearest(exact) as i32 } else { return Err(Error::NotInt8) };
        }
        Ok(Layer { weights, bias, multiplier, shift })
    }
}

/// x to the nearest whole number, ties to even, for |x| < 2^51.
fn nearest(x: f64) -> f64 {
    (x + 6755399441055744.0) - 6755399441055744.0
}
