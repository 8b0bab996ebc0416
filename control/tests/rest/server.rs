//! The server itself: what it says of itself, limits, panics, a real socket.

use std::{num::NonZeroU32, sync::Arc};

use axum::{Router, routing::get};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, Request};
use parlor_control::Rate;
use parlor_domain::limits;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::stack::{Stack, answer};

#[tokio::test]
async fn the_server_tells_its_lanes_and_limits() {
    let stack = Stack::start().await;
    let info = stack.get("/api/v1/server").send().await.ok(200);
    assert_eq!(info["name"], "Parlor");
    assert_eq!(info["sign_up"], "open");
    assert_eq!(info["limits"]["text_bytes"], limits::TEXT_BYTES);
    let hashes = json!([STANDARD.encode([1; 32]), STANDARD.encode([2; 32])]);
    assert_eq!(
        info["lanes"],
        json!([
            {"lane": "webtransport", "url": "https://chat.example:8443/rt/v1",
             "certificate_hashes": hashes},
            {"lane": "websocket", "url": "ws://chat.example:8080/rt/v1"},
            {"lane": "quic", "url": "quic://chat.example:8443", "certificate_hashes": hashes},
        ])
    );
    stack.lanes.send_modify(|lanes| lanes.certificate_hashes.clear());
    let info = stack.get("/api/v1/server").send().await.ok(200);
    assert_eq!(info["lanes"][0]["certificate_hashes"], json!([]), "a rotation shows at once");
}

#[tokio::test]
async fn health_is_told_at_the_root() {
    let stack = Stack::start().await;
    for path in ["/healthz", "/readyz"] {
        let reply = stack.get(path).send().await;
        assert_eq!((reply.status.as_u16(), reply.body.as_ref()), (200, b"ok".as_slice()), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let stack = Stack::start().await;
    for path in ["/api/v1/nothing", "/api", "/api/v2/me", "/rt/v1", "/metrics", "/healthz/x"] {
        stack.get(path).send().await.refused(404, "NOT_FOUND");
    }
    let reply = stack.ask(Method::PUT, "/api/v1/rooms").send().await;
    assert_eq!(reply.header("allow"), "GET,HEAD,POST");
    reply.refused(405, "METHOD_NOT_ALLOWED");
    stack.post("/no/such/page").send().await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn answers_are_compressed_where_that_is_asked_for() {
    let stack = Stack::start().await;
    let plain = stack.get("/api/openapi.json").send().await;
    assert_eq!(plain.header("content-encoding"), "");
    for coding in ["gzip", "br"] {
        let ask = stack.get("/api/openapi.json").header("accept-encoding", coding);
        let small = ask.send().await;
        assert_eq!(small.header("content-encoding"), coding);
        assert!(small.body.len() < plain.body.len() / 2);
    }
}

#[tokio::test]
async fn the_request_id_is_always_ours() {
    let stack = Stack::start().await;
    let reply = stack.get("/api/v1/server").header("x-request-id", "chosen").send().await;
    assert_ne!(reply.header("x-request-id"), "chosen");
    let other = stack.get("/api/v1/server").send().await;
    assert_ne!(reply.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn r18_a_panic_answers_500_without_detail_and_the_server_goes_on() {
    let stack = Stack::start().await;
    async fn crash() -> &'static str {
        panic!("SELECT secret FROM /var/lib/parlor")
    }
    let routes =
        Router::new().route("/crash", get(crash)).merge(parlor_control::routes(stack.deps.clone()));
    let router = parlor_control::with_middleware(routes, &stack.deps);
    let ask = |path: &str| Request::get(path).body("".into()).unwrap();
    for _ in 0..3 {
        let reply = answer(router.clone(), ask("/crash")).await.refused(500, "INTERNAL");
        let body = String::from_utf8(reply.body.to_vec()).unwrap();
        for leak in ["secret", "SELECT", "/var", ".rs", "panic"] {
            assert!(!body.contains(leak), "{body}");
        }
        assert!(reply.headers.contains_key("content-security-policy"));
    }
    answer(router, ask("/api/v1/server")).await.ok(200);
}

#[tokio::test]
async fn r17_an_address_and_a_user_have_their_rates() {
    let rate = |burst: u32| Rate::new(NonZeroU32::new(burst).unwrap(), NonZeroU32::MIN);
    let stack = Stack::with(|deps| {
        deps.settings.rates.per_address = rate(50);
        deps.settings.rates.per_user = rate(3);
    })
    .await;
    let ada = stack.person("ada").await;
    for _ in 0..3 {
        let reply = stack.get("/api/v1/me").by(&ada).send().await;
        let policy = "\"address\";q=50;w=50, \"user\";q=3;w=3";
        assert_eq!(reply.header("ratelimit-policy"), policy);
        let state = reply.header("ratelimit");
        // How full they are exactly depends on how long this has taken.
        let left = |name: &str| -> u32 {
            let (_, item) = state.split_once(&format!("\"{name}\";r=")).unwrap();
            item.split(';').next().unwrap().parse().unwrap()
        };
        assert!(left("address") < 50 && left("user") < 3, "{state}");
        reply.ok(200);
    }
    let reply = stack.get("/api/v1/me").by(&ada).send().await.refused(429, "RATE_LIMITED");
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert!(reply.header("ratelimit").ends_with("\"user\";r=0;t=3"), "{:?}", reply.headers);
    let reply = stack.get("/api/v1/server").send().await;
    assert!(!reply.header("ratelimit").contains("user"), "nobody in particular asked");
    reply.ok(200);

    while stack.get("/api/v1/server").send().await.status == 200 {}
    let health = stack.get("/healthz").send().await;
    assert_eq!(health.status, 200, "health is always told");
    assert!(!health.headers.contains_key("ratelimit"), "and not counted");
    // An address that is not a trusted proxy cannot speak for another one.
    let ask = stack.get("/api/v1/server").header("x-forwarded-for", "198.51.100.1");
    let reply = ask.send().await.refused(429, "RATE_LIMITED");
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert!(reply.header("ratelimit").starts_with("\"address\";r=0;t="), "{:?}", reply.headers);
}

#[tokio::test]
async fn the_router_serves_a_real_socket() {
    let stack = Arc::new(Stack::start().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service =
        stack.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
    let tasks = tokio_util::task::TaskTracker::new();
    tasks.spawn(async move { axum::serve(listener, service).await });

    let mut socket = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /api/v1/server HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(&format!("ws://{address}/rt/v1")), "{answer}");
    assert!(answer.contains("x-request-id: "), "{answer}");
}
