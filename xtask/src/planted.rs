//! A server with planted bugs, and the proof that the fault runs see them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::debian;
use crate::error::Error;
use crate::shell::Log;
use crate::workspace::Workspace;

/// Programs that the rows of the trials start, and the packages they are in.
const PROGRAMS: [(&str, &str); 3] =
    [("sqlite3", "sqlite3"), ("strace", "strace"), ("psql", "postgresql-client")];
/// Trials that run beside each other: they mostly wait.
const JOBS: &str = "3";

/// Builds the server with the feature `planted` and puts it aside, so that nobody takes it for the
/// real one; what it is called there.
pub(crate) fn build(
    workspace: &Workspace,
    run: &mut dyn FnMut(&mut Command) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let build = ["build", "--package", "parlor", "--bins", "--locked"];
    run(workspace.cargo().args(build).args(["--features", "planted"]))?;
    let folder = workspace.scratch();
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let aside = folder.join("parlor-planted");
    // A file that runs cannot be written over, but another one can take its name.
    let fresh = folder.join("parlor-planted.new");
    fs::copy(workspace.parlor(), &fresh).map_err(Error::file(&fresh))?;
    fs::rename(&fresh, &aside).map_err(Error::file(&aside))?;
    // The real server takes its place again.
    run(workspace.cargo().args(build))?;
    Ok(aside)
}

/// The stage: every bug is found by its row, and the rows find nothing without a bug.
pub(crate) fn check(
    workspace: &Workspace,
    may_install: bool,
    log: &mut Log,
) -> Result<Command, Error> {
    for (program, package) in PROGRAMS {
        debian::provide(&[program], package, may_install, log)?;
    }
    let server = build(workspace, &mut |command| log.run(command))?;
    let package = ["build", "--package", "parlor-loadtest", "--bins", "--locked"];
    log.run(workspace.cargo().args(package))?;
    let mut trials = Command::new(workspace.binary("parlor-faults"));
    trials.current_dir(workspace.root()).args(["--planted", "--jobs", JOBS]);
    trials.arg("--server").arg(server);
    Ok(trials)
}
