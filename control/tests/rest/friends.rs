//! Friends and blocks.

use parlor_domain::RequestId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stack::{Person, Reply, Stack};

fn friend(who: &Person) -> String {
    format!("/api/v1/users/{}/friend", who.id)
}

fn block(who: &Person) -> String {
    format!("/api/v1/users/{}/block", who.id)
}

async fn items(stack: &Stack, who: &Person, path: &str) -> Vec<Value> {
    let page = stack.get(&format!("/api/v1/me/{path}")).by(who).send().await.ok(200);
    page["items"].as_array().unwrap().clone()
}

/// Names, and what stands between them and `who`.
async fn ties(stack: &Stack, who: &Person, filter: &str) -> Vec<(Value, Value)> {
    let items = items(stack, who, &format!("friends{filter}")).await;
    let mut ties: Vec<_> =
        items.iter().map(|item| (item["user"]["name"].clone(), item["tie"].clone())).collect();
    ties.sort_by_key(|(name, _)| name.to_string());
    ties
}

#[tokio::test]
async fn friends_are_asked_accept_and_part() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let cy = stack.person("cy").await;
    for _ in 0..2 {
        let asked = stack.put(&friend(&bob)).by(&ada).send().await.ok(200);
        assert_eq!(asked, json!({"tie": "requested"}));
    }
    stack.put(&friend(&ada)).by(&cy).send().await.ok(200);
    let both = [(json!("bob"), json!("requested")), (json!("cy"), json!("asked"))];
    assert_eq!(ties(&stack, &ada, "").await, both);
    assert_eq!(ties(&stack, &ada, "?tie=asked").await, both[1..]);
    assert_eq!(ties(&stack, &bob, "").await, [(json!("ada"), json!("asked"))]);
    let accepted = stack.put(&friend(&ada)).by(&bob).send().await.ok(200);
    assert_eq!(accepted, json!({"tie": "friends"}));
    assert_eq!(ties(&stack, &ada, "?tie=friends").await, [(json!("bob"), json!("friends"))]);
    let seen = stack.get(&format!("/api/v1/users/{}", bob.id)).by(&ada).send().await.ok(200);
    assert_eq!(items(&stack, &ada, "friends?tie=friends").await[0]["user"], seen);

    // A page of one after the other; a cursor of one list is of no use in another.
    let page = stack.get("/api/v1/me/friends?limit=1").by(&ada).send().await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("/api/v1/me/friends?limit=1&cursor={cursor}");
    let rest = stack.get(&path).by(&ada).send().await.ok(200);
    assert_eq!(rest["next_cursor"], json!(null));
    assert_ne!(rest["items"][0]["user"]["id"], page["items"][0]["user"]["id"]);
    stack.get(&path).by(&bob).send().await.refused(400, "INVALID_CURSOR");
    let other = format!("{path}&tie=friends");
    stack.get(&other).by(&ada).send().await.refused(400, "INVALID_CURSOR");
    let odd = stack.get("/api/v1/me/friends?tie=enemies").by(&ada).send().await;
    odd.refused(400, "INVALID_ARGUMENT");

    for _ in 0..2 {
        stack.delete(&friend(&ada)).by(&bob).send().await.ok(204);
        stack.delete(&friend(&ada)).by(&cy).send().await.ok(204);
    }
    assert_eq!(ties(&stack, &ada, "").await, []);
}

