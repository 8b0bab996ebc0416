//! A real Chromium for the browser story.

use std::path::PathBuf;

use crate::debian;
use crate::error::Error;
use crate::shell::Log;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const CURE: &str = "install Chromium, or name one in PARLOR_CHROMIUM";

/// The browser named by `PARLOR_CHROMIUM`, or on the PATH, or newly installed from Debian.
pub(crate) fn find(may_install: bool, log: &mut Log) -> Result<PathBuf, Error> {
    if let Some(named) = std::env::var_os("PARLOR_CHROMIUM").filter(|name| !name.is_empty()) {
        return Ok(PathBuf::from(named));
    }
    debian::provide(&NAMES, "chromium", may_install, log).map_err(|error| match error {
        Error::Missing(_) => Error::Missing(CURE.to_owned()),
        error => error,
    })
}
