//! Running the server: with the Rust client, over REST, and by `parlor admin`.

use std::{
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use http::{Method, Request};
use http_body_util::Full;
use parlor::Parlor;
use parlor_client::{Client, Closed, Lane, Rest, Status};
use parlor_domain::{Code, SystemClock};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::timeout;

use crate::{
    members::{code, person},
    support::{DEADLINE, Server, config, folder, json_of},
};

/// Runs `parlor admin` on the data folder of a running server.
async fn parlor_admin(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command.arg("admin").args(arguments).arg("--data-dir").arg(folder.join("data"));
    let ran = tokio::task::spawn_blocking(move || command.output());
    timeout(DEADLINE, ran).await.expect("in time").expect("no panic").expect("it runs")
}

/// The same, where it goes well: what it prints.
async fn told(folder: &Path, arguments: &[&str]) -> String {
    let output = parlor_admin(folder, arguments).await;
    let error = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("text")
}

async fn json_told(folder: &Path, arguments: &[&str]) -> Value {
    let text = told(folder, &[arguments, &["--json"]].concat()).await;
    serde_json::from_str(&text).expect("JSON")
}

async fn ended(client: &Client) -> Instant {
    let mut status = client.status();
    let over = |status: &Status| !matches!(status, Status::Live { .. });
    timeout(DEADLINE, status.wait_for(over)).await.expect("it ends").expect("the client lives");
    Instant::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_admin_comes_by_the_printed_link_and_no_second_link_is_printed() {
    let folder = folder();
    let started = |config| Parlor::load(config, Arc::new(SystemClock));
    let first = started(config(folder.path())).await.expect("it starts");
    let link = first.claim_url().expect("there is no admin").to_owned();
    drop(first);
    let second = started(config(folder.path())).await.expect("it starts");
    let newer = second.claim_url().expect("there is no admin").to_owned();
    assert_ne!(link, newer, "the one before holds no longer");
    let url = second.url().to_owned();
    drop(second);
    let code = |link: &str| link.rsplit_once("/admin/claim#").expect("a link").1.to_owned();
    assert!(newer.starts_with(&url));

    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    for link in [&link, &newer] {
        let refused = ada.claim_admin(&code(link)).await.expect_err("another start");
        assert_eq!(crate::members::code(refused), Code::NotFound);
    }
    ada.close().await;
    server.stop().await;

    let third = started(config(folder.path())).await.expect("it starts");
    let code = code(third.claim_url().expect("still no admin"));
    let address = third.address();
    let shutdown = tokio_util::sync::CancellationToken::new();
    #[allow(clippy::disallowed_methods, reason = "the test owns the server and joins it")]
    let running = tokio::spawn(third.run(shutdown.clone()));
    let rest = Rest::new(&format!("http://{address}")).expect("a URL");
    let password = "correct horse battery staple";
    let tokens = rest.login("ada", password, "test").await.expect("logged in");
    rest.claim_admin(&tokens.access_token, &code).await.expect("the first");
    let users = rest.admin(&tokens.access_token, Method::GET, "/users", None).await;
    assert_eq!(users.expect("an admin")["items"][0]["is_admin"], true);
    shutdown.cancel();
    running.await.expect("no panic").expect("it stops");
    let fourth = started(config(folder.path())).await.expect("it starts");
    assert_eq!(fourth.claim_url(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_runs_the_server_from_its_machine_without_any_account() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let bob = person(&server, "bob", Lane::WebSocket).await;
    let folder = folder.path();
    told(folder, &["grant", "Ada"]).await;
    let users = json_told(folder, &["users"]).await;
    assert_eq!(
        (&users["items"][0]["is_admin"], &users["items"][1]["is_admin"]),
        (&json!(true), &json!(false))
    );
    assert!(
        told(folder, &["users", "ada"]).await.contains("ada   ada       yes"),
        "{}",
        told(folder, &["users"]).await
    );

    let sessions = json_told(folder, &["sessions"]).await;
    let of = |name: &str| {
        let all = sessions["items"].as_array().expect("a list");
        all.iter().find(|it| it["user"]["name"] == name).expect("is live").clone()
    };
    let (quic, websocket) = (of("ada"), of("bob"));
    assert_eq!((&quic["lane"], &websocket["lane"]), (&json!("quic"), &json!("websocket")));
    assert!(quic["rtt_us"].as_u64().is_some_and(|rtt| rtt > 0), "{quic}");
    assert_eq!((&websocket["rtt_us"], &websocket["queued_bytes"]), (&json!(null), &json!(0)));

    told(folder, &["sign-out", websocket["device_id"].as_str().expect("an id")]).await;
    let committed = Instant::now();
    let took = ended(&bob).await.saturating_duration_since(committed);
    assert!(took < Duration::from_secs(1), "c19: {took:?}");

    let link = json_told(folder, &["reset", "bob"]).await;
    let url = link["url"].as_str().expect("a URL");
    assert_eq!(url, server.url(&format!("/reset#{}", link["code"].as_str().expect("a code"))));
    let body = json!({ "code": link["code"], "new_password": "eleven quiet lanterns drift" });
    let reset = server.post("/api/v1/reset", None, &body).await;
    assert_eq!(reset.status(), 204, "{:?}", reset.body());

    let mut announced = ada.announced();
    announced.mark_unchanged();
    told(folder, &["announce", "Down at six", "--warning", "--hours", "2"]).await;
    timeout(DEADLINE, announced.changed()).await.expect("in time").expect("the client lives");
    let announcements = ada.announcements().await.expect("listed");
    let [one] = &announcements[..] else { panic!("{announcements:?}") };
    assert_eq!((one.text.as_str(), one.level.as_str()), ("Down at six", "warning"));
    told(folder, &["unannounce", &one.id.to_string()]).await;

    assert_eq!(told(folder, &["settings", "--sign-up", "closed"]).await, "sign_up  closed\n");
    let eve = crate::support::registration("eve");
    let registered = server.post("/api/v1/register", None, &eve).await;
    assert_eq!(json_of(&registered)["code"], "SIGN_UP_CLOSED");
    assert!(told(folder, &["rooms"]).await.contains("welcome"));
    assert!(told(folder, &["limits"]).await.contains("http_address"));
    let storage = told(folder, &["storage"]).await;
    assert!(storage.starts_with("BYTES") && storage.contains("\n\nFILES  BYTES"), "{storage}");
    let storage = json_told(folder, &["storage"]).await;
    let files = json!({
        "attached": "0", "attached_bytes": "0", "waiting": "0", "waiting_bytes": "0",
    });
    assert_eq!(storage["files"], files);
    let audit = json_told(folder, &["audit", "--last", "3"]).await;
    let acts: Vec<&str> = audit["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["act"].as_str())
        .collect();
    assert_eq!(acts, ["set_sign_up", "end_announcement", "announce"]);
    assert_eq!(
        (&audit["items"][0]["by"], &audit["items"][0]["address"]),
        (&json!(null), &json!("127.0.0.1"))
    );
    assert!(told(folder, &["audit"]).await.contains("(the server)"));

    for wrong in [&["disable", "nobody"][..], &["revoke", "ada"]] {
        let refused = parlor_admin(folder, wrong).await;
        assert_eq!(refused.status.code(), Some(1), "{wrong:?}");
    }
    ada.close().await;
    server.stop().await;
    let refused = parlor_admin(folder, &["users"]).await;
    let error = String::from_utf8(refused.stderr).expect("text");
    assert!(error.contains("must be running"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_every_session_of_somebody_disabled_ends_within_a_second() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    told(folder.path(), &["grant", "ada"]).await;
    let bob = person(&server, "bob", Lane::Quic).await;
    let rest = Rest::new(&server.url("")).expect("a URL");
    let password = "correct horse battery staple";
    let tokens = rest.login("bob", password, "phone").await.expect("logged in");
    let builder = Client::builder(server.url("")).lane(Lane::WebSocket);
    let phone = builder.session_tokens(tokens).connect().await.expect("a session");
    let token = ada.session_tokens().await.access_token;
    let path = format!("/api/v1/admin/users/{}/disable", bob.me().await.id);
    let request = Request::post(server.url(&path))
        .header("authorization", format!("Bearer {token}"))
        .body(Full::default())
        .expect("a request");
    assert_eq!(server.send(request).await.status(), 204);
    let committed = Instant::now();
    for client in [&bob, &phone] {
        let took = ended(client).await.saturating_duration_since(committed);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    let mut status = phone.status();
    let out = |status: &Status| matches!(status, Status::Closed(Closed::SignedOut(_)));
    timeout(DEADLINE, status.wait_for(out)).await.expect("for good").expect("the client lives");
    let refused = rest.login("bob", password, "phone").await.expect_err("disabled");
    assert_eq!(code(refused), Code::AccountDisabled);
    ada.close().await;
    server.stop().await;
}
