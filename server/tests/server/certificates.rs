//! Certificates as clients see them: pinned, announced, replaced.

use std::{path::Path, sync::Arc, time::Duration};

use parlor::LoadError;
use parlor_domain::{Clock as _, ManualClock, SystemClock};
use rustls::pki_types::ServerName;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpStream, time::Instant};
use tokio_rustls::TlsConnector;

use crate::support::{DEADLINE, Server, config, folder, json_of, tls};

fn hash(certificate: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(certificate))
}

/// The hashes that `GET /api/v1/server` tells for a lane.
async fn hashes(server: &Server, lane: &str) -> Vec<String> {
    let answer = json_of(&server.get("/api/v1/server").await);
    let lanes = answer["lanes"].as_array().expect("lanes");
    let lane = lanes.iter().find(|entry| entry["lane"] == lane).expect("the lane");
    let hashes = lane["certificate_hashes"].as_array().expect("hashes");
    hashes.iter().map(|hash| hash.as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn a_certificate_is_replaced_in_the_running_process_by_the_one_announced() {
    let folder = folder();
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let mut config = config(folder.path());
    config.tls.validity_s = 60;
    config.tls.check_s = 1;
    config.http3 = Some(0);
    let server = Server::try_start(config, clock.clone()).await.expect("starts");
    let http3 = server.http3.expect("is bound");

    let announced = hashes(&server, "webtransport").await;
    assert_eq!(announced.len(), 2, "the one in use and the next");
    assert_eq!(hashes(&server, "quic").await, announced);
    let old = tls::quic(server.address, "parlor/1").await;
    let old_http3 = tls::quic(http3, "h3").await;
    assert_eq!(hash(&tls::certificate(&old)), announced[0]);
    assert_eq!(hash(&tls::certificate(&old_http3)), announced[0]);

    clock.advance(Duration::from_secs(45));
    let deadline = Instant::now() + DEADLINE;
    let after = loop {
        let now = hashes(&server, "webtransport").await;
        if now != announced {
            break now;
        }
        assert!(Instant::now() < deadline, "it was not replaced");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(after[0], announced[1], "the one announced is the one in use");
    assert!(!announced.contains(&after[1]), "the one after it is new");
    let new = tls::quic(server.address, "parlor/1").await;
    assert_eq!(hash(&tls::certificate(&new)), after[0], "new handshakes get the new one");
    assert_eq!(hash(&tls::certificate(&tls::quic(http3, "h3").await)), after[0]);
    assert!(old_http3.close_reason().is_none(), "connections that are there stay");
    server.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_the_certificate_that_pages_have_pinned() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let first = hashes(&server, "webtransport").await;
    server.stop().await;
    let server = Server::start(config(folder.path())).await;
    assert_eq!(hashes(&server, "webtransport").await, first);
    server.stop().await;
}

/// Writes a certificate as an authority would; returns it in DER.
fn issue(folder: &Path) -> Vec<u8> {
    use std::os::unix::fs::PermissionsExt as _;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    std::fs::write(folder.join("chain.pem"), made.cert.pem()).expect("writes");
    let key = folder.join("key.pem");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("writes");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).expect("may");
    made.cert.der().to_vec()
}

async fn https_certificate(server: &Server) -> (Vec<u8>, Option<Vec<u8>>) {
    let connector = TlsConnector::from(Arc::new(tls::client(&["h2", "http/1.1"])));
    let stream = TcpStream::connect(server.address).await.expect("connects");
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = connector.connect(name, stream).await.expect("a handshake");
    let session = stream.get_ref().1;
    let certificate = session.peer_certificates().expect("certificates")[0].to_vec();
    (certificate, session.alpn_protocol().map(<[u8]>::to_vec))
}

#[tokio::test]
async fn certificate_files_serve_https_and_quic_and_are_read_again_when_they_change() {
    let folder = folder();
    let first = issue(folder.path());
    let mut config = config(folder.path());
    config.tls.certificate = Some(folder.path().join("chain.pem"));
    config.tls.key = Some(folder.path().join("key.pem"));
    config.tls.check_s = 1;
    let server = Server::start(config).await;
    let (shown, alpn) = https_certificate(&server).await;
    assert_eq!((shown, alpn), (first.clone(), Some(b"h2".to_vec())));
    let quic = tls::quic(server.address, "parlor/1").await;
    assert_eq!(tls::certificate(&quic), first);

    let second = issue(folder.path());
    let deadline = Instant::now() + DEADLINE;
    while https_certificate(&server).await.0 != second {
        assert!(Instant::now() < deadline, "the files were not read again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn certificate_files_that_cannot_be_used_keep_the_server_from_starting() {
    let folder = folder();
    issue(folder.path());
    let refused = async |certificate: &str, key: &str| {
        let mut config = config(folder.path());
        config.tls.certificate = Some(folder.path().join(certificate));
        config.tls.key = Some(folder.path().join(key));
        match Server::try_start(config, Arc::new(SystemClock)).await {
            Err(LoadError::Certificates(error)) => error.to_string(),
            Err(other) => panic!("another error: {other}"),
            Ok(_) => panic!("must be refused"),
        }
    };
    assert!(refused("missing.pem", "key.pem").await.contains("missing.pem"));
    assert!(refused("chain.pem", "missing.pem").await.contains("missing.pem"));
    assert!(refused("key.pem", "key.pem").await.contains("no certificate"));
    assert!(refused("chain.pem", "chain.pem").await.contains("chain.pem"));

    let key = std::fs::read(folder.path().join("key.pem")).expect("reads");
    issue(folder.path());
    std::fs::write(folder.path().join("key.pem"), key).expect("writes");
    assert!(refused("chain.pem", "key.pem").await.contains("key.pem"), "another key");
}

#[tokio::test]
async fn hashes_are_the_sha_256_of_the_certificate_and_none_are_told_for_files() {
    let folder = folder();
    issue(folder.path());
    let mut config = config(folder.path());
    config.tls.certificate = Some(folder.path().join("chain.pem"));
    config.tls.key = Some(folder.path().join("key.pem"));
    let server = Server::start(config).await;
    let connector = TlsConnector::from(Arc::new(tls::client(&["http/1.1"])));
    let stream = TcpStream::connect(server.address).await.expect("connects");
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = connector.connect(name, stream).await.expect("a handshake");
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.expect("HTTP");
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    let request = http::Request::get("/api/v1/server")
        .header("host", server.address.to_string())
        .body(http_body_util::Empty::<bytes::Bytes>::new())
        .expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    let body = http_body_util::BodyExt::collect(response.into_body()).await.expect("a body");
    let answer: Value = serde_json::from_slice(&body.to_bytes()).expect("JSON");
    for lane in answer["lanes"].as_array().expect("lanes") {
        let hashes = lane["certificate_hashes"].as_array();
        assert!(hashes.is_none_or(Vec::is_empty), "{lane}");
        assert!(!lane["url"].as_str().expect("a URL").starts_with("ws://"), "{lane}");
    }
    server.stop().await;
}
