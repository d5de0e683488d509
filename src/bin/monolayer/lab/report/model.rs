//! The page of one model, trained or tested.

use super::curves::History;
use super::html::{self, escaped, isolated, section};
use super::tested::{Subject, Tested};
use super::{features, pictures};
use monolayer::data::Table;
use monolayer::weights::{Params, Picture};

/// Contents of a model's page.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    /// The command and the model, in a line.
    pub title: String,
    /// The data, in a sentence.
    pub about: String,
    /// Key figures: names, and values with their units.
    pub figures: Vec<(&'a str, String)>,
    /// The results as they are printed.
    pub results: Vec<(&'a str, String)>,
    /// The command line that repeats the run.
    pub command: String,
    /// The settings, by name.
    pub settings: Vec<(&'a str, &'a str)>,
    /// The epochs of training; none where a model was only tested.
    pub history: &'a History,
    /// The results on the test images, where there are any.
    pub tested: Option<Tested<'a>>,
    /// The model's weights; `None` for int8, which is not drawn.
    pub params: Option<Params<'a>>,
    /// The shape of its pictures.
    pub picture: Picture,
    /// The columns of the table that it is about, where that is its data.
    pub table: Option<&'a Table>,
    /// The names of its classes.
    pub classes: &'a [String],
}

/// At most this many hidden units are drawn.
const MOST_UNITS: usize = 60;

/// Writes the page.
///
/// # Panics
/// If the parts do not belong together: classes without a name, images of another size than the model's.
pub fn model(model: &Model) -> String {
    let mut body =
        format!("<h1>{}</h1>\n<p class=\"note\">{}</p>\n", escaped(&model.title), isolated(&model.about));
    body += &html::figures(model.figures.iter().cloned());
    let samples = if model.table.is_some() { "samples" } else { "images" };
    body += &model.history.html(samples);
    if let Some(tested) = &model.tested {
        let page = Subject { names: model.classes, picture: model.picture, table: model.table, samples };
        body += &tested.html(&page);
    }
    body += &model.params.map_or_else(String::new, |params| hidden_units(model, &params));
    let results = html::list(model.results.iter().map(|(name, value)| (*name, &**value)));
    body += &section("Results", "As they were printed.", &results);
    let settings = html::list(model.settings.iter().copied());
    body += &section("Configuration", "", &(settings + "<br>\n" + &html::command(&model.command)));
    html::page(&format!("monolayer: {}", model.title), &body)
}

fn hidden_units(model: &Model, params: &Params) -> String {
    let Model { picture, classes, .. } = model;
    let hidden = params.shape().hidden;
    if let Some(table) = model.table {
        let shown = MOST_UNITS.min(hidden);
        let which = if shown == hidden { format!("All {shown}") } else { format!("{shown} of the {hidden}") };
        let note = format!(
            "{which}, by influence on the logits, each with its largest weights: orange raises the unit's \
             input, blue lowers it. +: the class whose logit its output raises the most; −: the one whose \
             logit it lowers the most."
        );
        return section("Hidden units", &note, &features::units(params, table, classes, shown));
    }
    let shown = pictures::affordable(*picture, MOST_UNITS).min(hidden);
    let colours = match picture.channels {
        3 => "The weights from red, green and blue are the picture's three colours; grey is 0.",
        _ => "Red pixels raise a unit's input, blue ones lower it; the page's colour is 0.",
    };
    let which = match shown == hidden {
        true => format!("All {shown}"),
        false => format!("{shown} of the {hidden}"),
    };
    let note = format!(
        "{which}, by influence on the logits. {colours} Each is \
         drawn in the range of its own weights. Below: the class whose logit its output raises the most (+), \
         and the \
         one whose logit it lowers the most (−)."
    );
    if shown == 0 {
        return section("Hidden units", "Their weights are too many to be drawn here.", "");
    }
    let each = pictures::influences(params).into_iter().take(shown).map(|(unit, most, least)| {
        let (raised, lowered) = (isolated(&classes[most]), isolated(&classes[least]));
        let below = format!("<span>unit {}</span><br>+{raised} −{lowered}", unit + 1);
        (pictures::unit(params, *picture, unit), format!("weights of hidden unit {}", unit + 1), below)
    });
    section("Hidden units", &note, &pictures::gallery("pictures units", each))
}
