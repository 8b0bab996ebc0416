//! `GET /api/v1/rooms/{id}/invites`

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Limit, Path, Query},
    wire::{Invite, Page, room_id},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Invites {
    /// Links in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// The live links into a room: all of them for owners and admins, for other members
/// those that they made. In no particular order.
#[utoipa::path(
    get, path = "/rooms/{id}/invites", tag = "invites",
    operation_id = "list_invites", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Invites),
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
    Query(query): Query<Invites>,
) -> Result<Json<Page<Invite>>, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    Ok(Json(app.invites(caller.user, room_id(id), asked).await?.into()))
}
