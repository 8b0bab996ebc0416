//! The task of one room: take what has queued, append, fan out.

use std::{
    collections::VecDeque,
    future::{Future, pending},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use parlor_bus::{Announcement, Bus};
use parlor_domain::{
    Change, Code, Command, Event, EventBody, LogId, Position, Refusal, Seq, SessionId, UserId,
    limits,
};
use parlor_store::{Done, Log, Page, StoreError};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, sleep_until, timeout, timeout_at},
};

use super::{
    machine::{Attach, Attached, Machine},
    registry::Registered,
};
use crate::{
    session::{
        close::CloseReason,
        order::OrderGate,
        shared::{Answer, Attachment, Seat, Shared},
    },
    wire,
};

/// A read of the log that failed is tried again after this.
const READ_AGAIN: Duration = Duration::from_millis(200);
/// While a commit's outcome is unknown the log is looked at this often ...
const SUSPECT_INTERVAL: Duration = Duration::from_secs(1);
/// ... for this long: a commit can land after its answer was given up.
const SUSPECT_FOR: Duration = Duration::from_secs(10);
/// Texts of one commit, together, about: it is passed on at once, and has to fit
/// the outbox of whoever reads along.
const COMMIT_BYTES: usize = limits::OUTBOX_BYTES / 4;

/// What comes to a room.
#[derive(Debug)]
pub(crate) enum RoomInput {
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

/// A command on its way. One that is dropped without an answer ends its session,
/// which resumes and sends it again: no request waits for ever.
#[derive(Debug)]
pub(crate) struct Pending {
    command: Command,
    session: Option<Arc<Shared>>,
    deadline: Instant,
}

impl Pending {
    pub(crate) fn new(command: Command, session: Arc<Shared>, deadline: Instant) -> Self {
        Self { command, session: Some(session), deadline }
    }

