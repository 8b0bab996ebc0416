//! Messages that pass on what was said elsewhere.

use parlor_control::Sweeper;
use parlor_domain::RequestId;
use parlor_proto::room::{FileKind, GetMessagesRequest, room_service_client::RoomServiceClient};
use serde_json::{Value, json};
use tonic::Request;
use uuid::Uuid;

use crate::{
    files::{keys, open_stack, path, share},
    stack::{Person, Reply, Stack},
};

async fn forward(stack: &Stack, who: &Person, room: &str, text: &str, from: (&str, &str)) -> Reply {
    let body = json!({"text": text, "forward": {"room_id": from.0, "seq": from.1}});
    stack.post(&format!("/api/v1/rooms/{room}/messages")).by(who).json(body).send().await
}

async fn newest(stack: &Stack, who: &Person, room: &str) -> Value {
    let path = format!("/api/v1/rooms/{room}/messages?limit=1");
    stack.get(&path).by(who).send().await.ok(200)
}

#[tokio::test]
async fn a_forward_tells_who_said_it_and_not_where() {
    let stack = Stack::start().await;
    let (ada, bob, eve) =
        (stack.person("ada").await, stack.person("bob").await, stack.person("eve").await);
    let (here, there) = (stack.room(&ada, "private").await, stack.room(&ada, "private").await);
    stack.add(&ada, &here, &bob).await;
    stack.add(&ada, &there, &eve).await;
    let seq = stack.say(&bob, &here, "the *lift* is out of order").await;
    let said_at = newest(&stack, &ada, &here).await["messages"][0]["posted_at"].clone();
    let messages = format!("/api/v1/rooms/{there}/messages");
    let (key, body) =
        (RequestId::random(), json!({"text": "mind", "forward": {"room_id": here, "seq": seq}}));
    let post = async |body: &Value| {
        stack.post(&messages).by(&ada).key(&key).json(body.clone()).send().await
    };
    let done = post(&body).await.ok(201);
    assert_eq!(post(&body).await.ok(201), done, "c2");
    post(&json!({"text": "mind"})).await.refused(409, "IDEMPOTENCY_MISMATCH");

    // Eve shares no room with bob, and reads it whole.
    let page = newest(&stack, &eve, &there).await;
    let message = &page["messages"][0];
    let expected =
        json!({"author_id": bob.id, "said_at": said_at, "text": "the *lift* is out of order"});
    assert_eq!((&message["text"], &message["forwarded"]), (&json!("mind"), &expected));
    assert_eq!(message["author_id"], json!(ada.id));
    let names: Vec<&str> =
        page["authors"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"ada") && names.contains(&"bob"), "{names:?}");
    assert!(!page.to_string().contains(&here), "nothing of where it was said");

    let message = format!("{messages}/{}", done["seq"].as_str().unwrap());
    stack.patch(&message).by(&ada).json(json!({"text": "careful"})).send().await.ok(200);
    let edits = stack.get(&format!("{message}/edits")).by(&eve).send().await.ok(200);
    let texts: Vec<&Value> =
        edits["items"].as_array().unwrap().iter().map(|version| &version["text"]).collect();
    assert_eq!(texts, [&json!("mind"), &json!("careful")], "of one's own words alone");
    assert_eq!(newest(&stack, &eve, &there).await["messages"][0]["forwarded"], expected);
    stack.put(&format!("{message}/pin")).by(&ada).send().await.ok(200);
    let pins = stack.get(&format!("/api/v1/rooms/{there}/pins")).by(&eve).send().await.ok(200);
    assert_eq!(pins["items"][0]["forwarded"], expected);
    let found = stack.get("/api/v1/search?q=lift").by(&eve).send().await.ok(200);
    assert_eq!(found["items"][0]["seq"], done["seq"]);
    let export = stack.get("/api/v1/me/export").by(&ada).send().await.ok(200);
    assert_eq!(export["messages"][0]["forwarded"], expected);

    // A deleted account stays one here too.
    let delete = json!({"password": crate::stack::PASSWORD, "name": "bob"});
    let deleted = stack.post("/api/v1/me/delete").by(&bob).json(delete).send().await;
    assert_eq!(deleted.status, 204);
    stack.endings.settle().await.unwrap();
    let page = newest(&stack, &eve, &there).await;
    assert_eq!(page["messages"][0]["forwarded"], expected);
    let authors = page["authors"].as_array().unwrap();
    let said = authors.iter().find(|author| author["id"] == json!(bob.id)).unwrap();
    assert_eq!(said["display_name"], "Deleted account");
    stack.delete(&message).by(&ada).send().await.ok(200);
    let gone = newest(&stack, &eve, &there).await;
    assert_eq!(gone["messages"][0]["forwarded"], Value::Null);
}

