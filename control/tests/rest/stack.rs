//! The whole control plane in this process: store on a fresh database, the
//! real user service behind its gRPC channel, and the public router.

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc};

use axum::{Router, body::Body, extract::ConnectInfo};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use parlor_bus::Bus;
use parlor_control::{Deps, Lanes, Live, LiveLimits, LiveSession, Objects, Rate, Settings};
use parlor_domain::{
    Change, Clock, Command, OneTimeCode, OriginPolicy, RequestId, RoomId, RoomName, SystemClock,
    Topic, UserId, Visibility,
};
use parlor_store::testing::Scratch;
use parlor_token::{Signer, Verifier};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

pub(crate) const HOST: &str = "chat.example:8080";
pub(crate) const PASSWORD: &str = "violet otters juggle 42 tunes";

pub(crate) struct Stack {
    pub(crate) router: Router,
    pub(crate) deps: Deps,
    pub(crate) signer: Arc<Signer>,
    pub(crate) lanes: watch::Sender<Lanes>,
    pub(crate) welcome: RoomId,
    /// Makes somebody the first admin.
    pub(crate) claim: OneTimeCode,
    /// Ends what was deleted, when a test says so.
    pub(crate) endings: parlor_control::Endings,
    /// What commits; a log without it is a database that is gone.
    pub(crate) driver: JoinHandle<()>,
    stop: CancellationToken,
    _scratch: Scratch,
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A realtime side without sessions.
pub(crate) struct Quiet;

impl Live for Quiet {
    fn sessions(&self) -> Vec<LiveSession> {
        Vec::new()
    }

    fn limits(&self) -> LiveLimits {
        let rate = Rate::new(NonZeroU32::MIN, NonZeroU32::MIN);
        LiveLimits { per_session: rate, per_user: rate, limited: 3 }
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) refresh: String,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?} {:?}", self.status, self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body, checked for being what was asked for.
    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:?}", self.body);
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// A problem of this status and code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!(self.status, status, "{:?}", self.body);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        assert_eq!(self.header("content-type"), "application/problem+json");
        for field in ["type", "title", "detail"] {
            assert!(problem[field].is_string(), "{problem}");
        }
        self
    }

    /// The problem without what is different each time.
    pub(crate) fn problem(&self) -> Value {
        let mut problem = self.json();
        problem["request_id"].take();
        problem
    }
}

/// A request in the making.
pub(crate) struct Ask<'a> {
    stack: &'a Stack,
    request: http::request::Builder,
    body: Body,
}

