//! Node and npm: whether they are here and new enough, and what a lock file asks for.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::shell::{self, Exec};

const OLDEST: (u32, u32) = (20, 19);

const CURE: &str = "install Node 20.19 or newer, with npm (https://nodejs.org)";

/// Says how to get Node where it is absent or too old.
pub(crate) fn check() -> Result<(), Error> {
    if shell::on_path(&["npm"]).is_none() {
        return Err(Error::Missing(CURE.to_owned()));
    }
    let version = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|_| Error::Missing(CURE.to_owned()))?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    if new_enough(&version) {
        Ok(())
    } else {
        Err(Error::Missing(format!("{CURE}; this one is {version}")))
    }
}

fn new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OLDEST,
        _ => false,
    }
}

/// Installs exactly what the lock file of this folder names, unless that was done before.
pub(crate) fn install(folder: &Path, exec: &mut Exec<'_>) -> Result<(), Error> {
    let lock_path = folder.join("package-lock.json");
    let lock = fs::read(&lock_path).map_err(Error::file(&lock_path))?;
    // The stamp lives and dies with what it vouches for.
    let stamp = folder.join("node_modules").join(".parlor-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    exec(npm(folder).args(["ci", "--no-audit", "--no-fund"]))?;
    if let Some(modules) = stamp.parent() {
        // npm makes no folder for a lock file that names no package.
        fs::create_dir_all(modules).map_err(Error::file(modules))?;
    }
    fs::write(&stamp, lock).map_err(Error::file(&stamp))
}

pub(crate) fn npm(folder: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for good in ["v20.19.0", "v20.20.2", "v22.1.0", "v100.0.0"] {
            assert!(new_enough(good), "{good}");
        }
        for bad in ["v20.9.9", "v18.20.0", "v9.99.0", "", "node"] {
            assert!(!new_enough(bad), "{bad}");
        }
    }
}
