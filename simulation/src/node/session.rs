//! Acts for the sessions, as their tasks do.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use parlor_domain::{HeadsDigest, LogId, Position, Refusal, RequestId, limits};
use parlor_realtime::machines::{
    close::CloseReason,
    desk::{Pending, RoomInput},
    order::OrderGate,
    outbox::Batch,
    session::{Checked, Effect, Input, Machine},
    shared::{Answer, Attachment, Shared, Signals},
    wire::{self, ClientFrame},
};
use tokio::sync::mpsc;

use super::opening::{Job, OpenEnd};
use crate::{
    Plant,
    net::Way,
    world::{Event, World},
};

/// A log that is followed.
#[derive(Debug)]
pub struct Followed {
    /// The place in the room.
    pub attachment: Arc<Attachment>,
    /// The job that brings it up to date.
    opening: u64,
    /// What the last heartbeat said of it.
    told: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    AwaitingHello,
    /// The database is asked.
    Beginning,
    Serving,
}

/// One session.
#[derive(Debug)]
pub struct Session {
    /// Its number.
    pub key: u64,
    /// Its connection.
    pub conn: u64,
    /// What others hold of it.
    pub shared: Arc<Shared>,
    /// Logs it follows.
    pub followed: BTreeMap<LogId, Followed>,
    /// Whose.
    pub checked: Checked,
    pub(super) jobs: BTreeMap<u64, Job>,
    /// Places for backfills that are taken.
    pub(super) places: usize,
    /// For [`Plant::BackfillLost`].
    pub(super) lost_a_page: bool,
    /// The job whose turn it is to fill the outbox.
    pub(super) turn: Option<u64>,
    answers: mpsc::Receiver<Answer>,
    machine: Machine,
    phase: Phase,
    resume: Vec<(LogId, Position)>,
    inbox: VecDeque<Bytes>,
    datagrams: VecDeque<Bytes>,
    /// The lane is found to be gone from then on.
    gone_at: Option<Duration>,
    settled: Vec<Input>,
    woken: bool,
    timer: Option<Duration>,
    /// Output the transport does not take, and since when.
    stuck: Option<(Batch, Duration)>,
}

/// A stuck outbox ends its session.
const STUCK_FOR: Duration = limits::OUTBOX_AGE;
/// How long the farewell of a session is given to be read.
const LINGER: Duration = limits::CLOSE_LINGER;

impl World {
    /// A lane was opened: a session waits for its Hello.
    pub fn accept(&mut self, conn: u64, client: usize) {
        let key = self.key();
        let (shared, answers) = Shared::new(self.session_id());
        let (user, device) = (self.clients[client].user, self.clients[client].device);
        let ends_at = self.instant() + Duration::from_secs(3_600);
        let session = Session {
            key,
            conn,
            shared,
            followed: BTreeMap::new(),
            checked: Checked { user, device, ends_at },
            jobs: BTreeMap::new(),
            places: 0,
            lost_a_page: false,
            turn: None,
            answers,
            machine: Machine::new(super::session_rate(), self.instant()),
            phase: Phase::AwaitingHello,
            resume: Vec::new(),
            inbox: VecDeque::new(),
            datagrams: VecDeque::new(),
            gone_at: None,
            settled: Vec::new(),
            woken: false,
            timer: None,
            stuck: None,
        };
        if let (Some(node), Some(conn)) = (&mut self.node, self.conns.get_mut(&conn)) {
            conn.session = Some(key);
            node.sessions.insert(key, session);
            self.wake_session(key);
        }
    }

    /// Lets a session look at what came.
    pub fn wake_session(&mut self, key: u64) {
        let wait = self.soon();
        let Some(node) = &mut self.node else { return };
        if let Some(session) = node.sessions.get_mut(&key)
            && !std::mem::replace(&mut session.woken, true)
        {
            self.after(wait, Event::Session(key));
        }
    }

    /// Lets every session look at what came.
    pub fn wake_sessions(&mut self) {
        let keys: Vec<u64> =
            self.node.iter().flat_map(|node| node.sessions.keys().copied()).collect();
        keys.into_iter().for_each(|key| self.wake_session(key));
    }

