//! Datagrams: one socket towards all clients, and one for each client towards
//! the server, so that the server can tell them apart.

use std::{collections::HashMap, io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    net::UdpSocket,
    sync::mpsc::{self, error::TrySendError},
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::time::DelayQueue;

use super::{Shared, Way, line::Line};

/// The longest datagram there is.
const DATAGRAM_BYTES: usize = 65_536;
/// Datagrams of one client on their way; more are lost.
const ON_THE_WAY: usize = 4_096;
/// A client that says nothing for this long is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(120);

/// Relays datagrams until it is dropped.
pub(super) async fn relay(socket: UdpSocket, shared: Arc<Shared>, mut rng: StdRng) {
    let socket = Arc::new(socket);
    let mut clients: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>> = HashMap::new();
    let mut flows = JoinSet::new();
    let mut buffer = vec![0; DATAGRAM_BYTES];
    loop {
        tokio::select! {
            Some(ended) = flows.join_next() => {
                if let Ok(client) = ended {
                    clients.remove(&client);
                }
            }
            received = socket.recv_from(&mut buffer) => {
                // An error is an ICMP message about a client that has gone.
                let Ok((bytes, client)) = received else { continue };
                let flow = clients.entry(client).or_insert_with(|| {
                    let (sender, datagrams) = mpsc::channel(ON_THE_WAY);
                    let flow = Flow {
                        client,
                        clients: socket.clone(),
                        shared: shared.clone(),
                        up: Line::new(Way::Up, StdRng::from_rng(&mut rng)),
                        down: Line::new(Way::Down, StdRng::from_rng(&mut rng)),
                        on_the_way: DelayQueue::new(),
                    };
                    flows.spawn(flow.run(datagrams));
                    sender
                });
                if let Err(TrySendError::Full(_)) = flow.try_send(buffer[..bytes].to_vec()) {
                    shared.count(|counts| counts.lost += 1);
                }
            }
        }
    }
}

/// One client's datagrams, both ways.
struct Flow {
    client: SocketAddr,
    clients: Arc<UdpSocket>,
    shared: Arc<Shared>,
    up: Line,
    down: Line,
    on_the_way: DelayQueue<(Way, Vec<u8>)>,
}

impl Flow {
    async fn run(mut self, mut from_client: mpsc::Receiver<Vec<u8>>) -> SocketAddr {
        let mut rebinds = self.shared.rebinds.clone();
        rebinds.mark_unchanged();
        let Ok(mut server) = socket_to(self.shared.server).await else { return self.client };
        let mut buffer = vec![0; DATAGRAM_BYTES];
        let mut heard_at = Instant::now();
        loop {
            tokio::select! {
                datagram = from_client.recv() => {
                    let Some(datagram) = datagram else { return self.client };
                    heard_at = Instant::now();
                    self.pass(Way::Up, datagram);
                }
                received = server.recv(&mut buffer) => {
                    // An error is an ICMP message: the server is down just now.
                    if let Ok(bytes) = received {
                        self.pass(Way::Down, buffer[..bytes].to_vec());
                    }
                }
                Some(arrived) = self.on_the_way.next() => {
                    let (way, datagram) = arrived.into_inner();
                    // A datagram that cannot be sent is lost, as datagrams are.
                    let _ = match way {
                        Way::Up => server.send(&datagram).await,
                        Way::Down => self.clients.send_to(&datagram, self.client).await,
                    };
                }
                Ok(()) = rebinds.changed() => {
                    if let Ok(another) = socket_to(self.shared.server).await {
                        server = another;
                    }
                }
                () = sleep_until(heard_at + FORGOTTEN) => return self.client,
            }
        }
    }

    fn pass(&mut self, way: Way, mut datagram: Vec<u8>) {
        let effects = *self.shared.udp.borrow();
        let line = match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        };
        line.corrupt(&effects, &mut datagram);
        let mut copies = 0;
        for at in line.datagram(&effects, Instant::now(), datagram.len()) {
            if self.on_the_way.len() < ON_THE_WAY {
                self.on_the_way.insert_at((way, datagram.clone()), at);
                copies += 1;
            }
        }
        self.shared.count(|counts| {
            counts.datagrams += 1;
            counts.lost += u64::from(copies == 0);
        });
    }
}

async fn socket_to(server: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((server.ip(), 0)).await?;
    socket.connect(server).await?;
    Ok(socket)
}
