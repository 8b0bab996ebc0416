//! What the rules say of a session, written down a second time.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use parlor_domain::{Change, Code, LogId, RequestId, RoomId, limits};

use super::session::{RATE, SOMEBODY};
use crate::session::{
    close::CloseReason,
    machine::{Ask, Checked, Effect, Input, Machine},
};

/// Things that a session may remember of the logs it was told about: those that
/// are open, those whose order is kept, and those in which somebody typed.
const REMEMBERED: usize = 1_100;
/// Rule 3.4: a request that is not sent again holds up its log for this long.
const HELD_FOR: Duration = Duration::from_secs(10);
/// Its time does not run while nothing was heard for this long.
const SILENCE: Duration = Duration::from_secs(5);
/// Rule 5.5.
const TYPING_INTERVAL: Duration = Duration::from_secs(1);

/// What an input was, kept while the machine consumes it.
pub(super) enum Heard {
    Hello,
    Request { id: RequestId, log: Option<LogId> },
    FromClient,
    Answered,
    LogClosed(RoomId),
    Tick,
    FromHouse,
}

impl Heard {
    pub(super) fn of(input: &Input) -> Self {
        match input {
            Input::Hello { .. } => Self::Hello,
            Input::Request { id, ask } => {
                let log = match ask {
                    Ok(Ask::Change(
                        Change::MarkRead { .. }
                        | Change::MarkUnread { .. }
                        | Change::SetDraft { .. },
                    )) => Some(SOMEBODY.into()),
                    Ok(Ask::Change(change)) => change.room().map(LogId::from),
                    _ => None,
                };
                Self::Request { id: *id, log }
            }
            Input::Answered { .. } => Self::Answered,
            Input::LogClosed(room) => Self::LogClosed(*room),
            Input::Tick => Self::Tick,
            Input::Drain { .. } | Input::Kick(_) | Input::Gone => Self::FromHouse,
            _ => Self::FromClient,
        }
    }

    pub(super) fn is_from_client(&self) -> bool {
        matches!(self, Self::Hello | Self::Request { .. } | Self::FromClient)
    }
}

/// A request under way.
struct Waiting {
    id: RequestId,
    /// Where it is a change.
    log: Option<LogId>,
    /// Its place among the requests of the session.
    place: u64,
}

/// A request that failed and has to come again, and until when.
struct Held {
    id: RequestId,
    place: u64,
    until: Instant,
}

/// The session as the rules see it.
pub(super) struct Model {
    began_at: Option<Instant>,
    who: Option<Checked>,
    closed: bool,
    waiting: Vec<Waiting>,
    /// Requests that came so far.
    came: u64,
    open: HashSet<RoomId>,
    admitted: u32,
    /// What has to come again before others of its log.
    held: HashMap<LogId, Held>,
    typed: HashMap<RoomId, Instant>,
    began: Instant,
    /// When the client was last heard.
    heard_at: Instant,
}

