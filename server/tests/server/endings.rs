//! Rooms and accounts end, as the Rust client meets it on a whole server.

use std::time::{Duration, Instant};

use parlor_client::{Lane, Rest, RoomEvent, StandingInfo};
use parlor_domain::{
    Code, EventBody, RequestId, Role, RoomName, Topic, UserId, UserName, Visibility,
};
use tokio::time::timeout;

use crate::{
    members::{code, person},
    support::{DEADLINE, Server, config, folder},
};

const PASSWORD: &str = "correct horse battery staple";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_a_deleted_room_is_gone_within_a_second_and_comes_back_whole() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let bob = person(&server, "bob", Lane::WebSocket).await;
    let (id, name) = (RequestId::random, RoomName::parse("design").expect("a name"));
    let made = ada.create_room(id(), &name, &Topic::default(), Visibility::Private).await;
    let room = made.expect("made").id;
    ada.add_member(id(), room, &UserName::parse("bob").expect("a name")).await.expect("added");
    let info = bob.room_info(room).await.expect("a member");
    let mut feed = bob.open(room, info.position()).await.expect("open");

    assert_eq!(code(bob.delete_room(id(), room).await.expect_err("no owner")), Code::Forbidden);
    ada.delete_room(id(), room).await.expect("deleted");
    let committed = Instant::now();
    let heard = timeout(DEADLINE, feed.next()).await.expect("in time");
    assert!(committed.elapsed() < Duration::from_secs(1));
    let Some(RoomEvent::Event(event)) = heard else { panic!("{heard:?}") };
    assert_eq!(event.body, EventBody::RoomDeleted);
    let heard = timeout(DEADLINE, feed.next()).await.expect("in time");
    assert!(matches!(&heard, Some(RoomEvent::Ended(no)) if no.code == Code::NotFound), "{heard:?}");
    assert_eq!(code(bob.room_info(room).await.expect_err("gone")), Code::NotFound);
    let deleted = ada.deleted_rooms(None).await.expect("listed").items;
    assert_eq!(deleted.iter().map(|room| room.name.as_str()).collect::<Vec<_>>(), ["design"]);

    let request = id();
    let restored = timeout(DEADLINE, async {
        loop {
            match ada.restore_room(request, room).await {
                // While the server tells the members that it is gone.
                Err(error) if error.is_retryable() => tokio::task::yield_now().await,
                other => return other,
            }
        }
    });
    let restored = restored.await.expect("in time").expect("restored");
    assert_eq!((restored.id, restored.members), (room, 2));
    let info = bob.room_info(room).await.expect("a member again");
    bob.open(room, info.position()).await.expect("open");
    ada.close().await;
    bob.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_copied_put_aside_taken_up_and_deleted() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let bob = person(&server, "bob", Lane::Quic).await;
    let (id, name) = (RequestId::random, RoomName::parse("design").expect("a name"));
    let made = ada.create_room(id(), &name, &Topic::default(), Visibility::Private).await;
    let room = made.expect("made").id;
    let bob_name = UserName::parse("bob").expect("a name");
    let member = ada.add_member(id(), room, &bob_name).await.expect("added");
    let mut copy = Vec::new();
    let bytes = ada.export(&mut copy).await.expect("copied");
    let copy: serde_json::Value = serde_json::from_slice(&copy).expect("one document");
    assert!(bytes > 0 && copy["user"]["name"] == "ada" && copy["rooms"].is_array());

    let ada_id: UserId = copy["user"]["id"].as_str().expect("an id").parse().expect("an id");
    let wrong = ada.deactivate("not the password").await.expect_err("refused");
    assert_eq!(code(wrong), Code::BadCredentials);
    ada.deactivate(PASSWORD).await.expect("put aside");
    let rest = Rest::new(&server.url("")).expect("a URL");
    let away = rest.login("ada", PASSWORD, "desk").await.expect_err("put aside");
    assert_eq!(code(away), Code::AccountDeactivated);
    assert_eq!(bob.user(ada_id).await.expect("known").standing, StandingInfo::Deactivated);
    let tokens = rest.reactivate("ada", PASSWORD, "desk").await.expect("back");

    let info = bob.room_info(room).await.expect("a member");
    let mut feed = bob.open(room, info.position()).await.expect("open");
    let token = &tokens.access_token;
    let other = rest.delete_account(token, "bob", PASSWORD, false).await.expect_err("not hers");
    assert_eq!(code(other), Code::Unprocessable);
    rest.delete_account(token, "ada", PASSWORD, false).await.expect("deleted");
    let mut heard = Vec::new();
    while heard.len() < 2 {
        match timeout(DEADLINE, feed.next()).await.expect("in time") {
            Some(RoomEvent::Event(event)) => heard.push(event.body),
            other => panic!("{other:?}"),
        }
    }
    let role = Role::Owner;
    let bob_id = member.user.id;
    assert_eq!(
        heard,
        [EventBody::RoleChanged { user: bob_id, role }, EventBody::MemberLeft { user: ada_id },]
    );
    assert_eq!(bob.user(ada_id).await.expect("known").standing, StandingInfo::Deleted);
    bob.close().await;
    server.stop().await;
}
