//! Files: how they come, how messages take them, and how they go.

use std::{collections::BTreeSet, time::Duration};

use parlor_domain::{
    Attachment, Body, Change, Code, Command, EventBody, FileId, FileIds, FileKind, FileName,
    Refusal, RoomId, Seq, Thumbhash, Timestamp, UserId, Visibility, limits,
};
use parlor_store::{
    Begun, Done, FilesUse, From, NewUpload, Piece, Quota, RoomFile, StoredFile, Upload,
};
use uuid::Uuid;

use crate::house::{House, body, command, contract, post};

contract! {
    an_upload_comes_piece_by_piece,
    a_short_piece_is_replaced_by_a_longer_one,
    c2_an_upload_begins_once,
    u7_a_user_has_so_much_space_and_no_more,
    u7_a_room_has_so_much_space_and_no_more,
    a_message_brings_its_files,
    c2_a_repeat_names_the_same_files,
    r2_a_file_is_attached_once_and_by_its_owner,
    an_edit_keeps_the_files,
    u8_a_deleted_message_lets_its_files_go,
    what_expires_is_gone_unless_it_is_attached,
    files_of_a_room_are_listed_newest_first,
    what_names_an_object_is_known,
    an_admin_sees_what_files_take,
    a_picture_is_part_of_the_profile,
    a_room_shows_the_name_of_a_file_where_there_is_no_text,
    u8_a_purged_room_lets_its_files_go,
    a_deleted_account_has_no_picture_and_no_uploads,
}

const QUOTA: Quota = Quota { bytes: 1_000_000, open: 100 };
/// After everything that happens in these tests.
const LATER: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn new(owner: UserId, bytes: u64) -> NewUpload {
    let name = FileName::parse("plan.png").expect("valid");
    NewUpload { id: FileId::random(), owner, name, bytes, expires_at: LATER }
}

fn piece(start: u64, bytes: u64) -> Piece {
    Piece { start, bytes, object: Uuid::new_v4() }
}

fn stored(id: FileId, kind: FileKind) -> StoredFile {
    let file = Attachment {
        file: id,
        name: FileName::parse("plan.jpg").expect("valid"),
        media_type: "image/jpeg".to_owned(),
        bytes: 77,
        kind,
        width: 640,
        height: 480,
        thumbhash: Thumbhash::new(vec![1, 2, 3]).expect("short"),
        thumbnail: true,
        duration_ms: 5,
    };
    StoredFile { file, object: Uuid::new_v4(), thumbnail_type: "image/jpeg".to_owned() }
}

async fn upload(house: &House, id: FileId) -> Option<Upload> {
    house.store.files.upload(id).await.expect("up")
}

async fn begin(house: &House, new: &NewUpload) -> Begun {
    house.store.files.begin(new, QUOTA).await.expect("up")
}

/// A file that may be attached.
async fn whole(house: &House, owner: UserId, counted: u64) -> Attachment {
    whole_of(house, owner, counted, FileKind::Image).await.file
}

pub(crate) async fn whole_of(
    house: &House,
    owner: UserId,
    counted: u64,
    kind: FileKind,
) -> StoredFile {
    make_whole(house, new(owner, counted), counted, kind).await
}

/// The same with an id of its own.
pub(crate) async fn whole_as(house: &House, id: FileId, owner: UserId) {
    make_whole(house, NewUpload { id, ..new(owner, 9) }, 9, FileKind::Other).await;
}

async fn make_whole(house: &House, new: NewUpload, counted: u64, kind: FileKind) -> StoredFile {
    assert!(matches!(begin(house, &new).await, Begun::Upload(_)));
    let files = &house.store.files;
    assert!(files.advance(new.id, 0, piece(0, counted), LATER).await.expect("up"));
    let stored = stored(new.id, kind);
    assert!(files.finish(&stored, counted).await.expect("up"));
    stored
}

fn with_files(room: RoomId, text: &str, files: &[FileId]) -> Change {
    let attachments = FileIds::new(files.to_vec()).expect("few");
    let body = Body::beside(text, &attachments).expect("valid");
    Change::Post { room, body, reply_to: None, attachments }
}

