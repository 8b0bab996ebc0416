//! What becomes of one thing that passes. Pure: takes the time, tells when it
//! arrives.

use std::time::Duration;

use rand::{Rng as _, rngs::StdRng};
use tokio::time::Instant;

use super::{Effects, Way};

/// A datagram that is held back comes later by this much more than the jitter.
const HELD_BACK: Duration = Duration::from_millis(20);
/// A line that is slower than what is sent holds as much as passes in this time,
/// and loses the rest, as routers do.
const QUEUE: Duration = Duration::from_millis(500);

/// One direction of one flow or connection.
#[derive(Debug)]
pub(crate) struct Line {
    way: Way,
    rng: StdRng,
    /// When the last byte has left, at the rate that is given.
    free_at: Option<Instant>,
    /// When the last of an ordered stream arrives.
    last: Option<Instant>,
}

impl Line {
    pub(crate) fn new(way: Way, rng: StdRng) -> Self {
        Self { way, rng, free_at: None, last: None }
    }

    /// When the copies of a datagram arrive: none, one or two of them.
    pub(crate) fn datagram(
        &mut self,
        effects: &Effects,
        now: Instant,
        bytes: usize,
    ) -> impl Iterator<Item = Instant> + use<> {
        // All dice are thrown each time, so that one effect does not change
        // whom another one hits.
        let lost = self.rng.random_bool(effects.loss);
        let doubled = self.rng.random_bool(effects.duplicate);
        let held_back = self.rng.random_bool(effects.reorder);
        let first = self.late(effects);
        let second = self.late(effects);
        let too_long = effects.longest.is_some_and(|longest| bytes > longest);
        let lost = lost || too_long || effects.cut.stops(self.way);
        let sent = if lost { None } else { self.send(effects, now, bytes) };
        let sent = sent.filter(|sent| effects.rate.is_none() || *sent <= now + QUEUE);
        let extra = if held_back { effects.jitter + HELD_BACK } else { Duration::ZERO };
        let first = sent.map(|sent| sent + first + extra);
        let second = sent.filter(|_| doubled).map(|sent| sent + second);
        first.into_iter().chain(second)
    }

    /// Turns a bit of a datagram over, where chance has it.
    pub(crate) fn corrupt(&mut self, effects: &Effects, datagram: &mut [u8]) {
        // All dice are thrown each time, here too.
        let (hit, at) = (self.rng.random_bool(effects.corrupt), self.rng.random::<u32>());
        if hit && !datagram.is_empty() {
            let index = at as usize % datagram.len();
            datagram[index] ^= 1 << (at % 8);
        }
    }

    /// When bytes of an ordered stream arrive; a cut is the caller's to keep.
    pub(crate) fn bytes(&mut self, effects: &Effects, now: Instant, bytes: usize) -> Instant {
        let late = self.late(effects);
        let sent = self.send(effects, now, bytes).unwrap_or(now);
        let arrives = self.last.map_or(sent + late, |last| last.max(sent + late));
        self.last = Some(arrives);
        arrives
    }

    fn late(&mut self, effects: &Effects) -> Duration {
        effects.delay + effects.jitter.mul_f64(self.rng.random())
    }

