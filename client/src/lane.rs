//! Lanes: each yields the same connection, frames out and frames in.

mod quic;
mod websocket;
mod webtransport;

use std::{io, sync::Arc, time::Duration};

use bytes::BytesMut;
use futures_util::{FutureExt as _, future::select_ok};
use http::Uri;
use parlor_domain::limits;
use parlor_proto::realtime::{ClientFrame, client_frame::Kind};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

use crate::{
    frame::{self, Decoder},
    protocol::Inbound,
    rest::{LaneInfo, ServerInfo},
    status::Lane,
    tls, wire,
};

/// Frames on their way out. Requests are bounded by the machine; a queue that
/// fills up belongs to a lane that does not move.
const OUTGOING_FRAMES: usize = 256;
/// Frames read and not yet handled; beyond that the lane is not read further.
const INCOMING_FRAMES: usize = 64;
/// A read from a stream, in bytes.
const READ_BYTES: usize = 16 * 1024;
/// Handshake of a lane, all of it.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long WebSocket waits for a QUIC lane to win.
const FALLBACK_AFTER: Duration = Duration::from_millis(500);
/// Streams that the server may have open at once, with some to spare for
/// HTTP/3's own.
const UNI_STREAMS: u32 = 16;

/// Why there is no lane.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaneError {
    /// The server does not offer the lane that was asked for.
    #[error("the server does not offer the lane {0}")]
    NotOffered(Lane),
    /// What the server says about its lane makes no sense.
    #[error("the server describes its lane wrongly: {0}")]
    BadDescription(String),
    /// Nobody answered, or the handshake failed.
    #[error("{lane}: {error}")]
    Failed {
        /// The lane.
        lane: Lane,
        /// What happened.
        error: String,
    },
}

impl LaneError {
    fn failed(lane: Lane, error: impl std::fmt::Display) -> Self {
        Self::Failed { lane, error: error.to_string() }
    }
}

/// A lane that is open. Dropping it cuts it; `leave` says goodbye.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) lane: Lane,
    outgoing: mpsc::Sender<ClientFrame>,
    incoming: mpsc::Receiver<Result<Inbound, String>>,
    tasks: JoinSet<()>,
}

impl Connection {
    /// Queues a frame; false where the lane does not move.
    pub(crate) fn send(&self, frame: ClientFrame) -> bool {
        self.outgoing.try_send(frame).is_ok()
    }

    /// The next frame of the server; an error is the end.
    pub(crate) async fn receive(&mut self) -> Result<Inbound, String> {
        match self.incoming.recv().await {
            Some(result) => result,
            None => Err("the lane is closed".to_owned()),
        }
    }

    /// Sends what is queued, ends the control stream (PROTOCOL 6.5) and waits a
    /// moment for the server to have it.
    pub(crate) async fn leave(self) {
        let Self { outgoing, incoming, mut tasks, .. } = self;
        drop((outgoing, incoming));
        let done = async { while tasks.join_next().await.is_some() {} };
        // Elapsed: the tasks are cut as the set is dropped.
        let _ = timeout(limits::CLOSE_LINGER, done).await;
    }
}

/// What the tasks of a lane share.
struct Plumbing {
    outgoing: mpsc::Receiver<ClientFrame>,
    incoming: mpsc::Sender<Result<Inbound, String>>,
}

fn plumbing(lane: Lane) -> (Connection, Plumbing) {
    let (outgoing, from_driver) = mpsc::channel(OUTGOING_FRAMES);
    let (to_driver, incoming) = mpsc::channel(INCOMING_FRAMES);
    let connection = Connection { lane, outgoing, incoming, tasks: JoinSet::new() };
    (connection, Plumbing { outgoing: from_driver, incoming: to_driver })
}

/// Opens a lane as the server describes it; without a wish, raw QUIC raced
/// against WebSocket, which gets through where UDP does not.
pub(crate) async fn open(
    wish: Option<Lane>,
    server: &ServerInfo,
    origin: &str,
) -> Result<Connection, LaneError> {
    match wish {
        Some(lane) => open_one(lane, server, origin).await,
        None => {
            let quic = open_one(Lane::Quic, server, origin);
            let websocket = async {
                tokio::time::sleep(FALLBACK_AFTER).await;
                open_one(Lane::WebSocket, server, origin).await
            };
            select_ok([quic.boxed(), websocket.boxed()]).await.map(|(connection, _)| connection)
        }
    }
}

async fn open_one(lane: Lane, server: &ServerInfo, origin: &str) -> Result<Connection, LaneError> {
    let info = server.lane(lane).ok_or(LaneError::NotOffered(lane))?;
    let url: Uri = info
        .url
        .parse()
        .map_err(|error| LaneError::BadDescription(format!("{}: {error}", info.url)))?;
    let opening = async {
        match lane {
            Lane::Quic => quic::open(&url, tls_for(info, &[quic::ALPN])?).await,
            Lane::WebTransport => {
                webtransport::open(&url, tls_for(info, &[webtransport::ALPN])?).await
            }
            Lane::WebSocket => websocket::open(&url, origin, tls_for(info, &[])?).await,
        }
    };
    match timeout(OPEN_TIMEOUT, opening).await {
        Ok(result) => result,
        Err(_) => Err(LaneError::failed(lane, "nobody answered")),
    }
}

