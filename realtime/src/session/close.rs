//! Why a session ends, and whether and when to come back.

use std::time::Duration;

/// Reason of a typed close (rules 6.1 and 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The node goes down.
    Drain,
    /// The client did not read its output.
    SlowReader,
    /// The node holds as many sessions as it can.
    Overloaded,
    /// Nothing came from the client.
    Idle,
    /// A fault of the server.
    Internal,
    /// The access token ended.
    TokenExpired,
    /// The access token is not valid.
    Unauthenticated,
    /// The device was signed out.
    Revoked,
    /// The client broke the protocol.
    Protocol,
    /// No Hello in time.
    HelloTimeout,
    /// The client did not heed RATE_LIMITED.
    RateLimited,
    /// The client left.
    Goodbye,
}

impl CloseReason {
    /// How long the client should wait before it comes back; jitter is its own.
    pub const fn resume_after(self) -> Duration {
        match self {
            Self::Overloaded => Duration::from_secs(2),
            Self::Internal => Duration::from_millis(500),
            Self::RateLimited => Duration::from_secs(10),
            _ => Duration::ZERO,
        }
    }
}
