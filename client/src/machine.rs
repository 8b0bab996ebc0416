//! Every decision of the client: when to connect, what to send, what to give
//! out. Pure: takes the time and an input, returns effects. The task around it
//! is `driver.rs`.

mod live;
pub mod log;
mod outbox;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use parlor_domain::{
    Code, EventBody, HeadsDigest, LogId, Position, Presence, Refusal, RequestId, RoomId, UserId,
    limits,
};
use rand::{Rng as _, rngs::StdRng};

use self::{
    live::{ANSWER_TIMEOUT, Live, QUIET},
    log::Following,
    outbox::{Outbox, Settled},
};
use crate::{
    event::RoomEvent,
    protocol::{Close, Comeback, Done, Inbound, Outbound, RequestBody, Run, Welcome},
    status::{Closed, Lane, Status},
};

/// The first wait before coming back; doubled with every failure.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// The longest such wait: a server that is back is found again within 5 s (L8 of
/// the fault plan). A herd is kept apart by full jitter, and by the server, which
/// says how long to stay away.
const BACKOFF_MAX: Duration = Duration::from_secs(4);
/// A session that lived for this long was no failure: a server that is killed every
/// few seconds is found again as soon as one that is killed once.
const STABLE: Duration = Duration::from_secs(2);
/// Requests taken from the application, sent or not (C10).
const REQUESTS: usize = 256;

/// Numbers the connections of one client, so that what an old one still says is
/// not taken for the words of the new one.
pub type ConnectionId = u64;

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// The application wants something done in a room.
    Request { id: RequestId, room: RoomId, body: RequestBody },
    /// The application wants the events of a room after a position.
    Follow { room: RoomId, from: Position },
    /// The application follows the room no longer.
    Unfollow { room: RoomId },
    /// The application took events of the room.
    Consumed { room: RoomId, events: usize },
    /// The user is typing.
    Typing { room: RoomId },
    /// The user is active here, or not; active until it is said.
    SetPresence { away: bool },
    /// The application shows these people, at most [`limits::WATCHED`].
    WatchPresence { users: Vec<UserId> },
    /// The lane is open, with an access token that should be renewed after a while.
    Connected { id: ConnectionId, lane: Lane, renew_after: Duration },
    /// There is no lane now.
    ConnectFailed { id: ConnectionId, error: String },
    /// There will be none: the server refuses this account or device.
    SignedOut { reason: String },
    /// A fresh access token for the session that lives.
    Renewed { access_token: String, renew_after: Duration },
    /// No fresh token could be had now.
    RenewFailed,
    /// The server said something.
    Heard { id: ConnectionId, frame: Inbound },
    /// The lane broke, or the server broke the protocol.
    Lost { id: ConnectionId, error: String },
    /// A deadline passed.
    Tick,
}

/// What shall be done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Open a lane; with a new access token where the old one was refused.
    Connect { id: ConnectionId, fresh_token: bool },
    /// Drop the lane.
    Disconnect,
    /// Say something on the lane.
    Send(Outbound),
    /// Get a new access token.
    Renew,
    /// Hand an event to the reader of a room.
    Deliver { room: RoomId, event: RoomEvent },
    /// Answer a request of the application.
    Answer { id: RequestId, result: Result<Done, Refusal> },
    /// What is told to everybody has changed.
    Announced,
    /// Tell how people are.
    Presence(Vec<(UserId, Presence)>),
    /// Tell how the connection is.
    Status(Status),
}

#[derive(Debug)]
enum State {
    /// Until it is time to connect.
    Waiting {
        until: Instant,
    },
    Connecting,
    /// Hello is said, Welcome awaited.
    Greeting {
        since: Instant,
        lane: Lane,
        renew_at: Instant,
    },
    Live(Live),
    Closed,
}

#[derive(Debug)]
pub struct Machine {
    rng: StdRng,
    state: State,
    connection: ConnectionId,
    /// Failures in a row.
    attempt: u32,
    fresh_token: bool,
    outbox: Outbox,
    rooms: BTreeMap<RoomId, Following>,
    /// Where the user's own log stands. Nothing of it is shown: it only hints at
    /// memberships that ended, so that its newest position is all that is kept.
    user_log: Option<(LogId, Position)>,
    away: bool,
    watched: Vec<UserId>,
    effects: Vec<Effect>,
}

