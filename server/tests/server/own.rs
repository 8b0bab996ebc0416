//! What is a user's own, and who is there, with the Rust client.

use std::collections::HashMap;

use parlor_client::{Client, Lane};
use parlor_domain::{Body, Draft, DraftText, Presence, PrivacyChange, RequestId, Seq, UserId};
use tokio::{sync::watch, time::timeout};

use crate::{
    members::person,
    support::{DEADLINE, Server, config, folder},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drafts_and_read_marks_follow_their_user() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let bob = person(&server, "bob", Lane::WebSocket).await;
    let (id, bob_id) = (RequestId::random, bob.me().await.id);
    let room = ada.open_direct(id(), bob_id).await.expect("opened").id;
    let draft =
        |text| Draft { text: DraftText::parse(text).expect("a text"), reply_to: Some(Seq::new(1)) };
    ada.room(room).set_draft(draft("see you")).await.expect("kept");
    ada.set_draft(id(), room, &draft("see you *tomo")).await.expect("kept");
    let kept = ada.drafts(None).await.expect("listed").items;
    let [one] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!((one.room_id, &one.text[..], one.reply_to), (room, "see you *tomo", Some(1)));
    ada.room(room).set_draft(Draft::default()).await.expect("taken away");
    assert!(ada.drafts(None).await.expect("listed").items.is_empty());

    let text = |text| Body::parse(text).expect("a text");
    let first = ada.room(room).post(text("hello")).await.expect("posted").seq;
    bob.room(room).mark_read(first).await.expect("read");
    let mark = async |client: &Client| {
        let rooms = client.rooms(parlor_client::Scope::Mine, None).await.expect("listed").items;
        rooms.into_iter().find(|one| one.id == room).expect("there").peer_read_seq
    };
    assert_eq!((mark(&ada).await, mark(&bob).await), (first.get(), 0));
    let off = PrivacyChange { read_marks: Some(false), ..PrivacyChange::default() };
    let privacy = bob.set_privacy(id(), off).await.expect("kept");
    assert_eq!(bob.privacy().await.expect("told"), privacy);
    let second = ada.room(room).post(text("are you there?")).await.expect("posted").seq;
    bob.room(room).mark_read(second).await.expect("read");
    assert_eq!(mark(&ada).await, first.get(), "told no more");
    ada.close().await;
    bob.close().await;
    server.stop().await;
}

type People = watch::Receiver<HashMap<UserId, Presence>>;

async fn until(people: &mut People, user: UserId, presence: Presence) {
    let known = people.wait_for(|all| all.get(&user) == Some(&presence));
    timeout(DEADLINE, known).await.expect("told in time").expect("the client is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn friends_see_each_other_come_and_hide() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let bob = person(&server, "bob", Lane::WebSocket).await;
    let (ada_id, bob_id) = (ada.me().await.id, bob.me().await.id);
    let id = RequestId::random;
    ada.befriend(id(), bob_id).await.expect("asked");
    bob.befriend(id(), ada_id).await.expect("accepted");
    let mut seen = ada.presence();
    ada.watch_presence(vec![bob_id]).await.expect("open");
    until(&mut seen, bob_id, Presence::Online).await;
    bob.set_away(true).await.expect("open");
    until(&mut seen, bob_id, Presence::Away).await;
    let hide = |on| PrivacyChange { invisible: Some(on), ..PrivacyChange::default() };
    bob.set_privacy(id(), hide(true)).await.expect("kept");
    until(&mut seen, bob_id, Presence::HIDDEN).await;
    bob.set_privacy(id(), hide(false)).await.expect("kept");
    until(&mut seen, bob_id, Presence::Away).await;
    bob.block(id(), ada_id, true).await.expect("blocked");
    until(&mut seen, bob_id, Presence::HIDDEN).await;
    ada.watch_presence(Vec::new()).await.expect("open");
    let forgotten = seen.wait_for(|all| all.is_empty());
    timeout(DEADLINE, forgotten).await.expect("in time").expect("the client is there");
    ada.close().await;
    bob.close().await;
    server.stop().await;
}