    fn session_mut(&mut self, key: u64) -> Option<&mut Session> {
        self.node.as_mut()?.sessions.get_mut(&key)
    }

    /// A frame of the client arrives; one without bytes is the end.
    pub fn session_hears(&mut self, conn: u64, frame: Bytes) {
        let Some(key) = self.conns.get(&conn).and_then(|conn| conn.session) else { return };
        let now = self.now;
        if let Some(session) = self.session_mut(key) {
            if frame.is_empty() {
                session.gone_at = Some(now);
            } else {
                session.inbox.push_back(frame);
            }
            self.wake_session(key);
        }
    }

    /// A datagram of the client arrives.
    pub fn session_hears_datagram(&mut self, key: u64, frame: Bytes) {
        if let Some(session) = self.session_mut(key) {
            session.datagrams.push_back(frame);
            self.wake_session(key);
        }
    }

    /// The session will find its lane gone.
    pub fn session_loses_lane(&mut self, key: u64, at: Duration) {
        if let Some(session) = self.session_mut(key) {
            session.gone_at = Some(at);
            self.at(at, Event::Session(key));
        }
    }

    /// The session, taken out to be acted for.
    pub(super) fn take_session(&mut self, key: u64) -> Option<Session> {
        self.node.as_mut()?.sessions.remove(&key)
    }

    /// A session's turn.
    pub fn session_wakes(&mut self, key: u64) {
        if let Some(mut session) = self.take_session(key) {
            session.woken = false;
            self.session_goes_on(session);
        }
    }

    /// The database has answered a session that begins: Welcome, and the logs it
    /// resumes.
    pub fn session_begins(&mut self, key: u64) {
        let Some(mut session) = self.take_session(key) else { return };
        let own = LogId::from(session.checked.user);
        let Some(head) = self.db.head(own).filter(|_| self.reads()) else {
            return self.session_ends(session, CloseReason::Internal);
        };
        let mut rooms = self.db.summaries(session.checked.user);
        if self.plant == Some(Plant::BackfillLost { heads: false }) {
            rooms.clear();
        }
        let greeting = wire::Greeting {
            session: session.shared.id,
            checked: session.checked,
            expires_at: parlor_domain::Timestamp::default(),
            user_log: head,
            node: "simulated",
            rates: &super::rates(),
        };
        session.push(wire::welcome(&greeting, &rooms));
        session.phase = Phase::Serving;
        let mut from_own = head;
        for (log, from) in std::mem::take(&mut session.resume) {
            if log == own {
                from_own = from;
            } else {
                self.open(&mut session, None, log, from);
            }
        }
        self.open(&mut session, None, own, from_own);
        self.session_goes_on(session);
    }

    /// Does what there is to do, and puts the session back, or ends it.
    pub(super) fn session_goes_on(&mut self, mut session: Session) {
        match self.session_runs(&mut session) {
            Some(reason) => self.session_ends(session, reason),
            None => {
                let deadline = session.machine.deadline().map(|at| self.since(at));
                let due = deadline.filter(|at| session.timer.is_none_or(|set| *at < set));
                if let Some(at) = due {
                    session.timer = Some(at);
                    self.at(at, Event::Session(session.key));
                }
                if let Some(node) = &mut self.node {
                    node.sessions.insert(session.key, session);
                }
            }
        }
    }

    fn session_runs(&mut self, session: &mut Session) -> Option<CloseReason> {
        let mut effects = Vec::new();
        loop {
            let input = match session.phase {
                Phase::Beginning => return None,
                Phase::AwaitingHello => self.first_input(session),
                Phase::Serving => self.next_input(session, &mut effects),
            };
            let idle = input.is_none() && effects.is_empty();
            if let Some(input) = input {
                self.feed(session, input, &mut effects);
            }
            for effect in std::mem::take(&mut effects) {
                if let Some(reason) = self.act(session, effect) {
                    return Some(reason);
                }
            }
            for input in std::mem::take(&mut session.settled) {
                self.feed(session, input, &mut effects);
            }
            // What was written makes room for what waits to be queued.
            if idle && effects.is_empty() && !self.write_out(session) {
                return None;
            }
        }
    }

