//! What a network from elsewhere has that a model file has not, folded into its weights: standardised inputs,
//! the logistic function, a single output. All sums are of f64, features and units ascending, and each weight
//! is rounded once.

use super::{Error, Network, line};
use crate::math::Activation;

impl Network {
    /// Makes the logistic function tanh: s(x) = (1 + tanh(x / 2)) / 2. W1, b1 and W2 become half of what they
    /// are, b2 is increased by half the sum of a class's weights.
    pub fn fold_logistic(&mut self) {
        self.w1.iter_mut().for_each(|w| *w *= 0.5);
        let (biases, weights) = self.w2.split_at_mut(self.classes);
        for (class, bias) in biases.iter_mut().enumerate() {
            let own = weights.iter().skip(class).step_by(self.classes);
            *bias = own.fold(f64::from(*bias), |sum, &w| sum + 0.5 * f64::from(w)) as f32;
        }
        weights.iter_mut().for_each(|w| *w *= 0.5);
        self.activation = Some(Activation::Tanh);
        self.is_logistic = false;
    }

    /// Takes the weights for ones of inputs (x − mean) / std.
    ///
    /// One number, or one a channel: x are pixels over the scale, and mean and std go into W1 and b1. One a
    /// feature, of D: x are the features of a table, which get a map to bytes, from mean − 4 std to mean + 4
    /// std, and the weights are those of bytes / 255.
    ///
    /// # Errors
    /// There are other counts of numbers; one is not finite, or a deviation is not above 0; or the file has a
    /// map already.
    pub fn standardise(&mut self, mean: &[f64], std: &[f64]) -> Result<(), Error> {
        let (features, hidden) = (self.features, self.hidden);
        let channels = self.picture.map_or(1, |picture| usize::from(picture.channels));
        if self.map.is_some() {
            return Err(Error::new("a map of features and means of them, expected one of the two"));
        }
        if mean.len() != std.len() || ![1, channels, features].contains(&mean.len()) {
            let of_channels =
                if channels > 1 { format!(", {channels} (one a channel)") } else { String::new() };
            return Err(Error::new(format!(
                "{} means and {} deviations, expected 1 of each{of_channels} or {features} (one a feature)",
                mean.len(),
                std.len()
            )));
        }
        for (at, (mean, std)) in mean.iter().zip(std).enumerate() {
            if !(mean.is_finite() && std.is_finite() && *std > 0.0) {
                return Err(Error::new(format!(
                    "mean {mean} and deviation {std} (number {at}), expected finite numbers, the deviation above 0"
                )));
            }
        }
        let of_features = mean.len() == features && features > 1;
        let mut map = Vec::new();
        let (biases, rows) = self.w1.split_at_mut(hidden);
        let mut sums: Vec<f64> = biases.iter().map(|&b| b.into()).collect();
        for (d, row) in rows.chunks_exact_mut(hidden).enumerate() {
            // The standardised input is x factor − shift, where x are bytes / 255 or pixels over the scale.
            let (factor, shift) = if of_features {
                let (low, f) = ((mean[d] - 4.0 * std[d]) as f32, (255.0 / (8.0 * std[d])) as f32);
                map.extend([low, f]);
                (255.0 / (f64::from(f) * std[d]), (mean[d] - f64::from(low)) / std[d])
            } else {
                let channel = if mean.len() == 1 { 0 } else { d / (features / channels) };
                (1.0 / std[channel], mean[channel] / std[channel])
            };
            for (w, sum) in row.iter_mut().zip(&mut sums) {
                *sum -= f64::from(*w) * shift;
                *w = (f64::from(*w) * factor) as f32;
            }
        }
        biases.iter_mut().zip(sums).for_each(|(bias, sum)| *bias = sum as f32);
        if !self.w1.iter().chain(&map).all(|w| w.is_finite()) {
            return Err(Error::new(
                "means and deviations that make weights infinite, expected those of the inputs",
            ));
        }
        if of_features {
            (self.map, self.picture, self.scale) = (Some(map), line(features), Some(255.0));
        }
        Ok(())
    }

    /// Makes one output v, whose class 1 has the probability 1 / (1 + e^-v), the logits (0, v), which have
    /// the same probabilities.
    pub(super) fn with_two_outputs(mut self) -> Result<Self, Error> {
        if self.classes == 1 {
            let mut w2 = Vec::new();
            w2.try_reserve_exact(2 * self.w2.len())
                .map_err(|_| super::no_memory(8 * self.w2.len() as u64))?;
            w2.extend(self.w2.iter().flat_map(|&w| [0.0, w]));
            (self.w2, self.classes) = (w2, 2);
        }
        Ok(self)
    }
}
