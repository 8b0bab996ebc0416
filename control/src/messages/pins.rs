//! `GET /api/v1/rooms/{id}/pins`

use axum::extract::State;
use parlor_domain::Action;
use uuid::Uuid;

use super::wire::{Forwarded, Pin};
use crate::{
    Problem,
    app::App,
    extract::{Caller, Json, Path},
    files::wire::File,
    problem::refused,
    wire::{Page, Time, room_id},
};

/// The pinned messages of a room that the caller is a member of, the last pinned
/// first; all of them, which are at most 100.
#[utoipa::path(
    get, path = "/rooms/{id}/pins", tag = "messages",
    operation_id = "list_pins", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id")),
    responses(
        (status = 200, description = "All pins on one page", body = Page<Pin>),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn pins(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Page<Pin>>, Problem> {
    let room = room_id(id);
    app.access(caller.user, room, Action::Read).await?;
    let pins = app.deps.rooms.pins(room).await.map_err(refused)?;
    let users = app.users.known(pins.iter().flat_map(|pin| [pin.author, pin.by])).await?;
    let pin = |pin: parlor_domain::Pin| {
        Some(Pin {
            seq: pin.message.into(),
            author: users.get(pin.author)?,
            text: pin.text,
            attachments: pin.attachments.into_iter().map(File::from).collect(),
            forwarded: pin.forwarded.map(Forwarded::from),
            posted_at: Time(pin.posted_at),
            pinned_by: users.get(pin.by)?,
            pinned_at: Time(pin.at),
        })
    };
    let items = pins.into_iter().filter_map(pin).collect();
    Ok(Json(Page { items, next_cursor: None }))
}
