//! The project's own commands: `cargo xtask run`, `cargo xtask test`, `cargo xtask faults` and
//! `cargo xtask fuzz`.
//!
//! Only the standard library is used, so that the first command a newcomer types compiles in
//! seconds, and nothing here can break because of a dependency.

mod args;
mod bucket;
mod chromium;
mod counts;
mod debian;
mod error;
mod faults;
mod fuzz;
mod node;
mod planted;
mod postgres;
mod python;
mod run;
mod scratch;
mod shell;
mod stage;
mod stages;
mod supply;
mod table;
mod test;
mod web;
mod workspace;

use std::io::{self, Write};
use std::process::ExitCode;

use args::Command;
use error::Error;
use workspace::Workspace;

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(error) => {
            // Standard error may be closed; the exit code tells it too.
            let _ = writeln!(io::stderr(), "xtask: {error}");
            ExitCode::from(2)
        }
    }
}

fn start() -> Result<ExitCode, Error> {
    let command = args::parse(std::env::args().skip(1))?;
    let workspace = Workspace::find()?;
    match command {
        Command::Run { server_args } => run::run(&workspace, &server_args),
        Command::Test(options) => test::run(workspace, &options),
        Command::Faults { args } => faults::run(&workspace, &args),
        Command::Fuzz(options) => fuzz::run(&workspace, &options),
        Command::List => {
            shell::say(&table::stage_list(stages::ALL));
            Ok(ExitCode::SUCCESS)
        }
        Command::Help => {
            shell::say(args::HELP);
            Ok(ExitCode::SUCCESS)
        }
    }
}
