//! What is wrong in a request gets its typed error, on every call.

use parlor_domain::limits;
use parlor_proto::user::{
    ChangePasswordRequest, FindUserRequest, GetUserRequest, GetUsersRequest, LogInRequest,
    LogOutRequest, RegisterRequest, VerifyTokenRequest, log_out_request::By,
};

use crate::house::{House, PASSWORD, code, registration};

const TOO_LONG: usize = 10_000;

#[tokio::test]
async fn register_says_which_field_is_wrong() {
    let house = House::new().await;
    let fine = || registration("ada");
    let long = "x".repeat(TOO_LONG);
    let wrong: [(&str, &str, RegisterRequest); 11] = [
        ("UNPROCESSABLE", "the name", RegisterRequest { name: String::new(), ..fine() }),
        ("UNPROCESSABLE", "the name", RegisterRequest { name: "two words".into(), ..fine() }),
        ("UNPROCESSABLE", "the name", RegisterRequest { name: "a\u{202E}b".into(), ..fine() }),
        ("UNPROCESSABLE", "the name", RegisterRequest { name: long.clone(), ..fine() }),
        (
            "UNPROCESSABLE",
            "the display name",
            RegisterRequest { display_name: " ".into(), ..fine() },
        ),
        (
            "UNPROCESSABLE",
            "the display name",
            RegisterRequest { display_name: long.clone(), ..fine() },
        ),
        ("UNPROCESSABLE", "the password", RegisterRequest { password: String::new(), ..fine() }),
        ("UNPROCESSABLE", "the password", RegisterRequest { password: "short".into(), ..fine() }),
        (
            "UNPROCESSABLE",
            "the device name",
            RegisterRequest { device_name: "a\0b".into(), ..fine() },
        ),
        (
            "UNPROCESSABLE",
            "the device name",
            RegisterRequest { device_name: long.clone(), ..fine() },
        ),
        ("INVALID_ARGUMENT", "the peer", RegisterRequest { peer: long, ..fine() }),
    ];
    for (expected, field, request) in wrong {
        let status = house.try_register(request).await.expect_err(field);
        assert_eq!(code(&status), expected, "{field}");
        assert_eq!(status.code(), tonic::Code::InvalidArgument, "{field}");
        assert!(status.message().starts_with(field), "{status}");
    }
    house.register("ada").await;
}

#[tokio::test]
async fn log_in_refuses_what_cannot_be() {
    let house = House::new().await;
    house.register("ada").await;
    let fine = || LogInRequest {
        name: "ada".into(),
        password: PASSWORD.into(),
        device_name: String::new(),
        peer: String::new(),
        client: String::new(),
        reactivate: false,
    };
    let long = "x".repeat(TOO_LONG);
    for (expected, request) in [
        ("BAD_CREDENTIALS", LogInRequest { name: String::new(), ..fine() }),
        ("BAD_CREDENTIALS", LogInRequest { name: long.clone(), ..fine() }),
        ("BAD_CREDENTIALS", LogInRequest { name: "a\0".into(), ..fine() }),
        ("BAD_CREDENTIALS", LogInRequest { password: String::new(), ..fine() }),
        ("UNPROCESSABLE", LogInRequest { password: long.clone(), ..fine() }),
        ("UNPROCESSABLE", LogInRequest { device_name: long.clone(), ..fine() }),
        ("INVALID_ARGUMENT", LogInRequest { peer: long, ..fine() }),
    ] {
        let status = house.client.clone().log_in(request).await.expect_err(expected);
        assert_eq!(code(&status), expected);
    }
    house.client.clone().log_in(fine()).await.expect("the rest was fine");
}

