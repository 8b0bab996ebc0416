//! Which rooms are awake. A room lives as long as somebody follows it, and an
//! idle minute more.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use parlor_domain::{Command, LogId, Position, Seq, UserId, limits};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{
    desk::{Pending, RoomInput},
    machine::Attached,
    task,
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
    /// Up to where the room knows its log, which is what its followers should have.
    known: AtomicU64,
    missed: AtomicBool,
    pub(crate) given: Notify,
}

impl Hints {
    pub(crate) fn reaches(&self) -> Seq {
        Seq::new(self.reaches.load(Ordering::Acquire))
    }

    /// The room knows its log up to here.
    pub(crate) fn know(&self, seq: Seq) {
        self.known.fetch_max(seq.get(), Ordering::AcqRel);
    }

    /// True once after announcements were lost.
    pub(crate) fn take_missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
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
        let registered =
            Registered { node: Arc::downgrade(node), log, hints: Arc::clone(&room.hints) };
        node.tasks.spawn(task::run(registered, receiver));
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
        // One is the registry's own handle, one is the task's.
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
    /// goes to the session, unless this is cancelled before it returned.
    pub(crate) async fn submit(
        &self,
        command: Command,
        session: Arc<Shared>,
        deadline: Instant,
    ) -> Result<(), Asleep> {
        // A place first: a pending command that is dropped ends its session.
        let place = self.inputs.reserve().await.map_err(|_| Asleep)?;
        place.send(RoomInput::Submit(Pending::new(command, session, deadline)));
        Ok(())
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

    /// Stops passing events to an attachment that was given up.
    pub(crate) async fn detach(&self, attachment: Arc<Attachment>) {
        // A room that is asleep has nobody who follows it.
        let _ = self.inputs.send(RoomInput::Detach(attachment)).await;
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

    /// How far the log is known to reach on this node; 0 before the room has
    /// looked.
    pub(crate) fn known(&self) -> Seq {
        Seq::new(self.hints.known.load(Ordering::Acquire)).max(self.hints.reaches())
    }

    /// Announcements were lost: look how far the log reaches.
    pub(crate) fn recheck(&self) {
        self.hints.missed.store(true, Ordering::Release);
        self.hints.given.notify_one();
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use parlor_bus::Bus;
    use parlor_domain::{
        Body, Change, Code, FileIds, RequestId, RoomId, RoomName, SessionId, SystemClock, Topic,
    };
    use parlor_store::Database;
    use parlor_token::Verifier;
    use tokio::time::timeout;

    use super::*;
    use crate::NodeConfig;

    async fn node(folder: &tempfile::TempDir) -> (Arc<Inner>, parlor_store::LogDriver) {
        let clock: Arc<dyn parlor_domain::Clock> = Arc::new(SystemClock);
        let database = Database::Sqlite { path: folder.path().join("parlor.db") };
        let opened = parlor_store::open(&database, Arc::clone(&clock)).await.expect("opens");
        let verifier = Verifier::new(Arc::clone(&clock));
        let config = NodeConfig::default();
        let inner = Inner::new(config, opened.store, Bus::local(), verifier, clock);
        (Arc::new(inner), opened.driver)
    }

    fn post(room: RoomId) -> Command {
        let body = Body::parse("hello").expect("a text");
        let change = Change::Post { room, body, reply_to: None, attachments: FileIds::default() };
        Command { request_id: RequestId::random(), actor: UserId::SYSTEM, change }
    }

    async fn room(node: &Inner) -> RoomId {
        let room = RoomId::random();
        let change = Change::CreateRoom {
            room,
            name: RoomName::parse("design").expect("a name"),
            topic: Topic::parse("").expect("a topic"),
            visibility: parlor_domain::Visibility::Public,
        };
        let create = Command { request_id: RequestId::random(), actor: UserId::SYSTEM, change };
        let done = node.store.log.submit(vec![create]).await.expect("committed");
        done[0].as_ref().expect("made");
        room
    }

    #[tokio::test]
    async fn c10_a_room_that_nobody_holds_can_fall_asleep() {
        let folder = tempfile::tempdir().expect("a folder");
        let (node, driver) = node(&folder).await;
        node.tasks.spawn(driver.run());
        let room = room(&node).await;
        let (session, mut answers) = Shared::new(SessionId::random());
        let deadline = Instant::now() + Duration::from_secs(5);
        let handle = node.registry.enter(&node, room.into());
        handle.submit(post(room), session, deadline).await.expect("awake");
        answers.recv().await.expect("answered").result.expect("posted");
        // Of these two `evict` knows; one more, and no room ever fell asleep.
        let hints = Arc::downgrade(&handle.hints);
        drop(handle);
        assert_eq!(hints.strong_count(), 2, "the registry and the task");
    }

    #[tokio::test]
    async fn c13_a_busy_room_holds_senders_back_and_ends_no_session() {
        let folder = tempfile::tempdir().expect("a folder");
        // Nobody drives the log: commits hang.
        let (node, driver) = node(&folder).await;
        let writing = node.tasks.spawn(driver.run());
        let room = room(&node).await;
        writing.abort();
        let (node, _hangs) = {
            let _ = writing.await;
            self::node(&folder).await
        };
        let handle = node.registry.enter(&node, room.into());
        let mut sessions = Vec::new();
        let deadline = Instant::now() + Duration::from_millis(700);
        let mut held_back = false;
        for _ in 0..limits::ROOM_QUEUE * 4 {
            let (session, answers) = Shared::new(SessionId::random());
            let sent = handle.submit(post(room), Arc::clone(&session), deadline);
            held_back = timeout(Duration::from_millis(300), sent).await.is_err();
            sessions.push((session, answers));
            if held_back {
                break;
            }
        }
        assert!(held_back, "what waits for a room is bounded");
        let (held, _) = sessions.pop().expect("the one held back");
        assert!(timeout(Duration::ZERO, held.signalled()).await.is_err(), "it stays");
        for (_, mut answers) in sessions {
            let refusal = answers.recv().await.expect("answered").result.expect_err("hung");
            assert_eq!(refusal.code, Code::Unavailable);
        }
    }
}
