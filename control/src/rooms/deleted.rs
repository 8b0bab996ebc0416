//! `GET /api/v1/rooms/deleted`

use axum::extract::State;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Paging, Query},
    wire::{DeletedRoom, Page},
};

/// The deleted rooms that the caller owns and can restore.
#[utoipa::path(
    get, path = "/rooms/deleted", tag = "rooms",
    operation_id = "list_deleted_rooms", security(("bearer" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of deleted rooms", body = Page<DeletedRoom>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn deleted(
    State(app): State<App>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<DeletedRoom>>, Problem> {
    Ok(Json(app.deleted_rooms(caller.user, Asked::by(&paging)).await?.into()))
}
