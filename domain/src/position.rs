//! Where one stands in a log.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::LogId;

/// An event's number in its log: 1, 2, 3, ... without holes. 0 is "before the
/// first event". At most `i64::MAX`, the largest both databases hold.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// Before the first event.
    pub const ZERO: Self = Self(0);
    /// Greater than any event's seq.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// A seq; larger numbers than [`Seq::MAX`] become it.
    pub const fn new(seq: u64) -> Self {
        if seq > Self::MAX.0 { Self::MAX } else { Self(seq) }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The seq that follows.
    pub const fn next(self) -> Self {
        Self::new(self.0 + 1)
    }

    /// The seq `n` further on.
    pub const fn plus(self, n: u64) -> Self {
        Self::new(self.0.saturating_add(n))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The incarnation of a log; changes only when a database is replaced by an
/// older copy. 0 on the wire means "any".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(u64);

impl Epoch {
    /// Matches every epoch.
    pub const ANY: Self = Self(0);

    /// An epoch by its number.
    pub const fn new(epoch: u64) -> Self {
        Self(epoch)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// "I have every event of this incarnation up to and with `seq`."
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Incarnation of the log.
    pub epoch: Epoch,
    /// Last event had.
    pub seq: Seq,
}

impl Position {
    /// True where a client at `self` can be brought to `head` by the events
    /// after `self.seq`; false asks for a Reset.
    pub fn fits(self, head: Self) -> bool {
        (self.epoch == head.epoch || (self.epoch == Epoch::ANY && self.seq == Seq::ZERO))
            && self.seq <= head.seq
    }
}

/// XOR over logs of a 64-bit FNV-1a hash of (log id, epoch, seq), both numbers
/// as 8 bytes big-endian: what Heartbeat frames compare (PROTOCOL.md).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadsDigest(u64);

impl HeadsDigest {
    /// Adds one log, or takes it out again: XOR is its own inverse.
    pub fn toggle(&mut self, log: LogId, at: Position) {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let epoch = at.epoch.get().to_be_bytes();
        let seq = at.seq.get().to_be_bytes();
        let bytes = log.as_bytes().iter().chain(&epoch).chain(&seq);
        self.0 ^= bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    }

    /// The digest as it stands on the wire.
    pub const fn get(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_fits_its_own_epoch_up_to_the_head() {
        let head = Position { epoch: Epoch::new(7), seq: Seq::new(5) };
        let at = |epoch, seq| Position { epoch: Epoch::new(epoch), seq: Seq::new(seq) };
        assert!(at(7, 5).fits(head));
        assert!(at(7, 0).fits(head));
        assert!(at(0, 0).fits(head), "a client without anything takes any epoch");
        assert!(!at(0, 3).fits(head), "events of an unknown epoch prove nothing");
        assert!(!at(7, 6).fits(head), "the client is ahead: the database is older");
        assert!(!at(6, 2).fits(head));
    }

    #[test]
    fn the_digest_matches_the_published_example() {
        let mut digest = HeadsDigest::default();
        let log = LogId::from_slice(&[1; 16]).expect("16 bytes");
        digest.toggle(log, Position { epoch: Epoch::new(1), seq: Seq::new(2) });
        let once = digest;
        assert_ne!(once.get(), 0);
        digest.toggle(log, Position { epoch: Epoch::new(1), seq: Seq::new(2) });
        assert_eq!(digest.get(), 0);
    }
}
