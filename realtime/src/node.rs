//! One node: the sessions it holds, the rooms that are awake on it, and what
//! reaches both from the bus.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Instant,
};

use parlor_bus::{Announcement, Bus, Received};
use parlor_domain::{Clock, Timestamp};
use parlor_store::Store;
use parlor_token::Verifier;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    NodeConfig,
    presence::Presences,
    room::registry::Registry,
    session::{machine::Checked, rate::Rate},
    sessions::Sessions,
};

/// What everything on a node shares.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: NodeConfig,
    pub(crate) store: Store,
    pub(crate) bus: Bus,
    verifier: Verifier,
    clock: Arc<dyn Clock>,
    pub(crate) registry: Registry,
    pub(crate) sessions: Arc<Sessions>,
    /// Requests that rate limits refused.
    pub(crate) limited: AtomicU64,
    pub(crate) presences: Arc<Presences>,
    pub(crate) tasks: TaskTracker,
    /// No new sessions from here on.
    pub(crate) draining: CancellationToken,
    /// Rooms end, and nothing is taken from the bus any more.
    pub(crate) stopped: CancellationToken,
}

impl Inner {
    pub(crate) fn new(
        config: NodeConfig,
        store: Store,
        bus: Bus,
        verifier: Verifier,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let rates = config.rates;
        let user_rate = Rate { burst: rates.user_burst, per_second: rates.user_per_second };
        Self {
            config,
            store,
            bus,
            verifier,
            presences: Arc::new(Presences::new(Arc::clone(&clock))),
            clock,
            registry: Registry::default(),
            sessions: Arc::new(Sessions::new(user_rate)),
            limited: AtomicU64::new(0),
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            stopped: CancellationToken::new(),
        }
    }

    pub(crate) fn session_rate(&self) -> Rate {
        let rates = self.config.rates;
        Rate { burst: rates.session_burst, per_second: rates.session_per_second }
    }

    /// Whom a token speaks for, with its end on the monotonic clock: a step of
    /// the wall clock closes no healthy session (C18).
    pub(crate) fn check(&self, token: &str) -> Option<Checked> {
        match self.verifier.verify(token) {
            Ok(identity) => Some(Checked {
                user: identity.user,
                device: identity.device,
                ends_at: Instant::now() + identity.expires_at.since(self.clock.now()),
            }),
            Err(error) => {
                tracing::debug!(%error, "a token was refused");
                None
            }
        }
    }

    /// The time, for people.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The end of a session's token on the wall clock, for the client.
    pub(crate) fn ends_at(&self, checked: Checked) -> Timestamp {
        self.clock.now().plus(checked.ends_at.saturating_duration_since(Instant::now()))
    }

    /// Passes on what comes from the bus, until the node has drained.
    pub(crate) async fn listen(self: Arc<Self>) {
        let mut subscription = self.bus.subscribe();
        while let Some(received) = subscription.next().await {
            match received {
                Received::Announcement(Announcement::Committed { log, head }) => {
                    if let Some(room) = self.registry.awake(log) {
                        room.announce(head);
                    }
                    self.sessions.grown(log);
                }
                Received::Announcement(Announcement::Doubted { log }) => {
                    if let Some(room) = self.registry.awake(log) {
                        room.recheck();
                    }
                    self.sessions.grown(log);
                }
                Received::Announcement(Announcement::DeviceRevoked { device }) => {
                    self.sessions.revoke(device);
                }
                Received::Announcement(Announcement::AnnouncementsChanged) => {
                    self.sessions.announced();
                }
                Received::Announcement(Announcement::Typing { room, user }) => {
                    if let Some(room) = self.registry.awake(room.into()) {
                        room.typing(user);
                    }
                }
                Received::Missed => {
                    for room in self.registry.all() {
                        room.recheck();
                    }
                    self.sessions.missed();
                }
            }
        }
    }
}
