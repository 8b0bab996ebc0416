//! What can be read about rooms.

use std::time::Duration;

use parlor_domain::{
    Change, Clock as _, Code, EventBody, FileIds, Mentions, Message, Role, RoomId, RoomName,
    RoomQuery, Seq, Topic, UserId, Visibility, limits,
};
use parlor_store::{From, RoomSummary};

use crate::house::{House, body, contract, create, post};

contract! {
    history_pages_at_every_edge,
    history_around_a_message,
    a_deleted_message_is_gone_from_messages_and_events,
    an_edited_message_keeps_its_place,
    every_text_of_a_message_can_be_read_until_it_is_deleted,
    replies_name_a_message_of_the_room,
    access_tells_room_and_role,
    the_directory_lists_open_public_rooms_only,
    the_directory_finds_rooms_by_name_and_topic,
    members_are_paged_by_id,
    my_rooms_are_summed_up,
    unread_counts_what_others_wrote,
    marking_read_goes_forward_only,
    rule_3_14_marking_unread_goes_back_only,
    rule_3_14_whoever_joins_has_read_what_was_said,
    the_last_owner_stays,
    only_an_owner_removes_an_owner,
    the_system_user_makes_rooms_without_members,
    a_room_id_is_used_once,
    renaming_keeps_what_is_not_named,
}

fn seqs(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.seq.get()).collect()
}

/// A room whose messages have the seqs 3, 4, ..., `last`.
async fn written(house: &House, last: u64) -> (UserId, RoomId) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    for n in 3..=last {
        assert_eq!(house.post(ada, room, &n.to_string()).await, Seq::new(n));
    }
    (ada, room)
}

async fn history_pages_at_every_edge(house: House) {
    let (_, room) = written(&house, 8).await;
    let page = async |from, limit| {
        let page = house
            .store
            .rooms
            .history(room, UserId::SYSTEM, from, limit)
            .await
            .expect("up")
            .expect("there");
        assert_eq!(page.head.seq, Seq::new(8));
        (seqs(&page.messages), page.more_before, page.more_after)
    };
    let before = |seq| From::Before(Seq::new(seq));
    assert_eq!(page(From::Before(Seq::MAX), 3).await, (vec![6, 7, 8], true, false));
    assert_eq!(page(From::Before(Seq::MAX), 6).await, (vec![3, 4, 5, 6, 7, 8], false, false));
    assert_eq!(page(before(9), 3).await, (vec![6, 7, 8], true, false));
    assert_eq!(page(before(8), 3).await, (vec![5, 6, 7], true, true));
    assert_eq!(page(before(5), 3).await, (vec![3, 4], false, true));
    assert_eq!(page(before(3), 3).await, (vec![], false, true));
    assert_eq!(page(before(0), 3).await, (vec![], false, true));
    let after = |seq| From::After(Seq::new(seq));
    assert_eq!(page(after(0), 3).await, (vec![3, 4, 5], false, true));
    assert_eq!(page(after(3), 3).await, (vec![4, 5, 6], true, true));
    assert_eq!(page(after(5), 3).await, (vec![6, 7, 8], true, false));
    assert_eq!(page(after(8), 3).await, (vec![], true, false));
    assert_eq!(page(From::After(Seq::MAX), 3).await, (vec![], true, false));
    let nobody = house
        .store
        .rooms
        .history(RoomId::random(), UserId::SYSTEM, before(9), 3)
        .await
        .expect("up");
    assert_eq!(nobody, None);
}

async fn history_around_a_message(house: House) {
    let (ada, room) = written(&house, 9).await;
    let around = async |seq, limit| {
        let from = From::Around(Seq::new(seq));
        let page = house
            .store
            .rooms
            .history(room, UserId::SYSTEM, from, limit)
            .await
            .expect("up")
            .expect("there");
        (seqs(&page.messages), page.more_before, page.more_after)
    };
    assert_eq!(around(6, 4).await, (vec![4, 5, 6, 7], true, true));
    assert_eq!(around(6, 5).await, (vec![4, 5, 6, 7, 8], true, true));
    assert_eq!(around(3, 4).await, (vec![3, 4], false, true));
    assert_eq!(around(9, 4).await, (vec![7, 8, 9], true, false));
    assert_eq!(around(99, 4).await, (vec![8, 9], true, false));
    assert_eq!(around(0, 4).await, (vec![3, 4], false, true));
    // Where the event of that seq is no message, its neighbours come.
    house.submit(ada, rename(room, Some("other"), None)).await.expect("renamed");
    house.post(ada, room, "after").await;
    assert_eq!(around(10, 4).await, (vec![8, 9, 11], true, false));
}