pub(crate) async fn bring(
    house: &House,
    actor: UserId,
    room: RoomId,
    files: &[FileId],
) -> Result<Done, Refusal> {
    house.submit(actor, with_files(room, "look", files)).await
}

pub(crate) async fn newest(house: &House, room: RoomId) -> parlor_domain::Message {
    let history = house.store.rooms.history(room, UserId::SYSTEM, From::Before(Seq::MAX), 1).await;
    history.expect("up").expect("there").messages.remove(0)
}

async fn an_upload_comes_piece_by_piece(house: House) {
    let ada = house.user("ada").await;
    let files = &house.store.files;
    let new = new(ada, 10);
    let Begun::Upload(begun) = begin(&house, &new).await else { panic!("space") };
    assert_eq!((begun.received, begun.bytes, begun.whole, begun.attached), (0, 10, None, false));
    let (first, second) = (piece(0, 4), piece(4, 6));
    assert!(files.advance(new.id, 0, first, LATER).await.expect("up"));
    assert!(!files.advance(new.id, 0, piece(0, 4), LATER).await.expect("up"), "it went on");
    assert!(!files.advance(new.id, 4, piece(4, 7), LATER).await.expect("up"), "too many");
    assert!(!files.finish(&stored(new.id, FileKind::Image), 77).await.expect("up"), "not all");
    let later = LATER.plus(Duration::from_secs(1));
    assert!(files.advance(new.id, 4, second, later).await.expect("up"));
    assert_eq!(files.pieces(new.id).await.expect("up"), [first, second]);
    let known = upload(&house, new.id).await.expect("there");
    assert_eq!((known.received, known.expires_at), (10, later));

    let whole = stored(new.id, FileKind::Image);
    assert!(files.finish(&whole, 77).await.expect("up"));
    assert!(!files.finish(&stored(new.id, FileKind::Image), 77).await.expect("up"), "once");
    assert_eq!(files.pieces(new.id).await.expect("up"), []);
    assert_eq!(upload(&house, new.id).await.expect("there").whole, Some(whole));
    assert!(files.discard(new.id, LATER).await.expect("up"));
    assert!(!files.discard(new.id, LATER).await.expect("up"));
    assert_eq!(upload(&house, new.id).await, None);
    assert!(!files.advance(new.id, 10, piece(10, 0), LATER).await.expect("up"));

    // Nothing is a file too.
    let nothing = self::new(ada, 0);
    assert!(matches!(begin(&house, &nothing).await, Begun::Upload(_)));
    assert!(files.finish(&stored(nothing.id, FileKind::Other), 0).await.expect("up"));
}

async fn a_short_piece_is_replaced_by_a_longer_one(house: House) {
    let ada = house.user("ada").await;
    let files = &house.store.files;
    let new = new(ada, 10);
    begin(&house, &new).await;
    let (kept, short, long) = (piece(0, 4), piece(4, 2), piece(4, 5));
    assert!(files.advance(new.id, 0, kept, LATER).await.expect("up"));
    assert!(files.advance(new.id, 4, short, LATER).await.expect("up"));
    assert!(files.advance(new.id, 6, long, LATER).await.expect("up"));
    assert_eq!(files.pieces(new.id).await.expect("up"), [kept, long]);
    assert_eq!(upload(&house, new.id).await.expect("there").received, 9);
}

async fn c2_an_upload_begins_once(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let first = new(ada, 10);
    begin(&house, &first).await;
    assert!(house.store.files.advance(first.id, 0, piece(0, 4), LATER).await.expect("up"));
    let Begun::Upload(again) = begin(&house, &first).await else { panic!("the same") };
    assert_eq!(again.received, 4);
    let name = FileName::parse("other.png").expect("valid");
    for other in [
        NewUpload { bytes: 11, ..first.clone() },
        NewUpload { owner: bob, ..first.clone() },
        NewUpload { name, ..first.clone() },
    ] {
        assert_eq!(begin(&house, &other).await, Begun::Mismatch);
    }
    assert!(house.store.files.discard(first.id, LATER).await.expect("up"));
    assert_eq!(begin(&house, &first).await, Begun::Mismatch, "it was given up");
}

