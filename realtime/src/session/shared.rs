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
use tokio::sync::{Notify, Semaphore, SemaphorePermit, mpsc};

use super::{close::CloseReason, outbox::Outbox};
use crate::{room::machine::Follower, transport::Class};

/// Backfills of one session at once; with the live stream and that of the room
/// in focus they make the streams that rule 1.3 allows.
const BACKFILLS: usize = limits::SERVER_STREAMS - 2;

/// A log's answer to a command.
#[derive(Debug)]
pub struct Answer {
    pub id: RequestId,
    pub log: LogId,
    pub result: Result<Done, Refusal>,
}

/// The shared part of one session.
#[derive(Debug)]
pub struct Shared {
    pub id: SessionId,
    pub outbox: Outbox,
    answers: mpsc::Sender<Answer>,
    signals: Mutex<Signals>,
    raised: Notify,
    /// Whose turn it is to add a backfill to the outbox: of many logs that are
    /// resumed at once, one at a time, each when there is room.
    turn: tokio::sync::Mutex<()>,
    /// Places for backfills: pages of no more logs than this are held in memory.
    backfills: Semaphore,
}

/// What others want of a session; each is merged, so that none can pile up.
#[derive(Debug, Default)]
pub struct Signals {
    /// End with this reason; the first one stays.
    pub kick: Option<CloseReason>,
    /// Send the client elsewhere.
    pub drain: Option<Duration>,
    /// Logs that grew while the session watches but does not follow them.
    pub grown: HashSet<LogId>,
    /// Rooms whose events ended for this session; see [`Attachment::part`].
    pub parted: HashSet<RoomId>,
    /// The device may have been signed out: look it up.
    pub recheck_device: bool,
    /// What is told to everybody has changed.
    pub announced: bool,
}

impl Shared {
    /// A session, and the end at which it receives answers.
    pub fn new(id: SessionId) -> (Arc<Self>, mpsc::Receiver<Answer>) {
        // Each answer has its request, so the channel cannot overflow.
        let (answers, receiver) = mpsc::channel(limits::UNANSWERED_REQUESTS);
        let shared = Self {
            id,
            outbox: Outbox::default(),
            answers,
            signals: Mutex::default(),
            raised: Notify::new(),
            turn: tokio::sync::Mutex::default(),
            backfills: Semaphore::new(BACKFILLS),
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

    /// Ends the session. What one who may not read any more (C19), or does not
    /// (C11), was not sent yet is thrown away at once, whatever the session's
    /// task waits for.
    pub fn kick(&self, reason: CloseReason) {
        if matches!(reason, CloseReason::Revoked | CloseReason::SlowReader) {
            self.outbox.discard();
        }
        self.raise(|signals| {
            signals.kick.get_or_insert(reason);
        });
    }

    /// Sends the client elsewhere.
    pub fn drain(&self, resume_after: Duration) {
        self.raise(|signals| signals.drain = Some(resume_after));
    }

    /// A log that the session watches has grown.
    pub fn grown(&self, log: LogId) {
        self.raise(|signals| {
            signals.grown.insert(log);
        });
    }

    /// Announcements were lost: the device may have been signed out.
    pub fn recheck_device(&self) {
        self.raise(|signals| signals.recheck_device = true);
    }

    /// What is told to everybody has changed. However often it does before the
    /// session gets round to it, the client is told once.
    pub fn announced(&self) {
        self.raise(|signals| signals.announced = true);
    }

    /// Waits for signals and takes them all. Cancel-safe.
    pub async fn signalled(&self) -> Signals {
        self.raised.notified().await;
        std::mem::take(&mut *self.signals())
    }

    /// Waits for the turn to add much to the outbox; it ends with the guard.
    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        self.outbox.has_room().await;
        turn
    }

    /// Waits for a place among the backfills; it ends with the guard. Taken
    /// before the first page is read.
    pub async fn backfill_place(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed.
        self.backfills.acquire().await.ok()
    }

    /// Hands over an answer. Never waits.
    pub fn answer(&self, answer: Answer) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.answers.try_send(answer) {
            self.kick(CloseReason::Internal);
        }
    }

