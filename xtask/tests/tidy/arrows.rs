//! Who may depend on whom.

use crate::sources::{self, Source};
use crate::{assert_none, made_up};

/// What each crate may depend on among ours; `None` means anything.
fn allowed(package: &str) -> Result<Option<&'static [&'static str]>, String> {
    const SERVICE: &[&str] =
        &["parlor-domain", "parlor-store", "parlor-bus", "parlor-proto", "parlor-token"];
    match package {
        "parlor-domain" | "parlor-proto" | "xtask" => Ok(Some(&[])),
        "parlor-store" | "parlor-bus" | "parlor-token" => Ok(Some(&["parlor-domain"])),
        "parlor-user-service" | "parlor-control" | "parlor-realtime" => Ok(Some(SERVICE)),
        "parlor-client" => Ok(Some(&["parlor-domain", "parlor-proto"])),
        // The client speaks in domain types, so who uses it names them too.
        "parlor-loadtest" => Ok(Some(&["parlor-client", "parlor-domain", "parlor-proto"])),
        // It acts for the machines of all of them.
        "parlor-simulation" => Ok(Some(&[
            "parlor-bus",
            "parlor-client",
            "parlor-domain",
            "parlor-loadtest",
            "parlor-realtime",
            "parlor-store",
        ])),
        // The fuzz targets set up whole services to throw bytes at.
        "parlor" | "parlor-fuzz" => Ok(None),
        other => Err(format!("{other} has no place among the arrows yet")),
    }
}

/// A `Cargo.toml` as far as the rules need it.
struct Manifest<'a> {
    package: &'a str,
    /// Normal and build dependencies; what only tests use is free.
    dependencies: Vec<&'a str>,
    inherits_lints: bool,
}

fn read(manifest: &Source) -> Option<Manifest<'_>> {
    let mut section = "";
    let mut package = None;
    let mut dependencies = Vec::new();
    let mut inherits_lints = false;
    for line in manifest.text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            if let Some(name) = depended_on(section).and_then(|rest| rest.strip_prefix('.')) {
                dependencies.push(name);
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        match section {
            "package" if key == "name" => package = Some(value.trim_matches('"')),
            "lints" if key == "workspace" => inherits_lints = value == "true",
            _ if depended_on(section) == Some("") => {
                dependencies.push(key.split('.').next().unwrap_or(key));
            }
            _ => {}
        }
    }
    Some(Manifest { package: package?, dependencies, inherits_lints })
}

/// What follows the word in a section of dependencies, also in those of one platform.
fn depended_on(section: &str) -> Option<&str> {
    let (before, after) = section.split_once("dependencies")?;
    let ours = before.is_empty() || before == "build-" || before.ends_with('.');
    (ours && !before.starts_with("workspace")).then_some(after)
}

fn manifests(sources: &[Source]) -> impl Iterator<Item = (&Source, Manifest<'_>)> {
    sources
        .iter()
        .filter(|source| source.name() == "Cargo.toml")
        .filter_map(|source| Some((source, read(source)?)))
}

