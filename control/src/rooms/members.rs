//! `GET /api/v1/rooms/{id}/members`

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Limit, Path, Query},
    wire::{Member, Page, room_id},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Members {
    /// Members in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// Members of a room that the caller is a member of.
#[utoipa::path(
    get, path = "/rooms/{id}/members", tag = "rooms",
    operation_id = "list_members", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Members),
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
    Query(query): Query<Members>,
) -> Result<Json<Page<Member>>, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    Ok(Json(app.members(caller.user, room_id(id), asked).await?.into()))
}