    fn first_input(&mut self, session: &mut Session) -> Option<Input> {
        if let Some(signals) = session.shared.signalled().now_or_never()
            && let Some(reason) = signals.kick
        {
            return Some(Input::Kick(reason));
        }
        self.frame_or_end(session).or_else(|| self.tick(session))
    }

    /// What ends the session or answers it comes before what it asks next.
    fn next_input(&mut self, session: &mut Session, effects: &mut Vec<Effect>) -> Option<Input> {
        if let Some(signals) = session.shared.signalled().now_or_never()
            && let Some(input) = self.signals(session, signals, effects)
        {
            return Some(input);
        }
        if let Ok(answer) = session.answers.try_recv() {
            return Some(session.answered(answer));
        }
        for job in session.jobs.keys().copied().collect::<Vec<_>>() {
            if let Some(end) = self.job_goes_on(session, job) {
                return self.job_done(session, job, end);
            }
        }
        self.tick(session).or_else(|| self.frame_or_end(session))
    }

    fn tick(&mut self, session: &mut Session) -> Option<Input> {
        let due = session.machine.deadline().map(|at| self.since(at))?;
        if due > self.now {
            return None;
        }
        session.timer = None;
        Some(Input::Tick)
    }

    fn frame_or_end(&mut self, session: &mut Session) -> Option<Input> {
        if session.phase == Phase::Serving
            && let Some(frame) = session.datagrams.pop_front()
        {
            return Some(parsed(session, frame, true));
        }
        if session.machine.may_read()
            && let Some(frame) = session.inbox.pop_front()
        {
            return Some(parsed(session, frame, false));
        }
        let gone = session.gone_at.is_some_and(|at| at <= self.now) && session.inbox.is_empty();
        gone.then_some(Input::Gone)
    }

    fn feed(&mut self, session: &mut Session, input: Input, effects: &mut Vec<Effect>) {
        let now = self.instant();
        let user = session.checked.user;
        let Some(bucket) = self.user_bucket(user) else { return };
        session.machine.input(now, input, bucket, effects);
    }

    fn signals(
        &mut self,
        session: &mut Session,
        signals: Signals,
        effects: &mut Vec<Effect>,
    ) -> Option<Input> {
        for room in signals.parted {
            let current = session.followed.get(&room.into());
            if current.is_some_and(|followed| followed.attachment.is_parted()) {
                self.let_go(session, room.into());
                self.feed(session, Input::LogClosed(room), effects);
            }
        }
        if let Some(resume_after) = signals.drain {
            self.feed(session, Input::Drain { resume_after }, effects);
        }
        signals.kick.map(Input::Kick)
    }

    fn job_done(&mut self, session: &mut Session, job: u64, end: OpenEnd) -> Option<Input> {
        let done = self.end_job(session, job)?;
        let log = done.attachment.log;
        let current = session.followed.get(&log)?;
        if !Arc::ptr_eq(&current.attachment, &done.attachment) {
            return None;
        }
        match end {
            OpenEnd::Followed => None,
            OpenEnd::Closed if log != LogId::from(session.checked.user) => {
                self.unfollow(session, log);
                Some(Input::LogClosed(log.as_room()))
            }
            OpenEnd::Closed | OpenEnd::Broken => Some(Input::Kick(CloseReason::Internal)),
        }
    }

    fn act(&mut self, session: &mut Session, effect: Effect) -> Option<CloseReason> {
        match effect {
            Effect::Close(reason) => return Some(reason),
            Effect::Welcome { resume, .. } => {
                session.resume = resume;
                session.phase = Phase::Beginning;
                let wait = self.reading();
                self.after(wait, Event::Begin(session.key));
            }
            Effect::Refuse { id, refusal } => session.push(wire::reply_refused(id, &refusal)),
            Effect::Submit(command) => self.submit(session, command),
            Effect::Open { id, room, from } => self.open(session, Some(id), room.into(), from),
            Effect::CloseLog { id, room } => {
                let own = LogId::from(room) == LogId::from(session.checked.user);
                let at =
                    if own { Position::default() } else { self.unfollow(session, room.into()) };
                session.push(wire::reply_open(id, at));
            }
            Effect::Typing(room) => {
                let (user, wait) = (session.checked.user, self.soon());
                self.after(wait, Event::TypingTold { room, user });
            }
            Effect::Probe { nonce, .. } => session.push(wire::probe(nonce)),
            Effect::Heartbeat => self.heartbeat(session, false),
            Effect::CompareDigest(digest) => {
                if digest != self.session_digest(session).get() {
                    self.heartbeat(session, true);
                }
            }
            Effect::GoAway { resume_after } => session.push(wire::go_away(resume_after)),
            // Nobody here fetches, has a room in focus, or shows who is there.
            Effect::Fetch { .. }
            | Effect::Focus(_)
            | Effect::SetPresence { .. }
            | Effect::WatchPresence(_) => {}
        }
        None
    }

