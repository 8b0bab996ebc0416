//! A wall clock of the server's own, which can be set; the monotonic one is left
//! alone (libfaketime).

use std::{fs, path::Path};

use anyhow::Context as _;

/// Where Debian keeps it, on each kind of machine.
const FOLDERS: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib/faketime",
];
/// The library for programs of many threads.
const LIBRARY: &str = "libfaketimeMT.so.1";

/// What a server must find in its environment.
pub(crate) fn environment(folder: &Path) -> anyhow::Result<Vec<(&'static str, String)>> {
    let libraries = FOLDERS.iter().map(|folder| Path::new(folder).join(LIBRARY));
    let library = libraries.into_iter().find(|path| path.is_file());
    let library = library.context("libfaketime is not installed")?;
    set(folder, "+0")?;
    Ok(vec![
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", folder.join("clock").display().to_string()),
        // The file is looked at again each time.
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
    ])
}

/// Sets the clock: how far it is from the true time, like `+1h`.
pub(crate) fn set(folder: &Path, offset: &str) -> anyhow::Result<()> {
    // In one step, as the server may be reading.
    let next = folder.join("clock.next");
    fs::write(&next, offset)?;
    fs::rename(&next, folder.join("clock"))?;
    Ok(())
}
