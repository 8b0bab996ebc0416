//! R4, R6, R7, R8: every wrong body, number and cursor gets its typed error.

use parlor_domain::limits;
use serde_json::json;

use crate::stack::{PASSWORD, Stack};

#[tokio::test]
async fn r4_mass_assignment_is_refused() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let path = |rest: &str| format!("/api/v1/rooms/{room}{rest}");
    let asks = [
        stack.post("/api/v1/rooms").json(json!({"name": "x", "owner_id": ada.id})),
        stack.post("/api/v1/rooms").json(json!({"name": "x", "created_at": "2020-01-01"})),
        stack.patch(&path("")).json(json!({"name": "x", "archived": true})),
        stack.post(&path("/members")).json(json!({"name": "ada", "role": "owner"})),
        stack.post(&path("/messages")).json(json!({"text": "x", "sender_id": ada.id})),
        stack.post(&path("/messages")).json(json!({"text": "x", "seq": "7"})),
        stack.post(&path("/read")).json(json!({"seq": "1", "user_id": ada.id})),
        stack
            .post("/api/v1/register")
            .json(json!({"name": "eve", "password": PASSWORD, "id": ada.id})),
        stack
            .post("/api/v1/login")
            .json(json!({"name": "ada", "password": PASSWORD, "device_id": ada.id})),
        stack.post("/api/v1/refresh").json(json!({"user": ada.id})),
    ];
    for ask in asks {
        ask.by(&ada).send().await.refused(422, "UNPROCESSABLE");
    }
    let room = stack.get(&path("")).by(&ada).send().await.ok(200);
    assert_eq!((&room["name"], &room["head"]), (&json!("a room"), &json!("2")));
}

