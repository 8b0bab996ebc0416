//! Token buckets by address and by user (R17), and how full they are, told in
//! every answer (draft-ietf-httpapi-ratelimit-headers-10).

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use parlor_domain::{Code, Refusal};

use crate::{
    Limited, Problem, Rate, Settings,
    extract::{Network, client_address},
};

/// After so many requests the buckets that are full again are dropped: they say
/// nothing. There are never many more than this.
const SWEEP_REQUESTS: usize = 4_096;

/// The buckets that counted a request, and what each lets through.
pub(super) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How many requests are left in each, and when it is full again.
pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// A token bucket for each key.
pub(crate) struct Limiter<K: Clone + Eq + Hash> {
    rate: Rate,
    buckets: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    taken: AtomicUsize,
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self::with(rate, Quota::per_second(rate.per_second).allow_burst(rate.burst))
    }

    /// One that gets a token each `period`, which is longer than a second. How full it
    /// is is told nobody.
    pub(crate) fn every(period: Duration, burst: u32) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let rate = Rate::new(burst, NonZeroU32::MIN);
        let quota = Quota::with_period(period).unwrap_or_else(|| Quota::per_second(burst));
        Self::with(rate, quota.allow_burst(burst))
    }

    fn with(rate: Rate, quota: Quota) -> Self {
        Self {
            rate,
            buckets: RateLimiter::keyed(quota).with_middleware(),
            clock: DefaultClock::default(),
            taken: AtomicUsize::new(0),
        }
    }

    /// Takes one token, where there is one.
    pub(crate) fn take(&self, key: K) -> Taken {
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP_REQUESTS == SWEEP_REQUESTS - 1 {
            self.buckets.retain_recent();
        }
        let (left, wait) = match self.buckets.check_key(&key) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => (0, Some(until.wait_time_from(self.clock.now()))),
        };
        Taken { rate: self.rate, left, wait }
    }
}

/// What became of the attempt to take a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    rate: Rate,
    /// Tokens that are left.
    left: u32,
    /// How long until there is one; `None` where there was.
    wait: Option<Duration>,
}

impl Taken {
    pub(crate) fn allowed(self) -> Result<(), Refusal> {
        match self.wait {
            None => Ok(()),
            Some(wait) => {
                Err(Refusal::new(Code::RateLimited, "too many requests").retry_after(wait))
            }
        }
    }

    /// The policy as a structured field: `q` requests in `w` seconds.
    fn policy(self, name: &str) -> String {
        let quota = self.rate.burst;
        format!("\"{name}\";q={quota};w={}", self.seconds_for(quota.get()))
    }

    /// The state as a structured field: `r` requests left, all of them again in
    /// `t` seconds.
    fn state(self, name: &str) -> String {
        let spent = self.rate.burst.get().saturating_sub(self.left);
        format!("\"{name}\";r={};t={}", self.left, self.seconds_for(spent))
    }

    /// Until so many tokens have flowed in.
    fn seconds_for(self, tokens: u32) -> u32 {
        tokens.div_ceil(self.rate.per_second.get())
    }
}

/// What became of the token of a request's user, told by the extractor that
/// finds out who that is to the middleware that answers.
#[derive(Clone, Default)]
pub(crate) struct TakenByUser(Arc<OnceLock<Taken>>);

impl TakenByUser {
    pub(crate) fn set(&self, taken: Taken) {
        // One request has one caller, whose token is taken once.
        let _ = self.0.set(taken);
    }
}

/// One bucket for each address.
pub(super) struct PerAddress {
    limiter: Limiter<IpAddr>,
    trusted: Vec<Network>,
    limited: Arc<Limited>,
}

impl PerAddress {
    pub(super) fn new(settings: &Settings, limited: Arc<Limited>) -> Self {
        let limiter = Limiter::new(settings.rates.per_address);
        Self { limiter, trusted: settings.trusted_proxies.clone(), limited }
    }
}

pub(super) async fn limit(
    State(rate): State<Arc<PerAddress>>,
    mut request: Request,
    next: Next,
) -> Response {
    // A load balancer that asks often how we are must get its answer.
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return next.run(request).await;
    }
    let address = client_address(request.extensions(), request.headers(), &rate.trusted);
    let taken = rate.limiter.take(bucket(address));
    let by_user = TakenByUser::default();
    request.extensions_mut().insert(by_user.clone());
    let mut response = match taken.allowed() {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            rate.limited.by_address.fetch_add(1, Ordering::Relaxed);
            Problem::from(refusal).into_response()
        }
    };
    let by_user = by_user.0.get().map(|taken| ("user", *taken));
    tell(response.headers_mut(), [Some(("address", taken)), by_user].into_iter().flatten());
    response
}

/// Tells where the buckets stand that counted a request.
fn tell(headers: &mut HeaderMap, taken: impl Iterator<Item = (&'static str, Taken)> + Clone) {
    let list = |item: fn(Taken, &str) -> String| {
        let items: Vec<String> = taken.clone().map(|(name, taken)| item(taken, name)).collect();
        HeaderValue::try_from(items.join(", "))
    };
    for (name, value) in
        [(RATE_LIMIT_POLICY, list(Taken::policy)), (RATE_LIMIT, list(Taken::state))]
    {
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    }
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
    use super::*;

    #[test]
    fn r17_a_bucket_empties_for_its_own_key_alone() {
        let limiter = Limiter::new(Rate::new(NonZeroU32::new(2).unwrap(), NonZeroU32::MIN));
        assert_eq!(limiter.take("a").allowed(), Ok(()));
        assert_eq!(limiter.take("a").allowed(), Ok(()));
        let refusal = limiter.take("a").allowed().expect_err("empty");
        assert_eq!(refusal.code, Code::RateLimited);
        assert!(refusal.retry_after.is_some_and(|wait| !wait.is_zero()));
        assert_eq!(limiter.take("b").allowed(), Ok(()));
    }

    #[test]
    fn r17_a_bucket_tells_how_full_it_is() {
        let number = |n| NonZeroU32::new(n).unwrap();
        let rate = Rate::new(number(5), number(2));
        let taken = |left| Taken { rate, left, wait: None };
        assert_eq!(taken(4).policy("user"), "\"user\";q=5;w=3");
        assert_eq!(taken(4).state("user"), "\"user\";r=4;t=1");
        assert_eq!(taken(2).state("user"), "\"user\";r=2;t=2");
        assert_eq!(taken(0).state("user"), "\"user\";r=0;t=3");
    }

    #[test]
    fn r13_all_addresses_of_one_ipv6_network_share_a_bucket() {
        let at = |text: &str| bucket(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
