//! People: what they show of themselves, finding them, and their devices.

use parlor_domain::RequestId;
use serde_json::json;

use crate::stack::{PASSWORD, Person, Stack, person};

const ME: &str = "/api/v1/me";

#[tokio::test]
async fn a_profile_is_changed_and_seen_by_others() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "public").await;
    let change =
        json!({"display_name": "Ada Lovelace", "status_text": "在开会", "status_emoji": "🌴"});
    let changed = stack.patch(ME).by(&ada).json(change.clone()).send().await.ok(200);
    for field in ["display_name", "status_text", "status_emoji"] {
        assert_eq!(changed[field], change[field]);
    }
    let seen = stack.get(&format!("/api/v1/users/{}", ada.id)).by(&bob).send().await.ok(200);
    assert_eq!(seen, changed);
    let me = stack.get(ME).by(&ada).send().await.ok(200);
    assert_eq!(me["user"], changed);
    let members = format!("/api/v1/rooms/{room}/members");
    let members = stack.get(&members).by(&ada).send().await.ok(200);
    assert_eq!(members["items"][0]["user"], changed);
    stack.say(&ada, &room, "hello").await;
    let history = format!("/api/v1/rooms/{room}/messages");
    let history = stack.get(&history).by(&ada).send().await.ok(200);
    assert_eq!(history["authors"][0], changed);

    let cleared = json!({"status_text": "", "status_emoji": ""});
    let cleared = stack.patch(ME).by(&ada).json(cleared).send().await.ok(200);
    assert_eq!(cleared["display_name"], "Ada Lovelace", "what is not named stays");
    assert_eq!((&cleared["status_text"], &cleared["status_emoji"]), (&json!(""), &json!("")));
}

#[tokio::test]
async fn a_profile_that_will_not_do_is_refused() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    for bad in [
        json!({}),
        json!({"display_name": ""}),
        json!({"display_name": "a\u{202E}b"}),
        json!({"display_name": "x".repeat(65)}),
        json!({"status_text": "a\nb"}),
        json!({"status_text": "x".repeat(101)}),
        json!({"status_emoji": "beach"}),
        json!({"name": "eve"}),
        json!({"display_name": "Ada", "id": ada.id}),
    ] {
        let reply = stack.patch(ME).by(&ada).json(bad.clone()).send().await;
        assert_eq!(reply.status, 422, "{bad}");
        reply.refused(422, "UNPROCESSABLE");
    }
    let composed = json!({"display_name": "Andre\u{301}"});
    let changed = stack.patch(ME).by(&ada).json(composed).send().await.ok(200);
    assert_eq!(changed["display_name"], "Andr\u{E9}", "in one form, whatever the keyboard");
    let nobody = stack.patch(ME).json(json!({"status_text": "x"})).send().await;
    nobody.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn c2_the_same_key_changes_a_profile_once() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let key = RequestId::random();
    let set = async |key: &RequestId, text: &str| {
        stack.patch(ME).by(&ada).key(key).json(json!({"status_text": text})).send().await
    };
    set(&key, "out").await.ok(200);
    set(&RequestId::random(), "back").await.ok(200);
    assert_eq!(set(&key, "out").await.ok(200)["status_text"], "back", "a repeat does nothing");
    set(&key, "elsewhere").await.refused(409, "IDEMPOTENCY_MISMATCH");
}

const DEVICES: &str = "/api/v1/me/devices";

/// A further device of somebody.
async fn log_in(stack: &Stack, name: &str, device: &str) -> Person {
    let body = json!({"name": name, "password": PASSWORD, "device_name": device});
    let ask = stack.post("/api/v1/login").header("user-agent", "PhoneBrowser/9");
    person(ask.json(body).send().await.ok(200))
}

