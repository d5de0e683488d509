//! The inference core needs no operating system, no allocator and no libc, and cannot panic, as the linker
//! sees it. (Linux on x86-64 only: the program is linked with that system's linker.)
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::Path;
use std::process::Command;

/// What every target's compiler library brings along, libc or not.
const COMPILER_BUILTINS: [&str; 4] = ["memcpy", "memmove", "memset", "bcmp"];

/// Builds tests/freestanding/device.rs against the library; gives the linker's complaints.
fn link(extra_flags: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("freestanding");
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = format!(
        "[package]\nname = \"device\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [[bin]]\nname = \"device\"\npath = {:?}\n\
         [dependencies]\nmonolayer = {{ path = {root:?}, default-features = false }}\n\
         [profile.release]\npanic = \"abort\"\nlto = true\ncodegen-units = 1\nopt-level = \"s\"\n[workspace]\n",
        root.join("tests/freestanding/device.rs"),
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let mut flags = format!("-Clink-arg=-nostdlib -Clink-arg=-static -Clink-arg=-nostartfiles {extra_flags}");
    for name in COMPILER_BUILTINS {
        flags += &format!(" -Clink-arg=-Wl,--defsym={name}=0");
    }
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--offline", "--target-dir"])
        .args([folder.join("target"), "--manifest-path".into(), folder.join("Cargo.toml")])
        .env("RUSTFLAGS", flags)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn no_panic_no_allocation_and_no_libc_is_reachable_from_inference() {
    let control = link("--cfg control").expect_err("a program that can panic must not link");
    assert!(control.contains("a_panic_is_reachable"), "{control}");
    if let Err(complaints) = link("") {
        panic!("{complaints}");
    }
}
