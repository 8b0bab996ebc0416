//! `GET /api/v1/rooms/{id}/invites`

use axum::extract::State;
use uuid::Uuid;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Paging, Path, Query},
    wire::{Invite, Page, room_id},
};

/// The live links into a room: all of them for owners and admins, for other members
/// those that they made. In no particular order.
#[utoipa::path(
    get, path = "/rooms/{id}/invites", tag = "invites",
    operation_id = "list_invites", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Paging),
    responses(
        (status = 200, description = "A page of links", body = Page<Invite>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn invites(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Invite>>, Problem> {
    let asked = Asked::by(&paging);
    Ok(Json(app.invites(caller.user, room_id(id), asked).await?.into()))
}
