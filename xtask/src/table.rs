//! The table at the end of a test run, and the list of stages.

use std::fmt::Write;

use crate::counts::Counts;
use crate::stage::{Outcome, Report, Stage};

/// One line for each stage, then how many stages and tests there were.
pub(crate) fn results(reports: &[Report]) -> String {
    let names = reports.iter().map(|report| report.name.len());
    let width = names.chain(["stage".len()]).max().unwrap_or(0);
    let mut text = format!("{:<width$}  result   seconds  tests\n", "stage");
    let (mut ok, mut failed, mut skipped) = (0, 0, 0);
    let mut counts = Counts::default();
    for report in reports {
        let (word, note) = match &report.outcome {
            Outcome::Passed => {
                ok += 1;
                ("ok", None)
            }
            Outcome::Skipped { cure } => {
                skipped += 1;
                ("SKIPPED", Some(cure.clone()))
            }
            Outcome::Failed(error) => {
                failed += 1;
                ("FAILED", error.to_string().lines().next().map(str::to_owned))
            }
        };
        counts += report.counts;
        let tests = match report.counts {
            none if none.is_empty() => String::new(),
            Counts { passed, failed: 0 } => passed.to_string(),
            Counts { passed, failed } => format!("{passed} and {failed} bad"),
        };
        let seconds = report.took.as_secs_f64();
        let line = format!("{:<width$}  {word:<7}  {seconds:>7.1}  {tests}", report.name);
        let _ = writeln!(text, "{}", line.trim_end());
        if let Some(note) = note {
            let _ = writeln!(text, "{:<width$}  {note}", "");
        }
    }
    let total: f64 = reports.iter().map(|report| report.took.as_secs_f64()).sum();
    let _ = writeln!(text, "{ok} stages ok, {failed} not, {skipped} skipped, in {total:.0} s");
    let _ = writeln!(text, "{} passed, {} failed", counts.passed, counts.failed);
    text
}

/// The stages in their order.
pub(crate) fn stage_list(stages: &[Stage]) -> String {
    let width = stages.iter().map(|stage| stage.name.len()).max().unwrap_or(0);
    stages.iter().map(|stage| format!("{:<width$}  {}\n", stage.name, stage.about)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Error;

    #[test]
    fn the_table_shows_cures_reasons_and_the_sum_of_the_tests() {
        let report = |name, outcome: Result<(), Error>, passed, failed| Report {
            name,
            outcome: outcome.into(),
            took: Duration::from_millis(1500),
            counts: Counts { passed, failed },
        };
        let text = results(&[
            report("fmt", Ok(()), 0, 0),
            report("browser", Err(Error::Missing("install Chromium".to_owned())), 0, 0),
            report("rust", Err(Error::Rule(vec!["no".to_owned()])), 10, 2),
            report("web", Ok(()), 5, 0),
        ]);
        let want = "\
stage    result   seconds  tests
fmt      ok           1.5
browser  SKIPPED      1.5
         install Chromium
rust     FAILED       1.5  10 and 2 bad
         no
web      ok           1.5  5
2 stages ok, 1 not, 1 skipped, in 6 s
15 passed, 2 failed
";
        assert_eq!(text, want);
    }
}
