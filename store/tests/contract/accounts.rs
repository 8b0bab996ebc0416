//! Users, devices, and the rotation of refresh tokens.

use std::time::Duration;

use futures_util::future::join_all;
use parlor_domain::{ClientName, Clock as _, DeviceId, Timestamp, UserId, UserName};
use parlor_store::{CreateUserError, Device, NewDevice, Rotated, Rotation, Seen};
use tokio::task::JoinSet;

use crate::house::{House, contract, hash, new_device, new_user};

contract! {
    users_are_found_by_id_and_name,
    a_name_is_taken_once,
    the_system_user_is_nobodys_account,
    t4_the_direct_parent_returns_the_same_child_for_a_while,
    t4_a_used_up_token_revokes_the_device,
    t5_the_grandparent_revokes_even_inside_the_grace_time,
    t5_fifty_presentations_at_once_make_one_child,
    expired_and_unknown_tokens_are_invalid,
    a_revoked_device_gets_no_token,
    a_new_password_signs_the_other_devices_out,
    devices_are_listed_while_they_are_signed_in,
    a_device_is_seen_where_it_takes_new_tokens,
    all_other_devices_are_signed_out_at_once,
}

async fn users_are_found_by_id_and_name(house: House) {
    let (new, device) = new_user("ada");
    let (id, device_id, refresh) = (new.id, device.id, device.refresh);
    let made = house.writer.create_user(new, device).await.expect("made");
    let accounts = &house.store.accounts;
    assert_eq!(accounts.user(id).await.expect("up").as_ref(), Some(&made));
    assert_eq!(made.created_at, house.clock.now());
    let bob = house.user("bob").await;
    let mut found = accounts.users(&[bob, UserId::random(), id]).await.expect("up");
    found.sort_by_key(|user| user.id);
    assert_eq!(found.iter().map(|user| user.id).collect::<Vec<_>>(), [id, bob]);
    assert!(accounts.users(&[]).await.expect("up").is_empty());
    let name = UserName::parse("ada").expect("valid");
    let by_name = accounts.credentials(&name).await.expect("up").expect("there");
    let by_id = accounts.credentials_of(id).await.expect("up").expect("there");
    assert_eq!((by_name.user, by_name.password_hash.as_str()), (made.clone(), "hash of ada"));
    assert_eq!((by_id.user, by_id.password_hash.as_str()), (made, "hash of ada"));
    let device = accounts.device(device_id).await.expect("up").expect("there");
    assert_eq!((device.user, device.revoked_at), (id, None));
    let same = accounts.device_of_refresh(&refresh).await.expect("up");
    assert_eq!(same, Some(device));
    assert_eq!(accounts.device(DeviceId::random()).await.expect("up"), None);
}

async fn a_name_is_taken_once(house: House) {
    house.user("ada").await;
    let (user, device) = new_user("ada");
    let (id, device_id) = (user.id, device.id);
    let taken = house.writer.create_user(user, device).await;
    assert!(matches!(taken, Err(CreateUserError::NameTaken)), "{taken:?}");
    assert_eq!(house.store.accounts.user(id).await.expect("up"), None);
    assert_eq!(house.store.accounts.device(device_id).await.expect("up"), None);
}

async fn the_system_user_is_nobodys_account(house: House) {
    let accounts = &house.store.accounts;
    assert_eq!(accounts.user(UserId::SYSTEM).await.expect("up"), None);
    assert!(accounts.users(&[UserId::SYSTEM]).await.expect("up").is_empty());
    assert!(accounts.credentials_of(UserId::SYSTEM).await.expect("up").is_none());
    let name = UserName::parse("system").expect("valid");
    assert!(accounts.credentials(&name).await.expect("up").is_none());
    let (user, device) = new_user("system");
    let taken = house.writer.create_user(user, device).await;
    assert!(matches!(taken, Err(CreateUserError::NameTaken)), "{taken:?}");
}

const GRACE: Duration = Duration::from_secs(10);

/// A device with a first refresh token.
async fn signed_in(house: &House, token: u8) -> NewDevice {
    let user = house.user(&format!("user{token}")).await;
    let device = new_device(user, [token; 16]);
    house.writer.create_device(device.clone()).await.expect("signed in");
    device
}

fn rotation(presented: u8, child: u8) -> Rotation {
    Rotation {
        presented: hash([presented; 16]),
        child: hash([child; 16]),
        child_expires_at: Timestamp::from_micros(9_000_000_000_000_000 + i64::from(child)),
        grace: GRACE,
        seen: Seen::default(),
    }
}

fn is_child(rotated: &Rotated, of: &NewDevice, child: u8) -> bool {
    let expected = rotation(0, child).child_expires_at;
    matches!(rotated, Rotated::Child { device, user, expires_at }
        if device.id == of.id && user.id == of.user && *expires_at == expected)
}

