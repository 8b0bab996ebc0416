//! A node on a throw-away database, and people who talk to it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use parlor_bus::{Announcement, Bus};
use parlor_domain::{
    Body, Change, Clock, Command, DeviceId, DeviceName, DisplayName, Epoch, FileIds, LogId,
    Position, RequestId, RoomId, RoomName, Seq, SystemClock, Timestamp, Topic, UserId, UserName,
    Visibility,
};
use parlor_realtime::{Lane, Node, NodeConfig, Rates};
use parlor_store::{
    AccountsWriter, Done, Endings, NewDevice, NewUser, Seen, Store, testing::Scratch,
};
use parlor_token::{Signer, Verifier};
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{task::JoinSet, time::timeout};

use crate::client::Client;

/// No test takes longer; a hang is a failure.
const LIMIT: Duration = Duration::from_secs(40);

/// Runs a test body within the time limit.
pub(crate) async fn within(test: impl Future<Output = ()>) {
    timeout(LIMIT, test).await.expect("the test hangs");
}

pub(crate) struct Kit {
    pub(crate) lane: Lane,
    pub(crate) node: Node,
    pub(crate) store: Store,
    pub(crate) bus: Bus,
    pub(crate) accounts: AccountsWriter,
    pub(crate) endings: Endings,
    pub(crate) udp: SocketAddr,
    pub(crate) tcp: SocketAddr,
    pub(crate) certificate: CertificateDer<'static>,
    signer: Signer,
    tasks: JoinSet<()>,
    _scratch: Scratch,
}

/// Somebody with an account and a device.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
    pub(crate) token: String,
}

#[derive(Debug)]
struct OneCertificate(Arc<CertifiedKey>);

impl ResolvesServerCert for OneCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn certificate() -> (CertificateDer<'static>, Arc<CertifiedKey>) {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).expect("names");
    let now = SystemClock.now().seconds();
    params.not_before = time::OffsetDateTime::from_unix_timestamp(now - 60).expect("a time");
    params.not_after = params.not_before + time::Duration::days(13);
    let certificate = params.self_signed(&key).expect("signed");
    let der = certificate.der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("PKCS #8");
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).expect("supported");
    (der.clone(), Arc::new(CertifiedKey::new(vec![der], key)))
}

impl Kit {
    pub(crate) async fn start(lane: Lane) -> Self {
        Self::start_with(
            lane,
            Rates {
                session_burst: 1_000,
                session_per_second: 1_000,
                user_burst: 5_000,
                user_per_second: 5_000,
            },
        )
        .await
    }

