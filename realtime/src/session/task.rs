//! The task of one session: one visible loop round the machine.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use parlor_bus::Announcement;
use parlor_domain::{
    Code, EventBody, HeadsDigest, LogId, Position, Refusal, RequestId, RoomId, Seq, SessionId,
    limits,
    planted::{Planted, planted},
};
use parlor_store::RoomSummary;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinHandle, JoinSet},
    time::{sleep_until, timeout},
};

use super::{
    close::CloseReason,
    jobs::{Context, HEADS_PER_FRAME, JobDone, OpenEnd},
    machine::{Checked, Effect, Input, Machine},
    order::OrderGate,
    people::People,
    rate::TokenBucket,
    shared::{Answer, Attachment, Shared, Signals},
    writer,
};
use crate::{
    node::Inner,
    room::registry::RoomHandle,
    sessions::{About, SessionGuard},
    transport::{Class, Conn, Inbound, ReadError, Reader, Writer, streams::Opener},
    wire,
};

/// Rooms named in Welcome and the frames after it; more are found over REST.
const WELCOME_ROOMS: usize = 2_000;
/// Heads of a room that is not open are told this often at most (rule 4.8).
const HEADS_INTERVAL: Duration = Duration::from_secs(1);

/// Serves one connection until it ends.
pub(crate) async fn run(node: Arc<Inner>, conn: Conn) {
    let Conn { lane, peer, mut reader, writer } = conn;
    let (shared, answers) = Shared::new(SessionId::random());
    let opener = writer.backfills();
    let lane_under = opener.clone();
    let writing = node.tasks.spawn(writer::run(writer, lane, Arc::clone(&shared)));
    let mut machine = Machine::new(node.session_rate(), Instant::now());

    let hello = match say_hello(&node, &mut machine, &mut reader, &shared).await {
        Ok(_) if node.sessions.len() >= limits::SESSIONS_PER_NODE => Err(CloseReason::Overloaded),
        hello => hello,
    };
    let reason = match hello {
        Ok((checked, resume)) => {
            let about = About { lane, peer, since: node.now(), under: opener.clone() };
            let context = Context {
                node: Arc::clone(&node),
                session: Arc::clone(&shared),
                user: checked.user,
                opener,
            };
            let guard = node.sessions.register(&shared, checked, about);
            tracing::debug!(session = %shared.id, user = %checked.user, lane = lane.as_str(), %peer, "session began");
            let mut session = Session::new(context, machine, checked, answers, guard);
            // Looked at after it was registered: a drain that begins later finds it.
            if node.draining.is_cancelled() {
                CloseReason::Drain
            } else {
                match session.welcome(resume).await {
                    Ok(()) => session.serve(&mut reader).await,
                    Err(reason) => reason,
                }
            }
        }
        Err(reason) => reason,
    };
    tracing::debug!(session = %shared.id, lane = lane.as_str(), %peer, ?reason, "session ended");
    finish(&shared, &mut reader, writing, lane_under, reason).await;
}

/// Waits for the first frame.
async fn say_hello(
    node: &Arc<Inner>,
    machine: &mut Machine,
    reader: &mut Reader,
    shared: &Shared,
) -> Result<(Checked, Vec<(LogId, Position)>), CloseReason> {
    let mut nobody = TokenBucket::new(node.session_rate(), Instant::now());
    let mut effects = Vec::new();
    loop {
        let deadline = machine.deadline().unwrap_or_else(Instant::now);
        let input = tokio::select! {
            read = reader.next() => match read {
                // Datagrams overtake: one may be here before Hello, and may be lost.
                Ok(Inbound::Datagram(_)) => continue,
                read => from_reader(|token| node.check(token), read),
            },
            signals = shared.signalled() => signals.kick.map_or(Input::Tick, Input::Kick),
            () = node.draining.cancelled() => Input::Drain { resume_after: Duration::ZERO },
            () = sleep_until(deadline.into()) => Input::Tick,
        };
        machine.input(Instant::now(), input, &mut nobody, &mut effects);
        match effects.pop() {
            Some(Effect::Welcome { checked, resume }) => return Ok((checked, resume)),
            Some(Effect::Close(reason)) => return Err(reason),
            _ => {}
        }
    }
}

