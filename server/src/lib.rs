//! The one binary `parlor`: all services in one process, their configuration,
//! their sockets and certificates, their beginning and their end.

mod admin;
mod admission;
mod certificates;
mod cli;
pub mod config;
mod data_folder;
mod first_admin;
mod http;
mod http3;
mod lifecycle;
mod listeners;
mod parlor;
mod talk;
mod telemetry;
mod welcome;
mod wiring;

use std::{io::Write as _, pin::pin, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use parlor_domain::SystemClock;
use tokio_util::sync::CancellationToken;

pub use certificates::CertificateError;
pub use cli::Cli;
pub use data_folder::DataFolderError;
pub use first_admin::FirstAdminError;
pub use lifecycle::Crashed;
pub use listeners::ListenError;
pub use parlor::{LoadError, Parlor};
pub use welcome::WelcomeError;

use crate::{cli::Command, config::Config, lifecycle::Signals};

/// Threads that are busy when the server ends are left behind after this time.
const THREADS: Duration = Duration::from_millis(200);

/// Chooses the one implementation of cryptography. To be called first thing in
/// a process; a second call changes nothing.
pub fn install_crypto_provider() {
    // An error only says that one was chosen before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Does what the command line says, and tells how it went.
pub fn run(cli: Cli) -> ExitCode {
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .and_then(|runtime| {
            let done = runtime.block_on(command(cli));
            runtime.shutdown_timeout(THREADS);
            done
        });
    done.unwrap_or_else(|error| {
        // Standard error may be closed; there is nobody else to tell.
        let _ = writeln!(std::io::stderr(), "parlor: {error:#}");
        ExitCode::FAILURE
    })
}

async fn command(cli: Cli) -> anyhow::Result<ExitCode> {
    let serve = match cli.command {
        None => cli.serve,
        Some(Command::Serve(serve)) => *serve,
        Some(Command::Talk(talk)) => return talk::run(*talk).await,
        Some(Command::Admin(admin)) => return admin::run(*admin).await,
    };
    let config = Config::load(serve.flags, serve.config.as_deref())?;
    telemetry::start(&config.log)?;
    for planted in parlor_domain::planted::all_planted() {
        tracing::error!(planted = planted.name(), "THIS SERVER IS BROKEN ON PURPOSE");
    }
    let mut signals = Signals::listen().context("cannot listen to signals")?;
    let parlor = tokio::select! {
        loaded = Parlor::load(config, Arc::new(SystemClock)) => loaded?,
        () = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    announce(&parlor);

    let shutdown = CancellationToken::new();
    let mut running = pin!(parlor.run(shutdown.clone()));
    tokio::select! {
        ended = running.as_mut() => ended?,
        () = signals.next() => shutdown.cancel(),
    }
    if shutdown.is_cancelled() {
        tokio::select! {
            ended = running => ended?,
            () = signals.next() => anyhow::bail!("told a second time to stop: stopped at once"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says on standard output where the server is: one line for programs, one for
/// people.
fn announce(parlor: &Parlor) {
    let scheme = if parlor.is_https() { "https" } else { "http" };
    let mut lines = format!("listening on {scheme}://{}\n", parlor.address());
    if let Some(address) = parlor.http3_address() {
        lines += &format!("HTTP/3 on {address}\n");
    }
    if let Some(address) = parlor.internal_address() {
        lines += &format!("internal services on {address}\n");
    }
    lines += &format!("Parlor is ready: {}\n", parlor.url());
    if let Some(claim) = parlor.claim_url() {
        lines += &format!("It has no admin yet. Whoever opens this within a day is: {claim}\n");
    }
    // Nobody may be reading, which is no reason to stop.
    let _ = std::io::stdout().lock().write_all(lines.as_bytes());
}
