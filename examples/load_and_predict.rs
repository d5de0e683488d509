//! Loads a model file and predicts one picture of any size.
//!
//!     cargo run --release --example load_and_predict [MODEL PICTURE]
//!
//! PICTURE is PNG, PGM, PPM or IDX. Without arguments it is a 7 drawn in black on white, 64 x 64 pixels.

use monolayer::data::{Framing, Pictures};
use monolayer::train::{Machine, Predictor};
use monolayer::weights::ModelFile;
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"));
    let given: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (model, picture) = match &given[..] {
        [model, picture] => (model.clone(), picture.clone()),
        _ => (folder.join("digits.mono"), folder.join("seven.pgm")),
    };

    let file = ModelFile::new(std::fs::read(&model)?)?;
    let view = file.view()?; // checked: f32 or int8

    // The picture is framed as those of the model: light on dark, cropped, scaled, centred.
    let framing = Framing::of_training(view.training(), view.picture());
    let mut pictures = Pictures::open_to_fit(&picture, view.picture(), framing)?;
    let pixels = pictures.next(1)?.ok_or("no picture in the file")?;

    let mut predictor = Predictor::new(view.params(), Machine::best())?;
    let class = predictor.predict(pixels)?;
    let probability = predictor.probabilities(pixels)?[class];
    println!("{}: {}, probability {probability:.4}", picture.display(), view.class_name(class));

    if given.is_empty() {
        assert_eq!(view.class_name(class), "7");
        assert!(probability > 0.9);
    }
    Ok(())
}
