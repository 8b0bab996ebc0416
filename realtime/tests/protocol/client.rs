//! A client of each lane that does nothing by itself: what the server sends is
//! seen as it comes.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use parlor_domain::{RequestId, RoomId};
use parlor_proto::realtime::{
    ClientFrame, CloseReason, ErrorCode, Events, Fetch, Hello, Ok as OkReply, Open, Position, Post,
    Reply, Request, ServerFrame, Welcome, client_frame, fetch, reply, request, server_frame,
};
use parlor_realtime::Lane;
use prost::Message;
use rustls::pki_types::CertificateDer;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_tungstenite::tungstenite;

use crate::kit::Kit;

/// Nothing is awaited longer than this.
const PATIENCE: Duration = Duration::from_secs(15);

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

enum Sender {
    Quic { connection: quinn::Connection, control: quinn::SendStream },
    WebTransport { connection: wtransport::Connection, control: wtransport::SendStream },
    WebSocket(futures_util::stream::SplitSink<Socket, tungstenite::Message>),
    Memory(mpsc::Sender<Bytes>),
}

/// What a client sees: frames, and `None` at the end.
type Seen = Option<ServerFrame>;

pub(crate) struct Client {
    sender: Sender,
    seen: mpsc::Receiver<Seen>,
    /// Frames taken while another one was looked for.
    aside: VecDeque<ServerFrame>,
    readers: JoinSet<()>,
    stalled: watch::Sender<bool>,
    _endpoint: Option<quinn::Endpoint>,
}

pub(crate) fn frame(kind: client_frame::Kind) -> ClientFrame {
    ClientFrame { kind: Some(kind) }
}

pub(crate) fn encode(frame: &ClientFrame) -> Bytes {
    frame.encode_length_delimited_to_vec().into()
}

pub(crate) fn bytes(id: &[u8; 16]) -> Bytes {
    Bytes::copy_from_slice(id)
}

fn decode_all(buffer: &mut BytesMut) -> Vec<ServerFrame> {
    let mut frames = Vec::new();
    loop {
        let mut peek = &buffer[..];
        let Ok(length) = prost::decode_length_delimiter(&mut peek) else { return frames };
        let prefix = buffer.len() - peek.len();
        if buffer.len() < prefix + length {
            return frames;
        }
        buffer.advance(prefix);
        let frame = buffer.split_to(length).freeze();
        frames.push(ServerFrame::decode(frame).expect("the server sends valid frames"));
    }
}

/// Trusts exactly one certificate.
pub(crate) fn tls(certificate: CertificateDer<'static>, alpn: &[u8]) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).expect("a root");
    let mut tls =
        rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![alpn.to_vec()];
    tls
}

