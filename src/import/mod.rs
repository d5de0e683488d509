//! Weights trained elsewhere, from a safetensors file or NumPy's archive, as a model.
//!
//! Two layers are taken, in any of these spellings, in safetensors all F32:
//!
//! | tensors | shapes |
//! |---|---|
//! | `A.weight`, `A.bias`, `B.weight`, `B.bias` (`fc1` and `fc2`, `0` and `2`, whatever they are called) | (M, D), (M), (K, M), (K) |
//! | `W1`, `b1`, `W2`, `b2` | the same |
//! | `W1`, `W2`, the biases in the first column of each | (M, D + 1), (K, M + 1) |
//! | `A.kernel`, `A.bias`, `B.kernel`, `B.bias` (Keras; `/` for `.`) | (D, M), (M), (M, K), (K) |
//! | `coefs_0`, `coefs_1`, `intercepts_0`, `intercepts_1` (scikit-learn) | (D, M), (M, K), (M), (K) |
//! | `arr_0` to `arr_3`, weights and biases each in order (`numpy.savez`) | (D, M), (M), (M, K), (K) |
//!
//! A row is an output or an input as the table says; the other way where only that fits. One output v becomes
//! the logits (0, v).
//!
//! Which layer comes first is told by the shapes, or where both orders fit by the names, numbers in them
//! compared as numbers. What the tensors do not say stands in the metadata of a file that `export` wrote:
//! then the model file comes back byte for byte, with the map of a table's features, which is a tensor of its
//! own there: `features_map`, (D, 2), low and f of each.

mod error;
mod fold;
mod npz;
mod safetensors;

pub use error::Error;

use crate::math::Activation;
use crate::weights::{self, FeatureMap, Params, Picture, Shape};
use safetensors::{File, Tensor};

/// A network that was read, and what its file says about it.
///
/// What the metadata do not say, or say in a way that does not fit, is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    features: usize,
    hidden: usize,
    classes: usize,
    w1: Vec<f32>,
    w2: Vec<f32>,
    map: Option<Vec<f32>>,
    /// The hidden units' function.
    pub activation: Option<Activation>,
    /// What pixels are divided by.
    pub scale: Option<f32>,
    /// The shape of a picture: what the metadata say, or else what is usual for D pixels: a grey square,
    /// three planes of one, a line; `None` where a line would be too long.
    pub picture: Option<Picture>,
    /// The K classes' names: what the metadata say, or else numbers.
    pub class_names: Vec<String>,
    /// How the model was trained.
    pub training: Option<String>,
    /// Whether a row of the file's weights was an input, as in Keras and scikit-learn.
    pub is_transposed: bool,
    /// Whether the file says that the hidden units' function is the logistic one, which
    /// [`fold_logistic`](Self::fold_logistic) makes tanh.
    pub is_logistic: bool,
    /// The mean and the deviation of the inputs, where the file has them: for
    /// [`standardise`](Self::standardise).
    pub moments: Option<[Vec<f64>; 2]>,
}

