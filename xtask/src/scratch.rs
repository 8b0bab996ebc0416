//! Where throw-away databases of tests live.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file system in memory, where Linux keeps one.
const IN_MEMORY: &str = "/dev/shm";

/// Room that it must have, in KiB; containers often give it too little.
const ENOUGH_KIB: u64 = 2 * 1024 * 1024;

/// In memory where there is room, else the usual folder. Every commit waits for
/// the disk, and a test that has to be answered in two seconds should not fail
/// because another program on the same disk is busy.
pub(crate) fn folder() -> PathBuf {
    if free_kib(Path::new(IN_MEMORY)).is_some_and(|free| free >= ENOUGH_KIB) {
        IN_MEMORY.into()
    } else {
        std::env::temp_dir()
    }
}

/// What `df` says is free; `None` where there is no such folder, or no `df`.
fn free_kib(folder: &Path) -> Option<u64> {
    let output = Command::new("df")
        .args(["-k", "--output=avail"])
        .arg(folder)
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

fn parse(output: &str) -> Option<u64> {
    output.lines().nth(1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_room_is_on_the_second_line() {
        assert_eq!(parse("  Avail\n25165824\n"), Some(25_165_824));
        assert_eq!(parse("  Avail\n"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn there_is_always_a_folder() {
        assert!(folder().is_dir());
    }
}