    fn submit(&mut self, session: &mut Session, command: parlor_domain::Command) {
        let (id, log) = (command.request_id, command.log());
        let now = self.instant();
        while let Ok(answer) = session.answers.try_recv() {
            let answered = session.answered(answer);
            self.feed(session, answered, &mut Vec::new());
        }
        if session.machine.holds_back(log, id, now) {
            let result = Err(OrderGate::refusal());
            let answered = session.answered(Answer { id, log, result });
            session.settled.push(answered);
            return;
        }
        let deadline = now + limits::COMMIT_DEADLINE;
        let pending = Pending::new(command, Arc::clone(&session.shared), deadline);
        self.enter(log, RoomInput::Submit(pending));
    }

    fn open(&mut self, session: &mut Session, id: Option<RequestId>, log: LogId, from: Position) {
        self.unfollow(session, log);
        let shared = Arc::clone(&session.shared);
        let attachment = Arc::new(Attachment::new(shared, session.checked.user, log, id, from));
        let opening = self.begin_job(session, Arc::clone(&attachment), from);
        let told = Position::default();
        session.followed.insert(log, Followed { attachment, opening, told });
    }

    fn unfollow(&mut self, session: &mut Session, log: LogId) -> Position {
        if let Some(opening) = session.followed.get(&log).map(|followed| followed.opening) {
            self.end_job(session, opening);
        }
        self.let_go(session, log)
    }

    fn let_go(&mut self, session: &mut Session, log: LogId) -> Position {
        let Some(Followed { attachment, .. }) = session.followed.remove(&log) else {
            return Position::default();
        };
        attachment.give_up();
        if let Some(id) = attachment.claim_answer() {
            let refusal =
                Refusal::new(parlor_domain::Code::Conflict, "another request was quicker");
            session.push(wire::reply_refused(id, &refusal));
        }
        let at = attachment.sent();
        self.detach(attachment);
        at
    }

    fn detach(&mut self, attachment: Arc<Attachment>) {
        let log = attachment.log;
        let awake = self.node.as_mut().and_then(|node| node.rooms.get_mut(&log));
        if let Some(room) = awake {
            room.inbox.push_back(RoomInput::Detach(attachment));
            self.wake_room(log);
        }
    }

    fn due(&self, log: LogId, attachment: &Attachment) -> Position {
        let sent = attachment.sent();
        let room = self.node.as_ref().and_then(|node| node.rooms.get(&log));
        let known = room.map_or(parlor_domain::Seq::ZERO, super::RoomShell::known);
        Position { seq: sent.seq.max(known), ..sent }
    }

    /// Where this session should stand.
    pub fn session_digest(&self, session: &Session) -> HeadsDigest {
        let mut digest = HeadsDigest::default();
        for (log, followed) in &session.followed {
            digest.toggle(*log, self.due(*log, &followed.attachment));
        }
        digest
    }

    fn heartbeat(&mut self, session: &mut Session, all: bool) {
        let digest = self.session_digest(session);
        let mut heads = Vec::new();
        for (log, followed) in &mut session.followed {
            let at = self.due(*log, &followed.attachment);
            if all || at != followed.told {
                heads.push((*log, at));
                followed.told = at;
            }
        }
        if self.plant == Some(Plant::BackfillLost { heads: false }) {
            heads.clear();
        }
        session.push(wire::heartbeat(digest, &heads));
    }

