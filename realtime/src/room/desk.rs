//! What a room does with what comes to it, and with what came of its commits
//! and reads: no clock, no task. The room's task acts for it, and so does the
//! simulation.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use parlor_bus::Announcement;
use parlor_domain::{
    Change, Code, Command, Event, EventBody, LogId, Mentions, Position, Refusal, Seq, SessionId,
    Timestamp, UserId, limits,
    planted::{Planted, panic_at, planted},
};
use parlor_store::{Done, Page, StoreError};
use tokio::sync::oneshot;

use super::machine::{Attach, Attached, Machine};
use crate::{
    session::{
        close::CloseReason,
        order::OrderGate,
        shared::{Answer, Attachment, Seat, Shared},
    },
    wire,
};

/// While a commit's outcome is unknown the log is looked at this often ...
const SUSPECT_INTERVAL: Duration = Duration::from_secs(1);
/// ... for this long: a commit can land after its answer was given up.
const SUSPECT_FOR: Duration = Duration::from_secs(10);
/// Texts of one commit, together, about: it is passed on at once, and has to fit
/// the outbox of whoever reads along.
const COMMIT_BYTES: usize = limits::OUTBOX_BYTES / 4;

/// What comes to a room.
#[derive(Debug)]
pub enum RoomInput {
    Submit(Pending),
    Attach {
        attachment: Arc<Attachment>,
        after: Seq,
        authorised_at: Option<Seq>,
        reply: oneshot::Sender<Attached>,
    },
    Detach(Arc<Attachment>),
    Typing(UserId),
}

impl RoomInput {
    /// For a log that was found not to be there, or could not be looked at.
    pub fn refuse(self, refusal: &Refusal) {
        match self {
            Self::Submit(pending) => pending.answer(Err(refusal.clone())),
            Self::Attach { reply, .. } if refusal.code == Code::NotFound => {
                let _ = reply.send(Attached::Gone);
            }
            // Dropping the reply says: asleep, enter again.
            _ => {}
        }
    }
}

/// A command on its way. One that is dropped without an answer ends its session,
/// which resumes and sends it again: no request waits for ever.
#[derive(Debug)]
pub struct Pending {
    command: Command,
    session: Option<Arc<Shared>>,
    deadline: Instant,
}

impl Pending {
    pub fn new(command: Command, session: Arc<Shared>, deadline: Instant) -> Self {
        Self { command, session: Some(session), deadline }
    }

    fn session(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// A planted bug: nobody is told what became of it.
    fn forget(mut self) {
        self.session = None;
    }

    fn answer(mut self, result: Result<Done, Refusal>) {
        if let Some(session) = self.session.take() {
            let (id, log) = (self.command.request_id, self.command.log());
            session.answer(Answer { id, log, result });
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            session.kick(CloseReason::Internal);
        }
    }
}

/// What the log made of a batch.
pub type Committed = Result<Vec<Result<Done, Refusal>>, StoreError>;

/// Commands to commit in one go.
#[derive(Debug)]
pub struct Batch {
    pub commands: Vec<Command>,
    /// When whoever sent the first of them has to be answered.
    pub deadline: Instant,
}

/// One room: what waits, what is being committed, who follows.
#[derive(Debug)]
pub struct Desk {
    log_id: LogId,
    pub machine: Machine<Seat>,
    waiting: VecDeque<Pending>,
    committing: Vec<Pending>,
    /// The log may hold events that nobody announced until then.
    suspect_until: Option<Instant>,
    /// When to look then.
    look_at: Instant,
}

impl Desk {
    /// The desk of a log that stands at `head`.
    pub fn new(log_id: LogId, head: Position, now: Instant) -> Self {
        Self {
            log_id,
            machine: Machine::new(head),
            waiting: VecDeque::new(),
            committing: Vec::new(),
            suspect_until: None,
            look_at: now,
        }
    }

    /// True where more may be taken from the queue.
    pub fn takes_more(&self) -> bool {
        self.waiting.len() < limits::ROOM_QUEUE
    }

    /// When the log has to be looked at although nobody said that it grew.
    pub fn look_at(&self) -> Option<Instant> {
        self.suspect_until.map(|_| self.look_at)
    }

    /// The log is said to reach this far; `missed` where announcements were lost.
    pub fn hinted(&mut self, now: Instant, reaches: Seq, missed: bool) {
        self.machine.announced(reaches);
        if missed {
            self.suspect(now);
        }
    }

