//! L6: arguments, commands, progress: the only layer that prints.
//!
//! Results go to stdout, progress and messages to stderr. Exit status 0: done; 1: the work failed; 2: the
//! command line was not understood. `options` has one table of the commands and one of the options; the
//! parser, the help text and the errors are derived from them. Nothing here computes a promised number.

mod args;
mod checkpoint;
mod completions;
mod console;
mod convert;
mod demo;
mod draw;
mod error;
mod export;
mod files;
mod gradcheck;
mod grid;
mod help;
mod import;
mod info;
mod inputs;
mod man;
mod options;
mod outcome;
mod predict;
mod progress;
mod recipe;
mod record;
mod report;
mod rows;
mod suggest;
mod summary;
mod test;
mod train;
mod words;

use args::Given;
use console::{Console, message};
use error::Error;
use options::{Command, Opt};
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let mut console = Console::of_this_process();
    let done = run(std::env::args_os().skip(1), &mut console);
    let Err(error) = done.and_then(|()| Ok(console.flush()?)) else { return ExitCode::SUCCESS };
    let _ = console.flush(); // what was found before the error
    let status = error.exit_status();
    if status != 0 {
        message(&format!("monolayer: {error}\n"));
    }
    ExitCode::from(status)
}

fn run(words: impl Iterator<Item = OsString>, console: &mut Console) -> Result<(), Error> {
    let given = args::parse(words)?;
    if given.has(Opt::Help) {
        return Ok(console.print(&help::text(given.command))?);
    }
    if given.has(Opt::Version) {
        return Ok(console.print(&help::version())?);
    }
    files::check(&given)?;
    match given.command {
        Command::Help => help(&given, console),
        Command::Info => info::run(&given, console),
        Command::Completions => {
            let shell = given.operands.first().and_then(|word| word.to_str());
            Ok(console.print(&completions::script(shell))?)
        }
        Command::Man => Ok(console.print(&man::page())?),
        command => {
            monolayer::infer::check_arithmetic().map_err(|error| Error::Failed(error.to_string()))?;
            match command {
                Command::Train => train::run(&given, console),
                Command::Test => test::run(&given, console),
                Command::Predict => predict::run(&given, console),
                Command::GradCheck => gradcheck::run(&given, console),
                Command::Grid => grid::run(&given, console),
                Command::Export => export::run(&given, console),
                Command::Import => import::run(&given, console),
                Command::Convert => convert::run(&given, console),
                _ => demo::run(&given, console),
            }
        }
    }
}

fn help(given: &Given, console: &mut Console) -> Result<(), Error> {
    let command = match given.operands.first() {
        Some(word) => args::command(word)?,
        None => Command::Demo,
    };
    Ok(console.print(&help::text(command))?)
}