async fn u7_a_user_has_so_much_space_and_no_more(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let files = &house.store.files;
    let begin = async |new: &NewUpload, bytes, open| {
        files.begin(new, Quota { bytes, open }).await.expect("up")
    };
    let first = new(ada, 10_000);
    assert_eq!(begin(&first, 9_999, 9).await, Begun::QuotaExceeded);
    assert_eq!(upload(&house, first.id).await, None, "nothing is left");
    assert!(matches!(begin(&first, 10_000, 9).await, Begun::Upload(_)));
    // Announced is as good as there, and the shortest file takes a place on a disk.
    let least = limits::FILE_LEAST_BYTES;
    let second = new(ada, 1);
    assert_eq!(begin(&second, 10_000 + least - 1, 9).await, Begun::QuotaExceeded);
    assert!(matches!(begin(&second, 10_000 + least, 9).await, Begun::Upload(_)));
    assert_eq!(begin(&new(ada, 1), 100_000, 2).await, Begun::QuotaExceeded, "too many wait");
    assert!(matches!(begin(&new(bob, 1), 10_000, 2).await, Begun::Upload(_)), "of each user");
    // What is given up, or made shorter, is free again.
    assert!(files.discard(first.id, LATER).await.expect("up"));
    assert!(matches!(begin(&new(ada, 10_000), 10_000 + least, 9).await, Begun::Upload(_)));
}

async fn u7_a_room_has_so_much_space_and_no_more(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    house.store.files.limit_rooms(20_000);
    let (first, second) =
        (whole(&house, ada, 9_000).await.file, whole(&house, ada, 9_000).await.file);
    let third = whole(&house, ada, 9_000).await.file;
    // In one transaction, the second command sees what the first one took.
    let commands: Vec<Command> = [&[first, second][..], &[third]]
        .map(|files| command(ada, with_files(room, "look", files)))
        .to_vec();
    let results = house.store.log.submit(commands).await.expect("up");
    let posted = results[0].as_ref().expect("space").seq;
    assert_eq!(results[1].as_ref().expect_err("full").code, Code::QuotaExceeded);
    assert_eq!(
        bring(&house, ada, room, &[third]).await.expect_err("full").code,
        Code::QuotaExceeded
    );
    house.post(ada, room, "words cost nothing").await;
    let other = house.room(ada, Visibility::Public).await;
    house.submit(ada, Change::Delete { room, message: posted }).await.expect("deleted");
    bring(&house, ada, room, &[third]).await.expect("space again");
    let fourth = whole(&house, ada, 9_000).await.file;
    bring(&house, ada, other, &[fourth]).await.expect("of each room");
}

async fn a_message_brings_its_files(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let (one, other) = (whole(&house, ada, 77).await, whole(&house, ada, 77).await);
    let done = bring(&house, ada, room, &[other.file, one.file]).await.expect("attached");
    let expected = vec![other.clone(), one.clone()];
    let told = |body: &EventBody| match body {
        EventBody::MessagePosted { attachments, .. } => attachments.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&done.events[0].1.body), expected, "in their order");
    let page = house.store.log.after(room.into(), Seq::new(2), 9).await.expect("up");
    assert_eq!(told(&page.expect("there").events[0].body), expected, "as it was stored");
    assert_eq!(newest(&house, room).await.attachments, expected);
    assert!(upload(&house, one.file).await.expect("there").attached);
    house.submit(ada, Change::Pin { room, message: done.seq, on: true }).await.expect("pinned");
    assert_eq!(house.store.rooms.pins(room).await.expect("up")[0].attachments, expected);
    let nothing = Change::Post {
        room,
        body: Body::beside("", &FileIds::new(vec![one.file]).expect("one")).expect("valid"),
        reply_to: None,
        attachments: FileIds::default(),
    };
    let refused = house.submit(ada, nothing).await.expect_err("nothing");
    assert_eq!(refused.code, Code::InvalidArgument);
}

