//! The fuzz target `rest`: requests of any shape against the whole control plane
//! in this process. Included by path into `fuzz/`, so that both use one stack. A
//! broken promise is a panic.

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, StatusCode};
use parlor_control::{Rate, Rates, Settings};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::stack::{HOST, Person, Reply, Stack, answer};

/// Requests of one run; what follows is not looked at.
const REQUESTS: usize = 8;
/// Stands between two requests of one input.
const NEXT: &str = "\n###\n";

/// A house with two people, a room of each, and something said in it.
pub(crate) struct House {
    runtime: Runtime,
    stack: Stack,
    ada: Person,
    bob: Person,
    room: String,
    foreign: String,
    cursor: String,
}

impl House {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (stack, people, rooms, cursor) = runtime.block_on(Self::furnish());
        let [ada, bob] = people;
        let [room, foreign] = rooms;
        Self { runtime, stack, ada, bob, room, foreign, cursor }
    }

    async fn furnish() -> (Stack, [Person; 2], [String; 2], String) {
        let stack = Stack::with(|deps| {
            // Whoever is refused for asking too often reaches nothing else.
            let all = std::num::NonZeroU32::MAX;
            let rates = Rates { per_address: Rate::new(all, all), per_user: Rate::new(all, all) };
            deps.settings = Settings { rates, ..deps.settings.clone() };
        })
        .await;
        let ada = stack.person("ada").await;
        let bob = stack.person("bob").await;
        let room = stack.room(&ada, "public").await;
        let foreign = stack.room(&bob, "private").await;
        stack.add(&ada, &room, &bob).await;
        for text in ["one", "two", "three"] {
            stack.say(&ada, &room, text).await;
        }
        let page = stack.get(&format!("/api/v1/rooms/{room}/messages?limit=1")).by(&ada);
        let page = page.send().await.ok(200);
        let cursor = page["prev_cursor"].as_str().expect("there is more").to_owned();
        (stack, [ada, bob], [room, foreign], cursor)
    }

    /// Some requests as HTTP/1.1 would have them, with `###` between them: a line
    /// with method and target, lines of headers, an empty line, and the body. Where
    /// the headers name nobody it is Ada who asks. State is kept from one input to
    /// the next.
    ///
    /// Nothing makes the server fail: what is refused is a problem (RFC 9457) that
    /// says the same as the response around it.
    pub(crate) fn rest(&self, data: &[u8]) {
        let text = String::from_utf8_lossy(data);
        for asked in text.split(NEXT).take(REQUESTS) {
            let Some(request) = self.parse(&self.fill_in(asked)) else { continue };
            let shown = format!("{} {}", request.method(), request.uri());
            let is_head = request.method() == http::Method::HEAD;
            let reply = self.runtime.block_on(answer(self.stack.router.clone(), request));
            check(&shown, is_head, &reply);
        }
    }

    /// A request, where HTTP lets the words be one.
    fn parse(&self, text: &str) -> Option<Request<Body>> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let (method, target) = lines.next()?.split_once(' ')?;
        let peer: std::net::SocketAddr = ([203, 0, 113, 9], 50_000).into();
        let mut request =
            Request::builder().method(method).uri(target).extension(ConnectInfo(peer));
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(body.to_owned())).ok()?;
        let given = |name: &str| request.headers().contains_key(name);
        let (no_host, nobody, untyped) =
            (!given("host"), !given("authorization"), !given("content-type") && !body.is_empty());
        let headers = request.headers_mut();
        if no_host {
            headers.insert("host", HOST.parse().ok()?);
        }
        if nobody {
            headers.insert("authorization", format!("Bearer {}", self.ada.token).parse().ok()?);
        }
        if untyped {
            headers.insert("content-type", "application/json".parse().ok()?);
        }
        Some(request)
    }

    /// What stands for something that is different in every house.
    fn fill_in(&self, text: &str) -> String {
        text.replace("{room}", &self.room)
            .replace("{foreign}", &self.foreign)
            .replace("{ada}", &self.ada.id)
            .replace("{bob}", &self.bob.id)
            .replace("{token}", &self.ada.token)
            .replace("{refresh}", &self.ada.refresh)
            .replace("{cursor}", &self.cursor)
    }
}

fn check(shown: &str, is_head: bool, reply: &Reply) {
    let status = reply.status;
    // A machine with too much to do may say so, and is no worse than that.
    let failed = status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE;
    assert!(!failed, "{shown}: {status} {:?}", reply.body);
    assert_eq!(reply.headers.get_all("x-request-id").iter().count(), 1, "{shown}: {status}");
    if !status.is_client_error() && !status.is_server_error() {
        return;
    }
    assert_eq!(reply.header("content-type"), "application/problem+json", "{shown}: {status}");
    if is_head || reply.headers.contains_key("content-encoding") {
        return;
    }
    let problem: Value = serde_json::from_slice(&reply.body).expect("a problem is JSON");
    assert_eq!(problem["status"], status.as_u16(), "{shown}: {problem}");
    assert_eq!(problem["request_id"], reply.header("x-request-id"), "{shown}: {problem}");
    for field in ["type", "title", "detail", "code"] {
        assert!(problem[field].is_string(), "{shown}: {problem}");
    }
}
