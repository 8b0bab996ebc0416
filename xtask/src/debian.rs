//! Programs that Debian has and this machine may lack.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::shell::{self, Log};

/// The first of these programs that is on the PATH, else newly installed where that is allowed and
/// possible.
pub(crate) fn provide(
    names: &[&str],
    package: &str,
    may_install: bool,
    log: &mut Log,
) -> Result<PathBuf, Error> {
    if let Some(found) = shell::on_path(names) {
        return Ok(found);
    }
    if may_install {
        install(&[package], log)?;
    }
    shell::on_path(names).ok_or_else(|| Error::Missing(format!("install {package}")))
}

/// Installs packages; does nothing where this process is not root, or the system is another one.
pub(crate) fn install(packages: &[&str], log: &mut Log) -> Result<(), Error> {
    if !shell::is_root() || shell::on_path(&["apt-get"]).is_none() {
        return Ok(());
    }
    log.run(apt_get().arg("update"))?;
    log.run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    // A machine that has just started may still be installing things of its own.
    command.args(["-o", "DPkg::Lock::Timeout=300"]).env("DEBIAN_FRONTEND", "noninteractive");
    command
}
