//! TCP connections: what one side sends reaches the other late, or not at all.

use std::{io, sync::Arc};

use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{Effects, Shared, Way, line::Line};

/// What is read at once.
const CHUNK_BYTES: usize = 16 * 1024;
/// Chunks on their way, of one connection and each way.
const ON_THE_WAY: usize = 64;
/// A small window, so that a side that stands still is soon felt by the other.
const WINDOW_BYTES: u32 = 64 * 1024;

/// Relays connections until it is dropped.
pub(super) async fn relay(listener: TcpListener, shared: Arc<Shared>, mut rng: StdRng) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                // An error is about a connection that has gone again.
                let Ok((client, _)) = accepted else { continue };
                shared.count(|counts| counts.connections += 1);
                let up = Line::new(Way::Up, StdRng::from_rng(&mut rng));
                let down = Line::new(Way::Down, StdRng::from_rng(&mut rng));
                connections.spawn(connect(client, shared.clone(), up, down));
            }
        }
    }
}

async fn connect(client: TcpStream, shared: Arc<Shared>, up: Line, down: Line) {
    let mut strandings = shared.strandings.clone();
    strandings.mark_unchanged();
    let mut effects = shared.tcp.clone();
    tokio::select! {
        // Stranded while nothing passed: the server never hears of it.
        biased;
        Ok(()) = strandings.changed() => return vanish(client).await,
        () = uncut(&mut effects, Way::Up) => {}
    }
    // Nobody there: the client sees its connection end.
    let Ok(server) = connect_to_server(&shared).await else { return };
    // Not every system takes it, and nothing but speed depends on it.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    {
        let up = pass(&mut from_client, &mut to_server, shared.tcp.clone(), up, Way::Up);
        let down = pass(&mut from_server, &mut to_client, shared.tcp.clone(), down, Way::Down);
        tokio::select! {
            // Each way ends by itself, as TCP has it.
            _ = async { tokio::join!(up, down) } => return,
            Ok(()) = strandings.changed() => {}
        }
    }
    shared.count(|counts| counts.stranded += 1);
    vanish(from_server).await;
    shared.count(|counts| counts.stranded -= 1);
}

/// What this side still says is heard by nobody; its end frees the connection.
async fn vanish(mut side: impl AsyncRead + Unpin) {
    let _ = tokio::io::copy(&mut side, &mut tokio::io::sink()).await;
}

async fn connect_to_server(shared: &Shared) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(WINDOW_BYTES)?;
    socket.connect(shared.server).await
}

/// Carries one direction to its end.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    effects: watch::Receiver<Effects>,
    mut line: Line,
    way: Way,
) -> io::Result<()> {
    let (sender, mut chunks) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    let mut cut = effects.clone();
    let reading = async {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            uncut(&mut cut, way).await;
            let bytes = from.read(&mut buffer).await.unwrap_or(0);
            if bytes == 0 {
                break;
            }
            let now = *effects.borrow();
            let at = line.bytes(&now, Instant::now(), bytes);
            if sender.send((at, buffer[..bytes].to_vec())).await.is_err() {
                break;
            }
        }
        drop(sender);
    };
    let mut cut = effects.clone();
    let writing = async {
        while let Some((at, chunk)) = chunks.recv().await {
            sleep_until(at).await;
            uncut(&mut cut, way).await;
            if let Err(error) = to.write_all(&chunk).await {
                chunks.close();
                return Err(error);
            }
        }
        uncut(&mut cut, way).await;
        to.shutdown().await
    };
    let ((), written) = tokio::join!(reading, writing);
    written
}

/// Waits while nothing may pass this way.
async fn uncut(effects: &mut watch::Receiver<Effects>, way: Way) {
    // An error is the end of the relay, which ends this task too.
    let _ = effects.wait_for(|effects| !effects.cut.stops(way)).await;
}