impl Client {
    pub(crate) async fn connect(kit: &Kit, lane: Lane) -> Self {
        let (to_seen, seen) = mpsc::channel(100_000);
        let mut readers = JoinSet::new();
        let mut endpoint = None;
        let (stalled, stall) = watch::channel(false);
        let sender = match lane {
            Lane::Quic => {
                let quic = quinn_endpoint(kit, b"parlor/1");
                let connection =
                    quic.connect(kit.udp, "localhost").expect("config").await.expect("connects");
                let (control, receive) = connection.open_bi().await.expect("opens");
                endpoint = Some(quic);
                read_quic(&mut readers, to_seen, connection.clone(), receive, &stall);
                Sender::Quic { connection, control }
            }
            Lane::WebTransport => {
                let config = wtransport::ClientConfig::builder()
                    .with_bind_address("127.0.0.1:0".parse().expect("an address"))
                    .with_custom_tls(tls(kit.certificate.clone(), b"h3"))
                    .build();
                let url = format!("https://localhost:{}/rt/v1", kit.udp.port());
                let client = wtransport::Endpoint::client(config).expect("an endpoint");
                let connection = client.connect(url).await.expect("connects");
                let (control, receive) =
                    connection.open_bi().await.expect("opens").await.expect("opens");
                read_webtransport(&mut readers, to_seen, connection.clone(), receive, &stall);
                Sender::WebTransport { connection, control }
            }
            Lane::WebSocket => {
                let (sink, stream) =
                    websocket(kit, &format!("http://{}", kit.tcp)).await.expect("upgrades").split();
                read_websocket(&mut readers, to_seen, stream, stall);
                Sender::WebSocket(sink)
            }
            Lane::Memory => {
                let mut stall = stall;
                let (to_server, mut from_server) = kit.node.connect().split();
                readers.spawn(async move {
                    loop {
                        running(&mut stall).await;
                        let Some(frames) = from_server.recv().await else { break };
                        for frame in decode_all(&mut BytesMut::from(frames)) {
                            to_seen.send(Some(frame)).await.ok();
                        }
                    }
                    to_seen.send(None).await.ok();
                });
                Sender::Memory(to_server)
            }
        };
        Self { sender, seen, aside: VecDeque::new(), readers, stalled, _endpoint: endpoint }
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_bytes(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        // The server may have closed already; what it said is looked at after.
        match &mut self.sender {
            Sender::Quic { control, .. } => drop(control.write_all(&bytes).await),
            Sender::WebTransport { control, .. } => drop(control.write_all(&bytes).await),
            Sender::WebSocket(sink) => {
                drop(sink.send(tungstenite::Message::Binary(bytes)).await);
            }
            Sender::Memory(sender) => drop(sender.send(bytes).await),
        }
    }

    pub(crate) async fn send(&mut self, kind: client_frame::Kind) {
        self.send_bytes(encode(&frame(kind))).await;
    }

    /// Sends a frame by datagram where the lane has them.
    pub(crate) async fn send_datagram(&mut self, kind: client_frame::Kind) {
        let bytes = encode(&frame(kind.clone()));
        match &mut self.sender {
            Sender::Quic { connection, .. } => connection.send_datagram(bytes).expect("sent"),
            Sender::WebTransport { connection, .. } => {
                connection.send_datagram(bytes).expect("sent");
            }
            _ => self.send(kind).await,
        }
    }

    pub(crate) async fn hello(&mut self, token: &str, resume: Vec<Position>) {
        self.send(client_frame::Kind::Hello(Hello {
            access_token: token.into(),
            device_name: "test".into(),
            client: "test/1".into(),
            resume,
        }))
        .await;
    }

    pub(crate) async fn request(&mut self, id: RequestId, body: request::Body) {
        let request = Request { request_id: bytes(id.as_bytes()), body: Some(body) };
        self.send(client_frame::Kind::Request(request)).await;
    }

    /// The next frame, `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<server_frame::Kind> {
        if let Some(frame) = self.aside.pop_front() {
            return frame.kind;
        }
        match timeout(PATIENCE, self.seen.recv()).await.expect("the server says nothing") {
            Some(Some(frame)) => frame.kind,
            Some(None) | None => None,
        }
    }

