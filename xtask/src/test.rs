//! `cargo xtask test`: runs the stages, shows what went wrong, ends with the table.

use std::process::ExitCode;
use std::time::Instant;

use crate::args::TestOptions;
use crate::counts::Counts;
use crate::error::Error;
use crate::shell::{Log, say};
use crate::stage::{Context, Outcome, Report, Stage};
use crate::workspace::Workspace;
use crate::{stages, table};

/// How much of a failed stage's log is shown.
const TAIL_LINES: usize = 120;

pub(crate) fn run(workspace: Workspace, options: &TestOptions) -> Result<ExitCode, Error> {
    let chosen = choose(stages::ALL, &options.only)?;
    let mut context = Context {
        workspace,
        may_provision: !options.no_provision,
        require_all: options.require_all,
        postgres: None,
        bucket: None,
        chromium: None,
    };
    let reports = chosen
        .into_iter()
        .map(|stage| run_stage(stage, &mut context))
        .collect::<Result<Vec<_>, _>>()?;
    drop(context);
    say(&format!("\n{}", table::results(&reports)));
    Ok(verdict(&reports, options.require_all))
}

/// The stages named by `--only`, in their own order; all of them where none is named.
fn choose<'a>(all: &'a [Stage], only: &[String]) -> Result<Vec<&'a Stage>, Error> {
    if let Some(wrong) = only.iter().find(|name| all.iter().all(|stage| stage.name != **name)) {
        let list = table::stage_list(all);
        return Err(Error::Usage(format!("there is no stage `{wrong}`; there are:\n{list}")));
    }
    let wanted = |stage: &&Stage| only.is_empty() || only.iter().any(|name| name == stage.name);
    Ok(all.iter().filter(wanted).collect())
}

fn run_stage(stage: &Stage, context: &mut Context) -> Result<Report, Error> {
    say(&format!("{:<10} ", stage.name));
    let mut log = Log::create(&context.workspace.scratch(), stage.name)?;
    let start = Instant::now();
    let outcome = Outcome::from((stage.run)(context, &mut log));
    let took = start.elapsed();
    let text = log.text()?;
    let seconds = took.as_secs_f64();
    say(&match &outcome {
        Outcome::Passed => format!("ok       {seconds:>7.1} s\n"),
        Outcome::Skipped { cure } => format!("SKIPPED  {cure}\n"),
        Outcome::Failed(error) => {
            let (path, end) = (log.path().display(), tail(&text));
            format!("FAILED   {seconds:>7.1} s\n{error}\n---- the end of {path} ----\n{end}----\n")
        }
    });
    Ok(Report { name: stage.name, outcome, took, counts: Counts::read(&text) })
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines[from..].iter().map(|line| format!("{line}\n")).collect()
}

fn verdict(reports: &[Report], require_all: bool) -> ExitCode {
    let good = reports.iter().all(|report| match report.outcome {
        Outcome::Passed => true,
        Outcome::Skipped { .. } => !require_all,
        Outcome::Failed(_) => false,
    });
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn report(outcome: Outcome) -> Report {
        Report { name: "x", outcome, took: Duration::ZERO, counts: Counts::default() }
    }

    #[test]
    fn a_failure_always_fails_and_a_skip_only_where_all_is_required() {
        let skipped = || report(Err(Error::Missing(String::new())).into());
        let failed = || report(Err(Error::Rule(Vec::new())).into());
        assert_eq!(verdict(&[skipped()], false), ExitCode::SUCCESS);
        assert_eq!(verdict(&[skipped()], true), ExitCode::FAILURE);
        assert_eq!(verdict(&[report(Outcome::Passed), failed()], false), ExitCode::FAILURE);
    }

    #[test]
    fn only_keeps_the_order_of_the_stages_and_refuses_unknown_names() {
        let only = ["tidy".to_owned(), "fmt".to_owned()];
        let names: Vec<_> =
            choose(stages::ALL, &only).unwrap().iter().map(|stage| stage.name).collect();
        assert_eq!(names, ["fmt", "tidy"]);
        assert!(choose(stages::ALL, &["nothing".to_owned()]).is_err());
    }

    #[test]
    fn the_tail_of_a_long_log_is_its_end() {
        let log: String = (0..500).map(|n| format!("{n}\n")).collect();
        let shown = tail(&log);
        assert!(shown.starts_with("380\n") && shown.ends_with("499\n"), "{shown}");
    }
}
