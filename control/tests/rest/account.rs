//! Register, log in, refresh, log out, change the password.

use serde_json::json;

use crate::stack::{PASSWORD, Stack, person};

#[tokio::test]
async fn registering_signs_in_and_joins_welcome() {
    let stack = Stack::start().await;
    let body = json!({
        "name": "Ada", "display_name": "Ada Lovelace", "password": PASSWORD, "device_name": "desk"
    });
    let session = stack.post("/api/v1/register").json(body).send().await.ok(201);
    assert_eq!(session["user"]["name"], "ada");
    assert_eq!(session["user"]["display_name"], "Ada Lovelace");
    assert!(session["refresh_token"].is_string());
    assert!(session["access_expires_at"].as_str().unwrap().ends_with('Z'));

    let ada = person(session.clone());
    let me = stack.get("/api/v1/me").by(&ada).send().await.ok(200);
    assert_eq!(me["user"], session["user"]);
    assert_eq!(me["device_id"], session["device_id"]);
    let user = stack.get(&format!("/api/v1/users/{}", ada.id)).by(&ada).send().await.ok(200);
    assert_eq!(user, session["user"]);
    let rooms = stack.get("/api/v1/rooms").by(&ada).send().await.ok(200);
    assert_eq!(rooms["items"][0]["id"], stack.welcome.to_string());
    assert_eq!(rooms["items"][0]["role"], "member");
}

