//! `GET /api/v1/rooms/{id}/bans`

use axum::extract::State;
use uuid::Uuid;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Paging, Path, Query},
    wire::{Ban, Page, room_id},
};

/// Who is kept out of a room that the caller runs.
#[utoipa::path(
    get, path = "/rooms/{id}/bans", tag = "rooms",
    operation_id = "list_bans", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Paging),
    responses(
        (status = 200, description = "A page of bans", body = Page<Ban>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 403, description = "FORBIDDEN: only for owners and admins"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn bans(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Ban>>, Problem> {
    let asked = Asked::by(&paging);
    Ok(Json(app.bans(caller.user, room_id(id), asked).await?.into()))
}
