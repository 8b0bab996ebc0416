//! Messages that are pinned to their room.

use serde_json::json;

use crate::stack::Stack;

#[tokio::test]
async fn messages_are_pinned_and_listed() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let eve = stack.person("eve").await;
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    let (one, two) = (stack.say(&ada, &room, "one").await, stack.say(&bob, &room, "two").await);
    let pins = format!("/api/v1/rooms/{room}/pins");
    let pin = |seq: &str| format!("{pins}/{seq}");
    let first = stack.put(&pin(&one)).by(&bob).send().await.ok(200);
    assert_eq!(stack.put(&pin(&one)).by(&ada).send().await.ok(200), first, "pinned already");
    stack.put(&pin(&two)).by(&ada).send().await.ok(200);
    let page = stack.get(&pins).by(&ada).send().await.ok(200);
    let seqs: Vec<_> = page["items"].as_array().unwrap().iter().map(|pin| &pin["seq"]).collect();
    assert_eq!((seqs, &page["next_cursor"]), (vec![&json!(two), &json!(one)], &json!(null)));
    let last = &page["items"][1];
    assert_eq!(
        (&last["author"]["name"], &last["pinned_by"]["name"]),
        (&json!("ada"), &json!("bob"))
    );
    assert_eq!((&last["text"], &last["pinned_at"]), (&json!("one"), &first["at"]));
    let messages = format!("/api/v1/rooms/{room}/messages");
    let history = stack.get(&messages).by(&ada).send().await.ok(200);
    assert_eq!(history["messages"][0]["pinned"], true);

    stack.delete(&pin(&two)).by(&bob).send().await.ok(200);
    stack.delete(&pin(&two)).by(&bob).send().await.ok(200);
    let page = stack.get(&pins).by(&ada).send().await.ok(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    for nothing in ["1", "99", "0", "x"] {
        stack.put(&pin(nothing)).by(&ada).send().await.refused(404, "NOT_FOUND");
    }
    stack.get(&pins).by(&eve).send().await.refused(404, "NOT_FOUND");
    stack.put(&pin(&one)).by(&eve).send().await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn pins_may_name_more_people_than_a_page_has() {
    let stack = Stack::start().await;
    let owner = stack.person("owner").await;
    let room = stack.room(&owner, "private").await;
    for n in 0..51 {
        let (author, pinner) =
            (stack.person(&format!("author{n}")).await, stack.person(&format!("pinner{n}")).await);
        stack.add(&owner, &room, &author).await;
        stack.add(&owner, &room, &pinner).await;
        let seq = stack.say(&author, &room, "hello").await;
        let pin = format!("/api/v1/rooms/{room}/pins/{seq}");
        stack.put(&pin).by(&pinner).send().await.ok(200);
    }
    let page = stack.get(&format!("/api/v1/rooms/{room}/pins")).by(&owner).send().await.ok(200);
    let names = page["items"].as_array().unwrap().iter();
    let names: Vec<_> =
        names.map(|pin| (&pin["author"]["name"], &pin["pinned_by"]["name"])).collect();
    assert_eq!(names.len(), 51);
    assert_eq!(names[50], (&json!("author0"), &json!("pinner0")));
}
