//! Sender order (C4, rule 3.4): after a retryable failure nothing later
//! overtakes the request that failed.

use std::time::{Duration, Instant};

use parlor_domain::{Code, Refusal, RequestId};

/// A client that gives a request up may go on after this time.
const HELD_FOR: Duration = Duration::from_secs(10);

/// Holds back what would overtake a failed request, for one session and log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderGate {
    failed: RequestId,
    until: Instant,
}

impl OrderGate {
    /// Shut by this request.
    pub(crate) fn shut(failed: RequestId, now: Instant) -> Self {
        Self { failed, until: now + HELD_FOR }
    }

    /// True where `request` may pass, which opens the gate for all.
    pub(crate) fn opens_for(&self, request: RequestId, now: Instant) -> bool {
        request == self.failed || self.is_over(now)
    }

    /// True where it holds nothing back any more.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }

    /// True where a refusal with this code shuts the gate. `RETRY_IN_ORDER` only
    /// tells that it is shut.
    pub(crate) const fn shuts_on(code: Code) -> bool {
        code.is_retryable() && !matches!(code, Code::RetryInOrder)
    }

    /// What is told to those who may not pass.
    pub(crate) fn refusal() -> Refusal {
        Refusal::new(
            Code::RetryInOrder,
            "an earlier request to this room has to be sent again first",
        )
    }
}
