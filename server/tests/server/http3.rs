//! The same router over HTTP/3, with the same limits.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use bytes::{Buf as _, Bytes, BytesMut};
use h3::client::SendRequest;
use h3_quinn::OpenStreams;
use http::{Request, Response};
use parlor_domain::limits;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::support::{DEADLINE, Server, config, folder, json_of, registration, tls};

type Stream = h3::client::RequestStream<h3_quinn::BidiStream<Bytes>, Bytes>;

/// A client by the code of the `h3` project; its connection is driven by a task
/// that ends with it.
struct Http3Client {
    quic: quinn::Connection,
    requests: SendRequest<OpenStreams, Bytes>,
    authority: String,
    _driver: JoinSet<()>,
}

impl Http3Client {
    async fn connect(server: &Server) -> Self {
        let quic = tls::quic(server.http3.expect("is bound"), "h3").await;
        let connecting = h3::client::new(h3_quinn::Connection::new(quic.clone()));
        let (mut connection, requests) =
            timeout(DEADLINE, connecting).await.expect("in time").expect("HTTP/3");
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            connection.wait_idle().await;
        });
        let authority = server.http3.expect("is bound").to_string();
        Self { quic, requests, authority, _driver: driver }
    }

    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(format!("https://{}{path}", self.authority))
    }

    async fn send(&mut self, request: Request<()>, body: Bytes) -> Response<Bytes> {
        let exchange = async {
            let mut stream = self.requests.send_request(request).await.expect("a stream");
            if !body.is_empty() {
                // The answer may come before the body was taken.
                let _ = stream.send_data(body).await;
            }
            let _ = stream.finish().await;
            let response = stream.recv_response().await.expect("an answer");
            let mut body = BytesMut::new();
            while let Some(mut chunk) = stream.recv_data().await.expect("a body") {
                body.extend_from_slice(&chunk.copy_to_bytes(chunk.remaining()));
            }
            response.map(|()| body.freeze())
        };
        timeout(DEADLINE, exchange).await.expect("an answer in time")
    }

    async fn get(&mut self, path: &str) -> Response<Bytes> {
        let request = self.request("GET", path).header("accept", "text/html,*/*");
        self.send(request.body(()).expect("a request"), Bytes::new()).await
    }

    async fn post(&mut self, path: &str, token: Option<&str>, body: &Value) -> Response<Bytes> {
        let mut request = self.request("POST", path).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(()).expect("a request"), body.to_string().into()).await
    }
}

async fn server() -> (TempDir, Server) {
    let folder = folder();
    let mut config = config(folder.path());
    config.http3 = Some(0);
    let server = Server::start(config).await;
    (folder, server)
}

#[tokio::test]
async fn rest_and_web_app_are_served_over_http3_and_tcp_announces_it() {
    let (_folder, server) = server().await;
    let port = server.http3.expect("is bound").port();
    let over_tcp = server.get("/healthz").await;
    let announced = over_tcp.headers().get("alt-svc").expect("Alt-Svc").to_str().expect("text");
    assert_eq!(announced, format!("h3=\":{port}\"; ma=86400"));

    let mut client = Http3Client::connect(&server).await;
    let health = client.get("/healthz").await;
    assert_eq!((health.status().as_u16(), health.body().as_ref()), (200, b"ok".as_slice()));
    let app = client.get("/rooms/of-some-kind").await;
    assert_eq!(app.status(), 200);
    assert!(app.headers()["content-type"].to_str().expect("text").starts_with("text/html"));
    assert_eq!(app.body(), server_page(&server).await.body(), "the same page as over TCP");

    let registered = client.post("/api/v1/register", None, &registration("ada")).await;
    assert_eq!(registered.status(), 201, "{:?}", registered.body());
    let login = json!({ "name": "ada", "password": "correct horse battery staple" });
    let signed_in = client.post("/api/v1/login", None, &login).await;
    assert_eq!(signed_in.status(), 200, "{:?}", signed_in.body());
    let token = json_of(&signed_in)["access_token"].as_str().expect("a token").to_owned();
    let room = json!({ "name": "engines" });
    let made = client.post("/api/v1/rooms", Some(&token), &room).await;
    assert_eq!(made.status(), 201, "{:?}", made.body());
    let refused = client.post("/api/v1/rooms", None, &room).await;
    assert_eq!(refused.status(), 401);
    assert!(refused.headers().contains_key("x-request-id"));
    server.stop().await;
}

