//! `PATCH /api/v1/rooms/{id}`

use axum::extract::State;
use parlor_domain::{Action, Change, Code, Refusal, RoomName, Topic};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::unprocessable;
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Room, room_id},
};

/// What shall be different; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateRoom {
    /// One line of up to 80 characters.
    #[schema(example = "design")]
    name: Option<String>,
    /// One line of up to 250 characters; empty for none.
    #[schema(example = "How things shall look")]
    topic: Option<String>,
}

/// Changes a room's name, its topic, or both.
#[utoipa::path(
    patch, path = "/rooms/{id}", tag = "rooms",
    operation_id = "update_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = UpdateRoom,
    responses(
        (status = 200, description = "The room as it is now", body = Room),
        (status = 403, description = "FORBIDDEN: only for owners and admins"),
        (status = 404, description = "NOT_FOUND"),
        (status = 422, description = "UNPROCESSABLE: a text will not do, or none is given"),
    ),
)]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(body): Json<UpdateRoom>,
) -> Result<Json<Room>, Problem> {
    let room = room_id(id);
    let name = body.name.as_deref().map(RoomName::parse).transpose();
    let topic = body.topic.as_deref().map(Topic::parse).transpose();
    let (name, topic) =
        (name.map_err(unprocessable("name"))?, topic.map_err(unprocessable("topic"))?);
    if name.is_none() && topic.is_none() {
        return Err(Refusal::new(Code::Unprocessable, "give a name, a topic, or both").into());
    }
    app.submit(caller.user, request_id, Change::RenameRoom { room, name, topic }).await?;
    Ok(Json(app.access(caller.user, room, Action::See).await?.into()))
}
