//! `predict`: label pictures.

use std::ffi::OsStr;
use std::format;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::args::Given;
use super::console::{Console, message, printable};
use super::error::Error;
use super::inputs::{self, ModelFile};
use super::json::{Json, Object};
use super::network::{Model, Predictor};
use crate::data;
use crate::train::Predictions;

/// Classes that a line names.
const MOST_SHOWN: usize = 3;

pub(crate) fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let machine = inputs::machine(given)?;
    let model = ModelFile::given(given)?;
    let model = model.model()?;
    let network = model.network();
    let predictor = network.predictor(machine)?;
    let of = given.operands.len();
    let mut bad = 0;
    for path in &given.operands {
        match label(path, &model, &predictor, given, console) {
            // A bad file among others does not keep these from being labelled.
            Err(error) if of > 1 && !matches!(error, Error::Stdout(_)) => {
                console.flush()?;
                message(&format!("monolayer: {error}\n"));
                bad += 1;
            }
            done => done?,
        }
    }
    if bad > 0 { Err(Error::SomeFiles { bad, of }) } else { Ok(()) }
}

/// Prints a line for every picture of a file.
fn label(
    path: &OsStr,
    model: &Model,
    predictor: &Predictor,
    given: &Given,
    console: &mut Console,
) -> Result<(), Error> {
    let load = if given.flag("fit") { data::load_fitted } else { data::load_pictures };
    let pictures = load(Path::new(path), model.picture())?;
    let Predictions { classes, probabilities } = predictor.predict(&pictures.pixels)?;
    let file = inputs::name_of(path);
    let count = model.network().sizes().classes;
    let each = classes.iter().zip(probabilities.chunks_exact(count)).enumerate();
    for (index, (&class, probabilities)) in each {
        let class = usize::from(class);
        let name = |k| model.class_name(k);
        let line = match given.flag("json") {
            true => Object::new()
                .with("file", file.as_str())
                .with("index", index)
                .with("class", class)
                .with("name", name(class))
                .with("probability", probabilities[class])
                .with("probabilities", probabilities.iter().copied().collect::<Json>())
                .text(),
            false => line(&format!("{}[{index}]", printable(&file)), class, probabilities, name),
        };
        console.print(&(line + "\n"))?;
    }
    Ok(())
}

/// `FILE[INDEX]`, the class, its probability, and the most probable classes, between tabs.
fn line<'a>(picture: &str, class: usize, probabilities: &[f32], name: impl Fn(usize) -> &'a str) -> String {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    // The class itself goes before others of the same probability.
    order.sort_by(|&a, &b| {
        probabilities[b].total_cmp(&probabilities[a]).then((b == class).cmp(&(a == class)))
    });
    let shown = order.iter().take(MOST_SHOWN);
    let most: Vec<String> =
        shown.map(|&k| format!("{} {:.4}", printable(name(k)), probabilities[k])).collect();
    format!("{picture}\t{}\t{:.4}\t{}", printable(name(class)), probabilities[class], most.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_class_and_the_most_probable_three() {
        let names = ["a", "b", "c", "d"];
        let text = line("x[0]", 3, &[0.1, 0.2, 0.3, 0.4], |k| names[k]);
        assert_eq!(text, "x[0]\td\t0.4000\td 0.4000, c 0.3000, b 0.2000");
        let tie = line("x[1]", 2, &[0.5, 0.0, 0.5, 0.0], |k| names[k]);
        assert_eq!(tie, "x[1]\tc\t0.5000\tc 0.5000, a 0.5000, b 0.0000");
    }
}
