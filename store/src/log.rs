//! The log: every change of a room or a user's inbox, in one order, committed
//! in groups.

mod driver;
pub(crate) mod facts;
pub(crate) mod plan;

use std::sync::Arc;

use parlor_domain::{Clock, Command, Event, LogId, Position, Refusal, Seq, Timestamp, limits};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

pub(crate) use self::driver::Patience;
use self::driver::{Batch, Counters};
pub use self::driver::{LogDriver, LogStats};
use crate::{
    StoreError,
    backend::{Backend, on},
    sqlite::Mark,
};

/// The handle through which everything is changed and read back. Cheap to
/// clone. Dropping the last one ends the [`LogDriver`].
#[derive(Clone, Debug)]
pub struct Log {
    backend: Backend,
    queue: mpsc::Sender<Batch>,
    counters: Arc<Counters>,
}

/// A command that is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Seq of the event it became, in [`Command::log`].
    pub seq: Seq,
    /// When that was committed.
    pub at: Timestamp,
    /// Incarnation of that log.
    pub epoch: parlor_domain::Epoch,
    /// The events it made, with the log of each, ascending within a log: that of
    /// `seq`, and further ones (a join writes to the user's log too). Empty for
    /// a repeat: its events were there before.
    pub events: Vec<(LogId, Event)>,
}

/// A page of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Epoch and head of the log; no event of the page is after it.
    pub head: Position,
    /// Ascending, dense; at most the limit, and at most about
    /// [`parlor_domain::limits::EVENT_PAGE_BYTES`].
    pub events: Vec<Event>,
    /// There are more in the direction asked.
    pub more: bool,
}

impl Log {
    /// A handle, and the driver it feeds.
    pub(crate) fn new(
        backend: Backend,
        mark: Option<Mark>,
        clock: Arc<dyn Clock>,
    ) -> (Self, LogDriver) {
        let (queue, batches) = mpsc::channel(limits::LOG_QUEUE);
        let counters = Arc::<Counters>::default();
        let driver = LogDriver::new(backend.clone(), mark, clock, batches, Arc::clone(&counters));
        (Self { backend, queue, counters }, driver)
    }

    /// Commits the commands, in order, in one transaction with what others have
    /// submitted meanwhile. Each has its own result: a refusal of one does not
    /// touch the others. Answered after COMMIT returned (C1), and within
    /// [`parlor_domain::limits::COMMIT_DEADLINE`] (C13).
    ///
    /// # Errors
    /// The outcome of all of them is unknown; submit the same again.
    pub async fn submit(
        &self,
        commands: Vec<Command>,
    ) -> Result<Vec<Result<Done, Refusal>>, StoreError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Batch { commands, answer })
            .map_err(|_| StoreError::Unavailable("the log takes no more commands now".into()))?;
        match timeout(limits::COMMIT_DEADLINE, answered).await {
            Ok(Ok(results)) => results,
            Ok(Err(_)) => Err(StoreError::Unavailable("the log has ended".into())),
            Err(_) => Err(StoreError::Unavailable("no commit in time".into())),
        }
    }

    /// The events after `after`, ascending. `None` where there is no such log.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn after(
        &self,
        log: LogId,
        after: Seq,
        limit: u32,
    ) -> Result<Option<Page>, StoreError> {
        on!(&self.backend, log::after(log, after, limit))
    }

    /// The last events before `before`, ascending. `None` where there is no such
    /// log.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn before(
        &self,
        log: LogId,
        before: Seq,
        limit: u32,
    ) -> Result<Option<Page>, StoreError> {
        on!(&self.backend, log::before(log, before, limit))
    }

    /// Epoch and head of one log.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn head(&self, log: LogId) -> Result<Option<Position>, StoreError> {
        on!(&self.backend, log::head(log))
    }

    /// What was committed since the start.
    pub fn stats(&self) -> LogStats {
        self.counters.read()
    }
}
