//! `DELETE /api/v1/rooms/{id}`

use axum::extract::State;
use parlor_domain::Change;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Committed, room_id},
};

/// Deletes a room: it is not there for anybody any more.
///
/// Its owners find it among their deleted rooms and can restore it for a while, with all
/// that was in it; then it is purged.
#[utoipa::path(
    delete, path = "/rooms/{id}", tag = "rooms",
    operation_id = "delete_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    responses(
        (status = 200, description = "Deleted; `seq` is the event's own", body = Committed),
        (status = 403, description = "FORBIDDEN: only for owners, and no direct room"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Committed>, Problem> {
    let kept_for = app.deps.settings.room_kept;
    let change = Change::DeleteRoom { room: room_id(id), kept_for };
    let done = app.submit(caller.user, request_id, change).await?;
    app.deps.ending.notify_one();
    Ok(Json(done.into()))
}
