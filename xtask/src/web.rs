//! The web app: built only when what it is made of has changed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::node;
use crate::shell::Exec;
use crate::workspace::Workspace;

/// Folders inside `web` that are made from the others.
const MADE: [&str; 4] = ["node_modules", "dist", "coverage", "test-results"];

/// Builds the web app unless the last build was made from the same files.
pub(crate) fn build_if_changed(workspace: &Workspace, exec: &mut Exec<'_>) -> Result<(), Error> {
    let web = workspace.web();
    let stamp = workspace.scratch().join("web.stamp");
    let digest = digest(&web)?;
    let fresh = fs::read_to_string(&stamp).is_ok_and(|built| built == digest);
    if fresh && web.join("dist").join("index.html").is_file() {
        return Ok(());
    }
    node::check()?;
    node::install(&web, exec)?;
    exec(node::npm(&web).args(["run", "build"]))?;
    let scratch = workspace.scratch();
    fs::create_dir_all(&scratch).map_err(Error::file(&scratch))?;
    fs::write(&stamp, digest).map_err(Error::file(&stamp))
}

/// A digest of the names and contents of all files the web app is made of.
fn digest(web: &Path) -> Result<String, Error> {
    let mut files = Vec::new();
    collect(web, &mut files)?;
    files.sort();
    let mut hash = Fnv::new();
    for file in files {
        let bytes = fs::read(&file).map_err(Error::file(&file))?;
        let name = file.strip_prefix(web).unwrap_or(&file);
        hash.field(name.as_os_str().as_encoded_bytes());
        hash.field(&bytes);
    }
    Ok(format!("{:016x}", hash.0))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let path = entry.path();
        if !path.is_dir() {
            files.push(path);
        } else if !MADE.iter().any(|made| entry.file_name() == *made) {
            collect(&path, files)?;
        }
    }
    Ok(())
}

/// FNV-1a of 64 bits: it need only notice edits, not withstand an enemy.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// The length goes first, so that two fields never run into each other.
    fn field(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_be_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("src")).unwrap();
            fs::create_dir_all(path.join("node_modules")).unwrap();
            Self(path)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.0.join(name), text).unwrap();
        }

        fn digest(&self) -> String {
            digest(&self.0).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_source_edit_changes_the_digest_and_an_installed_module_does_not() {
        let folder = Folder::new("digest");
        folder.write("src/main.ts", "one");
        folder.write("package-lock.json", "{}");
        let before = folder.digest();
        folder.write("node_modules/some.js", "anything");
        assert_eq!(folder.digest(), before);
        folder.write("src/main.ts", "two");
        assert_ne!(folder.digest(), before);
    }

    #[test]
    fn a_renamed_file_changes_the_digest() {
        let folder = Folder::new("rename");
        folder.write("src/a.ts", "text");
        let before = folder.digest();
        fs::rename(folder.0.join("src/a.ts"), folder.0.join("src/b.ts")).unwrap();
        assert_ne!(folder.digest(), before);
    }
}
