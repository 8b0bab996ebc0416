//! Links by which others come into a room.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use parlor_control::Rate;
use parlor_domain::{Clock, ManualClock, RequestId, SystemClock};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stack::{Person, Reply, Stack};

const GONE: &str = "this invite link is not valid any more";

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A code as they look, which nobody drew.
fn guessed(n: u8) -> String {
    format!("{n:A>21}Q")
}

impl Stack {
    async fn invite(&self, who: &Person, room: &str, terms: Value) -> Value {
        let path = format!("/api/v1/rooms/{room}/invites");
        self.post(&path).by(who).json(terms).send().await.ok(201)
    }

    async fn preview(&self, code: &str) -> Reply {
        self.get(&format!("/api/v1/invites/{code}")).send().await
    }

    async fn accept(&self, who: &Person, code: &str) -> Reply {
        self.post(&format!("/api/v1/invites/{code}/accept")).by(who).send().await
    }

    async fn is_gone(&self, who: &Person, code: &str) {
        for reply in [self.preview(code).await, self.accept(who, code).await] {
            assert_eq!(reply.refused(404, "NOT_FOUND").problem()["detail"], GONE, "{code}");
        }
    }
}

#[tokio::test]
async fn a_link_is_made_shown_to_strangers_and_lets_them_in() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let body = json!({"name": "design", "topic": "shapes", "visibility": "private"});
    let room = stack.post("/api/v1/rooms").by(&ada).json(body).send().await.ok(201);
    let id = text(&room["id"]);
    let path = format!("/api/v1/rooms/{id}");
    let made = stack.invite(&ada, id, json!({"expires_in_seconds": 3_600, "max_uses": 2})).await;
    assert_eq!(made["created_by"]["name"], "ada");
    assert_eq!(
        (&made["room_id"], &made["max_uses"], &made["uses"]),
        (&room["id"], &json!(2), &json!(0))
    );
    let code = text(&made["code"]);
    assert_eq!(code.len(), 22);

    let preview = stack.preview(code).await.ok(200);
    let expected = json!({
        "room_id": id, "name": "design", "topic": "shapes", "visibility": "private", "members": 1,
        "invited_by": {"name": "ada", "display_name": "ada"}, "expires_at": made["expires_at"],
    });
    assert_eq!(preview, expected, "and nothing more to strangers");

    let joined = stack.accept(&bob, code).await.ok(200);
    assert_eq!(
        (&joined["id"], &joined["role"], &joined["members"]),
        (&room["id"], &json!("member"), &json!(2))
    );
    for member in [&ada, &bob] {
        assert_eq!(stack.accept(member, code).await.ok(200)["id"], room["id"], "is there already");
    }
    let list = async |who| {
        let page = stack.get(&format!("{path}/invites")).by(who).send().await.ok(200);
        page["items"].as_array().unwrap().clone()
    };
    let [one] = &list(&ada).await[..] else { panic!("one link") };
    assert_eq!((&one["code"], &one["uses"]), (&made["code"], &json!(1)));
    assert_eq!(list(&bob).await, Vec::<Value>::new(), "not his");

    let revoke = format!("{path}/invites/{}", text(&made["id"]));
    for _ in 0..2 {
        stack.delete(&revoke).by(&ada).send().await.ok(204);
    }
    assert_eq!(list(&ada).await, Vec::<Value>::new());
    stack.is_gone(&stack.person("eve").await, code).await;
    stack.accept(&bob, code).await.ok(200);
    // What happened is told to members by the link's id, never by its code.
    let log = id.parse::<parlor_domain::RoomId>().unwrap().into();
    let page = stack.deps.log.after(log, parlor_domain::Seq::ZERO, 100).await.unwrap().unwrap();
    let told = format!("{:?}", page.events);
    assert!(told.contains("InviteCreated") && told.contains("InviteRevoked"), "{told}");
    assert!(!told.contains(code), "{told}");
}

#[tokio::test]
async fn terms_have_defaults_and_limits() {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let stack = Stack::with(|deps| deps.clock = clock.clone()).await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "private").await;
    let path = format!("/api/v1/rooms/{room}/invites");
    let plain = stack.post(&path).by(&ada).send().await.ok(201);
    assert_eq!((&plain["max_uses"], plain["expires_at"].is_string()), (&Value::Null, true));
    let endless = stack.invite(&ada, &room, json!({"expires_in_seconds": null})).await;
    assert_eq!((&endless["max_uses"], &endless["expires_at"]), (&Value::Null, &Value::Null));
    stack.invite(&ada, &room, json!({"expires_in_seconds": 365 * 24 * 3_600})).await;
    for body in [
        json!({"expires_in_seconds": 0}),
        json!({"expires_in_seconds": 365 * 24 * 3_600 + 1}),
        json!({"expires_in_seconds": -1}),
        json!({"expires_in_seconds": "60"}),
        json!({"max_uses": 0}),
        json!({"max_uses": 4_294_967_296_u64}),
        json!({"code": "AAAAAAAAAAAAAAAAAAAAAA"}),
        json!({"uses": 7}),
    ] {
        stack.post(&path).by(&ada).json(body).send().await.refused(422, "UNPROCESSABLE");
    }
    // The clock of this face alone: that of the log stands in the store's tests.
    clock.advance(Duration::from_secs(7 * 24 * 3_600 - 60));
    stack.preview(text(&plain["code"])).await.ok(200);
    clock.advance(Duration::from_secs(120));
    let gone = stack.preview(text(&plain["code"])).await.refused(404, "NOT_FOUND");
    assert_eq!(gone.problem()["detail"], GONE);
    let page = stack.get(&path).by(&ada).send().await.ok(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 2, "expired ones are not listed");
}

