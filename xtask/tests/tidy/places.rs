//! What may stand only in one place: SQL, wire types, time and sockets, React.

use crate::sources::{self, Source};
use crate::{assert_none, made_up};

fn sql_outside_store(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    // Rows of the fault plan lay hands on a database behind the server's back, and look into it.
    let elsewhere = |source: &&Source| {
        source.is(&["rs"])
            && source.path.contains("/src/")
            && !source.under("store/")
            && !source.under("loadtest/src/faults/")
    };
    for source in sources.iter().filter(elsewhere) {
        for (number, line) in source.code().filter(|(_, line)| is_sql(line)) {
            findings.push(format!("{}:{number}: SQL outside the store: {line}", source.path));
        }
    }
    findings
}

fn is_sql(line: &str) -> bool {
    let both = |first: &str, then: &str| {
        line.find(first).is_some_and(|at| line[at + first.len()..].contains(then))
    };
    line.contains("sqlx::")
        || both("SELECT ", " FROM ")
        || line.contains("INSERT INTO ")
        || line.contains("DELETE FROM ")
        || both("UPDATE ", " SET ")
}

/// Where the frames of the realtime protocol may be named. `wire.rs` turns them into domain types
/// and back; below it, the client's lanes carry whole frames without a look at their meaning. What
/// fuzzers begin with is made of frames.
const WIRE_FILES: [&str; 5] = [
    "/src/wire.rs",
    "/src/fuzzing/seeds.rs",
    "client/src/frame.rs",
    "client/src/lane.rs",
    "client/src/lane/",
];

fn wire_types_elsewhere(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| source.is(&["rs"]) && source.path.contains("/src/"))
        .filter(|source| !source.under("proto/"))
        .filter(|source| !WIRE_FILES.iter().any(|allowed| source.path.contains(allowed)))
        .filter(|source| {
            source
                .code()
                .any(|(_, line)| line.contains("parlor_proto") && line.contains("realtime"))
        })
        .map(|source| format!("{}: wire types outside wire.rs", source.path))
        .collect()
}

/// A machine decides from what it is given: no task, no clock, no socket.
fn impure_machines(sources: &[Source]) -> Vec<String> {
    const OUTSIDE: [&str; 9] = [
        "tokio",
        "quinn",
        "axum",
        "wtransport",
        "Instant::now",
        "SystemTime",
        "std::net",
        "async ",
        ".await",
    ];
    let mut findings = Vec::new();
    let machine = |source: &&Source| {
        source.is(&["rs"])
            && (source.name() == "machine.rs" || source.path.contains("/machine/"))
            && source.name() != "tests.rs"
    };
    for source in sources.iter().filter(machine) {
        for (number, line) in source.code() {
            if let Some(word) = OUTSIDE.iter().find(|word| line.contains(**word)) {
                findings.push(format!("{}:{number}: a machine knows no {word}", source.path));
            }
        }
    }
    findings
}

fn react_in_the_core(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    let core = |source: &&Source| source.under("web/client/src/");
    for source in sources.iter().filter(core) {
        for (number, line) in source.code() {
            let imported = line.rsplit_once("from ").or_else(|| line.rsplit_once("import("));
            let module =
                imported.map_or("", |(_, module)| module.trim_matches(['"', '\'', ';', ')']));
            if module.starts_with("react") || module.ends_with(".tsx") {
                findings.push(format!("{}:{number}: the core imports {module}", source.path));
            }
        }
        if source.is(&["tsx"]) {
            findings.push(format!("{}: the core draws nothing", source.path));
        }
    }
    findings
}

#[test]
fn there_is_no_sql_outside_the_store() {
    assert_none(sql_outside_store(sources::all()));
    for bad in [
        "let rows = sqlx::query(text);",
        "let q = \"SELECT id FROM rooms\";",
        "let q = \"INSERT INTO rooms\";",
        "let q = \"DELETE FROM rooms\";",
        "let q = \"UPDATE rooms SET name = $1\";",
    ] {
        assert_eq!(sql_outside_store(&made_up("control/src/rooms.rs", bad)).len(), 1, "{bad}");
    }
    assert_none(sql_outside_store(&made_up("store/src/rooms.rs", "sqlx::query(text)")));
    assert_none(sql_outside_store(&made_up("control/src/a.rs", "// SELECT a FROM b\n")));
}

#[test]
fn wire_types_and_domain_types_meet_only_in_a_wire_file() {
    assert_none(wire_types_elsewhere(sources::all()));
    let frames = "use parlor_proto::realtime::ServerFrame;\n";
    assert_eq!(wire_types_elsewhere(&made_up("realtime/src/session/task.rs", frames)).len(), 1);
    assert_none(wire_types_elsewhere(&made_up("realtime/src/wire.rs", frames)));
    let in_a_test = format!("#[cfg(test)]\nmod tests {{\n    {frames}}}\n");
    assert_none(wire_types_elsewhere(&made_up("realtime/src/room/task.rs", &in_a_test)));
}

#[test]
fn machines_import_no_task_no_clock_and_no_socket() {
    assert_none(impure_machines(sources::all()));
    for bad in ["use tokio::time;", "let now = Instant::now();", "let x = rx.recv().await;"] {
        let found = impure_machines(&made_up("realtime/src/room/machine.rs", bad));
        assert_eq!(found.len(), 1, "{bad}");
    }
}

#[test]
fn the_core_of_the_web_app_knows_no_react() {
    assert_none(react_in_the_core(sources::all()));
    for bad in ["import { useState } from \"react\";", "import { A } from '../ui/a.tsx';"] {
        assert_eq!(
            react_in_the_core(&made_up("web/client/src/sync/room.ts", bad)).len(),
            1,
            "{bad}"
        );
    }
    assert_eq!(react_in_the_core(&made_up("web/client/src/net/lane.tsx", "")).len(), 1);
}
