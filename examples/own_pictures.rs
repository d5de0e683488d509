//! Trains on pictures in folders: one folder a class, PNG, PGM or PPM files in each.
//!
//!     cargo run --release --example own_pictures [FOLDER]
//!
//! Without FOLDER, 500 of the embedded digits are written as PNG into a temporary folder, and read there.

use monolayer::data;
use monolayer::export::png::{self, Samples};
use monolayer::train::{self, Config, Machine};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Writes pictures of the embedded digits to `FOLDER/CLASS/NUMBER.png`.
fn write_digits(folder: &Path) -> Result<(), Box<dyn Error>> {
    let digits = data::digits()?;
    for (n, &label) in digits.train.labels().iter().enumerate().take(500) {
        let class = folder.join(&digits.classes[usize::from(label)]);
        std::fs::create_dir_all(&class)?;
        let png = png::encode(28, Samples::Grey, digits.train.image(n));
        std::fs::write(class.join(format!("{n:03}.png")), png)?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let temporary = std::env::temp_dir().join(format!("monolayer-pictures-{}", std::process::id()));
    if given.is_none() {
        write_digits(&temporary)?;
    }

    let set = data::load(given.as_deref().unwrap_or(&temporary), &data::Options::default())?;
    set.notes.iter().for_each(|note| println!("{note}"));
    let data::Dataset { picture, classes, train: images, test, .. } = &set;
    println!("{} x {} pixels, classes {}", picture.height, picture.width, classes.join(", "));

    let config = Config { hidden: 50, lr: 0.005, ..Config::default() };
    let fit = train::fit(images, classes.len(), &config, Machine::best())?;
    let result = train::evaluate(&fit.network.params(), test, Machine::best())?;
    println!("{} errors in {} test images", result.faults, test.len());

    if given.is_none() {
        assert_eq!((images.len() + test.len(), classes.len()), (500, 10));
        assert!(result.faults < test.len() / 3, "{} errors", result.faults);
        std::fs::remove_dir_all(&temporary)?;
    }
    Ok(())
}
