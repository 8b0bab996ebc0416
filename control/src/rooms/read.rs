//! `GET /api/v1/rooms/{id}`

use axum::extract::State;
use parlor_domain::Action;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Json, Path},
    wire::{Room, room_id},
};

/// One room that is public, or that the caller is a member of.
#[utoipa::path(
    get, path = "/rooms/{id}", tag = "rooms",
    operation_id = "read_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id")),
    responses(
        (status = 200, description = "The room", body = Room),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Room>, Problem> {
    let access = app.access(caller.user, room_id(id), Action::See).await?;
    Ok(Json(app.with_peer(access).await?.into()))
}
