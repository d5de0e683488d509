//! The demo: train on the embedded digits, test, draw some, save the model, and say what to try next.

use std::ffi::OsStr;

use super::console::{Console, Screen, grouped, message, printable};
use super::draw::{self, Drawing};
use super::files::OutFile;
use super::inputs;
use super::outcome::Outcome;
use super::train::{self, Task};
use super::{Error, Given, Opt};
use monolayer::data::Images;
use monolayer::train::{Config, Predictor};

/// Where the model goes, in the current folder.
const MODEL: &str = "digits.mono";

/// No more digits than this are drawn, however wide the terminal.
const MOST_DRAWN: usize = 6;

/// Command lines to try, for a program that was called as `program`.
fn next(program: &str) -> String {
    format!(
        "
This was `train --lr 0.005 --epochs 40`. What next, on all of MNIST?
(tools/fetch-data is part of the source; it downloads 11 MB.)
  tools/fetch-data mnist
  {program} train --data data/mnist --hidden 100 --out mnist.mono
  {program} test --data data/mnist --model mnist.mono
`{program} --help` lists all commands.
"
    )
}

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let (json, quiet) = (given.has(Opt::Json), given.has(Opt::Quiet));
    let machine = inputs::machine(given)?;
    let data = inputs::digits()?;
    let config = Config { lr: 0.005, epochs: 40, ..Config::default() };
    let output = OutFile::create(OsStr::new(MODEL), console);
    if !quiet {
        message(&format!(
            "The demo: `train --lr 0.005 --epochs 40` on {} digits of MNIST that are part of this program\n",
            grouped(data.set.train.len() as u64)
        ));
    }
    let task = Task { data: &data, held_out: None, config: &config, machine, checkpoint: None };
    let fitted = train::fit(&task, given, console)?;
    let saved = match output {
        Ok(output) => train::write(output, &data, &fitted),
        Err(error) => Err(error.into()),
    };
    let outcome = train::outcome(&data, &fitted)?;
    if let Err(error) = &saved {
        message(&format!("monolayer: warning: the model is not saved: {error}\n"));
    }
    if json {
        return Ok(console.print_line_now(&outcome.json_by_class().text())?);
    }
    if let Some(images) = data.set.test.non_empty() {
        let text = drawn(images, &outcome, usize::from(data.set.picture.width), console.stdout)?;
        console.print(&text)?;
    }
    console.print(&outcome.text_by_class())?;
    console.print("\n")?;
    console.print(&outcome.text())?;
    if let Ok(name) = saved {
        console.print(&format!("model        {name}\n"))?;
    }
    let program = std::env::args_os().next().filter(|name| !name.is_empty());
    let program = program.map_or("monolayer".into(), |name| printable(&name.to_string_lossy()));
    Ok(console.print(&next(&program))?)
}

/// A few test digits, of `width` pixels a row, with the model's predictions.
fn drawn(images: &Images, outcome: &Outcome, width: usize, screen: Screen) -> Result<String, Error> {
    let Some(evaluation) = &outcome.evaluation else { return Ok(String::new()) };
    let shown = chosen(images.labels(), &evaluation.predictions);
    let frames: Vec<_> = shown.iter().map(|&n| draw::ink_box(images.image(n), width)).collect();
    let cell = draw::Frame {
        left: 0,
        top: 0,
        width: frames.iter().map(|ink| ink.width).max().unwrap_or(1),
        height: frames.iter().map(|ink| ink.height).max().unwrap_or(1),
    };
    let shown = &shown[..shown.len().min(draw::fitting(cell.width, screen))];

    let pixels: Vec<u8> = shown.iter().flat_map(|&n| images.image(n)).copied().collect();
    let scores = Predictor::new(outcome.network, outcome.machine)?.predict_all(&pixels)?.probabilities;
    let each = shown.iter().zip(frames).zip(scores.chunks_exact(evaluation.classes));
    let drawings = each.map(|((&n, ink), scores)| {
        let (label, prediction) = (usize::from(images.labels()[n]), usize::from(evaluation.predictions[n]));
        let (name, percent) = (&outcome.classes[prediction], scores[prediction] * 100.0);
        let wrong = label != prediction;
        let correction = if wrong { format!(", is a {}", outcome.classes[label]) } else { String::new() };
        Drawing {
            pixels: draw::cut(images.image(n), width, ink, cell),
            caption: format!("{name} ({percent:.0} %){correction}"),
            wrong,
        }
    });
    let row = draw::row(&drawings.collect::<Vec<_>>(), cell.width, screen);
    let title = "Some test digits, with the model's predictions:";
    Ok(if row.is_empty() { row } else { format!("{title}\n\n{row}\n") })
}

/// The digits to draw, by index: from all over the set, two right predictions to each wrong one.
fn chosen(labels: &[u8], predictions: &[u8]) -> Vec<usize> {
    let (right, wrong): (Vec<usize>, Vec<usize>) =
        (0..labels.len()).partition(|&n| labels[n] == predictions[n]);
    let spread = |from: &[usize], i: usize, of: usize| from.get(from.len() * i / of).copied();
    (0..MOST_DRAWN)
        .filter_map(|i| match i % 3 {
            1 => spread(&wrong, i / 3, MOST_DRAWN / 3),
            _ => spread(&right, i, MOST_DRAWN),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_and_wrong_digits_are_chosen() {
        let labels = [1; 60];
        let mut predictions = labels;
        assert_eq!(chosen(&labels, &predictions), [0, 20, 30, 50]);
        predictions[7] = 2;
        predictions[8] = 2;
        assert_eq!(chosen(&labels, &predictions), [0, 7, 21, 31, 8, 50]);
        assert_eq!(chosen(&[], &[]), []);
    }
}