async fn server_page(server: &Server) -> Response<Bytes> {
    let request = Request::get(server.url("/rooms/of-some-kind")).header("accept", "text/html,*/*");
    server.send(request.body(http_body_util::Full::default()).expect("a request")).await
}

#[tokio::test]
async fn headers_and_bodies_above_the_limits_are_refused_and_the_connection_goes_on() {
    let (_folder, server) = server().await;
    let mut client = Http3Client::connect(&server).await;
    let filler = "a".repeat(2 * limits::HTTP_HEADER_BYTES);
    let request = client.request("GET", "/healthz").header("x-filler", &filler);
    let request = request.body(()).expect("a request");
    // The client was told the limit and keeps to it, so it asks too early.
    let answer = timeout(DEADLINE, async {
        let mut stream = client.requests.send_request(request).await.ok()?;
        let _ = stream.finish().await;
        stream.recv_response().await.ok()
    });
    if let Some(response) = answer.await.expect("in time") {
        assert_eq!(response.status(), 431);
    }
    let body = json!({ "name": "a".repeat(limits::HTTP_BODY_BYTES + 1) });
    let refused = client.post("/api/v1/register", None, &body).await;
    assert_eq!(refused.status(), 413, "{:?}", refused.body());
    assert_eq!(client.get("/healthz").await.status(), 200);
    server.stop().await;
}

/// The start of a request stream: a HEADERS frame of `length` bytes, of which
/// `sent` come (RFC 9114 section 7.2.2).
async fn half_headers(quic: &quinn::Connection, length: u32, sent: usize) -> quinn::RecvStream {
    let (mut send, recv) = quic.open_bi().await.expect("a stream");
    let mut frame = vec![0x01];
    frame.extend_from_slice(&(length | 0x8000_0000).to_be_bytes());
    send.write_all(&frame).await.expect("sends");
    for chunk in vec![0; sent].chunks(16 * 1024) {
        if send.write_all(chunk).await.is_err() {
            break; // The server has stopped it.
        }
    }
    // Kept open, without an end, for as long as the connection lives.
    std::mem::forget(send);
    recv
}

#[tokio::test]
async fn p1_a_frame_that_says_it_is_huge_is_not_collected() {
    let (_folder, server) = server().await;
    let client = Http3Client::connect(&server).await;
    let megabytes = 64 * 1024 * 1024;
    let begun = Instant::now();
    let mut answer = half_headers(&client.quic, 0x3fff_ffff, megabytes).await;
    let ended = timeout(DEADLINE, answer.read_to_end(1024)).await;
    ended.expect("it ends").ok();
    let took = begun.elapsed();
    assert!(took < limits::HTTP_HEADER_TIMEOUT, "by its size, not by the clock: {took:?}");
    server.stop().await;
}

#[tokio::test]
async fn r15_half_a_request_is_given_up_within_10_s_and_holds_nobody_up() {
    let (_folder, server) = server().await;
    let mut client = Http3Client::connect(&server).await;
    let mut half = half_headers(&client.quic, 1_000, 10).await;
    assert_eq!(client.get("/healthz").await.status(), 200, "others are served meanwhile");
    let within = limits::HTTP_HEADER_TIMEOUT + Duration::from_secs(5);
    timeout(within, half.read_to_end(1024)).await.expect("given up").ok();
    assert_eq!(client.get("/healthz").await.status(), 200, "the connection goes on");
    server.stop().await;
}

/// Sends the head of a request and half its body, once it is being handled.
async fn half_body(client: &mut Http3Client) -> (Stream, String) {
    let request = client.request("POST", "/api/v1/register");
    let request = request.header("content-type", "application/json").body(());
    let mut stream = client.requests.send_request(request.expect("valid")).await.expect("a stream");
    let mut first = registration("ada").to_string();
    let second = first.split_off(first.len() / 2);
    stream.send_data(first.into()).await.expect("sends");
    // Streams are accepted in order, so the first was when the second is answered.
    assert_eq!(client.get("/healthz").await.status(), 200);
    (stream, second)
}

