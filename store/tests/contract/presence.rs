//! Whose presence is known to whom, and when devices were seen.

use std::time::Duration;

use parlor_domain::{Change, PrivacyChange, UserId, Visibility};

use crate::house::{House, contract, new_device};

contract! {
    who_is_known_are_friends_and_those_in_a_room_together,
    what_a_user_has_decided_holds_in_both_directions,
    devices_are_seen_together_and_never_earlier_than_before,
}

async fn known(house: &House, user: UserId, others: &[UserId]) -> Vec<(UserId, bool)> {
    let found = house.store.presence.acquaintances(user, others).await.expect("up");
    let mut found: Vec<_> =
        found.into_iter().map(|one| (one.user, one.last_seen.is_some())).collect();
    found.sort_by_key(|(user, _)| others.iter().position(|other| other == user));
    found
}

async fn who_is_known_are_friends_and_those_in_a_room_together(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let (cy, eve) = (house.user("cy").await, house.user("eve").await);
    let others = [bob, cy, eve, UserId::random()];
    assert_eq!(known(&house, ada, &others).await, []);
    let room = house.room(ada, Visibility::Private).await;
    house.submit(ada, Change::AddMember { room, user: bob }).await.expect("added");
    house.submit(ada, Change::Befriend { other: cy }).await.expect("asked");
    assert_eq!(known(&house, ada, &others).await, [(bob, true)], "who is asked is no friend");
    house.submit(cy, Change::Befriend { other: ada }).await.expect("accepted");
    assert_eq!(known(&house, ada, &others).await, [(bob, true), (cy, true)]);
    assert_eq!(known(&house, cy, &[ada, bob]).await, [(ada, true)]);
    let hide = PrivacyChange { invisible: Some(true), ..PrivacyChange::default() };
    house.submit(bob, Change::SetPrivacy(hide)).await.expect("kept");
    house.submit(cy, Change::Block { other: ada, on: true }).await.expect("blocked");
    assert_eq!(known(&house, ada, &others).await, [(bob, false)], "no friend any more");
    house.submit(ada, Change::RemoveMember { room, user: bob }).await.expect("removed");
    assert_eq!(known(&house, ada, &others).await, []);
    // In one room with whom one blocks: known, and never seen.
    house.submit(ada, Change::AddMember { room, user: eve }).await.expect("added");
    house.submit(ada, Change::Block { other: eve, on: true }).await.expect("blocked");
    assert_eq!(known(&house, ada, &others).await, [(eve, false)]);
    assert_eq!(known(&house, eve, &[ada]).await, [(ada, false)]);
    assert_eq!(known(&house, ada, &[]).await, []);
}

async fn what_a_user_has_decided_holds_in_both_directions(house: House) {
    let (ada, bob, eve) =
        (house.user("ada").await, house.user("bob").await, house.user("eve").await);
    let standing = async |user| {
        let mut standing = house.store.presence.standing(user).await.expect("up");
        standing.hidden_from.sort_unstable();
        (standing.invisible, standing.hidden_from)
    };
    assert_eq!(standing(ada).await, (false, vec![]));
    house.submit(ada, Change::Block { other: bob, on: true }).await.expect("blocked");
    house.submit(bob, Change::Block { other: ada, on: true }).await.expect("blocked");
    house.submit(eve, Change::Block { other: ada, on: true }).await.expect("blocked");
    let mut both = vec![bob, eve];
    both.sort_unstable();
    assert_eq!(standing(ada).await, (false, both), "each once");
    assert_eq!(standing(eve).await, (false, vec![ada]));
    house.submit(ada, Change::Block { other: bob, on: false }).await.expect("lifted");
    assert_eq!(standing(bob).await, (false, vec![ada]), "his own stays");
    let hide = PrivacyChange { invisible: Some(true), ..PrivacyChange::default() };
    house.submit(bob, Change::SetPrivacy(hide)).await.expect("kept");
    assert_eq!(standing(bob).await, (true, vec![ada]));
    assert_eq!(standing(UserId::random()).await, (false, vec![]));
}

async fn devices_are_seen_together_and_never_earlier_than_before(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let mut devices = Vec::new();
    for (user, bits) in [(ada, 1), (ada, 2), (bob, 3)] {
        let new = new_device(user, [bits; 16]);
        let id = new.id;
        house.writer.create_device(new).await.expect("made");
        devices.push(id);
    }
    let at = async |device| {
        let device = house.store.accounts.device(device).await.expect("up").expect("there");
        device.seen_at
    };
    let before = at(devices[1]).await;
    let later = house.advance(Duration::from_secs(3_600));
    house.store.presence.saw(&[devices[0], devices[2]], later).await.expect("up");
    assert_eq!([at(devices[0]).await, at(devices[2]).await], [later, later]);
    assert_eq!(at(devices[1]).await, before);
    house.store.presence.saw(&devices, before).await.expect("up");
    assert_eq!(at(devices[0]).await, later, "what is known is newer");
    house.store.presence.saw(&[], later).await.expect("nothing to do");
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let seen = house.store.presence.acquaintances(bob, &[ada]).await.expect("up");
    assert_eq!(seen[0].last_seen, Some(later), "the newest of her devices");
}
