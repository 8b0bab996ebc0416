//! Section 1 of the protocol: what belongs to one lane alone.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parlor_proto::realtime::{Probe, client_frame::Kind, server_frame};
use parlor_realtime::Lane;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::{
    client::{Client, quinn_endpoint, tls, websocket},
    kit::{Kit, within},
};

#[tokio::test]
async fn s1_rule_1_8_a_websocket_needs_an_allowed_origin() {
    let kit = Kit::start(Lane::WebSocket).await;
    let port = kit.tcp.port();
    for evil in [
        String::new(),
        "null".into(),
        "http://evil.example".into(),
        format!("http://127.0.0.1.evil:{port}"),
        format!("http://127.0.0.1:{}", port - 1),
    ] {
        match websocket(&kit, &evil).await {
            Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 403, "{evil}"),
            other => panic!("{evil}: {other:?}"),
        }
    }
    for good in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")] {
        websocket(&kit, &good).await.expect("allowed");
    }
    kit.stop().await;
}

#[tokio::test]
async fn s2_nothing_is_taken_from_a_query() {
    let kit = Kit::start(Lane::WebSocket).await;
    let url = format!("ws://{}/rt/v1?token=secret", kit.tcp);
    match tokio_tungstenite::connect_async(url).await {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 400),
        other => panic!("{other:?}"),
    }
    kit.stop().await;
}

#[tokio::test]
async fn rule_1_4_a_text_message_closes_with_protocol() {
    let kit = Kit::start(Lane::WebSocket).await;
    let mut socket = websocket(&kit, &format!("http://{}", kit.tcp)).await.expect("upgrades");
    socket.send(Message::text("hello")).await.expect("sent");
    let mut code = None;
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(Some(close)) = message {
            code = Some(u16::from(close.code));
        }
    }
    assert_eq!(code, Some(4_032), "rule 6.1: 4000 + PROTOCOL");
    kit.stop().await;
}

#[tokio::test]
async fn rule_1_2_a_message_above_the_limit_ends_the_lane() {
    let kit = Kit::start(Lane::WebSocket).await;
    let mut socket = websocket(&kit, &format!("http://{}", kit.tcp)).await.expect("upgrades");
    let _ = socket.send(Message::binary(vec![0; 1_000_000])).await;
    within(async { while let Some(Ok(_)) = socket.next().await {} }).await;
    assert_eq!(kit.node.sessions(), 0);
    kit.stop().await;
}

#[tokio::test]
async fn rule_1_1_an_unknown_alpn_is_refused() {
    let kit = Kit::start(Lane::Quic).await;
    let endpoint = quinn_endpoint(&kit, b"parlor/999");
    let refused = endpoint.connect(kit.udp, "localhost").expect("config").await;
    assert!(refused.is_err());
    kit.stop().await;
}

#[tokio::test]
async fn w1_webtransport_checks_path_and_origin() {
    let kit = Kit::start(Lane::WebTransport).await;
    let config = wtransport::ClientConfig::builder()
        .with_bind_address("127.0.0.1:0".parse().expect("an address"))
        .with_custom_tls(tls(kit.certificate.clone(), b"h3"))
        .build();
    let client = wtransport::Endpoint::client(config).expect("an endpoint");
    let port = kit.udp.port();
    let attempt = |path: &str, headers: Vec<(&str, String)>| {
        let mut options = wtransport::endpoint::ConnectOptions::builder(format!(
            "https://localhost:{port}{path}"
        ));
        for (name, value) in headers {
            options = options.add_header(name, value);
        }
        client.connect(options.build())
    };
    for (path, headers) in [
        ("/", vec![]),
        ("/rt/v2", vec![]),
        ("/rt/v1", vec![("origin", "https://evil.example".to_owned())]),
        ("/rt/v1", vec![("origin", "null".to_owned())]),
        ("/rt/v1", vec![("origin", format!("https://localhost.evil:{port}"))]),
        ("/rt/v1", vec![("cookie", "a=b".to_owned())]),
    ] {
        let refused = attempt(path, headers.clone()).await;
        assert!(
            matches!(refused, Err(wtransport::error::ConnectingError::SessionRejected)),
            "{path} {headers:?}: {refused:?}"
        );
    }
    for headers in [vec![], vec![("origin", format!("http://127.0.0.1:{port}"))]] {
        attempt("/rt/v1", headers).await.expect("allowed");
    }
    kit.stop().await;
}

#[tokio::test]
async fn w3_streams_and_datagrams_that_nobody_asked_for_do_no_harm() {
    let kit = Kit::start(Lane::Quic).await;
    let ada = kit.person("ada").await;
    let endpoint = quinn_endpoint(&kit, b"parlor/1");
    let connection =
        endpoint.connect(kit.udp, "localhost").expect("config").await.expect("connects");
    let (mut control, mut answers) = connection.open_bi().await.expect("opens");
    let hello =
        crate::client::encode(&crate::client::frame(Kind::Hello(parlor_proto::realtime::Hello {
            access_token: ada.token.clone(),
            ..Default::default()
        })));
    control.write_all(&hello).await.expect("sent");
    let mut answer = [0; 64];
    within(async { assert!(answers.read(&mut answer).await.expect("Welcome").is_some()) }).await;
    let flood = async {
        for n in 0..200_u32 {
            let mut stream = connection.open_uni().await.expect("opens");
            let _ = stream.write_all(b"junk").await;
            let (mut send, _receive) = connection.open_bi().await.expect("opens");
            let _ = send.write_all(b"junk").await;
            connection.send_datagram(n.to_be_bytes().to_vec().into()).expect("sent");
        }
    };
    within(flood).await;
    let probe = crate::client::encode(&crate::client::frame(Kind::Probe(Probe { nonce: 1 })));
    control.write_all(&probe).await.expect("the session lives");
    within(async { assert!(answers.read(&mut answer).await.expect("answers").is_some()) }).await;
    assert_eq!(kit.node.sessions(), 1);
    kit.stop().await;
}

#[tokio::test]
async fn all_lanes_meet_in_one_room_with_one_order() {
    let kit = Kit::start(Lane::Memory).await;
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let mut clients = Vec::new();
    for lane in [Lane::Quic, Lane::WebTransport, Lane::WebSocket, Lane::Memory] {
        let mut client = Client::connect(&kit, lane).await;
        client.hello(&ada.token, vec![]).await;
        client.welcome().await;
        client.open(room, 0, 0).await;
        clients.push(client);
    }
    for n in 0..10 {
        for client in &mut clients {
            client.post(room, &n.to_string()).await;
        }
    }
    let head = kit.head(room).await.1.get();
    let mut runs = Vec::new();
    for client in &mut clients {
        runs.push(client.run(room, 1, head).await);
    }
    assert!(runs.windows(2).all(|pair| pair[0] == pair[1]));
    kit.stop().await;
}

#[tokio::test]
async fn c12_a_client_that_vanishes_leaves_nothing_behind() {
    for lane in [Lane::Quic, Lane::WebSocket, Lane::Memory] {
        let kit = Kit::start(lane).await;
        let ada = kit.person("ada").await;
        let room = kit.room(&ada).await;
        let mut gone = kit.enter(&ada).await;
        gone.open(room, 0, 0).await;
        let mut stays = kit.enter(&ada).await;
        stays.open(room, 0, 0).await;
        gone.vanish().await;
        within(async {
            while kit.node.sessions() > 1 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        stays.send(Kind::Probe(Probe { nonce: 1 })).await;
        stays
            .find("a probe", |kind| matches!(kind, server_frame::Kind::Probe(_)).then_some(()))
            .await;
        kit.stop().await;
    }
}
