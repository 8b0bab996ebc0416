//! Programs of the Python Package Index, in a folder of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::error::Error;
use crate::shell::Log;
use crate::workspace::Workspace;

const OLDEST: (u32, u32) = (3, 11);

const CURE: &str = "install Python 3.11 or newer, with venv (Debian: python3-venv)";

/// `st`, the program of schemathesis.
pub(crate) fn schemathesis(
    workspace: &Workspace,
    may_install: bool,
    log: &mut Log,
) -> Result<PathBuf, Error> {
    provide("schemathesis", "st", workspace, may_install, log)
}

/// The Python that has moto.
pub(crate) fn moto(
    workspace: &Workspace,
    may_install: bool,
    log: &mut Log,
) -> Result<PathBuf, Error> {
    provide("moto", "python", workspace, may_install, log)
}

/// A program of a tool, in the versions that the tool's lock file names: found, or newly installed
/// from the hashed packages of that file where that is allowed.
fn provide(
    tool: &str,
    program: &str,
    workspace: &Workspace,
    may_install: bool,
    log: &mut Log,
) -> Result<PathBuf, Error> {
    let lock_path = workspace.root().join("tools").join(tool).join("requirements.txt");
    let lock = fs::read(&lock_path).map_err(Error::file(&lock_path))?;
    let home = workspace.scratch().join(tool);
    let program = home.join("bin").join(program);
    // The stamp lives and dies with what it vouches for.
    let stamp = home.join("parlor-lock");
    if program.is_file() && fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(program);
    }
    if !may_install {
        return Err(Error::Missing(format!("run it once without --no-provision: {tool}")));
    }
    let python = debian::provide(&["python3"], "python3", true, log)?;
    check(&python)?;
    if make(&home, &python, log).is_err() {
        // Debian keeps what makes such a folder in a package of its own.
        debian::install(&["python3-venv"], log)?;
        make(&home, &python, log).map_err(|_| Error::Missing(CURE.to_owned()))?;
    }
    log.run(
        Command::new(home.join("bin").join("pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--only-binary", ":all:", "--require-hashes", "--requirement"])
            .arg(&lock_path),
    )?;
    fs::write(&stamp, lock).map_err(Error::file(&stamp))?;
    Ok(program)
}

fn make(home: &Path, python: &Path, log: &mut Log) -> Result<(), Error> {
    log.run(Command::new(python).args(["-m", "venv", "--clear"]).arg(home))
}

/// Says how to get Python where it is too old.
fn check(python: &Path) -> Result<(), Error> {
    let version = Command::new(python).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match version {
        Ok(version) if new_enough(&version) => Ok(()),
        Ok(version) => Err(Error::Missing(format!("{CURE}; this one is {version}"))),
        Err(_) => Err(Error::Missing(CURE.to_owned())),
    }
}

fn new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches("Python ").split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OLDEST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for good in ["Python 3.11.2", "Python 3.14.0", "Python 4.0.0"] {
            assert!(new_enough(good), "{good}");
        }
        for bad in ["Python 3.9.18", "Python 2.7.18", "", "pypy"] {
            assert!(!new_enough(bad), "{bad}");
        }
    }
}
