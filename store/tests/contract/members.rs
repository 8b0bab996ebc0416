//! Who is what in a room, who is kept out, and what a member wants of it.

use std::time::Duration;

use parlor_domain::{
    Ban, Change, Code, EventBody, LogId, Notify, Preferences, PreferencesChange, Role, RoomId,
    UserId, Visibility,
};
use parlor_store::Done;

use crate::house::{House, command, contract};

contract! {
    a_role_changes_in_the_rooms_log_and_in_its_bearers,
    a_room_is_handed_over_and_keeps_an_owner,
    who_is_banned_stays_out_until_the_ban_is_lifted,
    c19_a_ban_ends_a_membership_in_the_same_event,
    only_an_owner_bans_an_owner_and_nobody_themselves,
    preferences_are_kept_until_the_room_is_left,
}

fn set_role(room: RoomId, user: UserId, role: Role) -> Change {
    Change::SetRole { room, user, role }
}

fn ban(room: RoomId, user: UserId, on: bool) -> Change {
    Change::Ban { room, user, on }
}

fn prefer(room: RoomId, notify: Option<Notify>, favourite: Option<bool>) -> Change {
    Change::SetPreferences { room, change: PreferencesChange { notify, favourite } }
}

fn bodies(done: &Done) -> Vec<(LogId, EventBody)> {
    done.events.iter().map(|(log, event)| (*log, event.body.clone())).collect()
}

async fn roles(house: &House, room: RoomId) -> Vec<(UserId, Role)> {
    let members = house.store.rooms.members(room, None, 100).await.expect("up");
    members.into_iter().map(|member| (member.user.id, member.role)).collect()
}

async fn preferences(house: &House, user: UserId, room: RoomId) -> Preferences {
    house.store.rooms.summaries(user, &[room]).await.expect("up")[0].preferences
}

async fn refused(house: &House, actor: UserId, change: Change) -> Code {
    house.submit(actor, change).await.expect_err("refused").code
}

async fn a_role_changes_in_the_rooms_log_and_in_its_bearers(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let role = Role::Admin;
    let done = house.submit(ada, set_role(room, bob, role)).await.expect("given");
    let told = [
        (LogId::from(room), EventBody::RoleChanged { user: bob, role }),
        (LogId::from(bob), EventBody::OwnRoleChanged { room, role }),
    ];
    assert_eq!(bodies(&done), told);
    let member = house.store.rooms.member(room, bob).await.expect("up").expect("a member");
    assert_eq!(member.role, role);
    assert_eq!(house.store.rooms.summaries(bob, &[room]).await.expect("up")[0].role, role);
    let again = house.submit(ada, set_role(room, bob, role)).await.expect("is so");
    assert!(again.events.is_empty());
    let eve = house.user("eve").await;
    assert_eq!(refused(&house, ada, set_role(room, eve, role)).await, Code::NotFound);
    assert_eq!(house.store.rooms.member(room, eve).await.expect("up"), None);
}

async fn a_room_is_handed_over_and_keeps_an_owner(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    let step_down = || set_role(room, ada, Role::Member);
    assert_eq!(refused(&house, ada, step_down()).await, Code::LastOwner);
    house.submit(bob, Change::Join { room }).await.expect("joined");
    // In one batch, where the owners are counted while it is decided.
    let batch = [
        command(ada, set_role(room, bob, Role::Owner)),
        command(ada, step_down()),
        command(bob, set_role(room, bob, Role::Admin)),
        command(ada, set_role(room, ada, Role::Owner)),
    ];
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    let codes: Vec<_> = done.iter().map(|done| done.as_ref().err().map(|no| no.code)).collect();
    assert_eq!(codes, [None, None, Some(Code::LastOwner), Some(Code::Forbidden)]);
    let mut expected = [(ada, Role::Member), (bob, Role::Owner)];
    expected.sort_by_key(|(user, _)| *user);
    assert_eq!(roles(&house, room).await, expected);
    assert_eq!(refused(&house, bob, set_role(room, bob, Role::Admin)).await, Code::LastOwner);
    assert_eq!(refused(&house, bob, Change::Leave { room }).await, Code::LastOwner);
    house.submit(ada, Change::Leave { room }).await.expect("no owner any more");
    house.submit(bob, Change::Leave { room }).await.expect("nobody is left behind");
}

