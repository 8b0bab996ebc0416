//! R9, R10, R17, R19: what is thrown at the REST face on purpose.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use parlor_control::Rate;
use parlor_domain::limits;
use serde_json::json;

use crate::stack::{PASSWORD, Stack, person};

/// What would end a string, begin a comment, match everything or run on, where
/// text and SQL were one thing.
const SQL: [&str; 8] = [
    "'; DROP TABLE users; --",
    "\" OR \"\"=\"",
    "' OR 1=1 --",
    "1; SELECT pg_sleep(10)",
    "%' AND randomblob(1000000000) --",
    "$1 ? :name @p1 \\",
    "%_%_%_%_%_%_%_%_%_%_%_%_%_%_%_%_%_%_%_%_",
    "/**/UNION/**/SELECT/**/1,2,3",
];

#[tokio::test]
async fn r9_sql_is_text_like_any_other() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    for (index, sql) in SQL.into_iter().enumerate() {
        let body = json!({"name": sql, "topic": sql});
        let room = stack.post("/api/v1/rooms").by(&ada).json(body).send().await.ok(201);
        assert_eq!((&room["name"], &room["topic"]), (&json!(sql), &json!(sql)));
        let room = room["id"].as_str().unwrap();
        stack.say(&ada, room, sql).await;
        let messages = format!("/api/v1/rooms/{room}/messages");
        let page = stack.get(&messages).by(&ada).send().await.ok(200);
        assert_eq!(page["messages"][0]["text"], sql);
        let rename = json!({"topic": format!("{sql}{sql}")});
        let path = format!("/api/v1/rooms/{room}");
        let room = stack.patch(&path).by(&ada).json(rename).send().await.ok(200);
        assert_eq!(room["topic"], format!("{sql}{sql}"));

        let body = json!({
            "name": format!("eve{index}"), "display_name": sql, "device_name": sql,
            "password": format!("{PASSWORD} {sql}"),
        });
        let eve = stack.post("/api/v1/register").json(body).send().await.ok(201);
        assert_eq!(eve["user"]["display_name"], sql);
        let log_in = json!({"name": sql, "password": sql});
        let reply = stack.post("/api/v1/login").json(log_in).send().await;
        assert!(reply.status == 401 || reply.status == 422, "{:?}", reply.body);
        let refresh = json!({"refresh_token": sql});
        let reply = stack.post("/api/v1/refresh").json(refresh).send().await;
        reply.refused(401, "BAD_REFRESH_TOKEN");
        let add = json!({"name": sql});
        let members = format!("{path}/members");
        let reply = stack.post(&members).by(&ada).json(add).send().await;
        assert!(reply.status == 404 || reply.status == 422, "{:?}", reply.body);

        // As a part of the path it names nothing, in a query it is no value.
        let quoted: String = sql.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [
            format!("/api/v1/rooms/{quoted}"),
            format!("/api/v1/users/{quoted}"),
            format!("{messages}/{quoted}"),
        ] {
            let reply = stack.delete(&path).by(&ada).send().await;
            assert!(reply.status == 404 || reply.status == 405, "{path}: {:?}", reply.body);
        }
        for query in ["cursor", "limit", "before", "around"] {
            let path = format!("{messages}?{query}={quoted}");
            assert_eq!(stack.get(&path).by(&ada).send().await.status, 400, "{path}");
        }
        let path = format!("/api/v1/rooms?scope={quoted}");
        stack.get(&path).by(&ada).send().await.refused(400, "INVALID_ARGUMENT");
    }
    let rooms = stack.get("/api/v1/rooms").by(&ada).send().await.ok(200);
    assert_eq!(rooms["items"].as_array().unwrap().len(), 1 + SQL.len(), "all is still there");
}

/// A length of 32 bits that wraps wants a parameter of more than 4 GiB
/// (RUSTSEC-2024-0363): nobody gets further than the limit of a body.
#[tokio::test]
async fn r10_no_parameter_is_longer_than_a_body_may_be() {
    const _: () = assert!(limits::HTTP_BODY_BYTES < u32::MAX as usize / 1_024);
    const CHUNK: usize = 16 * 1024;
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let endless = stream::repeat(()).map(move |()| {
        counted.fetch_add(CHUNK, Ordering::Relaxed);
        Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; CHUNK]))
    });
    let begun = stream::iter([Ok(Bytes::from_static(b"{\"name\":\""))]);
    let body = Body::from_stream(begun.chain(endless));
    let reply = stack.post("/api/v1/rooms").by(&ada).raw("application/json", body).send().await;
    reply.refused(413, "TOO_LARGE");
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken <= limits::HTTP_BODY_BYTES + CHUNK, "{taken} bytes were read");
}

#[tokio::test]
async fn r17_all_devices_of_a_user_share_one_bucket() {
    let stack = Stack::with(|deps| {
        deps.settings.rates.per_user =
            Rate::new(NonZeroU32::new(100).unwrap(), NonZeroU32::new(1).unwrap());
    })
    .await;
    let mut devices = vec![stack.person("ada").await];
    for _ in 0..4 {
        let body = json!({"name": "ada", "password": PASSWORD});
        devices.push(person(stack.post("/api/v1/login").json(body).send().await.ok(200)));
    }
    let room = stack.room(&devices[0], "public").await;
    let messages = format!("/api/v1/rooms/{room}/messages");
    let mut taken = 0;
    let refused = loop {
        let device = &devices[taken % devices.len()];
        let write = match taken % 3 {
            0 => stack.post("/api/v1/rooms").json(json!({"name": "one more"})),
            _ => stack.post(&messages).json(json!({"text": "one more"})),
        };
        let reply = write.by(device).send().await;
        if reply.status == 429 {
            break reply;
        }
        reply.ok(201);
        taken += 1;
        assert!(taken < 1_000, "five devices and no limit");
    };
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    refused.refused(429, "RATE_LIMITED");
    for device in &devices {
        stack.get("/api/v1/me").by(device).send().await.refused(429, "RATE_LIMITED");
    }
    let bob = stack.person("bob").await;
    stack.get("/api/v1/me").by(&bob).send().await.ok(200);
}

/// The OpenAPI document alone is public on purpose.
#[tokio::test]
async fn r19_nothing_from_inside_the_house_is_at_the_public_face() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    for path in [
        "/metrics",
        "/metrics/",
        "/debug",
        "/debug/pprof/",
        "/debug/vars",
        "/actuator/env",
        "/api/v1/metrics",
        "/api/debug",
        "/user.UserService/GetKeys",
        "/room.RoomService/ListRooms",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    ] {
        let json = stack.get(path).header("accept", "application/json");
        json.by(&ada).send().await.refused(404, "NOT_FOUND");
        let grpc = stack.post(path).by(&ada).raw("application/grpc", vec![0; 5]);
        grpc.send().await.refused(404, "NOT_FOUND");
    }
}
