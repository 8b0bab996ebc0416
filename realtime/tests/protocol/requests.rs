//! Sections 1 and 3 of the protocol: frames and requests.

use bytes::Bytes;
use parlor_domain::{LogId, RequestId, RoomId, Visibility};
use parlor_proto::realtime::{
    CloseReason, Delete, Edit, ErrorCode, MarkRead, Open, Post, Probe, Request, client_frame::Kind,
    event::Body, fetch::From, request, server_frame,
};
use parlor_realtime::Rates;
use prost::Message;

use crate::{
    client::{bytes, encode, frame, post},
    kit::Kit,
};

fn edit(room: RoomId, seq: u64, text: &str) -> request::Body {
    request::Body::Edit(Edit { room_id: bytes(room.as_bytes()), seq, text: text.into() })
}

fn delete(room: RoomId, seq: u64) -> request::Body {
    request::Body::Delete(Delete { room_id: bytes(room.as_bytes()), seq })
}

fn mark_read(room: RoomId, seq: u64) -> request::Body {
    request::Body::MarkRead(MarkRead { room_id: bytes(room.as_bytes()), seq })
}

pub(crate) async fn p1_hostile_bytes_close_with_protocol(kit: &Kit) {
    let ada = kit.person("ada").await;
    let hostile: [&[u8]; 6] = [
        b"\x00",
        b"\xff\xff\xff\xff\x0f",
        b"\x81\x80\x04",
        b"\x03\xff\xff\xff",
        b"\x02\x0a\x7f",
        // A length-delimited field of the wrong wire type.
        b"\x03\x08\x96\x01\x01",
    ];
    for bad in hostile {
        let mut client = kit.enter(&ada).await;
        client.send_bytes(bad).await;
        assert_eq!(client.closed().await.0, CloseReason::Protocol, "{bad:?}");
        let mut client = kit.connect().await;
        client.send_bytes(bad).await;
        assert_eq!(client.closed().await.0, CloseReason::Protocol, "before Hello: {bad:?}");
    }
    assert_eq!(kit.node.sessions(), 0);
}

pub(crate) async fn p2_what_does_not_belong_to_the_user_is_not_there(kit: &Kit) {
    let (ada, eve) = (kit.person("ada").await, kit.person("eve").await);
    let secret = kit.room_with(&ada, Visibility::Private).await;
    let message = kit.post(&ada, secret, "between us").await.get();
    let mut client = kit.enter(&eve).await;
    let nowhere = RoomId::random();
    for room in [secret, nowhere] {
        let open = Open { room_id: bytes(room.as_bytes()), epoch: 0, after_seq: 0 };
        for ask in [
            request::Body::Post(post(room, "hi")),
            edit(room, message, "mine now"),
            delete(room, message),
            mark_read(room, 1),
            request::Body::Open(open),
            request::Body::Fetch(parlor_proto::realtime::Fetch {
                log_id: bytes(room.as_bytes()),
                from: Some(From::AfterSeq(0)),
                limit: 0,
            }),
        ] {
            let refused = client.ask(ask.clone()).await.expect_err("refused");
            assert_eq!(refused, (ErrorCode::NotFound, 0), "{ask:?}");
        }
    }
    // Another user's own log is as little there.
    let fetch = parlor_proto::realtime::Fetch {
        log_id: bytes(ada.user.as_bytes()),
        from: Some(From::AfterSeq(0)),
        limit: 0,
    };
    let refused = client.ask(request::Body::Fetch(fetch)).await.expect_err("refused");
    assert_eq!(refused.0, ErrorCode::NotFound);
    assert_eq!(kit.head(secret).await.1.get(), message, "nothing was written");
}