fn rename(room: RoomId, name: Option<&str>, topic: Option<&str>) -> Change {
    Change::RenameRoom {
        room,
        name: name.map(|name| RoomName::parse(name).expect("valid")),
        topic: topic.map(|topic| Topic::parse(topic).expect("valid")),
    }
}

async fn a_deleted_message_is_gone_from_messages_and_events(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let first = house.post(ada, room, "first").await;
    let reply = Change::Post {
        room,
        body: body("secret"),
        reply_to: Some(first),
        attachments: FileIds::default(),
    };
    let message = house.submit(ada, reply).await.expect("posted").seq;
    let edit = |text| Change::Edit { room, message, body: body(text) };
    house.submit(ada, edit("secret two")).await.expect("edited");
    house.submit(ada, edit("secret three")).await.expect("edited");
    let deleted = house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    let page = house.store.log.after(room.into(), Seq::ZERO, 100).await.expect("up");
    let bodies: Vec<EventBody> =
        page.expect("there").events.into_iter().skip(2).map(|event| event.body).collect();
    let posted = |text: &str, reply_to, erased| {
        let (text, mentions) = (text.to_owned(), Mentions::default());
        EventBody::MessagePosted {
            text,
            mentions,
            reply_to,
            attachments: Vec::new(),
            forwarded: None,
            erased,
        }
    };
    let erased = EventBody::MessageEdited {
        message,
        text: String::new(),
        mentions: Mentions::default(),
        erased: true,
    };
    assert_eq!(
        bodies,
        [
            posted("first", None, false),
            posted("", Some(first), true),
            erased.clone(),
            erased,
            EventBody::MessageDeleted { message },
        ]
    );
    let history =
        house.store.rooms.history(room, ada, From::Before(Seq::MAX), 1).await.expect("up");
    let tombstone = history.expect("there").messages.remove(0);
    assert_eq!((tombstone.seq, tombstone.version), (message, deleted.seq));
    assert!(tombstone.deleted && tombstone.text.is_empty());
    assert_eq!(tombstone.reply_to, Some(first));
    let again = house.submit(ada, Change::Delete { room, message }).await.expect_err("gone");
    assert_eq!(again.code, Code::Conflict);
    let late = house.submit(ada, edit("too late")).await.expect_err("gone");
    assert_eq!(late.code, Code::Conflict);
}

async fn an_edited_message_keeps_its_place(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let message = house.post(ada, room, "teh").await;
    let posted_at = house.clock.now();
    let edited_at = house.advance(Duration::from_secs(60));
    let edit = Change::Edit { room, message, body: body("the") };
    let edited = house.submit(ada, edit).await.expect("edited");
    let history =
        house.store.rooms.history(room, ada, From::After(Seq::ZERO), 9).await.expect("up");
    let expected = Message {
        seq: message,
        author: ada,
        text: "the".into(),
        mentions: Mentions::default(),
        reply_to: None,
        attachments: Vec::new(),
        forwarded: None,
        posted_at,
        edited_at: Some(edited_at),
        deleted: false,
        pinned: false,
        reactions: Vec::new(),
        version: edited.seq,
    };
    assert_eq!(history.expect("there").messages, [expected]);
    let nothing = Change::Edit { room, message: edited.seq, body: body("x") };
    assert_eq!(house.submit(ada, nothing).await.expect_err("no message").code, Code::NotFound);
}

