//! Messages and their history.

use parlor_domain::{Body, Change, Command, FileIds, RequestId, RoomId, UserId};
use serde_json::{Value, json};

use crate::stack::{Person, Stack};

/// Writes `n` messages without the way through HTTP.
async fn fill(stack: &Stack, who: &Person, room: &str, n: usize) {
    let (actor, room): (UserId, RoomId) = (who.id.parse().unwrap(), room.parse().unwrap());
    let post = |text: usize| {
        let body = Body::parse(&text.to_string()).unwrap();
        let change = Change::Post { room, body, reply_to: None, attachments: FileIds::default() };
        Command { request_id: RequestId::random(), actor, change }
    };
    let done = stack.deps.log.submit((1..=n).map(post).collect()).await.unwrap();
    assert!(done.iter().all(Result::is_ok));
}

fn seqs(page: &Value) -> Vec<u64> {
    let seq = |message: &Value| message["seq"].as_str().unwrap().parse().unwrap();
    page["messages"].as_array().unwrap().iter().map(seq).collect()
}

#[tokio::test]
async fn history_reads_in_both_directions_without_hole_or_repeat() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    fill(&stack, &ada, &room, 250).await;
    // The room's first two events are no messages.
    let all: Vec<u64> = (3..=252).collect();
    let read = async |query: String| {
        let path = format!("/api/v1/rooms/{room}/messages?{query}");
        stack.get(&path).by(&ada).send().await.ok(200)
    };

    let newest = read("limit=40".to_owned()).await;
    assert_eq!(seqs(&newest), all[210..]);
    assert_eq!(newest["head"], "252");
    assert_eq!((&newest["more_before"], &newest["more_after"]), (&json!(true), &json!(false)));
    assert_eq!(newest["next_cursor"], Value::Null);
    assert_eq!(newest["authors"][0]["id"], ada.id);
    assert_eq!(newest["authors"].as_array().unwrap().len(), 1);

    let (mut back, mut page) = (seqs(&newest), newest);
    while let Some(cursor) = page["prev_cursor"].as_str() {
        page = read(format!("limit=40&cursor={cursor}")).await;
        back = [seqs(&page), back].concat();
    }
    assert_eq!(back, all);
    assert_eq!(page["more_before"], false);

    let mut page = read("limit=60&after=0".to_owned()).await;
    let mut forth = seqs(&page);
    while let Some(cursor) = page["next_cursor"].as_str() {
        page = read(format!("limit=60&cursor={cursor}")).await;
        forth.extend(seqs(&page));
    }
    assert_eq!(forth, all);

    let page = read("around=100&limit=20".to_owned()).await;
    let around = seqs(&page);
    assert_eq!(around.len(), 20);
    assert!(around.contains(&100) && around.contains(&91) && around.contains(&108), "{around:?}");
    let earlier = read(format!("limit=5&cursor={}", page["prev_cursor"].as_str().unwrap())).await;
    let later = read(format!("limit=5&cursor={}", page["next_cursor"].as_str().unwrap())).await;
    let joined = [seqs(&earlier), around.clone(), seqs(&later)].concat();
    let expected: Vec<u64> = (around[0] - 5..=around[19] + 5).collect();
    assert_eq!(joined, expected);

    assert_eq!(seqs(&read("before=50&limit=2".to_owned()).await), [48, 49]);
    assert_eq!(seqs(&read("after=50&limit=2".to_owned()).await), [51, 52]);
    assert_eq!(seqs(&read("limit=1000".to_owned()).await).len(), 100, "clamped");
}

#[tokio::test]
async fn an_empty_page_leads_back_into_the_history() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let messages = format!("/api/v1/rooms/{room}/messages");
    let empty = stack.get(&messages).by(&ada).send().await.ok(200);
    assert_eq!((&empty["messages"], &empty["authors"]), (&json!([]), &json!([])));
    assert_eq!((&empty["prev_cursor"], &empty["next_cursor"]), (&Value::Null, &Value::Null));

    stack.say(&ada, &room, "one").await;
    let path = format!("{messages}?after=3");
    let beyond = stack.get(&path).by(&ada).send().await.ok(200);
    assert_eq!(beyond["messages"], json!([]));
    let path = format!("{messages}?cursor={}", beyond["prev_cursor"].as_str().unwrap());
    assert_eq!(seqs(&stack.get(&path).by(&ada).send().await.ok(200)), [3]);
}

