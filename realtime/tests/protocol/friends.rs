//! Sections 3 and 4 of the protocol: what stands between people.

use parlor_domain::{Change, direct_room};
use parlor_proto::realtime::{
    Delete, Edit, ErrorCode, MarkRead, Pin, Post, React, event::Body, fetch::From, request,
};

use crate::{
    client::{Client, bytes},
    kit::{Kit, Person},
};

fn block(other: &Person, on: bool) -> Change {
    Change::Block { other: other.user, on }
}

fn befriend(other: &Person) -> Change {
    Change::Befriend { other: other.user }
}

/// The next `count` events of somebody's own log.
async fn told(client: &mut Client, person: &Person, count: usize) -> Vec<Body> {
    let mut told = Vec::new();
    while told.len() < count {
        let events = client.events(person.user.as_bytes()).await.events;
        told.extend(events.into_iter().filter_map(|event| event.body));
    }
    told
}

pub(crate) async fn rule_3_16_a_block_keeps_both_from_writing_to_each_other(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = direct_room(ada.user, bob.user);
    kit.change(ada.user, Change::OpenDirect { room, other: bob.user }).await;
    let hers = kit.post(&ada, room, "hello").await.get();
    let his = kit.post(&bob, room, "hi").await.get();
    kit.change(bob.user, block(&ada, true)).await;
    let room_id = || bytes(room.as_bytes());
    for (who, own, others) in [(&ada, hers, his), (&bob, his, hers)] {
        let mut client = kit.enter(who).await;
        for body in [
            request::Body::Post(Post { room_id: room_id(), text: "x".into(), ..Post::default() }),
            request::Body::Edit(Edit { room_id: room_id(), seq: own, text: "x".into() }),
            request::Body::React(React {
                room_id: room_id(),
                seq: others,
                emoji: "👍".into(),
                remove: false,
            }),
            request::Body::Pin(Pin { room_id: room_id(), seq: own, remove: false }),
        ] {
            let refused = client.ask(body.clone()).await.expect_err("refused");
            assert_eq!(refused.0, ErrorCode::Forbidden, "{body:?}");
        }
        client.open(room, 0, 0).await;
        let read = MarkRead { room_id: room_id(), seq: others };
        client.ask(request::Body::MarkRead(read)).await.expect("reading stays");
        let delete = Delete { room_id: room_id(), seq: own };
        client.ask(request::Body::Delete(delete)).await.expect("one's own");
    }
    kit.change(bob.user, block(&ada, false)).await;
    kit.enter(&ada).await.post(room, "again").await;
}

pub(crate) async fn rule_4_12_friends_hear_of_each_other_in_their_own_logs(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let (mut a, mut b) = (kit.enter(&ada).await, kit.enter(&bob).await);
    kit.change(ada.user, befriend(&bob)).await;
    kit.change(bob.user, befriend(&ada)).await;
    kit.change(bob.user, block(&ada, true)).await;
    kit.change(bob.user, block(&ada, false)).await;
    let hers = told(&mut a, &ada, 3).await;
    let id = |person: &Person| bytes(person.user.as_bytes());
    assert!(
        matches!(&hers[..], [
            Body::FriendRequested(asked), Body::FriendAdded(added), Body::FriendRemoved(removed),
        ] if asked.outgoing && [&asked.user_id, &added.user_id, &removed.user_id] == [&id(&bob); 3]),
        "{hers:?}"
    );
    let his = told(&mut b, &bob, 5).await;
    assert!(
        matches!(&his[..], [
            Body::FriendRequested(asked), Body::FriendAdded(_), Body::UserBlocked(blocked),
            Body::FriendRemoved(_), Body::UserUnblocked(unblocked),
        ] if !asked.outgoing && [&asked.user_id, &blocked.user_id, &unblocked.user_id]
            == [&id(&ada); 3]),
        "{his:?}"
    );
}

/// Bob blocks ada and cy does not: to her both requests look the same.
pub(crate) async fn rule_4_12_a_request_to_who_blocks_reveals_nothing(kit: &Kit) {
    let (ada, bob, cy) = (kit.person("ada").await, kit.person("bob").await, kit.person("cy").await);
    kit.change(bob.user, block(&ada, true)).await;
    let mut client = kit.enter(&ada).await;
    for other in [&bob, &cy] {
        kit.change(ada.user, befriend(other)).await;
        let body = told(&mut client, &ada, 1).await.remove(0);
        let Body::FriendRequested(asked) = body else { panic!("{body:?}") };
        assert_eq!((&asked.user_id[..], asked.outgoing), (&other.user.as_bytes()[..], true));
    }
    let page = client.fetch(ada.user.as_bytes(), From::AfterSeq(0), 0).await;
    assert_eq!(page.seq, 2, "nothing but the two");
    let reached = async |who: &Person| {
        let page = kit.enter(who).await.fetch(who.user.as_bytes(), From::AfterSeq(0), 0).await;
        let events = page.events.expect("events").events;
        let asks = |body: &Body| matches!(body, Body::FriendRequested(_));
        events.into_iter().filter_map(|event| event.body).filter(asks).count()
    };
    assert_eq!((reached(&bob).await, reached(&cy).await), (0, 1));
}