    /// The next frame that `pick` takes; the others are kept for later.
    pub(crate) async fn find<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&server_frame::Kind) -> Option<T>,
    ) -> T {
        let mut passed = VecDeque::new();
        loop {
            let Some(kind) = self.next().await else {
                panic!("the lane ended before {what}; passed {passed:?}")
            };
            if let Some(found) = pick(&kind) {
                passed.append(&mut self.aside);
                self.aside = passed;
                return found;
            }
            passed.push_back(ServerFrame { kind: Some(kind) });
        }
    }

    pub(crate) async fn welcome(&mut self) -> Welcome {
        match self.next().await {
            Some(server_frame::Kind::Welcome(welcome)) => welcome,
            other => panic!("no Welcome but {other:?}"),
        }
    }

    pub(crate) async fn reply(&mut self, id: RequestId) -> Result<OkReply, (ErrorCode, u32)> {
        let reply = self
            .find("a reply", |kind| match kind {
                server_frame::Kind::Reply(Reply { request_id, result })
                    if *request_id == id.as_bytes()[..] =>
                {
                    Some(result.clone().expect("a result"))
                }
                _ => None,
            })
            .await;
        match reply {
            reply::Result::Ok(ok) => Ok(ok),
            reply::Result::Error(error) => Err((error.code(), error.retry_after_ms)),
        }
    }

    pub(crate) async fn ask(&mut self, body: request::Body) -> Result<OkReply, (ErrorCode, u32)> {
        let id = RequestId::random();
        self.request(id, body).await;
        self.reply(id).await
    }

    pub(crate) async fn open(&mut self, room: RoomId, epoch: u64, after: u64) -> OkReply {
        let open = Open { room_id: bytes(room.as_bytes()), epoch, after_seq: after };
        self.ask(request::Body::Open(open)).await.expect("opened")
    }

    pub(crate) async fn post(&mut self, room: RoomId, text: &str) -> u64 {
        self.ask(request::Body::Post(post(room, text))).await.expect("posted").seq
    }

    /// The next events of a log.
    pub(crate) async fn events(&mut self, log: &[u8; 16]) -> Events {
        let log = *log;
        self.find("events", |kind| match kind {
            server_frame::Kind::Events(events) if events.log_id == log[..] => Some(events.clone()),
            _ => None,
        })
        .await
    }

    /// Seqs and texts of a room's messages until `last` came; checks that the
    /// run is dense from `first` on, each seq once, whatever stream it came on.
    pub(crate) async fn run(&mut self, room: RoomId, first: u64, last: u64) -> Vec<(u64, String)> {
        let mut seen = std::collections::BTreeMap::new();
        while seen.len() < usize::try_from(last - first + 1).expect("small") {
            let events = self.events(room.as_bytes()).await;
            for (index, event) in (0..).zip(events.events) {
                assert_eq!(event.seq, events.first_seq + index, "a run is dense");
                assert!((first..=last).contains(&event.seq), "{} is out of range", event.seq);
                let text = match event.body.expect("a body") {
                    parlor_proto::realtime::event::Body::MessagePosted(posted) => posted.text,
                    other => format!("{other:?}"),
                };
                assert_eq!(seen.insert(event.seq, text), None, "seq {} came twice", event.seq);
            }
        }
        seen.into_iter().collect()
    }

    pub(crate) async fn fetch(&mut self, log: &[u8; 16], from: fetch::From, limit: u32) -> OkReply {
        let fetch = Fetch { log_id: bytes(log), from: Some(from), limit };
        self.ask(request::Body::Fetch(fetch)).await.expect("fetched")
    }

    /// Waits for the typed Close and for the lane to end after it.
    pub(crate) async fn closed(&mut self) -> (CloseReason, u32) {
        let close = self
            .find("a Close", |kind| match kind {
                server_frame::Kind::Close(close) => Some(*close),
                _ => None,
            })
            .await;
        self.aside.clear();
        assert_eq!(self.next().await, None, "nothing follows Close");
        (close.reason(), close.resume_after_ms)
    }

    /// Reads nothing from now on.
    pub(crate) fn stall(&self) {
        self.stalled.send_replace(true);
    }

    /// Goes away without a word.
    pub(crate) async fn vanish(mut self) {
        self.readers.shutdown().await;
    }
}

/// Waits while the client is stalled.
async fn running(stall: &mut watch::Receiver<bool>) {
    // An error says that the client is gone, which its tasks are told by abort.
    let _ = stall.wait_for(|stalled| !stalled).await;
}

pub(crate) fn post(room: RoomId, text: &str) -> Post {
    Post { room_id: bytes(room.as_bytes()), text: text.into(), ..Post::default() }
}

pub(crate) fn quinn_endpoint(kit: &Kit, alpn: &[u8]) -> quinn::Endpoint {
    let tls = tls(kit.certificate.clone(), alpn);
    let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(tls).expect("TLS 1.3");
    let mut endpoint =
        quinn::Endpoint::client("127.0.0.1:0".parse().expect("an address")).expect("a port");
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(crypto)));
    endpoint
}

pub(crate) async fn websocket(kit: &Kit, origin: &str) -> Result<Socket, tungstenite::Error> {
    use tungstenite::client::IntoClientRequest;
    let mut request = format!("ws://{}/rt/v1", kit.tcp).into_client_request()?;
    let headers = request.headers_mut();
    if !origin.is_empty() {
        headers.insert("origin", origin.parse().expect("a header"));
    }
    headers.insert("sec-websocket-protocol", "parlor.v1".parse().expect("a header"));
    let (socket, response) = tokio_tungstenite::connect_async(request).await?;
    assert_eq!(response.headers()["sec-websocket-protocol"], "parlor.v1");
    Ok(socket)
}