#[tokio::test]
async fn c2_a_repeated_post_is_one_message() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let messages = format!("/api/v1/rooms/{room}/messages");
    let key = RequestId::random();
    let post = async |text: &str| {
        stack.post(&messages).by(&ada).key(&key).json(json!({"text": text})).send().await
    };
    let first = post("hi").await.ok(201);
    assert_eq!(post("hi").await.ok(201), first);
    post("ho").await.refused(409, "IDEMPOTENCY_MISMATCH");
    let page = stack.get(&messages).by(&ada).send().await.ok(200);
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn messages_are_posted_answered_edited_and_deleted() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    let messages = format!("/api/v1/rooms/{room}/messages");
    let text = "  *hi* \u{202E} 你好\n";
    let seq = stack.say(&ada, &room, text).await;
    assert_eq!(seq, "3");
    let reply = json!({"text": "answer", "reply_to": seq});
    let reply = stack.post(&messages).by(&ada).json(reply).send().await.ok(201);
    assert_eq!(reply["seq"], "4");

    let message = format!("{messages}/{seq}");
    let edit = stack.patch(&message).by(&ada).json(json!({"text": "new"})).send().await.ok(200);
    assert_eq!(edit["seq"], "5");
    let page = stack.get(&messages).by(&ada).send().await.ok(200);
    let (first, second) = (&page["messages"][0], &page["messages"][1]);
    assert_eq!((&first["text"], &first["version"]), (&json!("new"), &json!("5")));
    assert_eq!(first["edited_at"], edit["at"]);
    assert_eq!(second["reply_to"], seq);

    stack.delete(&message).by(&ada).send().await.ok(200);
    stack.delete(&message).by(&ada).send().await.refused(409, "CONFLICT");
    let again = stack.patch(&message).by(&ada).json(json!({"text": "x"})).send().await;
    again.refused(409, "CONFLICT");
    let page = stack.get(&messages).by(&ada).send().await.ok(200);
    let first = &page["messages"][0];
    assert_eq!((&first["deleted"], &first["text"]), (&json!(true), &json!("")));
}

