//! A row from its beginning to its end, against the real server.

use std::{env, path::PathBuf};

use parlor_loadtest::faults::{self, Kind, Options};

/// The server's binary, where somebody has built it.
const BINARY: &str = "PARLOR_BIN";

fn options(server: PathBuf) -> Options {
    Options {
        rows: vec!["F1".to_owned()],
        seed: 7,
        database: Some(Kind::Sqlite),
        rounds: 2,
        clients: 6,
        rooms: 3,
        rate: 60,
        sleepers: 10,
        herd: 10,
        jobs: 1,
        short: false,
        unhurried: false,
        require_all: false,
        server,
        postgres: None,
        patience: 30,
        fail_points: false,
        bug: None,
        found_by: &[],
        keep: None,
    }
}

#[tokio::test]
async fn f1_kill_9_loses_nothing() {
    let Some(server) = env::var_os(BINARY) else {
        eprintln!("SKIPPED: {BINARY} does not name the server's binary");
        return;
    };
    let report = faults::run(&options(server.into())).await.expect("the row can be run");
    assert!(report.is_ok(), "{}", report.to_markdown());
    assert_eq!(report.rows[0].rounds, 2);
    assert!(report.rows[0].answered > 60, "{}", report.to_markdown());
}

#[tokio::test]
async fn a_row_that_is_not_there_is_refused() {
    let mut options = options("parlor".into());
    options.rows.push("F99".to_owned());
    let error = faults::run(&options).await.expect_err("there is none");
    assert_eq!(error.to_string(), "there is no row F99");
}

#[tokio::test]
async fn a_server_that_does_not_start_is_told() {
    let report = faults::run(&options("/nowhere/parlor".into())).await.expect("it ends");
    assert!(!report.is_ok());
    let what = &report.rows[0].findings[0].what;
    assert!(what.contains("/nowhere/parlor does not start"), "{what}");
}
