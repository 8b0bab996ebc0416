//! Section 2 of the protocol: beginning.

use std::time::{Duration, Instant};

use parlor_bus::Announcement;
use parlor_domain::{DeviceId, RoomId, UserId, Visibility};
use parlor_proto::realtime::{
    CloseReason, Position, Probe, Renew, client_frame::Kind, server_frame,
};

use parlor_realtime::Lane;

use crate::{client::bytes, kit::Kit};

pub(crate) async fn rule_2_1_a_frame_before_hello_closes(kit: &Kit) {
    let mut client = kit.connect().await;
    client.send(Kind::Probe(Probe { nonce: 1 })).await;
    assert_eq!(client.closed().await.0, CloseReason::Protocol);
}

pub(crate) async fn rule_2_2_t1_a_bad_token_closes_without_a_reason(kit: &Kit) {
    let ada = kit.person("ada").await;
    let foreign = parlor_token::Signer::from_pem(&parlor_token::Signer::generate_pem())
        .expect("a key")
        .sign(ada.user, ada.device, parlor_domain::Clock::now(&parlor_domain::SystemClock))
        .0;
    let long = "x".repeat(60_000);
    for bad in ["", "not a token", &ada.token[1..], &foreign, &long] {
        let mut client = kit.connect().await;
        client.hello(bad, vec![]).await;
        assert_eq!(client.closed().await.0, CloseReason::Unauthenticated);
    }
}

pub(crate) async fn rule_2_3_welcome_names_user_limits_and_rooms(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    kit.post(&ada, room, "one").await;
    kit.post(&ada, room, "two").await;
    let mut client = kit.connect().await;
    client.hello(&bob.token, vec![]).await;
    let welcome = client.welcome().await;
    assert_eq!(welcome.user_id, bob.user.as_bytes()[..]);
    assert_eq!(welcome.device_id, bob.device.as_bytes()[..]);
    assert_eq!(welcome.limits.expect("limits").frame_bytes, 65_536);
    assert_eq!(welcome.heartbeat_ms, 20_000);
    assert_eq!(welcome.node, "test");
    let (epoch, head) = kit.head(room).await;
    let [told] = &welcome.heads[..] else { panic!("one room") };
    assert_eq!(told.room_id, room.as_bytes()[..]);
    assert_eq!((told.epoch, told.head, told.unread), (epoch.get(), head.get(), 2));
    assert_eq!(told.preview, "two");
    let own = welcome.user_log.expect("a position");
    assert_eq!(own.seq, kit.head(bob.user).await.1.get());
}

pub(crate) async fn rule_2_5_resume_brings_what_is_missing_or_a_reset(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    let secret = kit.room_with(&bob, Visibility::Private).await;
    kit.post(&ada, room, "three").await;
    kit.post(&ada, room, "four").await;
    let (epoch, head) = kit.head(room).await;
    assert_eq!(head.get(), 4);
    let position =
        |room: RoomId, epoch, seq| Position { log_id: bytes(room.as_bytes()), epoch, seq };
    let mut client = kit.connect().await;
    let resume = vec![position(room, epoch.get(), 2), position(secret, 0, 0)];
    client.hello(&ada.token, resume).await;
    client.welcome().await;
    let run = client.run(room, 3, 4).await;
    assert_eq!(run, [(3, "three".to_owned()), (4, "four".to_owned())]);
    let gone = client
        .find("a Reset", |kind| match kind {
            server_frame::Kind::Reset(reset) => Some(reset.clone()),
            _ => None,
        })
        .await;
    assert_eq!(gone.log_id, secret.as_bytes()[..]);
    assert_eq!((gone.epoch, gone.head), (0, 0), "as if there were no such room");
    kit.post(&ada, room, "five").await;
    assert_eq!(client.run(room, 5, 5).await, [(5, "five".to_owned())]);
}

