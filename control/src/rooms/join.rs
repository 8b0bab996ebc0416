//! `POST /api/v1/rooms/{id}/join`

use axum::extract::State;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Room, room_id},
};

/// Makes the caller a member of a public room. A member stays one.
#[utoipa::path(
    post, path = "/rooms/{id}/join", tag = "rooms",
    operation_id = "join_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    responses(
        (status = 200, description = "The room as it is now", body = Room),
        (status = 404, description = "NOT_FOUND"),
        (status = 409, description = "ROOM_ARCHIVED"),
    ),
)]
pub(crate) async fn join(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Room>, Problem> {
    Ok(Json(app.join(caller.user, room_id(id), request_id).await?.into()))
}
