//! `docs/errors.md` says of every code and every reason what the code says of
//! it: its tables are made here. `PARLOR_WRITE_DOCS=1` makes them anew.

use std::{env, fs, path::Path};

use parlor_domain::Code;

const DOCUMENT: &str = "../docs/errors.md";
/// Numbers of the realtime protocol, and what a closed session means.
const PROTO: &str = include_str!("../../proto/parlor/realtime/v1/realtime.proto");
const REASONS: &str = include_str!("../../realtime/src/session/close.rs");

/// The table of refusals.
fn refusals() -> String {
    let mut table = "| code | means | REST | gRPC | realtime | same request again? |\n\
                     |---|---|---|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        let (name, meaning) = (code.as_str(), code.meaning());
        let number = number_of(&format!("ERROR_CODE_{name}"));
        let realtime = number.map_or_else(String::new, |number| number.to_string());
        let again = if code.is_retryable() { "yes" } else { "no" };
        let (http, grpc) = (code.http_status(), grpc_name(code.grpc_status()));
        table += &format!("| `{name}` | {meaning} | {http} | {grpc} | {realtime} | {again} |\n");
    }
    table
}

/// The table of reasons why a session is closed.
fn reasons() -> String {
    let mut reasons: Vec<(u32, String, &str)> = documented(REASONS, "pub enum CloseReason {")
        .into_iter()
        .map(|(variant, meaning)| {
            let name = screaming(variant);
            let number = number_of(&format!("CLOSE_REASON_{name}"));
            (number.expect("every reason has its number"), name, meaning)
        })
        .collect();
    reasons.sort();
    let mut table = "| reason | means | number | come back? |\n|---|---|---|---|\n".to_owned();
    for (number, name, meaning) in reasons {
        // Rule 6.2 of the protocol.
        let back = match number {
            ..16 => "yes, and resume",
            16..32 => "with a new access token",
            _ => "not unchanged",
        };
        table += &format!("| `{name}` | {meaning} | {number} | {back} |\n");
    }
    table
}

/// The number that the protocol gives this name.
fn number_of(name: &str) -> Option<u32> {
    let line = PROTO.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(" = "));
    line?.strip_suffix(';')?.parse().ok()
}

/// Each variant of an enum, with the line that says what it is.
fn documented<'a>(source: &'a str, head: &str) -> Vec<(&'a str, &'a str)> {
    let mut lines = source.lines().skip_while(|line| *line != head).skip(1);
    let mut found = Vec::new();
    while let Some(meaning) = lines.next().and_then(|line| line.trim().strip_prefix("/// ")) {
        let variant = lines.next().and_then(|line| line.trim().strip_suffix(','));
        found.push((variant.expect("one line about each variant"), meaning));
    }
    found
}

/// `SlowReader` as the protocol writes it.
fn screaming(variant: &str) -> String {
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name
}

/// <https://grpc.io/docs/guides/status-codes/>
fn grpc_name(number: i32) -> &'static str {
    match number {
        3 => "INVALID_ARGUMENT",
        5 => "NOT_FOUND",
        6 => "ALREADY_EXISTS",
        7 => "PERMISSION_DENIED",
        8 => "RESOURCE_EXHAUSTED",
        9 => "FAILED_PRECONDITION",
        10 => "ABORTED",
        12 => "UNIMPLEMENTED",
        13 => "INTERNAL",
        14 => "UNAVAILABLE",
        16 => "UNAUTHENTICATED",
        other => panic!("{other} is no status that a refusal has"),
    }
}

/// The document with this table between its two marks.
fn with_table(document: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = document.split_once(&begin).expect("a mark before the table");
    let (_, after) = rest.split_once(&end).expect("a mark after the table");
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn every_code_and_every_reason_is_explained_as_in_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let document = fs::read_to_string(&path).expect("docs/errors.md");
    let fresh = with_table(&document, "codes", &refusals());
    let fresh = with_table(&fresh, "reasons", &reasons());
    if env::var_os("PARLOR_WRITE_DOCS").is_some() {
        fs::write(&path, fresh).expect("docs/errors.md can be written");
    } else {
        let advice = "run it with PARLOR_WRITE_DOCS=1: docs/errors.md is behind the code";
        assert!(document == fresh, "{advice}");
    }
}

#[test]
fn all_reasons_and_all_numbers_are_found() {
    let reasons = documented(REASONS, "pub enum CloseReason {").len();
    let numbers = |prefix: &str| {
        let prefix = format!("  {prefix}");
        PROTO.lines().filter(|line| line.starts_with(&prefix)).count()
    };
    // One number is for what nobody means.
    assert_eq!(reasons + 1, numbers("CLOSE_REASON_"));
    let known =
        Code::ALL.iter().filter_map(|code| number_of(&format!("ERROR_CODE_{}", code.as_str())));
    assert_eq!(known.count() + 1, numbers("ERROR_CODE_"));
}
