//! A stage of `cargo xtask test`: its name, what it does, and how it ended.

use std::path::PathBuf;
use std::time::Duration;

use crate::bucket::Bucket;
use crate::counts::Counts;
use crate::error::Error;
use crate::postgres::Postgres;
use crate::shell::Log;
use crate::workspace::Workspace;

/// One named check, or a group of checks that need the same things.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    /// What it proves, in a few words.
    pub(crate) about: &'static str,
    /// [`Error::Missing`] means that the stage could not run here; any other error fails it.
    pub(crate) run: fn(&mut Context, &mut Log) -> Result<(), Error>,
}

/// How a stage ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed,
    /// It was not run, or not wholly; the cure says how to change that.
    Skipped {
        cure: String,
    },
    Failed(Error),
}

impl From<Result<(), Error>> for Outcome {
    fn from(result: Result<(), Error>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(Error::Missing(cure)) => Self::Skipped { cure },
            Err(error) => Self::Failed(error),
        }
    }
}

/// A finished stage.
pub(crate) struct Report {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
    pub(crate) counts: Counts,
}

/// What stages hand to later ones.
pub(crate) struct Context {
    pub(crate) workspace: Workspace,
    /// Whether missing servers and browsers may be fetched and started.
    pub(crate) may_provision: bool,
    /// Whether a test that lacks something must fail instead of skipping.
    pub(crate) require_all: bool,
    /// The database server of this run; it ends when this is dropped.
    pub(crate) postgres: Option<Postgres>,
    /// A bucket on a server of this run that speaks S3; it ends when this is dropped.
    pub(crate) bucket: Option<Bucket>,
    pub(crate) chromium: Option<PathBuf>,
}