    /// Queues a frame; a session that does not read ends (C11).
    pub fn push(&self, class: Class, frame: Bytes) {
        if self.outbox.push(class, frame).is_err() {
            self.kick(CloseReason::SlowReader);
        }
    }
}

/// One session's place in one log.
#[derive(Debug)]
pub struct Attachment {
    pub session: Arc<Shared>,
    pub user: UserId,
    pub log: LogId,
    focus: AtomicBool,
    epoch: AtomicU64,
    sent: AtomicU64,
    /// The request that asked for it; `None` for a log that was resumed.
    request: Option<RequestId>,
    answered: AtomicBool,
    /// The session does not want it any more.
    given_up: AtomicBool,
    /// Nothing is passed on any more.
    parted: AtomicBool,
}

impl Attachment {
    pub fn new(
        session: Arc<Shared>,
        user: UserId,
        log: LogId,
        request: Option<RequestId>,
        from: Position,
    ) -> Self {
        Self {
            session,
            user,
            log,
            request,
            focus: AtomicBool::new(false),
            epoch: AtomicU64::new(from.epoch.get()),
            sent: AtomicU64::new(from.seq.get()),
            answered: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            parted: AtomicBool::new(false),
        }
    }

    /// True where a request waits for it, or was answered.
    pub fn was_asked_for(&self) -> bool {
        self.request.is_some()
    }

    /// The request that waits for an answer, for the one who shall give it.
    pub fn claim_answer(&self) -> Option<RequestId> {
        self.request.filter(|_| !self.answered.swap(true, Ordering::AcqRel))
    }

    /// The session does not want it any more; no room takes it from here on.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// See [`Self::give_up`].
    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// The user is no member any more, and was sent the last event.
    pub fn part(&self) {
        self.parted.store(true, Ordering::Release);
        let room = self.log.as_room();
        self.session.raise(|signals| {
            signals.parted.insert(room);
        });
    }

    /// See [`Self::part`]. The session asks, since it may follow the room anew
    /// by the time it hears of it.
    pub fn is_parted(&self) -> bool {
        self.parted.load(Ordering::Acquire)
    }

    /// Whether its events travel on the stream of the room in focus.
    pub fn set_focus(&self, focus: bool) {
        self.focus.store(focus, Ordering::Relaxed);
    }

    /// The position from which events will follow.
    pub fn start(&self, from: Position) {
        self.epoch.store(from.epoch.get(), Ordering::Relaxed);
        self.sent.store(from.seq.get(), Ordering::Relaxed);
    }

    /// Events up to here were handed to the session.
    pub fn sent_up_to(&self, seq: Seq) {
        self.sent.store(seq.get(), Ordering::Relaxed);
    }

    /// Up to where events were handed to the session.
    pub fn sent(&self) -> Position {
        Position {
            epoch: Epoch::new(self.epoch.load(Ordering::Relaxed)),
            seq: Seq::new(self.sent.load(Ordering::Relaxed)),
        }
    }

    /// Queues a live frame of this log, while the session wants it.
    pub fn push(&self, frame: Bytes) {
        if self.is_given_up() {
            return;
        }
        let class = if self.focus.load(Ordering::Relaxed) { Class::Focus } else { Class::Live };
        self.session.push(class, frame);
    }
}

/// An attachment in a room's list. When the room's task panics, the sessions
/// that followed it end and resume: none stays behind a room that is gone.
#[derive(Debug)]
pub struct Seat {
    pub attachment: Arc<Attachment>,
    /// What the session has read of the log by itself, which may be more than the
    /// room has passed on: it is not sent again (rule 4.2).
    pub after: Seq,
    pub authorised_at: Option<Seq>,
}

impl Follower for Seat {
    fn session(&self) -> SessionId {
        self.attachment.session.id
    }

    fn user(&self) -> UserId {
        self.attachment.user
    }

    fn authorised_at(&self) -> Option<Seq> {
        self.authorised_at
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.attachment.session.kick(CloseReason::Internal);
        }
    }
}