pub(crate) async fn p3_a_flood_is_told_to_wait_and_then_closed(kit: &Kit) {
    let rates =
        Rates { session_burst: 5, session_per_second: 1, user_burst: 50, user_per_second: 50 };
    let strict = Kit::start_with(kit.lane, rates).await;
    let ada = strict.person("ada").await;
    let room = strict.room(&ada).await;
    let mut client = strict.enter(&ada).await;
    let ids: Vec<_> = (0..7).map(|_| RequestId::random()).collect();
    for id in &ids {
        client.request(*id, request::Body::Post(post(room, "spam"))).await;
    }
    for id in &ids[..5] {
        client.reply(*id).await.expect("within the burst");
    }
    let (code, wait) = client.reply(ids[5]).await.expect_err("above it");
    assert_eq!(code, ErrorCode::RateLimited);
    assert!((1..=1_000).contains(&wait), "{wait}");
    for _ in 0..400 {
        client.request(RequestId::random(), request::Body::Post(post(room, "spam"))).await;
    }
    let (reason, resume_after) = client.closed().await;
    assert_eq!(reason, CloseReason::RateLimited);
    assert!(resume_after >= 1_000);
    strict.stop().await;
}

pub(crate) async fn rule_1_6_unknown_kinds_are_ignored(kit: &Kit) {
    let ada = kit.person("ada").await;
    let mut client = kit.enter(&ada).await;
    // Field 999 of a newer client, and an empty frame kind.
    client.send_bytes(Bytes::from_static(b"\x03\xba\x3e\x00")).await;
    let mut longer = frame(Kind::Probe(Probe { nonce: 9 })).encode_to_vec();
    longer.extend_from_slice(b"\xba\x3e\x00");
    let mut wire = vec![u8::try_from(longer.len()).expect("short")];
    wire.extend(longer);
    client.send_bytes(wire).await;
    let nonce = |kind: &server_frame::Kind| match kind {
        server_frame::Kind::Probe(probe) => Some(probe.nonce),
        _ => None,
    };
    assert_eq!(client.find("the probe", nonce).await, 9);
    let id = RequestId::random();
    let empty = Request { request_id: bytes(id.as_bytes()), body: None };
    client.send(Kind::Request(empty)).await;
    assert_eq!(client.reply(id).await.expect_err("unknown").0, ErrorCode::InvalidArgument);
}

pub(crate) async fn rule_1_7_ids_of_another_length_are_refused(kit: &Kit) {
    let ada = kit.person("ada").await;
    let mut client = kit.enter(&ada).await;
    let short =
        Post { room_id: Bytes::from_static(b"short"), text: "hi".into(), ..Post::default() };
    let refused = client.ask(request::Body::Post(short)).await.expect_err("refused");
    assert_eq!(refused.0, ErrorCode::InvalidArgument);
    let room = kit.room(&ada).await;
    for text in ["", "  \n", "a\0b", &"x".repeat(16_385)] {
        let refused = client.ask(request::Body::Post(post(room, text))).await.expect_err("refused");
        assert_eq!(refused.0, ErrorCode::InvalidArgument);
    }
    let nameless = Request {
        request_id: Bytes::from_static(b"short"),
        body: Some(request::Body::Post(post(room, "hi"))),
    };
    client.send(Kind::Request(nameless)).await;
    assert_eq!(client.closed().await.0, CloseReason::Protocol);
}

pub(crate) async fn rule_3_2_posts_are_answered_and_come_as_events(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let (epoch, head) = kit.head(room).await;
    let (mut a, mut b) = (kit.enter(&ada).await, kit.enter(&bob).await);
    for client in [&mut a, &mut b] {
        let opened = client.open(room, epoch.get(), head.get()).await;
        assert_eq!((opened.epoch, opened.seq), (epoch.get(), head.get()));
    }
    let first = a.post(room, "hello").await;
    let second = b.post(room, "你好").await;
    assert_eq!((first, second), (head.get() + 1, head.get() + 2));
    for client in [&mut a, &mut b] {
        let run = client.run(room, first, second).await;
        assert_eq!(run, [(first, "hello".to_owned()), (second, "你好".to_owned())]);
    }
    // In the database before the answer came: a fresh read finds both.
    let page = kit.store.log.after(room.into(), head, 10).await.expect("reads").expect("there");
    assert_eq!(page.events.len(), 2);
}

