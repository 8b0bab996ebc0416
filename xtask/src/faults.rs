//! `cargo xtask faults`: builds the server and what does it harm, and runs rows of the fault plan.

use std::process::{Command, ExitCode};

use crate::debian;
use crate::error::Error;
use crate::planted;
use crate::shell::{self, Log};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode, Error> {
    shell::run(&mut build(workspace))?;
    let needs_planted = |arg: &String| {
        ["--planted", "--fail-points", "--bug"].contains(&arg.as_str()) || arg.starts_with("--bug=")
    };
    let server = if args.iter().any(needs_planted) {
        planted::build(workspace, &mut shell::run)?
    } else {
        workspace.parlor()
    };
    let mut faults = Command::new(workspace.binary("parlor-faults"));
    faults.current_dir(workspace.root()).args(args);
    if !args.iter().any(|arg| arg == "--server" || arg.starts_with("--server=")) {
        faults.arg("--server").arg(server);
    }
    let status = faults.status().map_err(shell::cannot_start(&faults))?;
    // Findings are no error of this tool: the exit code is the one of the run.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Programs that rows need, and the packages of Debian that they are in.
const TOOLS: [(&str, &str); 7] = [
    ("sqlite3", "sqlite3"),
    ("psql", "postgresql-client"),
    ("strace", "strace"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("faketime", "faketime"),
    ("postgres", "postgresql"),
];

/// Looks for what the rows need, and installs what is missing where it may.
pub(crate) fn provision(may_install: bool, log: &mut Log) -> Result<(), Error> {
    let missing = || TOOLS.into_iter().filter(|(program, _)| !is_there(program));
    let packages: Vec<&str> = missing().map(|(_, package)| package).collect();
    if may_install && !packages.is_empty() {
        debian::install(&packages, log)?;
    }
    let missing: Vec<&str> = missing().map(|(_, package)| package).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::Missing(format!("install {}", missing.join(", "))))
    }
}

/// Programs for administrators, and the server of PostgreSQL, are not on every PATH.
fn is_there(program: &str) -> bool {
    let folders = ["/usr/sbin", "/sbin"].map(std::path::PathBuf::from);
    let servers = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = folders.into_iter().chain(servers.map(|version| version.path().join("bin")));
    shell::on_path(&[program]).is_some() || folders.into_iter().any(|it| it.join(program).is_file())
}

/// The short profile: every row that can be run here, a few rounds of each.
pub(crate) fn short(workspace: &Workspace) -> Command {
    let mut faults = Command::new(workspace.binary("parlor-faults"));
    faults.current_dir(workspace.root()).arg("--short").arg("--server").arg(workspace.parlor());
    faults.arg("--json").arg(workspace.scratch().join("faults.json"));
    faults
}

/// What [`short`] runs.
pub(crate) fn build(workspace: &Workspace) -> Command {
    let mut build = workspace.cargo();
    build.args(["build", "--package", "parlor", "--package", "parlor-loadtest", "--bins"]);
    build
}
