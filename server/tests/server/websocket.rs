//! The WebSocket lane through everything that stands around the routes.

use std::{num::NonZeroUsize, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use parlor_proto::realtime::{ClientFrame, Hello, ServerFrame, client_frame, server_frame};
use prost::Message as _;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};

use crate::support::{DEADLINE, Server, config, folder};

type Socket = WebSocketStream<TcpStream>;

async fn connect(server: &Server, origin: &str) -> Result<Socket, Box<Error>> {
    let url = format!("ws://{}/rt/v1", server.address);
    let mut request = url.into_client_request().expect("a request");
    request.headers_mut().insert("origin", origin.parse().expect("a value"));
    let stream = TcpStream::connect(server.address).await.expect("connects");
    let upgraded = timeout(DEADLINE, client_async(request, stream)).await.expect("in time");
    upgraded.map(|(socket, _)| socket).map_err(Box::new)
}

async fn hello(socket: &mut Socket, access_token: String) -> ServerFrame {
    let hello = Hello { access_token, device_name: "test".into(), ..Hello::default() };
    let frame = ClientFrame { kind: Some(client_frame::Kind::Hello(hello)) };
    let bytes = frame.encode_length_delimited_to_vec();
    socket.send(Message::Binary(bytes.into())).await.expect("sends");
    let answer = timeout(DEADLINE, socket.next()).await.expect("in time").expect("a message");
    let bytes = answer.expect("a message").into_data();
    ServerFrame::decode_length_delimited(bytes).expect("a frame")
}

#[tokio::test]
async fn a_session_begins_over_websocket_and_a_foreign_page_is_refused() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let token = server.register("ada").await;
    let own = format!("http://{}", server.address);
    let mut socket = connect(&server, &own).await.expect("upgrades");
    let answer = hello(&mut socket, token).await;
    assert!(matches!(answer.kind, Some(server_frame::Kind::Welcome(_))), "{answer:?}");
    let refused = connect(&server, "https://evil.example").await.expect_err("is refused");
    assert!(matches!(*refused, Error::Http(ref answer) if answer.status() == 403), "{refused}");
    socket.close(None).await.expect("closes");
    server.stop().await;
}

#[tokio::test]
async fn r15_a_websocket_keeps_its_place_among_the_connections_of_its_address() {
    let folder = folder();
    let mut config = config(folder.path());
    config.limits.connections_per_address = NonZeroUsize::MIN;
    let server = Server::start(config).await;
    let own = format!("http://{}", server.address);
    let mut socket = connect(&server, &own).await.expect("upgrades");
    connect(&server, &own).await.expect_err("the only place is taken");
    socket.close(None).await.expect("closes");
    drop(socket);
    let deadline = Instant::now() + DEADLINE;
    while connect(&server, &own).await.is_err() {
        assert!(Instant::now() < deadline, "the place was not given back");
    }
    server.stop().await;
}

#[tokio::test]
async fn c15_while_sessions_drain_it_is_alive_not_ready_and_takes_no_new_ones() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let token = server.register("ada").await;
    let own = format!("http://{}", server.address);
    let mut socket = connect(&server, &own).await.expect("upgrades");
    hello(&mut socket, token).await;
    assert_eq!(server.get("/readyz").await.status(), 200);
    server.begin_to_stop();
    let deadline = Instant::now() + DEADLINE;
    while server.get("/readyz").await.status() != 503 {
        assert!(Instant::now() < deadline, "it stays ready");
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.get("/healthz").await.status(), 200);
    connect(&server, &own).await.expect_err("no new session");

    let mut was_told = false;
    while let Some(Ok(message)) = timeout(DEADLINE, socket.next()).await.expect("in time") {
        let Message::Binary(mut bytes) = message else {
            continue;
        };
        while !bytes.is_empty() {
            let frame = ServerFrame::decode_length_delimited(&mut bytes).expect("a frame");
            if matches!(frame.kind, Some(server_frame::Kind::GoAway(_))) {
                was_told = true;
                socket.close(None).await.expect("closes");
            }
        }
    }
    assert!(was_told, "GoAway comes before the end");
    server.stop().await;
}