async fn every_text_of_a_message_can_be_read_until_it_is_deleted(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let mut written = Vec::new();
    let message = house.post(ada, room, "one").await;
    written.push((message, "one".to_owned(), house.clock.now()));
    let other = house.post(ada, room, "another").await;
    for text in ["two", "three"] {
        let at = house.advance(Duration::from_secs(60));
        let edit = |message, text| Change::Edit { room, message, body: body(text) };
        let edited = house.submit(ada, edit(message, text)).await.expect("edited");
        written.push((edited.seq, text.to_owned(), at));
        house.submit(ada, edit(other, text)).await.expect("edited");
    }
    let versions = async |message, after, limit| {
        let found = house.store.rooms.versions(room, message, after, limit).await.expect("up");
        let found = found?.into_iter().map(|version| (version.seq, version.text, version.at));
        Some(found.collect::<Vec<_>>())
    };
    assert_eq!(versions(message, Seq::ZERO, 10).await, Some(written.clone()));
    assert_eq!(versions(message, Seq::ZERO, 2).await, Some(written[..2].to_vec()));
    assert_eq!(versions(message, written[1].0, 2).await, Some(written[2..].to_vec()));
    // An edit is no message, and neither is a room's creation.
    for nothing in [written[1].0, Seq::new(1), Seq::MAX] {
        assert_eq!(versions(nothing, Seq::ZERO, 10).await, None);
    }
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    assert_eq!(versions(message, Seq::ZERO, 10).await, Some(vec![]));
    assert_eq!(versions(other, Seq::ZERO, 10).await.map(|all| all.len()), Some(3));
}

async fn replies_name_a_message_of_the_room(house: House) {
    let ada = house.user("ada").await;
    let (room, other) =
        (house.room(ada, Visibility::Public).await, house.room(ada, Visibility::Public).await);
    house.post(ada, other, "here").await;
    let elsewhere = house.post(ada, other, "and here").await;
    house.post(ada, room, "one").await;
    for wrong in [Seq::new(1), elsewhere, Seq::MAX, Seq::ZERO] {
        let reply = Change::Post {
            room,
            body: body("re"),
            reply_to: Some(wrong),
            attachments: FileIds::default(),
        };
        assert_eq!(house.submit(ada, reply).await.expect_err("no message").code, Code::NotFound);
    }
}

async fn access_tells_room_and_role(house: House) {
    let (ada, eve) = (house.user("ada").await, house.user("eve").await);
    let room = house.room(ada, Visibility::Private).await;
    let access = house.store.rooms.access(room, ada).await.expect("up").expect("there");
    assert_eq!(access.role, Some(Role::Owner));
    assert_eq!(access.room.members, 1);
    assert_eq!(access.room.head, Seq::new(2));
    assert_eq!(access.room.visibility, Visibility::Private);
    let head = house.store.log.head(room.into()).await.expect("up").expect("there");
    assert_eq!((access.room.epoch, access.room.head), (head.epoch, head.seq));
    assert!(head.epoch.get() > 0);
    let access = house.store.rooms.access(room, eve).await.expect("up").expect("there");
    assert_eq!(access.role, None);
    assert_eq!(house.store.rooms.access(RoomId::random(), ada).await.expect("up"), None);
}

async fn the_directory_lists_open_public_rooms_only(house: House) {
    let ada = house.user("ada").await;
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(house.room(ada, Visibility::Public).await);
    }
    house.room(ada, Visibility::Private).await;
    let closed = house.room(ada, Visibility::Public).await;
    let archive = |archived| Change::ArchiveRoom { room: closed, archived };
    house.submit(ada, archive(true)).await.expect("archived");
    open.sort();
    let list = async |after, limit| {
        let rooms = house.store.rooms.directory(None, after, limit).await.expect("up");
        rooms.into_iter().map(|room| room.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 100).await, open);
    assert_eq!(list(None, 2).await, open[..2]);
    assert_eq!(list(Some(open[1]), 2).await, open[2..4]);
    assert_eq!(list(Some(open[4]), 2).await, []);
    house.submit(ada, archive(false)).await.expect("restored");
    assert_eq!(list(None, 100).await.len(), 6);
}