async fn device(house: &House, id: DeviceId) -> Device {
    house.store.accounts.device(id).await.expect("up").expect("there")
}

async fn t4_the_direct_parent_returns_the_same_child_for_a_while(house: House) {
    let phone = signed_in(&house, 1).await;
    let first = house.writer.rotate(rotation(1, 2)).await.expect("up");
    assert!(is_child(&first, &phone, 2), "{first:?}");
    house.advance(GRACE);
    let again = house.writer.rotate(rotation(1, 2)).await.expect("up");
    assert!(is_child(&again, &phone, 2), "{again:?}");
    assert_eq!(device(&house, phone.id).await.revoked_at, None);
    let next = house.writer.rotate(rotation(2, 3)).await.expect("up");
    assert!(is_child(&next, &phone, 3), "the child was handed out twice and is one: {next:?}");
}

async fn t4_a_used_up_token_revokes_the_device(house: House) {
    let phone = signed_in(&house, 1).await;
    house.writer.rotate(rotation(1, 2)).await.expect("up");
    let late = house.advance(GRACE + Duration::from_micros(1));
    let reused = house.writer.rotate(rotation(1, 2)).await.expect("up");
    let revoked = device(&house, phone.id).await;
    assert_eq!(revoked.revoked_at, Some(late));
    assert_eq!(reused, Rotated::Reused { device: revoked });
    for token in [1, 2] {
        let after = house.writer.rotate(rotation(token, 9)).await.expect("up");
        assert_eq!(after, Rotated::Invalid, "the whole family is revoked");
    }
}

async fn t5_the_grandparent_revokes_even_inside_the_grace_time(house: House) {
    let phone = signed_in(&house, 1).await;
    house.writer.rotate(rotation(1, 2)).await.expect("up");
    house.writer.rotate(rotation(2, 3)).await.expect("up");
    let reused = house.writer.rotate(rotation(1, 2)).await.expect("up");
    assert!(matches!(reused, Rotated::Reused { .. }), "{reused:?}");
    assert!(device(&house, phone.id).await.revoked_at.is_some());
}

async fn t5_fifty_presentations_at_once_make_one_child(house: House) {
    let phone = signed_in(&house, 1).await;
    // All connections are open before, so that the presentations meet.
    join_all((0..50).map(|_| house.store.accounts.user(phone.user))).await;
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let writer = house.writer.clone();
        tasks.spawn(async move { writer.rotate(rotation(1, 2)).await });
    }
    while let Some(rotated) = tasks.join_next().await {
        let rotated = rotated.expect("no panic").expect("up");
        assert!(is_child(&rotated, &phone, 2), "{rotated:?}");
    }
    assert_eq!(device(&house, phone.id).await.revoked_at, None);
    let next = house.writer.rotate(rotation(2, 3)).await.expect("up");
    assert!(is_child(&next, &phone, 3), "{next:?}");
}

async fn expired_and_unknown_tokens_are_invalid(house: House) {
    let user = house.user("ada").await;
    let mut phone = new_device(user, [1; 16]);
    phone.refresh_expires_at = house.clock.now().plus(Duration::from_secs(60));
    house.writer.create_device(phone.clone()).await.expect("signed in");
    house.advance(Duration::from_secs(60));
    assert_eq!(house.writer.rotate(rotation(1, 2)).await.expect("up"), Rotated::Invalid);
    assert_eq!(house.writer.rotate(rotation(7, 8)).await.expect("up"), Rotated::Invalid);
    assert_eq!(device(&house, phone.id).await.revoked_at, None, "expiry is no theft");
}

async fn a_revoked_device_gets_no_token(house: House) {
    let phone = signed_in(&house, 1).await;
    assert!(house.writer.revoke_device(phone.id).await.expect("up"));
    assert!(!house.writer.revoke_device(phone.id).await.expect("up"), "it was already");
    assert!(!house.writer.revoke_device(DeviceId::random()).await.expect("up"));
    assert_eq!(house.writer.rotate(rotation(1, 2)).await.expect("up"), Rotated::Invalid);
    assert_eq!(device(&house, phone.id).await.revoked_at, Some(house.clock.now()));
}

async fn a_new_password_signs_the_other_devices_out(house: House) {
    let phone = signed_in(&house, 1).await;
    let laptop = new_device(phone.user, [2; 16]);
    let tablet = new_device(phone.user, [3; 16]);
    for device in [&laptop, &tablet] {
        house.writer.create_device(device.clone()).await.expect("signed in");
    }
    let stranger = signed_in(&house, 4).await;
    house.writer.revoke_device(tablet.id).await.expect("up");
    let hash = "another hash".to_owned();
    let out = house.writer.set_password(phone.user, hash.clone(), phone.id).await.expect("up");
    // The one of the registration, and the laptop.
    assert_eq!(out.len(), 2);
    assert!(out.contains(&laptop.id));
    assert_eq!(device(&house, phone.id).await.revoked_at, None);
    assert_eq!(device(&house, stranger.id).await.revoked_at, None);
    let credentials = house.store.accounts.credentials_of(phone.user).await.expect("up");
    assert_eq!(credentials.expect("there").password_hash, hash);
}

