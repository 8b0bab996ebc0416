//! What others hold of a session: where they leave output, answers and signals.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parlor_domain::{
    Epoch, LogId, Position, Refusal, RequestId, RoomId, Seq, SessionId, UserId, limits,
};
use parlor_store::Done;
use tokio::sync::{Notify, mpsc};

use super::{close::CloseReason, outbox::Outbox};
use crate::{room::machine::Follower, transport::Class};

/// A log's answer to a command.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) id: RequestId,
    pub(crate) log: LogId,
    pub(crate) result: Result<Done, Refusal>,
}

/// The shared part of one session.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: SessionId,
    pub(crate) outbox: Outbox,
    answers: mpsc::Sender<Answer>,
    signals: Mutex<Signals>,
    raised: Notify,
    /// Whose turn it is to add a backfill to the outbox: of many logs that are
    /// resumed at once, one at a time, each when there is room.
    turn: tokio::sync::Mutex<()>,
}

/// What others want of a session; each is merged, so that none can pile up.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// End with this reason; the first one stays.
    pub(crate) kick: Option<CloseReason>,
    /// Send the client elsewhere.
    pub(crate) drain: Option<Duration>,
    /// Logs that grew while the session watches but does not follow them.
    pub(crate) grown: HashSet<LogId>,
    /// Rooms whose events end for this session.
    pub(crate) parted: Vec<RoomId>,
    /// The device may have been signed out: look it up.
    pub(crate) recheck_device: bool,
}

impl Shared {
    /// A session, and the end at which it receives answers.
    pub(crate) fn new() -> (Arc<Self>, mpsc::Receiver<Answer>) {
        // Each answer has its request, so the channel cannot overflow.
        let (answers, receiver) = mpsc::channel(limits::UNANSWERED_REQUESTS);
        let shared = Self {
            id: SessionId::random(),
            outbox: Outbox::default(),
            answers,
            signals: Mutex::default(),
            raised: Notify::new(),
            turn: tokio::sync::Mutex::default(),
        };
        (Arc::new(shared), receiver)
    }

    fn signals(&self) -> MutexGuard<'_, Signals> {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn raise(&self, signal: impl FnOnce(&mut Signals)) {
        signal(&mut self.signals());
        self.raised.notify_one();
    }

    /// Ends the session.
    pub(crate) fn kick(&self, reason: CloseReason) {
        self.raise(|signals| {
            signals.kick.get_or_insert(reason);
        });
    }

    /// Sends the client elsewhere.
    pub(crate) fn drain(&self, resume_after: Duration) {
        self.raise(|signals| signals.drain = Some(resume_after));
    }

    /// A log that the session watches has grown.
    pub(crate) fn grown(&self, log: LogId) {
        self.raise(|signals| {
            signals.grown.insert(log);
        });
    }

    /// The user is no member of the room any more.
    pub(crate) fn parted(&self, room: RoomId) {
        self.raise(|signals| signals.parted.push(room));
    }

    /// Announcements were lost: the device may have been signed out.
    pub(crate) fn recheck_device(&self) {
        self.raise(|signals| signals.recheck_device = true);
    }

    /// Waits for signals and takes them all. Cancel-safe.
    pub(crate) async fn signalled(&self) -> Signals {
        self.raised.notified().await;
        std::mem::take(&mut *self.signals())
    }

    /// Waits for the turn to add much to the outbox; it ends with the guard.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        self.outbox.has_room().await;
        turn
    }

    /// Hands over an answer. Never waits.
    pub(crate) fn answer(&self, answer: Answer) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.answers.try_send(answer) {
            self.kick(CloseReason::Internal);
        }
    }

    /// Queues a frame; a session that does not read ends (C11).
    pub(crate) fn push(&self, class: Class, frame: Bytes) {
        if self.outbox.push(class, frame).is_err() {
            self.kick(CloseReason::SlowReader);
        }
    }
}

/// One session's place in one log.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(crate) session: Arc<Shared>,
    pub(crate) user: UserId,
    pub(crate) log: LogId,
    focus: AtomicBool,
    epoch: AtomicU64,
    sent: AtomicU64,
    /// The request that asked for it was answered.
    answered: AtomicBool,
    /// The session does not want it any more.
    given_up: AtomicBool,
}

impl Attachment {
    pub(crate) fn new(session: Arc<Shared>, user: UserId, log: LogId, from: Position) -> Self {
        Self {
            session,
            user,
            log,
            focus: AtomicBool::new(false),
            epoch: AtomicU64::new(from.epoch.get()),
            sent: AtomicU64::new(from.seq.get()),
            answered: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
        }
    }

    /// True for the one who shall answer the request.
    pub(crate) fn claim_answer(&self) -> bool {
        !self.answered.swap(true, Ordering::AcqRel)
    }

    /// The session does not want it any more; no room takes it from here on.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// See [`Self::give_up`].
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Whether its events travel on the stream of the room in focus.
    pub(crate) fn set_focus(&self, focus: bool) {
        self.focus.store(focus, Ordering::Relaxed);
    }

    /// The position from which events will follow.
    pub(crate) fn start(&self, from: Position) {
        self.epoch.store(from.epoch.get(), Ordering::Relaxed);
        self.sent.store(from.seq.get(), Ordering::Relaxed);
    }

    /// Events up to here were handed to the session.
    pub(crate) fn sent_up_to(&self, seq: Seq) {
        self.sent.store(seq.get(), Ordering::Relaxed);
    }

    /// Up to where events were handed to the session.
    pub(crate) fn sent(&self) -> Position {
        Position {
            epoch: Epoch::new(self.epoch.load(Ordering::Relaxed)),
            seq: Seq::new(self.sent.load(Ordering::Relaxed)),
        }
    }

    /// Queues a live frame of this log.
    pub(crate) fn push(&self, frame: Bytes) {
        let class = if self.focus.load(Ordering::Relaxed) { Class::Focus } else { Class::Live };
        self.session.push(class, frame);
    }
}

/// An attachment in a room's list. When the room's task panics, the sessions
/// that followed it end and resume: none stays behind a room that is gone.
#[derive(Debug)]
pub(crate) struct Seat(pub(crate) Arc<Attachment>);

impl Follower for Seat {
    fn session(&self) -> SessionId {
        self.0.session.id
    }

    fn user(&self) -> UserId {
        self.0.user
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.session.kick(CloseReason::Internal);
        }
    }
}
