//! Prints src/math/coefficients.rs. From the root of the repository:
//!
//!     cargo run --release --manifest-path tools/coefficients/Cargo.toml > src/math/coefficients.rs
//!
//! `tests/coefficients.rs` runs the same derivation and holds the file against it.

mod derive;

fn main() {
    print!("{}", derive::table());
}