fn tls_for(info: &LaneInfo, alpn: &[&[u8]]) -> Result<rustls::ClientConfig, LaneError> {
    let hashes = info.hashes().map_err(LaneError::BadDescription)?;
    tls::config(&hashes, alpn).map_err(|error| LaneError::BadDescription(error.to_string()))
}

/// Until a path is measured, what was sent is sent again after three times as long
/// (RFC 9002 section 6.2): a server that begins to listen just after the first
/// packet of a handshake is found at the second one, not a second later.
const INITIAL_RTT: Duration = Duration::from_millis(100);

/// QUIC settings of both QUIC lanes: windows as wide as the server's outbox asks
/// for, no more.
fn transport() -> quinn::TransportConfig {
    let mut config = quinn::TransportConfig::default();
    config.max_concurrent_uni_streams(UNI_STREAMS.into());
    config.max_concurrent_bidi_streams(8_u8.into());
    config.stream_receive_window((256_u32 * 1024).into());
    config.receive_window((1024_u32 * 1024).into());
    config.send_window(256 * 1024);
    config.datagram_receive_buffer_size(Some(64 * 1024));
    config.initial_rtt(INITIAL_RTT);
    config
}

/// Writes frames to the control stream, as many as have queued at once, until
/// the driver lets go; gives the stream back to be ended.
async fn write_frames<W: AsyncWrite + Unpin>(
    mut stream: W,
    mut outgoing: mpsc::Receiver<ClientFrame>,
    datagram: impl Fn(bytes::Bytes),
) -> Option<W> {
    let mut frames = Vec::new();
    let mut buffer = BytesMut::new();
    while outgoing.recv_many(&mut frames, OUTGOING_FRAMES).await > 0 {
        for frame in frames.drain(..) {
            // Typing may be lost, so that it need not queue behind posts.
            if matches!(frame.kind, Some(Kind::Typing(_))) {
                let mut alone = BytesMut::new();
                if frame::encode(&frame, &mut alone).is_ok() {
                    datagram(alone.freeze());
                }
            } else if let Err(error) = frame::encode(&frame, &mut buffer) {
                tracing::error!(%error, "a frame of our own does not fit");
            }
        }
        stream.write_all(&buffer).await.ok()?;
        stream.flush().await.ok()?;
        buffer.clear();
    }
    Some(stream)
}

/// Reads a stream to its end. `last` tells whether its end is the lane's. An
/// event stream that the server resets was not wanted any more (PROTOCOL 1.3).
async fn read_frames<R: AsyncRead + Unpin>(
    mut stream: R,
    incoming: mpsc::Sender<Result<Inbound, String>>,
    last: bool,
) {
    let mut decoder = Decoder::default();
    let mut chunk = vec![0; READ_BYTES];
    let end = loop {
        match stream.read(&mut chunk).await {
            Ok(0) if !last && decoder.finish().is_ok() => return,
            Ok(0) => {
                break decoder
                    .finish()
                    .map_or_else(|error| error.to_string(), |()| "the server left".to_owned());
            }
            Ok(read) => {
                decoder.push(chunk.get(..read).unwrap_or_default());
                if let Err(end) = forward(&mut decoder, &incoming).await {
                    break end;
                }
            }
            Err(error) if !last && error.kind() == io::ErrorKind::ConnectionReset => return,
            Err(error) => break error.to_string(),
        }
    };
    // The driver may have let go already.
    let _ = incoming.send(Err(end)).await;
}

/// Passes on the whole frames that the decoder holds.
async fn forward(
    decoder: &mut Decoder,
    incoming: &mpsc::Sender<Result<Inbound, String>>,
) -> Result<(), String> {
    while let Some(frame) = decoder.next().map_err(|error| error.to_string())? {
        if let Some(frame) = wire::inbound(frame).map_err(|error| error.to_string())?
            && incoming.send(Ok(frame)).await.is_err()
        {
            return Err("the client left".to_owned());
        }
    }
    Ok(())
}

/// Passes on a datagram; one that makes no sense is dropped (PROTOCOL 1.5).
async fn forward_datagram(bytes: &[u8], incoming: &mpsc::Sender<Result<Inbound, String>>) {
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    while let Ok(Some(frame)) = decoder.next() {
        if let Ok(Some(
            frame @ (Inbound::Typing { .. } | Inbound::Presence { .. } | Inbound::Probe { .. }),
        )) = wire::inbound(frame)
            && incoming.send(Ok(frame)).await.is_err()
        {
            return;
        }
    }
}

/// A TLS configuration as quinn takes it.
fn quic_config(tls: rustls::ClientConfig) -> Result<quinn::ClientConfig, LaneError> {
    let tls = quinn::crypto::rustls::QuicClientConfig::try_from(tls)
        .map_err(|error| LaneError::BadDescription(error.to_string()))?;
    let mut config = quinn::ClientConfig::new(Arc::new(tls));
    config.transport_config(Arc::new(transport()));
    Ok(config)
}
