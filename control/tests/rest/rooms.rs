//! Rooms and members.

use std::collections::HashSet;

use parlor_bus::{Announcement, Received};
use parlor_domain::RequestId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stack::{Person, Stack};

#[tokio::test]
async fn a_room_is_made_read_renamed_archived_and_brought_back() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let body = json!({"name": "  design ", "topic": "shapes"});
    let reply = stack.post("/api/v1/rooms").by(&ada).json(body).send().await;
    let location = reply.header("location").to_owned();
    let room = reply.ok(201);
    assert_eq!(room["name"], "design");
    assert_eq!(room["topic"], "shapes");
    assert_eq!(room["visibility"], "public");
    assert_eq!(room["role"], "owner");
    assert_eq!(room["members"], 1);
    assert_eq!(room["archived"], false);
    assert_eq!(room["head"], "2", "made, and joined by its owner");
    assert_eq!(stack.get(&location).by(&ada).send().await.ok(200), room);

    let body = json!({"topic": ""});
    let renamed = stack.patch(&location).by(&ada).json(body).send().await.ok(200);
    assert_eq!((&renamed["name"], &renamed["topic"]), (&json!("design"), &json!("")));
    let nothing = stack.patch(&location).by(&ada).json(json!({})).send().await;
    nothing.refused(422, "UNPROCESSABLE");

    let archive = format!("{location}/archive");
    let archived =
        stack.post(&archive).by(&ada).json(json!({"archived": true})).send().await.ok(200);
    assert_eq!(archived["archived"], true);
    let messages = format!("{location}/messages");
    let post = stack.post(&messages).by(&ada).json(json!({"text": "hi"})).send().await;
    post.refused(409, "ROOM_ARCHIVED");
    stack.post(&archive).by(&ada).json(json!({"archived": false})).send().await.ok(200);
    stack.post(&messages).by(&ada).json(json!({"text": "hi"})).send().await.ok(201);
}

#[tokio::test]
async fn c2_a_repeated_create_makes_one_room() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let key = RequestId::random();
    let create = async |who: &Person, name: &str| {
        stack.post("/api/v1/rooms").by(who).key(&key).json(json!({"name": name})).send().await
    };
    let first = create(&ada, "design").await.ok(201);
    assert_eq!(create(&ada, "design").await.ok(201), first);
    create(&ada, "other").await.refused(409, "IDEMPOTENCY_MISMATCH");
    assert_ne!(create(&bob, "design").await.ok(201)["id"], first["id"]);
    let mine = stack.get("/api/v1/rooms").by(&ada).send().await.ok(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 2, "welcome and design");

    let reply = stack.post("/api/v1/rooms").by(&ada).header("idempotency-key", "7");
    reply.json(json!({"name": "x"})).send().await.refused(400, "INVALID_ARGUMENT");
}

#[tokio::test]
async fn every_log_that_a_commit_touched_is_announced() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let mut announcements = stack.deps.bus.subscribe();
    let room = stack.room(&ada, "public").await;
    let mut announced = Vec::new();
    for _ in 0..2 {
        match announcements.next().await {
            Some(Received::Announcement(Announcement::Committed { log, head })) => {
                assert_eq!(stack.deps.log.head(log).await.unwrap(), Some(head));
                announced.push(log.to_string());
            }
            other => panic!("{other:?}"),
        }
    }
    announced.sort();
    let mut touched = vec![room, ada.id];
    touched.sort();
    assert_eq!(announced, touched);
}

