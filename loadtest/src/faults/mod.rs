//! Fault runs: a real server with its database, real clients on all lanes that
//! post and follow, one fault at a seeded moment, and then the ledger.

mod bare;
mod clock;
mod crowd;
mod database;
mod http;
pub mod planted;
mod play;
mod postgres;
mod process;
mod report;
mod round;
pub mod rows;
mod scene;
mod sleeper;
mod tools;
mod trace;
mod watch;

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};

pub use database::Kind;
pub use process::Footprint;
pub use report::{Report, RowReport, Skipped};
use rows::Row;

use crate::ledger::Finding;

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
    /// Readers that do not read (F29); half of them on WebSocket, half on QUIC.
    #[arg(long, default_value_t = 1_000)]
    pub sleepers: u16,
    /// Clients that come back all at once (F30).
    #[arg(long, default_value_t = 2_000)]
    pub herd: u16,
    /// Rows that run beside each other; those that measure closely run after them,
    /// alone.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// Two rounds of everything, with small crowds, several rows at once, and three
    /// at once of those that measure closely: what belongs to every test run. Takes
    /// the place of the numbers above, and is unhurried: rows disturb each other.
    #[arg(long)]
    pub short: bool,
    /// Every wait may take four times as long as is promised, and how far the p99
    /// of others moves is measured and not judged: for a machine that does other
    /// things too.
    #[arg(long)]
    pub unhurried: bool,
    /// A row that cannot be run here is a failure.
    #[arg(long)]
    pub require_all: bool,
    /// The server's binary.
    #[arg(long, env = "PARLOR_BIN", value_name = "FILE")]
    pub server: PathBuf,
    /// A PostgreSQL server that can be spared. Left out: one is started.
    #[arg(long, env = "PARLOR_TEST_POSTGRES_URL", value_name = "URL", hide_env_values = true)]
    pub postgres: Option<String>,
    /// How long to wait for answers and views that do not come, in seconds.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub patience: u64,
    /// The server was built with the feature `planted`: rows that need its fail
    /// points run too.
    #[arg(long)]
    pub fail_points: bool,
    /// Plant this bug in such a server, and stop at the first round that finds
    /// it.
    #[arg(long, value_name = "NAME")]
    pub bug: Option<String>,
    /// Checks that find it; empty: any.
    #[arg(skip)]
    pub found_by: &'static [&'static str],
    /// Keep the folder of each row (server's log, database) under this one.
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

impl Options {
    /// The numbers of a short run, where that is asked for.
    fn shortened(&self) -> Self {
        let mut options = self.clone();
        if self.short {
            options.rounds = 2;
            (options.clients, options.rooms, options.rate) = (6, 3, 40);
            (options.sleepers, options.herd) = (100, 100);
            (options.jobs, options.unhurried) = (8, true);
        }
        options
    }
}

/// Runs the rows.
///
/// # Errors
/// A row is not known. What a row finds is no error, nor that it could not be staged.
pub async fn run(options: &Options) -> anyhow::Result<Report> {
    let options = &options.shortened();
    let mut report = Report::default();
    let mut runs = Vec::new();
    for row in rows::chosen(&options.rows, options.fail_points)? {
        if let Some(why) = row.hindrance() {
            say(&format!("{} is skipped: {why}", row.id));
            report.skipped.push(Skipped { row: row.id, why });
            continue;
        }
        for kind in [Kind::Sqlite, Kind::Postgres] {
            let wanted = options.database.is_none_or(|wanted| wanted == kind);
            if wanted && row.databases.contains(&kind) {
                runs.push((row, kind));
            }
        }
    }
    let (alone, together): (Vec<_>, Vec<_>) = runs.into_iter().partition(|(row, _)| row.alone);
    // In short they are not judged so closely, and leave most of the machine idle.
    let company = if options.short { 3 } else { 1 };
    for (runs, jobs) in [(together, options.jobs), (alone, company)] {
        let run = |(row, kind)| run_row(options, row, kind);
        let mut reports = stream::iter(runs).map(run).buffer_unordered(jobs.into());
        while let Some(row) = reports.next().await {
            report.rows.push(row);
        }
    }
    // In the order of the plan, whoever came first.
    let place = |id: &str| rows::ALL.iter().position(|row| row.id == id);
    report.rows.sort_by_key(|row| (place(row.row), row.database == Kind::Postgres));
    Ok(report)
}

async fn run_row(options: &Options, row: &'static Row, kind: Kind) -> RowReport {
    let mut report = RowReport::new(row, kind);
    // What goes wrong on the stage itself ends this row, and no other.
    if let Err(error) = play_row(options, row, kind, &mut report).await {
        say(&format!("{} {kind}: {error:#}", row.id));
        report.findings.push(Finding { check: "row", what: format!("{error:#}") });
    }
    report
}

async fn play_row(
    options: &Options,
    row: &'static Row,
    kind: Kind,
    report: &mut RowReport,
) -> anyhow::Result<()> {
    let set = round::Stage::set(options, row, kind).await;
    let mut stage = set.context("the stage could not be set")?;
    for round in 0..options.rounds {
        let seed = options.seed + round;
        let played = play(&mut stage, round, seed).await;
        let outcome = played.with_context(|| format!("seed {seed} could not be played"))?;
        let outcome_line = report.add(seed, outcome);
        say(&format!("{} {kind} seed {seed}: {outcome_line}", row.id));
        if options.bug.is_some() && report.is_found_by(options.found_by) {
            break;
        }
    }
    let end = stage.strike().await.context("the stage could not be struck")?;
    for finding in &end.findings {
        say(&format!("{} {kind}, in the end: {finding}", row.id));
    }
    report.findings.extend(end.findings);
    report.footprints = end.footprints;
    Ok(())
}

async fn play(
    stage: &mut round::Stage,
    round: u64,
    seed: u64,
) -> anyhow::Result<round::RoundOutcome> {
    if round == 1 {
        stage.take_baseline().await?;
    }
    stage.play(seed).await
}

/// A line for whoever waits.
fn say(line: &str) {
    // Nobody may be listening any more; the report and the exit code tell it too.
    let _ = writeln!(io::stderr(), "{line}");
}