fn read_quic(
    readers: &mut JoinSet<()>,
    seen: mpsc::Sender<Seen>,
    connection: quinn::Connection,
    mut control: quinn::RecvStream,
    stall: &watch::Receiver<bool>,
) {
    let (streams, datagrams, to_seen) = (connection.clone(), connection.clone(), seen.clone());
    readers.spawn(async move {
        while let Ok(bytes) = datagrams.read_datagram().await {
            deliver(&to_seen, &mut BytesMut::from(bytes)).await;
        }
    });
    let (to_seen, for_streams) = (seen.clone(), stall.clone());
    readers.spawn(async move {
        let mut reading = JoinSet::new();
        while let Ok(mut stream) = streams.accept_uni().await {
            let (to_seen, mut stall) = (to_seen.clone(), for_streams.clone());
            reading.spawn(async move {
                let mut buffer = BytesMut::new();
                running(&mut stall).await;
                while let Ok(Some(chunk)) = stream.read_chunk(65_536, true).await {
                    running(&mut stall).await;
                    buffer.extend_from_slice(&chunk.bytes);
                    deliver(&to_seen, &mut buffer).await;
                }
            });
        }
    });
    readers.spawn(async move {
        let mut buffer = BytesMut::new();
        while let Ok(Some(chunk)) = control.read_chunk(65_536, true).await {
            buffer.extend_from_slice(&chunk.bytes);
            deliver(&seen, &mut buffer).await;
        }
        connection.closed().await;
        seen.send(None).await.ok();
    });
}

fn read_webtransport(
    readers: &mut JoinSet<()>,
    seen: mpsc::Sender<Seen>,
    connection: wtransport::Connection,
    mut control: wtransport::RecvStream,
    stall: &watch::Receiver<bool>,
) {
    let (streams, datagrams, to_seen) = (connection.clone(), connection.clone(), seen.clone());
    readers.spawn(async move {
        while let Ok(datagram) = datagrams.receive_datagram().await {
            deliver(&to_seen, &mut BytesMut::from(&datagram.payload()[..])).await;
        }
    });
    let (to_seen, for_streams) = (seen.clone(), stall.clone());
    readers.spawn(async move {
        let mut reading = JoinSet::new();
        while let Ok(mut stream) = streams.accept_uni().await {
            let (to_seen, mut stall) = (to_seen.clone(), for_streams.clone());
            reading.spawn(async move {
                let mut buffer = BytesMut::new();
                let mut chunk = vec![0; 65_536];
                running(&mut stall).await;
                while let Ok(Some(length)) = stream.read(&mut chunk).await {
                    running(&mut stall).await;
                    buffer.extend_from_slice(&chunk[..length]);
                    deliver(&to_seen, &mut buffer).await;
                }
            });
        }
    });
    readers.spawn(async move {
        let mut buffer = BytesMut::new();
        let mut chunk = vec![0; 65_536];
        while let Ok(Some(length)) = control.read(&mut chunk).await {
            buffer.extend_from_slice(&chunk[..length]);
            deliver(&seen, &mut buffer).await;
        }
        connection.closed().await;
        seen.send(None).await.ok();
    });
}

fn read_websocket(
    readers: &mut JoinSet<()>,
    seen: mpsc::Sender<Seen>,
    mut stream: futures_util::stream::SplitStream<Socket>,
    mut stall: watch::Receiver<bool>,
) {
    readers.spawn(async move {
        loop {
            running(&mut stall).await;
            let Some(Ok(message)) = stream.next().await else { break };
            if let tungstenite::Message::Binary(bytes) = message {
                deliver(&seen, &mut BytesMut::from(bytes)).await;
            }
        }
        seen.send(None).await.ok();
    });
}

async fn deliver(seen: &mpsc::Sender<Seen>, buffer: &mut BytesMut) {
    for frame in decode_all(buffer) {
        seen.send(Some(frame)).await.ok();
    }
}
