//! Running the server over REST: who may, what each act leaves behind, one-time
//! links, the policy of sign-up.

use http::Method;
use parlor_domain::{DeviceId, OneTimeCode, RequestId, SignUp, SystemClock, UserId, limits};
use serde_json::{Value, json};

use crate::{
    files::{begin, post, send, upload},
    stack::{PASSWORD, Person, Stack, person},
};

const NEW_PASSWORD: &str = "eleven quiet lanterns drift";

impl Stack {
    /// Registers somebody who runs the server.
    async fn admin(&self, name: &str) -> Person {
        let admin = self.person(name).await;
        let path = format!("/api/v1/admin/users/{}/admin", admin.id);
        self.put(&path).by(&self.server()).send().await.ok(204);
        admin
    }

    /// The server itself: whoever holds the key that signs access tokens.
    fn server(&self) -> Person {
        use parlor_domain::Clock as _;
        let nobody = DeviceId::from_uuid(uuid::Uuid::nil());
        let (token, _) = self.signer.sign(UserId::SYSTEM, nobody, SystemClock.now());
        Person { id: String::new(), name: String::new(), token, refresh: String::new() }
    }

    async fn log_in(&self, name: &str, password: &str) -> crate::stack::Reply {
        let body = json!({"name": name, "password": password});
        self.post("/api/v1/login").json(body).send().await
    }

    /// What was done to the server, the oldest first: act, by whom, to whom.
    async fn acts(&self, admin: &Person) -> Vec<(String, String, String)> {
        let log = self.get("/api/v1/admin/audit?limit=100").by(admin).send().await.ok(200);
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let entries = log["items"].as_array().unwrap().iter().rev();
        entries
            .map(|it| (text(&it["act"]), text(&it["by"]["name"]), text(&it["user"]["name"])))
            .collect()
    }
}

/// One call of each endpoint, with what it answers an admin and the entry it leaves.
struct Call {
    method: Method,
    path: String,
    body: Option<Value>,
    status: u16,
    act: Option<&'static str>,
}

/// What is there to be called upon.
struct House {
    bob: Person,
    device: String,
    room: String,
    announcement: String,
}

impl House {
    async fn furnish(stack: &Stack) -> Self {
        let bob = stack.person("bob").await;
        let devices = stack.get("/api/v1/me/devices").by(&bob).send().await.ok(200);
        let device = devices["items"][0]["id"].as_str().unwrap().to_owned();
        let room = stack.room(&bob, "private").await;
        let body = json!({"text": "Welcome"});
        let told = stack.post("/api/v1/admin/announcements").by(&stack.server()).json(body);
        let told = told.send().await.ok(201);
        let announcement = told["id"].as_str().unwrap().to_owned();
        Self { bob, device, room, announcement }
    }

    fn calls(&self) -> Vec<Call> {
        let user = format!("/users/{}", self.bob.id);
        let call = |method: Method, path: &str, body: Option<Value>, status, act| Call {
            method,
            path: format!("/api/v1/admin{path}"),
            body,
            status,
            act,
        };
        let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
        let archive = format!("/rooms/{}/archive", self.room);
        let (told, device) = (&self.announcement, &self.device);
        vec![
            call(get.clone(), "/users", None, 200, None),
            call(get.clone(), "/rooms", None, 200, None),
            call(get.clone(), "/sessions", None, 200, None),
            call(get.clone(), "/settings", None, 200, None),
            call(get.clone(), "/limits", None, 200, None),
            call(get.clone(), "/storage", None, 200, None),
            call(get, "/audit", None, 200, None),
            call(put.clone(), &format!("{user}/admin"), None, 204, Some("grant_admin")),
            call(delete.clone(), &format!("{user}/admin"), None, 204, Some("revoke_admin")),
            call(post.clone(), &format!("{user}/reset"), None, 201, Some("make_reset_link")),
            call(delete.clone(), &format!("/devices/{device}"), None, 204, Some("sign_out_device")),
            call(post.clone(), &format!("{user}/disable"), None, 204, Some("disable_user")),
            call(post.clone(), &format!("{user}/enable"), None, 204, Some("enable_user")),
            call(
                post.clone(),
                &archive,
                Some(json!({"archived": true})),
                200,
                Some("archive_room"),
            ),
            call(
                post.clone(),
                &archive,
                Some(json!({"archived": false})),
                200,
                Some("restore_room"),
            ),
            call(put, "/settings", Some(json!({"sign_up": "invite"})), 200, Some("set_sign_up")),
            call(post.clone(), "/sign-up-links", None, 201, Some("make_sign_up_link")),
            call(post, "/announcements", Some(json!({"text": "Hi"})), 201, Some("announce")),
            call(delete, &format!("/announcements/{told}"), None, 204, Some("end_announcement")),
        ]
    }
}

