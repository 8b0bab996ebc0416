//! One room's log as it is followed: every event once, in order, without a hole
//! (PROTOCOL 4).

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use parlor_domain::{Epoch, Event, Position, Seq};

use crate::protocol::Run;

/// Events kept that cannot be given out yet, because one before them is missing
/// or the reader is slow. Beyond that the newest are dropped and asked for again:
/// an older one may be the one that the others wait for.
const HELD_EVENTS: usize = 512;
/// A log that is behind and got nothing for this long is opened again
/// (PROTOCOL 5.3).
const PATIENCE: Duration = Duration::from_secs(2);
/// Doubled with every opening that brought nothing, up to this: on a slow path a
/// frame may take longer than the time before, and an opening begins it anew.
const PATIENCE_MAX: Duration = Duration::from_secs(60);
/// Events given out that the reader has not taken yet, at most.
pub const CREDIT: usize = 256;

#[derive(Debug)]
pub struct Following {
    /// Given out up to here.
    position: Position,
    held: BTreeMap<Seq, Option<Event>>,
    /// The greatest seq that is known to exist.
    head: Seq,
    /// Something was dropped: no use in waiting for it.
    dropped: bool,
    /// Since when it may be that the user is no member any more.
    doubted_at: Option<Instant>,
    /// When it last moved, or fell behind.
    moved_at: Instant,
    patience: Duration,
    credit: usize,
    /// Asked for on the session that lives now.
    pub asked: bool,
    /// An `Open` is on its way: its answer comes first.
    pub opening: bool,
}

impl Following {
    pub fn new(now: Instant, from: Position) -> Self {
        Self {
            position: from,
            held: BTreeMap::new(),
            head: from.seq,
            dropped: false,
            doubted_at: None,
            moved_at: now,
            patience: PATIENCE,
            credit: CREDIT,
            asked: false,
            opening: false,
        }
    }

    /// Where the log stands at the reader.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Events that wait for one before them, or for the reader.
    #[cfg(feature = "machines")]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Takes events as they come; gives out what follows without a hole.
    pub fn take(&mut self, now: Instant, run: Run) -> Vec<Event> {
        self.adopt(run.epoch);
        if run.epoch != self.position.epoch {
            return Vec::new();
        }
        let mut released = Vec::new();
        for (index, event) in (0_u64..).zip(run.events) {
            let seq = run.first.plus(index);
            if seq <= self.position.seq {
                continue;
            }
            self.see(now, seq);
            self.held.insert(seq, event);
            released.append(&mut self.release(now));
            if self.held.len() > HELD_EVENTS {
                self.held.pop_last();
                self.dropped = true;
            }
        }
        released
    }

    /// The reader took this many events.
    pub fn consumed(&mut self, now: Instant, events: usize) -> Vec<Event> {
        self.credit = (self.credit + events).min(CREDIT);
        self.release(now)
    }

    /// The server says that the log goes up to `head`.
    pub fn head(&mut self, now: Instant, head: Position) {
        self.adopt(head.epoch);
        if head.epoch == self.position.epoch {
            self.see(now, head.seq);
        }
    }

    /// The position did not fit: the log goes on after `head`.
    pub fn reset(&mut self, now: Instant, head: Position) {
        let (asked, opening, credit) = (self.asked, self.opening, self.credit);
        *self = Self { asked, opening, credit, ..Self::new(now, head) };
    }

    /// The server has opened the log, which goes up to `head`.
    pub fn opened(&mut self, now: Instant, head: Position) {
        self.opening = false;
        self.adopt(head.epoch);
        self.moved_at = now;
        let held = self.held.last_key_value().map_or(Seq::ZERO, |(seq, _)| *seq);
        self.head = head.seq.max(held);
    }

    /// A session begins.
    pub fn begin(&mut self, now: Instant) {
        self.moved_at = now;
        self.opening = false;
        self.dropped = false;
    }

    /// When the log shall be opened again, unless it moves before.
    pub fn overdue_at(&self) -> Option<Instant> {
        if self.opening {
            return None;
        }
        let patience = if self.dropped { Duration::ZERO } else { self.patience };
        let behind = self.is_behind().then_some(self.moved_at + patience);
        let doubted = self.doubted_at.map(|at| at + PATIENCE);
        behind.into_iter().chain(doubted).min()
    }

    /// It is being opened again.
    pub fn reopen(&mut self, now: Instant) {
        if self.asked && !self.dropped && self.doubted_at.is_none() {
            self.patience = (self.patience * 2).min(PATIENCE_MAX);
        }
        self.asked = true;
        self.opening = true;
        self.dropped = false;
        self.doubted_at = None;
        self.moved_at = now;
    }

    /// Membership may have ended: ask again after a while, whatever comes until
    /// then. The room's last event may be on its way yet.
    pub fn doubt(&mut self, now: Instant) {
        self.doubted_at.get_or_insert(now);
    }

    fn is_behind(&self) -> bool {
        self.position.seq < self.head && !self.held.contains_key(&self.position.seq.next())
    }

    fn see(&mut self, now: Instant, seq: Seq) {
        if !self.is_behind() {
            self.moved_at = now;
        }
        self.head = self.head.max(seq);
    }

    /// A reader that has nothing takes the log as it is.
    fn adopt(&mut self, epoch: Epoch) {
        if self.position == Position::default() {
            self.position.epoch = epoch;
        }
    }

