//! `test`: how good a model is.

use super::console::{Console, message, printable};
use super::inputs::{self, ModelFile};
use super::outcome::Outcome;
use super::record::Record;
use super::report::{About, ReportFile};
use super::{Error, Given, Opt, rows};
use crate::lab::report::History;
use monolayer::json::Object;
use monolayer::train::{self, Machine};

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let machine = inputs::machine(given)?;
    let report = ReportFile::given(given, console)?;
    let model = ModelFile::given(given)?;
    let contents = model.view()?;
    let data = rows::data_to_test(given, &contents)?;
    let network = contents.params();
    inputs::check_fit(&model, &data)?;
    let images = data.testing()?;
    let machine = Machine { products: machine.products.chosen_for(images.pixels()), ..machine };
    let outcome = Outcome {
        network,
        record: Record(contents.training()),
        classes: data.set.classes.clone(),
        kind: data.set.kind,
        evaluation: Some(train::evaluate(network, images, machine)?),
        machine,
        seconds: None,
    };
    let is_finite = outcome.evaluation.as_ref().is_none_or(|found| found.cross_entropy.is_finite());
    if !is_finite && !given.has(Opt::Quiet) {
        let samples = data.words().samples;
        message(&format!(
            "warning: the logits of some {samples} overflow f32: the model predicts nothing for them\n"
        ));
    }
    let kind = data.set.kind.name();
    let printed = if given.has(Opt::Json) {
        let fingerprint = format!("{:016x}", data.set.fingerprint);
        let tested = Object::new().with("dataset", kind).with("fingerprint", fingerprint);
        console.print_line_now(&outcome.json_by_class().with("tested", tested).text())
    } else {
        let (model, data) = (printable(&model.name), printable(&data.name));
        let (text, by_class) = (outcome.text(), outcome.text_by_class());
        console.print_now(&format!("{by_class}\nmodel        {model}\ndata         {data} ({kind})\n{text}"))
    };
    if let Some(report) = report {
        let more = [("model", model.name.clone())];
        let history = History::default();
        let about = About { data: &data, outcome: &outcome, history: &history, config: None, more: &more };
        report.write_model(&about, given)?;
    }
    Ok(printed?)
}
