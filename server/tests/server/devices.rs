//! Devices of one person, each with a session of its own.

use std::time::{Duration, Instant};

use parlor_client::{Client, Closed, Lane, Rest, SessionTokens, Status};
use parlor_domain::{ProfileChange, RequestId, StatusText};
use tokio::time::timeout;

use crate::support::{DEADLINE, Server, config, folder};

const PASSWORD: &str = "correct horse battery staple";

async fn register(server: &Server, lane: Lane) -> Client {
    let rest = Rest::new(&server.url("")).expect("a URL");
    let tokens = rest.register("ada", PASSWORD, lane.as_str()).await.expect("registered");
    enter(server, lane, tokens).await
}

async fn log_in(server: &Server, lane: Lane) -> Client {
    let rest = Rest::new(&server.url("")).expect("a URL");
    let tokens = rest.login("ada", PASSWORD, lane.as_str()).await.expect("logged in");
    enter(server, lane, tokens).await
}

/// With the tokens alone: one with the password would come back by itself.
async fn enter(server: &Server, lane: Lane, tokens: SessionTokens) -> Client {
    let builder = Client::builder(server.url("")).lane(lane);
    builder.session_tokens(tokens).connect().await.expect("a session")
}

/// When the client's session has ended.
async fn closed(client: &Client) -> Instant {
    let mut status = client.status();
    let over = |status: &Status| !matches!(status, Status::Live { .. });
    timeout(DEADLINE, status.wait_for(over)).await.expect("it ends").expect("the client lives");
    let ended = Instant::now();
    let out = |status: &Status| matches!(status, Status::Closed(Closed::SignedOut(_)));
    timeout(DEADLINE, status.wait_for(out)).await.expect("for good").expect("the client lives");
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_the_session_of_a_signed_out_device_ends_within_a_second() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let desk = register(&server, Lane::Quic).await;
    for lane in [Lane::Quic, Lane::WebSocket] {
        let phone = log_in(&server, lane).await;
        let devices = desk.devices(None).await.expect("listed").items;
        assert_eq!(devices.len(), 2, "{lane}");
        let other = devices.iter().find(|device| !device.current).expect("the phone");
        assert_eq!(other.name, lane.as_str());
        assert!(other.client.starts_with("parlor-client/"), "{}", other.client);
        assert_eq!(other.address, "127.0.0.1");
        desk.sign_out_device(other.id).await.expect("signed out");
        let committed = Instant::now();
        let took = closed(&phone).await.saturating_duration_since(committed);
        assert!(took < Duration::from_secs(1), "{lane}: {took:?}");
    }
    let others = [log_in(&server, Lane::Quic).await, log_in(&server, Lane::WebSocket).await];
    desk.sign_out_others().await.expect("signed out");
    let committed = Instant::now();
    for other in &others {
        let took = closed(other).await.saturating_duration_since(committed);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    let change = ProfileChange {
        status_text: Some(StatusText::parse("alone").expect("a text")),
        ..ProfileChange::default()
    };
    let me = desk.set_profile(RequestId::random(), &change).await.expect("it goes on");
    assert_eq!(me.status_text, "alone");
    assert!(matches!(*desk.status().borrow(), Status::Live { .. }));
    desk.close().await;
    server.stop().await;
}