    /// Takes one input, in the order they came.
    pub fn input(&mut self, input: RoomInput) {
        match input {
            RoomInput::Submit(pending) => self.waiting.push_back(pending),
            RoomInput::Attach { attachment, after, authorised_at, reply } => {
                if attachment.is_given_up() {
                    return;
                }
                // What was passed on since the log was read stays a hole.
                let lags = planted(Planted::SnapshotBeforeSubscribe);
                let after = if lags { self.machine.head().seq.max(after) } else { after };
                let follower = Seat { attachment: Arc::clone(&attachment), after, authorised_at };
                let attached = self.machine.attach(Attach { follower, after });
                if let Attached::Live(missing) | Attached::Parted(missing) = &attached
                    && let Some(last) = missing.last()
                {
                    let events = missing.iter().map(AsRef::as_ref);
                    for frame in wire::events(self.log_id, self.machine.head().epoch, events) {
                        attachment.push(frame);
                    }
                    attachment.sent_up_to(last.seq);
                }
                if matches!(attached, Attached::Parted(_)) {
                    attachment.part();
                }
                // A session that ended meanwhile detaches by itself.
                let _ = reply.send(attached);
            }
            // Not by session: it may follow anew already.
            RoomInput::Detach(gone) => {
                self.machine.detach(|seat| Arc::ptr_eq(&seat.attachment, &gone));
            }
            RoomInput::Typing(user) => self.typing(user),
        }
    }

    fn typing(&self, user: UserId) {
        let frame = wire::typing(self.log_id.as_room(), user);
        for Seat { attachment, .. } in self.machine.followers() {
            if attachment.user != user {
                attachment.session.outbox.push_typing(self.log_id, user, frame.clone());
            }
        }
    }

    fn suspect(&mut self, now: Instant) {
        // What goes wrong again and again must not put the look off for ever.
        if self.suspect_until.is_none() {
            self.look_at = now + SUSPECT_INTERVAL;
        }
        self.suspect_until = Some(now + SUSPECT_FOR);
    }

    /// Takes all that waits, to be handed to the log in one batch; for when no
    /// batch is under way.
    pub fn next_batch(&mut self, now: Instant) -> Option<Batch> {
        let (mut commands, mut bytes) = (Vec::new(), 0);
        while commands.len() < limits::COMMIT_COMMANDS && bytes < COMMIT_BYTES {
            let Some(pending) = self.waiting.pop_front() else { break };
            let (Some(session), id) = (pending.session(), pending.command.request_id) else {
                continue;
            };
            if !self.machine.admit(session, id, now) {
                pending.answer(Err(OrderGate::refusal()));
            } else if pending.deadline <= now {
                self.machine.hold(session, id, now);
                pending.answer(Err(unavailable()));
            } else {
                let text = text(&pending.command);
                let calls = text.matches('@').count().min(limits::MENTIONS);
                bytes += text.len() + calls * wire::MENTION_BYTES;
                if matches!(pending.command.change, Change::Forward { .. }) {
                    // How long that is, is known to the log alone.
                    bytes += limits::TEXT_BYTES;
                }
                commands.push(pending.command.clone());
                self.committing.push(pending);
            }
        }
        let deadline = self.committing.first()?.deadline;
        if planted(Planted::PublishBeforeCommit) {
            self.foretell(&commands);
        }
        Some(Batch { commands, deadline })
    }

    /// A planted bug: shows posts to the room at the seqs that they will get if
    /// nothing goes wrong.
    fn foretell(&self, commands: &[Command]) {
        let mut seq = self.machine.known();
        for command in commands {
            let Change::Post { body, reply_to, .. } = &command.change else { return };
            seq = seq.next();
            let (text, reply_to) = (body.as_str().to_owned(), *reply_to);
            let event = Event {
                seq,
                at: Timestamp::from_micros(0),
                actor: command.actor,
                request_id: Some(command.request_id),
                body: EventBody::MessagePosted {
                    text,
                    mentions: Mentions::default(),
                    reply_to,
                    attachments: Vec::new(),
                    forwarded: None,
                    erased: false,
                },
            };
            for frame in wire::events(self.log_id, self.machine.head().epoch, [&event]) {
                let seats = self.machine.followers().iter();
                seats.for_each(|seat| seat.attachment.push(frame.clone()));
            }
        }
    }

    /// Answers the batch that was under way, and passes its events on. Returns
    /// what other nodes have to be told.
    pub fn committed(&mut self, now: Instant, committed: Committed) -> Vec<Announcement> {
        let pending = std::mem::take(&mut self.committing);
        let results = match committed {
            Ok(results) => results,
            Err(error) => {
                tracing::warn!(log = %self.log_id, %error, "a commit failed, its outcome is unknown");
                self.suspect(now);
                if planted(Planted::RetrySwallowed) {
                    pending.into_iter().for_each(Pending::forget);
                    return Vec::new();
                }
                let refusal = Refusal::from(error);
                pending.iter().map(|_| Err(refusal.clone())).collect()
            }
        };
        // Committed, and nobody knows yet: the worst moment for a panic.
        for pending in &pending {
            panic_at(Planted::PanicInRoom, text(&pending.command));
        }
        let mut told = Vec::new();
        let mut events: Vec<Event> = Vec::with_capacity(results.len());
        for (pending, mut result) in pending.into_iter().zip(results) {
            match &mut result {
                Ok(done) => {
                    told.extend(announcements(done));
                    events.extend(self.own_events(done));
                }
                Err(refusal) if OrderGate::shuts_on(refusal.code) => {
                    if let Some(session) = pending.session() {
                        self.machine.hold(session, pending.command.request_id, now);
                    }
                }
                Err(_) => {}
            }
            pending.answer(result);
        }
        let advance = self.machine.take(events);
        self.fan_out(&advance.events);
        told
    }

