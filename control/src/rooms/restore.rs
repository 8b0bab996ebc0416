//! `POST /api/v1/rooms/{id}/restore`

use axum::extract::State;
use parlor_domain::{Action, Change};
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Room, room_id},
};

/// Brings a deleted room back, with its members, messages, pins and links.
#[utoipa::path(
    post, path = "/rooms/{id}/restore", tag = "rooms",
    operation_id = "restore_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    responses(
        (status = 200, description = "The room as it is now", body = Room),
        (status = 404, description = "NOT_FOUND: no such room, not the caller's, or its time is over"),
    ),
)]
pub(crate) async fn restore(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Room>, Problem> {
    let room = room_id(id);
    app.submit(caller.user, request_id, Change::RestoreRoom { room }).await?;
    app.deps.ending.notify_one();
    Ok(Json(app.access(caller.user, room, Action::See).await?.into()))
}
