//! What the documentation points at is there.

use std::path::Path;

use crate::sources::{self, Source};
use crate::{assert_none, made_up};

/// Made while working, so named in the documentation without being in the repository.
const MADE: [&str; 6] = ["target", "data", "web/dist", "test-results", "e2e/test-results", ".git"];

/// Kinds of files that git ignores wherever they are made.
const MADE_KINDS: [&str; 3] = [".pem", ".key", ".db"];

fn dead_ends(sources: &[Source], root: &Path) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.is(&["md"])) {
        let folder = root.join(&source.path).parent().map(Path::to_path_buf).unwrap_or_default();
        for (index, line) in source.text.lines().enumerate() {
            let at = format!("{}:{}", source.path, index + 1);
            for target in link_targets(line) {
                if !folder.join(target).exists() {
                    findings.push(format!("{at}: the link {target} leads nowhere"));
                }
            }
            for name in file_names(line, root) {
                if !root.join(name).exists() && !folder.join(name).exists() {
                    findings.push(format!("{at}: there is no {name}"));
                }
            }
        }
    }
    findings
}

/// Targets of links to files, without the part after `#`.
fn link_targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .filter_map(|target| target.split('#').next())
        .filter(|target| !target.is_empty())
}

/// Words in back quotes that begin with a folder of the repository.
fn file_names<'a>(line: &'a str, root: &'a Path) -> impl Iterator<Item = &'a str> {
    let is_path = |word: &&str| {
        word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
            && word
                .split_once('/')
                .is_some_and(|(first, _)| !first.is_empty() && root.join(first).is_dir())
    };
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(is_path)
        .filter(|word| !MADE.iter().any(|made| word.starts_with(made)))
        .filter(|word| !MADE_KINDS.iter().any(|kind| word.ends_with(kind)))
}

#[test]
fn links_and_file_names_in_the_documentation_exist() {
    assert_none(dead_ends(sources::all(), &sources::root()));
}

#[test]
fn a_dead_link_and_a_wrong_file_name_are_found() {
    let root = sources::root();
    for bad in ["See [it](docs/nowhere.md).", "Read `xtask/src/nowhere.rs` first."] {
        assert_eq!(dead_ends(&made_up("README.md", bad), &root).len(), 1, "{bad}");
    }
    let good = "[a](https://example.org/x.md) [b](#words) `xtask/src/main.rs` `data/parlor.db` `a/b` `/rt/v1`";
    assert_none(dead_ends(&made_up("README.md", good), &root));
}
