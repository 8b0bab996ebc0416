//! `DELETE /api/v1/rooms/{id}/messages/{seq}/reactions/{emoji}`

use axum::extract::State;
use uuid::Uuid;

use super::reaction;
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Committed, Number},
};

/// Takes an emoji of the caller back from a message. Where none is, nothing happens.
#[utoipa::path(
    delete, path = "/rooms/{id}/messages/{seq}/reactions/{emoji}", tag = "messages",
    operation_id = "unreact", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("seq" = Number, Path, description = "The message's seq"),
        ("emoji" = String, Path, description = "One emoji of at most 48 bytes", example = "👍"),
        Idempotency,
    ),
    responses(
        (status = 200, description = "Taken back; `seq` is the event's own, or the room's head", body = Committed),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND: no such room or message"),
        (status = 409, description = "CONFLICT: deleted; ROOM_ARCHIVED; or IDEMPOTENCY_MISMATCH"),
        (status = 422, description = "UNPROCESSABLE: not one emoji of at most 48 bytes"),
    ),
)]
pub(crate) async fn unreact(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<(Uuid, String, String)>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Committed>, Problem> {
    let change = reaction(&path, false)?;
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
