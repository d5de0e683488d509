//! Writes a model in the formats of other programs: ONNX, safetensors, C, and a page to draw on.
//!
//!     cargo run --release --example export [FOLDER]
//!
//! Without FOLDER the files go to a temporary folder and are removed again.

use monolayer::export;
use monolayer::import::Network;
use monolayer::weights::View;
use std::error::Error;
use std::path::PathBuf;

static FILE: &[u8] = monolayer::include_model!("digits.mono");

fn main() -> Result<(), Box<dyn Error>> {
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let temporary = std::env::temp_dir().join(format!("monolayer-export-{}", std::process::id()));
    let folder = given.clone().unwrap_or(temporary);
    std::fs::create_dir_all(&folder)?;

    let (device, view) = (View::any(FILE)?, &View::new(FILE)?);
    let c = export::c::write(&device, "digits")?;
    let files = [
        ("digits.onnx", export::onnx::write(view)?),
        ("digits.safetensors", export::safetensors::write(view)?),
        ("digits.npz", export::npz::write(view)?),
        ("digits.c", c.source.into_bytes()),
        ("digits.h", c.header.into_bytes()),
        ("draw.html", export::html::write(view)?.into_bytes()),
    ];
    for (name, bytes) in &files {
        std::fs::write(folder.join(name), bytes)?;
        println!("{}: {} bytes", folder.join(name).display(), bytes.len());
    }

    // No bit of a weight is lost: the safetensors file, read back, is the same model.
    let params = view.params();
    let back = Network::read(&std::fs::read(folder.join("digits.safetensors"))?)?;
    let shape = params.shape();
    assert_eq!(back.params(shape.activation, shape.scale)?.fingerprint(), params.fingerprint());
    assert_eq!(back.class_names.len(), shape.classes);

    if given.is_none() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}