#[tokio::test]
async fn c15_what_is_in_flight_when_it_stops_is_answered() {
    let (_folder, server) = server().await;
    let mut client = Http3Client::connect(&server).await;
    let (mut stream, second) = half_body(&mut client).await;
    let mut stopping = Box::pin(server.stop());
    assert!(futures_util::poll!(stopping.as_mut()).is_pending());
    stream.send_data(second.into()).await.expect("sends");
    stream.finish().await.expect("sends");
    let (answer, ()) = tokio::join!(stream.recv_response(), stopping);
    assert_eq!(answer.expect("an answer").status(), 201);
}

#[tokio::test]
async fn c15_an_answer_on_its_way_when_it_stops_arrives_whole() {
    let (_folder, server) = server().await;
    let mut client = Http3Client::connect(&server).await;
    let request = client.request("GET", "/api/openapi.json").body(()).expect("a request");
    let mut stream = client.requests.send_request(request).await.expect("a stream");
    stream.finish().await.expect("sends");
    assert_eq!(stream.recv_response().await.expect("an answer").status(), 200);
    let mut stopping = Box::pin(server.stop());
    assert!(futures_util::poll!(stopping.as_mut()).is_pending());
    let reading = async {
        let mut body = Vec::new();
        while let Some(chunk) = stream.recv_data().await.expect("the body goes on") {
            body.extend_from_slice(chunk.chunk());
        }
        body
    };
    let (body, ()) = tokio::join!(reading, stopping);
    assert!(body.len() > 32 * 1024, "more than is sent before anything is acknowledged");
    serde_json::from_slice::<Value>(&body).expect("it is whole");
}

#[tokio::test]
async fn c15_half_a_body_does_not_keep_the_server_from_stopping() {
    let (_folder, server) = server().await;
    let mut client = Http3Client::connect(&server).await;
    let _half = half_body(&mut client).await;
    server.stop().await;
}

#[tokio::test]
#[ignore = "waits for half a minute; run it with --ignored"]
async fn r15_a_body_that_does_not_come_is_given_up_within_30_s() {
    let (_folder, server) = server().await;
    let mut client = Http3Client::connect(&server).await;
    let mut tcp = TcpStream::connect(server.address).await.expect("connects");
    let head = "POST /api/v1/register HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{";
    tcp.write_all(head.as_bytes()).await.expect("sends");
    let (mut stream, _) = half_body(&mut client).await;
    let mut over_tcp = Vec::new();
    let within = limits::HTTP_BODY_TIMEOUT + Duration::from_secs(5);
    let both = async { tokio::join!(stream.recv_response(), tcp.read_to_end(&mut over_tcp)) };
    let (over_http3, _) = timeout(within, both).await.expect("given up");
    assert!(over_http3.expect("an answer").status().is_client_error());
    let over_tcp = String::from_utf8_lossy(&over_tcp);
    assert!(over_tcp.starts_with("HTTP/1.1 4"), "{over_tcp}");
    server.stop().await;
}

#[tokio::test]
async fn r15_one_address_has_so_many_connections_over_http3_too() {
    let folder = folder();
    let mut config = config(folder.path());
    config.http3 = Some(0);
    config.limits.connections_per_address = NonZeroUsize::MIN;
    let server = Server::start(config).await;
    let mut only = Http3Client::connect(&server).await;
    assert_eq!(only.get("/healthz").await.status(), 200);
    let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(tls::client(&["h3"]));
    let mut endpoint = quinn::Endpoint::client(([127, 0, 0, 1], 0).into()).expect("an endpoint");
    let crypto = Arc::new(crypto.expect("a QUIC configuration"));
    endpoint.set_default_client_config(quinn::ClientConfig::new(crypto));
    let second = endpoint.connect(server.http3.expect("is bound"), "localhost").expect("begins");
    let refused = timeout(DEADLINE, second).await.expect("in time").expect_err("is refused");
    assert!(matches!(refused, quinn::ConnectionError::ConnectionClosed(_)), "{refused}");
    server.stop().await;
}