#[tokio::test]
async fn c2_a_repeated_create_answers_the_same_link() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let (room, other) = (stack.room(&ada, "private").await, stack.room(&ada, "private").await);
    stack.add(&ada, &room, &bob).await;
    let key = RequestId::random();
    let create = async |room: &str, body: Value| {
        let path = format!("/api/v1/rooms/{room}/invites");
        stack.post(&path).by(&ada).key(&key).json(body).send().await
    };
    let first = create(&room, json!({"max_uses": 1})).await.ok(201);
    assert_eq!(create(&room, json!({"max_uses": 1})).await.ok(201), first);
    create(&room, json!({"max_uses": 2})).await.refused(409, "IDEMPOTENCY_MISMATCH");
    let elsewhere = create(&other, json!({"max_uses": 1})).await.ok(201);
    assert_ne!(elsewhere["code"], first["code"]);
    // Who is no member any more is not told the code again.
    let give = format!("/api/v1/rooms/{room}/members/{}", bob.id);
    stack.patch(&give).by(&ada).json(json!({"role": "owner"})).send().await.ok(200);
    stack.post(&format!("/api/v1/rooms/{room}/leave")).by(&ada).send().await;
    create(&room, json!({"max_uses": 1})).await.refused(404, "NOT_FOUND");
    // And the last use of a link is answered again.
    let accept = format!("/api/v1/invites/{}/accept", text(&first["code"]));
    let key = RequestId::random();
    for _ in 0..2 {
        let joined = stack.post(&accept).by(&ada).key(&key).send().await.ok(200);
        assert_eq!(joined["role"], "member");
    }
    stack.is_gone(&stack.person("eve").await, text(&first["code"])).await;
}

#[tokio::test]
async fn r2_all_links_that_do_not_hold_look_alike() {
    let stack = Stack::start().await;
    let (ada, eve) = (stack.person("ada").await, stack.person("eve").await);
    let room = stack.room(&ada, "private").await;
    let used_up = stack.invite(&ada, &room, json!({"max_uses": 1})).await;
    let bob = stack.person("bob").await;
    stack.accept(&bob, text(&used_up["code"])).await.ok(200);
    let revoked = stack.invite(&ada, &room, json!({})).await;
    let path = format!("/api/v1/rooms/{room}/invites/{}", text(&revoked["id"]));
    stack.delete(&path).by(&ada).send().await.ok(204);
    let archived = stack.room(&ada, "public").await;
    let of_archived = stack.invite(&ada, &archived, json!({})).await;
    let archive = format!("/api/v1/rooms/{archived}/archive");
    stack.post(&archive).by(&ada).json(json!({"archived": true})).send().await.ok(200);
    let mut codes = vec![
        text(&used_up["code"]).to_owned(),
        text(&revoked["code"]).to_owned(),
        text(&of_archived["code"]).to_owned(),
        // Ids open nothing.
        text(&revoked["id"]).to_owned(),
        room.clone(),
        "x".to_owned(),
        "%27%20OR%201=1%20--".to_owned(),
    ];
    codes.extend((0..20).map(guessed));
    let names = |reply: &Reply| reply.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    let first = stack.preview(&codes[0]).await.refused(404, "NOT_FOUND");
    for code in &codes {
        stack.is_gone(&eve, code).await;
        let reply = stack.preview(code).await;
        assert_eq!((reply.problem(), names(&reply)), (first.problem(), names(&first)), "{code}");
    }
    // Nor does a banned one come in, who knows that the room is there.
    let open = stack.invite(&ada, &room, json!({})).await;
    let ban = format!("/api/v1/rooms/{room}/bans/{}", eve.id);
    stack.put(&ban).by(&ada).send().await.ok(200);
    stack.accept(&eve, text(&open["code"])).await.refused(403, "FORBIDDEN");
    let accept = format!("/api/v1/invites/{}/accept", text(&open["code"]));
    stack.post(&accept).send().await.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn r17_codes_are_guessed_no_faster_than_an_address_may_ask() {
    let stack = Stack::with(|deps| {
        deps.settings.rates.per_address =
            Rate::new(NonZeroU32::new(30).unwrap(), NonZeroU32::new(1).unwrap());
    })
    .await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "private").await;
    let link = stack.invite(&ada, &room, json!({})).await;
    let mut asked = 0;
    while stack.preview(&guessed(asked)).await.status != 429 {
        asked += 1;
        assert!(asked < 100, "no limit");
    }
    let reply = stack.preview(text(&link["code"])).await;
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    reply.refused(429, "RATE_LIMITED");
}

#[tokio::test]
async fn links_are_listed_in_pages_for_whoever_may_see_them() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "public").await;
    stack.add(&ada, &room, &bob).await;
    let mut all = Vec::new();
    for who in [&ada, &bob, &ada] {
        all.push(stack.invite(who, &room, json!({})).await);
    }
    let list = async |who: &Person| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/rooms/{room}/invites?limit=1{cursor}");
            let page = stack.get(&path).by(who).send().await.ok(200);
            found.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    };
    assert_eq!(list(&bob).await, [all[1].clone()]);
    all.sort_by(|a, b| text(&a["id"]).cmp(text(&b["id"])));
    assert_eq!(list(&ada).await, all);
    let eve = stack.person("eve").await;
    stack
        .get(&format!("/api/v1/rooms/{room}/invites"))
        .by(&eve)
        .send()
        .await
        .refused(403, "FORBIDDEN");
    let foreign = format!("/api/v1/rooms/{room}/invites/{}", Uuid::now_v7());
    stack.delete(&foreign).by(&ada).send().await.refused(404, "NOT_FOUND");
    stack.delete(&foreign).by(&eve).send().await.refused(403, "FORBIDDEN");
}
