//! The configuration of a run: that of a recipe, with the options in the place of its own.

use super::console::message;
use super::inputs::Data;
use super::options::Command;
use super::{Error, Given, Opt};
use monolayer::train::{self, Config, Field, Recipe};

/// The recipe that --recipe names; without it, the one for the kind of the data.
pub fn recipe(given: &Given, data: &Data) -> Recipe {
    let usual = if data.set.table.is_some() { Recipe::Table } else { Recipe::Reference };
    given.get(Opt::Recipe).unwrap_or(usual)
}

/// The configuration of a run on these data: the recipe's, with the options in the place of its own.
///
/// # Errors
/// `auto` of a centre or scale cannot be had from the data.
pub fn config(given: &Given, data: &Data) -> Result<Config, Error> {
    let recipe = recipe(given, data);
    let mut config = start(given, data);
    for option in given.command.options() {
        let Some(field) = option.field else { continue };
        // A command's own default is in the place of the reference's only.
        let is_set =
            given.has(option) || (recipe == Recipe::Reference && option.has_own_default(given.command));
        let Some(text) = given.text(option).filter(|_| is_set) else { continue };
        set(field, &mut config, &text, data)?;
    }
    Ok(config)
}

/// The recipe's configuration alone.
pub fn start(given: &Given, data: &Data) -> Config {
    recipe(given, data).config(data.set.train.len(), data.set.classes.len())
}

/// Sets a field to the value of an option, which may be `auto`.
fn set(field: Field, config: &mut Config, text: &str, data: &Data) -> Result<(), Error> {
    let text = value(field, text, data)?;
    Ok(field.set(config, &text)?)
}

/// The value that an option's text stands for: `auto` is computed from the training half.
///
/// # Errors
/// Its pixels are all alike, or there are none.
pub fn value(field: Field, text: &str, data: &Data) -> Result<String, Error> {
    if text != "auto" {
        return Ok(text.into());
    }
    let (mean, deviation) =
        train::standardisation(data.training()?).map_err(|error| Error::of_file(&data.name, error))?;
    let value = if field.name == Field::SCALE.name { deviation } else { mean };
    Ok(format!("{value:?}"))
}

/// Says which recipe a run follows, as the options that it stands for, if it is not the usual one or was
/// asked for.
pub fn tell(given: &Given, data: &Data, config: &Config) {
    let recipe = recipe(given, data);
    if !given.has(Opt::Quiet) && (recipe != Recipe::Reference || given.has(Opt::Recipe)) {
        let options = Command::Train.options().filter(|option| *option != Opt::Seed);
        message(&format!("recipe {recipe}:{}\n", as_options(config, options)));
    }
}

/// ` --NAME VALUE` for each of the options that is a field of the configuration.
pub fn as_options(config: &Config, options: impl Iterator<Item = Opt>) -> String {
    let option = |option: Opt| Some(format!(" --{} {}", option.name, plain(&option.field?.text(config))));
    options.filter_map(option).collect()
}

/// A number without a fraction of 0.
fn plain(text: &str) -> &str {
    text.strip_suffix(".0").unwrap_or(text)
}