impl Ask<'_> {
    pub(crate) fn by(self, person: &Person) -> Self {
        self.header("authorization", &format!("Bearer {}", person.token))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn key(self, key: &RequestId) -> Self {
        self.header("idempotency-key", &key.to_string())
    }

    pub(crate) fn json(self, value: Value) -> Self {
        self.raw("application/json", value.to_string())
    }

    pub(crate) fn raw(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        self.request = self.request.header(header::CONTENT_TYPE, content_type);
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Reply {
        self.stack.answer(self.request.body(self.body).unwrap()).await
    }
}

impl Stack {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// A stack whose parts were changed before the router was made.
    pub(crate) async fn with(change: impl FnOnce(&mut Deps)) -> Self {
        let scratch = Scratch::chosen().await;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let opened = parlor_store::open(scratch.database(), Arc::clone(&clock)).await.unwrap();
        let tasks = TaskTracker::new();
        let driver = tasks.spawn(opened.driver.run());
        let store = opened.store;
        let claim = OneTimeCode::from_random([42; 32]);
        let ends = clock.now().plus(std::time::Duration::from_secs(3_600));
        opened.accounts_writer.make_claim(claim.hash(), ends).await.unwrap();

        let welcome = RoomId::random();
        let create = Change::CreateRoom {
            room: welcome,
            name: RoomName::parse("welcome").unwrap(),
            topic: Topic::parse("").unwrap(),
            visibility: Visibility::Public,
        };
        let create =
            Command { request_id: RequestId::random(), actor: UserId::SYSTEM, change: create };
        store.log.submit(vec![create]).await.unwrap().remove(0).unwrap();

        let signer = Arc::new(Signer::from_pem(&Signer::generate_pem()).unwrap());
        let verifier = Verifier::new(Arc::clone(&clock));
        verifier.set_keys(&signer.jwks()).unwrap();
        let bus = Bus::local();
        let users = parlor_user_service::Users::new(parlor_user_service::Deps {
            accounts: store.accounts.clone(),
            writer: opened.accounts_writer,
            server: store.server.clone(),
            bus: bus.clone(),
            clock: Arc::clone(&clock),
            signer: Arc::clone(&signer),
            refresh_secret: [7; 32],
            hashing: parlor_user_service::Hashing::new(64, 1, 4).unwrap(),
        });
        let stop = CancellationToken::new();
        let (lanes, watched) = watch::channel(Lanes {
            webtransport_port: 8443,
            public_host: None,
            certificate_hashes: vec![[1; 32], [2; 32]],
            secure: false,
            http_port: None,
        });
        let mut deps = Deps {
            rooms: store.rooms.clone(),
            log: store.log.clone(),
            store,
            server_writer: opened.server_writer,
            live: Arc::new(Quiet),
            limited: Arc::default(),
            bus,
            clock,
            verifier,
            users: parlor_user_service::in_process(users, &tasks, stop.clone()),
            lanes: watched,
            origins: OriginPolicy::new(["https://app.example".to_owned()]),
            ending: Arc::default(),
            objects: Objects::in_memory(),
            settings: Settings { welcome_room: Some(welcome), ..Settings::default() },
        };
        change(&mut deps);
        let router = parlor_control::router(deps.clone());
        let endings = parlor_control::Endings::new(&deps, opened.endings);
        Self {
            router,
            deps,
            signer,
            lanes,
            welcome,
            claim,
            endings,
            driver,
            stop,
            _scratch: scratch,
        }
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        let peer: SocketAddr = ([203, 0, 113, 9], 50_000).into();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, HOST)
            .extension(ConnectInfo(peer));
        Ask { stack: self, request, body: Body::empty() }
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }

    pub(crate) fn put(&self, path: &str) -> Ask<'_> {
        self.ask(Method::PUT, path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask<'_> {
        self.ask(Method::POST, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Ask<'_> {
        self.ask(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Ask<'_> {
        self.ask(Method::DELETE, path)
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Reply {
        answer(self.router.clone(), request).await
    }

    /// Registers somebody.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let body = json!({"name": name, "password": PASSWORD});
        person(self.post("/api/v1/register").json(body).send().await.ok(201))
    }

    /// A room of `owner`: its id.
    pub(crate) async fn room(&self, owner: &Person, visibility: &str) -> String {
        let body = json!({"name": "a room", "visibility": visibility});
        let room = self.post("/api/v1/rooms").by(owner).json(body).send().await.ok(201);
        room["id"].as_str().unwrap().to_owned()
    }

    /// Makes `who` a member of a room of `owner`.
    pub(crate) async fn add(&self, owner: &Person, room: &str, who: &Person) {
        let path = format!("/api/v1/rooms/{room}/members");
        self.post(&path).by(owner).json(json!({"name": who.name})).send().await.ok(201);
    }

    /// Posts a message: its seq.
    pub(crate) async fn say(&self, who: &Person, room: &str, text: &str) -> String {
        let path = format!("/api/v1/rooms/{room}/messages");
        let done = self.post(&path).by(who).json(json!({"text": text})).send().await.ok(201);
        done["seq"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn person(session: Value) -> Person {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Person {
        id: text(&session["user"]["id"]),
        name: text(&session["user"]["name"]),
        token: text(&session["access_token"]),
        refresh: text(&session["refresh_token"]),
    }
}

pub(crate) async fn answer(router: Router, request: Request<Body>) -> Reply {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Reply { status: parts.status, headers: parts.headers, body }
}
