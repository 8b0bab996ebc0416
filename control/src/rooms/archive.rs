//! `POST /api/v1/rooms/{id}/archive`

use axum::extract::State;
use parlor_domain::{Action, Change};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Room, room_id},
};

/// Into the archive or out of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    #[schema(example = true)]
    pub(crate) archived: bool,
}

/// Archives a room, which makes it read-only for everybody, or brings it back.
#[utoipa::path(
    post, path = "/rooms/{id}/archive", tag = "rooms",
    operation_id = "archive_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = Archive,
    responses(
        (status = 200, description = "The room as it is now", body = Room),
        (status = 403, description = "FORBIDDEN: only for owners"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn archive(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(body): Json<Archive>,
) -> Result<Json<Room>, Problem> {
    let room = room_id(id);
    let change = Change::ArchiveRoom { room, archived: body.archived };
    app.submit(caller.user, request_id, change).await?;
    Ok(Json(app.access(caller.user, room, Action::See).await?.into()))
}
