//! The command: arguments in, one exit code out. It uses only what the library makes public.
#![allow(unreachable_pub)] // nothing is reachable from outside a binary: `pub` means out of the module

mod cli;
mod lab;

#[cfg(test)]
#[path = "../../../tests/command/mod.rs"]
mod tests;

fn main() -> std::process::ExitCode {
    cli::main()
}
