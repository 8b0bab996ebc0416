//! `GET /api/v1/rooms/{id}/messages/{seq}/edits`

use axum::extract::State;
use uuid::Uuid;

use super::{message, wire::Version};
use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Paging, Path, Query},
    wire::{Number, Page, room_id},
};

/// Every text that a message has had, from the first to the present one. A deleted
/// message has none.
#[utoipa::path(
    get, path = "/rooms/{id}/messages/{seq}/edits", tag = "messages",
    operation_id = "list_edits", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("seq" = Number, Path, description = "The message's seq"),
        Paging,
    ),
    responses(
        (status = 200, description = "A page of versions", body = Page<Version>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND: no such room or message"),
    ),
)]
pub(crate) async fn edits(
    State(app): State<App>,
    caller: Caller,
    Path((id, seq)): Path<(Uuid, String)>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Version>>, Problem> {
    let asked = Asked::by(&paging);
    Ok(Json(app.versions(caller.user, room_id(id), message(&seq)?, asked).await?.into()))
}
