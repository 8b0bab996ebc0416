//! A token bucket on the monotonic clock.

use std::time::{Duration, Instant};

/// Requests per second, with a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub per_second: u32,
}

/// A bucket that starts full.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    rate: Rate,
    /// Tokens times one second in nanoseconds, so that no fraction is lost.
    level: u128,
    filled_at: Instant,
}

const TOKEN: u128 = 1_000_000_000;

impl TokenBucket {
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, level: u128::from(rate.burst) * TOKEN, filled_at: now }
    }

    /// Takes one token, or says how long until there is one.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let elapsed = now.saturating_duration_since(self.filled_at);
        self.filled_at = now;
        let full = u128::from(self.rate.burst) * TOKEN;
        let gained = elapsed.as_nanos().saturating_mul(u128::from(self.rate.per_second));
        self.level = self.level.saturating_add(gained).min(full);
        if self.level >= TOKEN {
            self.level -= TOKEN;
            return Ok(());
        }
        let missing = (TOKEN - self.level) / u128::from(self.rate.per_second.max(1));
        Err(Duration::from_nanos(u64::try_from(missing).unwrap_or(u64::MAX)))
    }

    /// Gives back a token that was taken for nothing.
    pub fn put_back(&mut self) {
        self.level = self.level.saturating_add(TOKEN).min(u128::from(self.rate.burst) * TOKEN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_3_7_a_burst_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(Rate { burst: 3, per_second: 10 }, start);
        for _ in 0..3 {
            bucket.take(start).expect("within the burst");
        }
        let wait = bucket.take(start).expect_err("empty");
        assert_eq!(wait, Duration::from_millis(100));
        bucket.take(start + wait).expect("refilled as promised");
        let allowed = (0..100)
            .filter(|n| bucket.take(start + wait + Duration::from_millis(10 * n)).is_ok())
            .count();
        assert_eq!(allowed, 9, "990 ms at ten a second");
    }
}