/// What a read means to the machine; tokens are checked here, by `check`.
pub(crate) fn from_reader(
    check: impl Fn(&str) -> Option<Checked>,
    read: Result<Inbound, ReadError>,
) -> Input {
    let (frame, by_datagram) = match read {
        Ok(Inbound::Frame(frame)) => (frame, false),
        Ok(Inbound::Datagram(frame)) => (frame, true),
        Ok(Inbound::End) => return Input::Gone,
        Err(ReadError::Frame(_)) => return Input::Malformed,
        Err(ReadError::Lost(error)) => {
            tracing::trace!(%error, "lane lost");
            return Input::Gone;
        }
    };
    match wire::parse(frame) {
        Ok(wire::ClientFrame::Typing(room)) => Input::Typing(room),
        Ok(wire::ClientFrame::Probe { nonce }) => Input::Probe { nonce, by_datagram },
        // Rule 1.5: other kinds in a datagram, and what does not decode, are dropped.
        _ if by_datagram => Input::Unknown,
        Err(wire::Malformed) => Input::Malformed,
        Ok(wire::ClientFrame::Hello { token, resume }) => {
            Input::Hello { checked: check(&token), resume }
        }
        Ok(wire::ClientFrame::Renew { token }) => Input::Renew { checked: check(&token) },
        Ok(wire::ClientFrame::Request { id, ask }) => Input::Request { id, ask },
        Ok(wire::ClientFrame::Focus(room)) => Input::Focus(room),
        Ok(wire::ClientFrame::SetPresence { away }) => Input::SetPresence { away },
        Ok(wire::ClientFrame::WatchPresence(users)) => Input::WatchPresence(users),
        Ok(wire::ClientFrame::Heartbeat { digest }) => Input::Heartbeat { digest },
        Ok(wire::ClientFrame::Unknown) => Input::Unknown,
    }
}

/// Lets the writer end, and says why.
async fn finish(
    shared: &Arc<Shared>,
    reader: &mut Reader,
    mut writing: JoinHandle<Option<Writer>>,
    lane: Option<Opener>,
    reason: CloseReason,
) {
    shared.outbox.close();
    match timeout(limits::CLOSE_LINGER, &mut writing).await {
        Ok(Ok(Some(writer))) => {
            writer.close(wire::close(reason), wire::close_code(reason)).await;
            let _ = timeout(limits::CLOSE_LINGER, reader.drain()).await;
        }
        // A writer that is stuck in the middle of a frame can say nothing more:
        // the lane is cut, on TCP by dropping both halves of the socket.
        _ => {
            writing.abort();
            if let Some(lane) = lane {
                lane.cut(wire::close_code(reason));
            }
        }
    }
}

/// One followed log.
#[derive(Debug)]
struct Followed {
    attachment: Arc<Attachment>,
    /// The job that brings it up to date; ends when the room has taken over.
    opening: AbortHandle,
    /// What the last heartbeat said of it.
    told: Position,
}

struct Session {
    context: Context,
    machine: Machine,
    checked: Checked,
    answers: mpsc::Receiver<Answer>,
    jobs: JoinSet<JobDone>,
    followed: HashMap<LogId, Followed>,
    focus: Option<LogId>,
    /// Rooms that changed since their heads were last told.
    grown: HashSet<RoomId>,
    summing: bool,
    heads_due: Instant,
    own_seq: Seq,
    own_grown: bool,
    reading_own: bool,
    people: People,
    /// The latest look-up of the device.
    device_check: Option<AbortHandle>,
    /// What carrying out effects has come to, not yet told the machine.
    settled: Vec<Input>,
    guard: SessionGuard,
}

impl Session {
    fn new(
        context: Context,
        machine: Machine,
        checked: Checked,
        answers: mpsc::Receiver<Answer>,
        guard: SessionGuard,
    ) -> Self {
        Self {
            context,
            machine,
            checked,
            answers,
            jobs: JoinSet::new(),
            followed: HashMap::new(),
            focus: None,
            grown: HashSet::new(),
            summing: false,
            heads_due: Instant::now(),
            own_seq: Seq::ZERO,
            own_grown: false,
            reading_own: false,
            people: People::default(),
            device_check: None,
            settled: Vec::new(),
            guard,
        }
    }