impl Call {
    async fn send(&self, stack: &Stack, by: Option<&Person>) -> crate::stack::Reply {
        let mut ask = stack.ask(self.method.clone(), &self.path);
        if let Some(person) = by {
            ask = ask.by(person);
        }
        if let Some(body) = &self.body {
            ask = ask.json(body.clone());
        }
        ask.send().await
    }
}

#[tokio::test]
async fn r2_every_endpoint_is_there_for_admins_alone_and_each_act_leaves_its_entry() {
    let stack = Stack::start().await;
    let (ada, former) = (stack.admin("ada").await, stack.admin("former").await);
    let house = House::furnish(&stack).await;
    let owner = stack.person("owner").await;
    stack.room(&owner, "private").await;
    let path = format!("/api/v1/admin/users/{}/disable", former.id);
    stack.post(&path).by(&ada).send().await.ok(204);

    let calls = house.calls();
    let operations = serde_json::to_value(parlor_control::openapi()).unwrap();
    let paths = operations["paths"].as_object().unwrap().iter();
    let admins = paths.filter(|(path, _)| path.starts_with("/api/v1/admin/"));
    let endpoints: usize = admins.map(|(_, item)| item.as_object().unwrap().len()).sum();
    // Archiving and restoring are one.
    assert_eq!(endpoints, calls.len() - 1, "all of them stand here");

    let unknown = stack.get("/api/v1/nothing").by(&owner).send().await;
    let unknown = unknown.refused(404, "NOT_FOUND").problem();
    let before = stack.acts(&ada).await.len();
    for call in &calls {
        let what = format!("{} {}", call.method, call.path);
        call.send(&stack, None).await.refused(401, "UNAUTHENTICATED");
        call.send(&stack, Some(&former)).await.refused(401, "UNAUTHENTICATED");
        for nobody in [&house.bob, &owner] {
            let reply = call.send(&stack, Some(nobody)).await;
            assert_eq!(reply.refused(404, "NOT_FOUND").problem(), unknown, "{what}");
        }
    }
    assert_eq!(stack.acts(&ada).await.len(), before, "none of them did anything");

    for call in &calls {
        let what = format!("{} {}", call.method, call.path);
        let before = stack.acts(&ada).await;
        let reply = call.send(&stack, Some(&ada)).await;
        assert_eq!(reply.status, call.status, "{what}: {:?}", reply.body);
        let after = stack.acts(&ada).await;
        let entries: Vec<_> =
            after[before.len()..].iter().map(|(act, by, _)| (act.as_str(), by.as_str())).collect();
        let expected: Vec<_> = call.act.into_iter().map(|act| (act, "ada")).collect();
        assert_eq!(entries, expected, "{what}");
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_no_hint_either() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.admin("ada").await, stack.person("bob").await);
    let settings = stack.put("/api/v1/admin/settings").by(&bob).json(json!({"nonsense": 1}));
    settings.send().await.refused(404, "NOT_FOUND");
    stack.get("/api/v1/admin/users?limit=0").by(&bob).send().await.refused(404, "NOT_FOUND");
    stack.get("/api/v1/admin/users?limit=0").by(&ada).send().await.refused(400, "INVALID_ARGUMENT");
    let nobody = format!("/api/v1/admin/users/{}/disable", uuid::Uuid::now_v7());
    stack.post(&nobody).by(&ada).send().await.refused(404, "NOT_FOUND");
    stack.post("/api/v1/admin/users/x/disable").by(&ada).send().await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn c19_who_is_disabled_is_out_at_once_and_stays_out() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.admin("ada").await, stack.person("bob").await);
    let path = |act: &str| format!("/api/v1/admin/users/{}/{act}", bob.id);
    stack.post(&path("disable")).by(&ada).send().await.ok(204);
    stack.get("/api/v1/me").by(&bob).send().await.refused(401, "UNAUTHENTICATED");
    let refresh = json!({"refresh_token": bob.refresh});
    let refreshed = stack.post("/api/v1/refresh").json(refresh).send().await;
    refreshed.refused(401, "BAD_REFRESH_TOKEN");
    stack.log_in("bob", PASSWORD).await.refused(403, "ACCOUNT_DISABLED");
    stack.log_in("bob", "a wrong password").await.refused(401, "BAD_CREDENTIALS");
    let users = stack.get("/api/v1/admin/users?q=bob").by(&ada).send().await.ok(200);
    assert!(users["items"][0]["disabled_at"].is_string(), "{users}");
    stack.post(&path("enable")).by(&ada).send().await.ok(204);
    stack.log_in("bob", PASSWORD).await.ok(200);
}

