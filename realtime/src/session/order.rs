//! Sender order (C4, rule 3.4): after a retryable failure nothing later
//! overtakes the request that failed.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parlor_domain::{Code, LogId, Refusal, RequestId};

/// A client that gives a request up may go on after this time.
const HELD_FOR: Duration = Duration::from_secs(10);
/// Gates that one session may have shut at once (C10). Requests that were let
/// through shut fewer within [`HELD_FOR`]; who names more logs than this does not
/// heed `RATE_LIMITED`.
const GATES: usize = 512;

/// Holds back what would overtake a failed request, for one session and log.
#[derive(Clone, Copy, Debug)]
pub struct OrderGate {
    failed: RequestId,
    until: Instant,
}

impl OrderGate {
    /// Shut by this request.
    pub fn shut(failed: RequestId, now: Instant) -> Self {
        Self { failed, until: now + HELD_FOR }
    }

    /// True where `request` may pass, which opens the gate for all.
    pub fn opens_for(&self, request: RequestId, now: Instant) -> bool {
        request == self.failed || self.is_over(now)
    }

    /// True where it holds nothing back any more.
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }

    /// True where a refusal with this code shuts the gate. `RETRY_IN_ORDER` only
    /// tells that it is shut.
    pub const fn shuts_on(code: Code) -> bool {
        code.is_retryable() && !matches!(code, Code::RetryInOrder)
    }

    /// What is told to those who may not pass.
    pub fn refusal() -> Refusal {
        Refusal::new(
            Code::RetryInOrder,
            "an earlier request to this room has to be sent again first",
        )
    }
}

/// The order of one session's requests: those under way, and the gates of logs
/// in which one failed.
#[derive(Debug, Default)]
pub(crate) struct SenderOrder {
    /// Requests that came so far; the place of the last one.
    came: u64,
    under_way: Vec<UnderWay>,
    gates: HashMap<LogId, Gate>,
}

#[derive(Debug)]
struct UnderWay {
    id: RequestId,
    /// Where it is a change.
    log: Option<LogId>,
    place: u64,
}

#[derive(Debug)]
struct Gate {
    gate: OrderGate,
    /// The place of the request that shut it.
    place: u64,
}

impl SenderOrder {
    /// A request came.
    pub(crate) fn came(&mut self) {
        self.came += 1;
    }

    /// The request that came last is under way; a change of `log`.
    pub(crate) fn sent(&mut self, id: RequestId, log: Option<LogId>) {
        self.under_way.push(UnderWay { id, log, place: self.came });
    }

    /// Nothing came from the client for so long. What comes now may have been sent
    /// long ago, by a client that has given this session up and sends the request
    /// that failed on another one: the time of a gate does not run meanwhile.
    pub(crate) fn silent(&mut self, silence: Duration) {
        for shut in self.gates.values_mut() {
            shut.gate.until += silence;
        }
    }

    /// Requests under way.
    pub(crate) fn waiting(&self) -> usize {
        self.under_way.len()
    }

    /// A request under way was answered.
    pub(crate) fn answered(
        &mut self,
        id: RequestId,
        log: Option<LogId>,
        code: Option<Code>,
        now: Instant,
    ) {
        let this = |sent: &UnderWay| sent.id == id && sent.log == log;
        let Some(index) = self.under_way.iter().position(this) else { return };
        let place = self.under_way.remove(index).place;
        if let (Some(log), Some(code)) = (log, code)
            && OrderGate::shuts_on(code)
        {
            if !self.has_room_for(log, now) {
                self.give_one_up();
            }
            self.shut(log, id, place, now);
        }
    }

    /// The request that came last, a change of `log`, was refused and may be sent
    /// again. False where more gates are shut than one session may have.
    pub(crate) fn refused(&mut self, id: RequestId, log: LogId, now: Instant) -> bool {
        let has_room = self.has_room_for(log, now);
        if has_room {
            self.shut(log, id, self.came, now);
        }
        has_room
    }

    /// Whether the gate of this log can be shut, with those that are.
    fn has_room_for(&mut self, log: LogId, now: Instant) -> bool {
        if self.gates.len() >= GATES {
            self.gates.retain(|_, shut| !shut.gate.is_over(now));
        }
        self.gates.len() < GATES || self.gates.contains_key(&log)
    }

    /// Opens the gate that would open first.
    fn give_one_up(&mut self) {
        let first = self.gates.iter().min_by_key(|(_, shut)| shut.gate.until);
        if let Some(log) = first.map(|(log, _)| *log) {
            self.gates.remove(&log);
        }
    }

    /// Of several requests that failed, the one that came first has to come again
    /// first, whichever was answered first.
    fn shut(&mut self, log: LogId, id: RequestId, place: u64, now: Instant) {
        let earlier = |shut: &Gate| shut.place <= place && !shut.gate.is_over(now);
        if !self.gates.get(&log).is_some_and(earlier) {
            self.gates.insert(log, Gate { gate: OrderGate::shut(id, now), place });
        }
    }

    /// True where an earlier request to this log has to come again first.
    pub(crate) fn holds_back(&self, log: LogId, id: RequestId, now: Instant) -> bool {
        self.gates.get(&log).is_some_and(|shut| !shut.gate.opens_for(id, now))
    }

    /// Lets a request to this log pass, which opens its gate; false where it is
    /// held back.
    pub(crate) fn pass(&mut self, log: LogId, id: RequestId, now: Instant) -> bool {
        let passes = !self.holds_back(log, id, now);
        if passes {
            self.gates.remove(&log);
        }
        passes
    }

    /// Gates that are kept.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn gates(&self) -> usize {
        self.gates.len()
    }
}