    fn own_log(&self) -> LogId {
        self.checked.user.into()
    }

    fn push(&self, frame: bytes::Bytes) {
        self.context.session.push(Class::Control, frame);
    }

    /// Says Welcome and opens what the client wants to resume.
    async fn welcome(&mut self, resume: Vec<(LogId, Position)>) -> Result<(), CloseReason> {
        let store = &self.context.node.store;
        let unavailable = |error: parlor_store::StoreError| {
            tracing::warn!(%error, "a session cannot begin");
            CloseReason::Internal
        };
        // The session is registered, so a device signed out after this look-up
        // kicks it, and one signed out before is seen here.
        let device = store.accounts.device(self.checked.device).await.map_err(unavailable)?;
        if device.is_none_or(|device| device.revoked_at.is_some()) {
            return Err(CloseReason::Revoked);
        }
        // Watched before the rooms are read, so that no room added between the
        // two is missed.
        self.guard.watch(self.own_log());
        let own = store.log.head(self.own_log()).await.map_err(unavailable)?;
        let own = own.ok_or(CloseReason::Unauthenticated)?;
        self.own_seq = own.seq;
        let rooms = self.rooms().await.map_err(unavailable)?;
        let standing = store.presence.standing(self.checked.user).await.map_err(unavailable)?;
        self.people.take_seat(&self.context, self.checked, standing);
        let (first, rest) = rooms.split_at(rooms.len().min(HEADS_PER_FRAME));
        let greeting = wire::Greeting {
            session: self.context.session.id,
            checked: self.checked,
            expires_at: self.context.node.ends_at(self.checked),
            user_log: own,
            node: &self.context.node.config.name,
            rates: &self.context.node.config.rates,
        };
        self.push(wire::welcome(&greeting, first));
        if !rest.is_empty() {
            self.summing = true;
            self.jobs.spawn(self.context.clone().tell_heads(rest.to_vec()));
        }
        for room in &rooms {
            self.guard.watch(room.room.id.into());
        }
        let mut from_own = own;
        for (log, from) in resume {
            if log == self.own_log() {
                from_own = from;
            } else {
                self.open(None, log, from);
            }
        }
        self.open(None, self.own_log(), from_own);
        Ok(())
    }

    async fn rooms(&self) -> Result<Vec<RoomSummary>, parlor_store::StoreError> {
        let mut rooms: Vec<RoomSummary> = Vec::new();
        while rooms.len() < WELCOME_ROOMS {
            let after = rooms.last().map(|last| last.room.id);
            let store = &self.context.node.store;
            let page = store.rooms.mine(self.checked.user, after, limits::PAGE_ITEMS).await?;
            let full = page.len() == limits::PAGE_ITEMS as usize;
            rooms.extend(page);
            if !full {
                break;
            }
        }
        Ok(rooms)
    }

    async fn serve(&mut self, reader: &mut Reader) -> CloseReason {
        let mut effects = Vec::new();
        loop {
            let deadline = self.machine.deadline().unwrap_or_else(Instant::now);
            let heads_wanted = !self.grown.is_empty() && !self.summing;
            let session = Arc::clone(&self.context.session);
            // What ends the session or answers it comes before what it asks next.
            let input = tokio::select! {
                biased;
                signals = session.signalled() => self.signals(signals, &mut effects),
                Some(answer) = self.answers.recv() => Some(self.answered(answer)),
                Some(done) = self.jobs.join_next(), if !self.jobs.is_empty() => match done {
                    Ok(done) => self.job_done(done),
                    Err(error) if error.is_cancelled() => None,
                    Err(_) => Some(Input::Kick(CloseReason::Internal)),
                },
                () = sleep_until(deadline.into()) => Some(Input::Tick),
                () = sleep_until(self.heads_due.into()), if heads_wanted => {
                    self.sum_up();
                    None
                }
                () = sleep_until(self.people.due().into()), if self.people.is_due() => {
                    self.look_up_people();
                    None
                }
                read = reader.next(), if self.machine.may_read() => {
                    Some(from_reader(|token| self.context.node.check(token), read))
                }
            };
            if let Some(input) = input {
                self.feed(input, &mut effects);
            }
            for effect in std::mem::take(&mut effects) {
                if let Some(reason) = self.act(effect).await {
                    return reason;
                }
            }
            for input in std::mem::take(&mut self.settled) {
                self.feed(input, &mut effects);
            }
        }
    }

