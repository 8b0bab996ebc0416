//! `POST /api/v1/rooms/{id}/messages`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::{
    Body, Change, Code, FileId, FileIds, Refusal, RoomId, Seq,
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
    /// Markdown of up to 16,384 bytes; may be empty beside attachments or `forward`.
    #[schema(example = "See you *tomorrow*")]
    text: String,
    /// The message it answers.
    reply_to: Option<Number>,
    /// Whole uploads of the caller that are attached nowhere yet, at most 10, each
    /// once, in the order in which they shall be shown.
    #[serde(default)]
    #[schema(max_items = 10)]
    attachment_ids: Vec<Uuid>,
    /// Posts what was said there, with its files; `text` is what the caller says to it.
    /// Not together with `reply_to` or `attachment_ids`.
    forward: Option<Source>,
}

/// A message of a room that the caller may read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Its room.
    room_id: Uuid,
    /// Its seq.
    seq: Number,
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
        (status = 404, description = "NOT_FOUND: no such room, no message to reply to or to forward, or no such file of the caller's"),
        (status = 409, description = "ROOM_ARCHIVED, IDEMPOTENCY_MISMATCH, or CONFLICT: a file is not whole or stands on a message already"),
        (status = 413, description = "QUOTA_EXCEEDED: the room, or who forwards them, has no space for the files"),
        (status = 422, description = "UNPROCESSABLE: the text will not do, or a forward brings more than that"),
    ),
)]
pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(request): Json<Post>,
) -> Result<(StatusCode, Json<Committed>), Problem> {
    let change = request.change(room_id(id))?;
    let done = app.submit(caller.user, request_id, change).await?;
    // Committed, and nobody knows yet: the worst moment for a panic.
    panic_at(Planted::PanicInHandler, &request.text);
    Ok((StatusCode::CREATED, Json(done.into())))
}

impl Post {
    fn change(&self, room: RoomId) -> Result<Change, Refusal> {
        let will_not_do = |message| Refusal::new(Code::Unprocessable, message);
        let reply_to = self.reply_to.map(Number::seq);
        if reply_to == Some(Seq::ZERO) {
            return Err(will_not_do("reply_to names no message"));
        }
        if let Some(Source { room_id: source, seq }) = &self.forward {
            if reply_to.is_some() || !self.attachment_ids.is_empty() {
                return Err(will_not_do("a forward brings no files and answers nothing"));
            }
            let body = Body::comment(&self.text).map_err(unprocessable("text"))?;
            return Ok(Change::Forward {
                room,
                body,
                source: room_id(*source),
                message: seq.seq(),
            });
        }
        let files = self.attachment_ids.iter().copied().map(FileId::from_uuid).collect();
        let attachments = FileIds::new(files)
            .map_err(|refusal| Refusal { code: Code::Unprocessable, ..refusal })?;
        let body = Body::beside(&self.text, &attachments).map_err(unprocessable("text"))?;
        Ok(Change::Post { room, body, reply_to, attachments })
    }
}
