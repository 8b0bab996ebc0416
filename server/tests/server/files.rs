//! A file goes from one Rust client to another, through the whole server.

use std::io::Cursor;

use parlor_client::{Lane, RestError, RoomEvent, TransferError};
use parlor_domain::{
    Body, Code, EventBody, FileIds, FileKind, FileName, Position, RequestId, RoomName, Topic,
    Visibility,
};

use crate::{
    members::person,
    support::{Server, config, folder},
};

/// More than a part of the client's and a piece of the server's.
fn long() -> Vec<u8> {
    (0..5_000_001_u32).map(|n| u8::try_from(n % 251).expect("small")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_from_one_client_to_another() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let bob = person(&server, "bob", Lane::WebSocket).await;
    let (name, topic) = (RoomName::parse("files").expect("valid"), Topic::default());
    let made = ada.create_room(RequestId::random(), &name, &topic, Visibility::Public).await;
    let room = made.expect("made").id;
    bob.join(room).await.expect("joined");
    let mut feed = bob.open(room, Position::default()).await.expect("opened");

    let (id, called) = (RequestId::random(), FileName::parse("long.bin").expect("valid"));
    let file = ada.upload(id, &called, Cursor::new(long())).await.expect("uploaded");
    assert_eq!((file.kind, file.bytes), (FileKind::Other, 5_000_001));
    // Begun again, it is there already.
    let again = ada.upload(id, &called, Cursor::new(long())).await.expect("uploaded");
    assert_eq!(again, file);
    let files = FileIds::new(vec![file.id]).expect("one");
    let text = Body::beside("", &files).expect("valid");
    let post = RequestId::random();
    let sent = ada.room(room).post_files(post, text.clone(), files.clone()).await.expect("posted");
    let repeated = ada.room(room).post_files(post, text, files).await.expect("posted");
    assert_eq!(repeated.seq, sent.seq);

    let told = loop {
        let Some(RoomEvent::Event(event)) = feed.next().await else { panic!("an event") };
        if let EventBody::MessagePosted { attachments, .. } = event.body {
            break attachments;
        }
    };
    assert_eq!(
        (told[0].file, told[0].name.as_str(), told[0].bytes),
        (file.id, "long.bin", file.bytes)
    );
    let mut got = Vec::new();
    bob.download(room, told[0].file, told[0].bytes, &mut got).await.expect("downloaded");
    assert!(got == long());
    let listed = bob.files(room, None, None).await.expect("listed").items;
    assert_eq!((listed[0].message_seq, &listed[0].file), (sent.seq.get(), &file));
    let history = bob.newest_messages(room, 1).await.expect("read");
    assert_eq!(history.messages[0].attachments, std::slice::from_ref(&file));

    ada.room(room).delete(sent.seq).await.expect("deleted");
    let gone = bob.download(room, file.id, file.bytes, &mut got).await.expect_err("gone");
    let TransferError::Rest(RestError::Refused(gone)) = gone else { panic!("{gone:?}") };
    assert_eq!(gone.code, Code::NotFound);
    ada.close().await;
    bob.close().await;
    server.stop().await;
}