impl Model {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began_at: None,
            who: None,
            closed: false,
            waiting: Vec::new(),
            came: 0,
            open: HashSet::new(),
            admitted: 0,
            held: HashMap::new(),
            typed: HashMap::new(),
            began: now,
            heard_at: now,
        }
    }

    /// The answer to one of the requests under way.
    pub(super) fn answer(&mut self, now: Instant, which: u8, code: Option<Code>) -> Option<Input> {
        if self.waiting.is_empty() || self.closed {
            return None;
        }
        let chosen = &self.waiting[usize::from(which) % self.waiting.len()];
        // The same request twice is answered in the order it was sent.
        let same = |waiting: &Waiting| (waiting.id, waiting.log) == (chosen.id, chosen.log);
        let index = self.waiting.iter().position(same)?;
        let Waiting { id, log, place } = self.waiting.remove(index);
        if let (Some(log), Some(code)) = (log, code)
            && code.is_retryable()
            && code != Code::RetryInOrder
        {
            self.hold(log, Held { id, place, until: now + HELD_FOR });
        }
        Some(Input::Answered { id, log, code: log.and(code) })
    }

    /// Of several that failed, the one that came first has to come again first.
    fn hold(&mut self, log: LogId, failed: Held) {
        let now = failed.until - HELD_FOR;
        match self.held.get(&log) {
            Some(held) if held.until > now && held.place <= failed.place => {}
            _ => {
                self.held.insert(log, failed);
            }
        }
    }

    /// Holds an input and what it came to against the rules.
    pub(super) fn check(
        &mut self,
        now: Instant,
        heard: &Heard,
        effects: &[Effect],
        machine: &Machine,
    ) {
        if self.closed {
            assert!(effects.is_empty(), "something after Close: {effects:?}");
        }
        if matches!(heard, Heard::Hello | Heard::Request { .. } | Heard::FromClient) {
            let silence = now.duration_since(self.heard_at);
            if silence >= SILENCE {
                self.held.values_mut().for_each(|held| held.until += silence);
            }
            self.heard_at = now;
        }
        match heard {
            Heard::Request { .. } => self.came += 1,
            Heard::LogClosed(room) => {
                self.open.remove(room);
            }
            _ => {}
        }
        for (index, effect) in effects.iter().enumerate() {
            let last = index + 1 == effects.len();
            assert!(last || !matches!(effect, Effect::Close(_)), "Close is last: {effects:?}");
            self.effect(now, heard, effect);
        }
        if let Heard::Request { id, .. } = heard
            && self.who.is_some()
            && !self.closed
        {
            assert_eq!(answers(effects, *id), 1, "rule 3.1: {effects:?}");
        }
        self.bounds(now, heard, machine);
    }

    fn effect(&mut self, now: Instant, heard: &Heard, effect: &Effect) {
        assert!(
            self.who.is_some() || matches!(effect, Effect::Welcome { .. } | Effect::Close(_)),
            "rule 2.3: {effect:?} before Welcome"
        );
        match effect {
            Effect::Welcome { checked, resume } => {
                assert!(matches!(heard, Heard::Hello) && self.who.is_none(), "rule 2.6");
                self.who = Some(*checked);
                self.began_at = Some(now);
                let own = LogId::from(checked.user);
                let rooms = resume.iter().filter(|(log, _)| *log != own);
                self.open = rooms.map(|(log, _)| log.as_room()).collect();
            }
            Effect::Submit(command) => {
                assert_eq!(Some(command.actor), self.who.map(|who| who.user), "nobody else");
                let (id, log) = (command.request_id, command.log());
                if let Some(held) = self.held.remove(&log) {
                    let may = held.id == id || now >= held.until;
                    assert!(may, "rule 3.4: {id} overtakes {}", held.id);
                }
                self.waiting.push(Waiting { id, log: Some(log), place: self.came });
                self.admitted += 1;
            }
            Effect::Fetch { id, .. } => {
                self.waiting.push(Waiting { id: *id, log: None, place: self.came });
                self.admitted += 1;
            }
            Effect::Open { room, .. } => {
                self.open.insert(*room);
                self.admitted += 1;
            }
            Effect::CloseLog { room, .. } => {
                self.open.remove(room);
                self.admitted += 1;
            }
            Effect::Focus(Some(room)) => assert!(self.open.contains(room), "focus is open"),
            Effect::Typing(room) => {
                assert!(self.open.contains(room), "rule 5.5: typing where nothing is open");
                let before = self.typed.insert(*room, now);
                let due = before.is_none_or(|at| now.duration_since(at) >= TYPING_INTERVAL);
                assert!(due, "rule 5.5: typing twice within a second");
            }
            Effect::Refuse { id, refusal } if refusal.code == Code::RateLimited => {
                assert!(refusal.retry_after.is_some(), "rule 3.7: {id} is not told when");
                if let Heard::Request { log: Some(log), .. } = heard {
                    let failed = Held { id: *id, place: self.came, until: now + HELD_FOR };
                    self.hold(*log, failed);
                }
            }
            Effect::Close(reason) => {
                self.closed = true;
                let told = |wanted| *reason == wanted;
                if matches!(heard, Heard::Tick) && self.who.is_none() {
                    assert!(told(CloseReason::HelloTimeout), "rule 2.1: {reason:?}");
                }
            }
            _ => {}
        }
    }

    fn bounds(&self, now: Instant, heard: &Heard, machine: &Machine) {
        if self.closed {
            assert!(!machine.may_read() && machine.deadline().is_none(), "closed is closed");
            return;
        }
        let waiting = self.waiting.len();
        assert!(waiting <= limits::UNANSWERED_REQUESTS, "rule 3.6: {waiting} wait");
        assert_eq!(machine.may_read(), waiting < limits::UNANSWERED_REQUESTS, "{waiting} wait");
        assert!(self.open.len() <= limits::OPEN_LOGS, "rule 4.5: {} are open", self.open.len());
        let remembered = machine.remembered();
        assert!(remembered <= REMEMBERED, "C10: {remembered} things are remembered");
        if let Some(began_at) = self.began_at {
            let lived = now.duration_since(began_at).as_millis();
            let allowed = u128::from(RATE.burst) + lived * u128::from(RATE.per_second) / 1_000;
            assert!(u128::from(self.admitted) <= allowed + 1, "rule 3.7: {}", self.admitted);
        } else {
            assert!(now < self.began + limits::HELLO_TIMEOUT || !matches!(heard, Heard::Tick));
        }
        if matches!(heard, Heard::Tick) {
            let due = machine.deadline().expect("an open session has a deadline");
            assert!(due > now, "a deadline that has passed would spin the task");
        }
    }
}

/// How many effects answer, or will answer, the request.
fn answers(effects: &[Effect], request: RequestId) -> usize {
    effects
        .iter()
        .filter(|effect| match effect {
            Effect::Submit(command) => command.request_id == request,
            Effect::Refuse { id, .. }
            | Effect::Open { id, .. }
            | Effect::CloseLog { id, .. }
            | Effect::Fetch { id, .. } => *id == request,
            _ => false,
        })
        .count()
}
