//! `POST /api/v1/rooms/{id}/read`

use axum::extract::State;
use parlor_domain::Change;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Committed, Number, room_id},
};

/// Up to where the caller has read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkRead {
    /// The last message read.
    seq: Number,
}

/// Moves the caller's read position forward, never back, on all devices.
#[utoipa::path(
    post, path = "/rooms/{id}/read", tag = "messages",
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = MarkRead,
    responses(
        (status = 200, description = "Noted; `seq` is of the caller's own log", body = Committed),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn mark_read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(body): Json<MarkRead>,
) -> Result<Json<Committed>, Problem> {
    let change = Change::MarkRead { room: room_id(id), seq: body.seq.seq() };
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