    pub(crate) async fn start_with(lane: Lane, rates: Rates) -> Self {
        // Already there when another test of this process came first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let scratch = Scratch::chosen().await;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let opened =
            parlor_store::open(scratch.database(), Arc::clone(&clock)).await.expect("opens");
        let mut tasks = JoinSet::new();
        tasks.spawn(opened.driver.run());
        let signer = Signer::from_pem(&Signer::generate_pem()).expect("a key");
        let verifier = Verifier::new(Arc::clone(&clock));
        verifier.set_keys(&signer.jwks()).expect("keys");
        let bus = Bus::local();
        let config = NodeConfig { name: "test".into(), rates, ..NodeConfig::default() };
        let node = Node::new(config, opened.store.clone(), bus.clone(), verifier, clock);

        let (der, key) = certificate();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        let endpoint = parlor_realtime::endpoint(socket, Arc::new(OneCertificate(key)), &[7; 32])
            .expect("an endpoint");
        let udp = endpoint.local_addr().expect("an address");
        let serving = node.clone();
        tasks.spawn(async move { serving.serve(endpoint).await });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let tcp = listener.local_addr().expect("an address");
        let routes = node.websocket_routes();
        tasks.spawn(async move {
            let service = routes.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, service).await.expect("serves");
        });
        Self {
            lane,
            node,
            store: opened.store,
            bus,
            accounts: opened.accounts_writer,
            endings: opened.endings,
            udp,
            tcp,
            certificate: der,
            signer,
            tasks,
            _scratch: scratch,
        }
    }

    pub(crate) async fn stop(mut self) {
        self.node.drain(Duration::ZERO).await;
        self.tasks.shutdown().await;
    }

    /// A new person with one device.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let (user, device) = (UserId::random(), DeviceId::random());
        let new = NewUser {
            id: user,
            name: UserName::parse(name).expect("a name"),
            display_name: DisplayName::parse(name).expect("a name"),
            password_hash: "none".into(),
            entry: parlor_store::Entry::Unasked,
        };
        self.accounts.create_user(new, new_device(user, device)).await.expect("made");
        Person { user, device, token: self.token(user, device) }
    }

    /// Another device of the same person.
    pub(crate) async fn second_device(&self, person: &Person) -> Person {
        let device = DeviceId::random();
        self.accounts.create_device(new_device(person.user, device)).await.expect("made");
        Person { user: person.user, device, token: self.token(person.user, device) }
    }

    pub(crate) fn token(&self, user: UserId, device: DeviceId) -> String {
        self.signer.sign(user, device, SystemClock.now()).0
    }

    /// A token that ends `left` from now.
    pub(crate) fn short_token(&self, person: &Person, left: Duration) -> String {
        let age = parlor_domain::limits::ACCESS_TOKEN_TTL - left;
        let age = i64::try_from(age.as_micros()).expect("small");
        let then = Timestamp::from_micros(SystemClock.now().micros() - age);
        self.signer.sign(person.user, person.device, then).0
    }

    /// Changes something as control would: through the log, announced on the bus.
    pub(crate) async fn change(&self, actor: UserId, change: Change) -> Done {
        let command = Command { request_id: RequestId::random(), actor, change };
        let mut done = self.store.log.submit(vec![command]).await.expect("committed");
        let done = done.remove(0).expect("allowed");
        for (log, event) in &done.events {
            let head = Position { epoch: done.epoch, seq: event.seq };
            self.bus.publish(Announcement::Committed { log: *log, head });
        }
        done
    }

    /// A public room of `owner`.
    pub(crate) async fn room(&self, owner: &Person) -> RoomId {
        self.room_with(owner, Visibility::Public).await
    }

    pub(crate) async fn room_with(&self, owner: &Person, visibility: Visibility) -> RoomId {
        let room = RoomId::random();
        let name = RoomName::parse("design").expect("a name");
        let topic = Topic::parse("").expect("a topic");
        self.change(owner.user, Change::CreateRoom { room, name, topic, visibility }).await;
        room
    }

    pub(crate) async fn join(&self, person: &Person, room: RoomId) {
        self.change(person.user, Change::Join { room }).await;
    }

    /// Posts as control would.
    pub(crate) async fn post(&self, author: &Person, room: RoomId, text: &str) -> Seq {
        let body = Body::parse(text).expect("a text");
        self.change(
            author.user,
            Change::Post { room, body, reply_to: None, attachments: FileIds::default() },
        )
        .await
        .seq
    }

    /// Where a room stands.
    pub(crate) async fn head(&self, log: impl Into<LogId>) -> (Epoch, Seq) {
        let head = self.store.log.head(log.into()).await.expect("answers").expect("is there");
        (head.epoch, head.seq)
    }

    /// A connection on this kit's lane, before Hello.
    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self, self.lane).await
    }

    /// A session of this person.
    pub(crate) async fn enter(&self, person: &Person) -> Client {
        let mut client = self.connect().await;
        client.hello(&person.token, vec![]).await;
        client.welcome().await;
        client
    }
}

fn new_device(user: UserId, device: DeviceId) -> NewDevice {
    let mut refresh = [0; 32];
    refresh[..16].copy_from_slice(device.as_bytes());
    NewDevice {
        id: device,
        user,
        name: DeviceName::parse("test").expect("a name"),
        seen: Seen::default(),
        refresh,
        refresh_expires_at: Timestamp::from_micros(i64::MAX),
    }
}
