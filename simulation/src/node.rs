//! The server's side: what a process of it holds, and what stops with it.

mod opening;
mod rooms;
mod session;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use parlor_domain::{Command, LogId, Position, Refusal, RoomId, SessionId, UserId};
use parlor_realtime::{
    Rates,
    machines::{desk::RoomInput, rate::Rate, rate::TokenBucket},
};
use parlor_store::{Done, StoreError};
use rand::Rng as _;

use crate::{
    Plant,
    faults::Heal,
    world::{Event, World},
};

pub use rooms::RoomShell;
pub use session::Session;

/// A transaction that takes longer is given up by the log's driver.
const TRANSACTION_DEADLINE: Duration = Duration::from_millis(1_500);

/// One process.
#[derive(Debug, Default)]
pub struct Node {
    /// Live sessions, by a number of ours.
    pub sessions: BTreeMap<u64, Session>,
    /// Rooms that are awake.
    pub rooms: BTreeMap<LogId, RoomShell>,
    /// The bucket that all sessions of a user share.
    pub buckets: BTreeMap<UserId, TokenBucket>,
    /// Batches that wait for the log's driver.
    waiting: VecDeque<(Vec<Command>, Caller)>,
    /// The driver is at work.
    running: Option<u64>,
    /// No new sessions.
    draining: bool,
}

/// Who waits for a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A room, for a batch of this number.
    Room { log: LogId, key: u64, commit: u64 },
    /// A call over REST.
    Rest(usize),
}

type Results = Vec<Result<Done, Refusal>>;

/// A transaction of the database, which may outlive its process.
#[derive(Debug)]
pub struct Transaction {
    commands: Vec<Command>,
    callers: Vec<(Caller, usize)>,
    outcome: Option<Result<Results, ()>>,
    /// Its driver waits no longer.
    given_up: bool,
}

/// How many requests are let through.
pub fn rates() -> Rates {
    Rates::default()
}

/// A rate of a session's bucket.
pub fn session_rate() -> Rate {
    Rate { burst: rates().session_burst, per_second: rates().session_per_second }
}

fn user_rate() -> Rate {
    Rate { burst: rates().user_burst, per_second: rates().user_per_second }
}

impl World {
    /// The server starts.
    pub fn start(&mut self) {
        if self.node.is_none() {
            self.trace.say(self.now, || "the server starts".to_owned());
            self.node = Some(Node::default());
        }
    }

    /// The server is gone, with all that it held. What is committed stays; a
    /// COMMIT that is under way lands, or does not.
    pub fn crash(&mut self) {
        let Some(node) = self.node.take() else { return };
        self.trace.say(self.now, || "the server is gone".to_owned());
        for (_, transaction) in std::mem::take(&mut self.transactions) {
            let landed = transaction.outcome.is_some();
            if !landed && self.may_land() && self.rng.random_bool(0.5) {
                self.db.commit(&transaction.commands, self.now, self.plant);
            }
        }
        drop(node);
        self.later_batches.clear();
        let conns: Vec<u64> = self.conns.keys().copied().collect();
        for conn in conns {
            let told = self.rng.random_bool(0.7);
            self.cut(conn, told, false);
        }
        self.calls_lost();
    }

    /// The server takes nobody new, sends everybody away, and stops.
    pub fn drain(&mut self, within: Duration) {
        let Some(node) = &mut self.node else { return };
        if std::mem::replace(&mut node.draining, true) {
            return;
        }
        for session in node.sessions.values() {
            let share: f64 = self.rng.random();
            session.shared.drain((within / 2).mul_f64(share));
        }
        self.wake_sessions();
        self.after(within, Event::Heals(Heal::Stop));
    }

    /// True where a new session may begin.
    pub fn takes_sessions(&self) -> bool {
        self.node.as_ref().is_some_and(|node| !node.draining)
    }

    /// The bucket that the sessions of a user share.
    pub fn user_bucket(&mut self, user: UserId) -> Option<&mut TokenBucket> {
        let now = self.instant();
        let node = self.node.as_mut()?;
        Some(node.buckets.entry(user).or_insert_with(|| TokenBucket::new(user_rate(), now)))
    }

    /// A new session's id.
    pub fn session_id(&mut self) -> SessionId {
        SessionId::from_uuid(self.uuid())
    }

    /// True where the database answers reads now.
    pub fn reads(&self) -> bool {
        self.now >= self.faults.database_down_until && self.now >= self.faults.database_hangs_until
    }

    fn may_land(&self) -> bool {
        self.now >= self.faults.database_down_until
    }

    /// Hands a batch to the log.
    pub fn submit_to_log(&mut self, commands: Vec<Command>, caller: Caller) {
        if let Some(node) = &mut self.node {
            node.waiting.push_back((commands, caller));
            self.log_goes_on();
        }
    }

    fn still_waits(&self, caller: Caller) -> bool {
        match caller {
            Caller::Room { log, key, commit } => self
                .node
                .as_ref()
                .and_then(|node| node.rooms.get(&log))
                .is_some_and(|room| room.key == key && room.commit == Some(commit)),
            Caller::Rest(_) => true,
        }
    }

