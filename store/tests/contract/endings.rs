//! How rooms and accounts end.

use std::time::Duration;

use parlor_domain::{
    Change, Code, EventBody, InviteCode, InviteId, InviteTerms, LogId, Notify, PreferencesChange,
    RequestId, Role, RoomId, Seq, Standing, Tie, UserId, Visibility, direct_room,
};
use parlor_store::{Ending, From};

use crate::house::{House, command, contract, hash, new_device};

contract! {
    a_deleted_room_is_there_for_nobody,
    r5_only_owners_delete_and_restore_a_room,
    members_hear_that_a_room_is_gone_and_that_it_is_back,
    a_restored_room_has_all_that_was_in_it,
    a_room_is_not_restored_after_its_time,
    a_purge_leaves_nothing_of_the_room_and_everything_of_others,
    c2_a_purged_room_is_never_made_again,
    a_deactivated_account_is_left_alone_until_it_is_back,
    a_deleted_account_keeps_its_name_to_itself,
    rooms_pass_to_the_longest_standing_admin,
    a_room_whose_last_member_goes_is_archived,
    messages_are_withdrawn_from_wherever_they_are,
    what_a_deleted_account_kept_is_cleared,
    a_copy_holds_what_one_said_everywhere,
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn delete(room: RoomId) -> Change {
    Change::DeleteRoom { room, kept_for: 30 * DAY }
}

fn restore(room: RoomId) -> Change {
    Change::RestoreRoom { room }
}

async fn refused(house: &House, actor: UserId, change: Change) -> Code {
    house.submit(actor, change).await.expect_err("refused").code
}

/// Tells everybody who has not heard yet. Returns how many heard.
pub(crate) async fn tell(house: &House) -> usize {
    let untold = house.endings.untold(100).await.expect("up");
    for (room, user) in &untold {
        let tell = Change::TellMember { room: *room, user: *user };
        house.submit(UserId::SYSTEM, tell).await.expect("told");
    }
    house.endings.note_told().await.expect("up");
    untold.len()
}

async fn bodies(house: &House, log: impl Into<LogId>, after: Seq) -> Vec<EventBody> {
    let page = house.store.log.after(log.into(), after, 1_000).await.expect("up").expect("there");
    page.events.into_iter().map(|event| event.body).collect()
}

async fn head(house: &House, log: impl Into<LogId>) -> Seq {
    house.store.log.head(log.into()).await.expect("up").expect("there").seq
}

async fn count(house: &House, sql: &str) -> i64 {
    house.number(sql).await
}

async fn a_deleted_room_is_there_for_nobody(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let seq = house.post(bob, room, "hello").await;
    let request = command(ada, delete(room));
    let done = house.repeat(&request).await.expect("deleted");
    assert!(matches!(&done.events[..], [(log, event)]
        if *log == LogId::from(room) && event.body == EventBody::RoomDeleted));
    let again = house.repeat(&request).await.expect("the same");
    assert_eq!((again.seq, again.events.len()), (done.seq, 0), "C2");
    let rooms = &house.store.rooms;
    for who in [ada, bob, UserId::SYSTEM] {
        assert_eq!(rooms.access(room, who).await.expect("up"), None);
        assert_eq!(rooms.mine(who, None, 10).await.expect("up"), []);
        assert_eq!(rooms.summaries(who, &[room]).await.expect("up"), []);
    }
    assert_eq!(rooms.directory(None, None, 10).await.expect("up"), []);
    let eve = house.user("eve").await;
    for (who, change) in [
        (ada, crate::house::post(room, "x")),
        (ada, delete(room)),
        (bob, Change::Leave { room }),
        (bob, Change::MarkRead { room, seq }),
        (bob, Change::Delete { room, message: seq }),
        (eve, Change::Join { room }),
        (ada, Change::AddMember { room, user: eve }),
        (ada, Change::SetRole { room, user: bob, role: Role::Owner }),
        (ada, Change::ArchiveRoom { room, archived: true }),
    ] {
        assert_eq!(refused(&house, who, change.clone()).await, Code::NotFound, "{change:?}");
    }
    let deleted = rooms.deleted(ada, house.advance(DAY), None, 10).await.expect("up");
    let [found] = &deleted[..] else { panic!("{deleted:?}") };
    assert_eq!((found.room.id, found.deleted_by, found.room.members), (room, ada, 2));
    assert_eq!(found.kept_until, found.deleted_at.plus(30 * DAY));
    let now = house.advance(Duration::ZERO);
    assert_eq!(rooms.deleted(bob, now, None, 10).await.expect("up"), [], "no owner");
    assert_eq!(rooms.deleted(ada, now, Some(room), 10).await.expect("up"), []);
}

async fn r5_only_owners_delete_and_restore_a_room(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Private).await;
    assert_eq!(refused(&house, bob, delete(room)).await, Code::NotFound, "an outsider");
    house.submit(ada, Change::AddMember { room, user: bob }).await.expect("added");
    for role in [Role::Member, Role::Admin] {
        house.set_role(room, bob, role).await;
        assert_eq!(refused(&house, bob, delete(room)).await, Code::Forbidden);
        assert_eq!(refused(&house, bob, restore(room)).await, Code::Forbidden, "it is there");
    }
    let there = house.submit(ada, restore(room)).await.expect("is so");
    assert!(there.events.is_empty());
    house.submit(ada, delete(room)).await.expect("deleted");
    tell(&house).await;
    assert_eq!(refused(&house, bob, restore(room)).await, Code::NotFound);
    assert_eq!(refused(&house, house.user("eve").await, restore(room)).await, Code::NotFound);
    house.submit(ada, restore(room)).await.expect("restored");
    let direct = direct_room(ada, bob);
    house.submit(ada, Change::OpenDirect { room: direct, other: bob }).await.expect("opened");
    assert_eq!(refused(&house, ada, delete(direct)).await, Code::Forbidden);
}