    fn feed(&mut self, input: Input, effects: &mut Vec<Effect>) {
        let bucket = self.guard.user_bucket();
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        self.machine.input(Instant::now(), input, &mut bucket, effects);
    }

    fn signals(&mut self, signals: Signals, effects: &mut Vec<Effect>) -> Option<Input> {
        for room in signals.parted {
            let current = self.followed.get(&room.into());
            if current.is_some_and(|followed| followed.attachment.is_parted()) {
                self.let_go(room.into());
                self.feed(Input::LogClosed(room), effects);
            }
        }
        for log in signals.grown {
            if log == self.own_log() {
                self.own_grown = true;
            } else if !self.followed.contains_key(&log) {
                self.grown.insert(log.as_room());
            }
        }
        self.read_own_log();
        if signals.recheck_device {
            let job = self.context.clone().look_up_device(self.checked.device);
            // The one before may have looked too early.
            if let Some(before) = self.device_check.replace(self.jobs.spawn(job)) {
                before.abort();
            }
        }
        if signals.announced {
            self.push(wire::announcements_changed());
        }
        if let Some(resume_after) = signals.drain {
            self.feed(Input::Drain { resume_after }, effects);
        }
        signals.kick.map(Input::Kick)
    }

    fn answered(&self, answer: Answer) -> Input {
        let Answer { id, log, result } = answer;
        let code = match &result {
            Ok(_)
                if planted(Planted::DropAckOnDrain)
                    && self.context.node.draining.is_cancelled() =>
            {
                None
            }
            Ok(done) => {
                self.push(wire::reply_done(id, done));
                None
            }
            Err(refusal) => {
                self.push(wire::reply_refused(id, refusal));
                Some(refusal.code)
            }
        };
        Input::Answered { id, log: Some(log), code }
    }

    fn job_done(&mut self, done: JobDone) -> Option<Input> {
        match done {
            JobDone::Opened { attachment, end } => {
                let log = attachment.log;
                // One that was overtaken or given up was settled then.
                let current = self.followed.get(&log)?;
                if !Arc::ptr_eq(&current.attachment, &attachment) {
                    return None;
                }
                match end {
                    OpenEnd::Followed => None,
                    OpenEnd::Closed if log != self.own_log() => {
                        self.unfollow(log);
                        Some(Input::LogClosed(log.as_room()))
                    }
                    // A log that was promised and cannot be brought up to date
                    // must not look as if it were: the client resumes.
                    OpenEnd::Closed | OpenEnd::Broken => Some(Input::Kick(CloseReason::Internal)),
                }
            }
            JobDone::Fetched { id } => Some(Input::Answered { id, log: None, code: None }),
            JobDone::Summed => {
                self.summing = false;
                None
            }
            JobDone::OwnLog(page) => {
                self.reading_own = false;
                self.own_grown |= page.more;
                for event in page.events {
                    self.own_seq = event.seq;
                    match event.body {
                        EventBody::RoomAdded { room } => {
                            self.guard.watch(room.into());
                            self.grown.insert(room);
                        }
                        EventBody::RoomRemoved { room } => {
                            self.guard.unwatch(room.into());
                            self.people.refresh();
                        }
                        EventBody::FriendRemoved { .. } => self.people.refresh(),
                        EventBody::UserBlocked { .. }
                        | EventBody::UserUnblocked { .. }
                        | EventBody::PrivacyChanged { .. } => self.look_up_standing(),
                        EventBody::ReadMoved { room, .. }
                            if !self.followed.contains_key(&room.into()) =>
                        {
                            self.grown.insert(room);
                        }
                        _ => {}
                    }
                }
                self.read_own_log();
                None
            }
            JobDone::Known(known) => {
                self.people.found(&known);
                None
            }
            JobDone::Standing(standing) => {
                self.people.stands(standing);
                None
            }
            JobDone::Device { signed_in } => {
                (!signed_in).then_some(Input::Kick(CloseReason::Revoked))
            }
            JobDone::Failed => Some(Input::Kick(CloseReason::Internal)),
        }
    }

