//! Tasks that must run for as long as the server does, and the signals that end
//! it.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
};

use futures_util::FutureExt as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A task that the server cannot do without ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task `{0}` ended before its time")]
pub struct Crashed(pub &'static str);

/// The tasks of a server. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    crashed: Arc<OnceLock<Crashed>>,
}

impl Tasks {
    /// Tells when shutdown begins, whoever began it.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Runs a task that must outlive everything else: where it panics, or ends
    /// before shutdown began, shutdown begins and the exit code tells.
    pub(crate) fn spawn_vital(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let tasks = self.clone();
        self.tracker.spawn(async move {
            let ended = AssertUnwindSafe(task).catch_unwind().await;
            if ended.is_err() || !tasks.stopping.is_cancelled() {
                tracing::error!(task = name, panicked = ended.is_err(), "a vital task ended");
                let _ = tasks.crashed.set(Crashed(name));
                tasks.stopping.cancel();
            }
        });
    }

    /// Runs a task that lasts until shutdown begins.
    pub(crate) fn spawn_until_stopping(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let stopping = self.stopping.clone();
        self.spawn_vital(name, async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Further tasks of the same server, which are waited for apart.
    pub(crate) fn group(&self) -> Self {
        Self { tracker: TaskTracker::new(), ..self.clone() }
    }

    /// For tasks that look after themselves.
    pub(crate) const fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// Waits until every task has ended.
    pub(crate) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// The first task that ended before its time.
    pub(crate) fn outcome(&self) -> Result<(), Crashed> {
        self.crashed.get().cloned().map_or(Ok(()), Err)
    }
}

/// SIGTERM and SIGINT, in the order they come.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_vital_task_that_panics_begins_shutdown_and_the_outcome_tells() {
        let tasks = Tasks::default();
        tasks.spawn_until_stopping("well", std::future::pending());
        tasks.spawn_vital("ill", async { panic!("a planted fault") });
        tasks.stopping().cancelled().await;
        tasks.ended().await;
        assert_eq!(tasks.outcome(), Err(Crashed("ill")));
    }

    #[tokio::test]
    async fn a_vital_task_that_ends_early_is_a_crash_and_one_that_ends_late_is_not() {
        let tasks = Tasks::default();
        let stopping = tasks.stopping().clone();
        tasks.spawn_vital("well", async move { stopping.cancelled().await });
        tasks.stopping().cancel();
        tasks.ended().await;
        assert_eq!(tasks.outcome(), Ok(()));

        let tasks = Tasks::default();
        tasks.spawn_vital("ill", async {});
        tasks.ended().await;
        assert_eq!(tasks.outcome(), Err(Crashed("ill")));

        let tasks = Tasks::default();
        tasks.stopping().cancel();
        tasks.spawn_vital("ill", async { panic!("a planted fault") });
        tasks.ended().await;
        assert_eq!(tasks.outcome(), Err(Crashed("ill")), "a panic is a crash at any time");
    }
}
