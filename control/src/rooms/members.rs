//! `GET /api/v1/rooms/{id}/members`

use axum::extract::State;
use uuid::Uuid;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Paging, Path, Query},
    wire::{Member, Page, room_id},
};

/// Members of a room that the caller is a member of.
#[utoipa::path(
    get, path = "/rooms/{id}/members", tag = "rooms",
    operation_id = "list_members", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Paging),
    responses(
        (status = 200, description = "A page of members", body = Page<Member>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn members(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Member>>, Problem> {
    let asked = Asked::by(&paging);
    Ok(Json(app.members(caller.user, room_id(id), asked).await?.into()))
}
