//! Log lines: on standard error, for people or for programs.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Log, LogFormat};

/// Begins to log as configured.
pub(crate) fn start(config: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.filter)
        .with_context(|| format!("log.filter: {:?} is not a filter", config.filter))?;
    let is_human = match config.format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    if is_human {
        registry.with(lines.with_ansi(std::io::stderr().is_terminal())).try_init()?;
    } else {
        registry.with(lines.json().flatten_event(true)).try_init()?;
    }
    Ok(())
}
