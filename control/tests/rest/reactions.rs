//! Emoji on messages.

use parlor_domain::RequestId;
use parlor_proto::room::{GetMessagesRequest, room_service_client::RoomServiceClient};
use serde_json::json;
use uuid::Uuid;

use crate::stack::Stack;

const THUMB: &str = "%F0%9F%91%8D";

#[tokio::test]
async fn emoji_are_put_on_a_message_and_taken_back() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let room = stack.room(&ada, "private").await;
    stack.add(&ada, &room, &bob).await;
    let seq = stack.say(&ada, &room, "well?").await;
    let thumb = format!("/api/v1/rooms/{room}/messages/{seq}/reactions/{THUMB}");
    let messages = format!("/api/v1/rooms/{room}/messages");
    let on_it = async || {
        let page = stack.get(&messages).by(&bob).send().await.ok(200);
        page["messages"][0]["reactions"].clone()
    };

    let key = RequestId::random();
    let first = stack.put(&thumb).by(&ada).key(&key).send().await.ok(200);
    assert_eq!(stack.put(&thumb).by(&ada).key(&key).send().await.ok(200), first, "c2");
    assert_eq!(stack.put(&thumb).by(&ada).send().await.ok(200), first, "it is there already");
    let other = stack.delete(&thumb).by(&ada).key(&key).send().await;
    other.refused(409, "IDEMPOTENCY_MISMATCH");
    stack.put(&thumb).by(&bob).send().await.ok(200);
    let both = json!([{"emoji": "👍", "count": 2, "user_ids": [ada.id, bob.id]}]);
    assert_eq!(on_it().await, both);

    let mut grpc = RoomServiceClient::new(parlor_control::room_service(stack.deps.clone()));
    let room_id = room.parse::<Uuid>().unwrap().as_bytes().to_vec();
    let mut request = tonic::Request::new(GetMessagesRequest { room_id, from: None, limit: 1 });
    let token = format!("Bearer {}", ada.token).parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    let page = grpc.get_messages(request).await.unwrap().into_inner();
    let reaction = &page.messages[0].reactions[0];
    assert_eq!((reaction.emoji.as_str(), reaction.count, reaction.user_ids.len()), ("👍", 2, 2));

    stack.delete(&thumb).by(&ada).send().await.ok(200);
    stack.delete(&thumb).by(&ada).send().await.ok(200);
    assert_eq!(on_it().await[0]["user_ids"], json!([bob.id]));
    stack.delete(&thumb).by(&bob).send().await.ok(200);
    assert_eq!(on_it().await, json!([]));
}

#[tokio::test]
async fn r4_what_is_no_emoji_and_whoever_may_not_react_is_refused() {
    let stack = Stack::start().await;
    let (ada, eve) = (stack.person("ada").await, stack.person("eve").await);
    let room = stack.room(&ada, "private").await;
    let seq = stack.say(&ada, &room, "well?").await;
    let on =
        |seq: &str, emoji: &str| format!("/api/v1/rooms/{room}/messages/{seq}/reactions/{emoji}");
    let double = THUMB.repeat(2);
    for bad in ["ok", "%00", "%20", "a%CC%81", double.as_str(), &THUMB.repeat(40)] {
        let path = on(&seq, bad);
        stack.put(&path).by(&ada).send().await.refused(422, "UNPROCESSABLE");
        stack.delete(&path).by(&ada).send().await.refused(422, "UNPROCESSABLE");
    }
    for nothing in ["1", "99", "0", "x"] {
        let path = on(nothing, THUMB);
        stack.put(&path).by(&ada).send().await.refused(404, "NOT_FOUND");
    }
    stack.put(&on(&seq, THUMB)).by(&eve).send().await.refused(404, "NOT_FOUND");
    stack.put(&on(&seq, THUMB)).send().await.refused(401, "UNAUTHENTICATED");
    let message = format!("/api/v1/rooms/{room}/messages/{seq}");
    stack.delete(&message).by(&ada).send().await.ok(200);
    stack.put(&on(&seq, THUMB)).by(&ada).send().await.refused(409, "CONFLICT");
}
