//! R16: floods over HTTP/2. Each ends, or costs nobody else anything.

use std::time::Duration;

use crate::{
    frames::{
        CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM, Rude,
        SETTINGS, frame, request,
    },
    support::{Server, config, folder},
};

/// How long a flood lasts that nobody ends.
const FLOOD: Duration = Duration::from_secs(2);
/// What the kernel keeps on both sides of a connection that is not read, and more
/// than one would believe.
const KERNEL_BYTES: usize = 16 * 1024 * 1024;

/// Everybody else is served as ever.
async fn others_are_served(server: &Server) {
    assert_eq!(server.get("/healthz").await.status(), 200);
    assert_eq!(server.get("/api/v1/server").await.status(), 200);
}

#[tokio::test]
async fn r16_rapid_reset_ends_the_connection() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let mut rude = Rude::connect(server.address).await;
    let block = request("GET", "/api/v1/server", &[]);
    let mut sent = 0;
    for stream in (1..20_000).step_by(2) {
        let open = frame(HEADERS, END_STREAM | END_HEADERS, stream, &block);
        let reset = frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
        if !rude.send(&[open, reset].concat()).await {
            break;
        }
        sent += 1;
    }
    assert!(rude.is_ended().await, "after {sent} resets");
    others_are_served(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn r16_headers_that_never_end_end_the_connection() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let mut rude = Rude::connect(server.address).await;
    let block = request("GET", "/healthz", &[]);
    assert!(rude.send(&frame(HEADERS, END_STREAM, 1, &block)).await);
    // A header that is not indexed: a byte of kind, name and value.
    let filler: Vec<u8> =
        (0..64).flat_map(|_| [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat()).collect();
    let more = frame(CONTINUATION, 0, 1, &filler);
    let taken = rude.flood(&more, FLOOD).await;
    assert!(taken < KERNEL_BYTES, "{taken} bytes of headers were taken");
    assert!(rude.is_ended().await);
    others_are_served(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn r16_frames_that_say_nothing_cost_nobody_anything() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let post = request("POST", "/api/v1/login", &[("content-type", "application/json")]);
    let opened = frame(HEADERS, END_HEADERS, 1, &post);
    for (opening, nothing) in [
        (opened, frame(DATA, 0, 1, b"")),
        (Vec::new(), frame(PING, 0, 0, &[0; 8])),
        (Vec::new(), frame(SETTINGS, 0, 0, b"")),
    ] {
        let mut rude = Rude::connect(server.address).await;
        assert!(rude.send(&opening).await);
        let mut many = Vec::new();
        (0..1_000).for_each(|_| many.extend(&nothing));
        // Its answers are not read, so that they have nowhere to go.
        let flooding = async {
            rude.flood(&many, FLOOD).await;
        };
        let served = async {
            for _ in 0..20 {
                others_are_served(&server).await;
            }
        };
        tokio::join!(flooding, served);
        drop(rude);
    }
    server.stop().await;
}
