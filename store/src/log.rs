//! The log: every change of a room or a user's inbox, in one order, committed
//! in groups.

use parlor_domain::{Command, Event, LogId, Position, Refusal, Seq, Timestamp};

use crate::StoreError;

/// The handle through which everything is changed and read back. Cheap to
/// clone. Dropping the last one ends the [`LogDriver`].
#[derive(Clone, Debug)]
pub struct Log {}

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
    /// Epoch and head of the log, read in the same snapshot.
    pub head: Position,
    /// Ascending, dense; at most the limit, and at most about
    /// [`parlor_domain::limits::EVENT_PAGE_BYTES`].
    pub events: Vec<Event>,
    /// There are more in the direction asked.
    pub more: bool,
}

/// Gathers the batches of many callers into one transaction each time.
#[derive(Debug)]
pub struct LogDriver {}

impl LogDriver {
    /// Commits until the last [`Log`] is dropped and all it took is answered.
    pub async fn run(self) {
        todo!()
    }
}

impl Log {
    /// Commits the commands, in order, in one transaction with what others have
    /// submitted meanwhile. Each has its own result: a refusal of one does not
    /// touch the others. Answered after COMMIT returned (C1), and within
    /// [`parlor_domain::limits::COMMIT_DEADLINE`] (C13).
    ///
    /// # Errors
    /// The outcome of all of them is unknown; submit the same again.
    pub async fn submit(
        &self,
        _commands: Vec<Command>,
    ) -> Result<Vec<Result<Done, Refusal>>, StoreError> {
        todo!()
    }

    /// The events after `after`, ascending. `None` where there is no such log.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn after(
        &self,
        _log: LogId,
        _after: Seq,
        _limit: u32,
    ) -> Result<Option<Page>, StoreError> {
        todo!()
    }

    /// The last events before `before`, ascending. `None` where there is no such
    /// log.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn before(
        &self,
        _log: LogId,
        _before: Seq,
        _limit: u32,
    ) -> Result<Option<Page>, StoreError> {
        todo!()
    }

    /// Epoch and head of one log.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn head(&self, _log: LogId) -> Result<Option<Position>, StoreError> {
        todo!()
    }
}