pub(crate) async fn rule_2_6_a_second_hello_closes(kit: &Kit) {
    let ada = kit.person("ada").await;
    let mut client = kit.enter(&ada).await;
    client.hello(&ada.token, vec![]).await;
    assert_eq!(client.closed().await.0, CloseReason::Protocol);
}

pub(crate) async fn rule_2_7_renew_takes_only_a_token_of_the_same_device(kit: &Kit) {
    let ada = kit.person("ada").await;
    let mut client = kit.enter(&ada).await;
    let fresh = kit.token(ada.user, ada.device);
    client.send(Kind::Renew(Renew { access_token: fresh })).await;
    client.send(Kind::Probe(Probe { nonce: 7 })).await;
    client.find("a probe", |kind| matches!(kind, server_frame::Kind::Probe(_)).then_some(())).await;
    let other = kit.token(ada.user, DeviceId::random());
    client.send(Kind::Renew(Renew { access_token: other })).await;
    assert_eq!(client.closed().await.0, CloseReason::Unauthenticated);

    let mut client = kit.enter(&ada).await;
    let stranger = kit.token(UserId::random(), ada.device);
    client.send(Kind::Renew(Renew { access_token: stranger })).await;
    assert_eq!(client.closed().await.0, CloseReason::Unauthenticated);
}

pub(crate) async fn rule_2_8_a_signed_out_device_is_closed(kit: &Kit) {
    let ada = kit.person("ada").await;
    let phone = kit.second_device(&ada).await;
    let mut desk = kit.enter(&ada).await;
    let mut hand = kit.enter(&phone).await;
    assert!(kit.accounts.revoke_device(phone.device).await.expect("revoked"));
    let signed_out = Instant::now();
    kit.bus.publish(Announcement::DeviceRevoked { device: phone.device });
    assert_eq!(hand.closed().await.0, CloseReason::Revoked);
    assert!(signed_out.elapsed() < Duration::from_secs(2), "C19: within a second");
    desk.send(Kind::Probe(Probe { nonce: 7 })).await;
    desk.find("a probe", |kind| matches!(kind, server_frame::Kind::Probe(_)).then_some(())).await;
    // The token is still good, the device is not.
    let mut again = kit.connect().await;
    again.hello(&phone.token, vec![]).await;
    assert_eq!(again.closed().await.0, CloseReason::Revoked);
}

pub(crate) async fn rule_2_8_an_expired_token_closes_and_renew_prevents_it(kit: &Kit) {
    let ada = kit.person("ada").await;
    // A token's end is a whole second, so this is two to three seconds away.
    let short = kit.short_token(&ada, Duration::from_secs(3));
    let mut ends = kit.connect().await;
    ends.hello(&short, vec![]).await;
    ends.welcome().await;
    let mut goes_on = kit.connect().await;
    goes_on.hello(&short, vec![]).await;
    goes_on.welcome().await;
    goes_on.send(Kind::Renew(Renew { access_token: ada.token.clone() })).await;
    let began = Instant::now();
    assert_eq!(ends.closed().await.0, CloseReason::TokenExpired);
    assert!(began.elapsed() < Duration::from_secs(4), "within a second of its end");
    goes_on.send(Kind::Probe(Probe { nonce: 7 })).await;
    goes_on
        .find("a probe", |kind| matches!(kind, server_frame::Kind::Probe(_)).then_some(()))
        .await;
}

pub(crate) async fn w2_silence_is_closed_after_five_seconds(kit: &Kit) {
    let mut client = kit.connect().await;
    // A stream exists for the server once something came on it: half a prefix.
    // Messages hold whole frames, so there an empty one must do.
    let streams = matches!(kit.lane, Lane::Quic | Lane::WebTransport);
    client.send_bytes(if streams { &b"\x80"[..] } else { b"" }).await;
    let began = Instant::now();
    assert_eq!(client.closed().await.0, CloseReason::HelloTimeout);
    let waited = began.elapsed();
    assert!(waited > Duration::from_secs(4) && waited < Duration::from_secs(8), "{waited:?}");
}
