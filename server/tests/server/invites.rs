//! A link made by one client lets another one in.

use std::time::Duration;

use parlor_client::{Lane, Rest, RoomEvent};
use parlor_domain::{Code, EventBody, InviteTerms, RequestId, Role, RoomName, Topic, Visibility};
use tokio::time::timeout;

use crate::{
    members::{code, person},
    support::{DEADLINE, Server, config, folder},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_comes_in_by_a_link_and_hears_what_is_said() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::WebTransport).await;
    let (id, name) = (RequestId::random, RoomName::parse("design").expect("a name"));
    let made = ada.create_room(id(), &name, &Topic::default(), Visibility::Private).await;
    let room = made.expect("made").id;
    let terms = InviteTerms::new(Some(Duration::from_secs(3_600)), Some(2)).expect("valid");
    let request = id();
    let link = ada.create_invite(request, room, terms).await.expect("made");
    assert_eq!(ada.create_invite(request, room, terms).await.expect("the same"), link);

    let stranger = Rest::new(&server.url("")).expect("a URL");
    let preview = stranger.preview_invite(link.code).await.expect("for anybody");
    assert_eq!((preview.name.as_str(), preview.members), ("design", 1));
    assert_eq!((preview.room_id, preview.invited_by.name.as_str()), (room, "ada"));
    let bob = person(&server, "bob", Lane::Quic).await;
    assert_eq!(code(bob.room_info(room).await.expect_err("no member")), Code::NotFound);
    let joined = bob.accept_invite(id(), link.code).await.expect("in");
    assert_eq!((joined.id, joined.role), (room, Some(Role::Member)));
    let mut feed = bob.open(room, joined.position()).await.expect("open");

    let [listed] = &ada.invites(room, None).await.expect("listed").items[..] else { panic!("one") };
    assert_eq!((listed.id, listed.code, listed.uses), (link.id, link.code, 1));
    assert!(bob.invites(room, None).await.expect("listed").items.is_empty());
    let refused = bob.create_invite(id(), room, terms).await.expect_err("a private room");
    assert_eq!(code(refused), Code::Forbidden);
    let refused = bob.revoke_invite(id(), room, link.id).await.expect_err("not his");
    assert_eq!(code(refused), Code::Forbidden);
    ada.revoke_invite(id(), room, link.id).await.expect("revoked");
    let heard = timeout(DEADLINE, feed.next()).await.expect("in time");
    let Some(RoomEvent::Event(event)) = heard else { panic!("{heard:?}") };
    assert_eq!(event.body, EventBody::InviteRevoked { invite: link.id });
    let eve = person(&server, "eve", Lane::WebSocket).await;
    let refused = eve.accept_invite(id(), link.code).await.expect_err("revoked");
    assert_eq!(code(refused), Code::NotFound);
    let refused = eve.preview_invite(link.code).await.expect_err("revoked");
    assert_eq!(code(refused), Code::NotFound);
    for client in [ada, bob, eve] {
        client.close().await;
    }
    server.stop().await;
}
