//! Section 3 of the protocol: messages that pass on others.

use bytes::Bytes;
use parlor_domain::{RoomId, Visibility};
use parlor_proto::realtime::{
    Edit, ErrorCode, MessagePosted, MessageRef, Post, event::Body, fetch::From, request,
};

use crate::{
    client::{Client, bytes},
    files::whole,
    kit::Kit,
};

fn forward(room: RoomId, text: &str, source: RoomId, seq: u64) -> Post {
    let forward_of = Some(MessageRef { room_id: bytes(source.as_bytes()), seq });
    let room_id = bytes(room.as_bytes());
    Post { room_id, text: text.into(), forward_of, ..Post::default() }
}

async fn posted(client: &mut Client, room: RoomId, seq: u64) -> MessagePosted {
    let page = client.fetch(room.as_bytes(), From::AfterSeq(seq - 1), 1).await;
    match page.events.expect("a page").events.remove(0).body {
        Some(Body::MessagePosted(posted)) => posted,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn rule_3_19_a_forward_passes_on_what_was_said(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let source = kit.room_with(&ada, Visibility::Private).await;
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let file = whole(kit, &ada).await;
    let mut a = kit.enter(&ada).await;
    let with_file = Post {
        room_id: bytes(source.as_bytes()),
        text: "@bob the plan".into(),
        attachment_ids: vec![bytes(file.file.as_bytes())],
        ..Post::default()
    };
    let said = a.ask(request::Body::Post(with_file)).await.expect("posted");
    let (epoch, head) = kit.head(room).await;
    let mut b = kit.enter(&bob).await;
    b.open(room, epoch.get(), head.get()).await;
    let passed_on = request::Body::Post(forward(room, "look", source, said.seq));
    let done = a.ask(passed_on).await.expect("forwarded");
    let heard = b.events(room.as_bytes()).await.events.remove(0);
    let Some(Body::MessagePosted(heard)) = heard.body else { panic!("{heard:?}") };
    assert_eq!((heard.text.as_str(), heard.reply_to, heard.mention_ids.len()), ("look", 0, 0));
    let forwarded = heard.forwarded.expect("what was said");
    assert_eq!(forwarded.author_id, bytes(ada.user.as_bytes()));
    assert_eq!((forwarded.text.as_str(), forwarded.said_at_us), ("@bob the plan", said.at_us));
    let [copy] = &heard.attachments[..] else { panic!("{:?}", heard.attachments) };
    assert_ne!(copy.file_id, bytes(file.file.as_bytes()), "of its own");
    assert_eq!((copy.name.as_str(), copy.bytes), (file.name.as_str(), file.bytes));

    // Neither text changes what was said; the own one may be changed.
    let edit = Edit { room_id: bytes(room.as_bytes()), seq: done.seq, text: "mind".into() };
    a.ask(request::Body::Edit(edit)).await.expect("edited");
    let again = request::Body::Post(forward(source, "", room, done.seq));
    let again = a.ask(again).await.expect("forwarded").seq;
    let again = posted(&mut a, source, again).await;
    assert_eq!(again.text, "");
    let again = again.forwarded.expect("what was said first");
    assert_eq!((again.author_id, again.text), (forwarded.author_id, forwarded.text));
    let delete = parlor_proto::realtime::Delete { room_id: bytes(room.as_bytes()), seq: done.seq };
    a.ask(request::Body::Delete(delete)).await.expect("deleted");
    let erased = posted(&mut b, room, done.seq).await;
    assert_eq!((erased.erased, erased.forwarded, erased.attachments.len()), (true, None, 0));
}

pub(crate) async fn rule_3_19_r2_what_one_may_not_read_is_not_there(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let source = kit.room_with(&ada, Visibility::Private).await;
    let secret = kit.post(&ada, source, "secret").await.get();
    let room = kit.room(&bob).await;
    let mut client = kit.enter(&bob).await;
    let nowhere = forward(room, "", RoomId::random(), 3);
    let missing = client.ask(request::Body::Post(nowhere)).await.expect_err("nowhere");
    assert_eq!(missing.0, ErrorCode::NotFound);
    for (source, seq) in [(source, secret), (source, 1), (source, 99), (room, 1), (room, 99)] {
        let post = request::Body::Post(forward(room, "", source, seq));
        assert_eq!(client.ask(post).await.expect_err("not there"), missing, "{seq}");
    }
    let plain = kit.post(&bob, room, "plain").await.get();
    let good = || forward(room, "", room, plain);
    let no_id = MessageRef { room_id: Bytes::from_static(b"short"), seq: plain };
    let file = whole(kit, &bob).await;
    for bad in [
        Post { reply_to: plain, ..good() },
        Post { attachment_ids: vec![bytes(file.file.as_bytes())], ..good() },
        Post { forward_of: Some(no_id), ..good() },
        forward(room, "", room, 0),
        forward(room, &"x".repeat(16_385), room, plain),
    ] {
        let refused = client.ask(request::Body::Post(bad.clone())).await.expect_err("refused");
        assert_eq!(refused.0, ErrorCode::InvalidArgument, "{bad:?}");
    }
    client.ask(request::Body::Post(good())).await.expect("forwarded");
}
