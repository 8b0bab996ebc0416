//! Who tests the tester: each planted bug must be found by a named row, and the
//! same row must find nothing where no bug is planted.

use std::{collections::BTreeSet, fmt::Write as _, time::Instant};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, stream};
use parlor_domain::planted::Planted;
use serde::Serialize;

use super::{
    Kind, Options,
    rows::{self, Row},
    say,
};

/// A bug that is there is found within so many rounds.
const ROUNDS: u64 = 4;
/// What a broken server does not do is not waited for long, in seconds.
const PATIENCE: u64 = 6;

/// Readers that do not read, in F29: what one of them shows, a thousand show. What
/// each costs where no bug is planted takes more of them, as the rest of the process
/// moves too.
const SLEEPERS: u16 = 20;
const CLEAN_SLEEPERS: u16 = 100;

/// A bug, and what finds it.
struct Trial {
    bug: Planted,
    row: &'static str,
    /// Checks of which one at least must have a finding.
    checks: &'static [&'static str],
}

/// One for each bug.
const TRIALS: &[Trial] = &[
    Trial { bug: Planted::AckBeforeCommit, row: "F1", checks: &["L1"] },
    Trial { bug: Planted::PublishBeforeCommit, row: "F1", checks: &["L4"] },
    Trial { bug: Planted::IgnoreLagged, row: "F14-1", checks: &["C14"] },
    Trial { bug: Planted::DedupeOff, row: "F40-1", checks: &["L2"] },
    Trial { bug: Planted::CounterOutside, row: "F40-1", checks: &["L3"] },
    Trial { bug: Planted::ResumeOffByOne, row: "F39", checks: &["C7"] },
    Trial { bug: Planted::SnapshotBeforeSubscribe, row: "F39", checks: &["C7"] },
    Trial { bug: Planted::SynchronousOff, row: "F5", checks: &["C1"] },
    Trial { bug: Planted::DropAckOnDrain, row: "F31-1", checks: &["C15"] },
    Trial { bug: Planted::SkipMembershipRecheck, row: "S7-1", checks: &["L7"] },
    Trial { bug: Planted::UnboundedQueue, row: "F29", checks: &["C10", "C11"] },
    Trial { bug: Planted::RetrySwallowed, row: "F11", checks: &["C13"] },
];

/// How one trial went.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// The bug; `None` where the row was run without one.
    pub bug: Option<&'static str>,
    /// The row.
    pub row: &'static str,
    /// Checks that had findings.
    pub found_by: Vec<&'static str>,
    /// True where that is as it should be.
    pub is_ok: bool,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// Runs the trials of these bugs, all where none is named, and each of their
/// rows without a bug first. What the options say of rows is not heeded.
///
/// # Errors
/// A bug is not known, or a row could not be staged.
pub async fn run(options: &Options) -> anyhow::Result<Vec<Tried>> {
    let mut trials = Vec::new();
    for name in &options.rows {
        let trial = TRIALS.iter().find(|trial| trial.bug.name() == name);
        trials.push(trial.with_context(|| format!("there is no bug {name}"))?);
    }
    if trials.is_empty() {
        trials.extend(TRIALS);
    }
    let mut clean: Vec<&str> = trials.iter().map(|trial| trial.row).collect();
    if options.rows.is_empty() {
        // Rows that nothing else plays: only such a server has their fail points.
        clean.extend(rows::with_fail_points().map(|row| row.id));
    }
    clean.sort_unstable();
    clean.dedup();
    let clean = clean.into_iter().map(|row| (row, None));
    let attempts = clean.chain(trials.into_iter().map(|trial| (trial.row, Some(trial))));
    // A row that measures closely must not be disturbed where it shall find
    // nothing; where it shall, it may.
    let (alone, together): (Vec<_>, Vec<_>) = attempts
        .map(|(row, trial)| anyhow::Ok((row_of(row)?, trial)))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .partition(|(row, trial)| row.alone && trial.is_none());
    let mut tried = Vec::new();
    for (attempts, jobs) in [(together, options.jobs), (alone, 1)] {
        let attempt = |(row, trial)| attempt(options, row, trial);
        let attempts = stream::iter(attempts).map(attempt).buffered(jobs.into());
        tried.extend(attempts.collect::<Vec<_>>().await);
    }
    Ok(tried)
}

fn row_of(id: &str) -> anyhow::Result<&'static Row> {
    let row = rows::chosen(&[id.to_owned()], true)?[0];
    ensure!(row.databases.contains(&Kind::Sqlite), "{} does not run on SQLite", row.id);
    let hindrance = row.hindrance();
    ensure!(hindrance.is_none(), "{}: {}", row.id, hindrance.unwrap_or_default());
    Ok(row)
}

async fn attempt(options: &Options, row: &'static Row, trial: Option<&Trial>) -> Tried {
    let begun = Instant::now();
    let bug = trial.map(|trial| trial.bug.name());
    let options = Options {
        rounds: if bug.is_some() { ROUNDS } else { 1 },
        patience: if bug.is_some() { PATIENCE } else { options.patience },
        // Without a bug nothing shall be found, however busy the machine is.
        unhurried: bug.is_none(),
        sleepers: if bug.is_some() { SLEEPERS } else { CLEAN_SLEEPERS },
        fail_points: true,
        bug: bug.map(str::to_owned),
        found_by: trial.map_or(&[], |trial| trial.checks),
        ..options.clone()
    };
    let bug_named = bug.unwrap_or("no bug");
    // A bug may break the server so much that the row does not get through: a
    // finding of the row's own, but not as it was meant to be found.
    let report = super::run_row(&options, row, Kind::Sqlite).await;
    let at_the_end = report.findings.iter().map(|finding| finding.check);
    let all: BTreeSet<_> = report.found_by.iter().copied().chain(at_the_end).collect();
    let found_by = Vec::from_iter(all);
    say(&format!("{} with {bug_named}: {found_by:?}", row.id));
    let is_ok = match trial {
        None => found_by.is_empty(),
        Some(trial) => trial.checks.iter().any(|check| found_by.contains(check)),
    };
    Tried { bug, row: row.id, found_by, is_ok, seconds: begun.elapsed().as_secs_f64() }
}

/// A table of trials.
pub fn to_markdown(tried: &[Tried]) -> String {
    let mut text =
        "| bug | row | found by | seconds | result |\n|---|---|---|---:|---|\n".to_owned();
    for Tried { bug, row, found_by, is_ok, seconds } in tried {
        let result = match (bug, is_ok) {
            (None, true) => "ok",
            (None, false) => "**broken without a bug**",
            (Some(_), true) => "caught",
            (Some(_), false) => "**not caught**",
        };
        let bug = bug.unwrap_or("none");
        // Writing to a String does not fail.
        let _ =
            writeln!(text, "| {bug} | {row} | {} | {seconds:.0} | {result} |", found_by.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_has_a_row_that_finds_it() {
        for bug in Planted::ALL.iter().filter(|planted| planted.is_bug()) {
            assert!(TRIALS.iter().any(|trial| trial.bug == *bug), "{bug:?} has no trial");
        }
        assert!(TRIALS.len() >= 12);
        for trial in TRIALS {
            let row = rows::chosen(&[trial.row.to_owned()], true).expect("a row")[0];
            assert!(row.databases.contains(&Kind::Sqlite) && !trial.checks.is_empty());
        }
    }
}
