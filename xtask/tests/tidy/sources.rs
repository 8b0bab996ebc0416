//! The text files of the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// One text file, its path relative to the workspace with forward slashes.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn is(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// Numbered lines of code: Rust without its test module and without comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| *line != "#[cfg(test)]" && *line != "mod tests {")
            .map(|(index, line)| (index + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Folders that hold what is made, fetched, or not ours.
const NOT_SOURCES: [&str; 8] =
    ["target", "node_modules", "dist", "data", "test-results", "coverage", "gen", ".git"];

const TEXT: [&str; 17] = [
    "rs", "toml", "proto", "sql", "md", "ts", "tsx", "js", "mjs", "css", "html", "json", "yml",
    "yaml", "sh", "svg", "txt",
];

/// These rules name what they forbid.
const THESE_RULES: &str = "xtask/tests/tidy/";

pub(crate) fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    package.parent().map(Path::to_path_buf).unwrap_or_default()
}

/// All sources of the repository, read once.
pub(crate) fn all() -> &'static [Source] {
    static ALL: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let mut found = Vec::new();
        collect(&root(), "", &mut found);
        assert!(found.len() > 50, "only {} sources were found", found.len());
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    });
    &ALL
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let entry = entry.expect("an entry of the repository can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("an entry of the repository has a type");
        if kind.is_dir() {
            if !NOT_SOURCES.contains(&name.as_str()) {
                collect(&entry.path(), &format!("{path}/"), found);
            }
        } else if !path.starts_with(THESE_RULES) {
            let source = Source { path, text: String::new() };
            if source.is(&TEXT) {
                let bytes = fs::read(entry.path()).expect("a source can be read");
                found.push(Source { text: String::from_utf8_lossy(&bytes).into_owned(), ..source });
            }
        }
    }
}