#[tokio::test]
async fn the_last_admin_can_neither_resign_nor_leave_nor_be_shut_out() {
    let stack = Stack::start().await;
    let ada = stack.admin("ada").await;
    let path = |act: &str| format!("/api/v1/admin/users/{}/{act}", ada.id);
    let leave = async |how: &str| {
        let mut body = json!({"password": PASSWORD});
        if how == "delete" {
            body["name"] = "ada".into();
        }
        stack.post(&format!("/api/v1/me/{how}")).by(&ada).json(body).send().await
    };
    stack.delete(&path("admin")).by(&ada).send().await.refused(409, "LAST_ADMIN");
    stack.post(&path("disable")).by(&ada).send().await.refused(409, "LAST_ADMIN");
    for how in ["deactivate", "delete"] {
        let refused = leave(how).await.refused(409, "LAST_ADMIN");
        assert_eq!(refused.header("set-cookie"), "", "she stays signed in");
    }
    stack.admin("bob").await;
    stack.delete(&path("admin")).by(&ada).send().await.ok(204);
    stack.get("/api/v1/admin/users").by(&ada).send().await.refused(404, "NOT_FOUND");
    let me = stack.get("/api/v1/me").by(&ada).send().await.ok(200);
    assert_eq!(me["is_admin"], false);
    leave("deactivate").await.ok(204);
}

#[tokio::test]
async fn a_reset_link_sets_a_password_once_and_signs_out_everywhere() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.admin("ada").await, stack.person("bob").await);
    let path = format!("/api/v1/admin/users/{}/reset", bob.id);
    let make = async || stack.post(&path).by(&ada).send().await.ok(201);
    let reset = async |code: &str, password: &str| {
        let body = json!({"code": code, "new_password": password});
        stack.post("/api/v1/reset").json(body).send().await
    };
    let first = make().await;
    let link = make().await;
    let code = link["code"].as_str().unwrap();
    assert_eq!(link["path"], format!("/reset#{code}"));
    let forged = OneTimeCode::from_random([3; 32]).expose();
    for wrong in [first["code"].as_str().unwrap(), &forged, "", "no code"] {
        reset(wrong, NEW_PASSWORD).await.refused(404, "NOT_FOUND");
    }
    for weak in ["short", "password"] {
        reset(code, weak).await.refused(422, "UNPROCESSABLE");
    }
    reset(code, NEW_PASSWORD).await.ok(204);
    reset(code, PASSWORD).await.refused(404, "NOT_FOUND");
    stack.get("/api/v1/me").by(&bob).send().await.refused(401, "UNAUTHENTICATED");
    stack.log_in("bob", PASSWORD).await.refused(401, "BAD_CREDENTIALS");
    stack.log_in("bob", NEW_PASSWORD).await.ok(200);
    let acts = stack.acts(&ada).await;
    let last = ("reset_password".to_owned(), "bob".to_owned(), "bob".to_owned());
    assert_eq!(acts.last(), Some(&last));
}

