//! What a realtime node tells of itself. Control knows nothing of the node, nor it of
//! control: whoever wires both hands this in.

use std::{sync::atomic::AtomicU64, time::Duration};

use parlor_domain::{DeviceId, SessionId, Timestamp, UserId};

use crate::Rate;

/// The realtime side of this process.
pub trait Live: Send + Sync {
    /// The sessions that have said Hello, in no order.
    fn sessions(&self) -> Vec<LiveSession>;
    /// Its rate limits.
    fn limits(&self) -> LiveLimits;
}

/// A live session.
#[derive(Clone, Debug)]
pub struct LiveSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Of which device.
    pub device: DeviceId,
    /// `webtransport`, `websocket`, `quic`.
    pub lane: &'static str,
    /// When it began.
    pub since: Timestamp,
    /// Round-trip time, where the lane measures it.
    pub rtt: Option<Duration>,
    /// Output that waits to be written.
    pub queued_bytes: usize,
    /// Where it comes from.
    pub address: String,
}

/// Rate limits of realtime requests.
#[derive(Clone, Copy, Debug)]
pub struct LiveLimits {
    /// Of one session.
    pub per_session: Rate,
    /// Of all sessions of one user.
    pub per_user: Rate,
    /// Requests refused by either.
    pub limited: u64,
}

/// How many HTTP requests the rate limits refused.
#[derive(Debug, Default)]
pub struct Limited {
    /// For their address.
    pub by_address: AtomicU64,
    /// For their user.
    pub by_user: AtomicU64,
}
