//! Makes, on the host, a table's model with random weights and rows for it, in the folder that the argument
//! names: `table.mono`, `table.int8.mono`, and `rows`, of D floats each.

use monolayer::rng::Rng;
use monolayer::train::{Machine, quantise};
use monolayer::weights::{About, FeatureMap, ModelFile, Params, Picture, Shape, View, to_vec};
use monolayer::{Activation, Isa};
use std::error::Error;
use std::path::PathBuf;

const FEATURES: usize = 24;
const HIDDEN: usize = 16;
const ROWS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("expected a folder")?);
    let mut rng = Rng::new(1, 0);
    // The last feature was constant.
    let factor = |d, span: f32| if d + 1 == FEATURES { 0.0 } else { 255.0 / span };
    let pairs: Vec<f32> = (0..FEATURES)
        .flat_map(|d| [1000.0 * rng.uniform() - 500.0, factor(d, 0.01 + 100.0 * rng.uniform())])
        .collect();
    let rows: Vec<f32> = (0..ROWS).flat_map(|_| row(&pairs, &mut rng)).collect();
    let mut weights = |count| -> Vec<f32> { (0..count).map(|_| 2.0 * rng.uniform() - 1.0).collect() };
    let classes = ["left", "right", "still"];
    let (w1, w2) = (weights((FEATURES + 1) * HIDDEN), weights((HIDDEN + 1) * classes.len()));
    let shape = Shape {
        activation: Activation::Tanh,
        features: FEATURES,
        hidden: HIDDEN,
        classes: classes.len(),
        scale: 255.0,
    };
    let picture = Picture { channels: 1, height: 1, width: FEATURES as u16 };
    let map = FeatureMap::new(&pairs);
    let about = About { map: Some(map), ..About::new(picture, &classes) };
    let floats = ModelFile::new(to_vec(&Params::new(shape, &w1, &w2)?, about)?)?;

    let mut bytes = vec![0; rows.len()];
    for (row, bytes) in rows.chunks_exact(FEATURES).zip(bytes.chunks_exact_mut(FEATURES)) {
        map.apply(row, bytes);
    }
    let integers = quantise(&View::new(floats.bytes())?, &bytes, Machine::new(Isa::Scalar, 1))?;
    let rows: Vec<u8> = rows.into_iter().flat_map(f32::to_le_bytes).collect();
    for (name, bytes) in [("table.mono", floats.bytes()), ("table.int8.mono", &integers), ("rows", &rows)] {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

/// A row of features: across the map's range, exactly between two bytes, beyond the range, and no numbers.
fn row(pairs: &[f32], rng: &mut Rng) -> Vec<f32> {
    let feature = |pair: &[f32]| match rng.below(16) {
        0 => [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX][rng.below(4) as usize],
        1 => f32::from_bits(rng.next_u32()),
        2 => pair[0] + (rng.below(512) as f32 * 0.5) / pair[1].max(1e-3),
        _ => pair[0] + (320.0 * rng.uniform() - 32.0) / pair[1].max(1e-3),
    };
    pairs.chunks_exact(2).map(feature).collect()
}
