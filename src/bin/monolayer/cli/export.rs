//! `export`: a model for another place, in integers if asked.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::console::{Console, grouped, message, printable};
use super::files::{self, OutFile};
use super::inputs::{self, ModelFile};
use super::options::{INT8_FORMATS, Opt};
use super::{Error, Given};
use monolayer::export::{self, Cost};
use monolayer::json::{Json, Object};
use monolayer::train::{self, Range};
use monolayer::weights::{View, Weights};

/// Points of accuracy that int8 may lose without a note.
const SILENT_LOSS: f64 = 0.3;

/// A file to be written.
struct File {
    place: OutFile,
    bytes: Vec<u8>,
}

/// The errors of the integers beside those of the floats.
struct Trial {
    /// What messages call the samples.
    samples: &'static str,
    images: usize,
    f32_faults: usize,
    int8_faults: usize,
}

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let format = given.text(Opt::Format).ok_or_else(|| given.missing(Opt::Format))?;
    let format = &*format;
    let out = given.required_path(Opt::Out)?;
    if given.has(Opt::Int8) && !INT8_FORMATS.contains(&format) {
        let takers = Range::OneOf(INT8_FORMATS);
        return Err(Error::Usage(format!(
            "--int8: found --format {format}, expected {takers}; the others have f32 weights"
        )));
    }
    let mut files = files(format, out, console)?;
    let named = ModelFile::given(given)?;
    let (made, trial) = match given.has(Opt::Int8) {
        true => int8(&named, given).map(|(file, trial)| (Some(file), trial))?,
        false => (None, None),
    };
    let file = made.as_ref().unwrap_or(&named);
    let view = file.view()?; // and with it the texts, which a device does not look at
    let (contents, cost) = contents(format, &view, file, out)?;
    for (file, bytes) in files.iter_mut().zip(contents) {
        file.bytes = bytes;
    }
    let text = match given.has(Opt::Json) {
        true => for_programs(format, &files, view.params(), cost, trial.as_ref()).text() + "\n",
        false => described(&named.name, &files, cost, trial.as_ref()),
    };
    // The header comes last, so that what is there already is not used without its source.
    for file in files {
        file.place.output.commit(&file.bytes)?;
    }
    Ok(console.print(&text)?)
}

/// The files to be written: one, or for C the source and the header beside it, NAME.c and NAME.h. NAME stands
/// in an `#include` and in comments.
///
/// # Errors
/// One cannot be written, or a C source is not to be called so.
fn files(format: &str, out: &OsStr, console: &mut Console) -> Result<Vec<File>, Error> {
    let path = Path::new(out);
    let plain = |stem: &str| stem.chars().all(|c| c.is_alphanumeric() || "_-+. ".contains(c));
    let stem = path.file_stem().and_then(OsStr::to_str);
    let named = path.extension() == Some(OsStr::new("c")) && stem.is_some_and(plain);
    let names: Vec<OsString> = match format {
        "c" if !named => return Err(source_name(out)),
        "c" => vec![out.into(), files::header(out)],
        _ => vec![out.into()],
    };
    let file = |name: OsString| Ok(File { place: OutFile::create(&name, console)?, bytes: Vec::new() });
    names.into_iter().map(file).collect()
}

fn source_name(found: &OsStr) -> Error {
    Error::Usage(format!(
        "--out: found `{}`, expected NAME.c, NAME of letters, digits, spaces, `_`, `-`, `+` and `.`; the \
         header goes \
         beside it as NAME.h",
        printable(&found.to_string_lossy())
    ))
}

/// The model in integers, and its result where there are test images.
///
/// # Errors
/// The model's weights are integers already, the data do not fit it or lack images, quantising or testing
/// failed, or more accuracy is lost than --max-loss allows.
fn int8(named: &ModelFile, given: &Given) -> Result<(ModelFile, Option<Trial>), Error> {
    let machine = inputs::machine(given)?;
    let Some(floats) = named.view()?.as_f32() else {
        let text = "int8 already, expected f32 weights; leave --int8 out";
        return Err(Error::of_file(&named.name, text));
    };
    let data = inputs::data(given)?;
    inputs::check_fit(named, &data)?;
    let train = data.training()?;
    let file = ModelFile::new(train::quantise(&floats, train.pixels(), machine)?, named.name.clone())?;
    let most = given.get::<f64>(Opt::MaxLoss);
    if !given.has(Opt::Data) && !given.has(Opt::Quiet) {
        message(&format!(
            "monolayer: note: calibrated and tested on {}; --data PATH takes the data that the model was \
             trained on\n",
            printable(&data.name)
        ));
    }
    let test = match data.testing() {
        Ok(test) => test,
        Err(error) if most.is_some() => return Err(error),
        Err(_) => return Ok((file, None)),
    };
    let trial = Trial {
        samples: data.words().samples,
        images: test.len(),
        f32_faults: train::evaluate(&floats.params(), test, machine)?.faults,
        int8_faults: train::evaluate(file.view()?.params(), test, machine)?.faults,
    };
    let loss = trial.loss();
    match most {
        Some(most) if loss > most => {
            return Err(Error::Failed(format!(
                "int8 loses {loss:.2} points of accuracy, expected at most {most} (--max-loss); nothing was \
                 written\n\
             more hidden units or a greater --lambda may help"
            )));
        }
        _ if loss > SILENT_LOSS => {
            message(&format!(
                "monolayer: note: int8 loses {loss:.2} points of accuracy; more hidden units or a greater \
                 --lambda may help\n"
            ));
        }
        _ => {}
    }
    Ok((file, Some(trial)))
}