impl Network {
    /// The network in a safetensors file or in NumPy's archive.
    ///
    /// # Errors
    /// The first thing that is wrong with the file, or with its tensors as two layers.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        if npz::is_archive(bytes) {
            let (file, values) = npz::read(bytes)?;
            return Self::of(file, &values);
        }
        Self::of(safetensors::read(bytes)?, bytes)
    }

    /// The network of these tensors, whose values are in `bytes`.
    fn of(mut file: File, bytes: &[u8]) -> Result<Self, Error> {
        let map = file.tensors.iter().position(|tensor| tensor.name == "features_map");
        let map = map.map(|at| file.tensors.remove(at));
        let [hidden, output] = layers(&file)?;
        let (features, units, classes) = (hidden.inputs, hidden.outputs, output.outputs);
        for (size, what, tensor, range) in [
            (features, "pixels", hidden.weight, 1..=1 << 24),
            (units, "hidden units", hidden.weight, 1..=1 << 16),
            (classes, "classes", output.weight, 1..=128),
        ] {
            if !range.contains(&size) {
                let (least, most) = (range.start(), range.end());
                return Err(Error::new(format!("{tensor}: {size} {what}, expected {least} to {most}")));
            }
        }
        let map = map.map(|map| pairs(&map, features, bytes)).transpose()?;
        let (w1, w2) = (hidden.transposed(bytes)?, output.transposed(bytes)?);
        let text = |key: &str| file.notes.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str());
        let scale = text("scale").and_then(|text| text.parse().ok());
        let picture = text("picture").and_then(picture).filter(|picture| picture.pixels() == features as u64);
        let names = text("classes").map(|text| text.split('\n').map(String::from).collect::<Vec<_>>());
        let count = if classes == 1 { 2 } else { classes };
        let numbers = || (0..count).map(|class| class.to_string()).collect();
        let list =
            |key| text(key)?.split(',').map(|number| number.parse().ok()).collect::<Option<Vec<f64>>>();
        let network = Self {
            activation: text("activation").and_then(|name| name.parse().ok()),
            is_logistic: matches!(text("activation"), Some("logistic" | "sigmoid")),
            is_transposed: hidden.is_transposed,
            moments: list("mean").zip(list("std")).map(|(mean, std)| [mean, std]),
            scale: scale.filter(|&scale| 0.0 < scale && scale <= 65535.0),
            picture: picture.or_else(|| if map.is_some() { line(features) } else { usual_picture(features) }),
            class_names: names.filter(|names| names.len() == count).unwrap_or_else(numbers),
            training: text("training").map(String::from),
            features,
            hidden: units,
            classes,
            w1,
            w2,
            map,
        };
        network.with_two_outputs()
    }

    /// The map of a table's features, if the file has one.
    pub fn map(&self) -> Option<FeatureMap<'_>> {
        self.map.as_deref().map(FeatureMap::new)
    }

    /// The weights, borrowed, under an activation and a pixel scale.
    ///
    /// # Errors
    /// The scale is out of its bounds.
    pub fn params(&self, activation: Activation, scale: f32) -> Result<Params<'_>, weights::Error> {
        let Self { features, hidden, classes, .. } = *self;
        Params::new(Shape { activation, features, hidden, classes, scale }, &self.w1, &self.w2)
    }
}

/// The usual shape of a picture of so many pixels.
fn usual_picture(features: usize) -> Option<Picture> {
    let square = |channels: u16| {
        let area = |side: u16| usize::from(channels) * usize::from(side) * usize::from(side);
        let side = (1..=4096).find(|&side| area(side) == features)?;
        Some(Picture { channels, height: side, width: side })
    };
    square(1).or_else(|| square(3)).or_else(|| line(features))
}

/// The shape of a row of so many features.
fn line(features: usize) -> Option<Picture> {
    Some(Picture { channels: 1, height: 1, width: u16::try_from(features).ok()? })
}

/// The values of a map of so many features.
fn pairs(map: &Tensor, features: usize, bytes: &[u8]) -> Result<Vec<f32>, Error> {
    map.check_is_f32()?;
    if map.shape != [features, 2] {
        return Err(Error::new(format!(
            "{map} has the shape {:?}, expected ({features}, 2), low and f of each feature",
            map.shape
        )));
    }
    // Within the file's length, and so are the weights, which are more.
    map.values(bytes).collect()
}

/// `1x28x28`.
fn picture(text: &str) -> Option<Picture> {
    let mut sizes = text.split('x').map(|size| size.parse::<u16>().ok());
    let mut next = || sizes.next().flatten();
    let picture = Picture { channels: next()?, height: next()?, width: next()? };
    sizes.next().is_none().then_some(picture)
}

/// A layer as the file has it.
#[derive(Clone, Copy)]
struct Layer<'a> {
    weight: &'a Tensor,
    /// `None`: it is the first column of `weight`.
    bias: Option<&'a Tensor>,
    inputs: usize,
    outputs: usize,
    /// Whether a row of `weight` is an input.
    is_transposed: bool,
}

