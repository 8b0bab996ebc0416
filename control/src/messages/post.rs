//! `POST /api/v1/rooms/{id}/messages`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::{
    Body, Change, Code, FileId, FileIds, Refusal, Seq,
    planted::{Planted, panic_at},
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    rooms::unprocessable,
    wire::{Committed, Number, room_id},
};

/// A new message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Post {
    /// Markdown of up to 16,384 bytes; may be empty beside attachments.
    #[schema(example = "See you *tomorrow*")]
    text: String,
    /// The message it answers.
    reply_to: Option<Number>,
    /// Whole uploads of the caller that are attached nowhere yet, at most 10, each
    /// once, in the order in which they shall be shown.
    #[serde(default)]
    #[schema(max_items = 10)]
    attachment_ids: Vec<Uuid>,
}

/// Posts a message. Answered when it is stored for good.
#[utoipa::path(
    post, path = "/rooms/{id}/messages", tag = "messages",
    operation_id = "post_message", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = Post,
    responses(
        (status = 201, description = "Posted; `seq` is the message's id", body = Committed),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND: no such room, no message to reply to, or no such file of the caller's"),
        (status = 409, description = "ROOM_ARCHIVED, IDEMPOTENCY_MISMATCH, or CONFLICT: a file is not whole or stands on a message already"),
        (status = 413, description = "QUOTA_EXCEEDED: the room has no space for the files"),
        (status = 422, description = "UNPROCESSABLE: the text will not do"),
    ),
)]
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(request): Json<Post>,
) -> Result<(StatusCode, Json<Committed>), Problem> {
    let files = request.attachment_ids.iter().copied().map(FileId::from_uuid).collect();
    let attachments =
        FileIds::new(files).map_err(|refusal| Refusal { code: Code::Unprocessable, ..refusal })?;
    let body = Body::beside(&request.text, &attachments).map_err(unprocessable("text"))?;
    let reply_to = request.reply_to.map(Number::seq);
    if reply_to == Some(Seq::ZERO) {
        return Err(Refusal::new(Code::Unprocessable, "reply_to names no message").into());
    }
    let change = Change::Post { room: room_id(id), body, reply_to, attachments };
    let done = app.submit(caller.user, request_id, change).await?;
    // Committed, and nobody knows yet: the worst moment for a panic.
    panic_at(Planted::PanicInHandler, &request.text);
    Ok((StatusCode::CREATED, Json(done.into())))
}
