//! Section 5 of the protocol: who is there.

use parlor_domain::{Change, PrivacyChange, UserId, limits};
use parlor_proto::realtime::{
    CloseReason, PresenceEntry, PresenceState, SetPresence, WatchPresence, client_frame::Kind,
    server_frame,
};

use crate::{
    client::{Client, bytes},
    kit::{Kit, Person},
};

async fn watch(client: &mut Client, users: &[UserId]) {
    let user_ids = users.iter().map(|user| bytes(user.as_bytes())).collect();
    client.send(Kind::WatchPresence(WatchPresence { user_ids })).await;
}

async fn say(client: &mut Client, state: PresenceState) {
    client.send(Kind::SetPresence(SetPresence { state: state.into() })).await;
}

/// The next that is told of somebody.
async fn entry(client: &mut Client, person: &Person) -> PresenceEntry {
    let of = |kind: &server_frame::Kind| match kind {
        server_frame::Kind::Presence(told) => {
            told.entries.iter().find(|entry| entry.user_id == person.user.as_bytes()[..]).cloned()
        }
        _ => None,
    };
    client.find("presence", of).await
}

async fn state(client: &mut Client, person: &Person) -> PresenceState {
    entry(client, person).await.state()
}

/// Two people in a room.
async fn two(kit: &Kit) -> (Person, Person) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    (ada, bob)
}

pub(crate) async fn rule_5_6_who_is_watched_is_told_of(kit: &Kit) {
    let (ada, bob) = two(kit).await;
    let mut a = kit.enter(&ada).await;
    watch(&mut a, &[bob.user]).await;
    let before = entry(&mut a, &bob).await;
    assert_eq!(before.state(), PresenceState::Offline);
    assert_eq!(before.last_seen_us % 60_000_000, 0, "cut to the minute");
    let mut laptop = kit.enter(&bob).await;
    assert_eq!(state(&mut a, &bob).await, PresenceState::Online);
    let mut phone = kit.enter(&kit.second_device(&bob).await).await;
    say(&mut laptop, PresenceState::Away).await;
    say(&mut phone, PresenceState::Away).await;
    assert_eq!(state(&mut a, &bob).await, PresenceState::Away);
    say(&mut phone, PresenceState::Online).await;
    assert_eq!(state(&mut a, &bob).await, PresenceState::Online);
    // What this version does not know is ignored.
    say(&mut phone, PresenceState::Unspecified).await;
    watch(&mut laptop, &[ada.user]).await;
    assert_eq!(state(&mut laptop, &ada).await, PresenceState::Online);
    let many = vec![bob.user; limits::WATCHED + 1];
    watch(&mut a, &many).await;
    assert_eq!(a.closed().await.0, CloseReason::Protocol);
}

pub(crate) async fn rule_5_8_who_hides_and_who_is_a_stranger_are_not_there(kit: &Kit) {
    let (ada, bob) = two(kit).await;
    let eve = kit.person("eve").await;
    let (mut a, _b, _e) = (kit.enter(&ada).await, kit.enter(&bob).await, kit.enter(&eve).await);
    watch(&mut a, &[bob.user, eve.user]).await;
    // Both in one frame: it is one go.
    let first = |kind: &server_frame::Kind| match kind {
        server_frame::Kind::Presence(told) => Some(told.entries.clone()),
        _ => None,
    };
    let told = a.find("presence", first).await;
    let of = |person: &Person| {
        let entry = |entry: &&PresenceEntry| entry.user_id == person.user.as_bytes()[..];
        told.iter().find(entry).cloned().expect("told of")
    };
    assert_eq!(of(&bob).state(), PresenceState::Online);
    let stranger = of(&eve);
    let hide =
        |on| Change::SetPrivacy(PrivacyChange { invisible: Some(on), ..PrivacyChange::default() });
    kit.change(bob.user, hide(true)).await;
    let hidden = entry(&mut a, &bob).await;
    let what = |entry: &PresenceEntry| (entry.state(), entry.last_seen_us);
    assert_eq!(what(&hidden), (PresenceState::Offline, 0));
    assert_eq!(what(&stranger), what(&hidden), "nothing tells them apart");
    kit.change(bob.user, hide(false)).await;
    assert_eq!(state(&mut a, &bob).await, PresenceState::Online);
}

pub(crate) async fn rule_5_8_a_block_hides_both_from_each_other(kit: &Kit) {
    let (ada, bob) = two(kit).await;
    let (mut a, mut b) = (kit.enter(&ada).await, kit.enter(&bob).await);
    watch(&mut a, &[bob.user]).await;
    watch(&mut b, &[ada.user]).await;
    assert_eq!(state(&mut a, &bob).await, PresenceState::Online);
    assert_eq!(state(&mut b, &ada).await, PresenceState::Online);
    kit.change(bob.user, Change::Block { other: ada.user, on: true }).await;
    for (client, other) in [(&mut a, &bob), (&mut b, &ada)] {
        let told = entry(client, other).await;
        assert_eq!((told.state(), told.last_seen_us), (PresenceState::Offline, 0));
    }
    // A session that begins now is told nothing else.
    let mut phone = kit.enter(&kit.second_device(&ada).await).await;
    watch(&mut phone, &[bob.user]).await;
    let told = entry(&mut phone, &bob).await;
    assert_eq!((told.state(), told.last_seen_us), (PresenceState::Offline, 0));
    kit.change(bob.user, Change::Block { other: ada.user, on: false }).await;
    assert_eq!(state(&mut a, &bob).await, PresenceState::Online);
    assert_eq!(state(&mut b, &ada).await, PresenceState::Online);
}
