//! Devices and their tokens: rows T4 and T5, log-out, password change.

use std::{collections::HashSet, time::Duration};

use futures_util::{future::join_all, poll};
use parlor_domain::limits;
use parlor_proto::user::{
    ChangePasswordRequest, Device, GetKeysRequest, ListDevicesRequest, LogOutRequest,
    SignOutDeviceRequest, SignOutOthersRequest, Tokens, log_out_request::By,
    user_service_server::UserService as _,
};
use parlor_token::Verifier;
use tonic::{Request, Status};

use crate::house::{CLIENT, House, NOW, PASSWORD, PEER, code, device};

async fn log_out(house: &House, by: By) -> Result<(), Status> {
    house.client.clone().log_out(LogOutRequest { by: Some(by) }).await.map(drop)
}

async fn signed_in(house: &House, name: &str) -> Tokens {
    house.register(name).await.tokens.expect("tokens")
}

/// Nothing of the device works any more.
async fn assert_revoked(house: &House, tokens: &Tokens) {
    assert_eq!(house.verify(&tokens.access_token).await.as_deref(), Some("UNAUTHENTICATED"));
    let status = house.refresh(&tokens.refresh_token).await.expect_err("revoked");
    assert_eq!(code(&status), "BAD_REFRESH_TOKEN");
    assert_eq!(status.code(), tonic::Code::Unauthenticated);
}

#[tokio::test]
async fn t4_every_refresh_gives_a_new_token_of_the_same_device() {
    let house = House::new().await;
    let first = signed_in(&house, "ada").await;
    let mut seen = HashSet::from([first.refresh_token.clone()]);
    let mut tokens = first.clone();
    for _ in 0..5 {
        house.clock.advance(limits::ACCESS_TOKEN_TTL);
        tokens = house.refresh(&tokens.refresh_token).await.expect("refreshed");
        assert!(seen.insert(tokens.refresh_token.clone()), "never the same again");
        assert_eq!(tokens.device_id, first.device_id);
        assert_eq!(house.verify(&tokens.access_token).await, None);
    }
}

#[tokio::test]
async fn t4_the_direct_parent_returns_the_same_child_for_ten_seconds() {
    let mut house = House::new().await;
    let first = signed_in(&house, "ada").await;
    let child = house.refresh(&first.refresh_token).await.expect("refreshed");
    house.clock.advance(limits::REFRESH_GRACE - Duration::from_secs(1));
    let again = house.refresh(&first.refresh_token).await.expect("within the grace");
    assert_eq!(again.refresh_token, child.refresh_token);
    assert_eq!(again.refresh_expires_at_us, child.refresh_expires_at_us);

    house.clock.advance(Duration::from_secs(2));
    let status = house.refresh(&first.refresh_token).await.expect_err("used up");
    assert_eq!(code(&status), "BAD_REFRESH_TOKEN");
    assert_eq!(house.next_revoked().await, device(&first));
    assert_revoked(&house, &child).await;
    // The account itself is not harmed.
    house.log_in("ada", PASSWORD).await.expect("a new device");
}

#[tokio::test]
async fn t5_a_grandparent_revokes_even_within_the_grace() {
    let mut house = House::new().await;
    let first = signed_in(&house, "ada").await;
    let other = house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens");
    let child = house.refresh(&first.refresh_token).await.expect("refreshed");
    let grandchild = house.refresh(&child.refresh_token).await.expect("refreshed");
    let status = house.refresh(&first.refresh_token).await.expect_err("used up");
    assert_eq!(code(&status), "BAD_REFRESH_TOKEN");
    assert_eq!(house.next_revoked().await, device(&first));
    assert_revoked(&house, &grandchild).await;
    assert_eq!(house.verify(&other.access_token).await, None, "another device lives on");
}

#[tokio::test]
async fn t5_fifty_refreshes_at_once_give_exactly_one_child() {
    let house = House::new().await;
    let first = signed_in(&house, "ada").await;
    let all = join_all((0..50).map(|_| house.refresh(&first.refresh_token))).await;
    let children: HashSet<String> =
        all.into_iter().map(|tokens| tokens.expect("refreshed").refresh_token).collect();
    assert_eq!(children.len(), 1);
    let child = children.into_iter().next().expect("one");
    house.refresh(&child).await.expect("and it is good");
}

#[tokio::test]
async fn an_expired_refresh_token_is_no_theft() {
    let house = House::new().await;
    let first = signed_in(&house, "ada").await;
    house.clock.advance(limits::REFRESH_TOKEN_TTL + Duration::from_secs(1));
    let status = house.refresh(&first.refresh_token).await.expect_err("expired");
    assert_eq!(code(&status), "BAD_REFRESH_TOKEN");
    house.log_in("ada", PASSWORD).await.expect("a new device");
}

