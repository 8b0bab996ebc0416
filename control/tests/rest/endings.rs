//! The end of rooms and of accounts.

use parlor_domain::RequestId;
use serde_json::{Value, json};

use crate::{
    files::{encoded, path, picture, post, upload},
    stack::{PASSWORD, Person, Stack, person},
};

async fn deleted(stack: &Stack, who: &Person) -> Vec<Value> {
    let page = stack.get("/api/v1/rooms/deleted").by(who).send().await.ok(200);
    page["items"].as_array().unwrap().clone()
}

async fn rooms(stack: &Stack, who: &Person) -> Vec<String> {
    let page = stack.get("/api/v1/rooms").by(who).send().await.ok(200);
    let ids = page["items"].as_array().unwrap().iter().map(|room| room["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

async fn user(stack: &Stack, by: &Person, id: &str) -> Value {
    stack.get(&format!("/api/v1/users/{id}")).by(by).send().await.ok(200)
}

#[tokio::test]
async fn a_deleted_room_is_restored_by_its_owner() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    let seq = stack.say(&bob, &room, "hello").await;
    let (path, key) = (format!("/api/v1/rooms/{room}"), RequestId::random());
    let done = stack.delete(&path).by(&ada).key(&key).send().await.ok(200);
    let again = stack.delete(&path).by(&ada).key(&key).send().await.ok(200);
    assert_eq!(done["seq"], again["seq"], "C2");
    stack.endings.settle().await.unwrap();
    for who in [&ada, &bob] {
        assert!(!rooms(&stack, who).await.contains(&room));
    }
    let found = deleted(&stack, &ada).await;
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&found["id"], &found["deleted_by"]), (&json!(room), &json!(ada.id)));
    assert_eq!((&found["name"], &found["members"]), (&json!("a room"), &json!(2)));
    assert!(found["kept_until"].as_str() > found["deleted_at"].as_str());
    assert_eq!(deleted(&stack, &bob).await, [] as [Value; 0]);

    let restore = format!("{path}/restore");
    stack.post(&restore).by(&bob).send().await.refused(404, "NOT_FOUND");
    let key = RequestId::random();
    let back = stack.post(&restore).by(&ada).key(&key).send().await.ok(200);
    assert_eq!((&back["id"], &back["role"]), (&json!(room), &json!("owner")));
    stack.post(&restore).by(&ada).key(&key).send().await.ok(200);
    assert_eq!(deleted(&stack, &ada).await, [] as [Value; 0]);
    stack.endings.settle().await.unwrap();
    let page = stack.get(&format!("{path}/messages")).by(&bob).send().await.ok(200);
    assert_eq!(page["messages"][0]["seq"], seq);
    assert!(rooms(&stack, &bob).await.contains(&room));
}

#[tokio::test]
async fn r2_a_deleted_room_looks_like_one_that_never_was() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "public").await;
    stack.add(&ada, &room, &bob).await;
    let seq = stack.say(&bob, &room, "hello").await;
    let invite = stack.post(&format!("/api/v1/rooms/{room}/invites")).by(&ada).json(json!({}));
    let code = invite.send().await.ok(201)["code"].as_str().unwrap().to_owned();
    stack.delete(&format!("/api/v1/rooms/{room}")).by(&ada).send().await.ok(200);
    let never = RequestId::random().to_string();
    for who in [&ada, &bob] {
        for rest in [
            String::new(),
            "/members".into(),
            "/messages".into(),
            format!("/messages/{seq}/edits"),
            "/pins".into(),
            "/bans".into(),
            "/invites".into(),
        ] {
            let ask = async |room: &str| {
                let path = format!("/api/v1/rooms/{room}{rest}");
                stack.get(&path).by(who).send().await.refused(404, "NOT_FOUND").problem()
            };
            assert_eq!(ask(&room).await, ask(&never).await, "{rest}");
        }
        for (rest, body) in
            [("messages", json!({"text": "x"})), ("archive", json!({"archived": true}))]
        {
            let ask = async |room: &str| {
                let path = format!("/api/v1/rooms/{room}/{rest}");
                stack.post(&path).by(who).json(body.clone()).send().await.refused(404, "NOT_FOUND")
            };
            assert_eq!(ask(&room).await.problem(), ask(&never).await.problem(), "{rest}");
        }
    }
    let preview = stack.get(&format!("/api/v1/invites/{code}")).send().await;
    preview.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn r5_nobody_but_an_owner_deletes_a_room() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    let path = format!("/api/v1/rooms/{room}");
    stack.delete(&path).by(&bob).send().await.refused(404, "NOT_FOUND");
    stack.add(&ada, &room, &bob).await;
    stack.delete(&path).by(&bob).send().await.refused(403, "FORBIDDEN");
    let role = format!("{path}/members/{}", bob.id);
    stack.patch(&role).by(&ada).json(json!({"role": "admin"})).send().await.ok(200);
    stack.delete(&path).by(&bob).send().await.refused(403, "FORBIDDEN");
    stack.get(&path).by(&bob).send().await.ok(200);
}

