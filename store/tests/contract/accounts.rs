//! Users, devices, and the rotation of refresh tokens.

use std::time::Duration;

use futures_util::future::join_all;
use parlor_domain::{Clock as _, DeviceId, Timestamp, UserId, UserName};
use parlor_store::{CreateUserError, Device, NewDevice, Rotated, Rotation};
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
    assert_eq!(house.writer.rotate(rotation(1, 2)).await.expect("up"), first);
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