    fn release(&mut self, now: Instant) -> Vec<Event> {
        let mut released = Vec::new();
        while self.credit > 0
            && let Some(event) = self.held.remove(&self.position.seq.next())
        {
            self.position.seq = self.position.seq.next();
            self.moved_at = now;
            self.patience = PATIENCE;
            if let Some(event) = event {
                self.credit -= 1;
                released.push(event);
            }
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_domain::{EventBody, LogId, RoomId, Timestamp, UserId};

    const EPOCH: Epoch = Epoch::new(7);

    fn at(seq: u64) -> Position {
        Position { epoch: EPOCH, seq: Seq::new(seq) }
    }

    fn run(seqs: std::ops::RangeInclusive<u64>) -> Run {
        let first = Seq::new(*seqs.start());
        let event = |seq| Event {
            seq: Seq::new(seq),
            at: Timestamp::default(),
            actor: UserId::SYSTEM,
            request_id: None,
            body: EventBody::RoomArchived { archived: true },
        };
        let events = seqs.map(event).map(Some).collect();
        Run { log: LogId::from(RoomId::from_uuid(uuid::Uuid::nil())), epoch: EPOCH, first, events }
    }

    fn seqs(events: &[Event]) -> Vec<u64> {
        events.iter().map(|event| event.seq.get()).collect()
    }

    #[test]
    fn rule_4_2_events_come_out_once_and_in_order() {
        let now = Instant::now();
        let mut log = Following::new(now, at(3));
        assert_eq!(seqs(&log.take(now, run(2..=5))), [4, 5], "2 and 3 are known");
        assert_eq!(seqs(&log.take(now, run(4..=5))), [0_u64; 0]);
        assert_eq!(seqs(&log.take(now, run(6..=6))), [6]);
    }

    #[test]
    fn rule_4_3_live_events_wait_for_the_backfill_before_them() {
        let now = Instant::now();
        let mut log = Following::new(now, at(0));
        assert_eq!(seqs(&log.take(now, run(4..=5))), [0_u64; 0]);
        assert_eq!(seqs(&log.take(now, run(1..=2))), [1, 2]);
        assert_eq!(seqs(&log.take(now, run(3..=3))), [3, 4, 5]);
        assert_eq!(log.overdue_at(), None);
    }

    #[test]
    fn rule_5_3_a_hole_that_stays_opens_the_log_again() {
        let now = Instant::now();
        let mut log = Following::new(now, at(1));
        log.take(now, run(3..=3));
        assert_eq!(log.overdue_at(), Some(now + PATIENCE));
        log.reopen(now);
        assert_eq!(log.overdue_at(), None, "one Open at a time");
        log.opened(now, at(3));
        assert_eq!(seqs(&log.take(now, run(2..=3))), [2, 3]);
        assert_eq!(log.overdue_at(), None);
    }

    #[test]
    fn rule_5_3_a_head_not_reached_opens_the_log_again() {
        let now = Instant::now();
        let mut log = Following::new(now, at(1));
        log.head(now, at(1));
        assert_eq!(log.overdue_at(), None);
        log.head(now, at(2));
        assert_eq!(log.overdue_at(), Some(now + PATIENCE));
    }

    #[test]
    fn c10_a_slow_reader_costs_bounded_memory_and_loses_nothing() {
        let now = Instant::now();
        let mut log = Following::new(now, at(0));
        let all = 2_000;
        let mut seen = seqs(&log.take(now, run(1..=all)));
        assert_eq!(seen.len(), CREDIT);
        assert_eq!(log.held.len(), HELD_EVENTS);
        while seen.len() < all as usize {
            seen.extend(seqs(&log.consumed(now, 64)));
            if log.overdue_at().is_some_and(|at| at <= now) {
                log.reopen(now);
                log.opened(now, at(all));
                let from = log.position().seq.get() + 1;
                seen.extend(seqs(&log.take(now, run(from..=all))));
            }
        }
        assert_eq!(seen, (1..=all).collect::<Vec<_>>());
    }

    #[test]
    fn c10_what_comes_too_early_never_keeps_out_what_it_waits_for() {
        let now = Instant::now();
        let mut log = Following::new(now, at(0));
        let all = 2 * HELD_EVENTS as u64;
        assert_eq!(seqs(&log.take(now, run(2..=all))), [0_u64; 0], "1 is on another stream");
        let seen = seqs(&log.take(now, run(1..=1)));
        assert_eq!(seen, (1..=CREDIT as u64).collect::<Vec<_>>());
    }

    #[test]
    fn rule_5_3_an_opening_that_brings_nothing_makes_the_next_one_later() {
        let now = Instant::now();
        let mut log = Following::new(now, at(1));
        log.asked = true;
        log.head(now, at(9));
        let mut waits = Vec::new();
        for _ in 0..7 {
            waits.push(log.overdue_at().expect("behind").duration_since(now).as_secs());
            log.reopen(now);
            log.opened(now, at(9));
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
        log.take(now, run(2..=2));
        assert_eq!(log.overdue_at(), Some(now + PATIENCE), "it moves");
    }

    #[test]
    fn rule_4_1_after_a_reset_the_log_goes_on_from_its_head() {
        let now = Instant::now();
        let mut log = Following::new(now, at(9));
        log.take(now, run(11..=12));
        log.reset(now, at(4));
        assert_eq!(log.position(), at(4));
        assert_eq!(seqs(&log.take(now, run(5..=5))), [5], "what was held is of the old log");
    }

    #[test]
    fn rule_4_1_events_of_another_epoch_are_not_mixed_in() {
        let now = Instant::now();
        let mut log = Following::new(now, Position { epoch: Epoch::new(6), seq: Seq::new(1) });
        assert_eq!(seqs(&log.take(now, run(2..=2))), [0_u64; 0]);
    }

    #[test]
    fn rule_1_6_an_event_of_an_unknown_kind_takes_its_seq() {
        let now = Instant::now();
        let mut log = Following::new(now, at(0));
        let mut events = run(1..=3);
        events.events[1] = None;
        assert_eq!(seqs(&log.take(now, events)), [1, 3]);
        assert_eq!(log.position(), at(3));
    }
}
