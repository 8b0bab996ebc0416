//! A real Chromium for the browser story.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::shell::{self, Log};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const CURE: &str = "install Chromium, or name one in PARLOR_CHROMIUM";

/// The browser named by `PARLOR_CHROMIUM`, or on the PATH, or newly installed from Debian.
pub(crate) fn find(may_install: bool, log: &mut Log) -> Result<PathBuf, Error> {
    if let Some(named) = std::env::var_os("PARLOR_CHROMIUM").filter(|name| !name.is_empty()) {
        return Ok(PathBuf::from(named));
    }
    if let Some(found) = shell::on_path(&NAMES) {
        return Ok(found);
    }
    let can_install = may_install && shell::is_root() && shell::on_path(&["apt-get"]).is_some();
    if can_install {
        log.run(apt_get().arg("update"))?;
        log.run(apt_get().args(["install", "--yes", "--no-install-recommends", "chromium"]))?;
    }
    shell::on_path(&NAMES).ok_or_else(|| Error::Missing(CURE.to_owned()))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
