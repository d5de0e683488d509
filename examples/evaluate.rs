//! Evaluates a model on a test set: error rate, cross-entropy, and recall of each class.
//!
//!     cargo run --release --example evaluate [MODEL DATA]
//!
//! DATA is a folder, a file or an archive of IDX, CIFAR or text files. Without arguments it is the embedded
//! digits.

use monolayer::data::{self, Options};
use monolayer::train::{self, Machine};
use monolayer::weights::ModelFile;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let (model, set) = match &given[..] {
        [model, folder] => (model.as_str(), data::load(Path::new(folder), &Options::default())?),
        _ => (concat!(env!("CARGO_MANIFEST_DIR"), "/examples/digits.mono"), data::digits()?),
    };
    let file = ModelFile::new(std::fs::read(model)?)?;
    let view = file.view()?; // checked: f32 or int8
    let test = &set.test;
    if test.is_empty() {
        return Err("the data set has no test images".into());
    }

    let result = train::evaluate(view.params(), test, Machine::best())?;
    let rate = result.faults as f64 * 100.0 / test.len() as f64;
    println!("{} errors in {} images, {rate:.2} %", result.faults, test.len());
    println!("cross-entropy {:.5} nats an image", result.cross_entropy);

    // Row t, column p of the confusion matrix: images of class t that were predicted as p.
    let mut right = 0;
    for (class, row) in result.confusion.chunks_exact(result.classes).enumerate() {
        let images: u32 = row.iter().sum();
        println!("class {}: {} of {images} found", view.class_name(class), row[class]);
        right += row[class] as usize;
    }
    assert_eq!(right + result.faults, test.len());

    if given.is_empty() {
        // These hold on every machine.
        assert_eq!(view.params().fingerprint(), 0x7214_f1bf_d272_13a3);
        assert_eq!(result.faults, 70);
    }
    Ok(())
}