    fn read_own_log(&mut self) {
        if self.own_grown && !self.reading_own {
            self.own_grown = false;
            self.reading_own = true;
            self.jobs.spawn(self.context.clone().read_own_log(self.own_seq));
        }
    }

    fn look_up_people(&mut self) {
        let people = self.people.begin_look_up();
        self.jobs.spawn(self.context.clone().look_up_people(people));
    }

    /// The one that is under way may have looked too early.
    fn look_up_standing(&mut self) {
        let job = self.jobs.spawn(self.context.clone().look_up_standing());
        self.people.look_up_standing(job);
    }

    fn sum_up(&mut self) {
        self.heads_due = Instant::now() + HEADS_INTERVAL;
        self.summing = true;
        let rooms = self.grown.drain().collect();
        self.jobs.spawn(self.context.clone().sum_up(rooms));
    }

    /// Carries out one effect; the reason where the session ends.
    async fn act(&mut self, effect: Effect) -> Option<CloseReason> {
        match effect {
            Effect::Close(reason) => return Some(reason),
            Effect::Welcome { .. } => {}
            Effect::Refuse { id, refusal } => {
                if refusal.code == Code::RateLimited {
                    self.context.node.limited.fetch_add(1, Ordering::Relaxed);
                }
                self.push(wire::reply_refused(id, &refusal));
            }
            Effect::Submit(command) => self.submit(command).await,
            Effect::Open { id, room, from } => self.open(Some(id), room.into(), from),
            Effect::CloseLog { id, room } => {
                // One's own log is always open (rule 2.4).
                let is_room = LogId::from(room) != self.own_log();
                let at = if is_room { self.unfollow(room.into()) } else { Position::default() };
                self.push(wire::reply_open(id, at));
            }
            Effect::Fetch { id, log, from, limit } => {
                self.jobs.spawn(self.context.clone().fetch(id, log, from, limit));
            }
            Effect::Focus(room) => self.set_focus(room.map(LogId::from)),
            Effect::Typing(room) => {
                // The machine takes a room as open once it was asked for; here it
                // is known to be the user's.
                let log = LogId::from(room);
                if self.followed.get(&log).is_some_and(|followed| followed.opening.is_finished()) {
                    let user = self.checked.user;
                    self.context.node.bus.publish(Announcement::Typing { room, user });
                }
            }
            Effect::Probe { nonce, by_datagram: true } => {
                self.context.session.outbox.push_probe(wire::probe(nonce));
            }
            Effect::Probe { nonce, by_datagram: false } => self.push(wire::probe(nonce)),
            Effect::SetPresence { away } => self.people.set_away(away),
            Effect::WatchPresence(users) => self.people.watch(users),
            Effect::Heartbeat => {
                self.people.refresh_if_old();
                self.heartbeat(false);
            }
            Effect::CompareDigest(digest) => {
                if digest != self.digest().get() {
                    self.heartbeat(true);
                }
            }
            Effect::GoAway { resume_after } => self.push(wire::go_away(resume_after)),
        }
        None
    }

    /// Hands a command to its log, waiting while that is busy: so long this
    /// connection is not read, and flow control reaches the client.
    async fn submit(&mut self, command: parlor_domain::Command) {
        let (id, log) = (command.request_id, command.log());
        let node = Arc::clone(&self.context.node);
        let deadline = Instant::now() + limits::COMMIT_DEADLINE;
        loop {
            let room = node.registry.enter(&node, log);
            // A room that ended has answered before another one takes its place:
            // what it refused holds this one back, as in the room itself (C4).
            self.take_answers();
            if self.machine.holds_back(log, id, Instant::now()) {
                return self.refuse_change(id, log, OrderGate::refusal());
            }
            let sent = room.submit(command.clone(), Arc::clone(&self.context.session), deadline);
            match tokio::time::timeout_at(deadline.into(), sent).await {
                Ok(Ok(())) => return,
                // Asleep: enter again.
                Ok(Err(_)) => {}
                Err(_) => break,
            }
        }
        let refusal = Refusal::new(Code::Unavailable, "the room is too busy")
            .retry_after(limits::UNAVAILABLE_RETRY);
        self.refuse_change(id, log, refusal);
    }