fn arrows(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for (_, manifest) in manifests(sources) {
        let may = match allowed(manifest.package) {
            Ok(None) => continue,
            Ok(Some(may)) => may,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        for dependency in &manifest.dependencies {
            if dependency.starts_with("parlor") && !may.contains(dependency) {
                findings.push(format!("{} -> {dependency} points the wrong way", manifest.package));
            }
        }
    }
    findings
}

fn sqlx_users(sources: &[Source]) -> Vec<String> {
    manifests(sources)
        .filter(|(_, manifest)| manifest.package != "parlor-store")
        .filter(|(_, manifest)| manifest.dependencies.contains(&"sqlx"))
        .map(|(_, manifest)| format!("{} depends on sqlx; only the store may", manifest.package))
        .collect()
}

fn own_lints(sources: &[Source]) -> Vec<String> {
    let crates = manifests(sources)
        .filter(|(_, manifest)| !manifest.inherits_lints)
        .map(|(source, _)| format!("{} does not inherit the workspace lints", source.path));
    let workspace = sources
        .iter()
        .filter(|source| source.path == "Cargo.toml")
        .filter(|source| !source.text.contains("unsafe_code = \"forbid\""))
        .map(|_| "the workspace does not forbid unsafe code".to_owned());
    crates.chain(workspace).collect()
}

#[test]
fn crates_depend_on_each_other_as_the_design_says() {
    assert!(manifests(sources::all()).count() >= 11, "not all crates were found");
    assert_none(arrows(sources::all()));
}

#[test]
fn a_wrong_arrow_is_found_in_every_form_it_can_be_written() {
    for section in [
        "[dependencies]\nparlor-control.workspace = true",
        "[dependencies]\nparlor-control = { workspace = true }",
        "[build-dependencies]\nparlor-control = { path = \"../control\" }",
        "[dependencies.parlor-control]\nworkspace = true",
        "[target.'cfg(unix)'.dependencies]\nparlor-control.workspace = true",
    ] {
        let text = format!("[package]\nname = \"parlor-realtime\"\n{section}\n");
        let findings = arrows(&made_up("realtime/Cargo.toml", &text));
        assert_eq!(findings, ["parlor-realtime -> parlor-control points the wrong way"], "{text}");
    }
    let stranger = made_up("x/Cargo.toml", "[package]\nname = \"parlor-x\"\n");
    assert_eq!(arrows(&stranger).len(), 1);
}

#[test]
fn tests_of_a_crate_may_use_what_they_need() {
    let text =
        "[package]\nname = \"parlor-bus\"\n[dev-dependencies]\nparlor-store.workspace = true";
    assert_none(arrows(&made_up("bus/Cargo.toml", text)));
}

#[test]
fn only_the_store_depends_on_sqlx() {
    assert_none(sqlx_users(sources::all()));
    let text = "[package]\nname = \"parlor-control\"\n[dependencies]\nsqlx.workspace = true\n";
    assert_eq!(sqlx_users(&made_up("control/Cargo.toml", text)).len(), 1);
}

#[test]
fn every_crate_forbids_unsafe_code() {
    assert_none(own_lints(sources::all()));
    let own = "[package]\nname = \"parlor-bus\"\n[lints.rust]\nunsafe_code = \"allow\"\n";
    assert_eq!(own_lints(&made_up("bus/Cargo.toml", own)).len(), 1);
    let workspace = made_up("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"warn\"\n");
    assert_eq!(own_lints(&workspace).len(), 1);
}

/// Features that put bugs into the server on purpose: where a manifest turns them on for everybody.
fn planted_by_default(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.name() == "Cargo.toml") {
        for line in source.text.lines().map(str::trim).filter(|line| line.contains("planted")) {
            let is_offer = line.starts_with("planted =") || line.starts_with('#');
            if !is_offer {
                findings.push(format!("{}: `{line}` plants bugs in every build", source.path));
            }
        }
    }
    findings
}

#[test]
fn no_build_has_planted_bugs_unless_it_asks_for_them() {
    assert_none(planted_by_default(sources::all()));
    let offers = |source: &&Source| source.text.contains("\nplanted =");
    assert_eq!(sources::all().iter().filter(offers).count(), 2, "domain and server offer them");
    for line in ["default = [\"planted\"]", "parlor = { path = \"..\", features = [\"planted\"] }"]
    {
        let manifest = made_up("x/Cargo.toml", &format!("[features]\n{line}\n"));
        assert_eq!(planted_by_default(&manifest).len(), 1, "{line}");
    }
    let planted = sources::all().iter().find(|source| source.path == "domain/src/planted.rs");
    let guard = "#[cfg(all(feature = \"planted\", not(debug_assertions)))]\ncompile_error!";
    assert!(
        planted.is_some_and(|source| source.text.contains(guard)),
        "release builds refuse them"
    );
}