#[tokio::test]
async fn every_text_of_a_message_is_told_until_it_is_deleted() {
    let stack = Stack::start().await;
    let (ada, eve) = (stack.person("ada").await, stack.person("eve").await);
    let room = stack.room(&ada, "private").await;
    let seq = stack.say(&ada, &room, "one").await;
    let message = format!("/api/v1/rooms/{room}/messages/{seq}");
    let edits = format!("{message}/edits");
    for text in ["two", "three"] {
        stack.patch(&message).by(&ada).json(json!({"text": text})).send().await.ok(200);
    }
    let (mut texts, mut path) = (Vec::new(), format!("{edits}?limit=2"));
    loop {
        let page = stack.get(&path).by(&ada).send().await.ok(200);
        let items = page["items"].as_array().unwrap().clone();
        texts.extend(items.iter().map(|item| item["text"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{edits}?limit=2&cursor={cursor}");
    }
    assert_eq!(texts, ["one", "two", "three"]);
    let all = stack.get(&edits).by(&ada).send().await.ok(200);
    assert_eq!(all["items"][0]["seq"], seq);
    let page = stack.get(&format!("/api/v1/rooms/{room}/messages")).by(&ada).send().await.ok(200);
    assert_eq!(all["items"][2]["at"], page["messages"][0]["edited_at"]);

    stack.get(&edits).by(&eve).send().await.refused(404, "NOT_FOUND");
    let other = format!("/api/v1/rooms/{room}/messages/{}/edits", all["items"][1]["seq"]);
    stack.get(&other.replace('"', "")).by(&ada).send().await.refused(404, "NOT_FOUND");
    let forged = format!("{edits}?cursor=forged");
    stack.get(&forged).by(&ada).send().await.refused(400, "INVALID_CURSOR");
    stack.delete(&message).by(&ada).send().await.ok(200);
    let gone = stack.get(&edits).by(&ada).send().await.ok(200);
    assert_eq!(gone, json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn reading_moves_forward_and_counts_what_is_left() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    for text in ["one", "two", "three"] {
        stack.say(&ada, &room, text).await;
    }
    let summary = async || {
        let page = stack.get("/api/v1/rooms").by(&bob).send().await.ok(200);
        let items = page["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == room.as_str()).unwrap().clone()
    };
    let before = summary().await;
    assert_eq!((&before["unread"], &before["preview"]), (&json!(3), &json!("three")));
    let read = format!("/api/v1/rooms/{room}/read");
    let head: u64 = before["head"].as_str().unwrap().parse().unwrap();
    let at = json!({"seq": (head - 1).to_string()});
    stack.post(&read).by(&bob).json(at.clone()).send().await.ok(200);
    let after = summary().await;
    assert_eq!((&after["unread"], &after["read_seq"]), (&json!(1), &at["seq"]));
    stack.post(&read).by(&bob).json(json!({"seq": "1"})).send().await.ok(200);
    assert_eq!(summary().await["read_seq"], at["seq"], "never back");
    let unread = format!("/api/v1/rooms/{room}/unread");
    stack
        .post(&unread)
        .by(&bob)
        .json(json!({"seq": "0"}))
        .send()
        .await
        .refused(422, "UNPROCESSABLE");
    stack.post(&unread).by(&bob).json(json!({"seq": at["seq"]})).send().await.ok(200);
    assert_eq!(summary().await["unread"], 2, "from a message on");
    assert_eq!(summary().await["epoch"], before["epoch"]);
}

#[tokio::test]
async fn members_are_mentioned_and_what_mentions_one_is_counted() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    stack.person("eve").await;
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    for text in ["@Bob, look", "@eve @room", "`@bob`"] {
        stack.say(&ada, &room, text).await;
    }
    let path = format!("/api/v1/rooms/{room}/messages");
    let page = stack.get(&path).by(&ada).send().await.ok(200);
    let mentions = |n: usize| {
        let message = &page["messages"][n];
        (message["mention_ids"].clone(), message["mentions_room"].clone())
    };
    assert_eq!(mentions(0), (json!([bob.id]), json!(false)));
    assert_eq!(mentions(1), (json!([]), json!(true)));
    assert_eq!(mentions(2), (json!([]), json!(false)));
    let rooms = stack.get("/api/v1/rooms").by(&bob).send().await.ok(200);
    let items = rooms["items"].as_array().unwrap();
    let summary = items.iter().find(|item| item["id"] == room.as_str()).unwrap();
    assert_eq!((&summary["unread"], &summary["mentions"]), (&json!(3), &json!(2)));
}

#[tokio::test]
async fn r3_a_message_of_another_room_is_not_found_there() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let (here, there) = (stack.room(&ada, "public").await, stack.room(&ada, "public").await);
    for text in ["a", "b", "c"] {
        stack.say(&ada, &there, text).await;
    }
    stack.say(&ada, &here, "here").await;
    let messages = format!("/api/v1/rooms/{here}/messages");
    // 5 is a message there; here it is nothing, and 1 and 2 are no messages.
    for seq in ["5", "1", "2", "0", "-1", "x", "99999999999999999999", "3.0"] {
        let path = format!("{messages}/{seq}");
        let edit = stack.patch(&path).by(&ada).json(json!({"text": "x"})).send().await;
        edit.refused(404, "NOT_FOUND");
        stack.delete(&path).by(&ada).send().await.refused(404, "NOT_FOUND");
    }
    let reply = json!({"text": "x", "reply_to": "5"});
    stack.post(&messages).by(&ada).json(reply).send().await.refused(404, "NOT_FOUND");
    let path = format!("/api/v1/rooms/{there}/messages");
    let untouched = stack.get(&path).by(&ada).send().await.ok(200);
    assert_eq!(untouched["messages"][2]["text"], "c");
    assert_eq!(untouched["head"], "5");
}

#[tokio::test]
async fn c13_without_the_database_a_post_is_told_to_come_again() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "public").await;
    stack.driver.abort();
    let messages = format!("/api/v1/rooms/{room}/messages");
    let reply = stack.post(&messages).by(&ada).json(json!({"text": "hi"})).send().await;
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    reply.refused(503, "UNAVAILABLE");
    stack.get(&messages).by(&ada).send().await.ok(200);
    stack.person("bob").await;
}
