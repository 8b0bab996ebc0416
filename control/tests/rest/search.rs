//! Search over messages.

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

use parlor_control::Rate;
use parlor_domain::limits;
use serde_json::{Value, json};

use crate::stack::{Person, Reply, Stack};

async fn search(stack: &Stack, who: &Person, q: &str, more: &str) -> Reply {
    let q: String = q.bytes().map(|byte| format!("%{byte:02X}")).collect();
    stack.get(&format!("/api/v1/search?q={q}{more}")).by(who).send().await
}

fn texts(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|hit| hit["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn messages_are_found_in_all_rooms() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let (one, two) = (stack.room(&ada, "private").await, stack.room(&ada, "public").await);
    stack.add(&ada, &one, &bob).await;
    stack.say(&ada, &one, "Green tea").await;
    stack.say(&bob, &one, "我们明天早上喝茶").await;
    let seq = stack.say(&ada, &two, "tea, tea and tea at https://example.org").await;
    let page = search(&stack, &ada, "tea", "").await.ok(200);
    assert_eq!(texts(&page), ["tea, tea and tea at https://example.org", "Green tea"]);
    let first = &page["items"][0];
    assert_eq!((&first["room_id"], &first["seq"]), (&json!(two), &json!(seq)));
    assert_eq!(first["author"]["name"], "ada");
    assert_eq!(first["matches"][1], json!({"start": 5, "end": 8}));
    assert_eq!((&page["complete"], &page["unknown"]), (&json!(true), &json!([])));
    assert_eq!(page["next_cursor"], json!(null));
    let page = search(&stack, &ada, "早上 from:bob", "&sort=best").await.ok(200);
    assert_eq!(page["items"][0]["matches"], json!([{"start": 4, "end": 6}]));
    let page = search(&stack, &ada, "has:link", "").await.ok(200);
    assert_eq!(texts(&page).len(), 1);

    let message = format!("/api/v1/rooms/{two}/messages/{seq}");
    stack.patch(&message).by(&ada).json(json!({"text": "coffee"})).send().await.ok(200);
    let page = search(&stack, &ada, "coffee", "").await.ok(200);
    assert!(page["items"][0]["edited_at"].is_string());
    stack.delete(&message).by(&ada).send().await.ok(200);
    assert_eq!(texts(&search(&stack, &ada, "coffee", "").await.ok(200)), [""; 0]);
}

#[tokio::test]
async fn hits_are_paged_by_cursor() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "private").await;
    for n in 0..5 {
        stack.say(&ada, &room, &format!("tea {n}")).await;
    }
    for sort in ["newest", "best"] {
        let (mut found, mut more) = (Vec::new(), format!("&sort={sort}&limit=2"));
        loop {
            let page = search(&stack, &ada, "tea", &more).await.ok(200);
            found.extend(texts(&page).into_iter().map(str::to_owned));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            more = format!("&sort={sort}&limit=2&cursor={cursor}");
        }
        assert_eq!(found, ["tea 4", "tea 3", "tea 2", "tea 1", "tea 0"], "{sort}");
    }
    let page = search(&stack, &ada, "tea", "&limit=2").await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let bob = stack.person("bob").await;
    for (who, q, more) in [
        (&ada, "coffee", ""),
        (&ada, "tea", "&sort=best"),
        (&bob, "tea", ""),
        (&ada, "tea", "&cursor=x"),
    ] {
        let more = if more.contains("cursor") {
            more.to_owned()
        } else {
            format!("{more}&cursor={cursor}")
        };
        search(&stack, who, q, &more).await.refused(400, "INVALID_CURSOR");
    }
}

