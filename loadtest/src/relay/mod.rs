//! A relay that makes a good network bad: it stands between clients and a
//! server on one machine, for UDP and TCP, and delays, reorders, doubles,
//! loses and cuts what passes, as it is told while it runs.
//!
//! Every datagram's fate comes from a seed, so that the same datagrams in the
//! same order meet the same fate.

mod line;
mod tcp;
mod udp;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::watch,
    task::JoinSet,
};

/// What happens to everything that passes, each way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effects {
    /// Everything is late by this time.
    pub delay: Duration,
    /// And by up to this time more. Datagrams overtake each other by it; bytes
    /// of a TCP connection stay in order.
    pub jitter: Duration,
    /// Of UDP: the part that is lost, from 0 to 1.
    pub loss: f64,
    /// Of UDP: the part that comes twice.
    pub duplicate: f64,
    /// Of UDP: the part that is held back until later ones have overtaken it.
    pub reorder: f64,
    /// Of UDP: the part of which one bit comes over wrong.
    pub corrupt: f64,
    /// Of UDP: what is longer is lost, in bytes; a path whose limit nobody tells.
    pub longest: Option<usize>,
    /// Bytes in each second, of each connection and each way.
    pub rate: Option<u32>,
    /// Which way nothing passes.
    pub cut: Cut,
}

impl Effects {
    /// A good network.
    pub const NONE: Self = Self {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        loss: 0.0,
        duplicate: 0.0,
        reorder: 0.0,
        corrupt: 0.0,
        longest: None,
        rate: None,
        cut: Cut::Nothing,
    };
    /// Nothing passes, either way.
    pub const CUT: Self = Self { cut: Cut::Both, ..Self::NONE };
}

/// Which way nothing passes: datagrams are lost, and a TCP connection stands
/// still, with nobody told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Cut {
    /// Everything passes.
    #[default]
    Nothing,
    /// From clients to the server.
    Up,
    /// From the server to clients.
    Down,
    /// Both.
    Both,
}

/// A direction through the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

impl Cut {
    const fn stops(self, way: Way) -> bool {
        matches!((self, way), (Self::Both, _) | (Self::Up, Way::Up) | (Self::Down, Way::Down))
    }
}

/// What passed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Datagrams that came in.
    pub datagrams: u64,
    /// Of them, those that were lost here.
    pub lost: u64,
    /// TCP connections accepted.
    pub connections: u64,
    /// TCP connections that were stranded and that the server has not closed.
    pub stranded: u64,
}

/// What the tasks of a relay share.
struct Shared {
    server: SocketAddr,
    udp: watch::Receiver<Effects>,
    tcp: watch::Receiver<Effects>,
    /// Counts up: each flow takes another source port towards the server.
    rebinds: watch::Receiver<u64>,
    /// Counts up: TCP connections older than that are stranded.
    strandings: watch::Receiver<u64>,
    counts: watch::Sender<Counts>,
}

impl Shared {
    fn count(&self, change: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(change);
    }
}

/// A relay that runs; dropping it cuts everything off.
pub struct Relay {
    address: SocketAddr,
    udp: watch::Sender<Effects>,
    tcp: watch::Sender<Effects>,
    rebinds: watch::Sender<u64>,
    strandings: watch::Sender<u64>,
    counts: watch::Receiver<Counts>,
    _tasks: JoinSet<()>,
}

impl Relay {
    /// Listens at `address`, UDP and TCP on the same port, for the `server`.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(address: SocketAddr, server: SocketAddr, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let socket = UdpSocket::bind(address).await?;
        let (udp, udp_effects) = watch::channel(Effects::NONE);
        let (tcp, tcp_effects) = watch::channel(Effects::NONE);
        let (rebinds, rebound) = watch::channel(0);
        let (strandings, stranded) = watch::channel(0);
        let (counting, counts) = watch::channel(Counts::default());
        let shared = Arc::new(Shared {
            server,
            udp: udp_effects,
            tcp: tcp_effects,
            rebinds: rebound,
            strandings: stranded,
            counts: counting,
        });
        let mut rng = StdRng::seed_from_u64(seed);
        let mut tasks = JoinSet::new();
        tasks.spawn(udp::relay(socket, shared.clone(), StdRng::from_rng(&mut rng)));
        tasks.spawn(tcp::relay(listener, shared, StdRng::from_rng(&mut rng)));
        Ok(Self { address, udp, tcp, rebinds, strandings, counts, _tasks: tasks })
    }

    /// Where clients find it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happens to datagrams from now on.
    pub fn set_udp(&self, effects: Effects) {
        self.udp.send_replace(effects);
    }

    /// What happens to TCP connections from now on.
    pub fn set_tcp(&self, effects: Effects) {
        self.tcp.send_replace(effects);
    }

    /// What happens to everything from now on.
    pub fn set(&self, effects: Effects) {
        self.set_udp(effects);
        self.set_tcp(effects);
    }

    /// The server sees every UDP client at another port from now on, as after a
    /// NAT has lost its bindings.
    pub fn rebind(&self) {
        self.rebinds.send_modify(|count| *count += 1);
    }

    /// Every TCP connection there is goes silent for good, each way, and neither
    /// side is told: its client has vanished.
    pub fn strand(&self) {
        self.strandings.send_modify(|count| *count += 1);
    }

    /// What passed so far, and every change of it.
    pub fn counts(&self) -> watch::Receiver<Counts> {
        self.counts.clone()
    }
}

#[cfg(test)]
mod tests;
