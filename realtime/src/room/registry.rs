//! Which rooms are awake. A room lives as long as somebody follows it, and an
//! idle minute more.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use parlor_domain::{Command, LogId, Position, Seq, SessionId, UserId, limits};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{
    machine::Attached,
    task::{self, Pending, RoomInput},
};
use crate::{
    node::Inner,
    session::shared::{Attachment, Shared},
};

/// All rooms that are awake on this node.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    rooms: Mutex<HashMap<LogId, RoomHandle>>,
}

/// Through this a room is reached. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct RoomHandle {
    inputs: mpsc::Sender<RoomInput>,
    hints: Arc<Hints>,
}

/// What is said of a log's head; merged, so that no hint is lost in a full queue.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    reaches: AtomicU64,
    pub(crate) given: Notify,
}

impl Hints {
    pub(crate) fn reaches(&self) -> Seq {
        Seq::new(self.reaches.load(Ordering::Acquire))
    }
}

impl Registry {
    fn rooms(&self) -> MutexGuard<'_, HashMap<LogId, RoomHandle>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The room of this log, woken where it sleeps.
    pub(crate) fn enter(&self, node: &Arc<Inner>, log: LogId) -> RoomHandle {
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get(&log) {
            return room.clone();
        }
        let (inputs, receiver) = mpsc::channel(limits::ROOM_QUEUE);
        let room = RoomHandle { inputs, hints: Arc::default() };
        rooms.insert(log, room.clone());
        drop(rooms);
        let hints = Arc::clone(&room.hints);
        node.tasks.spawn(task::run(Arc::downgrade(node), log, receiver, hints));
        room
    }

    /// The room of this log where it is awake.
    pub(crate) fn awake(&self, log: LogId) -> Option<RoomHandle> {
        self.rooms().get(&log).cloned()
    }

    /// Every room that is awake.
    pub(crate) fn all(&self) -> Vec<RoomHandle> {
        self.rooms().values().cloned().collect()
    }

    /// How many rooms are awake.
    pub(crate) fn len(&self) -> usize {
        self.rooms().len()
    }

    /// Forgets a room that nobody else holds and that has nothing queued; checked
    /// under the lock, so that nobody can enter in between.
    pub(crate) fn evict(
        &self,
        log: LogId,
        hints: &Arc<Hints>,
        queue: &mpsc::Receiver<RoomInput>,
    ) -> bool {
        let mut rooms = self.rooms();
        // The registry's own handle and the task itself.
        if Arc::strong_count(hints) > 2 || !queue.is_empty() {
            return false;
        }
        rooms.remove(&log);
        true
    }

    /// Forgets a room whose task ends, whoever still holds it.
    pub(crate) fn remove(&self, log: LogId, hints: &Arc<Hints>) {
        let mut rooms = self.rooms();
        if rooms.get(&log).is_some_and(|room| Arc::ptr_eq(&room.hints, hints)) {
            rooms.remove(&log);
        }
    }
}

/// The room's task has ended; enter it again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asleep;

impl RoomHandle {
    /// Hands over a command; waits while the room's queue is full. The answer
    /// goes to the session.
    pub(crate) async fn submit(
        &self,
        command: Command,
        session: Arc<Shared>,
    ) -> Result<(), Asleep> {
        let deadline = Instant::now() + limits::COMMIT_DEADLINE;
        let pending = Pending::new(command, session, deadline);
        match self.inputs.send(RoomInput::Submit(pending)).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendError(RoomInput::Submit(pending))) => {
                pending.forget();
                Err(Asleep)
            }
            Err(_) => Err(Asleep),
        }
    }

    /// Asks to follow from `after` on.
    pub(crate) async fn attach(
        &self,
        attachment: Arc<Attachment>,
        after: Seq,
        authorised_at: Option<Seq>,
    ) -> Result<Attached, Asleep> {
        let (reply, attached) = oneshot::channel();
        let input = RoomInput::Attach { attachment, after, authorised_at, reply };
        self.inputs.send(input).await.map_err(|_| Asleep)?;
        attached.await.map_err(|_| Asleep)
    }

    /// Stops following.
    pub(crate) async fn detach(&self, session: SessionId) {
        // A room that is asleep has nobody who follows it.
        let _ = self.inputs.send(RoomInput::Detach(session)).await;
    }

    /// The session is gone.
    pub(crate) async fn forget(&self, session: SessionId) {
        let _ = self.inputs.send(RoomInput::Forget(session)).await;
    }

    /// Somebody is typing; dropped where the room is busy.
    pub(crate) fn typing(&self, user: UserId) {
        let _ = self.inputs.try_send(RoomInput::Typing(user));
    }

    /// The log is said to reach this far.
    pub(crate) fn announce(&self, head: Position) {
        self.hints.reaches.fetch_max(head.seq.get(), Ordering::AcqRel);
        self.hints.given.notify_one();
    }

    /// Announcements were lost: look how far the log reaches.
    pub(crate) fn recheck(&self) {
        let _ = self.inputs.try_send(RoomInput::Recheck);
    }
}

/// Takes a room out of the registry when its task ends, even by a panic.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) node: Weak<Inner>,
    pub(crate) log: LogId,
    pub(crate) hints: Arc<Hints>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(node) = self.node.upgrade() {
            node.registry.remove(self.log, &self.hints);
        }
    }
}
