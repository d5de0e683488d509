//! Trains, on the host, a model of the made-up gestures, and writes it and rows for it to the folder that the
//! argument names: `table.mono`, `table.int8.mono`, and `rows`, of D floats each.

use monolayer::data::{self, Columns, TableRows};
use monolayer::rng::Rng;
use monolayer::train::{self, Machine, Recipe, quantise};
use monolayer::weights::{About, FeatureMap, ModelFile, View, to_vec};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Rows of extreme values, behind those of the gestures.
const EXTREMES: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("expected a folder")?);
    let gestures = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/gestures.csv"));
    let set = data::load(gestures, &data::Options::default())?;
    let data::Table { map: pairs, names, label, label_at, .. } = set.table.ok_or("expected a table")?;
    let config = Recipe::Table.config(set.train.len(), set.classes.len());
    let machine = Machine::best();
    let fit = train::fit(&set.train, set.classes.len(), &config, machine)?;
    let classes: Vec<&str> = set.classes.iter().map(String::as_str).collect();
    let about = About { map: Some(FeatureMap::new(&pairs)), ..About::new(set.picture, &classes) };
    let floats = ModelFile::new(to_vec(&fit.network.params(), about)?)?;
    let integers = quantise(&View::new(floats.bytes())?, set.train.pixels(), machine)?;

    let columns = Columns { features: names.len(), names, label, label_at: Some(label_at) };
    let mut gestures = TableRows::open(gestures, columns)?;
    let mut rows = Vec::new();
    while let Some(block) = gestures.next(1000)? {
        rows.extend_from_slice(block.values());
    }
    let mut rng = Rng::new(1, 0);
    (0..EXTREMES).for_each(|_| rows.extend(row(&pairs, &mut rng)));
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