#[tokio::test]
async fn c2_the_same_key_asks_once() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let key = RequestId::random();
    let ask = async || stack.put(&friend(&bob)).by(&ada).key(&key).send().await;
    ask().await.ok(200);
    stack.delete(&friend(&bob)).by(&ada).send().await.ok(204);
    assert_eq!(ask().await.ok(200), json!({"tie": null}), "a repeat asks nothing");
    let other = stack.put(&block(&bob)).by(&ada).key(&key).send().await;
    other.refused(409, "IDEMPOTENCY_MISMATCH");
    stack.put(&friend(&bob)).send().await.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn oneself_and_nobody_are_no_friends() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let ask = async |method: &str, id: &str, what: &str| {
        let path = format!("/api/v1/users/{id}/{what}");
        stack.ask(method.parse().unwrap(), &path).by(&ada).send().await
    };
    for what in ["friend", "block"] {
        for method in ["PUT", "DELETE"] {
            ask(method, &ada.id, what).await.refused(400, "INVALID_ARGUMENT");
            let nobody = ask(method, &Uuid::now_v7().to_string(), what).await;
            let nobody = nobody.refused(404, "NOT_FOUND").problem();
            let system = ask(method, &Uuid::nil().to_string(), what).await;
            assert_eq!(system.refused(404, "NOT_FOUND").problem(), nobody);
            ask(method, "x", what).await.refused(404, "NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn who_is_blocked_is_kept_away_both_ways() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let direct = |who: &Person| format!("/api/v1/users/{}/direct", who.id);
    let room = stack.put(&direct(&bob)).by(&ada).send().await.ok(200)["id"].clone();
    let path = format!("/api/v1/rooms/{}/messages", room.as_str().unwrap());
    let say =
        async |who: &Person| stack.post(&path).by(who).json(json!({"text": "hello"})).send().await;
    say(&ada).await.ok(201);
    stack.put(&friend(&bob)).by(&ada).send().await.ok(200);
    for _ in 0..2 {
        stack.put(&block(&ada)).by(&bob).send().await.ok(204);
    }
    let blocks = items(&stack, &bob, "blocks").await;
    let [one] = &blocks[..] else { panic!("{blocks:?}") };
    assert_eq!(one["user"]["id"], ada.id);
    assert!(one["blocked_at"].is_string());
    assert!(items(&stack, &ada, "blocks").await.is_empty(), "she is not told");
    assert_eq!(ties(&stack, &ada, "").await, []);
    stack.put(&friend(&ada)).by(&bob).send().await.refused(409, "CONFLICT");

    for (who, other) in [(&ada, &bob), (&bob, &ada)] {
        let no = say(who).await.refused(403, "FORBIDDEN");
        assert_eq!(no.problem()["detail"], "you cannot write to this person");
        stack.get(&path).by(who).send().await.ok(200);
        stack.put(&direct(other)).by(who).send().await.ok(200);
        let own = stack.room(who, "private").await;
        let members = format!("/api/v1/rooms/{own}/members");
        let add = stack.post(&members).by(who).json(json!({"name": other.name})).send().await;
        let no = add.refused(403, "FORBIDDEN");
        assert_eq!(no.problem()["detail"], "you cannot add this person");
    }
    for _ in 0..2 {
        stack.delete(&block(&ada)).by(&bob).send().await.ok(204);
    }
    say(&ada).await.ok(201);

    // Where there is no room of the two yet.
    let cy = stack.person("cy").await;
    stack.put(&block(&ada)).by(&cy).send().await.ok(204);
    for (who, other) in [(&ada, &cy), (&cy, &ada)] {
        let no = stack.put(&direct(other)).by(who).send().await.refused(403, "FORBIDDEN");
        assert_eq!(no.problem()["detail"], "you cannot write to this person");
    }
}

/// All of an answer but what differs each time.
fn told(reply: &Reply) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let each_time = ["x-request-id", "ratelimit", "date"];
    let headers = reply
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
    let headers = headers.filter(|(name, _)| !each_time.contains(&name.as_str()));
    (reply.status.as_u16(), headers.collect(), reply.body.to_vec())
}

/// Bob blocks ada and cy does not: she cannot tell the two apart.
#[tokio::test]
async fn a_request_to_who_blocks_is_answered_as_any_other() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let cy = stack.person("cy").await;
    stack.put(&block(&ada)).by(&bob).send().await.ok(204);
    for method in ["PUT", "PUT", "DELETE", "DELETE", "PUT"] {
        let mut answers = Vec::new();
        for other in [&bob, &cy] {
            let ask = stack.ask(method.parse().unwrap(), &friend(other)).by(&ada);
            let reply = ask.send().await;
            assert!(reply.status.is_success());
            answers.push(told(&reply));
        }
        assert_eq!(answers[0], answers[1], "{method}");
        let mut listed = items(&stack, &ada, "friends").await;
        for item in &mut listed {
            item["user"].take();
            item["since"].take();
        }
        assert!(listed.windows(2).all(|two| two[0] == two[1]), "{listed:?}");
        assert_eq!(listed.len(), if method == "PUT" { 2 } else { 0 });
    }
    assert_eq!(ties(&stack, &bob, "").await, []);
    assert_eq!(ties(&stack, &cy, "").await, [(json!("ada"), json!("asked"))]);
    stack.delete(&block(&ada)).by(&bob).send().await.ok(204);
    assert_eq!(ties(&stack, &bob, "").await, [], "it does not come up by itself");
}
