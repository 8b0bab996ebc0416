//! `PUT /api/v1/rooms/{id}/pins/{seq}`

use axum::extract::State;
use parlor_domain::Change;
use uuid::Uuid;

use super::message;
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Committed, Number, room_id},
};

/// Pins a message to its room. One that is pinned stays so, and its first `seq` is told again.
#[utoipa::path(
    put, path = "/rooms/{id}/pins/{seq}", tag = "messages",
    operation_id = "pin_message", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("seq" = Number, Path, description = "The message's seq"),
        Idempotency,
    ),
    responses(
        (status = 200, description = "Pinned; `seq` is the event's own", body = Committed),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND: no such room or message"),
        (status = 409, description = "CONFLICT: deleted, or 100 are pinned; ROOM_ARCHIVED; or IDEMPOTENCY_MISMATCH"),
    ),
)]
pub(crate) async fn pin(
    State(app): State<App>,
    caller: Caller,
    Path((id, seq)): Path<(Uuid, String)>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Committed>, Problem> {
    let change = Change::Pin { room: room_id(id), message: message(&seq)?, on: true };
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
