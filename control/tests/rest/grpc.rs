//! The `room.RoomService` face.

use parlor_domain::RequestId;
use parlor_proto::room::{
    CreateRoomRequest, GetMessagesRequest, ListRoomsRequest, Scope, Visibility,
    get_messages_request::From, room_service_client::RoomServiceClient,
};
use serde_json::json;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::stack::{Person, Stack};

fn by<T>(person: &Person, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value = format!("Bearer {}", person.token).parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

fn parlor_code(status: &Status) -> &str {
    status.metadata().get("parlor-code").unwrap().to_str().unwrap()
}

fn create(name: &str) -> CreateRoomRequest {
    CreateRoomRequest {
        name: name.to_owned(),
        topic: "shapes".to_owned(),
        visibility: Visibility::Private.into(),
        request_id: RequestId::random().as_bytes().to_vec(),
    }
}

#[tokio::test]
async fn rooms_are_made_listed_and_read_over_grpc() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let mut client = RoomServiceClient::new(parlor_control::room_service(stack.deps.clone()));

    let request = create("design");
    let made = client.create_room(by(&ada, request.clone())).await.unwrap().into_inner();
    let room = made.room.unwrap();
    assert_eq!((room.name.as_str(), room.members, room.head), ("design", 1, 2));
    let again = client.create_room(by(&ada, request.clone())).await.unwrap().into_inner();
    assert_eq!(again.room.unwrap().id, room.id, "c2");
    let other = CreateRoomRequest { name: "other".to_owned(), ..request };
    let status = client.create_room(by(&ada, other)).await.unwrap_err();
    assert_eq!(parlor_code(&status), "IDEMPOTENCY_MISMATCH");

    let id = Uuid::from_slice(&room.id).unwrap().to_string();
    let rest = stack.get(&format!("/api/v1/rooms/{id}")).by(&ada).send().await.ok(200);
    assert_eq!(rest["visibility"], json!("private"));

    let list =
        |scope: Scope, cursor: String| ListRoomsRequest { scope: scope.into(), limit: 1, cursor };
    let first = client.list_rooms(by(&ada, list(Scope::Mine, String::new()))).await.unwrap();
    let first = first.into_inner();
    assert_eq!(first.rooms.len(), 1);
    let second = client.list_rooms(by(&ada, list(Scope::Mine, first.next_cursor))).await.unwrap();
    assert_eq!((second.get_ref().rooms.len(), second.get_ref().next_cursor.as_str()), (1, ""));
    let public = client.list_rooms(by(&ada, list(Scope::Public, String::new()))).await.unwrap();
    assert_eq!(public.get_ref().rooms[0].name, "welcome");

    for text in ["a", "b", "c"] {
        stack.say(&ada, &id, text).await;
    }
    let from = Some(From::BeforeSeq(5));
    let request = GetMessagesRequest { room_id: room.id, from, limit: 1 };
    let page = client.get_messages(by(&ada, request)).await.unwrap().into_inner();
    assert_eq!(page.messages[0].text, "b");
    assert!(page.more_before && page.more_after);
    assert_eq!(page.head, 5);
}

#[tokio::test]
async fn refusals_carry_their_code() {
    let stack = Stack::start().await;
    let (ada, eve) = (stack.person("ada").await, stack.person("eve").await);
    let mut client = RoomServiceClient::new(parlor_control::room_service(stack.deps.clone()));

    let status = client.create_room(create("x")).await.unwrap_err();
    assert_eq!((status.code(), parlor_code(&status)), (Code::Unauthenticated, "UNAUTHENTICATED"));
    let status = client.create_room(by(&ada, create("a\0b"))).await.unwrap_err();
    assert_eq!((status.code(), parlor_code(&status)), (Code::InvalidArgument, "UNPROCESSABLE"));
    for bad in [
        CreateRoomRequest { visibility: 0, ..create("x") },
        CreateRoomRequest { request_id: vec![1, 2], ..create("x") },
    ] {
        let status = client.create_room(by(&ada, bad)).await.unwrap_err();
        assert_eq!(parlor_code(&status), "INVALID_ARGUMENT");
    }
    let request = ListRoomsRequest { scope: 1, limit: 1, cursor: "forged".to_owned() };
    let status = client.list_rooms(by(&ada, request)).await.unwrap_err();
    assert_eq!(parlor_code(&status), "INVALID_CURSOR");

    let room = stack.room(&ada, "private").await.parse::<Uuid>().unwrap();
    let mut read = async |room: Uuid| {
        let request =
            GetMessagesRequest { room_id: room.as_bytes().to_vec(), from: None, limit: 0 };
        client.get_messages(by(&eve, request)).await.unwrap_err()
    };
    let (foreign, unknown) = (read(room).await, read(Uuid::now_v7()).await);
    assert_eq!(foreign.code(), Code::NotFound);
    assert_eq!(foreign.message(), unknown.message(), "r2");
}