    /// When the last of these bytes has left; `None` where none ever do.
    fn send(&mut self, effects: &Effects, now: Instant, bytes: usize) -> Option<Instant> {
        let Some(rate) = effects.rate else { return Some(now) };
        let takes = Duration::from_secs_f64(bytes as f64 / f64::from(rate.max(1)));
        let begins = self.free_at.map_or(now, |free_at| free_at.max(now));
        if begins > now + QUEUE {
            return None;
        }
        self.free_at = Some(begins + takes);
        self.free_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::Cut;
    use rand::SeedableRng as _;

    const MANY: usize = 10_000;

    fn line(seed: u64) -> Line {
        Line::new(Way::Up, StdRng::seed_from_u64(seed))
    }

    /// Arrivals of many datagrams sent at once, in milliseconds after now.
    fn arrivals(seed: u64, effects: Effects) -> Vec<Vec<u128>> {
        let (mut line, now) = (line(seed), Instant::now());
        let one =
            |_| line.datagram(&effects, now, 1_000).map(|at| (at - now).as_millis()).collect();
        (0..MANY).map(one).collect()
    }

    /// The part of all datagrams for which this is true, in percent.
    fn percent(arrivals: &[Vec<u128>], is: impl Fn(&Vec<u128>) -> bool) -> usize {
        arrivals.iter().filter(|arrival| is(arrival)).count() * 100 / MANY
    }

    #[test]
    fn a_good_line_passes_everything_at_once() {
        assert_eq!(percent(&arrivals(1, Effects::NONE), |it| it[..] == [0]), 100);
    }

    #[test]
    fn delay_and_jitter_are_kept() {
        let (delay, jitter) = (Duration::from_millis(100), Duration::from_millis(50));
        let late = arrivals(1, Effects { delay, jitter, ..Effects::NONE });
        assert_eq!(percent(&late, |it| (100..150).contains(&it[0])), 100);
        assert!((45..=55).contains(&percent(&late, |it| it[0] < 125)));
    }

    #[test]
    fn loss_and_duplication_hit_the_part_they_should() {
        let some = arrivals(1, Effects { loss: 0.2, duplicate: 0.1, ..Effects::NONE });
        assert!((19..=21).contains(&percent(&some, Vec::is_empty)));
        // A tenth of the four fifths that are left.
        assert!((7..=9).contains(&percent(&some, |it| it.len() == 2)));
    }

    #[test]
    fn reordered_datagrams_come_after_later_ones() {
        let jitter = Duration::from_millis(5);
        let some = arrivals(1, Effects { reorder: 0.3, jitter, ..Effects::NONE });
        assert!((29..=31).contains(&percent(&some, |it| it[0] >= 25)));
        assert!((69..=71).contains(&percent(&some, |it| it[0] < 5)));
    }

    #[test]
    fn a_rate_spreads_what_is_sent_at_once_and_a_full_queue_loses() {
        let slow = arrivals(1, Effects { rate: Some(100_000), ..Effects::NONE });
        // 1,000 bytes take 10 ms each, and half a second of them waits.
        assert_eq!(slow[..3], [[10], [20], [30]]);
        assert_eq!(slow.iter().flatten().count(), 50);
    }

    #[test]
    fn what_is_too_long_for_the_path_is_lost() {
        let lost = |longest| {
            let effects = Effects { longest: Some(longest), ..Effects::NONE };
            percent(&arrivals(1, effects), Vec::is_empty)
        };
        assert_eq!([lost(999), lost(1_000)], [100, 0]);
    }

    #[test]
    fn one_bit_of_the_part_that_is_corrupted_is_wrong() {
        let (mut line, effects) = (line(1), Effects { corrupt: 0.1, ..Effects::NONE });
        let wrong = |_| {
            let mut datagram = [0_u8; 100];
            line.corrupt(&effects, &mut datagram);
            datagram.iter().map(|byte| byte.count_ones()).sum::<u32>()
        };
        let wrong: Vec<u32> = (0..MANY).map(wrong).collect();
        assert!(wrong.iter().all(|bits| *bits <= 1));
        assert!((900..1_100).contains(&wrong.iter().sum::<u32>()));
    }

    #[test]
    fn a_cut_stops_its_own_way_only() {
        let cut = |cut| percent(&arrivals(1, Effects { cut, ..Effects::NONE }), Vec::is_empty);
        assert_eq!([Cut::Nothing, Cut::Up, Cut::Down, Cut::Both].map(cut), [0, 100, 0, 100]);
    }

    #[test]
    fn the_same_seed_does_the_same() {
        let effects = Effects { loss: 0.5, jitter: Duration::from_secs(1), ..Effects::NONE };
        assert_eq!(arrivals(7, effects), arrivals(7, effects));
        assert_ne!(arrivals(7, effects), arrivals(8, effects));
    }

    #[test]
    fn bytes_of_a_stream_stay_in_order() {
        let effects = Effects { jitter: Duration::from_secs(1), ..Effects::NONE };
        let (mut line, now) = (line(1), Instant::now());
        let arrivals: Vec<_> = (0..100).map(|_| line.bytes(&effects, now, 10)).collect();
        assert!(arrivals.is_sorted() && arrivals[99] > arrivals[0]);
    }
}
