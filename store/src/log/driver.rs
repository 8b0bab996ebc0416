//! The task that commits: it takes what has queued, writes it in one
//! transaction, answers, and goes on. Nothing waits for a timer.

use std::{
    collections::BTreeSet,
    future::pending,
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use parlor_domain::{
    Change, Clock, Command, LogId, Refusal, limits,
    planted::{Planted, planted},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::facts::Needs;
use crate::{
    Done, StoreError,
    backend::Backend,
    error::Fault,
    postgres, search,
    sqlite::{self, Mark},
};

/// A database that hangs is given up after this time, so that the callers are
/// answered within theirs and the next transaction finds another connection.
const TRANSACTION_DEADLINE: Duration = Duration::from_millis(1_500);
/// Between an answer that a planted bug gives too early and the commit.
const PLANTED_DELAY: Duration = Duration::from_millis(100);
/// How often a transaction that lost a race is tried.
const TRIES: u32 = 4;
/// Batches that wait for a log that somebody else holds, each in a transaction
/// of its own: half of the connections to PostgreSQL.
const ASIDE: usize = 4;
/// Further ones are tried again this often, as long as their callers wait: another
/// node holds a log for as long as a commit takes.
const LATER: Duration = Duration::from_millis(20);

/// Whether a transaction waits for logs that somebody else holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It gives up at once, and says which they are.
    None,
    /// As long as the database lets it.
    Some,
}

type Results = Vec<Result<Done, Refusal>>;
/// What became of a transaction: done, or these logs are held by others.
type Attempt = Result<Results, BTreeSet<LogId>>;

/// The commands of one caller.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) commands: Vec<Command>,
    pub(super) answer: oneshot::Sender<Result<Results, StoreError>>,
}

/// Gathers the batches of many callers into one transaction each time.
#[derive(Debug)]
pub struct LogDriver {
    writer: Writer,
    /// Where the database can be replaced behind our back.
    mark: Option<Mark>,
    batches: mpsc::Receiver<Batch>,
    /// Taken from the queue, but too big for the transaction before.
    held: Option<Batch>,
    /// Batches that wait for a log that somebody else holds (C12).
    aside: JoinSet<Option<Fault>>,
    /// Batches that found no place there, and when they are tried again.
    later: Vec<Batch>,
    later_at: Instant,
}

/// What carries transactions out.
#[derive(Clone, Debug)]
struct Writer {
    backend: Backend,
    clock: Arc<dyn Clock>,
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
        mark: Option<Mark>,
        clock: Arc<dyn Clock>,
        batches: mpsc::Receiver<Batch>,
        counters: Arc<Counters>,
    ) -> Self {
        let writer = Writer { backend, clock, counters };
        let (aside, later, later_at) = (JoinSet::new(), Vec::new(), Instant::now());
        Self { writer, mark, batches, held: None, aside, later, later_at }
    }

    /// Commits until the last [`crate::Log`] is dropped and all it took is
    /// answered; beside that, puts messages into the index that are older than it.
    /// Ends early only after an fsync failed (C17): what is on disk is unknown from
    /// then on, and the process must not go on.
    pub async fn run(self) {
        let filled = search::fill(self.writer.backend.clone());
        let fill = async {
            filled.await;
            pending::<()>().await;
        };
        tokio::select! {
            () = self.commit_all() => {}
            () = fill => {}
        }
    }

    async fn commit_all(mut self) {
        loop {
            let gathered = tokio::select! {
                Some(waited) = self.aside.join_next() => Err(waited.ok().flatten()),
                () = sleep_until(self.later_at), if !self.later.is_empty() => {
                    Ok(Some(as_many_as_fit(&mut self.later)))
                }
                group = gather(&mut self.held, &mut self.batches) => Ok(group),
            };
            let fault = match gathered {
                Ok(Some(mut group)) => {
                    // Whoever does not wait any more was told that the outcome is unknown.
                    group.retain(|batch| !batch.answer.is_closed());
                    self.commit(group).await
                }
                // All callers have gone.
                Ok(None) => break,
                Err(fault) => fault,
            };
            if fault == Some(Fault::Fsync) {
                tracing::error!("an fsync failed: the log ends, what it wrote last is unknown");
                return;
            }
            if let Some(mark) = &mut self.mark {
                mark.committed().await;
            }
        }
        if let Some(mark) = &mut self.mark {
            mark.end().await;
        }
        while self.aside.join_next().await.is_some() {}
    }

    /// Commits a group and answers everybody in it, but for those whose log
    /// somebody else holds: they wait aside, so that nobody waits for them.
    async fn commit(&mut self, mut group: Vec<Batch>) -> Option<Fault> {
        loop {
            match self.writer.commit(group, Patience::None).await {
                Ok(fault) => return fault,
                Err(Held { group: whole, logs }) => {
                    let needs = |batch: &Batch| Needs::of(&batch.commands).logs;
                    let (held, free): (Vec<_>, Vec<_>) =
                        whole.into_iter().partition(|batch| !needs(batch).is_disjoint(&logs));
                    held.into_iter().for_each(|batch| self.put_aside(batch));
                    group = free;
                }
            }
        }
    }

    fn put_aside(&mut self, batch: Batch) {
        if self.aside.len() >= ASIDE {
            if self.later.is_empty() {
                self.later_at = Instant::now() + LATER;
            }
            self.later.push(batch);
            return;
        }
        let writer = self.writer.clone();
        self.aside.spawn(async move {
            // Never held: this one waits.
            writer.commit(vec![batch], Patience::Some).await.ok().flatten()
        });
    }
}