#[tokio::test]
async fn t2_neither_token_passes_for_the_other() {
    let house = House::new().await;
    let tokens = signed_in(&house, "ada").await;
    let code_of_refresh = house.verify(&tokens.refresh_token).await;
    assert_eq!(code_of_refresh.as_deref(), Some("UNAUTHENTICATED"));
    let status = house.refresh(&tokens.access_token).await.expect_err("an access token");
    assert_eq!(code(&status), "BAD_REFRESH_TOKEN");
}

#[tokio::test]
async fn c19_logging_out_ends_the_device_at_once_and_can_be_repeated() {
    let mut house = House::new().await;
    let by_refresh = signed_in(&house, "ada").await;
    let by_access = house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens");
    let stays = house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens");
    for _ in 0..2 {
        let by = By::RefreshToken(by_refresh.refresh_token.clone());
        log_out(&house, by).await.expect("logged out");
        assert_eq!(house.next_revoked().await, device(&by_refresh));
        let by = By::AccessToken(by_access.access_token.clone());
        log_out(&house, by).await.expect("logged out");
        assert_eq!(house.next_revoked().await, device(&by_access));
    }
    assert_revoked(&house, &by_refresh).await;
    assert_revoked(&house, &by_access).await;
    assert_eq!(house.verify(&stays.access_token).await, None);
}

#[tokio::test]
async fn c19_a_sign_out_is_announced_even_where_the_caller_has_gone() {
    let mut house = House::new().await;
    let tokens = signed_in(&house, "ada").await;
    let users = house.users.clone();
    let request = LogOutRequest { by: Some(By::AccessToken(tokens.access_token.clone())) };
    let mut call = users.log_out(Request::new(request));
    assert!(poll!(&mut call).is_pending());
    drop(call);
    assert_eq!(house.next_revoked().await, device(&tokens));
    assert_revoked(&house, &tokens).await;
}

#[tokio::test]
async fn a_used_up_refresh_token_still_logs_its_device_out() {
    let house = House::new().await;
    let first = signed_in(&house, "ada").await;
    let child = house.refresh(&first.refresh_token).await.expect("refreshed");
    log_out(&house, By::RefreshToken(first.refresh_token)).await.expect("logged out");
    assert_revoked(&house, &child).await;
}

#[tokio::test]
async fn c19_a_new_password_ends_all_other_devices() {
    let mut house = House::new().await;
    let others = [
        signed_in(&house, "ada").await,
        house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens"),
    ];
    let own = house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens");
    let bystander = signed_in(&house, "bob").await;
    let new_password = "amber-kettle-17-canary";
    let change = ChangePasswordRequest {
        access_token: own.access_token.clone(),
        old_password: PASSWORD.into(),
        new_password: new_password.into(),
        peer: PEER.into(),
    };
    let mut client = house.client.clone();

    let wrong = ChangePasswordRequest { old_password: "not it at all".into(), ..change.clone() };
    let status = client.change_password(wrong).await.expect_err("refused");
    assert_eq!(code(&status), "BAD_CREDENTIALS");
    let weak = ChangePasswordRequest { new_password: "password1".into(), ..change.clone() };
    let status = client.change_password(weak).await.expect_err("refused");
    assert_eq!(code(&status), "UNPROCESSABLE");
    assert_eq!(house.verify(&others[0].access_token).await, None, "nothing has happened yet");

    client.change_password(change).await.expect("changed");
    let announced = HashSet::from([house.next_revoked().await, house.next_revoked().await]);
    assert_eq!(announced, others.iter().map(device).collect());
    for tokens in &others {
        assert_revoked(&house, tokens).await;
    }
    for tokens in [&own, &bystander] {
        assert_eq!(house.verify(&tokens.access_token).await, None);
        house.refresh(&tokens.refresh_token).await.expect("lives on");
    }
    let status = house.log_in("ada", PASSWORD).await.expect_err("the old password");
    assert_eq!(code(&status), "BAD_CREDENTIALS");
    house.log_in("ada", new_password).await.expect("the new password");
}

#[tokio::test]
async fn a_revoked_device_changes_no_password() {
    let house = House::new().await;
    let tokens = signed_in(&house, "ada").await;
    log_out(&house, By::RefreshToken(tokens.refresh_token)).await.expect("logged out");
    let change = ChangePasswordRequest {
        access_token: tokens.access_token,
        old_password: PASSWORD.into(),
        new_password: "amber-kettle-17-canary".into(),
        peer: PEER.into(),
    };
    let status = house.client.clone().change_password(change).await.expect_err("refused");
    assert_eq!(code(&status), "UNAUTHENTICATED");
}

