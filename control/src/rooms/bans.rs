//! `GET /api/v1/rooms/{id}/bans`

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Limit, Path, Query},
    wire::{Ban, Page, room_id},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Bans {
    /// Bans in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// Who is kept out of a room that the caller runs.
#[utoipa::path(
    get, path = "/rooms/{id}/bans", tag = "rooms",
    operation_id = "list_bans", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Bans),
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
    Query(query): Query<Bans>,
) -> Result<Json<Page<Ban>>, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    Ok(Json(app.bans(caller.user, room_id(id), asked).await?.into()))
}