/// Waits for one batch, then takes what else has queued. Takes nothing where
/// it is given up while it waits.
async fn gather(
    held: &mut Option<Batch>,
    batches: &mut mpsc::Receiver<Batch>,
) -> Option<Vec<Batch>> {
    let first = match held.take() {
        Some(batch) => batch,
        None => batches.recv().await?,
    };
    let mut commands = first.commands.len();
    let mut group = vec![first];
    while let Ok(next) = batches.try_recv() {
        commands += next.commands.len();
        if commands > limits::COMMIT_COMMANDS {
            *held = Some(next);
            break;
        }
        group.push(next);
    }
    Some(group)
}

/// Takes a group from the front of batches, of which there is one at least.
fn as_many_as_fit(batches: &mut Vec<Batch>) -> Vec<Batch> {
    let mut commands = 0;
    let fits = |batch: &&Batch| {
        commands += batch.commands.len();
        commands <= limits::COMMIT_COMMANDS
    };
    let many = batches.iter().take_while(fits).count().max(1);
    batches.drain(..many).collect()
}

/// A group of which nothing was done, as somebody else holds some of its logs.
struct Held {
    group: Vec<Batch>,
    logs: BTreeSet<LogId>,
}

impl Writer {
    /// Commits a group and answers everybody in it.
    async fn commit(
        &self,
        mut group: Vec<Batch>,
        patience: Patience,
    ) -> Result<Option<Fault>, Held> {
        let mut commands = Vec::new();
        let mut sizes = Vec::new();
        for batch in &mut group {
            sizes.push(batch.commands.len());
            commands.append(&mut batch.commands);
        }
        if planted(Planted::AckBeforeCommit)
            && commands.iter().all(|command| matches!(command.change, Change::Post { .. }))
            && let Ok(Ok(results)) = self.rehearse(&commands).await
        {
            hand_out(results, group.into_iter().map(|batch| batch.answer).zip(sizes));
            sleep(PLANTED_DELAY).await;
            let attempted = self.attempt(&commands, Patience::Some).await;
            return Ok(attempted.err().map(|failure| failure.fault));
        }
        let attempted = self.attempt(&commands, patience).await;
        if let Ok(Err(logs)) = attempted {
            // Each batch gets its commands back.
            for (batch, size) in group.iter_mut().zip(sizes) {
                let rest = commands.split_off(size);
                batch.commands = std::mem::replace(&mut commands, rest);
            }
            return Err(Held { group, logs });
        }
        let answers = group.into_iter().map(|batch| batch.answer).zip(sizes);
        Ok(match attempted.map(Result::unwrap_or_default) {
            Ok(results) => {
                hand_out(results, answers);
                None
            }
            // One of the commands is poison: the others must not suffer.
            Err(Failure { fault: Fault::Other, .. }) if answers.len() > 1 => {
                let (mut rest, mut fault) = (commands.as_slice(), None);
                for (answer, size) in answers {
                    let (alone, others) = rest.split_at(size);
                    rest = others;
                    let result = self.attempt(alone, Patience::Some).await;
                    let result = result.map(Result::unwrap_or_default);
                    let is_last = matches!(&result, Err(failure) if failure.fault == Fault::Fsync);
                    let _ = answer.send(result.map_err(|failure| failure.error()));
                    if is_last {
                        // Nothing may be written after it (C17).
                        fault = Some(Fault::Fsync);
                        break;
                    }
                }
                fault
            }
            Err(failure) => {
                for (answer, _) in answers {
                    let _ = answer.send(Err(failure.error()));
                }
                Some(failure.fault)
            }
        })
    }

    /// One transaction, tried again where it lost a race.
    async fn attempt(&self, commands: &[Command], patience: Patience) -> Result<Attempt, Failure> {
        if commands.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let deadline = Instant::now() + TRANSACTION_DEADLINE;
        let mut tries = 1;
        let failure = loop {
            match timeout_at(deadline, self.transaction(commands, patience)).await {
                Ok(Ok(Err(held))) => return Ok(Err(held)),
                Ok(Ok(Ok(results))) => {
                    self.counters.add(commands.len());
                    return Ok(Ok(results));
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

    /// What a transaction would answer, for a planted bug.
    async fn rehearse(&self, commands: &[Command]) -> sqlx::Result<Attempt> {
        let now = self.clock.now();
        match &self.backend {
            Backend::Sqlite(db) => sqlite::sql::log::rehearse(db, commands, now).await,
            Backend::Postgres(db) => postgres::sql::log::rehearse(db, commands, now).await,
        }
    }

    fn transaction<'a>(
        &'a self,
        commands: &'a [Command],
        patience: Patience,
    ) -> BoxFuture<'a, sqlx::Result<Attempt>> {
        let now = self.clock.now();
        match &self.backend {
            Backend::Sqlite(db) => Box::pin(sqlite::sql::log::commit(db, commands, now, patience)),
            Backend::Postgres(db) => {
                Box::pin(postgres::sql::log::commit(db, commands, now, patience))
            }
        }
    }
}

/// Gives each caller the results of its own commands, so many each.
fn hand_out(
    mut results: Results,
    callers: impl Iterator<Item = (oneshot::Sender<Result<Results, StoreError>>, usize)>,
) {
    for (answer, size) in callers {
        let rest = results.split_off(size.min(results.len()));
        // A caller that has gone will ask again.
        let _ = answer.send(Ok(mem::replace(&mut results, rest)));
    }
}
