//! Messages are found with the Rust client, and read where they stand.

use parlor_client::Lane;
use parlor_domain::{Body, Code, RequestId, RoomName, Seq, Sort, Topic, Visibility};

use crate::{
    members::{code, person},
    support::{Server, config, folder},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_found_and_read_in_its_context() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let eve = person(&server, "eve", Lane::WebSocket).await;
    let name = RoomName::parse("茶馆").expect("a name");
    let (id, topic) = (RequestId::random(), Topic::default());
    let made = ada.create_room(id, &name, &topic, Visibility::Private).await;
    let room = made.expect("made").id;
    for text in ["before", "我们明天早上喝茶", "after"] {
        ada.room(room).post(Body::parse(text).expect("a text")).await.expect("posted");
    }
    let found = ada.search("早上 in:茶馆", Sort::Newest, None).await.expect("found");
    let [hit] = &found.items[..] else { panic!("{found:?}") };
    assert_eq!((hit.room_id, hit.text.as_str()), (room, "我们明天早上喝茶"));
    assert_eq!((hit.matches[0].start, hit.matches[0].end), (4, 6));
    assert!(found.complete && found.next_cursor.is_none());
    let seq = Seq::new(hit.seq);
    let around = ada.messages_around(room, seq, 4).await.expect("read").messages;
    let texts: Vec<&str> = around.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["before", "我们明天早上喝茶", "after"]);

    let nothing = eve.search("早上", Sort::Best, None).await.expect("asked");
    assert!(nothing.items.is_empty() && nothing.unknown.is_empty());
    let nothing = eve.search("in:茶馆 早上", Sort::Best, None).await.expect("asked");
    assert_eq!(nothing.unknown, ["in:茶馆"]);
    let refused = eve.messages_around(room, seq, 4).await.expect_err("outside");
    assert_eq!(code(refused), Code::NotFound);
    let refused = ada.search(" ", Sort::Newest, None).await.expect_err("nothing");
    assert_eq!(code(refused), Code::Unprocessable);
    ada.close().await;
    eve.close().await;
    server.stop().await;
}
