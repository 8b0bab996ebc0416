//! A session that is live: its timers, and whether it still lives.

use std::time::{Duration, Instant};

use crate::status::{Lane, Status};

/// While an answer is awaited, a session from which nothing came for this long
/// is dead.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// A session that is quiet for this long is probed, so that a dead one is noticed
/// without anything to say: with the time for the answer, and that to open
/// another lane, within 10 s.
pub const QUIET: Duration = Duration::from_secs(4);

#[derive(Debug)]
pub struct Live {
    pub lane: Lane,
    pub began_at: Instant,
    pub heard_at: Instant,
    pub heartbeat: Duration,
    pub heartbeat_at: Instant,
    pub renew_at: Instant,
    /// Nonce of the probe that is on its way, and since when.
    pub probe: Option<(u64, Instant)>,
    /// Since when an answer is awaited.
    pub waiting_since: Option<Instant>,
    /// The server is leaving: nothing new is begun, and at this time we go.
    pub leave_at: Option<Instant>,
    pub rtt: Duration,
}

impl Live {
    pub fn status(&self) -> Status {
        Status::Live { lane: self.lane, rtt: self.rtt }
    }

    /// When the session is dead, if nothing comes until then.
    pub fn dead_at(&self) -> Option<Instant> {
        self.waiting_since.map(|since| since.max(self.heard_at) + ANSWER_TIMEOUT)
    }

    pub fn is_dead(&self, now: Instant) -> bool {
        self.dead_at().is_some_and(|at| at <= now)
    }

    /// When to look whether the session is alive.
    pub fn check_at(&self) -> Instant {
        let probe_at = self.heard_at + QUIET;
        match self.dead_at() {
            Some(dead_at) if self.probe.is_some() => dead_at,
            Some(dead_at) => dead_at.min(probe_at),
            None => probe_at,
        }
    }
}