async fn the_directory_finds_rooms_by_name_and_topic(house: House) {
    let ada = house.user("ada").await;
    let mut rooms = Vec::new();
    for (name, topic, visibility) in [
        ("Design", "How things look", Visibility::Public),
        ("茶馆", "什么都聊", Visibility::Public),
        ("ops", "100% of the DESIGN of pagers_and more", Visibility::Public),
        ("design of secrets", "", Visibility::Private),
    ] {
        let room = house.room(ada, visibility).await;
        house.submit(ada, rename(room, Some(name), Some(topic))).await.expect("renamed");
        rooms.push(room);
    }
    let find = async |house: &House, text: &str| {
        let query = RoomQuery::parse(text).expect("a query");
        let found = house.store.rooms.directory(Some(&query), None, 10).await.expect("up");
        found.into_iter().map(|room| room.id).collect::<Vec<_>>()
    };
    let mut both = vec![rooms[0], rooms[2]];
    both.sort();
    assert_eq!(find(&house, "#design").await, both, "in any case, never a private one");
    let query = RoomQuery::parse("design").expect("a query");
    let second = house.store.rooms.directory(Some(&query), Some(both[0]), 10).await.expect("up");
    assert_eq!(second.into_iter().map(|room| room.id).collect::<Vec<_>>(), both[1..]);
    assert_eq!(find(&house, "馆").await, [rooms[1]]);
    assert_eq!(find(&house, "都聊").await, [rooms[1]]);
    assert_eq!(find(&house, "100%").await, [rooms[2]], "no sign means more than itself");
    assert_eq!(find(&house, "s_and").await, [rooms[2]]);
    assert_eq!(find(&house, "s%and").await, []);
    house.submit(ada, rename(rooms[0], Some("shapes"), Some(""))).await.expect("renamed");
    assert_eq!(find(&house, "design").await, [rooms[2]]);
    house.execute("UPDATE rooms SET found_by = ''".to_owned()).await;
    assert_eq!(find(&house, "shapes").await, [], "as an older version left it");
    let house = house.reopen().await;
    assert_eq!(find(&house, "shapes").await, [rooms[0]]);
}

async fn members_are_paged_by_id(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let mut users = vec![ada];
    for n in 0..4 {
        let user = house.user(&format!("user{n}")).await;
        house.submit(user, Change::Join { room }).await.expect("joined");
        users.push(user);
    }
    users.sort();
    let list = async |after, limit| {
        let members = house.store.rooms.members(room, after, limit).await.expect("up");
        members.into_iter().map(|member| member.user.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 100).await, users);
    assert_eq!(list(None, 2).await, users[..2]);
    assert_eq!(list(Some(users[1]), 100).await, users[2..]);
    let access = house.store.rooms.access(room, ada).await.expect("up").expect("there");
    assert_eq!(access.room.members, 5);
    let owner = house.store.rooms.members(room, None, 100).await.expect("up");
    let owner = owner.into_iter().find(|member| member.user.id == ada).expect("a member");
    assert_eq!((owner.role, owner.user.name.as_str()), (Role::Owner, "ada"));
    assert_eq!(owner.joined_at, house.clock.now());
}

async fn summary(house: &House, user: UserId, room: RoomId) -> RoomSummary {
    let mut all = house.store.rooms.summaries(user, &[room]).await.expect("up");
    assert_eq!(all.len(), 1);
    all.remove(0)
}

async fn my_rooms_are_summed_up(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let mut rooms = Vec::new();
    for _ in 0..4 {
        rooms.push(house.room(ada, Visibility::Private).await);
    }
    house.room(bob, Visibility::Private).await;
    rooms.sort();
    let mine = async |after, limit| {
        let mine = house.store.rooms.mine(ada, after, limit).await.expect("up");
        mine.into_iter().map(|summary| summary.room.id).collect::<Vec<_>>()
    };
    assert_eq!(mine(None, 100).await, rooms);
    assert_eq!(mine(Some(rooms[0]), 2).await, rooms[1..3]);
    assert!(house.store.rooms.summaries(bob, &rooms).await.expect("up").is_empty());
    assert!(house.store.rooms.summaries(ada, &[]).await.expect("up").is_empty());
    let made_at = house.clock.now();
    let empty = summary(&house, ada, rooms[0]).await;
    assert_eq!((empty.preview, empty.last_at, empty.role), (None, made_at, Role::Owner));
    let posted_at = house.advance(Duration::from_secs(9));
    let long = "這".repeat(limits::PREVIEW_CHARS + 1);
    house.post(ada, rooms[0], &long).await;
    house.advance(Duration::from_secs(9));
    let gone = house.post(ada, rooms[0], "gone").await;
    house.submit(ada, Change::Delete { room: rooms[0], message: gone }).await.expect("deleted");
    let full = summary(&house, ada, rooms[0]).await;
    assert_eq!(full.preview, Some("這".repeat(limits::PREVIEW_CHARS)));
    assert_eq!(full.last_at, posted_at);
}

