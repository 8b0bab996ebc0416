//! Who runs a room, who is kept out, and what a member wants of it.

use parlor_domain::RequestId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stack::Stack;

#[tokio::test]
async fn an_owner_gives_roles_and_hands_the_room_over() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    let member = |id: &str| format!("/api/v1/rooms/{room}/members/{id}");
    let give = async |by, id: &str, role: &str| {
        stack.patch(&member(id)).by(by).json(json!({"role": role})).send().await
    };
    let admin = give(&ada, &bob.id, "admin").await.ok(200);
    assert_eq!((&admin["user"]["name"], &admin["role"]), (&json!("bob"), &json!("admin")));
    let listed = stack.get(&format!("/api/v1/rooms/{room}/members")).by(&bob).send().await.ok(200);
    assert!(listed["items"].as_array().unwrap().contains(&admin));
    let seen = stack.get(&format!("/api/v1/rooms/{room}")).by(&bob).send().await.ok(200);
    assert_eq!(seen["role"], "admin");
    give(&bob, &bob.id, "owner").await.refused(403, "FORBIDDEN");
    give(&ada, &ada.id, "member").await.refused(409, "LAST_OWNER");
    give(&ada, &Uuid::now_v7().to_string(), "admin").await.refused(404, "NOT_FOUND");
    give(&ada, "x", "admin").await.refused(404, "NOT_FOUND");
    give(&ada, &bob.id, "king").await.refused(422, "UNPROCESSABLE");
    let key = RequestId::random();
    let repeated = async || {
        let body = json!({"role": "owner"});
        stack.patch(&member(&bob.id)).by(&ada).key(&key).json(body).send().await
    };
    repeated().await.ok(200);
    give(&ada, &ada.id, "member").await.ok(200);
    give(&ada, &bob.id, "member").await.refused(403, "FORBIDDEN");
    assert_eq!(repeated().await.ok(200)["role"], "owner", "what was answered before");
    stack.delete(&member(&ada.id)).by(&bob).send().await.ok(204);
    repeated().await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn the_banned_are_listed_and_stay_out() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let eve = stack.person("eve").await;
    let room = stack.room(&ada, "public").await;
    stack.add(&ada, &room, &bob).await;
    let path = |rest: &str| format!("/api/v1/rooms/{room}{rest}");
    let ban = |id: &str| path(&format!("/bans/{id}"));
    for who in [&bob, &eve] {
        let first = stack.put(&ban(&who.id)).by(&ada).send().await.ok(200);
        let again = stack.put(&ban(&who.id)).by(&ada).send().await.ok(200);
        assert_eq!(again["seq"], first["seq"]);
        let join = stack.post(&path("/join")).by(who).send().await.refused(403, "FORBIDDEN");
        assert_eq!(join.problem()["detail"], "you are banned from this room");
        let body = json!({"name": who.name});
        stack.post(&path("/members")).by(&ada).json(body).send().await.refused(409, "CONFLICT");
    }
    stack.get(&path("/messages")).by(&bob).send().await.refused(403, "FORBIDDEN");
    stack.put(&ban(&ada.id)).by(&ada).send().await.refused(400, "INVALID_ARGUMENT");
    stack.put(&ban(&Uuid::now_v7().to_string())).by(&ada).send().await.refused(404, "NOT_FOUND");

    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page =
            stack.get(&path(&format!("/bans?limit=1{cursor}"))).by(&ada).send().await.ok(200);
        let [one] = &page["items"].as_array().unwrap()[..] else { panic!("{page}") };
        assert_eq!(one["banned_by"]["id"], ada.id);
        names.push(one["user"]["name"].clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["bob", "eve"]);
    stack.delete(&ban(&eve.id)).by(&ada).send().await.ok(200);
    stack.delete(&ban(&eve.id)).by(&ada).send().await.ok(200);
    stack.post(&path("/join")).by(&eve).send().await.ok(200);
    let page = stack.get(&path("/bans")).by(&ada).send().await.ok(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_member_wants_of_a_room_stands_in_the_list() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "public").await;
    let preferences = format!("/api/v1/rooms/{room}/preferences");
    let set = async |body: Value| stack.patch(&preferences).by(&ada).json(body).send().await;
    let listed = async || {
        let page = stack.get("/api/v1/rooms").by(&ada).send().await.ok(200);
        let items = page["items"].as_array().unwrap().iter();
        let mine = items.clone().find(|item| item["id"] == room).unwrap();
        (mine["notify"].clone(), mine["favourite"].clone())
    };
    assert_eq!(listed().await, (json!("all"), json!(false)));
    let set_once = set(json!({"notify": "mentions"})).await.ok(200);
    assert_eq!(set_once, json!({"notify": "mentions", "favourite": false}));
    set(json!({"favourite": true})).await.ok(200);
    assert_eq!(listed().await, (json!("mentions"), json!(true)));
    set(json!({})).await.refused(422, "UNPROCESSABLE");
    set(json!({"notify": "loud"})).await.refused(422, "UNPROCESSABLE");
    set(json!({"favourite": "yes"})).await.refused(422, "UNPROCESSABLE");
    let outside = stack.patch(&preferences).by(&bob).json(json!({"favourite": true}));
    outside.send().await.refused(403, "FORBIDDEN");
}
