//! Gives the programs the model file that the environment's MODEL names, its sizes and its kind, and the
//! linker its script.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    println!("cargo:rerun-if-env-changed=MODEL");
    println!("cargo:rerun-if-changed=build.rs");
    // Without a model the programs are built too, and say that there is none.
    let path = env::var_os("MODEL").map_or_else(|| out.join("none"), PathBuf::from);
    if env::var_os("MODEL").is_none() {
        fs::write(&path, []).expect("the output folder can be written");
    }
    let path = path.canonicalize().unwrap_or_else(|e| panic!("MODEL={}: {e}", path.display()));
    let file = fs::read(&path).unwrap_or_else(|e| panic!("MODEL={}: {e}", path.display()));
    println!("cargo:rerun-if-changed={}", path.display());
    println!("cargo:rustc-env=MODEL_FILE={}", path.display());
    println!("cargo:rustc-check-cfg=cfg(int8)");
    if file.get(20) == Some(&1) {
        println!("cargo:rustc-cfg=int8");
    }
    fs::write(out.join("model.rs"), sizes(&file)).expect("the output folder can be written");
    link();
}

/// The header's sizes as constants: src/weights/layout.rs of the crate has the table.
fn sizes(file: &[u8]) -> String {
    let field = |offset: usize, size: usize| {
        let bytes = file.get(offset..offset + size).unwrap_or(&[]);
        bytes.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte))
    };
    format!(
        "/// D.\npub const FEATURES: usize = {};\n/// M.\npub const HIDDEN: usize = {};\n\
         /// K.\npub const CLASSES: usize = {};\n/// The file's bytes.\npub const LEN: usize = {};\n",
        field(24, 4),
        field(28, 4),
        field(22, 2),
        file.len(),
    )
}

/// Where code and memory of a board lie; in user mode and under WebAssembly the defaults do.
fn link() {
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("link");
    println!("cargo:rerun-if-changed={}", folder.display());
    match env::var("TARGET").expect("cargo sets it").as_str() {
        target if target.starts_with("thumb") => {
            let board = if target.starts_with("thumbv6m") { "microbit.ld" } else { "mps2.ld" };
            println!("cargo:rustc-link-arg=-L{}", folder.display());
            println!("cargo:rustc-link-arg=-T{board}");
        }
        target if target.starts_with("wasm") => {
            println!("cargo:rustc-link-arg=--export-if-defined=program");
            println!("cargo:rustc-link-arg=--export=__stack_pointer");
        }
        _ => {}
    }
}
