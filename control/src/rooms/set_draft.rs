//! `PUT /api/v1/rooms/{id}/draft`

use axum::extract::State;
use parlor_domain::{Change, Code, Draft, DraftText, Refusal, Seq};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::unprocessable;
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Committed, Number, room_id},
};

/// What the caller has begun to write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetDraft {
    /// Up to 16,384 bytes; empty, and without `reply_to`, for nothing.
    #[schema(example = "See you *tomo")]
    text: String,
    /// The message it answers.
    reply_to: Option<Number>,
}

/// Keeps what the caller has begun to write in a room, in place of what was kept.
/// The caller's other devices learn it from the user's own log; leaving the room
/// forgets it. Posting does not: who posts what was kept takes it away.
#[utoipa::path(
    put, path = "/rooms/{id}/draft", tag = "messages",
    operation_id = "set_draft", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = SetDraft,
    responses(
        (status = 200, description = "Kept; `seq` is of the caller's own log", body = Committed),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
        (status = 409, description = "IDEMPOTENCY_MISMATCH"),
        (status = 422, description = "UNPROCESSABLE: the text will not do"),
    ),
)]
pub(crate) async fn set_draft(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(request): Json<SetDraft>,
) -> Result<Json<Committed>, Problem> {
    let text = DraftText::parse(&request.text).map_err(unprocessable("text"))?;
    let reply_to = request.reply_to.map(Number::seq);
    if reply_to == Some(Seq::ZERO) {
        return Err(Refusal::new(Code::Unprocessable, "reply_to names no message").into());
    }
    let change = Change::SetDraft { room: room_id(id), draft: Draft { text, reply_to } };
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