    /// Begins the next transaction where none is under way.
    fn log_goes_on(&mut self) {
        let Some(node) = &mut self.node else { return };
        if node.running.is_some() {
            return;
        }
        let waiting = std::mem::take(&mut node.waiting);
        let mut transaction = Transaction {
            commands: Vec::new(),
            callers: Vec::new(),
            outcome: None,
            given_up: false,
        };
        let mut rest = VecDeque::new();
        for (mut commands, caller) in waiting {
            let fits = transaction.callers.is_empty()
                || transaction.commands.len() + commands.len()
                    <= parlor_domain::limits::COMMIT_COMMANDS;
            if !rest.is_empty() || !fits {
                rest.push_back((commands, caller));
            } else if self.still_waits(caller) {
                transaction.callers.push((caller, commands.len()));
                transaction.commands.append(&mut commands);
            }
        }
        if transaction.callers.is_empty() {
            return;
        }
        let key = self.key();
        if let Some(node) = &mut self.node {
            node.waiting = rest;
            node.running = Some(key);
        }
        let slow = self.rng.random_range(0..40) == 0;
        let mut lands = self.now + self.micros(if slow { 400_000 } else { 4_000 });
        if self.faults.database_hangs_until > self.now {
            lands = lands.max(self.faults.database_hangs_until + self.micros(2_000));
        }
        // One writer at a time, however slow.
        lands = lands.max(self.last_landing + Duration::from_micros(1));
        self.last_landing = lands;
        let limit = self.now + TRANSACTION_DEADLINE;
        if lands + Duration::from_millis(50) > limit {
            self.at(limit, Event::Answered(key));
        }
        if self.plant == Some(Plant::AnswerBeforeCommit) {
            let results = self.db.clone().commit(&transaction.commands, self.now, None);
            let callers = transaction.callers.clone();
            self.transactions.insert(key, transaction);
            self.at(lands, Event::Lands(key));
            self.answer_callers(&callers, Ok(results));
            return;
        }
        self.transactions.insert(key, transaction);
        self.at(lands, Event::Lands(key));
    }

    /// A transaction takes effect.
    pub fn lands(&mut self, key: u64) {
        let Some(mut transaction) = self.transactions.remove(&key) else { return };
        // One that was given up is rolled back, or was at its COMMIT already.
        let lost = transaction.given_up && self.rng.random_bool(0.5);
        transaction.outcome = Some(if lost || !self.may_land() {
            Err(())
        } else {
            let results = self.db.commit(&transaction.commands, self.now, self.plant);
            self.trace.say(self.now, || format!("committed {} commands", results.len()));
            if self.now < self.faults.answers_lost_until { Err(()) } else { Ok(results) }
        });
        if self.plant == Some(Plant::AnswerBeforeCommit) {
            if let Some(node) = &mut self.node {
                node.running = None;
            }
            self.log_goes_on();
        } else if !transaction.given_up {
            self.transactions.insert(key, transaction);
            let wait = self.micros(1_500);
            self.after(wait, Event::Answered(key));
        }
    }

    /// The driver has its answer, or waits no longer.
    pub fn transaction_answered(&mut self, key: u64) {
        let Some(node) = &mut self.node else { return };
        if node.running != Some(key) {
            return;
        }
        node.running = None;
        let Some(mut transaction) = self.transactions.remove(&key) else { return };
        let callers = std::mem::take(&mut transaction.callers);
        let outcome = transaction.outcome.take();
        if outcome.is_none() {
            transaction.given_up = true;
            self.transactions.insert(key, transaction);
        }
        let away = || StoreError::Unavailable("no answer in time".into());
        let outcome = outcome.unwrap_or(Err(()));
        self.answer_callers(&callers, outcome.map_err(|()| away()));
        self.log_goes_on();
    }

    fn answer_callers(
        &mut self,
        callers: &[(Caller, usize)],
        outcome: Result<Results, StoreError>,
    ) {
        let mut results = outcome.ok().map(Vec::into_iter);
        for (caller, size) in callers {
            let part = match &mut results {
                Some(results) => Ok(results.by_ref().take(*size).collect()),
                None => Err(StoreError::Unavailable("no answer in time".into())),
            };
            match *caller {
                Caller::Room { log, key, commit } => self.room_committed(log, key, commit, part),
                Caller::Rest(index) => self.call_answered(index, part),
            }
        }
    }

    /// Publishes where a log stands.
    pub fn announce(&mut self, log: LogId, head: Position) {
        if self.now >= self.faults.bus_lost_until {
            let wait = self.soon();
            self.after(wait, Event::Announced { log, head });
        }
    }

    /// The node hears where a log stands.
    pub fn announced(&mut self, log: LogId, head: Position) {
        let Some(room) = self.node.as_mut().and_then(|node| node.rooms.get_mut(&log)) else {
            return;
        };
        room.reaches = room.reaches.max(head.seq);
        room.hinted = true;
        self.wake_room(log);
    }

    /// The node hears that a log may have grown.
    pub fn doubted(&mut self, log: LogId) {
        if let Some(room) = self.node.as_mut().and_then(|node| node.rooms.get_mut(&log)) {
            room.hinted = true;
            room.missed = true;
            self.wake_room(log);
        }
    }

    /// The node hears that it missed some announcements.
    pub fn missed(&mut self) {
        let Some(node) = &mut self.node else { return };
        let logs: Vec<LogId> = node.rooms.keys().copied().collect();
        for room in node.rooms.values_mut() {
            room.hinted = true;
            room.missed = true;
        }
        logs.into_iter().for_each(|log| self.wake_room(log));
    }

    /// Somebody types.
    pub fn typing_told(&mut self, room: RoomId, user: UserId) {
        let Some(node) = &mut self.node else { return };
        if let Some(room) = node.rooms.get_mut(&room.into()) {
            room.inbox.push_back(RoomInput::Typing(user));
        }
        self.wake_room(room.into());
    }
}
