//! Section 3 of the protocol: files on messages.

use bytes::Bytes;
use parlor_domain::{Attachment, FileId, FileKind, FileName, Thumbhash, Timestamp};
use parlor_proto::realtime::{Edit, ErrorCode, Post, event::Body, fetch::From, request};
use parlor_store::{NewUpload, Piece, Quota, StoredFile};

use crate::{
    client::bytes,
    kit::{Kit, Person},
};

const LATER: Timestamp = Timestamp::from_micros(9_000_000_000_000_000);

/// A file that may be attached, as control leaves it.
pub(crate) async fn whole(kit: &Kit, owner: &Person) -> Attachment {
    let name = FileName::parse("plan.png").expect("valid");
    let new =
        NewUpload { id: FileId::random(), owner: owner.user, name, bytes: 9, expires_at: LATER };
    let files = &kit.store.files;
    files.begin(&new, Quota { bytes: 1_000_000, open: 9 }).await.expect("up");
    let piece = Piece { start: 0, bytes: 9, object: uuid::Uuid::new_v4() };
    assert!(files.advance(new.id, 0, piece, LATER).await.expect("up"));
    let file = Attachment {
        file: new.id,
        name: new.name,
        media_type: "image/png".to_owned(),
        bytes: 7,
        kind: FileKind::Image,
        width: 3,
        height: 2,
        thumbhash: Thumbhash::new(vec![1, 2]).expect("short"),
        thumbnail: true,
        duration_ms: 0,
    };
    let stored =
        StoredFile { file: file.clone(), object: piece.object, thumbnail_type: "image/png".into() };
    assert!(files.finish(&stored, 9).await.expect("up"));
    file
}

pub(crate) async fn rule_3_18_a_message_brings_files(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let (file, other) = (whole(kit, &ada).await, whole(kit, &bob).await);
    let mut client = kit.enter(&ada).await;
    let with = |text: &str, ids: Vec<Bytes>| {
        request::Body::Post(Post {
            room_id: bytes(room.as_bytes()),
            text: text.into(),
            attachment_ids: ids,
            ..Post::default()
        })
    };
    let id = |file: FileId| bytes(file.as_bytes());
    for (ids, code) in [
        (vec![], ErrorCode::InvalidArgument),
        (vec![Bytes::from_static(b"short")], ErrorCode::InvalidArgument),
        (vec![id(file.file), id(file.file)], ErrorCode::InvalidArgument),
        ((0..11).map(|_| id(FileId::random())).collect(), ErrorCode::InvalidArgument),
        (vec![id(FileId::random())], ErrorCode::NotFound),
        (vec![id(other.file)], ErrorCode::NotFound),
    ] {
        let refused = client.ask(with("", ids.clone())).await.expect_err("refused");
        assert_eq!(refused.0, code, "{ids:?}");
    }
    let posted = client.ask(with("", vec![id(file.file)])).await.expect("posted");
    let again = client.ask(with("", vec![id(file.file)])).await.expect_err("taken");
    assert_eq!(again.0, ErrorCode::Conflict);
    let edit = Edit { room_id: bytes(room.as_bytes()), seq: posted.seq, text: "look".into() };
    client.ask(request::Body::Edit(edit)).await.expect("edited");
    let told = client.fetch(room.as_bytes(), From::AfterSeq(posted.seq - 1), 1).await;
    let told = told.events.expect("a page").events;
    let Some(Body::MessagePosted(body)) = &told[0].body else { panic!("{told:?}") };
    let [one] = &body.attachments[..] else { panic!("{body:?}") };
    assert_eq!((one.file_id.clone(), one.name.as_str()), (id(file.file), "plan.png"));
    assert_eq!((one.media_type.as_str(), one.bytes), ("image/png", 7));
    assert_eq!((one.width, one.height, one.thumbnail), (3, 2, true));
    assert_eq!(one.thumbhash, Bytes::from_static(&[1, 2]));
    kit.store.files.limit_rooms(9);
    let more = whole(kit, &ada).await;
    let full = client.ask(with("x", vec![id(more.file)])).await.expect_err("full");
    assert_eq!(full.0, ErrorCode::QuotaExceeded);
}
