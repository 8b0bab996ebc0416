//! `DELETE /api/v1/rooms/{id}/messages/{seq}`

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

/// Deletes a message; a tombstone without text stays.
#[utoipa::path(
    delete, path = "/rooms/{id}/messages/{seq}", tag = "messages",
    operation_id = "delete_message", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("seq" = Number, Path, description = "The message's seq"),
        Idempotency,
    ),
    responses(
        (status = 200, description = "Deleted; `seq` is the deletion's own", body = Committed),
        (status = 403, description = "FORBIDDEN: others' are for owners and admins"),
        (status = 404, description = "NOT_FOUND: no such room or message"),
        (status = 409, description = "CONFLICT: deleted before; or IDEMPOTENCY_MISMATCH"),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path((id, seq)): Path<(Uuid, String)>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Committed>, Problem> {
    let change = Change::Delete { room: room_id(id), message: message(&seq)? };
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