pub(crate) async fn rule_3_3_a_repeat_returns_the_same_seq(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let id = RequestId::random();
    let mut client = kit.enter(&ada).await;
    client.request(id, request::Body::Post(post(room, "once"))).await;
    client.request(id, request::Body::Post(post(room, "once"))).await;
    let first = client.reply(id).await.expect("ok");
    let again = client.reply(id).await.expect("ok");
    assert_eq!((first.seq, first.at_us), (again.seq, again.at_us));
    client.vanish().await;
    let mut later = kit.enter(&ada).await;
    later.request(id, request::Body::Post(post(room, "once"))).await;
    assert_eq!(later.reply(id).await.expect("ok").seq, first.seq);
    later.request(id, request::Body::Post(post(room, "twice"))).await;
    let refused = later.reply(id).await.expect_err("other content");
    assert_eq!(refused.0, ErrorCode::IdempotencyMismatch);
    let mut other = kit.enter(&bob).await;
    other.request(id, request::Body::Post(post(room, "once"))).await;
    let refused = other.reply(id).await.expect_err("another user");
    assert_eq!(refused.0, ErrorCode::IdempotencyMismatch);
    assert_eq!(kit.head(room).await.1.get(), first.seq);
}

pub(crate) async fn rule_3_4_nothing_overtakes_a_request_that_was_refused_for_now(kit: &Kit) {
    let rates =
        Rates { session_burst: 2, session_per_second: 2, user_burst: 50, user_per_second: 50 };
    let strict = Kit::start_with(kit.lane, rates).await;
    let ada = strict.person("ada").await;
    let room = strict.room(&ada).await;
    let mut client = strict.enter(&ada).await;
    let ids: Vec<_> = (0..3).map(|_| RequestId::random()).collect();
    for (id, text) in ids.iter().zip(["one", "two", "three"]) {
        client.request(*id, request::Body::Post(post(room, text))).await;
    }
    let first = client.reply(ids[0]).await.expect("in the burst").seq;
    client.reply(ids[1]).await.expect("in the burst");
    let (code, wait) = client.reply(ids[2]).await.expect_err("above it");
    assert_eq!(code, ErrorCode::RateLimited);
    // Its tokens are back, yet a later request may not go first.
    tokio::time::sleep(std::time::Duration::from_millis(u64::from(wait) + 600)).await;
    let early = client.ask(request::Body::Post(post(room, "four"))).await.expect_err("too early");
    assert_eq!(early.0, ErrorCode::RetryInOrder);
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    client.request(ids[2], request::Body::Post(post(room, "three"))).await;
    assert_eq!(client.reply(ids[2]).await.expect("now").seq, first + 2);
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(client.post(room, "four").await, first + 3);
    strict.stop().await;
}

pub(crate) async fn rule_3_6_many_requests_at_once_are_all_answered(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let mut client = kit.enter(&ada).await;
    let ids: Vec<_> = (0..300).map(|_| RequestId::random()).collect();
    let wire: Vec<u8> = ids
        .iter()
        .enumerate()
        .flat_map(|(n, id)| {
            let body = Some(request::Body::Post(post(room, &n.to_string())));
            encode(&frame(Kind::Request(Request { request_id: bytes(id.as_bytes()), body })))
        })
        .collect();
    client.send_bytes(wire).await;
    let mut last = 0;
    for id in &ids {
        let seq = client.reply(*id).await.expect("posted").seq;
        assert!(seq > last, "C4: in the order sent");
        last = seq;
    }
}

pub(crate) async fn rule_3_9_edit_and_delete_are_for_authors(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let message = kit.post(&bob, room, "tpyo").await.get();
    let (mut a, mut b) = (kit.enter(&ada).await, kit.enter(&bob).await);
    let refused = a.ask(edit(room, message, "mine")).await.expect_err("not the author");
    assert_eq!(refused.0, ErrorCode::Forbidden);
    let edited = b.ask(edit(room, message, "typo")).await.expect("the author").seq;
    assert_eq!(b.ask(edit(room, 999, "x")).await.expect_err("none").0, ErrorCode::NotFound);
    assert_eq!(b.ask(edit(room, 0, "x")).await.expect_err("none").0, ErrorCode::InvalidArgument);
    // The first message of a room is its creation, not a message.
    assert_eq!(b.ask(delete(room, 1)).await.expect_err("none").0, ErrorCode::NotFound);
    let deleted = a.ask(delete(room, message)).await.expect("the owner may").seq;
    assert_eq!(b.ask(delete(room, message)).await.expect_err("gone").0, ErrorCode::Conflict);
    assert_eq!(b.ask(edit(room, message, "x")).await.expect_err("gone").0, ErrorCode::Conflict);
    let page = b.fetch(room.as_bytes(), From::AfterSeq(message - 1), 0).await;
    let bodies: Vec<_> =
        page.events.expect("events").events.into_iter().map(|e| (e.seq, e.body)).collect();
    assert!(
        matches!(&bodies[..], [
            (m, Some(Body::MessagePosted(posted))),
            (e, Some(Body::MessageEdited(changed))),
            (d, Some(Body::MessageDeleted(_))),
        ] if (*m, *e, *d) == (message, edited, deleted)
            && posted.erased && posted.text.is_empty()
            && changed.erased && changed.text.is_empty()),
        "{bodies:?}"
    );
}