    /// Moves this log's events out of an answer; the answer itself needs none.
    fn own_events(&mut self, done: &mut Done) -> Vec<Event> {
        // A repeat: what it made may be new to this room all the same.
        self.machine.announced(done.seq);
        let log_id = self.log_id;
        done.events.drain(..).filter(|(log, _)| *log == log_id).map(|(_, event)| event).collect()
    }

    /// The log is being read: after this seq.
    pub fn begin_read(&mut self, now: Instant) -> Seq {
        self.look_at = now + SUSPECT_INTERVAL;
        self.machine.head().seq
    }

    /// Takes what was read. Returns what has to be told: of a commit whose outcome
    /// was unknown nobody has told anything yet.
    pub fn read(
        &mut self,
        now: Instant,
        page: Result<Option<Page>, StoreError>,
    ) -> Option<Announcement> {
        match page {
            Ok(Some(page)) => {
                self.machine.announced(page.head.seq);
                let advance = self.machine.take(page.events);
                self.fan_out(&advance.events);
                let found = self.suspect_until.is_some() && !advance.events.is_empty();
                self.suspect_until = self.suspect_until.filter(|until| now < *until);
                let (log, head) = (self.log_id, self.machine.head());
                found.then_some(Announcement::Committed { log, head })
            }
            Ok(None) => None,
            Err(error) => {
                tracing::debug!(log = %self.log_id, %error, "the log cannot be read");
                None
            }
        }
    }

    /// Whoever leaves gets nothing that came after (rule 4.7), so events are
    /// passed on up to each departure.
    fn fan_out(&mut self, events: &[Arc<Event>]) {
        let is_departure = |event: &Arc<Event>| event.body.departed().is_some();
        for run in events.split_inclusive(is_departure) {
            self.pass_on(run);
        }
    }

    fn pass_on(&mut self, events: &[Arc<Event>]) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        if !self.machine.followers().is_empty() {
            let epoch = self.machine.head().epoch;
            let all = wire::events(self.log_id, epoch, events.iter().map(AsRef::as_ref));
            for Seat { attachment, after, .. } in self.machine.followers() {
                if *after < first.seq {
                    all.iter().for_each(|frame| attachment.push(frame.clone()));
                } else {
                    let new = events.iter().filter(|event| event.seq > *after);
                    let new = wire::events(self.log_id, epoch, new.map(AsRef::as_ref));
                    new.into_iter().for_each(|frame| attachment.push(frame));
                }
                attachment.sent_up_to(last.seq.max(*after));
            }
        }
        for Seat { attachment, .. } in &self.machine.part(last) {
            attachment.part();
        }
    }
}

/// Where the logs that a command wrote to stand now.
fn announcements(done: &Done) -> impl Iterator<Item = Announcement> + use<> {
    let mut heads: Vec<(LogId, Seq)> = Vec::new();
    for (log, event) in &done.events {
        match heads.iter_mut().find(|(known, _)| known == log) {
            Some((_, seq)) => *seq = event.seq.max(*seq),
            None => heads.push((*log, event.seq)),
        }
    }
    let epoch = done.epoch;
    heads
        .into_iter()
        .map(move |(log, seq)| Announcement::Committed { log, head: Position { epoch, seq } })
}

fn text(command: &Command) -> &str {
    match &command.change {
        Change::Post { body, .. } | Change::Forward { body, .. } | Change::Edit { body, .. } => {
            body.as_str()
        }
        Change::SetDraft { draft, .. } => draft.text.as_str(),
        _ => "",
    }
}

/// What is told to those who waited too long.
pub fn unavailable() -> Refusal {
    Refusal::from(StoreError::Unavailable("the room waited too long".into()))
}

#[cfg(test)]
mod tests {
    use parlor_domain::{Epoch, RoomId};

    use super::*;

    #[test]
    fn what_an_unknown_commit_made_is_told_once_it_is_found() {
        let (log, now) = (LogId::from(RoomId::random()), Instant::now());
        let head = |seq| Position { epoch: Epoch::new(1), seq: Seq::new(seq) };
        let event = |seq| Event {
            seq: Seq::new(seq),
            at: Timestamp::from_micros(0),
            actor: UserId::random(),
            request_id: None,
            body: EventBody::RoomArchived { archived: true },
        };
        let page = |seqs: std::ops::RangeInclusive<u64>| {
            let events: Vec<Event> = seqs.clone().map(event).collect();
            Ok(Some(Page { head: head(*seqs.end()), events, more: false }))
        };
        let mut desk = Desk::new(log, head(1), now);
        assert!(desk.read(now, page(2..=2)).is_none(), "somebody has told it");
        let away = || StoreError::Unavailable("away".into());
        assert!(desk.committed(now, Err(away())).is_empty());
        assert!(desk.read(now, Err(away())).is_none());
        let told = desk.read(now, page(3..=4));
        let Some(Announcement::Committed { log: of, head: at }) = told else { panic!("{told:?}") };
        assert_eq!((of, at), (log, head(4)));
    }
}