    /// Answers a change that did not get as far as its log. The machine hears of
    /// it before it takes another request, so that none overtakes this one.
    fn refuse_change(&mut self, id: RequestId, log: LogId, refusal: Refusal) {
        let answered = self.answered(Answer { id, log, result: Err(refusal) });
        self.settled.push(answered);
    }

    fn take_answers(&mut self) {
        let mut effects = Vec::new();
        while let Ok(answer) = self.answers.try_recv() {
            let answered = self.answered(answer);
            self.feed(answered, &mut effects);
        }
        debug_assert!(effects.is_empty(), "an answer asks for nothing");
    }

    fn open(&mut self, id: Option<RequestId>, log: LogId, from: Position) {
        self.unfollow(log);
        self.guard.follows(log, true);
        let session = Arc::clone(&self.context.session);
        let attachment = Arc::new(Attachment::new(session, self.checked.user, log, id, from));
        attachment.set_focus(self.focus == Some(log));
        let opening = self.jobs.spawn(self.context.clone().open(Arc::clone(&attachment), from));
        self.followed.insert(log, Followed { attachment, opening, told: Position::default() });
    }

    /// Stops following a log, and sending what its opening has under way.
    fn unfollow(&mut self, log: LogId) -> Position {
        if let Some(followed) = self.followed.get(&log) {
            followed.opening.abort();
        }
        self.let_go(log)
    }

    /// Stops following a log; where it stood. What its opening has under way comes
    /// to its end. A request that still waits for it is answered here, once.
    fn let_go(&mut self, log: LogId) -> Position {
        let Some(followed) = self.followed.remove(&log) else { return Position::default() };
        let attachment = followed.attachment;
        attachment.give_up();
        if let Some(id) = attachment.claim_answer() {
            let refusal = Refusal::new(Code::Conflict, "another request was quicker");
            self.push(wire::reply_refused(id, &refusal));
        }
        self.guard.follows(log, false);
        if let Some(room) = self.context.node.registry.awake(log) {
            let gone = Arc::clone(&attachment);
            self.context.node.tasks.spawn(async move { room.detach(gone).await });
        }
        attachment.sent()
    }

    fn set_focus(&mut self, focus: Option<LogId>) {
        for (log, followed) in &self.followed {
            followed.attachment.set_focus(Some(*log) == focus);
        }
        self.focus = focus;
    }

    /// Where this session should stand in a log: at the head that the node knows,
    /// whatever became of the way there (C22).
    fn due(&self, log: LogId, attachment: &Attachment) -> Position {
        let sent = attachment.sent();
        let known = self.context.node.registry.awake(log).map_or(Seq::ZERO, |room| room.known());
        Position { seq: sent.seq.max(known), ..sent }
    }

    fn digest(&self) -> HeadsDigest {
        let mut digest = HeadsDigest::default();
        for (log, followed) in &self.followed {
            digest.toggle(*log, self.due(*log, &followed.attachment));
        }
        digest
    }

    /// Tells the heads that changed since the last time, or all.
    fn heartbeat(&mut self, all: bool) {
        let mut digest = HeadsDigest::default();
        let mut heads = Vec::new();
        let due: Vec<_> = self
            .followed
            .iter()
            .map(|(log, followed)| (*log, self.due(*log, &followed.attachment)))
            .collect();
        for (log, at) in due {
            digest.toggle(log, at);
            if let Some(followed) = self.followed.get_mut(&log)
                && (all || at != followed.told)
            {
                heads.push((log, at));
                followed.told = at;
            }
        }
        self.push(wire::heartbeat(digest, &heads));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let node = &self.context.node;
        let mut seats: Vec<(RoomHandle, Arc<Attachment>)> = Vec::new();
        for (log, followed) in self.followed.drain() {
            followed.attachment.give_up();
            seats.extend(node.registry.awake(log).map(|room| (room, followed.attachment)));
        }
        node.tasks.spawn(async move {
            for (room, gone) in seats {
                room.detach(gone).await;
            }
        });
    }
}
