//! The project's own commands: `cargo xtask run` and `cargo xtask test`.
//!
//! Only the standard library is used, so that the first command a newcomer types compiles in
//! seconds, and nothing here can break because of a dependency.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool prints")]

mod args;
mod chromium;
mod counts;
mod error;
mod node;
mod postgres;
mod run;
mod shell;
mod stage;
mod stages;
mod supply;
mod table;
mod test;
mod web;
mod workspace;

use std::process::ExitCode;

use args::Command;
use error::Error;
use workspace::Workspace;

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
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
        Command::List => {
            print!("{}", table::stage_list(stages::ALL));
            Ok(ExitCode::SUCCESS)
        }
        Command::Help => {
            print!("{}", args::HELP);
            Ok(ExitCode::SUCCESS)
        }
    }
}
