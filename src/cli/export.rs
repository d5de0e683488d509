//! `export`: a model for another place.

use std::ffi::OsStr;
use std::format;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::args::{self, Given};
use super::console::{Console, grouped, printable};
use super::error::Error;
use super::inputs::ModelFile;
use super::json::{Json, Object};
use crate::infer::Model;
use crate::lab::export::{self, Cost};
use crate::store::Output;
use crate::weights::Params;

/// A file to be written.
struct File {
    output: Output,
    name: String,
    bytes: Vec<u8>,
}

pub(crate) fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let format =
        given.chosen("format").ok_or(args::Error::Missing { command: given.command, option: "format" })?;
    let out = given.required_path("out")?;
    let names = match format {
        "c" => c_names(out)?,
        _ => std::vec![out.into()],
    };
    if out == "-" {
        console.results_to_stderr();
    }
    let mut files = Vec::new();
    for name in names {
        let output = Output::create(Path::new(&name))?;
        let name = if name == *"-" { "stdout".into() } else { name.to_string_lossy().into_owned() };
        files.push(File { output, name, bytes: Vec::new() });
    }
    let model_file = ModelFile::given(given)?;
    let wrong = |error| Error::Model(model_file.name.clone(), error);
    model_file.model()?; // and with it the texts, which a device does not look at
    let model = Model::new(model_file.contents()).map_err(wrong)?;
    let (contents, cost) = contents(format, &model, model_file.contents(), out)
        .map_err(|error| Error::Export(model_file.name.clone(), error))?;
    for (file, bytes) in files.iter_mut().zip(contents) {
        file.bytes = bytes;
    }
    let text = match given.flag("json") {
        true => described_for_programs(format, &files, &model.view().params(), cost).text() + "\n",
        false => described(&model_file.name, &files, cost),
    };
    // The header comes last, so that what is there already is not used without its source.
    for file in files {
        file.output.commit(&file.bytes)?;
    }
    Ok(console.print(&text)?)
}

/// What each file is to hold, and what the model costs in this format.
fn contents(
    format: &str,
    model: &Model,
    bytes: &[u8],
    out: &OsStr,
) -> Result<(Vec<Vec<u8>>, Cost), export::Error> {
    let params = model.view().params();
    let of_weights = export::cost_of_weights(&params);
    Ok(match format {
        "c" => {
            let stem = Path::new(out).file_stem().unwrap_or_default().to_string_lossy();
            let export::c::Files { header, source } = export::c::write(model, &stem)?;
            (std::vec![source.into_bytes(), header.into_bytes()], export::c::cost(&params))
        }
        "rust" => {
            let module = export::rust::write(model, bytes)?;
            (std::vec![module.into_bytes()], export::rust::cost(&params, bytes.len()))
        }
        "onnx" => (std::vec![export::onnx::write(model.view())?], of_weights),
        "safetensors" => (std::vec![export::safetensors::write(model.view())?], of_weights),
        _ => (std::vec![export::npz::write(model.view())?], of_weights),
    })
}

/// The source's name and the header's: NAME.c and NAME.h. NAME stands in an `#include` and in comments.
fn c_names(out: &OsStr) -> Result<Vec<std::ffi::OsString>, Error> {
    let path = Path::new(out);
    let plain = |stem: &str| stem.chars().all(|c| c.is_alphanumeric() || "_-+. ".contains(c));
    let named = path.extension() == Some(OsStr::new("c"))
        && path.file_stem().and_then(OsStr::to_str).is_some_and(plain);
    if !named {
        return Err(Error::SourceName { found: out.to_string_lossy().into_owned() });
    }
    Ok(std::vec![out.into(), path.with_extension("h").into()])
}

fn described(model: &str, files: &[File], cost: Cost) -> String {
    let Cost { flash, scratch, stack, multiply_adds } = cost;
    let written: Vec<String> = files
        .iter()
        .map(|file| format!("{} ({} bytes)", printable(&file.name), grouped(file.bytes.len() as u64)))
        .collect();
    let stack = match stack {
        Some(stack) => format!("stack         at most {} bytes\n", grouped(stack)),
        None => String::new(),
    };
    format!(
        "model         {}\nwritten       {}\nflash         {} bytes of constants\nscratch       {} bytes\n{stack}\
         work          {} multiply-adds a picture, less where a pixel is 0\n",
        printable(model),
        written.join(", "),
        grouped(flash),
        grouped(scratch),
        grouped(multiply_adds),
    )
}

fn described_for_programs(format: &str, files: &[File], params: &Params, cost: Cost) -> Object {
    let file = |file: &File| Object::new().with("file", file.name.as_str()).with("bytes", file.bytes.len());
    Object::new()
        .with("format", format)
        .with("files", files.iter().map(file).collect::<Json>())
        .with("fingerprint", format!("{:016x}", params.fingerprint()))
        .with("flash", cost.flash)
        .with("scratch", cost.scratch)
        .with("stack", cost.stack)
        .with("multiply_adds", cost.multiply_adds)
}
