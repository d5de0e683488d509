//! Rows of a table to be labelled: read as they come, in constant memory.

use std::ffi::OsStr;
use std::path::Path;

use super::{BLOCK, line, object};
use crate::cli::console::{Console, message, printable};
use crate::cli::rows::{columns, map_rows};
use crate::cli::{Error, Given, Opt, inputs};
use monolayer::data::TableRows;
use monolayer::train::{Predictions, Predictor};
use monolayer::weights::{View, Weights};

/// The name of the column that --csv appends.
const COLUMN: &str = "prediction";

/// Whether a file is read as rows: whatever it is, for a model of a table; else by its name, or with --csv.
pub fn are_in(path: &OsStr, model: &View<'_, Weights<'_>>, given: &Given) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    model.map().is_some() || given.has(Opt::Csv) || name.ends_with(".csv") || name.ends_with(".tsv")
}

/// Prints a line for every row of a file. What was read is printed before more is waited for.
pub fn label(
    path: &OsStr,
    model: &View<'_, Weights<'_>>,
    predictor: &Predictor,
    given: &Given,
    console: &mut Console,
) -> Result<(), Error> {
    let (file, name) = (inputs::name_of(path), |k: u8| model.class_name(usize::from(k)));
    let classes = predictor.shape().classes;
    let mut rows = TableRows::open(Path::new(path), columns(model))?;
    if !given.has(Opt::Quiet) {
        rows.notes().iter().for_each(|note| message(&format!("{}: {}\n", printable(&file), printable(note))));
    }
    let header = rows.header_with(COLUMN).filter(|_| given.has(Opt::Csv));
    header.map_or(Ok(()), |header| console.print_bytes(&[&header, b"\n".as_slice()].concat()))?;
    let (mut index, mut bytes) = (0, Vec::new());
    while let Some(block) = rows.next(BLOCK)? {
        match model.map() {
            Some(map) => map_rows(map, block.values(), &mut bytes),
            None => bytes = block.pixels()?,
        }
        let Predictions { classes: predicted, probabilities } = predictor.predict_all(&bytes)?;
        for ((n, &class), probabilities) in
            predicted.iter().enumerate().zip(probabilities.chunks_exact(classes))
        {
            if given.has(Opt::Csv) {
                let mut row = block.line_with(n, name(class));
                row.push(b'\n');
                console.print_bytes(&row)?;
            } else if given.has(Opt::Json) {
                let object = object(&file, index, class.into(), probabilities, |k| model.class_name(k));
                let object = match block.label(n).filter(|label| !label.is_empty()) {
                    Some(label) => object.with("label", label).with("right", label == name(class)),
                    None => object,
                };
                console.print(&(object.text() + "\n"))?;
            } else {
                let place = format!("{}[{index}]", printable(&file));
                console
                    .print(&(line(&place, class.into(), probabilities, |k| model.class_name(k)) + "\n"))?;
            }
            index += 1;
        }
        console.flush()?;
    }
    Ok(())
}
