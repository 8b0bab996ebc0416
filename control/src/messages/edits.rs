//! `GET /api/v1/rooms/{id}/messages/{seq}/edits`

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::message;
use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Limit, Path, Query},
    wire::{Number, Page, Version, room_id},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Edits {
    /// Versions in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// Every text that a message has had, from the first to the present one. A deleted
/// message has none.
#[utoipa::path(
    get, path = "/rooms/{id}/messages/{seq}/edits", tag = "messages",
    operation_id = "list_edits", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("seq" = Number, Path, description = "The message's seq"),
        Edits,
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
    Query(query): Query<Edits>,
) -> Result<Json<Page<Version>>, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    Ok(Json(app.versions(caller.user, room_id(id), message(&seq)?, asked).await?.into()))
}
