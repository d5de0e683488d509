//! `test`: how good a model is.

use super::args::Given;
use super::console::Console;
use super::error::Error;
use super::inputs::{self, ModelFile};
use super::outcome::Outcome;
use super::record::Record;
use crate::train;

pub(crate) fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let machine = inputs::machine(given)?;
    let model = ModelFile::given(given)?;
    let view = model.view()?;
    let data = inputs::data(given)?;
    let params = view.params();
    inputs::check_fit(&model, &params, &data)?;
    let lacking = || Error::NoImages { data: data.name.clone(), lacking: "test" };
    let images = data.set.test.as_ref().ok_or_else(lacking)?;
    let outcome = Outcome {
        params,
        record: Record(view.training()),
        classes: data.set.classes.clone(),
        evaluation: Some(train::evaluate(&params, images, machine)?),
        machine,
        seconds: None,
    };
    if given.flag("json") {
        return Ok(console.print_line_now(&outcome.json_by_class().text())?);
    }
    console.print(&outcome.text())?;
    console.print("\n")?;
    Ok(console.print(&outcome.text_by_class())?)
}
