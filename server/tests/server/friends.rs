//! Two people become friends and part with the Rust client.

use parlor_client::{Lane, RequestError};
use parlor_domain::{Body, Code, RequestId, Tie};

use crate::{
    members::{code, person},
    support::{Server, config, folder},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn friends_are_made_and_a_block_keeps_both_away() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let ada = person(&server, "ada", Lane::Quic).await;
    let bob = person(&server, "bob", Lane::WebSocket).await;
    let (ada_id, bob_id) = (ada.me().await.id, bob.me().await.id);
    let id = RequestId::random;
    assert_eq!(ada.befriend(id(), bob_id).await.expect("asked"), Some(Tie::Requested));
    let asked = bob.friends(Some(Tie::Asked), None).await.expect("listed").items;
    let [one] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((one.user.id, one.tie), (ada_id, Tie::Asked));
    assert_eq!(bob.befriend(id(), ada_id).await.expect("accepted"), Some(Tie::Friends));
    let hers = ada.friends(None, None).await.expect("listed").items;
    assert_eq!((hers[0].user.id, hers[0].tie), (bob_id, Tie::Friends));
    let room = ada.open_direct(id(), bob_id).await.expect("opened").id;
    let text = |text| Body::parse(text).expect("a text");
    ada.room(room).post(text("hello")).await.expect("posted");

    bob.block(id(), ada_id, true).await.expect("blocked");
    assert_eq!(bob.blocks(None).await.expect("listed").items[0].user.id, ada_id);
    assert!(ada.blocks(None).await.expect("listed").items.is_empty());
    assert!(ada.friends(None, None).await.expect("listed").items.is_empty());
    for (client, other) in [(&ada, bob_id), (&bob, ada_id)] {
        let no = client.room(room).post(text("x")).await.expect_err("refused");
        assert!(matches!(&no, RequestError::Refused(no) if no.code == Code::Forbidden), "{no:?}");
        client.open_direct(id(), other).await.expect("it is there");
    }
    assert_eq!(code(bob.befriend(id(), ada_id).await.expect_err("blocked")), Code::Conflict);
    assert_eq!(ada.befriend(id(), bob_id).await.expect("as it seems"), Some(Tie::Requested));
    assert!(bob.friends(None, None).await.expect("listed").items.is_empty());
    ada.unfriend(id(), bob_id).await.expect("taken back");
    bob.block(id(), ada_id, false).await.expect("lifted");
    ada.room(room).post(text("again")).await.expect("posted");
    ada.close().await;
    bob.close().await;
    server.stop().await;
}
