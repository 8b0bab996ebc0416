//! Hot paths of the realtime node: the frame codec, and one room's fan-out to
//! 1,000 sessions on the memory lane, durable commit included.

use std::{sync::Arc, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parlor_bus::Bus;
use parlor_domain::{
    Change, Clock, Command, DeviceId, DeviceName, DisplayName, RequestId, RoomId, RoomName,
    SystemClock, Timestamp, Topic, UserId, UserName, Visibility,
};
use parlor_proto::realtime::{
    ClientFrame, Event, Events, Hello, MessagePosted, Open, Post, Request, ServerFrame,
    client_frame, event, request, server_frame,
};
use parlor_realtime::{MemoryClient, Node, NodeConfig, Rates};
use parlor_store::{Database, NewDevice, NewUser, Seen};
use parlor_token::{Signer, Verifier};
use prost::Message;
use tokio::task::JoinSet;

const SESSIONS: usize = 1_000;
const TEXT_BYTES: usize = 128;

fn bytes(id: &[u8; 16]) -> Bytes {
    Bytes::copy_from_slice(id)
}

fn encode(kind: client_frame::Kind) -> Bytes {
    ClientFrame { kind: Some(kind) }.encode_length_delimited_to_vec().into()
}

fn request(body: request::Body) -> Bytes {
    let request_id = bytes(RequestId::random().as_bytes());
    encode(client_frame::Kind::Request(Request { request_id, body: Some(body) }))
}

fn codec(criterion: &mut Criterion) {
    let event = Event {
        seq: 1,
        at_us: 1_700_000_000_000_000,
        actor_id: bytes(&[1; 16]),
        request_id: bytes(&[2; 16]),
        body: Some(event::Body::MessagePosted(MessagePosted {
            text: "x".repeat(TEXT_BYTES),
            ..MessagePosted::default()
        })),
    };
    let events = Events { log_id: bytes(&[3; 16]), epoch: 1, first_seq: 1, events: vec![event] };
    let frame = ServerFrame { kind: Some(server_frame::Kind::Events(events)) };
    let wire: Bytes = frame.encode_to_vec().into();
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Elements(1));
    group.bench_function("encode_event", |bencher| {
        bencher.iter(|| frame.encode_length_delimited_to_vec());
    });
    group.bench_function("decode_event", |bencher| {
        bencher.iter(|| ServerFrame::decode(wire.clone()).expect("valid"));
    });
    group.finish();
}

/// A room with [`SESSIONS`] sessions of as many users, and who posts in it.
struct Hall {
    room: RoomId,
    speaker: MemoryClient,
    listeners: Vec<MemoryClient>,
    _running: (Node, JoinSet<()>, tempfile::TempDir),
}

async fn hall() -> Hall {
    let folder = tempfile::tempdir().expect("a folder");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let database = Database::Sqlite { path: folder.path().join("parlor.db") };
    let opened = parlor_store::open(&database, Arc::clone(&clock)).await.expect("opens");
    let mut tasks = JoinSet::new();
    tasks.spawn(opened.driver.run());
    let signer = Signer::from_pem(&Signer::generate_pem()).expect("a key");
    let verifier = Verifier::new(Arc::clone(&clock));
    verifier.set_keys(&signer.jwks()).expect("keys");
    let plenty = 1_000_000;
    let rates = Rates {
        session_burst: plenty,
        session_per_second: plenty,
        user_burst: plenty,
        user_per_second: plenty,
    };
    let config = NodeConfig { rates, ..NodeConfig::default() };
    let store = opened.store;
    let node = Node::new(config, store.clone(), Bus::local(), verifier, clock);

    let room = RoomId::random();
    let change = |actor, change| Command { request_id: RequestId::random(), actor, change };
    let mut users = Vec::new();
    for n in 0..=SESSIONS {
        let (user, device) = (UserId::random(), DeviceId::random());
        let name = format!("user{n}");
        let mut refresh = [0; 32];
        refresh[..16].copy_from_slice(device.as_bytes());
        let new = NewUser {
            id: user,
            name: UserName::parse(&name).expect("a name"),
            display_name: DisplayName::parse(&name).expect("a name"),
            password_hash: "none".into(),
            entry: parlor_store::Entry::Unasked,
        };
        let device = NewDevice {
            id: device,
            user,
            name: DeviceName::parse("bench").expect("a name"),
            seen: Seen::default(),
            refresh,
            refresh_expires_at: Timestamp::from_micros(i64::MAX),
        };
        let token = signer.sign(user, device.id, SystemClock.now()).0;
        opened.accounts_writer.create_user(new, device).await.expect("made");
        users.push((user, token));
    }
    let create = Change::CreateRoom {
        room,
        name: RoomName::parse("hall").expect("a name"),
        topic: Topic::parse("").expect("a topic"),
        visibility: Visibility::Public,
    };
    let mut commands = vec![change(users[0].0, create)];
    commands.extend(users[1..].iter().map(|(user, _)| change(*user, Change::Join { room })));
    for batch in commands.chunks(100) {
        for done in store.log.submit(batch.to_vec()).await.expect("committed") {
            done.expect("allowed");
        }
    }
    let head = store.log.head(room.into()).await.expect("reads").expect("there");
    let mut sessions = Vec::new();
    for (_, token) in &users {
        let mut client = node.connect();
        let hello = Hello { access_token: token.clone(), ..Hello::default() };
        client.send(encode(client_frame::Kind::Hello(hello))).await;
        let open = Open {
            room_id: bytes(room.as_bytes()),
            epoch: head.epoch.get(),
            after_seq: head.seq.get(),
        };
        client.send(request(request::Body::Open(open))).await;
        client.receive().await.expect("Welcome");
        client.receive().await.expect("the reply");
        sessions.push(client);
    }
    let speaker = sessions.swap_remove(0);
    Hall { room, speaker, listeners: sessions, _running: (node, tasks, folder) }
}

impl Hall {
    /// Posts once and waits until everybody has it.
    async fn say(&mut self) {
        let text = "x".repeat(TEXT_BYTES);
        let room_id = bytes(self.room.as_bytes());
        let post = request::Body::Post(Post { room_id, text, ..Post::default() });
        self.speaker.send(request(post)).await;
        for listener in &mut self.listeners {
            next_event(listener).await;
        }
        next_event(&mut self.speaker).await;
    }
}

/// Heartbeats may come between.
async fn next_event(client: &mut MemoryClient) {
    loop {
        let mut frames = BytesMut::from(client.receive().await.expect("the session lives"));
        let length = prost::decode_length_delimiter(&frames[..]).expect("a prefix");
        let prefix = prost::length_delimiter_len(length);
        frames.advance(prefix);
        let frame = ServerFrame::decode(frames.freeze()).expect("valid");
        if matches!(frame.kind, Some(server_frame::Kind::Events(_))) {
            return;
        }
    }
}

fn fan_out(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut hall = runtime.block_on(hall());
    let mut group = criterion.benchmark_group("fan_out");
    group.throughput(Throughput::Elements(SESSIONS as u64));
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    group.bench_function("one_post_to_1000_sessions", |bencher| {
        bencher.iter(|| runtime.block_on(hall.say()));
    });
    group.finish();
}

criterion_group!(benches, codec, fan_out);
criterion_main!(benches);