#[tokio::test]
async fn public_rooms_can_be_found_and_joined_and_private_ones_cannot() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let open = stack.room(&ada, "public").await;
    let closed = stack.room(&ada, "private").await;

    let directory = stack.get("/api/v1/rooms?scope=public").by(&bob).send().await.ok(200);
    let role = |id: &str| {
        let items = directory["items"].as_array().unwrap();
        items.iter().find(|room| room["id"] == id).map(|room| room["role"].clone())
    };
    assert_eq!(role(&open), Some(Value::Null));
    assert_eq!(role(&stack.welcome.to_string()), Some(json!("member")));
    assert_eq!(role(&closed), None);

    let path = |id: &str, rest: &str| format!("/api/v1/rooms/{id}{rest}");
    for rest in ["/messages", "/members"] {
        let reply = stack.get(&path(&open, rest)).by(&bob).send().await;
        let reply = reply.refused(403, "FORBIDDEN");
        assert_eq!(reply.problem()["detail"], "join the room first");
    }
    let joined = stack.post(&path(&open, "/join")).by(&bob).send().await.ok(200);
    assert_eq!((&joined["role"], &joined["members"]), (&json!("member"), &json!(2)));
    let again = stack.post(&path(&open, "/join")).by(&bob).send().await.ok(200);
    assert_eq!(again, joined, "joining twice changes nothing");
    stack.get(&path(&open, "/messages")).by(&bob).send().await.ok(200);
    stack.post(&path(&closed, "/join")).by(&bob).send().await.refused(404, "NOT_FOUND");

    stack.post(&path(&open, "/leave")).by(&bob).send().await.ok(204);
    stack.get(&path(&open, "/messages")).by(&bob).send().await.refused(403, "FORBIDDEN");
    stack.post(&path(&open, "/leave")).by(&bob).send().await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn the_directory_is_searched() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let make = async |name: &str, topic: &str| {
        let body = json!({"name": name, "topic": topic});
        stack.post("/api/v1/rooms").by(&ada).json(body).send().await.ok(201)["id"].clone()
    };
    let design = make("Design", "").await;
    let ops = make("ops", "the design of pagers").await;
    make("lunch", "12:30").await;
    let ask = async |rest: &str| stack.get(&format!("/api/v1/rooms?{rest}")).by(&ada).send().await;
    let page = ask("scope=public&q=DESIGN").await.ok(200);
    let ids: HashSet<Value> =
        page["items"].as_array().unwrap().iter().map(|room| room["id"].clone()).collect();
    assert_eq!(ids, HashSet::from([design, ops]));
    let first = ask("scope=public&q=design&limit=1").await.ok(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ask(&format!("scope=public&q=design&limit=1&cursor={cursor}")).await.ok(200);
    assert_eq!(
        (second["items"].as_array().unwrap().len(), &second["next_cursor"]),
        (1, &json!(null))
    );
    assert_ne!(first["items"], second["items"]);
    let other = ask(&format!("scope=public&q=lunch&cursor={cursor}")).await;
    other.refused(400, "INVALID_CURSOR");
    ask("scope=public&q=").await.refused(422, "UNPROCESSABLE");
    ask("q=design").await.refused(400, "INVALID_ARGUMENT");
}

#[tokio::test]
async fn members_are_added_listed_and_removed() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    let members = format!("/api/v1/rooms/{room}/members");
    let add = async |who: &Person, name: &str| {
        stack.post(&members).by(who).json(json!({"name": name})).send().await
    };
    add(&bob, "bob").await.refused(404, "NOT_FOUND");
    add(&ada, "nobody").await.refused(404, "NOT_FOUND");
    let added = add(&ada, "bob").await.ok(201);
    assert_eq!((&added["user"]["id"], &added["role"]), (&json!(bob.id), &json!("member")));
    add(&ada, "bob").await.refused(409, "CONFLICT");

    let page = stack.get(&members).by(&bob).send().await.ok(200);
    let bobs = page["items"].as_array().unwrap().iter().find(|m| m["user"]["id"] == bob.id);
    assert_eq!(bobs, Some(&added));
    let leave = stack.post(&format!("/api/v1/rooms/{room}/leave")).by(&ada).send().await;
    leave.refused(409, "LAST_OWNER");

    let member = format!("{members}/{}", bob.id);
    stack.delete(&member).by(&ada).send().await.ok(204);
    stack.delete(&member).by(&ada).send().await.refused(404, "NOT_FOUND");
    stack.get(&members).by(&bob).send().await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn lists_are_paged_to_their_exact_end() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let mut expected = vec![stack.welcome.to_string()];
    for _ in 0..5 {
        expected.push(stack.room(&ada, "public").await);
    }
    expected.sort();
    for scope in ["mine", "public"] {
        let (mut ids, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let path = format!("/api/v1/rooms?scope={scope}&limit=2{cursor}");
            let page = stack.get(&path).by(&ada).send().await.ok(200);
            let items = page["items"].as_array().unwrap();
            ids.extend(items.iter().map(|room| room["id"].as_str().unwrap().to_owned()));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(ids, expected, "{scope}");
        assert_eq!(pages, 3, "{scope}: no empty page at the end");
    }
}