impl Machine {
    /// A machine that connects at once.
    pub fn new(now: Instant, rng: StdRng) -> Self {
        Self {
            rng,
            state: State::Waiting { until: now },
            connection: 0,
            attempt: 0,
            fresh_token: false,
            outbox: Outbox::default(),
            rooms: BTreeMap::new(),
            user_log: None,
            away: false,
            watched: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// True while another request may be given to it.
    pub fn takes_requests(&self) -> bool {
        self.outbox.len() < REQUESTS
    }

    /// True once nothing will ever happen again.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Takes an input; returns what shall be done, in order.
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        match input {
            Input::Request { id, room, body } => self.outbox.push(room, id, body),
            Input::Follow { room, from } => self.follow(now, room, from),
            Input::Unfollow { room } => self.unfollow(room),
            Input::Consumed { room, events } => {
                let following = self.rooms.get_mut(&room);
                let events = following.map(|log| log.consumed(now, events)).unwrap_or_default();
                self.deliver(room, events);
            }
            Input::Typing { room } => {
                if matches!(self.state, State::Live(_)) {
                    self.send(Outbound::Typing { room });
                }
            }
            Input::SetPresence { away } => {
                self.away = away;
                if matches!(self.state, State::Live(_)) {
                    self.send(Outbound::SetPresence { away });
                }
            }
            Input::WatchPresence { mut users } => {
                users.truncate(limits::WATCHED);
                self.watched = users;
                if matches!(self.state, State::Live(_)) {
                    self.send(Outbound::WatchPresence { users: self.watched.clone() });
                }
            }
            Input::Connected { id, lane, renew_after } => {
                if id == self.connection && matches!(self.state, State::Connecting) {
                    let renew_at = now + renew_after;
                    self.state = State::Greeting { since: now, lane, renew_at };
                    self.hello();
                }
            }
            Input::ConnectFailed { id, error } => {
                if id == self.connection && matches!(self.state, State::Connecting) {
                    self.come_back(now, Duration::ZERO, error);
                }
            }
            Input::SignedOut { reason } => self.close(Closed::SignedOut(reason)),
            Input::Renewed { access_token, renew_after } => {
                if let State::Live(live) = &mut self.state {
                    live.renew_at = now + renew_after;
                    self.send(Outbound::Renew { access_token });
                }
            }
            Input::RenewFailed => {
                if let State::Live(live) = &mut self.state {
                    live.renew_at = now + BACKOFF_MAX;
                }
            }
            Input::Heard { id, frame } => {
                if id == self.connection {
                    self.heard(now, frame);
                }
            }
            Input::Lost { id, error } => {
                if id == self.connection {
                    self.lose(now, Duration::ZERO, error);
                }
            }
            Input::Tick => {}
        }
        self.settle(now);
        std::mem::take(&mut self.effects)
    }

    /// When `Tick` is due.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        match &self.state {
            State::Waiting { until } => Some(*until),
            State::Greeting { since, .. } => Some(*since + ANSWER_TIMEOUT),
            State::Live(live) => {
                let timers = [live.heartbeat_at, live.renew_at, live.check_at()];
                let overdue = self.rooms.values().filter_map(Following::overdue_at);
                let next = match live.leave_at {
                    Some(leave_at) => Some(leave_at),
                    None => overdue.chain(self.outbox.wake_at(now)).min(),
                };
                timers.into_iter().chain(next).min()
            }
            State::Connecting | State::Closed => None,
        }
    }

    fn send(&mut self, out: Outbound) {
        self.effects.push(Effect::Send(out));
    }

    fn follow(&mut self, now: Instant, room: RoomId, from: Position) {
        if self.rooms.len() >= limits::OPEN_LOGS && !self.rooms.contains_key(&room) {
            let refusal = Refusal::new(Code::TooManyOpen, "too many rooms are followed at once");
            self.end(room, refusal);
            return;
        }
        self.rooms.insert(room, Following::new(now, from));
    }

    fn unfollow(&mut self, room: RoomId) {
        let Some(following) = self.rooms.remove(&room) else {
            return;
        };
        if following.asked && matches!(self.state, State::Live(_)) {
            let id = request_id(&mut self.rng);
            self.outbox.push(room, id, RequestBody::CloseLog);
        }
    }

    fn end(&mut self, room: RoomId, refusal: Refusal) {
        self.rooms.remove(&room);
        self.effects.push(Effect::Deliver { room, event: RoomEvent::Ended(refusal) });
    }

    fn deliver(&mut self, room: RoomId, events: Vec<parlor_domain::Event>) {
        let deliver = |event| Effect::Deliver { room, event: RoomEvent::Event(event) };
        self.effects.extend(events.into_iter().map(deliver));
    }

    fn hello(&mut self) {
        let rooms = self.rooms.iter_mut().map(|(room, following)| {
            following.asked = true;
            (LogId::from(*room), following.position())
        });
        let resume = self.user_log.into_iter().chain(rooms).collect();
        self.send(Outbound::Hello { resume });
    }

    fn heard(&mut self, now: Instant, frame: Inbound) {
        if let State::Greeting { lane, renew_at, .. } = &self.state {
            let (lane, renew_at) = (*lane, *renew_at);
            match frame {
                Inbound::Welcome(welcome) => self.welcome(now, lane, renew_at, welcome),
                Inbound::Close(close) => self.closed_by_server(now, close),
                // Events of a resume may overtake the Welcome on another stream.
                Inbound::Events(run) => self.events(now, run),
                Inbound::Reset { log, head } => self.reset(now, log, head),
                _ => {}
            }
            return;
        }
        let State::Live(live) = &mut self.state else {
            return;
        };
        live.heard_at = now;
        match frame {
            Inbound::Reply { id, result } => self.reply(now, id, result),
            Inbound::Events(run) => self.events(now, run),
            Inbound::Reset { log, head } => self.reset(now, log, head),
            Inbound::Typing { room, user } => {
                if self.rooms.contains_key(&room) {
                    let event = RoomEvent::Typing(user);
                    self.effects.push(Effect::Deliver { room, event });
                }
            }
            Inbound::Presence { mut people } => {
                people.retain(|(user, _)| self.watched.contains(user));
                self.effects.push(Effect::Presence(people));
            }
            Inbound::Heartbeat { heads } => self.heads(now, heads),
            Inbound::Probe { nonce } => {
                if let Some((_, sent_at)) = live.probe.take_if(|(sent, _)| *sent == nonce) {
                    live.rtt = now.duration_since(sent_at);
                    self.effects.push(Effect::Status(live.status()));
                }
            }
            Inbound::GoAway { resume_after } => live.leave_at = Some(now + resume_after),
            Inbound::Announced => self.effects.push(Effect::Announced),
            Inbound::Close(close) => self.closed_by_server(now, close),
            // A second one breaks no promise that matters here.
            Inbound::Welcome(_) => {}
        }
    }

    fn welcome(&mut self, now: Instant, lane: Lane, renew_at: Instant, welcome: Welcome) {
        let user_log = LogId::from(welcome.user);
        // Another user's position is no use; one's own is kept.
        if self.user_log.is_none_or(|(log, _)| log != user_log) {
            self.user_log = Some((user_log, welcome.user_log));
        }
        self.fresh_token = false;
        self.outbox.begin(now, welcome.limits);
        for following in self.rooms.values_mut() {
            following.begin(now);
        }
        self.heads(now, welcome.heads);
        let nonce = self.rng.random();
        let heartbeat = welcome.heartbeat.max(Duration::from_secs(1));
        let live = Live {
            lane,
            began_at: now,
            heard_at: now,
            heartbeat,
            heartbeat_at: now + heartbeat,
            renew_at,
            probe: Some((nonce, now)),
            waiting_since: Some(now),
            leave_at: None,
            rtt: Duration::ZERO,
        };
        self.effects.push(Effect::Status(live.status()));
        self.state = State::Live(live);
        self.send(Outbound::Probe { nonce });
        // A session knows nothing of what the one before was told.
        if self.away {
            self.send(Outbound::SetPresence { away: true });
        }
        if !self.watched.is_empty() {
            self.send(Outbound::WatchPresence { users: self.watched.clone() });
        }
    }

    /// A room that stays behind its head is opened again (PROTOCOL 5.3).
    fn heads(&mut self, now: Instant, heads: Vec<(LogId, Position)>) {
        for (log, head) in heads {
            if let Some((own, at)) = &mut self.user_log
                && *own == log
            {
                // What was missed may have been the end of a membership.
                if head.epoch == at.epoch && head.seq > at.seq {
                    *at = head;
                    self.rooms.values_mut().for_each(|following| following.doubt(now));
                }
            } else if let Some(following) = self.rooms.get_mut(&log.as_room()) {
                following.head(now, head);
            }
        }
    }

    fn reply(&mut self, now: Instant, id: RequestId, result: Result<Done, Refusal>) {
        match self.outbox.settle(now, id, result.as_ref().err()) {
            Settled::Finished { room, body: RequestBody::Open { .. } } => {
                self.opened(now, room, result);
            }
            Settled::Finished { body: RequestBody::CloseLog, .. } => {}
            Settled::Finished { .. } => {
                self.effects.push(Effect::Answer { id, result });
            }
            Settled::Held | Settled::Unknown => {}
        }
    }

    fn opened(&mut self, now: Instant, room: RoomId, result: Result<Done, Refusal>) {
        match (self.rooms.get_mut(&room), result) {
            (Some(following), Ok(done)) => {
                following.opened(now, Position { epoch: done.epoch, seq: done.seq });
            }
            (Some(_), Err(refusal)) => self.end(room, refusal),
            (None, _) => {}
        }
    }

    fn events(&mut self, now: Instant, run: Run) {
        if self.user_log.is_none() && !self.rooms.contains_key(&run.log.as_room()) {
            // It overtook the Welcome that names it: no other log comes unasked.
            self.user_log = Some((run.log, Position { epoch: run.epoch, seq: run.first }));
        }
        if let Some((log, at)) = &mut self.user_log
            && *log == run.log
        {
            let last = (run.events.len() as u64).saturating_sub(1);
            *at = Position { epoch: run.epoch, seq: run.first.plus(last).max(at.seq) };
            for event in run.events.into_iter().flatten() {
                if let EventBody::RoomRemoved { room } = event.body
                    && let Some(following) = self.rooms.get_mut(&room)
                {
                    following.doubt(now);
                }
            }
            return;
        }
        let room = run.log.as_room();
        let following = self.rooms.get_mut(&room);
        let events = following.map(|following| following.take(now, run)).unwrap_or_default();
        self.deliver(room, events);
    }

    fn reset(&mut self, now: Instant, log: LogId, head: Position) {
        if let Some((own, at)) = &mut self.user_log
            && *own == log
        {
            *at = head;
            return;
        }
        let room = log.as_room();
        let Some(following) = self.rooms.get_mut(&room) else {
            return;
        };
        // A room that is not there for this user (PROTOCOL 2.5).
        if head == Position::default() {
            self.end(room, Refusal::not_found());
            return;
        }
        following.reset(now, head);
        self.effects.push(Effect::Deliver { room, event: RoomEvent::Reset(head) });
    }

    fn closed_by_server(&mut self, now: Instant, close: Close) {
        match close.comeback {
            Comeback::Resume => self.lose(now, close.resume_after, close.reason),
            Comeback::NewToken => {
                self.fresh_token = true;
                self.lose(now, close.resume_after, close.reason);
            }
            Comeback::Never => self.close(Closed::ByServer(close.reason)),
        }
    }

    /// The session is over; come back.
    fn lose(&mut self, now: Instant, resume_after: Duration, error: String) {
        if matches!(self.state, State::Greeting { .. } | State::Live(_)) {
            if let State::Live(live) = &self.state
                && live.began_at + STABLE <= now
            {
                self.attempt = 0;
            }
            self.effects.push(Effect::Disconnect);
            // Rooms are opened by the next Hello, and a closed log is closed.
            let internal = |body: &RequestBody| {
                matches!(body, RequestBody::Open { .. } | RequestBody::CloseLog)
            };
            self.outbox.lose(|body| !internal(body));
            for following in self.rooms.values_mut() {
                following.asked = false;
            }
            self.come_back(now, resume_after, error);
        }
    }

    /// Full jitter: a herd that was cut off together does not return together (C20).
    fn come_back(&mut self, now: Instant, resume_after: Duration, error: String) {
        let ceiling = BACKOFF_MIN.saturating_mul(1 << self.attempt.min(16)).min(BACKOFF_MAX);
        let retry_in = resume_after + ceiling.mul_f64(self.rng.random());
        self.attempt = self.attempt.saturating_add(1);
        self.state = State::Waiting { until: now + retry_in };
        let status = Status::Waiting { attempt: self.attempt, retry_in, error };
        self.effects.push(Effect::Status(status));
    }

    fn close(&mut self, reason: Closed) {
        if self.is_closed() {
            return;
        }
        self.state = State::Closed;
        self.effects.push(Effect::Disconnect);
        self.effects.push(Effect::Status(Status::Closed(reason)));
    }

    /// Does what is due.
    fn settle(&mut self, now: Instant) {
        match &mut self.state {
            State::Waiting { until } if *until <= now => {
                self.connection += 1;
                self.state = State::Connecting;
                let (id, fresh_token) = (self.connection, self.fresh_token);
                self.effects.push(Effect::Status(Status::Connecting));
                self.effects.push(Effect::Connect { id, fresh_token });
            }
            State::Greeting { since, .. } if *since + ANSWER_TIMEOUT <= now => {
                self.lose(now, Duration::ZERO, "no welcome came".to_owned());
            }
            State::Live(_) => self.live(now),
            _ => {}
        }
    }

    fn live(&mut self, now: Instant) {
        let State::Live(live) = &mut self.state else {
            return;
        };
        if live.is_dead(now) {
            self.lose(now, Duration::ZERO, "the server did not answer".to_owned());
            return;
        }
        if live.leave_at.is_some_and(|at| at <= now) {
            self.lose(now, Duration::ZERO, "the server is restarting".to_owned());
            return;
        }
        if live.renew_at <= now {
            // Set again by Renewed or RenewFailed, one of which follows.
            live.renew_at = now + limits::ACCESS_TOKEN_TTL;
            self.effects.push(Effect::Renew);
        }
        let stays = live.leave_at.is_none();
        if live.heartbeat_at <= now {
            live.heartbeat_at = now + live.heartbeat;
            let digest = self.digest();
            self.send(Outbound::Heartbeat { digest });
        }
        if stays {
            self.open_overdue(now);
            self.pump(now);
        }
        self.watch(now);
    }

    /// Opens rooms that were not asked for, or are behind.
    fn open_overdue(&mut self, now: Instant) {
        for (room, following) in &mut self.rooms {
            let due = following.overdue_at().is_some_and(|at| at <= now);
            if due || !following.asked {
                let from = following.position();
                following.reopen(now);
                let id = request_id(&mut self.rng);
                self.outbox.push(*room, id, RequestBody::Open { from });
            }
        }
    }

    fn pump(&mut self, now: Instant) {
        while let Some((id, room, body)) = self.outbox.next(now) {
            self.effects.push(Effect::Send(Outbound::Request { id, room, body }));
        }
    }

    /// Keeps the time since when an answer is awaited, and probes a quiet session.
    fn watch(&mut self, now: Instant) {
        let on_wire = self.outbox.on_wire() > 0;
        let State::Live(live) = &mut self.state else {
            return;
        };
        if live.probe.is_none() && live.heard_at + QUIET <= now {
            let nonce = self.rng.random();
            live.probe = Some((nonce, now));
            self.effects.push(Effect::Send(Outbound::Probe { nonce }));
        }
        let awaited = on_wire || live.probe.is_some();
        live.waiting_since = if awaited { live.waiting_since.or(Some(now)) } else { None };
    }

    fn digest(&self) -> HeadsDigest {
        let mut digest = HeadsDigest::default();
        if let Some((log, at)) = self.user_log {
            digest.toggle(log, at);
        }
        for (room, following) in self.rooms.iter().filter(|(_, following)| following.asked) {
            digest.toggle(LogId::from(*room), following.position());
        }
        digest
    }
}

/// A new id for a request of our own. Nothing keeps it in order of time: it is
/// forgotten with its answer.
fn request_id(rng: &mut StdRng) -> RequestId {
    RequestId::from_uuid(uuid::Builder::from_random_bytes(rng.random()).into_uuid())
}

#[cfg(feature = "machines")]
mod inspect;
#[cfg(test)]
mod tests;
