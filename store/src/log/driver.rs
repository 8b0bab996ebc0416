//! The task that commits: it takes what has queued, writes it in one
//! transaction, answers, and goes on. Nothing waits for a timer.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use parlor_domain::{Clock, Command, Refusal, limits};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

use crate::{Done, StoreError, backend::Backend, error::Fault, postgres, sqlite};

/// A database that hangs is given up after this time, so that the callers are
/// answered within theirs and the next transaction finds another connection.
const TRANSACTION_DEADLINE: Duration = Duration::from_millis(1_500);
/// How often a transaction that lost a race is tried.
const TRIES: u32 = 4;

type Results = Vec<Result<Done, Refusal>>;

/// The commands of one caller.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) commands: Vec<Command>,
    pub(super) answer: oneshot::Sender<Result<Results, StoreError>>,
}

/// Gathers the batches of many callers into one transaction each time.
#[derive(Debug)]
pub struct LogDriver {
    backend: Backend,
    clock: Arc<dyn Clock>,
    batches: mpsc::Receiver<Batch>,
    /// Taken from the queue, but too big for the transaction before.
    held: Option<Batch>,
    counters: Arc<Counters>,
}

/// What was committed since the start: how well transactions are shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStats {
    /// Transactions.
    pub transactions: u64,
    /// Commands decided in them.
    pub commands: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    transactions: AtomicU64,
    commands: AtomicU64,
}

impl Counters {
    fn add(&self, commands: usize) {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.commands.fetch_add(commands as u64, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> LogStats {
        LogStats {
            transactions: self.transactions.load(Ordering::Relaxed),
            commands: self.commands.load(Ordering::Relaxed),
        }
    }
}

/// Why a transaction did not happen, or may have happened unseen.
#[derive(Debug)]
struct Failure {
    fault: Fault,
    message: String,
}

impl Failure {
    fn error(&self) -> StoreError {
        self.fault.error(self.message.clone())
    }
}

impl LogDriver {
    pub(super) fn new(
        backend: Backend,
        clock: Arc<dyn Clock>,
        batches: mpsc::Receiver<Batch>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { backend, clock, batches, held: None, counters }
    }

    /// Commits until the last [`crate::Log`] is dropped and all it took is
    /// answered. Ends early only after an fsync failed (C17): what is on disk is
    /// unknown from then on, and the process must not go on.
    pub async fn run(mut self) {
        while let Some(group) = self.gather().await {
            if self.commit(group).await == Some(Fault::Fsync) {
                tracing::error!("an fsync failed: the log ends, what it wrote last is unknown");
                return;
            }
        }
    }

    /// Waits for one batch, then takes what else has queued.
    async fn gather(&mut self) -> Option<Vec<Batch>> {
        let first = match self.held.take() {
            Some(batch) => batch,
            None => self.batches.recv().await?,
        };
        let mut commands = first.commands.len();
        let mut group = vec![first];
        while let Ok(next) = self.batches.try_recv() {
            commands += next.commands.len();
            if commands > limits::COMMIT_COMMANDS {
                self.held = Some(next);
                break;
            }
            group.push(next);
        }
        // Whoever does not wait any more was told that the outcome is unknown.
        group.retain(|batch| !batch.answer.is_closed());
        Some(group)
    }

    /// Commits a group and answers everybody in it.
    async fn commit(&self, mut group: Vec<Batch>) -> Option<Fault> {
        let mut commands = Vec::new();
        let mut sizes = Vec::new();
        for batch in &mut group {
            sizes.push(batch.commands.len());
            commands.append(&mut batch.commands);
        }
        let answers = group.into_iter().map(|batch| batch.answer).zip(sizes);
        match self.attempt(&commands).await {
            Ok(mut results) => {
                for (answer, size) in answers {
                    let rest = results.split_off(size.min(results.len()));
                    // A caller that has gone will ask again.
                    let _ = answer.send(Ok(mem::replace(&mut results, rest)));
                }
                None
            }
            // One of the commands is poison: the others must not suffer.
            Err(Failure { fault: Fault::Other, .. }) if answers.len() > 1 => {
                let mut rest = commands.as_slice();
                for (answer, size) in answers {
                    let (alone, others) = rest.split_at(size);
                    rest = others;
                    let result = self.attempt(alone).await;
                    let _ = answer.send(result.map_err(|failure| failure.error()));
                }
                None
            }
            Err(failure) => {
                for (answer, _) in answers {
                    let _ = answer.send(Err(failure.error()));
                }
                Some(failure.fault)
            }
        }
    }

    /// One transaction, tried again where it lost a race.
    async fn attempt(&self, commands: &[Command]) -> Result<Results, Failure> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let deadline = Instant::now() + TRANSACTION_DEADLINE;
        let mut tries = 1;
        let failure = loop {
            match timeout_at(deadline, self.transaction(commands)).await {
                Ok(Ok(results)) => {
                    self.counters.add(commands.len());
                    return Ok(results);
                }
                Ok(Err(error)) => match Fault::of(&error) {
                    Fault::Race if tries < TRIES => tries += 1,
                    fault => break Failure { fault, message: error.to_string() },
                },
                Err(_) => {
                    break Failure { fault: Fault::Away, message: "no answer in time".into() };
                }
            }
        };
        tracing::warn!(error = failure.message, commands = commands.len(), "a commit failed");
        Err(failure)
    }

    fn transaction<'a>(&'a self, commands: &'a [Command]) -> BoxFuture<'a, sqlx::Result<Results>> {
        let now = self.clock.now();
        match &self.backend {
            Backend::Sqlite(db) => Box::pin(sqlite::sql::log::commit(db, commands, now)),
            Backend::Postgres(db) => Box::pin(postgres::sql::log::commit(db, commands, now)),
        }
    }
}