#[tokio::test]
async fn a_room_is_purged_when_its_time_is_over() {
    let stack = Stack::with(|deps| deps.settings.room_kept = std::time::Duration::ZERO).await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "private").await;
    let kept = stack.room(&ada, "private").await;
    stack.say(&ada, &room, "hello").await;
    stack.delete(&format!("/api/v1/rooms/{room}")).by(&ada).send().await.ok(200);
    stack.endings.settle().await.unwrap();
    let restore = format!("/api/v1/rooms/{room}/restore");
    stack.post(&restore).by(&ada).send().await.refused(404, "NOT_FOUND");
    assert!(rooms(&stack, &ada).await.contains(&kept));
    let log = room.parse::<parlor_domain::RoomId>().unwrap().into();
    let page = stack.deps.log.after(log, parlor_domain::Seq::ZERO, 100).await.unwrap();
    assert!(page.is_none_or(|page| page.events.is_empty()), "nothing was kept");
}

#[tokio::test]
async fn c19_a_deactivated_account_is_out_until_it_asks_to_be_back() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let body = |reactivate| json!({"name": "ada", "password": PASSWORD, "reactivate": reactivate});
    let phone = person(stack.post("/api/v1/login").json(body(false)).send().await.ok(200));
    let leave =
        |password| stack.post("/api/v1/me/deactivate").by(&ada).json(json!({"password": password}));
    leave("not the password").send().await.refused(401, "BAD_CREDENTIALS");
    stack.get("/api/v1/me").by(&ada).send().await.ok(200);
    let reply = leave(PASSWORD).send().await;
    assert!(reply.header("set-cookie").contains("Max-Age=0"), "the cookie is cleared");
    reply.ok(204);
    for device in [&ada, &phone] {
        stack.get("/api/v1/me").by(device).send().await.refused(401, "UNAUTHENTICATED");
        let body = json!({"refresh_token": device.refresh});
        stack.post("/api/v1/refresh").json(body).send().await.refused(401, "BAD_REFRESH_TOKEN");
    }
    let wrong = json!({"name": "ada", "password": "not the password"});
    stack.post("/api/v1/login").json(wrong).send().await.refused(401, "BAD_CREDENTIALS");
    stack.post("/api/v1/login").json(body(false)).send().await.refused(403, "ACCOUNT_DEACTIVATED");

    assert_eq!(user(&stack, &bob, &ada.id).await["standing"], "deactivated");
    let found = stack.get("/api/v1/users?q=ada").by(&bob).send().await.ok(200);
    assert_eq!(found["items"], json!([]));
    let room = stack.room(&bob, "private").await;
    let add = stack.post(&format!("/api/v1/rooms/{room}/members")).by(&bob);
    add.json(json!({"name": "ada"})).send().await.refused(404, "NOT_FOUND");
    let direct = stack.put(&format!("/api/v1/users/{}/direct", ada.id)).by(&bob);
    direct.send().await.refused(403, "FORBIDDEN");
    let befriend = stack.put(&format!("/api/v1/users/{}/friend", ada.id)).by(&bob);
    befriend.send().await.refused(409, "CONFLICT");

    let back = person(stack.post("/api/v1/login").json(body(true)).send().await.ok(200));
    stack.get("/api/v1/me").by(&back).send().await.ok(200);
    assert_eq!(user(&stack, &bob, &ada.id).await["standing"], "active");
    stack.add(&bob, &room, &back).await;
}

#[tokio::test]
async fn t7_guessing_is_slowed_down_wherever_a_password_is_asked() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    for n in 0..50 {
        let (path, body) = if n % 2 == 0 {
            ("/api/v1/me/deactivate", json!({"password": "not the password"}))
        } else {
            ("/api/v1/me/delete", json!({"password": "not the password", "name": "ada"}))
        };
        let reply = stack.post(path).by(&ada).json(body).send().await;
        if reply.status == 429 {
            reply.refused(429, "RATE_LIMITED");
            return;
        }
        reply.refused(401, "BAD_CREDENTIALS");
    }
    panic!("fifty failures and no limit");
}