#[tokio::test]
async fn r2_rooms_of_others_cannot_be_told_from_none() {
    let stack = Stack::start().await;
    let (ada, eve) = (stack.person("ada").await, stack.person("eve").await);
    let body = json!({"name": "vault", "visibility": "private"});
    let room = stack.post("/api/v1/rooms").by(&ada).json(body).send().await.ok(201);
    let room = room["id"].as_str().unwrap();
    stack.say(&ada, room, "the secret word").await;
    let nothing = search(&stack, &eve, "in:nowhere secret", "").await.ok(200);
    let vault = search(&stack, &eve, "in:vault secret", "").await.ok(200);
    assert_eq!(
        (&nothing["unknown"], &vault["unknown"]),
        (&json!(["in:nowhere"]), &json!(["in:vault"]))
    );
    assert_eq!((&nothing["items"], &vault["items"]), (&json!([]), &json!([])));
    for q in ["secret", "from:ada", "\"the secret word\" from:ada"] {
        let page = search(&stack, &eve, q, "").await.ok(200);
        assert_eq!((texts(&page), &page["next_cursor"]), (vec![], &json!(null)), "{q}");
    }
    stack.add(&ada, room, &eve).await;
    assert_eq!(texts(&search(&stack, &eve, "in:vault", "").await.ok(200)), ["the secret word"]);
    let leave = format!("/api/v1/rooms/{room}/leave");
    stack.post(&leave).by(&eve).send().await;
    assert_eq!(texts(&search(&stack, &eve, "secret", "").await.ok(200)), [""; 0]);
}

#[tokio::test]
async fn r9_a_search_is_text_and_answered_in_time() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "private").await;
    stack.say(&ada, &room, "plain").await;
    let storm = "%_".repeat(limits::SEARCH_CHARS / 2);
    let deep = "(".repeat(limits::SEARCH_CHARS);
    let singles = "a* ".repeat(limits::SEARCH_PARTS);
    for q in [
        "'; DROP TABLE search_docs; --",
        "' OR 1=1 --",
        "x\" OR \"y\" NEAR(",
        "* : ^ -plain",
        "pl%n",
        "pl_in",
        &storm,
        &deep,
        &singles,
    ] {
        let begun = Instant::now();
        let page = search(&stack, &ada, q, "").await.ok(200);
        assert!(begun.elapsed() < Duration::from_millis(500), "{q}");
        let expected: &[&str] = if q == "* : ^ -plain" { &["plain"] } else { &[] };
        assert_eq!(texts(&page), expected, "{q}");
    }
    assert_eq!(texts(&search(&stack, &ada, "plain", "").await.ok(200)), ["plain"]);
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_refused() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let long = "x".repeat(limits::SEARCH_CHARS + 1);
    for q in ["", "  ", &long, &"x ".repeat(limits::SEARCH_PARTS + 1)] {
        search(&stack, &ada, q, "").await.refused(422, "UNPROCESSABLE");
    }
    for more in ["&sort=oldest", "&limit=0", "&page=2"] {
        search(&stack, &ada, "x", more).await.refused(400, "INVALID_ARGUMENT");
    }
    stack.get("/api/v1/search").by(&ada).send().await.refused(400, "INVALID_ARGUMENT");
    stack.get("/api/v1/search?q=x").send().await.refused(401, "UNAUTHENTICATED");
    let page = search(&stack, &ada, "after:soon x", "").await.ok(200);
    assert_eq!(page["unknown"], json!(["after:soon"]));
}

#[tokio::test]
async fn r17_searches_empty_the_bucket_of_their_user() {
    let stack = Stack::with(|deps| {
        deps.settings.rates.per_user =
            Rate::new(NonZeroU32::new(5).unwrap(), NonZeroU32::new(1).unwrap());
    })
    .await;
    let ada = stack.person("ada").await;
    let mut taken = 0;
    let refused = loop {
        let reply = search(&stack, &ada, "tea", "").await;
        if reply.status == 429 {
            break reply;
        }
        reply.ok(200);
        taken += 1;
        assert!(taken < 500, "no limit");
    };
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    refused.refused(429, "RATE_LIMITED");
}