    /// The writer's turn: what has queued goes out while the transport takes it.
    /// True where something did.
    fn write_out(&mut self, session: &mut Session) -> bool {
        let mut wrote = false;
        loop {
            let (batch, since) = match session.stuck.take() {
                Some(stuck) => stuck,
                None => match session.shared.outbox.take().now_or_never() {
                    Some(Some(batch)) => (batch, self.now),
                    _ => return wrote,
                },
            };
            let window = self.conns.get(&session.conn).is_some_and(crate::net::Conn::has_window);
            if !window {
                if self.now >= since + STUCK_FOR {
                    session.shared.kick(CloseReason::SlowReader);
                } else {
                    self.at(since + STUCK_FOR, Event::Session(session.key));
                    session.stuck = Some((batch, since));
                }
                return wrote;
            }
            wrote = true;
            session.shared.outbox.written(&batch);
            self.send_batch(session.conn, batch);
        }
    }

    fn send_batch(&mut self, conn: u64, batch: Batch) {
        for (index, frames) in [batch.control, batch.focus, batch.live].into_iter().enumerate() {
            for frame in frames {
                self.send(conn, Way::Down(index), frame);
            }
        }
        for frame in batch.datagrams {
            self.send_datagram(conn, false, frame);
        }
    }

    /// The session's last words.
    fn session_ends(&mut self, mut session: Session, reason: CloseReason) {
        self.trace.say(self.now, || format!("session {} ends: {reason:?}", session.key));
        if session.machine.deadline().is_none() {
            let mut effects = Vec::new();
            for input in [Input::Tick, Input::Heartbeat { digest: 0 }, Input::Gone] {
                self.feed(&mut session, input, &mut effects);
            }
            if !effects.is_empty() {
                self.fail("closed", || format!("a closed session says {effects:?}"));
            }
        }
        for job in session.jobs.keys().copied().collect::<Vec<_>>() {
            self.end_job(&mut session, job);
        }
        for (_, followed) in std::mem::take(&mut session.followed) {
            followed.attachment.give_up();
            self.detach(followed.attachment);
        }
        session.shared.outbox.close();
        let conn = session.conn;
        let told = self.conns.get(&conn).is_some_and(|conn| conn.has_window() && !conn.is_cut);
        if told {
            if let Some((batch, _)) = session.stuck.take() {
                self.send_batch(conn, batch);
            }
            while let Some(Some(batch)) = session.shared.outbox.take().now_or_never() {
                self.send_batch(conn, batch);
            }
            self.send(conn, Way::Down(0), wire::close(reason));
            self.end_conn(conn);
        }
        if let Some(it) = self.conns.get_mut(&conn) {
            it.session = None;
        }
        if !told {
            self.after(LINGER, Event::ConnLost { conn });
        }
    }
}

impl Session {
    /// Queues a frame on the control stream.
    pub(super) fn push(&self, frame: Bytes) {
        self.shared.push(parlor_realtime::machines::Class::Control, frame);
    }

    fn answered(&self, answer: Answer) -> Input {
        let Answer { id, log, result } = answer;
        let code = match &result {
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
}

fn parsed(session: &Session, frame: Bytes, by_datagram: bool) -> Input {
    match wire::parse(crate::wire::without_prefix(frame)) {
        Ok(ClientFrame::Typing(room)) => Input::Typing(room),
        Ok(ClientFrame::Probe { nonce }) => Input::Probe { nonce, by_datagram },
        _ if by_datagram => Input::Unknown,
        Err(_) => Input::Malformed,
        Ok(ClientFrame::Hello { resume, .. }) => {
            Input::Hello { checked: Some(session.checked), resume }
        }
        Ok(ClientFrame::Renew { .. }) => Input::Renew { checked: Some(session.checked) },
        Ok(ClientFrame::Request { id, ask }) => Input::Request { id, ask },
        Ok(ClientFrame::Focus(room)) => Input::Focus(room),
        Ok(ClientFrame::SetPresence { away }) => Input::SetPresence { away },
        Ok(ClientFrame::WatchPresence(users)) => Input::WatchPresence(users),
        Ok(ClientFrame::Heartbeat { digest }) => Input::Heartbeat { digest },
        Ok(ClientFrame::Unknown) => Input::Unknown,
    }
}