async fn members_hear_that_a_room_is_gone_and_that_it_is_back(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let wanted = PreferencesChange { notify: Some(Notify::None), favourite: Some(true) };
    house.submit(bob, Change::SetPreferences { room, change: wanted }).await.expect("kept");
    let before = head(&house, bob).await;
    house.submit(ada, delete(room)).await.expect("deleted");
    assert_eq!(refused(&house, ada, restore(room)).await, Code::Unavailable, "not all know");
    assert_eq!(tell(&house).await, 2);
    assert_eq!(tell(&house).await, 0, "each once");
    let tell_again = Change::TellMember { room, user: bob };
    let again = house.submit(UserId::SYSTEM, tell_again).await.expect("knows");
    assert!(again.events.is_empty());
    assert_eq!(bodies(&house, bob, before).await, [EventBody::RoomRemoved { room }]);
    house.submit(ada, restore(room)).await.expect("restored");
    assert_eq!(refused(&house, ada, delete(room)).await, Code::Unavailable, "not all know");
    assert_eq!(tell(&house).await, 2);
    let preferences = house.store.rooms.summaries(bob, &[room]).await.expect("up")[0].preferences;
    let back = [
        EventBody::RoomRemoved { room },
        EventBody::RoomAdded { room },
        EventBody::PreferencesChanged { room, preferences },
    ];
    assert_eq!(bodies(&house, bob, before).await, back);
    assert_eq!((preferences.notify, preferences.favourite), (Notify::None, true));
    house.submit(ada, delete(room)).await.expect("deleted again");
}

async fn a_restored_room_has_all_that_was_in_it(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let seq = house.post(bob, room, "hello @ada").await;
    house.submit(ada, Change::Pin { room, message: seq, on: true }).await.expect("pinned");
    house.submit(ada, Change::MarkRead { room, seq }).await.expect("read");
    let invite = InviteId::random();
    let code = InviteCode::from_random(*invite.as_bytes());
    let terms = InviteTerms::new(None, None).expect("valid");
    let link = Change::CreateInvite { room, invite, code, terms };
    house.submit(ada, link).await.expect("made");
    let load = async || {
        let rooms = &house.store.rooms;
        let history = rooms.history(room, ada, From::After(Seq::ZERO), 100).await.expect("up");
        (
            rooms.members(room, None, 10).await.expect("up"),
            history.expect("there").messages,
            rooms.pins(room).await.expect("up"),
            rooms.invites(room, None, house.advance(Duration::ZERO), None, 10).await.expect("up"),
            rooms.mine(ada, None, 10).await.expect("up")[0].read,
        )
    };
    let before = load().await;
    house.submit(ada, delete(room)).await.expect("deleted");
    tell(&house).await;
    let eve = house.user("eve").await;
    let accept = || Change::JoinByInvite { room, invite };
    assert_eq!(refused(&house, eve, accept()).await, Code::NotFound, "a link of a deleted room");
    let done = house.submit(ada, restore(room)).await.expect("restored");
    assert_eq!(done.events[0].1.body, EventBody::RoomRestored);
    tell(&house).await;
    assert_eq!(load().await, before);
    house.submit(eve, accept()).await.expect("the link holds again");
    house.post(bob, room, "still a member").await;
}