impl<'a> Layer<'a> {
    fn new((weight, bias): Tensors<'a>, is_transposed: bool) -> Result<Self, Error> {
        let augmented = usize::from(bias.is_none());
        weight.check_is_f32()?;
        bias.map_or(Ok(()), Tensor::check_is_f32)?;
        let wrong = |tensor: &Tensor, expected: &str| {
            Error::new(format!("{tensor} has the shape {:?}, expected {expected}", tensor.shape))
        };
        let (rows, columns) = match weight.shape[..] {
            [rows, columns] if is_transposed => (columns, rows),
            [rows, columns] => (rows, columns),
            _ => return Err(wrong(weight, "two dimensions, (outputs, inputs)")),
        };
        let outputs = rows;
        if let Some(bias) = bias.filter(|bias| bias.shape != [outputs]) {
            let line = if is_transposed { "column" } else { "row" };
            return Err(wrong(
                bias,
                &format!("({outputs}), one for each {line} of {weight}, a {line} an output"),
            ));
        }
        let Some(inputs) = columns.checked_sub(augmented) else {
            return Err(wrong(weight, "a column of biases and a column for each input"));
        };
        Ok(Self { weight, bias, inputs, outputs, is_transposed })
    }

    /// (inputs + 1, outputs), row 0 the biases.
    fn transposed(self, bytes: &[u8]) -> Result<Vec<f32>, Error> {
        let count = (self.inputs + 1) * self.outputs; // within the file's length
        let mut out = Vec::new();
        out.try_reserve_exact(count).map_err(|_| no_memory(4 * count as u64))?;
        out.resize(count, 0.0);
        for (out, value) in out.iter_mut().zip(self.bias.into_iter().flat_map(|bias| bias.values(bytes))) {
            *out = value?;
        }
        let mut values = self.weight.values(bytes);
        if self.is_transposed {
            for (out, value) in out[self.outputs..].iter_mut().zip(values) {
                *out = value?;
            }
            return Ok(out);
        }
        for output in 0..self.outputs {
            for row in out.chunks_exact_mut(self.outputs).skip(usize::from(self.bias.is_some())) {
                row[output] = values.next().unwrap_or(Ok(0.0))?;
            }
        }
        Ok(out)
    }
}

/// Weights, and biases that are a tensor of their own.
type Tensors<'a> = (&'a Tensor, Option<&'a Tensor>);

fn no_memory(size: u64) -> Error {
    Error::new(format!("no memory for {size} bytes; end other programs or raise the limit (ulimit -v)"))
}

/// The two layers, in order.
fn layers(file: &File) -> Result<[Layer<'_>; 2], Error> {
    let mut named: Vec<(String, &Tensor)> =
        file.tensors.iter().map(|tensor| (plain(&tensor.name), tensor)).collect();
    named.sort_by(|(a, _), (b, _)| in_order(a, b));
    let (names, tensors): (Vec<&str>, Vec<&Tensor>) =
        named.iter().map(|&(ref name, tensor)| (name.as_str(), tensor)).unzip();
    let pair = |weight: &str, ending: &str, bias: &str| {
        weight.strip_suffix(ending).is_some_and(|layer| bias.strip_suffix(".bias") == Some(layer))
    };
    let pairs = |b: &str, a: &str, d: &str, c: &str, ending: &str| pair(b, ending, a) && pair(d, ending, c);
    let (layers, is_transposed) = match (&names[..], &tensors[..]) {
        (["b1", "b2", "w1", "w2"], &[b1, b2, w1, w2]) => ([(w1, Some(b1)), (w2, Some(b2))], false),
        (["w1", "w2"], &[w1, w2]) => ([(w1, None), (w2, None)], false),
        (["coefs_0", "coefs_1", "intercepts_0", "intercepts_1"], &[w1, w2, b1, b2]) => {
            ([(w1, Some(b1)), (w2, Some(b2))], true)
        }
        (["arr_0", "arr_1", "arr_2", "arr_3"], all) => (in_places(all)?, true),
        // In the order of their names a layer's bias comes right before its weight.
        (&[a, b, c, d], &[b1, w1, b2, w2]) if pairs(b, a, d, c, ".weight") => {
            ([(w1, Some(b1)), (w2, Some(b2))], false)
        }
        (&[a, b, c, d], &[b1, w1, b2, w2]) if pairs(b, a, d, c, ".kernel") => {
            ([(w1, Some(b1)), (w2, Some(b2))], true)
        }
        _ => {
            return Err(Error::new(format!(
                "its tensors are {}; expected those of two layers: A.weight, A.bias, B.weight, B.bias; or A.kernel, \
                 A.bias, ...; or W1, b1, W2, b2; or W1, W2 with the biases in the first column; or coefs_0, \
                 coefs_1, intercepts_0, intercepts_1; or arr_0 to arr_3",
                listed(&tensors)
            )));
        }
    };
    // The other way round where only that fits.
    chained(layers, is_transposed).or_else(|error| chained(layers, !is_transposed).map_err(|_| error))
}

