//! `PATCH /api/v1/rooms/{id}/messages/{seq}`

use axum::extract::State;
use parlor_domain::{Body, Change};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::message;
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    rooms::unprocessable,
    wire::{Committed, Number, room_id},
};

/// The new text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    /// Markdown of up to 16,384 bytes.
    #[schema(example = "See you on *Monday*")]
    text: String,
}

/// Replaces the text of one's own message.
#[utoipa::path(
    patch, path = "/rooms/{id}/messages/{seq}", tag = "messages",
    operation_id = "edit_message", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("seq" = Number, Path, description = "The message's seq"),
        Idempotency,
    ),
    request_body = Edit,
    responses(
        (status = 200, description = "Edited; `seq` is the edit's own", body = Committed),
        (status = 403, description = "FORBIDDEN: somebody else's message"),
        (status = 404, description = "NOT_FOUND: no such room or message"),
        (status = 409, description = "CONFLICT: deleted; ROOM_ARCHIVED; or IDEMPOTENCY_MISMATCH"),
        (status = 422, description = "UNPROCESSABLE: the text will not do"),
    ),
)]
pub(crate) async fn edit(
    State(app): State<App>,
    caller: Caller,
    Path((id, seq)): Path<(Uuid, String)>,
    Idempotency(request_id): Idempotency,
    Json(request): Json<Edit>,
) -> Result<Json<Committed>, Problem> {
    let message = message(&seq)?;
    let body = Body::parse(&request.text).map_err(unprocessable("text"))?;
    let change = Change::Edit { room: room_id(id), message, body };
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
