//! `predict`: label pictures and rows.

mod rows;

use std::ffi::OsStr;
use std::path::Path;

use super::console::{Console, message, printable};
use super::inputs::{self, ModelFile};
use super::{Error, Given, Opt};
use monolayer::data::{self, ErrorKind, Framing, Ground, Pictures};
use monolayer::json::{Json, Object};
use monolayer::train::{Predictions, Predictor};
use monolayer::weights::{View, Weights};

/// Classes that a line names.
const MOST_SHOWN: usize = 3;

/// Pictures that are labelled at once: so many that starting threads for them costs little, and of MNIST 3
/// MB.
const BLOCK: usize = 4096;

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    if given.has(Opt::Csv) && given.has(Opt::Json) {
        return Err(Error::Usage("--csv and --json are two forms of one result; give one of them".into()));
    }
    let machine = inputs::machine(given)?;
    let model = ModelFile::given(given)?;
    let model = model.view()?;
    let predictor = Predictor::new(model.params(), machine)?;
    let of = given.operands.len();
    let mut bad = 0;
    for path in &given.operands {
        let label = if rows::are_in(path, &model, given) { rows::label } else { label };
        match label(path, &model, &predictor, given, console) {
            // A bad file among others does not keep these from being labelled.
            Err(error) if of > 1 && !matches!(error, Error::Stdout(_)) => {
                let _ = console.flush(); // a closed stdout does not make the file a good one
                message(&format!("monolayer: {error}\n"));
                bad += 1;
            }
            Err(Error::Stdout(_)) if bad > 0 => break,
            done => done?,
        }
    }
    match bad {
        0 => Ok(()),
        _ => Err(Error::Failed(format!("{bad} of {of} files could not be labelled"))),
    }
}

/// Prints a line for every picture of a file, block by block: the lines of many small pictures take more
/// memory than the pictures.
fn label(
    path: &OsStr,
    model: &View<'_, Weights<'_>>,
    predictor: &Predictor,
    given: &Given,
    console: &mut Console,
) -> Result<(), Error> {
    let (file, name) = (inputs::name_of(path), |k| model.class_name(k));
    let (path, picture) = (Path::new(path), model.picture());
    let framing = Framing::of_training(model.training(), picture);
    let mut pictures = match given.has(Opt::Fit) {
        true => Pictures::open_to_fit(path, picture, framing)?,
        false => Pictures::open(path, picture)?,
    };
    let (mut index, mut opposite) = (0, 0);
    let mut blank = Blank::default();
    loop {
        // Pictures before a bad one have their lines, and those behind a blank one.
        let pixels = match pictures.next(BLOCK) {
            Ok(Some(pixels)) => pixels,
            Ok(None) => break,
            Err(error) if error.kind() == ErrorKind::Blank => {
                console.flush()?;
                blank.add(error);
                index += 1;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let each = pixels.chunks_exact(picture.pixels() as usize);
        opposite += each.filter(|pixels| framing.is_some_and(|own| own.is_opposite(pixels, picture))).count();
        let Predictions { classes, probabilities } = predictor.predict_all(pixels)?;
        let rows = probabilities.chunks_exact(predictor.shape().classes);
        for (&class, probabilities) in classes.iter().zip(rows) {
            let text = match given.has(Opt::Json) {
                true => object(&file, index, class.into(), probabilities, name).text(),
                false => line(&format!("{}[{index}]", printable(&file)), class.into(), probabilities, name),
            };
            console.print(&(text + "\n"))?;
            index += 1;
        }
    }
    if opposite > 0 && !given.has(Opt::Fit) {
        console.flush()?;
        note_opposite(&file, opposite, index, framing);
    }
    blank.end(&file, index)
}

/// Says that pictures look like the negative of the model's.
fn note_opposite(file: &str, opposite: usize, of: usize, framing: Option<Framing>) {
    let own = match framing.map(|framing| framing.ground) {
        Some(Ground::Light) => "dark on light",
        _ => "light on dark",
    };
    message(&format!(
        "note: {}: {opposite} of {of} pictures look like the negative of the model's, which are {own}; \
         try --fit\n",
        printable(file)
    ));
}

/// Pictures with nothing on them, which have no line.
#[derive(Default)]
struct Blank {
    count: usize,
    /// What was said of the last one; that of one alone is the command's error.
    last: Option<data::Error>,
}

impl Blank {
    fn add(&mut self, error: data::Error) {
        self.count += 1;
        if let Some(before) = self.last.replace(error) {
            message(&format!("monolayer: {}\n", Error::from(before)));
        }
    }

    fn end(self, file: &str, of: usize) -> Result<(), Error> {
        let Some(error) = self.last else { return Ok(()) };
        if of == 1 {
            return Err(error.into());
        }
        message(&format!("monolayer: {}\n", Error::from(error)));
        Err(Error::Failed(format!("{}: {} of {of} pictures are blank", printable(file), self.count)))
    }
}

/// A line for programs.
fn object<'a>(
    file: &str,
    index: usize,
    class: usize,
    probabilities: &[f32],
    name: impl Fn(usize) -> &'a str,
) -> Object {
    Object::new()
        .with("file", file)
        .with("index", index)
        .with("class", class)
        .with("name", name(class))
        .with("probability", probabilities[class])
        .with("probabilities", probabilities.iter().copied().collect::<Json>())
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