async fn c2_a_repeat_names_the_same_files(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let (one, other) = (whole(&house, ada, 77).await.file, whole(&house, ada, 77).await.file);
    let first = command(ada, with_files(room, "look", &[one]));
    let done = house.repeat(&first).await.expect("posted");
    let again = house.repeat(&first).await.expect("the same");
    assert_eq!((again.seq, again.events), (done.seq, Vec::new()));
    for files in [&[][..], &[other], &[one, other]] {
        let different = Command { change: with_files(room, "look", files), ..first.clone() };
        let refused = house.repeat(&different).await.expect_err("another");
        assert_eq!(refused.code, Code::IdempotencyMismatch, "{files:?}");
    }
}

async fn r2_a_file_is_attached_once_and_by_its_owner(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let file = whole(&house, ada, 77).await.file;
    let refused = async |actor, file| bring(&house, actor, room, &[file]).await.expect_err("no");
    let missing = refused(bob, FileId::random()).await;
    assert_eq!(refused(bob, file).await, missing, "somebody else's is nobody's");
    assert_eq!(missing.code, Code::NotFound);
    let coming = new(ada, 5);
    begin(&house, &coming).await;
    assert_eq!(refused(ada, coming.id).await.code, Code::Conflict, "not whole");
    assert!(house.store.files.discard(coming.id, LATER).await.expect("up"));
    assert_eq!(refused(ada, coming.id).await, missing, "given up");
    // Twice in one transaction, and once more after it.
    let both = [(), ()].map(|()| command(ada, with_files(room, "look", &[file])));
    let results = house.store.log.submit(both.to_vec()).await.expect("up");
    assert!(results[0].is_ok());
    assert_eq!(results[1].as_ref().expect_err("taken").code, Code::Conflict);
    assert_eq!(refused(ada, file).await.code, Code::Conflict);
    assert!(!house.store.files.discard(file, LATER).await.expect("up"), "it stands on a message");
    let stranger = house.user("eve").await;
    assert_eq!(refused(stranger, file).await.code, Code::Forbidden, "not a member");
    // What was refused wrote nothing.
    let page = house.store.log.after(room.into(), Seq::ZERO, 99).await.expect("up").expect("there");
    let posts =
        |event: &&parlor_domain::Event| matches!(event.body, EventBody::MessagePosted { .. });
    assert_eq!(page.events.iter().filter(posts).count(), 1);
}

async fn an_edit_keeps_the_files(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let file = whole(&house, ada, 77).await;
    let message = bring(&house, ada, room, &[file.file]).await.expect("attached").seq;
    let edit = Change::Edit { room, message, body: body("look closely") };
    house.submit(ada, edit).await.expect("edited");
    let edited = newest(&house, room).await;
    assert_eq!((edited.text.as_str(), edited.attachments), ("look closely", vec![file]));
}

async fn u8_a_deleted_message_lets_its_files_go(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let files = &house.store.files;
    let stored = whole_of(&house, ada, 77, FileKind::Image).await;
    let kept = whole(&house, ada, 77).await.file;
    let id = stored.file.file;
    assert_eq!(files.attached(room, id).await.expect("up"), None, "not yet");
    bring(&house, ada, room, &[kept]).await.expect("attached");
    let message = bring(&house, ada, room, &[id]).await.expect("attached").seq;
    assert_eq!(files.attached(room, id).await.expect("up").as_ref(), Some(&stored));
    let other = house.room(ada, Visibility::Public).await;
    assert_eq!(files.attached(other, id).await.expect("up"), None, "in its own room alone");
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    assert_eq!(files.attached(room, id).await.expect("up"), None);
    assert_eq!(upload(&house, id).await, None);
    assert_eq!(newest(&house, room).await.attachments, []);
    let page = house.store.log.before(room.into(), Seq::MAX, 2).await.expect("up");
    assert_eq!(page.expect("there").events[0].body, EventBody::erased_message(None));
    let gone = files.gone(house.advance(Duration::ZERO), 9).await.expect("up");
    assert_eq!(gone.len(), 1);
    assert_eq!((gone[0].id, gone[0].object), (id, Some(stored.object)));
    assert!(files.attached(room, kept).await.expect("up").is_some());
    files.forget(id).await.expect("up");
    files.forget(kept).await.expect("up");
    assert_eq!(files.gone(LATER, 9).await.expect("up"), []);
    assert!(files.attached(room, kept).await.expect("up").is_some(), "not gone, not forgotten");
}

