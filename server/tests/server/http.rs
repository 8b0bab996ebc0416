//! HTTP over TCP, with its limits.

use std::{num::NonZeroUsize, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use parlor_domain::limits;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::support::{DEADLINE, Server, config, folder, json_of};

async fn server() -> (tempfile::TempDir, Server) {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    (folder, server)
}

/// Everything the server sends on a connection until it closes it.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("closed in time");
    // A reset is as good as an end.
    let _ = read;
    bytes
}

#[tokio::test]
async fn it_is_alive_ready_and_says_how_to_reach_it() {
    let (_folder, server) = server().await;
    assert_eq!(server.get("/healthz").await.status(), 200);
    assert_eq!(server.get("/readyz").await.status(), 200);
    let answer = json_of(&server.get("/api/v1/server").await);
    let port = server.address.port();
    let lanes = answer["lanes"].as_array().expect("lanes");
    let url = |lane: &str| {
        let found = lanes.iter().find(|entry| entry["lane"] == lane).expect("the lane");
        found["url"].as_str().expect("a URL").to_owned()
    };
    assert_eq!(url("webtransport"), format!("https://127.0.0.1:{port}/rt/v1"));
    assert_eq!(url("websocket"), format!("ws://127.0.0.1:{port}/rt/v1"));
    assert_eq!(url("quic"), format!("quic://127.0.0.1:{port}"));
    assert!(server.get("/healthz").await.headers().get("alt-svc").is_none());
    server.stop().await;
}

#[tokio::test]
async fn the_first_to_register_is_in_the_welcome_room() {
    let (_folder, server) = server().await;
    let token = server.register("ada").await;
    let request = http::Request::get(server.url("/api/v1/rooms"))
        .header("authorization", format!("Bearer {token}"))
        .body(Full::<Bytes>::default())
        .expect("a request");
    let rooms = json_of(&server.send(request).await);
    assert_eq!(rooms["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(rooms["items"][0]["name"], "welcome");
    assert_eq!(rooms["items"][0]["visibility"], "public");
    server.stop().await;
}

#[tokio::test]
async fn headers_above_the_limit_are_refused_with_431() {
    let (_folder, server) = server().await;
    let request = http::Request::get(server.url("/healthz"))
        .header("x-filler", "a".repeat(2 * limits::HTTP_HEADER_BYTES))
        .body(Full::<Bytes>::default())
        .expect("a request");
    assert_eq!(server.send(request).await.status(), 431);
    server.stop().await;
}

/// Where two readers may see the end of a request in two places, nothing that
/// comes after it on the connection is taken for a request.
#[tokio::test]
async fn r14_no_request_hides_behind_the_end_of_another() {
    let (_folder, server) = server().await;
    let head = "POST /api/v1/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    let hidden = "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    for (framing, body) in [
        // Both lengths, in both orders: the chunks count (RFC 9112 section 6.3).
        ("content-length: 5\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
        ("transfer-encoding: chunked\r\ncontent-length: 5\r\n", "0\r\n\r\n"),
        ("content-length: 2\r\ncontent-length: 40\r\n", "{}"),
        ("content-length: 2, 40\r\n", "{}"),
        ("content-length: +2\r\n", "{}"),
        ("content-length: -1\r\n", "{}"),
        ("content-length: 0x2\r\n", "{}"),
        ("content-length : 2\r\n", "{}"),
        ("transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"),
        ("transfer-encoding: xchunked\r\n", "0\r\n\r\n"),
        ("transfer-encoding: chunked\r\n", "zz\r\n"),
        ("transfer-encoding: chunked\r\n", "-1\r\n{}\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked\r\n", "2\r\n{}XX0\r\n\r\n"),
        ("transfer-encoding: chunked\r\n", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        (" content-length: 2\r\n", "{}"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        let bytes = format!("{head}{framing}\r\n{body}{hidden}");
        stream.write_all(bytes.as_bytes()).await.expect("sends");
        let answer = String::from_utf8_lossy(&rest(&mut stream).await).into_owned();
        let refused = ["400", "422"].iter().any(|s| answer.starts_with(&format!("HTTP/1.1 {s} ")));
        assert!(refused, "{framing:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing:?}: {answer}");
    }
    // The same without a trick is two requests.
    let mut stream = TcpStream::connect(server.address).await.expect("connects");
    let last = hidden.replace("host: a", "host: a\r\nconnection: close");
    let bytes = format!("{head}content-length: 2\r\n\r\n{{}}{last}");
    stream.write_all(bytes.as_bytes()).await.expect("sends");
    let answer = String::from_utf8_lossy(&rest(&mut stream).await).into_owned();
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn r15_a_connection_that_says_nothing_or_half_of_it_is_closed_within_10_s() {
    let (_folder, server) = server().await;
    let begun = Instant::now();
    let mut silent = Vec::new();
    // Nothing, half of what tells HTTP/2, half a request, HTTP/2 and no request.
    for said in
        ["", "PRI * HT", "GET /healthz HTTP/1.1\r\nhost: a", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        stream.write_all(said.as_bytes()).await.expect("sends");
        silent.push(stream);
    }
    for stream in &mut silent {
        rest(stream).await;
    }
    let took = begun.elapsed();
    assert!(took < limits::HTTP_HEADER_TIMEOUT + Duration::from_secs(5), "{took:?}");
    server.stop().await;
}

#[tokio::test]
async fn r15_one_address_has_so_many_connections_and_no_more() {
    let folder = folder();
    let mut config = config(folder.path());
    config.limits.connections_per_address = NonZeroUsize::new(3).expect("not zero");
    let server = Server::start(config).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sends");
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        streams.push(stream);
    }
    let mut fourth = TcpStream::connect(server.address).await.expect("the kernel connects");
    // It may be closed before it can be written to.
    let _ = fourth.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(rest(&mut fourth).await, b"", "closed without an answer");

    drop(streams.pop());
    let deadline = Instant::now() + DEADLINE;
    loop {
        let mut again = TcpStream::connect(server.address).await.expect("connects");
        let request = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        let _ = again.write_all(request).await;
        if rest(&mut again).await.starts_with(b"HTTP/1.1 200") {
            break;
        }
        assert!(Instant::now() < deadline, "the place was not given back");
    }
    server.stop().await;
}

#[tokio::test]
async fn c15_what_is_in_flight_when_it_stops_is_answered() {
    let (_folder, server) = server().await;
    let mut stream = TcpStream::connect(server.address).await.expect("connects");
    let body = json!({ "name": "ada", "password": "correct horse battery staple" }).to_string();
    let head = format!(
        "POST /api/v1/register HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        server.address,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sends");
    // Asked for the body, so the handler waits for it.
    let mut go_on = [0; 25];
    timeout(DEADLINE, stream.read_exact(&mut go_on)).await.expect("in time").expect("asked");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut stopping = Box::pin(server.stop());
    assert!(futures_util::poll!(stopping.as_mut()).is_pending());
    stream.write_all(body.as_bytes()).await.expect("sends");
    let (answer, ()) = tokio::join!(rest(&mut stream), stopping);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}
