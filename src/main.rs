//! The command: arguments in, one exit code out. Everything else is in the library.

fn main() -> std::process::ExitCode {
    monolayer::cli::main()
}
