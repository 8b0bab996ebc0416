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
use parlor_loadtest::faults::{self, Options};

/// Does faults to a real server while clients talk, and holds the log against
/// what they were told. Ends with a table; the exit code is 1 where a promise
/// was broken.
#[derive(Parser)]
#[command(name = "parlor-faults")]
struct Cli {
    #[command(flatten)]
    options: Options,
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
    let report = faults::run(&cli.options).await?;
    if let Some(path) = &cli.json {
        let json = serde_json::to_vec_pretty(&report)?;
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    write!(io::stdout(), "{}", report.to_markdown())?;
    Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
