//! A TCP relay in front of a server, which a test can make silent.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

pub struct Relay {
    pub address: SocketAddr,
    state: watch::Sender<State>,
    _tasks: JoinSet<()>,
}

#[derive(Clone, Copy, Default)]
struct State {
    silent: bool,
    /// How often all connections were lost.
    lost: u32,
}

impl Relay {
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (state, seen) = watch::channel(State::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut pairs = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server answers");
                let (client, server) = (client.into_split(), server.into_split());
                pairs.spawn(copy(client.0, server.1, seen.clone()));
                pairs.spawn(copy(server.0, client.1, seen.clone()));
            }
        });
        Self { address, state, _tasks: tasks }
    }

    /// Whatever is sent while the relay is silent is lost, and its connection
    /// with it, but nobody is told: as behind a firewall that forgot it.
    pub fn silence(&self, silent: bool) {
        self.state.send_modify(|state| state.silent = silent);
    }

    /// The connections that there are pass nothing any more, and nobody is told.
    pub fn lose(&self) {
        self.state.send_modify(|state| state.lost += 1);
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    state: watch::Receiver<State>,
) {
    let born = state.borrow().lost;
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
        let now = *state.borrow();
        if now.silent || now.lost != born {
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..bytes]).await.is_err() {
            return;
        }
    }
}
