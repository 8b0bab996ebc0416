//! Section 6 of the protocol: ending.

use std::time::Duration;

use parlor_proto::realtime::{CloseReason, Position, Probe, client_frame::Kind, server_frame};
use parlor_realtime::Lane;
use tokio::task::JoinSet;

use crate::{client::bytes, kit::Kit};

pub(crate) async fn rule_6_1_close_comes_before_the_lane_ends(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let mut client = kit.enter(&ada).await;
    // What was answered before the fault still arrives, then Close, then the end.
    client.post(room, "before").await;
    client.send(Kind::Probe(Probe { nonce: 4 })).await;
    client.send_bytes(&b"\x00"[..]).await;
    client
        .find("the probe", |kind| matches!(kind, server_frame::Kind::Probe(_)).then_some(()))
        .await;
    assert_eq!(client.closed().await.0, CloseReason::Protocol);
}

pub(crate) async fn rule_6_3_a_slow_reader_is_closed_and_resumes(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let (epoch, head) = kit.head(room).await;
    let mut stalled = kit.enter(&bob).await;
    stalled.open(room, epoch.get(), head.get()).await;
    stalled.stall();
    let long = "x".repeat(16_000);
    let mut last = head.get();
    let mut quick = kit.enter(&ada).await;
    while kit.node.sessions() > 1 {
        last = quick.post(room, &long).await;
        assert!(last < head.get() + 2_000, "the stalled reader was never closed");
    }
    stalled.vanish().await;
    let mut back = kit.connect().await;
    let resume = Position { log_id: bytes(room.as_bytes()), epoch: epoch.get(), seq: head.get() };
    back.hello(&bob.token, vec![resume]).await;
    back.welcome().await;
    back.run(room, head.get() + 1, last).await;
}

pub(crate) async fn rule_6_4_a_drain_says_go_away_and_answers_what_is_in_flight(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let mut client = kit.enter(&ada).await;
    let node = kit.node.clone();
    let mut drain = JoinSet::new();
    drain.spawn(async move { node.drain(Duration::from_millis(800)).await });
    let resume_after = client
        .find("GoAway", |kind| match kind {
            server_frame::Kind::GoAway(away) => Some(away.resume_after_ms),
            _ => None,
        })
        .await;
    assert!(resume_after <= 400, "{resume_after}");
    client.post(room, "still answered").await;
    assert_eq!(client.closed().await.0, CloseReason::Drain);
    drain.join_next().await.expect("a task").expect("drained");
    if kit.lane == Lane::Memory {
        let mut late = kit.connect().await;
        late.hello(&ada.token, vec![]).await;
        assert_eq!(late.closed().await.0, CloseReason::Drain, "no new sessions");
    }
}
