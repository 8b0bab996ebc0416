//! Two people run a room with the Rust client.

use std::time::{Duration, Instant};

use parlor_client::{Client, Credentials, Lane, Rest, RestError, RoomEvent};
use parlor_domain::{
    Code, EventBody, Notify, PreferencesChange, RequestId, Role, RoomName, Topic, UserName,
    Visibility,
};
use tokio::time::timeout;

use crate::support::{DEADLINE, Server, config, folder};

const PASSWORD: &str = "correct horse battery staple";

pub(crate) async fn person(server: &Server, name: &str, lane: Lane) -> Client {
    let rest = Rest::new(&server.url("")).expect("a URL");
    rest.register(name, PASSWORD, lane.as_str()).await.expect("registered");
    let credentials = Credentials::Password { name: name.into(), password: PASSWORD.into() };
    let builder = Client::builder(server.url("")).lane(lane).credentials(credentials);
    builder.connect().await.expect("a session")
}

pub(crate) fn code(error: RestError) -> Code {
    let RestError::Refused(refusal) = error else { panic!("{error:?}") };
    refusal.code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c19_who_is_banned_hears_nothing_more_within_a_second() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let bob = person(&server, "bob", Lane::WebSocket).await;
    let (id, name) = (RequestId::random, RoomName::parse("design").expect("a name"));
    let made = ada.create_room(id(), &name, &Topic::default(), Visibility::Private).await;
    let room = made.expect("made").id;
    let bob_name = UserName::parse("bob").expect("a name");
    let member = ada.add_member(id(), room, &bob_name).await.expect("added");
    let bob_id = member.user.id;

    let info = bob.room_info(room).await.expect("a member");
    let mut feed = bob.open(room, info.position()).await.expect("open");
    let given = ada.set_role(id(), room, bob_id, Role::Admin).await.expect("given");
    assert_eq!(given.role, Role::Admin);
    let heard = timeout(DEADLINE, feed.next()).await.expect("in time");
    let Some(RoomEvent::Event(event)) = heard else { panic!("{heard:?}") };
    assert_eq!(event.body, EventBody::RoleChanged { user: bob_id, role: Role::Admin });
    let change = PreferencesChange { notify: Some(Notify::Mentions), favourite: None };
    let wanted = bob.set_preferences(id(), room, change).await.expect("kept");
    assert_eq!((wanted.notify, wanted.favourite), (Notify::Mentions, false));
    assert_eq!(bob.members(room, None).await.expect("listed").items.len(), 2);

    ada.ban(id(), room, bob_id, true).await.expect("banned");
    let committed = Instant::now();
    let heard = timeout(DEADLINE, feed.next()).await.expect("in time");
    assert!(committed.elapsed() < Duration::from_secs(1));
    let Some(RoomEvent::Event(event)) = heard else { panic!("{heard:?}") };
    assert_eq!(event.body, EventBody::MemberBanned { user: bob_id, was_member: true });
    let heard = timeout(DEADLINE, feed.next()).await.expect("in time");
    assert!(matches!(&heard, Some(RoomEvent::Ended(no)) if no.code == Code::NotFound), "{heard:?}");
    let bans = ada.bans(room, None).await.expect("listed").items;
    let [ban] = &bans[..] else { panic!("{bans:?}") };
    assert_eq!((ban.user.id, ban.banned_by.name.as_str()), (bob_id, "ada"));
    let add = ada.add_member(id(), room, &bob_name).await.expect_err("banned");
    assert_eq!(code(add), Code::Conflict);

    ada.ban(id(), room, bob_id, false).await.expect("lifted");
    ada.add_member(id(), room, &bob_name).await.expect("may come again");
    ada.remove_member(id(), room, bob_id).await.expect("removed");
    assert_eq!(code(bob.room_info(room).await.expect_err("outside")), Code::NotFound);
    ada.close().await;
    bob.close().await;
    server.stop().await;
}