/// A further device of the user, whose refresh token is made of this byte.
async fn further(house: &House, user: UserId, token: u8) -> NewDevice {
    let device = new_device(user, [token; 16]);
    house.writer.create_device(device.clone()).await.expect("signed in");
    device
}

async fn listed(house: &House, user: UserId) -> Vec<DeviceId> {
    let now = house.clock.now();
    let devices = house.store.accounts.devices(user, now, None, 100).await.expect("up");
    devices.into_iter().map(|device| device.id).collect()
}

async fn devices_are_listed_while_they_are_signed_in(house: House) {
    let first = signed_in(&house, 1).await;
    let user = first.user;
    signed_in(&house, 9).await;
    let registered = listed(&house, user).await;
    assert_eq!(registered.len(), 2, "that of the registration, and this one");
    let mut expected = registered.clone();
    for token in 2..6 {
        expected.push(further(&house, user, token).await.id);
    }
    expected.sort();
    assert_eq!(listed(&house, user).await, expected, "nobody else's, by id");
    let accounts = &house.store.accounts;
    let mut paged = Vec::new();
    loop {
        let after = paged.last().copied();
        let page = accounts.devices(user, house.clock.now(), after, 4).await.expect("up");
        assert!(page.len() <= 4);
        if page.is_empty() {
            break;
        }
        paged.extend(page.into_iter().map(|device| device.id));
    }
    assert_eq!(paged, expected, "page by page");

    house.writer.revoke_device(first.id).await.expect("up");
    let brief = NewDevice {
        refresh_expires_at: house.clock.now().plus(Duration::from_secs(60)),
        ..new_device(user, [7; 16])
    };
    house.writer.create_device(brief.clone()).await.expect("signed in");
    expected.retain(|id| *id != first.id);
    assert_eq!(listed(&house, user).await.len(), expected.len() + 1);
    house.advance(Duration::from_secs(61));
    assert_eq!(listed(&house, user).await, expected, "not signed out, not expired");
}

async fn a_device_is_seen_where_it_takes_new_tokens(house: House) {
    let seen = |client: &str, address: &str| Seen {
        client: ClientName::parse(client).expect("valid"),
        address: address.into(),
    };
    let user = house.user("ada").await;
    let desk = NewDevice { seen: seen("web/1", "192.0.2.1"), ..new_device(user, [1; 16]) };
    house.writer.create_device(desk.clone()).await.expect("signed in");
    let before = device(&house, desk.id).await;
    assert_eq!((&before.seen, before.seen_at), (&desk.seen, house.clock.now()));

    house.advance(Duration::from_secs(900));
    let elsewhere = Rotation { seen: seen("web/2", "2001:db8::1"), ..rotation(1, 2) };
    let rotated = house.writer.rotate(elsewhere.clone()).await.expect("up");
    let now = device(&house, desk.id).await;
    assert_eq!((&now.seen, now.seen_at), (&elsewhere.seen, house.clock.now()));
    assert_eq!(now.created_at, before.created_at);
    assert!(matches!(rotated, Rotated::Child { device, .. } if device == now), "as it is stored");

    let forged = Rotation { seen: seen("thief", "198.51.100.1"), ..rotation(77, 78) };
    assert_eq!(house.writer.rotate(forged).await.expect("up"), Rotated::Invalid);
    assert_eq!(device(&house, desk.id).await, now, "who gets nothing is not seen");
}

async fn all_other_devices_are_signed_out_at_once(house: House) {
    let keep = signed_in(&house, 1).await;
    let others: Vec<_> = listed(&house, keep.user).await;
    let bystander = signed_in(&house, 2).await;
    let phone = further(&house, keep.user, 3).await;
    let mut expected: Vec<_> = others.into_iter().filter(|id| *id != keep.id).collect();
    expected.push(phone.id);
    expected.sort();
    let mut revoked = house.writer.revoke_others(keep.user, keep.id).await.expect("up");
    revoked.sort();
    assert_eq!(revoked, expected);
    assert_eq!(listed(&house, keep.user).await, [keep.id]);
    assert!(listed(&house, bystander.user).await.contains(&bystander.id));
    let again = house.writer.revoke_others(keep.user, keep.id).await.expect("up");
    assert!(again.is_empty(), "once");
    assert_eq!(house.writer.rotate(rotation(3, 4)).await.expect("up"), Rotated::Invalid);
}
