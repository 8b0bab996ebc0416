//! `cargo xtask faults`: builds the server and what does it harm, and runs rows of the fault plan.

use std::process::{Command, ExitCode};

use crate::error::Error;
use crate::shell;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode, Error> {
    let mut build = workspace.cargo();
    build.args(["build", "--package", "parlor", "--package", "parlor-loadtest", "--bins"]);
    shell::run(&mut build)?;
    let mut faults = Command::new(workspace.binary("parlor-faults"));
    faults.current_dir(workspace.root()).args(args);
    if !args.iter().any(|arg| arg == "--server" || arg.starts_with("--server=")) {
        faults.arg("--server").arg(workspace.parlor());
    }
    let status = faults.status().map_err(shell::cannot_start(&faults))?;
    // Findings are no error of this tool: the exit code is the one of the run.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
