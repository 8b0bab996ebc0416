//! The house rules, checked over the files of the repository (DESIGN section 4 and the docs).
//!
//! Each rule is a pure function from sources to findings. It has two tests: the repository has no
//! finding, and a made-up offence is found, so a rule that has gone blind is noticed.

mod arrows;
mod docs;
mod places;
mod sources;
mod text;

use sources::Source;

/// Fails with every finding, one on each line.
fn assert_none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// A made-up file for the negative tests.
fn made_up(path: &str, text: &str) -> Vec<Source> {
    vec![Source { path: path.to_owned(), text: text.to_owned() }]
}
