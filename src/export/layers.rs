//! The weights as other programs hold them: two layers, each a matrix, a row an output, and its biases.

use crate::weights::{Params, Shape};

/// One layer.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    /// (inputs + 1, outputs), row 0 the biases.
    rows: &'a [f32],
    /// The layer's outputs.
    pub outputs: usize,
    /// The layer's inputs.
    pub inputs: usize,
}

/// The hidden layer, (M, D) and (M), and the output layer, (K, M) and (K).
pub(super) fn layers<'a>(params: &Params<'a>) -> [Layer<'a>; 2] {
    let Shape { features, hidden, classes, .. } = params.shape();
    [
        Layer { rows: params.w1(), outputs: hidden, inputs: features },
        Layer { rows: params.w2(), outputs: classes, inputs: hidden },
    ]
}

impl<'a> Layer<'a> {
    /// The biases, (outputs).
    pub(super) fn bias(self) -> impl Iterator<Item = f32> + 'a {
        self.rows.iter().copied().take(self.outputs)
    }

    /// The weights, (outputs, inputs), row by row.
    pub(super) fn weights(self) -> impl Iterator<Item = f32> + 'a {
        let columns =
            move |output| self.rows.iter().copied().skip(self.outputs + output).step_by(self.outputs);
        (0..self.outputs).flat_map(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Activation;

    #[test]
    fn a_row_an_output() {
        let w1 = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // D = 2, M = 2
        let w2 = [7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0]; // K = 3
        let activation = Activation::Cos;
        let shape = Shape { activation, features: 2, hidden: 2, classes: 3, scale: 1.0 };
        let [hidden, output] = layers(&Params::new(shape, &w1, &w2).unwrap());
        assert_eq!(hidden.bias().collect::<Vec<_>>(), [1.0, 2.0]);
        assert_eq!(hidden.weights().collect::<Vec<_>>(), [3.0, 5.0, 4.0, 6.0]);
        assert_eq!(output.bias().collect::<Vec<_>>(), [7.0, 8.0, 9.0]);
        assert_eq!(output.weights().collect::<Vec<_>>(), [10.0, 13.0, 11.0, 14.0, 12.0, 15.0]);
    }
}
