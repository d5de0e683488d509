//! Rows as a model takes them: by its own columns, and by its own map from features to bytes.

use std::ffi::OsStr;
use std::path::Path;

use super::console::{message, printable};
use super::inputs::{self, Data};
use super::record::Record;
use super::{Error, Given, Opt};
use monolayer::data::{Columns, Dataset, Images, Kind, Table, TableRows};
use monolayer::weights::{FeatureMap, View, Weights};

/// Rows that are read at once.
const BLOCK: usize = 4096;

/// The columns that the model was trained on.
pub fn columns(model: &View<'_, Weights<'_>>) -> Columns {
    let features = model.params().shape().features;
    let mut columns = Record(model.training()).columns().unwrap_or_default();
    columns.features = features;
    // Nothing in a model's text is trusted.
    if columns.names.len() != features {
        columns.names = Vec::new();
    }
    columns.label_at = columns.label_at.filter(|&at| at <= features);
    columns
}

/// The bytes of rows of D features, by the model's map.
pub fn map_rows(map: FeatureMap<'_>, values: &[f32], bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.resize(values.len(), 0);
    let each = map.features();
    for (row, bytes) in values.chunks_exact(each).zip(bytes.chunks_exact_mut(each)) {
        map.apply(row, bytes);
    }
}

/// The data to test a model on. Of a table, the test half where it is the one that the model was trained on,
/// else all rows.
///
/// # Errors
/// They cannot be read, or a row's label is no class of the model.
pub fn data_to_test(given: &Given, model: &View<'_, Weights<'_>>) -> Result<Data, Error> {
    let path = given.path(Opt::Data).filter(|_| !given.has(Opt::Test));
    let (Some(map), Some(path)) = (model.map(), path) else { return inputs::data(given) };
    let trained_on = Record(model.training()).text("dataset_fingerprint");
    let is_trained_on = |set: &Dataset| Some(&*format!("{:016x}", set.fingerprint)) == trained_on;
    match inputs::data_of(path, inputs::options(given)) {
        Ok(data) if data.set.kind != Kind::Table || is_trained_on(&data.set) => inputs::finished(data, given),
        _ => labelled(path, model, map, given),
    }
}

/// All rows of a file, with their labels, as a test half.
fn labelled(
    path: &OsStr,
    model: &View<'_, Weights<'_>>,
    map: FeatureMap<'_>,
    given: &Given,
) -> Result<Data, Error> {
    let (name, columns) = (inputs::name_of(path), columns(model));
    let classes: Vec<String> = model.class_names().map(String::from).collect();
    let mut rows = TableRows::open(Path::new(path), columns.clone())?;
    let (mut pixels, mut labels, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(block) = rows.next(BLOCK)? {
        map_rows(map, block.values(), &mut bytes);
        pixels.extend_from_slice(&bytes);
        for n in 0..block.len() {
            let label = printable(block.label(n).unwrap_or_default());
            // A model has at most 128 classes.
            let class = classes.iter().position(|class| *class == label).ok_or_else(|| {
                let (line, known) = (block.line_number(n), classes.join(", "));
                Error::of_file(
                    &name,
                    format_args!("line {line}: found label `{label}`, expected one of {known}"),
                )
            })?;
            labels.push(class as u8);
        }
    }
    if !given.has(Opt::Quiet) {
        let tell = |text: &str| message(&format!("{}: {text}\n", printable(&name)));
        rows.notes().iter().for_each(|note| tell(&printable(note)));
        tell("not the data that the model was trained on: all rows are tested");
    }
    let mut table = Table::default();
    (table.names, table.label, table.map) = (columns.names, columns.label, map.pairs().to_vec());
    table.label_at = columns.label_at.unwrap_or(map.features());
    let images = Images::new(map.features(), pixels, labels);
    let mut set = Dataset::new(Kind::Table, model.picture(), classes, Images::default(), images);
    set.table = Some(table);
    Ok(Data { set, name })
}
