//! How guessing passwords is slowed down: by account and address together, so
//! that whoever guesses locks out themselves and not the account's owner.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use parlor_domain::limits;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

/// One account as seen from one address; a digest, so that an entry's size does
/// not depend on what the caller sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Source([u8; 32]);

impl Source {
    /// The account of this name, whether there is one or not, and the address
    /// of the person. Of an IPv6 address the first 64 bits count: the rest is
    /// the person's to choose.
    pub(crate) fn new(name: &str, peer: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(name.trim().to_lowercase());
        hash.update([0]);
        match peer.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V6(address)) => hash.update(&address.octets()[..8]),
            _ => hash.update(peer),
        }
        Self(hash.finalize().into())
    }
}

/// The failures of late.
#[derive(Default)]
pub(crate) struct Backoff {
    entries: HashMap<Source, Entry>,
}

struct Entry {
    failures: u32,
    /// No further attempt before this.
    until: Instant,
}

impl Entry {
    fn is_forgotten(&self, now: Instant) -> bool {
        now >= self.until + limits::LOGIN_FAILURE_MEMORY
    }
}

impl Backoff {
    /// Lets an attempt through, or says how long to wait. An attempt counts as
    /// failed until it succeeds: many at once gain nothing.
    pub(crate) fn attempt(&mut self, source: Source, now: Instant) -> Result<(), Duration> {
        if !self.entries.contains_key(&source) {
            self.make_room(now);
        }
        let entry = self.entries.entry(source).or_insert(Entry { failures: 0, until: now });
        if now < entry.until {
            return Err(entry.until - now);
        }
        if entry.is_forgotten(now) {
            entry.failures = 0;
        }
        entry.failures = entry.failures.saturating_add(1);
        entry.until = now + wait_after(entry.failures);
        Ok(())
    }

    /// Forgets the failures of somebody who got in.
    pub(crate) fn succeeded(&mut self, source: Source) {
        self.entries.remove(&source);
    }

    /// Where the table is full, drops what is forgotten, else the least of all:
    /// flooding it with new names does not wash out who has failed often.
    fn make_room(&mut self, now: Instant) {
        if self.entries.len() < limits::LOGIN_FAILURE_ENTRIES {
            return;
        }
        self.entries.retain(|_, entry| !entry.is_forgotten(now));
        if self.entries.len() >= limits::LOGIN_FAILURE_ENTRIES {
            let least = self.entries.iter().min_by_key(|(_, entry)| (entry.failures, entry.until));
            if let Some(source) = least.map(|(source, _)| *source) {
                self.entries.remove(&source);
            }
        }
    }
}

fn wait_after(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(limits::LOGIN_FREE_FAILURES) else {
        return Duration::ZERO;
    };
    let factor = 2_u32.saturating_pow(doublings);
    limits::LOGIN_FIRST_WAIT.saturating_mul(factor).min(limits::LOGIN_LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails until a wait is told, and returns it.
    fn fail(backoff: &mut Backoff, source: Source, now: Instant) -> Duration {
        for _ in 0..=limits::LOGIN_FREE_FAILURES {
            if let Err(wait) = backoff.attempt(source, now) {
                return wait;
            }
        }
        panic!("no wait after {} failures", limits::LOGIN_FREE_FAILURES);
    }

    #[test]
    fn t7_waits_double_up_to_the_longest_and_are_forgotten() {
        let (mut backoff, source) = (Backoff::default(), Source::new("ada", "192.0.2.1"));
        let mut now = Instant::now();
        let mut last = fail(&mut backoff, source, now);
        assert_eq!(last, limits::LOGIN_FIRST_WAIT);
        let mut guesses = limits::LOGIN_FREE_FAILURES;
        while last < limits::LOGIN_LONGEST_WAIT {
            assert!(backoff.attempt(source, now + last - Duration::from_millis(1)).is_err());
            now += last;
            assert_eq!(backoff.attempt(source, now), Ok(()));
            guesses += 1;
            let next = backoff.attempt(source, now).expect_err("must wait");
            assert_eq!(next, (last * 2).min(limits::LOGIN_LONGEST_WAIT));
            last = next;
        }
        assert!(guesses < 100, "NIST SP 800-63B section 5.2.2");
        now += last + limits::LOGIN_FAILURE_MEMORY;
        assert_eq!(backoff.attempt(source, now), Ok(()));
        assert_eq!(backoff.attempt(source, now), Ok(()), "all is forgotten");
    }

    #[test]
    fn t7_a_victim_is_not_locked_out_from_elsewhere_and_success_forgives() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        let thief = Source::new("Ada ", "2001:db8::1");
        fail(&mut backoff, thief, now);
        let neighbour = Source::new("ada", "2001:db8::ffff:1");
        assert!(backoff.attempt(neighbour, now).is_err(), "the same person's network");
        for other in [("ada", "2001:db8:0:1::1"), ("ada", "192.0.2.1"), ("bob", "2001:db8::1")] {
            assert_eq!(backoff.attempt(Source::new(other.0, other.1), now), Ok(()), "{other:?}");
        }
        assert!(Source::new("ada", "::ffff:192.0.2.1") != Source::new("ada", "192.0.2.2"));
        backoff.succeeded(thief);
        assert_eq!(backoff.attempt(thief, now), Ok(()));
    }

    #[test]
    fn t7_the_table_is_bounded_and_keeps_those_who_failed_most() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        let thief = Source::new("ada", "192.0.2.1");
        fail(&mut backoff, thief, now);
        for n in 0..limits::LOGIN_FAILURE_ENTRIES + 10 {
            assert_eq!(backoff.attempt(Source::new(&n.to_string(), ""), now), Ok(()));
        }
        assert_eq!(backoff.entries.len(), limits::LOGIN_FAILURE_ENTRIES);
        assert!(backoff.attempt(thief, now).is_err());
    }
}