#[tokio::test]
async fn the_policy_of_sign_up_is_told_and_kept() {
    let stack = Stack::start().await;
    let ada = stack.admin("ada").await;
    let register = async |name: &str, invite: Option<&str>| {
        let mut body = json!({"name": name, "password": PASSWORD});
        if let Some(invite) = invite {
            body["invite"] = json!(invite);
        }
        stack.post("/api/v1/register").json(body).send().await
    };
    let policy = async |policy: &str| {
        let body = json!({"sign_up": policy});
        stack.put("/api/v1/admin/settings").by(&ada).json(body).send().await.ok(200);
        let info = stack.get("/api/v1/server").send().await.ok(200);
        assert_eq!(info["sign_up"], policy);
    };
    let room = stack.room(&ada, "private").await;
    let invite = stack.post(&format!("/api/v1/rooms/{room}/invites")).by(&ada).send().await.ok(201);
    let invite = invite["code"].as_str().unwrap();
    let link = stack.post("/api/v1/admin/sign-up-links").by(&ada).send().await.ok(201);
    let link = link["code"].as_str().unwrap();

    policy("invite").await;
    register("one", None).await.refused(403, "SIGN_UP_CLOSED");
    register("one", Some("nonsense")).await.refused(422, "UNPROCESSABLE");
    let code = OneTimeCode::from_random([1; 32]).expose();
    register("one", Some(&code)).await.refused(403, "SIGN_UP_CLOSED");
    register("one", Some(invite)).await.ok(201);
    register("two", Some(link)).await.ok(201);
    register("three", Some(link)).await.refused(403, "SIGN_UP_CLOSED");
    policy("closed").await;
    register("three", Some(invite)).await.refused(403, "SIGN_UP_CLOSED");
    let body = json!({"sign_up": "sometimes"});
    let asked = stack.put("/api/v1/admin/settings").by(&ada).json(body).send().await;
    asked.refused(422, "UNPROCESSABLE");
    policy("open").await;
    register("three", None).await.ok(201);
}

#[tokio::test]
async fn the_first_admin_registers_by_the_link_of_the_server_and_claims_it() {
    let stack = Stack::with(|_| ()).await;
    let claim = async |who: &Person, code: &str| {
        stack.post("/api/v1/claim").by(who).json(json!({"code": code})).send().await
    };
    let code = stack.claim.expose();
    let bob = stack.person("bob").await;
    stack.close_sign_up().await;
    let body = json!({"name": "ada", "password": PASSWORD});
    stack.post("/api/v1/register").json(body.clone()).send().await.refused(403, "SIGN_UP_CLOSED");
    let mut body = body;
    body["invite"] = json!(code);
    let ada = person(stack.post("/api/v1/register").json(body).send().await.ok(201));
    stack.get("/api/v1/admin/users").by(&ada).send().await.refused(404, "NOT_FOUND");
    let forged = OneTimeCode::from_random([1; 32]).expose();
    claim(&ada, &forged).await.refused(404, "NOT_FOUND");
    claim(&ada, &code).await.ok(204);
    let me = stack.get("/api/v1/me").by(&ada).send().await.ok(200);
    assert_eq!(me["is_admin"], true);
    claim(&bob, &code).await.refused(404, "NOT_FOUND");
    stack.get("/api/v1/admin/users").by(&bob).send().await.refused(404, "NOT_FOUND");
    stack
        .post("/api/v1/claim")
        .json(json!({"code": code}))
        .send()
        .await
        .refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn announcements_are_told_to_whoever_is_signed_in() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.admin("ada").await, stack.person("bob").await);
    let mut bus = stack.deps.bus.subscribe();
    let tell = async |body: Value| {
        stack.post("/api/v1/admin/announcements").by(&ada).json(body).send().await
    };
    let told = tell(json!({"text": " Down at six ", "level": "warning", "seconds": 60})).await;
    let told = told.ok(201);
    assert_eq!((&told["text"], &told["level"]), (&json!("Down at six"), &json!("warning")));
    let announced = async |bus: &mut parlor_bus::Subscription| loop {
        use parlor_bus::{Announcement, Received};
        if let Some(Received::Announcement(Announcement::AnnouncementsChanged)) = bus.next().await {
            return;
        }
    };
    announced(&mut bus).await;
    let list =
        async || stack.get("/api/v1/announcements").by(&bob).send().await.ok(200)["items"].clone();
    assert_eq!(list().await, json!([told]));
    stack.get("/api/v1/announcements").send().await.refused(401, "UNAUTHENTICATED");
    for wrong in [json!({"text": ""}), json!({"text": "x".repeat(501)}), json!({"text": "a\nb"})] {
        tell(wrong).await.refused(422, "UNPROCESSABLE");
    }
    let path = format!("/api/v1/admin/announcements/{}", told["id"].as_str().unwrap());
    stack.delete(&path).by(&ada).send().await.ok(204);
    announced(&mut bus).await;
    assert_eq!(list().await, json!([]));
    for _ in 0..limits::ANNOUNCEMENTS {
        tell(json!({"text": "again"})).await.ok(201);
    }
    tell(json!({"text": "again"})).await.refused(409, "CONFLICT");
}