/// `A/kernel:0` as `a.kernel`.
fn plain(name: &str) -> String {
    name.strip_suffix(":0").unwrap_or(name).to_ascii_lowercase().replace('/', ".")
}

/// Weights and biases of arrays that have no names: by their dimensions, each in order.
fn in_places<'a>(all: &[&'a Tensor]) -> Result<[Tensors<'a>; 2], Error> {
    let of = |dimensions: usize| all.iter().copied().filter(move |tensor| tensor.shape.len() == dimensions);
    let (mut weights, mut biases) = (of(2), of(1));
    match (weights.next(), weights.next(), biases.next(), biases.next()) {
        (Some(w1), Some(w2), Some(b1), Some(b2)) => Ok([(w1, Some(b1)), (w2, Some(b2))]),
        _ => Err(Error::new("arrays of other dimensions, expected two of two dimensions and two of one")),
    }
}

/// The layers, the one first whose outputs the other takes.
fn chained([first, second]: [Tensors<'_>; 2], is_transposed: bool) -> Result<[Layer<'_>; 2], Error> {
    let (first, second) = (Layer::new(first, is_transposed)?, Layer::new(second, is_transposed)?);
    if second.inputs == first.outputs {
        Ok([first, second])
    } else if first.inputs == second.outputs {
        Ok([second, first])
    } else {
        Err(Error::new(format!(
            "{} gives {} values, but {} takes {}; expected as many, a row an output and a column an input",
            first.weight, first.outputs, second.weight, second.inputs
        )))
    }
}

/// The names of the first of some tensors.
fn listed(tensors: &[&Tensor]) -> String {
    const MOST: usize = 6;
    let shown: Vec<String> = tensors.iter().take(MOST).map(|tensor| tensor.to_string()).collect();
    match tensors.len() {
        0 => "none".into(),
        count if count > MOST => shown.join(", ") + ", ...",
        _ => shown.join(", "),
    }
}

/// The order of two names: numbers in them count as numbers, so that `layers.2` comes before `layers.10`.
fn in_order(a: &str, b: &str) -> core::cmp::Ordering {
    fn parts(name: &str) -> impl Iterator<Item = (u8, usize, &[u8])> {
        let runs = name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit());
        runs.map(|run| match run[0] {
            b'0'..=b'9' => {
                let number = &run[run.iter().take_while(|&&digit| digit == b'0').count()..];
                (b'0', number.len(), number)
            }
            other => (other, 0, run),
        })
    }
    parts(a).cmp(parts(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cmp::Ordering;

    #[test]
    fn numbers_in_names_are_numbers() {
        for (a, b) in
            [("0.weight", "2.weight"), ("layers.2.w", "layers.10.w"), ("fc1", "fc2"), ("a", "b"), ("x", "x1")]
        {
            assert_eq!(in_order(a, b), Ordering::Less, "{a} {b}");
            assert_eq!(in_order(b, a), Ordering::Greater, "{b} {a}");
        }
        assert_eq!(in_order("a01b", "a1b"), Ordering::Equal);
    }

    #[test]
    fn a_picture_is_three_sizes() {
        assert_eq!(picture("1x28x27"), Some(Picture { channels: 1, height: 28, width: 27 }));
        for text in ["", "1x28", "1x28x28x1", "ax1x1", "1x1x65536", "1x1x-1"] {
            assert_eq!(picture(text), None, "{text}");
        }
    }
}
