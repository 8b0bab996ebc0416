//! Acts of those who run the server, as whoever reaches the internal listener may
//! ask for them: nothing is done without a token of an admin.

use parlor_domain::{DeviceId, OneTimeCode, Operator, UserId};
use parlor_proto::user::{
    ClaimAdminRequest, EndDeviceRequest, MakeResetLinkRequest, MakeSignUpLinkRequest,
    ResetPasswordRequest, SetAdminRequest, SetDisabledRequest,
};

use crate::house::{House, PASSWORD, PEER, code, device, registration};

/// Asks for each act with this token; the codes of what is refused.
async fn act(house: &House, token: &str, user: &[u8], device: DeviceId) -> Vec<Option<String>> {
    let mut client = house.client.clone();
    let (access_token, user_id, peer) = (token.to_owned(), user.to_vec(), PEER.to_owned());
    let token = || access_token.clone();
    let device_id = device.as_bytes().to_vec();
    let disable = |disabled| SetDisabledRequest {
        access_token: token(),
        user_id: user_id.clone(),
        disabled,
        peer: peer.clone(),
    };
    let admin = |admin| SetAdminRequest {
        access_token: token(),
        user_id: user_id.clone(),
        admin,
        peer: peer.clone(),
    };
    let end = EndDeviceRequest { access_token: token(), device_id, peer: peer.clone() };
    let reset = MakeResetLinkRequest {
        access_token: token(),
        user_id: user_id.clone(),
        peer: peer.clone(),
    };
    let sign_up = MakeSignUpLinkRequest { access_token: token(), peer: peer.clone() };
    let refused = [
        client.set_admin(admin(true)).await.err(),
        client.set_admin(admin(false)).await.err(),
        client.end_device(end).await.err(),
        client.set_disabled(disable(true)).await.err(),
        client.set_disabled(disable(false)).await.err(),
        client.make_reset_link(reset).await.err(),
        client.make_sign_up_link(sign_up).await.err(),
    ];
    refused.into_iter().map(|status| status.map(|status| code(&status))).collect()
}

#[tokio::test]
async fn acts_are_for_tokens_of_admins_alone() {
    let mut house = House::new().await;
    let ada = house.register("ada").await.tokens.expect("tokens");
    let bob = house.register("bob").await;
    let (user, tokens) = (bob.user.expect("a user").id, bob.tokens.expect("tokens"));
    let unauthenticated = vec![Some("UNAUTHENTICATED".to_owned()); 7];
    for nobody in ["", "no token", &tokens.refresh_token] {
        assert_eq!(act(&house, nobody, &user, device(&tokens)).await, unauthenticated);
    }
    let not_found = vec![Some("NOT_FOUND".to_owned()); 7];
    assert_eq!(act(&house, &ada.access_token, &user, device(&tokens)).await, not_found);
    assert_eq!(house.verify(&tokens.access_token).await, None, "nothing was done");

    // Or the last admin would stay one.
    let carol = house.register("carol").await.user.expect("a user");
    let carol = UserId::from_slice(&carol.id).expect("16 bytes");
    let by = Operator { user: UserId::SYSTEM, address: String::new() };
    house.writer.set_admin(&by, carol, true).await.expect("up").expect("may");
    let nobody = DeviceId::from_slice(&[0; 16]).expect("16 bytes");
    let server = house.signer.sign(UserId::SYSTEM, nobody, crate::house::NOW).0;
    assert_eq!(act(&house, &server, &user, device(&tokens)).await, vec![None; 7]);
    assert_eq!(house.next_revoked().await, device(&tokens), "c19: told at once");
    assert_eq!(house.verify(&tokens.access_token).await.as_deref(), Some("UNAUTHENTICATED"));
    assert_eq!(house.verify(&server).await.as_deref(), Some("UNAUTHENTICATED"), "no device");
}

#[tokio::test]
async fn a_disabled_account_is_told_only_to_who_knows_its_password() {
    let house = House::new().await;
    let user = house.register("bob").await.user.expect("a user");
    let user = UserId::from_slice(&user.id).expect("16 bytes");
    let by = Operator { user: UserId::SYSTEM, address: String::new() };
    house.writer.set_disabled(&by, user, true).await.expect("up").expect("may");
    let refused = |answer: Result<_, tonic::Status>| answer.map(|_| ()).map_err(|it| code(&it));
    assert_eq!(refused(house.log_in("bob", PASSWORD).await), Err("ACCOUNT_DISABLED".to_owned()));
    assert_eq!(refused(house.log_in("bob", "wrong").await), Err("BAD_CREDENTIALS".to_owned()));
}

#[tokio::test]
async fn codes_that_hold_no_longer_look_like_codes_that_never_were() {
    let house = House::new().await;
    let ada = house.register("ada").await.tokens.expect("tokens");
    let forged = OneTimeCode::from_random([3; 32]).expose();
    let mut told = Vec::new();
    for wrong in [forged.as_str(), "", "no code", "\u{0}"] {
        let claim = ClaimAdminRequest {
            access_token: ada.access_token.clone(),
            code: wrong.to_owned(),
            peer: PEER.to_owned(),
        };
        let reset = ResetPasswordRequest {
            code: wrong.to_owned(),
            new_password: "eleven quiet lanterns drift".to_owned(),
            peer: PEER.to_owned(),
        };
        told.push(house.client.clone().claim_admin(claim).await.expect_err("refused"));
        told.push(house.client.clone().reset_password(reset).await.expect_err("refused"));
    }
    for status in &told {
        assert_eq!((code(status), status.message()), ("NOT_FOUND".to_owned(), told[0].message()));
    }
    let mut request = registration("bob");
    request.invite = "no code".to_owned();
    let refused = house.try_register(request).await.expect_err("refused");
    assert_eq!(code(&refused), "UNPROCESSABLE");
}