#[tokio::test]
async fn lists_are_paged_and_a_retried_archive_is_one() {
    let stack = Stack::start().await;
    let ada = stack.admin("ada").await;
    for name in ["bob", "carol"] {
        stack.person(name).await;
    }
    let page = stack.get("/api/v1/admin/users?limit=2").by(&ada).send().await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = stack.get(&format!("/api/v1/admin/users?limit=2&cursor={cursor}")).by(&ada);
    let rest = rest.send().await.ok(200);
    assert_eq!(
        (&rest["items"][0]["user"]["name"], &rest["next_cursor"]),
        (&json!("carol"), &json!(null))
    );
    let elsewhere = stack.get(&format!("/api/v1/admin/rooms?cursor={cursor}")).by(&ada);
    elsewhere.send().await.refused(400, "INVALID_CURSOR");

    let room = stack.room(&ada, "public").await;
    let (key, path) = (RequestId::random(), format!("/api/v1/admin/rooms/{room}/archive"));
    for _ in 0..2 {
        let body = json!({"archived": true});
        let archived = stack.post(&path).by(&ada).key(&key).json(body).send().await.ok(200);
        assert_eq!(archived["archived"], true);
    }
    let acts = stack.acts(&ada).await;
    assert_eq!(acts.iter().filter(|(act, ..)| act == "archive_room").count(), 1);
    let limits = stack.get("/api/v1/admin/limits").by(&ada).send().await.ok(200);
    assert_eq!(
        limits["items"][2],
        json!({"name": "realtime", "burst": 1, "per_second": 1, "limited": "3"})
    );
    let storage = stack.get("/api/v1/admin/storage").by(&ada).send().await.ok(200);
    assert_eq!(storage["database"]["users"], "3");
    let files = json!({
        "attached": "0", "attached_bytes": "0", "waiting": "0", "waiting_bytes": "0",
    });
    assert_eq!(storage["files"], files);
    let (text, room) =
        (upload(&stack, &ada, "a.txt", b"words").await, stack.room(&ada, "public").await);
    post(&stack, &ada, &room, "", &[&text]).await.ok(201);
    let coming = begin(&stack, &ada, "b.txt", 9).await;
    send(&stack, &ada, &coming, 0, "abc").await.ok(200);
    let storage = stack.get("/api/v1/admin/storage").by(&ada).send().await.ok(200);
    let files = json!({
        "attached": "1", "attached_bytes": "5", "waiting": "1", "waiting_bytes": "3",
    });
    assert_eq!(storage["files"], files);
    let rooms = stack.get("/api/v1/admin/rooms").by(&ada).send().await.ok(200);
    let it = rooms["items"].as_array().unwrap().iter().find(|it| it["id"] == *room).unwrap();
    assert_eq!(it["file_bytes"], "5");
}

#[tokio::test]
async fn the_key_of_the_server_opens_nothing_else() {
    let stack = Stack::start().await;
    stack.get("/api/v1/me").by(&stack.server()).send().await.refused(401, "UNAUTHENTICATED");
    stack.get("/api/v1/rooms").by(&stack.server()).send().await.refused(401, "UNAUTHENTICATED");
    let claim = stack.post("/api/v1/claim").by(&stack.server()).json(json!({"code": "x"}));
    claim.send().await.refused(401, "UNAUTHENTICATED");
}

impl Stack {
    /// As the configuration of a first start may say.
    async fn close_sign_up(&self) {
        self.deps.server_writer.begin(SignUp::Closed).await.unwrap();
    }
}
