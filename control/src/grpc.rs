//! The `room.RoomService` face, for programs inside the house that act for a
//! user.

use parlor_domain::{
    Code, Message, Refusal, RequestId, Room, RoomId, RoomName, Seq, Topic, Visibility, limits,
};
use parlor_proto::room::{
    self as proto, CreateRoomReply, CreateRoomRequest, GetMessagesReply, GetMessagesRequest,
    ListRoomsReply, ListRoomsRequest, get_messages_request, room_service_server::RoomService,
};
use parlor_store::From as Begin;
use tonic::{
    Request, Response, Status,
    metadata::{MetadataMap, MetadataValue},
};

use crate::{
    app::{App, Asked},
    extract::Caller,
    rooms::unprocessable,
};

/// The service.
pub(crate) struct Rooms {
    app: App,
}

impl Rooms {
    pub(crate) const fn new(app: App) -> Self {
        Self { app }
    }

    async fn caller(&self, metadata: &MetadataMap) -> Result<Caller, Refusal> {
        let value = metadata.get("authorization").and_then(|value| value.to_str().ok());
        match value.and_then(|value| value.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Caller::of_token(&self.app, token).await
            }
            _ => Err(Refusal::new(Code::Unauthenticated, "log in first")),
        }
    }

    async fn create(
        &self,
        request: Request<CreateRoomRequest>,
    ) -> Result<CreateRoomReply, Refusal> {
        let caller = self.caller(request.metadata()).await?;
        let request = request.into_inner();
        let visibility = match request.visibility() {
            proto::Visibility::Public => Visibility::Public,
            proto::Visibility::Private => Visibility::Private,
            proto::Visibility::Unspecified => return Err(invalid("visibility must be given")),
        };
        let name = RoomName::parse(&request.name).map_err(unprocessable("name"))?;
        let topic = Topic::parse(&request.topic).map_err(unprocessable("topic"))?;
        let request_id = match request.request_id.as_slice() {
            [] => RequestId::random(),
            bytes => {
                RequestId::from_slice(bytes).ok_or_else(|| invalid("request_id has 16 bytes"))?
            }
        };
        let access = self.app.create_room(caller.user, request_id, name, topic, visibility).await?;
        Ok(CreateRoomReply { room: Some(room(access.room)) })
    }

    async fn list(&self, request: Request<ListRoomsRequest>) -> Result<ListRoomsReply, Refusal> {
        let caller = self.caller(request.metadata()).await?;
        let request = request.into_inner();
        let cursor = Some(request.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        let asked = Asked { limit: page(request.limit), cursor };
        let (rooms, next): (Vec<Room>, _) = match request.scope() {
            proto::Scope::Mine => {
                let listed = self.app.my_rooms(caller.user, asked).await?;
                (listed.items.into_iter().map(|item| item.room).collect(), listed.next_cursor)
            }
            proto::Scope::Public => {
                let listed = self.app.directory(caller.user, asked).await?;
                (listed.items.into_iter().map(|item| item.room).collect(), listed.next_cursor)
            }
            proto::Scope::Unspecified => return Err(invalid("scope must be given")),
        };
        Ok(ListRoomsReply {
            rooms: rooms.into_iter().map(room).collect(),
            next_cursor: next.unwrap_or_default(),
        })
    }

    async fn messages(
        &self,
        request: Request<GetMessagesRequest>,
    ) -> Result<GetMessagesReply, Refusal> {
        let caller = self.caller(request.metadata()).await?;
        let request = request.into_inner();
        let room =
            RoomId::from_slice(&request.room_id).ok_or_else(|| invalid("room_id has 16 bytes"))?;
        let from = match request.from {
            None => Begin::Before(Seq::MAX),
            Some(get_messages_request::From::BeforeSeq(seq)) => Begin::Before(Seq::new(seq)),
            Some(get_messages_request::From::AfterSeq(seq)) => Begin::After(Seq::new(seq)),
            Some(get_messages_request::From::AroundSeq(seq)) => Begin::Around(Seq::new(seq)),
        };
        let history = self.app.history(caller.user, room, from, page(request.limit)).await?;
        Ok(GetMessagesReply {
            messages: history.messages.into_iter().map(message).collect(),
            epoch: history.head.epoch.get(),
            head: history.head.seq.get(),
            more_before: history.more_before,
            more_after: history.more_after,
        })
    }
}

#[tonic::async_trait]
impl RoomService for Rooms {
    async fn create_room(
        &self,
        request: Request<CreateRoomRequest>,
    ) -> Result<Response<CreateRoomReply>, Status> {
        self.create(request).await.map(Response::new).map_err(status)
    }

    async fn list_rooms(
        &self,
        request: Request<ListRoomsRequest>,
    ) -> Result<Response<ListRoomsReply>, Status> {
        self.list(request).await.map(Response::new).map_err(status)
    }

    async fn get_messages(
        &self,
        request: Request<GetMessagesRequest>,
    ) -> Result<Response<GetMessagesReply>, Status> {
        self.messages(request).await.map(Response::new).map_err(status)
    }
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, message)
}

/// Items in a page; 0 is "not given".
fn page(limit: u32) -> u32 {
    if limit == 0 { limits::PAGE_ITEMS_DEFAULT } else { limit.min(limits::PAGE_ITEMS) }
}

fn room(room: Room) -> proto::Room {
    let visibility = match room.visibility {
        Visibility::Public => proto::Visibility::Public,
        Visibility::Private => proto::Visibility::Private,
    };
    proto::Room {
        id: room.id.as_bytes().to_vec(),
        name: room.name.into(),
        topic: room.topic.into(),
        visibility: visibility.into(),
        archived: room.archived,
        created_at_us: room.created_at.micros(),
        epoch: room.epoch.get(),
        head: room.head.get(),
        members: room.members,
    }
}

fn message(message: Message) -> proto::Message {
    proto::Message {
        seq: message.seq.get(),
        author_id: message.author.as_bytes().to_vec(),
        text: message.text,
        reply_to: message.reply_to.unwrap_or_default().get(),
        posted_at_us: message.posted_at.micros(),
        edited_at_us: message.edited_at.unwrap_or_default().micros(),
        deleted: message.deleted,
        version: message.version.get(),
    }
}

/// The gRPC status of a refusal, with its code and when to come back in the
/// metadata.
fn status(refusal: Refusal) -> Status {
    let code = match refusal.code.http_status() {
        400 | 413 | 415 | 422 | 431 => tonic::Code::InvalidArgument,
        401 => tonic::Code::Unauthenticated,
        403 => tonic::Code::PermissionDenied,
        404 | 405 => tonic::Code::NotFound,
        409 => tonic::Code::FailedPrecondition,
        429 | 507 => tonic::Code::ResourceExhausted,
        503 => tonic::Code::Unavailable,
        _ => tonic::Code::Internal,
    };
    let mut status = Status::new(code, refusal.message);
    let metadata = status.metadata_mut();
    metadata.insert("parlor-code", MetadataValue::from_static(refusal.code.as_str()));
    if let Some(wait) = refusal.retry_after {
        let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        metadata.insert("parlor-retry-after-ms", ms.into());
    }
    status
}