#[tokio::test]
async fn tokens_that_are_none_are_refused() {
    let house = House::new().await;
    let mut client = house.client.clone();
    let tokens = house.register("ada").await.tokens.expect("tokens");
    let refresh = tokens.refresh_token;
    let never_given = "A".repeat(43);
    let padded = format!("{refresh}=");
    let long = "x".repeat(TOO_LONG);
    let cut = &refresh[1..];
    for bad in ["", "?", cut, &padded, &never_given, &long, "\0", "ключ"] {
        let status = house.refresh(bad).await.expect_err("no refresh token");
        assert_eq!(code(&status), "BAD_REFRESH_TOKEN", "{bad:.50}");

        let request = LogOutRequest { by: Some(By::RefreshToken(bad.into())) };
        let status = client.log_out(request).await.expect_err("no refresh token");
        assert_eq!(code(&status), "BAD_REFRESH_TOKEN", "{bad:.50}");

        let request = LogOutRequest { by: Some(By::AccessToken(bad.into())) };
        let status = client.log_out(request).await.expect_err("no access token");
        assert_eq!(code(&status), "UNAUTHENTICATED", "{bad:.50}");

        let request = VerifyTokenRequest { access_token: bad.into() };
        let status = client.verify_token(request).await.expect_err("no access token");
        assert_eq!(code(&status), "UNAUTHENTICATED", "{bad:.50}");

        let request = ChangePasswordRequest {
            access_token: bad.into(),
            old_password: PASSWORD.into(),
            new_password: "amber-kettle-17-canary".into(),
            peer: String::new(),
        };
        let status = client.change_password(request).await.expect_err("no access token");
        assert_eq!(code(&status), "UNAUTHENTICATED", "{bad:.50}");
    }
    let status = client.log_out(LogOutRequest { by: None }).await.expect_err("nothing");
    assert_eq!(code(&status), "INVALID_ARGUMENT");
    house.refresh(&refresh).await.expect("the true one still works");
}

#[tokio::test]
async fn change_password_refuses_what_no_password_can_be() {
    let house = House::new().await;
    let tokens = house.register("ada").await.tokens.expect("tokens");
    let fine = || ChangePasswordRequest {
        access_token: tokens.access_token.clone(),
        old_password: PASSWORD.into(),
        new_password: "amber-kettle-17-canary".into(),
        peer: String::new(),
    };
    let long = "x".repeat(TOO_LONG);
    for (expected, request) in [
        ("UNPROCESSABLE", ChangePasswordRequest { old_password: long.clone(), ..fine() }),
        ("BAD_CREDENTIALS", ChangePasswordRequest { old_password: String::new(), ..fine() }),
        ("UNPROCESSABLE", ChangePasswordRequest { new_password: String::new(), ..fine() }),
        ("UNPROCESSABLE", ChangePasswordRequest { new_password: long.clone(), ..fine() }),
        ("INVALID_ARGUMENT", ChangePasswordRequest { peer: long, ..fine() }),
    ] {
        let status = house.client.clone().change_password(request).await.expect_err(expected);
        assert_eq!(code(&status), expected);
    }
    house.log_in("ada", PASSWORD).await.expect("the password is still the old one");
}

#[tokio::test]
async fn ids_and_names_that_cannot_be_are_told_from_those_that_are_not_there() {
    let house = House::new().await;
    let mut client = house.client.clone();
    for id in [vec![], vec![0; 15], vec![0; 17], vec![0; TOO_LONG]] {
        let status = client.get_user(GetUserRequest { id: id.clone() }).await.expect_err("no id");
        assert_eq!(code(&status), "INVALID_ARGUMENT");
        let ids = vec![vec![1; 16], id];
        let status = client.get_users(GetUsersRequest { ids }).await.expect_err("no id");
        assert_eq!(code(&status), "INVALID_ARGUMENT");
    }
    let ids = vec![vec![1; 16]; limits::PAGE_ITEMS as usize];
    let got = client.get_users(GetUsersRequest { ids: ids.clone() }).await.expect("none of them");
    assert_eq!(got.into_inner().users, []);
    let ids = [ids, vec![vec![1; 16]]].concat();
    let status = client.get_users(GetUsersRequest { ids }).await.expect_err("too many");
    assert_eq!(code(&status), "INVALID_ARGUMENT");
    let got = client.get_users(GetUsersRequest { ids: vec![] }).await.expect("nothing asked");
    assert_eq!(got.into_inner().users, []);

    for id in [vec![1; 16], vec![0; 16]] {
        let status = client.get_user(GetUserRequest { id }).await.expect_err("nobody");
        assert_eq!(code(&status), "NOT_FOUND");
        assert_eq!(status.code(), tonic::Code::NotFound);
    }
    let long = "x".repeat(TOO_LONG);
    for (name, expected) in [
        ("", "UNPROCESSABLE"),
        ("a b", "UNPROCESSABLE"),
        (&long, "UNPROCESSABLE"),
        ("bob", "NOT_FOUND"),
    ] {
        let request = FindUserRequest { name: name.into() };
        let status = client.find_user(request).await.expect_err("nobody");
        assert_eq!(code(&status), expected);
    }
}