#[tokio::test]
async fn a_deleted_account_leaves_its_rooms_and_friends() {
    let stack = Stack::start().await;
    let (ada, bob, cy) =
        (stack.person("ada").await, stack.person("bob").await, stack.person("cy").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    stack.add(&ada, &room, &cy).await;
    let alone = stack.room(&ada, "public").await;
    let seq = stack.say(&ada, &room, "I was here").await;
    let friend = |of: &Person| format!("/api/v1/users/{}/friend", of.id);
    stack.put(&friend(&bob)).by(&ada).send().await.ok(200);
    stack.put(&friend(&ada)).by(&bob).send().await.ok(200);
    let direct =
        stack.put(&format!("/api/v1/users/{}/direct", ada.id)).by(&bob).send().await.ok(200);
    let direct = direct["id"].as_str().unwrap().to_owned();

    let leave = |body: Value| stack.post("/api/v1/me/delete").by(&ada).json(body);
    let wrong = json!({"password": "not the password", "name": "ada"});
    leave(wrong).send().await.refused(401, "BAD_CREDENTIALS");
    let other = json!({"password": PASSWORD, "name": "bob"});
    leave(other).send().await.refused(422, "UNPROCESSABLE");
    leave(json!({"password": PASSWORD})).send().await.refused(422, "UNPROCESSABLE");
    leave(json!({"password": PASSWORD, "name": " Ada"})).send().await.ok(204);
    stack.get("/api/v1/me").by(&ada).send().await.refused(401, "UNAUTHENTICATED");
    let body = json!({"name": "ada", "password": PASSWORD, "reactivate": true});
    stack.post("/api/v1/login").json(body).send().await.refused(401, "BAD_CREDENTIALS");
    let again = json!({"name": "ada", "password": PASSWORD});
    stack.post("/api/v1/register").json(again).send().await.refused(409, "NAME_TAKEN");

    stack.endings.settle().await.unwrap();
    let gone = user(&stack, &bob, &ada.id).await;
    assert_eq!(
        (&gone["standing"], &gone["display_name"]),
        (&json!("deleted"), &json!("Deleted account"))
    );
    assert_ne!(gone["name"], "ada");
    let members = stack.get(&format!("/api/v1/rooms/{room}/members")).by(&bob).send().await.ok(200);
    let members: Vec<_> = members["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (member["user"]["id"].clone(), member["role"].clone()))
        .collect();
    assert_eq!(members.len(), 2);
    assert!(
        members.contains(&(json!(bob.id), json!("owner"))),
        "bob was there before cy: {members:?}"
    );
    let history =
        stack.get(&format!("/api/v1/rooms/{room}/messages")).by(&bob).send().await.ok(200);
    let kept = history["messages"].as_array().unwrap().iter().find(|message| message["seq"] == seq);
    assert_eq!(kept.unwrap()["text"], "I was here", "what was said stays");
    let friends = stack.get("/api/v1/me/friends").by(&bob).send().await.ok(200);
    assert_eq!(friends["items"], json!([]));
    let read = stack.get(&format!("/api/v1/rooms/{alone}")).by(&bob).send().await.ok(200);
    assert_eq!((&read["archived"], &read["members"]), (&json!(true), &json!(0)));
    let peer = stack.get(&format!("/api/v1/rooms/{direct}")).by(&bob).send().await.ok(200);
    assert_eq!(peer["peer"]["standing"], "deleted");
    let say = stack.post(&format!("/api/v1/rooms/{direct}/messages")).by(&bob);
    say.json(json!({"text": "are you there"})).send().await.refused(403, "FORBIDDEN");
    stack.endings.settle().await.unwrap();
}

#[tokio::test]
async fn a_deleted_account_takes_its_messages_where_it_wants() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&bob, "public").await;
    stack.add(&bob, &room, &ada).await;
    let mut hers = Vec::new();
    for n in 0..150 {
        hers.push(stack.say(&ada, &room, &format!("secret {n}")).await);
    }
    let his = stack.say(&bob, &room, "mine").await;
    stack.post(&format!("/api/v1/rooms/{room}/leave")).by(&ada).send().await.ok(204);
    let body = json!({"password": PASSWORD, "name": "ada", "erase_messages": true});
    stack.post("/api/v1/me/delete").by(&ada).json(body).send().await.ok(204);
    stack.endings.settle().await.unwrap();
    for seq in [&hers[0], &hers[149]] {
        let edits = format!("/api/v1/rooms/{room}/messages/{seq}/edits");
        let versions = stack.get(&edits).by(&bob).send().await.ok(200);
        assert_eq!(versions["items"], json!([]), "gone");
    }
    let page = stack.get(&format!("/api/v1/rooms/{room}/messages?limit=100")).by(&bob);
    let page = page.send().await.ok(200);
    let left: Vec<_> = page["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["deleted"] == false)
        .map(|message| &message["seq"])
        .collect();
    assert_eq!(left, [&json!(his)]);
}

#[tokio::test]
async fn a_copy_of_ones_own_data_is_whole_and_ones_own() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    for n in 0..150 {
        stack.say(&ada, &room, &format!("\"message\" {n} \u{8AB0}")).await;
    }
    stack.say(&bob, &room, "his secret").await;
    let seq = stack.say(&ada, &room, "furst").await;
    let edit = stack.patch(&format!("/api/v1/rooms/{room}/messages/{seq}")).by(&ada);
    edit.json(json!({"text": "first"})).send().await.ok(200);
    stack.put(&format!("/api/v1/users/{}/friend", bob.id)).by(&ada).send().await.ok(200);
    let cy = stack.person("cy").await;
    stack.put(&format!("/api/v1/users/{}/block", cy.id)).by(&ada).send().await.ok(204);
    let reply = stack.get("/api/v1/me/export").by(&ada).send().await;
    assert!(reply.header("content-disposition").starts_with("attachment"));
    assert_eq!(reply.header("cache-control"), "no-store");
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(!text.contains("his secret"), "what others said is theirs");
    for secret in [&ada.token, &ada.refresh, PASSWORD, "argon2"] {
        assert!(!text.contains(secret), "T9");
    }
    let copy = reply.ok(200);
    assert_eq!((&copy["format"], &copy["user"]["name"]), (&json!(1), &json!("ada")));
    assert_eq!(copy["devices"].as_array().unwrap().len(), 1);
    assert_eq!(copy["rooms"].as_array().unwrap().len(), 2, "and welcome");
    assert_eq!(copy["friends"][0]["user_id"], bob.id);
    assert_eq!(copy["friends"][0]["tie"], "requested");
    assert_eq!(copy["blocks"][0]["user_id"], cy.id);
    let messages = copy["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 151);
    assert_eq!(messages[149]["text"], "\"message\" 149 \u{8AB0}");
    assert_eq!(messages[149]["versions"], json!([]));
    let texts: Vec<_> = messages[150]["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["furst", "first"]);
    assert_eq!((&messages[150]["attachments"], &copy["avatar_path"]), (&json!([]), &json!(null)));
}

#[tokio::test]
async fn a_copy_of_ones_own_data_says_where_ones_files_are() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    let words = upload(&stack, &ada, "words.txt", b"words").await;
    let more = upload(&stack, &ada, "more.txt", b"and more").await;
    post(&stack, &ada, &room, "look", &[&words, &more]).await.ok(201);
    let deleted = upload(&stack, &ada, "deleted.txt", b"no more").await;
    let seq = post(&stack, &ada, &room, "", &[&deleted]).await.ok(201)["seq"].clone();
    let message = format!("/api/v1/rooms/{room}/messages/{}", seq.as_str().unwrap());
    stack.delete(&message).by(&ada).send().await.ok(200);
    let his = upload(&stack, &bob, "his.txt", b"secret").await;
    post(&stack, &bob, &room, "", &[&his]).await.ok(201);
    let png = encoded(&picture(9, 9), image::ImageFormat::Png);
    let avatar = upload(&stack, &ada, "me.png", &png).await;
    let body = json!({"upload_id": avatar["id"], "crop": null});
    let set = stack.put("/api/v1/me/avatar").by(&ada).key(&RequestId::random()).json(body);
    set.send().await.ok(200);

    let copy = stack.get("/api/v1/me/export").by(&ada).send().await.ok(200);
    let messages = copy["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1);
    let files = messages[0]["attachments"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    let path = path(&room, &words);
    assert_eq!(
        files[0],
        json!({
            "id": words["id"], "name": "words.txt", "media_type": "text/plain", "bytes": "5",
            "path": path,
        })
    );
    assert_eq!(stack.get(&path).by(&ada).send().await.body, &b"words"[..]);
    assert_eq!(files[1]["name"], "more.txt");
    let picture = copy["avatar_path"].as_str().unwrap();
    assert_eq!(stack.get(picture).by(&ada).send().await.status, 200);
}

#[tokio::test]
async fn r17_copies_are_taken_now_and_then() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    for _ in 0..parlor_domain::limits::EXPORT_BURST {
        stack.get("/api/v1/me/export").by(&ada).send().await.ok(200);
    }
    let reply = stack.get("/api/v1/me/export").by(&ada).send().await;
    assert!(reply.header("retry-after").parse::<u64>().unwrap() > 1);
    reply.refused(429, "RATE_LIMITED");
    stack.get("/api/v1/me/export").by(&bob).send().await.ok(200);
}
