//! Token buckets by address and by user (R17).

use std::{
    hash::Hash,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use parlor_domain::{Code, Refusal};

use crate::{
    Problem, Rate, Settings,
    extract::{Network, client_address},
};

/// After so many requests the buckets that are full again are dropped: they say
/// nothing. There are never many more than this.
const SWEEP_REQUESTS: usize = 4_096;

/// A token bucket for each key.
pub(crate) struct Limiter<K: Clone + Eq + Hash> {
    buckets: DefaultKeyedRateLimiter<K>,
    clock: DefaultClock,
    taken: AtomicUsize,
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Self {
            buckets: DefaultKeyedRateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            taken: AtomicUsize::new(0),
        }
    }

    /// Takes one token.
    pub(crate) fn take(&self, key: K) -> Result<(), Refusal> {
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP_REQUESTS == SWEEP_REQUESTS - 1 {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(&key).map_err(|until| {
            Refusal::new(Code::RateLimited, "too many requests")
                .retry_after(until.wait_time_from(self.clock.now()))
        })
    }
}

/// One bucket for each address.
pub(super) struct PerAddress {
    limiter: Limiter<IpAddr>,
    trusted: Vec<Network>,
}

impl PerAddress {
    pub(super) fn new(settings: &Settings) -> Self {
        let limiter = Limiter::new(settings.rates.per_address);
        Self { limiter, trusted: settings.trusted_proxies.clone() }
    }
}

pub(super) async fn limit(
    State(rate): State<Arc<PerAddress>>,
    request: Request,
    next: Next,
) -> Response {
    // A load balancer that asks often how we are must get its answer.
    if !matches!(request.uri().path(), "/healthz" | "/readyz") {
        let address = client_address(request.extensions(), request.headers(), &rate.trusted);
        if let Err(refusal) = rate.limiter.take(bucket(address)) {
            return Problem::from(refusal).into_response();
        }
    }
    next.run(request).await
}

/// Whoever has one IPv6 address has 2^64 of them: the /64 counts.
fn bucket(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn r17_a_bucket_empties_for_its_own_key_alone() {
        let limiter = Limiter::new(Rate::new(NonZeroU32::new(2).unwrap(), NonZeroU32::MIN));
        assert!(limiter.take("a").is_ok());
        assert!(limiter.take("a").is_ok());
        let refusal = limiter.take("a").expect_err("empty");
        assert_eq!(refusal.code, Code::RateLimited);
        assert!(refusal.retry_after.is_some_and(|wait| !wait.is_zero()));
        assert!(limiter.take("b").is_ok());
    }

    #[test]
    fn r13_all_addresses_of_one_ipv6_network_share_a_bucket() {
        let at = |text: &str| bucket(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