async fn a_room_is_not_restored_after_its_time(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Private).await;
    house.submit(ada, delete(room)).await.expect("deleted");
    tell(&house).await;
    let now = house.advance(30 * DAY);
    assert_eq!(house.store.rooms.deleted(ada, now, None, 10).await.expect("up"), []);
    assert_eq!(refused(&house, ada, restore(room)).await, Code::NotFound, "not purged yet");
}

async fn a_purge_leaves_nothing_of_the_room_and_everything_of_others(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let (gone, kept) =
        (house.room(ada, Visibility::Public).await, house.room(ada, Visibility::Public).await);
    for room in [gone, kept] {
        house.submit(bob, Change::Join { room }).await.expect("joined");
        let seq = house.post(bob, room, "hello @ada").await;
        house.submit(ada, crate::house::react(room, seq, "👍", true)).await.expect("put");
        house.submit(ada, Change::Pin { room, message: seq, on: true }).await.expect("pinned");
        let body = crate::house::body("hello again @ada");
        house.submit(bob, Change::Edit { room, message: seq, body }).await.expect("edited");
        house.submit(ada, Change::MarkRead { room, seq }).await.expect("read");
        let change = PreferencesChange { notify: None, favourite: Some(true) };
        house.submit(bob, Change::SetPreferences { room, change }).await.expect("kept");
        let eve = UserId::random();
        assert_eq!(
            refused(&house, ada, Change::Ban { room, user: eve, on: true }).await,
            Code::NotFound
        );
    }
    let before = count(&house, "SELECT COUNT(*) FROM events").await;
    house.submit(ada, delete(gone)).await.expect("deleted");
    tell(&house).await;
    assert!(!house.endings.purge().await.expect("up"), "not yet");
    house.advance(30 * DAY);
    let mut steps = 0;
    while house.endings.purge().await.expect("up") {
        steps += 1;
        assert!(steps < 100, "it ends");
        assert_eq!(refused(&house, ada, restore(gone)).await, Code::NotFound);
    }
    assert!(steps > 8, "one table after the other: {steps}");
    let room = house.literal(gone.uuid());
    for table in [
        "messages",
        "edits",
        "reactions",
        "mentions",
        "pins",
        "members",
        "reads",
        "preferences",
        "search_docs",
    ] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE room_id = {room}");
        assert_eq!(count(&house, &sql).await, 0, "{table}");
        assert_ne!(count(&house, &format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
    assert_eq!(
        count(&house, &format!("SELECT COUNT(*) FROM events WHERE log_id = {room}")).await,
        0
    );
    assert_eq!(count(&house, &format!("SELECT COUNT(*) FROM rooms WHERE id = {room}")).await, 0);
    assert!(count(&house, "SELECT COUNT(*) FROM events").await < before);
    let summary = house.store.rooms.mine(bob, None, 10).await.expect("up").remove(0);
    assert_eq!((summary.room.id, summary.preferences.favourite), (kept, true));
    let history = house.store.rooms.history(kept, bob, From::After(Seq::ZERO), 10).await;
    let [message] = &history.expect("up").expect("there").messages[..] else { panic!("one") };
    assert!(
        message.pinned && message.reactions.len() == 1 && message.mentions.users.contains(&ada)
    );
}

async fn c2_a_purged_room_is_never_made_again(house: House) {
    let ada = house.user("ada").await;
    let room = RoomId::random();
    let create = command(ada, crate::house::create(room, Visibility::Public));
    house.repeat(&create).await.expect("made");
    house
        .submit(ada, Change::DeleteRoom { room, kept_for: Duration::ZERO })
        .await
        .expect("deleted");
    assert!(!house.endings.purge().await.expect("up"), "the owner has not heard of it");
    tell(&house).await;
    while house.endings.purge().await.expect("up") {}
    let again = house.repeat(&create).await.expect_err("long gone");
    assert_eq!(again.code, Code::Conflict);
    assert_eq!(house.store.rooms.access(room, ada).await.expect("up"), None);
}

async fn a_deactivated_account_is_left_alone_until_it_is_back(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Private).await;
    let (mine, direct) = (house.room(bob, Visibility::Private).await, direct_room(ada, bob));
    house.submit(ada, Change::AddMember { room, user: bob }).await.expect("added");
    house.submit(ada, Change::OpenDirect { room: direct, other: bob }).await.expect("opened");
    let device = new_device(bob, *uuid::Uuid::new_v4().as_bytes());
    house.writer.create_device(device.clone()).await.expect("signed in");
    let revoked = house.writer.deactivate(bob).await.expect("up").expect("may");
    assert!(revoked.len() == 2 && revoked.contains(&device.id), "C19: {revoked:?}");
    let known = house.store.accounts.user(bob).await.expect("up").expect("there");
    assert_eq!((known.standing, known.name.as_str()), (Standing::Deactivated, "bob"));
    let query = parlor_domain::PersonQuery::parse("bob").expect("valid");
    let found = async || house.store.accounts.search(&query, None, 10).await.expect("up").len();
    assert_eq!(found().await, 0);
    let befriend = || Change::Befriend { other: bob };
    assert_eq!(refused(&house, ada, befriend()).await, Code::Conflict);
    let elsewhere = house.room(ada, Visibility::Private).await;
    let add = || Change::AddMember { room: elsewhere, user: bob };
    assert_eq!(refused(&house, ada, add()).await, Code::Conflict);
    assert_eq!(refused(&house, ada, crate::house::post(direct, "x")).await, Code::Forbidden);
    let eve = house.user("eve").await;
    let open = || Change::OpenDirect { room: direct_room(eve, bob), other: bob };
    assert_eq!(refused(&house, eve, open()).await, Code::Forbidden);
    house.submit(ada, Change::OpenDirect { room: direct, other: bob }).await.expect("it is there");
    let members = house.store.rooms.members(room, None, 10).await.expect("up");
    assert_eq!(members.len(), 2, "memberships stay");
    let role = house.store.rooms.member(mine, bob).await.expect("up").expect("there").role;
    assert_eq!(role, Role::Owner, "and rooms are kept");

    house.writer.reactivate(bob).await.expect("up");
    let known = house.store.accounts.user(bob).await.expect("up").expect("there");
    assert_eq!((known.standing, found().await), (Standing::Active, 1));
    house.post(ada, direct, "welcome back").await;
    house.submit(ada, befriend()).await.expect("asked");
    house.submit(ada, add()).await.expect("added");
}

async fn a_deleted_account_keeps_its_name_to_itself(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let direct = direct_room(ada, bob);
    house.submit(ada, Change::OpenDirect { room: direct, other: bob }).await.expect("opened");
    let token = *uuid::Uuid::new_v4().as_bytes();
    let device = new_device(bob, token);
    house.writer.create_device(device.clone()).await.expect("signed in");
    let devices = house.writer.delete_user(bob, false).await.expect("up").expect("may");
    assert!(devices.len() == 2 && devices.contains(&device.id));
    assert_eq!(house.writer.delete_user(bob, true).await.expect("up").expect("may"), [], "once");
    let accounts = &house.store.accounts;
    assert_eq!(accounts.device(device.id).await.expect("up"), None);
    assert_eq!(accounts.device_of_refresh(&hash(token)).await.expect("up"), None);
    let name = parlor_domain::UserName::parse("bob").expect("valid");
    assert!(accounts.credentials(&name).await.expect("up").is_none());
    assert!(accounts.credentials_of(bob).await.expect("up").is_none());
    let known = accounts.user(bob).await.expect("up").expect("there");
    assert_eq!(known.standing, Standing::Deleted);
    assert_eq!(known.profile.display_name.as_str(), "Deleted account");
    assert!(known.name.as_str().starts_with("deleted-"), "{}", known.name.as_str());
    let (user, device) = crate::house::new_user("bob");
    assert!(house.writer.create_user(user, device).await.is_err(), "the name stays taken");
    assert_eq!(refused(&house, ada, crate::house::post(direct, "x")).await, Code::Forbidden);
    house.writer.reactivate(bob).await.expect("up");
    let known = accounts.user(bob).await.expect("up").expect("there");
    assert_eq!(known.standing, Standing::Deleted, "for good");
    // Who was signed in when it happened makes nothing new of the account.
    let room = house.room(ada, Visibility::Public).await;
    assert_eq!(refused(&house, bob, Change::Join { room }).await, Code::Conflict);
    let create = crate::house::create(RoomId::random(), Visibility::Public);
    assert_eq!(refused(&house, bob, create).await, Code::Conflict);
    assert_eq!(refused(&house, bob, Change::Befriend { other: ada }).await, Code::Conflict);
    let endings = house.endings.accounts(10).await.expect("up");
    assert_eq!(endings, [Ending { user: bob, erase_messages: false }]);
    assert_eq!(house.endings.peers(bob, None, 10).await.expect("up"), [ada]);
    assert_eq!(house.endings.peers(bob, Some(ada), 10).await.expect("up"), []);
    let request_id = RequestId::from_uuid(bob.uuid());
    let tell = parlor_domain::Command {
        request_id,
        actor: bob,
        change: Change::TellDeleted { other: ada },
    };
    let told = house.repeat(&tell).await.expect("told");
    assert_eq!(told.events[0].1.body, EventBody::AccountDeleted { user: bob });
    assert!(house.repeat(&tell).await.expect("told").events.is_empty(), "once");
}

async fn rooms_pass_to_the_longest_standing_admin(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let (cy, dan) = (house.user("cy").await, house.user("dan").await);
    let room = house.room(ada, Visibility::Public).await;
    for who in [bob, cy, dan] {
        house.advance(Duration::from_secs(1));
        house.submit(who, Change::Join { room }).await.expect("joined");
    }
    let heir = async || house.endings.memberships(ada, 10).await.expect("up")[0].heir;
    assert_eq!(heir().await, Some(bob), "the longest-standing member");
    house.set_role(room, dan, Role::Admin).await;
    assert_eq!(heir().await, Some(dan), "an admin before members");
    house.writer.deactivate(dan).await.expect("up").expect("may");
    assert_eq!(heir().await, Some(bob), "who is there before who is not");
    house.writer.reactivate(dan).await.expect("up");
    let depart = |heir| Change::Depart { room, heir };
    for nobody in [None, Some(ada), Some(UserId::random())] {
        assert_eq!(refused(&house, ada, depart(nobody)).await, Code::Conflict);
    }
    let done = house.submit(ada, depart(Some(dan))).await.expect("gone");
    let told: Vec<_> = done.events.iter().map(|(log, event)| (*log, event.body.clone())).collect();
    let role = Role::Owner;
    assert_eq!(
        told,
        [
            (room.into(), EventBody::RoleChanged { user: dan, role }),
            (dan.into(), EventBody::OwnRoleChanged { room, role }),
            (room.into(), EventBody::MemberLeft { user: ada }),
            (ada.into(), EventBody::RoomRemoved { room }),
        ]
    );
    let again = house.submit(ada, depart(Some(dan))).await.expect("is so");
    assert!(again.events.is_empty());
    assert_eq!(house.endings.memberships(ada, 10).await.expect("up"), []);
    let member = house.store.rooms.member(room, dan).await.expect("up").expect("there");
    assert_eq!(member.role, role);
    // A deleted room too, whose members were told.
    house.submit(dan, delete(room)).await.expect("deleted");
    tell(&house).await;
    let heir = house.endings.memberships(dan, 10).await.expect("up")[0].heir;
    let done = house.submit(dan, depart(heir)).await.expect("gone");
    assert_eq!(done.events.len(), 2, "the room's log alone");
    house.submit(bob, restore(room)).await.expect("by the new owner");
}

async fn a_room_whose_last_member_goes_is_archived(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let heir = house.endings.memberships(ada, 10).await.expect("up")[0].heir;
    let done = house.submit(ada, Change::Depart { room, heir }).await.expect("gone");
    let told: Vec<_> = done.events.iter().map(|(_, event)| event.body.clone()).collect();
    assert_eq!(
        told[..2],
        [EventBody::RoomArchived { archived: true }, EventBody::MemberLeft { user: ada },]
    );
    let access = house.store.rooms.access(room, ada).await.expect("up").expect("there");
    assert_eq!((access.room.archived, access.room.members, access.role), (true, 0, None));
}

async fn messages_are_withdrawn_from_wherever_they_are(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let rooms = [
        house.room(ada, Visibility::Public).await,
        house.room(ada, Visibility::Public).await,
        house.room(ada, Visibility::Public).await,
    ];
    let mut said = Vec::new();
    for room in rooms {
        house.submit(bob, Change::Join { room }).await.expect("joined");
        said.push((room, house.post(bob, room, "mine").await));
        house.post(ada, room, "not his").await;
    }
    house.submit(bob, Change::Leave { room: rooms[0] }).await.expect("left");
    house.submit(ada, Change::ArchiveRoom { room: rooms[1], archived: true }).await.expect("put");
    house.submit(ada, delete(rooms[2])).await.expect("deleted");
    let (room, message) = said[0];
    let others = Change::Withdraw { room, message };
    assert_eq!(refused(&house, ada, others).await, Code::Forbidden);
    for authored in house.store.rooms.authored(bob, None, 10).await.expect("up") {
        let (room, message) = (authored.room, authored.seq);
        let done = house.submit(bob, Change::Withdraw { room, message }).await.expect("gone");
        assert_eq!(done.events[0].1.body, EventBody::MessageDeleted { message });
        let again = house.submit(bob, Change::Withdraw { room, message }).await.expect("is so");
        assert!(again.events.is_empty());
    }
    assert_eq!(house.store.rooms.authored(bob, None, 10).await.expect("up"), []);
    assert_eq!(house.store.rooms.authored(ada, None, 10).await.expect("up").len(), 3);
}

async fn what_a_deleted_account_kept_is_cleared(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let seq = house.post(ada, room, "hello").await;
    house.submit(bob, Change::MarkRead { room, seq }).await.expect("read");
    let cy = house.user("cy").await;
    house.submit(bob, Change::Block { other: cy, on: true }).await.expect("blocked");
    house.submit(bob, Change::Befriend { other: ada }).await.expect("asked");
    house.writer.delete_user(bob, false).await.expect("up").expect("may");
    let parted = house.submit(bob, Change::Unfriend { other: ada }).await.expect("parted");
    assert_eq!(parted.events.len(), 2, "ada hears of it");
    let mut steps = 0;
    while house.endings.clear(bob).await.expect("up") {
        assert_eq!(house.endings.accounts(10).await.expect("up").len(), 1, "until all is done");
        steps += 1;
    }
    assert!(steps > 0);
    assert_eq!(house.endings.accounts(10).await.expect("up"), []);
    let own = house.literal(bob.uuid());
    for table in ["reads", "ties", "blocks", "preferences", "devices"] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE user_id = {own}");
        assert_eq!(count(&house, &sql).await, 0, "{table}");
    }
    assert_eq!(
        count(&house, &format!("SELECT COUNT(*) FROM events WHERE log_id = {own}")).await,
        0
    );
    let friends = house.store.friends.list(ada, Some(Tie::Asked), None, 10).await.expect("up");
    assert_eq!(friends, []);
}

async fn a_copy_holds_what_one_said_everywhere(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let mut rooms =
        [house.room(ada, Visibility::Public).await, house.room(ada, Visibility::Public).await];
    rooms.sort_unstable();
    let mut expected = Vec::new();
    for room in rooms {
        for n in 0..3 {
            let seq = house.post(ada, room, &format!("message {n}")).await;
            expected.push((room, seq, format!("message {n}")));
        }
    }
    house.submit(bob, Change::Join { room: rooms[0] }).await.expect("joined");
    house.post(bob, rooms[0], "another's").await;
    let (room, seq, text) = &mut expected[1];
    *text = "changed".into();
    let change = Change::Edit { room: *room, message: *seq, body: crate::house::body("changed") };
    house.submit(ada, change).await.expect("edited");
    let (room, message, _) = expected.remove(4);
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = house.store.rooms.authored(ada, after, 2).await.expect("up");
        let Some(last) = page.last() else { break };
        after = Some((last.room, last.seq));
        found.extend(page.into_iter().map(|it| (it.room, it.seq, it.text)));
    }
    assert_eq!(found, expected);
}
