//! Section 3 of the protocol: what is done to messages that are there.

use parlor_domain::RoomId;
use parlor_proto::realtime::{
    ErrorCode, Event, MarkRead, MarkUnread, Pin, React, event::Body, fetch::From, request,
};

use crate::{
    client::bytes,
    kit::{Kit, Person},
};

fn react(room: RoomId, seq: u64, emoji: &str, remove: bool) -> request::Body {
    let room_id = bytes(room.as_bytes());
    request::Body::React(React { room_id, seq, emoji: emoji.into(), remove })
}

pub(crate) async fn rule_3_12_a_reaction_is_there_once(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let message = kit.post(&ada, room, "well?").await.get();
    let (epoch, head) = kit.head(room).await;
    let (mut a, mut b) = (kit.enter(&ada).await, kit.enter(&bob).await);
    a.open(room, epoch.get(), head.get()).await;

    let first = b.ask(react(room, message, "👍", false)).await.expect("put").seq;
    assert_eq!(first, head.get() + 1);
    let again = b.ask(react(room, message, "👍", false)).await.expect("is there").seq;
    assert_eq!(again, first, "the seq of the first");
    let off = b.ask(react(room, message, "👍", true)).await.expect("taken back").seq;
    let again = b.ask(react(room, message, "👍", true)).await.expect("is gone").seq;
    assert_eq!((off, again), (first + 1, first + 1), "the head, and no event");

    let mut told: Vec<Event> = Vec::new();
    while told.last().is_none_or(|event| event.seq < off) {
        told.extend(a.events(room.as_bytes()).await.events);
    }
    assert!(
        matches!(&told[..], [
            Event { body: Some(Body::ReactionAdded(on)), actor_id, .. },
            Event { body: Some(Body::ReactionRemoved(back)), .. },
        ] if on.message_seq == message && on.emoji == "👍" && back.message_seq == message
            && back.emoji == "👍" && actor_id == &bob.user.as_bytes()[..]),
        "{told:?}"
    );
}

pub(crate) async fn rule_3_12_what_is_no_emoji_or_no_message_is_refused(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let message = kit.post(&ada, room, "well?").await.get();
    let mut client = kit.enter(&ada).await;
    for bad in ["", "ok", "👍👍", "a\u{301}", "👩‍👩‍👧‍👦‍👧‍👦‍👧‍👦"]
    {
        let refused = client.ask(react(room, message, bad, false)).await.expect_err("refused");
        assert_eq!(refused.0, ErrorCode::InvalidArgument, "{bad:?}");
    }
    for (seq, code) in [(0, ErrorCode::InvalidArgument), (1, ErrorCode::NotFound)] {
        assert_eq!(client.ask(react(room, seq, "👍", false)).await.expect_err("none").0, code);
    }
    client.ask(react(room, message, "👍", false)).await.expect("put");
    let delete = parlor_proto::realtime::Delete { room_id: bytes(room.as_bytes()), seq: message };
    client.ask(request::Body::Delete(delete)).await.expect("deleted");
    let late = client.ask(react(room, message, "🎉", false)).await.expect_err("deleted");
    assert_eq!(late.0, ErrorCode::Conflict);
    let page = client.fetch(room.as_bytes(), From::AfterSeq(message), 0).await;
    assert_eq!(page.events.expect("events").events.len(), 2, "the reaction, the deletion");
}

/// What a new session is told to be unread in a room, and what of it mentions one.
async fn counts(kit: &Kit, who: &Person, room: RoomId) -> (u32, u32) {
    let mut client = kit.connect().await;
    client.hello(&who.token, vec![]).await;
    let heads = client.welcome().await.heads;
    let head = heads.iter().find(|head| head.room_id == room.as_bytes()[..]).expect("a head");
    (head.unread, head.mentions)
}

pub(crate) async fn rule_3_13_mentions_stand_in_the_event_and_in_the_heads(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let (epoch, head) = kit.head(room).await;
    let mut a = kit.enter(&ada).await;
    a.open(room, epoch.get(), head.get()).await;
    let message = a.post(room, "@Bob and @room, not @nobody").await;
    let events = a.events(room.as_bytes()).await.events;
    assert!(
        matches!(&events[0].body, Some(Body::MessagePosted(posted))
            if posted.mention_ids == [bytes(bob.user.as_bytes())] && posted.mentions_room),
        "{events:?}"
    );
    a.post(room, "and nobody").await;
    assert_eq!(counts(kit, &bob, room).await, (2, 1));

    let edit = parlor_proto::realtime::Edit {
        room_id: bytes(room.as_bytes()),
        seq: message,
        text: "never mind".into(),
    };
    a.ask(request::Body::Edit(edit)).await.expect("edited");
    assert_eq!(counts(kit, &bob, room).await, (2, 0));
}

pub(crate) async fn rule_3_14_unread_goes_back_on_all_devices(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let first = kit.post(&ada, room, "one").await.get();
    let second = kit.post(&ada, room, "two").await.get();
    let mut client = kit.enter(&bob).await;
    let other = kit.second_device(&bob).await;
    let mut other = kit.enter(&other).await;
    let room_id = || bytes(room.as_bytes());
    let unread = |seq| request::Body::MarkUnread(MarkUnread { room_id: room_id(), seq });
    let read = request::Body::MarkRead(MarkRead { room_id: room_id(), seq: second });
    client.ask(read).await.expect("read");
    let moved = client.ask(unread(first)).await.expect("moved back").seq;
    assert_eq!(client.ask(unread(second)).await.expect("no effect").seq, moved, "never forward");
    assert_eq!(client.ask(unread(0)).await.expect_err("none").0, ErrorCode::InvalidArgument);
    let mut told = Vec::new();
    while told.len() < 2 {
        for event in other.events(bob.user.as_bytes()).await.events {
            if let Some(Body::ReadMoved(read)) = event.body {
                told.push(read.seq);
            }
        }
    }
    assert_eq!(told, [second, first - 1]);
    assert_eq!(counts(kit, &bob, room).await, (2, 0));
}

pub(crate) async fn rule_3_15_pins_are_told_once(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let message = kit.post(&ada, room, "the agenda").await.get();
    let (epoch, head) = kit.head(room).await;
    let mut client = kit.enter(&ada).await;
    client.open(room, epoch.get(), head.get()).await;
    let pin =
        |seq, remove| request::Body::Pin(Pin { room_id: bytes(room.as_bytes()), seq, remove });
    let first = client.ask(pin(message, false)).await.expect("pinned").seq;
    assert_eq!(client.ask(pin(message, false)).await.expect("is pinned").seq, first);
    let off = client.ask(pin(message, true)).await.expect("taken away").seq;
    assert_eq!((first, off), (head.get() + 1, head.get() + 2));
    assert_eq!(client.ask(pin(message, true)).await.expect("is not").seq, off);
    for (seq, code) in [(0, ErrorCode::InvalidArgument), (1, ErrorCode::NotFound)] {
        assert_eq!(client.ask(pin(seq, false)).await.expect_err("none").0, code);
    }
    let mut told: Vec<Event> = Vec::new();
    while told.last().is_none_or(|event| event.seq < off) {
        told.extend(client.events(room.as_bytes()).await.events);
    }
    assert!(
        matches!(&told[..], [
            Event { body: Some(Body::MessagePinned(on)), .. },
            Event { body: Some(Body::MessageUnpinned(back)), .. },
        ] if on.message_seq == message && back.message_seq == message),
        "{told:?}"
    );
}