#[tokio::test]
async fn published_keys_check_tokens_anywhere() {
    let house = House::new().await;
    let tokens = signed_in(&house, "ada").await;
    let keys = house.client.clone().get_keys(GetKeysRequest {}).await.expect("keys").into_inner();
    let verifier = Verifier::new(house.clock.clone());
    verifier.set_keys(&keys.jwks_json).expect("a key set");
    let identity = verifier.verify(&tokens.access_token).expect("valid");
    assert_eq!(identity.device, device(&tokens));
}

async fn list(house: &House, tokens: &Tokens) -> Result<Vec<Device>, Status> {
    let request =
        ListDevicesRequest { access_token: tokens.access_token.clone(), ..Default::default() };
    let reply = house.client.clone().list_devices(request).await?;
    Ok(reply.into_inner().devices)
}

async fn sign_out(house: &House, by: &Tokens, device_id: &[u8]) -> Result<(), Status> {
    let request = SignOutDeviceRequest {
        access_token: by.access_token.clone(),
        device_id: device_id.to_vec(),
    };
    house.client.clone().sign_out_device(request).await.map(drop)
}

#[tokio::test]
async fn devices_tell_where_they_were_seen() {
    let house = House::new().await;
    let first = signed_in(&house, "ada").await;
    house.clock.advance(Duration::from_secs(60));
    house.log_in_from("198.51.100.7", "ada", PASSWORD).await.expect("logged in");
    signed_in(&house, "bob").await;
    house.clock.advance(Duration::from_secs(60));
    let first = house.refresh(&first.refresh_token).await.expect("refreshed");
    let mut devices = list(&house, &first).await.expect("listed");
    devices.sort_by_key(|device| device.created_at_us);
    let told: Vec<_> = devices
        .iter()
        .map(|device| {
            let since = |at_us: i64| (at_us - NOW.micros()) / 1_000_000;
            let (made, seen) = (since(device.created_at_us), since(device.seen_at_us));
            (&device.name[..], &device.client[..], &device.address[..], made, seen)
        })
        .collect();
    let expected =
        [("test", CLIENT, PEER, 0, 120), ("Unnamed device", CLIENT, "198.51.100.7", 60, 60)];
    assert_eq!(told, expected);
    assert_eq!(devices[0].id, first.device_id);
}

#[tokio::test]
async fn c19_a_device_signs_another_out() {
    let mut house = House::new().await;
    let desk = signed_in(&house, "ada").await;
    let phone = house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens");
    let eve = signed_in(&house, "eve").await;

    for id in [&desk.device_id[..], &[7; 16]] {
        let status = sign_out(&house, &eve, id).await.expect_err("not hers");
        assert_eq!(code(&status), "NOT_FOUND");
    }
    let status = sign_out(&house, &desk, b"short").await.expect_err("no id");
    assert_eq!(code(&status), "INVALID_ARGUMENT");
    assert_eq!(house.verify(&desk.access_token).await, None, "nothing has happened yet");

    for _ in 0..2 {
        sign_out(&house, &desk, &phone.device_id).await.expect("signed out");
        assert_eq!(house.next_revoked().await, device(&phone));
    }
    assert_revoked(&house, &phone).await;
    assert_eq!(house.verify(&desk.access_token).await, None);
    assert_eq!(list(&house, &desk).await.expect("listed").len(), 1);
    let status = list(&house, &phone).await.expect_err("signed out");
    assert_eq!(code(&status), "UNAUTHENTICATED");
}

#[tokio::test]
async fn c19_a_device_signs_all_others_out() {
    let mut house = House::new().await;
    let others = [
        signed_in(&house, "ada").await,
        house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens"),
    ];
    let own = house.log_in("ada", PASSWORD).await.expect("logged in").tokens.expect("tokens");
    let bystander = signed_in(&house, "bob").await;
    let request = SignOutOthersRequest { access_token: own.access_token.clone() };
    house.client.clone().sign_out_others(request).await.expect("signed out");
    let announced = HashSet::from([house.next_revoked().await, house.next_revoked().await]);
    assert_eq!(announced, others.iter().map(device).collect());
    for tokens in &others {
        assert_revoked(&house, tokens).await;
    }
    for tokens in [&own, &bystander] {
        assert_eq!(house.verify(&tokens.access_token).await, None);
    }
}
