//! R1: who asks.

use std::time::Duration;

use parlor_domain::{Clock as _, DeviceId, SystemClock, Timestamp, UserId};
use parlor_token::Signer;

use crate::stack::{Person, Reply, Stack};

#[track_caller]
fn unauthenticated(reply: Reply) {
    assert_eq!(reply.header("www-authenticate"), "Bearer", "no detail");
    let reply = reply.refused(401, "UNAUTHENTICATED");
    assert_eq!(reply.problem()["detail"], "log in first", "no detail");
}

#[tokio::test]
async fn r1_requests_without_a_valid_token_are_refused() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let id = |text: &str| text.parse::<UserId>().unwrap();
    let device = stack.get("/api/v1/me").by(&ada).send().await.ok(200)["device_id"].clone();
    let device: DeviceId = device.as_str().unwrap().parse().unwrap();
    let now = SystemClock.now();
    let long_ago =
        Timestamp::from_micros(now.micros() - Duration::from_secs(3_600).as_micros() as i64);
    let foreign = Signer::from_pem(&Signer::generate_pem()).unwrap();
    let tokens = [
        String::new(),
        "nonsense".to_owned(),
        format!("{}x", ada.token),
        stack.signer.sign(id(&ada.id), device, long_ago).0,
        stack.signer.sign(id(&ada.id), DeviceId::random(), now).0,
        foreign.sign(id(&ada.id), device, now).0,
    ];
    for token in tokens {
        let nobody = Person { token, ..ada.clone() };
        for path in ["/api/v1/me", "/api/v1/rooms", "/api/v1/rooms/x/messages"] {
            unauthenticated(stack.get(path).by(&nobody).send().await);
        }
    }
    unauthenticated(stack.get("/api/v1/me").send().await);
    for value in ["Basic YTpi", "Bearer", &ada.token, "bearer\t", "\u{e9}"] {
        unauthenticated(stack.get("/api/v1/me").header("authorization", value).send().await);
    }
    unauthenticated(stack.get("/api/v1/me").by(&ada).by(&ada).send().await);
    let lower = format!("bearer {}", ada.token);
    stack.get("/api/v1/me").header("authorization", &lower).send().await.ok(200);
}

#[tokio::test]
async fn r1_a_token_in_a_url_is_never_taken() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let path = format!("/api/v1/me?access_token={}", ada.token);
    unauthenticated(stack.get(&path).send().await);
    unauthenticated(stack.get(&path).by(&ada).send().await);
}

#[tokio::test]
async fn the_published_keys_check_the_tokens() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let reply = stack.get("/api/v1/jwks").send().await;
    assert_eq!(reply.header("content-type"), "application/json");
    let jwks = reply.ok(200).to_string();
    let verifier = parlor_token::Verifier::new(std::sync::Arc::new(SystemClock));
    verifier.set_keys(&jwks).unwrap();
    assert_eq!(verifier.verify(&ada.token).unwrap().user.to_string(), ada.id);
}
