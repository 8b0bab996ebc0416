//! `POST /api/v1/rooms/{id}/unread`

use axum::extract::State;
use parlor_domain::{Change, Code, Refusal, Seq};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Committed, Number, room_id},
};

/// From where on the caller has not read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkUnread {
    /// The first message that shall be unread.
    seq: Number,
}

/// Moves the caller's read position back, never forward, on all devices.
#[utoipa::path(
    post, path = "/rooms/{id}/unread", tag = "messages",
    operation_id = "mark_unread", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = MarkUnread,
    responses(
        (status = 200, description = "Noted; `seq` is of the caller's own log", body = Committed),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
        (status = 422, description = "UNPROCESSABLE: 0 is no message"),
    ),
)]
pub(crate) async fn mark_unread(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(body): Json<MarkUnread>,
) -> Result<Json<Committed>, Problem> {
    let from = body.seq.seq();
    if from == Seq::ZERO {
        return Err(Refusal::new(Code::Unprocessable, "0 is no message").into());
    }
    let change = Change::MarkUnread { room: room_id(id), from };
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
