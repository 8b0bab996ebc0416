//! What was said in one room is passed on to another with the Rust client, file and all,
//! through the whole server.

use std::io::Cursor;

use parlor_client::{Lane, RequestError, RoomEvent};
use parlor_domain::{
    Body, Code, EventBody, FileIds, FileName, Position, RequestId, RoomName, Seq, Topic, UserName,
    Visibility,
};

use crate::{
    members::person,
    support::{Server, config, folder},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_3_19_a_message_is_forwarded_from_one_room_to_another() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::WebTransport).await;
    let bob = person(&server, "bob", Lane::WebSocket).await;
    let (id, topic) = (RequestId::random, Topic::default());
    let room = async |name: &str| {
        let name = RoomName::parse(name).expect("valid");
        let made = ada.create_room(id(), &name, &topic, Visibility::Private).await;
        made.expect("made").id
    };
    let (here, there) = (room("here").await, room("there").await);
    let name = UserName::parse("bob").expect("valid");
    let bob_id = ada.add_member(id(), there, &name).await.expect("added").user.id;
    let ada_id = ada.members(there, None).await.expect("listed").items;
    let ada_id = ada_id.iter().find(|member| member.user.id != bob_id).expect("ada").user.id;

    let called = FileName::parse("plan.txt").expect("valid");
    let file = ada.upload(id(), &called, Cursor::new(b"the plan".to_vec())).await.expect("up");
    let files = FileIds::new(vec![file.id]).expect("one");
    let text = Body::parse("mind the step").expect("valid");
    let first = ada.room(here).post_files(id(), text, files).await.expect("posted");
    let mut feed = bob.open(there, Position::default()).await.expect("opened");
    let (request, from) = (id(), (here, first.seq));
    let comment = || Body::comment("look").expect("valid");
    let sent = ada.room(there).forward(request, from, comment()).await.expect("forwarded");
    let again = ada.room(there).forward(request, from, comment()).await.expect("the same");
    assert_eq!(again.seq, sent.seq);

    let (text, said, attachments) = loop {
        let Some(RoomEvent::Event(event)) = feed.next().await else { panic!("an event") };
        if let EventBody::MessagePosted { text, forwarded, attachments, .. } = event.body {
            break (text, forwarded.expect("what was said"), attachments);
        }
    };
    assert_eq!((text.as_str(), said.text.as_str()), ("look", "mind the step"));
    assert_eq!((said.author, said.said_at), (ada_id, first.at));
    ada.room(here).delete(first.seq).await.expect("deleted");
    let mut got = Vec::new();
    let copy = &attachments[0];
    bob.download(there, copy.file, copy.bytes, &mut got).await.expect("downloaded");
    assert_eq!(got, b"the plan");
    let history = bob.newest_messages(there, 1).await.expect("read");
    let told = history.messages[0].forwarded.as_ref().expect("what was said");
    assert_eq!((told.author_id, told.text.as_str()), (ada_id, "mind the step"));
    // Bob may not read where it stood.
    for from in [from, (here, Seq::new(1))] {
        let refused = bob.room(there).forward(id(), from, comment()).await.expect_err("not his");
        let RequestError::Refused(refusal) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal.code, Code::NotFound);
    }
    ada.close().await;
    bob.close().await;
    server.stop().await;
}
