//! `test`: how good a model is.

use super::args::Given;
use super::console::{Console, printable};
use super::error::Error;
use super::inputs::{self, ModelFile};
use super::json::Object;
use super::outcome::Outcome;
use super::record::Record;
use crate::train::Machine;
use std::format;

pub(crate) fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let machine = inputs::machine(given)?;
    let model = ModelFile::given(given)?;
    let contents = model.model()?;
    let data = inputs::data(given)?;
    let network = contents.network();
    inputs::check_fit(&model, network, &data)?;
    let lacking = || Error::NoImages { data: data.name.clone(), lacking: "test" };
    let images = data.set.test.as_ref().ok_or_else(lacking)?;
    let machine = Machine { products: machine.products.chosen_for(images.pixels()), ..machine };
    let outcome = Outcome {
        network,
        record: Record(contents.training()),
        classes: data.set.classes.clone(),
        evaluation: Some(network.evaluate(images, machine)?),
        machine,
        seconds: None,
    };
    let kind = data.set.kind.name();
    if given.flag("json") {
        let fingerprint = format!("{:016x}", data.set.fingerprint);
        let tested = Object::new().with("dataset", kind).with("fingerprint", fingerprint);
        return Ok(console.print_line_now(&outcome.json_by_class().with("tested", tested).text())?);
    }
    let (model, data) = (printable(&model.name), printable(&data.name));
    console.print(&format!("model        {model}\ndata         {data} ({kind})\n"))?;
    console.print(&outcome.text())?;
    console.print("\n")?;
    Ok(console.print(&outcome.text_by_class())?)
}