#[tokio::test]
async fn a_missing_welcome_room_keeps_nobody_out() {
    let stack = Stack::with(|deps| {
        deps.settings.welcome_room = Some(parlor_domain::RoomId::random());
    })
    .await;
    let ada = stack.person("ada").await;
    let rooms = stack.get("/api/v1/rooms").by(&ada).send().await.ok(200);
    assert_eq!(rooms, json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn names_are_taken_once() {
    let stack = Stack::start().await;
    stack.person("ada").await;
    let again = json!({"name": "ADA", "password": PASSWORD});
    stack.post("/api/v1/register").json(again).send().await.refused(409, "NAME_TAKEN");
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_look_alike() {
    let stack = Stack::start().await;
    stack.person("ada").await;
    let log_in = async |name: &str, password: &str| {
        let body = json!({"name": name, "password": password});
        stack.post("/api/v1/login").json(body).send().await
    };
    log_in("ada", PASSWORD).await.ok(200);
    let wrong = log_in("ada", "not the password").await.refused(401, "BAD_CREDENTIALS");
    let nobody = log_in("nobody", "not the password").await.refused(401, "BAD_CREDENTIALS");
    assert_eq!(wrong.problem(), nobody.problem());
}

#[tokio::test]
async fn r17_failed_log_ins_are_slowed_down() {
    let stack = Stack::start().await;
    stack.person("ada").await;
    for _ in 0..50 {
        let body = json!({"name": "ada", "password": "not the password"});
        let reply = stack.post("/api/v1/login").json(body).send().await;
        if reply.status == 429 {
            let wait: u64 = reply.header("retry-after").parse().unwrap();
            assert!(wait >= 1);
            reply.refused(429, "RATE_LIMITED");
            return;
        }
        reply.refused(401, "BAD_CREDENTIALS");
    }
    panic!("fifty failures and no limit");
}

#[tokio::test]
async fn a_refresh_token_buys_the_next_session() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let body = json!({"refresh_token": ada.refresh});
    let next = stack.post("/api/v1/refresh").json(body).send().await.ok(200);
    assert_ne!(next["refresh_token"], ada.refresh);
    stack.get("/api/v1/me").by(&person(next)).send().await.ok(200);

    let body = json!({"refresh_token": "nonsense"});
    stack.post("/api/v1/refresh").json(body).send().await.refused(401, "BAD_REFRESH_TOKEN");
    stack.post("/api/v1/refresh").send().await.refused(401, "BAD_REFRESH_TOKEN");
    let null = serde_json::Value::Null;
    stack.post("/api/v1/refresh").json(null).send().await.refused(401, "BAD_REFRESH_TOKEN");
}

#[tokio::test]
async fn the_refresh_token_can_live_in_a_cookie() {
    let stack = Stack::start().await;
    let body = json!({"name": "ada", "password": PASSWORD, "cookie": true});
    let reply = stack.post("/api/v1/register").json(body).send().await;
    let cookie = reply.header("set-cookie").to_owned();
    let session = reply.ok(201);
    assert!(session.get("refresh_token").is_none(), "{session}");
    let (pair, flags) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("parlor_refresh="), "{pair}");
    assert!(flags.contains("HttpOnly") && flags.contains("SameSite=Strict"), "{flags}");
    assert!(flags.contains("Path=/") && flags.contains("Max-Age="), "{flags}");
    assert!(!flags.contains("Secure") && !flags.contains("Domain"), "{flags}");

    let reply = stack.post("/api/v1/refresh").header("cookie", pair).send().await;
    let next = reply.header("set-cookie").to_owned();
    assert!(next.starts_with("parlor_refresh=") && !next.starts_with(pair), "{next}");
    assert!(reply.ok(200).get("refresh_token").is_none(), "cookie in, cookie out");

    let next = next.split("; ").next().unwrap();
    let reply = stack.post("/api/v1/logout").header("cookie", next).send().await;
    assert!(reply.header("set-cookie").contains("Max-Age=0"));
    reply.ok(204);
    let reply = stack.post("/api/v1/refresh").header("cookie", next).send().await;
    assert!(reply.header("set-cookie").starts_with("parlor_refresh=;"), "it is cleared");
    reply.refused(401, "BAD_REFRESH_TOKEN");
}

#[tokio::test]
async fn behind_tls_the_cookie_is_bound_to_the_host() {
    let stack = Stack::start().await;
    stack.lanes.send_modify(|lanes| lanes.secure = true);
    let body = json!({"name": "ada", "password": PASSWORD, "cookie": true});
    let reply = stack.post("/api/v1/register").json(body).send().await;
    let cookie = reply.header("set-cookie").to_owned();
    reply.ok(201);
    assert!(cookie.starts_with("__Host-parlor_refresh="), "{cookie}");
    assert!(cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    let pair = cookie.split("; ").next().unwrap();
    stack.post("/api/v1/refresh").header("cookie", pair).send().await.ok(200);
}

#[tokio::test]
async fn c19_a_signed_out_device_is_out_at_once() {
    let stack = Stack::start().await;
    let first = stack.person("ada").await;
    stack.post("/api/v1/logout").by(&first).send().await.ok(204);
    stack.get("/api/v1/me").by(&first).send().await.refused(401, "UNAUTHENTICATED");

    let body = json!({"name": "ada", "password": PASSWORD});
    let second = person(stack.post("/api/v1/login").json(body).send().await.ok(200));
    let body = json!({"refresh_token": second.refresh});
    stack.post("/api/v1/logout").json(body).send().await.ok(204);
    stack.get("/api/v1/me").by(&second).send().await.refused(401, "UNAUTHENTICATED");
    stack.post("/api/v1/logout").send().await.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn c19_a_new_password_ends_the_other_devices() {
    let stack = Stack::start().await;
    let desk = stack.person("ada").await;
    let body = json!({"name": "ada", "password": PASSWORD});
    let phone = person(stack.post("/api/v1/login").json(body).send().await.ok(200));

    let wrong = json!({"old_password": "not it at all", "new_password": "seven purple whales 9"});
    let reply = stack.post("/api/v1/password").by(&desk).json(wrong).send().await;
    reply.refused(401, "BAD_CREDENTIALS");
    let weak = json!({"old_password": PASSWORD, "new_password": "12345678"});
    let reply = stack.post("/api/v1/password").by(&desk).json(weak).send().await;
    reply.refused(422, "UNPROCESSABLE");
    let body = json!({"old_password": PASSWORD, "new_password": "seven purple whales 9"});
    stack.post("/api/v1/password").by(&desk).json(body).send().await.ok(204);

    stack.get("/api/v1/me").by(&desk).send().await.ok(200);
    stack.get("/api/v1/me").by(&phone).send().await.refused(401, "UNAUTHENTICATED");
}