#[tokio::test]
async fn devices_are_listed_and_one_is_this_one() {
    let stack = Stack::start().await;
    let desk = stack.person("ada").await;
    let phone = log_in(&stack, "ada", "phone").await;
    stack.person("bob").await;
    let devices = stack.get(DEVICES).by(&phone).send().await.ok(200);
    let devices = devices["items"].as_array().unwrap();
    assert_eq!(devices.len(), 2);
    let current: Vec<_> = devices.iter().filter(|device| device["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["name"], "phone");
    assert_eq!(current[0]["client"], "PhoneBrowser/9");
    assert_eq!(current[0]["address"], "203.0.113.9");
    assert_eq!(current[0]["created_at"], current[0]["seen_at"]);
    let mine = stack.get(ME).by(&phone).send().await.ok(200);
    assert_eq!(current[0]["id"], mine["device_id"]);

    let page = stack.get(&format!("{DEVICES}?limit=1")).by(&desk).send().await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("{DEVICES}?limit=1&cursor={cursor}");
    let rest = stack.get(&path).by(&desk).send().await.ok(200);
    assert_eq!(rest["next_cursor"], json!(null));
    assert_ne!(page["items"][0]["id"], rest["items"][0]["id"]);
    let bob = stack.person("bobby").await;
    stack.get(&path).by(&bob).send().await.refused(400, "INVALID_CURSOR");
}

#[tokio::test]
async fn c19_signing_a_device_out_ends_it_at_once() {
    let stack = Stack::start().await;
    let desk = stack.person("ada").await;
    let phone = log_in(&stack, "ada", "phone").await;
    let me = stack.get(ME).by(&phone).send().await.ok(200);
    let path = format!("{DEVICES}/{}", me["device_id"].as_str().unwrap());
    let eve = stack.person("eve").await;
    let theirs = stack.delete(&path).by(&eve).send().await.refused(404, "NOT_FOUND");
    let nobodys = format!("{DEVICES}/{}", RequestId::random());
    let nobodys = stack.delete(&nobodys).by(&eve).send().await.refused(404, "NOT_FOUND");
    assert_eq!(theirs.problem(), nobodys.problem(), "somebody else's is as if it were not there");
    for _ in 0..2 {
        stack.delete(&path).by(&desk).send().await.ok(204);
        stack.get(ME).by(&phone).send().await.refused(401, "UNAUTHENTICATED");
    }
    let body = json!({"refresh_token": phone.refresh});
    stack.post("/api/v1/refresh").json(body).send().await.refused(401, "BAD_REFRESH_TOKEN");
    let devices = stack.get(DEVICES).by(&desk).send().await.ok(200);
    assert_eq!(devices["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn c19_all_other_devices_can_be_signed_out_at_once() {
    let stack = Stack::start().await;
    let desk = stack.person("ada").await;
    let (phone, tablet) =
        (log_in(&stack, "ada", "phone").await, log_in(&stack, "ada", "tablet").await);
    let bob = stack.person("bob").await;
    stack.delete(DEVICES).by(&desk).send().await.ok(204);
    for gone in [&phone, &tablet] {
        stack.get(ME).by(gone).send().await.refused(401, "UNAUTHENTICATED");
    }
    for here in [&desk, &bob] {
        stack.get(ME).by(here).send().await.ok(200);
    }
}

#[tokio::test]
async fn people_are_found_page_by_page_and_nothing_private_is_told() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    for (name, shown) in [("wang", "王小明"), ("li", "李小红"), ("zhao", "赵明")] {
        let body = json!({"name": name, "display_name": shown, "password": PASSWORD});
        stack.post("/api/v1/register").json(body).send().await.ok(201);
    }
    let find = async |query: &str| {
        let path = format!("/api/v1/users?{query}");
        stack.get(&path).by(&ada).send().await
    };
    // 小, percent-encoded (RFC 3986 section 2.1).
    let found = find("q=%E5%B0%8F").await.ok(200);
    let names: Vec<_> =
        found["items"].as_array().unwrap().iter().map(|user| &user["name"]).collect();
    assert_eq!(names, ["li", "wang"]);
    let fields = found["items"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut expected = [
        "id",
        "name",
        "display_name",
        "status_text",
        "status_emoji",
        "avatar",
        "created_at",
        "standing",
    ]
    .map(str::to_owned);
    expected.sort();
    assert_eq!(fields, expected, "what everybody may see, and nothing else");

    let first = find("q=%E5%B0%8F&limit=1").await.ok(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = find(&format!("q=%E5%B0%8F&limit=1&cursor={cursor}")).await.ok(200);
    assert_eq!((&first["items"][0], &rest["items"][0]), (&found["items"][0], &found["items"][1]));
    assert_eq!(rest["next_cursor"], json!(null));
    find(&format!("q=wang&cursor={cursor}")).await.refused(400, "INVALID_CURSOR");

    assert_eq!(find("q=WANG").await.ok(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(find("q=%40wang").await.ok(200)["items"].as_array().unwrap().len(), 1, "as @wang");
    assert_eq!(find("q=%25").await.ok(200)["items"], json!([]));
    find("").await.refused(400, "INVALID_ARGUMENT");
    find("q=").await.refused(422, "UNPROCESSABLE");
    find("q=%00").await.refused(422, "UNPROCESSABLE");
    find("q=a&all=1").await.refused(400, "INVALID_ARGUMENT");
    stack.get("/api/v1/users?q=a").send().await.refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn two_people_have_one_direct_room_made_on_first_use() {
    let stack = Stack::start().await;
    let (ada, bob, eve) =
        (stack.person("ada").await, stack.person("bob").await, stack.person("eve").await);
    let path = |who: &Person| format!("/api/v1/users/{}/direct", who.id);
    let open = async |by: &Person, with: &Person| {
        stack.ask(http::Method::PUT, &path(with)).by(by).send().await
    };
    let made = open(&ada, &bob).await.ok(200);
    assert_eq!((&made["visibility"], &made["role"]), (&json!("direct"), &json!("member")));
    assert_eq!((&made["peer"]["name"], &made["members"]), (&json!("bob"), &json!(2)));
    let again = open(&bob, &ada).await.ok(200);
    assert_eq!((&again["id"], &again["peer"]["name"]), (&made["id"], &json!("ada")));
    assert_eq!(again["head"], made["head"], "nothing more has happened");

    let room = made["id"].as_str().unwrap();
    stack.say(&ada, room, "hello").await;
    let rooms = stack.get("/api/v1/rooms").by(&bob).send().await.ok(200);
    let listed = rooms["items"].as_array().unwrap().iter().find(|item| item["id"] == room).unwrap();
    assert_eq!((&listed["peer"]["name"], &listed["unread"]), (&json!("ada"), &json!(1)));
    let rooms = stack.get("/api/v1/rooms?scope=public").by(&eve).send().await.ok(200);
    assert!(rooms["items"].as_array().unwrap().iter().all(|item| item["id"] != room));

    let path = format!("/api/v1/rooms/{room}");
    let theirs = stack.get(&path).by(&eve).send().await.refused(404, "NOT_FOUND");
    let nobodys = stack.get(&format!("/api/v1/rooms/{}", RequestId::random()));
    let nobodys = nobodys.by(&eve).send().await.refused(404, "NOT_FOUND");
    assert_eq!(theirs.problem(), nobodys.problem());
    let seen = stack.get(&path).by(&bob).send().await.ok(200);
    assert_eq!(seen["peer"]["name"], "ada");
    stack.post(&format!("{path}/leave")).by(&bob).send().await.refused(403, "FORBIDDEN");
    let add = stack.post(&format!("{path}/members")).by(&bob).json(json!({"name": "eve"}));
    add.send().await.refused(403, "FORBIDDEN");
    let members = format!("{path}/members/{}", ada.id);
    stack.delete(&members).by(&bob).send().await.refused(403, "FORBIDDEN");
    stack.patch(&path).by(&bob).json(json!({"name": "x"})).send().await.refused(403, "FORBIDDEN");

    open(&ada, &ada).await.refused(400, "INVALID_ARGUMENT");
    let nobody = Person { id: RequestId::random().to_string(), ..eve.clone() };
    open(&ada, &nobody).await.refused(404, "NOT_FOUND");
    let body = json!({"name": "x", "visibility": "direct"});
    stack.post("/api/v1/rooms").by(&ada).json(body).send().await.refused(422, "UNPROCESSABLE");
}
