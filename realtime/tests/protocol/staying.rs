//! Section 5 of the protocol: staying.

use std::time::Duration;

use parlor_domain::{Epoch, HeadsDigest, Position, Seq};
use parlor_proto::realtime::{
    ClientHeartbeat, ClientTyping, Probe, client_frame::Kind, server_frame,
};
use parlor_realtime::Lane;

use crate::{client::bytes, kit::Kit};

pub(crate) async fn rule_5_3_a_wrong_digest_is_answered_with_all_heads(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let mut client = kit.enter(&ada).await;
    let opened = client.open(room, 0, 0).await;
    client.run(room, 1, opened.seq).await;
    client.send(Kind::Heartbeat(ClientHeartbeat { digest: 1 })).await;
    let heartbeat = |kind: &server_frame::Kind| match kind {
        server_frame::Kind::Heartbeat(heartbeat) => Some(heartbeat.clone()),
        _ => None,
    };
    let told = client.find("a heartbeat", heartbeat).await;
    assert_eq!(told.heads.len(), 2, "the room and the user's own log");
    let mut digest = HeadsDigest::default();
    for head in &told.heads {
        let log = parlor_domain::LogId::from_slice(&head.log_id).expect("an id");
        digest.toggle(log, Position { epoch: Epoch::new(head.epoch), seq: Seq::new(head.seq) });
        if head.log_id == room.as_bytes()[..] {
            assert_eq!((head.epoch, head.seq), (opened.epoch, opened.seq));
        }
    }
    assert_eq!(told.digest, digest.get(), "rule 5.2");
    // The right digest is not answered: the probe after it is what comes next.
    client.send(Kind::Heartbeat(ClientHeartbeat { digest: told.digest })).await;
    client.send(Kind::Probe(Probe { nonce: 3 })).await;
    assert!(matches!(client.next().await, Some(server_frame::Kind::Probe(_))));
}

pub(crate) async fn rule_5_4_probes_are_echoed(kit: &Kit) {
    let ada = kit.person("ada").await;
    let mut client = kit.enter(&ada).await;
    let nonce = |kind: &server_frame::Kind| match kind {
        server_frame::Kind::Probe(probe) => Some(probe.nonce),
        _ => None,
    };
    client.send(Kind::Probe(Probe { nonce: u64::MAX })).await;
    assert_eq!(client.find("a probe", nonce).await, u64::MAX);
    client.send_datagram(Kind::Probe(Probe { nonce: 5 })).await;
    assert_eq!(client.find("a probe", nonce).await, 5);
}

pub(crate) async fn rule_5_9_who_is_told_something_asks_again(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let mut clients = [kit.enter(&ada).await, kit.enter(&bob).await];
    kit.bus.publish(parlor_bus::Announcement::AnnouncementsChanged);
    let told = |kind: &server_frame::Kind| {
        matches!(kind, server_frame::Kind::Announcement(_)).then_some(())
    };
    for client in &mut clients {
        client.find("a hint", told).await;
    }
    let live = kit.node.live();
    assert_eq!(live.len(), 2);
    let of = |user| live.iter().find(|it| it.user == user).expect("is live");
    assert_eq!((of(ada.user).device, of(bob.user).device), (ada.device, bob.device));
    let measured = matches!(kit.lane, Lane::Quic | Lane::WebTransport);
    assert!(live.iter().all(|it| it.lane == kit.lane && it.rtt.is_some() == measured), "{live:?}");
}

pub(crate) async fn rule_5_5_typing_reaches_the_others(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let (mut a, mut b) = (kit.enter(&ada).await, kit.enter(&bob).await);
    a.open(room, 0, 0).await;
    b.open(room, 0, 0).await;
    let typing = |kind: &server_frame::Kind| match kind {
        server_frame::Kind::Typing(typing) => Some(typing.clone()),
        _ => None,
    };
    // An open is answered before it is live, and a notice may be lost: the typist
    // goes on typing, as people do.
    let told = loop {
        for _ in 0..5 {
            a.send_datagram(Kind::Typing(ClientTyping { room_id: bytes(room.as_bytes()) })).await;
        }
        let told = b.find("typing", typing);
        if let Ok(told) = tokio::time::timeout(Duration::from_millis(1_100), told).await {
            break told;
        }
    };
    assert_eq!((told.room_id, told.user_id), (bytes(room.as_bytes()), bytes(ada.user.as_bytes())));
    // No more than one a second, and none for the typist.
    a.send(Kind::Probe(Probe { nonce: 1 })).await;
    b.post(room, "b").await;
    for client in [&mut a, &mut b] {
        client.send(Kind::Probe(Probe { nonce: 9 })).await;
        loop {
            match client.next().await {
                Some(server_frame::Kind::Probe(probe)) if probe.nonce == 9 => break,
                Some(server_frame::Kind::Typing(again)) => panic!("{again:?}"),
                Some(_) => {}
                None => panic!("ended"),
            }
        }
    }
}