async fn unread_counts_what_others_wrote(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    house.post(bob, room, "my own").await;
    let one = house.post(ada, room, "one").await;
    let two = house.post(ada, room, "two").await;
    assert_eq!(summary(&house, bob, room).await.unread, 2);
    house.submit(ada, Change::Delete { room, message: two }).await.expect("deleted");
    assert_eq!(summary(&house, bob, room).await.unread, 1);
    house.submit(bob, Change::MarkRead { room, seq: one }).await.expect("read");
    let read = summary(&house, bob, room).await;
    assert_eq!((read.unread, read.read), (0, one));
    let many = (0..limits::UNREAD_COUNTED + 5)
        .map(|n| crate::house::command(ada, post(room, &n.to_string())))
        .collect();
    house.store.log.submit(many).await.expect("up");
    assert_eq!(summary(&house, bob, room).await.unread, limits::UNREAD_COUNTED);
}

async fn marking_read_goes_forward_only(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    let message = house.post(ada, room, "one").await;
    let mark = |seq| Change::MarkRead { room, seq };
    let outsider = house.submit(bob, mark(message)).await.expect_err("not a member");
    assert_eq!(outsider.code, Code::Forbidden);
    // Beyond the head means all there is.
    let done = house.submit(ada, mark(Seq::MAX)).await.expect("read");
    let moved = EventBody::ReadMoved { room, seq: message };
    assert_eq!(done.events.len(), 1);
    assert_eq!((&done.events[0].0, &done.events[0].1.body), (&ada.into(), &moved));
    assert_eq!(done.seq, Seq::new(2), "after RoomAdded in the user's own log");
    let back = house.submit(ada, mark(Seq::new(1))).await.expect("no effect");
    assert_eq!((back.seq, back.events.len()), (Seq::new(2), 0));
    assert_eq!(summary(&house, ada, room).await.read, message);
}

async fn rule_3_14_marking_unread_goes_back_only(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let one = house.post(ada, room, "one").await;
    let two = house.post(ada, room, "two").await;
    let unread = |from| Change::MarkUnread { room, from };
    let nothing = house.submit(bob, unread(one)).await.expect("no effect");
    assert!(nothing.events.is_empty(), "nothing was read");
    house.submit(bob, Change::MarkRead { room, seq: two }).await.expect("read");
    for (from, events, count) in [(two.next(), 0, 0), (two, 1, 1), (two, 0, 1), (one, 1, 2)] {
        let done = house.submit(bob, unread(from)).await.expect("answered");
        assert_eq!(done.events.len(), events, "from {from}");
        assert_eq!(summary(&house, bob, room).await.unread, count, "from {from}");
    }
    assert_eq!(summary(&house, bob, room).await.read, Seq::new(one.get() - 1));
    house.submit(bob, Change::MarkRead { room, seq: two }).await.expect("forward again");
    assert_eq!(summary(&house, bob, room).await.unread, 0);
    let eve = house.user("eve").await;
    assert_eq!(house.submit(eve, unread(one)).await.expect_err("outside").code, Code::Forbidden);
}

async fn rule_3_14_whoever_joins_has_read_what_was_said(house: House) {
    let (ada, bob, eve) =
        (house.user("ada").await, house.user("bob").await, house.user("eve").await);
    let room = house.room(ada, Visibility::Public).await;
    house.post(ada, room, "before @bob and @eve, and @room").await;
    let ways = [
        (bob, bob, Change::Join { room }),
        (eve, ada, Change::AddMember { room, user: eve }),
        // Who left missed nothing either.
        (bob, bob, Change::Join { room }),
    ];
    for (newcomer, actor, way) in ways {
        let joined = house.submit(actor, way.clone()).await.expect("in");
        let came = summary(&house, newcomer, room).await;
        assert_eq!((came.unread, came.mentions, came.read), (0, 0, joined.seq), "{way:?}");
        let said = house.post(ada, room, "after").await;
        assert_eq!(summary(&house, newcomer, room).await.unread, 1, "{way:?}");
        house.submit(newcomer, Change::MarkUnread { room, from: said }).await.expect("is so");
        assert_eq!(summary(&house, newcomer, room).await.read, joined.seq, "as before: {way:?}");
        house.submit(newcomer, Change::Leave { room }).await.expect("left");
        house.post(ada, room, "meanwhile").await;
    }
}