impl Trial {
    /// Points of accuracy that the integers lose; below 0 where they gain some.
    fn loss(&self) -> f64 {
        100.0 * (self.int8_faults as f64 - self.f32_faults as f64) / self.images as f64
    }
}

/// The contents of the files, and what the model costs where it runs.
///
/// # Errors
/// The format does not take the model.
fn contents(
    format: &str,
    view: &View<'_, Weights<'_>>,
    file: &ModelFile,
    out: &OsStr,
) -> Result<(Vec<Vec<u8>>, Cost), Error> {
    let wrong = |error| Error::of_file(&file.name, error);
    let of_file = export::cost_of_file(view.params(), file.bytes().len());
    match format {
        "c" => {
            let stem = Path::new(out).file_stem().unwrap_or_default().to_string_lossy();
            let export::c::Files { header, source } = export::c::write(view, &stem).map_err(wrong)?;
            return Ok((vec![source.into_bytes(), header.into_bytes()], export::c::cost(view)));
        }
        "rust" => {
            let text = export::rust::write(view, file.bytes()).map_err(wrong)?;
            return Ok((vec![text.into_bytes()], of_file));
        }
        "mono" => return Ok((vec![file.bytes().to_vec()], of_file)),
        _ => {}
    }
    let Some(floats) = view.as_f32() else {
        return Err(Error::Failed(format!(
            "--format {format}: found int8 weights, expected f32; c, rust and mono take both"
        )));
    };
    let bytes = match format {
        "onnx" => export::onnx::write(&floats),
        "safetensors" => export::safetensors::write(&floats),
        "html" => export::html::write(&floats).map(String::into_bytes),
        _ => export::npz::write(&floats),
    };
    Ok((vec![bytes.map_err(wrong)?], export::cost_of_weights(floats.params().shape())))
}

fn described(model: &str, files: &[File], cost: Cost, trial: Option<&Trial>) -> String {
    let Cost { flash, scratch, stack, multiply_adds } = cost;
    let size =
        |file: &File| format!("{} ({} bytes)", printable(&file.place.name), grouped(file.bytes.len() as u64));
    let written: Vec<String> = files.iter().map(size).collect();
    let trial = trial.map(|trial| {
        let samples = trial.samples;
        let [images, f32, int8] =
            [trial.images, trial.f32_faults, trial.int8_faults].map(|count| grouped(count as u64));
        format!(
            "f32           {f32} errors in {images} test {samples}\nint8          {int8} errors, {:.2} points \
             of accuracy \
             {}\n",
            trial.loss().abs(),
            if trial.int8_faults < trial.f32_faults { "gained" } else { "lost" },
        )
    });
    let stack =
        stack.map(|stack| format!("stack         at most {} bytes on a 32-bit processor\n", grouped(stack)));
    format!(
        "model         {}\n{}written       {}\nflash         {} bytes of constants\nscratch       {} \
         bytes\n{}\
         work          {} multiply-adds per image, fewer where a pixel is 0\n",
        printable(model),
        trial.unwrap_or_default(),
        written.join(", "),
        grouped(flash),
        grouped(scratch),
        stack.unwrap_or_default(),
        grouped(multiply_adds),
    )
}

fn for_programs(format: &str, files: &[File], weights: Weights, cost: Cost, trial: Option<&Trial>) -> Object {
    let file =
        |file: &File| Object::new().with("file", file.place.name.as_str()).with("bytes", file.bytes.len());
    Object::new()
        .with("format", format)
        .with("weights", weights.kind().to_string())
        .with("files", files.iter().map(file).collect::<Json>())
        .with("fingerprint", format!("{:016x}", weights.fingerprint()))
        .with("flash", cost.flash)
        .with("scratch", cost.scratch)
        .with("stack", cost.stack)
        .with("multiply_adds", cost.multiply_adds)
        .with("images", trial.map(|trial| trial.images))
        .with("f32_faults", trial.map(|trial| trial.f32_faults))
        .with("int8_faults", trial.map(|trial| trial.int8_faults))
        .with("points_lost", trial.map(Trial::loss))
}
