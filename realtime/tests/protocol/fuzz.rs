//! The fuzz target `websocket`: bytes of any shape on an upgraded connection of a
//! whole node. Included by path into `fuzz/`. A broken promise is a panic.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use arbitrary::{Result, Unstructured};
use axum::{Extension, Router, extract::ConnectInfo};
use bytes::Bytes;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use parlor_bus::Bus;
use parlor_domain::{
    Change, Clock, Command, DeviceId, DeviceName, DisplayName, ManualClock, OriginPolicy,
    RequestId, RoomId, RoomName, Timestamp, Topic, UserId, UserName, Visibility, limits,
};
use parlor_proto::realtime as pb;
use parlor_realtime::{Node, NodeConfig, Rates};
use parlor_store::{NewDevice, NewUser, Seen, testing::Scratch};
use parlor_token::{Signer, Verifier};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf},
    runtime::Runtime,
    task::JoinSet,
    time::timeout,
};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
/// However it goes, a connection that the client has ended is over by then. It
/// takes milliseconds; a machine with too much to do may take longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// A message and its head in what the server sends.
const MESSAGE_BYTES: usize = limits::FRAME_BYTES + 16;
const UPGRADE: &str = "GET /rt/v1 HTTP/1.1\r\nhost: chat.example\r\norigin: http://chat.example\r\n\
    connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The room that scripts know.
pub(crate) const ROOM: RoomId = RoomId::from_uuid(Uuid::from_u128(0x1000));
const SOMEBODY: UserId = UserId::from_uuid(Uuid::from_u128(1));

/// A node whose clock stands still, somebody, and a room.
pub(crate) struct House {
    runtime: Runtime,
    routes: Router,
    token: String,
    _node: Node,
    _tasks: JoinSet<()>,
    _scratch: Scratch,
}

impl House {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let scratch = Scratch::sqlite();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(NOW));
        let signer = Signer::from_pem(&Signer::generate_pem()).expect("a key");
        let verifier = Verifier::new(Arc::clone(&clock));
        verifier.set_keys(&signer.jwks()).expect("keys");
        let device = DeviceId::from_uuid(Uuid::from_u128(2));
        let (token, _) = signer.sign(SOMEBODY, device, NOW);
        let (node, tasks) = runtime.block_on(async {
            let opened =
                parlor_store::open(scratch.database(), Arc::clone(&clock)).await.expect("opens");
            let mut tasks = JoinSet::new();
            tasks.spawn(opened.driver.run());
            let user = NewUser {
                id: SOMEBODY,
                name: UserName::parse("ada").expect("a name"),
                display_name: DisplayName::parse("Ada").expect("a name"),
                password_hash: "none".into(),
                entry: parlor_store::Entry::Unasked,
            };
            let device = NewDevice {
                id: device,
                user: SOMEBODY,
                name: DeviceName::parse("laptop").expect("a name"),
                seen: Seen::default(),
                refresh: [0; 32],
                refresh_expires_at: NOW.plus(Duration::from_secs(86_400)),
            };
            opened.accounts_writer.create_user(user, device).await.expect("made");
            let change = Change::CreateRoom {
                room: ROOM,
                name: RoomName::parse("design").expect("a name"),
                topic: Topic::parse("").expect("a topic"),
                visibility: Visibility::Public,
            };
            let request_id = RequestId::random();
            let create = Command { request_id, actor: SOMEBODY, change };
            opened.store.log.submit(vec![create]).await.expect("committed");
            let all = 1_000_000;
            let rates = Rates {
                session_burst: all,
                session_per_second: all,
                user_burst: all,
                user_per_second: all,
            };
            let config =
                NodeConfig { name: "fuzz".into(), rates, origins: OriginPolicy::default() };
            (Node::new(config, opened.store, Bus::local(), verifier, clock), tasks)
        });
        let peer: SocketAddr = ([203, 0, 113, 9], 50_000).into();
        let routes = node.websocket_routes().layer(Extension(ConnectInfo(peer)));
        Self { runtime, routes, token, _node: node, _tasks: tasks, _scratch: scratch }
    }

    /// The first byte chooses: what follows is bytes on the wire, or a script of
    /// messages; and whether somebody says a good Hello before. The room keeps
    /// its state from one input to the next.
    ///
    /// When the client has ended, the connection ends; until then the server sends
    /// whole messages of whole frames, none too large, and nothing after a Close.
    pub(crate) fn websocket(&self, data: &[u8]) {
        let Some((way, rest)) = data.split_first() else { return };
        let mut wire = Vec::new();
        if way & 2 == 2 {
            message(&mut wire, true, 2, &self.hello());
        }
        if way & 1 == 1 {
            // A script that ends early has ended.
            let _ = messages(&mut Unstructured::new(rest), &mut wire);
        } else {
            wire.extend_from_slice(rest);
        }
        let sent = self.runtime.block_on(async {
            timeout(PATIENCE, self.talk(wire)).await.expect("the connection does not end")
        });
        check(&sent);
    }

    fn hello(&self) -> Vec<u8> {
        let hello = pb::Hello {
            access_token: self.token.clone(),
            resume: vec![pb::Position {
                log_id: Bytes::copy_from_slice(ROOM.as_bytes()),
                epoch: 0,
                seq: 0,
            }],
            ..pb::Hello::default()
        };
        let kind = Some(pb::client_frame::Kind::Hello(hello));
        pb::ClientFrame { kind }.encode_length_delimited_to_vec()
    }

    /// Says all of it, ends, and hears what the server said.
    async fn talk(&self, wire: Vec<u8>) -> Vec<u8> {
        let (client, server) = tokio::io::duplex(limits::FRAME_BYTES);
        let mut tasks = JoinSet::new();
        let service = TowerToHyperService::new(self.routes.clone());
        tasks.spawn(async move {
            let serving = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(server), service)
                .with_upgrades();
            // What is no HTTP ends it, too.
            let _ = serving.await;
        });
        let (mut reader, mut writer) = tokio::io::split(client);
        upgrade(&mut reader, &mut writer).await;
        tasks.spawn(async move {
            // The server may have closed before it has read all.
            let _ = writer.write_all(&wire).await;
            let _ = writer.shutdown().await;
        });
        let mut sent = Vec::new();
        let _ = reader.read_to_end(&mut sent).await;
        while tasks.join_next().await.is_some() {}
        sent
    }
}