async fn the_last_owner_stays(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let leave = || Change::Leave { room };
    assert_eq!(house.submit(ada, leave()).await.expect_err("last").code, Code::LastOwner);
    let remove = Change::RemoveMember { room, user: ada };
    assert_eq!(house.submit(ada, remove).await.expect_err("last").code, Code::LastOwner);
    house.submit(bob, leave()).await.expect("left");
    house.submit(ada, leave()).await.expect("nobody is left behind");
    let access = house.store.rooms.access(room, ada).await.expect("up").expect("there");
    assert_eq!((access.room.members, access.role), (0, None));
}

async fn only_an_owner_removes_an_owner(house: House) {
    let (ada, bob, cy) = (house.user("ada").await, house.user("bob").await, house.user("cy").await);
    let room = house.room(ada, Visibility::Public).await;
    for user in [bob, cy] {
        house.submit(user, Change::Join { room }).await.expect("joined");
    }
    let remove = |user| Change::RemoveMember { room, user };
    house.set_role(room, bob, Role::Admin).await;
    assert_eq!(house.submit(bob, remove(ada)).await.expect_err("admin").code, Code::Forbidden);
    house.submit(bob, remove(cy)).await.expect("an admin removes a member");
    assert_eq!(house.submit(bob, remove(cy)).await.expect_err("gone").code, Code::NotFound);
    let add = |user| Change::AddMember { room, user };
    assert_eq!(house.submit(ada, add(bob)).await.expect_err("is one").code, Code::Conflict);
    let nobody = house.submit(ada, add(UserId::random())).await.expect_err("no such user");
    assert_eq!(nobody.code, Code::NotFound);
    let system = house.submit(ada, add(UserId::SYSTEM)).await.expect_err("no such user");
    assert_eq!(system.code, Code::NotFound);
}

async fn the_system_user_makes_rooms_without_members(house: House) {
    let room = house.room(UserId::SYSTEM, Visibility::Public).await;
    let access = house.store.rooms.access(room, UserId::SYSTEM).await.expect("up");
    assert_eq!(access.expect("there").room.members, 0);
    assert_eq!(house.post(UserId::SYSTEM, room, "welcome").await, Seq::new(2));
    let archive = Change::ArchiveRoom { room, archived: true };
    house.submit(UserId::SYSTEM, archive).await.expect("the server may");
    let join = house.submit(UserId::SYSTEM, Change::Join { room }).await;
    assert_eq!(join.expect_err("archived").code, Code::RoomArchived);
}

async fn a_room_id_is_used_once(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    let again = house.submit(bob, create(room, Visibility::Public)).await;
    assert_eq!(again.expect_err("taken").code, Code::Conflict);
    let log_of_a_user = RoomId::from_uuid(bob.uuid());
    let hijack = house.submit(ada, create(log_of_a_user, Visibility::Public)).await;
    assert_eq!(hijack.expect_err("taken").code, Code::Conflict);
    let nobody = house.submit(UserId::random(), create(RoomId::random(), Visibility::Public)).await;
    assert_eq!(nobody.expect_err("no such user").code, Code::NotFound);
}

async fn renaming_keeps_what_is_not_named(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    house.submit(ada, rename(room, None, Some("about"))).await.expect("renamed");
    let done = house.submit(ada, rename(room, Some("name"), None)).await.expect("renamed");
    let access = house.store.rooms.access(room, ada).await.expect("up").expect("there");
    assert_eq!(access.room.name.as_str(), "name");
    assert_eq!(access.room.topic.as_str(), "about");
    let (name, topic) = (access.room.name, access.room.topic);
    assert_eq!(done.events[0].1.body, EventBody::RoomRenamed { name, topic });
}