#[tokio::test]
async fn r2_a_private_room_looks_to_outsiders_as_if_it_did_not_exist() {
    let stack = Stack::start().await;
    let (ada, eve) = (stack.person("ada").await, stack.person("eve").await);
    let room = stack.room(&ada, "private").await;
    stack.say(&ada, &room, "a secret").await;
    let unknown = Uuid::now_v7().to_string();
    let requests = [
        ("GET", "", json!(null)),
        ("PATCH", "", json!({"name": "mine"})),
        ("POST", "/archive", json!({"archived": true})),
        ("POST", "/join", json!(null)),
        ("POST", "/leave", json!(null)),
        ("GET", "/members", json!(null)),
        ("POST", "/members", json!({"name": "eve"})),
        ("POST", "/members", json!({"name": "nobody"})),
        ("DELETE", &format!("/members/{}", ada.id), json!(null)),
        ("PATCH", &format!("/members/{}", ada.id), json!({"role": "member"})),
        ("GET", "/bans", json!(null)),
        ("PUT", &format!("/bans/{}", ada.id), json!(null)),
        ("DELETE", &format!("/bans/{}", ada.id), json!(null)),
        ("GET", "/invites", json!(null)),
        ("POST", "/invites", json!(null)),
        ("POST", "/invites", json!({"max_uses": 0})),
        ("DELETE", &format!("/invites/{}", ada.id), json!(null)),
        ("PATCH", "/preferences", json!({"favourite": true})),
        ("PATCH", "/preferences", json!({})),
        ("GET", "/messages", json!(null)),
        ("GET", "/messages?around=3", json!(null)),
        ("POST", "/messages", json!({"text": "let me in"})),
        ("POST", "/messages", json!({"text": "let me in", "reply_to": "3"})),
        ("PATCH", "/messages/3", json!({"text": "changed"})),
        ("DELETE", "/messages/3", json!(null)),
        ("POST", "/read", json!({"seq": "3"})),
    ];
    for (method, rest, body) in requests {
        let ask = async |room: &str| {
            let path = format!("/api/v1/rooms/{room}{rest}");
            let ask = stack.ask(method.parse().unwrap(), &path).by(&eve);
            let ask = if body.is_null() { ask } else { ask.json(body.clone()) };
            ask.send().await.refused(404, "NOT_FOUND")
        };
        let (foreign, missing) = (ask(&room).await, ask(&unknown).await);
        assert_eq!(foreign.problem(), missing.problem(), "{method} {rest}");
        assert_eq!(ask("not-an-id").await.problem(), missing.problem(), "{method} {rest}");
        let names = |reply: &crate::stack::Reply| {
            reply.headers.keys().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names(&foreign), names(&missing));
    }
}

#[tokio::test]
async fn r5_members_cannot_do_what_owners_do() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    let seq = stack.say(&ada, &room, "hers").await;
    let path = |rest: &str| format!("/api/v1/rooms/{room}{rest}");
    let invite = stack.post(&path("/invites")).by(&ada).send().await.ok(201);
    let forbidden = [
        stack.post(&path("/invites")),
        stack.delete(&path(&format!("/invites/{}", invite["id"].as_str().unwrap()))),
        stack.delete(&path(&format!("/invites/{}", Uuid::now_v7()))),
        stack.patch(&path("")).json(json!({"name": "mine"})),
        stack.post(&path("/archive")).json(json!({"archived": true})),
        stack.post(&path("/members")).json(json!({"name": "bob"})),
        stack.delete(&path(&format!("/members/{}", ada.id))),
        stack.patch(&path(&format!("/members/{}", bob.id))).json(json!({"role": "owner"})),
        stack.get(&path("/bans")),
        stack.put(&path(&format!("/bans/{}", ada.id))),
        stack.delete(&path(&format!("/bans/{}", ada.id))),
        stack.patch(&path(&format!("/messages/{seq}"))).json(json!({"text": "his"})),
        stack.delete(&path(&format!("/messages/{seq}"))),
    ];
    for ask in forbidden {
        ask.by(&bob).send().await.refused(403, "FORBIDDEN");
    }
    let page = stack.get(&path("/messages")).by(&bob).send().await.ok(200);
    assert_eq!(page["messages"][0]["text"], "hers");
}