async fn upgrade(reader: &mut ReadHalf<DuplexStream>, writer: &mut WriteHalf<DuplexStream>) {
    writer.write_all(UPGRADE.as_bytes()).await.expect("asked");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(reader.read_u8().await.expect("answered"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
}

/// Messages with the bytes that the script gives them: whole or in parts, of
/// every kind that there is.
fn messages(script: &mut Unstructured<'_>, wire: &mut Vec<u8>) -> Result<()> {
    while !script.is_empty() {
        let kind = script.arbitrary::<u8>()?;
        let opcode = match kind & 0x0f {
            0 => 0,
            1 => 1,
            8..=10 => kind & 0x0f,
            _ => 2,
        };
        let length = script.int_in_range(0..=600_usize)?.min(script.len());
        message(wire, kind & 0x80 == 0, opcode, script.bytes(length)?);
    }
    Ok(())
}

/// A WebSocket frame of a client (RFC 6455 section 5.2), masked with zeroes.
pub(crate) fn message(wire: &mut Vec<u8>, last: bool, opcode: u8, payload: &[u8]) {
    wire.push((u8::from(last) << 7) | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..=125), _) => wire.push(0x80 | length),
        (_, Ok(length)) => {
            wire.push(0x80 | 126);
            wire.extend(length.to_be_bytes());
        }
        _ => {
            wire.push(0x80 | 127);
            wire.extend((payload.len() as u64).to_be_bytes());
        }
    }
    wire.extend([0; 4]);
    wire.extend_from_slice(payload);
}

/// What the server sent is WebSocket, and our protocol within.
fn check(mut sent: &[u8]) {
    let (mut closed, mut ended) = (false, false);
    while let [head, second, rest @ ..] = sent {
        assert!(!ended, "something after the end of the WebSocket");
        assert_eq!(head & 0x70, 0, "nothing was negotiated");
        assert_eq!(second & 0x80, 0, "a server does not mask");
        let (length, rest) = match (second & 0x7f, rest) {
            (126, [a, b, rest @ ..]) => (u16::from_be_bytes([*a, *b]).into(), rest),
            (127, length) if length.len() >= 8 => {
                let (length, rest) = length.split_at(8);
                let length = length.iter().fold(0_usize, |n, byte| (n << 8) | usize::from(*byte));
                (length, rest)
            }
            (length @ 0..=125, rest) => (length.into(), rest),
            // The client's end can cut the server off in the middle of a message.
            _ => return,
        };
        assert!(length <= MESSAGE_BYTES, "a message of {length} bytes");
        let Some((payload, rest)) = rest.split_at_checked(length) else { return };
        match head & 0x0f {
            2 => frames(payload, &mut closed),
            8 => {
                let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                // Ours, or the client's own, echoed (RFC 6455 sections 5.5.1 and 7.4.2).
                let meant = code.is_none_or(|code| matches!(code, 1000..=1015 | 3000..=4999));
                assert!(meant, "closed with {code:?}");
                ended = true;
            }
            10 => {}
            opcode => panic!("a server of ours sends no messages of kind {opcode}"),
        }
        sent = rest;
    }
}

fn frames(mut payload: &[u8], closed: &mut bool) {
    while !payload.is_empty() {
        assert!(!*closed, "rule 6.1: something after Close");
        let length = prost::decode_length_delimiter(&mut payload).expect("a length");
        assert!((1..=limits::FRAME_BYTES).contains(&length), "rule 1.2: {length} bytes");
        let (frame, rest) = payload.split_at_checked(length).expect("rule 1.4: whole frames");
        let frame = pb::ServerFrame::decode(frame).expect("frames of ours decode");
        *closed |= matches!(frame.kind, Some(pb::server_frame::Kind::Close(_)));
        payload = rest;
    }
}
