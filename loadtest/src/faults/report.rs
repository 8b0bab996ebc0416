//! What the rows found, for people and for programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Serialize;

use super::{database::Kind, process::Footprint, round::RoundOutcome, rows::Row};
use crate::ledger::{Finding, Verdict};

/// Findings in words, per row; all are counted.
const FINDINGS: usize = 20;

/// All rows of a run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// In the order they ran.
    pub rows: Vec<RowReport>,
    /// Rows that could not be run on this machine.
    pub skipped: Vec<Skipped>,
}

/// A row that could not be run on this machine.
#[derive(Debug, Serialize)]
pub struct Skipped {
    /// Its id in the plan.
    pub row: &'static str,
    /// What is missing.
    pub why: String,
}

/// All rounds of a row on one database.
#[derive(Debug, Serialize)]
pub struct RowReport {
    /// Its id in the plan.
    pub row: &'static str,
    /// The fault.
    pub fault: &'static str,
    /// On which database.
    pub database: Kind,
    /// Rounds played.
    pub rounds: u64,
    /// Seed of the first round; the others count up from it.
    pub first_seed: u64,
    /// Posts answered ok.
    pub answered: usize,
    /// See [`Verdict::lost`].
    pub lost: usize,
    /// See [`Verdict::duplicated`].
    pub duplicated: usize,
    /// See [`Verdict::reordered`].
    pub reordered: usize,
    /// See [`Verdict::unknown`].
    pub unknown: usize,
    /// See [`Verdict::leaked`].
    pub leaked: usize,
    /// The longest of each kind of wait, in milliseconds.
    pub longest_ms: BTreeMap<&'static str, u64>,
    /// The most of each kind of thing.
    pub most: BTreeMap<&'static str, u64>,
    /// What the server took without clients (L9): after the first round, and
    /// after the last. Left out where there was but one round.
    pub footprints: Option<(Footprint, Footprint)>,
    /// Seeds of rounds with findings.
    pub failed_seeds: Vec<u64>,
    /// Checks that had findings in any round.
    pub found_by: BTreeSet<&'static str>,
    /// The first findings.
    pub findings: Vec<Finding>,
}

impl RowReport {
    pub(crate) fn new(row: &Row, database: Kind) -> Self {
        Self {
            row: row.id,
            fault: row.fault,
            database,
            rounds: 0,
            first_seed: 0,
            answered: 0,
            lost: 0,
            duplicated: 0,
            reordered: 0,
            unknown: 0,
            leaked: 0,
            longest_ms: BTreeMap::new(),
            most: BTreeMap::new(),
            footprints: None,
            failed_seeds: Vec::new(),
            found_by: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// Adds a round; returns it in one line.
    pub(crate) fn add(&mut self, seed: u64, outcome: RoundOutcome) -> String {
        let RoundOutcome { verdict, notes } = outcome;
        if self.rounds == 0 {
            self.first_seed = seed;
        }
        self.rounds += 1;
        self.answered += verdict.answered;
        self.lost += verdict.lost;
        self.duplicated += verdict.duplicated;
        self.reordered += verdict.reordered;
        self.unknown += verdict.unknown;
        self.leaked += verdict.leaked;
        for (what, took) in &notes.measures {
            let longest = self.longest_ms.entry(what).or_default();
            *longest = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(*longest);
        }
        for (what, many) in &notes.counts {
            let most = self.most.entry(what).or_default();
            *most = (*most).max(*many);
        }
        let mut line = one_line(&verdict);
        for (what, many) in &notes.counts {
            // Writing to a String does not fail.
            let _ = write!(line, ", {many} {what}");
        }
        for (what, took) in &notes.measures {
            // Writing to a String does not fail.
            let _ = write!(line, ", {what} {} ms", took.as_millis());
        }
        if !verdict.is_ok() || !notes.findings.is_empty() {
            self.failed_seeds.push(seed);
        }
        // What the row saw for itself first: it says the most.
        for finding in notes.findings.into_iter().chain(verdict.findings) {
            let _ = write!(line, "\n  {finding}");
            self.found_by.insert(finding.check);
            if self.findings.len() < FINDINGS {
                self.findings.push(finding);
            }
        }
        line
    }

    /// True where one of these checks had a finding; of no checks, any.
    pub(crate) fn is_found_by(&self, checks: &[&str]) -> bool {
        let found = |check: &&&str| checks.is_empty() || checks.contains(*check);
        self.found_by.iter().any(|check| found(&check))
    }

    /// True where every promise was kept.
    pub fn is_ok(&self) -> bool {
        self.failed_seeds.is_empty() && self.findings.is_empty()
    }
}

fn one_line(verdict: &Verdict) -> String {
    let Verdict { answered, lost, duplicated, reordered, unknown, leaked, .. } = verdict;
    let result = if verdict.is_ok() { "ok" } else { "BROKEN" };
    format!(
        "{result}: {answered} answered, {lost} lost, {duplicated} duplicated, \
         {reordered} reordered, {unknown} unknown, {leaked} leaked"
    )
}

impl Report {
    /// True where every promise was kept.
    pub fn is_ok(&self) -> bool {
        self.rows.iter().all(RowReport::is_ok)
    }

    /// A table, and the findings below it.
    pub fn to_markdown(&self) -> String {
        let mut text = "| row | fault | database | rounds | seeds | answered \
                        | lost | duplicated | reordered | unknown | longest waits | MiB, files \
                        | result |\n\
                        |---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
        for row in &self.rows {
            let last_seed = row.first_seed + row.rounds.saturating_sub(1);
            let waits = row.longest_ms.iter().map(|(what, ms)| format!("{what} {ms} ms"));
            let most = row.most.iter().map(|(what, many)| format!("{many} {what}"));
            let waits: Vec<String> = waits.chain(most).collect();
            let result = if row.is_ok() { "ok" } else { "**broken**" };
            let took = |at: Footprint| format!("{}, {}", at.rss_kib / 1024, at.files);
            let footprints =
                row.footprints.map(|(first, last)| format!("{} to {}", took(first), took(last)));
            let RowReport { row: id, fault, database, rounds, first_seed, answered, .. } = row;
            let RowReport { lost, duplicated, reordered, unknown, .. } = row;
            // Writing to a String does not fail.
            let _ = writeln!(
                text,
                "| {id} | {fault} | {database} | {rounds} | {first_seed}..={last_seed} \
                 | {answered} | {lost} | {duplicated} | {reordered} | {unknown} | {} | {} | {result} |",
                waits.join(", "),
                footprints.unwrap_or_default(),
            );
        }
        for Skipped { row, why } in &self.skipped {
            let _ = writeln!(text, "\n{row} was skipped: {why}");
        }
        for row in self.rows.iter().filter(|row| !row.is_ok()) {
            let _ =
                writeln!(text, "\n{} on {}, seeds {:?}:", row.row, row.database, row.failed_seeds);
            for finding in &row.findings {
                let _ = writeln!(text, "- {finding}");
            }
        }
        text
    }
}
