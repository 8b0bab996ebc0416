//! The realtime node: lanes, sessions, rooms, fan-out. The protocol's rules are
//! numbered in `proto/PROTOCOL.md`.

#![allow(unreachable_pub, reason = "the feature `machines` shows some inner parts")]

mod accept;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod node;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod presence;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod room;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod session;
mod sessions;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod transport;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod wire;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use parlor_bus::Bus;
use parlor_domain::{Clock, DeviceId, OriginPolicy, SessionId, Timestamp, UserId, limits};
use parlor_store::Store;
use parlor_token::Verifier;
use tokio::time::timeout;

pub use accept::endpoint;
pub use transport::{Lane, memory::MemoryClient};

use session::close::CloseReason;

/// The pure parts of a node, for the simulation, which acts for them as the tasks
/// do. May change at any time.
#[cfg(feature = "machines")]
#[doc(hidden)]
pub mod machines {
    pub use crate::transport::Class;

    pub mod close {
        pub use crate::session::close::*;
    }
    pub mod desk {
        pub use crate::room::desk::*;
    }
    pub mod order {
        pub use crate::session::order::*;
    }
    pub mod outbox {
        pub use crate::session::outbox::*;
    }
    pub mod rate {
        pub use crate::session::rate::*;
    }
    pub mod room {
        pub use crate::room::machine::*;
    }
    pub mod session {
        pub use crate::session::machine::*;
    }
    pub mod shared {
        pub use crate::session::shared::*;
    }
    pub mod wire {
        pub use crate::wire::*;
    }
}

/// How many requests are let through, in tokens of a bucket (rule 3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Requests one session may send at once.
    pub session_burst: u32,
    /// Requests one session may send each second.
    pub session_per_second: u32,
    /// Requests all sessions of one user may send at once.
    pub user_burst: u32,
    /// Requests all sessions of one user may send each second.
    pub user_per_second: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { session_burst: 60, session_per_second: 20, user_burst: 120, user_per_second: 40 }
    }
}

/// A session that has said Hello, for those who run the server.
#[derive(Clone, Debug)]
pub struct LiveSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Of which device.
    pub device: DeviceId,
    /// How it travels.
    pub lane: Lane,
    /// When it began.
    pub since: Timestamp,
    /// Round-trip time, where the lane measures it.
    pub rtt: Option<Duration>,
    /// Output that waits to be written.
    pub queued_bytes: usize,
    /// Where it comes from.
    pub peer: SocketAddr,
}

/// Settings of a node.
#[derive(Clone, Debug, Default)]
pub struct NodeConfig {
    /// Its name, told to clients for bug reports.
    pub name: String,
    /// Pages that may open sessions.
    pub origins: OriginPolicy,
    /// Rate limits.
    pub rates: Rates,
}

/// A running node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Node {
    inner: Arc<node::Inner>,
}

impl Node {
    /// A node on this store and bus; it serves what is handed to it by
    /// [`Self::serve`], [`Self::websocket_routes`] and [`Self::connect`]. Must
    /// be called within a tokio runtime.
    pub fn new(
        config: NodeConfig,
        store: Store,
        bus: Bus,
        verifier: Verifier,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let inner = Arc::new(node::Inner::new(config, store, bus, verifier, clock));
        let stop = inner.stopped.clone();
        let listening = Arc::clone(&inner).listen();
        inner.tasks.spawn(async move { stop.run_until_cancelled(listening).await });
        let (store, tasks, stop) =
            (inner.store.clone(), inner.tasks.clone(), inner.stopped.clone());
        inner.tasks.spawn(Arc::clone(&inner.presences).run(store, tasks, stop));
        Self { inner }
    }

    /// `GET /rt/v1`: the WebSocket lane. Needs `ConnectInfo<SocketAddr>`.
    pub fn websocket_routes(&self) -> axum::Router {
        accept::websocket_routes(Arc::clone(&self.inner))
    }

    /// Accepts WebTransport and raw QUIC on an [`endpoint`], until the node
    /// drains.
    pub async fn serve(&self, endpoint: quinn::Endpoint) {
        accept::serve(Arc::clone(&self.inner), endpoint).await;
    }

    /// A session in memory, for tests and benchmarks of what lies above a lane.
    pub fn connect(&self) -> MemoryClient {
        let (client, conn) = transport::memory::pair();
        self.inner.tasks.spawn(session::task::run(Arc::clone(&self.inner), conn));
        client
    }

    /// How many sessions have said Hello.
    pub fn sessions(&self) -> usize {
        self.inner.sessions.len()
    }

    /// What there is to know of each of them, in no order.
    pub fn live(&self) -> Vec<LiveSession> {
        self.inner.sessions.live()
    }

    /// How many requests its rate limits have refused.
    pub fn limited(&self) -> u64 {
        self.inner.limited.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// How many rooms are awake.
    pub fn rooms(&self) -> usize {
        self.inner.registry.len()
    }

    /// Takes no new sessions, sends those there are elsewhere (C15), and ends
    /// those that are still there after `within`.
    pub async fn drain(&self, within: Duration) {
        self.inner.draining.cancel();
        self.inner.sessions.drain(within / 2);
        let gone = async {
            while self.inner.sessions.len() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if timeout(within, gone).await.is_err() {
            self.inner.sessions.kick_all(CloseReason::Drain);
        }
        self.inner.stopped.cancel();
        self.inner.tasks.close();
        // Rooms end when nobody holds them; what is left after the linger of
        // the last Close is dropped with the runtime.
        let _ = timeout(limits::CLOSE_LINGER * 2, self.inner.tasks.wait()).await;
    }
}
