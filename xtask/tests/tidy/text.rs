//! What no source may hold, wherever it stands.

use crate::sources::{self, Source};
use crate::{assert_none, made_up};

const LONGEST: usize = 800;

/// Written by people, line by line.
const CODE: [&str; 10] = ["rs", "proto", "sql", "ts", "tsx", "js", "mjs", "css", "html", "sh"];

fn long_files(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| source.is(&CODE))
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(source, lines)| {
            format!("{}: {lines} lines; its second noun wants a file", source.path)
        })
        .collect()
}

fn lines_with(sources: &[Source], words: &[&str], what: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.name() != "package-lock.json") {
        for (index, line) in source.text.lines().enumerate() {
            if words.iter().any(|word| has_word(line, word)) {
                findings.push(format!("{}:{}: {what}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    findings
}

/// Whether the line holds the word, and not as the end of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || "_.-:".contains(c))
    })
}

fn unfinished(sources: &[Source]) -> Vec<String> {
    const WORDS: [&str; 5] = ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("];
    lines_with(sources, &WORDS, "unfinished")
}

fn machine_paths(sources: &[Source]) -> Vec<String> {
    let here = format!("{}/", sources::root().display());
    lines_with(sources, &["/home/", "/root/", "/Users/", &here], "path of one machine")
}

fn registry_hosts(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| source.name() == "package-lock.json")
        .filter(|source| source.text.contains("\"resolved\": \"http"))
        .map(|source| format!("{} names a registry host", source.path))
        .collect()
}

#[test]
fn no_file_is_longer_than_800_lines() {
    assert_none(long_files(sources::all()));
    let line = "x\n";
    assert_eq!(long_files(&made_up("bus/src/a.rs", &line.repeat(LONGEST + 1))).len(), 1);
    assert_none(long_files(&made_up("bus/src/a.rs", &line.repeat(LONGEST))));
}

#[test]
fn nothing_is_left_unfinished() {
    assert_none(unfinished(sources::all()));
    for bad in ["// TODO: later", "FIXME", "fn f() { todo!() }", "unimplemented!()"] {
        assert_eq!(unfinished(&made_up("bus/src/a.rs", bad)).len(), 1, "{bad}");
    }
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    assert_none(machine_paths(sources::all()));
    let here = format!("({}/x)", sources::root().display());
    for bad in ["see /home/someone/x", "\"/Users/x\"", "cd /root/a", &here] {
        assert_eq!(machine_paths(&made_up("README.md", bad)).len(), 1, "{bad}");
    }
    assert_none(machine_paths(&made_up("README.md", "https://example.org/home/page")));
}

#[test]
fn lock_files_name_no_registry_host() {
    assert_none(registry_hosts(sources::all()));
    let bad = made_up("web/package-lock.json", "\"resolved\": \"https://example.org/a.tgz\"");
    assert_eq!(registry_hosts(&bad).len(), 1);
}