    fn session(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
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

type Committed = Result<Vec<Result<Done, Refusal>>, StoreError>;
type Commit = Pin<Box<dyn Future<Output = Committed> + Send>>;
type Read = Pin<Box<dyn Future<Output = Result<Option<Page>, StoreError>> + Send>>;

struct Room {
    log_id: LogId,
    log: Log,
    bus: Bus,
    machine: Machine<Seat>,
    waiting: VecDeque<Pending>,
    committing: Vec<Pending>,
    /// The log may hold events that nobody announced until then.
    suspect_until: Option<Instant>,
    /// When to look then.
    look_at: Instant,
}

/// Runs one room until nobody needs it.
pub(crate) async fn run(registered: Registered, mut inputs: mpsc::Receiver<RoomInput>) {
    let Registered { node, log: log_id, hints } = &registered;
    let log_id = *log_id;
    let Some((log, bus, stopped)) =
        node.upgrade().map(|node| (node.store.log.clone(), node.bus.clone(), node.stopped.clone()))
    else {
        return;
    };
    let head = match timeout(limits::COMMIT_DEADLINE, log.head(log_id)).await {
        Ok(Ok(Some(head))) => head,
        Ok(Ok(None)) => return refuse_all(inputs, &Refusal::not_found()).await,
        Ok(Err(error)) => return refuse_all(inputs, &error.into()).await,
        Err(_) => return refuse_all(inputs, &unavailable()).await,
    };
    let mut room = Room {
        log_id,
        log,
        bus,
        machine: Machine::new(head),
        waiting: VecDeque::new(),
        committing: Vec::new(),
        suspect_until: None,
        look_at: Instant::now(),
    };
    let mut commit: Option<Commit> = None;
    let mut read: Option<Read> = None;
    let mut taken = Vec::new();
    loop {
        let idle = room.machine.is_idle() && commit.is_none() && read.is_none();
        tokio::select! {
            count = inputs.recv_many(&mut taken, limits::ROOM_QUEUE),
                if room.waiting.len() < limits::ROOM_QUEUE =>
            {
                if count == 0 {
                    return;
                }
                for input in taken.drain(..) {
                    room.input(input);
                }
            }
            committed = maybe(&mut commit) => {
                commit = None;
                room.committed(committed);
            }
            page = maybe(&mut read) => {
                read = None;
                room.read(page);
            }
            () = hints.given.notified() => {
                room.machine.announced(hints.reaches());
                if hints.take_missed() {
                    room.suspect();
                }
            }
            () = stopped.cancelled(), if commit.is_none() => return,
            () = sleep(limits::ROOM_IDLE), if idle => {
                let Some(node) = node.upgrade() else { return };
                if node.registry.evict(log_id, hints, &inputs) {
                    return;
                }
            }
            () = sleep_until(room.look_at.into()),
                if room.suspect_until.is_some() && read.is_none() =>
            {
                read = Some(room.start_read());
            }
        }
        if commit.is_none() {
            commit = room.start_commit();
        }
        if read.is_none() && room.machine.is_behind() {
            read = Some(room.start_read());
        }
    }
}

async fn maybe<T>(future: &mut Option<Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}

/// Answers whoever came before the room was found not to be there. It stays
/// registered meanwhile: what a session sends to the room that is woken next
/// comes after these answers (C4).
async fn refuse_all(mut inputs: mpsc::Receiver<RoomInput>, refusal: &Refusal) {
    inputs.close();
    while let Some(input) = inputs.recv().await {
        match input {
            RoomInput::Submit(pending) => pending.answer(Err(refusal.clone())),
            RoomInput::Attach { reply, .. } if refusal.code == Code::NotFound => {
                let _ = reply.send(Attached::Gone);
            }
            // Dropping the reply says: asleep, enter again.
            _ => {}
        }
    }
}

impl Room {
    fn input(&mut self, input: RoomInput) {
        match input {
            RoomInput::Submit(pending) => self.waiting.push_back(pending),
            RoomInput::Attach { attachment, after, authorised_at, reply } => {
                if attachment.is_given_up() {
                    return;
                }
                let follower = Seat { attachment: Arc::clone(&attachment), authorised_at };
                let attached = self.machine.attach(Attach { follower, after });
                if let Attached::Live(missing) = &attached
                    && let Some(last) = missing.last()
                {
                    let events = missing.iter().map(AsRef::as_ref);
                    for frame in wire::events(self.log_id, self.machine.head().epoch, events) {
                        attachment.push(frame);
                    }
                    attachment.sent_up_to(last.seq);
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

    fn suspect(&mut self) {
        let now = Instant::now();
        self.suspect_until = Some(now + SUSPECT_FOR);
        self.look_at = now + SUSPECT_INTERVAL;
    }

    /// Takes all that waits and hands it to the log in one batch.
    fn start_commit(&mut self) -> Option<Commit> {
        let now = Instant::now();
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
                bytes += text_bytes(&pending.command);
                commands.push(pending.command.clone());
                self.committing.push(pending);
            }
        }
        let deadline = self.committing.first()?.deadline;
        let log = self.log.clone();
        Some(Box::pin(async move {
            match timeout_at(deadline.into(), log.submit(commands)).await {
                Ok(committed) => committed,
                Err(_) => Err(StoreError::Unavailable("the commit takes too long".into())),
            }
        }))
    }

    fn committed(&mut self, committed: Committed) {
        let pending = std::mem::take(&mut self.committing);
        let results = match committed {
            Ok(results) => results,
            Err(error) => {
                tracing::warn!(log = %self.log_id, %error, "a commit failed, its outcome is unknown");
                self.suspect();
                let refusal = Refusal::from(error);
                pending.iter().map(|_| Err(refusal.clone())).collect()
            }
        };
        let now = Instant::now();
        let mut events: Vec<Event> = Vec::with_capacity(results.len());
        for (pending, mut result) in pending.into_iter().zip(results) {
            match &mut result {
                Ok(done) => {
                    self.announce(done);
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
    }

    /// Moves this log's events out of an answer; the answer itself needs none.
    fn own_events(&mut self, done: &mut Done) -> Vec<Event> {
        // A repeat: what it made may be new to this room all the same.
        self.machine.announced(done.seq);
        let log_id = self.log_id;
        done.events.drain(..).filter(|(log, _)| *log == log_id).map(|(_, event)| event).collect()
    }

    fn announce(&self, done: &Done) {
        let mut heads: Vec<(LogId, Seq)> = Vec::new();
        for (log, event) in &done.events {
            match heads.iter_mut().find(|(known, _)| known == log) {
                Some((_, seq)) => *seq = event.seq.max(*seq),
                None => heads.push((*log, event.seq)),
            }
        }
        for (log, seq) in heads {
            let head = Position { epoch: done.epoch, seq };
            self.bus.publish(Announcement::Committed { log, head });
        }
    }

    fn start_read(&mut self) -> Read {
        self.look_at = Instant::now() + SUSPECT_INTERVAL;
        let (log, log_id, after) = (self.log.clone(), self.log_id, self.machine.head().seq);
        Box::pin(async move {
            let page = log.after(log_id, after, limits::PAGE_ITEMS).await;
            if page.is_err() {
                sleep(READ_AGAIN).await;
            }
            page
        })
    }

    fn read(&mut self, page: Result<Option<Page>, StoreError>) {
        match page {
            Ok(Some(page)) => {
                self.machine.announced(page.head.seq);
                let advance = self.machine.take(page.events);
                self.fan_out(&advance.events);
                self.suspect_until = self.suspect_until.filter(|until| Instant::now() < *until);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(log = %self.log_id, %error, "the log cannot be read"),
        }
    }

    /// Whoever leaves gets nothing that came after (rule 4.7), so events are
    /// passed on up to each departure.
    fn fan_out(&mut self, events: &[Arc<Event>]) {
        let is_departure = |event: &Arc<Event>| matches!(event.body, EventBody::MemberLeft { .. });
        for run in events.split_inclusive(is_departure) {
            self.pass_on(run);
        }
    }

    fn pass_on(&mut self, events: &[Arc<Event>]) {
        let Some(last) = events.last() else { return };
        if !self.machine.followers().is_empty() {
            let all = events.iter().map(AsRef::as_ref);
            let frames = wire::events(self.log_id, self.machine.head().epoch, all);
            for Seat { attachment, .. } in self.machine.followers() {
                for frame in &frames {
                    attachment.push(frame.clone());
                }
                attachment.sent_up_to(last.seq);
            }
        }
        for Seat { attachment, .. } in &self.machine.part(last) {
            attachment.part();
        }
    }
}

fn text_bytes(command: &Command) -> usize {
    match &command.change {
        Change::Post { body, .. } | Change::Edit { body, .. } => body.as_str().len(),
        _ => 0,
    }
}

fn unavailable() -> Refusal {
    Refusal::from(StoreError::Unavailable("the room waited too long".into()))
}