#[tokio::test]
async fn r2_what_one_may_not_read_looks_as_if_it_were_not_there() {
    let stack = Stack::start().await;
    let (ada, eve) = (stack.person("ada").await, stack.person("eve").await);
    let own = stack.room(&eve, "public").await;
    let unknown = Uuid::new_v4().to_string();
    let missing = forward(&stack, &eve, &own, "", (&unknown, "3")).await;
    let problem = missing.refused(404, "NOT_FOUND").problem();
    for visibility in ["public", "private"] {
        let room = stack.room(&ada, visibility).await;
        let seq = stack.say(&ada, &room, "secret").await;
        for seq in [seq.as_str(), "1", "99", "0"] {
            let reply = forward(&stack, &eve, &own, "", (&room, seq)).await;
            assert_eq!(reply.refused(404, "NOT_FOUND").problem(), problem, "{visibility} {seq}");
        }
    }
    let seq = stack.say(&eve, &own, "plain").await;
    for bad in [
        json!({"text": "", "forward": {"room_id": own, "seq": seq}, "reply_to": seq}),
        json!({"text": "", "forward": {"room_id": own, "seq": seq}, "attachment_ids": [unknown]}),
        json!({"text": "a\0b", "forward": {"room_id": own, "seq": seq}}),
    ] {
        let path = format!("/api/v1/rooms/{own}/messages");
        stack.post(&path).by(&eve).json(bad).send().await.refused(422, "UNPROCESSABLE");
    }
    forward(&stack, &eve, &own, "", (&own, &seq)).await.ok(201);
}

#[tokio::test]
async fn u8_a_forwarded_file_is_had_by_who_reads_the_copy() {
    let (stack, objects) = open_stack().await;
    let (ada, bob) = (stack.person("ada").await, stack.person("bob").await);
    let (here, there) = (stack.room(&ada, "private").await, stack.room(&ada, "private").await);
    stack.add(&ada, &there, &bob).await;
    let (file, seq) = share(&stack, &ada, &here, "a.txt", b"the plan").await;
    let done = forward(&stack, &ada, &there, "", (&here, &seq)).await.ok(201);
    let copy = newest(&stack, &bob, &there).await["messages"][0]["attachments"][0].clone();
    assert_eq!((&copy["name"], &copy["bytes"]), (&file["name"], &file["bytes"]));
    assert_ne!(copy["id"], file["id"]);
    assert_eq!(keys(&objects).await.len(), 1, "the bytes are there once");
    let get = async |who: &Person, path: &str| stack.get(path).by(who).send().await;
    let got = get(&bob, &path(&there, &copy)).await;
    assert_eq!((got.status.as_u16(), &got.body[..]), (200, &b"the plan"[..]));
    get(&bob, &path(&here, &file)).await.refused(404, "NOT_FOUND");
    get(&bob, &path(&there, &file)).await.refused(404, "NOT_FOUND");
    get(&ada, &path(&here, &copy)).await.refused(404, "NOT_FOUND");

    // The first one goes; what is left of it is swept, but not the bytes.
    let message = |room: &str, seq: &Value| {
        format!("/api/v1/rooms/{room}/messages/{}", seq.as_str().unwrap())
    };
    stack.delete(&message(&here, &json!(seq))).by(&ada).send().await.ok(200);
    let sweeper = Sweeper {
        files: stack.deps.store.files.clone(),
        objects: stack.deps.objects.clone(),
        clock: stack.deps.clock.clone(),
    };
    assert_eq!(sweeper.sweep_gone().await.unwrap(), 1);
    sweeper.sweep_orphans().await.unwrap();
    get(&ada, &path(&here, &file)).await.refused(404, "NOT_FOUND");
    let got = get(&bob, &path(&there, &copy)).await;
    assert_eq!(&got.body[..], b"the plan");
    // At every download it is looked who is a member.
    stack.post(&format!("/api/v1/rooms/{there}/leave")).by(&bob).send().await;
    get(&bob, &path(&there, &copy)).await.refused(404, "NOT_FOUND");
    stack.delete(&message(&there, &done["seq"])).by(&ada).send().await.ok(200);
    get(&ada, &path(&there, &copy)).await.refused(404, "NOT_FOUND");
    assert_eq!(sweeper.sweep_gone().await.unwrap(), 1);
    assert_eq!(keys(&objects).await.len(), 0, "with the last copy they go");
}

#[tokio::test]
async fn grpc_tells_of_files_and_forwards() {
    let (stack, _) = open_stack().await;
    let ada = stack.person("ada").await;
    let room = stack.room(&ada, "private").await;
    let (file, seq) = share(&stack, &ada, &room, "a.txt", b"the plan").await;
    stack.say(&ada, &room, "words").await;
    forward(&stack, &ada, &room, "see", (&room, &seq)).await.ok(201);
    let mut client = RoomServiceClient::new(parlor_control::room_service(stack.deps.clone()));
    let id = |id: &Value| id.as_str().unwrap().parse::<Uuid>().unwrap().as_bytes().to_vec();
    let mut request =
        Request::new(GetMessagesRequest { room_id: id(&json!(room)), from: None, limit: 9 });
    let value = format!("Bearer {}", ada.token).parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    let messages = client.get_messages(request).await.unwrap().into_inner().messages;
    let [with_file, words, forward] = &messages[..] else { panic!("{messages:?}") };
    let [told] = &with_file.attachments[..] else { panic!("{with_file:?}") };
    assert_eq!((&told.file_id, told.name.as_str(), told.bytes), (&id(&file["id"]), "a.txt", 8));
    assert_eq!((told.media_type.as_str(), told.kind()), ("text/plain", FileKind::Other));
    assert_eq!((words.attachments.len(), &words.forwarded), (0, &None));
    let said = forward.forwarded.as_ref().unwrap();
    assert_eq!((said.author_id.clone(), said.text.as_str()), (id(&json!(ada.id)), ""));
    assert_eq!(said.said_at_us, with_file.posted_at_us);
    assert_eq!((forward.text.as_str(), forward.attachments[0].name.as_str()), ("see", "a.txt"));
    assert_ne!(forward.attachments[0].file_id, told.file_id);
}
