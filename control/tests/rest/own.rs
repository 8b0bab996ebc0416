//! What is the caller's own: drafts, and what others may know.

use parlor_domain::RequestId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stack::{Person, Stack};

async fn drafts(stack: &Stack, who: &Person) -> Vec<Value> {
    let page = stack.get("/api/v1/me/drafts").by(who).send().await.ok(200);
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_draft_is_kept_until_it_is_taken_away_or_the_room_left() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "public").await;
    let path = format!("/api/v1/rooms/{room}/draft");
    let set = async |by: &Person, body: Value| stack.put(&path).by(by).json(body).send().await;
    set(&bob, json!({"text": "x"})).await.refused(403, "FORBIDDEN");
    let first = set(&ada, json!({"text": " I th", "reply_to": "1"})).await.ok(200);
    let kept = json!({"room_id": room, "text": " I th", "reply_to": "1"});
    assert_eq!(drafts(&stack, &ada).await, [kept]);
    assert_eq!(drafts(&stack, &bob).await, [] as [Value; 0]);
    let again = set(&ada, json!({"text": " I th", "reply_to": "1"})).await.ok(200);
    assert_eq!(again["seq"], first["seq"], "no event");
    for body in [json!({"text": "x".repeat(16_385)}), json!({"text": "\0"})] {
        set(&ada, body).await.refused(422, "UNPROCESSABLE");
    }
    set(&ada, json!({"text": "", "reply_to": "0"})).await.refused(422, "UNPROCESSABLE");
    set(&ada, json!({"text": "", "notify": "all"})).await.refused(422, "UNPROCESSABLE");

    // Done once under one key; another text under it is refused.
    let key = RequestId::random();
    let keyed = async |text: &str| {
        stack.put(&path).by(&ada).key(&key).json(json!({"text": text})).send().await
    };
    let done = keyed("two").await.ok(200);
    set(&ada, json!({"text": ""})).await.ok(200);
    assert_eq!(keyed("two").await.ok(200)["seq"], done["seq"]);
    assert_eq!(drafts(&stack, &ada).await, [] as [Value; 0], "and not done again");
    keyed("three").await.refused(409, "IDEMPOTENCY_MISMATCH");

    stack.post(&format!("/api/v1/rooms/{room}/join")).by(&bob).send().await.ok(200);
    set(&bob, json!({"text": "mine"})).await.ok(200);
    assert_eq!(drafts(&stack, &bob).await.len(), 1);
    stack.post(&format!("/api/v1/rooms/{room}/leave")).by(&bob).send().await.ok(204);
    assert_eq!(drafts(&stack, &bob).await, [] as [Value; 0]);
}

#[tokio::test]
async fn r2_nobody_learns_of_a_room_by_a_draft() {
    let stack = Stack::start().await;
    let (ada, eve) = (stack.person("ada").await, stack.person("eve").await);
    let room = stack.room(&ada, "private").await;
    let set = async |room: &str| {
        let path = format!("/api/v1/rooms/{room}/draft");
        let reply = stack.put(&path).by(&eve).json(json!({"text": "x"})).send().await;
        let mut body = reply.refused(404, "NOT_FOUND").json();
        body["request_id"].take();
        body["instance"].take();
        body
    };
    assert_eq!(set(&room).await, set(&Uuid::now_v7().to_string()).await);
}

#[tokio::test]
async fn drafts_are_paged() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let mut rooms = Vec::new();
    for text in ["one", "two", "three"] {
        let room = stack.room(&ada, "private").await;
        let path = format!("/api/v1/rooms/{room}/draft");
        stack.put(&path).by(&ada).json(json!({ "text": text })).send().await.ok(200);
        rooms.push(room);
    }
    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/me/drafts?limit=2{cursor}");
        let page = stack.get(&path).by(&ada).send().await.ok(200);
        listed.extend(page["items"].as_array().unwrap().iter().map(|it| it["room_id"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        let path = format!("/api/v1/me/drafts?limit=2{cursor}");
        stack.get(&path).by(&bob).send().await.refused(400, "INVALID_CURSOR");
    }
    rooms.sort();
    assert_eq!(listed, rooms);
}

#[tokio::test]
async fn what_others_may_know_is_the_callers_choice() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let path = "/api/v1/me/privacy";
    let open = json!({"invisible": false, "read_marks": true});
    assert_eq!(stack.get(path).by(&ada).send().await.ok(200), open);
    let set = async |body: Value| stack.patch(path).by(&ada).json(body).send().await;
    let hidden = json!({"invisible": true, "read_marks": true});
    assert_eq!(set(json!({"invisible": true})).await.ok(200), hidden);
    let both = json!({"invisible": true, "read_marks": false});
    assert_eq!(set(json!({"read_marks": false})).await.ok(200), both);
    assert_eq!(stack.get(path).by(&ada).send().await.ok(200), both);
    assert_eq!(stack.get(path).by(&bob).send().await.ok(200), open, "hers alone");
    set(json!({})).await.refused(422, "UNPROCESSABLE");
    set(json!({"invisible": "yes"})).await.refused(422, "UNPROCESSABLE");
    stack.get(path).send().await.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn read_marks_stand_in_the_list_of_rooms() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let direct = stack.put(&format!("/api/v1/users/{}/direct", bob.id)).by(&ada).send().await;
    let room = direct.ok(200)["id"].as_str().unwrap().to_owned();
    let posted = format!("/api/v1/rooms/{room}/messages");
    let posted = stack.post(&posted).by(&ada).json(json!({"text": "hello"})).send().await.ok(201);
    let read = format!("/api/v1/rooms/{room}/read");
    let seq = json!({"seq": posted["seq"]});
    stack.post(&read).by(&bob).json(seq).send().await.ok(200);
    let mark = async |who: &Person| {
        let page = stack.get("/api/v1/rooms").by(who).send().await.ok(200);
        let items = page["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["id"] == room).unwrap()["peer_read_seq"].clone()
    };
    assert_eq!((mark(&ada).await, mark(&bob).await), (posted["seq"].clone(), json!("0")));
}
