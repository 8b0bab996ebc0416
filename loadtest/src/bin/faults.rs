//! `parlor-faults`: does a fault to a real server and checks what its clients
//! were promised.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser;
use parlor_loadtest::faults::{self, Options, planted};

/// Does faults to a real server while clients talk, and holds the log against
/// what they were told. Ends with a table; the exit code is 1 where a promise
/// was broken.
#[derive(Parser)]
#[command(name = "parlor-faults")]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// Plant each bug in a server that was built for it, and show that its row
    /// finds it. ROWs are names of bugs then; none: all of them.
    #[arg(long)]
    planted: bool,
    /// Write the results to this file as JSON too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            // The exit code tells it too.
            let _ = writeln!(io::stderr(), "parlor-faults: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let (json, table, is_ok) = if cli.planted {
        let tried = planted::run(&cli.options).await?;
        let is_ok = tried.iter().all(|tried| tried.is_ok);
        (serde_json::to_vec_pretty(&tried)?, planted::to_markdown(&tried), is_ok)
    } else {
        let report = faults::run(&cli.options).await?;
        let is_whole = report.skipped.is_empty() || !cli.options.require_all;
        let is_ok = report.is_ok() && is_whole;
        (serde_json::to_vec_pretty(&report)?, report.to_markdown(), is_ok)
    };
    if let Some(path) = &cli.json {
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    write!(io::stdout(), "{table}")?;
    Ok(if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
