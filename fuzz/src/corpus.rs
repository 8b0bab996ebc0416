//! The kept inputs of a fuzz target, tried by the ordinary tests too, so that
//! they are checked where no fuzzer can be built. Included by path: the crates
//! under test must not depend on the one that fuzzes them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Set to write the seeds instead of comparing them.
const WRITE: &str = "PARLOR_WRITE_SEEDS";

/// `fuzz/corpus/<target>`; every crate lies one folder below the workspace.
fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target)
}

/// Tries every kept input. The one that fails is the last that was named.
#[allow(clippy::print_stdout, reason = "shown by the test runner where one fails")]
pub(crate) fn replay(target: &str, mut run: impl FnMut(&[u8])) {
    let folder = folder(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("a target has a corpus")
        .map(|entry| entry.expect("an entry of the corpus").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no input of {target} is kept");
    for path in paths {
        let input = fs::read(&path).expect("an input can be read");
        println!("{target}: {}", path.file_name().unwrap_or_default().display());
        run(&input);
    }
}

/// Sees that the seeds are kept as they are made: a change of the protocol
/// changes them too.
pub(crate) fn seed(target: &str, seeds: &[(&str, Vec<u8>)]) {
    let folder = folder(target);
    let write = std::env::var_os(WRITE).is_some();
    if write {
        fs::create_dir_all(&folder).expect("a folder for the corpus");
    }
    for (name, bytes) in seeds {
        let path = folder.join(name);
        if write {
            fs::write(&path, bytes).expect("a seed can be written");
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(kept == *bytes, "the seed {target}/{name} is not as made: set {WRITE}=1 once");
    }
}