#[tokio::test]
async fn r6_bodies_that_are_no_good_get_their_typed_error() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let json = "application/json";
    let cases = [
        (json, "{".to_owned(), 400, "INVALID_ARGUMENT"),
        (json, String::new(), 400, "INVALID_ARGUMENT"),
        (json, "{\"name\":\"x\"} x".to_owned(), 400, "INVALID_ARGUMENT"),
        (json, deep(10_000), 422, "UNPROCESSABLE"),
        (json, format!("{{\"name\":{}}}", deep(10_000)), 422, "UNPROCESSABLE"),
        (json, "{\"name\":\"x\",\"name\":\"y\"}".to_owned(), 422, "UNPROCESSABLE"),
        (json, "{\"name\":7}".to_owned(), 422, "UNPROCESSABLE"),
        (json, "{\"topic\":\"no name\"}".to_owned(), 422, "UNPROCESSABLE"),
        (json, "{\"name\":\"x\",\"visibility\":\"secret\"}".to_owned(), 422, "UNPROCESSABLE"),
        (json, "[]".to_owned(), 422, "UNPROCESSABLE"),
        (json, "null".to_owned(), 422, "UNPROCESSABLE"),
        (json, " ".repeat(3 << 20), 413, "TOO_LARGE"),
        (json, " ".repeat(limits::HTTP_BODY_BYTES + 1), 413, "TOO_LARGE"),
        ("text/plain", "{\"name\":\"x\"}".to_owned(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("application/x-www-form-urlencoded", "name=x".to_owned(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("", "{\"name\":\"x\"}".to_owned(), 415, "UNSUPPORTED_MEDIA_TYPE"),
    ];
    for (content_type, body, status, code) in cases {
        let ask = stack.post("/api/v1/rooms").by(&ada).raw(content_type, body);
        ask.send().await.refused(status, code);
    }
    let charset = "application/json; charset=utf-8";
    stack.post("/api/v1/rooms").by(&ada).raw(charset, "{\"name\":\"x\"}").send().await.ok(201);
}

#[tokio::test]
async fn r7_texts_that_deceive_or_break_are_refused() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let messages = format!("/api/v1/rooms/{room}/messages");
    for bad in ["a\0b", "a\u{202E}b", "a\u{200B}b", "line\nbreak", "", &"x".repeat(81)] {
        let reply = stack.post("/api/v1/rooms").by(&ada).json(json!({"name": bad})).send().await;
        reply.refused(422, "UNPROCESSABLE");
        let body = json!({"name": bad, "password": PASSWORD});
        let reply = stack.post("/api/v1/register").json(body).send().await;
        reply.refused(422, "UNPROCESSABLE");
    }
    for bad in ["a\0b", "", " \n ", &"x".repeat(limits::TEXT_BYTES + 1)] {
        let reply = stack.post(&messages).by(&ada).json(json!({"text": bad})).send().await;
        reply.refused(422, "UNPROCESSABLE");
    }
    let invalid_utf8 = b"{\"text\":\"\xff\xfe\"}".to_vec();
    let reply = stack.post(&messages).by(&ada).raw("application/json", invalid_utf8).send().await;
    reply.refused(422, "UNPROCESSABLE");
    let reply_to = json!({"text": "x", "reply_to": "0"});
    stack.post(&messages).by(&ada).json(reply_to).send().await.refused(422, "UNPROCESSABLE");
    let full = json!({"text": "\u{1}".repeat(limits::TEXT_BYTES)});
    stack.post(&messages).by(&ada).json(full).send().await.ok(201);
}

#[tokio::test]
async fn r8_limits_and_cursors_are_checked() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let (room, other) = (stack.room(&ada, "public").await, stack.room(&ada, "public").await);
    for text in ["a", "b", "c"] {
        stack.say(&ada, &room, text).await;
    }
    let lists = [
        "/api/v1/rooms".to_owned(),
        format!("/api/v1/rooms/{room}/members"),
        format!("/api/v1/rooms/{room}/messages"),
    ];
    for list in &lists {
        for bad in ["limit=-1", "limit=0", "limit=", "limit=1.5", "limit=%2B1", "limit=x"] {
            let reply = stack.get(&format!("{list}?{bad}")).by(&ada).send().await;
            reply.refused(400, "INVALID_ARGUMENT");
        }
        for bad in ["limit=1&limit=2", "sort=name", "limit=1&offset=5"] {
            let reply = stack.get(&format!("{list}?{bad}")).by(&ada).send().await;
            reply.refused(400, "INVALID_ARGUMENT");
        }
        for big in ["101", "2147483648", "9223372036854775808", "99999999999999999999999"] {
            stack.get(&format!("{list}?limit={big}")).by(&ada).send().await.ok(200);
        }
        for forged in ["", "x", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00", "../../etc"] {
            let reply = stack.get(&format!("{list}?cursor={forged}")).by(&ada).send().await;
            reply.refused(400, "INVALID_CURSOR");
        }
    }

    let messages = &lists[2];
    let page = stack.get(&format!("{messages}?limit=1")).by(&ada).send().await.ok(200);
    let cursor = page["prev_cursor"].as_str().unwrap();
    stack.get(&format!("{messages}?cursor={cursor}")).by(&ada).send().await.ok(200);
    let foreign = [
        format!("/api/v1/rooms/{other}/messages?cursor={cursor}"),
        format!("/api/v1/rooms?cursor={cursor}"),
        format!("{}?cursor={cursor}", lists[1]),
    ];
    for path in foreign {
        stack.get(&path).by(&ada).send().await.refused(400, "INVALID_CURSOR");
    }
    for bad in ["before=-1", "after=x", "around=", "before=1&after=2", "around=9223372036854775808"]
    {
        let reply = stack.get(&format!("{messages}?{bad}")).by(&ada).send().await;
        reply.refused(400, "INVALID_ARGUMENT");
    }
    let both = format!("{messages}?before=2&cursor={cursor}");
    stack.get(&both).by(&ada).send().await.refused(400, "INVALID_ARGUMENT");
}