async fn what_expires_is_gone_unless_it_is_attached(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let files = &house.store.files;
    let coming = new(ada, 10);
    begin(&house, &coming).await;
    let waiting = whole(&house, ada, 77).await.file;
    let attached = whole(&house, ada, 77).await.file;
    bring(&house, ada, room, &[attached]).await.expect("attached");
    let before = Timestamp::from_micros(LATER.micros() - 1);
    assert_eq!(files.gone(before, 9).await.expect("up"), []);
    let gone = files.gone(LATER, 9).await.expect("up");
    let ids: BTreeSet<FileId> = gone.iter().map(|gone| gone.id).collect();
    assert_eq!(ids, BTreeSet::from([coming.id, waiting]));
    assert_eq!(files.gone(LATER, 1).await.expect("up").len(), 1, "so many at once");
    let refused = bring(&house, ada, room, &[waiting]).await.expect_err("gone");
    assert_eq!(refused.code, Code::NotFound);
    assert!(files.attached(room, attached).await.expect("up").is_some());
}

async fn files_of_a_room_are_listed_newest_first(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let files = &house.store.files;
    let image = whole(&house, ada, 77).await;
    let clip = whole_of(&house, bob, 77, FileKind::Video).await.file;
    let last = whole_of(&house, bob, 77, FileKind::Image).await.file;
    let first_post = bring(&house, ada, room, &[image.file]).await.expect("attached");
    house.post(ada, room, "words").await;
    let second = bring(&house, bob, room, &[clip.file, last.file]).await.expect("attached");
    let list = async |kind, before, limit| files.list(room, kind, before, limit).await.expect("up");
    let entry = |file: &Attachment, done: &Done, place, sender| RoomFile {
        file: file.clone(),
        message: done.seq,
        place,
        sender,
        at: done.at,
    };
    let all = [
        entry(&last, &second, 1, bob),
        entry(&clip, &second, 0, bob),
        entry(&image, &first_post, 0, ada),
    ];
    assert_eq!(list(None, None, 9).await, all);
    assert_eq!(list(None, None, 2).await, all[..2]);
    assert_eq!(list(None, Some((second.seq, 1)), 9).await, all[1..]);
    assert_eq!(list(None, Some((second.seq, 0)), 9).await, all[2..]);
    assert_eq!(list(Some(FileKind::Video), None, 9).await, all[1..2]);
    assert_eq!(list(Some(FileKind::Audio), None, 9).await, []);
    let other = house.room(ada, Visibility::Public).await;
    assert_eq!(files.list(other, None, None, 9).await.expect("up"), []);
}

async fn what_names_an_object_is_known(house: House) {
    let ada = house.user("ada").await;
    let stored = whole_of(&house, ada, 77, FileKind::Image).await;
    let (coming, part) = (new(ada, 9), piece(0, 4));
    begin(&house, &coming).await;
    assert!(house.store.files.advance(coming.id, 0, part, LATER).await.expect("up"));
    let avatar = FileId::random();
    house.submit(ada, Change::SetAvatar(Some(avatar))).await.expect("set");
    let ours = [part.object, stored.object, avatar.uuid()];
    // A file is no object: what is left of its pieces is not kept by it.
    let others = [stored.file.file.uuid(), coming.id.uuid(), Uuid::new_v4()];
    let asked = [ours, others].concat();
    assert_eq!(house.store.files.known(&asked).await.expect("up"), ours.into_iter().collect());
    assert!(house.store.files.known(&[]).await.expect("up").is_empty());
}

