//! `convert`: any data set as IDX files.

use std::path::{Path, PathBuf};

use super::console::{Console, grouped, printable};
use super::inputs;
use super::{Error, Given, Opt};
use monolayer::data::Images;
use monolayer::export::idx;
use monolayer::json::{Json, Object};
use monolayer::store::{self, Output};

/// The names of the two halves' files in MNIST.
const HALVES: [&str; 2] = ["train", "t10k"];

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let folder = Path::new(given.required_path(Opt::Out)?);
    if folder == Path::new("-") {
        return Err(Error::Usage("--out: found `-`, expected a folder: convert writes several files".into()));
    }
    let data = inputs::data(given)?;
    let set = &data.set;
    let mut contents: Vec<(String, Vec<u8>)> = Vec::new();
    for (half, images) in HALVES.into_iter().zip([&set.train, &set.test]) {
        let Some(images) = images.non_empty() else { continue };
        let too_large = || {
            Error::of_file(&data.name, "more samples than an IDX file, or this machine's memory, can hold")
        };
        let rank = if set.picture.channels == 1 { 3 } else { 4 };
        let pixels = idx::images(set.picture, images.pixels()).ok_or_else(too_large)?;
        contents.push((format!("{half}-images-idx{rank}-ubyte"), pixels));
        contents
            .push((format!("{half}-labels-idx1-ubyte"), idx::labels(images.labels()).ok_or_else(too_large)?));
    }
    let names: String = set.classes.iter().map(|name| printable(name) + "\n").collect();
    contents.push(("classes.txt".into(), names.into_bytes()));
    let written = write(folder, &contents)?;

    let count = |images: &Images| grouped(images.len() as u64);
    let samples = data.words().samples;
    let text = match given.has(Opt::Json) {
        true => {
            let files = contents.iter().zip(&written).map(|((_, bytes), path)| {
                Object::new().with("file", store::name_of(path)).with("bytes", bytes.len())
            });
            Object::new()
                .with("dataset", set.kind.name())
                .with("train", set.train.len())
                .with("test", set.test.len())
                .with("classes", set.classes.iter().map(String::as_str).collect::<Json>())
                .with("files", files.collect::<Json>())
                .text()
                + "\n"
        }
        false => {
            let lines = contents.iter().zip(&written).map(|((_, bytes), path)| {
                let (name, size) = (printable(&store::name_of(path)), grouped(bytes.len() as u64));
                format!("written      {name} ({size} bytes)\n")
            });
            let (name, kind) = (printable(&data.name), set.kind.name());
            let (train, test) = (count(&set.train), count(&set.test));
            format!("data         {name} ({kind}): {train} training and {test} test {samples}\n")
                + &lines.collect::<String>()
        }
    };
    Ok(console.print(&text)?)
}

/// Writes the files into the folder, after a check that none of them is there. Gives their places.
fn write(folder: &Path, contents: &[(String, Vec<u8>)]) -> Result<Vec<PathBuf>, Error> {
    let places: Vec<PathBuf> = contents.iter().map(|(name, _)| folder.join(name)).collect();
    if let Some(there) = places.iter().find(|place| store::is_there(place)) {
        let text = "is there already, expected a folder without a data set; give another --out";
        return Err(Error::of_file(&store::name_of(there), text));
    }
    store::make_folder(folder)?;
    for (place, (_, bytes)) in places.iter().zip(contents) {
        Output::create(place)?.commit(bytes)?;
    }
    Ok(places)
}
