//! The `room.RoomService` face, for programs inside the house that act for a
//! user.

mod wire;

use parlor_domain::{Refusal, Room, RoomName, Topic};
use parlor_proto::room::{
    self as proto, CreateRoomReply, CreateRoomRequest, GetMessagesReply, GetMessagesRequest,
    ListRoomsReply, ListRoomsRequest, room_service_server::RoomService,
};
use tonic::{Request, Response, Status, metadata::MetadataMap};

use crate::{
    app::{App, Asked},
    extract::{Caller, bearer, unauthenticated},
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
        let token = value.and_then(bearer).ok_or_else(unauthenticated)?;
        Caller::signed_in(&self.app, token).await
    }

    async fn create(
        &self,
        request: Request<CreateRoomRequest>,
    ) -> Result<CreateRoomReply, Refusal> {
        let caller = self.caller(request.metadata()).await?;
        let request = request.into_inner();
        let visibility = wire::visibility(request.visibility())?;
        let name = RoomName::parse(&request.name).map_err(unprocessable("name"))?;
        let topic = Topic::parse(&request.topic).map_err(unprocessable("topic"))?;
        let request_id = wire::request_id(&request.request_id)?;
        let access = self.app.create_room(caller.user, request_id, name, topic, visibility).await?;
        Ok(CreateRoomReply { room: Some(wire::room(access.room)) })
    }

    async fn list(&self, request: Request<ListRoomsRequest>) -> Result<ListRoomsReply, Refusal> {
        let caller = self.caller(request.metadata()).await?;
        let request = request.into_inner();
        let cursor = Some(request.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        let asked = Asked { limit: wire::page(request.limit), cursor };
        let (rooms, next): (Vec<Room>, _) = match request.scope() {
            proto::Scope::Mine => {
                let listed = self.app.my_rooms(caller.user, asked).await?;
                (listed.items.into_iter().map(|item| item.0.room).collect(), listed.next_cursor)
            }
            proto::Scope::Public => {
                let listed = self.app.directory(caller.user, None, asked).await?;
                (listed.items.into_iter().map(|item| item.room).collect(), listed.next_cursor)
            }
            proto::Scope::Unspecified => return Err(wire::invalid("scope must be given")),
        };
        Ok(ListRoomsReply {
            rooms: rooms.into_iter().map(wire::room).collect(),
            next_cursor: next.unwrap_or_default(),
        })
    }

    async fn messages(
        &self,
        request: Request<GetMessagesRequest>,
    ) -> Result<GetMessagesReply, Refusal> {
        let caller = self.caller(request.metadata()).await?;
        let request = request.into_inner();
        let room = wire::room_id(&request.room_id)?;
        let from = wire::begin(request.from);
        let history = self.app.history(caller.user, room, from, wire::page(request.limit)).await?;
        Ok(GetMessagesReply {
            messages: history.messages.into_iter().map(wire::message).collect(),
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
        self.create(request).await.map(Response::new).map_err(wire::status)
    }

    async fn list_rooms(
        &self,
        request: Request<ListRoomsRequest>,
    ) -> Result<Response<ListRoomsReply>, Status> {
        self.list(request).await.map(Response::new).map_err(wire::status)
    }

    async fn get_messages(
        &self,
        request: Request<GetMessagesRequest>,
    ) -> Result<Response<GetMessagesReply>, Status> {
        self.messages(request).await.map(Response::new).map_err(wire::status)
    }
}