async fn an_admin_sees_what_files_take(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    let server = &house.store.server;
    let usage = async || server.usage().await.expect("up");
    let none = FilesUse { count: 0, bytes: 0 };
    assert_eq!((usage().await.attached, usage().await.waiting), (none, none));
    let posted = [whole(&house, ada, 9).await.file, whole(&house, ada, 9).await.file];
    bring(&house, ada, room, &posted).await.expect("posted");
    let deleted = whole(&house, ada, 9).await.file;
    let message = bring(&house, ada, room, &[deleted]).await.expect("posted").seq;
    whole(&house, bob, 9).await;
    let coming = new(bob, 1_000);
    begin(&house, &coming).await;
    house.store.files.advance(coming.id, 0, piece(0, 40), LATER).await.expect("up");
    let of_room = async || server.room(room).await.expect("up").expect("there").file_bytes;
    assert_eq!(of_room().await, 3 * 77);
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    assert_eq!(of_room().await, 2 * 77);
    assert_eq!(usage().await.attached, FilesUse { count: 2, bytes: 2 * 77 });
    assert_eq!(usage().await.waiting, FilesUse { count: 2, bytes: 77 + 40 });
}

async fn a_picture_is_part_of_the_profile(house: House) {
    let ada = house.user("ada").await;
    let avatar = FileId::random();
    let done = house.submit(ada, Change::SetAvatar(Some(avatar))).await.expect("set");
    let shown = house.store.accounts.user(ada).await.expect("up").expect("there").profile;
    assert_eq!(shown.avatar, Some(avatar));
    assert_eq!(done.events[0].1.body, EventBody::ProfileChanged { profile: shown.clone() });
    let again = house.submit(ada, Change::SetAvatar(Some(avatar))).await.expect("as it is");
    assert_eq!(again.events, []);
    house.submit(ada, Change::SetAvatar(None)).await.expect("taken away");
    let bare = house.store.accounts.user(ada).await.expect("up").expect("there").profile;
    assert_eq!(bare, parlor_domain::Profile { avatar: None, ..shown });
}

async fn a_room_shows_the_name_of_a_file_where_there_is_no_text(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let preview = async || {
        let mine = house.store.rooms.mine(ada, None, 9).await.expect("up");
        mine[0].preview.clone()
    };
    let file = whole(&house, ada, 77).await;
    let posted = with_files(room, "", &[file.file]);
    house.submit(ada, posted).await.expect("attached");
    assert_eq!(preview().await.as_deref(), Some("plan.jpg"));
    house.submit(ada, post(room, "words")).await.expect("posted");
    assert_eq!(preview().await.as_deref(), Some("words"));
}

async fn u8_a_purged_room_lets_its_files_go(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let other = house.room(ada, Visibility::Public).await;
    let (file, kept) = (whole(&house, ada, 77).await.file, whole(&house, ada, 77).await.file);
    bring(&house, ada, room, &[file]).await.expect("attached");
    bring(&house, ada, other, &[kept]).await.expect("attached");
    let kept_for = Duration::from_secs(60);
    house.submit(ada, Change::DeleteRoom { room, kept_for }).await.expect("deleted");
    for (room, user) in house.endings.untold(9).await.expect("up") {
        house.submit(UserId::SYSTEM, Change::TellMember { room, user }).await.expect("told");
    }
    house.endings.note_told().await.expect("up");
    house.advance(kept_for);
    while house.endings.purge().await.expect("up") {}
    let files = &house.store.files;
    assert_eq!(files.attached(room, file).await.expect("up"), None);
    let gone = files.gone(house.advance(Duration::ZERO), 9).await.expect("up");
    assert_eq!(gone.iter().map(|gone| gone.id).collect::<Vec<_>>(), [file]);
    assert!(files.attached(other, kept).await.expect("up").is_some());
}

async fn a_deleted_account_has_no_picture_and_no_uploads(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let (said, waiting) = (whole(&house, bob, 77).await.file, whole(&house, bob, 77).await.file);
    bring(&house, bob, room, &[said]).await.expect("attached");
    house.submit(bob, Change::SetAvatar(Some(FileId::random()))).await.expect("set");
    house.writer.delete_user(bob, false).await.expect("up").expect("may");
    while house.endings.clear(bob).await.expect("up") {}
    let shown = house.store.accounts.user(bob).await.expect("up").expect("a row");
    assert_eq!(shown.profile.avatar, None);
    let gone = house.store.files.gone(house.advance(Duration::ZERO), 9).await.expect("up");
    assert_eq!(gone.iter().map(|gone| gone.id).collect::<Vec<_>>(), [waiting]);
    assert!(house.store.files.attached(room, said).await.expect("up").is_some(), "it was said");
}
