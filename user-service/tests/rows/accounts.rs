//! Accounts and passwords: rows T6 to T8.

use std::{
    cell::Cell,
    pin::pin,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use parlor_domain::limits;
use parlor_proto::user::{
    FindUserRequest, GetKeysRequest, GetUserRequest, GetUsersRequest, RegisterRequest,
    VerifyTokenRequest,
};
use parlor_user_service::Hashing;
use tokio::select;

use crate::house::{House, NOW, PASSWORD, PEER, code, registration, retry_after_ms};

#[tokio::test]
async fn who_registers_is_known_and_gets_in_again() {
    let house = House::new().await;
    let mut client = house.client.clone();
    let registered = house.register("  Ada.L ").await;
    let (user, tokens) = (registered.user.expect("a user"), registered.tokens.expect("tokens"));
    assert_eq!((user.name.as_str(), user.display_name.as_str()), ("ada.l", "Ada.L"));
    assert_eq!(user.created_at_us, NOW.micros());
    assert_eq!(tokens.access_expires_at_us, NOW.plus(limits::ACCESS_TOKEN_TTL).micros());
    assert_eq!(tokens.refresh_expires_at_us, NOW.plus(limits::REFRESH_TOKEN_TTL).micros());

    let logged_in = house.log_in("ADA.l", PASSWORD).await.expect("logged in");
    let again = logged_in.tokens.expect("tokens");
    assert_eq!(logged_in.user.as_ref(), Some(&user));
    assert_ne!(again.device_id, tokens.device_id, "each log-in is a device of its own");

    let request = VerifyTokenRequest { access_token: again.access_token };
    let verified = client.verify_token(request).await.expect("valid").into_inner();
    assert_eq!((&verified.user_id, &verified.device_id), (&user.id, &again.device_id));
    assert_eq!(verified.expires_at_us, again.access_expires_at_us);

    let got = client.get_user(GetUserRequest { id: user.id.clone() }).await.expect("there");
    assert_eq!(got.into_inner().user.as_ref(), Some(&user));
    let found = client.find_user(FindUserRequest { name: "Ada.L".into() }).await.expect("there");
    assert_eq!(found.into_inner().user.as_ref(), Some(&user));
    let ids = vec![user.id.clone(), vec![9; 16]];
    let got = client.get_users(GetUsersRequest { ids }).await.expect("there").into_inner();
    assert_eq!(got.users, [user]);
}

#[tokio::test]
async fn a_name_is_given_once_however_many_ask_at_once() {
    let house = House::new().await;
    let wanted = ["ada", "Ada", "ADA", " ada "].map(|name| house.try_register(registration(name)));
    let results = join_all(wanted).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for status in results.into_iter().filter_map(Result::err) {
        assert_eq!(code(&status), "NAME_TAKEN");
        assert_eq!(status.code(), tonic::Code::AlreadyExists);
    }
}

#[tokio::test]
async fn t6_an_unknown_user_and_a_wrong_password_look_alike() {
    let house = House::new().await;
    house.register("ada").await;
    let mut seen = Vec::new();
    for (name, password) in
        [("ada", "not her password"), ("bob", "not his password"), ("b b", PASSWORD), ("ada", "x")]
    {
        let status = house.log_in(name, password).await.expect_err("refused");
        seen.push((
            code(&status),
            status.code(),
            status.message().to_owned(),
            retry_after_ms(&status),
        ));
    }
    assert_eq!(seen[0].0, "BAD_CREDENTIALS");
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}

#[tokio::test]
async fn t6_an_unknown_user_takes_the_time_of_a_wrong_password() {
    // The real cost: it is what would tell the two apart.
    let house = House::with(Hashing::default()).await;
    house.register("ada").await;
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..15 {
        for (times, name) in times.iter_mut().zip(["ada", "bob"]) {
            // An address of its own for each, so that no wait gets in between.
            let peer = format!("192.0.2.{round}");
            let begun = Instant::now();
            house.log_in_from(&peer, name, "not the password").await.expect_err("refused");
            times.push(begun.elapsed());
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    let slack = Duration::from_millis(5);
    assert!(known < unknown * 3 + slack && unknown < known * 3 + slack, "{known:?} {unknown:?}");
}

#[tokio::test]
async fn t7_guessing_is_slowed_and_the_victim_still_gets_in() {
    let house = House::new().await;
    house.register("ada").await;
    for _ in 0..limits::LOGIN_FREE_FAILURES {
        let status = house.log_in("ada", "a wrong guess").await.expect_err("refused");
        assert_eq!(code(&status), "BAD_CREDENTIALS");
    }
    let status = house.log_in("ada", PASSWORD).await.expect_err("must wait");
    assert_eq!(code(&status), "RATE_LIMITED");
    let first_wait_ms = u64::try_from(limits::LOGIN_FIRST_WAIT.as_millis()).expect("small");
    let wait_ms = retry_after_ms(&status).expect("a time to come back");
    assert!((1..=first_wait_ms).contains(&wait_ms), "{wait_ms}");
    house.log_in_from("198.51.100.7", "ada", PASSWORD).await.expect("she is elsewhere");
}

#[tokio::test]
async fn t7_many_guesses_at_once_gain_nothing() {
    let house = House::new().await;
    house.register("ada").await;
    let guesses = join_all((0..50).map(|_| house.log_in("ada", "a wrong guess"))).await;
    let codes = guesses.into_iter().map(|guess| code(&guess.expect_err("refused")));
    let checked = codes.filter(|code| code == "BAD_CREDENTIALS").count();
    assert_eq!(checked, limits::LOGIN_FREE_FAILURES as usize);
}

#[tokio::test]
async fn t8_guessable_passwords_are_refused_with_advice() {
    let house = House::new().await;
    for password in [
        "baseball1",
        "password1",
        "12345678",
        "qwertyuiop",
        "iloveyou",
        "sunshine",
        "football1",
        "aaaaaaaaaaaa",
        "abcdefgh",
        "ada.lovelace",
        "parlorparlor",
        "P@ssw0rd",
    ] {
        let request = RegisterRequest { password: password.into(), ..registration("ada.lovelace") };
        let status = house.try_register(request).await.expect_err(password);
        assert_eq!(code(&status), "UNPROCESSABLE");
        assert!(status.message().starts_with("the password is too easy to guess"), "{status}");
        assert!(!status.message().contains(password), "the password is not repeated");
    }
}

#[tokio::test]
async fn t8_long_passwords_are_taken_whole_or_refused() {
    let house = House::new().await;
    let long = "correct horse battery staple ".repeat(40);
    for length in [64, limits::PASSWORD_MAX_BYTES] {
        let (name, password) = (format!("ada{length}"), &long[..length]);
        let request = RegisterRequest { password: password.into(), ..registration(&name) };
        house.try_register(request).await.expect("taken");
        house.log_in(&name, password).await.expect("the same");
        let status = house.log_in(&name, &long[..length - 1]).await.expect_err("cut");
        assert_eq!(code(&status), "BAD_CREDENTIALS");
    }
    let too_long = &long[..limits::PASSWORD_MAX_BYTES + 1];
    let request = RegisterRequest { password: too_long.into(), ..registration("bob") };
    assert_eq!(code(&house.try_register(request).await.expect_err("too long")), "UNPROCESSABLE");
    let status = house.log_in("bob", too_long).await.expect_err("too long");
    assert_eq!(code(&status), "UNPROCESSABLE");

    // More than a message holds is refused before it is read.
    let status = house.log_in("bob", &"x".repeat(1 << 20)).await.expect_err("too long");
    assert_eq!(status.code(), tonic::Code::OutOfRange);
    house.register("bob").await;
}

#[tokio::test]
async fn t8_a_thousand_log_ins_at_once_are_answered_and_hold_up_nobody() {
    let house = House::new().await;
    house.register("ada").await;
    let peers: Vec<String> = (0..1_000).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect();
    let entered = Cell::new(0);
    let mut log_ins = pin!(join_all(peers.iter().map(async |peer| {
        let log_in = house.log_in_from(peer, "ada", PASSWORD).await;
        entered.set(entered.get() + usize::from(log_in.is_ok()));
        log_in
    })));
    let mut client = house.client.clone();
    select! {
        biased;
        _ = &mut log_ins => panic!("another call had to wait for all of them"),
        keys = client.get_keys(GetKeysRequest {}) => drop(keys.expect("keys")),
    }
    assert!(entered.get() <= limits::PASSWORDS_WAITING, "another call had to wait for most");
    let (entered, refused): (Vec<_>, Vec<_>) = log_ins.await.into_iter().partition(Result::is_ok);
    assert!(!entered.is_empty());
    for status in refused.into_iter().filter_map(Result::err) {
        assert_eq!(code(&status), "UNAVAILABLE");
        assert!(retry_after_ms(&status).is_some());
    }
    house.log_in_from(PEER, "ada", PASSWORD).await.expect("and it goes on");
}
