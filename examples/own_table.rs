//! Trains on a table and deploys it: from a CSV to a class computed from floats, as a device computes it.
//!
//!     cargo run --release --example own_table [FILE.csv]
//!
//! Without FILE.csv it takes made-up gestures: 12 features of a motion sensor, 4 classes.

use monolayer::infer;
use monolayer::train::{self, Machine, Recipe};
use monolayer::weights::{self, About, FeatureMap, ModelFile};
use monolayer::{Activation, data};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let gestures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/gestures.csv");
    let path = std::env::args_os().nth(1).map_or(PathBuf::from(gestures), PathBuf::from);

    // A share of the rows, chosen by their content, becomes the test half.
    let set = data::load(&path, &data::Options::default())?;
    set.notes.iter().for_each(|note| println!("{note}"));
    let table = set.table.as_ref().ok_or("pixels, not a table")?;

    let config = Recipe::Table.config(set.train.len(), set.classes.len());
    let fit = train::fit(&set.train, set.classes.len(), &config, Machine::best())?;
    let params = fit.network.params();
    let result = train::evaluate(&params, &set.test, Machine::best())?;
    println!("{} errors in {} test samples", result.faults, set.test.len());

    // The map from features to bytes is part of the model file.
    let names: Vec<&str> = set.classes.iter().map(String::as_str).collect();
    let about = About { map: Some(FeatureMap::new(&table.map)), ..About::new(set.picture, &names) };
    let file = ModelFile::new(weights::to_vec(&params, about)?)?;

    // A device: floats in, a class out; `core` alone.
    let model = infer::Model::new(file.bytes())?;
    let sample = vec![0.5; table.map.len() / 2];
    let mut bytes = vec![0; sample.len()];
    model.features(&sample, &mut bytes)?;
    let mut scratch = vec![0.0; infer::scratch_len(config.hidden, names.len())];
    println!("features of 0.5: {}", names[model.predict(&bytes, &mut scratch)?]);

    assert_eq!(config.activation, Activation::Tanh);
    if path.as_os_str() == gestures {
        assert!(result.faults <= 3, "{} errors", result.faults);
    }
    Ok(())
}