pub(crate) async fn rule_3_10_the_read_position_only_moves_forward(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    for _ in 0..3 {
        kit.post(&ada, room, "read me").await;
    }
    let head = kit.head(room).await.1.get();
    let mut client = kit.enter(&bob).await;
    let own = bob.user;
    let before = kit.head(own).await.1.get();
    let moved = client.ask(mark_read(room, head - 1)).await.expect("ok").seq;
    assert_eq!(moved, before + 1);
    assert_eq!(client.ask(mark_read(room, 1)).await.expect("ok").seq, moved, "never back");
    assert_eq!(client.ask(mark_read(room, head + 50)).await.expect("ok").seq, moved + 1);
    assert_eq!(client.ask(mark_read(room, head)).await.expect("ok").seq, moved + 1, "at the head");
    // The user's own log is always open: the device hears of it, too.
    let events = client.events(own.as_bytes()).await;
    assert!(matches!(
        &events.events[0].body,
        Some(Body::ReadMoved(read)) if read.room_id == room.as_bytes()[..] && read.seq == head - 1
    ));
    let summary = kit.store.rooms.summaries(own, &[room]).await.expect("reads");
    assert_eq!((summary[0].read.get(), summary[0].unread), (head, 0));
}

pub(crate) async fn rule_3_11_fetch_pages_in_both_directions(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    for n in 0..20 {
        kit.post(&ada, room, &n.to_string()).await;
    }
    let mut client = kit.enter(&ada).await;
    let head = kit.head(room).await.1.get();
    let page = client.fetch(room.as_bytes(), From::AfterSeq(5), 4).await;
    let seqs = |ok: &parlor_proto::realtime::Ok| -> Vec<u64> {
        ok.events.as_ref().expect("events").events.iter().map(|event| event.seq).collect()
    };
    assert_eq!((seqs(&page), page.more, page.seq), (vec![6, 7, 8, 9], true, head));
    let page = client.fetch(room.as_bytes(), From::BeforeSeq(3), 10).await;
    assert_eq!((seqs(&page), page.more), (vec![1, 2], false));
    let page = client.fetch(room.as_bytes(), From::BeforeSeq(u64::MAX), 2).await;
    assert_eq!((seqs(&page), page.more), (vec![head - 1, head], true));
    let page = client.fetch(ada.user.as_bytes(), From::AfterSeq(0), 0).await;
    assert_eq!(seqs(&page), [1], "one's own log");
    for (from, limit) in [(None, 0), (Some(From::BeforeSeq(0)), 0), (Some(From::AfterSeq(0)), 101)]
    {
        let log_id = bytes(LogId::from(room).as_bytes());
        let fetch = parlor_proto::realtime::Fetch { log_id, from, limit };
        let refused = client.ask(request::Body::Fetch(fetch)).await.expect_err("refused");
        assert_eq!(refused.0, ErrorCode::InvalidArgument);
    }
    // A page larger than a backfill's threshold comes on a stream of its own,
    // and is the same answer.
    let long = "長".repeat(5_000);
    for _ in 0..4 {
        kit.post(&ada, room, &long).await;
    }
    let page = client.fetch(room.as_bytes(), From::AfterSeq(head), 0).await;
    assert!(!seqs(&page).is_empty());
}
