//! The WebTransport endpoint as HTTP/3 code sees it that is neither ours nor
//! that of the library underneath: the client of the `h3` project.

#[allow(dead_code, unused_imports, reason = "shared with the other tests, which use more of it")]
#[path = "server/support.rs"]
mod support;

use std::time::Duration;

use bytes::Bytes;
use h3::{ConnectionState as _, client::SendRequest, ext::Protocol, quic::StreamId};
use h3_quinn::OpenStreams;
use http::{Request, StatusCode};
use parlor_domain::limits;
use parlor_proto::realtime::{ClientFrame, Hello, ServerFrame, client_frame, server_frame};
use prost::Message as _;
use support::{DEADLINE, Server, config, folder, tls};
use tempfile::TempDir;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// A stream of a WebTransport session begins with this, then the session's id
/// (draft-ietf-webtrans-http3 section 4.3); both are varints.
const WEBTRANSPORT_BIDI: [u8; 2] = [0x40, 0x41];

struct Opinion {
    quic: quinn::Connection,
    requests: SendRequest<OpenStreams, Bytes>,
    authority: String,
    _driver: JoinSet<()>,
}

type Stream = h3::client::RequestStream<h3_quinn::BidiStream<Bytes>, Bytes>;

impl Opinion {
    async fn connect(server: &Server) -> Self {
        let quic = tls::quic(server.address, "h3").await;
        let mut builder = h3::client::builder();
        builder.enable_datagram(true).enable_extended_connect(true);
        let building = builder.build(h3_quinn::Connection::new(quic.clone()));
        let (mut connection, requests) =
            timeout(DEADLINE, building).await.expect("in time").expect("HTTP/3");
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            connection.wait_idle().await;
        });
        let authority = server.address.to_string();
        let opinion = Self { quic, requests, authority, _driver: driver };
        opinion.settled().await;
        opinion
    }

    /// Waits for the server's SETTINGS.
    async fn settled(&self) {
        let deadline = Instant::now() + DEADLINE;
        while !self.requests.settings().enable_extended_connect() {
            assert!(Instant::now() < deadline, "SETTINGS did not come");
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Asks for a session; its CONNECT stream, its id, and the answer.
    async fn open(&mut self, path: &str, origin: Option<&str>) -> (Stream, StreamId, StatusCode) {
        let mut request = Request::connect(format!("https://{}{path}", self.authority));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let request = request.extension(Protocol::WEB_TRANSPORT).body(()).expect("a request");
        let asking = async {
            let mut stream = self.requests.send_request(request).await.expect("a stream");
            let answer = stream.recv_response().await.expect("an answer");
            (stream, answer.status())
        };
        let (stream, status) = timeout(DEADLINE, asking).await.expect("an answer in time");
        let id = stream.id();
        (stream, id, status)
    }

    /// The server ends the connection by itself, so nothing of it is left.
    async fn ends(&self) {
        let within = limits::HELLO_TIMEOUT + Duration::from_secs(5);
        timeout(within, self.quic.closed()).await.expect("the server lets the connection go");
    }
}

async fn server() -> (TempDir, Server) {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    (folder, server)
}

#[tokio::test]
async fn its_settings_allow_webtransport() {
    let (_folder, server) = server().await;
    let opinion = Opinion::connect(&server).await;
    let settings = opinion.requests.settings();
    assert!(settings.enable_extended_connect(), "RFC 9220 section 3");
    assert!(settings.enable_datagram(), "RFC 9297 section 2.1.1");
    assert!(settings.enable_webtransport(), "draft-ietf-webtrans-http3 section 3.1");
    server.stop().await;
}

#[tokio::test]
async fn rule_2_3_a_session_begins_for_a_client_that_is_not_ours() {
    let (_folder, server) = server().await;
    let access_token = server.register("ada").await;
    let mut opinion = Opinion::connect(&server).await;
    let own = format!("https://{}", server.address);
    let (_connect, id, status) = opinion.open("/rt/v1", Some(&own)).await;
    assert_eq!(status, StatusCode::OK);

    let (mut send, mut recv) = opinion.quic.open_bi().await.expect("a stream");
    let hello = Hello { access_token, device_name: "second opinion".into(), ..Hello::default() };
    let frame = ClientFrame { kind: Some(client_frame::Kind::Hello(hello)) };
    let session = u8::try_from(id.into_inner()).expect("the first stream has a short id");
    send.write_all(&WEBTRANSPORT_BIDI).await.expect("sends");
    send.write_all(&[session]).await.expect("sends");
    send.write_all(&frame.encode_length_delimited_to_vec()).await.expect("sends");
    let mut received = Vec::new();
    let welcome = loop {
        if let Ok(frame) = ServerFrame::decode_length_delimited(received.as_slice()) {
            break frame;
        }
        let read = timeout(DEADLINE, recv.read_chunk(4_096, true)).await.expect("in time");
        received.extend_from_slice(&read.expect("no error").expect("not the end").bytes);
    };
    assert!(matches!(welcome.kind, Some(server_frame::Kind::Welcome(_))), "{welcome:?}");
    drop(opinion);
    server.stop().await;
}

#[tokio::test]
async fn w1_wrong_paths_are_404_and_foreign_origins_403_and_nothing_is_left() {
    let (_folder, server) = server().await;
    let own = format!("https://{}", server.address);
    for path in ["/", "/rt", "/rt/v2", "/rt/v1/", "/api/v1/server"] {
        let mut opinion = Opinion::connect(&server).await;
        let (_stream, _, status) = opinion.open(path, Some(&own)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        opinion.ends().await;
    }
    let port = server.address.port();
    for origin in [
        "null".to_owned(),
        "https://evil.example".to_owned(),
        format!("https://127.0.0.1.evil.example:{port}"),
        format!("https://127.0.0.1:{}", port ^ 1),
    ] {
        let mut opinion = Opinion::connect(&server).await;
        let (_stream, _, status) = opinion.open("/rt/v1", Some(&origin)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
        opinion.ends().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_plain_request_is_answered_or_the_connection_closed_and_nothing_is_left() {
    let (_folder, server) = server().await;
    let mut opinion = Opinion::connect(&server).await;
    let request = Request::get(format!("https://{}/healthz", opinion.authority));
    let request = request.body(()).expect("a request");
    let asking = async {
        let mut stream = opinion.requests.send_request(request).await?;
        stream.finish().await?;
        stream.recv_response().await
    };
    let within = limits::HELLO_TIMEOUT + Duration::from_secs(5);
    // What the answer is, or that there is none, is the library's affair.
    let _ = timeout(within, asking).await.expect("no hang");
    opinion.ends().await;
    server.stop().await;
}

#[tokio::test]
async fn w2_a_connection_that_asks_for_nothing_and_a_session_that_says_nothing_end_in_5_s() {
    let (_folder, server) = server().await;
    let silent = Opinion::connect(&server).await;
    let mut mute = Opinion::connect(&server).await;
    let (_stream, _, status) = mute.open("/rt/v1", None).await;
    assert_eq!(status, StatusCode::OK);
    tokio::join!(silent.ends(), mute.ends());
    server.stop().await;
}
