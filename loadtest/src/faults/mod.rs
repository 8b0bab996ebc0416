//! Fault runs: a real server with its database, real clients on all lanes that
//! post and follow, one fault at a seeded moment, and then the ledger.

mod crowd;
mod database;
mod play;
mod postgres;
mod process;
mod report;
mod round;
pub mod rows;
mod scene;
mod sleeper;

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;

pub use database::Kind;
pub use report::{Report, RowReport};
use rows::Row;

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Rows by id, like F1 F7; none: every row.
    #[arg(value_name = "ROW")]
    pub rows: Vec<String>,
    /// Seed of the first round; each further round takes the next number.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Which database; left out: both.
    #[arg(long)]
    pub database: Option<Kind>,
    /// Rounds of each row on each database.
    #[arg(long, default_value_t = 3)]
    pub rounds: u64,
    /// Clients, on the three lanes in turn.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(2..))]
    pub clients: u16,
    /// Rooms of each round; a client is a member of about half of them.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=60))]
    pub rooms: u16,
    /// Posts in each second, of all clients together.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
    /// The server's binary.
    #[arg(long, env = "PARLOR_BIN", value_name = "FILE")]
    pub server: PathBuf,
    /// A PostgreSQL server that can be spared. Left out: one is started.
    #[arg(long, env = "PARLOR_TEST_POSTGRES_URL", value_name = "URL", hide_env_values = true)]
    pub postgres: Option<String>,
    /// Keep the folder of each row (server's log, database) under this one.
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

/// Runs the rows.
///
/// # Errors
/// A row is not known, or could not be staged; what a row finds is no error.
pub async fn run(options: &Options) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for row in rows::chosen(&options.rows)? {
        for kind in [Kind::Sqlite, Kind::Postgres] {
            let wanted = options.database.is_none_or(|wanted| wanted == kind);
            if !wanted || !row.databases.contains(&kind) {
                continue;
            }
            let run = run_row(options, row, kind).await;
            report.rows.push(run.with_context(|| format!("{} on {kind}", row.id))?);
        }
    }
    Ok(report)
}

async fn run_row(options: &Options, row: &'static Row, kind: Kind) -> anyhow::Result<RowReport> {
    let mut report = RowReport::new(row, kind);
    let mut stage = round::Stage::set(options, row, kind).await?;
    for seed in (options.seed..).take(usize::try_from(options.rounds)?) {
        let outcome = stage.play(seed).await.with_context(|| format!("seed {seed}"))?;
        let outcome_line = report.add(seed, outcome);
        say(&format!("{} {kind} seed {seed}: {outcome_line}", row.id));
    }
    report.findings.extend(stage.strike().await?);
    Ok(report)
}

/// A line for whoever waits.
fn say(line: &str) {
    // Nobody may be listening any more; the report and the exit code tell it too.
    let _ = writeln!(io::stderr(), "{line}");
}