async fn who_is_banned_stays_out_until_the_ban_is_lifted(house: House) {
    let (ada, eve) = (house.user("ada").await, house.user("eve").await);
    let room = house.room(ada, Visibility::Public).await;
    let at = house.advance(Duration::from_secs(1));
    let done = house.submit(ada, ban(room, eve, true)).await.expect("banned");
    let banned = EventBody::MemberBanned { user: eve, was_member: false };
    assert_eq!(bodies(&done), [(LogId::from(room), banned)], "who was no member");
    house.advance(Duration::from_secs(1));
    let again = house.submit(ada, ban(room, eve, true)).await.expect("is so");
    assert_eq!((again.seq, again.events.len()), (done.seq, 0));
    assert_eq!(refused(&house, eve, Change::Join { room }).await, Code::Forbidden);
    let add = || Change::AddMember { room, user: eve };
    assert_eq!(refused(&house, ada, add()).await, Code::Conflict);
    let bans = async || house.store.rooms.bans(room, None, 10).await.expect("up");
    assert_eq!(bans().await, [Ban { user: eve, by: ada, at }]);
    assert_eq!(house.store.rooms.bans(room, Some(eve), 10).await.expect("up"), []);

    let done = house.submit(ada, ban(room, eve, false)).await.expect("lifted");
    assert_eq!(bodies(&done), [(LogId::from(room), EventBody::MemberUnbanned { user: eve })]);
    let again = house.submit(ada, ban(room, eve, false)).await.expect("is so");
    assert!(again.events.is_empty());
    assert_eq!(bans().await, []);
    house.submit(eve, Change::Join { room }).await.expect("may come again");
    // In one batch, where who is banned is known while it is decided.
    let batch = [
        command(ada, ban(room, eve, true)),
        command(eve, Change::Join { room }),
        command(ada, add()),
    ];
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    let codes: Vec<_> = done.iter().map(|done| done.as_ref().err().map(|no| no.code)).collect();
    assert_eq!(codes, [None, Some(Code::Forbidden), Some(Code::Conflict)]);
}

async fn c19_a_ban_ends_a_membership_in_the_same_event(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Private).await;
    house.submit(ada, Change::AddMember { room, user: bob }).await.expect("added");
    let done = house.submit(ada, ban(room, bob, true)).await.expect("banned");
    let told = [
        (LogId::from(room), EventBody::MemberBanned { user: bob, was_member: true }),
        (LogId::from(bob), EventBody::RoomRemoved { room }),
    ];
    assert_eq!(bodies(&done), told);
    let access = house.store.rooms.access(room, bob).await.expect("up").expect("there");
    assert_eq!((access.room.members, access.role), (1, None));
    assert_eq!(refused(&house, bob, ban(room, bob, false)).await, Code::NotFound, "a private room");
}

async fn only_an_owner_bans_an_owner_and_nobody_themselves(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    house.set_role(room, bob, Role::Admin).await;
    assert_eq!(refused(&house, bob, ban(room, ada, true)).await, Code::Forbidden);
    assert_eq!(refused(&house, ada, ban(room, ada, true)).await, Code::InvalidArgument);
    let nobody = ban(room, UserId::random(), true);
    assert_eq!(refused(&house, ada, nobody).await, Code::NotFound);
    house.set_role(room, bob, Role::Owner).await;
    house.submit(bob, ban(room, ada, true)).await.expect("an owner may");
    assert_eq!(roles(&house, room).await, [(bob, Role::Owner)]);
}

async fn preferences_are_kept_until_the_room_is_left(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    let mentions = prefer(room, Some(Notify::Mentions), None);
    assert_eq!(refused(&house, bob, mentions.clone()).await, Code::Forbidden, "no member");
    house.submit(bob, Change::Join { room }).await.expect("joined");
    assert_eq!(preferences(&house, bob, room).await, Preferences::default());
    house.submit(bob, mentions.clone()).await.expect("kept");
    let done = house.submit(bob, prefer(room, None, Some(true))).await.expect("kept");
    let both = Preferences { notify: Notify::Mentions, favourite: true };
    let told = EventBody::PreferencesChanged { room, preferences: both };
    assert_eq!(bodies(&done), [(LogId::from(bob), told)], "in bob's own log alone");
    assert_eq!(preferences(&house, bob, room).await, both);
    assert_eq!(preferences(&house, ada, room).await, Preferences::default());
    let again = house.submit(bob, mentions).await.expect("is so");
    assert!(again.events.is_empty());
    let elsewhere = house.room(bob, Visibility::Public).await;
    assert_eq!(preferences(&house, bob, elsewhere).await, Preferences::default());

    house.submit(bob, Change::Leave { room }).await.expect("left");
    house.submit(bob, Change::Join { room }).await.expect("back");
    assert_eq!(preferences(&house, bob, room).await, Preferences::default());
    // The same in one batch.
    let favourite = || prefer(room, None, Some(true));
    let batch = [
        favourite(),
        Change::Leave { room },
        Change::Join { room },
        prefer(room, None, Some(false)),
    ]
    .map(|change| command(bob, change));
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    let last = done[3].as_ref().expect("answered");
    assert!(last.events.is_empty(), "no favourite since it was left");
    house.submit(bob, favourite()).await.expect("kept");
    let preferred = Preferences { favourite: true, ..Preferences::default() };
    assert_eq!(preferences(&house, bob, room).await, preferred);
}
